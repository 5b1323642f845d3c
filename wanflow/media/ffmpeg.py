"""ffmpeg: where it is, which it is, and how to run it so that it can be stopped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO

import imageio_ffmpeg

from wanflow.errors import ToolFailed, ToolMissing
from wanflow.media.jobs import OnProgress, RunningProcesses

VARIABLE = "WANFLOW_FFMPEG"
OLDEST = (5, 1)
"""The first version that knows `-fps_mode` (ffmpeg.md 3.0)."""

QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats")
REPORTING = ("-progress", "pipe:1", "-stats_period", "0.5")
LAST_LINES = 4


def find_ffmpeg(environ: Mapping[str, str]) -> Path:
    """The ffmpeg to use: `WANFLOW_FFMPEG`, else a fit one on PATH, else the one that came with imageio-ffmpeg.

    One on PATH is fit when it is 5.1 or newer and has libx264. Raises ToolMissing.
    """
    if chosen := environ.get(VARIABLE):
        return _chosen(chosen, environ)
    on_path = shutil.which("ffmpeg", path=environ.get("PATH", ""))
    if on_path is not None and _fit(Path(on_path)):
        return Path(on_path)
    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        hint = f"install ffmpeg {'.'.join(map(str, OLDEST))} or newer with libx264, or set {VARIABLE} to one"
        raise ToolMissing("no ffmpeg was found", hint=hint) from None


def version(binary: Path) -> str:
    """What a binary says its version is, e.g. `9.0.2`; never part of a fingerprint. Raises ToolMissing."""
    words = _banner(binary).split(maxsplit=3)
    if words[:2] != ["ffmpeg", "version"] or len(words) < 3:
        raise ToolMissing(f"`{binary}` is no ffmpeg", hint=f"set {VARIABLE} to an ffmpeg, or unset it")
    return words[2]


def path_argument(path: Path) -> str:
    """A path as an argument that ffmpeg takes for nothing else: no option, no protocol (`-x.mp4`, `concat:a`)."""
    return str(path.absolute())


def run(argv: Sequence[str], *, processes: RunningProcesses, progress: OnProgress | None = None) -> None:
    """Run ffmpeg to its end: `argv` is the binary and its arguments, never a shell's line.

    Raises ToolFailed with ffmpeg's last words, also when the leash was killed, and ToolMissing where the binary
    can't be started. A file that it was writing may be left behind half done.
    """
    quiet = (*QUIET, *REPORTING) if progress else QUIET
    with _start([argv[0], *quiet, *argv[1:]], reporting=progress is not None) as process, processes.hold(process):
        last, drain = _drain(process.stderr)
        if progress is not None:
            _report(process.stdout, progress)
        status = process.wait()
        drain.join()
    _require_success(status, last, processes)


def ask(argv: Sequence[str], *, processes: RunningProcesses) -> str:
    """Run ffmpeg to its end and give what it printed on its standard output; raises as `run` does."""
    with _start([argv[0], *QUIET, *argv[1:]], reporting=True) as process, processes.hold(process):
        last, drain = _drain(process.stderr)
        printed = process.stdout.read() if process.stdout else b""
        status = process.wait()
        drain.join()
    _require_success(status, last, processes)
    return printed.decode(errors="replace")


def run_ffmpeg(arguments: Sequence[str], *, processes: RunningProcesses, progress: OnProgress | None = None) -> None:
    """Run the ffmpeg that this machine has with these arguments; raises as `find_ffmpeg` and `run` do."""
    run([str(find_ffmpeg(os.environ)), *arguments], processes=processes, progress=progress)


def ask_ffmpeg(arguments: Sequence[str], *, processes: RunningProcesses) -> str:
    """What the ffmpeg that this machine has prints when told this; raises as `find_ffmpeg` and `run` do."""
    return ask([str(find_ffmpeg(os.environ)), *arguments], processes=processes)


def _require_success(status: int, last: Iterable[str], processes: RunningProcesses) -> None:
    if processes.killed:
        raise ToolFailed("ffmpeg was stopped")
    if status != 0:
        raise ToolFailed(f"ffmpeg failed ({_ending(status)}): {'; '.join(last) or 'it gave no reason'}")


def _chosen(name: str, environ: Mapping[str, str]) -> Path:
    found = shutil.which(name, path=environ.get("PATH", ""))
    if found is None:
        raise ToolMissing(f"{VARIABLE} names `{name}`, which is no program", hint=f"correct {VARIABLE}, or unset it")
    return Path(found)


def _fit(binary: Path) -> bool:
    try:
        numbers = re.match(r"n?(\d+)\.(\d+)", version(binary))
    except ToolMissing:
        return False
    old = numbers is not None and (int(numbers[1]), int(numbers[2])) < OLDEST
    return not old and "--enable-libx264" in _banner(binary)


@cache
def _banner(binary: Path) -> str:
    try:
        result = subprocess.run([str(binary), "-version"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as fault:
        raise ToolMissing(f"`{binary}` can't be started: {fault.strerror}") from fault
    return result.stdout.decode(errors="replace")


def _start(command: list[str], *, reporting: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if reporting else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as fault:
        raise ToolMissing(f"`{command[0]}` can't be started: {fault.strerror}") from fault


def _drain(pipe: IO[bytes] | None) -> tuple[deque[str], Thread]:
    last: deque[str] = deque(maxlen=LAST_LINES)
    lines = pipe or ()
    thread = Thread(target=lambda: last.extend(_words(line) for line in lines if line.strip()), daemon=True)
    thread.start()
    return last, thread


def _report(pipe: IO[bytes] | None, progress: OnProgress) -> None:
    for line in pipe or ():
        key, _, value = line.partition(b"=")
        # `out_time` runs ahead of what is written, `frame` does not (ffmpeg.md 3.7)
        if key == b"frame" and value.strip().isdigit():
            progress(int(value))


def _words(line: bytes) -> str:
    return line.decode(errors="replace").strip()


def _ending(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
