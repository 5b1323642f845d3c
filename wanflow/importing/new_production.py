"""The files of a production that begins with a list of shots: scenes, cast and shots to fill in, and one cut."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path

from wanflow.catalog.read import load_catalog
from wanflow.characters import case_folded, name_like
from wanflow.emulator.film.drawing import draw_card
from wanflow.errors import MediaFault
from wanflow.importing.screenplay import read_screenplay
from wanflow.importing.shot_list import ListedShot, ShotList, Speech, read_table
from wanflow.messages import joined, tr
from wanflow.writing import ENGLISH, is_wide, language_of_text
from wanflow.yamldoc.write import YamlValue, on_one_line, written

WITH_CAST, WITHOUT_CAST = "wan2.7-r2v", "wan2.7-t2v"
"""Models of shots that show cast members, and of those made from words alone: neither needs a picture first."""

SCREENPLAYS = (".fountain", ".spmd")
TABLES = (".csv", ".tsv", ".txt")
LONGEST = 40
"""Maximum characters of a name that is made of a heading."""
CARD_SIZE = (720, 960)
USUAL_SECONDS = 5
BEFORE, BETWEEN = Fraction(1, 2), Fraction(3, 10)
"""Seconds before the first line of a shot, and between two."""
SPOKEN, SPOKEN_WIDE = 15, 5
"""Characters that are said in a second: Latin letters, and those of Chinese, Japanese and Korean."""

INNER = str.maketrans({'"': "'", "“": "‘", "”": "’"})
"""Quotes inside of a line that a prompt quotes."""

PLANNED = "# The pictures of the cast are placeholders: put your own in their place, under the same names.\n"


def read(source: Path) -> ShotList:
    """The shots of a file, by its name's end; a pipe has none, and is a table. Raises MediaFault where it has none."""
    end = source.suffix.lower()
    if end and end not in {*TABLES, *SCREENPLAYS}:
        known = joined(", ", (*TABLES, *SCREENPLAYS))
        message = tr("`{file}` is not read: its name ends in none of {known}", file=source, known=known)
        raise MediaFault(message, hint=tr("export it as CSV, or as Fountain"))
    return read_screenplay(source) if end in SCREENPLAYS else read_table(source)


def starting_files(shots: ShotList, title: str) -> tuple[Mapping[str, bytes], tuple[str, ...]]:
    """The files of the production by name, and what was changed on the way, in sentences.

    A list with scenes becomes a file for each; `title` is that of the film where the list has none.
    """
    begun = _NewProduction(shots)
    scenes, cuts = begun.scenes(), begun.cut()
    main: dict[str, YamlValue] = {"wanflow": 1, "title": _escaped(shots.title or title)}
    if any(scenes):
        main["include"] = ["scenes/*.yaml"]
    main["defaults"] = {"resolution": "720P", "prompt_extend": False}
    if begun.cast:
        main["cast"] = {name: on_one_line({"image": f"cast/{name}.png"}) for name in begun.cast.values()}
    if "" in scenes:
        main["shots"] = scenes[""]
    files = {f"cast/{name}.png": _card(number, who) for number, (who, name) in enumerate(begun.cast.items())}
    for number, (scene, made) in enumerate(((scene, made) for scene, made in scenes.items() if scene), 1):
        body = written({"wanflow": 1, "scene": scene, "shots": made})
        files[f"scenes/{number:03}-{scene}.yaml"] = f"{MODELINE_BELOW}{body}".encode()
    text = written({**main, "cuts": {"main": cuts}})
    files["wanflow.yaml"] = f"{MODELINE}{PLANNED if begun.cast else ''}{text}".encode()
    return files, (*shots.notes, *begun.notes)


MODELINE = "# yaml-language-server: $schema=wanflow.schema.json\n"
MODELINE_BELOW = "# yaml-language-server: $schema=../wanflow.schema.json\n"


class _NewProduction:
    """Names for scenes, shots and cast, and the shots as the production file has them."""

    def __init__(self, shots: ShotList) -> None:
        self._shots = shots.shots
        self.notes: list[str] = []
        self.cast = _named(who for shot in self._shots for who in _people(shot))
        self._scenes = _named(shot.scene for shot in self._shots if shot.scene)
        self._mentions = _mentions(self.cast)
        self._names = self._shot_names()
        rules = load_catalog().models[WITH_CAST]
        self._most_cast = rules.media["reference_image"].most
        length = rules.parameters["duration"]
        self._shortest, self._longest = int(length.low or 2), int(length.high or 15)

    def scenes(self) -> dict[str, dict[str, YamlValue]]:
        """The shots by scene and name, in order; those without a scene are under an empty name."""
        made: dict[str, dict[str, YamlValue]] = {}
        for shot, (scene, name) in zip(self._shots, self._names, strict=True):
            made.setdefault(scene, {})[name] = self._shot(shot, f"{scene}/{name}" if scene else name)
        return made

    def cut(self) -> list[YamlValue]:
        """All shots in order, with the transitions between them."""
        items: list[YamlValue] = []
        for shot, (scene, name) in zip(self._shots, self._names, strict=True):
            path = f"{scene}/{name}" if scene else name
            joins = shot.joined if items or shot.joined == "fade" else None
            items.append(path if joins is None else on_one_line({"shot": path, "transition": joins}))
        return items

    def _shot_names(self) -> list[tuple[str, str]]:
        """The scene and the name of each shot; a name that a scene has already gets a number."""
        taken, names = dict[str, set[str]](), list[tuple[str, str]]()
        for number, shot in enumerate(self._shots, 1):
            scene = self._scenes.get(shot.scene, "")
            wanted = _name(shot.name) or f"shot{number:03}"
            name = _free(wanted, taken.setdefault(scene, set()))
            if name != wanted:
                path = f"{scene}/{name}" if scene else name
                self.notes.append(
                    tr("two shots are called `{name}`: the later one is `{path}`", name=wanted, path=path)
                )
            names.append((scene, name))
        return names

    def _shot(self, shot: ListedShot, path: str) -> dict[str, YamlValue]:
        lines, end = _timed(shot.speech, self.cast, shot.seconds)
        prompt, shown = self._prompt(shot, path)
        self.notes += [
            tr("the prompt of `{path}` leaves out “{text}”: it does not say who speaks", path=path, text=each.text[:80])
            for each in shot.speech
            if each.seen and each.who is None
        ]
        made: dict[str, YamlValue] = {"model": WITH_CAST if shown else WITHOUT_CAST, "prompt": prompt, "ratio": "16:9"}
        made["duration"] = self._duration(shot.seconds, end, path)
        for key, value in shot.keys.items():
            if key in {"seed", "takes"} and re.fullmatch(r"-?[0-9]{1,9}", value):
                made[key] = int(value)
            elif key == "tags":
                made[key] = list(filter(None, map(name_like, value.split(","))))
            else:
                made[key] = _escaped(value)
        return made | ({"lines": lines} if lines else {})

    def _duration(self, wanted: Fraction | None, end: Fraction, path: str) -> int:
        seconds = math.ceil(wanted if wanted is not None else max(Fraction(USUAL_SECONDS), end))
        fitting = min(max(seconds, self._shortest), self._longest)
        if fitting != seconds:
            told = tr("`{path}` lasts {fitting} s, not {seconds}", path=path, fitting=fitting, seconds=seconds)
            self.notes.append(told)
        return fitting

    def _prompt(self, shot: ListedShot, path: str) -> tuple[str, list[str]]:
        """The prompt, and the cast members that it names."""
        words = "".join(_sentence(part) for part in shot.words).strip()
        shown = self._shown(shot, words, path)
        said = [(self.cast[each.who], each.text) for each in shot.speech if each.seen and each.who is not None]
        is_han = language_of_text(words or " ".join(text for _, text in said)) != ENGLISH
        text = self._marked(words, shown)
        silent = [f"${{{name}}}" for name in shown if f"${{{name}}}" not in text and name not in dict(said)]
        if silent:
            text = f"{'、'.join(silent)}。{text}" if is_han else f"{', '.join(silent)}. {text}"
        form = "${{{}}}说：“{}”" if is_han else ' ${{{}}} says: "{}"'
        text += "".join(form.format(name, _escaped(line.translate(INNER))) for name, line in said if name in shown)
        return text.strip() or "…", shown

    def _shown(self, shot: ListedShot, words: str, path: str) -> list[str]:
        """The cast members in the picture, as many as a model shows, in order of first mention."""
        people = (*(who for who, _ in self._found(words)), *_people(shot, seen=True))
        shown = list(dict.fromkeys(self.cast[who] for who in people))
        shown, left = shown[: self._most_cast], shown[self._most_cast :]
        if left:
            told = tr(
                "`{path}` shows {most} of its cast, as many as its model: not {left}",
                path=path,
                most=self._most_cast,
                left=joined(", ", left),
            )
            self.notes.append(told)
        return shown

    def _found(self, words: str) -> Iterator[tuple[str, re.Match[str]]]:
        """The cast members that words name, with where."""
        folded = {who.casefold(): who for who in self.cast}
        if self._mentions is not None:
            for match in self._mentions.finditer(words):
                yield folded[match[0].casefold()], match

    def _marked(self, words: str, shown: Sequence[str]) -> str:
        """Words in which cast members are named as references."""
        parts, done = [], 0
        for who, match in self._found(words):
            if self.cast[who] in shown:
                parts += [_escaped(words[done : match.start()]), f"${{{self.cast[who]}}}"]
                done = match.end()
        return "".join((*parts, _escaped(words[done:])))


def _people(shot: ListedShot, *, seen: bool = False) -> Iterator[str]:
    """The names of who is in a shot; with `seen` only of those in the picture."""
    yield from shot.cast
    yield from (each.who for each in shot.speech if each.who and (each.seen or not seen))


def _named(names: Iterable[str]) -> dict[str, str]:
    """A name of the production for each name that people wrote, all different; names that differ by case are one."""
    found, first, taken = dict[str, str](), dict[str, str](), set[str]()
    for each in names:
        if each.casefold() not in first:
            plain = _name(each)
            first[each.casefold()] = _free((plain.lower() if plain.isupper() else plain) or "unnamed", taken)
        found[each] = first[each.casefold()]
    return found


def _name(text: str) -> str:
    """A heading as a name of a file too; keys that begin with `x-` are ignored, so that no name begins so."""
    name = name_like(text)[:LONGEST].rstrip("-_")
    return f"x{name[2:]}" if name.startswith("x-") else name


def _free(wanted: str, taken: set[str]) -> str:
    """A name, with a number where it is taken already; it is taken from then on."""
    number, name = 1, wanted
    while case_folded(name) in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(case_folded(name))
    return name


def _mentions(cast: Mapping[str, str]) -> re.Pattern[str] | None:
    """What finds the cast in words; longer names first, so that `Old Tom` is not `Tom`."""
    names = sorted(cast, key=len, reverse=True)
    parts = [re.escape(name) if any(map(is_wide, name)) else rf"(?<!\w){re.escape(name)}(?!\w)" for name in names]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _timed(
    speech: Sequence[Speech], cast: Mapping[str, str], seconds: Fraction | None
) -> tuple[list[YamlValue], Fraction]:
    """Lines one after the other at the pace of speech, closer where the shot is short; and when the last one ends."""
    at, places = BEFORE, list[tuple[Fraction, Fraction]]()
    for each in speech:
        wide = sum(map(is_wide, each.text))
        lasting = max(Fraction(1), Fraction(len(each.text) - wide, SPOKEN) + Fraction(wide, SPOKEN_WIDE))
        places.append((at, at + lasting))
        at += lasting + BETWEEN
    end = places[-1][1] if places else Fraction(0)
    share = min(Fraction(1), seconds / end) if seconds and end else Fraction(1)
    lines: list[YamlValue] = []
    for each, (begin, stop) in zip(speech, places, strict=True):
        who: dict[str, YamlValue] = {} if each.who is None else {"who": cast[each.who]}
        times = {"at": round(float(begin * share), 2), "to": round(float(stop * share), 2)}
        lines.append(on_one_line({**times, **who, "text": _escaped(each.text)}))
    return lines, end * share + BETWEEN


def _escaped(text: str) -> str:
    """A text whose dollar signs mean themselves."""
    return text.replace("$", "$$")


def _sentence(part: str) -> str:
    """A part of the prompt with a full stop, and a blank where the script needs one."""
    plain = " ".join(part.split())
    if plain and plain[-1].isalnum():
        plain += "。" if is_wide(plain[-1]) else "."
    return plain if not plain or is_wide(plain[-1]) else f"{plain[0].upper()}{plain[1:]} "


def _card(number: int, who: str) -> bytes:
    file = BytesIO()
    draw_card(CARD_SIZE, number, "", who).save(file, "PNG")
    return file.getvalue()
