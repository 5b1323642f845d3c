"""Constructive traces: this recipe gave these bytes, this identity was made into those (architecture.md, Store)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wanflow import digest
from wanflow.decode import Fields, text
from wanflow.errors import StoreFault
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store import atomic, blobs
from wanflow.store.layout import Store
from wanflow.store.take import Recipe, Take, Trace


@immutable
class Traces:
    """All traces of a store: takes by fingerprint, oldest first, and the recipes by fingerprint."""

    takes: Mapping[str, tuple[Take, ...]]
    recipes: Mapping[str, Recipe]

    @property
    def digests(self) -> frozenset[str]:
        """The digests of all takes."""
        return frozenset(take.digest for takes in self.takes.values() for take in takes)

    def joined(self, more: Iterable[Trace]) -> Traces:
        """These traces with later ones; the same bytes for the same request and seed stay one take."""
        takes, recipes = dict(self.takes), dict(self.recipes)
        for trace in more:
            take = trace.take
            known = tuple(
                item for item in takes.get(take.fingerprint, ()) if (item.digest, item.seed) != (take.digest, take.seed)
            )
            takes[take.fingerprint] = (*known, take)
            recipes[take.fingerprint] = trace.recipe
        return Traces(takes, recipes)


def append(store: Store, trace: Trace) -> None:
    """Record a trace, before anything uses it."""
    atomic.append(store.traces, _record(trace))


def extend(store: Store, more: Iterable[Trace]) -> None:
    """Record many traces after the known ones, by replacing the file at once. Raises StoreFault."""
    records = [*atomic.read_records(store.traces), *map(_record, more)]
    atomic.write_whole(store.traces, b"".join(map(atomic.line_of, records)))


def read(store: Store) -> Traces:
    """All traces; raises StoreFault where one cannot be read."""
    records = enumerate(atomic.read_records(store.traces), start=1)
    name = store.traces.name
    return Traces({}, {}).joined(
        trace_of(record, tr("`{name}` is damaged at line {number}", name=name, number=number))
        for number, record in records
    )


def _record(trace: Trace) -> dict[str, object]:
    return {**trace.take.to_json(), "digest": trace.take.digest, "recipe": trace.recipe}


def append_derived(store: Store, identity: str, digest: str, suffix: str) -> None:
    """Record that the identity with this hash was made into these bytes."""
    atomic.append(store.derivations, {"identity": identity, "digest": digest, "suffix": suffix})


def read_derived(store: Store) -> dict[str, str]:
    """The file names of derived files that are here, by the hash of their identity."""
    here = blobs.list_derived(store)
    names = {
        str(record.get("identity")): f"{record.get('digest')}{record.get('suffix')}"
        for record in atomic.read_records(store.derivations)
    }
    return {identity: name for identity, name in names.items() if name in here}


def derivation_of(record: Mapping[str, object]) -> tuple[str, str]:
    """The identity and the digest of a derived file from its record; raises ValueError."""
    facts = Fields(record)
    return facts.read("identity", text), facts.read("digest", text)


def trace_of(record: Mapping[str, object], message: str) -> Trace:
    """A trace from its record; raises StoreFault with this message."""
    try:
        facts = Fields(record)
        take = Take.from_json(facts.read("digest", digest.from_json), record)
        return Trace(take, facts.read("recipe", digest.canonical_from_json))
    except ValueError as error:
        raise StoreFault(message, hint=tr("`wanflow doctor --repair` repairs it and keeps a copy")) from error
