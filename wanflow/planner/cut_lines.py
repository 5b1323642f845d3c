"""What the shots of a cut say, on the clock of the film: trimmed, moved and sped up with their clips. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from wanflow.language.production import SpokenLine
from wanflow.language.timeline import PlacedClip
from wanflow.planner.cut import Edit, EditItem
from wanflow.planner.drawn_texts import slate_line
from wanflow.records import immutable

Words = frozenset[tuple[str | None, str]]
"""The texts of a line by language."""


@immutable
class PlacedLine:
    """A line of a shot that is seen from frame `begin` of the film until frame `end`; `item` is the shot's."""

    begin: int
    end: int
    line: SpokenLine
    item: EditItem


def place_lines(edit: Edit, clips: Iterable[PlacedClip]) -> tuple[PlacedLine, ...]:
    """The lines of a cut whose clips are placed, in the order in which they are seen.

    A line is seen as far as its clip is, and for one frame at least. What a continuation takes over of its clip is
    heard in the continuation, and so the line goes on there, unless that shot says it itself.
    """
    placed, repeats = {clip.item: clip for clip in clips}, defaultdict[tuple[int, Words], list[SpokenLine]](list)
    said = [(position, line) for position, item in enumerate(edit.items) for line in item.lines]
    for position, line in said:
        repeats[position, frozenset(line.texts.items())].append(line)
    found: list[PlacedLine] = []
    for position, line in said:
        if spans := [*_spans(edit.items, position, line, placed, repeats)]:
            begin, end = min(span[0] for span in spans), max(span[1] for span in spans)
            found.append(PlacedLine(begin, end, line, edit.items[position]))
    return tuple(sorted(found, key=lambda each: (each.begin, each.end)))


def lines_in(lines: Iterable[PlacedLine], language: str | None) -> Iterator[tuple[int, int, str]]:
    """The lines that have a text in a language: first frame, end and words."""
    return ((each.begin, each.end, each.line.texts[language]) for each in lines if language in each.line.texts)


def lines_on_slates(edit: Edit, lines: Iterable[PlacedLine]) -> Iterator[tuple[int, int, str]]:
    """The lines that the slates of a cut show: first frame, end and words."""
    for each in lines if edit.lines_on_slates else ():
        if each.item.slate:
            yield each.begin, each.end, slate_line(each.line, edit.cut.finish.language)


def _spans(
    items: Sequence[EditItem],
    position: int,
    line: SpokenLine,
    placed: Mapping[int, PlacedClip],
    repeats: Mapping[tuple[int, Words], Sequence[SpokenLine]],
) -> Iterator[tuple[int, int]]:
    """Where a line is seen: in its clip, and in those that continue it; `repeats` are their lines by words."""
    begin, end, words = Fraction(line.at), Fraction(line.to), frozenset(line.texts.items())
    while begin < end:
        clip = placed.get(position)
        if clip is not None and (span := clip.film_span(begin, end)) is not None:
            yield span
        elif clip is not None and (first := clip.film_frame_of(begin)) is not None:
            yield first, first + 1
        film = items[position].film
        takeover = _takeover(items, position)
        if takeover is None or film is None:
            return
        begin, end = max(begin, takeover) - takeover, min(end, film.frames / film.rate) - takeover
        position += 1
        if any(each.at < end and begin < each.to for each in repeats.get((position, words), ())):
            return


def _takeover(items: Sequence[EditItem], position: int) -> Fraction | None:
    """The second of an item's clip from which the next item shows it; None where the trims decide, or nothing does."""
    item = items[position]
    if item.continued_at is None or item.film is None or position + 1 == len(items):
        return None
    trimmed = item.item.stop is not None or items[position + 1].item.start is not None
    return None if trimmed else item.continued_at / item.film.rate
