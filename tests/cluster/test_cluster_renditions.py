"""What pages show of takes, made on a Dask cluster: the same bytes, a lost worker, a page that ends, a cluster that does."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

import wanflow
from kit.browser import PATIENCE_SECONDS, Review, reviewing
from kit.cluster import Cluster, open_cluster
from kit.served import PLAIN
from wanflow import api, run_parts, viewing
from wanflow.cluster import jobs as cluster_jobs
from wanflow.errors import ClusterFault
from wanflow.media.ffmpeg import find_ffmpeg
from wanflow.media.jobs import Job, JobResult, LimitedJobs, OnProgress
from wanflow.media.posters import MakeRendition
from wanflow.report.page.frozen import FrozenReport
from wanflow.review.media import ServedMedia
from wanflow.store.renditions import Rendition

FILM = """\
wanflow: 1
shots:
  coast: {model: wan2.7-t2v, prompt: A coast., resolution: 720P, duration: 2, seed: 5}
  pier: {model: wan2.7-t2v, prompt: A pier., resolution: 720P, duration: 2, seed: 5}
"""
NOWHERE = "tcp://127.0.0.1:9"
"""An address at which no scheduler answers."""
NOW = datetime(2026, 12, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a film that was made here, of which no rendition is."""
    folder = tmp_path_factory.mktemp("rendered")
    (folder / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    anyio.run(wanflow.run, wanflow.plan(wanflow.load(folder / "wanflow.yaml")))
    return folder


@pytest.fixture
def film(rendered: Path, tmp_path: Path) -> Path:
    """The production file of a copy of that film."""
    shutil.copytree(rendered, tmp_path / "film")
    return tmp_path / "film" / "wanflow.yaml"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster without workers."""
    with open_cluster(tmp_path / "cluster") as opened:
        yield opened


def program(path: Path, otherwise: str) -> str:
    """An ffmpeg that says what that of this machine says of itself, and does something else when it is to work."""
    here = shlex.quote(str(find_ffmpeg(os.environ)))
    known = '*" -version "*|*" -encoders "*|*" -filters "*'
    path.write_text(f'#!/bin/sh\ncase " $* " in {known}) exec {here} "$@";; esac\n{otherwise}\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


class HangingTool:
    """An ffmpeg that hangs when it is to work, and says before that it does."""

    def __init__(self, folder: Path) -> None:
        told = folder / "begun"
        os.mkfifo(told)
        self._told = os.open(told, os.O_RDWR)  # with a reader and a writer no process waits for the other
        self.path = program(folder / "hanging", f"echo $$ > {shlex.quote(str(told))}; exec sleep 600")

    def begun(self) -> int:
        """The process of one that hangs; waits until there is one."""
        ready, _, _ = select.select([self._told], [], [], PATIENCE_SECONDS)
        assert ready, "no ffmpeg was started"
        return int(os.read(self._told, 100).split()[0])


@contextmanager
def visiting(review: Review) -> Iterator[httpx.Client]:
    """A client that opened the link of a page."""
    with httpx.Client(base_url=review.base, timeout=PATIENCE_SECONDS, verify=PLAIN) as client:
        assert client.get(review.address).status_code == 303
        yield client


def takes_of(file: Path) -> list[str]:
    """The digests of the takes of a film."""
    return [row.take.digest for row in api.takes(api.plan(api.load(file)))]


def shown(client: httpx.Client, digests: list[str]) -> dict[tuple[str, str], bytes]:
    """What a page gets of takes, of each kind, all at once."""
    wanted = [
        (digest, kind)
        for digest in digests
        for kind in (Rendition.POSTER, Rendition.STRIP, Rendition.PREVIEW, Rendition.PROXY)
    ]
    with ThreadPoolExecutor(len(wanted)) as threads:
        replies = list(threads.map(lambda each: client.get(f"/media/{each[0]}/{each[1]}"), wanted))
    assert {reply.status_code for reply in replies} == {200}
    return {each: reply.content for each, reply in zip(wanted, replies, strict=True)}


def unfinished(file: Path) -> list[Path]:
    """What was begun in a store, and is not whole."""
    return [path for path in (file.parent / ".wanflow").rglob("*") if ".part" in path.name]


def test_a_page_gets_from_workers_the_bytes_that_are_made_here(
    cluster: Cluster, film: Path, rendered: Path, tmp_path: Path
) -> None:
    """Where this machine makes nothing: its ffmpeg only says what it is. The variable names a cluster as well."""
    with (
        reviewing(Path(shutil.copytree(rendered, tmp_path / "here")) / "wanflow.yaml") as review,
        visiting(review) as client,
    ):
        here = shown(client, takes_of(film))
    for name in ("first", "second"):
        cluster.start_worker(name)
    environ = {"WANFLOW_FFMPEG": program(tmp_path / "idle", "exit 1")}
    with reviewing(film, "--cluster", cluster.address, environ=environ) as review, visiting(review) as client:
        assert shown(client, takes_of(film)) == here
    shutil.rmtree(film.parent / ".wanflow" / "renditions")
    with reviewing(film, environ=environ | {"WANFLOW_CLUSTER": cluster.address}) as review, visiting(review) as client:
        assert shown(client, takes_of(film)) == here
    assert unfinished(film) == []


def test_a_run_of_the_page_is_done_by_workers(cluster: Cluster, tmp_path: Path) -> None:
    """Films of the animatic are drawn there, since no ffmpeg works here."""
    cluster.start_worker("only")
    environ = {"WANFLOW_FFMPEG": program(tmp_path / "idle", "exit 1")}
    film = tmp_path / "wanflow.yaml"
    film.write_text(FILM, encoding="utf-8")
    with (
        reviewing(film, "--allow-run", "--cluster", cluster.address, environ=environ) as review,
        visiting(review) as client,
        client.stream("GET", "/events") as events,
    ):
        assert client.post("/run").status_code == 303
        told = next(line for line in events.iter_lines() if "run.finished" in line)
        assert '"exit_code": 0' in told
        assert len(shown(client, takes_of(film))) == 8


def test_a_report_and_pictures_are_made_by_workers(
    cluster: Cluster, film: Path, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those that are made here; where all is here, no cluster is asked."""
    cluster.start_worker("only")
    there = Path(shutil.copytree(rendered, tmp_path / "there" / "film")) / "wanflow.yaml"
    takes, pictures = takes_of(film), tmp_path / "pictures"
    files = [api.media_files(api.load(film)).find(take) for take in takes]
    posters: list[Path | None] = []

    def page(file: Path, cluster: str | None) -> FrozenReport:
        part, folder = api.load_sound_part(file), file.parent / "out"
        freeze = partial(viewing.report, part, folder, cluster=cluster, warn=pytest.fail, now=NOW)
        return anyio.run(freeze)

    def pictures_of(file: Path) -> Mapping[str, str]:
        return viewing.write_pictures(api.load(file), takes, pictures, pytest.fail)

    here = page(there, None), pictures_of(there)
    monkeypatch.setattr(MakeRendition, "perform", lambda *_: pytest.fail("made here"))
    monkeypatch.setenv("WANFLOW_CLUSTER", NOWHERE)
    assert (page(film, cluster.address), pictures_of(film)) == here
    assert here[0].not_made == 0
    monkeypatch.setenv("WANFLOW_CLUSTER", cluster.address)
    shutil.rmtree(film.parent / ".wanflow" / "renditions")
    assert pictures_of(film) == here[1]
    shutil.rmtree(film.parent / ".wanflow" / "renditions")
    viewing.show_posters(api.load(film), [None, *files], posters.append, pytest.fail)
    assert [poster and poster.exists() for poster in posters] == [None, True, True]


def test_a_worker_that_is_lost_costs_what_it_was_making(cluster: Cluster, film: Path, tmp_path: Path) -> None:
    """Another one makes it, also one that comes later; who asked for it gets it."""
    tool = HangingTool(tmp_path)
    cluster.start_worker("hanging", environ={"WANFLOW_FFMPEG": tool.path})
    with (
        reviewing(film, "--cluster", cluster.address) as review,
        visiting(review) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        asked = threads.submit(shown, client, takes_of(film))
        left = tool.begun()
        cluster.start_worker("working")
        cluster.workers["hanging"].kill()
        assert len(asked.result(PATIENCE_SECONDS)) == 8
        os.killpg(left, signal.SIGKILL)


def test_a_page_that_ends_leaves_no_process_on_a_worker(cluster: Cluster, film: Path, tmp_path: Path) -> None:
    """Its end waits for that of the ffmpegs there, and leaves no unfinished file."""
    tool = HangingTool(tmp_path)
    cluster.start_worker("hanging", environ={"WANFLOW_FFMPEG": tool.path})
    (digest, _) = takes_of(film)
    with ThreadPoolExecutor(1) as threads:
        with reviewing(film, "--cluster", cluster.address) as review, visiting(review) as client:
            asked = threads.submit(client.get, f"/media/{digest}/{Rendition.PREVIEW}")
            process = tool.begun()
            os.kill(process, 0)
        assert asked.exception(PATIENCE_SECONDS) or asked.result().status_code == 404
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert unfinished(film) == []


class LostCluster(LimitedJobs):
    """A cluster without workers."""

    async def _do(self, job: Job[JobResult], progress: OnProgress | None) -> JobResult:
        raise ClusterFault("no worker of the cluster is left", hint="start workers again")


def test_a_page_without_its_cluster_lacks_its_posters(film: Path) -> None:
    """One warning says why, however many are asked for; the page goes on."""
    warnings: list[str] = []

    async def main() -> list[int]:
        media, codes = ServedMedia(LostCluster(1), warnings.append), list[int]()
        await media.show(viewing.snapshot(api.load_sound_part(film)))
        async with anyio.create_task_group() as group:
            group.start_soon(media.work)
            for digest in takes_of(film):
                with pytest.raises(HTTPException) as refused:
                    await media.rendition(Request({"type": "http", "headers": []}), digest, Rendition.POSTER)
                codes.append(refused.value.status_code)
            group.cancel_scope.cancel()
        return codes

    assert anyio.run(main) == [503, 503]
    assert warnings == ["no worker of the cluster is left; start workers again"]


def test_what_makes_nothing_asks_no_cluster(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelling works where the scheduler is gone; a command that needs it says so."""
    monkeypatch.setattr(cluster_jobs, "CONNECT_SECONDS", 0.5)
    monkeypatch.setenv("WANFLOW_CLUSTER", NOWHERE)
    production = api.load(film)
    assert anyio.run(run_parts.cancel_in_flight, production, ()) == ()
    with pytest.raises(ClusterFault, match="no Dask scheduler answers") as fault:
        viewing.write_pictures(production, takes_of(film), film.parent, pytest.fail)
    assert "without `--cluster` and WANFLOW_CLUSTER" in str(fault.value.hint)
