"""Fault scripts: which faults the emulator injects into which calls (`wanflow emulator --faults`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from wanflow import schemas
from wanflow.boundary import Boundary
from wanflow.emulator.api.order import FilmFault, FilmFaultKind
from wanflow.errors import ExitCode, WanflowError, words_of_system
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.suggest import did_you_mean, hint_for_path
from wanflow.yamldoc.nodes import MapNode, Node, node_at
from wanflow.yamldoc.parse import parse

SCHEMA = "fault-script.schema.json"

ONE_THING = (
    *("status", "drop", "lose", "garbage", "stall", "late", "queue"),
    *("cut", "lie", "short", "expire", "forget", "lag", "reach", "deliver"),
)


class ScriptUnreadable(WanflowError):
    """The file of `--faults` is not a fault script."""

    exit_code = ExitCode.WRONG


@immutable
class ScriptedFault:
    """One fault: the calls that it affects (`on`), how many pass first (`skip`), how many it affects (`times`, 0: all).

    With `status` the call gets an error and nothing is done; with `drop` the connection is closed instead. Otherwise
    the call is done. Its reply comes `late`, is not JSON (`garbage`), is lost (`lose`), or never comes (`stall`).
    A submitted task stays PENDING for `queue` seconds.
    A download breaks off after `cut` bytes, announces too many (`lie`) or is too `short`; `expire` refuses its address.
    A query does not know its task (`forget`). A list misses the tasks of the last `lag` seconds, or those before the
    last `reach` seconds. A task fails with `code`, or delivers a `film` with a fault.
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
    queue: float = 0
    cut: int | None = None
    lie: int = 0
    short: int = 0
    expire: bool = False
    forget: bool = False
    lag: float = 0
    reach: float | None = None
    film: FilmFault | None = None


NO_FAULT = ScriptedFault("nothing")


class FaultScript:
    """A script in progress: each call counts for every fault that could affect it, and gets the first that does."""

    def __init__(self, script: Sequence[ScriptedFault] = ()) -> None:
        self._script = script
        self._calls = [0] * len(script)

    def next_fault(
        self, on: str, model: str | None = None, can_show: Callable[[FilmFaultKind], bool] = lambda _: True
    ) -> ScriptedFault | None:
        """Count a call; the fault that affects it, or None.

        `can_show` says whether the film of a task can have a fault; one that it cannot have does not count the task.
        """
        found: ScriptedFault | None = None
        for place, fault in enumerate(self._script):
            if fault.on != on or fault.model not in {None, model}:
                continue
            if fault.film is not None and not can_show(fault.film.kind):
                continue
            number = self._calls[place]
            if found is None and number >= fault.skip and (not fault.times or number < fault.skip + fault.times):
                found = fault
            self._calls[place] += 1
        return found


EXAMPLE = tr("`docs/emulator.md` shows an example")


def read_script(path: Path) -> tuple[ScriptedFault, ...]:
    """The faults of a file; raises ScriptUnreadable with the place of every problem."""
    try:
        data = path.read_bytes()
    except OSError as fault:
        hint = (
            hint_for_path(path.parent, path.name, Boundary(path.parent))
            if isinstance(fault, FileNotFoundError)
            else None
        )
        raise ScriptUnreadable(
            tr("`{path}` cannot be read: {strerror}", path=path, strerror=words_of_system(fault)),
            hint=hint,
        ) from fault
    try:
        script = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except json.JSONDecodeError as fault:
        words = tr(
            "{path}:{lineno}:{colno}: the script is not JSON: {msg}",
            path=path,
            lineno=fault.lineno,
            colno=fault.colno,
            msg=fault.msg.lower(),
        )
        raise ScriptUnreadable(words, hint=EXAMPLE) from fault
    except (ValueError, RecursionError) as fault:
        raise ScriptUnreadable(tr("`{path}` is not JSON: {fault}", path=path, fault=fault), hint=EXAMPLE) from fault
    root = parse(data, path.as_posix()).root
    problems = [each for broken in schemas.violations(script, SCHEMA) for each in _problems(broken, root, path)]
    problems = problems or [
        tr("{place}: `to` has to be later than `from`", place=path if at is None else at.place)
        for number, fault in enumerate(script["faults"])
        if "to" in fault and fault["to"] <= fault.get("from", 0)
        for at in [None if root is None else node_at(root, ("faults", number, "to"))]
    ]
    if problems:
        raise ScriptUnreadable("; ".join(problems), hint=EXAMPLE)
    return tuple(_read_fault(fault) for fault in script["faults"])


def _read_fault(written: Mapping[str, Any]) -> ScriptedFault:
    values = dict(written)
    start, end = (Fraction(str(values.pop(key))) if key in values else None for key in ("from", "to"))
    kind = values.pop("deliver", None)
    return ScriptedFault(**values, film=None if kind is None else FilmFault(FilmFaultKind(kind), start, end))


def _no_number(name: str) -> None:
    raise ValueError(tr("`{name}` is not a number", name=name))


def _problems(broken: schemas.Violation, root: Node | None, path: Path) -> Iterator[str]:
    """The places and the words for a violation; without a place where YAML reads the JSON in another way."""
    at = None if root is None else node_at(root, broken.path)
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in broken.path).lstrip(".")
    words = tr(
        "{name}: breaks `{rule}: {wanted}`",
        name=name or tr("the script"),
        rule=broken.rule,
        wanted=json.dumps(broken.wanted),
    )
    if broken.rule == "oneOf":
        kinds = joined(", ", (f"`{kind}`" for kind in ONE_THING))
        words = tr(
            "{name}: a fault has exactly one of {kinds}, or for a task `code`, on a call that can have it",
            name=name,
            kinds=kinds,
        )
    if broken.rule != "additionalProperties" or not isinstance(at, MapNode):
        yield tr("{place}: {message}", place=path if at is None else at.place, message=words)
        return
    properties = broken.schema.get("properties", {})
    known = list(properties) if isinstance(properties, dict) else []
    for key, _ in at.pairs:
        if key.string not in known:
            near = did_you_mean(key.string, known)
            unknown = tr("unknown key `{name}`", name=key.string)
            yield tr("{place}: {message}", place=key.place, message=joined(", ", filter(None, (unknown, near))))
