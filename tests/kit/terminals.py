"""Streams that are terminals, and what a command writes on such streams or on pipes."""

from __future__ import annotations

import io
import sys
from typing import NamedTuple

import pytest

from wanflow.cli.main import main


class Terminal(io.TextIOWrapper):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


class Printed(NamedTuple):
    """The exit code of a command, and what it wrote on stdout and on stderr."""

    code: int
    out: str
    err: str


def printed(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], width: int | None, said: str = "") -> Printed:
    """What a command writes on a terminal with colours and this many cells, where `said` is typed; None is a pipe."""
    kind = Terminal if width else io.TextIOWrapper
    streams = [kind(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdin", kind(io.BytesIO(said.encode()), encoding="utf-8"))
        patched.setattr(sys, "stdout", streams[0])
        patched.setattr(sys, "stderr", streams[1])
        patched.setenv("TERM", "xterm")
        patched.setenv("COLUMNS", str(width or 20))
        for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
            patched.delenv(name, raising=False)
        code = main(words)
    out, err = (stream.buffer.getvalue().decode() for stream in streams if isinstance(stream.buffer, io.BytesIO))
    return Printed(code, out, err)
