"""What is done to a cut as a whole, as its author writes it: music, subtitles, loudness, effort, labels."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from wanflow.spec.cutitem import number_of
from wanflow.spec.home import Home
from wanflow.spec.language import guess_language, language_of
from wanflow.spec.problem import Problem
from wanflow.spec.production import Finish, Music, Notice, Subtitles
from wanflow.spec.source import FileSource
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node, Place, Scalar, Sequence

FONT_FOLDER = "fonts"
FONT_FORMATS = {".otf", ".ttc", ".ttf"}
PROFILES = {"animatic": "draft", "dashscope": "final"}
"""The encoder's effort where a cut names none: what is paid for is worth it."""

NOTICE = "AI-generated"
NOTICE_SECONDS, NOTICE_HEIGHT = Decimal(2), Decimal(5)
"""The least that the labelling rules ask for: seconds, and percent of the picture's shorter side (video.md 6)."""


def read_finish(node: Node, label: Node | None, backend: str, home: Home, problems: list[Problem]) -> Finish:
    """The finish of a cut; `label` is the production's. What can't be used is among the problems and left out."""
    labelled, notice = _label(label)
    plain = Finish(profile=PROFILES[backend], labelled=labelled, notice=notice, fonts=_fonts(home.root))
    if not isinstance(node, Table):
        return plain
    profile = node.find("profile")
    return replace(
        plain,
        music=_music(node.find("music"), home),
        subtitles=_subtitles(node.find("subtitles"), home, problems),
        loudness=number_of(node, "loudness"),
        profile=profile.words if isinstance(profile, Scalar) and profile.words in PROFILES.values() else plain.profile,
    )


def _fonts(folder: Path) -> tuple[tuple[str, int], ...]:
    """The fonts that a production brings, in `fonts/` beside it."""
    brought = folder / FONT_FOLDER
    try:
        files = sorted(file for file in brought.iterdir() if file.suffix.lower() in FONT_FORMATS)
        return tuple((f"{FONT_FOLDER}/{file.name}", file.stat().st_size) for file in files)
    except OSError:
        return ()


def _music(node: Node | None, home: Home) -> Music | None:
    found = _file(node, home)
    if found is None:
        return None
    source, place = found
    if not isinstance(node, Table):
        return Music(source, place)
    gain, fade = (number_of(node, key) or Decimal(0) for key in ("gain", "fade"))
    return Music(source, place, gain, fade, _true(node.find("duck")))


def _subtitles(node: Node | None, home: Home, problems: list[Problem]) -> tuple[Subtitles, ...]:
    listed = node.items if isinstance(node, Sequence) else () if node is None else (node,)
    found = [_track(each, home, problems) for each in listed]
    return tuple(track for track in found if track is not None)


def _track(node: Node, home: Home, problems: list[Problem]) -> Subtitles | None:
    named = _file(node, home)
    if named is None:
        return None
    source, place = named
    written = node.find("language") if isinstance(node, Table) else None
    burned = isinstance(node, Table) and _true(node.find("burn"))
    language = guess_language(source.path)
    if isinstance(written, Scalar):
        language = written.words
        if language_of(language) is None:
            hint = "write a code of ISO 639: `en`, `zh`, `pt-BR`"
            problems.append(Problem(written.place, f"no language has the code `{language}`", hint))
            return None
    return Subtitles(source, place, None if language is None else language_of(language), burned)


def _label(node: Node | None) -> tuple[bool, Notice | None]:
    """Whether cuts are labelled in their metadata, and the words over their opening."""
    if not isinstance(node, Table):
        return True, None
    wanted, notice = node.find("metadata"), node.find("opening_notice")
    labelled = not (isinstance(wanted, Scalar) and wanted.value is False)
    if isinstance(notice, Table):
        words, seconds, height = notice.find("text"), number_of(notice, "seconds"), number_of(notice, "height")
        text = words.words if isinstance(words, Scalar) and words.words.strip() else NOTICE
        return labelled, Notice(text, seconds or NOTICE_SECONDS, height or NOTICE_HEIGHT)
    if not isinstance(notice, Scalar) or notice.value in {None, False}:
        return labelled, None
    text = notice.words if isinstance(notice.value, str) and notice.words.strip() else NOTICE
    return labelled, Notice(text, NOTICE_SECONDS, NOTICE_HEIGHT)


def _file(node: Node | None, home: Home) -> tuple[FileSource, Place] | None:
    written = node.find("file") if isinstance(node, Table) else node
    if not isinstance(written, Scalar) or not written.words:
        return None
    return FileSource(home.path(written.text)), written.place


def _true(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value is True
