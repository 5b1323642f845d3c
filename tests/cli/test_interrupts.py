"""Who stops a run, waits for one, or finds one at work: real processes against a service on a socket."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit.clips import numbered_clip
from kit.project import call, write_production
from kit.run_processes import PAID, QUICK, environ, open_tasks, running, until
from kit.served import PATIENCE_SECONDS, playing
from wanflow.emulator.api.endpoint import AccountTerms
from wanflow.emulator.api.fault_script import ScriptedFault

CRAMPED = """
import resource, sys
from wanflow.cli.main import main
room = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
sys.exit(main(sys.argv[1:]))
"""
"""wanflow in a process whose files cannot grow beyond this many bytes."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of film."""
    return numbered_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 60)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A production on the paid backend."""
    return write_production(tmp_path, PAID)


def test_ctrl_c_names_what_is_in_flight_and_that_it_will_be_charged(film: Path, clip: Path) -> None:
    """130 with the state saved; the next run pays for nothing again."""
    with playing(clip, held=True) as service:
        with running(film, service) as process:
            told = until(process, "task.submitted", 2)
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=PATIENCE_SECONDS)
        submitted = {str(item["task_id"]) for item in told if item["event"] == "task.submitted"}
        assert process.returncode == 130
        last = json.loads(out.splitlines()[-1])
        assert (last["event"], last["exit_code"], last["submitted"]) == ("run.finished", 130, 2)
        assert set(open_tasks(film)) == submitted
        assert all(task in said for task in submitted)
        assert "2 tasks will be charged when done" in said
        assert "Traceback" not in said
        service.release()
        again = call(film.parent, "run", *QUICK, environ=environ(service))
        last = json.loads(again.stdout.splitlines()[-1])
        assert (again.returncode, last["submitted"], last["collected"]) == (0, 0, 2)
        assert len(service.charged()) == 2


def test_ctrl_c_while_a_request_is_on_the_wire_learns_what_was_bought(film: Path, clip: Path) -> None:
    """The answer is awaited and written down: nothing is left of unknown fate."""
    with playing(clip, AccountTerms(faults=(ScriptedFault("submit", late=2, times=0),)), held=True) as service:
        with running(film, service, "coast") as process:
            until(process, "step.started")
            service.await_call("POST", "video-synthesis")
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130
        (task,) = open_tasks(film)
        assert f"in flight: coast.t1 (task {task})" in said
        last = json.loads(out.splitlines()[-1])
        assert (last["event"], last["submitted"]) == ("run.finished", 1)


def test_ctrl_c_twice_leaves_at_once(film: Path, clip: Path) -> None:
    """Whoever does not want to wait for an answer leaves it to the next run, which looks it up and pays nothing again."""
    with playing(clip, AccountTerms(faults=(ScriptedFault("submit", stall=True),))) as service:
        with running(film, service, "coast") as process:
            until(process, "step.started")
            service.await_call("POST", "video-synthesis")
            process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130
        assert "of unknown fate: coast.t1" in said
        assert "Traceback" not in said
        again = call(film.parent, "run", "coast", *QUICK, environ=environ(service))
        assert again.returncode == 0, again.stderr
        assert len(service.charged()) == 1


def test_a_second_run_leaves_or_waits(film: Path, clip: Path) -> None:
    """It says who holds the production; with `--wait` it goes on when the first is done, and has nothing to do."""
    with playing(clip, held=True) as service, running(film, service) as process:
        until(process, "task.submitted", 2)
        refused = call(film.parent, "run", *QUICK, environ=environ(service))
        looked = call(film.parent, "status", environ=environ(service))
        with running(film, service, "--wait") as second:
            (waits,) = until(second, "warning")
            service.release()
            process.communicate(timeout=PATIENCE_SECONDS)
            waited, _ = second.communicate(timeout=PATIENCE_SECONDS)
        assert refused.returncode == 3
        assert f"another run is active in this production (process {process.pid} on" in refused.stderr
        assert "`--wait`" in refused.stderr
        assert looked.returncode == 0
        assert (second.returncode, process.returncode) == (0, 0)
        assert "waiting for its end" in str(waits["message"])
        assert json.loads(waited.splitlines()[-1])["submitted"] == 0
        assert len(service.charged()) == 2


def test_a_killed_run_blocks_no_other(film: Path, clip: Path) -> None:
    """Its lock is stale and is taken over; its tasks are collected."""
    with playing(clip, held=True) as service:
        with running(film, service) as process:
            until(process, "task.submitted", 2)
            process.kill()
            process.wait()
        service.release()
        again = call(film.parent, "run", *QUICK, environ=environ(service))
        assert again.returncode == 0, again.stderr
        assert len(service.charged()) == 2


@pytest.mark.parametrize(("room", "sent"), [(0, 0), (8_000, 2)])
def test_a_full_disk_loses_nothing(film: Path, clip: Path, room: int, sent: int) -> None:
    """Without room for the intent nothing is sent; without room for the film its task stays open. Said, with the way out."""
    assert clip.stat().st_size > 8_000
    with playing(clip) as service:
        with running(film, service, wanflow=(sys.executable, "-c", CRAMPED, str(room))) as process:
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 1
        assert "Traceback" not in said
        assert len(service.charged()) == sent
        assert len(open_tasks(film)) == sent
        again = call(film.parent, "run", *QUICK, environ=environ(service))
        assert again.returncode == 0, again.stderr
        assert len(service.charged()) == 2


def test_a_store_that_can_not_be_written_sends_nothing(film: Path, clip: Path) -> None:
    """A file lies where its folder should be: the way out is said before anything is bought."""
    (film.parent / ".wanflow").write_text("in the way", encoding="utf-8")
    with playing(clip) as service:
        said = call(film.parent, "run", *QUICK, environ=environ(service))
        assert said.returncode == 1
        assert "Traceback" not in said.stderr
        assert "`.wanflow`" in said.stderr
        assert service.charged() == ()
