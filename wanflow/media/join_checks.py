"""Checks of a cut: its segments can be joined without encoding, and the joined film is complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from wanflow import digest, timebase
from wanflow.errors import MediaFault
from wanflow.language.source import Facts, Kind
from wanflow.media.container import BadMedia, film_of, opened, packets_of
from wanflow.media.picture.segment import PartRecipe
from wanflow.messages import joined, tr
from wanflow.records import immutable
from wanflow.timebase import SAMPLE_RATE

AAC_FRAME = Fraction(1024, SAMPLE_RATE)
"""Seconds of one AAC frame: the sound of a finished cut may differ from its picture by less."""


@immutable
class StreamShape:
    """What must be equal for a copy to be right: ffmpeg joins what differs without a word (ffmpeg.md 3.1).

    Pixel format and range of a survey are unknown: they are written in the parameter sets, which it compares.
    """

    codec: str
    width: int
    height: int
    pixel_format: str | None
    pixel_aspect: Fraction | None
    time_base: Fraction | None
    rate: Fraction | None
    parameter_sets: bytes | None
    colour: tuple[int, int, int, int]
    start: int | None
    sound: tuple[str, int, int] | None


@immutable
class JoinedPart:
    """A file to be joined, measured: its shape, its frames and the samples of its sound at its own rate."""

    path: Path
    shape: StreamShape
    frames: int
    samples: int

    def facts(self, container: str) -> Facts:
        """What is recorded of it, so that it is not read once more; `container` is `mov` or `mp4`."""
        rate, heard = self.shape.rate or timebase.NOMINAL_RATE, self.shape.sound
        return Facts(
            kind=Kind.VIDEO,
            format=container,
            digest=digest.of_file(self.path),
            size_bytes=self.path.stat().st_size,
            width=self.shape.width,
            height=self.shape.height,
            frames=self.frames,
            rate=rate,
            samples=self.samples,
            sample_rate=0 if heard is None else heard[1],
            seconds=timebase.to_seconds(self.frames, rate),
        )


def survey(path: Path) -> JoinedPart:
    """A segment by what its header says: it was measured when it was made. Raises BadMedia."""
    with opened(path, decoding=False) as container:
        film = film_of(container, path)
        return _part(path, container, film, film.frames)


def measure(path: Path, *, decoding: bool = True) -> JoinedPart:
    """Measure a segment or a finished cut, reading it to its end; without `decoding` as `survey`. Raises BadMedia."""
    with opened(path, decoding=decoding) as container:
        film = film_of(container, path)
        return _part(path, container, film, sum(1 for _ in packets_of(container, film)))


def _part(path: Path, container: InputContainer, film: VideoStream, frames: int) -> JoinedPart:
    sound = container.streams.audio[0] if container.streams.audio else None
    coded = film.codec_context
    shape = StreamShape(
        codec=coded.name,
        width=coded.width,
        height=coded.height,
        pixel_format=coded.pix_fmt,
        pixel_aspect=film.sample_aspect_ratio,
        time_base=film.time_base,
        rate=film.average_rate,
        parameter_sets=coded.extradata,
        colour=(coded.color_primaries, coded.color_trc, coded.colorspace, coded.color_range),
        start=film.start_time,
        sound=(sound.codec_context.name, sound.rate, sound.layout.nb_channels) if sound else None,
    )
    samples = round((sound.duration or 0) * (sound.time_base or 0) * sound.rate) if sound else 0
    return JoinedPart(path, shape, frames, samples)


def require_segment(path: Path, recipe: PartRecipe) -> Facts:
    """The facts of a segment; raises BadMedia unless it has exactly its recipe's frames, and the sound beside them."""
    part = measure(path, decoding=False)
    wanted = (recipe.frames, recipe.rate, recipe.samples, 0)
    if (part.frames, part.shape.rate, part.samples, part.shape.start) != wanted:
        raise BadMedia(
            path,
            tr(
                "came out with {frames} frames at {rate} and {samples} samples, "
                "not {recipe_frames} at {recipe_rate} and {recipe_samples}",
                frames=part.frames,
                rate=part.shape.rate,
                samples=part.samples,
                recipe_frames=recipe.frames,
                recipe_rate=recipe.rate,
                recipe_samples=recipe.samples,
            ),
        )
    return part.facts("mov")


def require_alike(parts: Sequence[JoinedPart], frames: int) -> None:
    """Raise MediaFault where copying cannot join a part to the first one, and say why; `frames` is their sum."""
    if not parts:
        raise MediaFault(tr("a cut needs at least one segment"))
    for part in parts:
        shapes = parts[0].shape, part.shape
        names = (field.name for field in fields(StreamShape))
        if differing := [name.replace("_", " ") for name in names if len({getattr(it, name) for it in shapes}) > 1]:
            raise MediaFault(
                tr(
                    "`{name}` cannot be joined to `{path_name}`: they differ in {differing}",
                    name=part.path.name,
                    path_name=parts[0].path.name,
                    differing=joined(", ", differing),
                )
            )
        samples = timebase.to_samples(part.frames, part.shape.rate or timebase.NOMINAL_RATE)
        if part.shape.start != 0 or abs(part.samples - samples) > 1:
            raise BadMedia(
                part.path,
                tr(
                    "is not a segment: it has {samples} samples beside {frames} frames",
                    samples=part.samples,
                    frames=part.frames,
                ),
            )
    if (found := sum(part.frames for part in parts)) != frames:
        raise MediaFault(
            tr("the segments have {found} frames in total, and the cut has {frames}", found=found, frames=frames)
        )


def require_cut(path: Path, frames: int, rate: Fraction) -> Facts:
    """The facts of a finished cut; raises BadMedia unless it has exactly these frames, from 0, and as much sound."""
    seconds = timebase.to_seconds(frames, rate)
    with opened(path) as container:
        film = film_of(container, path)
        sound = container.streams.audio[0]
        counted = sum(1 for _ in packets_of(container, film))
        lasts = (film.duration or 0) * (film.time_base or Fraction(0))
        sounds = (sound.duration or 0) * (sound.time_base or Fraction(0))
        start, part = film.start_time, _part(path, container, film, counted)
    if (counted, lasts, start) != (frames, seconds, 0):
        raise BadMedia(
            path,
            tr(
                "came out with {counted} frames in {lasts} s from {start}, not {frames} in {seconds} s from 0",
                counted=counted,
                lasts=lasts,
                start=start,
                frames=frames,
                seconds=seconds,
            ),
        )
    if abs(sounds - seconds) >= AAC_FRAME:
        raise BadMedia(
            path, tr("came out with {sounds} s of sound beside {seconds} s of video", sounds=sounds, seconds=seconds)
        )
    return part.facts("mp4")
