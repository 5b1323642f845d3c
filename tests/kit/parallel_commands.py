"""Commands as real processes at once: forked from one that has the command line loaded, so that many cost little."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from wanflow.cli.main import main

PATIENCE_SECONDS = 120
"""Seconds after which a command counts as hung."""
FORKS = multiprocessing.get_context("forkserver")
LOADED = ["wanflow.cli.main", "wanflow.cli.commands.choose", "wanflow.cli.commands.run", "wanflow.cli.logs"]
LOADED += ["wanflow.media.jobs", "wanflow.media.probe"]
"""What a command imports when it is called: half of its time, where each does so for itself."""


def _do(folder: Path, words: Sequence[str], report: Path, environ: Mapping[str, str]) -> None:
    """One command in a process of its own, its words in a file."""
    os.chdir(folder)
    os.environ.update(environ)  # the one that it is forked from began earlier
    handle = os.open(report, os.O_CREAT | os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(handle, stream)
    raise SystemExit(main(list(words)))


def begin(folder: Path, *words: str, report: Path) -> BaseProcess:
    """Start a command in a folder; what it says goes to `report`."""
    FORKS.set_forkserver_preload(LOADED)
    process = FORKS.Process(target=_do, args=(folder, words, report, dict(os.environ)))
    process.start()
    return process


def at_once(folder: Path, *commands: Sequence[str], reports: Path) -> list[int]:
    """Run commands in a folder at once; their exit codes."""
    reports.mkdir(exist_ok=True)
    running = [begin(folder, *words, report=reports / f"{at}.txt") for at, words in enumerate(commands)]
    for process in running:
        process.join(PATIENCE_SECONDS)
    return [-1 if process.exitcode is None else process.exitcode for process in running]
