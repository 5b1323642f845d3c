"""The end of a process: all that Python does at its end is done, but for freeing what the system frees anyway."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wanflow.cli import main as command_line

FREED = """
class Kept:
    def __del__(self):
        os.write(2, b"freed ")
kept = Kept()
"""


def ended(
    program: str, *words: str, options: tuple[str, ...] = (), out: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """A process whose program calls `script` with the words, and what it printed."""
    code = f"import atexit, os, sys, threading\nfrom wanflow.start import script\n{program}\nscript()\n"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, *options, "-c", code, *words]
    return subprocess.run(command, stdout=out, stderr=subprocess.PIPE, env=environ, encoding="utf-8", check=False)


@pytest.mark.parametrize(
    ("words", "code"), [(["models"], 0), (["--version"], 0), (["plam"], 2), (["plan", "-f", "none.yaml"], 2)], ids=str
)
def test_nothing_is_freed_when_a_command_ends(words: list[str], code: int) -> None:
    """Its exit code and its words are those of the command."""
    done = ended(FREED, *words)
    assert (done.returncode, "freed" in done.stderr) == (code, False)
    assert done.stdout or done.stderr


@pytest.mark.parametrize(
    ("program", "options"),
    [
        ("", ("-X", "dev")),
        ("", ("-W", "error")),
        ("sys.settrace(print)", ()),
        ("sys.setprofile(print)", ()),
    ],
    ids=str,
)
def test_whoever_watches_a_process_sees_objects_freed(program: str, options: tuple[str, ...]) -> None:
    """A debugger, a profiler, and warnings of files that were never closed."""
    assert "freed" in ended(FREED + program, "--version", options=options).stderr


def test_functions_of_atexit_are_called() -> None:
    """Those from before the command as well as its own, which may print."""
    before = "atexit.register(os.write, 2, b'before ')"
    during = """
from wanflow import start
def work():
    atexit.register(print, "during")
    return 3
start.main = work
"""
    done = ended(f"{before}\n{during}")
    assert (done.returncode, done.stdout, done.stderr) == (3, "during\n", "before ")
    assert ended(during).stdout == "during\n"


def test_threads_are_waited_for() -> None:
    """What they print after the command has ended is printed."""
    done = ended("""
from wanflow import start
ended = threading.Event()
def late():
    threading.main_thread().join()
    print("late")
def work():
    threading.Thread(target=late).start()
    return 3
start.main = work
""")
    assert (done.returncode, done.stdout) == (3, "late\n")


def test_a_command_that_raises_ends_as_python_has_it() -> None:
    """With a traceback and 1, or with the code of SystemExit."""
    raising = "from wanflow import start\ndef work(): raise {}\nstart.main = work\n"
    done = ended(raising.format("ValueError('seen')"))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "ValueError: seen")
    assert ended(raising.format("SystemExit(7)")).returncode == 7


def test_what_cannot_be_written_at_the_end_is_said() -> None:
    """Python says it, and exits with 120."""
    reader, writer = os.pipe()
    os.close(reader)
    printing = "from wanflow import start\ndef work():\n    print('unread')\n    return 0\nstart.main = work\n"
    done = ended(printing, out=writer)
    os.close(writer)
    assert (done.returncode, "BrokenPipeError" in done.stderr) == (120, True)


def test_what_was_imported_is_never_looked_through_for_garbage(tmp_path: Path) -> None:
    """Garbage is looked for once the command is imported, by our threshold, and never among what was imported."""
    program = """
import gc
from wanflow.cli import logs
def told():
    print(gc.isenabled(), gc.get_threshold()[0], gc.get_freeze_count() > 10_000)
    return printed()
printed, logs.printed_logs = logs.printed_logs, told
"""
    done = ended(program, "models")
    assert done.stdout.splitlines()[0] == f"True {command_line.GARBAGE_AFTER} True"
