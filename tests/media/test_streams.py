"""Which streams of a file are seen and heard, and by which demuxer it is read."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

import av
import pytest
from av.audio.resampler import AudioResampler
from PIL import Image

from kit.assembly import segment_of
from kit.clips import Box, click_sound, numbered_clip, read_numbers
from kit.unusual_clips import ff
from wanflow.language.source import Kind
from wanflow.media.container import film_stream, opened, sound_stream
from wanflow.media.extract import extract_frame, extract_piece, extract_sound
from wanflow.media.jobs import RunningProcesses
from wanflow.media.probe import probe

TINY, WIDE = (64, 48), (96, 48)


def with_two(folder: Path, *options: str, name: str = "two.mkv") -> Path:
    """A film of two videos (64 and 96 pixels wide) and two sounds (1 s and 2 s), marked by `options`."""
    one = numbered_clip(folder / "one.mp4", 30, TINY, sound=False)
    other = numbered_clip(folder / "other.mp4", 30, WIDE, sound=False)
    short, long = click_sound(folder / "1.wav", 48_000), click_sound(folder / "2.wav", 96_000)
    inputs = [word for each in (one, other, short, long) for word in ("-i", each)]
    ff(*inputs, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "copy", *options, folder / name)
    return folder / name


@pytest.mark.parametrize(
    ("marks", "width", "sound"),
    [
        (("default", "default", "default", "default"), 64, 2),
        (("0", "default", "0", "default"), 96, 3),
        (("0", "0", "0", "0"), 64, 2),
        (("0", "default", "default+comment", "default"), 96, 3),
        (("default", "0", "default+hearing_impaired", "0"), 64, 3),
        (("default", "0", "visual_impaired+default", "0"), 64, 3),
    ],
)
def test_the_default_streams_are_seen_and_heard(tmp_path: Path, marks: tuple[str, ...], width: int, sound: int) -> None:
    """Not the first ones, and never a commentary beside another sound."""
    kinds = ("v:0", "v:1", "a:0", "a:1")
    options = [word for kind, mark in zip(kinds, marks, strict=True) for word in (f"-disposition:{kind}", mark)]
    film = with_two(tmp_path, *options)
    with opened(film) as container:
        seen, heard = film_stream(container), sound_stream(container)
        assert seen is not None
        assert heard is not None
        assert (seen.width, heard.index) == (width, sound)
    assert probe(film).width == width


def test_a_sound_with_a_cover_is_a_sound(tmp_path: Path) -> None:
    """The cover is a picture, not a film of one frame."""
    numbered_clip(tmp_path / "one.mp4", 1, TINY, sound=False)
    ff("-i", tmp_path / "one.mp4", "-frames:v", 1, tmp_path / "cover.png")
    click_sound(tmp_path / "song.wav", 48_000)
    inputs = ("-i", tmp_path / "song.wav", "-i", tmp_path / "cover.png", "-map", "0", "-map", "1")
    for name in ("song.mp3", "song.m4a"):
        ff(*inputs, "-c:v", "png", "-disposition:v:0", "attached_pic", tmp_path / name)
        assert probe(tmp_path / name).kind is Kind.AUDIO


def test_a_wav_is_read_as_what_it_says_that_it_is(tmp_path: Path) -> None:
    """A tone whose period is that of MPEG-TS packets, with its sync byte in it, is read as a WAV."""
    period = [int(19_000 * math.sin(2 * math.pi * sample / 48)) for sample in range(48)]
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(array("h", [level for level in period for _ in "LR"] * 2000).tobytes())
    facts = probe(tmp_path / "tone.wav")
    assert (facts.format, facts.samples, facts.sample_rate) == ("wav", 96_000, 48_000)
    extract_sound(tmp_path / "tone.wav", tmp_path / "out.wav", processes=RunningProcesses())
    assert level(tmp_path / "out.wav") == pytest.approx([level(tmp_path / "tone.wav")[0]] * 2, abs=0.1)


def level(path: Path) -> list[float]:
    """The level of each channel of a file in decibels of full scale."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler, channels = AudioResampler("s16", stream.layout), stream.layout.nb_channels
        data = array("h")
        for frame in [*container.decode(stream), None]:
            for part in resampler.resample(frame):
                data.frombytes(bytes(part.planes[0])[: part.samples * channels * 2])
    heard = [data[channel::channels] for channel in range(channels)]
    return [10 * math.log10(sum(one * one for one in each) / len(each) / 32768**2 + 1e-12) for each in heard]


TONE, SILENT, HALF = "0.25*sin(2*PI*440*t)", "0", -3.0
LAYOUTS = {
    "mono": ((TONE,), (0, 0)),
    "stereo": ((TONE, SILENT), (0, None)),
    "5.1": ((TONE, SILENT, SILENT, SILENT, SILENT, SILENT), (0, None)),
    "7.1": ((SILENT, TONE, *[SILENT] * 6), (None, 0)),
    "3.0": ((SILENT, SILENT, TONE), (HALF, HALF)),
}


@pytest.mark.parametrize(
    ("layout", "container"), [*((layout, "mp4") for layout in LAYOUTS), ("mono", "ts"), ("5.1", "ts"), ("3.0", "ts")]
)
def test_sound_keeps_its_level_on_two_sides(tmp_path: Path, layout: str, container: str) -> None:
    """In a segment, a piece and a sound track; the centre is heard on both sides, 3 dB lower."""
    channels, wanted = LAYOUTS[layout]
    film, tone, clip = tmp_path / "film.mp4", tmp_path / "tone.wav", tmp_path / f"clip.{container}"
    numbered_clip(film, 30, TINY, sound=False)
    ff("-f", "lavfi", "-i", f"aevalsrc={'|'.join(channels)}:s=48000:c={layout}:d=1", tone)
    ff("-i", film, "-i", tone, "-c:v", "copy", "-c:a", "flac" if container == "mp4" else "aac", "-b:a", "500k", clip)
    processes, piece, sound = RunningProcesses(), tmp_path / "piece.mp4", tmp_path / "sound.wav"
    extract_piece(clip, 0, 29, piece, processes=processes, progress=None)
    extract_sound(clip, sound, processes=processes)
    whole = 20 * math.log10(0.25 / math.sqrt(2))
    for made in (segment_of(clip), piece, sound):
        for found, below in zip(level(made), wanted, strict=True):
            assert found < -60 if below is None else found == pytest.approx(whole + below, abs=0.3)


def test_what_is_seen_and_heard_is_what_is_cut(tmp_path: Path) -> None:
    """The second video and the second sound of a film, and never its cover, in every way to cut it."""
    marks = ("-disposition:v:0", "0", "-disposition:v:1", "default", "-disposition:a:0", "0")
    film, cover = with_two(tmp_path, *marks, "-disposition:a:1", "default"), tmp_path / "cover.png"
    ff("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", 1, cover)
    both = ("-i", cover, "-i", film, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic")
    ff(*both, tmp_path / "covered.mov")
    for clip in (film, tmp_path / "covered.mov"):
        extract_frame(clip, 0, tmp_path / "frame.png")
        extract_piece(clip, 0, 29, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
        with Image.open(tmp_path / "frame.png") as picture:
            assert picture.size == WIDE
        assert (probe(tmp_path / "piece.mp4").width, probe(tmp_path / "piece.mp4").frames) == (96, 30)
        assert read_numbers(segment_of(clip), Box(0, 10, 320, 160)) == list(range(30))
    extract_sound(film, tmp_path / "sound.wav", processes=RunningProcesses())
    assert probe(tmp_path / "sound.wav").samples > 90_000
