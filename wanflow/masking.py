"""What no message, record or output may show: keys, and the signatures that open addresses."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from wanflow.patterns import pattern

MASK = "***"

RUN = 8
"""Letters and digits that a text and a key have in common by more than chance, if they are not a word."""
LONGEST_WORD = 11
"""Letters of the longest word that a text and a key may have in common: made-up keys have words in them."""
SHORTEST_KEY = 16
"""Letters and digits of the shortest key whose parts are hidden; a shorter one, as of an emulator, may be a word."""

_NOT_KEPT = pattern(r"[^a-z0-9]+")
_ESCAPED = pattern(
    r"%(?:25)*([0-9a-f]{2})|\\(?:x|u00)([0-9a-f]{2})|&#(?:x0*([0-9a-f]{2})|0*([0-9]{2,3}));", re.IGNORECASE
)
"""A character in an address, however often that was encoded, in a string of a program, or in HTML."""

_WORDS = pattern(r"[A-Z]?[a-z]+(?:[ _-][A-Za-z]?[a-z]+)*|[A-Z]+")
"""How words are written; a part of a key has digits, or capitals in its middle."""

_WORD = pattern(r"""[^\s"'<>`]+""")
_SCHEME = pattern(r"\b(?:https?|oss|ftp)(?:://|%(?:25)*3a)", re.IGNORECASE)
_QUERY = pattern(r"\?|%(?:25)*3f", re.IGNORECASE)
_LOGIN = pattern(r"(://)[^\s/\"'<>]{1,1000}@")
"""User and password in an address; a password may have an `@`."""
_SIGNATURE = pattern(
    r"""\b(?:(signature|policy|expires|(?:oss)?access-?key-?id|security-?token|x-(?:oss|amz)-[a-z-]{1,50})(=|%(?:25)*3d)"""
    r"""|((?:signature|(?:oss)?access-?key-?id)(?:provided|value)?|security-?token|x-(?:oss|amz)-[a-z-]{1,50})"""
    r"""(["']?\s?(?:[=:>]|\\u003d|&\#0*61;)\s?["']?)(?=[^\s"'<>,;]{8}))"""
    r"""[^\s&"'<>,;]+""",
    re.IGNORECASE,
)
"""A part of a signature by its name; after a colon only a long value is one, since messages have colons as well."""
_LOGGED_IN = pattern(
    r"""\b(authorization["']?\s?[:=]\s?["']?(?:(?:bearer|basic|digest|oss4?[a-z0-9-]{0,20})\s++)?+)(?=[^\s"',;<>]{8})[^\s"',;<>]+"""
    r"""|\b((?:bearer|basic)\s+)(?=[^\s"',;<>]{0,200}[0-9])[^\s"',;<>]{8,}""",
    re.IGNORECASE,
)
"""The value of an `Authorization`, with or without the header's name."""


def public_url(url: str) -> str:
    """An address without user, query and fragment; `?…` says that there was a query."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"//[^/@]*@", "//", bare) + ("?…" if "?" in url else "")


def without_signatures(text: str) -> str:
    """A text with every address cut before its query, and without the parts of a signature that are alone."""
    if "://" in text or "%" in text:
        text = _LOGIN.sub(rf"\1{MASK}@", _WORD.sub(_cut, text))
    text = _SIGNATURE.sub(lambda found: f"{found[1] or found[3]}{found[2] or found[4]}{MASK}", text)
    return _LOGGED_IN.sub(lambda found: f"{found[1] or found[2]}{MASK}", text)


def _cut(word: re.Match[str]) -> str:
    """A word; an address in it, also one that is encoded, ends before its query."""
    address = _SCHEME.search(word[0])
    query = None if address is None else _QUERY.search(word[0], address.end())
    return word[0] if query is None or query.end() == len(word[0]) else f"{word[0][: query.start()]}?…"


def without_key(text: str, key: str) -> str:
    """A text to show or to record without a key or a part of it; an empty key changes nothing.

    Found are the key, its base64 and its hexadecimal form in any case, whatever other characters are between, also
    encoded as in addresses. A part has `RUN` letters and digits, and more than `LONGEST_WORD` where it looks like a
    word. A key of less than `SHORTEST_KEY` letters and digits is found only where it is whole.
    """
    if not key or not text:
        return text
    if len(_folded(key)) < SHORTEST_KEY:
        return re.sub(re.escape(key), MASK, text, flags=re.IGNORECASE)
    runs = _runs(key)
    plain, unescaped = _folded_forms(text)
    if not any(run in plain or run in unescaped for run in runs):
        return text
    parts: list[str] = []
    end = 0
    for start, stop in sorted({*_spans(text, _letters(text), runs), *_spans(text, _decoded_letters(text), runs)}):
        if start >= end:
            parts += [text[end:start], MASK]
        end = max(end, stop)
    return "".join(parts) + text[end:]


def has_key(text: str, key: str) -> bool:
    """Whether a text that is used as it is, such as an address, has the whole of a key, in any form."""
    if not key or len(_folded(key)) < SHORTEST_KEY:
        return bool(key) and key.lower() in text.lower()
    return any(form in folded for form in _forms(key) for folded in _folded_forms(text))


def secrets_of(address: str, shortest: int) -> frozenset[str]:
    """The values in the query of an address, which open it; those of fewer characters than `shortest` are dates."""
    query = address.partition("?")[2]
    return frozenset(value for _, value in parse_qsl(query, max_num_fields=100) if len(value) >= shortest)


def without_password(text: str, address: str) -> str:
    """A text without the logins of addresses, nor the password in this address where it is alone."""
    passwords = {unquote(each) for each in re.findall(r"://[^/\s:]*:([^/\s]+)@", address)}
    return without_values(without_signatures(text), passwords)


def without_values(text: str, values: Collection[str]) -> str:
    """A text without known secret values, as they are and as addresses have them."""
    for value in values:
        if len(value) <= len(text):
            text = _in_addresses(value).sub(MASK, text)
    return text


@lru_cache(maxsize=512)
def _in_addresses(value: str) -> re.Pattern[str]:
    """A value, each character of which but letters and digits may be encoded, however often."""
    return re.compile(
        "".join(
            letter
            if letter.isascii() and letter.isalnum()
            else f"(?:{re.escape(letter)}|%(?:25)*(?i:{ord(letter):02x}))"
            for letter in value
        )
    )


def _folded(text: str) -> str:
    """The letters and digits of a text, in lower case and in their simplest form."""
    return _NOT_KEPT.sub("", unicodedata.normalize("NFKD", text).lower())


def _folded_forms(text: str) -> tuple[str, str]:
    """The same of a text as it is, and with its escapes replaced; empty where it has none."""
    return _folded(text), _folded(_ESCAPED.sub(_character, text)) if re.search(r"[%\\&]", text) else ""


def _character(escape: re.Match[str]) -> str:
    """The character that an escape means."""
    hexadecimal = escape[1] or escape[2] or escape[3]
    return chr(int(hexadecimal, 16) if hexadecimal else int(escape[4]))


@lru_cache(maxsize=8)
def _forms(key: str) -> tuple[str, ...]:
    """A key, its hexadecimal form, and its base64 by the place in three bytes at which it begins."""
    forms = [_folded(key), key.encode().hex()]
    for before, spoilt in ((0, 0), (1, 2), (2, 3)):
        data = bytes(before) + key.encode()
        whole = b64encode(data)[: len(data) * 8 // 6]
        forms.append(_folded(whole[spoilt:].decode()))
    return tuple(forms)


@lru_cache(maxsize=8)
def _runs(key: str) -> frozenset[str]:
    """Each run of every form of a key."""
    return frozenset(form[at : at + RUN] for form in _forms(key) for at in range(len(form) - RUN + 1))


Letter = tuple[str, int, int]
"""A letter or a digit, and from where to where it is in a text."""


def _letters(text: str, first: int = 0, last: int | None = None) -> Iterator[Letter]:
    """The letters and digits of a text or of a part of it."""
    for at in range(first, len(text) if last is None else last):
        for letter in _folded(text[at]):
            yield letter, at, at + 1


def _decoded_letters(text: str) -> Iterator[Letter]:
    """The same with each escape as the character that it means."""
    end = 0
    for escape in _ESCAPED.finditer(text):
        yield from _letters(text, end, escape.start())
        for letter in _folded(_character(escape)):
            yield letter, escape.start(), escape.end()
        end = escape.end()
    yield from _letters(text, end)


def _spans(text: str, found: Iterator[Letter], runs: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where the parts of a key are in a text, each as long as it is."""
    known = list(found)
    letters = "".join(letter for letter, _, _ in known)
    first, end = 0, 0
    for at in range(len(letters) - RUN + 2):
        if letters[at : at + RUN] in runs:
            first, end = first if at < end else at, at + RUN
        elif first < end <= at + RUN - 1:
            start, stop = known[first][1], known[end - 1][2]
            if end - first > LONGEST_WORD or not _WORDS.fullmatch(text, start, stop):
                yield start, stop
            first = end = 0
