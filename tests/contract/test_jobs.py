"""What every implementation of `Jobs` owes a run (wanflow/media/jobs.py), one obligation a test.

Threads of this process, processes that get a pickled job and a copy of the folder elsewhere, and a Dask cluster.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePath

import anyio
import pytest
from anyio import create_task_group
from distributed import Client

from kit.clips import numbered_clip, read_numbers
from kit.cluster import open_cluster
from kit.elsewhere import CountTo, JobsElsewhere
from wanflow import digest
from wanflow.catalog.model import ResultKind
from wanflow.cluster.jobs import ClusterJobs
from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.order import Grade, Order, OrderItem, Rejected, RenderedFilm
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.film.render import result_job
from wanflow.errors import MediaFault, StoreFault
from wanflow.language.source import Facts, Kind
from wanflow.media.cut import AssembleCut, CutRecipe
from wanflow.media.extract import ExtractFrame, ExtractPiece, ExtractSound
from wanflow.media.jobs import Job, JobResult, Jobs, LocalJobs, OnProgress
from wanflow.media.picture.conform import ConformSegment, JoinClips
from wanflow.media.picture.segment import JoinRecipe, SegmentRecipe
from wanflow.media.probe import CheckResult
from wanflow.media.sound.mix import EncodeSound, LevelSound
from wanflow.media.sound.soundtrack import SoundRecipe
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.subtitles import ReadSubtitles

ROOT = Path(__file__).parents[2]
RECIPE = SegmentRecipe("00" * 32, 0, 10, 10, 64, 48, Fraction(30))
JOIN = JoinRecipe("dissolve", RECIPE, RECIPE)
SOUND = SoundRecipe(((RECIPE.key(), 10), (JOIN.key(), 10), (RECIPE.key(), 10)), Fraction(30))

CLIP, LINES = PurePath("clips/clip.mp4"), PurePath("en.srt")
FRAME, PIECE, TRACK, SEGMENT, JOINED, CHUNK, FILM = map(
    PurePath, ("frame.png", "piece.mp4", "track.wav", "segment.mov", "join.mov", "sound.aac", "film.mp4")
)
FILES = ((RECIPE.key(), SEGMENT), (JOIN.key(), JOINED))

MADE: tuple[Job[Facts], ...] = (
    CheckResult(ResultKind.FILM, CLIP),
    ExtractFrame(CLIP, 3, FRAME),
    ExtractPiece(CLIP, 3, 5, PIECE),
    ExtractSound(CLIP, TRACK),
    ConformSegment(CLIP, RECIPE, SEGMENT),
    JoinClips(CLIP, CLIP, JOIN, JOINED),
    EncodeSound(SOUND.chunks()[0], FILES, CHUNK),
    AssembleCut(CutRecipe((SEGMENT, JOINED, SEGMENT), 30, Fraction(30), (CHUNK,)), FILM),
)
"""One of each kind, in an order in which each finds what it needs."""

Open = Callable[[Path, int], Jobs]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The client of a cluster of two workers."""
    with open_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        for name in ("first", "second"):
            cluster.start_worker(name)
        with Client(cluster.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            yield client


@pytest.fixture(params=[LocalJobs, JobsElsewhere, ClusterJobs])
def open_jobs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Each implementation: does jobs with files below a folder, a limited number at a time."""
    if request.param is not ClusterJobs:
        opened: Open = request.param
        return opened
    client, proof = request.getfixturevalue("client"), tmp_path_factory.mktemp("proof") / "proof"
    return lambda root, at_once: ClusterJobs(client, root, proof, at_once, pytest.fail)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with ten frames with sound, and a subtitle."""
    (tmp_path / "clips").mkdir()
    numbered_clip(tmp_path / CLIP, 10, (64, 48))
    (tmp_path / LINES).write_text("1\n00:00:00,100 --> 00:00:00,200\nhello\n", encoding="utf-8")
    return tmp_path


def done(jobs: Callable[[], Jobs], *wanted: Job[JobResult], progress: OnProgress | None = None) -> list[JobResult]:
    """Do jobs one after the other."""

    async def main() -> list[JobResult]:
        doing = jobs()
        return [await doing(job, progress) for job in wanted]

    return anyio.run(main)


def test_it_gives_the_facts_of_what_a_job_made(root: Path, open_jobs: Open) -> None:
    """Measured on the finished file."""
    facts = dict(zip(map(type, MADE), done(lambda: open_jobs(root, 1), *MADE), strict=True))
    assert facts[CheckResult].digest == digest.of_file(root / CLIP)
    assert facts[ExtractFrame].kind is Kind.IMAGE
    assert facts[ExtractPiece].frames == 3
    assert facts[ExtractSound].kind is Kind.AUDIO
    assert facts[ConformSegment].samples == RECIPE.samples
    assert facts[JoinClips].frames == 10
    assert facts[EncodeSound].kind is Kind.AUDIO
    assert facts[AssembleCut].frames == 30
    assert facts[AssembleCut].digest == digest.of_file(root / FILM)
    assert read_numbers(root / FILM)[20:] == [*range(10)]


def test_it_gives_what_a_job_finds_out(root: Path, open_jobs: Open) -> None:
    """Captions and a gain, where nothing is written."""
    done(lambda: open_jobs(root, 1), *MADE[4:6])
    (captions,) = done(lambda: open_jobs(root, 1), ReadSubtitles(LINES, 10, Fraction(30)))
    (levelled,) = done(lambda: open_jobs(root, 1), LevelSound(SOUND, Decimal(-30), FILES))
    assert captions == (Caption("hello", 3, 6),)
    assert levelled.lufs is not None


def test_the_bytes_are_the_same_wherever_it_is_done(
    root: Path, open_jobs: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As those of threads in a folder of another name: a job holds all that determines its result."""
    there = tmp_path_factory.mktemp("another") / "place"
    there.mkdir()
    for name in (CLIP, LINES):
        (there / name).parent.mkdir(exist_ok=True)
        (there / name).write_bytes((root / name).read_bytes())
    facts = done(lambda: open_jobs(root, 1), *MADE)
    assert done(lambda: LocalJobs(there, 1), *MADE) == facts


def test_a_film_of_the_animatic_is_a_job(
    tmp_path: Path, open_jobs: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same bytes wherever it is rendered, with media that the account holds; and it says what it used."""
    films = [_render(tmp_path, open_jobs), _render(tmp_path_factory.mktemp("another"), LocalJobs)]
    assert films[0] == films[1]


def _render(folder: Path, jobs: Open) -> tuple[RenderedFilm, str]:
    """A film that goes on from a clip which was uploaded."""
    bucket = Bucket(folder / "bucket", "http://emulator.invalid", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    leave = bucket.allow("wan2.7-i2v")
    form = {"key": f"{leave.folder}/clip.mp4", "policy": leave.policy, "Signature": leave.signature}
    with bucket.receiving(form) as write:
        write(numbered_clip(folder / "clip.mp4", 70, (320, 240)).read_bytes())
    media = (OrderItem("first_clip", f"oss://{form['key']}"),)
    settings = {"resolution": "720P", "duration": 3, "seed": 3}
    order = Order(read_catalog()["wan2.7-i2v"], "a coast", media, settings)
    target = bucket.result_place("task")
    job = result_job(order, target, bucket, folder, Grade.DRAFT)
    assert str(folder) not in repr(job)
    (film,) = done(lambda: jobs(folder, 1), job)
    return replace(film, media=()), digest.of_file(target)


def test_a_job_is_a_value_that_travels() -> None:
    """Its pickled copy equals it, and has the same hash."""
    for job in (
        *MADE,
        LevelSound(SOUND, Decimal(-16), (*FILES, ("track", TRACK))),
        ReadSubtitles(LINES, 10, Fraction(30)),
    ):
        copy = pickle.loads(pickle.dumps(job))  # noqa: S301
        assert (copy, hash(copy)) == (job, hash(job))


def test_a_fault_comes_out_as_itself(root: Path, open_jobs: Open) -> None:
    """With its hint, and not as a group of one; no partial file is left."""
    before = sorted(root.rglob("*"))
    (root / LINES).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(MediaFault, match="has no frame 99"):
        done(lambda: open_jobs(root, 1), ExtractFrame(CLIP, 99, FRAME))
    with pytest.raises(MediaFault, match=r"`en\.srt`") as fault:
        done(lambda: open_jobs(root, 1), ReadSubtitles(LINES, 10, Fraction(30)))
    assert fault.value.hint
    blocked = PurePath("blocked/frame.png")
    (root / "blocked").write_bytes(b"a file where a folder has to be")
    with pytest.raises(StoreFault, match="`blocked` cannot be used"):
        done(lambda: open_jobs(root, 1), ExtractFrame(CLIP, 0, blocked))
    (root / "blocked").unlink()
    order = Order(read_catalog()["wan2.7-i2v"], media=(OrderItem("first_frame", "oss://gone"),))
    with pytest.raises(Rejected, match="Failed to download") as refusal:
        done(
            lambda: open_jobs(root, 1),
            result_job(order, root / FILM, Bucket(root, "http://x", datetime.now), root, Grade.DRAFT),
        )
    assert (refusal.value.code, refusal.value.status) == ("InvalidParameter", 400)
    assert sorted(file for file in root.rglob("*") if file.name not in {"films", "uploads", "secret"}) == before


def _children() -> set[str]:
    """The children of this process but for `ps` itself; one that ended and was not waited for is among them."""
    listed = subprocess.run(["ps", "-eo", "ppid,pid,comm"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    rows = (line.split(maxsplit=2) for line in listed.splitlines())
    return {pid for parent, pid, name in rows if parent == str(os.getpid()) and name != "ps"}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_job_leaves_no_process_and_no_partial_file(root: Path, open_jobs: Open, backend: str) -> None:
    """Its ffmpeg is killed with its group, what it wrote is gone, and the cancellation stays a cancellation."""
    endless = ConformSegment(CLIP, replace(RECIPE, frames=10**7), SEGMENT)
    before, children = sorted(root.rglob("*")), _children()

    async def main() -> None:
        async with create_task_group() as group:
            await open_jobs(root, 1)(endless, lambda _frames: group.cancel_scope.cancel())
        assert group.cancel_scope.cancelled_caught

    anyio.run(main, backend=backend)
    assert sorted(root.rglob("*")) == before
    assert _children() <= children
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    assert not [
        line for line in processes.splitlines() if "ffmpeg" in line and (root.name in line or "elsewhere-" in line)
    ]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_progress_is_reported_in_the_event_loop(root: Path, open_jobs: Open, backend: str) -> None:
    """A listener may touch what belongs to the loop; the numbers rise, and the last one is the whole."""
    told: list[int] = []

    def listen(frames: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append(frames)

    async def main() -> None:
        await open_jobs(root, 1)(ConformSegment(CLIP, RECIPE, SEGMENT), listen)

    anyio.run(main, backend=backend)
    assert told == sorted(told)
    assert told[-1] == 10


def test_it_limits_by_itself_how_many_jobs_run_at_once(root: Path, open_jobs: Open) -> None:
    """Of two jobs that are asked for together, the second begins when the first has ended."""
    told: list[str] = []

    async def main() -> None:
        jobs = open_jobs(root, 1)

        async def count(name: str) -> None:
            await jobs(CountTo(50), lambda _: told.append(name))

        async with create_task_group() as group:
            group.start_soon(count, "a")
            group.start_soon(count, "b")

    anyio.run(main)
    assert "".join(told) in {"a" * 50 + "b" * 50, "b" * 50 + "a" * 50}


def test_naming_jobs_costs_no_ffmpeg() -> None:
    """Whoever only plans a cut, or holds whatever does jobs, imports neither ffmpeg nor PyAV nor Pillow."""
    code = (
        "import sys, wanflow.media.jobs, wanflow.language.timeline, wanflow.media.picture.segment;"
        "print({'av', 'PIL', 'ffmpeg', 'imageio_ffmpeg'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (result.stdout, result.stderr) == ("set()\n", "")
