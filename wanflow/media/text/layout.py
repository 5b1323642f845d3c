"""Text for pictures: cleaned, broken into lines, fitted to a box and drawn."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import budoux
import PIL
from budoux import load_default_thai_parser
from PIL import ImageDraw

from wanflow.media.text import direction
from wanflow.media.text.direction import DIRECTION_MARKS, runs_left, with_direction
from wanflow.media.text.fonts import PLAIN, SHARED_MARKS, Ink, Typography, is_known, runs
from wanflow.records import immutable
from wanflow.writing import HANGUL, has_right_to_left, has_wide, joins_letters, thai_parts

ELLIPSIS = "…"
LONGEST = 400
"""Maximum characters of a line on a slate; measuring a long prompt whole would only take time."""
LONGEST_TEXT = 1_500
"""Maximum characters of a text in a picture; more would be unreadable."""
MOST_CHARACTERS = 2_000
"""Maximum different characters that are looked for in the fonts."""
MOST_LINES = 60
THAI_PARSER = cache(load_default_thai_parser)
"""What finds the words of Thai."""

VIRAMA = 9
"""Combining class of the signs that join two letters of an Indic script."""
MOST_BALANCED = 6
"""Maximum lines that are made equally wide; a text of more is a paragraph, whose last line may be short."""

FULL_WIDTH = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
"""Code points of full-width digits and letters; those of ASCII are 0xFEE0 lower."""
TAILORED = str.maketrans("～·‧＂＇“‘”’＃＠#@", "〜・・\"'「「」」〖〖〖〖") | {
    point: point - 0xFEE0 for point in FULL_WIDTH
}
"""Signs that no line begins or ends with by CLREQ and JIS X 4051, each as a sign for which UAX #14 has that rule.

Quotation marks are as brackets, and full-width numbers and words stay whole.
"""
PHRASE_ENDS = frozenset("，。、；：！？…～·・,;:!?）)］]｝}」』】》〉〕〗”’")
PHRASE_STARTS = frozenset("（(［[｛{「『【《〈〔〖“‘—")


def versions() -> str:
    """The versions of the libraries that break, order and draw text: with others it may look otherwise."""
    import uniseg

    return f"{PIL.__version__} {budoux.__version__} {uniseg.__version__} {direction.version()}"


@immutable
class TextSetting:
    """A text as it is drawn: its lines, in letters of `size` pixels; `cut_off` where its end did not fit."""

    lines: tuple[str, ...]
    size: int
    typography: Typography = PLAIN
    cut_off: bool = False

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


def missing_glyphs(text: str, typography: Typography = PLAIN) -> set[str]:
    """The characters of a text that no font on this machine can draw."""
    characters = list(dict.fromkeys(text))[:MOST_CHARACTERS]
    typography = typography.for_text(text)
    return {character for character in characters if _is_drawn(character) and not is_known(character, typography)}


@lru_cache(maxsize=1 << 14)
def length_of(text: str, size: int, typography: Typography = PLAIN) -> float:
    """How many pixels wide a line is in letters of `size` pixels."""
    return sum(run.length for run in runs(text, size, typography))


def shortened(text: str, size: int, width: int, typography: Typography = PLAIN) -> str:
    """A line cut with an ellipsis where it is wider than `width` pixels."""
    typography = typography.for_text(text)
    if length_of(text, size, typography) <= width:
        return text
    while text and length_of(text + ELLIPSIS, size, typography) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def wrap(text: str, size: int, width: int, typography: Typography = PLAIN) -> tuple[str, ...]:
    """The text in lines no wider than `width` pixels, in letters of `size` pixels.

    Broken at spaces, and beside East Asian letters where UAX #14 and TAILORED allow it; a word that is too long is
    broken where it must be, and the text's own line breaks are kept. Only a single character may be wider.
    """
    own = [_words(line) for line in paragraphs(text)]
    return _wrapped(own, size, width, typography.for_text(text))


def fit(
    text: str,
    box: tuple[int, int],
    sizes: tuple[int, int],
    typography: Typography = PLAIN,
    most_lines: int = MOST_LINES,
    phrase_percent: int = 50,
    word_percent: int = 50,
) -> TextSetting:
    """The text in a box of `box` pixels, in the largest letters that fit; `sizes` are the largest and the smallest.

    East Asian letters have no spaces between words: they shrink to `phrase_percent` of the largest size before a line
    ends elsewhere than at punctuation or a space; at 100 percent a line ends there where that needs no line more. Other
    words shrink to `word_percent` of the largest size before one is broken. What does not fit in the smallest ends with
    an ellipsis.
    """
    (width, height), (largest, smallest), typography = box, sizes, typography.for_text(text)
    words = [_words(line) for line in paragraphs(text)]
    phrases = [_phrases(line) for line in words]
    tried = [largest]
    while tried[-1] > smallest:
        tried.append(max(smallest, min(tried[-1] - 1, tried[-1] * 9 // 10)))
    least = largest * (phrase_percent if typography.wide else 101)
    most_rows = MOST_BALANCED if phrase_percent < 100 else len(_wrapped(words, largest, width, typography))
    passes = [
        *((size, phrases, width, min(most_rows, MOST_BALANCED)) for size in tried if size * 100 >= least),
        *((size, words, width, most_lines) for size in tried if size * 100 >= largest * word_percent),
        *((size, words, math.inf, most_lines) for size in tried),
    ]
    for size, units, limit, most in passes:
        widest = max((length_of(unit.rstrip(), size, typography) for line in units for unit in line), default=0)
        if widest > limit:
            continue
        lines = _wrapped(units, size, width, typography)
        if len(lines) <= min(most, most_lines, height // pitch_of(size)):
            balanced = _balanced(units, lines, size, (int(widest) + 1, width), typography)
            return TextSetting(balanced, size, typography, cut_off=len(text) > LONGEST_TEXT)
    rows = max(1, min(most_lines, height // pitch_of(smallest)))
    last = "".join(lines[rows - 1 : rows])
    while last and length_of(last + ELLIPSIS, smallest, typography) > width:
        last = last[:-1]
    return TextSetting((*lines[: rows - 1], last.rstrip() + ELLIPSIS), smallest, typography, cut_off=True)


def draw_line(
    draw: ImageDraw.ImageDraw,
    text: str,
    at: tuple[float, int],
    size: int,
    ink: Ink,
    typography: Typography = PLAIN,
    stroke: int = 0,
) -> None:
    """Draw a line that begins on the baseline at `at`; `stroke` are pixels by which its letters grow all around."""
    left = at[0]
    for run in runs(text, size, typography):
        run.draw(draw, (left, at[1]), ink, stroke)
        left += run.length


def draw_lines(
    draw: ImageDraw.ImageDraw, setting: TextSetting, middle: int, top: int, ink: Ink, stroke: int = 0
) -> None:
    """Draw all lines of a text, each with its middle at `middle`, the first one below `top`."""
    for row, line in enumerate(setting.lines):
        left = middle - round(length_of(line, setting.size, setting.typography) / 2)
        draw_line(draw, line, (left, top + setting.baseline(row)), setting.size, ink, setting.typography, stroke)


def _plain(text: str) -> str:
    """A line without what is not drawn; what joins letters, or says where a line begins, stays where it matters."""
    line = " ".join(text.split())
    marks = DIRECTION_MARKS if has_right_to_left(line) else frozenset()
    kept = [each for at, each in enumerate(line) if each in marks or _is_drawn(each) or joins_letters(line, at)]
    return "".join(kept) if any(map(_is_drawn, kept)) else ""


@cache
def _is_drawn(character: str) -> bool:
    """Whether a character is visible: not for control, formatting and variation characters."""
    selects = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return not selects and not unicodedata.category(character).startswith("C")


def _wrapped(own: Sequence[Sequence[str]], size: int, width: int, typography: Typography) -> tuple[str, ...]:
    return tuple(line for units in own for line in _broken(units, size, width, typography))


def _broken(paragraph: Sequence[str], size: int, width: int, typography: Typography) -> list[str]:
    whole = "".join(paragraph)
    left, marked = runs_left(whole), has_right_to_left(whole)
    units, lines = list(paragraph), [] if paragraph else [""]
    while units:
        count = _side_by_side(units, size, width, typography)
        if count == 0:
            units[:1] = _clusters(units[0])
            count = max(1, _side_by_side(units, size, width, typography))
        line = "".join(units[:count]).rstrip()
        lines.append(with_direction(line, left=left) if marked else line)
        del units[:count]
    return lines


def _side_by_side(units: Sequence[str], size: int, width: int, typography: Typography) -> int:
    """How many of the units fit on a line."""
    left, count = 0.0, 0
    for unit in units:
        if left + length_of(unit.rstrip(), size, typography) > width:
            break
        left, count = left + length_of(unit, size, typography), count + 1
    # side by side some letters stand closer or wider than alone
    while count > 1 and length_of("".join(units[:count]).rstrip(), size, typography) > width:
        count -= 1
    return count


@lru_cache(maxsize=256)
def _words(paragraph: str) -> tuple[str, ...]:
    """What stays together: words with the space behind them, and East Asian letters with the signs beside them."""
    parts = _wide_parts(paragraph) if has_wide(paragraph) else _spaced(paragraph)
    units = list[str]()
    for part in parts if has_wide(paragraph) else ():
        sides = (units[-1][-1], part[0]) if units else (" ", part[0])
        if sides[0].isspace() or any(map(_is_wide, sides)) or SHARED_MARKS.issuperset(sides):
            units.append(part)
        else:
            units[-1] += part
    return tuple(units) or tuple(unit for part in parts for unit in _thai_words(part))


def _wide_parts(paragraph: str) -> list[str]:
    """The parts between which UAX #14 and TAILORED let a line end, and words."""
    from uniseg.linebreak import line_break_units

    found, at = list[str](), 0
    for unit in line_break_units(HANGUL.sub("a", paragraph.translate(TAILORED))):
        found += _spaced(paragraph[at : at + len(unit)])
        at += len(unit)
    return found


def _spaced(text: str) -> list[str]:
    """Words, each with the spaces beside it."""
    return re.findall(r"\s*\S+\s*|\s+", text)


def _thai_words(word: str) -> Iterator[str]:
    """What has no space in it, in words where it is Thai; signs beside a Thai word stay with it."""
    parts = thai_parts(word)
    if not any(is_thai for _, is_thai in parts):
        yield word
        return
    units = list[str]()
    for part, is_thai in parts:
        if is_thai:
            found = THAI_PARSER().parse(part)
            units += [units.pop() + found[0], *found[1:]] if units and not units[-1][-1].isalnum() else found
        elif units and not part[0].isalnum():
            units[-1] += part
        else:
            units.append(part)
    yield from units


def _phrases(words: Sequence[str]) -> tuple[str, ...]:
    """Words joined up to the next space or punctuation."""
    phrases: list[str] = []
    for word in words:
        ended = phrases and (phrases[-1][-1].isspace() or phrases[-1][-1] in PHRASE_ENDS)
        if phrases and not ended and word[0] not in PHRASE_STARTS:
            phrases[-1] += word
        else:
            phrases.append(word)
    return tuple(phrases)


@cache
def _is_wide(character: str) -> bool:
    """Written without spaces between words, as Han and Kana are; Hangul has spaces."""
    wide = unicodedata.east_asian_width(character) in {"W", "F", "H"}
    return wide and not HANGUL.match(character)


def _clusters(word: str) -> list[str]:
    """A word's letters, each with its marks; the space behind it stays at the last."""
    clusters: list[str] = []
    for character in word:
        # behind a virama (class 9) a letter of an Indic script is joined to the one before it
        bound = clusters and unicodedata.combining(clusters[-1][-1]) == VIRAMA
        if clusters and (bound or unicodedata.category(character).startswith("M") or character.isspace()):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _balanced(
    own: Sequence[Sequence[str]],
    lines: tuple[str, ...],
    size: int,
    widths: tuple[int, int],
    typography: Typography,
) -> tuple[str, ...]:
    """As many lines, of about one width: no last line of a single word."""
    if not len(own) < len(lines) <= MOST_BALANCED or widths[0] >= widths[1]:
        return lines
    tried = range(*widths)
    first = bisect_left(tried, True, key=lambda width: len(_wrapped(own, size, width, typography)) <= len(lines))
    return _wrapped(own, size, (*tried, widths[1])[first], typography)
