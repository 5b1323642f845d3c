"""Real runs of a paid production, watched and disturbed while they are under way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kit.project import clean
from kit.served import Served
from wanflow import api
from wanflow.emulator.api.endpoint import KEY
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE
from wanflow.store import journal

PAID = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  gull: {first_frame: sets/coast.png, prompt: a gull}
"""
"""Two shots on the paid backend, and no cut."""

QUICK = ("--yes", "--json", "--poll-interval", "0.1")
"""Options of a run that pays without asking, looks often and tells a program."""

WANFLOW = (sys.executable, "-m", "wanflow")


def environ(service: Served) -> dict[str, str]:
    """The way to a service."""
    return {BASE_VARIABLE: service.base_url, KEY_VARIABLE: KEY}


def ignoring(name: str) -> tuple[str, ...]:
    """Words before a command that start it with a signal ignored, as `nohup` and a shell's `&` do."""
    return ("sh", "-c", f'trap "" {name}; exec "$@"', "sh")


@contextmanager
def running(
    film: Path, service: Served, *words: str, before: Sequence[str] = (), wanflow: Sequence[str] = WANFLOW
) -> Iterator[subprocess.Popen[str]]:
    """A run under way, which is killed at the end; `before` are words before its command."""
    with subprocess.Popen(
        [*before, *wanflow, "run", *QUICK, *words],
        cwd=film.parent,
        env=clean(environ(service)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], event: str, times: int = 1) -> list[dict[str, object]]:
    """Read events until one was told so often."""
    assert process.stdout is not None
    told: list[dict[str, object]] = []
    while sum(item["event"] == event for item in told) < times:
        told.append(json.loads(process.stdout.readline()))
    return told


def open_tasks(film: Path) -> list[str]:
    """What the journal says is in flight."""
    return [task.task_id for task in journal.read(api.store_of(api.load(film))).open]
