"""What the emulator does wrong on purpose: a script of faults, each met by calls in their order."""

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
    """The file of `--faults` is no fault script."""


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """One thing that goes wrong: `on` which call, after how many that pass (`skip`), how often (`times`, 0 for ever).

    With `status` an error is answered and nothing is done, with `drop` the connection is closed instead. Otherwise the
    call is done, and its answer comes `late`, is `garbage`, is lost with the connection (`lose`), or never comes
    (`stall`). A download breaks off after `cut` bytes, promises more than it has (`lie`), is `short` of some bytes, or
    its address is refused (`expire`). A query does not know its task (`forget`). A list misses the tasks of the last
    `lag` seconds, or those before the last `reach` seconds. A task fails with `code`.
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

    def strikes(self, number: int) -> bool:
        """Whether it happens to the call of this number, from 0."""
        return number >= self.skip and (not self.times or number < self.skip + self.times)


WELL = ScriptedFault("nothing")
"""Nothing goes wrong."""


class FaultScript:
    """A script as it is played: a call counts for each fault that it could meet, and meets the first that strikes."""

    def __init__(self, script: Sequence[ScriptedFault] = ()) -> None:
        self._script = script
        self._met = [0] * len(script)

    def meet(self, on: str, model: str | None = None) -> ScriptedFault | None:
        """The fault that this call meets, None where all goes well."""
        struck: ScriptedFault | None = None
        for place, fault in enumerate(self._script):
            if fault.on != on or fault.model not in {None, model}:
                continue
            if struck is None and fault.strikes(self._met[place]):
                struck = fault
            self._met[place] += 1
        return struck


def read_script(path: Path) -> tuple[ScriptedFault, ...]:
    """The faults of a file; raises ScriptUnreadable with the place and what is wrong there."""
    try:
        script = json.loads(path.read_bytes())
    except OSError as fault:
        raise ScriptUnreadable(f"`{path}` can't be read: {(fault.strerror or str(fault)).lower()}") from fault
    except ValueError as fault:
        raise ScriptUnreadable(f"`{path}` is no JSON: {fault}", hint="`docs/emulator.md` shows one") from fault
    wrong = next(iter(schemas.violations(script, SCHEMA)), None)
    if wrong is not None:
        raise ScriptUnreadable(f"`{path}`: {_complaint(wrong)}", hint="`docs/emulator.md` shows one")
    return tuple(ScriptedFault(**fault) for fault in script["faults"])


def _complaint(wrong: schemas.Violation) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong.path).lstrip(".")
    if wrong.rule == "oneOf":
        one = ", ".join(f"`{name}`" for name in ONE_THING)
        return f"{place}: a fault does one thing, on a call that can: {one}, or a task's `code`"
    return f"{place or 'the script'}: breaks `{wrong.rule}: {json.dumps(wrong.wanted)}`"
