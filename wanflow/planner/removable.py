"""Which takes may be removed, and which never are: a take in use stays (law 4; cli.md, `gc`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from wanflow.errors import UnknownTarget
from wanflow.graph.build import takes_in_cuts
from wanflow.graph.node import cut_id
from wanflow.messages import joined, tr
from wanflow.planner import picks
from wanflow.planner.plan import Action, Plan, StepKind
from wanflow.planner.request import planned_request
from wanflow.records import immutable
from wanflow.store.gc import Removable
from wanflow.store.lock import ShotEntry
from wanflow.store.take import Take
from wanflow.store.take_names import parse_take_node, take_node


@immutable
class NamedTake:
    """A take by its node, and the name of the provider that made it.

    `uses` say what uses it, and are empty where nothing does. `wanted`: its shot asks for it now, so that a run would
    render it again. `size_bytes` is that of its file, 0 where the file is missing.
    """

    node: str
    take: Take
    uses: tuple[str, ...]
    wanted: bool
    size_bytes: int
    provider: str

    @property
    def idle(self) -> bool:
        """Whether its file takes room here, and nothing uses or asks for it."""
        return self.size_bytes > 0 and not self.uses and not self.wanted


@immutable
class Removables:
    """What may be removed from a store: derived files, free takes, and the paid takes that were named.

    `unused_paid` are the paid takes that nothing uses or asks for; they are removed only by name.
    """

    derived: tuple[Removable, ...]
    free: tuple[NamedTake, ...]
    paid: tuple[NamedTake, ...] = ()
    unused_paid: tuple[NamedTake, ...] = ()

    @property
    def size_bytes(self) -> int:
        """The bytes that are freed in all."""
        return sum(item.bytes for item in self.derived) + sum(item.size_bytes for item in (*self.free, *self.paid))

    def costs(self) -> Mapping[str, Decimal]:
        """What the paid takes were charged, by currency; those of unknown cost are left out."""
        total: dict[str, Decimal] = {}
        for take in (named.take for named in self.paid):
            if take.cost is not None and take.currency is not None:
                total[take.currency] = total.get(take.currency, Decimal(0)) + take.cost
        return total


def named_takes(plan: Plan, shown: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> dict[str, NamedTake]:
    """Every take of a plan's lock whose file was not removed, by node.

    `shown` has the cuts that show a take, `sizes` the bytes of its file, both by its digest.
    """
    uses: dict[str, list[str]] = {
        digest: [tr("{cut_id} shows it", cut_id=cut_id(cut)) for cut in cuts] for digest, cuts in shown.items()
    }
    named = takes_in_cuts(plan.graph.production.cuts.values())
    for name, shot in plan.graph.production.shots.items():
        entry, request = plan.inventory.lock.shots.get(name, ShotEntry()), planned_request(plan, shot)
        for digest, use in picks.uses(entry, request.counting, named.get(name, ()), request.takes):
            uses.setdefault(digest, []).append(tr("{use} ({name})", use=use, name=name))
    answers = {Action.REUSE, Action.RESTORE, Action.HELD}
    wanted = {step.node for step in plan.steps if step.kind is StepKind.TAKE and step.action in answers}
    found: dict[str, NamedTake] = {}
    for name, entry in plan.inventory.lock.shots.items():
        for digest, take in sorted(entry.takes.items(), key=lambda item: entry.numbers[item[0]]):
            if not take.gone:
                node, used = take_node(name, entry.numbers[digest]), tuple(dict.fromkeys(uses.get(digest, ())))
                found[node] = NamedTake(node, take, used, node in wanted, sizes.get(digest, 0), plan.provider.name)
    return found


def removable_takes(known: Mapping[str, NamedTake], names: Sequence[str]) -> tuple[NamedTake, ...]:
    """The takes that names match, each the node of a take or a whole shot.

    Raises UnknownTarget for a name that matches none, and for a take in use, with what uses it.
    """
    found: list[NamedTake] = []
    for name in names:
        matched = [take for node, take in known.items() if name in {node, (parse_take_node(node) or (node,))[0]}]
        if not matched:
            raise UnknownTarget(
                tr("no paid take is called `{name}`", name=name), hint=tr("`wanflow takes --all` lists them")
            )
        found += matched
    used = [take for take in found if take.uses]
    if used:
        listed = joined("; ", (tr("{node}: {uses}", node=take.node, uses=joined(", ", take.uses)) for take in used))
        hint = tr("pick another take, release it, or write the cut again first")
        raise UnknownTarget(tr("a take in use is never removed ({listed})", listed=listed), hint=hint)
    return tuple(dict.fromkeys(found))
