"""The first process of a command with limits: it waits for the second one, ends it, and says why (`cli.limits`)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from wanflow.cli.limits import READING, READING_SECONDS, WORK, LimitExceeded, WorkCrashed, too_much, way_out
from wanflow.errors import ExitCode
from wanflow.messages import tr

LOOK_SECONDS = 0.25
"""Seconds between two looks at the second process; it is noticed at once when it ends."""

ENFORCED = sys.platform in {"linux", "win32"}
"""Whether memory is left to the system: Linux has a limit, and Windows no way to measure without a library."""

PROGRAM = """\
import sys
sys.path.append(sys.argv.pop(1))
from wanflow.cli.limits import begin
begin(sys.argv.pop(1))
from wanflow.cli.main import main
sys.exit(main())
"""
"""Program of the second process: its arguments are the folder of the package, the marker, and those of the command."""


def supervise(words: Sequence[str], seconds: float = READING_SECONDS, program: str = PROGRAM) -> int:
    """Run the command again in a process with limits, and give its exit code.

    Raises LimitExceeded where it takes too much, and where it ends as only a crash in C code does.
    """
    handle, name = tempfile.mkstemp(prefix="wanflow-reading-")
    os.close(handle)
    packages = Path(__file__).parents[2]
    # `-P`: the current folder may be the production's, and none of its files is a module
    command = [sys.executable, "-P", "-c", program, str(packages), name, *words]
    marker, child = Path(name), subprocess.Popen(command)
    try:
        with _forwarded_signals(child):
            code = _wait(child, marker, seconds)
        reading = marker.exists()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        marker.unlink(missing_ok=True)
    if code in list(ExitCode):
        return code
    cause = signal.Signals(-code).name if -code in list(signal.Signals) else tr("code {code}", code=code)
    if reading:
        raise LimitExceeded(tr("reading the production ended by a crash ({cause})", cause=cause), hint=way_out(READING))
    raise WorkCrashed(tr("the work ended by a crash ({cause})", cause=cause), hint=way_out(WORK))


def _wait(child: subprocess.Popen[bytes], marker: Path, seconds: float) -> int:
    """The exit code of the second process; raises LimitExceeded where it takes too much while it reads."""
    deadline = time.monotonic() + seconds
    while marker.exists():
        if time.monotonic() >= deadline:
            raise LimitExceeded(
                tr("reading the production took more than {seconds:g} s", seconds=seconds), hint=way_out(READING)
            )
        if not ENFORCED and resident_bytes(child.pid) > READING.bytes:
            raise too_much(READING)
        with suppress(subprocess.TimeoutExpired):
            return child.wait(LOOK_SECONDS)
    return child.wait()


@contextmanager
def _forwarded_signals(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let the second process end in order: a signal for this one is for both. A terminal sends its own to both."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    of_terminal = sys.stdin is not None and sys.stdin.isatty()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        alone = number != signal.SIGINT or not of_terminal
        signal.signal(number, (lambda *_: child.terminate()) if alone else (lambda *_: None))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def resident_bytes(process: int) -> int:
    """The memory of a process, as `ps` measures it; 0 where that is not known."""
    try:
        done = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, check=False)  # noqa: S607
    except OSError:
        return 0
    written = done.stdout.strip()
    return int(written) * 1024 if written.isdigit() else 0
