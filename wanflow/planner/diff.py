"""What differs between two requests, in the words of the production file, and why a step is planned as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest

from wanflow import timebase
from wanflow.catalog.model import value_text
from wanflow.digest import Canonical
from wanflow.errors import UnknownTarget
from wanflow.graph.recipe import is_placeholder
from wanflow.graph.select import single_shot
from wanflow.messages import joined, tr
from wanflow.planner.plan import Action, Plan, ReasonCode, Step, StepKind
from wanflow.records import immutable
from wanflow.store.lock import Lock
from wanflow.store.take import Film, Recipe
from wanflow.suggest import did_you_mean

SHOWN_CHARACTERS = 60


@immutable
class Difference:
    """One key whose value differs; both values as text, empty for a key that was added or removed."""

    code: ReasonCode
    key: str
    old: str
    new: str

    @property
    def text(self) -> str:
        """One short line: for a prompt, or a parameter of several parts, the words that differ, else old → new."""
        parts = self.code is ReasonCode.PARAMETER_CHANGED and min(len(self.old), len(self.new)) > SHOWN_CHARACTERS
        if self.code is ReasonCode.PROMPT_CHANGED or parts:
            return tr("{key}: {changed}", key=self.key, changed=changed_words(self.old, self.new))
        told = self._input_text() if self.code is ReasonCode.INPUT_CHANGED else None
        whole = tr("{key}: {old} → {new}", key=self.key, old=self.old or tr("(none)"), new=self.new or tr("(none)"))
        return told or whole

    def _input_text(self) -> str | None:
        """The line of an input of which less can be said than what it was and is."""
        if not (self.old and self.new):
            return tr("{key} added", key=self.key) if self.new else tr("{key} removed", key=self.key)
        head, found, _ = self.old.rpartition(", take ")
        if found and self.new.startswith(head + found):
            new = self.new.removeprefix(head + found)
            return tr("{key}: {old} → take {new}", key=self.key, old=self.old, new=new)
        if self._same_until("file "):  # a digest says nothing to a person
            return tr("{key}: file changed", key=self.key)
        return tr("{key}: address changed", key=self.key) if self._same_until("address ") else None

    def _same_until(self, mark: str) -> bool:
        head, found, _ = self.old.rpartition(mark)
        return bool(found) and self.new.startswith(head + found)


def differences(old: Recipe, new: Recipe, lock: Lock) -> tuple[Difference, ...]:
    """All that differs between two recipes, in the order in which people care; placeholders count as no difference.

    `lock` gives the takes that inputs are their names.
    """
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return ()
    return tuple(_differences(old, new, lock))


def changed_words(old: str, new: str) -> str:
    """The removed and the added words, as `old words → new words`, shortened; `…` replaces unchanged words."""
    import difflib

    was, now = old.split(), new.split()
    matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
    edits = [edit for edit in matcher.get_opcodes() if edit[0] != "equal"]
    gone = " … ".join(" ".join(was[a:b]) for _, a, b, _, _ in edits if a < b)
    came = " … ".join(" ".join(now[c:d]) for _, _, _, c, d in edits if c < d)
    return f"{_shorten(gone)} → {_shorten(came)}"


def _differences(old: Mapping[str, Canonical], new: Mapping[str, Canonical], lock: Lock) -> Iterator[Difference]:
    for key in ("prompt", "negative_prompt"):
        yield from _changed(ReasonCode.PROMPT_CHANGED, key, _text(old.get(key)), _text(new.get(key)))
    for key in ("backend", "model", "key"):
        yield from _changed(ReasonCode.PARAMETER_CHANGED, key, _text(old.get(key)), _text(new.get(key)))
    before, after = _mapping(old.get("parameters")), _mapping(new.get("parameters"))
    for key in sorted(before.keys() | after.keys()):
        yield from _changed(ReasonCode.PARAMETER_CHANGED, key, _text(before.get(key)), _text(after.get(key)))
    yield from _media_differences(_sequence(old.get("media")), _sequence(new.get("media")), lock)


def _media_differences(old: Sequence[Canonical], new: Sequence[Canonical], lock: Lock) -> Iterator[Difference]:
    for position, (before, after) in enumerate(zip_longest(old, new), 1):
        was, now = _mapping(before), _mapping(after)
        role = _text(now.get("role"))
        if was.get("role") != now.get("role"):
            yield from _changed(
                ReasonCode.INPUT_CHANGED, tr("media {position}", position=position), _text(was.get("role")), role
            )
            continue
        for part, label in (("is", role), ("voice", f"{role}.voice")):
            if not is_placeholder(now.get(part)) and was.get(part) != now.get(part):
                both = (input_text(was.get(part), lock), input_text(now.get(part), lock))
                yield Difference(ReasonCode.INPUT_CHANGED, label, *both)


def _changed(code: ReasonCode, key: str, old: str, new: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(code, key, old, new)


def input_text(identity: Canonical, lock: Lock) -> str:
    """What an input of a recipe is, as `last frame of `a`, take 1`; a file is known by its digest only."""
    if not isinstance(identity, Mapping):
        return _text(identity)
    if "url" in identity:
        return tr("address {text}", text=_text(identity["url"])[:12])
    of = _text(identity.get("of") or identity.get("digest"))
    named = (
        (tr("`{shot}`, take {numbers}", shot=shot, numbers=lock.shots[shot].numbers[of]), take)
        for shot, take in lock.with_bytes(of)
    )
    name, take = next(named, (tr("file {of}", of=of[:12]), None))
    return (
        tr("{part} of {name}", part=_part_text(identity, None if take is None else take.film), name=name)
        if "of" in identity
        else name
    )


def _part_text(identity: Mapping[str, Canonical], film: Film | None) -> str:
    """What is extracted, counted from the end of a film where it reaches to the end."""
    first, last = (int(_text(identity.get(key)) or 0) for key in ("first", "last"))
    end = film is not None and last == film.frames - 1
    if identity.get("op") == "sound":
        return tr("sound")
    if identity.get("op") == "frame":
        return tr("last frame") if end else tr("first frame") if first == 0 else tr("frame {first}", first=first)
    if film is None or (first > 0 and not end):
        return tr("frames {first} to {last}", first=first, last=last)
    seconds = timebase.decimal_text(Fraction(last - first + 1) / film.rate, 2)
    return tr("last {seconds} s", seconds=seconds) if end else tr("first {seconds} s", seconds=seconds)


def _text(value: Canonical) -> str:
    return "" if value is None else value_text(value)


def _shorten(text: str) -> str:
    if not text:
        return "(nothing)"
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _mapping(value: Canonical) -> Mapping[str, Canonical]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Canonical) -> Sequence[Canonical]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


FOLLOWING = frozenset({ReasonCode.INPUT_WILL_CHANGE, ReasonCode.INPUT_FAILED})
"""Codes of reasons that lead back to another step."""


@immutable
class Explanation:
    """A step, what differs from the request that was last run, and the steps upstream that it follows from."""

    step: Step
    differences: tuple[Difference, ...]
    causes: tuple[Step, ...]


def steps_of(plan: Plan, node: str) -> tuple[Step, ...]:
    """The steps of a node, at least one: that of a take, or all of a shot.

    Raises UnknownTarget with the nearest name, or with the takes that the shot asks for.
    """
    node = single_shot(plan.graph.production, node)
    steps = tuple(step for step in plan.steps if node in {step.node, step.vertex})
    if steps:
        return steps
    shot, mark, number = node.rpartition(".t")
    takes = [step.node for step in plan.steps if step.shot == shot and step.take]
    if mark and number.isdecimal() and takes:
        listed = joined(", ", (f"`{take}`" for take in takes))
        raise UnknownTarget(
            tr("`{node}` is not a take that `{shot}` asks for now", node=node, shot=shot),
            hint=tr("it asks for {listed}", listed=listed),
        )
    names = [name for step in plan.steps for name in (step.vertex, step.node)]
    hint = did_you_mean(node, names) or tr("`wanflow list` shows the nodes")
    raise UnknownTarget(tr("no node is called `{node}`", node=node), hint=hint)


def explain(plan: Plan, steps: Sequence[Step]) -> tuple[Explanation, ...]:
    """An explanation of each step."""
    by_node = {step.node: step for step in plan.steps}
    found: list[Explanation] = []
    for step in steps:
        before = plan.before.get(step.shot or "") if step.kind is StepKind.TAKE else None
        changed = () if before is None else differences(before, plan.recipes.get(step.shot or ""), plan.inventory.lock)
        follows = any(reason.code in FOLLOWING for reason in step.reasons)
        found.append(Explanation(step, changed, tuple(_roots(step, by_node, set())) if follows else ()))
    return tuple(found)


def _roots(step: Step, by_node: Mapping[str, Step], seen: set[str]) -> Iterator[Step]:
    """The takes upstream that change for a reason of their own."""
    for need in step.needs:
        upstream = by_node.get(need)
        if upstream is None or need in seen:
            continue
        seen.add(need)
        changes = upstream.kind is StepKind.TAKE and upstream.action not in {Action.REUSE, Action.HELD}
        if changes and any(reason.code not in FOLLOWING for reason in upstream.reasons):
            yield upstream
        yield from _roots(upstream, by_node, seen)
