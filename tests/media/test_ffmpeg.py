"""Finding ffmpeg, running it, stopping it."""

from __future__ import annotations

import os
import stat
import subprocess
from fractions import Fraction
from pathlib import Path
from threading import Thread, Timer, active_count
from typing import IO

import ffmpeg as ffmpeg_python
import imageio_ffmpeg
import pytest

from kit.clips import numbered_clip
from wanflow.errors import MediaFault, ToolFailed, ToolMissing
from wanflow.media import ffmpeg
from wanflow.media.clock import read_clock
from wanflow.media.extract import arguments_of
from wanflow.media.inputs import fed_input
from wanflow.media.jobs import RunningProcesses
from wanflow.media.pipe import Reel, writer_of

FFMPEG = ffmpeg.find_ffmpeg(os.environ)
ENDLESS = [str(FFMPEG), "-f", "lavfi", "-i", "testsrc=s=64x64", "-f", "null", "-"]


def stand_in(folder: Path, banner: str) -> Path:
    """A program named ffmpeg that prints a banner."""
    folder.mkdir(exist_ok=True)
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\necho '{banner}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_the_variable_wins_over_path(tmp_path: Path) -> None:
    """WANFLOW_FFMPEG is taken even where PATH has one too."""
    chosen = stand_in(tmp_path / "chosen", "ffmpeg version 7.1")
    other = stand_in(tmp_path / "path", "ffmpeg version 9.0 --enable-libx264")
    found = ffmpeg.find_ffmpeg({"WANFLOW_FFMPEG": str(chosen), "PATH": str(other.parent)})
    assert found == chosen


def test_a_wrong_variable_is_said_with_a_way_out() -> None:
    """A variable that names nothing is an error, not a silent fallback."""
    with pytest.raises(ToolMissing, match=r"`/no/such/ffmpeg`, which is not a program") as caught:
        ffmpeg.find_ffmpeg({"WANFLOW_FFMPEG": "/no/such/ffmpeg"})
    assert caught.value.hint == "correct WANFLOW_FFMPEG, or unset it"


def test_an_old_one_is_refused_before_it_makes_a_wrong_film(tmp_path: Path) -> None:
    """One that somebody names is not passed over in silence."""
    old = stand_in(tmp_path, "ffmpeg version 5.1.9-0+deb12u1 built with --enable-libx264")
    with pytest.raises(ToolMissing, match=r"WANFLOW_FFMPEG names `.+`, which is ffmpeg 5\.1\.9-0\+deb12u1") as caught:
        ffmpeg.find_ffmpeg({"WANFLOW_FFMPEG": str(old)})
    assert caught.value.hint == "set WANFLOW_FFMPEG to ffmpeg 7.1 or newer, or unset it"


@pytest.mark.parametrize(
    ("banner", "taken"),
    [
        ("ffmpeg version 9.0.2-static built with --enable-libx264", True),
        ("ffmpeg version n7.1 built with --enable-libx264", True),
        ("ffmpeg version 7.0.2 built with --enable-libx264", False),
        ("ffmpeg version 5.1.9-0+deb12u1 built with --enable-libx264", False),
        ("ffmpeg version N-118000-gabcdef built with --enable-libx264", True),
        ("ffmpeg version 4.4.2 built with --enable-libx264", False),
        ("ffmpeg version 7.1 built with --enable-openh264", False),
        ("something else", False),
    ],
)
def test_only_a_fit_ffmpeg_on_path_is_taken(tmp_path: Path, banner: str, *, taken: bool) -> None:
    """An old one, or one without libx264, is passed over for the one that came with imageio-ffmpeg."""
    program = stand_in(tmp_path, banner)
    expected = program if taken else Path(imageio_ffmpeg.get_ffmpeg_exe())
    assert ffmpeg.find_ffmpeg({"PATH": str(tmp_path)}) == expected


def test_the_version_is_what_the_binary_says(tmp_path: Path) -> None:
    """`version` reads the banner and refuses a program that is not ffmpeg."""
    assert ffmpeg.version(stand_in(tmp_path / "good", "ffmpeg version 9.0.2-static Copyright")) == "9.0.2-static"
    with pytest.raises(ToolMissing, match="is not an ffmpeg"):
        ffmpeg.version(stand_in(tmp_path / "bad", "hello"))


def test_a_failure_carries_the_last_words() -> None:
    """What ffmpeg said last is in the message."""
    with pytest.raises(ToolFailed, match=r"exit status \d+.*No such file or directory"):
        ffmpeg.run([str(FFMPEG), "-i", "/no/such/clip.mp4", "-f", "null", "-"], processes=RunningProcesses())


def test_a_binary_that_is_gone_is_said(tmp_path: Path) -> None:
    """Starting what is not there is a ToolMissing, not a traceback."""
    with pytest.raises(ToolMissing, match="cannot be started"):
        ffmpeg.run([str(tmp_path / "gone")], processes=RunningProcesses())


def test_progress_counts_frames() -> None:
    """The last number told is the number of frames written, and numbers only rise."""
    told: list[int] = []
    argv = [str(FFMPEG), "-f", "lavfi", "-i", "testsrc=s=64x64:r=30:d=2", "-f", "null", "-"]
    ffmpeg.run(argv, processes=RunningProcesses(), progress=told.append)
    assert told[-1] == 60
    assert told == sorted(told)


def test_a_filter_that_ffmpeg_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what needs it, before ffmpeg would fail in its own words."""
    ffmpeg.require_filter("scale", "a test")
    monkeypatch.setenv("WANFLOW_FFMPEG", str(stand_in(tmp_path, "ffmpeg version 9.0")))
    with pytest.raises(ToolMissing, match=r"`x\.mp4` in HDR needs the filter `zscale`, which `.+` lacks") as caught:
        ffmpeg.require_filter("zscale", "`x.mp4` in HDR")
    assert "WANFLOW_FFMPEG" in str(caught.value.hint)


def test_what_ffmpeg_prints_can_be_asked() -> None:
    """All that it wrote to its standard output, more than a pipe holds; its failures as those of a run."""
    argv = [str(FFMPEG), "-f", "lavfi", "-i", "testsrc=s=64x64:r=30:d=100", "-f", "framecrc", "-"]
    printed = ffmpeg.ask(argv, processes=RunningProcesses())
    assert len([line for line in printed.splitlines() if line.startswith("0,")]) == 3000
    with pytest.raises(ToolFailed, match=r"exit status \d+.*No such file or directory"):
        ffmpeg.ask([str(FFMPEG), "-i", "/no/such/clip.mp4", "-f", "null", "-"], processes=RunningProcesses())


def test_a_question_ends_with_its_leash() -> None:
    """An ffmpeg that would print for ever is ended from another thread, and no process is left."""
    processes = RunningProcesses()
    killer = Timer(0.2, processes.kill)
    killer.start()
    with pytest.raises(ToolFailed, match="was stopped"):
        ffmpeg.ask([*ENDLESS[:-3], "-f", "framecrc", "-"], processes=processes)
    killer.join()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_killed_leash_ends_what_runs() -> None:
    """An ffmpeg that would never end is ended from another thread, and no process is left."""
    processes = RunningProcesses()

    def kill(_frames: int) -> None:
        killer = Thread(target=processes.kill)
        killer.start()
        killer.join()

    with pytest.raises(ToolFailed, match="was stopped"):
        ffmpeg.run(ENDLESS, processes=processes, progress=kill)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("niceness", [0, 7])
def test_what_works_for_a_page_lets_others_go_first(niceness: int) -> None:
    """Its process has the priority that was asked for, as `nice` counts it."""
    processes, usual = RunningProcesses(niceness), os.getpriority(os.PRIO_PROCESS, 0)
    process = subprocess.Popen(ENDLESS, stderr=subprocess.DEVNULL, start_new_session=True)
    with process, processes.hold(process):
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == (niceness or usual)


def test_a_killed_leash_starts_nothing_that_lasts() -> None:
    """What is started after the kill ends at once."""
    processes = RunningProcesses()
    processes.kill()
    with pytest.raises(ToolFailed, match="was stopped"):
        ffmpeg.run(ENDLESS, processes=processes)


def test_an_input_that_never_ends_is_ended_with_its_process() -> None:
    """An ffmpeg that is written to is ended from another thread, and no process and no thread is left."""
    processes, before = RunningProcesses(), active_count()

    def write(pipe: IO[bytes]) -> None:
        Timer(0.2, processes.kill).start()
        while True:
            pipe.write(bytes(64 * 48 * 3))

    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x48", "-i", "pipe:0", "-f", "null", "-"]
    with pytest.raises(ToolFailed, match="was stopped"):
        ffmpeg.run([ENDLESS[0], *raw], processes=processes, stdin=write)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert active_count() == before


def test_what_an_input_raises_comes_out() -> None:
    """Not the complaint of the ffmpeg that got too little."""

    def write(pipe: IO[bytes]) -> None:
        raise MediaFault("no such picture")

    with pytest.raises(MediaFault, match="no such picture"):
        ffmpeg.run(
            [ENDLESS[0], "-f", "nut", "-i", "pipe:0", "-f", "null", "-"], processes=RunningProcesses(), stdin=write
        )


def test_a_listener_that_fails_leaves_no_process() -> None:
    """An error in the progress callback ends ffmpeg too."""

    def fail(_frames: int) -> None:
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        ffmpeg.run(ENDLESS, processes=RunningProcesses(), progress=fail)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("name", ["-x.mp4", "concat:a|b", "%d.png", "a b'c.mp4"])
def test_a_path_is_never_an_option(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a file is called, its argument begins with a slash."""
    monkeypatch.chdir(tmp_path)
    assert ffmpeg.path_argument(Path(name)) == f"{tmp_path}/{name}"


def test_a_clip_is_fed_until_ffmpeg_has_read_enough(tmp_path: Path) -> None:
    """One frame of sixty is all that it takes from its standard input; that is not an error."""
    clip = numbered_clip(tmp_path / "clip.mp4", 60, (320, 240), sound=False)
    written = writer_of([Reel(clip, read_clock(clip), range(60), Fraction(30))])
    video = fed_input().video
    ffmpeg.run_ffmpeg(
        arguments_of(ffmpeg_python.output(video, "-", f="null", **{"frames:v": 1})),
        processes=RunningProcesses(),
        stdin=written,
    )
