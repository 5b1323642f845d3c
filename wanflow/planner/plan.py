"""The plan: a purchase order of steps, each with its action, its reasons and its price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from wanflow import money, timebase
from wanflow.catalog.provider import Provider
from wanflow.graph import recipe
from wanflow.graph.build import ShotGraph
from wanflow.graph.node import AssetVertex
from wanflow.graph.recipe import Identity
from wanflow.language.source import DataSource, Facts, FactsTable, FileSource, Kind, UrlSource
from wanflow.messages import tr
from wanflow.money import Cost
from wanflow.records import immutable
from wanflow.store.inventory import Inventory
from wanflow.store.take import Film, Picture, Recipe, Result, film_of, result_of
from wanflow.writing import HONG_KONG, SIMPLIFIED, TRADITIONAL, script_language


class StepKind(StrEnum):
    """What a step makes: a paid take, a derived extract, a cut."""

    TAKE = "take"
    EXTRACT = "extract"
    CUT = "cut"


class Action(StrEnum):
    """What happens to a node (cli.md, JSON)."""

    RENDER = "render"
    COLLECT = "collect"
    REUSE = "reuse"
    RESTORE = "restore"
    DERIVE = "derive"
    HELD = "held"
    BLOCKED = "blocked"

    @property
    def idle(self) -> bool:
        """Whether a run has nothing to do for it."""
        return self in {Action.REUSE, Action.HELD, Action.BLOCKED}


@immutable
class Step:
    """One node of the plan and what happens to it.

    `vertex` is the graph's vertex that it belongs to; `needs` are the nodes of other steps whose results it uses.
    `take` is the running number of the take and `ordinal` its place in the request, both 0 for other kinds.
    `seconds` are billed seconds, those of its inputs included, `footage` those of the result; `images` are billed
    pictures. `certain`: it renders whatever its inputs turn out to be. `writes` are the files of a cut that are made.
    """

    node: str
    kind: StepKind
    vertex: str
    action: Action
    reasons: tuple[Reason, ...]
    cost: Cost
    certain: bool = True
    shot: str | None = None
    model: str | None = None
    take: int = 0
    ordinal: int = 0
    seed: int | None = None
    seconds: Fraction | None = None
    footage: Fraction | None = None
    images: int = 0
    needs: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError(f"a decision without a reason can't be constructed: {self.node}")

    def to_json(self) -> dict[str, object]:
        """As `plan --json` prints it; keys that do not apply are left out."""
        head: dict[str, object] = {"node": self.node, "kind": self.kind.value}
        if self.kind is StepKind.TAKE:
            head |= {"take": self.take, "shot": self.shot, "model": self.model}
        head |= {"action": self.action.value, "certain": self.certain}
        head |= {"reasons": [reason.to_json() for reason in self.reasons]}
        if self.seconds is not None:
            head["seconds"] = timebase.decimal_text(self.seconds)
        if self.images:
            head |= {"seconds": "0", "images": str(self.images)}
        return head | {"cost": self.cost.to_json()}


@immutable
class Plan:
    """All steps in an order in which they can be done.

    `graph`, `facts` and `inventory` are what they were decided from; a run asks again with them as a start.
    `recipes` are the requests of the shots as they are now, as far as known; `before` those that were last run.
    `retry_refused` says that what the service refused before is sent again. `renames` are the shots that were renamed
    since the last run, new names with former ones, in the order in which the lock's file has to follow them. `unread`
    counts the steps of files that were not read, since they would be unchanged (`wanflow/planner/parts.py`).
    """

    provider: Provider
    region: str
    currency: str
    steps: tuple[Step, ...]
    graph: ShotGraph
    facts: FactsTable
    inventory: Inventory
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    before: Mapping[str, Recipe] = field(default_factory=dict)
    retry_refused: bool = False
    renames: tuple[Mapping[str, str], ...] = ()
    unread: int = 0

    @property
    def size(self) -> int:
        """The number of all steps, those included that were not read."""
        return len(self.steps) + self.unread

    @property
    def idle(self) -> bool:
        """Whether a run would do nothing at all."""
        return all(step.action.idle for step in self.steps)

    @property
    def certain_cost(self) -> Decimal:
        """The minimum cost of all steps, those included that are in flight."""
        return certain_cost(self.steps)

    def counts(self) -> Mapping[Action, int]:
        """How many steps have each action."""
        return Counter(step.action for step in self.steps) + Counter({Action.REUSE: self.unread})

    def to_json(self) -> dict[str, object]:
        """The one document that `plan --json` prints (cli.md, JSON `plan`)."""
        return {
            "format": 1,
            "backend": self.provider.name,
            "region": self.region,
            "steps": [step.to_json() for step in self.steps],
            "totals": self._totals(),
        }

    def _totals(self) -> dict[str, object]:
        counts = self.counts()
        totals: dict[str, object] = {action.value: counts.get(action, 0) for action in Action}
        certain = money.Cost(self.certain_cost, self.currency, money.Bound.EXACT)
        listed = money.total([step.cost for step in self.steps], self.currency)
        if not self.provider.paid:
            free = money.nothing(self.currency)
            return totals | {"cost_certain": free.to_json(), "cost": free.to_json(), "list_price": listed.to_json()}
        return totals | {"cost_certain": certain.to_json(), "cost": listed.to_json()}


def certain_cost(steps: Iterable[Step]) -> Decimal:
    """The minimum cost of steps: the exact prices of those that are paid for whatever their inputs come to be."""
    exact = [step.cost.amount for step in steps if step.certain and step.cost.bound is money.Bound.EXACT]
    return sum((amount for amount in exact if amount is not None), Decimal(0))


class ReasonCode(StrEnum):
    """The reasons that exist; adding one means documenting it in cli.md, Reasons."""

    NEW = "new"
    PROMPT_CHANGED = "prompt-changed"
    PARAMETER_CHANGED = "parameter-changed"
    INPUT_CHANGED = "input-changed"
    INPUT_WILL_CHANGE = "input-will-change"
    MORE_TAKES = "more-takes"
    RETAKE = "retake"
    TASK_LOST = "task-lost"
    REFUSED_BEFORE = "refused-before"
    UP_TO_DATE = "up-to-date"
    IN_STORE = "in-store"
    TWIN = "twin"
    HELD = "held"
    IN_FLIGHT = "in-flight"
    NOT_HERE = "not-here"
    NEEDS_PICK = "needs-pick"
    NO_SUCH_TAKE = "no-such-take"
    INPUT_FAILED = "input-failed"


@immutable
class Reason:
    """A code for programs and a text for people; the text names what differs.

    A long text that several steps share has `brief`, for the rows of a table, and `remedy`, what a person can do.
    """

    code: ReasonCode
    text: str
    brief: str = ""
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """As `plan --json` prints it."""
        return {"code": self.code.value, "text": self.text}


ON_SLATE = {
    SIMPLIFIED: ("第 {} 条", "秒"),
    TRADITIONAL: ("第 {} 條", "秒"),
    HONG_KONG: ("第 {} 條", "秒"),
}
"""How a slate has the number of a take, and its seconds, by the language of the film; others have English."""


@immutable
class Slate:
    """What a slate says of a take: shot, number, model, seconds or pixels, then the prompt's beginning.

    `language` is that of the prompt, one of `wanflow.writing`.
    """

    shot: str
    number: int
    model: str
    seconds: Fraction | None
    pixels: tuple[int, int]
    words: str
    language: str

    def lines(self, language: str | None) -> tuple[str, ...]:
        """The two lines in a film's language, a tag of BCP 47; None is that of the prompt."""
        own = self.language if language is None else script_language(language)
        number, seconds = ON_SLATE.get(own or "", ("take {}", "s"))
        size = "x".join(map(str, self.pixels)) if self.seconds is None else f"{float(self.seconds):.2f} {seconds}"
        return f"{self.shot} · {number.format(self.number)} · {self.model} · {size}", self.words


@immutable
class NodeOutput:
    """The result of a vertex as its dependents see it, while planning and while running.

    `identity` is a placeholder as long as the thing is not made. `digest` is of the whole file where that is known.
    `result` is nominal for a placeholder, None for an address and for what is not known. `obstacle` says why the bytes
    are missing and will not be made. `nodes` are the steps that make it; `changes` says what happens to a placeholder;
    `slate` is the text of a take's slate. Of a shot of which a cut names takes, `takes` has what each take gives, by
    number, those included that this plan makes; `current` are the numbers of those of the present request.
    """

    identity: Identity
    digest: str | None = None
    result: Result | None = None
    obstacle: Reason | None = None
    nodes: tuple[str, ...] = ()
    changes: str = ""
    slate: Slate | None = None
    takes: Mapping[int, NodeOutput] = field(default_factory=dict)
    current: tuple[int, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the identity is final."""
        return not recipe.is_placeholder(self.identity)

    @property
    def film(self) -> Film | None:
        """The clip, or the sound, that it is; None for a picture."""
        return self.result if isinstance(self.result, Film) else None

    @property
    def picture(self) -> Picture | None:
        """The picture that it is."""
        return self.result if isinstance(self.result, Picture) else None


def asset_output(vertex: AssetVertex, facts: FactsTable) -> NodeOutput:
    """What a file, an address or inline data gives."""
    match vertex.source:
        case UrlSource() as url:
            return NodeOutput(recipe.url_identity(url))
        case DataSource(digest=digest):
            return NodeOutput(recipe.digest_identity(digest), digest)
        case FileSource(path) as file:
            known = facts.get(file.key)
            if isinstance(known, Facts):
                shown = result_of(known) if known.kind is Kind.IMAGE else film_of(known)
                return NodeOutput(recipe.digest_identity(known.digest), known.digest, shown)
            why = tr("was not read") if known is None else known.why
            return missing_output(vertex.id, Reason(ReasonCode.INPUT_FAILED, tr("`{path}` {why}", path=path, why=why)))


def missing_output(
    vertex: str, obstacle: Reason, nodes: tuple[str, ...] = (), result: Result | None = None
) -> NodeOutput:
    """What a step gives that can't be done; `result` is what it would be, where that is known."""
    return NodeOutput(recipe.placeholder(vertex), result=result, obstacle=obstacle, nodes=nodes)
