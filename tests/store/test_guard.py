"""One process at a time, on file systems with locks and without."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kit.filesystems import LOCKLESS, WITHOUT_LOCKS, refusing, without_locks
from kit.locks import with_take
from kit.providers import DASHSCOPE
from wanflow.errors import StoreBusy
from wanflow.store import lockfile, run_lock
from wanflow.store.layout import Store

HOLD = """
import sys
from pathlib import Path
from wanflow.store import run_lock
run_lock.seize(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""
COUNT = """
import sys
from pathlib import Path
from wanflow.store import run_lock
counter = Path(sys.argv[2])
for _ in range(25):
    release = run_lock.seize(Path(sys.argv[1]), 60)
    counter.write_text(str(int(counter.read_text()) + 1))
    release()
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """What is held."""
    return tmp_path / "run.lock"


@pytest.mark.parametrize("code", WITHOUT_LOCKS)
def test_without_locks_a_second_holder_is_refused_and_nothing_is_left(
    place: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A folder takes the place of the system's lock; it goes with its holder, and no warning is printed."""
    without_locks(monkeypatch, code)
    release = run_lock.seize(place)
    with pytest.raises(run_lock.LockTaken) as taken:
        run_lock.seize(place)
    assert taken.value.way_out == f"; if that process has ended, remove `{place}.held`"
    release()
    assert [path.name for path in place.parent.iterdir()] == ["run.lock"]
    run_lock.seize(place)()


def test_a_system_that_ends_holds_needs_no_way_out(place: Path) -> None:
    """With locks nothing is ever to be removed by hand."""
    release = run_lock.seize(place)
    with pytest.raises(run_lock.LockTaken) as taken:
        run_lock.seize(place)
    assert taken.value.way_out == ""
    release()


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_trouble_of_the_disk_is_not_taken_for_a_lack_of_locks(
    place: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A disk that fails is reported, by `doctor` too."""
    without_locks(monkeypatch, code)
    for attempt in (run_lock.seize, lambda path: run_lock.has_locks(path.parent)):
        with pytest.raises(OSError) as fault:
            attempt(place)
        assert fault.value.errno == code


def test_without_locks_the_hold_of_a_killed_process_ends(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder stays behind, and the next one sees that the process is gone."""
    with holding(place) as holder:
        without_locks(monkeypatch)
        with pytest.raises(run_lock.LockTaken):
            run_lock.seize(place)
        holder.kill()
    assert list(place.with_name("run.lock.held").iterdir())
    run_lock.seize(place)()
    assert [path.name for path in place.parent.iterdir()] == ["run.lock"]


def test_without_locks_the_hold_of_another_machine_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a process of another machine runs can't be known, also where one here had its number."""
    without_locks(monkeypatch)
    with monkeypatch.context() as there:
        there.setattr(run_lock, "_machine", lambda: "another")
        run_lock.seize(place)
    (name,) = place.with_name("run.lock.held").iterdir()
    with holding(place.with_name("other")) as gone:
        gone.kill()
    name.rename(name.with_name(f"{gone.pid}.{name.name.partition('.')[2]}"))
    with pytest.raises(run_lock.LockTaken):
        run_lock.seize(place)


def test_without_locks_no_two_processes_hold_at_once(place: Path) -> None:
    """Four processes count up by reading and writing, from behind the hold of a killed one: no step is lost."""
    with holding(place) as gone:
        gone.kill()
    counter = place.with_name("counter")
    counter.write_text("0", encoding="utf-8")
    words = [sys.executable, "-c", f"{LOCKLESS}{COUNT}", str(place), str(counter)]
    counters = [subprocess.Popen(words) for _ in range(4)]
    assert [process.wait() for process in counters] == [0] * 4
    assert counter.read_text(encoding="utf-8") == "100"


def test_without_locks_writers_of_a_lock_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads, each adding a take of its own shot."""
    without_locks(monkeypatch)
    path = tmp_path / "wanflow.lock"

    def add(name: str) -> None:
        lockfile.update(path, lambda lock: with_take(lock, name, name))

    writers = [threading.Thread(target=add, args=(f"shot{number}",)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert set(lockfile.read(path).shots) == {f"shot{number}" for number in range(8)}


def test_without_locks_a_second_run_is_told_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who runs, and what to remove if that one runs no more."""
    without_locks(monkeypatch)
    store = Store(tmp_path, DASHSCOPE)
    with (
        run_lock.hold(store),
        pytest.raises(StoreBusy, match="another run is active in this production") as busy,
        run_lock.hold(store),
    ):
        pass
    assert f"remove `{store.run_lock}.held`" in (busy.value.hint or "")
    with run_lock.hold(store):
        pass


def test_a_folder_that_can_not_be_moved_there_is_trouble(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal where no process holds the place ends the wait at once, and no draft stays."""
    without_locks(monkeypatch)
    monkeypatch.setattr(Path, "rename", refusing(errno.EACCES))
    with pytest.raises(PermissionError):
        run_lock.seize(place, 60)
    assert [path.name for path in place.parent.iterdir()] == ["run.lock"]


def holding(place: Path) -> subprocess.Popen[str]:
    """A process that holds a place on a file system without locks, to be killed."""
    words = [sys.executable, "-c", f"{LOCKLESS}{HOLD}", str(place)]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder
