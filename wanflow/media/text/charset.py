"""In which character set a text may be written that is not UTF-8, to say how it is converted."""

from __future__ import annotations

import re

FREQUENT = {
    "GBK": ("gb18030", 0.1, "的一是不了在我有他你这们来个上说到要就"),
    "Big5": ("big5", 0.1, "的一是不了在我有他你這們來個上說到要就"),
    "Shift_JIS": ("cp932", 0.15, "のにはをたがでてとしれさいるなもこすま"),
    "EUC-KR": ("cp949", 0.1, "이다는을가에고의하지로니어나"),
    "windows-1251": ("cp1251", 0.75, "оеаинтсрвлкмдпуыяь"),
}
"""Python's name of a character set, frequent letters of its language, and their minimum share in such a text."""
WESTERN = "windows-1252"
STRICT = {"GBK": "gb2312", "Big5": "big5"}
"""Sets whose bytes are told apart where a text is too short to have frequent letters."""

_HIGH = re.compile(rb"[\x80-\xff]+")


def guess_charset(data: bytes) -> str | None:
    """The likely character set of bytes that are not UTF-8, by a name that `iconv` knows; None where nothing fits."""
    runs = _HIGH.findall(data)
    if sum(len(run) == 1 for run in runs) > len(runs) / 2:
        return WESTERN  # accents lie alone between letters, the bytes of other scripts in pairs
    shares = {name: _share(data, codec, letters) / least for name, (codec, least, letters) in FREQUENT.items()}
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= 1:
        return best
    return next((name for name, codec in STRICT.items() if "\ufffd" not in data.decode(codec, "replace")), None)


def _share(data: bytes, codec: str, letters: str) -> float:
    text = data.decode(codec, errors="replace")
    foreign = [letter for letter in text if letter > "\x7f"]
    return sum(letter in letters for letter in foreign) / max(len(foreign), 1)
