"""Joining segments to a film, with real ffmpeg, frame by frame and click by click."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from kit.assembly import SIZE, THIRTY, Made, film_of, made, recipe_of
from kit.clips import Box, clicks, cut_short, numbered_clip, pictures, read_numbers, read_sound
from wanflow import timebase
from wanflow.errors import MediaFault, ToolFailed
from wanflow.media import cut
from wanflow.media.container import opened, packets_of
from wanflow.media.cut import CutRecipe, assemble
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import RunningProcesses, Worker
from wanflow.media.join_checks import measure, require_alike, survey
from wanflow.media.picture.segment import SegmentRecipe, fit_bars
from wanflow.media.probe import check_film, probe


def window(clip: Path) -> Box:
    """Where the clip's picture lies in a segment."""
    facts = probe(clip)
    found = fit_bars(facts.width, facts.height, *SIZE)
    return Box(found.left, found.top, found.width, found.height)


def ten_frames(folder: Path, name: str = "clip") -> Made:
    """A segment of ten frames."""
    clip = numbered_clip(folder / f"{name}.mp4", 10, SIZE)
    return made(clip, recipe_of(clip))


@dataclass(frozen=True)
class Drawn:
    """How a clip is drawn; `times` are in ticks of 1/`rate`."""

    frames: int
    size: tuple[int, int]
    rate: Fraction
    sound: bool = True
    sample_rate: int = 48_000
    mono: bool = False
    times: tuple[int, ...] = ()
    container_format: str = "mp4"

    def draw(self, path: Path) -> Path:
        """Write the clip."""
        return numbered_clip(
            path,
            self.frames,
            self.size,
            self.rate,
            sound=self.sound,
            sample_rate=self.sample_rate,
            mono=self.mono,
            times=self.times or None,
            container_format=self.container_format,
        )


MIXED = [
    Drawn(24, (640, 360), Fraction(24), sample_rate=44_100, mono=True),
    Drawn(25, (181, 181), Fraction(25)),
    Drawn(24, (180, 320), Fraction(24000, 1001), sound=False),
    Drawn(16, (320, 180), Fraction(16), container_format="matroska"),
    Drawn(5, (160, 120), Fraction(10), times=(0, 1, 2, 5, 6), sound=False, container_format="mov"),
    Drawn(60, (320, 180), Fraction(60), sample_rate=22_050),
]


@pytest.mark.parametrize("rate", [THIRTY, Fraction(30000, 1001), Fraction(24)])
def test_clips_of_all_kinds_make_one_exact_cut(tmp_path: Path, rate: Fraction) -> None:
    """Other sizes, rates, sounds and none: every frame and every sample is present, clicks lie at the joins."""
    clips = [drawn.draw(tmp_path / f"{index}.clip") for index, drawn in enumerate(MIXED)]
    segments = [made(clip, recipe_of(clip, rate=rate)) for clip in clips]
    for drawn, clip, (segment, recipe) in zip(MIXED, clips, segments, strict=True):
        assert isinstance(recipe, SegmentRecipe)
        assert read_numbers(segment, window(clip)) == shown_at(drawn, recipe)
        assert measure(segment).samples == recipe.samples
    assert len({measure(segment).shape for segment, _ in segments}) == 1
    film_of(segments, tmp_path / "film.mp4")
    facts = check_film(tmp_path / "film.mp4")
    frames = [recipe.frames for _, recipe in segments]
    assert (facts.frames, facts.rate, facts.width, facts.height) == (sum(frames), rate, *SIZE)
    heard = [sum(frames[:index]) for index, drawn in enumerate(MIXED) if drawn.sound]
    found = clicks(read_sound(tmp_path / "film.mp4"))
    assert [round(click / 480) for click in found] == [round(timebase.to_samples(at, rate) / 480) for at in heard]


def shown_at(drawn: Drawn, recipe: SegmentRecipe) -> list[int]:
    """For each frame of the segment the clip's frame that is shown at that moment."""
    times = [at / drawn.rate for at in drawn.times or range(drawn.frames)]
    moments = [index / recipe.rate + Fraction(1, 1000) for index in range(recipe.frames)]
    return [sum(time <= moment for time in times) - 1 for moment in moments]


def test_a_cut_at_the_clips_own_rate_keeps_every_frame(tmp_path: Path) -> None:
    """No frame is doubled or dropped, in a segment or at a join, and a trim begins at the frame it names."""
    one = numbered_clip(tmp_path / "one.mp4", 30, SIZE)
    two = numbered_clip(tmp_path / "two.mp4", 30, SIZE, first=100)
    film = film_of([made(one, recipe_of(one, first=7, count=13)), made(two, recipe_of(two))], tmp_path / "film.mp4")
    assert read_numbers(film) == [*range(7, 20), *range(100, 130)]
    assert [click // 48 for click in clicks(read_sound(film))] == [13 * 1600 // 48]


def test_the_picture_is_copied_not_encoded_again(tmp_path: Path) -> None:
    """The frames of the film are the segments' frames, to the bit."""
    segment = ten_frames(tmp_path)
    film_of([segment, segment], tmp_path / "film.mp4")
    once = [picture.tobytes() for picture in pictures(segment[0])]
    assert [picture.tobytes() for picture in pictures(tmp_path / "film.mp4")] == once * 2


def test_sound_does_not_drift_over_many_joins(tmp_path: Path) -> None:
    """After forty segments at 29.97 the last click is still where its frame is, to the sample."""
    rate = Fraction(30000, 1001)
    clip = numbered_clip(tmp_path / "clip.mp4", 7, (64, 48), rate)
    segment = made(clip, recipe_of(clip, rate=rate, width=64, height=48))
    found = clicks(read_sound(film_of([segment] * 40, tmp_path / "film.mp4")))
    assert len(found) == 40
    assert abs((found[-1] - found[0]) - timebase.to_samples(39 * 7, rate)) <= 2
    assert measure(tmp_path / "film.mp4").shape.rate == rate


@pytest.mark.parametrize("name", ["-x", "a'b", "'; %d # [v]:,", "灯塔 城市", "back\\slash", "two\nlines"])
def test_hostile_names_are_joined(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the arguments, as folder and as file; in the list stand names of our own."""
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    clip = numbered_clip(Path(f"{name}.mp4"), 5, SIZE)
    segment = made(clip, recipe_of(clip))
    assert read_numbers(film_of([segment, segment], Path(f"{name}.film"))) == [0, 1, 2, 3, 4] * 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width": 322}, "width"),
        ({"rate": Fraction(25), "frames": 5}, "rate"),
        ({"profile": "final"}, "parameter sets"),
    ],
)
def test_segments_of_different_shapes_are_never_joined(tmp_path: Path, change: dict[str, object], said: str) -> None:
    """Such files ffmpeg would join without a word (ffmpeg.md 3.1)."""
    clip = numbered_clip(tmp_path / "two.mp4", 10, SIZE)
    segments = [ten_frames(tmp_path, "one"), made(clip, recipe_of(clip, **change))]
    with pytest.raises(MediaFault, match=rf"`two\..*` cannot be joined to `one\..*`: .*{said}"):
        film_of(segments, tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()


def test_a_foreign_file_is_no_segment(tmp_path: Path) -> None:
    """A clip whose sound is not exactly as long as its picture would push the next one off its frame."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE, sample_rate=44_100)
    for segments, words in (((clip,), "is not a segment"), ((), "at least one segment")):
        film = CutRecipe(segments, 10, THIRTY, ())
        with pytest.raises(MediaFault, match=words):
            assemble(film, tmp_path / "film.mp4", Worker(tmp_path))


@pytest.mark.parametrize("change", [("-pix_fmt", "yuv444p"), ("-color_range", "pc")])
def test_what_only_a_decoder_sees_is_told_apart_by_the_parameter_sets(tmp_path: Path, change: tuple[str, ...]) -> None:
    """A survey decodes nothing, and still finds other pixels and another range."""
    segment = ten_frames(tmp_path)
    other = tmp_path / "other.mov"
    lines = ("-c:v", "libx264", "-bf", "0", "-c:a", "copy", "-video_track_timescale", "15360")
    for target, more in ((other, change), (tmp_path / "same.mov", ())):
        run_ffmpeg(["-i", str(segment[0]), *lines, *more, str(target)], processes=RunningProcesses())
    require_alike([survey(tmp_path / "same.mov")] * 2, 20)
    with pytest.raises(
        MediaFault, match=r"`other.mov` cannot be joined to `same.mov`: they differ in .*parameter sets"
    ):
        require_alike([survey(tmp_path / "same.mov"), survey(other)], 20)


def test_a_damaged_segment_leaves_the_earlier_film_in_place(tmp_path: Path) -> None:
    """What was there stays, and no half file appears beside it."""
    film = tmp_path / "film.mp4"
    film.write_text("the film of yesterday")
    segment = ten_frames(tmp_path)
    half = tmp_path / "half.mov"
    cut_short(segment[0], half)
    before = {*tmp_path.iterdir()}
    with pytest.raises(MediaFault):
        film_of([segment, (half, segment[1])], film)
    assert film.read_text() == "the film of yesterday"
    assert {*tmp_path.iterdir()} == before


def test_a_film_that_lacks_a_segment_gets_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word of ffmpeg is not enough: the result is counted; nor is that of whoever ordered it."""
    segment = ten_frames(tmp_path)
    with pytest.raises(MediaFault, match="the segments have 20 frames in total, and the cut has 21"):
        film_of([segment, segment], tmp_path / "film.mp4", frames=21)
    whole = cut.playlist
    monkeypatch.setattr(cut, "playlist", lambda names: whole(list(names)[:-1]))
    with pytest.raises(MediaFault, match=r"came out with 10 frames .*, not 20"):
        film_of([segment, segment], tmp_path / "film.mp4")
    assert not list(tmp_path.glob("film.mp4*"))


def test_a_killed_assembly_leaves_nothing(tmp_path: Path) -> None:
    """Neither a film nor a part of one."""
    processes = RunningProcesses()
    processes.kill()
    with pytest.raises(ToolFailed, match="was stopped"):
        film_of([ten_frames(tmp_path)], tmp_path / "film.mp4", processes=processes)
    assert not list(tmp_path.glob("film.mp4*"))


def test_a_film_of_many_parts_keeps_none_of_them_in_memory(tmp_path: Path) -> None:
    """Counting packets holds stamps only: the film's bytes never pile up."""
    segment = ten_frames(tmp_path)
    film_of([segment] * 3, tmp_path / "film.mp4")
    with opened(tmp_path / "film.mp4") as container:
        stamps = list(packets_of(container, container.streams.video[0]))
    assert all(isinstance(value, int | bool | None) for stamp in stamps for value in stamp)
    assert len(stamps) == 30
