"""Seconds of CPU that the animatic takes for a second of film, by kind and grade, and their ratio.

Run it with `.venv/bin/python benchmarks/animatic.py [720P|1080P]`. ffmpeg's own CPU time is measured beside the time
on the wall, since a machine that does other work tells only the former truly.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.order import Grade, Order, OrderItem
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.film.render import result_job
from wanflow.media.jobs import Worker

RULES = read_catalog()
PICTURES = Path(__file__).parent.parent / "examples" / "02-lighthouse" / "sets"
SECONDS = 5
ROUNDS = 3


class Bench:
    """A bucket with drawn media, and the orders that are timed."""

    def __init__(self, folder: Path, tier: str) -> None:
        self._folder, self._tier = folder, tier
        self._bucket = Bucket(folder / "bucket", "http://bench.invalid", lambda: datetime.now(UTC))
        self._day, self._dusk = self._picture("coast.png"), self._picture("door.png")
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

    def time(self, order: Order) -> dict[Grade, tuple[float, float]]:
        """The best seconds on the wall and of CPU of each grade, measured alternately."""
        spent: dict[Grade, list[tuple[float, float]]] = {grade: [] for grade in Grade}
        for _ in range(ROUNDS):
            for grade, found in spent.items():
                found.append(_measured(partial(self._film, order, grade)))
        return {grade: (min(wall for wall, _ in found), min(cpu for _, cpu in found)) for grade, found in spent.items()}

    def _order(self, model: str, *media: tuple[str, str], **settings: int | str) -> Order:
        given = {"resolution": self._tier, "duration": SECONDS, "seed": 7, **settings}
        return Order(
            RULES[model], "Image 1 by the sea at night, in the rain", tuple(OrderItem(*item) for item in media), given
        )

    def _film(self, order: Order, grade: Grade = Grade.DRAFT) -> Path:
        target = self._folder / "film.mp4"
        result_job(order, target, self._bucket, self._folder, grade).perform(Worker(self._folder))
        return target

    def _picture(self, name: str) -> str:
        path = self._folder / name
        copyfile(PICTURES / name, path)
        return self._address(path)

    def _address(self, path: Path) -> str:
        leave = self._bucket.allow("bench")
        key = f"{leave.folder}/{path.name}"
        with self._bucket.receiving({"key": key, "policy": leave.policy, "Signature": leave.signature}) as write:
            write(path.read_bytes())
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
            print(f"{tier}, CPU s / s of film   draft    final    final / draft")
            totals = dict.fromkeys(Grade, 0.0)
            for kind, order in bench.orders().items():
                found = {grade: cpu / max(order.seconds, SECONDS) for grade, (_, cpu) in bench.time(order).items()}
                totals = {grade: totals[grade] + found[grade] for grade in Grade}
                _print_line(kind, found)
            _print_line("all", {grade: total / len(bench.orders()) for grade, total in totals.items()})


def _print_line(name: str, found: Mapping[Grade, float]) -> None:
    draft, final = found[Grade.DRAFT], found[Grade.FINAL]
    print(f"  {name:<22} {draft:8.3f} {final:8.3f} {final / draft:10.1f}")


if __name__ == "__main__":
    main()
