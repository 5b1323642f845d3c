"""A production, resolved and frozen: the value that the loader gives to graph and planner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from wanflow.boundary import Boundary, Content
from wanflow.catalog.model import Model, ParameterValue
from wanflow.catalog.provider import Provider, default_provider
from wanflow.catalog.read import Catalog, PriceBook, load_catalog
from wanflow.errors import MediaFault
from wanflow.language.checks import CheckRules
from wanflow.language.problem import Problem
from wanflow.language.source import FileSource, ShotSource, Source
from wanflow.money import Cost
from wanflow.records import immutable
from wanflow.yamldoc.nodes import Interpolated, Place, TextNode

RESULTS_FOLDER = "out"
"""The folder of cuts and of takes by name, beside the production file: what can be made again from the store."""


@immutable
class OriginStep:
    """A step from the production file to a shot: an `include` with its file, a `matrix` with the shot's values, a `use`
    with its pipeline; and where that is written.
    """

    kind: str
    label: str
    place: Place


@immutable
class Media:
    """One media input of a shot, in the order in which it is sent.

    `slot` names it within the shot (`first_clip`, `reference_2`); `type` is its name in the catalog (`first_clip`,
    `reference_image`). `voice` belongs to a reference and has the slot `<slot>.voice`. `cast` is the name of its cast
    member; `named_at` is where the shot names it, if that is elsewhere. `origin` are the pipeline inputs that it came
    through.
    """

    slot: str
    type: str
    source: Source
    place: Place
    voice: Source | None = None
    cast: str | None = None
    voice_place: Place | None = None
    named_at: Place | None = None
    origin: tuple[Interpolated, ...] = ()

    @property
    def title(self) -> str:
        """The name in messages about its file: the same in every shot that has it."""
        return self.type if self.slot.startswith("reference_") else self.slot

    @property
    def used_at(self) -> Place:
        """Where the shot asks for it, for problems that are not the file's own."""
        return self.named_at or self.place

    @property
    def spoken_at(self) -> Place:
        """Where the voice is written, for problems of its own."""
        return self.voice_place or self.place


@immutable
class Wording:
    """The texts of a request, as they are sent."""

    prompt: str | None
    negative_prompt: str | None


@immutable
class SpokenLine:
    """What is said in a shot from `at` until `to`, seconds into its take; never a part of the request.

    `texts` are the words by language, a tag of BCP 47, or None where that is unknown, and `places` where each is
    written. `who` is the cast member that speaks, None where that is not said.
    """

    at: Decimal
    to: Decimal
    texts: Mapping[str | None, str]
    place: Place
    who: str | None
    who_place: Place
    places: Mapping[str | None, Place]

    def text_for(self, language: str | None) -> str:
        """The words in a language, else in the first one that is written."""
        return self.texts.get(language) or next(iter(self.texts.values()))


@immutable
class Shot:
    """One request in words, as it will be sent.

    `model` is the name that the request carries, perhaps that of a snapshot; `rules` are those of that model.
    `prompt` is final: interpolated, cast names replaced by the model's identifiers, NFC, line ends normalised.
    `parameters` are all that the model knows, defaults included, without the seed. `seed` is None where it is
    derived. `waits_for_pick`: what needs the shot waits until somebody picks one of its takes. `written` is the prompt
    as written, for the slate. `origins` are the values as they are written, with where they came from; `via` is what
    made the shot, from outside in. `former` are the texts that earlier versions of wanflow sent for the same file: a
    take that was bought with them is a take of this shot. `checks` says what findings in its takes do. `lines` are
    what is said in it, in the order of their times.
    """

    name: str
    model: str
    rules: Model
    place: Place
    prompt: str | None = None
    negative_prompt: str | None = None
    media: tuple[Media, ...] = ()
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    seed: int | None = None
    takes: int = 1
    tags: tuple[str, ...] = ()
    waits_for_pick: bool = False
    note: str | None = None
    written: str = ""
    origins: Mapping[str, TextNode] = field(default_factory=dict)
    via: tuple[OriginStep, ...] = ()
    former: tuple[Wording, ...] = ()
    checks: CheckRules = field(default_factory=CheckRules)
    lines: tuple[SpokenLine, ...] = ()

    @property
    def scene(self) -> str:
        """The prefix of its scene; empty for none, and for shots of a matrix or a pipeline, whose prefix is another."""
        made = any(step.kind in {"matrix", "use"} for step in self.via)
        return "" if made else self.name.rpartition("/")[0]

    @property
    def cast(self) -> frozenset[str]:
        """The cast members that it is given."""
        return frozenset(media.cast for media in self.media if media.cast)

    def worded(self, wording: Wording) -> Shot:
        """The same shot with other texts."""
        return replace(self, prompt=wording.prompt, negative_prompt=wording.negative_prompt)


@immutable
class TitleCard:
    """Words on a plain ground, or over an item; colours are red, green and blue from 0 to 255.

    `font` is a file or a family, None for the film's letters. `color` is None for what can be read on the ground.
    `size` is the height of the letters as a share of the picture's, None for the size of its `position`: `center`,
    `top` or `lower-third`. `fade` are seconds in which the words come and go. `font_at` is where the font is named.
    """

    text: str
    background: tuple[int, int, int] = (0, 0, 0)
    font: FileSource | str | None = None
    color: tuple[int, int, int] | None = None
    size: Decimal | None = None
    position: str = "center"
    fade: Decimal = Decimal(0)
    font_at: Place | None = field(default=None, compare=False)


@immutable
class OverTitle:
    """A title over an item, from second `at` of it as it plays, for `seconds`; None to the item's end."""

    title: TitleCard
    place: Place
    at: Decimal = Decimal(0)
    seconds: Decimal | None = None


class TransitionKind(StrEnum):
    """How two items of a cut join; `fade` goes through black.

    What differs by kind is a `match` over all of them, so that the type checker names each place that lacks a new one.
    """

    CUT = "cut"
    DISSOLVE = "dissolve"
    FADE = "fade"
    WIPE = "wipe"


@immutable
class Transition:
    """How two items join, other than by a hard cut, and for how many seconds."""

    kind: TransitionKind
    seconds: Decimal
    place: Place


@immutable
class CutItem:
    """One item of a cut: a shot's picked take or a file, trimmed, or a title card.

    `start` and `stop` are seconds into the clip (`in` and `out` in YAML), None where the rule of continuations or
    the clip's own ends decide. `keep_overlap` switches that rule off at this item's start. `seconds` is how long a
    picture or a title is shown, None for a clip. `transition` is how it joins the item before it, None for a hard cut.
    `named_at` is where its shot or file is named, if that is elsewhere, and `seconds_at` where its `duration` is.
    `take` is the number of the take that plays whatever is picked, None for the picked one. `takes_all`: every take of
    the present request plays, one after the other; with a `take` it is one of these. A clip plays `speed` times as
    fast, its sound in pitch with `keep_sound`, else silent; then its last frame is held for `freeze` seconds. `focus`
    is the point that a crop keeps, as shares of the picture from its left and its top, None for the middle.
    `over` are the titles that lie over it.
    """

    source: ShotSource | FileSource | TitleCard
    place: Place
    start: Decimal | None = None
    stop: Decimal | None = None
    keep_overlap: bool = False
    slate: bool = True
    seconds: Decimal | None = None
    transition: Transition | None = None
    named_at: Place | None = None
    seconds_at: Place | None = None
    take: int | None = None
    takes_all: bool = False
    speed: Decimal = Decimal(1)
    keep_sound: bool = True
    freeze: Decimal | None = None
    focus: tuple[Decimal, Decimal] | None = None

    over: tuple[OverTitle, ...] = ()

    def each_take(self, numbers: Sequence[int], *, opens: bool) -> Iterator[CutItem]:
        """An item of all takes, as an item for each of them; `opens`: the film begins with it.

        Its transition joins each take to the one before it; before the first of a film nothing but a fade is possible.
        """
        for position, number in enumerate(numbers):
            joins = self.transition is not None and self.transition.kind is not TransitionKind.FADE
            alone = opens and position == 0 and joins
            yield replace(self, take=number, transition=None if alone else self.transition)

    @property
    def titles(self) -> tuple[tuple[Place, TitleCard], ...]:
        """The titles that it shows: its own words, and those over it."""
        own = ((self.place, self.source),) if isinstance(self.source, TitleCard) else ()
        return (*own, *((over.place, over.title) for over in self.over))

    @property
    def source_place(self) -> Place:
        """Where its shot or file is named."""
        return self.named_at or self.place

    @property
    def name(self) -> str:
        """What it is called in messages."""
        match self.source:
            case ShotSource(shot):
                return shot
            case FileSource(path):
                return path
            case TitleCard(text):
                return text


@immutable
class CutShape:
    """How a cut looks, as far as its author says: width and height in pixels, frames a second, None for those of its
    first video; `fit` is how clips of another shape come to it, `bars` or `crop`.
    """

    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    fit: str = "bars"


AS_FIRST = CutShape()
"""The shape of the first item that is a video."""


@immutable
class SoundCue:
    """A sound on a film's clock, from its second `at` on: music, or a cue.

    `start` and `stop` are seconds into the sound (`in` and `out` in YAML), None for its own ends. `gain` is in dB,
    `fade` in seconds at both of its ends. `duck` are the dB, below 0, by which it steps back under the clips and under
    cues that are a `voice`; None for none. `loop` repeats it until the film ends. `place` is where its source is named,
    `start_at` and `stop_at` are where its `in` and its `out` are.
    """

    source: FileSource | ShotSource
    place: Place
    at: Decimal = Decimal(0)
    start: Decimal | None = None
    stop: Decimal | None = None
    gain: Decimal = Decimal(0)
    fade: Decimal = Decimal(0)
    duck: Decimal | None = None
    loop: bool = False
    voice: bool = False
    start_at: Place | None = None
    stop_at: Place | None = None

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.source.shot if isinstance(self.source, ShotSource) else self.source.path


@immutable
class ShotLines:
    """The lines of the shots of a cut in one language as the source of subtitles; None for an unknown language."""

    language: str | None


@immutable
class Subtitles:
    """Subtitles of a cut, from a file or from the lines of its shots: a track of its own, or burned into the picture.

    `language` is a tag of BCP 47, None for an unknown one. `position` of burned ones is `bottom`, `top`, or a share of
    the picture's height: below the middle the text ends there, above it it begins there.
    """

    source: FileSource | ShotLines
    place: Place
    language: str | None = None
    burned: bool = False
    position: str | Decimal = "bottom"

    @property
    def file(self) -> FileSource | None:
        """Its file; None for the lines of the shots."""
        return self.source if isinstance(self.source, FileSource) else None

    @property
    def encoding(self) -> str | None:
        """The encoding that is named for its file."""
        return None if self.file is None else self.file.encoding

    @property
    def codec(self) -> str | None:
        """Python's name of that encoding."""
        return None if self.file is None else self.file.codec


@immutable
class Notice:
    """Words over the opening of a cut for some seconds, `height` percent of the picture's shorter side high.

    `place` is where they are asked for.
    """

    text: str
    seconds: Decimal
    height: Decimal
    place: Place


@immutable
class CutFinish:
    """What is done to a cut as a whole.

    `loudness` in LUFS, None for untouched; `profile` is the encoder's effort; `labelled`: its metadata say that it is
    made by AI, and `notice` is what its opening says of it. `fonts` are files whose letters go before those of the
    machine, with their bytes; `title_fonts` are those that titles name. `language` is the film's own, a tag of BCP 47;
    None for that of each text.
    """

    music: tuple[SoundCue, ...] = ()
    audio: tuple[SoundCue, ...] = ()
    subtitles: tuple[Subtitles, ...] = ()
    loudness: Decimal | None = None
    profile: str = "draft"
    labelled: bool = True
    notice: Notice | None = None
    fonts: tuple[tuple[str, int], ...] = ()
    language: str | None = None
    title_fonts: tuple[tuple[Place, FileSource], ...] = ()

    @property
    def sounds(self) -> tuple[SoundCue, ...]:
        """Music and cues, in order."""
        return (*self.music, *self.audio)

    @property
    def sources(self) -> tuple[tuple[Place, FileSource | ShotSource], ...]:
        """The files and shots that it takes, beside those of the items."""
        sounds = ((each.place, each.source) for each in self.sounds)
        subtitles = ((each.place, each.file) for each in self.subtitles if each.file is not None)
        return (*sounds, *subtitles, *self.title_fonts)

    @property
    def contents(self) -> Mapping[str, Content]:
        """What each of its files is read as, by path; fonts as well."""
        sounds = (each.source.path for each in self.sounds if isinstance(each.source, FileSource))
        fonts = (source.path for _, source in self.title_fonts)
        media = (*(path for path, _ in self.fonts), *sounds, *fonts)
        texts = (track.file.path for track in self.subtitles if track.file is not None)
        return {**dict.fromkeys(media, Content.MEDIA), **dict.fromkeys(texts, Content.TEXT)}


@immutable
class DrawnText:
    """A text that is drawn into a cut or a take, and where it is written.

    `kind` is `title`, `slate`, `notice` or `subtitle`, or `card` for a prompt on a card of the animatic. `share` is the
    height of its capitals in percent of the shorter side, None where letters have the size that fits. `language` is its
    own, None for the film's. `written` is the node of its YAML, where a place in it matters. `title` is how a title
    looks.
    """

    text: str
    place: Place
    kind: str
    share: Decimal | None = None
    language: str | None = None
    written: TextNode | None = None
    title: TitleCard | None = None

    def place_of(self, character: str) -> Place:
        """Where a character of it is written, as far as that is known."""
        at = -1 if self.written is None else self.written.string.find(character)
        return self.place if self.written is None or at < 0 else self.written.place_of_words(character, at)

    @property
    def is_long(self) -> bool:
        """Whether it may be too long for a picture: 200 characters of a title have room, and 36 of a usual notice.

        Of letters higher than a tenth of the shorter side only a few have room.
        """
        if self.title is not None and (self.title.size is not None or self.title.position != "center"):
            return True
        if self.share is None:
            return len(self.text) > 200 and self.kind not in {"slate", "card"}
        return self.share > 10 or len(self.text) * self.share > 180


PLAIN = CutFinish()


class Form(StrEnum):
    """The forms of a delivery; `PROXY` is a small film for an editing suite, `PNG` a folder of numbered pictures."""

    H264 = "h264"
    H265 = "h265"
    PRORES = "prores"
    GIF = "gif"
    PROXY = "540p"
    PNG = "png"

    @property
    def suffix(self) -> str:
        """The end of the name of its file or folder."""
        match self:
            case Form.H264 | Form.H265 | Form.PROXY:
                return ".mp4"
            case Form.PRORES:
                return ".mov"
            case Form.GIF | Form.PNG:
                return f".{self.value}"


@immutable
class Delivery:
    """A further file of a cut, made from its film; `output` is relative to the production's folder."""

    name: str
    form: Form
    output: str
    place: Place


@immutable
class Cut:
    """An edit of clips and the file made from it; `output` is relative to the production's folder, or absolute.

    `output_place` is where `output` is written, None where it is the default. `deliveries` are further files.
    """

    name: str
    place: Place
    items: tuple[CutItem, ...]
    output: str
    shape: CutShape = AS_FIRST
    finish: CutFinish = PLAIN
    output_place: Place | None = None
    deliveries: tuple[Delivery, ...] = ()

    @property
    def written_at(self) -> Place:
        """Where to point at for problems of the file that is made."""
        return self.output_place or self.place


@immutable
class Production:
    """One film project.

    `folder` is the production file's folder, absolute; `file` its name. `out` is where results go, relative to
    `folder`. `uploads` is the bucket that local media goes through, None for the service's own store; `remote` is
    where paid takes are kept for others. Its plans are priced by `prices`, and `budget` is what it may cost in all.
    `warnings` are the problems that did not stop it. `addresses` are names that mean shots without being one: the
    group of a matrix all of them in order, a used pipeline its output. `read_from` are the texts that it was read
    from: production file, included files, pipelines, price file. `allow_outside`: its cuts may be written outside
    `folder`. `root` and `untrusted` are those of its boundary. `catalog` has the models that its shots may name.
    """

    folder: Path
    file: str
    provider: Provider
    region: str
    shots: Mapping[str, Shot]
    cuts: Mapping[str, Cut]
    title: str = ""
    out: str = RESULTS_FOLDER
    uploads: str | None = None
    remote: str | None = None
    prices: PriceBook = field(default_factory=lambda: PriceBook(default_provider().currency))
    budget: Cost | None = None
    warnings: tuple[Problem, ...] = ()
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    read_from: tuple[Path, ...] = ()
    allow_outside: bool = False
    root: Path | None = None
    untrusted: bool = False
    catalog: Catalog = field(default_factory=load_catalog)

    @property
    def boundary(self) -> Boundary:
        """The files that it may open."""
        return Boundary(self.folder, self.root, self.untrusted)

    def opened(self, path: str, content: Content) -> Path:
        """The absolute path of a file that it names; raises MediaFault where that may not be opened.

        A file may have become a link since the production was checked, so this is asked right before it is read.
        """
        refusal = self.boundary.refusal(path, content)
        if refusal is not None:
            raise MediaFault(f"`{path}` {refusal.words}", hint=refusal.hint)
        return self.folder / path
