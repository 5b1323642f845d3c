"""The edit that would end a problem, where its hint says which words to write in place of which.

A fix is read from the problem itself: its hint names the words to write, its message those that are wrong, and its
source line has them at the place. So a rule that gives such a hint gives a fix as well.
"""

from __future__ import annotations

import json
import re

from wanflow.language.problem import Problem, is_shipped
from wanflow.patterns import pattern
from wanflow.records import immutable
from wanflow.yamldoc.hints import QUOTE_IT, value_at


@immutable
class TextEdit:
    """Words of one line of a file that `text` replaces; lines and columns count characters from 1.

    `file` is relative to the production file's folder. The character at `end_column` stays.
    """

    file: str
    line: int
    column: int
    end_column: int
    text: str

    def to_json(self) -> dict[str, object]:
        """For programs: a range from its first character to the one after its last."""
        return {
            "file": self.file,
            "start": {"line": self.line, "column": self.column},
            "end": {"line": self.line, "column": self.end_column},
            "text": self.text,
        }


_INSTEAD = pattern(
    r"(?P<asks>did you mean|write) `(?P<words>[^`…]+)`(?:\?| with a space)?"
    r"|write (?P<quoted>\"[^\"]+\") in quotes"
)
"""A hint that is nothing but the words to write."""
_NAMED = pattern(r"`([^`]+)`")
_NO_TEXT = pattern(r"[-+]?[.0-9]+|true|false|null|~", flags=re.IGNORECASE)
"""Plain scalars that are no text."""
_NOT_PLAIN = pattern(r"[-?:,\[\]{}#&*!|>'\"%@`\s].*|.*(?:: | #|[,\[\]{}]|[:\s]$).*", flags=re.DOTALL)
"""Words that YAML reads otherwise where they are not in quotes."""
_COLLECTION = pattern(r"\{[^{}]*\}|\[[^\[\]{}]*\]")
_FILLED = pattern(r"\$\{([^{}]*)\}")
_OPENS = "{[|>&*!"
"""First signs of a value that quotes would make another one."""


def fix_of(problem: Problem) -> TextEdit | None:
    """The edit that the hint of a problem means; None where the hint or the line leaves anything open."""
    hint, line, begin = problem.hint or "", problem.source, problem.place.column - 1
    if problem.option or is_shipped(problem.place) or not line[begin:].strip():
        return None
    if hint == QUOTE_IT:
        value = line[begin:].rstrip()
        sound = value_at(line)[0] == begin and value[0] not in _OPENS and not value.endswith(":")
        return _edit(problem, begin, value, json.dumps(value, ensure_ascii=False)) if sound else None
    found = _INSTEAD.fullmatch(hint)
    wrong = () if found is None else _NAMED.findall(problem.message)
    places = [(at, -len(word), word) for word in wrong for at in _places(line, word, begin)]
    if found is None or not places:
        return None
    at, _, old = min(places)
    new = _instead(found, line[:at], old, line[at + len(old) :])
    return _edit(problem, at, old, new) if new not in {"", old} else None


def _instead(hint: re.Match[str], before: str, old: str, after: str) -> str:
    """What a hint says to write between two parts of a line; empty where it would mean something else there."""
    new = hint["words"] or hint["quoted"]
    if len(old) == 1 and not old.isascii():  # a sign in full width, for the one that YAML has
        return new.rstrip() if after[:1] in {"", " "} else new
    if before.endswith("${"):
        new = _FILLED.sub(r"\1", new)
    if hint["asks"] == "did you mean" and _NO_TEXT.fullmatch(new):
        return ""  # a name that would be read as a number
    if before.endswith(('"', "'")):
        fits = before[-1] not in new and "\\" not in new and not _COLLECTION.fullmatch(new)
    elif _COLLECTION.fullmatch(new):
        fits = before.rstrip()[-1:] in {":", "-", "["} and not after.lstrip().startswith(":")
    else:
        fits = bool(hint["quoted"] or _FILLED.fullmatch(new) or not _NOT_PLAIN.fullmatch(new))
    return new if fits else ""


def _places(line: str, word: str, begin: int) -> list[int]:
    """Where a word is in a line: at a place, behind the quote there, or else where it is once after it."""
    first = begin + (line[begin] in "\"'")
    at = first if line.startswith(word, first) else -1
    if at < 0 and line.count(word, begin) == 1:
        at = line.index(word, begin)
    begins, ends = line[max(at - 1, 0) : at], line[at + len(word) : at + len(word) + 1]
    if ends == "`":  # a word with such a sign, of which the message shows a part
        return []
    inside = (ends.isalnum() and word[-1].isalnum()) or (begins.isalnum() and word[0].isalnum())
    return [] if at < 0 or (inside and word.isascii()) else [at]


def _edit(problem: Problem, at: int, old: str, new: str) -> TextEdit:
    place = problem.place
    return TextEdit(place.file, place.line, at + 1, at + len(old) + 1, new)
