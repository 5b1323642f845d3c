"""Runs exclude each other, and only runs do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.locks import with_take
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow.errors import StoreBusy, StoreFault
from wanflow.store import inventory, lockfile, run_lock
from wanflow.store.layout import Store

HOLD = """
import sys
from pathlib import Path
from wanflow.catalog.provider import default_provider
from wanflow.store import run_lock
from wanflow.store.layout import Store
with run_lock.hold(Store(Path(sys.argv[1]), default_provider())):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path, DASHSCOPE)


def test_a_second_run_is_refused_and_told_who_is_first(store: Store) -> None:
    """It doesn't wait, and names the process, its machine and since when, whatever the backend."""
    words = rf"another run is active in this production \(process {os.getpid()} on .+ since 20\d\d-.+Z\)"
    with run_lock.hold(store), pytest.raises(StoreBusy, match=words), run_lock.hold(Store(store.folder, ANIMATIC)):
        pass


def test_the_next_run_may_start_when_the_first_is_over(store: Store) -> None:
    """Also when the first one ended with an error."""
    with pytest.raises(ZeroDivisionError), run_lock.hold(store):
        raise ZeroDivisionError
    with run_lock.hold(store):
        assert store.format.exists()


def test_a_killed_run_blocks_no_other(store: Store) -> None:
    """The system lets go of what a dead process held; its name that stays behind has no effect."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusy, match=f"process {holder.pid} on"), run_lock.hold(store):
            pass
        holder.kill()
    with run_lock.hold(store):
        pass


def test_picking_and_looking_never_wait_for_a_run(store: Store) -> None:
    """While a run holds the production, the lock is changed and the store is read."""
    with run_lock.hold(store):
        changed = lockfile.update(store.lock, lambda lock: with_take(lock, "coast", "first"))
        assert inventory.survey(store, {}).lock == changed


@pytest.mark.parametrize(
    ("text", "message"), [('{"wanflow.store": 2}', "version 2, this wanflow reads 1"), ("{", "`store.json` is damaged")]
)
def test_a_store_of_a_newer_wanflow_is_refused(store: Store, text: str, message: str) -> None:
    """Neither a run nor a look guesses at what a newer layout means."""
    store.root.mkdir()
    store.format.write_text(text, encoding="utf-8")
    with pytest.raises(StoreFault, match=message), run_lock.hold(store):
        pass
    with pytest.raises(StoreFault, match=message):
        inventory.survey(store, {})
