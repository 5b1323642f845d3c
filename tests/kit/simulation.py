"""Productions of many shots simulated in virtual time with the real scheduler, slots, limits and poller."""

from __future__ import annotations

import bisect
import heapq
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import anyio

from kit.providers import request_to
from kit.simulated_service import RUNNING, SimulatedService
from wanflow import money
from wanflow.catalog.read import load_catalog
from wanflow.planner.plan import Action, Reason, ReasonCode, Step, StepKind
from wanflow.providers.limited import Claim, Limited, TaskSlots
from wanflow.providers.poller import Poller
from wanflow.providers.retrying import Retrying
from wanflow.runner.events import StepResult
from wanflow.runner.scheduler import schedule
from wanflow.timebase import POLL_SECONDS

I2V, R2V, EDIT = "wan2.7-i2v", "wan2.7-r2v", "wan2.7-videoedit"
TYPICAL = {I2V: 150.0, R2V: 300.0, EDIT: 420.0}
"""Seconds that a task of a model typically takes: 1 to 5 minutes are normal, r2v and videoedit take longer (service.md 4.1)."""
SPREAD = 0.5
SHORTEST, LONGEST = 35.0, 1020.0
"""The range that was seen in the field: 35 s to 17 min (service.md 4.1)."""
NEW = (Reason(ReasonCode.NEW, "not rendered yet"),)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a simulated production took.

    `makespan` and `bound` are seconds: the whole, and the least that any schedule takes, which is the longest chain or
    the work of the busiest model by its five slots, whichever is more. `queries` counts looks and pages of the list.
    """

    shots: int
    makespan: float
    bound: float
    queries: int

    @property
    def ratio(self) -> float:
        """How far from the least possible, 1 being that."""
        return self.makespan / self.bound

    @property
    def queries_per_task(self) -> float:
        """How often the service was asked for each task."""
        return self.queries / self.shots


def film(shots: int, dice: Random) -> list[Step]:
    """A film of scenes: openings, continuations in short chains, casts, and edits of what was made before."""
    steps: list[Step] = []
    while len(steps) < shots:
        scene, chain = len(steps), dice.choice((1, 1, 2, 2, 3, 4))
        opening = dice.choice((I2V, I2V, R2V))
        for place in range(min(chain, shots - len(steps))):
            needs = (steps[-1].node,) if place else ()
            steps.append(_step(f"s{scene:05}/{place}", I2V if place else opening, dice.choice((5, 5, 10)), needs))
        if dice.random() < 0.25 and len(steps) < shots:
            edited = steps[dice.randrange(scene, len(steps))]
            steps.append(_step(f"s{scene:05}/edit", EDIT, 5, (edited.node,)))
    return steps


def comb(shots: int, dice: Random) -> list[Step]:
    """One long chain, each link of which feeds a tooth of shots that feed nothing."""
    steps: list[Step] = []
    spine, tooth = "", dice.choice((1, 3, 5, 7))
    while len(steps) < shots:
        link = f"link{len(steps):05}"
        steps.append(_step(link, I2V, dice.choice((5, 5, 10)), (spine,) if spine else ()))
        spine = link
        places = range(min(dice.randint(1, 2 * tooth - 1), shots - len(steps)))
        steps += [_step(f"{link}/{place}", I2V, dice.choice((5, 5, 10)), (link,)) for place in places]
    return steps


def deep_fan(shots: int, dice: Random) -> list[Step]:
    """A deep chain, of which one early link feeds a fan of shots."""
    depth = dice.randint(shots // 5, shots // 2)
    feeds = dice.randrange(depth // 2)
    steps: list[Step] = []
    for place in range(depth):
        needs = (steps[-1].node,) if place else ()
        steps.append(_step(f"chain{place:05}", I2V, dice.choice((5, 5, 10)), needs))
    for place in range(shots - depth):
        steps.append(_step(f"fan{place:05}", I2V, dice.choice((5, 5, 10)), (steps[feeds].node,)))
    return steps


def clairvoyant(steps: Sequence[Step], seconds: Mapping[str, float]) -> float:
    """The makespan of the list schedule that knows all task times: no polls, no queue at the service."""
    chain: dict[str, float] = {}
    dependents: dict[str, list[str]] = {step.node: [] for step in steps}
    for step in reversed(steps):
        chain[step.node] = seconds[step.node] + max((chain[name] for name in dependents[step.node]), default=0)
        for need in step.needs:
            dependents[need].append(step.node)
    model = {step.node: str(step.model) for step in steps}
    missing = {step.node: len(step.needs) for step in steps}
    free = dict.fromkeys(model.values(), RUNNING)
    ready = sorted(((-chain[node], node) for node, count in missing.items() if not count))
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        for item in [item for item in ready if free[model[item[1]]]]:
            if free[model[item[1]]]:
                free[model[item[1]]] -= 1
                ready.remove(item)
                heapq.heappush(running, (now + seconds[item[1]], item[1]))
        now, node = heapq.heappop(running)
        free[model[node]] += 1
        for name in dependents[node]:
            missing[name] -= 1
            if not missing[name]:
                bisect.insort(ready, (-chain[name], name))
    return now


def task_seconds(steps: Sequence[Step], dice: Random) -> dict[str, float]:
    """How long the task of each step takes, which nobody knows beforehand."""
    return {step.node: _seconds(str(step.model), dice) for step in steps}


async def simulate(steps: Sequence[Step], seconds: dict[str, float]) -> Figures:
    """Schedule a production against the service's limits; time must be virtual."""
    began = anyio.current_time()
    async with anyio.create_task_group() as group:
        vendor = SimulatedService(group, seconds)
        service = Retrying(Poller(Limited(vendor), POLL_SECONDS), lambda words: None)
        slots = TaskSlots({})

        async def perform(step: Step, claim: Claim) -> StepResult:
            async with slots.slot(str(step.model), claim):
                accepted = await service.submit(request_to(str(step.model), step.node))
                await service.wait_until_done(accepted.task_id, eager=claim.eager)
            return StepResult.DONE

        await schedule(steps, load_catalog(), perform)
    makespan = anyio.current_time() - began
    return Figures(len(steps), makespan, bound(steps, seconds), vendor.calls["query"] + vendor.calls["list"])


def bound(steps: Sequence[Step], seconds: dict[str, float]) -> float:
    """The least time that any schedule takes."""
    ends: dict[str, float] = {}
    work: Counter[str] = Counter()
    for step in steps:
        ends[step.node] = seconds[step.node] + max((ends[need] for need in step.needs), default=0)
        work[str(step.model)] += seconds[step.node]  # type: ignore[assignment]
    return max(*ends.values(), max(work.values()) / RUNNING)


def _step(node: str, model: str, length: int, needs: tuple[str, ...]) -> Step:
    nothing = money.nothing("CNY")
    return Step(
        node, StepKind.TAKE, node, Action.RENDER, NEW, nothing, model=model, seconds=Fraction(length), needs=needs
    )


def _seconds(model: str, dice: Random) -> float:
    return min(max(TYPICAL[model] * math.exp(dice.gauss(0, SPREAD)), SHORTEST), LONGEST)
