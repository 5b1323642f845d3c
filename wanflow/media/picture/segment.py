"""A segment of a cut: one clip brought to the cut's size and rate, named by what it is made from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from wanflow import digest, timebase
from wanflow.language.production import TransitionKind
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.title_look import PLAIN_LOOK, TitleLook, TitleOverlay
from wanflow.records import immutable
from wanflow.writing import TYPESETTING_VERSION, is_latin, script_language, shaping_version

SEGMENT_VERSION = 4
"""Version of how a recipe is made into a segment; it rises with another encoder line or another slate."""

SLATE_SHARE = 10
"""Divisor of the picture's shorter side that gives the slate's height (format.md, Cuts)."""

DRAFT, FINAL = "draft", "final"
"""Values of a cut's `profile`: how much effort the encoder makes."""


@immutable
class Card:
    """A still: a picture file's (`text` is None), or text on a background of red, green and blue."""

    text: str | None = None
    background: tuple[int, int, int] = (0, 0, 0)
    look: TitleLook = PLAIN_LOOK

    def canonical(self) -> digest.Canonical:
        """What goes into a segment's key."""
        shown: list[digest.Canonical] = [self.text, list[digest.Canonical](self.background)]
        look = self.look.canonical()
        return [*shown, look] if look else shown


Focus = tuple[Decimal, Decimal]
"""The point of a picture that a crop keeps, as shares from its left and its top."""
MIDDLE: Focus = (Decimal("0.5"), Decimal("0.5"))


@immutable
class SegmentRecipe:
    """All that determines a segment made from one clip.

    `source` is the digest of the clip; `first` and `count` are frames of it at its own rate. Brought to `rate`, `skip`
    of its frames are passed over and `frames` shown. `slate` are the lines of the strip at the bottom, none for a clean
    picture; `fit` is how a clip of another shape comes to this one: with `bars`, or by a `crop`. `opens` and `closes`:
    it begins, it ends with a hard cut, where sound would click. `card` is for a picture or a title, None for a clip.
    `captions` are burned into the picture, and `titles` lie below them; `fonts` are those of the production, before the
    machine's own. `language` decides between forms of letters, None for that of each text. `missing` are characters
    that no font has, so that boxes are drawn in their place. The clip plays `speed` times as fast, its sound in pitch,
    or silent where it is not `heard`. After `played` frames, of which `skip` are the first, its last one is held in
    silence; None where it plays to its end. `focus` is the point that a crop keeps.
    """

    source: str
    first: int
    count: int
    frames: int
    width: int
    height: int
    rate: Fraction
    slate: tuple[str, ...] = ()
    fit: str = "bars"
    skip: int = 0
    opens: bool = True
    closes: bool = True
    card: Card | None = None
    captions: tuple[Caption, ...] = ()
    profile: str = DRAFT
    fonts: tuple[str, ...] = ()
    language: str | None = None
    missing: str = ""
    speed: Fraction = Fraction(1)
    heard: bool = True
    played: int | None = None
    focus: Focus = MIDDLE
    titles: tuple[TitleOverlay, ...] = ()
    version: int = SEGMENT_VERSION

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2:
            raise ValueError(f"a segment needs an even width and height, not {self.width}x{self.height}")

    @property
    def begin(self) -> int:
        """The 48 kHz sample at which it begins, counted from the clip's first frame on the timeline."""
        return timebase.to_samples(self.skip, self.rate)

    @property
    def samples(self) -> int:
        """The 48 kHz samples that lie beside the frames."""
        return timebase.to_samples(self.skip + self.frames, self.rate) - self.begin

    @property
    def sounding(self) -> int:
        """The samples after which it is silent, since the clip is not heard or its last frame is held."""
        if self.played is None or not self.heard:
            return self.samples if self.heard else 0
        return max(0, min(self.samples, timebase.to_samples(self.played, self.rate) - self.begin))

    @property
    def stops(self) -> bool:
        """Whether its clip stops moving in it, or right after it."""
        return self.played is not None and self.skip < self.played <= self.skip + self.frames

    def key(self) -> str:
        """The hash of the recipe: equal keys are one segment, whatever ffmpeg made it and whatever bytes that gave."""
        return digest.of_json(_canonical(self))


@immutable
class JoinRecipe:
    """All that determines a transition: the end of one clip and the start of the next, as long as each other.

    `before` is None at the beginning of a film, which fades in from black.
    """

    kind: TransitionKind
    before: SegmentRecipe | None
    after: SegmentRecipe
    captions: tuple[Caption, ...] = ()
    titles: tuple[TitleOverlay, ...] = ()

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.after.frames

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.after.rate

    @property
    def samples(self) -> int:
        """The 48 kHz samples that lie beside the frames."""
        return self.after.samples

    def key(self) -> str:
        """The hash of the recipe: it changes with either clip, and with nothing else."""
        before = None if self.before is None else _canonical(self.before)
        made: dict[str, digest.Canonical] = {"join": str(self.kind), "before": before, "after": _canonical(self.after)}
        made["captions"] = [each.canonical() for each in self.captions]
        if self.after.slate or (self.before is not None and self.before.slate):
            made["slates"] = "cut"  # earlier versions mixed the slates of both sides
        if self.titles:
            made["titles"] = [each.canonical() for each in self.titles]
        drawn = [*(each.text for each in self.captions), *(each.text for each in self.titles)]
        return digest.of_json(made | _typesetting(drawn, self.after))


PartRecipe = SegmentRecipe | JoinRecipe


@immutable
class Window:
    """Where in the segment's picture the clip's picture lies: even numbers of pixels."""

    left: int
    top: int
    width: int
    height: int


def fit_bars(width: int, height: int, into_width: int, into_height: int) -> Window:
    """The largest window of the same shape, in the middle, with black bars around it (format.md, `fit: bars`).

    Even numbers, since yuv420p has one colour sample for two by two pixels.
    """
    scale = min(Fraction(into_width, width), Fraction(into_height, height))
    fitted_width, fitted_height = (max(2, _even(side * scale)) for side in (width, height))
    left, top = (into_width - fitted_width) // 2, (into_height - fitted_height) // 2
    return Window(left // 2 * 2, top // 2 * 2, fitted_width, fitted_height)


def fit_crop(width: int, height: int, into_width: int, into_height: int, focus: Focus = MIDDLE) -> Window:
    """The clip's picture scaled to cover the segment's, and where in it that lies (`fit: crop`).

    The point `focus` of the clip's picture is in the middle of the segment's, or as near to it as the edges allow.
    """
    scale = max(Fraction(into_width, width), Fraction(into_height, height))
    covering = [max(into, _even(side * scale)) for side, into in ((width, into_width), (height, into_height))]
    left, top = (
        max(0, min(cover - into, math.floor(cover * Fraction(share) - Fraction(into, 2))))
        for cover, into, share in zip(covering, (into_width, into_height), focus, strict=True)
    )
    return Window(left // 2 * 2, top // 2 * 2, covering[0], covering[1])


def strip_height(size: tuple[int, int]) -> int:
    """The height of the slate in a picture of this size: a tenth of its shorter side, an even number of lines."""
    return max(2, min(size) // SLATE_SHARE // 2 * 2)


def slate_top(recipe: SegmentRecipe) -> int:
    """The first line of the picture that the slate covers."""
    return recipe.height - strip_height((recipe.width, recipe.height))


def _canonical(recipe: SegmentRecipe) -> digest.Canonical:
    card = None if recipe.card is None else recipe.card.canonical()
    title = recipe.card.text or "" if recipe.card is not None else ""
    made: dict[str, digest.Canonical] = {
        "segment": recipe.version,
        "source": recipe.source,
        "first": recipe.first,
        "count": recipe.count,
        "skip": recipe.skip,
        "frames": recipe.frames,
        "size": [recipe.width, recipe.height],
        "rate": timebase.rate_text(recipe.rate),
        "slate": list(recipe.slate),
        "fit": recipe.fit,
        "hard": [recipe.opens, recipe.closes],
        "card": card,
        "captions": [each.canonical() for each in recipe.captions],
        "profile": recipe.profile,
        "fonts": list(recipe.fonts),
    }
    if recipe.slate and recipe.height > recipe.width:
        made["slate_of"] = "width"  # in earlier versions a vertical picture's slate was a tenth of its height
    # what came with later versions is added where it changes the segment, so that segments of earlier ones stay
    if recipe.speed != 1:
        made["speed"] = str(recipe.speed)
    if not recipe.heard:
        made["heard"] = False
    if recipe.played is not None:
        made["played"] = recipe.played
    if recipe.focus != MIDDLE:
        made["focus"] = [format(share.normalize(), "f") for share in recipe.focus]
    if recipe.titles:
        made["titles"] = [each.canonical() for each in recipe.titles]
    drawn = [title, *recipe.slate, *(each.text for each in recipe.captions), *(each.text for each in recipe.titles)]
    return made | _typesetting(drawn, recipe)


def _typesetting(texts: Sequence[str], recipe: SegmentRecipe) -> dict[str, digest.Canonical]:
    """What the key has of how texts are drawn: nothing where that is as it always was."""
    drawn = "".join(texts)
    if not drawn or (is_latin(drawn) and not recipe.fonts):
        return {}
    boxes = "".join(sorted(set(drawn).intersection(recipe.missing)))
    made: dict[str, digest.Canonical] = {"missing": boxes} if boxes else {}
    if shaping := shaping_version(drawn):
        made["shaping"] = shaping
    return made | {"typesetting": TYPESETTING_VERSION, "language": script_language(recipe.language)}


def _even(value: Fraction) -> int:
    return int((value + 1) // 2) * 2
