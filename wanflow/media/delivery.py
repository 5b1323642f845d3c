"""Deliveries: the finished film of a cut in other forms, for the web, an archive, an editing suite, or as pictures."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path, PurePath

from wanflow import digest, timebase
from wanflow.errors import ToolMissing
from wanflow.language.production import Form
from wanflow.media import encoder, labels
from wanflow.media.container import BadMedia
from wanflow.media.ffmpeg import ENCODER_HINT, find_ffmpeg, has_encoder, path_argument, run_ffmpeg
from wanflow.media.inputs import Options, input_words, option_words, own_options
from wanflow.media.jobs import Job, Worker
from wanflow.media.join_checks import require_cut
from wanflow.media.labels import MOVFLAGS
from wanflow.media.posters import fit
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store.atomic import faults_of, flush, replacing, sync_folder
from wanflow.store.outputs import digest_of_written
from wanflow.timebase import SAMPLE_RATE

PROXY_LINES, GIF_LINES = 540, 480
"""Maximum of the shorter side of a proxy, and of the height of a GIF, in pixels."""
GIF_RATE = Fraction(15)
"""Maximum pictures a second of a GIF."""
PICTURE_DIGITS = 6
"""Digits in the name of a numbered picture; the first one is 1."""

ENCODERS: Mapping[Form, str] = {
    Form.H264: "libx264",
    Form.H265: "libx265",
    Form.PRORES: "prores_ks",
    Form.GIF: "gif",
    Form.PROXY: "libx264",
    Form.PNG: "png",
}
"""The encoder of each form, by its name in ffmpeg."""

_FILMS: Mapping[Form, Options] = {
    Form.H264: {"c:v": "libx264", "profile:v": "high", "preset": "medium", "crf": 20, "pix_fmt": "yuv420p"},
    # QuickTime and Safari play only what is marked as `hvc1`
    Form.H265: {
        "c:v": "libx265",
        "preset": "medium",
        "crf": 22,
        "pix_fmt": "yuv420p",
        "tag:v": "hvc1",
        "x265-params": "log-level=error",
    },
    Form.PRORES: {"c:v": "prores_ks", "profile:v": 3, "vendor": "apl0", "pix_fmt": "yuv422p10le"},
    # suites step through it backwards as well: many key frames, and no frame that waits for a later one
    Form.PROXY: {
        "c:v": "libx264",
        "preset": "veryfast",
        "tune": "fastdecode",
        "crf": 23,
        "bf": 0,
        "g": 15,
        "pix_fmt": "yuv420p",
    },
}


@immutable
class EncodeDelivery(Job[str]):
    """Make a delivery of a finished film, which has these `frames` at `rate`; gives the digest of what was made.

    `target` becomes a file, or for pictures a folder.
    """

    form: Form
    film: PurePath
    frames: int
    rate: Fraction
    size: tuple[int, int]
    target: PurePath

    def perform(self, worker: Worker) -> str:
        """Write it, whole or not at all. Raises MediaFault, ToolMissing without its encoder, StoreFault."""
        require_encoder(self.form)
        film, target = worker.root / self.film, worker.root / self.target
        match self.form:
            case Form.PNG:
                return _write_pictures(self, film, target, worker)
            case Form.GIF:
                with replacing(target) as part:
                    _write_gif(self, film, part, worker)
                    return digest.of_file(part)
            case Form.H264 | Form.H265 | Form.PRORES | Form.PROXY:
                with replacing(target) as part:
                    run_ffmpeg(film_arguments(self, film, part), processes=worker.processes, progress=worker.progress)
                    return require_cut(part, self.frames, self.rate).digest


@immutable
class CheckEncoders(Job[None]):
    """Look for the encoders of forms before other work is done."""

    forms: tuple[Form, ...]

    def perform(self, worker: Worker) -> None:  # noqa: ARG002
        """Raise ToolMissing for the first one that ffmpeg lacks."""
        for form in self.forms:
            require_encoder(form)


def require_encoder(form: Form) -> None:
    """Raise ToolMissing where the ffmpeg of this machine lacks the encoder of a form."""
    binary, name = find_ffmpeg(os.environ), ENCODERS[form]
    if not has_encoder(binary, name):
        words = tr("`{form}` needs the encoder `{name}`, which `{binary}` lacks", form=form, name=name, binary=binary)
        raise ToolMissing(words, hint=ENCODER_HINT)


def film_arguments(delivery: EncodeDelivery, film: Path, target: Path) -> list[str]:
    """The arguments of the ffmpeg that encodes a film again, with all its tracks, chapters and metadata; pure."""
    ticks = encoder.timescale(delivery.rate)
    timing: Options = {"video_track_timescale": ticks, "movie_timescale": ticks}
    shown: Options = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709", "color_range": "tv"}
    # the film's brands are those of its container, and no metadata
    brands = {
        f"metadata:g:{at}": f"{key}=" for at, key in enumerate(("major_brand", "minor_version", "compatible_brands"))
    }
    carried: Options = {
        "map_metadata": 0,
        **brands,
        "map_chapters": 0,
        "fflags": "+bitexact",
        "c:s": "copy",
        "fps_mode": "passthrough",
    }
    if delivery.form is Form.PRORES:
        samples = timebase.to_samples(delivery.frames, delivery.rate)
        exact = f"apad=whole_len={samples},atrim=end_sample={samples}"
        # AAC decodes in whole packets, the last of which is longer than the film
        sound: Options = {"c:a": "pcm_s24le", "ar": SAMPLE_RATE, "ac": 2, "filter:a": exact}
        container: Options = {"f": "mov", "movflags": MOVFLAGS}
    else:
        sound, container = {"c:a": "copy"}, {"f": "mp4", "movflags": MOVFLAGS}
    scaled: Options = {}
    if delivery.form is Form.PROXY:
        width, height = (max(2, side // 2 * 2) for side in fit(delivery.size, shorter=PROXY_LINES))
        scaled = {"filter:v": f"scale={width}:{height}:flags=lanczos,setsar=1"}
    arguments = input_words(film, own_options("mov"))
    for stream in ("0:v:0", "0:a:0", "0:s?"):
        arguments += ["-map", stream]
    options = {**carried, **_FILMS[delivery.form], **shown, **scaled, **sound, **timing, **container}
    return [*arguments, *option_words(options), path_argument(target), "-y"]


def _write_gif(delivery: EncodeDelivery, film: Path, part: Path, worker: Worker) -> None:
    """Write a GIF in two passes: the colours of the whole film, then its pictures in them.

    In one pass ffmpeg keeps all pictures in memory until the last one.
    """
    palette = part.with_suffix(".palette")
    try:
        for arguments in gif_arguments(delivery, film, palette, part):
            run_ffmpeg(arguments, processes=worker.processes, progress=worker.progress)
    finally:
        palette.unlink(missing_ok=True)
    if text := _label_text(film):
        _insert_comment(part, text)


def gif_arguments(delivery: EncodeDelivery, film: Path, palette: Path, target: Path) -> tuple[list[str], list[str]]:
    """The arguments of both passes of a GIF; pure."""
    width, height = delivery.size
    lines = min(GIF_LINES, height)
    scaled = f"fps={min(GIF_RATE, delivery.rate)},scale={max(1, round(width * lines / height))}:{lines}:flags=lanczos"
    read = input_words(film, own_options("mov"))
    colours = [*read, "-an", "-vf", f"{scaled},palettegen", *option_words(encoder.PICTURE), path_argument(palette)]
    drawn = [*read, *input_words(palette, own_options("png_pipe")), "-an"]
    drawn += ["-filter_complex", f"[0:v]{scaled}[film];[film][1:v]paletteuse=dither=sierra2_4a"]
    return [*colours, "-y"], [*drawn, "-loop", "0", "-f", "gif", path_argument(target), "-y"]


def _write_pictures(delivery: EncodeDelivery, film: Path, target: Path, worker: Worker) -> str:
    """Write each frame of a film as a numbered picture into a new folder; gives the digest of all of them."""
    with faults_of(target):
        target.mkdir(parents=True)
        run_ffmpeg(picture_arguments(film, target), processes=worker.processes, progress=worker.progress)
        pictures = sorted(target.iterdir())
        if [picture.name for picture in pictures] != [picture_name(at) for at in range(1, delivery.frames + 1)]:
            words = tr("came out with {number} pictures, not {frames}", number=len(pictures), frames=delivery.frames)
            raise BadMedia(target, words)
        text = _label_text(film)
        for picture in pictures:
            if text:
                _insert_text(picture, text)
            flush(picture)
        sync_folder(target)
        return digest_of_written(target)


def picture_name(number: int) -> str:
    """The file name of a picture, by its number from 1."""
    return f"{number:0{PICTURE_DIGITS}d}.png"


def picture_arguments(film: Path, folder: Path) -> list[str]:
    """The arguments of the ffmpeg that writes all frames of a film into a folder; pure."""
    arguments = [*input_words(film, own_options("mov")), "-map", "0:v:0", "-fps_mode", "passthrough"]
    arguments += ["-vf", "scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgb24"]
    # a `%` in the path would be a number
    escaped = path_argument(folder).replace("%", "%%")
    return [*arguments, "-c:v", "png", "-f", "image2", f"{escaped}/%0{PICTURE_DIGITS}d.png", "-y"]


def _label_text(film: Path) -> str:
    """What a film says of AI in its metadata, as one line; empty where it says nothing."""
    return next(iter(labels.read_labels(film)), "")


def _insert_text(picture: Path, text: str) -> None:
    """Add the AI label to a PNG as a text chunk behind its header, since ffmpeg writes no metadata there."""
    data = picture.read_bytes()
    body = b"iTXt" + labels.LABEL.encode() + b"\0\0\0\0\0" + text.encode()
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    picture.write_bytes(data[:33] + chunk + data[33:])


def _insert_comment(animation: Path, text: str) -> None:
    """Add the AI label to a GIF as a comment behind its colours, since ffmpeg writes no metadata there."""
    data = animation.read_bytes()
    flags = data[10]
    at = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    words = f"{labels.LABEL}={text}".encode()
    blocks = b"".join(bytes([len(part)]) + part for part in (words[i : i + 255] for i in range(0, len(words), 255)))
    animation.write_bytes(data[:at] + b"\x21\xfe" + blocks + b"\0" + data[at:])
