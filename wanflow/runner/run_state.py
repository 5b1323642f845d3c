"""What a run knows so far: which takes and pieces exist by now, as the same values that the plan was drafted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wanflow.digest import Canonical
from wanflow.errors import WanflowError
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex
from wanflow.planner.decide import Decidable, Decision, DecisionContext, decide, decide_takes
from wanflow.planner.inputs import derived_as_is, shot_as_is, supplies_for, supply_of_extract, supply_of_shot
from wanflow.planner.node_output import NodeOutput, of_asset
from wanflow.planner.plan import Plan, Step
from wanflow.planner.price import quote
from wanflow.planner.request import ShotRequest, ask
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock
from wanflow.store.take import Price, Take

ANIMATIC = "animatic"


@dataclass(slots=True)
class RunCounts:
    """What a run did: requests that the service accepted, tasks collected, files made locally."""

    submitted: int = 0
    collected: int = 0
    derived: int = 0


@dataclass(slots=True)
class RunState:
    """The world while a run changes it; every decision of the run is asked of it (architecture.md, law 7).

    `barred` is why nothing more may be submitted, None as long as the service takes requests. `unfetched` are tasks
    whose films this run could not fetch already, with what was wrong.
    """

    plan: Plan
    inventory: Inventory
    counts: RunCounts = field(default_factory=RunCounts)
    barred: WanflowError | None = None
    unfetched: Mapping[str, WanflowError] = field(default_factory=dict)
    _supplies: dict[str, NodeOutput] = field(default_factory=dict)
    _planned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._planned = frozenset(step.vertex for step in self.plan.steps)
        for vertex in self.plan.graph.vertices:
            self.refresh(vertex.id)

    def inputs(self, vertex: Decidable) -> dict[str, NodeOutput]:
        """What a vertex is supplied with by now."""
        return supplies_for(vertex, self._supplies, self.plan.graph)

    def supply(self, vertex_id: str) -> NodeOutput:
        """What a vertex gives by now."""
        return self._supplies[vertex_id]

    def refresh(self, vertex_id: str) -> None:
        """Find out anew what a vertex supplies, after something was made for it."""
        vertex = self.plan.graph.vertex(vertex_id)
        if isinstance(vertex, AssetVertex):
            self._supplies[vertex_id] = of_asset(vertex, self.plan.facts)
        elif vertex_id in self._planned:
            if not isinstance(vertex, CutVertex):
                self._supplies[vertex_id] = self._supply(vertex, self.inputs(vertex))
        elif isinstance(vertex, ShotVertex):
            self._supplies[vertex_id] = shot_as_is(self.shot_request(vertex), self.inventory)
        else:
            self._supplies[vertex_id] = derived_as_is(vertex, self.inputs(vertex))

    def decide(self, step: Step) -> Decision:
        """What is to be done for a step, now that more is known than when it was planned."""
        vertex = self._decidable(step.vertex)
        decisions = decide(vertex, self.inputs(vertex), self._world)
        return decisions[min(step.ordinal, len(decisions) - 1)]

    def shot_request(self, vertex: ShotVertex) -> ShotRequest:
        """A shot's request with its inputs as they are by now."""
        return self._ask(vertex, self.inputs(vertex))

    def price(self, vertex: ShotVertex) -> Price | None:
        """What a take of a shot costs at most with its inputs as they are by now; None on the animatic, or unknown."""
        production = self.plan.graph.production
        quoted = quote(vertex.shot, self.inputs(vertex), production.prices, production.region)
        if self.plan.backend == ANIMATIC or quoted.cost.amount is None or quoted.rate is None:
            return None
        return Price(quoted.cost.amount, quoted.rate, quoted.cost.currency)

    def learn_take(self, take: Take, recipe: Canonical, lock: Lock) -> None:
        """A take is in the store; `lock` is this run's own, with the take and the picks that it was planned with."""
        takes = self.inventory.takes
        known = tuple(item for item in takes.get(take.fingerprint, ()) if item.digest != take.digest)
        self.inventory = replace(
            self.inventory,
            lock=lock,
            takes={**takes, take.fingerprint: (*known, take)},
            recipes={**self.inventory.recipes, take.fingerprint: recipe},
            here=self.inventory.here | {take.digest},
        )

    def learn_cut(self, cut: str, fingerprint: str) -> None:
        """A cut's file is in its place."""
        self.inventory = replace(self.inventory, cuts={**self.inventory.cuts, cut: fingerprint})

    def learn_derived(self, key: str, name: str) -> None:
        """What has the hash `key` is in the store under this name."""
        self.inventory = replace(self.inventory, derived={**self.inventory.derived, key: name})

    def _ask(self, vertex: ShotVertex, inputs: Mapping[str, NodeOutput]) -> ShotRequest:
        return ask(vertex.shot, self.plan.backend, inputs, self.inventory)

    @property
    def _world(self) -> DecisionContext:
        shots, again = self.plan.graph.production.shots, self.plan.retry_refused
        return DecisionContext(self.plan.backend, self.inventory, shots, retry_refused=again)

    def _supply(self, vertex: ShotVertex | ExtractVertex, inputs: Mapping[str, NodeOutput]) -> NodeOutput:
        if isinstance(vertex, ExtractVertex):
            return supply_of_extract(vertex, decide(vertex, inputs, self._world)[0], inputs[vertex.origin])
        shot_request, world = self._ask(vertex, inputs), self._world
        return supply_of_shot(shot_request, decide_takes(shot_request, inputs, world), inputs, world)

    def _decidable(self, vertex_id: str) -> Decidable:
        vertex = self.plan.graph.vertex(vertex_id)
        if isinstance(vertex, AssetVertex):
            raise TypeError(f"an asset is not made: {vertex_id}")
        return vertex
