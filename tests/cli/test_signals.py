"""Signals by which a system ends a program: to a run they are what Ctrl-C is."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kit.clips import numbered_clip
from kit.project import ONE, clean, rewrite, write_production
from kit.run_processes import PAID, QUICK, WANFLOW, environ, ignoring, open_tasks, running, until
from kit.served import PATIENCE_SECONDS, playing
from wanflow.emulator.api.endpoint import AccountTerms
from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.media.ffmpeg import VARIABLE, find_ffmpeg

LATE = AccountTerms(faults=(ScriptedFault("submit", late=2, times=0),))
"""A service that answers a submission after 2 s."""

ENDLESS = """\
#!/bin/sh
case "$*" in *-version*) exec "{ffmpeg}" "$@" ;; esac
echo $$ >> "{notes}"
exec sleep 600
"""
"""An encoder that notes its process and is never done."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of film."""
    return numbered_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 60)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A production on the paid backend."""
    return write_production(tmp_path, PAID)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_as_ctrl_c_does(film: Path, clip: Path, sign: signal.Signals) -> None:
    """130 with the last event, and what is in flight is named and will be charged."""
    with playing(clip, held=True) as service, running(film, service) as process:
        until(process, "task.submitted", 2)
        process.send_signal(sign)
        out, said = process.communicate(timeout=PATIENCE_SECONDS)
    last = json.loads(out.splitlines()[-1])
    assert (process.returncode, last["event"], last["exit_code"], last["submitted"]) == (130, "run.finished", 130, 2)
    assert len(open_tasks(film)) == 2
    assert all(f"(task {task})" in said for task in open_tasks(film))
    assert said.startswith("interrupted: what was finished is kept\n")
    assert "2 tasks will be charged when done" in said


def test_a_collect_ends_by_a_signal_as_well(film: Path, clip: Path) -> None:
    """What it waits for stays in flight."""
    with playing(clip, held=True) as service:
        with running(film, service, "coast") as process:
            until(process, "task.submitted")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_SECONDS)
        command = [*WANFLOW, "collect", "--json", "--poll-interval", "0.1"]
        with subprocess.Popen(
            command, cwd=film.parent, env=clean(environ(service)), stdout=-1, stderr=-1, text=True
        ) as process:
            until(process, "step.started")
            process.send_signal(signal.SIGTERM)
            out, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, json.loads(out.splitlines()[-1])["exit_code"]) == (130, 130)
    assert "1 task will be charged when done" in said
    assert len(open_tasks(film)) == 1


def test_signals_in_quick_succession_are_one(film: Path, clip: Path) -> None:
    """`timeout` signals its command and then the group: the answer to a request is awaited all the same."""
    with playing(clip, LATE, held=True) as service, running(film, service, "coast") as process:
        service.await_call("POST", "video-synthesis")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGHUP)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    (task,) = open_tasks(film)
    assert process.returncode == 130
    assert f"in flight: coast.t1 (task {task})" in said


def test_a_signal_after_another_ends_a_run_at_once(film: Path, clip: Path) -> None:
    """Whoever does not want to wait for an answer leaves it to the next run."""
    later = AccountTerms(faults=(ScriptedFault("submit", late=60),))
    with playing(clip, later) as service, running(film, service, "coast") as process:
        service.await_call("POST", "video-synthesis")
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert "of unknown fate: coast.t1" in said
    assert "Traceback" not in said


def test_a_job_in_the_background_ends_in_order(film: Path, clip: Path) -> None:
    """A shell starts it deaf to Ctrl-C, and it stays so; a signal is heard, and the answer to a request awaited."""
    with (
        playing(clip, LATE, held=True) as service,
        running(film, service, "coast", before=ignoring("INT")) as process,
    ):
        service.await_call("POST", "video-synthesis")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1])["submitted"] == 1
    assert len(open_tasks(film)) == 1


def test_a_run_under_nohup_outlives_its_terminal(film: Path, clip: Path) -> None:
    """What was ignored from the start stays ignored."""
    with playing(clip) as service, running(film, service, "coast", before=ignoring("HUP")) as process:
        until(process, "step.started")
        process.send_signal(signal.SIGHUP)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out.splitlines()[-1])["submitted"]) == (0, 1)


def test_a_terminal_that_is_closed_ends_a_run_in_order(film: Path, clip: Path) -> None:
    """With the live display on it, which can't be drawn any more."""
    master, slave = os.openpty()
    terminal = os.ttyname(slave)
    command = ["sh", "-c", f'exec "$@" <{terminal} >{terminal} 2>&1', "sh", *WANFLOW, "run", "--yes"]
    with playing(clip, held=True) as service:
        process = subprocess.Popen(
            command,
            cwd=film.parent,
            env=clean({**environ(service), "TERM": "xterm"}),
            start_new_session=True,
        )
        os.close(slave)
        with process:
            while len(open_tasks(film)) < 2:
                os.read(master, 4096)
            os.close(master)
            assert process.wait(timeout=PATIENCE_SECONDS) == 130
    assert len(open_tasks(film)) == 2


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where encoders that are never done note their processes; those that a test left running are killed."""
    notes, script = tmp_path / "encoders", tmp_path / "endless"
    script.write_text(ENDLESS.format(ffmpeg=find_ffmpeg(os.environ), notes=notes), encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    notes.touch()
    yield script
    for encoder in processes(notes):
        with suppress(ProcessLookupError):
            os.kill(encoder, signal.SIGKILL)


def processes(notes: Path) -> list[int]:
    """The processes that were noted."""
    return [int(line) for line in notes.read_text(encoding="utf-8").split()]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_encoder_outlives_a_run_that_was_ended(tmp_path: Path, endless: Path, sign: signal.Signals) -> None:
    """Two takes are being filmed when the signal comes: both encoders have ended when the run has."""
    film = write_production(tmp_path, ONE)
    rewrite(film, "cuts:\n  main: [coast]\n", "")
    rewrite(film, "    duration: 2\n", "    duration: 2\n    takes: 2\n")
    notes = tmp_path / "encoders"
    with subprocess.Popen(
        [*WANFLOW, "run", *QUICK, "-j", "2"],
        cwd=tmp_path,
        env=clean({VARIABLE: str(endless)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while len(processes(notes)) < 2:
            assert process.poll() is None
        process.send_signal(sign)
        out, said = process.communicate(timeout=PATIENCE_SECONDS)
    last = json.loads(out.splitlines()[-1])
    assert (process.returncode, last["event"], last["submitted"]) == (130, "run.finished", 2)
    assert "stopped: coast.t1\nstopped: coast.t2\n" in said
    for encoder in processes(notes):
        with pytest.raises(ProcessLookupError):
            os.kill(encoder, 0)
