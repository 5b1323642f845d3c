"""The clock of a file: which picture is shown when, whatever its stamps are like."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from kit import odd_clocks
from kit.assembly import recipe_of, segment_of
from kit.clips import clicks, numbered_clip, read_number, read_numbers, read_sound
from kit.unusual_clips import ff
from wanflow.language.source import Frame, Head, Span, Tail, frame_span
from wanflow.media.container import BadMedia
from wanflow.media.extract import extract_frame, extract_piece, extract_sound
from wanflow.media.jobs import RunningProcesses
from wanflow.media.picture.segment import SegmentRecipe
from wanflow.media.probe import examine, probe

TICKS = 90_000
FIFTY = [*range(0, 50, 5), *range(50, 100)]
"""Ten frames in a second, then fifty, in fiftieths of a second."""
BOX = (0, 0, 320, 180)


def at_fifty(path: Path) -> Path:
    """A clip of two seconds whose frames 0 to 9 last a tenth of a second and 10 to 59 a fiftieth."""
    return numbered_clip(path, 60, (320, 180), 50, times=FIFTY)


def part_of(clip: Path, piece: Head | Tail | Span, rate: Fraction = Fraction(30)) -> SegmentRecipe:
    """The recipe of a piece of a clip in seconds."""
    facts = probe(clip)
    assert facts.rate
    first, last = frame_span(piece, facts.frames, facts.rate)
    return recipe_of(clip, first=first, count=last - first + 1, rate=rate)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), 24, 25, Fraction(30000, 1001), 30, 50, 60])
@pytest.mark.parametrize("clock", [TICKS, 600])
def test_stamps_that_wander_by_two_milliseconds_keep_their_rate(tmp_path: Path, rate: Fraction, clock: int) -> None:
    """A telephone's recording is one of constant rate: no frame is lost or shown twice."""
    random, count = Random(7), 90
    wander = [random.randint(-180, 180) for _ in range(count)]
    times = [round((frame / Fraction(rate) + Fraction(off, TICKS)) * clock) for frame, off in enumerate(wander)]
    clip = numbered_clip(tmp_path / "c.mp4", count, (16, 16), clock, sound=False, times=[t - times[0] for t in times])
    facts = probe(clip)
    assert (facts.rate, facts.frames, facts.pace) == (rate, count, None)


def test_a_clip_that_changes_from_one_usual_rate_to_another_keeps_a_usual_rate(tmp_path: Path) -> None:
    """A telephone falls from 30 to 24 frames a second: a piece has 30 a second, and every frame of the clip."""
    times = [*range(0, 120, 4), *range(120, 240, 5)]
    clip = numbered_clip(tmp_path / "c.mp4", len(times), (320, 180), 120, sound=False, times=times)
    facts = probe(clip)
    assert (facts.rate, facts.frames, facts.pace is None, facts.flaws) == (30, 60, False, ())
    extract_piece(clip, 0, 59, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    assert sorted(set(read_numbers(tmp_path / "piece.mp4"))) == list(range(len(times)))


def test_every_frame_of_an_unsteady_recording_is_shown_once(tmp_path: Path) -> None:
    """In a segment and in a piece, although the stamps are off by two milliseconds."""
    times = [3000 * frame + 180 * (-1) ** frame * (frame % 3 > 0) for frame in range(30)]
    clip = numbered_clip(tmp_path / "c.mp4", 30, (320, 180), TICKS, sound=False, times=times)
    extract_piece(clip, 10, 29, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    assert read_numbers(segment_of(clip)) == list(range(30))
    assert read_numbers(tmp_path / "piece.mp4") == list(range(10, 30))


def test_a_rate_beside_the_standard_ones_is_measured(tmp_path: Path) -> None:
    """A recorder that drifts to 29.5 frames a second: its own rate, and no frame lost."""
    times = [round(frame * TICKS / Fraction(59, 2)) + 90 * (frame % 3) for frame in range(300)]
    facts = probe(numbered_clip(tmp_path / "c.mp4", 300, (16, 16), TICKS, sound=False, times=times))
    assert facts.rate is not None
    assert (facts.frames, facts.pace, abs(facts.rate - Fraction(59, 2)) < Fraction(1, 100)) == (300, None, True)


@pytest.mark.parametrize(
    ("piece", "frames"),
    [
        (Span(Decimal(1), Decimal("1.8")), range(10, 50)),
        (Head(Decimal("0.5")), [frame for frame in range(5) for _ in range(5)]),
        (Tail(Decimal("0.3")), range(45, 60)),
    ],
)
def test_a_piece_of_a_variable_rate_is_cut_by_time(tmp_path: Path, piece: Span, frames: list[int]) -> None:
    """The frames that are on the screen in those seconds, in a segment and in a piece, none lost."""
    clip = at_fifty(tmp_path / "c.mp4")
    recipe = part_of(clip, piece, Fraction(50))
    extract_piece(
        clip,
        recipe.first,
        recipe.first + recipe.count - 1,
        tmp_path / "piece.mp4",
        processes=RunningProcesses(),
        progress=None,
    )
    assert read_numbers(segment_of(clip, recipe)) == list(frames)
    assert read_numbers(tmp_path / "piece.mp4") == list(frames)


@pytest.mark.parametrize(
    ("second", "number"), [("0.25", 2), ("0.95", 9), ("0.97", 9), ("1", 10), ("1.5", 35), ("1.98", 59)]
)
def test_a_frame_of_a_variable_rate_is_found_by_time(tmp_path: Path, second: str, number: int) -> None:
    """The place nearest to the second, and the frame that is on the screen there."""
    clip = at_fifty(tmp_path / "c.mp4")
    facts = probe(clip)
    assert facts.rate
    first, _ = frame_span(Frame(Decimal(second)), facts.frames, facts.rate)
    extract_frame(clip, first, tmp_path / "frame.png")
    with Image.open(tmp_path / "frame.png") as picture:
        assert read_number(picture) == number


def test_what_is_fed_to_ffmpeg_looks_as_what_it_reads(tmp_path: Path) -> None:
    """Turned, of full range, in ten bits: the same pictures come out of a variable rate and of a constant one."""
    shape = ("-vf", "scale=out_range=pc", "-color_range", "pc", "-c:v", "libx264", "-qp", 0, "-pix_fmt", "yuv444p10le")
    for name, times in (("steady.mp4", None), ("held.mp4", [0, 1, 2, 3, 4, 5, 7])):
        numbered_clip(tmp_path / "source.mp4", 7, (160, 120), sound=False, times=times, options={"qp": "0"})
        ff("-i", tmp_path / "source.mp4", *shape, "-fps_mode", "passthrough", tmp_path / "plain.mp4")
        ff("-display_rotation", 90, "-i", tmp_path / "plain.mp4", "-c", "copy", tmp_path / name)
    steady, held = (examine(tmp_path / name) for name in ("steady.mp4", "held.mp4"))
    assert (steady.clock.plain, held.clock.plain) == (True, False)
    films = [segment_of(tmp_path / name, recipe_of(tmp_path / name, count=6)) for name in ("steady.mp4", "held.mp4")]
    assert read_pixels(films[0]) == read_pixels(films[1])


def read_pixels(path: Path) -> list[bytes]:
    """The luma of all frames."""
    from kit.clips import pictures  # noqa: PLC0415

    return [picture.tobytes() for picture in pictures(path)]


@pytest.mark.parametrize("begins", [0, 3600, 95_443, 60])
def test_recordings_joined_by_cat_play_one_after_the_other(tmp_path: Path, begins: float) -> None:
    """The clock starts anew, or jumps by an hour: picture and sound go on where they were."""
    clip = odd_clocks.joined_by_cat(tmp_path / "c.ts", begins=begins)
    facts, segment = probe(clip), segment_of(clip)
    assert (facts.frames, facts.rate) == (60, 30)
    assert read_numbers(segment) == [*range(30), *range(100, 130)]
    assert [abs(click - at) < 1600 for click, at in zip(clicks(read_sound(segment)), (0, 48_000), strict=True)] == [
        True
    ] * 2


@pytest.mark.parametrize("begins", [-3, 2**33 / 90_000 - 2])
def test_a_clock_that_begins_below_zero_or_wraps_is_read_from_its_start(tmp_path: Path, begins: float) -> None:
    """The 33 bits of its stamps overflow in the middle."""
    clip = odd_clocks.recording(tmp_path / "c.ts", 60, begins=begins)
    segment = segment_of(clip)
    assert (probe(clip).frames, read_numbers(segment)) == (60, list(range(60)))
    assert [click // 1600 for click in clicks(read_sound(segment))] == [0]


def test_frames_that_cannot_be_decoded_are_not_frames(tmp_path: Path) -> None:
    """A recording that begins between two key frames begins with the first picture that can be seen."""
    clip = odd_clocks.begun_between_key_frames(tmp_path / "c.ts")
    assert (probe(clip).frames, probe(clip).rate) == (45, 30)
    assert read_numbers(segment_of(clip)) == list(range(15, 60))


def test_damaged_frames_of_a_recording_are_counted(tmp_path: Path) -> None:
    """Bytes of the picture are lost in the middle: it is said of how many frames."""
    source = numbered_clip(tmp_path / "source.mp4", 30, (320, 240), sound=False)
    ff("-i", source, "-c:v", "libx264", "-qp", 10, "-g", 10, "-bf", 0, tmp_path / "whole.ts")
    data = (tmp_path / "whole.ts").read_bytes()
    middle = len(data) // 376 * 188
    (tmp_path / "c.ts").write_bytes(data[:middle] + data[middle + 5 * 188 :])
    assert [re.fullmatch(r"has \d+ damaged frames?", flaw) is not None for flaw in probe(tmp_path / "c.ts").flaws] == [
        True
    ]
    assert probe(tmp_path / "whole.ts").flaws == ()


def test_an_empty_chunk_of_an_avi_holds_the_frame_before(tmp_path: Path) -> None:
    """It is whole, and as long as its header says."""
    clip = odd_clocks.empty_chunks(tmp_path / "c.avi")
    assert (probe(clip).frames, probe(clip).rate) == (30, 30)
    assert read_numbers(segment_of(clip)) == [*range(10), *[9] * 19, 10]


def test_another_track_does_not_move_the_sound(tmp_path: Path) -> None:
    """The click is heard with frame 9, although a second sound begins half a second before."""
    clip = odd_clocks.second_sound_first(tmp_path / "c.ts")
    segment = segment_of(clip)
    assert read_numbers(segment) == list(range(30))
    assert [abs(click - 9 * 1600) < 800 for click in clicks(read_sound(segment))] == [True]


@pytest.mark.parametrize("name", ["c.mp4", "c.mkv", "c.ts"])
def test_a_sound_that_begins_late_keeps_its_end(tmp_path: Path, name: str) -> None:
    """The whole track, from the first picture on: a second of silence, then all of it."""
    clip = odd_clocks.late_sound(tmp_path / name)
    extract_sound(clip, tmp_path / "sound.wav", processes=RunningProcesses())
    found = clicks(read_sound(tmp_path / "sound.wav"))
    assert [abs(click - at) < 1_600 for click, at in zip(found, (48_000, 93_600), strict=True)] == [True, True]


def test_a_clip_of_pictures_that_never_decode_is_refused(tmp_path: Path) -> None:
    """It has packets, and nothing to see."""
    data = odd_clocks.recording(tmp_path / "whole.ts", 14).read_bytes()
    (tmp_path / "c.ts").write_bytes(data[len(data) // 188 // 2 * 188 :])
    with pytest.raises(BadMedia, match="has a video without frames that can be decoded"):
        probe(tmp_path / "c.ts")
