"""Frames, pieces and sound tracks, exact."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.video.reformatter import Colorspace
from PIL import Image

from kit.clips import click_sound, clicks, hide_start, numbered_clip, read_number, read_numbers, read_sound, to_frame
from wanflow.errors import MediaFault
from wanflow.media.extract import extract_frame, extract_piece, extract_sound
from wanflow.media.jobs import RunningProcesses
from wanflow.media.join_checks import measure
from wanflow.media.probe import probe

RED = (200, 60, 40)
UNTAGGED, BT709, BT601 = 2, 1, 6


def coloured_clip(path: Path, height: int, matrix: Colorspace, tag: int) -> Path:
    """Three frames of one colour, coded with a matrix and tagged with the same, another or none."""
    size = (height * 4 // 3, height)
    with av.open(str(path), "w") as output:
        film = output.add_stream("libx264", rate=30, options={"crf": "1", "preset": "ultrafast"})
        film.width, film.height = size
        film.pix_fmt = "yuv420p"
        film.codec_context.colorspace = tag
        for index in range(3):
            frame = to_frame(Image.new("RGB", size, RED))
            frame = frame.reformat(format="yuv420p", src_colorspace=matrix, dst_colorspace=matrix)
            frame.colorspace, frame.pts = tag, index
            output.mux(film.encode(frame))
        output.mux(film.encode(None))
    return path


@pytest.mark.parametrize("options", [{"preset": "ultrafast", "g": "250"}, {"preset": "medium", "bf": "3", "g": "20"}])
@pytest.mark.parametrize("index", [0, 1, 19, 20, 37, 59])
def test_the_grabbed_frame_is_the_one_asked_for(tmp_path: Path, options: dict[str, str], index: int) -> None:
    """First, last and between, with few key frames and with frames out of order."""
    clip = numbered_clip(tmp_path / "clip.mp4", 60, (160, 120), options=options)
    extract_frame(clip, index, tmp_path / "frame.png")
    with Image.open(tmp_path / "frame.png") as picture:
        assert (picture.format, picture.size, read_number(picture)) == ("PNG", (160, 120), index)


@pytest.mark.parametrize(("place", "number"), [(0, 0), (3, 1), (14, 2), (15, 3), (20, 4)])
def test_a_frame_of_a_variable_rate_is_the_one_on_the_screen(tmp_path: Path, place: int, number: int) -> None:
    """Frames at 0, 1, 2, 5 and 6 tenths of a second: each is shown until the next one."""
    clip = numbered_clip(tmp_path / "v.mov", 5, (160, 120), 10, sound=False, times=[0, 1, 2, 5, 6])
    extract_frame(clip, place, tmp_path / "frame.png")
    with Image.open(tmp_path / "frame.png") as picture:
        assert read_number(picture) == number


def test_there_is_no_frame_beyond_the_end(tmp_path: Path) -> None:
    """Asking for one is a fault that names the length, and writes nothing."""
    clip = numbered_clip(tmp_path / "clip.mp4", 5, (64, 48))
    with pytest.raises(MediaFault, match=r"`clip\.mp4` has no frame 5: it has 5 frames"):
        extract_frame(clip, 5, tmp_path / "frame.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4"]


def test_a_turned_video_gives_upright_pictures(tmp_path: Path) -> None:
    """What a player shows upright is upright in the picture, the same way up as in a piece."""
    clip = numbered_clip(tmp_path / "phone.mp4", 3, (160, 120), rotation=90, sound=False)
    extract_frame(clip, 2, tmp_path / "frame.png")
    extract_piece(clip, 2, 2, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    extract_frame(tmp_path / "piece.mp4", 0, tmp_path / "again.png")
    with Image.open(tmp_path / "frame.png") as one, Image.open(tmp_path / "again.png") as other:
        assert one.size == other.size == (120, 160)
        assert read_number(one.rotate(-90, expand=True)) == read_number(other.rotate(-90, expand=True)) == 2


@pytest.mark.parametrize(
    ("height", "matrix", "tag"),
    [
        (720, Colorspace.ITU709, UNTAGGED),
        (480, Colorspace.ITU601, UNTAGGED),
        (480, Colorspace.ITU709, BT709),
        (720, Colorspace.ITU601, BT601),
    ],
)
def test_colours_come_out_as_they_went_in(tmp_path: Path, height: int, matrix: Colorspace, tag: int) -> None:
    """Untagged footage is BT.709 from 720 lines up and BT.601 below; a tag is believed (ffmpeg.md 3.5)."""
    clip = coloured_clip(tmp_path / "red.mp4", height, matrix, tag)
    extract_piece(clip, 0, 2, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    for source in (clip, tmp_path / "piece.mp4"):
        extract_frame(source, 1, tmp_path / "frame.png")
        with Image.open(tmp_path / "frame.png") as picture:
            pixel = picture.getpixel((20, 20))
        assert isinstance(pixel, tuple)
        assert max(abs(one - other) for one, other in zip(pixel, RED, strict=True)) <= 4
    assert measure(tmp_path / "piece.mp4").shape.colour == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("rate", "sample_rate", "mono"),
    [(Fraction(30), 48_000, False), (Fraction(24000, 1001), 44_100, True), (Fraction(30000, 1001), 48_000, False)],
)
def test_a_piece_has_exactly_its_frames_and_samples(
    tmp_path: Path, rate: Fraction, sample_rate: int, *, mono: bool
) -> None:
    """Frames 20 to 49, in order, at the clip's own rate, with the sound beside them."""
    clip = numbered_clip(tmp_path / "clip.mp4", 60, (160, 120), rate, sample_rate=sample_rate, mono=mono)
    extract_piece(clip, 20, 49, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    facts = probe(tmp_path / "piece.mp4")
    assert read_numbers(tmp_path / "piece.mp4") == list(range(20, 50))
    assert (facts.rate, facts.samples, facts.sample_rate) == (rate, round(30 * 48_000 / rate), 48_000)
    assert clicks(read_sound(tmp_path / "piece.mp4")) == []


def test_a_piece_of_a_variable_rate_shows_each_frame_as_long_as_the_clip(tmp_path: Path) -> None:
    """From 0.1 to 0.6 s, at a constant rate: what is on the screen at each thirtieth of a second."""
    clip = numbered_clip(tmp_path / "v.mov", 5, (160, 120), 10, sound=False, times=[0, 1, 2, 5, 6])
    extract_piece(clip, 3, 17, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    assert read_numbers(tmp_path / "piece.mp4") == [*[1] * 3, *[2] * 9, *[3] * 3]
    assert (probe(tmp_path / "piece.mp4").rate, probe(tmp_path / "piece.mp4").pace) == (Fraction(30), None)


def test_frames_that_an_edit_list_hides_are_not_counted(tmp_path: Path) -> None:
    """Frame 0 is the first one that is shown: in facts, in pictures and in pieces alike."""
    whole = numbered_clip(tmp_path / "whole.mp4", 40, (160, 120), options={"preset": "ultrafast", "g": "250"})
    clip = hide_start(whole, tmp_path / "clip.mp4", 15)
    assert probe(clip).frames == 25
    extract_frame(clip, 3, tmp_path / "frame.png")
    extract_piece(clip, 3, 24, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    with Image.open(tmp_path / "frame.png") as picture:
        assert read_number(picture) == 18
    assert read_numbers(tmp_path / "piece.mp4") == list(range(18, 40))


def test_a_piece_from_the_start_keeps_the_click(tmp_path: Path) -> None:
    """The sound lies where it lay, to the millisecond."""
    clip = numbered_clip(tmp_path / "clip.mp4", 60, (160, 120))
    extract_piece(clip, 0, 29, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    assert [click // 48 for click in clicks(read_sound(tmp_path / "piece.mp4"))] == [0]


def test_a_piece_of_a_silent_clip_is_silent(tmp_path: Path) -> None:
    """No sound track is made up for the service to charge or to continue."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, (161, 121), sound=False)
    extract_piece(clip, 5, 9, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    facts = probe(tmp_path / "piece.mp4")
    assert (facts.frames, facts.samples, facts.width, facts.height) == (5, 0, 160, 120)


def test_the_same_piece_has_the_same_bytes(tmp_path: Path) -> None:
    """Cut twice, under two names: one content."""
    clip = numbered_clip(tmp_path / "clip.mp4", 30, (160, 120))
    for name in ("one.mp4", "two.mp4"):
        extract_piece(clip, 10, 29, tmp_path / name, processes=RunningProcesses(), progress=None)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_piece_of_a_piece_counts_from_its_own_start(tmp_path: Path) -> None:
    """The last second of the last two seconds."""
    clip = numbered_clip(tmp_path / "clip.mp4", 90, (160, 120))
    extract_piece(clip, 30, 89, tmp_path / "two.mp4", processes=RunningProcesses(), progress=None)
    extract_piece(tmp_path / "two.mp4", 30, 59, tmp_path / "one.mp4", processes=RunningProcesses(), progress=None)
    assert read_numbers(tmp_path / "one.mp4") == list(range(60, 90))


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (5, 4), (0, 30)])
def test_a_piece_beyond_the_clip_is_a_fault(tmp_path: Path, first: int, last: int) -> None:
    """And it leaves nothing behind."""
    clip = numbered_clip(tmp_path / "clip.mp4", 30, (64, 48))
    with pytest.raises(MediaFault, match="has no frames"):
        extract_piece(clip, first, last, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4"]


def test_a_sound_track_is_taken_out_whole(tmp_path: Path) -> None:
    """48 kHz stereo, every sample of it, whatever it was."""
    clip = numbered_clip(tmp_path / "clip.mp4", 24, (64, 48), 24, sample_rate=44_100, mono=True)
    extract_sound(clip, tmp_path / "sound.wav", processes=RunningProcesses())
    facts = probe(tmp_path / "sound.wav")
    assert (facts.format, facts.samples, facts.sample_rate) == ("wav", 48_000, 48_000)
    assert [click // 48 for click in clicks(read_sound(tmp_path / "sound.wav"))] == [0]


def test_the_sound_of_a_sound_file_is_itself(tmp_path: Path) -> None:
    """`track: audio` on a file that is a sound already gives its samples."""
    sound = click_sound(tmp_path / "in.wav", 30_000)
    extract_sound(sound, tmp_path / "out.wav", processes=RunningProcesses())
    assert read_sound(tmp_path / "out.wav") == read_sound(sound)


def test_a_silent_film_has_no_sound_to_take(tmp_path: Path) -> None:
    """It is a fault that says so."""
    clip = numbered_clip(tmp_path / "clip.mp4", 5, (64, 48), sound=False)
    with pytest.raises(MediaFault, match=r"`clip\.mp4` has no sound track"):
        extract_sound(clip, tmp_path / "sound.wav", processes=RunningProcesses())


@pytest.mark.parametrize("name", ["-y.mp4", "a'b %d [x]:c;.mp4", "concat:x.mp4", "灯塔.mp4"])
def test_pieces_of_files_with_hostile_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names reach ffmpeg as names, in and out."""
    monkeypatch.chdir(tmp_path)
    clip = numbered_clip(Path(name), 6, (64, 48))
    extract_piece(clip, 2, 3, Path(f"out {name}"), processes=RunningProcesses(), progress=None)
    assert read_numbers(Path(f"out {name}")) == [2, 3]
