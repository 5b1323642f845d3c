"""One film as ffmpeg is told it: inputs, filter chains and the encoder's line; pure, the same for the same calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wanflow.emulator.film.camera import FPS
from wanflow.emulator.film.frame_size import Size
from wanflow.media.ffmpeg import path_argument

SAMPLE_RATE = 48_000

ENCODER = (
    "-c:v", "libx264", "-preset", "superfast", "-crf", "14", "-threads", "1", "-pix_fmt", "yuv420p",
    "-bf", "0", "-g", str(FPS), "-video_track_timescale", "15360",
    "-c:a", "aac", "-b:a", "160k", "-ar", str(SAMPLE_RATE), "-ac", "2",
    "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
    "-movflags", "+faststart", "-f", "mp4",
)  # fmt: skip
"""No dates, no versions, one thread: the same frames give the same bytes. Fine enough to be continued from."""

TAGS = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,setsar=1"


class FilmCommand:
    """Collects what ffmpeg is told about one film of `frames` frames of `size`."""

    def __init__(self, frames: int, size: Size) -> None:
        self.frames = frames
        self.size = size
        self._inputs: list[str] = []
        self._chains: list[str] = []
        self._loaded = 0

    @property
    def samples(self) -> int:
        """The samples that lie beside its frames."""
        return self.frames * SAMPLE_RATE // FPS

    def load(self, path: Path, *options: str) -> int:
        """Read a file, with ffmpeg's options for it; gives its number."""
        self._inputs += ["-threads", "1", *options, "-i", path_argument(path)]
        self._loaded += 1
        return self._loaded - 1

    def chain(self, sources: Sequence[str], filters: str) -> str:
        """Send streams (`0:v`, or what another chain gave) through filters; gives the name of the outcome."""
        name = f"s{len(self._chains)}"
        self._chains.append(f"{''.join(f'[{source}]' for source in sources)}{filters}[{name}]")
        return name

    def arguments(self, video: str, audio: str | None, target: Path, *, label: str) -> list[str]:
        """What ffmpeg is told to make it, silent without `audio`.

        `label` is written into the file, so that no two requests give the same bytes.
        """
        heard = [] if audio is None else ["-map", f"[{audio}]"]
        picture = self.chain([video], f"trim=end_frame={self.frames},format=yuv420p,{TAGS}")
        return [
            *self._inputs,
            "-filter_complex_threads", "1", "-filter_complex", ";".join(self._chains),
            "-map", f"[{picture}]", *heard, "-r", str(FPS), *ENCODER,
            "-metadata", f"comment={label}", "-y", path_argument(target),
        ]  # fmt: skip
