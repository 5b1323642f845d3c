"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio.testing
from hypothesis import HealthCheck, settings

from kit.constraints import ROOT, constraints, differing
from wanflow.cli.main import GARBAGE_AFTER

# An example's verdict is about what it does: on a busy machine each may take any time.
settings.register_profile("wanflow", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wanflow")

# A shell in the background lets the suite ignore Ctrl-C, `nohup` the end of the terminal, and a runner may block
# signals; the programs under test would inherit that, and run on for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
for inherited in ("SIGHUP", "SIGQUIT", "SIGTERM", "SIGALRM", "SIGCHLD", "SIGWINCH"):
    if hasattr(signal, inherited) and signal.getsignal(getattr(signal, inherited)) is signal.SIG_IGN:
        signal.signal(getattr(signal, inherited), signal.SIG_DFL)
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_SETMASK, ())

# Containers often forbid to keep compiled modules: each of a thousand commands would compile wanflow again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Tests read English messages, whatever the locale of the machine.
os.environ["WANFLOW_LANG"] = "en"

# Commands of tests do their work each time; a stamp would also lie in the home of whoever runs the tests.
os.environ["WANFLOW_STAMP"] = "off"


def pytest_report_header() -> str:
    """Names what `make test-newest` tests in other versions than `make test`."""
    told = differing(constraints((ROOT / "constraints.txt").read_text(encoding="utf-8")))
    return "\n".join(["constraints.txt: as installed"] if not told else ["constraints.txt is behind:", *told])


def pytest_collection_finish() -> None:
    """Looks for circles among objects as rarely as the program does, and never among those of the tests themselves.

    At Python's own threshold that took a sixth of the time of all tests, which keep a million objects.
    """
    gc.set_threshold(GARBAGE_AFTER)
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def quick_disk() -> Iterator[None]:
    """A flush waits for no disk: no test loses its power, and tens of thousands of flushes would take minutes.

    The order of flushes and renames is held by `tests/crash`, and processes that tests start flush as they do.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # which knows a bad handle too
        yield


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Virtual time: an hour of polling passes in no time (law 9). Nothing real may be waited for under it."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: a good part of the tests waits for processes and services."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def stamps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Commands leave stamps, in a cache of this test."""
    monkeypatch.delenv("WANFLOW_STAMP")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "wanflow" / "stamps"
