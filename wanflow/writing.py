"""In which language and script a text is written: it decides between forms of a letter, and which letters are wide."""

from __future__ import annotations

import re

from wanflow.patterns import letters

LATIN = frozenset(map(chr, (*range(0x250), *range(0x2000, 0x2070))))
"""Letters and punctuation that every machine can draw."""

TYPESETTING_VERSION = 2
"""Version of how texts are drawn: part of what a cut is made from, where its texts are not plain Latin."""

SHAPING_VERSION = 1
"""Version of how scripts are drawn that run from right to left, join letters, or have no spaces."""

SIMPLIFIED, TRADITIONAL, HONG_KONG, JAPANESE, KOREAN = "zh-Hans", "zh-Hant", "zh-HK", "ja", "ko"
"""Languages in which one code point has different forms, so that a text needs a font of its own language."""
ENGLISH = "en"

FONT_FORMATS = {".otf", ".ttc", ".ttf"}
"""Suffixes of the font files that are read."""


_KANA = letters("[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
HANGUL = letters("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
_HAN = letters("[\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WIDE = letters(
    "[\u1100-\u11ff\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\ufe30-\ufe4f\uff01-\uffee\U0001f200-\U0001f2ff\U00020000-\U0003ffff]"
)

_RIGHT_TO_LEFT = letters("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
_THAI = letters("[\u0e01-\u0e5b]+")
_SHAPED = "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefe]"
_JOINED = letters(_SHAPED)
_JOINER = letters(f"(?<={_SHAPED})[\u200c\u200d]")
_LEFTWARD = frozenset({"ar", "ara", "ckb", "dv", "fa", "fas", "per", "he", "heb", "ps", "sd", "ug", "ur", "urd", "yi"})

_CHINESE = frozenset({"zh", "zho", "chi", "cmn"})
_WRITTEN_AS = {"yue": HONG_KONG, "ja": JAPANESE, "jpn": JAPANESE, "ko": KOREAN, "kor": KOREAN}


def is_latin(text: str) -> bool:
    """Whether every machine can draw a text."""
    return LATIN.issuperset(text)


def is_wide(character: str) -> bool:
    """Whether a character belongs to the fonts of Chinese, Japanese and Korean: their letters, and full-width signs."""
    return _WIDE.match(character) is not None


def has_wide(text: str) -> bool:
    """Whether a text has a letter of Chinese, Japanese or Korean, or a full-width sign."""
    return _WIDE.search(text) is not None


def has_right_to_left(text: str) -> bool:
    """Whether a text has letters of Hebrew, Arabic or another script that runs from right to left, or a mark for it."""
    return _RIGHT_TO_LEFT.search(text) is not None


def shaping_version(text: str) -> int | None:
    """The version of how scripts are drawn that need more than letters side by side; None for other texts.

    Part of what a cut is made from: earlier versions had the words of Arabic and Hebrew lines in the wrong order.
    """
    return SHAPING_VERSION if any(each.search(text) for each in (_RIGHT_TO_LEFT, _THAI, _JOINER)) else None


def shaping_of_language(tag: str | None) -> int | None:
    """As `shaping_version`, for texts of which only the language is known, a tag of BCP 47."""
    return SHAPING_VERSION if (tag or "").lower().replace("_", "-").split("-")[0] in _LEFTWARD | {"th"} else None


def has_joined(text: str) -> bool:
    """Whether a text has letters that change beside others, as those of Arabic and Indic scripts do."""
    return _JOINED.search(text) is not None


def thai_parts(text: str) -> list[tuple[str, bool]]:
    """A text in stretches, each with whether it is Thai, which has no spaces between its words."""
    found, at = list[tuple[str, bool]](), 0
    for match in _THAI.finditer(text):
        found += [(text[at : match.start()], False), (match.group(), True)]
        at = match.end()
    return [part for part in (*found, (text[at:], False)) if part[0]]


def joins_letters(text: str, at: int) -> bool:
    """Whether the character at a position is a joiner that changes letters of its script, as in Persian and Hindi."""
    return _JOINER.match(text, at) is not None


def is_mostly_western(text: str) -> bool:
    """Whether a text has more words of other scripts than letters and full-width signs of East Asian ones."""
    return len(re.findall(r"\w+", _WIDE.sub(" ", text))) > len(_WIDE.findall(text))


def script_language(tag: str | None) -> str | None:
    """What a language tag (BCP 47) means for the forms of letters: one of SIMPLIFIED to KOREAN, or None for others.

    `zh-CN` means `zh-Hans`, `zh-TW` means `zh-Hant`; Hong Kong and Macau have forms of their own. A script in the tag
    decides before its region.
    """
    first, *rest = (tag or "").lower().replace("_", "-").split("-")
    if first in _WRITTEN_AS and "hans" not in rest:
        return _WRITTEN_AS[first]
    if first not in _CHINESE and first not in _WRITTEN_AS:
        return None
    if "hans" in rest:
        return SIMPLIFIED
    if "hk" in rest or "mo" in rest:
        return HONG_KONG
    return TRADITIONAL if "hant" in rest or "tw" in rest else SIMPLIFIED


def language_of_text(text: str) -> str:
    """The likely language: kana mean Japanese, hangul Korean, other Han simplified Chinese; else English."""
    found = ((_KANA, JAPANESE), (HANGUL, KOREAN), (_HAN, SIMPLIFIED))
    return next((language for letters, language in found if letters.search(text)), ENGLISH)
