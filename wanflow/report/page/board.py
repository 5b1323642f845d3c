"""The board: a card for each shot, by scene in the production's order, its cuts, and the filters of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from wanflow import money
from wanflow.catalog.model import ResultKind
from wanflow.errors import UnknownTarget
from wanflow.graph.node import ShotVertex
from wanflow.graph.select import STATES as SELECTED_STATES
from wanflow.graph.select import select
from wanflow.language.checks import Check
from wanflow.language.production import Shot
from wanflow.language.source import Facts, FileSource, Kind, ShotSource
from wanflow.messages import tr
from wanflow.money import Cost
from wanflow.planner.picks import ChoiceReason, rivals_text
from wanflow.planner.plan import Action, Plan, ReasonCode, Step, StepKind
from wanflow.planner.status import CutRow, ShotRow, TakeRow
from wanflow.records import immutable
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.text.words import count

ANY = "any"
"""Value of the filter for shots with any finding."""
MOST_POSTERS = 8
"""Maximum posters on the card of a cut."""


@immutable
class BoardQuery:
    """What a board shows: the shots that match all that is asked; an empty text asks for nothing.

    `select` are selectors of the command line, with blanks between. `finding` is the name of a check, or `any`.
    """

    select: str = ""
    state: str = ""
    tag: str = ""
    scene: str = ""
    finding: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> BoardQuery:
        """Read the query of an address."""
        return cls(*(query.get(key, "").strip() for key in ("select", "state", "tag", "scene", "finding")))

    @property
    def empty(self) -> bool:
        """Whether all shots are shown."""
        return self == BoardQuery()


@immutable
class ShotCard:
    """One shot.

    `poster` is the digest of the take in use, else of the newest take, else of a picture that the shot is given, and
    `of_input` says the last. `still`: the shot makes pictures. `how` says who chose the take in use, as `data-picked`
    does; `number` is its number. `price` is what a run would pay for its takes, None where it renders none; `perhaps`:
    only if an input comes out different. `reason` is the first one that is worth a look. `waits` says that a person has
    to choose, and between which takes. `findings` are those of the take in use.
    """

    row: ShotRow
    seen: str
    scene: str
    tags: tuple[str, ...]
    poster: str | None
    of_input: bool
    still: bool
    how: str
    number: int | None
    price: Cost | None
    perhaps: bool
    reason: str | None
    waits: str | None
    findings: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name without that of its scene."""
        return self.row.shot.removeprefix(f"{self.scene}/")


@immutable
class Scene:
    """Cards side by side; the name is empty for shots of the production file itself."""

    name: str
    cards: tuple[ShotCard, ...]


@immutable
class CutCard:
    """One cut: its row, and the posters of its first shots."""

    name: str
    row: CutRow
    posters: tuple[str, ...]
    items: str


@immutable
class Choice:
    """One value of a filter, and how many shots have it."""

    value: str
    number: int


@immutable
class Board:
    """The cards that the query asks for, the cuts, and what can be asked for.

    `error` and `hint` are about a selector that names nothing; then all cards are shown.
    """

    query: BoardQuery
    scenes: tuple[Scene, ...]
    cuts: tuple[CutCard, ...]
    shown: int
    whole: int
    states: tuple[Choice, ...]
    tags: tuple[Choice, ...]
    scene_names: tuple[Choice, ...]
    findings: tuple[Choice, ...]
    error: str | None = None
    hint: str | None = None


def board_of(snapshot: Snapshot, plan: Plan, query: BoardQuery) -> Board:
    """The board of a plan, as far as a query asks for it."""
    shots, error, hint = plan.graph.production.shots, None, None
    selected: Collection[str] = snapshot.rows
    try:
        selected = _selected(snapshot, plan, query.select.split()) if query.select else snapshot.rows
    except UnknownTarget as unknown:
        error, hint = str(unknown), unknown.hint
    steps: dict[str, list[Step]] = {}
    for step in plan.steps:
        if step.kind is StepKind.TAKE:
            steps.setdefault(step.vertex, []).append(step)
    scenes: dict[str, list[ShotCard]] = {}
    for name, row in snapshot.rows.items():
        if name in selected and _matches(shots[name], row, query):
            scenes.setdefault(scene_of(name), []).append(_card(snapshot, plan, row, steps.get(name, [])))
    states = Counter(row.state for row in snapshot.rows.values())
    tags = Counter(tag for name in snapshot.rows for tag in shots[name].tags)
    scene_names = Counter(scene for name in snapshot.rows if (scene := scene_of(name)))
    return Board(
        query=query,
        scenes=tuple(Scene(name, tuple(cards)) for name, cards in scenes.items()),
        cuts=_cut_cards(snapshot, plan),
        shown=sum(map(len, scenes.values())),
        whole=len(snapshot.rows),
        states=tuple(Choice(state, states[state]) for state in SELECTED_STATES if state in states),
        tags=tuple(Choice(tag, number) for tag, number in sorted(tags.items())),
        scene_names=tuple(Choice(name, number) for name, number in scene_names.items()),
        findings=_finding_choices(snapshot),
        error=error,
        hint=hint,
    )


def scene_of(shot: str) -> str:
    """The scene of a shot: what is before the last `/` of its name."""
    return shot.rpartition("/")[0]


def _selected(snapshot: Snapshot, plan: Plan, words: list[str]) -> frozenset[str]:
    """The shots that selectors name and those that these need, as commands take them. Raises UnknownTarget."""
    graph = plan.graph
    found = select(graph, words, {shot: row.state for shot, row in snapshot.rows.items()})
    return frozenset(name for name in found if isinstance(graph.vertex(name), ShotVertex))


def _finding_choices(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Any finding, then each check that found something."""
    found = Counter(check for row in snapshot.rows.values() for check in {each.check for each in row.findings})
    if not found:
        return ()
    whole = sum(bool(row.findings) for row in snapshot.rows.values())
    return (Choice(ANY, whole), *(Choice(check.value, found[check]) for check in Check if check in found))


def _matches(shot: Shot, row: ShotRow, query: BoardQuery) -> bool:
    return (
        query.state in {"", row.state}
        and (not query.tag or query.tag in shot.tags)
        and query.scene in {"", scene_of(shot.name)}
        and (not query.finding or any(query.finding in {ANY, each.check.value} for each in row.findings))
    )


def _card(snapshot: Snapshot, plan: Plan, row: ShotRow, steps: list[Step]) -> ShotCard:
    takes = snapshot.takes_of.get(row.shot, ())
    shot = plan.graph.production.shots[row.shot]
    poster = poster_of(takes)
    given = None if poster else _picture_given(plan, shot)
    renders = [step for step in steps if step.action is Action.RENDER]
    waits = None
    if row.choice.how is ChoiceReason.RIVALS:
        waits = rivals_text(row.choice)
    elif row.choice.waiting and row.takes:
        waits = tr("waiting for your pick")
    return ShotCard(
        row=row,
        seen=snapshot.seen(row.shot),
        scene=scene_of(row.shot),
        tags=shot.tags,
        poster=poster or given,
        of_input=given is not None,
        still=shot.rules.makes is ResultKind.PICTURE,
        how="somebody" if row.choice.chosen else "default" if row.picked is not None else "",
        number=row.picked,
        price=money.total([step.cost for step in renders], plan.currency) if renders else None,
        perhaps=bool(renders) and not any(step.certain for step in renders),
        reason=next((reason.text for reason in row.reasons if reason.code is not ReasonCode.UP_TO_DATE), None),
        waits=waits,
        findings=tuple(each.text for each in row.findings),
    )


def poster_of(takes: Collection[TakeRow]) -> str | None:
    """The digest of the take that a shot is shown by: the one in use, else the newest, whose file is here."""
    here = [take for take in takes if take.file is not None]
    return next((take.take.digest for take in [*(take for take in here if take.picked), *reversed(here)]), None)


def _picture_given(plan: Plan, shot: Shot) -> str | None:
    """The digest of the first picture that a shot is given as a file."""
    for media in shot.media:
        known = plan.facts.get(media.source.key) if isinstance(media.source, FileSource) else None
        if isinstance(known, Facts) and known.kind is Kind.IMAGE:
            return known.digest
    return None


def _cut_cards(snapshot: Snapshot, plan: Plan) -> tuple[CutCard, ...]:
    rows = () if snapshot.status is None else snapshot.status.cuts
    return tuple(_cut_card(snapshot, plan, row) for row in rows)


def _cut_card(snapshot: Snapshot, plan: Plan, row: CutRow) -> CutCard:
    name = row.node.partition(":")[2]
    items = plan.graph.production.cuts[name].items
    posters = (
        poster_of(snapshot.takes_of.get(item.source.shot, ())) for item in items if isinstance(item.source, ShotSource)
    )
    return CutCard(name, row, tuple(filter(None, posters))[:MOST_POSTERS], count(len(items), "item"))
