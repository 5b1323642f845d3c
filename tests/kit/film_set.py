"""A set for films of the animatic: drawn media in a bucket, and a camera that films orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import sin, tau
from pathlib import Path
from wave import open as open_wave

from PIL import Image, ImageDraw

from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.order import FilmFault, Grade, Order, OrderItem, RenderedFilm
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.film.render import result_job
from wanflow.media.jobs import RunningProcesses, Worker

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = read_catalog()
I2V, R2V, EDIT, T2V = "wan2.7-i2v", "wan2.7-r2v", "wan2.7-videoedit", "wan2.7-t2v"


@dataclass(frozen=True, slots=True)
class FilmFile(RenderedFilm):
    """A film with its file."""

    path: Path = Path()


class FilmSet:
    """A folder with a bucket, drawn media, and a camera."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bucket = Bucket(folder / "bucket", "http://emulator.invalid", lambda: NOON)
        self.day = self._picture("day", (1280, 720), (140, 180, 220), (70, 110, 80))
        self.dusk = self._picture("dusk", (1280, 720), (60, 50, 110), (160, 90, 80))
        self.voice = self._tone("voice", 1)
        self.music = self._tone("music", 2)
        self._count = 0

    def upload(self, path: Path) -> str:
        """A file's address in the bucket."""
        leave = self.bucket.allow(I2V)
        key = f"{leave.folder}/{path.name}"
        with self.bucket.receiving({"key": key, "policy": leave.policy, "Signature": leave.signature}) as write:
            write(path.read_bytes())
        return f"oss://{key}"

    def film(
        self,
        order: Order,
        target: Path | None = None,
        processes: RunningProcesses | None = None,
        grade: Grade = Grade.DRAFT,
    ) -> FilmFile:
        """A film of an order."""
        self._count += 1
        target = target or self._folder / f"film-{self._count}.mp4"
        root = Path(target.root)
        job = result_job(order, target, self.bucket, root, grade)
        done = job.perform(Worker(root, processes or RunningProcesses()))
        assert isinstance(done, RenderedFilm)
        return FilmFile(done.frames, done.inputs, done.media, target)

    def item(self, kind: str, path: Path, voice: Path | None = None) -> OrderItem:
        """A file as a media item."""
        return OrderItem(kind, self.upload(path), self.upload(voice) if voice else None)

    def _picture(self, name: str, size: tuple[int, int], sky: tuple[int, int, int], land: tuple[int, int, int]) -> Path:
        drawn = Image.new("RGB", size, sky)
        draw = ImageDraw.Draw(drawn)
        draw.rectangle((0, size[1] * 2 // 3, *size), fill=land)
        draw.ellipse((size[0] // 5, size[1] // 5, size[0] // 3, size[1] // 2), fill=(250, 230, 180))
        path = self._folder / f"{name}.png"
        drawn.save(path)
        return path

    def _tone(self, name: str, seconds: int) -> Path:
        path = self._folder / f"{name}.wav"
        with open_wave(str(path), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            levels = (int(12_000 * sin(tau * 440 * n / 16_000)) for n in range(16_000 * seconds))
            file.writeframes(b"".join(level.to_bytes(2, "little", signed=True) for level in levels))
        return path


def order(
    model: str, *media: OrderItem, prompt: str = "a coast", fault: FilmFault | None = None, **settings: bool | int | str
) -> Order:
    """An order of two seconds at 720P."""
    return Order(RULES[model], prompt, media, {"resolution": "720P", "duration": 2, "seed": 3, **settings}, fault=fault)
