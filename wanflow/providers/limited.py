"""Limits of a provider: tasks in flight per model, and submissions a second."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction

import anyio
from anyio.lowlevel import checkpoint

from wanflow.providers.faults import ServiceFault, Throttled
from wanflow.providers.protocol import Accepted, Delegating, Eager, ProviderClient, Request, always
from wanflow.records import immutable, mutable

RUNNING = 5
RESERVE = 2
"""Tasks in the service's queue beyond those that it runs at once, so that no running slot idles between two polls."""

SUBMITS_PER_SECOND = 5
SECOND = 1.2
"""Seconds that count as one: requests arrive less regularly than they leave."""
FIRST_GAP = 0.5
LONGEST_GAP = 32.0
"""Seconds between the submissions of a throttled model, at first and at most."""


@immutable
class Claim:
    """A task's claim to a slot.

    `priority` is the expected seconds from its start to the end of what depends on it. `successor` gives model and name
    of the task that follows it on a chain that decides when the run ends, None without one. `eager` says how soon its
    end should be noticed.
    """

    name: str
    priority: Fraction
    successor: Callable[[], tuple[str, str] | None] = lambda: None
    eager: Eager = always


@dataclass(order=True, slots=True)
class _Waiter:
    urgency: Fraction
    name: str
    claim: Claim = field(compare=False)
    turn: anyio.Event = field(compare=False, default_factory=anyio.Event)


@mutable
class _Gate:
    """The slots of one model.

    `held` are the claims in flight by name. `kept` are those that ended, by the name of the successor that gets the
    slot.
    """

    limit: int
    running: int
    held: dict[str, Claim] = field(default_factory=dict)
    kept: dict[str, Claim] = field(default_factory=dict)
    queue: list[_Waiter] = field(default_factory=list)


class TaskSlots:
    """Limits the submitted and unfinished tasks of each model; the most urgent waiter goes first.

    A task in the service's own queue cannot be re-ordered, so they wait here (architecture.md, The scheduler). The
    service's queue stays empty while a successor is awaited, so that it runs at once. `running` says how many tasks of
    a model the service runs at once.
    """

    def __init__(
        self, limits: Mapping[str, int], default: int = RUNNING + RESERVE, running: Mapping[str, int] | None = None
    ) -> None:
        self._gates: dict[str, _Gate] = {}
        self._limits = limits
        self._default = default
        self._running = running or {}

    @asynccontextmanager
    async def slot(self, model: str, claim: Claim) -> AsyncIterator[None]:
        """Hold one of a model's slots, from before the submit until the task is final.

        Among those who wait the highest `priority` goes first, ties by `name`. A task that succeeded keeps its slot
        for its successor.
        """
        gate = self._gate(model)
        await _enter(gate, _Waiter(-claim.priority, claim.name, claim))
        try:
            yield
            successor = claim.successor()
            if successor is not None:
                self._gate(successor[0]).kept[successor[1]] = claim
        finally:
            _leave(gate, claim.name)

    def _gate(self, model: str) -> _Gate:
        limit = self._limits.get(model, self._default)
        return self._gates.setdefault(model, _Gate(limit, min(limit, self._running.get(model, RUNNING))))


async def _enter(gate: _Gate, waiter: _Waiter) -> None:
    heapq.heappush(gate.queue, waiter)
    try:
        # all that become ready at the same moment are in the queue before the first one is admitted
        await checkpoint()
        _admit(gate)
        await waiter.turn.wait()
    except anyio.get_cancelled_exc_class():
        if waiter.turn.is_set():
            _leave(gate, waiter.name)
        else:
            gate.queue = [other for other in gate.queue if other is not waiter]
            heapq.heapify(gate.queue)
        raise


def _leave(gate: _Gate, name: str) -> None:
    del gate.held[name]
    _admit(gate)


def _admit(gate: _Gate) -> None:
    """Admit the most urgent waiters; one is always admitted while none is in flight, whatever is kept."""
    while gate.queue and (not gate.held or _admits(gate, gate.queue[0].claim)):
        waiter = heapq.heappop(gate.queue)
        gate.kept.pop(waiter.name, None)
        gate.held[waiter.name] = waiter.claim
        waiter.turn.set()


def _admits(gate: _Gate, claim: Claim) -> bool:
    # a successor that ended, or that can no longer begin, gives its slot back
    gate.kept = {name: ended for name, ended in gate.kept.items() if (ended.successor() or ("", ""))[1] == name}
    others = len(gate.held) + len(gate.kept.keys() - {claim.name})
    awaited = len(gate.kept.keys() - {claim.name}) > 0 or any(
        held.priority > claim.priority and held.successor() for held in gate.held.values()
    )
    return others < (gate.running if awaited else gate.limit)


@mutable
class _SubmitRate:
    """The submissions of one model: when the last ones left, and the gap between them after refusals."""

    sent: deque[float]
    gap: float = 0.0
    resumes: float = -math.inf
    turn: anyio.Lock = field(default_factory=anyio.Lock)

    def free_at(self) -> float:
        """When the next submission may leave."""
        full = self.sent[0] + SECOND if len(self.sent) == self.sent.maxlen else -math.inf
        return max(full, self.resumes, self.sent[-1] + self.gap) if self.sent else full

    def slow_down(self, fault: ServiceFault) -> None:
        """A submission was refused for speed, or its reply asks to wait."""
        if isinstance(fault, Throttled):
            self.gap = min(max(2 * self.gap, FIRST_GAP), LONGEST_GAP)
        if fault.retry_after is not None:
            self.resumes = max(self.resumes, anyio.current_time() + fault.retry_after)

    def recover(self) -> None:
        """A submission was accepted."""
        self.gap = self.gap / 2 if self.gap > FIRST_GAP else 0.0


class Limited(Delegating):
    """A client that sends at most `submits_per_second` submissions of each model; other calls pass through.

    A model of which the provider takes fewer has its own number.

    Where the provider still refuses for speed, the gap between that model's submissions doubles; it halves with each
    one that is accepted (service.md 4.4 and 4.7). None is sent in the time that a reply asks to wait.
    """

    def __init__(self, service: ProviderClient, submits_per_second: int = SUBMITS_PER_SECOND) -> None:
        super().__init__(service)
        self._submits_per_second = submits_per_second
        self._lanes: dict[str, _SubmitRate] = {}

    async def submit(self, request: Request) -> Accepted:
        """Send a request as soon as the limit allows."""
        most = min(self._submits_per_second, request.rules.submits_per_second)
        lane = self._lanes.setdefault(request.model, _SubmitRate(deque(maxlen=most)))
        async with lane.turn:
            await anyio.sleep_until(lane.free_at())
            lane.sent.append(anyio.current_time())
        try:
            accepted = await self._service.submit(request)
        except ServiceFault as fault:
            lane.slow_down(fault)
            raise
        lane.recover()
        return accepted
