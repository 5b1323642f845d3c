"""The animatic: films and stills drawn from orders, and an endpoint in process that renders them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import count
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import anyio
from PIL import Image

from wanflow.emulator.api.bucket import Bucket
from wanflow.emulator.api.endpoint import IN_PROCESS, NO_LOG, AccountTerms, EmulatedEndpoint
from wanflow.emulator.api.media_checks import inspect
from wanflow.emulator.api.order import FilmFaultKind, Grade, Order, OrderItem, Rendered, RenderedFilm
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.api.tasks import PRIVATE, TaskLog
from wanflow.emulator.film import draft, drawing, film_faults, scenes, sound, stills
from wanflow.emulator.film.command import (
    FPS,
    DrawnPicture,
    FilmCommand,
    InputVideo,
    PixelSize,
    fetch,
    open_picture,
    probe_clip,
    size_by_input,
    size_by_ratio,
)
from wanflow.emulator.film.drawing import Precipitation, choose_look
from wanflow.emulator.film.repetition import repeat_pictures
from wanflow.emulator.film.scenes import Scenes, choose_target
from wanflow.emulator.film.text import reference_names, title_of_card
from wanflow.errors import WanflowError
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import Job, Jobs, RunningProcesses, Worker
from wanflow.records import immutable
from wanflow.schemas import ModelFiles

FALLBACK_RATIO = "16:9"
PIXEL_FORMATS: Mapping[str, str] = {"RGB": "rgb24", "RGBA": "rgba"}
"""The names that ffmpeg has for the modes of drawn pictures."""
CARD_SECONDS = 5
CARD_SIZE = (640, 480)


@immutable
class RenderResult(Job[Rendered]):
    """Render the film or a picture of an order; `files` are the media that this account holds, by their URLs."""

    order: Order
    files: tuple[tuple[str, PurePath], ...]
    target: PurePath
    grade: Grade

    def perform(self, worker: Worker) -> Rendered:
        """Render it with the files of this worker; raises as `render_film` does."""
        files = {url: worker.root / file for url, file in self.files}
        if self.order.makes_pictures:
            return stills.render_picture(self.order, worker.root / self.target, files=files)
        return render_film(
            self.order, worker.root / self.target, files=files, grade=self.grade, processes=worker.processes
        )


def render_film(
    order: Order, target: Path, *, files: Mapping[str, Path], grade: Grade, processes: RunningProcesses
) -> RenderedFilm:
    """Render the film of an order into `target`, whole or not at all; `files` are its media by URL.

    Raises Rejected in the service's words where the media are not what they have to be, and ToolFailed where
    ffmpeg fails.
    """
    part = target.with_suffix(".part")
    try:
        with TemporaryDirectory(prefix="wanflow-") as scratch:
            inspected = inspect(order, lambda url: fetch(url, files, Path(scratch)))
            scene = _SceneBuilder(inspected, files, Path(scratch), grade).build()
            billed = scene.command.frames
            if grade is Grade.DRAFT and order.fault is None:
                _film_twice(scene, part, Path(scratch) / "pictures.mp4", comment=order.digest, processes=processes)
            else:
                arguments = _with_fault(scene, order, part, grade)
                run_ffmpeg(arguments, processes=processes)
        part.chmod(PRIVATE)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return RenderedFilm(billed, scene.inputs, inspected.media)


@immutable
class _Scene:
    """A command with the names of its outputs; `inputs` are the seconds of the videos that went in.

    Its first `given` frames are those of the clip that it continues.
    """

    command: FilmCommand
    video: str
    audio: str | None
    inputs: tuple[Fraction, ...] = ()
    given: int = 0


def _film_twice(scene: _Scene, target: Path, pictures: Path, *, comment: str, processes: RunningProcesses) -> None:
    """A draft, each picture of which is encoded once and shown for two frames."""
    command = scene.command
    run_ffmpeg(
        command.arguments(scene.video, scene.audio, pictures, grade=Grade.DRAFT, comment=comment, repeats=2),
        processes=processes,
    )
    repeat_pictures(pictures, target, frames=command.frames, comment=comment)


def _with_fault(scene: _Scene, order: Order, target: Path, grade: Grade) -> list[str]:
    """The arguments for a film whose frames are all encoded, with the fault of the order if it has one."""
    command, video, audio = scene.command, scene.video, scene.audio
    if grade is Grade.DRAFT:
        video = command.add_filter([video], draft.ALL_FRAMES)
    if order.fault is not None:
        video, audio = film_faults.inject(command, video, audio, order.fault, scene.given)
    # the quick encoder of sound takes the tops off what is clipped
    clipped = order.fault is not None and order.fault.kind is FilmFaultKind.CLIPPED
    quality = Grade.FINAL if clipped else grade
    return command.arguments(video, audio, target, grade=quality, comment=order.digest)


class _SceneBuilder:
    """Builds the scene of one order from its media, and draws what it lacks."""

    def __init__(self, order: Order, files: Mapping[str, Path], scratch: Path, grade: Grade) -> None:
        self._order = order
        self._grade = grade
        self._scenes: Scenes = draft if grade is Grade.DRAFT else scenes
        self._files = files
        self._scratch = scratch
        self._numbers = count()
        self._target = choose_target(order.seed)

    def build(self) -> _Scene:
        """The scene that the media ask for (service.md 2), with insets of guide pictures and the vendor's watermark."""
        order = self._order
        if (video := self._clip(order.only("edited"))) is not None:
            scene = self._edit(video)
        elif (clip := self._clip(order.only("continued"))) is not None:
            scene = self._continue(clip)
        elif references := [item for item in order.all("reference") if not self._is_sound(item)]:
            scene = self._show_references(references)
        else:
            scene = self._start_from_picture()
        command = scene.command
        if guides := order.all("guide"):
            pictures = [self._picture(item) or self._missing(item, command.size) for item in guides]
            scene = self._overlay(scene, drawing.draw_insets(command.size, pictures))
        if order.settings.get("watermark") is True:
            scene = self._overlay(scene, drawing.draw_watermark(command.size))
        return scene

    def _start_from_picture(self) -> _Scene:
        """From a first frame or words alone, optionally to a last frame or with a given sound (service.md 2.2, 2.5)."""
        order = self._order
        first = self._picture(order.only("opening"))
        command = FilmCommand((order.seconds or CARD_SECONDS) * FPS, self._size(first))
        video = self._scenes.from_picture(command, self._first_frame(first, command.size), self._target)
        video = self._end(command, video)
        if order.silent:
            return _Scene(command, video, None)
        item = order.only("sound") or next(filter(self._is_sound, order.media), None)
        given = self._file(item.url) if item else None
        tone = sound.track(command, given) if given else sound.tone(command, order.seed, command.samples)
        return _Scene(command, video, tone)

    def _continue(self, clip: InputVideo) -> _Scene:
        """Contains the clip, then continues from its last frame, perhaps to a given one (service.md 2.2)."""
        command = FilmCommand((self._order.seconds or CARD_SECONDS) * FPS, size_by_input(self._order.tier, clip.size))
        number = command.add_media(clip.path)
        video = self._scenes.continue_clip(command, clip, number, self._target)
        if clip.frames < command.frames:
            video = self._end(command, video, free_from=clip.frames)
        sounding = self._clip_sound(command, clip, number)
        return _Scene(command, video, sounding, given=min(clip.frames, command.frames))

    def _show_references(self, items: Sequence[OrderItem]) -> _Scene:
        """The references on one frame, with videos playing; a first frame opens the film (service.md 2.1)."""
        order, first = self._order, self._order.only("opening")
        opening = self._picture(first)
        command = FilmCommand((order.seconds or CARD_SECONDS) * FPS, self._size(opening))
        shown = [self._clip(item) or self._picture(item) or self._missing(item, CARD_SIZE) for item in items]
        boxes = drawing.arrange([item.size for item in shown], command.size)
        stills = [item if isinstance(item, Image.Image) else None for item in shown]
        board = drawing.draw_board(stills, boxes, command.size, order.seed)
        drawing.draw_names(board, boxes, reference_names(items, order))
        videos = [(item, box) for item, box in zip(shown, boxes, strict=True) if isinstance(item, InputVideo)]
        video = self._scenes.show_board(command, self._save(board), videos)
        if first is not None:
            start = self._scenes.from_picture(command, self._first_frame(opening, command.size), self._target)
            video = self._scenes.dissolve(command, start, video)
        seconds = tuple(clip.seconds for clip, _ in videos)
        if order.silent:
            return _Scene(command, video, None, seconds)
        return _Scene(command, video, sound.voices(command, self._voices(), order.seed), seconds)

    def _voices(self) -> list[Path]:
        """The sounds that references are, or speak with."""
        heard = (item.url if self._is_sound(item) else item.voice for item in self._order.media)
        return [path for url in heard if url is not None and (path := self._file(url)) is not None]

    def _edit(self, clip: InputVideo) -> _Scene:
        """The input under a look, with the pictures that came with it as insets (service.md 2.3)."""
        order = self._order
        asked = order.seconds * FPS
        frames = min(asked, clip.frames) if asked else clip.frames
        size = size_by_input(order.tier, clip.size)
        if order.ratio:
            size = size_by_ratio(order.rules.sizes, order.tier, order.ratio)
        command = FilmCommand(frames, size)
        number = command.add_media(clip.path)
        audio = self._clip_sound(command, clip, number)
        look = choose_look(order.prompt, order.seed)
        given = [picture for item in order.all("reference") if (picture := self._picture(item)) is not None]
        vignette = look.vignette if self._grade is Grade.FINAL else 0
        over = self._save_overlay(drawing.draw_vignette(size, vignette, given))
        falling = None
        if look.precipitation is not Precipitation.NONE:
            falling = self._save(drawing.draw_precipitation(size, look.precipitation, order.seed))
        video = self._scenes.edit_clip(command, clip, number, look, over, falling)
        return _Scene(command, video, audio, (Fraction(frames, FPS),))

    def _size(self, first: Image.Image | None) -> PixelSize:
        if first is not None:
            return size_by_input(self._order.tier, first.size)
        if self._order.ratio is None and self._order.pixels is not None:
            width, height = self._order.pixels
            return width // 2 * 2, height // 2 * 2
        return size_by_ratio(self._order.rules.sizes, self._order.tier, self._order.ratio or FALLBACK_RATIO)

    def _end(self, command: FilmCommand, video: str, *, free_from: int = 0) -> str:
        """The scene with the last frame that was asked for, if any."""
        item = self._order.only("ending")
        if item is None:
            return video
        picture = self._picture(item) or self._missing(item, command.size)
        target = choose_target(self._order.seed + 1)
        last = self._save(drawing.fit(picture, command.size))
        return self._scenes.end_on_picture(command, video, last, target, free_from=free_from)

    def _clip_sound(self, command: FilmCommand, clip: InputVideo, number: int) -> str | None:
        return None if self._order.silent else sound.clip_sound(command, clip, number, self._order.seed)

    def _first_frame(self, picture: Image.Image | None, size: PixelSize) -> DrawnPicture:
        """The first frame as a file that fills the film's; a card where no picture was given or reached."""
        shown = picture or self._missing(self._order.only("opening"), size)
        return self._save(drawing.fit(shown, size))

    def _is_sound(self, item: OrderItem) -> bool:
        rules = self._order.rules.files.get(item.type)
        return rules is not None and rules.kind == "audio"

    def _missing(self, item: OrderItem | None, size: PixelSize) -> Image.Image:
        """A card that names what is out of reach."""
        title = title_of_card(item, self._order)
        return drawing.draw_card(size, self._order.seed, title, self._order.prompt)

    def _picture(self, item: OrderItem | None) -> Image.Image | None:
        path = self._file(item.url) if item else None
        return open_picture(path) if path else None

    def _clip(self, item: OrderItem | None) -> InputVideo | None:
        rules = self._order.rules.files.get(item.type) if item else None
        path = self._file(item.url) if item and rules and rules.kind == "video" else None
        return probe_clip(path) if path else None

    def _file(self, url: str) -> Path | None:
        return fetch(url, self._files, self._scratch)

    def _overlay(self, scene: _Scene, picture: Image.Image) -> _Scene:
        over = self._save_overlay(picture)
        if over is None:
            return scene
        return replace(scene, video=self._scenes.overlay_picture(scene.command, scene.video, over))

    def _save_overlay(self, picture: Image.Image) -> DrawnPicture | None:
        """The part of an overlay that is seen, from an even pixel on, or None; a final film takes it whole."""
        if self._grade is Grade.FINAL:
            return self._save(picture)
        box = picture.getchannel("A").getbbox()
        if box is None:
            return None
        left, top, right, bottom = (edge // 2 * 2 for edge in (box[0], box[1], box[2] + 1, box[3] + 1))
        return replace(self._save(picture.crop((left, top, right, bottom))), at=(left, top))

    def _save(self, picture: Image.Image) -> DrawnPicture:
        path = self._scratch / f"picture-{next(self._numbers)}"
        shown = picture if picture.mode in PIXEL_FORMATS else picture.convert("RGB")
        path.write_bytes(shown.tobytes())
        return DrawnPicture(path, shown.size, PIXEL_FORMATS[shown.mode])


ORIGIN = "http://animatic.invalid"
"""Beginning of URLs that only this process can resolve; no host has a name in `.invalid`."""


@asynccontextmanager
async def open_animatic(
    folder: Path,
    jobs: Jobs,
    *,
    root: Path,
    grade: Grade,
    origin: str = ORIGIN,
    terms: AccountTerms = IN_PROCESS,
    models: ModelFiles | None = None,
    ledger: TaskLog = NO_LOG,
    spare_bytes: int = 0,
) -> AsyncIterator[EmulatedEndpoint]:
    """An endpoint that keeps its files in `folder`, and whose results are `jobs` with files below `root`.

    Its films have a `grade`. `origin` is the beginning of the URLs that it returns; `models` are those that it knows,
    None for those that ship. Uploads leave `spare_bytes` of the disk free. Leaving it cancels the results that are
    still being rendered. Raises StateUnreadable for a damaged ledger.
    """
    bucket, known = Bucket(folder, origin, _now, spare_bytes=spare_bytes), read_catalog(models)

    async def render(order: Order, target: Path) -> Rendered:
        return await jobs(result_job(order, target, bucket, root, grade))

    failure: WanflowError | None = None
    async with anyio.create_task_group() as group:
        try:
            yield EmulatedEndpoint(bucket, known, render, group=group, clock=_now, terms=terms, ledger=ledger)
        except WanflowError as fault:
            # raised below, so that the caller's fault is not wrapped in the group's
            failure = fault
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


def result_job(order: Order, target: Path, bucket: Bucket, root: Path, grade: Grade) -> RenderResult:
    """The job that renders an order into `target`, with the media that the bucket holds; all files lie below `root`."""
    urls = dict.fromkeys(url for item in order.media for url in (item.url, item.voice) if url is not None)
    found = ((url, bucket.find(url)) for url in urls)
    files = tuple((url, file.relative_to(root)) for url, file in found if file is not None)
    return RenderResult(order, files, target.relative_to(root), grade)


def _now() -> datetime:
    return datetime.now(UTC)
