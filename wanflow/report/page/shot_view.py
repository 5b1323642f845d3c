"""The view of one shot: its takes side by side, what they were made from, and the request as it is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import PurePosixPath

from wanflow import digest, timebase
from wanflow.errors import UnknownTarget
from wanflow.graph.build import input_id, sources_of
from wanflow.graph.node import AssetVertex, ExtractVertex, ShotVertex
from wanflow.language.production import Shot
from wanflow.language.source import DataSource, Facts, FileSource, Kind, Source
from wanflow.messages import tr
from wanflow.money import Bound, Cost
from wanflow.planner.diff import differences
from wanflow.planner.inputs import outputs_of
from wanflow.planner.plan import NodeOutput, Plan
from wanflow.planner.request import ShotRequest, planned_request
from wanflow.planner.status import ShotRow, TakeRow
from wanflow.records import immutable
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.show import ShowRow, rows_of, source_text
from wanflow.report.text.words import WordChange, edited_words
from wanflow.store.take import Film, Recipe, Take

KINDS: Mapping[str, Kind] = {".mp4": Kind.VIDEO, ".png": Kind.IMAGE, ".wav": Kind.AUDIO}
"""Kinds of the store's files by their suffix."""

EditedText = tuple[tuple[WordChange, str], ...]
"""A text in parts, with the words that went and those that came."""


@immutable
class TakeCard:
    """A take as it is shown.

    `how` is `somebody`, `default` or empty, as `data-picked` has it. `digest` is empty where the file is not here.
    `film` is None for a picture. `cost` is what was charged, else what it was to cost.
    """

    row: TakeRow
    how: str
    digest: str
    film: Film | None
    cost: Cost | None

    @property
    def rate(self) -> str:
        """Frames a second, as a script reads it: `30`, `30000/1001`."""
        return "" if self.film is None else timebase.rate_text(self.film.rate)

    @property
    def seconds(self) -> Fraction | None:
        """How long it plays."""
        return None if self.film is None else self.film.seconds


@immutable
class EarlierRequest:
    """Takes of one earlier request, what differs from the present one, and the present prompt with the changed words.

    `prompt` is empty where its words did not change.
    """

    changes: tuple[str, ...]
    prompt: EditedText
    takes: tuple[TakeCard, ...]


@immutable
class InputCard:
    """A file that the request is made with: its slot, what it is in words, and where that is written.

    `digest` is empty where the file is not here, or may not be shown; `obstacle` says why it is missing. `shot` is the
    shot that it comes from. `rate` is as for a take; only a film has one.
    """

    slot: str
    cast: str
    words: str
    place: str
    digest: str
    kind: Kind | None
    shot: str
    rate: str
    obstacle: str


@immutable
class ShotPage:
    """All that the view of a shot shows.

    `sent` is the prompt as it is sent, with the names that the model does not read as words that went. `changed` is the
    prompt with what differs from the take in use, empty where nothing does. `coming` is how many takes a run renders,
    `price` at what price.
    """

    row: ShotRow
    seen: str
    note: str
    tags: tuple[str, ...]
    takes: tuple[TakeCard, ...]
    earlier: tuple[EarlierRequest, ...]
    request: tuple[ShowRow, ...]
    inputs: tuple[InputCard, ...]
    sent: EditedText
    negative: str
    changed: EditedText
    held: bool

    @property
    def has_films(self) -> bool:
        """Whether there is something to play: stills have no players."""
        cards = (*self.takes, *(card for group in self.earlier for card in group.takes))
        return any(card.film is not None for card in cards)


def shot_page(snapshot: Snapshot, name: str) -> ShotPage:
    """The view of a shot of a production that has a plan; raises UnknownTarget for another name."""
    plan = snapshot.plan
    if plan is None or name not in snapshot.rows:
        raise UnknownTarget(tr("no shot is called `{name}`", name=name), hint=tr("the board shows the shots"))
    asked = planned_request(plan, plan.graph.production.shots[name])
    cards = [_take_card(row, plan.currency) for row in snapshot.takes_of.get(name, ())]
    present = {take.digest for take in asked.takes}
    is_present = [
        card.row.take.digest in present or (card.row.take.gone and card.row.take.fingerprint in asked.cores)
        for card in cards
    ]
    row, shot = snapshot.rows[name], asked.shot
    used = None if row.choice.take is None else _prompt(_recipe_of(row.choice.take, asked, plan))
    return ShotPage(
        row=row,
        seen=snapshot.seen(name),
        note=shot.note or "",
        tags=shot.tags,
        takes=tuple(card for card, now in zip(cards, is_present, strict=True) if now),
        earlier=tuple(_earlier([card for card, now in zip(cards, is_present, strict=True) if not now], asked, plan)),
        request=tuple(each for each in rows_of(ShotVertex(name, shot), plan.graph.production) if each.key != "prompt"),
        inputs=tuple(_inputs(shot, outputs_of(plan, plan.inventory, name), plan)),
        sent=tuple(edited_words(shot.written, shot.prompt or "")),
        negative=shot.negative_prompt or "",
        changed=() if used in {None, shot.prompt or ""} else tuple(edited_words(used or "", shot.prompt or "")),
        held=asked.entry.held is not None or bool(asked.entry.rival_holds),
    )


def _take_card(row: TakeRow, currency: str) -> TakeCard:
    take = row.take
    amount, bound = (take.estimate, Bound.AT_MOST) if take.cost is None else (take.cost, Bound.EXACT)
    return TakeCard(
        row=row,
        how="somebody" if row.chosen else "default" if row.picked else "",
        digest="" if row.file is None else take.digest,
        film=take.film,
        cost=None if amount is None else Cost(amount, take.currency or currency, bound),
    )


def _earlier(cards: Sequence[TakeCard], asked: ShotRequest, plan: Plan) -> Iterator[EarlierRequest]:
    """The takes of each earlier request, the request of the newest take first."""
    by_request: dict[str, list[TakeCard]] = {}
    for card in sorted(cards, key=lambda each: -each.row.number):
        by_request.setdefault(card.row.take.fingerprint, []).append(card)
    for made in by_request.values():
        recipe = _recipe_of(made[0].row.take, asked, plan)
        changes = tuple(each.text for each in differences(recipe, asked.recipe, plan.inventory.lock))
        before, now = _prompt(recipe), asked.shot.prompt or ""
        prompt = () if before in {None, now} else tuple(edited_words(before or "", now))
        yield EarlierRequest(changes or (tr("another seed"),), prompt, tuple(reversed(made)))


def _recipe_of(take: Take, asked: ShotRequest, plan: Plan) -> Recipe:
    return asked.entry.recipes.get(take.fingerprint) or plan.inventory.recipes.get(take.fingerprint)


def _prompt(recipe: Recipe) -> str | None:
    """The prompt of a recipe; None where that is not known any more."""
    words = recipe.get("prompt") if isinstance(recipe, Mapping) else None
    return words if isinstance(words, str) else None


def _inputs(shot: Shot, outputs: Mapping[str, NodeOutput], plan: Plan) -> Iterator[InputCard]:
    places = {media.slot: (media.cast or "", media.used_at) for media in shot.media}
    places |= {f"{media.slot}.voice": (media.cast or "", media.spoken_at) for media in shot.media}
    for slot, source in sources_of(shot):
        cast, place = places[slot]
        vertex = input_id(shot.name, slot, source)
        output = outputs.get(vertex)
        found, kind = _file_of(vertex, output, source, plan)
        film = None if output is None else output.film
        yield InputCard(
            slot=slot,
            cast=cast,
            words=source_text(source),
            place=str(place),
            digest=found,
            kind=kind,
            shot=getattr(source, "shot", ""),
            rate=timebase.rate_text(film.rate) if film is not None and kind is Kind.VIDEO else "",
            obstacle="" if output is None or output.obstacle is None else output.obstacle.text,
        )


def _file_of(vertex: str, output: NodeOutput | None, source: Source, plan: Plan) -> tuple[str, Kind | None]:
    """The digest and the kind of the file that is sent, empty where there is none to show."""
    if output is None or isinstance(source, DataSource):
        return "", None
    match plan.graph.vertex(vertex):
        case ExtractVertex() if output.known:
            name = plan.inventory.derived.get(digest.of_json(dict(output.identity)), "")
            return PurePosixPath(name).stem, KINDS.get(PurePosixPath(name).suffix)
        case ShotVertex() if output.digest is not None and output.obstacle is None:
            return output.digest, Kind.IMAGE if output.film is None else Kind.VIDEO
        case AssetVertex(source=FileSource() as file):
            facts = plan.facts.get(file.key)
            return (facts.digest, facts.kind) if isinstance(facts, Facts) else ("", None)
    return "", None
