"""How long the animatic takes for a film of five seconds, by kind, on one core; ratios to real time.

Run it with `.venv/bin/python benchmarks/animatic.py [720P|1080P]`. ffmpeg's own CPU time is measured beside the time
on the wall, since a machine that does other work tells only the former truly.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.order import Order, OrderItem
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.film.render import film_job
from wanflow.media.jobs import Worker

RULES = read_catalog()
SECONDS = 5
ROUNDS = 3


class Bench:
    """A bucket with drawn media, and the orders that are timed."""

    def __init__(self, folder: Path, tier: str) -> None:
        self._folder, self._tier = folder, tier
        self._bucket = Bucket(folder / "bucket", "http://bench.invalid", lambda: datetime.now(UTC))
        self._day, self._dusk = self._picture("day.png", 40), self._picture("dusk.png", 200)
        self._clip = self._address(self._film(self._order("wan2.7-i2v", ("first_frame", self._day))))

    def orders(self) -> dict[str, Order]:
        """One order of each kind."""
        day, dusk, clip = ("first_frame", self._day), ("last_frame", self._dusk), self._clip
        image, video = ("reference_image", self._day), ("reference_video", clip)
        away = ("first_frame", "https://elsewhere.example/a.png")
        return {
            "first frame": self._order("wan2.7-i2v", day),
            "first and last frame": self._order("wan2.7-i2v", day, dusk),
            "continuation": self._order("wan2.7-i2v", ("first_clip", clip), duration=2 * SECONDS),
            "references": self._order("wan2.7-r2v", image, video, ratio="16:9"),
            "edit": self._order("wan2.7-videoedit", ("video", clip), duration=0),
            "card": self._order("wan2.7-i2v", away),
        }

    def time(self, order: Order) -> tuple[float, float]:
        """The best seconds on the wall and of CPU, for five seconds of film."""
        spent = [_measured(lambda: self._film(order)) for _ in range(ROUNDS)]
        share = SECONDS / max(order.seconds, SECONDS)
        return min(wall for wall, _ in spent) * share, min(cpu for _, cpu in spent) * share

    def _order(self, model: str, *media: tuple[str, str], **settings: int | str) -> Order:
        given = {"resolution": self._tier, "duration": SECONDS, "seed": 7, **settings}
        return Order(
            RULES[model], "Image 1 by the sea at night, in the rain", tuple(OrderItem(*item) for item in media), given
        )

    def _film(self, order: Order) -> Path:
        target = self._folder / "film.mp4"
        film_job(order, target, self._bucket, self._folder).perform(Worker(self._folder))
        return target

    def _picture(self, name: str, level: int) -> str:
        path = self._folder / name
        Image.merge("RGB", [Image.linear_gradient("L").point([(p + level) % 256 for p in range(256)])] * 3).resize(
            (1920, 1080)
        ).save(path)
        return self._address(path)

    def _address(self, path: Path) -> str:
        leave = self._bucket.allow("bench")
        key = f"{leave.folder}/{path.name}"
        with path.open("rb") as file:
            self._bucket.receive({"key": key, "policy": leave.policy, "Signature": leave.signature}, file)
        return f"oss://{key}"


def _measured(work: Callable[[], object]) -> tuple[float, float]:
    before, began = _cpu(), time.perf_counter()
    work()
    return time.perf_counter() - began, _cpu() - before


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    """Print a line for each kind."""
    for tier in sys.argv[1:] or ["720P", "1080P"]:
        with TemporaryDirectory() as folder:
            bench = Bench(Path(folder), tier)
            print(f"{tier}, {SECONDS} s of film           wall      CPU   CPU / real time")
            for kind, order in bench.orders().items():
                wall, cpu = bench.time(order)
                print(f"  {kind:<22} {wall:8.2f} {cpu:8.2f} {cpu / SECONDS:10.2f}")


if __name__ == "__main__":
    main()
