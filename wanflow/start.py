"""Where `wanflow` starts: what needs no production is printed before the command line is imported.

Python needs 10 ms to start, and click alone 30 ms more. So the version and the pages of help, which `make docs` writes
to a file, are printed without it. All else is the work of `wanflow.cli.main`.
"""

from __future__ import annotations

import os
import sys

import wanflow
from wanflow.display_language import language_of
from wanflow.help_pages import page_of

COLUMNS = 80
"""Width of a page of help; a wider terminal has the same lines."""


def script() -> None:
    """The program `wanflow`: runs the command of this process, and ends the process with its exit code."""
    from wanflow.process import run_and_end

    run_and_end(main)


def main() -> int:
    """Run the command of this process and give its exit code."""
    text = known_text(sys.argv[1:])
    if text is not None and _is_printed(text):
        return 0
    from wanflow.stamp import answer, may_stamp

    words = sys.argv[1:]
    known = answer(words)
    if known.code is not None:
        return known.code
    if not may_stamp(words):
        return _run_command()
    from wanflow.cli.stamping import stamped

    return stamped(words, _run_command, known)


def _run_command() -> int:
    from wanflow.cli.main import main as run

    return run()


def known_text(words: list[str]) -> str | None:
    """What is printed for the version or a page of help; None where click has to make it."""
    if "_WANFLOW_COMPLETE" in os.environ:
        return None
    if words == ["--version"]:
        return f"wanflow {wanflow.__version__}\n"
    if not words or words[-1] not in {"--help", "-h"} or len(words) > 2 or not _has_columns():
        return None
    return page_of(words[:-1], language_of(os.environ))


def _has_columns() -> bool:
    """Whether lines of help are as wide as those of the pages."""
    if columns := os.environ.get("COLUMNS"):
        return columns.isdecimal() and int(columns) >= COLUMNS
    try:
        return not 0 < os.get_terminal_size(1).columns < COLUMNS
    except OSError:
        return True  # no terminal


def _is_printed(text: str) -> bool:
    """Print a text on stdout; whether it could be: click knows what to do where it cannot."""
    stream = sys.stdout
    if stream is None or not (text.isascii() or (stream.encoding or "").lower() == "utf-8"):
        return False
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        return False
    return True
