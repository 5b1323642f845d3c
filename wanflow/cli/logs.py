"""What libraries log or warn of, printed like every other line: without a key, and safe."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from wanflow.characters import LONGEST_MESSAGE, shown, shown_lines
from wanflow.cli.exit_code import without_secrets


@contextmanager
def printed_logs() -> Iterator[None]:
    """Print records that no handler of a library takes, and warnings of Python, as lines on stderr that are safe."""
    last = logging.lastResort
    if last is None:
        yield
        return
    formatter, showwarning = last.formatter, warnings.showwarning
    last.setFormatter(_LineFormatter("%(levelname)s: %(name)s: %(message)s"))
    warnings.showwarning = _log_warning
    try:
        yield
    finally:
        warnings.showwarning = showwarning
        last.setFormatter(formatter)


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del file, line
    logging.getLogger(category.__name__).warning("%s (%s:%d)", message, filename, lineno)


class _LineFormatter(logging.Formatter):
    """A record on one line, and a traceback on its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging calls
        """The line of a record."""
        record.levelname = record.levelname.lower()
        return shown(without_secrets(super().formatMessage(record)), LONGEST_MESSAGE)

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name that logging calls
        """The lines of a traceback."""
        return shown_lines(without_secrets(super().formatException(ei)))  # type: ignore[arg-type]
