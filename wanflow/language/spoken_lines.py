"""Read the lines that are said in a shot, and warn of those that are hard to read as subtitles (format.md, A shot)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from wanflow.language.language_tags import read_language, unknown_language
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import SpokenLine
from wanflow.language.scope import Scope
from wanflow.messages import tr
from wanflow.suggest import did_you_mean
from wanflow.writing import has_wide, is_wide
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode

MAX_LETTERS = 2_000
"""Maximum characters of one text, as in a subtitle file: eight of four bytes each fit in a sample of an MP4."""

READ_A_SECOND, WIDE_READ_A_SECOND = 20, 9
"""Characters that viewers read in a second, spaces included, and those of Chinese, Japanese and Korean.

Netflix, Timed Text Style Guides: English (20), Chinese (9); Japanese is slower (4) and Korean faster (12).
"""
ROW, WIDE_ROW = 42, 16
"""Maximum characters of a row of subtitles, and of Chinese, Japanese and Korean ones, by the same guides."""
MAX_ROWS = 2
"""Maximum rows of a subtitle that is read at a glance."""


def read_spoken_lines(
    node: Node | None, language: str | None, scope: Scope, problems: list[Problem]
) -> tuple[SpokenLine, ...]:
    """The lines of a shot in the order of their times; problems of the others are added to `problems`.

    `language` is that of a text without one. A speaker's name becomes that of the production.
    """
    items = node.items if isinstance(node, ListNode) else ()
    found = (_spoken_line(item, language, scope, problems) for item in items if isinstance(item, MapNode))
    return tuple(sorted(filter(None, found), key=lambda line: (line.at, line.to)))


def _spoken_line(item: MapNode, language: str | None, scope: Scope, problems: list[Problem]) -> SpokenLine | None:
    """One line; None, and a problem unless it breaks the schema, where it cannot be used."""
    to, who = item.find("to"), item.find("who")
    begin, end = _seconds(item.find("at")), _seconds(to)
    if begin is None or end is None or to is None:
        return None
    if end <= begin:
        message = tr("`to` {end} is not after `at` {begin}", end=f"{end:f}", begin=f"{begin:f}")
        problems.append(Problem(to.place, message, tr("both are seconds in the take")))
        return None
    texts, places = _texts(item.find("text"), language, problems)
    speaker, place = (who.string, who.place) if isinstance(who, TextNode) else (None, item.place)
    if speaker is not None and scope.cast is not None and speaker in scope.cast:
        speaker = scope.cast[speaker]
    return SpokenLine(begin, end, texts, item.place, speaker, place, places) if texts else None


def _seconds(node: Node | None) -> Decimal | None:
    value = node.value if isinstance(node, TextNode) else None
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _texts(
    node: Node | None, language: str | None, problems: list[Problem]
) -> tuple[dict[str | None, str], dict[str | None, Place]]:
    """The texts of a line and their places by language; a problem for each that cannot be shown."""
    texts, places = dict[str | None, str](), dict[str | None, Place]()
    named = node.entries if isinstance(node, MapNode) else ((None, node),)
    for key, written in named:
        if not isinstance(written, TextNode):
            continue
        tag = language if key is None else read_language(key.string)
        if key is not None and tag is None:
            problems.append(unknown_language(key))
        elif key is not None and tag in texts:
            message = tr("`{name}` is the language of another text of the line", name=key.string)
            problems.append(Problem(key.place, message, tr("write one text for each language")))
        elif not any(map(str.isprintable, "".join(written.string.split()))):
            problems.append(Problem(written.place, tr("the text of the line is empty"), tr("write what is said")))
        elif len(written.string) > MAX_LETTERS:
            message = tr(
                "the text has {number} characters, at most {most}", number=len(written.string), most=MAX_LETTERS
            )
            problems.append(Problem(written.place, message, tr("split the line")))
        else:
            texts[tag], places[tag] = written.string, written.place
    return texts, places


def check_spoken_lines(lines: Sequence[SpokenLine], cast: Collection[str]) -> Iterator[Problem]:
    """Problems of the lines of a shot: an unknown speaker; as warnings, what viewers cannot read in time.

    A speaker with two lines at once is a warning too.
    """
    busy = dict[str, SpokenLine]()
    for line in lines:
        if line.who is not None and line.who not in cast:
            hint = did_you_mean(line.who, cast) or tr("define it under `cast`, or leave `who` out")
            yield Problem(line.who_place, tr("no cast member `{name}`", name=line.who), hint)
        for language, text in line.texts.items():
            yield from _hard_to_read(text, line.to - line.at, line.places[language])
        if line.who is None:
            continue
        before = busy.get(line.who)
        if before is not None and line.at < before.to:
            message = tr(
                "`{name}` says this line and that of line {line} at once", name=line.who, line=before.place.line
            )
            yield Problem(line.place, message, tr("let one end before the other begins"), Severity.WARNING)
        if before is None or line.to > before.to:
            busy[line.who] = line


def _hard_to_read(text: str, seconds: Decimal, place: Place) -> Iterator[Problem]:
    words = " ".join(text.split())
    wide = sum(map(is_wide, words))
    if Decimal(len(words) - wide) / READ_A_SECOND + Decimal(wide) / WIDE_READ_A_SECOND > seconds:
        most = WIDE_READ_A_SECOND if wide * 2 > len(words) else READ_A_SECOND
        message = tr(
            "too fast to read: {number} characters in {seconds} s, at most {most} a second are read",
            number=len(words),
            seconds=f"{seconds.normalize():f}",
            most=most,
        )
        yield Problem(place, message, tr("write fewer words, or show the line longer"), Severity.WARNING)
    if (rows := rows_of(text)) > MAX_ROWS:
        width = WIDE_ROW if has_wide(text) else ROW
        message = tr(
            "the line takes {rows} rows of {width} characters, and viewers read {most} at a glance",
            rows=rows,
            width=width,
            most=MAX_ROWS,
        )
        yield Problem(place, message, tr("write fewer words, or split the line"), Severity.WARNING)


def rows_of(text: str) -> int:
    """How many rows a text takes as a subtitle, broken at spaces and between Chinese, Japanese and Korean letters."""
    return sum(_rows_of_paragraph(paragraph) for paragraph in text.splitlines() if paragraph.strip())


def _rows_of_paragraph(paragraph: str) -> int:
    rows, filled = 1, 0
    # a wide letter is a piece of its own, a word and the space behind it are two
    signs = enumerate(" ".join(paragraph.split()))
    for _, group in groupby(signs, key=lambda sign: sign[0] + 2 if is_wide(sign[1]) else sign[1] == " "):
        piece = "".join(letter for _, letter in group)
        # in parts of which both kinds of letters take a whole number; a space at the end of a row takes none
        width = sum(ROW if is_wide(letter) else WIDE_ROW for letter in piece)
        if filled and filled + width > ROW * WIDE_ROW:
            rows, filled = rows + 1, 0
        filled += width if filled or not piece.isspace() else 0
    return rows
