"""Runs that lose power: a machine that stops after some durable writes and requests, and an audit of what was paid."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest

from kit.films import COAST, cut, production, shot
from kit.virtual_run import Around, VirtualRun
from wanflow.language.production import Production
from wanflow.language.source import FileSource, Frame, ShotSource, Sound, Tail
from wanflow.providers.limited import Limited
from wanflow.providers.protocol import (
    Accepted,
    DelegatingWaiter,
    DownloadedFile,
    Eager,
    Request,
    Seen,
    TaskState,
    TaskSummary,
    WaitingClient,
    always,
    unseen,
)
from wanflow.providers.retrying import Retrying
from wanflow.store import blobs, journal, lockfile

FILM = production(
    COAST,
    shot("approach", {"first_clip": ShotSource("coast", Tail(Decimal(2)))}),
    shot("storm", {"first_frame": ShotSource("coast", Frame("last")), "driving_audio": ShotSource("coast", Sound())}),
    replace(shot("gull", {"first_frame": FileSource("sets/coast.png")}), takes=2),
    cuts=(cut("main", ShotSource("coast"), ShotSource("approach"), ShotSource("storm"), ShotSource("gull")),),
)
"""Every kind of node: an asset, takes, a piece, a frame, a sound track, a cut; a chain, and two takes of one request."""
TAKES = 5

LASTING = ("fsync", "replace")
"""The calls after which something is on disk for good."""
CHANGING = ("open", "unlink", "mkdir", "chmod", "fchmod", "link")


class PowerCut(BaseException):
    """The machine is gone; nothing in the program may catch it."""


@dataclass
class Power:
    """Power for a number of lasting events: durable writes and requests that arrived. Then nothing happens any more."""

    left: float = float("inf")
    events: list[str] = field(default_factory=list)

    def spend(self, what: str) -> None:
        """One more event happened; it may have been the last."""
        self.events.append(what)
        if len(self.events) > self.left:
            raise PowerCut

    def need(self) -> None:
        """Without power nothing is done at all."""
        if len(self.events) > self.left:
            raise PowerCut


class PoweredClient(DelegatingWaiter):
    """A service whose every request may be the last thing that the machine did: it arrived, and no answer came."""

    def __init__(self, service: WaitingClient, power: Callable[[], Power]) -> None:
        super().__init__(service)
        self._power = power

    def _after(self, what: str) -> None:
        self._power().spend(what)

    async def submit(self, request: Request) -> Accepted:
        """The service has the task."""
        self._power().need()
        accepted = await super().submit(request)
        self._after("submit")
        return accepted

    async def poll(self, task_id: str) -> TaskState:
        """A look."""
        self._power().need()
        state = await super().poll(task_id)
        self._after("poll")
        return state

    async def wait_until_done(self, task_id: str, seen: Seen = unseen, eager: Eager = always) -> TaskState:
        """The last look."""
        self._power().need()
        state = await super().wait_until_done(task_id, seen, eager)
        self._after("wait_until_done")
        return state

    async def list(self, model: str | None, wanted: Collection[str] = ()) -> Sequence[TaskSummary]:
        """The list was read."""
        self._power().need()
        rows = await super().list(model, wanted)
        self._after("list")
        return rows

    async def upload(self, path: Path, model: str) -> str:
        """The file is uploaded."""
        self._power().need()
        url = await super().upload(path, model)
        self._after("upload")
        return url

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        """The film came."""
        self._power().need()
        fetched = await super().download(url, target, most_bytes)
        self._after("download")
        return fetched


class LimitedWaiter(DelegatingWaiter):
    """A client whose submissions are limited as those of the paid service are."""

    def __init__(self, service: WaitingClient) -> None:
        super().__init__(service)
        self._limited = Limited(service)

    async def submit(self, request: Request) -> Accepted:
        """As soon as the limit allows."""
        return await self._limited.submit(request)


def as_paid(service: WaitingClient) -> WaitingClient:
    """The decorators that the paid service has, but for the poller: the emulator tells when a task is done."""
    return Retrying(LimitedWaiter(service), lambda words: None)


@contextmanager
def powered(power: Power) -> Iterator[None]:
    """The disk of the machine under this power; the service has its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (*LASTING, *CHANGING):
            patch.setattr(os, name, _metered(name, power))
        yield


def _metered(name: str, power: Power) -> Callable[..., object]:
    real = getattr(os, name)

    def call(*places: object, **options: object) -> object:
        if "providers" in Path(str(places[0])).parts:
            return real(*places, **options)
        power.need()
        done = real(*places, **options)
        if name in LASTING:
            power.spend(name)
        return done

    return call


class Machine:
    """One production folder whose runs may lose their power; the service outlives them all."""

    def __init__(self, decorated: Around = lambda service: service) -> None:
        self.power = Power()
        self._decorated = decorated

    def around(self, service: WaitingClient) -> WaitingClient:
        """The client of the machine on its wire."""
        return self._decorated(PoweredClient(service, lambda: self.power))

    async def run(self, here: VirtualRun, left: float = float("inf"), film: Production = FILM) -> int | None:
        """One run; its exit code, or None where the power went."""
        self.power = Power(left)
        code: int | None = None
        with powered(self.power), suppress(PowerCut):
            try:
                code = (await here.run(film)).exit_code
            except BaseExceptionGroup as group:
                if group.split(PowerCut)[1] is not None:
                    raise
        return None if len(self.power.events) > left else code


def audit(here: VirtualRun, film: Production = FILM, others: Collection[str] = ()) -> None:
    """What the service charged is what was asked for, once each, and every film of it is in the store and in the lock.

    A seed that is called certain is the one that was sent. `others` are the words of what somebody else paid for.
    """
    said = {task.id: str(task.body["input"]["prompt"]) for task in here.endpoint.charged()}  # type: ignore[index]
    tasks = {task.id: task for task in here.endpoint.charged() if said[task.id] not in others}
    assert Counter(said[name] for name in tasks) == Counter({item.prompt: item.takes for item in film.shots.values()})
    takes = [take for entry in lockfile.read(here.store.lock).shots.values() for take in entry.takes.values()]
    assert sorted(str(take.task_id) for take in takes) == sorted(tasks)
    sure = [take for take in takes if not take.seed_uncertain]
    assert all(take.seed == tasks[str(take.task_id)].body["parameters"]["seed"] for take in sure)  # type: ignore[index]
    assert all(blobs.is_whole(blobs.take_path(here.store, take.digest, ".mp4"), take.digest) for take in takes)
    journal_state = journal.read(here.store)
    assert (journal_state.open, journal_state.unknown_fate) == ((), ())
