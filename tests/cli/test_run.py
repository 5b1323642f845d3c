"""`wanflow run`, with the real animatic and the real ffmpeg."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from kit.project import ONE, call, clean, rewrite, write_production

ESCAPE = "\x1b["


def test_stdout_is_the_path_of_each_cut(rendered: Path) -> None:
    """A run with nothing to do prints where the cuts are, as seen from here, and says on stderr why it was quick."""
    result = call(rendered.parent, "run")
    assert (result.returncode, result.stdout) == (0, "out/main.mp4\n")
    assert result.stderr == "nothing to do: 4 nodes are up to date\n"
    away = call(rendered.parents[1], "run", "--file", f"{rendered.parent.name}/wanflow.yaml")
    assert away.stdout == f"{rendered.parent.name}/out/main.mp4\n"
    assert (rendered.parent / "out" / "main.mp4").stat().st_size


def test_every_event_is_told_as_json(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--json` prints one event a line with time and node; the last one counts what happened."""
    monkeypatch.chdir(tmp_path)
    write_production(tmp_path, ONE)
    said = wanflow("run", "--json", "--yes")
    events = [json.loads(line) for line in said.out.splitlines()]
    names = [event["event"] for event in events]
    assert said.code == 0
    for name in ("step.started", "task.submitted", "task.state", "take.stored", "step.finished", "cut.finished"):
        assert name in names, name
    assert all(datetime.fromisoformat(event["time"]).tzinfo for event in events)
    assert all("node" in event for event in events[:-1])
    last = {key: value for key, value in events[-1].items() if key != "time"}
    assert last == {
        "event": "run.finished",
        "exit_code": 0,
        "submitted": 1,
        "collected": 0,
        "reused": 0,
        "derived": 1,
        "failed": 0,
        "blocked": 0,
        "cost": {"amount": "0", "currency": "CNY"},
        "cuts": {"main": "out/main.mp4"},
    }


def test_an_edit_renders_only_what_depends_on_it(wanflow, rendered: Path) -> None:
    """After an edit of the last shot, the first one is reused."""
    rewrite(rendered, "comes near", "comes nearer")
    said = wanflow("run", "--json")
    last = json.loads(said.out.splitlines()[-1])
    assert (said.code, last["submitted"], last["reused"]) == (0, 1, 2)
    assert (rendered.parent / "out" / "shots" / "approach.t2.mp4").is_file()


def test_a_grade_is_for_new_takes_of_the_animatic(wanflow, rendered: Path) -> None:
    """Another grade renders nothing again, a retake is drawn in it, and a paid backend refuses it."""
    shots = rendered.parent / "out" / "shots"
    assert b"rc=cqp" in (shots / "coast.t1.mp4").read_bytes()
    assert wanflow("run", "--grade", "final").err == "nothing to do: 4 nodes are up to date\n"
    assert wanflow("retake", "coast").code == 0
    assert wanflow("run", "coast", "-q", "--grade", "final").code == 0
    assert b"rc=crf" in (shots / "coast.t2.mp4").read_bytes()
    refused = wanflow("run", "--backend", "dashscope", "--grade", "draft")
    assert refused.code == 2
    assert "`--grade` is for animatics: `dashscope` renders the films itself" in refused.err


def test_an_idle_run_tells_programs_too(wanflow, rendered: Path) -> None:
    """With nothing to do the JSON stream is its last line."""
    (line,) = wanflow("run", "--json").out.splitlines()
    assert json.loads(line)["submitted"] == 0


def test_locked_refuses_to_render(wanflow, rendered: Path) -> None:
    """`--locked` is fine with nothing to render, and 3 before anything is done otherwise."""
    assert wanflow("run", "--locked").code == 0
    rewrite(rendered, "comes near", "comes nearer")
    said = wanflow("run", "--locked")
    assert said.code == 3
    assert "1 take would be rendered: approach.t2" in said.err
    assert not (rendered.parent / "out" / "shots" / "approach.t2.mp4").exists()


def test_selected_shots_only(wanflow, film: Path) -> None:
    """A selector runs what it means and nothing else; without the cut no path is printed."""
    said = wanflow("run", "coast", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert [path.name for path in (film.parent / "out" / "shots").iterdir()] == ["coast.t1.mp4"]


def test_a_failure_is_told_and_stops_only_what_needs_it(
    wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that turns out to be none fails its shot with words; exit code 1, and what depends on it is counted."""
    monkeypatch.chdir(tmp_path)
    file = write_production(tmp_path)
    monkeypatch.setenv("WANFLOW_FFMPEG", sys.executable)
    said = wanflow("run", "-f", str(file))
    assert said.code == 1
    assert "error: coast.t1:" in said.err
    assert "failed: coast.t1" in said.err
    assert "Traceback" not in said.err


def test_a_terminal_sees_live_progress(tmp_path: Path) -> None:
    """On a terminal lines are redrawn in place; stdout still carries only the path."""
    write_production(tmp_path, ONE)
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "wanflow", "run"]
    environ = clean({"TERM": "xterm-256color"})
    process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=terminal, text=True)
    os.close(terminal)
    seen = _read_all(screen)
    assert process.stdout is not None
    with process:
        assert process.stdout.read() == "out/main.mp4\n"
    assert process.returncode == 0
    assert ESCAPE in seen
    assert "in the queue" in seen
    assert "coast.t1: 2 s, out/shots/coast.t1.mp4" in seen


def test_ctrl_c_leaves_a_state_to_go_on_from(tmp_path: Path) -> None:
    """An interrupted run exits with 130, says what it stopped, and the next run finishes the work."""
    write_production(tmp_path)
    command = [sys.executable, "-m", "wanflow", "run", "--json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=clean({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "task.submitted":
                process.send_signal(signal.SIGINT)
                break
        words = process.stderr.read()
    assert process.returncode == 130
    assert words.startswith("interrupted: what was finished is kept\n")
    assert "stopped: coast.t1\n" in words
    after = call(tmp_path, "run")
    assert (after.returncode, after.stdout) == (0, "out/main.mp4\n")


def _read_all(screen: int) -> str:
    """What a terminal was sent until nobody holds it any more, which Linux tells by an input error."""
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(screen, 65536)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(screen)
    return b"".join(chunks).decode()
