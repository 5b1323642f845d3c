"""Posters, scrub strips, small films and waveforms of takes, assets and cuts, as local jobs."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path, PurePath
from typing import Any

from av.audio.frame import AudioFrame
from PIL import Image, ImageStat

from wanflow.errors import ToolFailed
from wanflow.language.source import Kind
from wanflow.media import encoder
from wanflow.media.clock import PictureClock, read_clock, shown_pictures
from wanflow.media.container import film_of, opened, square_size
from wanflow.media.extract import picture_arguments, picture_of, piece_arguments, piece_reels, require_zscale
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import Job, RunningProcesses, Worker
from wanflow.media.look import look_of
from wanflow.media.picture.still import opened_picture, read_still
from wanflow.media.pipe import Reel, writer_of
from wanflow.media.probe import examine
from wanflow.media.sound.track import decoded_sound, heard, heard_rate, measured_samples
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store.atomic import replacing
from wanflow.store.renditions import STRIP_FRAMES, Rendition

Pixels = tuple[int, int]

POSTER_SIDE, STRIP_SIDE = 480, 160
"""Maximum width and height of a poster, and of each still in a strip, in pixels."""
STILL_SIDE = 1280
"""Maximum width and height of a still that is inside a report."""
LINES = 360
"""Maximum of the shorter side of a preview and of a proxy, in pixels."""
PREVIEW_SECONDS = 10
"""Maximum length of a preview."""
WEBP: Mapping[str, Any] = {"format": "WEBP", "quality": 75, "method": 4}

TELLING = (Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1, 6), Fraction(5, 6))
"""Shares of a film at which its poster is looked for, the first one that is good first; a film often begins black."""
SEEK_FRAMES = 250
"""Minimum frames between two stills from which the file is searched anew: encoders set key frames about as often."""
PLAIN_LEVELS = 8
"""Standard deviation, of 255 levels of grey, below which a picture shows next to nothing."""

COLUMNS = 400
"""Columns of a waveform."""
WAVE_HEIGHT = 100
BLOCKS_A_SECOND = 200
"""Parts of a second in which the loudest sample is looked for."""
FULL_SCALE = 1 << 15
GREY = "#8a8f98"
"""Colour of a waveform, which is seen on white and on black."""


JPEG_FORMS = ((POSTER_SIDE, 80), (POSTER_SIDE, 60), (320, 50), (160, 40))
"""Longer side and quality of a poster as a JPEG, the best first."""


@immutable
class MakeRendition(Job[None]):
    """Make a rendition of a file of this kind, unless the target exists; the source is only read."""

    rendition: Rendition
    kind: Kind
    source: PurePath
    target: PurePath

    def perform(self, worker: Worker) -> None:
        """Make it; raises BadMedia where the file cannot be shown so, ToolMissing and StoreFault."""
        source, target = worker.root / self.source, worker.root / self.target
        if target.exists():
            return
        with replacing(target) as part:
            match self.rendition:
                case Rendition.POSTER | Rendition.STILL if self.kind is Kind.IMAGE:
                    side = POSTER_SIDE if self.rendition is Rendition.POSTER else STILL_SIDE
                    picture = read_still(source)
                    size = fit(picture.size, longer=side)
                    picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3).save(part, **WEBP)
                case Rendition.POSTER | Rendition.STILL:
                    _telling(source, part, worker.processes).save(part, **WEBP)
                case Rendition.STRIP:
                    _strip(source, part, worker.processes).save(part, **WEBP)
                case Rendition.PREVIEW | Rendition.PROXY:
                    _write_film(source, part, worker, silent=self.rendition is Rendition.PREVIEW)
                case Rendition.PEAKS:
                    text = waveform_text(loudness(source, self.kind, worker.processes))
                    part.write_text(text, encoding="ascii", newline="\n")


def fit(size: Pixels, *, longer: int | None = None, shorter: int | None = None) -> Pixels:
    """A size scaled down so that neither its longer nor its shorter side is above the given one; pure."""
    limits = [Fraction(limit, side) for limit, side in ((longer, max(size)), (shorter, min(size))) if limit]
    scale = min(Fraction(1), *limits)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def small_jpeg(poster: Path, most_bytes: int) -> bytes:
    """A poster as a JPEG in the best form that has at most these bytes, always the same ones. Raises BadMedia."""
    picture, content = read_still(poster), b""
    for side, quality in JPEG_FORMS:
        drawn = BytesIO()
        small = picture.resize(fit(picture.size, longer=side), Image.Resampling.LANCZOS)
        small.save(drawn, format="JPEG", quality=quality)
        content = drawn.getvalue()
        if len(content) <= most_bytes:
            break
    return content


def _telling(source: Path, draft: Path, processes: RunningProcesses) -> Image.Image:
    """The first picture of a film that shows something, the most varied one where none does much."""
    clock = read_clock(source)
    first, *others = dict.fromkeys(int(clock.frames * share) for share in TELLING)
    found = list(film_pictures(source, clock, [first], POSTER_SIDE, draft, processes))
    if others and _variety(found[0]) < PLAIN_LEVELS:
        found += film_pictures(source, clock, sorted(others), POSTER_SIDE, draft, processes)
    telling = (picture for picture in found if _variety(picture) >= PLAIN_LEVELS)
    return next(telling, None) or max(found, key=_variety)


def _variety(picture: Image.Image) -> float:
    """The standard deviation of its levels of grey."""
    return ImageStat.Stat(picture.convert("L")).stddev[0]


def _strip(source: Path, draft: Path, processes: RunningProcesses) -> Image.Image:
    """Stills of a film side by side, each from the middle of its part of the film."""
    clock = read_clock(source)
    places = [clock.frames * (2 * number + 1) // (2 * STRIP_FRAMES) for number in range(STRIP_FRAMES)]
    strip = Image.new("RGB", (1, 1))
    for number, picture in enumerate(film_pictures(source, clock, places, STRIP_SIDE, draft, processes)):
        if number == 0:
            strip = Image.new("RGB", (picture.width * STRIP_FRAMES, picture.height))
        strip.paste(picture, (number * picture.width, 0))
    return strip


def film_pictures(
    source: Path, clock: PictureClock, places: Sequence[int], side: int, draft: Path, processes: RunningProcesses
) -> Iterator[Image.Image]:
    """The pictures of a film at places, which rise, as people see them, with no side above `side`.

    `draft` is a file to write to meanwhile. Raises BadMedia where one cannot be decoded, ToolMissing where ffmpeg lacks
    the filter for their colours.
    """
    frame = next(shown_pictures(source, clock, places[:1]))
    with opened(source) as container:
        stream = film_of(container, source)
        look, size = look_of(container, stream, frame), fit(square_size(stream, frame), longer=side)
    if not look.converted:
        for near in decoded_together(clock, places):
            for each in shown_pictures(source, clock, near, interlaced=look.interlaced):
                _require_running(processes)
                yield picture_of(each, look).resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
        return
    require_zscale(source, look)
    reel = Reel(source, clock, places, clock.rate, interlaced=look.interlaced)
    run_ffmpeg(picture_arguments(look, size, draft, len(places)), processes=processes, stdin=writer_of([reel]))
    with opened_picture(draft) as sheet:
        for number in range(len(places)):
            yield sheet.crop((number * size[0], 0, (number + 1) * size[0], size[1])).convert("RGB")


def decoded_together(clock: PictureClock, places: Sequence[int]) -> list[list[int]]:
    """Places in groups, each of which is decoded at one go; a file without an index is decoded once; pure."""
    groups = [list(places[:1])]
    for place in places[1:]:
        if clock.counted and clock.direct and place - groups[-1][-1] > SEEK_FRAMES:
            groups.append([])
        groups[-1].append(place)
    return groups


def _write_film(source: Path, part: Path, worker: Worker, *, silent: bool) -> None:
    footage = examine(source)
    require_zscale(source, footage.look)
    frames = footage.facts.frames
    last = (min(frames, max(1, round(PREVIEW_SECONDS * footage.rate))) if silent else frames) - 1
    options = encoder.rendition(footage.rate, sound=bool(footage.facts.samples) and not silent)
    size = fit((footage.facts.width, footage.facts.height), shorter=LINES)
    arguments = piece_arguments(footage, 0, last, part, size=size, options=options, silent=silent)
    reels = piece_reels(footage, 0, last, silent=silent)
    run_ffmpeg(arguments, processes=worker.processes, progress=worker.progress, stdin=writer_of(reels))


def loudness(source: Path, kind: Kind, processes: RunningProcesses) -> list[int]:
    """The loudest sample of each column of a waveform, of 32768; all columns are as long as the film, or as the sound.

    Raises BadMedia for a file without sound.
    """
    rate = heard_rate(source)
    clock = read_clock(source) if kind is Kind.VIDEO else None
    length = measured_samples(source) if clock is None else round(clock.frames / clock.rate * rate)
    columns, step = [0] * COLUMNS, max(1, rate // BLOCKS_A_SECOND)
    for at, frame in _following(source) if clock is None else heard(source, clock):
        _require_running(processes)
        channels = frame.layout.nb_channels
        samples = array("h", bytes(frame.planes[0])[: frame.samples * channels * 2])
        for first in range(0, frame.samples, step):
            column = (at + first) * COLUMNS // max(1, length)
            if 0 <= column < COLUMNS:
                block = samples[first * channels : (first + step) * channels]
                loudest = max(block), -min(block)
                columns[column] = max(columns[column], *loudest)
    return columns


def waveform_text(columns: Sequence[int]) -> str:
    """A waveform as SVG: a shape around the middle line that any width and height can be given; pure."""
    middle = WAVE_HEIGHT // 2
    heights = [max(1, round(level * middle / FULL_SCALE)) for level in columns]
    above = " ".join(f"{column} {middle - height}" for column, height in enumerate(heights))
    below = " ".join(f"{column} {middle + height}" for column, height in reversed(list(enumerate(heights))))
    shape = f'<path fill="{GREY}" d="M{above} {below}Z"/>'
    box = f'viewBox="0 0 {len(columns) - 1} {WAVE_HEIGHT}" preserveAspectRatio="none"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{shape}</svg>\n'


def _following(source: Path) -> Iterator[tuple[int, AudioFrame]]:
    """The parts of a sound without a picture, each with the number of its first sample."""
    at = 0
    for frame in decoded_sound(source):
        yield at, frame
        at += frame.samples


def _require_running(processes: RunningProcesses) -> None:
    if processes.killed:
        raise ToolFailed(tr("the work was stopped"))
