"""Films orders: right in substance, quick to make, the same bytes for the same request (service.md 2 and 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from PIL import Image

from wanflow import digest
from wanflow.emulator.api.media_checks import inspect
from wanflow.emulator.api.order import Order, OrderItem, RenderedFilm
from wanflow.emulator.film import scene, sound
from wanflow.emulator.film.camera import FPS, Aim, choose_aim
from wanflow.emulator.film.caption import label, mark, names_of
from wanflow.emulator.film.frame_size import Size, by_input, by_ratio
from wanflow.emulator.film.grade import Precipitation, choose_grade
from wanflow.emulator.film.inputs import InputVideo, fetch, open_picture, probe_clip
from wanflow.emulator.film.picture import arrange, board, card, fit, insets, veil, weather
from wanflow.emulator.film.shoot import FilmCommand
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import Job, RunningProcesses, Worker

FALLBACK_RATIO = "16:9"
CARD_SECONDS = 5
CARD_SIZE = (640, 480)
BOARD_AIM = Aim(across=0.5, down=0.5, margin=0.05)
"""Just within the gap around a board, so that a push cuts nobody."""


@dataclass(frozen=True, slots=True)
class RenderFilm(Job[RenderedFilm]):
    """Render the film of an order; `files` are the media that this account holds, by their URLs."""

    order: Order
    files: tuple[tuple[str, PurePath], ...]
    target: PurePath

    def perform(self, worker: Worker) -> RenderedFilm:
        """Render it with the files of this worker; raises as `film` does."""
        files = {url: worker.root / file for url, file in self.files}
        return film(self.order, worker.root / self.target, files=files, processes=worker.processes)


def film(order: Order, target: Path, *, files: Mapping[str, Path], processes: RunningProcesses) -> RenderedFilm:
    """Render the film of an order into `target`, whole or not at all; `files` are its media by URL.

    Raises Rejected in the service's words where the media are not what they have to be, and ToolFailed where
    ffmpeg fails.
    """
    part = target.with_suffix(".part")
    try:
        with TemporaryDirectory(prefix="wanflow-") as scratch:
            seen = inspect(order, lambda url: fetch(url, files, Path(scratch)))
            made = _FilmInputs(seen, files, Path(scratch)).set_up()
            run_ffmpeg(made.shoot.arguments(made.video, made.audio, part, label=_label(order)), processes=processes)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return RenderedFilm(made.shoot.frames, made.inputs, seen.media)


def _label(order: Order) -> str:
    """What was asked for, as a hash: two requests may look alike on a flat picture, and bytes tell takes apart."""
    settings = {key: order.settings[key] for key in sorted(order.settings)}
    return digest.of_json({"model": order.model, "prompt": order.prompt, "settings": settings})


@dataclass(frozen=True, slots=True)
class _PreparedInputs:
    shoot: FilmCommand
    video: str
    audio: str | None
    inputs: tuple[Fraction, ...] = ()


class _FilmInputs:
    """Everything that one order needs: its files, its drawn pictures and its aims."""

    def __init__(self, order: Order, files: Mapping[str, Path], scratch: Path) -> None:
        self._order = order
        self._files = files
        self._scratch = scratch
        self._names = count()
        self._aim = choose_aim(order.seed)

    def set_up(self) -> _PreparedInputs:
        """Everything that the film is made of, with the pictures that guide its look and the vendor's mark over it."""
        ready = self._stage()
        if guides := self._order.all("guide"):
            pictures = [self._open(item) or self._missing(item, ready.shoot.size) for item in guides]
            shown = self._keep(insets(ready.shoot.size, pictures))
            ready = replace(ready, video=scene.marked(ready.shoot, ready.video, shown))
        if self._order.settings.get("watermark") is not True:
            return ready
        return replace(ready, video=scene.marked(ready.shoot, ready.video, self._keep(mark(ready.shoot.size))))

    def _stage(self) -> _PreparedInputs:
        """Choose the scene by the media (service.md 2)."""
        if (video := self._clip(self._order.only("edited"))) is not None:
            return self._edit(video)
        if (clip := self._clip(self._order.only("continued"))) is not None:
            return self._continuation(clip)
        if references := self._order.all("reference"):
            return self._references(references)
        return self._frames()

    def _frames(self) -> _PreparedInputs:
        """From a first frame or words alone, optionally to a last frame or a given sound (service.md 2.2, 2.5)."""
        first = self._open(self._order.only("opening"))
        shoot = FilmCommand((self._order.seconds or CARD_SECONDS) * FPS, self._size(first))
        video = self._land(shoot, scene.from_picture(shoot, self._still(first, shoot.size), self._aim))
        return _PreparedInputs(shoot, video, self._driven(shoot))

    def _continuation(self, clip: InputVideo) -> _PreparedInputs:
        """Contains the clip, then goes on from its last frame, perhaps to a last one (service.md 2.2)."""
        shoot = FilmCommand(self._order.seconds * FPS, by_input(self._order.tier, clip.size))
        number = shoot.load(clip.path)
        going = scene.going_on(shoot, clip, number, self._aim)
        video = self._land(shoot, going, free_from=clip.frames) if clip.frames < shoot.frames else going
        return _PreparedInputs(shoot, video, self._own_sound(shoot, clip, number))

    def _references(self, items: Sequence[OrderItem]) -> _PreparedInputs:
        """The references on one frame, the videos moving; a first frame opens the film (service.md 2.1)."""
        first = self._order.only("opening")
        opening = self._open(first)
        shoot = FilmCommand(self._order.seconds * FPS, self._size(opening))
        shown = [self._clip(item) or self._open(item) or self._missing(item, CARD_SIZE) for item in items]
        moving, video = self._gather(shoot, shown, names_of(items, self._order))
        if first is not None:
            start = scene.from_picture(shoot, self._still(opening, shoot.size), self._aim)
            video = scene.opening(shoot, start, video)
        return _PreparedInputs(shoot, video, self._spoken(shoot, items), tuple(clip.seconds for clip in moving))

    def _gather(
        self, shoot: FilmCommand, shown: Sequence[InputVideo | Image.Image], names: Sequence[tuple[str, ...]]
    ) -> tuple[list[InputVideo], str]:
        boxes = arrange([item.size for item in shown], shoot.size)
        stills = [item if isinstance(item, Image.Image) else None for item in shown]
        drawn = board(stills, boxes, shoot.size, self._order.seed)
        label(drawn, boxes, names)
        moving = [(item, box) for item, box in zip(shown, boxes, strict=True) if isinstance(item, InputVideo)]
        return [clip for clip, _ in moving], scene.gathering(shoot, self._keep(drawn), moving, BOARD_AIM)

    def _edit(self, clip: InputVideo) -> _PreparedInputs:
        """The input under a grade, with the pictures that it was given at its side (service.md 2.3)."""
        asked = self._order.seconds * FPS
        frames = min(asked, clip.frames) if asked else clip.frames
        ratio = self._order.ratio
        shoot = FilmCommand(frames, self._by_ratio(ratio) if ratio else by_input(self._order.tier, clip.size))
        number = shoot.load(clip.path)
        audio = self._own_sound(shoot, clip, number)
        return _PreparedInputs(shoot, self._graded(shoot, number), audio, (Fraction(frames, FPS),))

    def _graded(self, shoot: FilmCommand, number: int) -> str:
        order = self._order
        grade = choose_grade(order.prompt, order.seed)
        given = [self._open(item) for item in order.all("reference")]
        over = self._keep(veil(shoot.size, grade.vignette, [item for item in given if item is not None]))
        falls = grade.weather is not Precipitation.NONE
        falling = self._keep(weather(shoot.size, grade.weather, order.seed)) if falls else None
        return scene.graded(shoot, number, grade, over, falling)

    def _size(self, first: Image.Image | None) -> Size:
        if first is not None:
            return by_input(self._order.tier, first.size)
        return self._by_ratio(self._order.ratio or FALLBACK_RATIO)

    def _by_ratio(self, ratio: str) -> Size:
        return by_ratio(self._order.rules.sizes, self._order.tier, ratio)

    def _land(self, shoot: FilmCommand, video: str, *, free_from: int = 0) -> str:
        item = self._order.only("ending")
        if item is None:
            return video
        picture = self._open(item) or self._missing(item, shoot.size)
        aim = choose_aim(self._order.seed + 1)
        return scene.landing(shoot, video, self._keep(fit(picture, shoot.size)), aim, free_from=free_from)

    def _own_sound(self, shoot: FilmCommand, clip: InputVideo, number: int) -> str | None:
        return None if self._order.silent else sound.sound_of(shoot, clip, number, self._order.seed)

    def _driven(self, shoot: FilmCommand) -> str | None:
        if self._order.silent:
            return None
        item = self._order.only("sound")
        path = self._sound(item.url) if item else None
        return sound.track(shoot, path) if path else sound.tone(shoot, self._order.seed, shoot.samples)

    def _spoken(self, shoot: FilmCommand, items: Sequence[OrderItem]) -> str | None:
        if self._order.silent:
            return None
        voices = [self._sound(item.voice) for item in items if item.voice]
        return sound.voices(shoot, [path for path in voices if path is not None], self._order.seed)

    def _still(self, picture: Image.Image | None, size: Size) -> Path:
        """A frame-filling picture as a file; a card where there is none to show."""
        shown = picture or self._missing(self._order.only("opening"), size)
        return self._keep(fit(shown, size))

    def _missing(self, item: OrderItem | None, size: Size) -> Image.Image:
        """A card that names what is out of reach, without the query of its address, which may be a signature."""
        where = urlsplit(item.url) if item else None
        title = f"{item.type} is out of reach: {where.netloc}{where.path}" if item and where else "from words alone"
        return card(size, self._order.seed, title, self._order.prompt)

    def _open(self, item: OrderItem | None) -> Image.Image | None:
        path = self._fetch(item.url) if item else None
        return open_picture(path) if path else None

    def _clip(self, item: OrderItem | None) -> InputVideo | None:
        file = self._order.rules.files.get(item.type) if item else None
        path = self._fetch(item.url) if item and file and file.kind == "video" else None
        return probe_clip(path) if path else None

    def _sound(self, url: str) -> Path | None:
        return self._fetch(url)

    def _fetch(self, url: str) -> Path | None:
        return fetch(url, self._files, self._scratch)

    def _keep(self, picture: Image.Image) -> Path:
        path = self._scratch / f"picture-{next(self._names)}.png"
        picture.save(path, compress_level=1)
        return path
