"""What one model of the service accepts: the catalog's rules as values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from enum import StrEnum
from math import isqrt, sqrt
from typing import Literal

from wanflow.patterns import letters, pattern
from wanflow.records import immutable

HAN = letters("[\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""A Han character."""

Colors = Sequence[Mapping[str, str]]
"""Colours with their shares of a picture as they are sent: `hex` and `ratio` of each (service.md 9.1)."""

ParameterValue = bool | int | str | Colors
"""A parameter's value as it is sent."""


def value_text(value: object) -> str:
    """A parameter's value in one line for people."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return " ".join(map(value_text, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " / ".join(map(value_text, value))
    return str(value)


USUAL_RATE = 30
"""Frames a second of films whose model names no other rate (service.md 7.1)."""


class ResultKind(StrEnum):
    """What a model makes; `media.probe.CheckResult` is the check that a delivered file has to pass."""

    FILM = "film"
    PICTURE = "picture"

    @property
    def suffix(self) -> str:
        """The suffix of such files, in the store and under `out/`."""
        return ".mp4" if self is ResultKind.FILM else ".png"


class BodyForm(StrEnum):
    """How a request carries its words and media (service.md 1.4, 2.4, 9.1).

    `media`: a list of media with their types. `reference_urls`: lists of addresses under keys of their own. `fields`:
    one address under a key of its own each. `messages`: pictures and words as the content of one message.
    """

    MEDIA = "media"
    REFERENCE_URLS = "reference_urls"
    FIELDS = "fields"
    MESSAGES = "messages"


@immutable
class Call:
    """How a model is asked: the path of a submission below the provider's base address, and the form of its body.

    `path` None is that of the provider's video models. `fixed` are parameters that each request carries and no author
    chooses, such as the number of pictures.
    """

    path: str | None = None
    form: BodyForm = BodyForm.MEDIA
    fixed: Mapping[str, ParameterValue] = field(default_factory=dict)


@immutable
class PixelBounds:
    """Bounds of a picture that is asked for as `width*height`: of its pixels in all, and of long side to short one."""

    least: int
    most: int
    aspect: int


SIZE = pattern(r"([1-9]\d{0,4})\*([1-9]\d{0,4})", re.ASCII)
"""A size as it is sent, `1280*720`."""
SIZE_STEP = 16
"""Pixels that the sides of a proposed size are multiples of."""


def sides_of(size: object) -> tuple[int, int] | None:
    """Width and height of a size such as `1280*720`; None for a word such as `2K`, and for anything else."""
    found = SIZE.fullmatch(size) if isinstance(size, str) else None
    return None if found is None else (int(found[1]), int(found[2]))


def nearest_size(sides: tuple[int, int], bounds: PixelBounds) -> tuple[int, int]:
    """The size within bounds that is most like another one: of its shape first, then of its pixels."""
    width, height = sides
    if bounds.least <= width * height <= bounds.most and max(sides) <= bounds.aspect * min(sides):
        return sides
    shape = min(max(width / height, 1 / bounds.aspect), bounds.aspect)
    pixels = min(max(width * height, bounds.least), bounds.most)
    wanted = int(sqrt(pixels * shape)) // SIZE_STEP, int(sqrt(pixels / shape)) // SIZE_STEP
    around = [max(side + more, 1) * SIZE_STEP for side in wanted for more in (-1, 0, 1, 2)]
    fitting = [
        (across, down)
        for across in around[:4]
        for down in around[4:]
        if bounds.least <= across * down <= bounds.most and max(across, down) <= bounds.aspect * min(across, down)
    ]
    return min(
        fitting,
        key=lambda each: (round(abs(each[0] / each[1] / shape - 1), 3), abs(each[0] * each[1] - pixels)),
        default=(isqrt(bounds.least) + 1, isqrt(bounds.least) + 1),
    )


@immutable
class FileRule:
    """What a media file has to be (service.md 3): bounds are included, sizes in bytes, lengths in seconds.

    `forms` are how its address may reach the service: `http`, `oss` (an upload), `data` (a data URI).
    """

    kind: str
    formats: tuple[str, ...]
    size_bytes: int
    pixels: tuple[int, int] | None = None
    aspect: tuple[int, int] | None = None
    seconds: tuple[int, int] | None = None
    alpha: bool = True
    forms: tuple[str, ...] = ("http", "oss")


class Role(StrEnum):
    """The part that media play in a film: by it, not by their key, the code and the emulator treat them."""

    OPENING = "opening"
    ENDING = "ending"
    CONTINUED = "continued"
    EDITED = "edited"
    SOUND = "sound"
    GUIDE = "guide"
    REFERENCE = "reference"
    DOCUMENT = "document"


@immutable
class MediaRule:
    """A media key of a model: its role, how many of it a request takes, what its file and its voice have to be.

    `field` is the key of a request's `input` that carries its address, None where that is the list of media; `listed`
    where that key has a list of addresses, as the 2.6 models have. `regions` are those that take it, empty for all.
    `views`: several of them may show one subject. `total_seconds` is the most that all of them may have together, None
    without such a limit.
    """

    role: Role
    most: int
    least: int
    file: FileRule
    voice: FileRule | None = None
    field: str | None = None
    listed: bool = False
    regions: tuple[str, ...] = ()
    views: bool = False
    total_seconds: int | None = None

    @property
    def continued(self) -> bool:
        """Whether the result contains it, so that the result has to be longer."""
        return self.role is Role.CONTINUED

    @property
    def edited(self) -> bool:
        """Whether the result is as long as it, or a beginning of it."""
        return self.role is Role.EDITED


@immutable
class Condition:
    """Tighter bounds of a parameter beside a type of media, or in a region: an upper bound, or the only values."""

    media: str | None = None
    region: str | None = None
    high: int | None = None
    values: tuple[int | str, ...] = ()

    def holds(self, types: Collection[str], region: str) -> bool:
        """Whether it concerns a request with these media in this region."""
        return self.media in types or self.region == region


@immutable
class Recommendation:
    """The value of a parameter that the vendor recommends where a prompt names at least this number of references."""

    value: ParameterValue
    references: int


@immutable
class SharedLength:
    """The most seconds that a result and the media of a type may have together (service.md 2.6)."""

    media: str
    most: int


@immutable
class ParameterRule:
    """A parameter's type, values and default; `default` None: the vendor decides where it is left out.

    `when` are tighter bounds; `also` are values outside the range; `since` is the key version that introduced it
    (law 5). Beside `values`, `pixels` allow sizes such as `1280*720`. Of a length, `open` is the value with which the
    model decides it, and `shared` the bound that it shares with media. Of `colors`, `low` and `high` bound their
    number.
    """

    type: Literal["string", "integer", "boolean", "colors"]
    values: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    also: tuple[int, ...] = ()
    default: ParameterValue | None = None
    since: int = 1
    when: tuple[Condition, ...] = ()
    pixels: PixelBounds | None = None
    recommended: Recommendation | None = None
    open: int | None = None
    shared: SharedLength | None = None


@immutable
class TextRule:
    """How long a text may be, in characters, and whether it is required; a Han character counts as `han` of them."""

    most: int
    required: bool = False
    han: int = 1

    def length(self, text: str) -> int:
        """How many characters a text counts."""
        return len(text) + (self.han - 1) * len(HAN.findall(text))


@immutable
class Total:
    """How many media of several types there may be together."""

    types: tuple[str, ...]
    least: int
    most: int


@immutable
class BilledInput:
    """Media whose seconds are billed beside those of the result (service.md 6.1).

    `caps` are the most seconds that are billed of each, by how many media of the types `shared_by` there are, from
    one on; without them all seconds are.
    """

    media: str
    caps: tuple[Decimal, ...] = ()
    shared_by: tuple[str, ...] = ()


@immutable
class Rate:
    """The price of a billed second or picture in a region at a resolution tier (service.md 6.3, 9.3).

    `parameters` narrow it further. An empty `region` is any; so is `tier` None, where size does not change the price.
    """

    region: str
    tier: str | None
    amount: Decimal
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)

    def fits(self, region: str, tier: str | None, parameters: Mapping[str, ParameterValue]) -> bool:
        """Whether it is the price of such a request."""
        narrowed = all(parameters.get(key) == value for key, value in self.parameters.items())
        return self.region in {region, ""} and self.tier in {tier, None} and narrowed


@immutable
class PriceList:
    """What a model costs, as it was on a day."""

    date: str
    currency: str
    rates: tuple[Rate, ...]


@immutable
class Model:
    """One model of a provider and its rules.

    `sets` are the only combinations of media that it takes, empty where counts alone decide. `excludes` are pairs of
    groups of media: those of one are never sent beside those of the other. `ignored` are
    parameters that the vendor drops beside a type of media; `unvoiced` the types beside which a voice is not advised.
    `identifiers` name references in prompts by language and kind, with `{n}` for the number. `sizes` are the pixels of
    its films by tier and ratio. `running` and `queued` are how many tasks of it an account may have at once, and
    `submits_per_second` how many it may submit (service.md 4.4); `typical_seconds` is how long a task takes, as far as
    that was seen (service.md 4.1). What it `makes` decides what is billed: the seconds of a film, or a picture. Without
    `sounds` its films are silent; `rate` is their frames a second, None where the vendor does not say.
    """

    name: str
    provider: str
    does: str
    snapshots: tuple[str, ...]
    regions: tuple[str, ...]
    text: Mapping[str, TextRule]
    media: Mapping[str, MediaRule]
    parameters: Mapping[str, ParameterRule]
    running: int
    queued: int
    submits_per_second: int
    typical_seconds: int
    call: Call = field(default_factory=Call)
    makes: ResultKind = ResultKind.FILM
    sets: tuple[frozenset[str], ...] = ()
    totals: tuple[Total, ...] = ()
    excludes: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    unvoiced: tuple[str, ...] = ()
    identifiers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sizes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    billed: tuple[BilledInput, ...] = ()
    prices: PriceList | None = None
    sounds: bool = True
    rate: int | None = USUAL_RATE

    def sent_seed(self, seed: int | None) -> int | None:
        """A seed as it is sent: within the range of the model, which is repeated; None where the model takes none."""
        rule = self.parameters.get("seed")
        if rule is None or seed is None:
            return None
        low, high = rule.low or 0, rule.high
        return seed if low <= seed and (high is None or seed <= high) else low + seed % ((high or seed) - low + 1)

    @property
    def slots(self) -> tuple[str, ...]:
        """The media keys that hold one medium each, in the order in which they are sent."""
        return tuple(key for key, rule in self.media.items() if rule.role is not Role.REFERENCE)

    @property
    def references(self) -> Mapping[str, str]:
        """The media keys that a shot's `references` are sent under, by the kind of their file."""
        return {rule.file.kind: key for key, rule in self.media.items() if rule.role is Role.REFERENCE}

    @property
    def kinds_of_views(self) -> frozenset[str]:
        """The kinds of references of which several may show one subject."""
        return frozenset(kind for kind, key in self.references.items() if self.media[key].views)

    @property
    def most_result_bytes(self) -> int:
        """Maximum bytes of a result: 64 MiB, which is a picture of 4096 × 4096, and four times its longest film at
        40 Mbit/s.
        """
        rule = self.parameters.get("duration")
        given = () if rule is None else (rule.high or 0, *rule.also, *(int(value) for value in rule.values))
        return (64 << 20) + 4 * max((0, *given)) * 5_000_000

    def seconds(self, parameters: Mapping[str, object]) -> int | None:
        """The length that a request asks for; None where an input or the model decides it."""
        asked, rule = parameters.get("duration"), self.parameters.get("duration")
        if not isinstance(asked, int) or not asked or (rule is not None and asked == rule.open):
            return None
        return asked

    def is_open(self, parameters: Mapping[str, object]) -> bool:
        """Whether a request leaves the length to the model."""
        rule = self.parameters.get("duration")
        return rule is not None and rule.open is not None and parameters.get("duration") == rule.open

    def is_silent(self, parameters: Mapping[str, object]) -> bool:
        """Whether a request gives a film without sound."""
        return not self.sounds or parameters.get("audio") is False

    def has_role(self, key: str, role: Role) -> bool:
        """Whether a media key plays this part; a key of another model plays none."""
        return key in self.media and self.media[key].role is role

    def tier(self, parameters: Mapping[str, ParameterValue]) -> str | None:
        """The resolution tier of a request: by its `resolution`, else by the table that has its `size`.

        None where no table has it.
        """
        if "resolution" in parameters:
            return str(parameters["resolution"])
        size = parameters.get("size")
        return next((tier for tier, sizes in self.sizes.items() if size in sizes.values()), None)
