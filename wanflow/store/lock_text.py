"""The lock as text: JSON in one normal form, sorted, one fact a line, so that git merges it fact by fact."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from typing import Any, TypeVar

from wanflow import decode
from wanflow import digest as digests
from wanflow.decode import Fields
from wanflow.errors import LockFault, LockUnreadable
from wanflow.messages import joined, tr
from wanflow.records import mutable
from wanflow.store import lock_json
from wanflow.store.lock import Lock, ShotEntry, united_choice
from wanflow.store.lock_json import (
    VERSION,
    VERSION_KEY,
    BrokenLines,
    both_sides,
    read_pairs,
    refuse_newer,
    restore_hint,
)
from wanflow.store.take import Recipe, Repeat, Take

MOST_WISHED = 100_000
"""Maximum takes that a request is asked for, as for the takes of a production."""

_END = f' "{VERSION_KEY}": {VERSION}\n}}\n'
_SINGLE = frozenset({"asked", "current", "held"})
_BY_KEY = frozenset({"former", "picks", "recipes", "takes", "wishes"})

Where = int | tuple[str, ...]
"""The position of a fact: of version 2 its rank among the keys of the document, of version 1 the keys down to it."""
Located = tuple[Where, object]
"""A value as it was read, and where."""
Decoded = TypeVar("Decoded")


Blocks = dict[str, tuple[ShotEntry, str]]
"""The lines of shots, each with the entry that they say."""


def to_text(lock: Lock, known: Blocks | None = None) -> str:
    """The one text of a lock: equal locks are equal files.

    `known` has lines of an earlier lock and gets those of this one: only entries that changed are written anew.

    Every line is a whole fact with its path in its key, a shot's lines are together, and the last line never
    changes: so lines of two versions put together, as git's `merge=union` does, are a lock again (docs/lockfile.md).
    """
    known = {} if known is None else known
    for name, entry in lock.shots.items():
        if name not in known or known[name][0] is not entry:
            lines = _lines(name, _shot_json(entry))
            known[name] = entry, "".join(f" {_text_of(key)}: {_text_of(value)},\n" for key, value in lines)
    blocks = (known[name][1] for name in sorted(lock.shots))
    return "{\n" + "\n".join([*filter(None, blocks), _END])


def from_text(text: str, name: str) -> Lock:
    """The lock in a text; raises LockUnreadable, naming the file, every line that is damaged, and the way out.

    What a merge of two branches leaves open is resolved here, the same way on every machine: lines of both sides of a
    conflict count, equal lines are one, two takes with one number get two, and two picks are kept as rivals.
    """
    text, merging = both_sides(text, name)
    try:
        pairs, reading = read_pairs(text, name), _Reading(text, name)
    except BrokenLines as fault:
        pairs, reading = fault.readable, _Reading(text, name, fault.lines, broken=fault.broken)
    refuse_newer(dict(pairs).get(VERSION_KEY), text, name)
    shots = {shot: reading.entry(shot, facts) for shot, facts in reading.by_shot(pairs).items()}
    reading.refuse_damage()
    unmerged = tr(
        "`{name}` has a merge conflict: the lines of both sides count, and the next change removes the conflict marks",
        name=name,
    )
    return Lock(shots, tuple([unmerged] * merging + reading.notes))


def has_a_fact_a_line(text: str) -> bool:
    """Whether a text is as wanflow writes a lock: each fact on a line of its own."""
    first, *lines = text.split("\n")
    if first != "{" or not text.endswith(_END):
        return False
    facts = [line for line in lines[: -_END.count("\n") - 1] if line]
    try:
        return all(line[:2] == ' "' and line[-1] == "," and len(json.loads(f"{{{line[:-1]}}}")) == 1 for line in facts)
    except ValueError:
        return False


def without_shots(text: str, names: Container[str]) -> str:
    """A text that has a fact a line, without those of some shots."""
    return "\n".join(line for line in text.split("\n") if line[2:].partition(" ")[0] not in names)


def _text_of(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _lines(shot: str, facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The facts of a shot with their paths as keys, sorted; a fact on which two branches differ has a line of each."""
    for kind, value in sorted(facts.items()):
        if not isinstance(value, Mapping):
            both = value if isinstance(value, tuple) else (value,)
            yield from ((f"{shot} {kind}", one) for one in both)
            continue
        for name, inner in sorted(value.items()):
            both = inner if isinstance(inner, tuple) else (inner,)
            yield from ((f"{shot} {kind} {name}", one) for one in both)


@mutable
class _Reading:
    """The reading of one lock: what is damaged in it, and notes on what a merge left open."""

    text: str
    name: str
    lines: Sequence[int] = ()
    notes: list[str] = field(default_factory=list)
    damage: list[tuple[Where, str]] = field(default_factory=list)
    broken: Sequence[LockFault] = ()

    def by_shot(self, pairs: Sequence[tuple[str, object]]) -> dict[str, dict[str, dict[str, list[Located]]]]:
        """The facts of a document by shot, by what they are and by what they are about, as often as they were read."""
        shots: dict[str, dict[str, dict[str, list[Located]]]] = {}
        for where, path, value in self._facts(pairs):
            match path:
                case [shot, kind] if kind in _SINGLE:
                    shots.setdefault(shot, {}).setdefault(kind, {}).setdefault("", []).append((where, value))
                case [shot, kind, about] if kind in _BY_KEY:
                    shots.setdefault(shot, {}).setdefault(kind, {}).setdefault(about, []).append((where, value))
                case _:
                    self.damage.append((where, tr("unknown key `{path}`", path=" ".join(path))))
        return shots

    def _facts(self, pairs: Sequence[tuple[str, object]]) -> Iterator[tuple[Where, list[str], object]]:
        """The facts with their paths: nested in version 1, a whole path in each key since."""
        document = dict(pairs)
        if document[VERSION_KEY] != 1:
            yield from ((at, key.split(" "), value) for at, (key, value) in enumerate(pairs) if key != VERSION_KEY)
            return
        for shot, entry in self._mapping(("shots",), document.get("shots", {})).items():
            for kind, value in self._mapping(("shots", shot), entry).items():
                if kind not in _BY_KEY:
                    yield ("shots", shot, kind), [shot, kind], value
                    continue
                for about, inner in self._mapping(("shots", shot, kind), value).items():
                    yield ("shots", shot, kind, about), [shot, kind, about], inner

    def entry(self, shot: str, facts: Mapping[str, Mapping[str, list[Located]]]) -> ShotEntry:
        """What the facts say of a shot."""
        there = facts.get("takes", {})
        takes, written = self._takes(shot, there)
        numbers = unique_numbers(takes, written)
        self.notes += renumbered(shot, takes, written, numbers)
        chosen = {
            request: self._choices(shot, "picks", found, there) for request, found in facts.get("picks", {}).items()
        }
        holds = self._choices(shot, "holds", facts.get("held", {}).get("", []), there)
        recipes: dict[str, Recipe] = {}
        for core, found in facts.get("recipes", {}).items():  # of two that differ, the one with the hash of its key
            texts = [self._decoded(where, shot, digests.canonical_from_json, value) for where, value in found]
            recipes[core] = next((text for text in texts[1:] if digests.of_json(text) == core), texts[0])
        wishes = {
            request: [self._decoded(where, shot, _wished, value, 0) for where, value in found]
            for request, found in facts.get("wishes", {}).items()
        }
        return ShotEntry(
            takes=takes,
            numbers=numbers,
            current=self._current(shot, facts.get("current", {}).get("", []), takes),
            picks={request: digests_[0] for request, digests_ in chosen.items() if len(digests_) == 1},
            held=holds[0] if len(holds) == 1 else None,
            wishes={request: max(found) for request, found in wishes.items()},
            recipes=recipes,
            rival_picks={request: digests_ for request, digests_ in chosen.items() if len(digests_) > 1},
            rival_holds=holds if len(holds) > 1 else (),
            former=frozenset(facts.get("former", {})),
            asked=self._current(shot, facts.get("asked", {}).get("", []), takes),
        )

    def _takes(self, shot: str, facts: Mapping[str, list[Located]]) -> tuple[dict[str, Take], dict[str, int]]:
        """The takes of a shot and their numbers as written; of two records of one digest the later one counts."""
        takes: dict[str, Take] = {}
        numbers: dict[str, int] = {}
        for name, found in facts.items():
            read = [self._decoded(at, shot, partial(_numbered, name), value) for at, value in found]
            records = sorted(filter(None, read), key=lambda record: (record[0].date, record[1]))
            if not records:
                continue
            takes[name] = replace(
                records[-1][0], gone=any(take.gone for take, _ in records), again=_united_repeats(records)
            )
            numbers[name] = min(number for _, number in records)
        return takes, numbers

    def _choices(self, shot: str, kind: str, found: list[Located], takes: Container[str]) -> tuple[str, ...]:
        """The takes that were picked for one request, or held.

        A take that the lock lacks is damage: ignoring it would lead to another purchase.
        """
        chosen: list[str] = []
        for where, value in found:
            name = self._decoded(where, shot, digests.from_json, value, "")
            if name in takes:
                chosen.append(name)
            elif name:
                self.damage.append(
                    (where, tr("it {kind} a take of `{shot}` that is not in the lock", kind=kind, shot=shot))
                )
        return united_choice(tuple(chosen))

    def _current(self, shot: str, found: list[Located], takes: Mapping[str, Take]) -> str | None:
        """The request that was last run, or asked; after a merge that of the latest take, the same on every machine."""
        read = {text for at, value in found if (text := self._decoded(at, shot, decode.text, value))}

        def latest(request: str) -> tuple[str, str]:
            core = request.partition("+")[0]
            return max((take.date for take in takes.values() if take.fingerprint == core), default=""), request

        return max(read, key=latest, default=None)

    def _decoded(
        self,
        where: Where,
        shot: str,
        reader: Callable[[object], Decoded],
        value: object,
        otherwise: Decoded | None = None,
    ) -> Any:
        """A value as its reader reads it; a value that cannot be read is noted as damage, and gives `otherwise`."""
        try:
            return reader(value)
        except (ValueError, RecursionError) as error:
            words = str(error)
        number = value.get("take") if isinstance(value, Mapping) else None
        whose = tr("take {number} of `{shot}`", number=number, shot=shot) if isinstance(number, int) else f"`{shot}`"
        self.damage.append((where, tr("{words} ({whose})", words=words, whose=whose)))
        return otherwise

    def _mapping(self, where: Where, value: object) -> Mapping[str, object]:
        try:
            return decode.mapping(value)
        except ValueError as error:
            self.damage.append((where, str(error)))
            return {}

    def refuse_damage(self) -> None:
        """Raise LockUnreadable with every line that cannot be read."""
        if not self.damage and not self.broken:
            return
        ranks = self.lines or [line for path, line in lock_json.key_places(self.text) if len(path) == 1]
        found = [
            LockFault(ranks[where] if isinstance(where, int) else lock_json.line_of(self.text, where), words)
            for where, words in self.damage
        ]
        found = sorted((*found, *self.broken), key=lambda fault: fault.line)
        first, *others = (tr("line {line}: {words}", line=fault.line, words=fault.words) for fault in found)
        what = tr("has invalid JSON") if found[0] in self.broken else tr("cannot be read")
        message = joined("\n", (tr("`{name}` {what} at {first}", name=self.name, what=what, first=first), *others))
        raise LockUnreadable(message, hint=restore_hint(self.name), faults=tuple(found))


_wished = partial(decode.whole_number, most=MOST_WISHED)


def unique_numbers(takes: Mapping[str, Take], written: Mapping[str, int]) -> dict[str, int]:
    """Numbers as written; where two people's takes share one after a merge, the later date gets the next free one."""
    numbers: dict[str, int] = {}
    used: set[int] = set()
    free = max(written.values(), default=0) + 1
    for digest in sorted(written, key=lambda item: (written[item], takes[item].date, item)):
        clash = written[digest] in used
        numbers[digest] = free if clash else written[digest]
        used.add(numbers[digest])
        free += 1 if clash else 0
    return numbers


def renumbered(
    shot: str, takes: Mapping[str, Take], written: Mapping[str, int], numbers: Mapping[str, int]
) -> Iterator[str]:
    """A note for each take whose number differs from the one in the lock."""
    for digest, number in numbers.items():
        if number != written[digest]:
            which = tr(
                "take {written} of `{shot}` from {date}", written=written[digest], shot=shot, date=takes[digest].date
            )
            yield tr(
                "{which} is now take {number}: after a merge, two takes had its number", which=which, number=number
            )


def _united_repeats(records: Sequence[tuple[Take, int]]) -> tuple[Repeat, ...]:
    """What tasks delivered again by several records of one take, of which the last one counts."""
    found = {each.task_id: each for take, _ in records for each in take.again}
    last = records[-1][0]
    for take, number in records:
        if take.task_id not in {None, last.task_id, *found} and take.currency is not None:
            facts = (take.fingerprint, take.seed, take.model, take.date, str(take.task_id))
            found[str(take.task_id)] = Repeat(number, *facts, take.cost, take.currency, take.estimate)
    return tuple(each for name, each in sorted(found.items()) if name != last.task_id)


def _numbered(name: str, value: object) -> tuple[Take, int]:
    """Read a take and its number."""
    take = Take.from_json(name, value)
    number = Fields(value).read("take", decode.whole_number)
    if number < 1:
        raise ValueError(tr("takes count from 1, not {number}", number=number))
    return take, number


def as_written(entry: ShotEntry) -> ShotEntry:
    """An entry as its lines say it: without the recipes that neither a take, nor a pick, nor the last request has."""
    requests = {entry.current or "", *entry.picks, *entry.rival_picks}
    delivered = (each for take in entry.takes.values() for each in take.deliveries)
    referred = {each.fingerprint for each in delivered} | {item.partition("+")[0] for item in requests}
    if referred.issuperset(entry.recipes):
        return entry
    return replace(entry, recipes={core: recipe for core, recipe in entry.recipes.items() if core in referred})


def _shot_json(entry: ShotEntry) -> dict[str, object]:
    takes = {digest: {**take.to_json(), "take": entry.numbers[digest]} for digest, take in entry.takes.items()}
    facts: dict[str, object] = {
        "takes": takes,
        "asked": entry.asked,
        "current": entry.current,
        "former": dict.fromkeys(entry.former, True),
        "picks": {**entry.picks, **entry.rival_picks},
        "held": entry.rival_holds or entry.held,
        "wishes": dict(entry.wishes),
        "recipes": as_written(entry).recipes,
    }
    return {key: value for key, value in facts.items() if value}
