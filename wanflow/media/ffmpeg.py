"""ffmpeg: finding it, its version, and running it so that it can be stopped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO

import imageio_ffmpeg

from wanflow import digest
from wanflow.errors import ToolFailed, ToolMissing
from wanflow.media.jobs import OnProgress, RunningProcesses
from wanflow.messages import tr

VARIABLE = "WANFLOW_FFMPEG"
OLDEST = (7, 1)
"""First version whose films were right: with 5.1 they are a frame too long, and 7.0 crashes (ffmpeg.md 3.0)."""
WAY_OUT = {"variable": VARIABLE, "oldest": ".".join(map(str, OLDEST))}

FILTER_HINT = tr(
    "install an ffmpeg that has it, or set {variable} to one; that of imageio-ffmpeg has it", variable=VARIABLE
)

ENCODER_HINT = tr(
    "install an ffmpeg that has it, or set {variable} to one; that of imageio-ffmpeg has all encoders",
    variable=VARIABLE,
)

QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats")
REPORTING = ("-progress", "pipe:1", "-stats_period", "0.5")
LAST_LINES = 4

_LONE = re.compile("[\udc80-\udcff]")
"""A byte of a path that is not UTF-8, as Python has it in a text."""
_MARKED = re.compile("\0([0-9a-f]{4})")
"""The mark of such a byte; no path has a NUL."""

WriteInput = Callable[[IO[bytes]], None]
"""Writes the standard input of ffmpeg, in a thread of its own; it ends by an error where ffmpeg reads no more."""


def find_ffmpeg(environ: Mapping[str, str]) -> Path:
    """The ffmpeg to use: `WANFLOW_FFMPEG`, else one on PATH, else the one of imageio-ffmpeg.

    One on PATH has to be `OLDEST` or newer, with libx264, or is passed over. Raises ToolMissing, also where the
    variable names an older one: its films would be wrong.
    """
    path = environ.get("PATH", "")
    if name := environ.get(VARIABLE):
        return _named_by_variable(name, path)
    on_path = shutil.which("ffmpeg", path=path)
    if on_path is not None and _is_usable(Path(on_path)):
        return Path(on_path)
    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        hint = tr("install ffmpeg {oldest} or newer with libx264, or set {variable} to one", **WAY_OUT)
        raise ToolMissing(tr("no ffmpeg was found"), hint=hint) from None


def _named_by_variable(name: str, path: str) -> Path:
    chosen = shutil.which(name, path=path)
    if chosen is None:
        raise ToolMissing(
            tr("{variable} names `{name}`, which is not a program", variable=VARIABLE, name=name),
            hint=tr("correct {variable}, or unset it", variable=VARIABLE),
        )
    binary = Path(chosen)
    if _is_old(binary):
        raise ToolMissing(
            tr(
                "{variable} names `{name}`, which is ffmpeg {version}",
                variable=VARIABLE,
                name=name,
                version=version(binary),
            ),
            hint=tr("set {variable} to ffmpeg {oldest} or newer, or unset it", **WAY_OUT),
        )
    return binary


def version(binary: Path) -> str:
    """The version that a binary reports, e.g. `9.0.2`; never part of a fingerprint. Raises ToolMissing."""
    words = _banner(binary).split(maxsplit=3)
    if words[:2] != ["ffmpeg", "version"] or len(words) < 3:
        raise ToolMissing(
            tr("`{binary}` is not an ffmpeg", binary=binary),
            hint=tr("set {variable} to an ffmpeg, or unset it", variable=VARIABLE),
        )
    return words[2]


def identity(binary: Path) -> str:
    """Version and build of a binary: two that print the same write the same bytes. Raises ToolMissing."""
    return f"{version(binary)} {digest.of_bytes(_banner(binary).encode())[:12]}"


def require_filter(name: str, what: str) -> None:
    """Raise ToolMissing where the ffmpeg of this machine lacks a filter that `what` needs."""
    binary = find_ffmpeg(os.environ)
    if not has_filter(binary, name):
        raise ToolMissing(
            tr("{what} needs the filter `{name}`, which `{binary}` lacks", what=what, name=name, binary=binary),
            hint=FILTER_HINT,
        )


@cache
def has_filter(binary: Path, name: str) -> bool:
    """Whether a binary has a filter; raises ToolMissing where it cannot be started."""
    listed = _printed(binary, "-filters").splitlines()
    return any(line.split()[1:2] == [name] for line in listed)


@cache
def has_encoder(binary: Path, name: str) -> bool:
    """Whether a binary has an encoder; raises ToolMissing where it cannot be started."""
    listed = _printed(binary, "-encoders").splitlines()
    return any(line.split()[1:2] == [name] for line in listed)


def path_argument(path: Path) -> str:
    """A path as an argument that ffmpeg never reads as an option or a protocol (`-x.mp4`, `concat:a`).

    A byte that is not UTF-8 becomes a mark until ffmpeg is started: ffmpeg-python cannot hash a lone surrogate.
    """
    return _LONE.sub(lambda byte: f"\0{ord(byte[0]):x}", str(path.absolute()))


def run(
    argv: Sequence[str],
    *,
    processes: RunningProcesses,
    progress: OnProgress | None = None,
    stdin: WriteInput | None = None,
) -> None:
    """Run ffmpeg to its end: `argv` is the binary and its arguments, `stdin` writes its standard input.

    Raises ToolFailed with ffmpeg's last lines, also when its process was killed, ToolMissing where the binary cannot be
    started, and what `stdin` raises. A partial output may be left.
    """
    quiet = (*QUIET, *REPORTING) if progress else QUIET
    command = [argv[0], *quiet, *argv[1:]]
    with (
        _start(command, reporting=progress is not None, fed=stdin is not None) as process,
        processes.hold(process),
    ):
        last, drain = _drain(process.stderr)
        writing = None if stdin is None or process.stdin is None else _InputThread(stdin, process.stdin)
        for line in process.stdout or ():
            key, _, value = line.partition(b"=")
            # `out_time` runs ahead of what is written, `frame` does not (ffmpeg.md 3.7)
            if progress is not None and key == b"frame" and value.strip().isdigit():
                progress(int(value))
        status = process.wait()
        drain.join()
        if writing is not None:
            writing.finish()
    _require_success(status, last, processes)


def ask(argv: Sequence[str], *, processes: RunningProcesses) -> str:
    """Run ffmpeg to its end and return its standard output; raises as `run` does."""
    with _start([argv[0], *QUIET, *argv[1:]], reporting=True) as process, processes.hold(process):
        last, drain = _drain(process.stderr)
        printed = process.stdout.read() if process.stdout else b""
        status = process.wait()
        drain.join()
    _require_success(status, last, processes)
    return printed.decode(errors="replace")


def run_ffmpeg(
    arguments: Sequence[str],
    *,
    processes: RunningProcesses,
    progress: OnProgress | None = None,
    stdin: WriteInput | None = None,
) -> None:
    """Run the ffmpeg of this machine with these arguments; raises as `find_ffmpeg` and `run` do."""
    run([str(find_ffmpeg(os.environ)), *arguments], processes=processes, progress=progress, stdin=stdin)


def ask_ffmpeg(arguments: Sequence[str], *, processes: RunningProcesses) -> str:
    """What the ffmpeg of this machine prints for these arguments; raises as `find_ffmpeg` and `run` do."""
    return ask([str(find_ffmpeg(os.environ)), *arguments], processes=processes)


def _require_success(status: int, last: Iterable[str], processes: RunningProcesses) -> None:
    if processes.killed:
        raise ToolFailed(tr("ffmpeg was stopped"))
    if status != 0:
        ending = tr("signal {value}", value=-status) if status < 0 else tr("exit status {status}", status=status)
        raise ToolFailed(
            tr("ffmpeg failed ({ending}): {last}", ending=ending, last="; ".join(last) or tr("it gave no reason"))
        )


def _is_usable(binary: Path) -> bool:
    try:
        version(binary)
        return not _is_old(binary) and "--enable-libx264" in _banner(binary)
    except ToolMissing:
        return False


def _is_old(binary: Path) -> bool:
    """Whether a binary says a version before `OLDEST`; a build of a day says none. Raises ToolMissing."""
    numbers = re.match(r"ffmpeg version n?(\d+)\.(\d+)", _banner(binary))
    return numbers is not None and (int(numbers[1]), int(numbers[2])) < OLDEST


@cache
def _banner(binary: Path) -> str:
    return _printed(binary, "-version")


def _printed(binary: Path, *options: str) -> str:
    try:
        result = subprocess.run([str(binary), *options], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as fault:
        raise ToolMissing(
            tr("`{binary}` cannot be started: {strerror}", binary=binary, strerror=fault.strerror)
        ) from fault
    return result.stdout.decode(errors="replace")


class _InputThread:
    """The thread that writes an input, and the fault that ended it."""

    def __init__(self, stdin: WriteInput, pipe: IO[bytes]) -> None:
        self._stdin, self._pipe = stdin, pipe
        self._fault: Exception | None = None
        self._thread = Thread(target=self._write, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait for its end; raises what ended it, unless ffmpeg had read enough."""
        self._thread.join()
        if self._fault is not None and not isinstance(self._fault, OSError):
            raise self._fault

    def _write(self) -> None:
        try:
            self._stdin(self._pipe)
        except Exception as fault:  # noqa: BLE001 - raised by `finish` in the job's own thread
            self._fault = fault
        with suppress(OSError):
            self._pipe.close()


def _start(command: list[str], *, reporting: bool, fed: bool = False) -> subprocess.Popen[bytes]:
    argv = [_MARKED.sub(lambda mark: chr(int(mark[1], 16)), argument) for argument in command]
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.PIPE if reporting else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # Ctrl-C is for this process, on Windows
        )
    except OSError as fault:
        raise ToolMissing(
            tr("`{command}` cannot be started: {strerror}", command=command[0], strerror=fault.strerror)
        ) from fault


def _drain(pipe: IO[bytes] | None) -> tuple[deque[str], Thread]:
    last: deque[str] = deque(maxlen=LAST_LINES)
    lines = pipe or ()
    thread = Thread(
        target=lambda: last.extend(line.decode(errors="replace").strip() for line in lines if line.strip()), daemon=True
    )
    thread.start()
    return last, thread
