"""Which streams of a file are seen and heard, and by which demuxer it is read."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

import pytest

from kit.clips import click_sound, numbered_clip
from kit.unusual_clips import ff
from wanflow.language.source import Kind
from wanflow.media.container import film_stream, opened, sound_stream
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
