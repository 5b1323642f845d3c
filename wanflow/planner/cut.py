"""What extracts and cuts are made from, as values that can be hashed before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from decimal import Decimal

from wanflow import digest, timebase
from wanflow.catalog.provider import Provider
from wanflow.digest import Canonical
from wanflow.graph import recipe
from wanflow.graph.node import ExtractVertex, origin_id
from wanflow.graph.recipe import Identity
from wanflow.language.cut_sounds import DUCK
from wanflow.language.language_tags import iso_code
from wanflow.language.output_paths import soft_tracks
from wanflow.language.production import (
    RESULTS_FOLDER,
    Cut,
    CutItem,
    Delivery,
    Shot,
    SoundCue,
    SpokenLine,
    Subtitles,
    TitleCard,
)
from wanflow.language.source import FileSource, Frame, PieceOutside, ShotSource, Sound, frame_span
from wanflow.language.timeline import takeover
from wanflow.media.text.caption_layout import SAFE_BOTTOM, SAFE_TOP
from wanflow.messages import joined, tr
from wanflow.planner.drawn_texts import lines_of, slate_line
from wanflow.planner.plan import NodeOutput, Reason, ReasonCode, missing_output
from wanflow.records import immutable
from wanflow.store.take import Film
from wanflow.store.take_names import take_node
from wanflow.writing import (
    TYPESETTING_VERSION,
    is_latin,
    script_language,
    shaping_of_language,
    shaping_version,
)

ASSEMBLY_VERSION = 3
"""Raised when the same items would be assembled into another film."""

SLATES_VERSION = 2
"""Version of slates in vertical films and in transitions: part of what a cut is made from, where it has them."""

DELIVERY_VERSION = 1
"""Raised when the same film would be encoded into other deliveries."""

DEFAULT_SIZE = (1280, 720)

TOP_EDGE = Decimal("0.04")
"""Share of the height above a subtitle at the top of another film."""

NAMED_TAKES = 20
"""Maximum numbers of takes in one message."""


@immutable
class EditItem:
    """One item of a cut with its clip known as far as it is.

    `vertex` gives it, None for a title; `obstacle` says why it will not be there. `film` is None for a title and for a
    picture. `continued_at` is the frame of this clip at which the next item, a continuation, takes over; None where the
    next item is none. `lines` are what is said in the shot.
    """

    item: CutItem
    vertex: str | None
    digest: str | None
    film: Film | None
    continued_at: int | None = None
    slate: tuple[str, ...] = ()
    obstacle: Reason | None = None
    lines: tuple[SpokenLine, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in messages and chapters: a take that the cut names by its node."""
        made = self.item
        return made.name if made.take is None else take_node(made.name, made.take)

    @property
    def lines_between_trims(self) -> Iterator[tuple[Decimal, Decimal, SpokenLine]]:
        """The lines that its own `in` and `out` leave, each with its times in the clip."""
        for line in self.lines:
            begin = line.at if self.item.start is None else max(line.at, self.item.start)
            end = line.to if self.item.stop is None else min(line.to, self.item.stop)
            if begin < end:
                yield begin, end, line


@immutable
class EditSound:
    """Music or a cue of a cut with its file known as far as it is.

    `vertex` gives it, `obstacle` says why it will not be there.
    """

    cue: SoundCue
    vertex: str
    digest: str | None
    film: Film | None
    obstacle: Reason | None = None

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.cue.name


@immutable
class Edit:
    """A cut with all that it is made from, known as far as it is; `subtitles` are the digests of their contents.

    `missing` are characters of its texts that no font has; they are known when the film is made, and so is
    `families`: what this machine has of each family that a title names. `title_fonts` are the digests of font files.
    """

    cut: Cut
    items: tuple[EditItem, ...]
    sounds: tuple[EditSound, ...] = ()
    subtitles: tuple[str | None, ...] = ()
    missing: str = ""
    title_fonts: Mapping[str, str | None] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether everything that it is made from exists."""
        return None not in (*(part.digest for part in self.parts), *self.subtitles, *self.title_fonts.values())

    @property
    def parts(self) -> tuple[EditItem | EditSound, ...]:
        """Its items, then its music and cues."""
        return (*self.items, *self.sounds)

    @property
    def heard_takes(self) -> tuple[EditSound, ...]:
        """The cues that are the sound of a take."""
        return tuple(sound for sound in self.sounds if isinstance(sound.cue.source, ShotSource))

    def fingerprint(self) -> str | None:
        """The hash of all that determines the film; None while a part of it is not known."""
        return digest.of_json(_edit_json(self)) if self.known else None

    @property
    def lines_on_slates(self) -> bool:
        """Whether the slates show the lines of the shots: where these are burned in, they would be seen twice."""
        return not any(track.burned and track.file is None for track in self.cut.finish.subtitles)


def films_of(edit: Edit) -> Iterator[Film]:
    """The videos of an edit, in order."""
    return (item.film for item in edit.items if item.film is not None and item.film.width)


def film_size(edit: Edit) -> tuple[int, int]:
    """Width and height of a cut: its own, else those of its first video in even numbers (format.md, Cuts)."""
    film = next(films_of(edit), None)
    even = DEFAULT_SIZE if film is None else (film.width // 2 * 2, film.height // 2 * 2)
    return edit.cut.shape.size or even


def placed_at(position: str | Decimal, size: tuple[int, int]) -> tuple[str, Decimal | None]:
    """The place of a subtitle in a picture of `size`, and its share from that edge; None for a caption's default.

    A share of the height below the middle is where the text ends, above it where the text begins.
    """
    vertical = size[1] > size[0]
    if position == "bottom":
        return "bottom", SAFE_BOTTOM if vertical else None
    if isinstance(position, str):
        return "top", SAFE_TOP if vertical else TOP_EDGE
    return ("bottom", 1 - position) if position > Decimal("0.5") else ("top", position)


def extract_identity(vertex: ExtractVertex, source: NodeOutput) -> Identity | Reason:
    """The identity of a piece, a placeholder while its source is not known, or why it cannot be extracted."""
    if source.film is None and source.known:
        return Reason(
            ReasonCode.INPUT_FAILED,
            tr("cannot extract `{id}`: `{origin}` has no frames", id=vertex.id, origin=vertex.origin),
        )
    if source.film is None or source.digest is None:
        return recipe.placeholder_of_part(source.identity, vertex.piece)
    if isinstance(vertex.piece, Sound):
        if source.film.samples == 0:
            return Reason(
                ReasonCode.INPUT_FAILED, tr("`{id}`: `{origin}` has no sound", id=vertex.id, origin=vertex.origin)
            )
        return recipe.part_identity(source.digest, vertex.piece, 0, source.film.samples - 1)
    try:
        first, last = frame_span(vertex.piece, source.film.frames, source.film.rate)
    except PieceOutside as outside:
        return Reason(ReasonCode.INPUT_FAILED, tr("`{id}`: {outside}", id=vertex.id, outside=outside))
    grid = None if source.film.pace is None else source.film.rate
    return recipe.part_identity(source.digest, vertex.piece, first, last, grid)


def extract_film(vertex: ExtractVertex, source: NodeOutput) -> Film | None:
    """The clip that an extract will be; None for a frame, and where its source's length is not known."""
    film = source.film
    if film is None or isinstance(vertex.piece, Frame):
        return None
    if isinstance(vertex.piece, Sound):
        return Film(0, film.rate, 0, 0, film.samples, film.sample_rate)
    try:
        first, last = frame_span(vertex.piece, film.frames, film.rate)
    except PieceOutside:
        return None
    count = last - first + 1
    samples = timebase.to_samples(count, film.rate) if film.samples else 0
    return Film(count, film.rate, film.width, film.height, samples, timebase.SAMPLE_RATE if samples else 0)


DRAWN = NodeOutput(recipe.digest_identity(""))
"""What gives a title: it waits for nothing."""


def playing(cut: Cut, inputs: Mapping[str, NodeOutput]) -> Iterator[tuple[CutItem, NodeOutput]]:
    """The items of a cut as they play, each with what gives its clip.

    An item of all takes becomes one for each take of the present request that exists or is made now. Where there is
    none, it is the take that counts, such as a held one.
    """
    for position, item in enumerate(cut.items):
        if isinstance(item.source, TitleCard):
            yield item, DRAWN
            continue
        given = inputs[origin_id(item.source)]
        if item.takes_all and given.current:
            each = item.each_take(given.current, opens=position == 0)
            yield from ((one, given.takes[one.take or 0]) for one in each)
        elif item.take is None:
            yield item, given
        else:
            yield item, given.takes.get(item.take) or _no_such_take(item.name, item.take, given)


def _no_such_take(shot: str, number: int, given: NodeOutput) -> NodeOutput:
    numbers = [str(each) for each in sorted(given.takes)]
    listed = joined(", ", [*numbers[:NAMED_TAKES], *(["…"] if len(numbers) > NAMED_TAKES else [])])
    brief = tr("`{shot}` has no take {number}: it has no takes yet", shot=shot, number=number)
    if numbers:
        brief = tr("`{shot}` has no take {number}: there are {numbers}", shot=shot, number=number, numbers=listed)
    remedy = tr("change `take` in the cut, or `wanflow retake {shot}` asks for more", shot=shot)
    text = tr("{brief}: {remedy}", brief=brief, remedy=remedy)
    return missing_output(shot, Reason(ReasonCode.NO_SUCH_TAKE, text, brief, remedy))


def outputs_used(cut: Cut, inputs: Mapping[str, NodeOutput]) -> tuple[NodeOutput, ...]:
    """What a cut is made from: of a shot of which it names takes these, and not the picked one."""
    return (
        *(given for _, given in playing(cut, inputs)),
        *(inputs[origin_id(source)] for _, source in cut.finish.sources),
    )


def digests_of_fonts(cut: Cut, inputs: Mapping[str, NodeOutput]) -> dict[str, str | None]:
    """The digests of the font files that the titles of a cut name, by path."""
    return {source.path: inputs[origin_id(source)].digest for _, source in cut.finish.title_fonts}


def arrange(cut: Cut, inputs: Mapping[str, NodeOutput], shots: Mapping[str, Shot], provider: Provider) -> Edit:
    """A cut with the outputs that it is made from, and where the next item takes over each one."""
    items: list[EditItem] = []
    fonts = digests_of_fonts(cut, inputs)
    clips = tuple(playing(cut, inputs))
    for (item, clip), (after, _) in zip(clips, (*clips[1:], (None, None)), strict=True):
        if isinstance(item.source, TitleCard):
            title: dict[str, Canonical] = {"title": item.source.text, "background": list(item.source.background)}
            items.append(EditItem(item, None, digest.of_json(title | _look_json(item.source, fonts)), None))
            continue
        vertex = origin_id(item.source)
        # what continues a shot continues the take that counts
        goes_on = item.take is None or (not item.takes_all and clip.identity == inputs[vertex].identity)
        begins = None
        if clip.film is not None and goes_on:
            begins = takeover(item, after, clip.film.frames, clip.film.rate, shots)
        slated = clip.slate is not None and item.slate and (provider.slated or item.takes_all)
        slate = clip.slate.lines(cut.finish.language) if clip.slate is not None and slated else ()
        said = lines_of(item, shots)
        items.append(EditItem(item, vertex, clip.digest, clip.film, begins, slate, clip.obstacle, said))
    tracks = tuple(_digest_of(track, items, inputs) for track in cut.finish.subtitles)
    return Edit(cut, tuple(items), tuple(_sound(cue, inputs) for cue in cut.finish.sounds), tracks, title_fonts=fonts)


def _sound(cue: SoundCue, inputs: Mapping[str, NodeOutput]) -> EditSound:
    vertex = origin_id(cue.source)
    given = inputs[vertex]
    return EditSound(cue, vertex, given.digest, given.film, given.obstacle)


def _digest_of(track: Subtitles, items: Sequence[EditItem], inputs: Mapping[str, NodeOutput]) -> str | None:
    """The digest of a file, or of what each item says when, without what its trims leave out."""
    if track.file is not None:
        return inputs[origin_id(track.file)].digest
    return digest.of_json(
        [
            [_plain(begin), _plain(end), line.texts[track.language], position]
            for position, item in enumerate(items)
            for begin, end, line in item.lines_between_trims
            if track.language in line.texts
        ]
    )


def delivery_recipe(delivery: Delivery) -> str:
    """What a delivery is made by, beside its film."""
    return f"{delivery.form}.{DELIVERY_VERSION}"


def due_deliveries(cut: Cut, here: Mapping[str, str]) -> tuple[Delivery, ...]:
    """The deliveries of a cut that are to be made; `here` are the recipes of those of the present film, by path."""
    return tuple(each for each in cut.deliveries if here.get(each.output) != delivery_recipe(each))


def _edit_json(edit: Edit) -> dict[str, Canonical]:
    shape, finish = edit.cut.shape, edit.cut.finish
    notice = finish.notice
    size: list[Canonical] | None = None if shape.size is None else list(shape.size)
    return (
        _letters_json(edit)
        | _sounds_json(edit)
        | {
            "assembly": ASSEMBLY_VERSION,
            "items": [_item_json(item, edit) for item in edit.items],
            "size": size,
            "rate": None if shape.rate is None else timebase.rate_text(shape.rate),
            "fit": shape.fit,
            "subtitles": _subtitles_json(edit),
            "loudness": _plain(finish.loudness),
            "profile": finish.profile,
            "labelled": finish.labelled,
            "notice": None if notice is None else [notice.text, _plain(notice.seconds), _plain(notice.height)],
            "fonts": [list[Canonical](font) for font in finish.fonts],
        }
    )


def _letters_json(edit: Edit) -> dict[str, Canonical]:
    """The versions of how words are drawn, each where the film has words that it changes."""
    finish, notice = edit.cut.finish, edit.cut.finish.notice
    drawn = [title.text for item in edit.items for _, title in item.item.titles]
    drawn += [line for item in edit.items for line in item.slate] + ([] if notice is None else [notice.text])
    drawn += words_on_slates(edit)
    burned = any(
        track.burned and (track.language is None or script_language(track.language)) for track in finish.subtitles
    )
    letters: dict[str, Canonical] = {}
    if burned or not is_latin("".join(drawn)) or (finish.fonts and drawn):
        letters = {"typesetting": TYPESETTING_VERSION, "script": script_language(finish.language)}
    shaping = [shaping_of_language(track.language) for track in finish.subtitles if track.burned]
    if shaped := [each for each in (shaping_version("".join(drawn)), *shaping) if each is not None]:
        letters["shaping"] = max(shaped)
    vertical, joined = film_size(edit)[0] < film_size(edit)[1], any(item.item.transition for item in edit.items)
    if any(item.slate for item in edit.items) and (vertical or joined):
        letters["slates"] = SLATES_VERSION
    return letters


def _sounds_json(edit: Edit) -> dict[str, Canonical]:
    """Music and cues of an edit; the order of cues means nothing.

    Music that begins with the film, as an early version knew it, has the key that it had.
    """
    music: Canonical = None
    told = list[Canonical]()
    for sound in edit.sounds:
        cue = sound.cue
        words: dict[str, Canonical] = {"of": sound.digest, "gain": _plain(cue.gain), "fade": _plain(cue.fade)}
        later: dict[str, Canonical] = {
            "at": _plain(cue.at) if cue.at else None,
            "in": _plain(cue.start),
            "out": _plain(cue.stop),
            "loop": cue.loop or None,
            "voice": cue.voice or None,
        }
        added = {key: value for key, value in later.items() if value is not None}
        if edit.cut.finish.music == (cue,) and not added and cue.duck in {None, DUCK}:
            music = {"duck": cue.duck is not None, **words}
        else:
            told.append({"duck": _plain(cue.duck), **words, **added})
    told.sort(key=digest.of_json)
    return {"music": music, "sounds": told} if told else {"music": music}


def _subtitles_json(edit: Edit) -> list[Canonical]:
    """The subtitles of an edit; what came with later versions is added only where it changes the film."""
    found = list[Canonical]()
    titles = {soft.subtitles: soft.title for soft in soft_tracks(RESULTS_FOLDER, edit.cut)}
    for of, track in zip(edit.subtitles, edit.cut.finish.subtitles, strict=True):
        code = None if track.language is None else iso_code(track.language)
        told: dict[str, Canonical] = {"of": of, "language": code, "burned": track.burned}
        place, edge = placed_at(track.position, film_size(edit)) if track.burned else ("bottom", None)
        later = {
            "script": script_language(track.language) if track.burned and track.language != "zh" else None,
            "title": titles.get(track),
            # Python's name: another name of the same encoding is the same film
            "encoding": track.codec,
            "place": None if edge is None else place,
            "edge": _plain(edge),
        }
        told |= {key: value for key, value in later.items() if value is not None}
        found.append(told)
    return found


def words_on_slates(edit: Edit) -> Iterator[str]:
    """All that is said over the slates of a cut."""
    return (text for item in edit.items for _, _, text in _on_slate(item, edit))


def _on_slate(item: EditItem, edit: Edit) -> list[tuple[Decimal, Decimal, str]]:
    """What is said over the slate of an item: its times in the clip, and its words."""
    if not item.slate or not edit.lines_on_slates:
        return []
    language = edit.cut.finish.language
    return [(begin, end, slate_line(line, language)) for begin, end, line in item.lines_between_trims]


def _look_json(title: TitleCard, fonts: Mapping[str, str | None]) -> dict[str, Canonical]:
    """How a title looks, as far as it is not as it always was; a font file is its digest."""
    font = fonts[title.font.path] if isinstance(title.font, FileSource) else title.font
    look: dict[str, Canonical] = {
        "font": font,
        "color": None if title.color is None else list(title.color),
        "size": _plain(title.size),
        "position": None if title.position == "center" else title.position,
        "fade": _plain(title.fade or None),
    }
    return {key: value for key, value in look.items() if value is not None}


def _item_json(item: EditItem, edit: Edit) -> Canonical:
    """An item of an edit; what came with later versions is added only where it changes the film."""
    made, joined = item.item, item.item.transition
    later: dict[str, Canonical] = {} if made.keep_sound else {"sound": "drop"}
    if made.speed != 1:
        later["speed"] = _plain(made.speed)
    if made.freeze is not None:
        later["freeze"] = _plain(made.freeze)
    if made.focus is not None:
        later["focus"] = [_plain(share) for share in made.focus]
    if said := _on_slate(item, edit):
        later["said"] = [[_plain(begin), _plain(end), text] for begin, end, text in said]
    over: list[Canonical] = [
        [each.title.text, _look_json(each.title, edit.title_fonts), _plain(each.at), _plain(each.seconds)]
        for each in made.over
    ]
    if over:
        later["over"] = over
    return later | {
        "of": item.digest,
        "in": _plain(made.start),
        "out": _plain(made.stop),
        "continued_at": item.continued_at,
        "slate": list(item.slate),
        "stands": _plain(made.seconds),
        "transition": None if joined is None else [joined.kind.value, _plain(joined.seconds)],
        "name": item.name,
    }


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else format(number.normalize(), "f")
