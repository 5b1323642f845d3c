"""Codes of errors: short names that stay although the words change, so that programs know an error by its code.

A code is derived once from the words of a message, and then kept: `locale/codes.txt` has the code of each template,
and `make messages` adds what it lacks. Lines of that file are never removed, so no code gets another meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from wanflow.messages import LOCALE, Translatable
from wanflow.patterns import pattern

TABLE = LOCALE / "codes.txt"
"""File with a line for each template: its code, a tab, the template."""

MAX_WORDS = 5
"""Maximum words of a message that a new code has."""

FIELD = pattern(r"\{[^{}]*\}")
"""Place of a value in a template."""
_LEFT_OUT = frozenset({"a", "an", "and", "are", "be", "is", "it", "its", "of", "that", "the", "this", "was"})


def code_of(text: object, otherwise: str = "other") -> str:
    """The code of a message; `otherwise` for a text that is none, such as the words of a library.

    A message that only puts others together, as `{file}: {why}`, has the code of the first of them.
    """
    if isinstance(text, Exception):
        text = text.args[0] if text.args else ""
    if not isinstance(text, Translatable):
        return otherwise
    if code := _codes().get(text.template) or derived(text.template):
        return code
    parts = (code_of(value, "") for value in text.values.values())
    return next(filter(None, parts), otherwise)


def derived(template: str, words: int = MAX_WORDS) -> str:
    """The code that a new message gets: its first words but for articles and the like; empty where it has no words."""
    plain = FIELD.sub(" ", template.replace("{{", "(").replace("}}", ")")).lower().replace("'", "")
    found = re.findall(r"[a-z0-9]+", plain)
    return "-".join([word for word in found if word not in _LEFT_OUT][:words])


def read(text: str) -> dict[str, str]:
    """The code of each template, from the text of the table."""
    lines = (line.partition("\t") for line in text.splitlines() if "\t" in line)
    return {template.replace("\\n", "\n"): code for code, _, template in lines}


@cache
def _codes() -> Mapping[str, str]:
    return read(TABLE.read_text(encoding="utf-8"))
