"""A node as it will be requested or made, every value with the place where it is written; data for text, page, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from wanflow import timebase
from wanflow.catalog.model import Model, ParameterValue, value_text
from wanflow.graph.build import sources_of
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex, Vertex, asset_name
from wanflow.language.cut_titles import colour_text
from wanflow.language.production import (
    Cut,
    CutItem,
    Production,
    Shot,
    SoundCue,
    SpokenLine,
    Subtitles,
    TitleCard,
    TransitionKind,
)
from wanflow.language.source import (
    DataSource,
    FileSource,
    Frame,
    Head,
    Piece,
    ShotSource,
    Sound,
    Source,
    Span,
    Tail,
    UrlSource,
)
from wanflow.masking import public_url
from wanflow.messages import joined, tr, trp
from wanflow.planner.plan import Step
from wanflow.providers.protocol import Request, request_with
from wanflow.records import immutable
from wanflow.yamldoc.nodes import Interpolated, Place

Body = Mapping[str, object]
"""The JSON object of a request."""


@immutable
class ShowRow:
    """One value of a node: its key, the value, and the place where it is written (None: the model's default).

    `filled` are the vars, inputs and values of a matrix that went into it.
    """

    key: str
    value: ParameterValue
    place: Place | None = None
    filled: tuple[Interpolated, ...] = ()

    @property
    def text(self) -> str:
        """The value in one line."""
        return value_text(self.value)

    @property
    def origin(self) -> str:
        """Where the value comes from: the place of the key's value, then of every name that was filled into it."""
        if self.place is None:
            return tr("default")
        filled = (f"{each.name} {each.place}" if each.place else f"--set {each.name}" for each in self.filled)
        return " ← ".join([str(self.place), *filled])

    def to_json(self) -> dict[str, object]:
        """As `show --json` prints it."""
        through = [{"name": each.name, "origin": str(each.place or "--set")} for each in self.filled]
        origin = str(self.place) if self.place else None
        return {"key": self.key, "value": self.value, "origin": origin, **({"through": through} if through else {})}


def rows_of(vertex: Vertex, production: Production) -> tuple[ShowRow, ...]:
    """All that a node is made from, in the order of the request."""
    match vertex:
        case ShotVertex(shot=shot):
            return tuple(_of_shot(shot))
        case CutVertex(cut=cut):
            items = [
                ShowRow(tr("item {number}", number=number), item_text(item), item.place)
                for number, item in enumerate(cut.items, 1)
            ]
            finish = [ShowRow(key, words, cut.place) for key, words in finish_rows(cut)]
            further = [ShowRow("delivery", f"{each.output} ({each.form})", each.place) for each in cut.deliveries]
            return (ShowRow("output", cut.output, cut.place), *further, *items, *finish)
        case ExtractVertex(slot=slot, origin=origin, piece=piece, shot=shot):
            media = [item for item in production.shots[shot].media if slot in {item.slot, f"{item.slot}.voice"}]
            place = media[0].place if media else None
            words = {"from": asset_name(origin), "piece": piece_text(piece), "for": shot}
            return tuple(ShowRow(key, value, place) for key, value in words.items())
        case AssetVertex(source=source):
            return (ShowRow("source", source_text(source)),)


def request_of(vertex: Vertex, steps: Sequence[Step]) -> Request | None:
    """The request for a shot's first take, with names in the place of addresses; None for other nodes."""
    if not isinstance(vertex, ShotVertex):
        return None
    names = {slot: source_text(source) for slot, source in sources_of(vertex.shot)}
    seed = next((step.seed for step in steps if step.take), None)
    return request_with(vertex.shot, seed, names)


@immutable
class NodeDetails:
    """A node resolved: its rows, the steps that belong to it, and for a shot the request of its first take.

    The request has names in the place of addresses.
    """

    node: str
    rows: tuple[ShowRow, ...]
    steps: tuple[Step, ...]
    request: Body | None = None
    model: Model | None = None

    @property
    def seeds(self) -> tuple[tuple[int, int | None], ...]:
        """The takes by number, each with the seed that is sent; None where none is sent, or it is not known yet."""
        steps = sorted((step for step in self.steps if step.take), key=lambda step: step.take)
        return tuple((step.take, None if self.model is None else self.model.sent_seed(step.seed)) for step in steps)

    def to_json(self) -> dict[str, object]:
        """As `show --json` prints it."""
        takes = [{"take": take, "seed": seed} for take, seed in self.seeds]
        return {
            "node": self.node,
            "request": [row.to_json() for row in self.rows],
            "takes": takes,
            "body": self.request,
        }


def _of_shot(shot: Shot) -> Iterator[ShowRow]:
    yield from (ShowRow(via.kind, via.label, via.place) for via in shot.via)
    yield _row(shot, "model", shot.model)
    for key, words in (("prompt", shot.prompt), ("negative_prompt", shot.negative_prompt)):
        if words is not None:
            yield _row(shot, key, words)
    for media in shot.media:
        place = media.used_at if media.origin else media.place
        source = source_text(media.source)
        shown = tr("{cast}: {source}", cast=media.cast, source=source) if media.cast else source
        yield ShowRow(media.slot, shown, place, media.origin)
        if media.voice is not None:
            yield ShowRow(f"{media.slot}.voice", source_text(media.voice), media.spoken_at)
    for key, value in shot.parameters.items():
        yield _row(shot, key, value)
    for line in shot.lines:
        yield ShowRow("lines", line_text(line), line.place)


def _row(shot: Shot, key: str, value: ParameterValue) -> ShowRow:
    written = shot.origins.get(key)
    return ShowRow(key, value) if written is None else ShowRow(key, value, written.place, written.filled)


def line_text(line: SpokenLine) -> str:
    """`0.5 to 2 s, keeper: Storm tonight.`, with the language of each text where there are several."""
    several = len(line.texts) > 1
    said = (
        f"{language}: {text}" if several and language is not None else text for language, text in line.texts.items()
    )
    words = joined("; ", (" ".join(text.split()) for text in said))
    spoken = words if line.who is None else joined(": ", (line.who, words))
    return tr("{at:f} to {to:f} s, {words}", at=line.at, to=line.to, words=spoken)


def join_text(kind: TransitionKind) -> str:
    """The word for the join of two items."""
    match kind:
        case TransitionKind.CUT:
            return trp("join", "cut")
        case TransitionKind.DISSOLVE:
            return tr("dissolve")
        case TransitionKind.FADE:
            return trp("join", "fade")
        case TransitionKind.WIPE:
            return tr("wipe")


def item_text(item: CutItem) -> str:
    """`shot coast, in 0.5, dissolve 0.5 s`; a title in quotes."""
    card = item.source if isinstance(item.source, TitleCard) else None
    words = [
        source_text(item.source) if not isinstance(item.source, TitleCard) else tr('title "{name}"', name=item.name)
    ]
    words += _clip_words(item)
    for key, seconds in (("in", item.start), ("out", item.stop)):
        if seconds is not None:
            words.append(f"{key} {seconds:f}")
    if item.seconds is not None:
        words.append(tr("{seconds:f} s", seconds=item.seconds))
    if item.keep_overlap:
        words.append(tr("overlap kept"))
    if item.transition is not None:
        words.append(tr("{join} {seconds:f} s", join=join_text(item.transition.kind), seconds=item.transition.seconds))
    if card is not None:
        words.append(tr("on {colour}", colour=colour_text(card.background)))
        words += _look_words(card)
    for over in item.over:
        words.append(tr('title "{name}" over it from {at:f} s', name=over.title.text, at=over.at))
        if over.seconds is not None:
            words.append(tr("for {seconds:f} s", seconds=over.seconds))
        words += _look_words(over.title)
    return joined(", ", words)


def _look_words(title: TitleCard) -> Iterator[str]:
    """How a title looks, where that is not as usual."""
    if title.font is not None:
        font = title.font.path if isinstance(title.font, FileSource) else title.font
        yield tr("font {name}", name=font)
    if title.color is not None:
        yield tr("letters {colour}", colour=colour_text(title.color))
    if title.size is not None:
        yield tr("letters {size:f} of the height", size=title.size)
    if title.position != "center":
        yield title.position
    if title.fade:
        yield tr("words fade for {seconds:f} s", seconds=title.fade)


def _clip_words(item: CutItem) -> Iterator[str]:
    """Which take of a clip plays, and how, where that is not as usual."""
    if item.take is not None:
        yield tr("take {number}", number=item.take)
    elif item.takes_all:
        yield tr("all takes")
    if item.speed != 1:
        yield tr("speed {speed:f}", speed=item.speed)
    if not item.keep_sound:
        yield tr("without its sound")
    if item.freeze is not None:
        yield tr("last frame held for {seconds:f} s", seconds=item.freeze)
    if item.focus is not None:
        yield tr("focus {across:f}, {down:f}", across=item.focus[0], down=item.focus[1])


def sound_text(cue: SoundCue) -> str:
    """Music or a cue with what is done to it."""
    words = [source_text(cue.source)]
    if cue.at:
        words.append(tr("at {seconds:f} s", seconds=cue.at))
    words += [f"{key} {value:f}" for key, value in (("in", cue.start), ("out", cue.stop)) if value is not None]
    words += [tr("gain {gain:f} dB", gain=cue.gain), tr("fade {fade:f} s", fade=cue.fade)]
    if cue.duck is not None:
        words.append(tr("ducks by {depth:f} dB", depth=-cue.duck))
    if cue.loop:
        words.append(tr("repeated"))
    if cue.voice:
        words.append(tr("a voice"))
    return joined(", ", words)


def finish_rows(cut: Cut) -> Iterator[tuple[str, str]]:
    """Key and value of all that is done to a cut as a whole, defaults included where they change its file."""
    shape, finish = cut.shape, cut.finish
    if shape.size is not None:
        yield "size", f"{shape.size[0]}x{shape.size[1]}"
    if shape.rate is not None:
        yield "fps", timebase.rate_text(shape.rate)
    yield "fit", shape.fit
    yield "profile", finish.profile
    yield from (("music", sound_text(cue)) for cue in finish.music)
    yield from (("audio", sound_text(cue)) for cue in finish.audio)
    if finish.loudness is not None:
        yield "loudness", f"{finish.loudness:f} LUFS"
    for track in finish.subtitles:
        burned = tr(", burned in") if track.burned else ""
        if track.position != "bottom":
            burned = tr(", burned in at {position}", position=str(track.position))
        named = track.encoding
        encoding = "" if named is None else tr(", encoding {encoding}", encoding=named)
        yield (
            "subtitles",
            tr(
                "{source}, language {language}{encoding}{burned}",
                source=track_text(track),
                language=track.language or trp("language", "unknown"),
                encoding=encoding,
                burned=burned,
            ),
        )
    if finish.language is not None:
        yield "language", finish.language
    yield "label", "metadata" if finish.labelled else "none"
    if finish.notice is not None:
        notice = finish.notice
        words = tr(
            '"{text}", {seconds:f} s, {height:f} % of the shorter side',
            text=notice.text,
            seconds=notice.seconds,
            height=notice.height,
        )
        yield "opening_notice", words


def track_text(track: Subtitles) -> str:
    """The file of subtitles as `source_text` has it, or the key `lines` for those of the shots."""
    return "lines" if track.file is None else source_text(track.file)


def source_text(source: Source) -> str:
    """`sets/coast.png`, `shot coast, tail 2 s`, an address without its query (which may hold a signature)."""
    match source:
        case FileSource(path, piece):
            return joined("", (path, _of(piece)))
        case ShotSource(shot, piece):
            return tr("shot {shot}{piece}", shot=shot, piece=_of(piece))
        case UrlSource(url, sha256):
            return public_url(url) + (f" (sha256 {sha256[:12]})" if sha256 else "")
        case DataSource(_, mime, digest):
            return tr("inline {mime} (sha256 {digest})", mime=mime, digest=digest[:12])


def piece_text(piece: Piece) -> str:
    """`tail 2 s`, `from 1 s to 3.5 s`, `last frame`, `sound`."""
    match piece:
        case Tail(seconds):
            return tr("tail {seconds:f} s", seconds=seconds)
        case Head(seconds):
            return tr("head {seconds:f} s", seconds=seconds)
        case Span(start, None):
            return tr("from {start:f} s", start=start)
        case Span(start, Decimal() as end):
            return tr("from {start:f} s to {end:f} s", start=start, end=end)
        case Frame(Decimal() as at):
            return tr("frame at {at:f} s", at=at)
        case Frame(at):
            return tr("{at} frame", at=at)
        case Sound():
            return tr("sound")
    raise TypeError(f"no such piece: {piece!r}")


def _of(piece: Piece | None) -> str:
    return tr(", {piece}", piece=piece_text(piece)) if piece is not None else ""
