"""Films with faults on purpose, looked at frame by frame: the fault is seen or heard, and the rest is as it was."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image, ImageOps, ImageStat

from kit.film_checks import Frames, frames, likeness, loudness, peak_share, streams
from kit.film_set import I2V, FilmFile, FilmSet, order
from wanflow.emulator.api.order import FilmFault, FilmFaultKind, Order, OrderItem, usage

SAME, OTHER = 36, 22
"""Decibels above which two frames are the same picture, and below which they are not."""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> FilmSet:
    """One set for all films of this file."""
    return FilmSet(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def media(films: FilmSet) -> tuple[OrderItem, ...]:
    """A film from the day picture to the dusk picture, with a sound."""
    return (
        films.item("first_frame", films.day),
        films.item("last_frame", films.dusk),
        films.item("driving_audio", films.music),
    )


@pytest.fixture(scope="module")
def good(films: FilmSet, media: tuple[OrderItem, ...]) -> FilmFile:
    """The film without a fault."""
    return films.film(order(I2V, *media))


@pytest.fixture(scope="module")
def continued(films: FilmSet, good: FilmFile) -> tuple[Order, Frames]:
    """A continuation of a second, and its frames without a fault: 60 of the clip, 30 new ones."""
    asked = order(I2V, films.item("first_clip", good.path), duration=3)
    return asked, frames(films.film(asked).path)


def fault(kind: str, start: float | None = None, end: float | None = None) -> FilmFault:
    """A fault of a film between two seconds."""
    seconds = (None if each is None else Fraction(str(each)) for each in (start, end))
    return FilmFault(FilmFaultKind(kind), *seconds)


def light(picture: Image.Image) -> float:
    """Mean brightness from 0 to 255."""
    return ImageStat.Stat(picture.convert("L")).mean[0]


def alike(one: Frames, other: Frames, *numbers: int) -> list[bool]:
    """Whether frames of two films are the same picture."""
    return [likeness(one[number], other[number]) > SAME for number in numbers]


def spoilt(films: FilmSet, media: tuple[OrderItem, ...], kind: str, *seconds: float | None) -> Path:
    """The film with a fault."""
    return films.film(order(I2V, *media, fault=fault(kind, *seconds))).path


def test_a_part_is_black(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """From its first second on, for half a second; the frames around it and the sound are as they were."""
    path = spoilt(films, media, "black", 1, 1.5)
    seen, as_asked = frames(path), frames(good.path)
    assert [light(seen[number]) < 2 for number in (29, 30, 44, 45)] == [False, True, True, False]
    assert alike(seen, as_asked, 0, 29, 45, 59) == [True] * 4
    assert streams(path) == streams(good.path)
    assert loudness(path, 0.1, 1.9) == pytest.approx(loudness(good.path, 0.1, 1.9), abs=0.1)


def test_a_part_is_frozen(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """Its first frame is held, and the film is as long as before."""
    seen, as_asked = frames(spoilt(films, media, "frozen", 0.5, 1.5)), frames(good.path)
    assert len(seen) == 60
    assert [likeness(seen[15], seen[number]) > 45 for number in (16, 30, 44)] == [True] * 3
    assert likeness(seen[44], as_asked[44]) < OTHER
    assert alike(seen, as_asked, 0, 15, 45, 59) == [True] * 4


def test_a_whole_film_is_frozen_without_a_time(films: FilmSet, media: tuple[OrderItem, ...]) -> None:
    """It is its first frame, to the end."""
    seen = frames(spoilt(films, media, "frozen"))
    assert len(seen) == 60
    assert likeness(seen[0], seen[59]) > 45


def test_a_part_is_silent(films: FilmSet, media: tuple[OrderItem, ...]) -> None:
    """The track has its length; before and after the part it sounds."""
    path = spoilt(films, media, "silent", 0.5, 1.5)
    assert loudness(path, 0.6, 1.4) < -80
    assert min(loudness(path, 0.1, 0.4), loudness(path, 1.6, 1.9)) > -20
    assert streams(path)["lengths"] == {Fraction(2)}


def test_sound_is_clipped(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """Nearly all of its samples are at full scale; of the good film none is."""
    assert peak_share(spoilt(films, media, "clipped")) > 0.8
    assert peak_share(good.path) == 0


def test_a_quiet_chord_is_clipped_too(films: FilmSet) -> None:
    """The film needs no sound of its own for that."""
    asked = order(I2V, films.item("first_frame", films.day), fault=fault("clipped"))
    assert peak_share(films.film(asked).path) > 0.2


def test_a_film_flickers(films: FilmSet, media: tuple[OrderItem, ...]) -> None:
    """Its light goes up and down from frame to frame, in the part that was asked for."""
    steady = tuple(item for item in media if item.type != "last_frame")  # a draft's dissolve is quick, and no fault
    seen = frames(spoilt(films, steady, "flicker", 0, 1))
    levels = [light(seen[number]) for number in range(50)]
    assert all(abs(levels[number + 1] - levels[number]) > 15 for number in range(28))
    assert all(abs(levels[number + 1] - levels[number]) < 5 for number in range(31, 48))


def test_a_film_has_bars(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """Above and below, from the first frame to the last; between them is the picture."""
    seen, as_asked = frames(spoilt(films, media, "letterbox")), frames(good.path)
    for number in (0, 59):
        picture = seen[number]
        assert picture.size == (1280, 720)
        assert light(picture.crop((0, 0, 1280, 90))) < 2 > light(picture.crop((0, 630, 1280, 720)))
        assert light(picture.crop((0, 719, 1280, 720))) < 2
        middle = (0, 100, 1280, 620)
        assert likeness(picture.crop(middle), as_asked[number].crop(middle)) > SAME


@pytest.mark.parametrize(("end", "length"), [(None, 30), (0.5, 15), (2.5, 75)])
def test_a_film_has_another_length(
    end: float | None, length: int, films: FilmSet, media: tuple[OrderItem, ...]
) -> None:
    """A second shorter, or what the script says, longer too; what was asked for is billed."""
    asked = order(I2V, *media, fault=fault("length", None, end))
    film = films.film(asked)
    assert len(frames(film.path)) == length
    assert streams(film.path)["lengths"] == {Fraction(length, 30)}
    assert usage(asked, [film])["duration"] == 2


def test_a_film_has_another_size(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """Half of it, with the same picture."""
    seen = frames(spoilt(films, media, "size"))[0]
    assert seen.size == (640, 360)
    assert likeness(seen, frames(good.path)[0].resize((640, 360))) > 30


def test_a_film_has_another_rate(films: FilmSet, media: tuple[OrderItem, ...]) -> None:
    """24 frames a second, and as long as asked."""
    made = streams(spoilt(films, media, "rate"))
    assert (made["rate"], made["frames"], made["lengths"]) == (24, 48, {Fraction(2)})


@pytest.mark.slow  # the checks find these films in test_faults_are_found.py
def test_a_film_begins_elsewhere(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """On another picture, without a jump into the right one; the last frame is right."""
    seen, as_asked = frames(spoilt(films, media, "first_frame")), frames(good.path)
    assert likeness(seen[0], as_asked[0]) < OTHER / 2
    assert min(likeness(seen[number], seen[number + 1]) for number in range(59)) > 25
    assert alike(seen, as_asked, 31, 59) == [True, True]


@pytest.mark.slow  # the checks find these films in test_faults_are_found.py
def test_a_film_ends_elsewhere(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """On another picture, without a jump; the first frame is right."""
    seen, as_asked = frames(spoilt(films, media, "last_frame")), frames(good.path)
    assert likeness(seen[59], as_asked[59]) < OTHER / 2
    assert min(likeness(seen[number], seen[number + 1]) for number in range(59)) > 25
    assert alike(seen, as_asked, 0, 29) == [True, True]


def _continuation(films: FilmSet, continued: tuple[Order, Frames], kind: str) -> Frames:
    item = continued[0].media[0]
    return frames(films.film(order(I2V, item, duration=3, fault=fault(kind))).path)


def test_a_continuation_shows_another_clip(films: FilmSet, continued: tuple[Order, Frames]) -> None:
    """From its first frame on, and goes on from that without a jump."""
    seen = _continuation(films, continued, "head")
    assert max(likeness(seen[number], continued[1][number]) for number in (0, 30, 59)) < OTHER
    assert likeness(seen[59], seen[60]) > SAME


def test_a_continuation_jumps_at_the_hand_over(films: FilmSet, continued: tuple[Order, Frames]) -> None:
    """Up to there it shows the clip; then it is upside down, in the same colours."""
    seen = _continuation(films, continued, "jump")
    assert alike(seen, continued[1], 0, 59) == [True, True]
    assert likeness(seen[59], seen[60]) < OTHER
    turned = continued[1][89].rotate(180)
    assert likeness(seen[89], turned) > SAME


def test_a_continuation_drifts(films: FilmSet, continued: tuple[Order, Frames]) -> None:
    """Its colours fade slowly after the clip, without a jump."""
    seen = _continuation(films, continued, "drift")
    assert alike(seen, continued[1], 0, 59) == [True, True]
    assert likeness(seen[89], continued[1][89]) < OTHER
    assert min(likeness(seen[number], seen[number + 1]) for number in range(58, 89)) > 25


@pytest.mark.slow  # the checks find these films in test_faults_are_found.py
def test_a_film_cuts_to_another_picture(films: FilmSet, media: tuple[OrderItem, ...], good: FilmFile) -> None:
    """Once, where the script says, or in its middle."""
    as_asked = frames(good.path)
    for start, cut in ((None, 30), (0.5, 15)):
        seen = frames(spoilt(films, media, "hard_cut", start))
        jumps = [number for number in range(1, 60) if likeness(seen[number - 1], seen[number]) < 15]
        assert jumps == [cut]
        assert alike(seen, as_asked, 0, cut - 1) == [True, True]
        assert likeness(ImageOps.invert(seen[59].rotate(180)), as_asked[59]) > 30


def test_only_a_film_that_can_have_a_fault_gets_it(films: FilmSet, media: tuple[OrderItem, ...]) -> None:
    """A continuation has no first frame, and a film of a first frame continues nothing."""
    asked = order(I2V, *media)
    continuation = order(I2V, OrderItem("first_clip", "oss://a"))
    mute = order(I2V, *media, audio=False)
    shown = {kind.value for kind in FilmFaultKind} - {"blurred", "duplicate", "cut_off"}  # those of pictures
    assert {kind.value for kind in FilmFaultKind if asked.can_show(kind)} == shown - {"head", "jump"}
    assert {kind.value for kind in FilmFaultKind if continuation.can_show(kind)} == shown - {
        "first_frame",
        "last_frame",
    }
    assert {kind.value for kind in FilmFaultKind if mute.can_show(kind)} == shown - {
        "head",
        "jump",
        "silent",
        "clipped",
    }
