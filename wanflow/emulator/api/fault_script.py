"""Fault scripts: which faults the emulator injects into which calls (`wanflow emulator --faults`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wanflow import schemas
from wanflow.errors import WanflowError

SCHEMA = "fault-script.schema.json"

ONE_THING = (
    *("status", "drop", "lose", "garbage", "stall", "late"),
    *("cut", "lie", "short", "expire", "forget", "lag", "reach"),
)


class ScriptUnreadable(WanflowError):
    """The file of `--faults` is not a fault script."""


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """One fault: the calls that it affects (`on`), how many pass first (`skip`), how many it affects (`times`, 0: all).

    With `status` the call gets an error and nothing is done; with `drop` the connection is closed instead. Otherwise
    the call is done. Its reply comes `late`, is not JSON (`garbage`), is lost (`lose`), or never comes (`stall`).
    A download breaks off after `cut` bytes, announces too many (`lie`) or is too `short`; `expire` refuses its address.
    A query does not know its task (`forget`). A list misses the tasks of the last `lag` seconds, or those before the
    last `reach` seconds. A task fails with `code`.
    """

    on: str
    model: str | None = None
    skip: int = 0
    times: int = 1
    late: float = 0
    status: int | None = None
    code: str = "InternalError"
    message: str = "An internal error has occured, please try again later or contact service support."
    garbage: bool = False
    lose: bool = False
    drop: bool = False
    stall: bool = False
    cut: int | None = None
    lie: int = 0
    short: int = 0
    expire: bool = False
    forget: bool = False
    lag: float = 0
    reach: float | None = None


NO_FAULT = ScriptedFault("nothing")


class FaultScript:
    """A script in progress: each call counts for every fault that could affect it, and gets the first that does."""

    def __init__(self, script: Sequence[ScriptedFault] = ()) -> None:
        self._script = script
        self._calls = [0] * len(script)

    def next_fault(self, on: str, model: str | None = None) -> ScriptedFault | None:
        """Count a call; the fault that affects it, or None."""
        found: ScriptedFault | None = None
        for place, fault in enumerate(self._script):
            if fault.on != on or fault.model not in {None, model}:
                continue
            number = self._calls[place]
            if found is None and number >= fault.skip and (not fault.times or number < fault.skip + fault.times):
                found = fault
            self._calls[place] += 1
        return found


def read_script(path: Path) -> tuple[ScriptedFault, ...]:
    """The faults of a file; raises ScriptUnreadable with the place and the problem."""
    try:
        script = json.loads(path.read_bytes())
    except OSError as fault:
        raise ScriptUnreadable(f"`{path}` cannot be read: {(fault.strerror or str(fault)).lower()}") from fault
    except ValueError as fault:
        raise ScriptUnreadable(f"`{path}` is not JSON: {fault}", hint="`docs/emulator.md` shows an example") from fault
    wrong = next(iter(schemas.violations(script, SCHEMA)), None)
    if wrong is not None:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong.path).lstrip(".")
        problem = f"{place or 'the script'}: breaks `{wrong.rule}: {json.dumps(wrong.wanted)}`"
        if wrong.rule == "oneOf":
            kinds = ", ".join(f"`{name}`" for name in ONE_THING)
            problem = f"{place}: a fault has exactly one of {kinds}, or for a task `code`, on a call that can have it"
        raise ScriptUnreadable(f"`{path}`: {problem}", hint="`docs/emulator.md` shows an example")
    return tuple(ScriptedFault(**fault) for fault in script["faults"])
