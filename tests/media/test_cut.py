"""Conforming clips and joining them, with real ffmpeg, frame by frame."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import ImageChops, ImageStat

from kit.clips import Box, clicks, cut_short, numbered_clip, pictures, read_numbers, read_sound
from wanflow import timing
from wanflow.errors import MediaFault, ToolFailed
from wanflow.media import cut
from wanflow.media.cut import assemble, concat_list, conform
from wanflow.media.extract import cut_piece
from wanflow.media.probe import check_film, probe
from wanflow.media.seam import measure
from wanflow.media.segment import SegmentRecipe, fit_bars
from wanflow.media.tool import Leash

SIZE = (320, 180)
THIRTY = Fraction(30)


def recipe_of(clip: Path, *, first: int = 0, count: int | None = None, rate: Fraction = THIRTY) -> SegmentRecipe:
    """The recipe that brings frames of a clip into the cut's shape, as the timeline would have it."""
    facts = probe(clip)
    assert facts.rate
    count = count or facts.frames - first
    return SegmentRecipe(facts.digest, first, count, timing.to_frames(count / facts.rate, rate), *SIZE, rate)


def segment_of(clip: Path, recipe: SegmentRecipe | None = None) -> Path:
    """Conform a clip beside itself."""
    target = clip.with_name(f"{clip.stem}.segment.mov")
    conform(clip, recipe or recipe_of(clip), target, leash=Leash(), progress=None)
    return target


def window(clip: Path) -> Box:
    """Where the clip's picture lies in a segment."""
    facts = probe(clip)
    found = fit_bars(facts.width, facts.height, *SIZE)
    return Box(found.left, found.top, found.width, found.height)


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
    """Other sizes, rates, sounds and none: every frame and every sample is there, clicks lie at the joins."""
    clips = [drawn.draw(tmp_path / f"{index}.clip") for index, drawn in enumerate(MIXED)]
    recipes = [recipe_of(clip, rate=rate) for clip in clips]
    segments = [segment_of(clip, recipe) for clip, recipe in zip(clips, recipes, strict=True)]
    for drawn, clip, recipe, segment in zip(MIXED, clips, recipes, segments, strict=True):
        assert read_numbers(segment, window(clip)) == shown_at(drawn, recipe)
        assert measure(segment).samples == recipe.samples
    assert len({measure(segment).shape for segment in segments}) == 1
    assemble(segments, tmp_path / "film.mp4", leash=Leash(), progress=None)
    facts = check_film(tmp_path / "film.mp4")
    frames = [recipe.frames for recipe in recipes]
    assert (facts.frames, facts.rate, facts.width, facts.height) == (sum(frames), rate, *SIZE)
    heard = [sum(frames[:index]) for index, drawn in enumerate(MIXED) if drawn.sound]
    found = clicks(read_sound(tmp_path / "film.mp4"))
    assert [round(click / 480) for click in found] == [round(timing.to_samples(at, rate) / 480) for at in heard]


def shown_at(drawn: Drawn, recipe: SegmentRecipe) -> list[int]:
    """For each frame of the segment the clip's frame that is shown at that moment."""
    times = [at / drawn.rate for at in drawn.times or range(drawn.frames)]
    moments = [index / recipe.rate + Fraction(1, 1000) for index in range(recipe.frames)]
    return [sum(time <= moment for time in times) - 1 for moment in moments]


def test_a_cut_at_the_clips_own_rate_keeps_every_frame(tmp_path: Path) -> None:
    """No frame is doubled or dropped, in a segment or at a join, and a trim begins at the frame it names."""
    one = numbered_clip(tmp_path / "one.mp4", 30, SIZE)
    two = numbered_clip(tmp_path / "two.mp4", 30, SIZE, first=100)
    segments = [segment_of(one, recipe_of(one, first=7, count=13)), segment_of(two)]
    assemble(segments, tmp_path / "film.mp4", leash=Leash(), progress=None)
    assert read_numbers(tmp_path / "film.mp4") == [*range(7, 20), *range(100, 130)]
    assert [click // 48 for click in clicks(read_sound(tmp_path / "film.mp4"))] == [13 * 1600 // 48]


def test_the_picture_is_copied_not_encoded_again(tmp_path: Path) -> None:
    """The frames of the film are the segments' frames, to the bit."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE)
    segment = segment_of(clip)
    assemble([segment, segment], tmp_path / "film.mp4", leash=Leash(), progress=None)
    once = [picture.tobytes() for picture in pictures(segment)]
    assert [picture.tobytes() for picture in pictures(tmp_path / "film.mp4")] == once * 2


def test_sound_does_not_drift_over_many_joins(tmp_path: Path) -> None:
    """After forty segments at 29.97 the last click is still where its frame is."""
    rate = Fraction(30000, 1001)
    clip = numbered_clip(tmp_path / "clip.mp4", 7, (64, 48), rate)
    recipe = replace(recipe_of(clip, rate=rate), width=64, height=48)
    assemble([segment_of(clip, recipe)] * 40, tmp_path / "film.mp4", leash=Leash(), progress=None)
    found = clicks(read_sound(tmp_path / "film.mp4"))
    assert len(found) == 40
    assert abs(found[-1] - timing.to_samples(39 * 7, rate)) < 96
    assert measure(tmp_path / "film.mp4").shape.rate == rate


def test_oblong_pixels_become_square(tmp_path: Path) -> None:
    """A clip of 240 x 180 with pixels 4:3 is shown as 320 x 180, and so it is in the segment."""
    clip = numbered_clip(tmp_path / "wide.mp4", 5, (240, 180), pixel_aspect=Fraction(4, 3))
    assert (probe(clip).width, probe(clip).height) == SIZE
    segment = segment_of(clip)
    assert measure(segment).shape.pixel_aspect in {None, Fraction(1)}
    assert read_numbers(segment, Box(0, 0, *SIZE)) == list(range(5))


def test_a_clip_without_enough_sound_gets_silence(tmp_path: Path) -> None:
    """A silent clip's segment has as many samples as any other."""
    segment = segment_of(numbered_clip(tmp_path / "clip.mp4", 30, SIZE, sound=False))
    sound = read_sound(segment)
    assert (len(sound), max(sound), min(sound)) == (48_000, 0, 0)


def two_clicks(folder: Path) -> Path:
    """A film of 30 frames that clicks at its start and at frame 15."""
    segment = segment_of(numbered_clip(folder / "half.mp4", 15, SIZE))
    assemble([segment, segment], folder / "film.mp4", leash=Leash(), progress=None)
    return folder / "film.mp4"


def test_the_sound_ends_where_the_trim_ends(tmp_path: Path) -> None:
    """The last frame may be held for its rounding; the sound that lies behind it in the clip is not heard."""
    film = two_clicks(tmp_path)
    segment = segment_of(film, replace(recipe_of(film, count=15), frames=30))
    assert read_numbers(segment) == [*range(15), *[14] * 15]
    assert [click // 48 for click in clicks(read_sound(segment))] == [0]


def test_the_sound_begins_where_the_trim_begins(tmp_path: Path) -> None:
    """Ten frames later in the clip is ten frames earlier in the segment, and in a piece."""
    film = two_clicks(tmp_path)
    segment = segment_of(film, recipe_of(film, first=10))
    cut_piece(film, 10, 29, tmp_path / "piece.mp4", leash=Leash(), progress=None)
    for part in (segment, tmp_path / "piece.mp4"):
        assert [round(click / 48) for click in clicks(read_sound(part))] == [round(5 * 1600 / 48)]


def test_the_slate_covers_the_lowest_tenth_and_nothing_else(tmp_path: Path) -> None:
    """Its text is drawn into the segment; the picture above stays what it was."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE)
    clean = next(pictures(segment_of(clip)))
    text = ("coast · take 1 · wan2.7-i2v · 5 s", "it's %{pts} [0:v]; drawtext='x':\\ 灯塔\n" * 3)
    slated = list(pictures(segment_of(clip, replace(recipe_of(clip), slate=text))))
    above, strip = (0, 0, 320, 160), (0, 162, 320, 180)
    assert ImageStat.Stat(ImageChops.difference(clean.crop(above), slated[0].crop(above))).mean[0] < 2
    for picture in (slated[0], slated[-1]):
        histogram = picture.crop(strip).histogram()
        assert sum(histogram[:60]) > 2000
        assert sum(histogram[150:]) > 50


def test_a_recipe_beyond_the_clip_is_a_fault(tmp_path: Path) -> None:
    """Frames that are not there are not made up."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE)
    with pytest.raises(MediaFault, match="has no frames 5 to 10: it has 10 frames"):
        segment_of(clip, replace(recipe_of(clip), first=5, count=6))


@pytest.mark.parametrize("name", ["-x", "a'b", "'; %d # [v]:,", "灯塔 城市", "back\\slash"])
def test_hostile_names_are_joined(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the list, in the arguments, as folder and as file."""
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    segment = segment_of(numbered_clip(Path(f"{name}.mp4"), 5, SIZE))
    assemble([segment, segment], Path(f"{name}.film"), leash=Leash(), progress=None)
    assert read_numbers(Path(f"{name}.film")) == [0, 1, 2, 3, 4] * 2


def test_a_line_break_in_a_path_is_refused() -> None:
    """The list has no way to write it."""
    with pytest.raises(MediaFault, match="its path has a line break"):
        concat_list([Path("/films/a\nfile '/etc/passwd'.mov")])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"width": 322}, "width"),
        ({"rate": Fraction(25), "frames": 5}, "rate"),
    ],
)
def test_segments_of_different_shapes_are_never_joined(tmp_path: Path, change: dict[str, int], said: str) -> None:
    """Such files ffmpeg would join without a word (video.md 3.1)."""
    one, two = (numbered_clip(tmp_path / f"{name}.mp4", 10, SIZE) for name in ("one", "two"))
    segments = [segment_of(one), segment_of(two, replace(recipe_of(two), **change))]  # type: ignore[arg-type]
    with pytest.raises(MediaFault, match=f"`two.segment.mov` can't be joined to `one.segment.mov`: .*{said}"):
        assemble(segments, tmp_path / "film.mp4", leash=Leash(), progress=None)
    assert not (tmp_path / "film.mp4").exists()


def test_a_foreign_file_is_no_segment(tmp_path: Path) -> None:
    """A clip whose sound is not exactly as long as its picture would push the next one off its frame."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE, sample_rate=44_100)
    with pytest.raises(MediaFault, match="is no segment"):
        assemble([clip], tmp_path / "film.mp4", leash=Leash(), progress=None)
    with pytest.raises(MediaFault, match="at least one segment"):
        assemble([], tmp_path / "film.mp4", leash=Leash(), progress=None)


def test_a_damaged_segment_leaves_the_earlier_film_in_place(tmp_path: Path) -> None:
    """What was there stays, and no half file appears beside it."""
    film = tmp_path / "film.mp4"
    film.write_text("the film of yesterday")
    segment = segment_of(numbered_clip(tmp_path / "clip.mp4", 30, SIZE))
    cut_short(segment, tmp_path / "half.mov")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(MediaFault):
        assemble([segment, tmp_path / "half.mov"], film, leash=Leash(), progress=None)
    assert film.read_text() == "the film of yesterday"
    assert sorted(tmp_path.iterdir()) == before


def test_a_film_that_lacks_a_segment_gets_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word of ffmpeg is not enough: the result is counted."""
    segment = segment_of(numbered_clip(tmp_path / "clip.mp4", 10, SIZE))
    whole = cut.concat_list
    monkeypatch.setattr(cut, "concat_list", lambda segments: whole(segments[:-1]))
    with pytest.raises(MediaFault, match=r"came out with 10 frames .*, not 20"):
        assemble([segment, segment], tmp_path / "film.mp4", leash=Leash(), progress=None)
    assert not list(tmp_path.glob("film*"))


def test_a_killed_assembly_leaves_nothing(tmp_path: Path) -> None:
    """Neither a film nor a part of one."""
    segment = segment_of(numbered_clip(tmp_path / "clip.mp4", 10, SIZE))
    leash = Leash()
    leash.kill()
    with pytest.raises(ToolFailed, match="was stopped"):
        assemble([segment], tmp_path / "film.mp4", leash=leash, progress=None)
    assert not list(tmp_path.glob("film*"))


def test_the_same_segment_is_the_same_under_another_name(tmp_path: Path) -> None:
    """A moved source conforms to the same bytes: the key that says so is right."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE)
    moved = Path(shutil.copy(clip, tmp_path / "moved.mp4"))
    assert recipe_of(clip).key() == recipe_of(moved).key()
    assert segment_of(clip).read_bytes() == segment_of(moved).read_bytes()
