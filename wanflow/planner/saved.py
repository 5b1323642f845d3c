"""Saved plans: written as JSON, and compared with a later plan (cli.md, Saved plans)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal

from wanflow import decode, digest, money
from wanflow.decode import Fields, items, mapping, text, whole_number
from wanflow.digest import Canonical
from wanflow.graph import recipe
from wanflow.graph.build import input_id, sources_of
from wanflow.graph.node import AssetVertex, ExtractVertex, ShotVertex
from wanflow.graph.recipe import Identity
from wanflow.messages import tr
from wanflow.money import Bound
from wanflow.planner.plan import Action, Plan, Step, StepKind, asset_output
from wanflow.planner.request import is_known
from wanflow.records import immutable

FORMAT = 1
DRIFT_SECONDS = Decimal("0.5")
"""Extra frames that a delivered clip may have over its request (service.md 7.1); an input may be longer by these."""


@immutable
class SavedStep:
    """One step as it was saved: for a take what it asks for, and its price; `request` is None where it wasn't known."""

    action: str
    asks: str | None = None
    request: str | None = None
    amount: Decimal | None = None
    bound: str = Bound.EXACT.value
    seconds: Decimal | None = None


@immutable
class SavedPlan:
    """A plan as it was saved, and what was selected for it."""

    backend: str
    region: str
    currency: str
    steps: Mapping[str, SavedStep]
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    retry_refused: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    prices: str | None = None


@immutable
class PlanArguments:
    """What a plan was asked for: selectors, what `--set` said, and the price file of `--prices`."""

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    prices: str | None = None


def saved_json(plan: Plan, chosen: PlanArguments) -> dict[str, object]:
    """The document of `plan --json`, with what is needed to plan again and to compare."""
    asked = _asked(plan)
    requests = {
        _key(step): {"asks": asked[step.vertex], "request": _request(plan, step)}
        for step in plan.steps
        if step.kind is StepKind.TAKE
    }
    again = {"select": list(chosen.select), "exclude": list(chosen.exclude), "retry_refused": plan.retry_refused}
    again |= {"set": dict(chosen.values), "prices": chosen.prices}
    keys = {step.node: _key(step) for step in plan.steps}
    return {**plan.to_json(), "saved": {"version": FORMAT, **again, "keys": keys, "requests": requests}}


def read_saved(document: object) -> SavedPlan:
    """A saved plan from its document; raises ValueError for any other."""
    whole = Fields(document)
    saved = whole.read("saved", Fields)
    version = saved.read("version", whole_number)
    if version != FORMAT:
        raise ValueError(tr("unknown version of a saved plan: {version}", version=version))
    keys, requests = (saved.read(key, Fields) for key in ("keys", "requests"))
    steps = [Fields(step) for step in whole.read("steps", items)]
    by_key = {keys.read(step.read("node", text), text): step for step in steps}
    return SavedPlan(
        backend=whole.read("backend", text),
        region=whole.read("region", text),
        currency=whole.read("totals", Fields).read("cost", Fields).read("currency", text),
        steps={key: _step(step, requests.read_if_given(key, Fields)) for key, step in by_key.items()},
        select=tuple(map(text, saved.read("select", items))),
        exclude=tuple(map(text, saved.read("exclude", items))),
        retry_refused=saved.says("retry_refused"),
        values={name: text(value) for name, value in saved.read("set", mapping).items()},
        prices=saved.read_if_given("prices", text),
    )


def unapproved(plan: Plan, saved: SavedPlan) -> Iterator[str]:
    """What a plan would do that was not saved: a new step, another request, a higher price. Doing less is allowed."""
    if (plan.provider.name, plan.region, plan.currency) != (saved.backend, saved.region, saved.currency):
        yield tr(
            "it was saved for `{backend}` in {region}, priced in {currency}",
            backend=saved.backend,
            region=saved.region,
            currency=saved.currency,
        )
        return
    asked = _asked(plan)
    for step in plan.steps:
        before = saved.steps.get(_key(step))
        if before is None and not step.action.idle:
            yield tr("{node} is not in the saved plan", node=step.node)
        if before is not None and step.action is Action.RENDER:
            yield from _beyond(plan, step, before, asked[step.vertex])


def _beyond(plan: Plan, step: Step, before: SavedStep, asks: str) -> Iterator[str]:
    if before.action != Action.RENDER.value:
        yield tr("{node} would be rendered; the saved plan has `{action}`", node=step.node, action=before.action)
    elif before.asks != asks or before.request not in {None, _request(plan, step)}:
        yield tr("the request for {node} changed since the plan was saved", node=step.node)
    elif _costs_more(step, before):
        now, then = (
            tr("an unknown amount") if amount is None else money.amount_text(amount)
            for amount in (step.cost.amount, before.amount)
        )
        yield tr(
            "{node} costs {now} {currency}; in the saved plan it costs {then}",
            node=step.node,
            now=now,
            currency=step.cost.currency,
            then=then,
        )


def _costs_more(step: Step, before: SavedStep) -> bool:
    """Whether a step costs more; what only a promised input's frames add is within the price that was shown."""
    if step.cost.amount is None or before.amount is None:
        return step.cost.amount is None and before.amount is not None
    drift = Decimal(0)
    if before.bound == Bound.AT_MOST.value and before.seconds:
        drift = before.amount / before.seconds * DRIFT_SECONDS
    return step.cost.amount > before.amount + drift


def _key(step: Step) -> str:
    """The name of a step in every plan: a take by its place in its request, since its number depends on the lock."""
    return f"{step.vertex}#{step.ordinal}" if step.kind is StepKind.TAKE else step.node


def _request(plan: Plan, step: Step) -> str | None:
    made_from = plan.recipes.get(step.vertex)
    return recipe.fingerprint(made_from) if made_from is not None and is_known(made_from) else None


def _asked(plan: Plan) -> dict[str, str]:
    """What each shot asks for, takes left open: its words, its files, and what the shots ask for that it needs."""
    asked: dict[str, str] = {}
    for vertex in plan.graph.vertices:
        match vertex:
            case AssetVertex():
                asked[vertex.id] = digest.of_json(dict(asset_output(vertex, plan.facts).identity))
            case ExtractVertex():
                asked[vertex.id] = digest.of_json([asked[vertex.origin], repr(vertex.piece)])
            case ShotVertex(shot=shot):
                feeds: dict[str, Identity] = {
                    slot: recipe.placeholder(asked.get(input_id(vertex.id, slot, source), ""))
                    for slot, source in sources_of(shot)
                }
                words: Canonical = [recipe.recipe(shot, plan.provider.name, feeds), shot.seed]
                asked[vertex.id] = digest.of_json(words)
            case _:
                continue
    return asked


def _step(step: Fields, request: Fields | None) -> SavedStep:
    cost = step.read("cost", Fields)
    return SavedStep(
        action=step.read("action", text),
        asks=None if request is None else request.read_if_given("asks", text),
        request=None if request is None else request.read_if_given("request", text),
        amount=cost.read_if_given("amount", money.amount_from_json),
        bound=cost.read("bound", text),
        seconds=step.read_if_given("seconds", _seconds),
    )


def _seconds(value: object) -> Decimal:
    found = decode.number(value)
    if found is None or found < 0:
        raise ValueError(tr("not a number of seconds: {value}", value=decode.shown(value)))
    return found
