"""Being asked before money is spent, on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from kit.clips import numbered_clip
from kit.project import clean, write_production
from kit.served import PATIENCE_SECONDS, Served, playing, recorded

PRODUCTION = """\
wanflow: 1
backend: dashscope
shots:
  coast: {model: wan2.7-i2v, first_frame: sets/coast.png, prompt: p, resolution: 720P, duration: 2}
"""


def answer(folder: Path, service: Served, words: str) -> tuple[int, str]:
    """Run in a folder on a terminal of its own, type an answer, and give the exit code and what was shown."""
    ours, theirs = pty.openpty()
    environ = clean({"DASHSCOPE_HTTP_BASE_URL": service.base_url, "DASHSCOPE_API_KEY": "sk-animatic", "TERM": "dumb"})
    command = [sys.executable, "-m", "wanflow", "run", "--poll-interval", "0.1", "--timeout", str(PATIENCE_SECONDS)]
    with subprocess.Popen(command, cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, words.encode())
        shown = _read(ours)
        code = process.wait(timeout=PATIENCE_SECONDS)
    os.close(ours)
    return code, shown


def _read(terminal: int) -> str:
    """Everything until the other side has closed the terminal, which Linux tells as an error."""
    shown = b""
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            return shown.decode()
        if not chunk:
            return shown.decode()
        shown += chunk


@pytest.mark.parametrize("words", ["n\n", "\n"])
def test_whoever_does_not_say_yes_sends_nothing(words: str, tmp_path: Path) -> None:
    """No is what a mere Enter means; 3, after the plan's totals were shown."""
    write_production(tmp_path, PRODUCTION)
    with recorded() as service:
        code, shown = answer(tmp_path, service, words)
    assert code == 3
    assert "a run renders 1 take (2 s of footage)" in shown
    assert "render 1 take for 1.20 CNY? [y/N]" in shown
    assert service.seen == []


def test_whoever_leaves_at_the_question_sends_nothing(tmp_path: Path) -> None:
    """Ctrl-D at the question: 130, and nothing was sent."""
    write_production(tmp_path, PRODUCTION)
    with recorded() as service:
        code, shown = answer(tmp_path, service, "\x04")
    assert code == 130
    assert "interrupted: what was finished is kept" in shown
    assert service.seen == []


def test_yes_submits_what_was_shown(tmp_path: Path) -> None:
    """One request, as the plan said, and its film is fetched."""
    write_production(tmp_path, PRODUCTION)
    with playing(numbered_clip(tmp_path / "made.mp4", 60)) as service:
        code, _ = answer(tmp_path, service, "y\n")
    assert code == 0
    assert len(service.calls("POST", "/video-synthesis")) == 1
