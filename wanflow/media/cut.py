"""Cuts: bring each clip to the cut's shape once, then join the segments without encoding the picture again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import ffmpeg
from ffmpeg.nodes import FilterableStream

from wanflow import timing
from wanflow.errors import MediaFault
from wanflow.media import encoding
from wanflow.media.extract import arguments_of, exact_sound
from wanflow.media.landing import landing
from wanflow.media.probe import Footage, examine
from wanflow.media.seam import measure, require_alike, require_cut, require_segment
from wanflow.media.segment import SegmentRecipe, fit_bars, fit_crop, slate_top
from wanflow.media.slate import draw_strip
from wanflow.media.tool import Leash, Progress, path_argument, run_ffmpeg
from wanflow.timing import SAMPLE_RATE

MICROSECONDS = 1_000_000
CLOCK_JITTER = 1_000
"""Microseconds by which a container that counts milliseconds may stamp a frame too late."""

SILENCE = f"anullsrc=r={SAMPLE_RATE}:cl=stereo"


def conform(source: Path, recipe: SegmentRecipe, target: Path, *, leash: Leash, progress: Progress | None) -> None:
    """Write the segment that a recipe describes: a MOV of H.264 and exactly as much PCM sound (video.md 3.4).

    A clip without sound, or with too little, gets silence. Raises MediaFault.
    """
    footage = examine(source)
    if recipe.first < 0 or recipe.count < 1 or recipe.first + recipe.count > footage.facts.frames:
        last = recipe.first + recipe.count - 1
        raise MediaFault(
            f"`{source.name}` has no frames {recipe.first} to {last}: it has {footage.facts.frames} frames"
        )
    with landing(target) as part, TemporaryDirectory(prefix="wanflow-") as folder:
        strip = _draw(recipe, Path(folder))
        run_ffmpeg(conform_arguments(footage, recipe, part, strip), leash=leash, progress=progress)
        require_segment(part, recipe.frames, recipe.rate)


def assemble(segments: Sequence[Path], target: Path, *, leash: Leash, progress: Progress | None) -> None:
    """Join segments to an MP4: the picture is copied, the sound encoded once (video.md 3.1).

    What comes out is proved before it gets its name: every frame is there, it begins at 0, and sound and picture
    are equally long. Raises MediaFault; `target` is then what it was before.
    """
    parts = [measure(segment) for segment in segments]
    require_alike(parts)
    rate = parts[0].shape.rate or timing.NOMINAL_RATE
    with landing(target) as part, TemporaryDirectory(prefix="wanflow-") as folder:
        playlist = Path(folder) / "segments.ffconcat"
        playlist.write_text(concat_list(segments), encoding="utf-8", errors="surrogateescape")
        run_ffmpeg(assemble_arguments(playlist, part), leash=leash, progress=progress)
        require_cut(part, sum(each.frames for each in parts), rate)


def conform_arguments(footage: Footage, recipe: SegmentRecipe, target: Path, strip: Path | None) -> list[str]:
    """What ffmpeg is told to make a segment; pure. `strip` is the drawn slate, None for a clean picture."""
    source = ffmpeg.input(path_argument(footage.path), **encoding.FOREIGN)
    video = _fitted(_trimmed(source.video, recipe), footage, recipe)
    if strip is not None:
        video = video.overlay(_strip(strip), x=0, y=slate_top(recipe))
    video = video.filter("setparams", **encoding.TAGS)
    sound = _sound(source.audio, footage, recipe) if footage.facts.samples else _silence(recipe)
    return arguments_of(ffmpeg.output(video, sound, path_argument(target), **encoding.segment(recipe.rate)))


def assemble_arguments(playlist: Path, target: Path) -> list[str]:
    """What ffmpeg is told to join the segments that a playlist names; pure."""
    joined = ffmpeg.input(path_argument(playlist), f="concat", safe=0, protocol_whitelist="file")
    # the list's time stamps are rounded at every join; samples counted from 0 are not
    sound = joined.audio.filter("asetpts", "N/SR/TB")
    return arguments_of(ffmpeg.output(joined.video, sound, path_argument(target), **encoding.FILM))


def concat_list(segments: Sequence[Path]) -> str:
    """The list that ffmpeg's concat demuxer reads. Raises MediaFault for a path that it can't hold."""
    lines = [f"file {_quoted(path_argument(segment))}\n" for segment in segments]
    return "ffconcat version 1.0\n" + "".join(lines)


def _quoted(path: str) -> str:
    if "\n" in path or "\r" in path:
        raise MediaFault(f"`{path!r}` can't be joined: its path has a line break", hint="rename the folder")
    return "'" + path.replace("'", r"'\''") + "'"


def _trimmed(video: FilterableStream, recipe: SegmentRecipe) -> FilterableStream:
    """The clip's own frames, counted, at the cut's rate: at any moment the frame that the clip shows then.

    Rounding up means just that; rounding to the nearest shows the second frame first when 60 frames become 24.
    """
    return (
        video.filter("trim", start_frame=recipe.first, end_frame=recipe.first + recipe.count)
        .filter("settb", expr=f"1/{MICROSECONDS}")
        .filter("setpts", f"PTS-STARTPTS-{CLOCK_JITTER}")
        .filter("fps", fps=timing.rate_text(recipe.rate), round="up")
    )


def _fitted(video: FilterableStream, footage: Footage, recipe: SegmentRecipe) -> FilterableStream:
    """The picture in the cut's size and colours, for exactly the recipe's frames."""
    crops = recipe.fit == "crop"
    fit = fit_crop if crops else fit_bars
    window = fit(footage.facts.width, footage.facts.height, recipe.width, recipe.height)
    return (
        video.filter("scale", window.width, window.height, **encoding.TO_BT709, in_color_matrix=footage.matrix)
        .filter("format", "yuv420p")
        .filter("crop" if crops else "pad", recipe.width, recipe.height, window.left, window.top)
        .filter("setsar", 1)
        .filter("tpad", stop_mode="clone", stop=-1)
        .filter("trim", end_frame=recipe.frames)
    )


def _strip(strip: Path) -> FilterableStream:
    # as a picture from a pipe: the other reader takes a `%` in its path for a number
    return ffmpeg.input(path_argument(strip), f="png_pipe").video


def _sound(sound: FilterableStream, footage: Footage, recipe: SegmentRecipe) -> FilterableStream:
    begin = timing.to_samples(recipe.first, footage.rate)
    stop = timing.to_samples(recipe.first + recipe.count, footage.rate)
    return exact_sound(sound, begin, recipe.samples, stop=stop)


def _silence(recipe: SegmentRecipe) -> FilterableStream:
    return ffmpeg.input(SILENCE, f="lavfi").audio.filter("atrim", end_sample=recipe.samples)


def _draw(recipe: SegmentRecipe, folder: Path) -> Path | None:
    if not recipe.slate:
        return None
    strip = folder / "slate.png"
    draw_strip(recipe.slate, recipe.width, recipe.height).save(strip, "PNG")
    return strip
