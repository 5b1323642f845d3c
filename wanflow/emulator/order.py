"""What a task is asked to film, once its request was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

Setting = bool | int | str


class Rejected(Exception):
    """The service's own way to say no: a code and a message that go over the wire as they are.

    `status` is the HTTP status where it is said at once; inside a task it has no meaning.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of `input.media`."""

    type: str
    url: str
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A request that may be filmed; `settings` are its parameters with the model's defaults filled in."""

    model: str
    prompt: str = ""
    media: tuple[Item, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)

    def only(self, kind: str) -> Item | None:
        """The first media item of a type, None where there is none."""
        return next((item for item in self.media if item.type == kind), None)

    @property
    def seed(self) -> int:
        """The seed; without one it is 0, so that the same request films the same."""
        return int(self.settings.get("seed", 0))

    @property
    def seconds(self) -> int:
        """The length asked for; 0 means as long as the input."""
        return int(self.settings.get("duration", 0))

    @property
    def tier(self) -> int:
        """The lines of the resolution tier: 720 or 1080."""
        return int(str(self.settings["resolution"]).removesuffix("P"))


@dataclass(frozen=True, slots=True)
class Film:
    """A film on disk with what it used: its frames at 30 a second, and the seconds of each input video."""

    path: Path
    frames: int
    inputs: tuple[Fraction, ...] = ()


def usage(order: Order, film: Film) -> dict[str, Decimal | int | str]:
    """The billing figures of a film (api.md 6.1 and the samples of 2.1 to 2.3)."""
    output = Decimal(film.frames) / 30
    billed = _billed_input(order, film)
    figures: dict[str, Decimal | int | str] = {
        "duration": _plain(billed + output),
        "input_video_duration": _plain(billed),
        "output_video_duration": _plain(output),
        "video_count": 1,
        "SR": order.tier,
    }
    if "r2v" in order.model:
        figures["ratio"] = str(order.settings.get("ratio", "16:9"))
    return figures


REFERENCE_CAPS = (Decimal(5), Decimal("2.5"), Decimal("1.65"), Decimal("1.25"), Decimal(1))
"""How much of each reference video is billed, by their number (api.md 6.1)."""


def _billed_input(order: Order, film: Film) -> Decimal:
    seconds = [Decimal(item.numerator) / item.denominator for item in film.inputs]
    if "videoedit" in order.model:
        return sum(seconds, Decimal(0))
    if "r2v" in order.model and seconds:
        cap = REFERENCE_CAPS[min(len(seconds), len(REFERENCE_CAPS)) - 1]
        return sum((min(item, cap) for item in seconds), Decimal(0))
    return Decimal(0)


def _plain(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01")).normalize() + 0
