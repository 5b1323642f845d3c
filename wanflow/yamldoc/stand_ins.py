"""Stand-ins for what PyYAML reads in another way than YAML 1.2: its text, with every position where it was.

PyYAML takes U+0085, U+2028 and U+2029 for line ends, as YAML 1.1 does, and skips a U+FEFF at the beginning of a line.
Inside `[ ]` and `{ }` it takes any `?` and `:` at the beginning of a text for an indicator. It refuses JSON's surrogate
escapes. Each of these becomes as many private characters that the text does not have, and comes back in every value.
"""

from __future__ import annotations

from wanflow.patterns import pattern

_LINE_SIGNS = "\x85\u2028\u2029\ufeff"
_NO_INDICATOR = pattern(r"\?(?=[^\s,\[\]{}])|(?<=[\[{,])(\s*):(?=[^\s,\[\]{}])")
_PRIVATE = range(0x10FFFD, 0x100000, -1)
_SURROGATE = pattern(r"\\u([dD])([89a-fA-F])([0-9a-fA-F]{2})")
_SURROGATE_STAND_IN = pattern(r"\\u([eE])([0-7a-f])([0-9a-fA-F]{2})")
_SURROGATE_BLOCK = pattern(r"[\ue000-\uefff]|\\u[eE]|\\U0000[eE]")
_AS_PRIVATE = str.maketrans("89abcdefABCDEF", "01234567abcdef")
_AS_SURROGATE = str.maketrans("01234567abcdef", "89abcdefABCDEF")
_HALVES = {stand_in: 0xD800 + stand_in % 0x800 for stand_in in range(0xE000, 0xF000)}
"""Halves of surrogate pairs, by stand-in: first those of escapes whose second digit is 8, 9 or a small letter."""


class StandIns:
    """A text as PyYAML gets it, and the way back for the values in it."""

    def __init__(self, text: str) -> None:
        used = () if text.isascii() else frozenset(text)
        free = (sign for sign in map(chr, _PRIVATE) if sign not in used)
        self._forth = {sign: next(free, sign) for sign in f"{_LINE_SIGNS}?:"}  # itself where the text has all of them
        self._back = str.maketrans({stand_in: sign for sign, stand_in in self._forth.items()})
        self._halves = _SURROGATE.search(text) is not None and _SURROGATE_BLOCK.search(text) is None
        if self._halves:
            text = _SURROGATE.sub(
                lambda half: rf"\u{'eE'[half[1] == 'D']}{half[2].translate(_AS_PRIVATE)}{half[3]}", text
            )
        text = text.translate(str.maketrans(_LINE_SIGNS, "".join(self._forth[sign] for sign in _LINE_SIGNS)))
        self.text = _NO_INDICATOR.sub(lambda sign: f"{sign[1] or ''}{self._forth[sign[0][-1]]}", text)

    def original(self, value: str) -> str:
        """A value as it was written; half of a surrogate pair stays half a character."""
        value = value.translate(self._back)
        if not self._halves:
            return value
        value = _SURROGATE_STAND_IN.sub(
            lambda half: rf"\u{'dD'[half[1] == 'E']}{half[2].translate(_AS_SURROGATE)}{half[3]}", value
        )
        return value.translate(_HALVES).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
