"""What a task is asked to make, once its request was judged, and what it made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial

from wanflow import digest
from wanflow.emulator.api.rules import UNSEEN, InputBill, ModelRules, Palette, Setting
from wanflow.records import immutable


class Rejected(Exception):
    """The service's own way to say no: a code and a message that go over the wire as they are.

    `status` is the HTTP status where it is said at once; inside a task it has no meaning.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled by its fields, since a film may be rendered in another process."""
        return partial(Rejected, self.code, self.message, status=self.status), ()


RESULT_RATE = 30
"""Frames a second of each film."""
USUAL_TIER = "720P"
"""The tier of a film whose request names none."""
TIERS = re.compile(r"(480|540|720|1080|1440|2160)[Pp]")
RATIOS = re.compile(r"[1-9][0-9]?:[1-9][0-9]?")
SIZES = re.compile(r"([1-9][0-9]{1,3})[*xX]([1-9][0-9]{1,3})")
LONGEST_REPEATED = 200
"""Maximum characters of a value that a message repeats: an inline picture has millions."""


def repeated(value: str) -> str:
    """A value as a message repeats it."""
    return value if len(value) <= LONGEST_REPEATED else f"{value[:LONGEST_REPEATED]}…"


HOME = "beijing"
"""The region of an account that was given none."""


@immutable
class OrderItem:
    """One entry of `input.media`."""

    type: str
    url: str
    voice: str | None = None


class Grade(StrEnum):
    """How finely a film is drawn; not part of an order, which a film of either grade fulfils."""

    DRAFT = "draft"
    FINAL = "final"


class FilmFaultKind(StrEnum):
    """What a film is delivered with on purpose; the value is its name in a fault script."""

    BLACK = "black"
    FROZEN = "frozen"
    SILENT = "silent"
    CLIPPED = "clipped"
    """The sound is louder than its format holds."""
    FLICKER = "flicker"
    """Every other frame is brighter."""
    LETTERBOX = "letterbox"
    """Black bars above and below the picture."""
    LENGTH = "length"
    SIZE = "size"
    RATE = "rate"
    FIRST_FRAME = "first_frame"
    """The film begins on another picture than the given one."""
    LAST_FRAME = "last_frame"
    """The film ends on another picture than the given one."""
    HEAD = "head"
    """A continuation shows another clip than the given one."""
    JUMP = "jump"
    """A continuation jumps where the given clip ends."""
    DRIFT = "drift"
    """Colour and contrast change slowly, and stay changed."""
    HARD_CUT = "hard_cut"
    """The film cuts to another picture."""
    BLURRED = "blurred"
    DUPLICATE = "duplicate"
    """The picture is the same for each seed."""
    CUT_OFF = "cut_off"
    """The end of the file is missing."""


FAULTS_OF_PICTURES = frozenset(
    {
        *(FilmFaultKind.BLACK, FilmFaultKind.LETTERBOX, FilmFaultKind.SIZE),
        *(FilmFaultKind.BLURRED, FilmFaultKind.DUPLICATE, FilmFaultKind.CUT_OFF),
    }
)
FAULTS_OF_FILMS = frozenset(FilmFaultKind) - {FilmFaultKind.BLURRED, FilmFaultKind.DUPLICATE, FilmFaultKind.CUT_OFF}

USUAL_SERIES = 4
"""Pictures of a series of which more were asked for: the model decides how many, up to that number."""


@immutable
class FilmFault:
    """A fault of a delivered film, and the seconds from which and up to which it is seen or heard.

    None is the fault's own part of the film. `end` is the length of a film whose length is wrong.
    """

    kind: FilmFaultKind
    start: Fraction | None = None
    end: Fraction | None = None


REPEAT_STRIDE = 101
"""Distance between the seeds of equal requests without one: no series of pictures reaches from one to the next."""


@immutable
class Order:
    """A request that may be filmed; `settings` are its parameters with the model's defaults filled in.

    `colors` are those that a picture was asked for in. `fault` is the injected fault of its result. Of several pictures
    this is one, by its `number` from 0 on. `repeat` counts the earlier requests that were equal and had no seed either.
    """

    rules: ModelRules
    prompt: str = ""
    media: tuple[OrderItem, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    region: str = HOME
    fault: FilmFault | None = None
    number: int = 0
    colors: Palette = ()
    repeat: int = 0

    def can_show(self, kind: FilmFaultKind) -> bool:
        """Whether its result can have a fault: one of the last frame, for example, needs a given last frame."""
        if self.makes_pictures or kind in FAULTS_OF_PICTURES - FAULTS_OF_FILMS:
            return self.makes_pictures and kind in FAULTS_OF_PICTURES
        role = {
            FilmFaultKind.FIRST_FRAME: "opening",
            FilmFaultKind.LAST_FRAME: "ending",
            FilmFaultKind.HEAD: "continued",
            FilmFaultKind.JUMP: "continued",
        }.get(kind)
        if kind in {FilmFaultKind.SILENT, FilmFaultKind.CLIPPED}:
            return not self.silent
        return role is None or self.only(role) is not None

    def role_of(self, item: OrderItem) -> str:
        """The part that a media item plays; of a reference whose kind is not known yet as well."""
        return self.rules.roles.get(item.type, "reference")

    def all(self, role: str) -> tuple[OrderItem, ...]:
        """The media items that play a part."""
        return tuple(item for item in self.media if self.role_of(item) == role)

    def only(self, role: str) -> OrderItem | None:
        """The media item that plays a part, None where there is none."""
        return next(iter(self.all(role)), None)

    @property
    def makes_pictures(self) -> bool:
        """Whether its results are pictures, not a film."""
        return self.rules.makes == "picture"

    @property
    def seed(self) -> int:
        """The seed; without one it is counted, where the service draws lots. Each picture has its own."""
        return int(self.settings.get("seed", 0)) + self.number + self.repeat * REPEAT_STRIDE

    @property
    def pictures(self) -> int:
        """How many pictures are to be made: the number asked for, of a series at most `USUAL_SERIES`."""
        asked = int(self.settings.get("n", 1))
        return min(asked, USUAL_SERIES) if self.settings.get("enable_sequential") is True else asked

    @property
    def seconds(self) -> int:
        """The length asked for, or the usual one where the model decides; 0 means as long as the input."""
        asked, rule = int(self.settings.get("duration", 0)), self.rules.settings.get("duration")
        return int(rule.default or 0) if rule is not None and asked == rule.open else asked

    @property
    def digest(self) -> str:
        """A digest of what was asked for beside its media, which every result carries.

        Two requests may look alike on a plain picture, and a take is identified by its bytes.
        """
        settings = {key: self.settings[key] for key in sorted(self.settings)}
        number = {"number": self.number} if self.number else {}
        colors = {"colors": self.colors} if self.colors else {}
        repeat = {"repeat": self.repeat} if self.repeat else {}
        more: dict[str, digest.Canonical] = {**number, **colors, **repeat}
        return digest.of_json({"model": self.model, "prompt": self.prompt, "settings": settings, **more})

    @property
    def model(self) -> str:
        """The model's name."""
        return self.rules.name

    @property
    def silent(self) -> bool:
        """Whether a film without sound was asked for."""
        return self.rules.mute or self.settings.get("audio") is False

    @property
    def tier(self) -> str:
        """The resolution tier: `720P` or `1080P`; that of its size where one was asked for.

        A model of somebody's own file may call it otherwise: then that of any value which is a tier, else `USUAL_TIER`.
        """
        size = self.settings.get("size")
        found = next((tier for tier, sizes in self.rules.sizes.items() if size in sizes.values()), None)
        named = (TIERS.fullmatch(str(value)) for value in (self.settings.get("resolution"), *self.settings.values()))
        return found or next((f"{match[1]}P" for match in named if match is not None), USUAL_TIER)

    @property
    def ratio(self) -> str | None:
        """The ratio that was asked for, perhaps by a size; None where the media decide.

        A model of somebody's own file may call it otherwise: then any value which is a ratio.
        """
        size = self.settings.get("size")
        if size is not None:
            known = self.rules.sizes.get(self.tier, {})
            return next((ratio for ratio, pixels in known.items() if pixels == size), None)
        named = (str(value) for value in (self.settings.get("ratio"), *self.settings.values()))
        return next((value for value in named if RATIOS.fullmatch(value)), None)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height of a size that was asked for and that no table of the model has."""
        found = SIZES.fullmatch(str(self.settings.get("size")))
        return None if found is None else (int(found[1]), int(found[2]))


@immutable
class RenderedFilm:
    """What a film used: its frames at 30 a second, the seconds of each input video, and all its media.

    Of the media the kinds are known, as far as they were in reach.
    """

    frames: int
    inputs: tuple[Fraction, ...] = ()
    media: tuple[OrderItem, ...] = ()


@immutable
class RenderedPicture:
    """A picture: its width and height."""

    size: tuple[int, int]


Rendered = RenderedFilm | RenderedPicture
"""What one file of a task holds."""


def usage(order: Order, made: Sequence[Rendered]) -> dict[str, Decimal | int | str]:
    """The billing figures of a task (service.md 6.1, 9.1 and the samples of 2.1 to 2.3)."""
    film = made[0]
    if isinstance(film, RenderedPicture):
        size = "{}*{}".format(*film.size)
        return {"image_count": len(made), "size": size, "input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    output = Decimal(film.frames) / RESULT_RATE
    seconds = [Decimal(item.numerator) / item.denominator for item in film.inputs]
    billed = sum((_billed(bill, seconds, film.media) for bill in order.rules.billed), Decimal(0))
    figures: dict[str, Decimal | int | str] = {
        "duration": _plain(billed + output),
        "input_video_duration": _plain(billed),
        "output_video_duration": _plain(output),
        "video_count": 1,
        "SR": int(order.tier.removesuffix("P")),
    }
    also: dict[str, int | str] = {
        "fps": RESULT_RATE,
        "ratio": order.ratio or "16:9",
        "size": str(order.settings.get("size", "")),
    }
    for name in order.rules.floats:  # such a figure goes over the wire with a point, also where it is whole
        value = Decimal(figures[name])
        figures[name] = value if value % 1 else value.quantize(Decimal("0.0"))
    return figures | {name: also[name] for name in order.rules.told}


def _billed(bill: InputBill, seconds: Sequence[Decimal], media: Sequence[OrderItem]) -> Decimal:
    """The billed part of these seconds of input (service.md 6.1)."""
    if not bill.caps:
        return sum(seconds, Decimal(0))
    count = sum(item.type in bill.counted or item.type == UNSEEN for item in media)
    cap = bill.caps[min(max(count, 1), len(bill.caps)) - 1]
    return sum((min(item, cap) for item in seconds), Decimal(0))


def _plain(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01")).normalize() + 0
