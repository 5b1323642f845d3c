"""What a language model may call: the commands as tools, each over the same functions, with the JSON that they print.

A tool takes names and numbers, never a path: all are about the one production that the server was started for.
None spends money but `run`, which is offered only where a person allowed it up to a limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from wanflow import api, decode
from wanflow.catalog.provider import load_providers
from wanflow.errors import ExitCode, StoreBusy, WanflowError
from wanflow.language.problem import Problem, SpecError
from wanflow.language.production import Production
from wanflow.loading import SoundPart
from wanflow.messages import tr
from wanflow.money import Cost
from wanflow.planner.budget import excesses, new_cost
from wanflow.planner.choose import Picked, Retake
from wanflow.planner.plan import Action, Plan
from wanflow.planner.status import TakeRow
from wanflow.report.problem_json import error_json, problem_json
from wanflow.report.text.node import why_lines
from wanflow.report.text.plan import excess_text, plan_json
from wanflow.report.text.summary import choice_text, choice_warning, next_run_text
from wanflow.runner.events import CollectOutcome, Emit, Event, Outcome, StepFinished
from wanflow.store.take_names import take_node

JsonObject: TypeAlias = "Mapping[str, object]"
TellProgress = Callable[[int, int | None, str], None]
"""Receiver of progress: how much is done, of how much, and what was done last."""

MOST_SELECTORS = 1000
MOST_CHARACTERS = 100_000
"""Length of a result as JSON: more would fill what a model remembers."""
MOST_RETAKES = 1000
"""Maximum takes to ask for at once, as `retake -n` has it."""


class CallRefused(WanflowError):
    """A call whose arguments are wrong, or that this server does not allow; nothing was done."""

    exit_code = ExitCode.WRONG


class CallCancelled(WanflowError):
    """The client no longer waits for the call."""

    exit_code = ExitCode.INTERRUPTED


@dataclass
class Session:
    """The production of a server, and what it may spend.

    `load` reads the production, on another backend where one is named; `problems` is what `validate` finds in it.
    `limit` is the most that all runs together may spend; None: there are none. `reserved` is what they have spent, with
    the highest price of each run whose cost is not known.
    """

    load: Callable[[str | None], SoundPart]
    problems: Callable[[], Sequence[Problem]]
    limit: Cost | None = None
    reserved: Decimal = field(default=Decimal(0))

    @property
    def tools(self) -> Mapping[str, Tool]:
        """The tools that are offered."""
        return {name: tool for name, tool in TOOLS.items() if tool.call is not None or self.limit is not None}

    @property
    def left(self) -> Cost | None:
        """What may still be spent; None where nothing may."""
        if self.limit is None or self.limit.amount is None:
            return None
        return replace(self.limit, amount=max(self.limit.amount - self.reserved, Decimal(0)))


class Arguments(decode.Fields):
    """The arguments of a call, each read as what it has to be; raises CallRefused that names it."""

    def read(self, key: str, reader: decode.Reader[decode.Read]) -> decode.Read:
        """An argument that has to be given."""
        try:
            return super().read(key, reader)
        except ValueError as fault:
            raise CallRefused(fault.args[0]) from fault

    def select(self, key: str) -> tuple[str, ...]:
        """Selectors; none where the argument is missing."""
        return tuple(self.read_if_given(key, _selectors) or ())

    def backend(self) -> str | None:
        """The backend, where another than the production's is named."""
        name, known = self.read_if_given("backend", decode.text), load_providers()
        if name is not None and name not in known:
            raise CallRefused(
                tr("`backend` is not one of {known}: {value}", known=", ".join(known), value=decode.shown(name))
            )
        return name


def _selectors(value: object) -> list[str]:
    found = [decode.text(item) for item in decode.items(value)]
    if len(found) > MOST_SELECTORS:
        raise ValueError(tr("longer than {most} entries", most=MOST_SELECTORS))
    return found


def _from_one(value: object, most: int) -> int:
    if isinstance(value, int) and not 1 <= value <= most:
        raise ValueError(tr("not a whole number from 1 to {most}: {value}", most=most, value=decode.shown(value)))
    return decode.whole_number(value, most)


_SELECT: JsonObject = {
    "type": "array",
    "items": {"type": "string"},
    "maxItems": MOST_SELECTORS,
    "description": "Selectors: a shot with what it needs, `shot+` with what depends on it, `harbour/*`, `tag:night`, "
    "`cut:main`, `state:failed`. Nothing means everything.",
}
_SOME: JsonObject = {
    **_SELECT,
    "minItems": 1,
    "description": "Selectors of at least one shot: `shot`, `harbour/*`, `tag:night`, `state:failed`.",
}
_BACKEND: JsonObject = {
    "type": "string",
    "enum": list(load_providers()),
    "description": "Another backend than the production's; takes, picks and prices of each are its own.",
}
_NODE: JsonObject = {"type": "string", "description": "A shot, a take such as `talk.t2`, or a cut such as `cut:main`."}
_SHOT: JsonObject = {"type": "string", "description": "The name of a shot."}
_WHICH: Mapping[str, JsonObject] = {"select": _SELECT, "exclude": _SELECT, "backend": _BACKEND}


@dataclass(frozen=True)
class Tool:
    """A tool: what it does, its arguments as JSON Schemas, and whether it changes nothing.

    `call` does it, in a thread; for `run` there is none, because it is asynchronous.
    """

    about: str
    arguments: Mapping[str, JsonObject]
    required: tuple[str, ...] = ()
    reads: bool = True
    call: Callable[[Session, Arguments, TellProgress], JsonObject] | None = None

    @property
    def schema(self) -> dict[str, object]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": dict(self.arguments),
            "required": list(self.required),
            "additionalProperties": False,
        }

    def read(self, given: Mapping[str, object] | None) -> Arguments:
        """The arguments of a call; raises CallRefused for one that it does not take."""
        unknown = sorted((given or {}).keys() - self.arguments.keys())
        if unknown:
            hint = tr("it takes {known}", known=", ".join(self.arguments)) if self.arguments else None
            raise CallRefused(tr("unknown argument {key}", key=decode.shown(unknown[0])), hint=hint)
        return Arguments(given or {})


def find_tool(session: Session, name: str) -> Tool:
    """The tool of a name; raises CallRefused where this server has none."""
    found = session.tools.get(name)
    if found is None:
        hint = tr('a person may start the server with `--allow-run --budget "5 CNY"`') if name in TOOLS else None
        raise CallRefused(tr("no tool is called {name}", name=decode.shown(name)), hint=hint)
    return found


def bounded(document: JsonObject) -> JsonObject:
    """A result that fits into a model's memory: its longest lists are halved, and `left_out` counts what they lack.

    Raises CallRefused where no list is left to halve.
    """
    kept, left_out = dict(document), dict[str, int]()
    sizes = {key: len(json.dumps(value, ensure_ascii=False)) for key, value in kept.items()}
    while sum(sizes.values()) > MOST_CHARACTERS:
        lists = {key: value for key, value in kept.items() if isinstance(value, list) and value}
        if not lists:
            raise CallRefused(tr("the result is longer than {most} characters", most=MOST_CHARACTERS))
        longest = max(lists, key=lambda key: sizes[key])
        half = len(lists[longest]) // 2
        left_out[longest] = left_out.get(longest, 0) + len(lists[longest]) - half
        kept[longest] = lists[longest][:half]
        sizes[longest] = len(json.dumps(kept[longest], ensure_ascii=False))
    return {**kept, "left_out": left_out} if left_out else kept


def _whole(session: Session, backend: str | None) -> Production:
    part = session.load(backend)
    if part.production is None or not part.whole:
        raise SpecError(part.problems)
    return part.production


def _planned(session: Session, given: Arguments) -> Plan:
    production = _whole(session, given.backend())
    return api.plan(production, given.select("select"), exclude=given.select("exclude"))


def validate(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """Every problem of the production."""
    del given, tell
    return {"problems": [problem_json(problem) for problem in session.problems()]}


def plan(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """What a run would do, as `plan --json` prints it."""
    del tell
    planned = _planned(session, given)
    return plan_json(planned, api.notes(planned, session.left if planned.provider.paid else None))


def show(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """A node resolved, as `show --json` prints it."""
    del tell
    node = given.read("node", decode.text)
    return api.show(api.plan(_whole(session, given.backend())), node).to_json()


def why(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """Why a node is rendered, or is not, in the lines of `why`."""
    del tell
    node = given.read("node", decode.text)
    planned = api.plan(_whole(session, given.backend()))
    found = api.why(planned, node)
    return {"node": node, "lines": [str(line) for each in found for line in why_lines(planned, each)]}


def _planned_part(session: Session, given: Arguments) -> tuple[SoundPart, Plan]:
    """What can be planned of the production, also where it has problems; raises SpecError where nothing can."""
    part = session.load(given.backend())
    if part.production is None:
        raise SpecError(part.problems)
    return part, api.plan(part.production, given.select("select"), exclude=given.select("exclude"), whole=part.whole)


def status(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """The shots, as `status --json` prints them, also of a production with problems."""
    del tell
    part, planned = _planned_part(session, given)
    found = api.status(planned)
    return {"shots": [row.to_json() for row in found.shots], "problems": [problem_json(each) for each in part.problems]}


def takes(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """The takes, as `takes --json` prints them, also of a production with problems."""
    del tell
    part, planned = _planned_part(session, given)
    rows = api.takes(planned, removed=given.says("removed"), whole=part.whole)
    return {"takes": [row.to_json() for row in rows], "problems": [problem_json(each) for each in part.problems]}


def check(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """Measure takes, and give them as `check --json` prints them."""
    production, measured = _whole(session, given.backend()), list[TakeRow]()

    def note(row: TakeRow) -> None:
        measured.append(row)
        tell(len(measured), None, take_node(row.shot, row.number))

    rows = api.check(production, given.select("select"), exclude=given.select("exclude"), on_take=note)
    return {"takes": [row.to_json() for row in rows]}


def pick(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """Use a take from now on."""
    del tell
    shot, number = given.read("shot", decode.text), given.read("take", partial(_from_one, most=decode.MOST_COUNTED))
    production = _whole(session, given.backend())
    choice = api.pick(production, shot, number)
    picked = {"shot": choice.shot, "take": choice.take, "current": choice.current, "held": choice.held}
    return {"picked": picked, **_said(production, [choice])}


def retake(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """Ask for more takes; the next run renders them."""
    del tell
    select = given.read("select", _selectors)
    if not select:
        raise CallRefused(tr("`select` is empty"), hint=tr("name at least one shot"))
    more = given.read_if_given("more", partial(_from_one, most=MOST_RETAKES)) or 1
    production = _whole(session, given.backend())
    choices = api.retake(production, select, more)
    return {"retakes": [{"shot": each.shot, "more": each.more} for each in choices], **_said(production, choices)}


def _said(production: Production, choices: Sequence[Picked | Retake]) -> JsonObject:
    """What was decided in words, and what a run would do about it."""
    warnings = [str(warning) for warning in map(choice_warning, choices) if warning is not None]
    return {
        "backend": production.provider.name,
        "text": [str(choice_text(choice)) for choice in choices],
        "warnings": warnings,
        "next_run": str(next_run_text(api.plan(production))),
    }


RUN_ARGUMENTS: Mapping[str, JsonObject] = {
    **_WHICH,
    "timeout": {
        "type": "integer",
        "minimum": 1,
        "description": "Seconds after which the run stops waiting; tasks go on, and the next run stores their films.",
    },
}

TOOLS: Mapping[str, Tool] = {
    "validate": Tool("List every problem of the production, with place, code, hint and fix.", {}, call=validate),
    "plan": Tool("Say what a run would do, why, and at what price. Spends nothing.", _WHICH, call=plan),
    "show": Tool(
        "Show a shot or cut resolved: its values, and the request as it is sent.",
        {"node": _NODE, "backend": _BACKEND},
        ("node",),
        call=show,
    ),
    "why": Tool(
        "Explain why a node is rendered, or is not.", {"node": _NODE, "backend": _BACKEND}, ("node",), call=why
    ),
    "status": Tool("List the shots with their states and picked takes.", _WHICH, call=status),
    "takes": Tool(
        "List the takes with seed, cost, file and findings.",
        {**_WHICH, "removed": {"type": "boolean", "description": "Also takes of removed shots."}},
        call=takes,
    ),
    "check": Tool("Measure takes: black, frozen, silent and more. Spends nothing.", _WHICH, reads=False, call=check),
    "pick": Tool(
        "Use a take of a shot from now on. The next run renders what depends on it.",
        {"shot": _SHOT, "take": {"type": "integer", "minimum": 1}, "backend": _BACKEND},
        ("shot", "take"),
        reads=False,
        call=pick,
    ),
    "retake": Tool(
        "Ask for more takes of shots although nothing changed. The next run renders them.",
        {"select": _SOME, "more": {"type": "integer", "minimum": 1, "maximum": MOST_RETAKES}, "backend": _BACKEND},
        ("select",),
        reads=False,
        call=retake,
    ),
    "run": Tool(
        "Render what changed and write the cuts. All runs together spend at most what the person allowed.",
        RUN_ARGUMENTS,
        reads=False,
    ),
}


async def run(session: Session, given: Arguments, tell: TellProgress) -> JsonObject:
    """Collect, plan and run, within what the session may spend.

    Raises CallRefused where it may not, and what `api.run` raises. Cancelled, it leaves its tasks to the next run.
    """
    production = _whole(session, given.backend())
    done, total = list[str](), 0

    def emit(event: Event) -> None:
        if isinstance(event, StepFinished):
            done.append(event.node)
            tell(len(done), total or None, f"{event.node}: {event.outcome}")

    collected = None
    if api.is_unfinished(production, api.unfinished(production)):
        collected = await api.collect_finished(production, emit=emit)
    planned = api.plan(production, given.select("select"), exclude=given.select("exclude"))
    total = sum(step.action is not Action.REUSE for step in planned.steps)
    have = planned.inventory
    if planned.idle and not (have.open_tasks or have.lost or have.unknown_fate):
        return _outcome_json(planned, api.finish_idle(planned))
    return _outcome_json(planned, await _spend(session, planned, emit, collected, given))


async def _spend(
    session: Session, planned: Plan, emit: Emit, collected: CollectOutcome | None, given: Arguments
) -> Outcome:
    """Run a plan within the limits; what it costs, or may cost where it does not end, counts from now on."""
    limit = session.left if planned.provider.paid else None
    if limit is not None and limit.currency != planned.currency:
        raise CallRefused(
            tr(
                "the prices are in {currency}, but the budget is in {budget_currency}",
                currency=planned.currency,
                budget_currency=limit.currency,
            )
        )
    beyond = [excess_text(excess) for excess in excesses(planned, limit) if excess.certain]
    if beyond:
        raise CallRefused(
            tr("this run would exceed the limit: {excess}", excess=beyond[0]),
            hint=tr("nothing was sent; a person decides"),
        )
    api.require_key(planned)
    at_most = new_cost(planned).amount
    held = (
        Decimal(0)
        if limit is None or limit.amount is None
        else min(limit.amount, limit.amount if at_most is None else at_most)
    )
    timeout = given.read_if_given("timeout", partial(_from_one, most=10**6))
    session.reserved += held
    try:
        outcome = await api.run(planned, emit=emit, budget=limit, collected=collected, timeout=timeout)
    except StoreBusy:
        session.reserved -= held  # another run is active: nothing was sent
        raise
    spent = outcome.cost.amount
    if limit is not None and spent is not None and outcome.exit_code not in {ExitCode.IN_FLIGHT, ExitCode.UNDECIDED}:
        session.reserved += spent - held
    return outcome


def _outcome_json(planned: Plan, outcome: Outcome) -> JsonObject:
    """The outcome as `run.finished` has it, with what failed."""
    failures = [{"node": each.node, **error_json(each.message, each.hint)} for each in outcome.failures]
    return {"backend": planned.provider.name, **outcome.to_json(), "failures": failures}
