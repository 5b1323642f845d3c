"""Local work on a Dask cluster: who may do it, what a lost worker costs, and what a run makes of it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from distributed import Client

import wanflow
from kit.cluster import ROOT, Cluster, free_port, open_cluster
from kit.cluster_jobs import EndProcess, HangOnce, LoseResult, Meet, TellAgain
from wanflow.cluster import jobs as cluster_jobs
from wanflow.cluster.jobs import ClusterFault, ClusterJobs
from wanflow.errors import ToolMissing
from wanflow.media.jobs import Job, JobResult, OnProgress
from wanflow.runner.events import CutProgress, Event, StepFinished, StepResult, Warned

WORKERS = ("first", "second")

FILM = """\
wanflow: 1
shots:
  coast: {model: wan2.7-t2v, prompt: A coast., resolution: 720P, duration: 2, seed: 5}
  pier: {model: wan2.7-t2v, prompt: A pier., resolution: 720P, duration: 2, seed: 5}
cuts:
  main: [coast, {title: Home, duration: 1}, pier]
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster without workers."""
    with open_cluster(tmp_path / "cluster") as opened:
        yield opened


def done(
    cluster: Cluster,
    root: Path,
    work: Callable[[ClusterJobs], object],
    told: list[str] | None = None,
) -> None:
    """Open the cluster as a run does, and do something with it."""

    async def main() -> None:
        sentences = [] if told is None else told
        async with cluster_jobs.open_cluster(cluster.address, root, root / "proof", None, sentences.append) as opened:
            await work(opened)  # type: ignore[misc]

    anyio.run(main)


def one(job: Job[JobResult], progress: OnProgress | None = None) -> Callable[[ClusterJobs], object]:
    """Do one job."""
    return lambda jobs: jobs(job, progress)


def test_a_lost_worker_costs_its_jobs_and_nothing_else(cluster: Cluster, tmp_path: Path) -> None:
    """The job that it did is done again by another one."""
    for name in WORKERS:
        cluster.start_worker(name)
    lost: list[int] = []
    results: list[int] = []

    async def work(jobs: ClusterJobs) -> None:
        def kill(process: int) -> None:
            lost.append(process)
            os.kill(process, signal.SIGKILL)

        results.append(await jobs(HangOnce(), kill))

    done(cluster, tmp_path, work)
    assert len(lost) == 1
    assert {*lost, *results} == {process.pid for process in cluster.workers.values()}


def test_a_worker_that_comes_later_does_what_a_lost_one_left(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it was the only one: before the job is given up, those are asked that came meanwhile."""
    monkeypatch.setattr(cluster_jobs, "LOOK_SECONDS", 0.1)
    cluster.start_worker("first")
    results: list[int] = []

    async def work(jobs: ClusterJobs) -> None:
        def replace(process: int) -> None:
            os.kill(process, signal.SIGKILL)
            cluster.start_worker("second")

        results.append(await jobs(HangOnce(), replace))

    done(cluster, tmp_path, work)
    assert results == [cluster.workers["second"].pid]


@pytest.mark.parametrize("later", [False, True])
def test_a_result_that_is_lost_with_its_worker_is_made_again(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, later: bool
) -> None:
    """By another one, also one that comes later; nothing waits for what no worker has."""
    monkeypatch.setattr(cluster_jobs, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(cluster_jobs, "END_SECONDS", 2)
    for name in WORKERS[: 1 if later else 2]:
        cluster.start_worker(name)
    cluster.wait_for_workers(1 if later else 2)
    results: list[object] = []

    async def work(jobs: ClusterJobs) -> None:
        async with anyio.create_task_group() as group:
            if later:
                group.start_soon(replace)
            results.append(await jobs(LoseResult()))

    async def replace() -> None:
        await anyio.to_thread.run_sync(cluster.workers["first"].wait)
        cluster.start_worker("second")

    done(cluster, tmp_path, work)
    (left,) = [process.pid for process in cluster.workers.values() if process.poll() is None]
    assert results == [left]


def test_progress_rises_though_a_job_is_done_again(cluster: Cluster, tmp_path: Path) -> None:
    """What the second worker tells is passed on once it is more than what the first one told."""
    for name in WORKERS:
        cluster.start_worker(name)
    cluster.wait_for_workers(2)
    told: list[int] = []

    async def work(jobs: ClusterJobs) -> None:
        def hear(frames: int) -> None:
            told.append(frames)
            if frames == 8:
                by_pid[int((tmp_path / "begun").read_text())].kill()

        await jobs(TellAgain(), hear)

    by_pid = {process.pid: process for process in cluster.workers.values()}
    done(cluster, tmp_path, work)
    assert told == [7, 8]


def test_another_worker_at_the_address_of_one_that_was_refused_is_used(cluster: Cluster, tmp_path: Path) -> None:
    """As it is after somebody repaired it."""
    port = free_port()
    cluster.start_worker("other")
    cluster.start_worker("refused", port=port, environ={"WANFLOW_FFMPEG": "no-such-program"})
    cluster.wait_for_workers(2)
    told: list[str] = []

    async def work(jobs: ClusterJobs) -> None:
        await jobs(Meet(1))
        for name in ("refused", "other"):
            cluster.workers[name].kill()
            await anyio.to_thread.run_sync(cluster.workers[name].wait)
        await jobs.admit()
        cluster.start_worker("repaired", port=port)
        await jobs(Meet(2))

    done(cluster, tmp_path, work, told)
    assert [words.partition("is not used: ")[2] for words in told] == ["it has no ffmpeg"]
    assert {path.name for path in tmp_path.glob("here-*")} == {
        f"here-{cluster.workers[name].pid}" for name in ("other", "repaired")
    }


@pytest.mark.slow
def test_a_worker_that_comes_later_is_used(cluster: Cluster, tmp_path: Path) -> None:
    """And as many jobs more are in flight as it has threads."""
    cluster.start_worker("first")

    async def work(jobs: ClusterJobs) -> None:
        await jobs(Meet(1))
        cluster.start_worker("second")
        await anyio.to_thread.run_sync(cluster.wait_for_workers, 2)
        async with anyio.create_task_group() as group:
            for _ in WORKERS:
                group.start_soon(jobs, Meet(2))

    done(cluster, tmp_path, work)
    assert len(list(tmp_path.glob("here-*"))) == 2


@pytest.mark.slow
def test_a_job_that_ends_its_workers_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask gives it up after some of them; the run goes on with other jobs."""
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    with open_cluster(tmp_path / "cluster") as cluster:
        for name in WORKERS:
            cluster.start_worker(name)

        async def work(jobs: ClusterJobs) -> None:
            with pytest.raises(ClusterFault, match="several workers of the cluster ended"):
                await jobs(EndProcess())
            await jobs(Meet(1))

        done(cluster, tmp_path, work)


def test_without_any_worker_left_jobs_fail(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, in which one may come back."""
    monkeypatch.setattr(cluster_jobs, "LONELY_SECONDS", 0.1)
    monkeypatch.setattr(cluster_jobs, "LOOK_SECONDS", 0.1)
    cluster.start_worker("only")
    with pytest.raises(ClusterFault, match="no worker of the cluster is left") as fault:
        done(cluster, tmp_path, one(HangOnce(), lambda process: os.kill(process, signal.SIGKILL)))
    assert "without `--cluster`" in str(fault.value.hint)


def test_a_scheduler_that_ends_costs_its_jobs_and_says_so(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that is being done, and those that come later; nothing waits for ever."""
    monkeypatch.setattr(cluster_jobs, "CONNECT_SECONDS", 5)
    cluster.start_worker("only")
    cluster.wait_for_workers(1)

    def end(_: int) -> None:
        assert cluster.scheduler
        cluster.scheduler.kill()

    async def work(jobs: ClusterJobs) -> None:
        for _ in range(3):  # while the client looks for the scheduler jobs are lost, afterwards they are refused
            with pytest.raises(ClusterFault) as fault:
                await jobs(HangOnce(), end)
            faults.append(fault.value)

    faults: list[ClusterFault] = []
    done(cluster, tmp_path, work)
    assert str(faults[0]).startswith("the cluster lost a job: ")
    assert faults[0].hint == "run again: what was made is kept"
    assert str(faults[-1]) == "the scheduler of the cluster is gone"
    assert str(faults[-1].hint).startswith("start it again")


def test_workers_are_known_whatever_the_client_remembers(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refreshes what it knows of the scheduler without the workers, every two seconds."""
    refresh = Client._update_scheduler_info

    async def without_workers(client: Client, n_workers: int = 0) -> None:
        del n_workers
        await refresh(client, 0)

    monkeypatch.setattr(Client, "_update_scheduler_info", without_workers)
    cluster.start_worker("only")
    done(cluster, tmp_path, one(Meet(1)))


def test_workers_that_differ_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    """With another ffmpeg, without one, and with another wanflow; each is told once, and the others do the work."""
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\necho 'ffmpeg version 8.0 of somebody'\n", encoding="utf-8")
    fake.chmod(0o755)
    other = tmp_path / "other"
    shutil.copytree(ROOT / "wanflow", other / "wanflow", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("schemas", "pipelines"):
        shutil.copytree(ROOT / name, other / name)
    changed = other / "wanflow" / "money.py"
    changed.write_text(f"{changed.read_text(encoding='utf-8')}# changed\n", encoding="utf-8")
    paths = os.pathsep.join(map(str, (other, ROOT / "tests")))
    cluster.start_worker("another", environ={"WANFLOW_FFMPEG": str(fake)})
    cluster.start_worker("none", environ={"WANFLOW_FFMPEG": "no-such-program"})
    cluster.start_worker("changed", environ={"PYTHONPATH": paths})
    told: list[str] = []

    async def work(jobs: ClusterJobs) -> None:
        for _ in range(4):
            await jobs(Meet(1))

    cluster.start_worker("same")
    cluster.wait_for_workers(4)
    done(cluster, tmp_path, work, told)
    assert sorted(words.partition("is not used: ")[2].split("`")[0] for words in told) == [
        "it has no ffmpeg",
        "its ffmpeg is ",
        "its wanflow is ",
    ]
    assert [path.name for path in tmp_path.glob("here-*")] == [f"here-{cluster.workers['same'].pid}"]


@pytest.mark.slow
def test_a_cluster_of_others_alone_is_an_error(cluster: Cluster, tmp_path: Path) -> None:
    """Before anything is done."""
    cluster.start_worker("none", environ={"WANFLOW_FFMPEG": "no-such-program"})
    with pytest.raises(ClusterFault, match="no worker of the cluster gives the bytes"):
        done(cluster, tmp_path, one(Meet(1)))


def test_a_folder_that_is_not_shared_is_an_error(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is proved by a file that is written here and read by each worker; the error names worker and folder."""
    cluster.start_worker("far")
    monkeypatch.chdir(tmp_path)  # the worker runs in another folder, so it has no such file
    with pytest.raises(ClusterFault, match="does not share the folder `here`") as fault:
        done(cluster, Path("here"), one(Meet(1)))
    assert "the same path" in str(fault.value.hint)
    assert list(Path("here").iterdir()) == []


def test_nothing_that_answers_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that does not run, an address that is none, and a scheduler without workers."""
    monkeypatch.setattr(cluster_jobs, "CONNECT_SECONDS", 0.5)
    for address in ("tcp://127.0.0.1:9", "no address", "gopher://127.0.0.1:9"):
        with pytest.raises(ClusterFault, match=f"no Dask scheduler answers at `{address}`"):
            done(Cluster(tmp_path, None, address), tmp_path, one(Meet(1)))  # type: ignore[arg-type]
    with open_cluster(tmp_path / "cluster") as cluster:
        cluster.wait_for_workers(0)
        with pytest.raises(ClusterFault, match="has no worker") as fault:
            done(cluster, tmp_path, one(Meet(1)))
    assert cluster.address in str(fault.value.hint)


def film(
    folder: Path, *, cluster: str | None, watch: Callable[[Event], None] = lambda _: None
) -> tuple[int, list[str]]:
    """How the run of a small film in a folder ended, and the digests of all that was made for it."""
    folder.mkdir()
    (folder / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    plan = wanflow.plan(wanflow.load(folder / "wanflow.yaml"))

    async def main() -> int:
        return (await wanflow.run(plan, emit=watch, cluster=cluster)).exit_code

    return anyio.run(main), sorted(path.name for path in (folder / ".wanflow").glob("*/??/*"))


def test_a_film_of_a_cluster_has_the_bytes_of_one_made_here(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one of two workers is killed in the middle of it, and where the variable names the cluster."""
    for name in WORKERS:
        cluster.start_worker(name)
    here = film(tmp_path / "here", cluster=None)
    told: list[str] = []

    def kill_one(event: Event) -> None:
        if isinstance(event, CutProgress) and cluster.workers["first"].poll() is None:
            cluster.workers["first"].kill()
        if isinstance(event, Warned) or (isinstance(event, StepFinished) and event.outcome == StepResult.FAILED):
            told.append(str(event.message))

    there = film(tmp_path / "there", cluster=cluster.address, watch=kill_one)
    assert cluster.workers["first"].wait(60) != 0
    monkeypatch.setenv("WANFLOW_CLUSTER", cluster.address)
    again = film(tmp_path / "again", cluster=None)
    assert (here[0], len(here[1])) == (0, 6)
    assert told == []
    assert (there, again) == (here, here)


def test_without_the_package_a_cluster_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hint is the command that installs it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "wanflow.cluster.jobs")
    monkeypatch.delitem(sys.modules, "wanflow.cluster.worker")
    with pytest.raises(ToolMissing, match="a cluster needs the package `distributed`") as fault:
        film(tmp_path / "film", cluster="tcp://127.0.0.1:9")
    assert fault.value.hint == "pip install 'wanflow[cluster]'"
