"""A whole run in virtual time: the emulator with films made beforehand, ffmpeg's jobs answered from a record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path, PurePath
from typing import cast

import anyio
from anyio.lowlevel import checkpoint

from kit.clock import wall_clock
from kit.emulated import in_process, premade
from kit.providers import ANIMATIC, DASHSCOPE, request_to
from wanflow import digest, timebase
from wanflow.catalog.model import ResultKind
from wanflow.catalog.read import load_catalog
from wanflow.emulator.api.endpoint import IN_PROCESS, AccountTerms, EmulatedEndpoint, Filming
from wanflow.errors import MediaFault
from wanflow.graph.build import build
from wanflow.language.production import Production
from wanflow.language.source import Facts, Kind
from wanflow.media.checks.take_check import CheckTake
from wanflow.media.cut import AssembleCut
from wanflow.media.extract import ExtractFrame, ExtractPiece, ExtractSound
from wanflow.media.jobs import Background, Job, JobResult, OnProgress
from wanflow.media.picture.conform import ConformSegment, JoinClips
from wanflow.media.probe import CheckResult, probe_picture
from wanflow.media.sound.mix import EncodeSound, LevelSound
from wanflow.media.sound.soundtrack import LoudnessGain
from wanflow.planner.budget import outstanding_costs
from wanflow.planner.expected import findings_of
from wanflow.planner.plan import Plan
from wanflow.planner.planning import make_plan
from wanflow.providers.dashscope.client import DashScopeClient
from wanflow.providers.limited import TaskSlots
from wanflow.providers.poller import CompletionPoller
from wanflow.providers.protocol import MediaAddress, WaitingClient
from wanflow.runner.addresses import recall
from wanflow.runner.collect import collect_all
from wanflow.runner.context import RunContext
from wanflow.runner.events import Event, Outcome, TakeStored, TaskSubmitted
from wanflow.runner.lock_writer import LockWriter
from wanflow.runner.lost_submissions import LookupPolicy, open_lost_submissions
from wanflow.runner.run import run_plan
from wanflow.runner.spending import UNLIMITED, Spending, SpendingLimits
from wanflow.store import findings, inventory, journal, layout
from wanflow.store.findings import TakeFindings
from wanflow.store.journal import Journal
from wanflow.store.layout import Store

Around = Callable[[WaitingClient], WaitingClient]
Found = Callable[[CheckTake], TakeFindings]


def nothing(job: CheckTake) -> TakeFindings:
    """What checks find in a take that is as it should be."""
    del job
    return TakeFindings(())


@dataclass(slots=True)
class VirtualRun:
    """One service that outlives runs, and one production folder; `events` are those of the last run.

    `shown` is what the service's clock shows in each answer, None where answers have no date. `found` says what checks
    find in a take.
    """

    folder: Path
    endpoint: EmulatedEndpoint
    around: Around
    events: list[Event] = field(default_factory=list)
    grace: LookupPolicy = field(default=LookupPolicy(DASHSCOPE.list_reach))
    limits: SpendingLimits = UNLIMITED
    shown: Callable[[], datetime] | None = None
    found: Found = nothing

    def plan(self, film: Production, selected: Collection[str] | None = None) -> Plan:
        """The plan of a production in this folder, from what is on disk now; of some shots or all."""
        located = replace(film, folder=self.folder)
        have, files = inventory.survey(self.store, outputs(film)), facts(self.folder)
        have = replace(have, findings=findings_of(findings.read(self.store), have, files, film.catalog))
        return make_plan(build(located), files, have, selected)

    async def run(self, film: Production, *, plan: Plan | None = None, timeout: float | None = None) -> Outcome:
        """Plan a production and run it; `plan` runs one that was made before."""
        async with self.context() as context:
            return await run_plan(plan or self.plan(film), context, timeout=timeout)

    async def collect(self, timeout: float | None = None) -> Outcome:
        """Wait for what is in flight, and submit nothing."""
        async with self.context() as context:
            return await collect_all(context, timeout)

    @asynccontextmanager
    async def context(self) -> AsyncIterator[RunContext]:
        """What a run works with."""
        self.events = []
        layout.establish(self.store)
        journal_state, notes = journal.read(self.store), Journal(self.store)
        lock = LockWriter(self.store, notes, lambda: timebase.stamp(wall_clock()))
        async with in_process(self.endpoint, self.shown) as way:
            service = self.around(CompletionPoller(DashScopeClient(way), self.endpoint.changed))
            with closing(lock):
                yield RunContext(
                    out="out",
                    store=self.store,
                    journal=notes,
                    lock=lock,
                    service=service,
                    slots=TaskSlots({}),
                    addresses=recall("crew", DASHSCOPE, self.store, journal_state.online),
                    lost_submissions=open_lost_submissions(service, notes, wall_clock, self.grace, journal_state),
                    spending=Spending(
                        "CNY",
                        self.limits,
                        outstanding_costs(
                            (*(task.attempt for task in journal_state.open), *journal_state.unknown_fate)
                        ),
                    ),
                    jobs=RecordedJobs(self.folder, self.found),
                    emit=self.events.append,
                    clock=wall_clock,
                    provider=DASHSCOPE,
                    catalog=load_catalog(),
                )

    @property
    def store(self) -> Store:
        """The folder's store."""
        return Store(self.folder, ANIMATIC)

    async def tasks(self, model: str = "wan2.7-i2v") -> list[str]:
        """The ids of all tasks of a model that the service knows, newest first."""
        async with self.stranger() as client:
            return [row.task_id for row in await client.list(model)]

    @asynccontextmanager
    async def stranger(self) -> AsyncIterator[WaitingClient]:
        """Somebody else's way to the same account."""
        async with in_process(self.endpoint) as way:
            yield CompletionPoller(DashScopeClient(way), self.endpoint.changed)

    def submitted(self) -> list[str]:
        """The nodes whose requests the service accepted in the last run, in order."""
        return [event.node for event in self.events if isinstance(event, TaskSubmitted)]

    def stored(self) -> list[str]:
        """The nodes whose takes were put on record in the last run."""
        return sorted(event.node for event in self.events if isinstance(event, TakeStored))


@asynccontextmanager
async def virtual_run(
    folder: Path,
    around: Around = lambda service: service,
    *,
    unlike: bool = False,
    terms: AccountTerms = IN_PROCESS,
    jobs: int = 100,
    filming: Filming | None = None,
) -> AsyncIterator[VirtualRun]:
    """A crew with one drawn asset, `sets/coast.png`, which is only bytes here.

    `unlike`: no two films are the same bytes, whatever was asked. The service films `jobs` at once; `filming` does
    it otherwise.
    """
    (folder / "sets").mkdir(parents=True)
    (folder / "sets" / "coast.png").write_bytes(b"a coast")
    async with premade(folder / "service", jobs, unlike=unlike, terms=terms, filming=filming) as endpoint:
        yield VirtualRun(folder, endpoint, around)


async def foreign_task(here: VirtualRun, prompt: str, model: str = "wan2.7-i2v") -> str:
    """A task that somebody else submits to the same account; raises ServiceFault as any submit does."""
    media = (MediaAddress("first_frame", "data:image/png;base64,AA=="),)
    async with here.stranger() as client:
        return (await client.submit(request_to(model, prompt, media=media, seed=1))).task_id


def facts(folder: Path) -> dict[str, Facts]:
    """What would be measured of the asset."""
    name = "sets/coast.png"
    return {name: Facts(Kind.IMAGE, "png", digest.of_file(folder / name), 7, 1280, 720)}


def outputs(film: Production) -> dict[str, str]:
    """The files of a production's cuts."""
    return {name: cut.output for name, cut in film.cuts.items()}


@dataclass(frozen=True, slots=True)
class RecordedJobs:
    """Answers each job at once: what it makes is a few bytes that name its sources, below `root`."""

    root: Path
    found: Found = nothing

    async def __call__(self, job: Job[JobResult], progress: OnProgress | None = None) -> JobResult:
        """Make the target of a job, and measure it as five seconds of film."""
        await checkpoint()
        assert str(self.root) not in repr(job), "a job names no folder of this machine"
        asked = job.job if isinstance(job, Background) else job
        found = self.found(asked) if isinstance(asked, CheckTake) else self._answer(asked, progress)
        return cast(JobResult, found)

    def _answer(self, job: Job[JobResult], progress: OnProgress | None) -> Facts | LoudnessGain:
        match job:
            case CheckResult(_, path) if (self.root / path).read_bytes().startswith(b"no film"):
                raise MediaFault("it is no film")
            case CheckResult(kind, path):
                return _picture(self.root / path) if kind is ResultKind.PICTURE else _film(self.root / path)
            case ExtractFrame(source, index, target):
                return self._made(target, f"frame {index} of {self._digest(source)}")
            case ExtractPiece(source, first, last, target):
                return self._made(target, f"frames {first} to {last} of {self._digest(source)}")
            case ExtractSound(source, target):
                return self._made(target, f"sound of {self._digest(source)}")
            case ConformSegment(_, recipe, target):
                if progress is not None:
                    progress(recipe.frames)
                return self._made(target, f"segment {recipe.key()}")
            case JoinClips(_, _, recipe, target):
                return self._made(target, f"join {recipe.key()}")
            case LevelSound(recipe, loudness):
                return LoudnessGain(recipe, loudness)
            case EncodeSound(chunk, _, target):
                return self._made(target, f"sound {chunk.key()}")
            case AssembleCut(film, target):
                return self._made(target, " ".join(map(self._digest, (*film.segments, *film.sound))))
            case _:
                raise TypeError(f"no such job: {job}")

    def _digest(self, file: PurePath) -> str:
        return digest.of_file(self.root / file)

    def _made(self, target: PurePath, content: str) -> Facts:
        (self.root / target).write_text(content, encoding="utf-8")
        return _film(self.root / target)


def _picture(path: Path) -> Facts:
    return replace(probe_picture(path.read_bytes()), digest=digest.of_file(path))


def _film(path: Path) -> Facts:
    """Five seconds of film, whatever the bytes."""
    size = path.stat().st_size
    return Facts(
        kind=Kind.VIDEO,
        format="mp4",
        digest=digest.of_file(path),
        size_bytes=size,
        width=1280,
        height=720,
        frames=150,
        rate=Fraction(30),
        samples=240_000,
        sample_rate=48_000,
        seconds=Fraction(5),
    )


async def now() -> float:
    """Seconds of virtual time."""
    await checkpoint()
    return anyio.current_time()
