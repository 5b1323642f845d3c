"""Which font has which character: the production's first, then that of the text's language, then any on the machine."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont, features

from wanflow import digest
from wanflow.media.text.direction import DIRECTION_MARKS, levels_of, reversed_letters, visual_order
from wanflow.media.text.font_files import SAMPLE, TrueTypeFont, font_files, installed, opened, scalable
from wanflow.records import immutable
from wanflow.writing import (
    ENGLISH,
    HONG_KONG,
    JAPANESE,
    KOREAN,
    SIMPLIFIED,
    TRADITIONAL,
    has_wide,
    is_latin,
    is_mostly_western,
    is_wide,
    language_of_text,
    script_language,
)

Ink = tuple[int, ...]

BASIC = ImageFont.Layout.BASIC
ENGINE = ImageFont.Layout.RAQM if features.check_feature("raqm") else BASIC
"""What shapes a text in fonts other than Pillow's own: HarfBuzz, where the machine has FriBiDi for it."""

NOWHERE = "\U0010ffff"
"""Code point that no font has: it is drawn as the font's own glyph for a missing one."""

LARGEST_EMS = 40
"""Maximum sides of a letter, as a multiple of its font's size: the widest sign of Unicode has about a quarter."""

ALL_LANGUAGES = ("NotoSansCJK-Regular.ttc", "SourceHanSans-Regular.ttc", "SourceHanSans.ttc")
"""Collections with a face for each East Asian language."""

WIDE_FONTS = {
    SIMPLIFIED: (
        *("NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf", "PingFang.ttc"),
        *("Hiragino Sans GB.ttc", "STHeiti Light.ttc", "msyh.ttc", "simhei.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc"),
    ),
    TRADITIONAL: (
        *("NotoSansCJKtc-Regular.otf", "NotoSansTC-Regular.otf", "SourceHanSansTC-Regular.otf", "PingFang.ttc"),
        *("STHeiti Light.ttc", "msjh.ttc", "mingliu.ttc"),
    ),
    HONG_KONG: ("NotoSansCJKhk-Regular.otf", "NotoSansHK-Regular.otf", "SourceHanSansHC-Regular.otf", "PingFang.ttc"),
    JAPANESE: (
        *("NotoSansCJKjp-Regular.otf", "NotoSansJP-Regular.otf", "SourceHanSans-Regular.otf"),
        *("ヒラギノ角ゴシック W3.ttc", "YuGothM.ttc", "meiryo.ttc", "msgothic.ttc", "ipagp.ttf", "TakaoPGothic.ttf"),
    ),
    KOREAN: (
        *("NotoSansCJKkr-Regular.otf", "NotoSansKR-Regular.otf", "SourceHanSansK-Regular.otf"),
        *("AppleSDGothicNeo.ttc", "malgun.ttf", "NanumGothic.ttf"),
    ),
}
"""Fonts of each East Asian language that are looked for in the system's folders, in this order."""

NEXT = {HONG_KONG: (TRADITIONAL,), TRADITIONAL: (HONG_KONG,)}
"""Languages whose forms come nearest, where a machine has no font of a language."""

OTHER_FONTS = (
    *("Arial Unicode.ttf", "DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf"),
    *("NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf"),
    *("NotoSansThai-Regular.ttf", "NotoSansBengali-Regular.ttf", "NotoSansTamil-Regular.ttf"),
    *("NotoSansTelugu-Regular.ttf", "NotoSansKhmer-Regular.ttf", "NotoSansLao-Regular.ttf"),
    *("NotoSansMyanmar-Regular.ttf", "NotoSansGeorgian-Regular.ttf", "NotoSansArmenian-Regular.ttf"),
    *("Nirmala.ttf", "LeelawUI.ttf", "Kohinoor.ttc", "Thonburi.ttc", "Symbola.ttf"),
)
"""Fonts that are looked for in the system's folders, for characters that the others lack."""

SHARED_MARKS = frozenset("“”‘’…—―·‧")
"""Marks that Western fonts have narrow, and East Asian ones as wide as a letter."""

JOINERS = frozenset("\u200c\u200d")
"""Characters that nobody sees: they join or part the letters beside them."""

DASHES, LONG_DASH = "——", "⸺"


@immutable
class Typography:
    """In which fonts a text is drawn.

    `fonts` are files of the production; each is read once, so a file must not change while the process lives.
    `language` decides between forms of a letter, None for each text's own. `wide` says whether the text has East
    Asian letters; None until `for_text` looked. `wide_marks`: SHARED_MARKS are East Asian also where no East Asian
    letter is beside them. `shaped`: ENGINE places its letters, which plain Latin does not need. `first` is the font of
    a title, a file and the number of its face, None for the face of the language.
    """

    fonts: tuple[Path, ...] = ()
    language: str | None = None
    wide: bool | None = None
    wide_marks: bool = True
    shaped: bool = True
    first: tuple[Path, int | None] | None = None

    @property
    def has_own(self) -> bool:
        """Whether a font of the production or of a title goes before those of the machine."""
        return bool(self.fonts) or self.first is not None

    def for_text(self, text: str) -> Typography:
        """The same for a whole text, before it is broken into lines; a second call changes nothing."""
        if self.wide is not None:
            return self
        if not has_wide(text):
            return replace(self, language=None, wide=False, shaped=self.first is not None or not is_latin(text))
        own = language_of_text(text)
        language = script_language(self.language) or (SIMPLIFIED if own == ENGLISH else own)
        return replace(self, language=language, wide=True, wide_marks=not is_mostly_western(text))

    def widens(self, text: str, at: int) -> bool:
        """Whether the character at a position is one of SHARED_MARKS that is as wide as an East Asian letter there."""
        if not self.wide or text[at] not in SHARED_MARKS:
            return False
        beside = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
        in_word = len(beside) == 2 and beside.isalnum() and not has_wide(beside)
        return not in_word and (self.wide_marks or has_wide(beside))


PLAIN = Typography()


@immutable
class Run:
    """Characters of a line that one font draws in letters of `size` pixels.

    `font` is None where no font has them: each is a box. `direction` is `rtl` where they run from right to left and are
    shaped; where they are not, `text` is turned around already.
    """

    text: str
    font: TrueTypeFont | None
    size: int
    language: str | None = None
    direction: str | None = None

    @property
    def length(self) -> float:
        """How many pixels wide it is."""
        if self.font is None:
            return sum(_box_width(character, self.size) for character in self.text)
        return self.font.getlength(self.text, direction=self.direction, language=self.language)

    def draw(self, draw: ImageDraw.ImageDraw, at: tuple[float, int], ink: Ink, stroke: int = 0) -> None:
        """Draw it from `at`, a place on the baseline; `stroke` are pixels by which it grows all around."""
        left, baseline = at
        if self.font is not None:
            draw.text(
                at,
                self.text,
                fill=ink,
                font=self.font,
                anchor="ls",
                stroke_width=stroke,
                direction=self.direction,
                language=self.language,
            )
            return
        line = max(1, self.size // 16)
        for character in self.text:
            width = _box_width(character, self.size)
            gap = max(1, self.size // 12)
            corners = (left + gap, baseline - self.size * 3 // 4, left + max(gap + 1, width - gap), baseline)
            grown = (corners[0] - stroke, corners[1] - stroke, corners[2] + stroke, corners[3] + stroke)
            draw.rectangle(grown, outline=ink, width=line + 2 * stroke)
            left += width


def runs(text: str, size: int, typography: Typography = PLAIN) -> Iterator[Run]:
    """A line in runs of one font and one direction each, from left to right, in letters of `size` pixels.

    A production's font draws all that it has. Wide letters, and SHARED_MARKS beside them, are drawn by a font of the
    text's language, Western ones by Pillow's own, which is the same on every machine. The rest is drawn by the first
    font that has it.
    """
    typography = typography.for_text(text)
    characters = list(zip(text, _faces_of(text, typography), levels_of(text), strict=True))
    seen = [each for each in characters if each[0] not in DIRECTION_MARKS]
    parts = [
        (face, level, "".join(character for character, *_ in group))
        for (face, level), group in groupby(seen, key=lambda each: each[1:])
    ]
    for position in visual_order([level for _, level, _ in parts]):
        yield _run_of(*parts[position], size, typography)


def _run_of(face: TrueTypeFont | None, level: int, text: str, size: int, typography: Typography) -> Run:
    """Characters of one font and one embedding level as they are drawn."""
    font = None if face is None else _sized(face, size, shaped=typography.shaped)
    if font is not None and font.layout_engine != BASIC:
        direction = ("rtl" if level % 2 else "ltr") if level else None
        return Run(text, font, size, typography.language, direction)
    text = text.translate(dict.fromkeys(map(ord, JOINERS)))
    text = reversed_letters(text) if level % 2 else text
    if face is not None and DASHES in text and _has(face, LONG_DASH):
        text = text.replace(DASHES, LONG_DASH)  # what shaping makes of them: one line without a gap
    return Run(text, font, size)


def identity() -> str:
    """What this machine draws text with: a digest of the names and sizes of its fonts, and what shapes letters."""
    found = [f"{path.name} {path.stat().st_size}" for path in font_files()]
    return digest.of_json([*sorted(found), str(ENGINE.name)])[:12]


def shapes_letters() -> bool:
    """Whether letters of Arabic and Indic scripts are joined on this machine."""
    return ENGINE != BASIC


def capital_height(size: int, typography: Typography = PLAIN) -> int:
    """How many pixels high a capital letter is in letters of `size` pixels."""
    face = next(iter(_faces_of("H", typography.for_text("H"))))
    box = _sized(face or _built_in(), size, shaped=False).getbbox("H", anchor="ls")
    return round(box[3] - box[1])


def is_known(character: str, typography: Typography = PLAIN) -> bool:
    """Whether a font on this machine, or one of the production, has the character."""
    return character.isspace() or _face_for(character, typography.for_text(character), wide=False) is not None


def _faces_of(text: str, typography: Typography) -> Iterator[TrueTypeFont | None]:
    """The font of each character; a space belongs to the word before it, a combining mark to its letter."""
    seen = (character for character in text if not (character.isspace() or character in DIRECTION_MARKS))
    face = _face_for(next(seen, " "), typography, wide=False)
    for at, character in enumerate(text):
        if character.isspace() and (face is None or not (typography.wide or typography.has_own)):
            yield _built_in()
            continue
        marks = unicodedata.category(character).startswith("M") and face is not None and _has(face, character)
        if not (character.isspace() or marks or character in DIRECTION_MARKS or character in JOINERS):
            face = _face_for(character, typography, wide=typography.widens(text, at))
        yield face


@lru_cache(maxsize=1 << 14)
def _face_for(character: str, typography: Typography, *, wide: bool) -> TrueTypeFont | None:
    """The first font that has a character; `wide` asks for one of the text's language also for a shared mark."""
    faces = _faces(typography, wide=wide or is_wide(character))
    return next((face for face in faces if _has(face, character)), None)


def _faces(typography: Typography, *, wide: bool) -> Iterator[TrueTypeFont]:
    """All fonts in the order in which they are asked for a character; each is opened when its turn comes."""
    language = typography.language
    if typography.first is not None:
        yield from _first(*typography.first, language)
    yield from _own(typography.fonts, language)
    if not wide:
        yield _built_in()
    for name in ALL_LANGUAGES:
        yield from installed(name, language)
    for each in dict.fromkeys((language or SIMPLIFIED, *NEXT.get(language or "", ()), *WIDE_FONTS)):
        for name in WIDE_FONTS[each]:
            yield from installed(name, language)
    if wide:
        yield _built_in()
    for name in OTHER_FONTS:
        yield from installed(name, language)


@lru_cache(maxsize=1 << 16)
def _has(face: TrueTypeFont, character: str) -> bool:
    return _shape(face, character) not in {None, _nowhere(face)}


@cache
def _nowhere(face: TrueTypeFont) -> tuple[tuple[int, int], bytes] | None:
    return _shape(face, NOWHERE)


def _shape(face: TrueTypeFont, character: str) -> tuple[tuple[int, int], bytes] | None:
    """The pixels of a character, None where a damaged font has none to give, or more than a letter has."""
    try:
        left, top, right, bottom = face.getbbox(character)
        if max(right - left, bottom - top) > LARGEST_EMS * face.size:
            return None
        mask = face.getmask(character)
    except OSError:
        return None
    return mask.size, bytes(mask)


def _box_width(character: str, size: int) -> int:
    return size if unicodedata.east_asian_width(character) in "WF" else size * 6 // 10


@lru_cache(maxsize=256)
def _sized(face: TrueTypeFont, size: int, *, shaped: bool) -> TrueTypeFont:
    return face.font_variant(size=size, layout_engine=ENGINE if shaped and face is not _built_in() else BASIC)


@cache
def _built_in() -> TrueTypeFont:
    """Pillow's own font, which has the Latin letters."""
    face = ImageFont.load_default(SAMPLE)
    if not isinstance(face, TrueTypeFont):
        raise OSError("this Pillow was built without FreeType")
    return face


@lru_cache(maxsize=64)
def _own(fonts: tuple[Path, ...], language: str | None) -> tuple[TrueTypeFont, ...]:
    return tuple(scalable((path for path in fonts if path.is_file()), language))


@lru_cache(maxsize=64)
def _first(path: Path, index: int | None, language: str | None) -> tuple[TrueTypeFont, ...]:
    if index is None:
        return _own((path,), language)
    with suppress(OSError, ValueError):
        return (opened(path, index),)
    return ()
