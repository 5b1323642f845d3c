"""What could go from a production's store, and letting it go; a take in use never does (law 4; cli.md, `gc`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

from wanflow.api import run
from wanflow.errors import UnknownTarget
from wanflow.graph.node import cut_id
from wanflow.language.production import Production
from wanflow.planner import picks
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.planner.request import planned_request
from wanflow.store import cut_records, gc, lockfile
from wanflow.store.gc import Removable
from wanflow.store.layout import Store
from wanflow.store.lock import ShotEntry, rename
from wanflow.store.take import Take
from wanflow.store.take_names import take_node


@dataclass(frozen=True, slots=True)
class NamedTake:
    """A take by its node; `uses` say what uses it, and are empty where nothing does; `wanted` that its shot asks for it
    now, so that a run would render it again; `here` that its file is in the store.
    """

    node: str
    take: Take
    uses: tuple[str, ...]
    wanted: bool
    here: bool

    @property
    def idle(self) -> bool:
        """Whether its file takes room here, and nothing uses or asks for it."""
        return self.here and not self.uses and not self.wanted


@dataclass(frozen=True, slots=True)
class Removables:
    """What a store has that could go: derived files, the animatic's takes, and every paid take by name."""

    derived: tuple[Removable, ...]
    stand_ins: tuple[NamedTake, ...]
    paid: Mapping[str, NamedTake]

    def meant(self, names: Sequence[str]) -> tuple[NamedTake, ...]:
        """The paid takes that names mean, a take's node or a whole shot.

        Raises UnknownTarget for what is none, and for a take in use, with what uses it.
        """
        found = [take for name in names for take in self._called(name)]
        used = [take for take in found if take.uses]
        if used:
            told = "; ".join(f"{take.node}: {', '.join(take.uses)}" for take in used)
            hint = "pick another take, release it, or make the cut again first"
            raise UnknownTarget(f"a take in use is never removed ({told})", hint=hint)
        return tuple(dict.fromkeys(found))

    def _called(self, name: str) -> list[NamedTake]:
        if name in self.paid:
            return [self.paid[name]]
        found = [take for node, take in self.paid.items() if node.rpartition(".t")[0] == name]
        if not found:
            raise UnknownTarget(f"no paid take is called `{name}`", hint="`wanflow takes --all` lists them")
        return found


def look(productions: Sequence[Production]) -> Removables:
    """What could go now; `productions` are one and the same with each provider of its models. Raises StoreFault."""
    plans = [run.plan(production) for production in productions]
    store = run.store_of(productions[0])
    shown: dict[str, list[str]] = {}
    for cut, digest in cut_records.takes(store):
        if cut in productions[0].cuts:
            shown.setdefault(digest, []).append(f"{cut_id(cut)} shows it")
    recipes = [recipe for plan in plans for recipe in plan.recipes.values()]
    free, paid = dict[str, NamedTake](), dict[str, NamedTake]()
    for plan in plans:
        (paid if plan.provider.paid else free).update(_named(plan, shown))
    stand_ins = tuple(take for take in free.values() if take.idle)
    return Removables(tuple(gc.derived_waste(store, recipes)), stand_ins, paid)


def clean(productions: Sequence[Production], cleaning: Removables, paid: Sequence[NamedTake]) -> None:
    """Remove what `look` found, and these paid takes; for the one run that holds the store. Raises StoreFault."""
    store = run.store_of(productions[0])
    gc.remove_derived(store, cleaning.derived)
    for production in productions:
        takes = paid if production.provider.paid else cleaning.stand_ins
        one = Store(store.folder, production.provider)
        plan = run.plan(production)
        if plan.renames:
            lockfile.update(one.lock, lambda lock, plan=plan: reduce(rename, plan.renames, lock))  # type: ignore[misc]
        gc.remove_takes(one, {take.node for take in takes}, production.folder / production.out)


def waste_of(production: Production, takes: Sequence[NamedTake], kind: str) -> list[Removable]:
    """How much each of some takes would free."""
    store = run.store_of(production)
    return [gc.waste_of(store, kind, take.node, take.take) for take in takes]


def cost_of(takes: Sequence[NamedTake]) -> Mapping[str, Decimal]:
    """What some takes were charged, by currency; those of which that is not known are left out."""
    total: dict[str, Decimal] = {}
    for take in (named.take for named in takes):
        if take.cost is not None and take.currency is not None:
            total[take.currency] = total.get(take.currency, Decimal(0)) + take.cost
    return total


def _named(plan: Plan, shown: Mapping[str, Sequence[str]]) -> dict[str, NamedTake]:
    """Every take of a plan's lock whose file was not removed, by node, with what uses it."""
    shots, lock = plan.graph.production.shots, plan.inventory.lock
    uses: dict[str, list[str]] = {digest: list(files) for digest, files in shown.items()}
    wanted: set[tuple[str, int]] = set()
    for step in plan.steps:
        if step.kind is StepKind.TAKE and step.action in {Action.REUSE, Action.RESTORE, Action.HELD}:
            wanted.add((step.vertex, step.take))
    for name, shot in shots.items():
        entry = lock.shots.get(name, ShotEntry())
        for digest, use in picks.uses(entry, planned_request(plan, shot).counting):
            uses.setdefault(digest, []).append(f"{use} ({name})")
    here = plan.inventory.here
    return {
        node: NamedTake(node, take, tuple(dict.fromkeys(uses.get(take.digest, ()))), key in wanted, take.digest in here)
        for node, key, take in _takes(lock.shots)
    }


def _takes(shots: Mapping[str, ShotEntry]) -> Iterator[tuple[str, tuple[str, int], Take]]:
    for name, entry in shots.items():
        for digest, take in sorted(entry.takes.items(), key=lambda item: entry.numbers[item[0]]):
            if not take.gone:
                yield take_node(name, entry.numbers[digest]), (name, entry.numbers[digest]), take
