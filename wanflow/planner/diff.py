"""What differs between two requests, in the words of the production file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wanflow.digest import Canonical
from wanflow.graph.recipe import is_promise
from wanflow.planner.plan import ReasonCode
from wanflow.store.take import Recipe

SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One key whose value differs; both values as text, empty where there was or is none."""

    code: ReasonCode
    key: str
    old: str
    new: str

    @property
    def text(self) -> str:
        """One short line: for a prompt the words that differ, else old → new."""
        if self.code is ReasonCode.PROMPT_CHANGED:
            return f"{self.key}: {changed_words(self.old, self.new)}"
        if self.code is ReasonCode.INPUT_CHANGED:
            return f"{self.key} has other content" if self.old and self.new else f"{self.key} {_come_or_gone(self)}"
        return f"{self.key}: {self.old or '(none)'} → {self.new or '(none)'}"


def differences(old: Recipe, new: Recipe) -> tuple[Difference, ...]:
    """All that differs between two recipes, in the order in which people care; promises count as no difference."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return ()
    return tuple(_differences(old, new))


def changed_words(old: str, new: str) -> str:
    """The words that went and came, as `old words → new words`, shortened; `…` stands for words that stayed."""
    was, now = old.split(), new.split()
    matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
    edits = [edit for edit in matcher.get_opcodes() if edit[0] != "equal"]
    gone = " … ".join(" ".join(was[a:b]) for _, a, b, _, _ in edits if a < b)
    came = " … ".join(" ".join(now[c:d]) for _, _, _, c, d in edits if c < d)
    return f"{_shorten(gone)} → {_shorten(came)}"


def _differences(old: Mapping[str, Canonical], new: Mapping[str, Canonical]) -> Iterator[Difference]:
    for key in ("prompt", "negative_prompt"):
        yield from _plain(ReasonCode.PROMPT_CHANGED, key, old.get(key), new.get(key))
    for key in ("backend", "model", "key"):
        yield from _plain(ReasonCode.PARAMETER_CHANGED, key, old.get(key), new.get(key))
    before, after = _mapping(old.get("parameters")), _mapping(new.get("parameters"))
    for key in sorted(before.keys() | after.keys()):
        yield from _plain(ReasonCode.PARAMETER_CHANGED, key, before.get(key), after.get(key))
    yield from _media(_sequence(old.get("media")), _sequence(new.get("media")))


def _media(old: Sequence[Canonical], new: Sequence[Canonical]) -> Iterator[Difference]:
    for position in range(max(len(old), len(new))):
        was = _mapping(old[position]) if position < len(old) else {}
        now = _mapping(new[position]) if position < len(new) else {}
        role = _text(now.get("role") or was.get("role"))
        if was.get("role") != now.get("role"):
            yield Difference(
                ReasonCode.INPUT_CHANGED, f"media {position + 1}", _text(was.get("role")), _text(now.get("role"))
            )
            continue
        for part, label in (("is", role), ("voice", f"{role}.voice")):
            if not is_promise(now.get(part)):
                yield from _plain(ReasonCode.INPUT_CHANGED, label, was.get(part), now.get(part))


def _plain(code: ReasonCode, key: str, old: Canonical, new: Canonical) -> Iterator[Difference]:
    if old != new:
        yield Difference(code, key, _text(old), _text(new))


def _text(value: Canonical) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_short_digest(item)}" for key, item in sorted(value.items()))
    return str(value)


def _short_digest(value: Canonical) -> str:
    text = _text(value)
    return text[:12] if len(text) == 64 else text


def _shorten(text: str) -> str:
    if not text:
        return "(nothing)"
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _come_or_gone(difference: Difference) -> str:
    return "is new" if difference.new else "is gone"


def _mapping(value: Canonical) -> Mapping[str, Canonical]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Canonical) -> Sequence[Canonical]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
