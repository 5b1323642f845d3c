"""Captions as values: which line is shown in which frames, and above which others. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from wanflow import digest
from wanflow.records import immutable
from wanflow.writing import is_latin, script_language

PLACES = ("bottom", "top")
SHARE = Decimal(4)
"""The height of a subtitle's letters that is read without effort, in percent of the picture's shorter side."""

SAFE_BOTTOM, SAFE_TOP = Decimal("0.2"), Decimal("0.1")
"""Shares of the height of a vertical film that the interface of a platform covers, at its lower and upper edge.

Guides for vertical video count 320 to 460 of 1,920 pixels below and 180 to 250 above.
"""

MOST_ROWS = 4
"""Maximum captions over each other; a fifth would not be read."""


@immutable
class Below:
    """A caption that lies nearer to the edge than another one: all that says how much room it takes."""

    text: str
    share: Decimal | int
    below: tuple[Below, ...] = ()
    edge: Decimal | None = None
    language: str | None = None

    def canonical(self) -> digest.Canonical:
        """What goes into a hash."""
        shown: list[digest.Canonical] = [self.text, _plain(self.share), [each.canonical() for each in self.below]]
        return [*shown, *_further(self)]


@immutable
class Caption:
    """A text that is burned into the frames `first` to `end` - 1.

    `place` is `bottom` for what is said and `top` for a notice. `share` is the height of a capital letter in percent
    of the picture's shorter side. `below` are the captions at the same place that are shown at the same time and lie
    nearer to the picture's edge (`stacked` finds them). `edge` is how far the text is from that edge, as a share of the
    picture's height; None for what its place has. At the top only a notice has None. `language` decides between forms
    of letters, None for the film's.
    """

    text: str
    first: int
    end: int
    place: str = "bottom"
    share: Decimal | int = SHARE
    below: tuple[Below, ...] = ()
    edge: Decimal | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if self.place not in PLACES:
            raise ValueError(f"a caption is at the bottom or the top, not at `{self.place}`")
        if not 0 <= self.first < self.end:
            raise ValueError(f"a caption needs a frame to be seen in, not {self.first} to {self.end}")
        if not 0 < self.share <= 100:
            raise ValueError(f"the letters of a caption are 0 to 100 percent of a picture high, not {self.share}")
        if self.edge is not None and not 0 <= self.edge <= 1:
            raise ValueError(f"a caption is at most the height of its picture away from the edge, not {self.edge}")

    def canonical(self) -> digest.Canonical:
        """What goes into a segment's key: two captions that differ in it give other pictures."""
        shown: list[digest.Canonical] = [self.text, self.first, self.end, self.place, _plain(self.share)]
        shown.append([each.canonical() for each in self.below])
        return [*shown, *_further(self)]


def stacked(captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
    """The captions of a film in order of appearance, each with those below it.

    One keeps its place as long as it is shown. It takes the free row that is nearest to the edge; where all
    MOST_ROWS are taken it is left out, and so is one without text.
    """
    found: list[Caption] = []
    for place in PLACES:
        nearer: list[list[Caption]] = []
        for row in _rows([each for each in captions if each.place == place and each.text.strip()]):
            nearer.append([replace(caption, below=_below(caption, nearer)) for caption in row])
            found += nearer[-1]
    return tuple(sorted(found, key=lambda caption: caption.first))


def within(captions: Iterable[Caption], begin: int, frames: int) -> tuple[Caption, ...]:
    """The captions of a film in a segment of `frames` frames that begins at film frame `begin`.

    Counted in frames of the segment, and none beyond it. Give all captions of the film, so that one which is shown
    across a join keeps its place.
    """
    return next(in_each(captions, [(begin, frames)]))


def in_each(captions: Iterable[Caption], segments: Iterable[tuple[int, int]]) -> Iterator[tuple[Caption, ...]]:
    """The same for segments in the order of the film, each with its first frame and its length.

    A film may have thousands of each, so all are gone through once.
    """
    waiting, shown = deque(stacked(tuple(captions))), list[Caption]()
    for begin, frames in segments:
        shown = [caption for caption in shown if begin < caption.end]
        while waiting and waiting[0].first < begin + frames:
            if begin < (caption := waiting.popleft()).end:
                shown.append(caption)
        yield tuple(
            replace(caption, first=max(0, caption.first - begin), end=min(frames, caption.end - begin))
            for caption in shown
        )


def _rows(captions: Sequence[Caption]) -> list[list[Caption]]:
    """Captions of one place in rows, from the edge inwards; captions of one row are never shown together."""
    rows: list[list[Caption]] = [[] for _ in range(MOST_ROWS)]
    for caption in sorted(captions, key=lambda each: each.first):
        for row in rows:
            if not row or row[-1].end <= caption.first:
                row.append(caption)
                break
    return rows


def _below(caption: Caption, rows: Sequence[Sequence[Caption]]) -> tuple[Below, ...]:
    """What of the rows nearer to the edge is shown together with a caption."""
    shown: list[Caption] = []
    for row in rows:
        begin = bisect_right(row, caption.first, key=lambda each: each.end)
        shown += row[begin : bisect_left(row, caption.end, key=lambda each: each.first)]
    return tuple(dict.fromkeys(Below(each.text, each.share, each.below, each.edge, each.language) for each in shown))


def _further(caption: Caption | Below) -> list[digest.Canonical]:
    """What later versions added to a caption, where it says something."""
    found: list[digest.Canonical] = [] if caption.edge is None else [_plain(caption.edge)]
    if caption.language is not None and not is_latin(caption.text):
        found.append({"language": script_language(caption.language)})
    return found


def _plain(share: Decimal | int) -> str:
    return format(Decimal(share).normalize(), "f")
