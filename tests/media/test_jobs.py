"""Jobs: plain values, done in a thread, cancelled without a trace."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import anyio
import pytest
from anyio import create_task_group

from kit.clips import numbered_clip, read_numbers
from wanflow.errors import MediaFault, StoreFault
from wanflow.language.facts import Kind
from wanflow.media.cut_recipe import CutRecipe
from wanflow.media.jobs import (
    AssembleCut,
    CheckFilm,
    ConformSegment,
    CutPiece,
    CutSound,
    EncodeSound,
    GrabFrame,
    Job,
    JobResult,
    Jobs,
    JoinClips,
    LevelSound,
    ProbeFile,
    ReadSubtitles,
)
from wanflow.media.local_jobs import LocalJobs
from wanflow.media.picture.segment import JoinRecipe, SegmentRecipe
from wanflow.media.sound.soundtrack import SoundRecipe
from wanflow.media.text.caption_layout import Caption

ROOT = Path(__file__).parents[2]
both = pytest.mark.parametrize("backend", ["asyncio", "trio"])
RECIPE = SegmentRecipe("00" * 32, 0, 10, 10, 64, 48, Fraction(30))
JOIN = JoinRecipe("dissolve", RECIPE, RECIPE)
SOUND = SoundRecipe(((RECIPE.key(), 10), (JOIN.key(), 10), (RECIPE.key(), 10)), Fraction(30))


def done(job: Job[JobResult], backend: str = "asyncio", progress: Callable[[int], None] | None = None) -> JobResult:
    """Perform one job in a loop of its own."""

    async def main() -> JobResult:
        jobs: Jobs = LocalJobs(1)
        return await jobs(job, progress)

    return anyio.run(main, backend=backend)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Ten frames with sound."""
    return numbered_clip(tmp_path / "clip.mp4", 10, (64, 48))


def test_every_job_gives_the_facts_of_what_it_made(clip: Path) -> None:
    """Measured on the finished file."""
    target = clip.with_name("out")
    assert done(ProbeFile(clip)) == done(CheckFilm(clip))
    assert done(GrabFrame(clip, 3, target)).kind is Kind.IMAGE
    assert done(CutPiece(clip, 3, 5, target)).frames == 3
    assert done(CutSound(clip, target)).kind is Kind.AUDIO
    segment, join, sound = (clip.with_name(name) for name in ("segment.mov", "join.mov", "sound.aac"))
    assert done(ConformSegment(clip, RECIPE, segment)).samples == RECIPE.samples
    assert done(JoinClips(clip, clip, JOIN, join)).frames == 10
    files = ((RECIPE.key(), segment), (JOIN.key(), join))
    assert done(LevelSound(SOUND, Decimal(-30), files, None)).lufs is not None
    assert done(EncodeSound(SOUND.chunks()[0], files, None, sound)).kind is Kind.AUDIO
    film = CutRecipe((segment, join, segment), 30, Fraction(30), (sound,))
    assert done(AssembleCut(film, target)).frames == 30
    assert read_numbers(target)[20:] == [*range(10)]
    clip.with_name("en.srt").write_text("1\n00:00:00,100 --> 00:00:00,200\nhello\n", encoding="utf-8")
    assert done(ReadSubtitles(clip.with_name("en.srt"), 10, Fraction(30))) == (Caption("hello", 3, 6),)


def test_jobs_can_travel() -> None:
    """They are picklable values that equal their copies, so that another machine may do them."""
    here = Path("/m/a.mp4")
    for job in (
        ProbeFile(here),
        CheckFilm(here),
        GrabFrame(here, 1, here),
        CutPiece(here, 1, 2, here),
        CutSound(here, here),
        ConformSegment(here, RECIPE, here),
        JoinClips(None, here, JOIN, here),
        LevelSound(SOUND, Decimal(-16), (("k", here),), here),
        EncodeSound(SOUND.chunks()[0], (("k", here),), None, here),
        ReadSubtitles(here, 10, Fraction(30)),
        AssembleCut(CutRecipe((here,), 1, Fraction(30), (here,)), here),
    ):
        assert pickle.loads(pickle.dumps(job)) == job  # noqa: S301
        assert hash(job) == hash(pickle.loads(pickle.dumps(job)))  # noqa: S301


@both
def test_a_fault_comes_out_as_itself(clip: Path, backend: str) -> None:
    """Not as a group of one."""
    with pytest.raises(MediaFault, match="has no frame 99"):
        done(GrabFrame(clip, 99, clip.with_name("out.png")), backend)


@both
def test_a_disk_that_refuses_comes_out_as_itself(clip: Path, backend: str) -> None:
    """As a fault of the store, which names the file; not as a group of one."""
    blocked = clip.with_name("blocked")
    blocked.write_bytes(b"a file where a folder has to be")
    with pytest.raises(StoreFault, match="`blocked` cannot be used"):
        done(GrabFrame(clip, 0, blocked / "out.png"), backend)


@both
def test_a_cancelled_job_leaves_no_process_and_no_half_file(clip: Path, backend: str) -> None:
    """Its ffmpeg is ended with its group, what it wrote is gone, and the cancellation stays a cancellation."""
    endless = ConformSegment(clip, replace(RECIPE, frames=10**7), clip.with_name("segment.mov"))

    async def main() -> None:
        async with create_task_group() as group:
            await LocalJobs(1)(endless, lambda _frames: group.cancel_scope.cancel())
        assert group.cancel_scope.cancelled_caught

    anyio.run(main, backend=backend)
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@both
def test_progress_is_told_in_the_loop(clip: Path, backend: str) -> None:
    """A listener may touch what belongs to the loop; the last number is the whole."""
    told: list[int] = []

    def listen(frames: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append(frames)

    done(ConformSegment(clip, RECIPE, clip.with_name("s.mov")), backend, listen)
    assert told[-1] == 10


@both
def test_it_limits_by_itself_what_runs_at_once(clip: Path, backend: str) -> None:
    """A second job waits until the first one ends, and one that waits is cancelled without having begun."""
    told: list[str] = []

    async def main() -> None:
        jobs, begun, later = LocalJobs(1), anyio.Event(), anyio.Event()

        def listen(name: str) -> None:
            told.append(name)
            (later if begun.is_set() and len(told) > 3 else begun).set()

        async def encode(name: str) -> None:
            recipe = replace(RECIPE, frames=10**7)
            await jobs(ConformSegment(clip, recipe, clip.with_name(name)), lambda _: listen(name))

        async with create_task_group() as group:
            group.start_soon(encode, "first.mov")
            await begun.wait()
            group.start_soon(encode, "second.mov")
            await later.wait()
            group.cancel_scope.cancel()

    anyio.run(main, backend=backend)
    assert set(told) == {"first.mov"}


def test_naming_jobs_costs_no_ffmpeg() -> None:
    """Whoever only plans work for ffmpeg, PyAV and Pillow imports none of them."""
    code = (
        "import sys, wanflow.media.jobs, wanflow.language.timeline, wanflow.media.picture.segment;"
        "print({'av', 'PIL', 'ffmpeg', 'imageio_ffmpeg'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (result.stdout, result.stderr) == ("set()\n", "")
