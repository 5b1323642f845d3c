"""The process of a command: it looks for no garbage while it imports, and leaves its memory to the system at its end.

Python looks through all that a process imports again and again, and frees every object of a process that ends, which
the system does anyway. What else Python does at its end is done: threads are waited for, functions of `atexit` are
called, streams are written out.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from _collections_abc import Callable  # loaded by os; collections.abc takes 1 ms


def run_and_end(command: Callable[[], int]) -> None:
    """Run the command of this process, and end the process with its exit code.

    The command line looks for garbage once it has imported the command (`cli.main`).
    """
    gc.disable()
    end = ProcessEnd()
    if not atexit._ncallbacks():  # noqa: SLF001 - functions from before ours would be called after it, so never
        atexit.register(end)
    end.code = command()
    sys.exit(end.code)


class ProcessEnd:
    """The last function of `atexit`: ends the process with `code`, which is None until the command has ended.

    Where a stream cannot be written out, or somebody watches the process, the end is Python's own.
    """

    code: int | None = None

    def __call__(self) -> None:
        """End the process, which runs nothing more."""
        if self.code is None or _is_watched():
            return
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None and not stream.closed:
                    stream.flush()
        except (OSError, ValueError):
            return
        os._exit(self.code)


def _is_watched() -> bool:
    """Whether a debugger, a profiler or Python's warnings want to see objects freed."""
    watched = sys.gettrace() is not None or sys.getprofile() is not None
    return watched or sys.flags.dev_mode or bool(sys.warnoptions)
