"""Checks of takes: each finds its fault at graded strengths, and nothing in the innocent film nearest to it."""

from __future__ import annotations

import gc
import pickle
from array import array
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path, PurePath
from random import Random

import pytest
from av import VideoFrame
from hypothesis import given as given_values
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from kit.drawn_takes import (
    RATE,
    SIZE,
    Picture,
    barred,
    coloured,
    grained,
    lit,
    pan,
    scene,
    tone,
    under,
    view,
    write_take,
)
from wanflow.language.checks import Check
from wanflow.media.checks.film_series import bars
from wanflow.media.checks.given_files import lab
from wanflow.media.checks.small_picture import SmallPicture
from wanflow.media.checks.take_check import CheckTake, measure_take
from wanflow.media.jobs import Worker
from wanflow.store.findings import Expected, Finding, Given

FRAMES = 36
ANY = Expected()
"""A request that says nothing about its film."""


@cache
def moving(seed: int = 1, frames: int = FRAMES) -> list[Picture]:
    """A camera that pans over a scene."""
    return pan(scene(seed), frames, 0.1, 0.1 + 0.008 * frames)


@cache
def still() -> Picture:
    """One view of a scene."""
    return view(scene(1), 0.3)


def black(frames: int) -> list[Picture]:
    """Black pictures."""
    return [Image.new("RGB", SIZE)] * frames


def findings(
    folder: Path, pictures: Sequence[Picture], expected: Expected = ANY, **more: object
) -> tuple[Finding, ...]:
    """What the check of a drawn take finds."""
    write_take(folder / "take.mp4", pictures, **more)  # type: ignore[arg-type]
    return CheckTake(PurePath("take.mp4"), expected).perform(Worker(folder)).findings


def checks(found: Sequence[Finding]) -> list[Check]:
    """The checks that found something."""
    return [finding.check for finding in found]


def given(folder: Path, name: str) -> Given:
    """A file that was given to the request."""
    assert (folder / name).exists()
    return Given(name, PurePath(name))


INNOCENT: dict[str, Callable[[], list[Picture]]] = {
    "pan": moving,
    "still scene with grain": lambda: grained([still()] * FRAMES, 3),
    "slow zoom": lambda: [view(scene(1), 0.4, zoom=1 + 0.002 * number) for number in range(FRAMES)],
    "blinking eye": lambda: [_with_eye(number) for number in range(FRAMES)],
    "lightning": lambda: under(moving(), lambda number: {9: 1.5, 10: 0.5, 11: 1.3, 25: 1.5, 26: 1.0}.get(number, 0.5)),
    "photographer's flash": lambda: [*moving()[:15], Image.new("RGB", SIZE, "white"), *moving()[16:]],
    "night": lambda: grained(under(moving(), lambda _: 0.12), 2),
    "moon over a black sea": lambda: [_night_sea(number) for number in range(FRAMES)],
    "small moon in a night": lambda: [_night_sky(number) for number in range(FRAMES)],
    "thing before black": lambda: [_before_black(number) for number in range(FRAMES)],
    "fade from black": lambda: under(moving(), lambda number: min(1.0, number / 18)),
    "fade to black": lambda: under(moving(), lambda number: min(1.0, (FRAMES - 1 - number) / 12)),
    "dissolve": lambda: [
        Image.blend(one, two, min(1.0, max(0.0, (number - 12) / 12)))
        for number, (one, two) in enumerate(zip(moving(), moving(2), strict=True))
    ],
    "whip pan": lambda: [view(scene(1), 0.05 + 0.9 / (1 + 2.718 ** ((18 - number) / 2))) for number in range(FRAMES)],
    "drawn on threes": lambda: [moving()[number // 3 * 3] for number in range(FRAMES)],
    "fire light": lambda: under(moving(), _fire()),
}


def _with_eye(number: int) -> Picture:
    picture = still().copy()
    ImageDraw.Draw(picture).ellipse((80, 40, 86, 46), fill=(230, 230, 230) if number % 20 < 10 else (20, 20, 20))
    return picture


def _night_sea(number: int) -> Picture:
    picture = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 54, 160, 90), fill="#203040")
    draw.ellipse((40 + number, 10, 50 + number, 20), fill="#fff0c0")
    return picture


def _night_sky(number: int) -> Picture:
    picture = Image.new("RGB", SIZE, (6, 6, 8))
    ImageDraw.Draw(picture).ellipse((40 + number, 20, 45 + number, 25), fill="#fff8e0")
    return picture


def _before_black(number: int) -> Picture:
    picture = Image.new("RGB", SIZE)
    ImageDraw.Draw(picture).ellipse((50 + number, 20, 90 + number, 75), fill="#c08040")
    return picture


def _fire() -> Callable[[int], float]:
    dice, light, lights = Random(4), 1.0, list[float]()
    for _ in range(FRAMES):
        light = light * 0.8 + 0.2 + dice.gauss(0, 0.03)
        lights.append(light)
    return lambda number: lights[number]


def test_frames_of_a_measured_film_do_not_stay_in_memory(tmp_path: Path) -> None:
    """They stayed until Python looked for circles: 2.2 GB in a run of 24 takes of two seconds."""
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            findings(tmp_path, moving(), Expected())
        kept = sum(isinstance(thing, VideoFrame) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert kept < 4


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_film_has_no_findings(name: str, tmp_path: Path) -> None:
    """What films are usually like has no findings, also where it is near to a fault."""
    expected = Expected(Fraction(FRAMES, RATE), *SIZE, Fraction(RATE))
    assert findings(tmp_path, INNOCENT[name](), expected) == ()


@pytest.mark.parametrize(("frames", "found"), [(4, False), (9, False), (12, True), (30, True)])
def test_black_is_found_from_some_tenths_of_a_second_on(frames: int, found: bool, tmp_path: Path) -> None:
    """The finding says how long it is black, and where."""
    pictures = [*moving()[:10], *black(frames), *moving()[10:20]]
    [finding] = findings(tmp_path, pictures, Expected(one_move=False)) or [None]
    assert (finding is not None) is found
    if finding is not None:
        assert (finding.check, finding.measure, finding.limit) == (Check.BLACK, frames / RATE, 0.4)
        assert (finding.start, finding.end) == (Fraction(10, RATE), Fraction(10 + frames, RATE))


def test_a_black_part_between_two_cuts_is_one_finding(tmp_path: Path) -> None:
    """The cuts to it and from it are what it is."""
    assert checks(findings(tmp_path, [*moving()[:10], *black(12), *moving()[22:]])) == [Check.BLACK]


def test_a_film_that_is_all_black_is_black_however_short(tmp_path: Path) -> None:
    """It isn't told to be frozen as well."""
    assert checks(findings(tmp_path, black(6))) == [Check.BLACK]


@pytest.mark.parametrize(("frames", "found"), [(6, False), (18, False), (36, True), (60, True)])
def test_a_picture_that_stops_is_found_from_a_second_on(frames: int, found: bool, tmp_path: Path) -> None:
    """The camera stops in the middle, and goes on."""
    pictures = [*moving()[:12], *[moving()[12]] * frames, *moving()[12:24]]
    measured = findings(tmp_path, pictures)
    assert checks(measured) == [Check.FROZEN] * found
    if found:
        assert measured[0].measure == pytest.approx(frames / RATE, abs=0.3)
        assert measured[0].start == pytest.approx(0.5, abs=0.3)


def test_a_film_of_one_picture_is_frozen_however_short(tmp_path: Path) -> None:
    """A film of two thirds of a second that never moves."""
    assert checks(findings(tmp_path, [still()] * 16)) == [Check.FROZEN]


def test_one_colour_is_not_frozen(tmp_path: Path) -> None:
    """No movement can be seen on it; where another picture was given, its first frame is unlike that."""
    flat = [Image.new("RGB", SIZE, (90, 120, 150))] * FRAMES
    assert findings(tmp_path, flat) == ()
    still().save(tmp_path / "given.png")
    assert checks(findings(tmp_path, flat, Expected(first_frame=given(tmp_path, "given.png")))) == [Check.FIRST_FRAME]


@pytest.mark.parametrize("period", [2, 3])
@pytest.mark.parametrize(("swing", "found"), [(0.01, False), (0.06, True), (0.2, True)])
def test_flicker_is_found_by_its_swing(swing: float, found: bool, period: int, tmp_path: Path) -> None:
    """The light goes up and down every second or third picture."""
    pictures = under(moving(), lambda number: 1 + swing * (number % period == 0))
    assert checks(findings(tmp_path, pictures)) == [Check.FLICKER] * found


def test_flicker_is_measured_where_it_is(tmp_path: Path) -> None:
    """Half a second of it in the middle of a take, or all of it; it is measured in percent of full brightness."""
    for begin, end in ((12, 24), (0, 36)):
        pictures = under(moving(), lambda number, a=begin, b=end: 1.2 if a <= number < b and number % 2 else 1.0)
        [finding] = findings(tmp_path, pictures)
        assert finding.check is Check.FLICKER
        assert finding.start == pytest.approx(begin / RATE, abs=2 / RATE)
        assert finding.end == pytest.approx(end / RATE, abs=2 / RATE)


@pytest.mark.parametrize("pillars", [False, True])
@pytest.mark.parametrize(("share", "found"), [(0.02, False), (0.07, True), (0.25, True)])
def test_bars_are_found_by_their_size(share: float, pillars: bool, found: bool, tmp_path: Path) -> None:
    """Bars above and below, or at the sides."""
    measured = findings(tmp_path, barred(moving(), share, pillars=pillars))
    assert checks(measured) == [Check.LETTERBOX] * found
    if found:
        assert measured[0].measure == pytest.approx(share * 100, abs=3)


def test_bars_of_a_part_of_the_take_are_found_with_their_seconds(tmp_path: Path) -> None:
    """The second of three seconds; a rest of less than half a second is not measured by itself."""
    pictures = moving(1, 80)
    [finding] = findings(
        tmp_path, [*pictures[:24], *barred(pictures[24:48], 0.25), *pictures[48:]], Expected(one_move=False)
    )
    assert (finding.check, finding.start, finding.end) == (Check.LETTERBOX, 1, 2)
    assert finding.measure == pytest.approx(25, abs=3)


def test_bars_of_a_night_are_found(tmp_path: Path) -> None:
    """The picture is hardly brighter than the bars."""
    pictures = barred(grained(under(moving(), lambda _: 0.3), 2), 0.14)
    assert checks(findings(tmp_path, pictures)) == [Check.LETTERBOX]


def test_bars_that_the_first_frame_has_are_asked_for(tmp_path: Path) -> None:
    """A widescreen picture between bars was given."""
    pictures = barred(moving(), 0.25)
    pictures[0].save(tmp_path / "first.png")
    assert findings(tmp_path, pictures, Expected(first_frame=given(tmp_path, "first.png"))) == ()


@pytest.mark.parametrize("light", [1.0, 0.4, 0.15])
def test_a_cut_is_found_by_day_and_by_night(light: float, tmp_path: Path) -> None:
    """One finding at the first picture behind it; none where the take may have cuts."""
    pictures = under([*moving()[:18], *moving(2)[:18]], lambda _: light)
    [finding] = findings(tmp_path, pictures)
    assert (finding.check, finding.start, finding.end) == (Check.HARD_CUT, Fraction(18, RATE), Fraction(18, RATE))
    assert finding.limit < finding.measure <= 100
    assert findings(tmp_path, pictures, Expected(one_move=False)) == ()


def test_a_picture_of_another_scene_in_between_is_two_cuts(tmp_path: Path) -> None:
    """Three pictures of another scene, then the first one goes on."""
    pictures = [*moving()[:15], *moving(2)[:3], *moving()[18:]]
    assert checks(findings(tmp_path, pictures)) == [Check.HARD_CUT] * 2


@pytest.mark.parametrize(("level", "found"), [(None, True), (0.0, True), (0.0005, True), (0.004, False), (0.5, False)])
def test_silence_is_found_only_where_sound_was_asked_for(level: float | None, found: bool, tmp_path: Path) -> None:
    """A take without a track, digital silence, and a tone that can't be heard."""
    sound = None if level is None else tone(1.0, level)
    measured = findings(tmp_path, moving()[:24], Expected(sound=True), sound=sound)
    assert checks(measured) == [Check.SILENT] * found
    assert findings(tmp_path, moving()[:24], Expected(sound=False), sound=sound) == ()


@pytest.mark.parametrize("codec", ["pcm_s16le", "aac"])
@pytest.mark.parametrize(("level", "found"), [(0.9, False), (1.3, True), (4.0, True)])
def test_clipped_sound_is_found(level: float, found: bool, codec: str, tmp_path: Path) -> None:
    """A tone that is cut at full scale; one that comes near to it isn't."""
    measured = findings(tmp_path, moving()[:24], sound=tone(1.0, level), codec=codec)
    assert checks(measured) == [Check.CLIPPED] * found


def test_clipped_sound_is_measured_in_its_worst_second(tmp_path: Path) -> None:
    """The second half of two seconds is too loud; the seconds around it that are as well belong to it."""
    sound = tone(1.0, 0.4) + tone(1.0, 2.0)
    [finding] = findings(tmp_path, moving(1, 48), sound=array("h", sound), codec="pcm_s16le")
    assert (finding.check, finding.start, finding.end) == (Check.CLIPPED, 1, 2)
    assert finding.measure > 500
    [finding] = findings(tmp_path, moving(1, 48), sound=tone(2.0, 2.0), codec="pcm_s16le")
    assert (finding.start, finding.end) == (0, 2)


@pytest.mark.parametrize(
    ("expected", "check", "measure"),
    [
        (Expected(seconds=Fraction(1)), None, 0),
        (Expected(seconds=Fraction(6, 5)), None, 0),
        (Expected(seconds=Fraction(2)), Check.LENGTH, -1.0),
        (Expected(seconds=Fraction(1, 2)), Check.LENGTH, 0.5),
        (Expected(width=160, height=96), None, 0),
        (Expected(width=None, height=None), None, 0),
        (Expected(width=320, height=180), Check.SIZE, -160),
        (Expected(width=90, height=160), Check.SIZE, 70),
        (Expected(rate=Fraction(24_000, 1001)), None, 0),
        (Expected(rate=Fraction(30)), Check.RATE, -6),
    ],
)
def test_length_size_and_rate_are_compared_with_the_request(
    expected: Expected, check: Check | None, measure: float, tmp_path: Path
) -> None:
    """The measure is the film's less what was asked for; what the service rounds has no finding."""
    measured = findings(tmp_path, moving()[:RATE], expected)
    assert [(each.check, each.measure) for each in measured] == ([] if check is None else [(check, measure)])


@pytest.mark.parametrize(
    ("first", "found"),
    [
        (still, False),
        (lambda: still().resize((640, 360), Image.Resampling.LANCZOS), False),
        (lambda: lit(still(), 0.85), False),
        (lambda: still().filter(ImageFilter.GaussianBlur(1)), False),
        (lambda: view(scene(1), 0.3, size=(192, 90)), False),
        (lambda: view(scene(1), 0.5), True),
        (lambda: view(scene(2), 0.3), True),
        (lambda: still().transpose(Image.Transpose.FLIP_LEFT_RIGHT), True),
    ],
)
def test_the_first_and_the_last_frame_are_compared_with_what_was_given(
    first: Callable[[], Picture], found: bool, tmp_path: Path
) -> None:
    """Another size, a softer or a darker picture is the same one, and a wider one is cut, stretched or shown whole."""
    picture = first()
    picture.save(tmp_path / "given.png")
    shape = (picture.width * SIZE[1] // picture.height, SIZE[1])
    shown = [view(scene(1), 0.3, size=(192, 90)).crop((16, 0, 176, 90))] if shape[0] > SIZE[0] else [still()]
    frames = [*shown, *[lit(shown[0], 1 - 0.01 * number) for number in range(1, 12)]]
    one, other = Expected(first_frame=given(tmp_path, "given.png")), Expected(last_frame=given(tmp_path, "given.png"))
    assert checks(findings(tmp_path, frames, one)) == [Check.FIRST_FRAME] * found
    [*measured] = findings(tmp_path, frames[::-1], other)
    assert checks(measured) == [Check.LAST_FRAME] * found
    assert [each.start for each in measured] == [Fraction(12, RATE)] * found


def continued(folder: Path, pictures: Sequence[Picture], *, rate: int = RATE) -> tuple[Finding, ...]:
    """The findings in the continuation of the first half second of the pan; the codec's quality is another one."""
    write_take(folder / "clip.mp4", moving()[:12])
    clip = given(folder, "clip.mp4")
    return findings(folder, pictures, Expected(clip=clip), rate=rate, options={"preset": "ultrafast", "crf": "28"})


@pytest.mark.parametrize("late", [0, 1, -1])
def test_a_continuation_that_begins_with_its_clip_has_no_findings(late: int, tmp_path: Path) -> None:
    """Also where its pictures are one earlier or later, and where it has another rate."""
    pictures = moving()[late:] if late >= 0 else [moving()[0], *moving()]
    assert continued(tmp_path, pictures) == ()
    assert continued(tmp_path, [moving()[number * RATE // 30] for number in range(36)], rate=30) == ()


def test_a_head_unlike_the_clip_is_found(tmp_path: Path) -> None:
    """All of it, or only its second half; the finding is about the length of the clip."""
    for pictures in ([*moving(2)[:12], *moving()[12:]], [*moving()[:6], *moving(2)[6:12], *moving()[12:]]):
        found = [each for each in continued(tmp_path, pictures) if each.check is Check.SEAM and each.start == 0]
        assert [(each.end, each.measure < each.limit) for each in found] == [(Fraction(1, 2), True)]


@pytest.mark.parametrize(("places", "found"), [(0, False), (8, True), (20, True)])
def test_a_jump_at_the_hand_over_is_found(places: int, found: bool, tmp_path: Path) -> None:
    """The camera goes on from where it would be some pictures later."""
    longer = moving(1, 48)
    measured = continued(tmp_path, [*longer[:12], *longer[12 + places : 28 + places]])
    jumps = [each for each in measured if each.check is Check.SEAM]
    assert [(each.start, each.end) for each in jumps] == [(Fraction(1, 2), Fraction(1, 2))] * found


def test_a_change_of_light_at_the_hand_over_is_found(tmp_path: Path) -> None:
    """The new part is a fifth darker."""
    assert checks(continued(tmp_path, under(moving(), lambda number: 1 if number < 12 else 0.8))) == [Check.SEAM]


FAULTY: dict[Check, Callable[[list[Picture]], list[Picture]]] = {
    Check.BLACK: lambda pictures: [*black(14), *pictures[14:]],
    Check.FROZEN: lambda pictures: [pictures[0]] * len(pictures),
    Check.FLICKER: lambda pictures: under(pictures, lambda number: 1.2 if number % 2 else 1.0),
    Check.LETTERBOX: lambda pictures: barred(pictures, 0.12),
    Check.HARD_CUT: lambda pictures: [*pictures[:14], *moving(2)[:3], *pictures[17:]],
}


@pytest.mark.parametrize("check", FAULTY)
def test_faults_of_the_given_clip_are_not_those_of_its_continuation(check: Check, tmp_path: Path) -> None:
    """They belong to the take that it continues; the same ones behind the clip are found."""
    pictures = moving(1, 72)
    before = [*FAULTY[check](pictures[:28]), *pictures[28:]]
    behind = [*pictures[:44], *FAULTY[check](pictures[44:])]
    for faulty, found in ((before, False), (behind, True)):
        write_take(tmp_path / "clip.mp4", faulty[:36])
        measured = checks(findings(tmp_path, faulty, Expected(clip=given(tmp_path, "clip.mp4"))))
        assert measured if found else not measured
        assert (check in measured) is found


def test_clipped_sound_of_the_given_clip_is_not_that_of_its_continuation(tmp_path: Path) -> None:
    """The sound behind it counts."""
    write_take(tmp_path / "clip.mp4", moving()[:24])
    expected = Expected(clip=given(tmp_path, "clip.mp4"))
    for levels, found in (((2.0, 0.4), []), ((0.4, 2.0), [Check.CLIPPED])):
        sound = array("h", [sample for level in levels for sample in tone(1.0, level)])
        assert checks(findings(tmp_path, moving(1, 48), expected, sound=sound, codec="pcm_s16le")) == found


@pytest.mark.parametrize(
    ("drifted", "found"),
    [
        (lambda pictures: pictures, False),
        (lambda pictures: coloured(pictures, 1.1, 1.05), False),
        (lambda pictures: coloured(pictures, 2.2, 1.5), True),
        (lambda pictures: coloured(pictures, red=1.4), True),
        (lambda pictures: under(pictures, lambda _: 0.6), True),
    ],
)
def test_drift_against_the_head_of_the_chain_is_found(
    drifted: Callable[[list[Picture]], list[Picture]], found: bool, tmp_path: Path
) -> None:
    """Stronger colours and contrast, a red tint, and a loss of light; what was given as a clip isn't compared."""
    write_take(tmp_path / "head.mp4", moving()[:24])
    write_take(tmp_path / "clip.mp4", drifted(moving()[:12]))
    expected = Expected(clip=given(tmp_path, "clip.mp4"), chain_head=given(tmp_path, "head.mp4"))
    assert checks(findings(tmp_path, drifted(moving()), expected)) == [Check.DRIFT] * found


def test_what_was_given_and_is_gone_is_not_compared(tmp_path: Path) -> None:
    """A file that is missing, and one that can't be read."""
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    gone = Given("gone", PurePath("gone.mp4"))
    pictures = moving()[:12]
    expected = Expected(
        first_frame=given(tmp_path, "broken.png"), last_frame=gone, clip=given(tmp_path, "broken.mp4"), chain_head=gone
    )
    assert findings(tmp_path, pictures, expected) == ()


def test_a_check_is_a_value_that_travels(tmp_path: Path) -> None:
    """The job and its findings can be pickled, and are the same on another machine."""
    write_take(tmp_path / "take.mp4", black(30))
    job = CheckTake(PurePath("take.mp4"), Expected(Fraction(5), sound=True))
    found = pickle.loads(pickle.dumps(job)).perform(Worker(tmp_path))  # noqa: S301 - our own value
    assert found == pickle.loads(pickle.dumps(job.perform(Worker(tmp_path))))  # noqa: S301
    assert checks(found.findings) == [Check.BLACK, Check.SILENT, Check.LENGTH]


def test_a_killed_check_ends(tmp_path: Path) -> None:
    """Nothing is measured of the picture after the job was cancelled."""
    write_take(tmp_path / "take.mp4", black(30))
    worker = Worker(tmp_path)
    worker.processes.kill()
    assert [each for each in measure_take(tmp_path / "take.mp4", Expected(), worker)[0] if each.found] == []


@given_values(lines=st.integers(1, 30), seed=st.integers(1, 4), pillars=st.booleans())
@settings(max_examples=25)
def test_bars_of_any_size_are_measured_to_a_line(lines: int, seed: int, pillars: bool) -> None:
    """Of a picture that is bright to its edges."""
    picture = view(scene(seed), 0.5).convert("L").point(lambda level: max(level, 60))
    width, height = picture.size
    box = (lines, 0, width - lines, height) if pillars else (0, lines, width, height - lines)
    barred_picture = Image.new("L", picture.size, 16)
    barred_picture.paste(picture.crop(box), box[:2])
    assert bars(barred_picture)[pillars] == pytest.approx(200 * lines / (width if pillars else height))
    assert bars(barred_picture)[not pillars] == 0


@given_values(level=st.integers(20, 230), other=st.integers(20, 230))
def test_greys_differ_by_their_light_alone(level: int, other: int) -> None:
    """Their colour in CIELAB is none, and the brighter one is lighter."""
    one, two = lab(level, 128, 128), lab(other, 128, 128)
    assert one[1:] == pytest.approx((0, 0), abs=0.1)
    assert (one[0] < two[0]) is (level < other)


@given_values(seed=st.integers(1, 6), other=st.integers(1, 6))
@settings(max_examples=15)
def test_a_picture_is_most_like_itself(seed: int, other: int) -> None:
    """Likeness is the same either way, and 1 only for the same picture."""
    one, two = (SmallPicture(*view(scene(each), 0.5).convert("YCbCr").split()) for each in (seed, other))
    assert one.likeness(two) == pytest.approx(two.likeness(one))
    assert (one.likeness(two) > 0.99) is (seed == other)
