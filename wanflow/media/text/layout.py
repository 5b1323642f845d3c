"""Text for pictures: cleaned, broken into lines, fitted to a box and drawn."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from PIL import ImageDraw

from wanflow.media.text.fonts import Fonts, TrueTypeFont, font_for, is_known

ELLIPSIS = "…"
LONGEST = 400
"""Maximum characters of a line on a slate; measuring a long prompt whole would only take time."""
LONGEST_TEXT = 1_500
"""Maximum characters of a text in a picture; more would be unreadable."""
MOST_CHARACTERS = 2_000
"""Maximum different characters that are looked for in the fonts."""
MOST_LINES = 60
MOST_BALANCED = 6
"""Maximum lines that are made equally wide; a text of more is a paragraph, whose last line may be short."""

NO_START = frozenset("、。，．・！？：；）」』】》〉〕］｝”’…ー々,.!?:;)]}%")
"""Characters that no line begins with, in scripts that break between any two characters."""
NO_END = frozenset("（「『【《〈〔［｛“‘([{")

Ink = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TextSetting:
    """A text as it is drawn: its lines, in letters of `size` pixels."""

    lines: tuple[str, ...]
    size: int

    @property
    def pitch(self) -> int:
        """Pixels from one line to the next."""
        return pitch_of(self.size)

    @property
    def height(self) -> int:
        """Pixels that all lines take."""
        return len(self.lines) * self.pitch

    def baseline(self, row: int) -> int:
        """Where a line's letters stand, in pixels from the top; capitals lie in the middle of their line."""
        return row * self.pitch + self.pitch // 2 + self.size * 36 // 100


def pitch_of(size: int) -> int:
    """Pixels from line to line for letters of `size` pixels."""
    return size + size // 4


def drawable(text: str) -> str:
    """Text as one line of reasonable length without control and formatting characters."""
    return _plain(text[: LONGEST * 10])[:LONGEST]


def paragraphs(text: str) -> tuple[str, ...]:
    """The text's own lines as they can be drawn, without empty ones at its ends; a very long text ends early."""
    lines = [_plain(line) for line in text[:LONGEST_TEXT].splitlines()]
    if len(text) > LONGEST_TEXT and lines:
        lines[-1] += ELLIPSIS
    filled = [row for row, line in enumerate(lines) if line]
    return tuple(lines[filled[0] : filled[-1] + 1]) if filled else ()


def missing_glyphs(text: str, fonts: Fonts = ()) -> set[str]:
    """The characters of a text that no font on this machine can draw."""
    characters = list(dict.fromkeys(text))[:MOST_CHARACTERS]
    return {character for character in characters if _is_drawn(character) and not is_known(character, fonts)}


def runs(text: str, size: int, fonts: Fonts = ()) -> Iterator[tuple[TrueTypeFont, str]]:
    """The text in runs of one font each, the first font that has the glyph."""
    chosen = [font_for(character, size, fonts) for character in text]
    for font, run in groupby(chosen, key=lambda choice: choice[0]):
        yield font, "".join(character for _, character in run)


def length_of(text: str, size: int, fonts: Fonts = ()) -> float:
    """How many pixels wide a line is in letters of `size` pixels."""
    return sum(font.getlength(run) for font, run in runs(text, size, fonts))


def shortened(text: str, size: int, width: int, fonts: Fonts = ()) -> str:
    """A line cut with an ellipsis where it is wider than `width` pixels."""
    if length_of(text, size, fonts) <= width:
        return text
    while text and length_of(text + ELLIPSIS, size, fonts) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def wrap(text: str, size: int, width: int, fonts: Fonts = ()) -> tuple[str, ...]:
    """The text in lines no wider than `width` pixels, in letters of `size` pixels.

    Broken at spaces and between Han or Kana characters; a word that is too long is broken where it must be, and the
    text's own line breaks are kept. Only a single character may be wider.
    """
    return _wrapped(paragraphs(text), size, width, fonts)


def fit(
    text: str, box: tuple[int, int], sizes: tuple[int, int], fonts: Fonts = (), most_lines: int = MOST_LINES
) -> TextSetting:
    """The text in a box of `box` pixels, in the largest letters that fit; `sizes` are the largest and the smallest.

    Letters shrink to half before a word is broken. What does not fit in the smallest ends with an ellipsis.
    """
    own, (width, height), (largest, smallest) = paragraphs(text), box, sizes
    units = [unit.rstrip() for line in own for unit in _units(line)]
    tried = [largest]
    while tried[-1] > smallest:
        tried.append(max(smallest, min(tried[-1] - 1, tried[-1] * 9 // 10)))
    # words stay whole down to half the size
    for size, whole in [*((size, True) for size in tried if size * 2 >= largest), *((size, False) for size in tried)]:
        widest = max((length_of(unit, size, fonts) for unit in units), default=0)
        if whole and widest > width:
            continue
        lines = _wrapped(own, size, width, fonts)
        if len(lines) <= min(most_lines, height // pitch_of(size)):
            return TextSetting(_balanced(own, lines, size, (int(widest) + 1, width), fonts), size)
    rows = max(1, min(most_lines, height // pitch_of(smallest)))
    last = "".join(lines[rows - 1 : rows])
    while last and length_of(last + ELLIPSIS, smallest, fonts) > width:
        last = last[:-1]
    return TextSetting((*lines[: rows - 1], last.rstrip() + ELLIPSIS), smallest)


def draw_line(
    draw: ImageDraw.ImageDraw,
    text: str,
    at: tuple[float, int],
    size: int,
    ink: Ink,
    fonts: Fonts = (),
    stroke: int = 0,
) -> None:
    """Draw a line that begins on the baseline at `at`; `stroke` are pixels by which its letters grow all around."""
    left = at[0]
    for font, run in runs(text, size, fonts):
        draw.text((left, at[1]), run, fill=ink, font=font, anchor="ls", stroke_width=stroke)
        left += font.getlength(run)


def draw_lines(
    draw: ImageDraw.ImageDraw, setting: TextSetting, middle: int, top: int, ink: Ink, fonts: Fonts = (), stroke: int = 0
) -> None:
    """Draw all lines of a text, each with its middle at `middle`, the first one below `top`."""
    for row, line in enumerate(setting.lines):
        left = middle - round(length_of(line, setting.size, fonts) / 2)
        draw_line(draw, line, (left, top + setting.baseline(row)), setting.size, ink, fonts, stroke)


def _plain(text: str) -> str:
    return "".join(character for character in " ".join(text.split()) if _is_drawn(character))


@cache
def _is_drawn(character: str) -> bool:
    """Whether a character is visible: not for control, formatting and variation characters."""
    selects = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return not selects and not unicodedata.category(character).startswith("C")


def _wrapped(own: Sequence[str], size: int, width: int, fonts: Fonts) -> tuple[str, ...]:
    return tuple(line for paragraph in own for line in _broken(paragraph, size, width, fonts))


def _broken(paragraph: str, size: int, width: int, fonts: Fonts) -> list[str]:
    units, lines = _units(paragraph), [] if paragraph else [""]
    while units:
        count = _side_by_side(units, size, width, fonts)
        if count == 0:
            units[:1] = _clusters(units[0])
            count = max(1, _side_by_side(units, size, width, fonts))
        lines.append("".join(units[:count]).rstrip())
        del units[:count]
    return lines


def _side_by_side(units: Sequence[str], size: int, width: int, fonts: Fonts) -> int:
    """How many of the units fit on a line."""
    left, count = 0.0, 0
    for unit in units:
        if left + length_of(unit.rstrip(), size, fonts) > width:
            break
        left, count = left + length_of(unit, size, fonts), count + 1
    # side by side some letters stand closer or wider than alone
    while count > 1 and length_of("".join(units[:count]).rstrip(), size, fonts) > width:
        count -= 1
    return count


def _units(paragraph: str) -> list[str]:
    """What stays together: words with the space behind them, and single Han or Kana characters."""
    units: list[str] = []
    for character in paragraph:
        if units and not _may_break(units[-1][-1], character):
            units[-1] += character
        else:
            units.append(character)
    return units


def _may_break(before: str, after: str) -> bool:
    if before.isspace() or after.isspace():
        return before.isspace()
    if _is_mark(after) or after in NO_START or before in NO_END:
        return False
    return _is_wide(before) or _is_wide(after)


@cache
def _is_wide(character: str) -> bool:
    """Written without spaces between words, as Han and Kana are; Hangul has spaces."""
    wide = unicodedata.east_asian_width(character) in {"W", "F", "H"}
    return wide and "HANGUL" not in unicodedata.name(character, "")


def _clusters(word: str) -> list[str]:
    """A word's letters, each with its marks; the space behind it stays at the last."""
    clusters: list[str] = []
    for character in word:
        if clusters and (_is_mark(character) or character.isspace()):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _balanced(
    own: Sequence[str], lines: tuple[str, ...], size: int, widths: tuple[int, int], fonts: Fonts
) -> tuple[str, ...]:
    """As many lines, of about one width: no last line of a single word."""
    if not len(own) < len(lines) <= MOST_BALANCED or widths[0] >= widths[1]:
        return lines
    tried = range(*widths)
    first = bisect_left(tried, True, key=lambda width: len(_wrapped(own, size, width, fonts)) <= len(lines))
    return _wrapped(own, size, (*tried, widths[1])[first], fonts)
