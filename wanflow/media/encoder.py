"""Options of ffmpeg for every file that wanflow writes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from wanflow.media.inputs import Options
from wanflow.timebase import SAMPLE_RATE

FINEST_TICKS = 10_000
"""Minimum ticks a second of a time base in which players keep sound in step with frames."""

TO_BT709: Options = {"out_color_matrix": "bt709", "out_range": "tv", "flags": "lanczos"}
TAGS: Options = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709", "range": "tv"}

_CLEAN: Options = {"map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact"}

_VIDEO: Options = {
    "c:v": "libx264",
    "profile:v": "high",
    "preset": "veryfast",
    "bf": 0,  # no negative time stamps, and a join needs none of its neighbours
    "flags:v": "+bitexact+cgop",
    "threads:v": 2,  # x264 writes other bytes with another number of threads
    "fps_mode": "passthrough",
    "pix_fmt": "yuv420p",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "colorspace": "bt709",
    "color_range": "tv",
}

AAC: Options = {"c:a": "aac", "b:a": "192k", "flags:a": "+bitexact"}
_PCM: Options = {"c:a": "pcm_s16le", "ar": SAMPLE_RATE, "ac": 2, "flags:a": "+bitexact"}

PICTURE: Options = {"c:v": "png", "frames:v": 1, "f": "image2pipe"}
WAV: Options = {**_CLEAN, **_PCM, "f": "wav"}
FILM: Options = {**_CLEAN, "c": "copy", "f": "mp4", "movflags": "+faststart+use_metadata_tags"}
"""Options of a finished film; without the last flag an MP4 drops AI labels (ffmpeg.md 6)."""


def piece(rate: Fraction) -> Options:
    """For a piece that goes to the service: close to its source (a chain of pieces adds up its losses)."""
    # on a movie's clock of milliseconds, ffmpeg 7 loses what is left of the last one
    timing = {"video_track_timescale": timescale(rate), "movie_timescale": timescale(rate)}
    return {**_CLEAN, **_VIDEO, **AAC, **timing, "crf": 14, "f": "mp4", "movflags": "+faststart"}


def rendition(rate: Fraction, *, sound: bool) -> Options:
    """For a small film on a page: half a megabit a second at 360 lines, and it plays before all of it has come."""
    timing = {"video_track_timescale": timescale(rate)}
    heard: Options = {**AAC, "b:a": "96k"} if sound else {"an": None}
    return {**_CLEAN, **_VIDEO, **heard, **timing, "crf": 28, "f": "mp4", "movflags": "+faststart"}


EFFORT: Mapping[str, Options] = {"draft": {"preset": "veryfast", "crf": 18}, "final": {"preset": "medium", "crf": 16}}
"""Options by a cut's `profile`: `medium` takes twice the time of `veryfast` (ffmpeg.md 3.0)."""


def segment(rate: Fraction, profile: str) -> Options:
    """For a segment of a cut: all of one size, rate and profile get the same parameter sets and can be joined."""
    timing = {"video_track_timescale": timescale(rate)}
    return {**_CLEAN, **_VIDEO, **_PCM, **timing, **EFFORT[profile], "f": "mov"}


def timescale(rate: Fraction) -> int:
    """Ticks a second such that a frame lasts a whole number of them."""
    ticks = rate.numerator
    while ticks < FINEST_TICKS:
        ticks *= 2
    return ticks
