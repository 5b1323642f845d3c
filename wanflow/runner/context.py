"""What a run works with: its clients, records and folders, and what exists by now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import datetime
from pathlib import Path, PurePath

from wanflow import timebase
from wanflow.catalog.provider import Provider
from wanflow.catalog.read import Catalog
from wanflow.digest import Canonical
from wanflow.errors import WanflowError
from wanflow.graph.node import AssetVertex, ShotVertex
from wanflow.media.jobs import Jobs
from wanflow.planner.decide import Decidable, Decision, DecisionContext, decide
from wanflow.planner.inputs import inputs_of, output_of, outputs_of
from wanflow.planner.plan import NodeOutput, Plan, Step
from wanflow.planner.price import quote
from wanflow.planner.request import ShotRequest, request_of
from wanflow.providers.limited import TaskSlots
from wanflow.providers.protocol import WaitingClient
from wanflow.records import immutable, mutable
from wanflow.runner.addresses import Addresses
from wanflow.runner.events import Emit
from wanflow.runner.lock_writer import LockWriter
from wanflow.runner.lost_submissions import LostSubmissions
from wanflow.runner.spending import Spending
from wanflow.store.findings import Finding
from wanflow.store.inventory import Inventory
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import Price, Take

Clock = Callable[[], datetime]
"""The wall clock, for dates in records only; time never passes through it."""


@immutable
class DeliveredTake:
    """A take that was stored now for an earlier request, with its shot and its number."""

    shot: str
    number: int
    take: Take


@immutable
class RunContext:
    """The seams of a run and where it keeps what it makes.

    `out` is where results go, relative to the production's folder; `addresses` what need not be uploaded;
    `lost_submissions` what became of submissions; `spending` what may be spent; `warned` the messages of warnings that
    were given when the production was loaded. `delivered` are takes that were stored beside the run's
    own steps, and that no check has measured yet. `catalog` has the models that are known.
    """

    out: str
    store: Store
    journal: Journal
    lock: LockWriter
    service: WaitingClient
    slots: TaskSlots
    addresses: Addresses
    lost_submissions: LostSubmissions
    spending: Spending
    jobs: Jobs
    emit: Emit
    clock: Clock
    provider: Provider
    catalog: Catalog
    warned: frozenset[str] = frozenset()
    delivered: list[DeliveredTake] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The production's folder."""
        return self.store.folder

    def relative(self, file: Path) -> PurePath:
        """A file of the store as jobs name it: relative to the production's folder."""
        return file.relative_to(self.folder)

    def stamp(self) -> str:
        """Now, as records have it: RFC 3339 in UTC, to the second."""
        return timebase.stamp(self.clock())


@mutable
class RunCounts:
    """What a run did: requests that the service accepted, tasks collected, files made locally."""

    submitted: int = 0
    collected: int = 0
    derived: int = 0


@mutable
class RunState:
    """What exists while a run changes it; every decision of the run is made from it (architecture.md, law 7).

    `halted_by` is why nothing more may be submitted, None as long as the service takes requests. `unfetched` are tasks
    whose films this run could not fetch already, with what was wrong.
    """

    plan: Plan
    inventory: Inventory
    counts: RunCounts = field(default_factory=RunCounts)
    halted_by: WanflowError | None = None
    unfetched: Mapping[str, WanflowError] = field(default_factory=dict)
    _outputs: dict[str, NodeOutput] = field(default_factory=dict)
    _planned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._planned = frozenset(step.vertex for step in self.plan.steps)
        self._outputs = outputs_of(self.plan, self.inventory)

    def inputs(self, vertex: Decidable) -> dict[str, NodeOutput]:
        """What a vertex is made from, as it is by now."""
        return inputs_of(vertex, self._outputs, self.plan.graph)

    def output(self, vertex_id: str) -> NodeOutput:
        """What a vertex gives by now."""
        return self._outputs[vertex_id]

    def refresh(self, vertex_id: str) -> None:
        """Find out again what a vertex gives, after something was made for it."""
        vertex, planned = self.plan.graph.vertex(vertex_id), vertex_id in self._planned
        output = output_of(vertex, self._outputs, self.plan, self.inventory, planned=planned)
        if output is not None:
            self._outputs[vertex_id] = output

    def decide(self, step: Step) -> Decision:
        """What is to be done for a step, now that more is known than when it was planned."""
        vertex = self.plan.graph.vertex(step.vertex)
        if isinstance(vertex, AssetVertex):
            raise TypeError(f"an asset is not made: {step.vertex}")
        decisions = decide(vertex, self.inputs(vertex), DecisionContext.of(self.plan, self.inventory))
        return decisions[min(step.ordinal, len(decisions) - 1)]

    def shot_request(self, vertex: ShotVertex) -> ShotRequest:
        """A shot's request with its inputs as they are by now."""
        return request_of(vertex.shot, self.plan.provider, self.inputs(vertex), self.inventory)

    def price(self, vertex: ShotVertex) -> Price | None:
        """What a take of a shot costs at most with its inputs as they are by now; None on the animatic, or unknown."""
        production = self.plan.graph.production
        quoted = quote(vertex.shot, self.inputs(vertex), production.prices, production.region)
        if not self.plan.provider.paid or quoted.cost.amount is None or quoted.rate is None:
            return None
        return Price(quoted.cost.amount, quoted.rate, quoted.cost.currency)

    def add_take(self, take: Take, recipe: Canonical, lock: Lock) -> None:
        """A take is in the store; `lock` is this run's own, with the take and the picks that it was planned with."""
        takes = self.inventory.takes
        known = tuple(
            item for item in takes.get(take.fingerprint, ()) if (item.digest, item.seed) != (take.digest, take.seed)
        )
        self.inventory = replace(
            self.inventory,
            lock=lock,
            takes={**takes, take.fingerprint: (*known, take)},
            recipes={**self.inventory.recipes, take.fingerprint: recipe},
            here=self.inventory.here | {take.digest},
        )

    def add_findings(self, take: Take, found: tuple[Finding, ...]) -> None:
        """A take was measured."""
        known = {**(self.inventory.findings or {}), (take.digest, take.fingerprint): found}
        self.inventory = replace(self.inventory, findings=known)

    def add_cut(self, cut: str, fingerprint: str, boxes: str = "") -> None:
        """A cut's file is in its place; `boxes` are the characters that no font has."""
        have = self.inventory
        self.inventory = replace(
            have,
            cuts={**have.cuts, cut: fingerprint},
            cut_boxes={**have.cut_boxes, cut: boxes},
            cut_glyphs={**have.cut_glyphs, cut: ""},
        )

    def add_deliveries(self, cut: str, here: Mapping[str, str]) -> None:
        """The further files of a cut are these, with the recipe of each by its path."""
        self.inventory = replace(self.inventory, delivered={**self.inventory.delivered, cut: here})

    def add_derived(self, key: str, name: str) -> None:
        """What has the hash `key` is in the store under this name."""
        self.inventory = replace(self.inventory, derived={**self.inventory.derived, key: name})
