"""The shots of a screenplay in Fountain: each paragraph of action is a shot, and what follows it is said in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from screenplain.parsers import fountain
from screenplain.types import Action, Dialog, DualDialog, Section, Slug, Transition

from wanflow.errors import MediaFault
from wanflow.importing.shot_list import MAX_ROWS, ListedShot, ShotList, Speech, read_text
from wanflow.messages import tr

MAX_LINE = 10_000
"""Maximum characters of a line: some patterns of the parser take a time that grows with its square."""

JOINS = {"CUT": "cut", "DISSOLVE": "dissolve", "FADE": "fade", "WIPE": "wipe"}
"""Transitions by the word that they begin with, but for SMASH, MATCH and JUMP CUT, which are cuts as well."""

SUNG = "~"
"""What begins a line of lyrics."""

_BEYOND = re.compile(r"\s*\((.*?)\)\s*")
_FADE = re.compile(r"FADE (IN|OUT|TO BLACK)[.:]?", re.IGNORECASE)
"""Fades, which Fountain takes for action unless they end in `TO:`."""
_UNSEEN = ("V.O", "O.S", "O.C", "VO", "OS")
"""What marks a voice whose speaker is not in the picture."""


def read_screenplay(file: Path) -> ShotList:
    """The shots of a screenplay, with its scenes as headings name them. Raises MediaFault where there are none."""
    text = read_text(file)
    if any(len(line) > MAX_LINE for line in text.splitlines()):
        hint = tr("break it into paragraphs")
        raise MediaFault(tr("`{file}` has a line of more than {most} characters", file=file, most=MAX_LINE), hint=hint)
    play = fountain.parse_lines(_without_boneyard(text).splitlines())
    reader = _Reader()
    for paragraph in play.paragraphs:
        reader.take(paragraph)
    if reader.left:
        reader.notes.append(tr("the transition `{name}` is left out", name=reader.left))
    if not 0 < len(reader.shots) <= MAX_ROWS:
        shots = len(reader.shots)
        raise MediaFault(tr("`{file}` has {rows} shots, not 1 to {most}", file=file, rows=shots, most=MAX_ROWS))
    title = " ".join(" ".join(play.title_page.get("Title", ())).replace("*", "").replace("_", " ").split())
    return ShotList(tuple(reader.shots), title, tuple(reader.notes))


def _without_boneyard(text: str) -> str:
    """The text without what its author took out, between `/*` and `*/`."""
    kept = []
    while (begin := text.find("/*")) >= 0 and (end := text.find("*/", begin)) >= 0:
        kept.append(text[:begin])
        text = text[end + 2 :]
    return "".join((*kept, text))


class _Reader:
    """Turns paragraphs into shots, one after the other; `left` is a transition to a shot that has not come yet."""

    def __init__(self) -> None:
        self.shots: list[ListedShot] = []
        self.notes: list[str] = []
        self._scene, self._setting = "", ""
        self._joined: str | None = None
        self.left = ""
        self._begun = False

    def take(self, paragraph: object) -> None:
        """Go on with a paragraph."""
        match paragraph:
            case Slug():
                self._scene, self._begun = str(paragraph.line).strip(), False
                self._setting = _setting(self._scene)
            case Action():
                words = _plain(self._seen(paragraph))
                (self._join if _FADE.fullmatch(words) else self._add)(words)
            case Dialog() if str(paragraph.character).startswith(SUNG):
                lines = (paragraph.character, *(text for _, text in paragraph.blocks))
                self._leave_out(_plain(line[1:] for line in map(str, lines)))
            case Dialog():
                self._say([paragraph])
            case DualDialog():
                self._say([paragraph.left, paragraph.right])
            case Transition():
                self._join(str(paragraph.line).strip())
            case Section():
                self.notes.append(tr("the section `{name}` is left out", name=str(paragraph.text)[:80]))

    def _seen(self, action: Action) -> Iterator[str]:
        """The lines of action, without what is sung and what is written in the middle of the page."""
        for line in map(str, action.lines):
            if action.centered or line.startswith(SUNG):
                self._leave_out(line.removeprefix(SUNG))
            else:
                yield line

    def _leave_out(self, words: str) -> None:
        self.notes.append(tr("“{words}” is left out: it is sung, or centred on the page", words=_plain([words])[:80]))

    def _add(self, words: str, speech: Iterable[Speech] = ()) -> None:
        if not words.strip() and not speech:
            return
        parts = tuple(filter(None, (self._setting, words)))
        shot = ListedShot(parts, self._scene, speech=tuple(speech), joined=self._joined)
        self.shots.append(shot)
        self._joined, self.left, self._begun = None, "", True

    def _say(self, dialogs: Iterable[Dialog]) -> None:
        """Words belong to the shot before them in their scene, or to one of their own."""
        said = [speech for dialog in dialogs for speech in _speeches(dialog)]
        if not said:
            return
        if not self._begun or self.shots[-1].speech:
            self._add("", said)
            return
        last = self.shots.pop()
        self.shots.append(
            ListedShot(last.words, last.scene, last.name, last.cast, tuple(said), last.seconds, last.keys, last.joined)
        )

    def _join(self, words: str) -> None:
        kind = next((kind for word, kind in JOINS.items() if word in words.upper().split(":")[0].split()), None)
        if kind is None:
            self.notes.append(tr("the transition `{name}` is left out", name=words[:80]))
        else:
            self._joined, self.left = (None, "") if kind == "cut" else (kind, words[:80])


def _speeches(dialog: Dialog) -> Iterator[Speech]:
    """What a character says; words in brackets say how, and are left to the picture."""
    name = str(dialog.character).strip().rstrip("^").strip()
    beyond = " ".join(_BEYOND.findall(name)).upper()
    who = _BEYOND.sub(" ", name).strip()
    words = _plain(str(text).removeprefix(SUNG) for is_aside, text in dialog.blocks if not is_aside)
    if words:
        yield Speech(words, who, seen=not any(mark in beyond for mark in _UNSEEN))


def _setting(heading: str) -> str:
    """`INT. LAMP ROOM - NIGHT` as `Interior, lamp room, night`."""
    inside = _INSIDE.match(heading)
    parts = [] if inside is None else [_SIDES[inside[1].upper()]]
    rest = heading if inside is None else heading[inside.end() :]
    parts += [part.strip().lower() if part.isupper() else part.strip() for part in rest.split(" - ")]
    return ", ".join(filter(None, parts))


_INSIDE = re.compile(r"(INT|EXT|EST)(?!\.?/)[. ]+", re.IGNORECASE)
_SIDES = {"INT": "Interior", "EXT": "Exterior", "EST": "Exterior"}


def _plain(lines: Iterable[object]) -> str:
    return " ".join(" ".join(map(str, lines)).split())
