"""`--untrusted` bounds time and memory, also inside C code and in ffmpeg, and the end is a clear error."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.project import call, rewrite
from wanflow.cli.limits import LimitExceeded, WorkCrashed
from wanflow.cli.main import main
from wanflow.cli.supervision import resident_bytes, supervise

BEGIN = """\
import sys
sys.path.append(sys.argv.pop(1))
from wanflow.cli.limits import begin, production_is_read
begin(sys.argv.pop(1))
import os, subprocess
from threading import Event
from wanflow.cli.exit_code import guarded
"""
"""The beginning of the second process, as wanflow's own; what follows takes the place of a command."""

IN_C = "import re\nre.match('(a+)+$', 'a' * 60 + 'b')\n"
"""Years of work in C that let no other thread of Python run."""
MEMORY = "sys.exit(guarded(lambda: len(bytearray({size}_000_000_000))))\n"


@pytest.mark.parametrize("code", [IN_C, "Event().wait()\n"], ids=["in C", "waiting"])
def test_reading_ends_after_its_time(code: str) -> None:
    """No thread of the process itself could end it."""
    begun = time.monotonic()
    with pytest.raises(LimitExceeded, match="reading the production took more than 1 s") as raised:
        supervise([], 1, BEGIN + code)
    assert raised.value.exit_code == 2
    assert "`--untrusted` allows 30 s and 1 GB" in (raised.value.hint or "")
    assert time.monotonic() - begun < 30


def test_work_may_wait_longer() -> None:
    """A run waits minutes for the service: only reading has a time."""
    assert supervise([], 1, BEGIN + "production_is_read()\nEvent().wait(1.5)\nsys.exit(4)\n") == 4


def test_memory_is_limited_and_work_may_take_more(capfd: pytest.CaptureFixture[str]) -> None:
    """One that reads has 1 GB, one that works has 4."""
    assert supervise([], 60, BEGIN + MEMORY.format(size=2)) == 2
    assert capfd.readouterr().err.startswith(
        "error: the production takes more than 1 GB of memory\nhint: `--untrusted`"
    )
    assert supervise([], 60, f"{BEGIN}production_is_read()\nbytearray(2_000_000_000)\n") == 0
    assert supervise([], 60, f"{BEGIN}production_is_read()\n{MEMORY.format(size=5)}") == 2
    assert capfd.readouterr().err.startswith("error: the production takes more than 4 GB of memory\n")


def test_processes_that_are_started_have_the_limits(capfd: pytest.CaptureFixture[str]) -> None:
    """The memory of ffmpeg and its processor time are bounded by the system as well."""
    shown = "import resource as r; print(r.getrlimit(r.RLIMIT_DATA)[0], r.getrlimit(r.RLIMIT_CPU)[0])"
    started = f"subprocess.run([sys.executable, '-c', {shown!r}], check=True)\n"
    assert supervise([], 60, f"{BEGIN}{started}production_is_read()\n{started}") == 0
    assert capfd.readouterr().out.split() == ["1000000000", "120", "4000000000", "3600"]


def test_a_crash_in_c_code_is_an_error() -> None:
    """While the production is read it is the production's; afterwards a failure of the work."""
    with pytest.raises(LimitExceeded, match="reading the production ended by a crash"):
        supervise([], 60, BEGIN + "os.abort()\n")
    with pytest.raises(WorkCrashed, match="the work ended by a crash") as raised:
        supervise([], 60, BEGIN + "production_is_read()\nos.abort()\n")
    assert raised.value.exit_code == 1


def test_a_signal_ends_both_processes(tmp_path: Path) -> None:
    """CI ends a step by a signal to the first process; the second one ends in order, with 130."""
    ready = tmp_path / "ready"
    waits = f"def wait():\n open({str(ready)!r}, 'w').close()\n Event().wait()\nsys.exit(guarded(wait))\n"
    first = (
        f"import sys\nfrom wanflow.cli.supervision import supervise\nsys.exit(supervise([], 50, {BEGIN + waits!r}))\n"
    )
    with subprocess.Popen([sys.executable, "-c", first], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while not ready.exists() and process.poll() is None:
            os.sched_yield()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate()
    assert (process.returncode, err) == (130, b"interrupted\n")


def test_memory_is_measured_where_the_system_has_no_limit() -> None:
    """By `ps`, which every Unix has; a process that ended has none."""
    assert (resident_bytes(os.getpid()) > 10_000_000) is (shutil.which("ps") is not None)
    assert resident_bytes(2**22 + 1) == 0


def test_a_command_says_and_gives_the_same_in_its_second_process(film: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit codes, stdout and stderr; a module in the production's folder is not imported."""
    for name in ("yaml.py", "click.py", "wanflow.py", "sitecustomize.py", "re.py"):
        (film.parent / name).write_text("raise SystemExit('hostile')\n", encoding="utf-8")
    assert main(["validate", "--untrusted"]) == 0
    assert tuple(capfd.readouterr()) == ("", "no problems in wanflow.yaml\n")
    rewrite(film, "cuts:\n", "cutz: {}\ncuts:\n")
    assert main(["validate", "--untrusted", "--format", "github"]) == 2
    done = capfd.readouterr()
    assert done.out.startswith("::error file=wanflow.yaml,line=24,")
    assert "hostile" not in done.err


def test_an_untrusted_run_renders(film: Path) -> None:
    """The animatic of a production from elsewhere is rendered as ever."""
    done = call(film.parent, "run", "--untrusted", "-q", python=["-P"])
    assert (done.returncode, done.stderr) == (0, "")
    assert (film.parent / "out" / "main.mp4").is_file()
