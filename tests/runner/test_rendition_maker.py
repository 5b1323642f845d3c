"""The order in which renditions are made, in virtual time: each once, what a page waits for first."""

from __future__ import annotations

import socket
from pathlib import Path

import anyio
import pytest

from kit.providers import DASHSCOPE
from wanflow.errors import MediaFault, StoreFault
from wanflow.language.source import Kind
from wanflow.media.jobs import Job, JobResult, OnProgress
from wanflow.media.posters import MakeRendition
from wanflow.runner.renditions import RenditionMaker, open_renditions
from wanflow.store import atomic, renditions, run_lock
from wanflow.store.layout import Store
from wanflow.store.media_files import MediaFile
from wanflow.store.renditions import Rendition

pytestmark = pytest.mark.anyio

POSTER, STRIP = Rendition.POSTER, Rendition.STRIP


class TimedJobs:
    """Does jobs by waiting a second for each, and writes down which began; some fail."""

    def __init__(self, root: Path, fault: Exception | None = None) -> None:
        self.began: list[str] = []
        self.stopped: list[str] = []
        self.most = self._now = 0
        self._root, self._fault = root, fault

    async def __call__(self, job: Job[JobResult], progress: OnProgress | None = None) -> JobResult:
        assert isinstance(job, MakeRendition)
        self.began.append(f"{job.target.name[0]} {job.rendition}")
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await anyio.sleep(1)
        except anyio.get_cancelled_exc_class():
            self.stopped.append(self.began[-1])
            raise
        finally:
            self._now -= 1
        if self._fault is not None:
            raise self._fault
        atomic.write_whole(self._root / job.target, b"made")
        return None  # type: ignore[return-value]


def film(letter: str, *, silent: bool = False) -> MediaFile:
    """A film whose digest consists of one letter."""
    return MediaFile(letter * 64, Path("takes") / f"{letter}.mp4", Kind.VIDEO, "video/mp4", silent)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path, DASHSCOPE)


@pytest.fixture
def jobs(store: Store) -> TimedJobs:
    """What does jobs of that store."""
    return TimedJobs(store.folder)


async def test_what_a_page_asks_for_is_made_before_what_was_prepared(store: Store, jobs: TimedJobs) -> None:
    """Prepared work keeps its order; what is being made is finished first."""
    async with open_renditions(store, jobs, lambda: 1) as maker:
        maker.prepare([(film(letter), POSTER) for letter in "abcd"])
        await anyio.sleep(0.5)
        place = await maker.path(film("d"), POSTER)
        assert (place.read_bytes(), anyio.current_time() % 1) == (b"made", 0)
        await anyio.sleep(5)
    assert jobs.began == ["a poster", "d poster", "b poster", "c poster"]


async def test_two_who_ask_at_once_wait_for_one_job(store: Store, jobs: TimedJobs) -> None:
    """Also while it is being made; afterwards nothing is made at all."""
    async with open_renditions(store, jobs, lambda: 2) as maker, anyio.create_task_group() as askers:
        for wait in (0, 0, 0.5, 3):
            askers.start_soon(_ask, maker, film("a"), wait)
    maker.prepare([(film("a"), POSTER)])
    assert jobs.began == ["a poster"]


async def _ask(maker: RenditionMaker, file: MediaFile, wait: float) -> None:
    await anyio.sleep(wait)
    assert (await maker.path(file, POSTER)).exists()


async def test_beside_a_run_one_is_made_at_a_time(store: Store, jobs: TimedJobs) -> None:
    """As soon as the run has ended, as many as the machine can."""
    async with open_renditions(store, jobs, lambda: 3) as maker:
        with run_lock.hold(store):
            maker.prepare([(film(letter), POSTER) for letter in "abcdef"])
            await anyio.sleep(2.5)
            assert (jobs.most, len(jobs.began)) == (1, 3)
        await anyio.sleep(3)
        assert (jobs.most, len(jobs.began)) == (3, 6)


async def test_what_nobody_waits_for_any_more_is_not_made(store: Store, jobs: TimedJobs) -> None:
    """A browser that left the page asks for nothing."""
    async with open_renditions(store, jobs, lambda: 1) as maker:
        maker.prepare([(film("a"), POSTER)])
        await anyio.sleep(0.5)
        with anyio.move_on_after(0.2):
            await maker.path(film("b"), POSTER)
        await anyio.sleep(3)
    assert jobs.began == ["a poster"]


async def test_a_file_that_cannot_be_shown_is_tried_once(store: Store) -> None:
    """Those who ask are told why; a full disk may have room later."""
    for fault, tries in ((MediaFault("`a.mp4` is damaged"), 1), (StoreFault("the disk is full"), 2)):
        jobs = TimedJobs(store.folder, fault)
        async with open_renditions(store, jobs, lambda: 1) as maker:
            for _ in range(2):
                with pytest.raises(type(fault), match=str(fault)):
                    await maker.path(film("a"), POSTER)
                maker.prepare([(film("a"), STRIP)] if tries == 2 else [(film("a"), POSTER)])
        assert jobs.began.count("a poster") == tries


async def test_a_silent_film_gets_no_waveform(store: Store, jobs: TimedJobs) -> None:
    """Nothing is begun; prepared work leaves it out."""
    async with open_renditions(store, jobs, lambda: 1) as maker:
        maker.prepare([(film("a", silent=True), Rendition.PEAKS)])
        with pytest.raises(MediaFault, match=r"nothing of this kind can be made of `a\.mp4`"):
            await maker.path(film("a", silent=True), Rendition.PEAKS)
        await anyio.sleep(2)
    assert jobs.began == []


async def test_the_end_stops_what_is_being_made(store: Store, jobs: TimedJobs) -> None:
    """What waits is never begun."""
    async with open_renditions(store, jobs, lambda: 1) as maker:
        maker.prepare([(film("a"), POSTER), (film("b"), POSTER)])
        await anyio.sleep(0.5)
    assert (jobs.began, jobs.stopped) == (["a poster"], ["a poster"])
    assert renditions.find(store, "a" * 64, POSTER) is None


async def test_a_run_counts_until_its_process_has_ended(store: Store) -> None:
    """Looking holds nothing, so that no run is refused because of it."""
    assert not run_lock.is_active(store)
    with run_lock.hold(store):
        assert run_lock.is_active(store)
    assert not run_lock.is_active(store)
    for machine, active in ((socket.gethostname(), False), ("another", True)):
        atomic.write_whole(store.root / "run.holder", f"process 99999999 on {machine} since 2026".encode())
        assert run_lock.is_active(store) is active
