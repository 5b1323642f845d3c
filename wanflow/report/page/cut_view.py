"""The view of a cut: its film as it was last written, and as it would be now, on one timeline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import field
from decimal import Decimal
from fractions import Fraction

from wanflow import timebase
from wanflow.errors import UnknownTarget, WanflowError
from wanflow.graph.node import cut_id
from wanflow.language.production import Cut, TransitionKind
from wanflow.media.text.caption_layout import SAFE_BOTTOM, SAFE_TOP, Caption
from wanflow.media.text.title_look import asked_letters
from wanflow.messages import Translatable, tr
from wanflow.planner.cut import DEFAULT_SIZE
from wanflow.planner.status import CutRow
from wanflow.records import immutable
from wanflow.report.export.edit_list import EditEvent, EditList, PlacedSound, edit_list, lanes_of
from wanflow.report.page.snapshot import Snapshot
from wanflow.report.show import ShowRow, join_text, rows_of, source_text, track_text
from wanflow.report.text.words import seconds_text

CAPITALS_PERCENT = 70
"""The height of a capital in percent of that of its letters."""
MOST_LANES = 12
"""Maximum lanes of music, and of cues, on a strip; those of more sounds at once are left out."""


@immutable
class StripItem:
    """An item on the strip. `begin` and `end` are the frames of the film between which a hard cut shows it.

    So a join is a cut in its middle. `source_seconds` is the moment of its file at `begin`, `state` is that of its
    shot. `waits`: its shot has takes, and somebody has to pick one. `share` and `offset` are its part of the film and
    where that begins, `clock` the same for people.
    """

    number: int
    event: EditEvent
    begin: int
    end: int
    source_seconds: Fraction
    state: str
    share: str
    offset: str
    clock: str
    waits: bool = False

    @property
    def kind(self) -> str:
        """What a player shows for it: `video`, `picture`, `title`, `waiting` (for a pick) or `missing`."""
        if self.event.missing:
            return "waiting" if self.waits else "missing"
        return "title" if self.event.title is not None else "picture" if self.event.still else "video"

    @property
    def shot(self) -> str:
        """Its shot; empty for a file that somebody brought and for a title."""
        return "" if self.event.shot is None else self.event.shot.name

    @property
    def file_rate(self) -> str:
        """Frames of its file a second, as a script reads it."""
        return timebase.rate_text(self.event.rate)

    @property
    def first(self) -> int:
        """The frame of its file that is shown first."""
        return math.floor(self.source_seconds * self.event.rate)

    @property
    def length(self) -> int:
        """Its frames in the film."""
        return self.end - self.begin

    @property
    def join_words(self) -> str:
        """How it joins the one before."""
        return join_text(self.event.transition)

    @property
    def join(self) -> str:
        """How it joins the one before; empty for a hard cut."""
        return "" if self.event.transition is TransitionKind.CUT else self.join_words


@immutable
class StripLine:
    """A text on the strip: a title, a subtitle or the notice, from frame `begin` of the film until `end`.

    `place` is `bottom` or `top`, and `edge` how far it is from there in percent of the picture's height; empty for what
    its place has. `height` is that of its capitals in percent of the picture's shorter side.
    """

    text: str
    begin: int
    end: int
    share: str
    offset: str
    place: str
    edge: str
    height: str


@immutable
class StripSound:
    """Music or a cue on the strip: what it is, where it begins, and its part of the film."""

    sound: PlacedSound
    words: Translatable | str
    offset: str
    share: str

    @property
    def first(self) -> str:
        """The second of its file at which it begins."""
        return timebase.decimal_text(self.sound.first)

    @property
    def period(self) -> str:
        """The seconds that a loop repeats; empty for what is heard once."""
        return "" if self.sound.period is None else timebase.decimal_text(self.sound.period)


@immutable
class CutPage:
    """All that the view of a cut shows.

    `edit` is None where the cut cannot be laid out, and `trouble` says why. `written` is the digest of its file as it
    was last written, empty where there is none.
    """

    cut: Cut
    row: CutRow | None
    written: str
    edit: EditList | None = None
    trouble: str = ""
    hint: str = ""
    items: tuple[StripItem, ...] = ()
    titles: tuple[tuple[str, tuple[StripLine, ...]], ...] = ()
    subtitles: tuple[tuple[str, tuple[StripLine, ...]], ...] = ()
    notice: StripLine | None = None
    sounds: tuple[tuple[StripSound, ...], ...] = ()
    request: tuple[ShowRow, ...] = field(default=())

    @property
    def rate(self) -> str:
        """Frames of the film a second, as a script reads it."""
        return "" if self.edit is None else timebase.rate_text(self.edit.rate)

    @property
    def seconds(self) -> Fraction:
        """How long the film is."""
        return Fraction(0) if self.edit is None else self.edit.frames / self.edit.rate

    @property
    def missing(self) -> tuple[StripItem, ...]:
        """The items whose takes are not rendered yet."""
        return tuple(item for item in self.items if item.kind == "missing")

    @property
    def waiting(self) -> tuple[str, ...]:
        """The shots in it that wait for a pick, each once."""
        return tuple(dict.fromkeys(item.shot for item in self.items if item.waits))

    @property
    def joined(self) -> bool:
        """Whether the film has joins that are no hard cuts."""
        return any(item.join for item in self.items)


def cut_page(snapshot: Snapshot, name: str) -> CutPage:
    """The view of a cut of a production that has a plan; raises UnknownTarget for another name."""
    plan = snapshot.plan
    if plan is None or name not in plan.graph.production.cuts or snapshot.status is None:
        raise UnknownTarget(tr("no cut is called `{name}`", name=name), hint=tr("the board shows the cuts"))
    cut = plan.graph.production.cuts[name]
    row = next((each for each in snapshot.status.cuts if each.node == cut_id(name)), None)
    request = rows_of(plan.graph.vertex(cut_id(name)), plan.graph.production)
    written = snapshot.films.get(name, "")
    try:
        edit = edit_list(plan, name, whole=False)
    except WanflowError as trouble:
        return CutPage(cut, row, written, trouble=str(trouble), hint=trouble.hint or "", request=request)
    return CutPage(
        cut=cut,
        row=row,
        written=written,
        edit=edit,
        items=tuple(_items(edit, snapshot)),
        titles=tuple(_titles(edit)),
        subtitles=tuple(
            (
                # lines have no name of a file that says their language
                " ".join(filter(None, (track_text(each.track), None if each.track.file else each.track.language))),
                tuple(_line(line, edit) for line in each.lines),
            )
            for each in edit.subtitles
        ),
        notice=None if edit.notice is None else _line(edit.notice, edit),
        sounds=tuple(_lanes(edit)),
        request=request,
    )


def _items(edit: EditList, snapshot: Snapshot) -> Iterator[StripItem]:
    """The items from where a hard cut shows each until where it shows the next: the middle of a join."""
    begins = [event.begin + (event.lead // 2 if position else 0) for position, event in enumerate(edit.events)]
    for number, (event, begin, end) in enumerate(zip(edit.events, begins, [*begins[1:], edit.frames], strict=True), 1):
        row = None if event.shot is None else snapshot.rows.get(event.shot.name)
        yield StripItem(
            number=number,
            event=event,
            begin=begin,
            end=end,
            source_seconds=event.source_seconds_at(begin, edit.rate),
            state="" if row is None else row.state,
            share=_percent(end - begin, edit),
            offset=_percent(begin, edit),
            clock=clock(begin / edit.rate),
            waits=event.missing and row is not None and row.choice.open,
        )


def _line(caption: Caption, edit: EditList) -> StripLine:
    return StripLine(
        text=caption.text,
        begin=caption.first,
        end=caption.end,
        share=_percent(caption.end - caption.first, edit),
        offset=_percent(caption.first, edit),
        place=caption.place,
        edge="" if caption.edge is None else timebase.decimal_text(100 * Fraction(caption.edge), 2),
        height=timebase.decimal_text(Fraction(caption.share), 2),
    )


def _titles(edit: EditList) -> Iterator[tuple[str, tuple[StripLine, ...]]]:
    """The titles over clips by their positions, near to where the film has them."""
    size = edit.size or DEFAULT_SIZE
    vertical = size[1] > size[0]
    places = {
        "center": ("bottom", Decimal("0.45")),
        "top": ("top", SAFE_TOP if vertical else Decimal("0.05")),
        "lower-third": ("bottom", SAFE_BOTTOM if vertical else Decimal("0.1")),
    }
    for position, (place, edge) in places.items():
        lines = []
        for event in edit.events:
            for over in event.over:
                if over.title.position == position:
                    letters = asked_letters(size, position, over.title.size)
                    capitals = Decimal(CAPITALS_PERCENT * letters) / min(size)
                    begin, end = over.begin, over.begin + over.length
                    lines.append(_line(Caption(over.title.text, begin, end, place, capitals, edge=edge), edit))
        if lines:
            yield tr("titles, {position}", position=position), tuple(lines)


def clock(seconds: Fraction) -> str:
    """A moment of a film: `1:02.5`, `0:00`."""
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{minutes}:{'' if rest >= 10 else '0'}{timebase.decimal_text(rest, 2)}"


def _percent(frames: int, edit: EditList) -> str:
    """A part of the film as an SVG reads it."""
    return f"{100 * frames / max(1, edit.frames):.4f}%"


def _lanes(edit: EditList) -> Iterator[tuple[StripSound, ...]]:
    """Music and cues in lanes, in which they follow one another."""
    for sounds in (edit.music, edit.audio):
        for lane in lanes_of(sounds)[:MOST_LANES]:
            yield tuple(_strip_sound(sound, edit) for sound in lane)


def _strip_sound(sound: PlacedSound, edit: EditList) -> StripSound:
    length = seconds_text(timebase.to_seconds(sound.samples, Fraction(sound.sample_rate)))
    words = tr("{source}, {length}", source=source_text(sound.cue.source), length=length)
    return StripSound(sound, words, _percent(sound.begin, edit), _percent(sound.length, edit))
