"""What checks find in pictures: drawn ones with and without faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from PIL import Image, ImageDraw, ImageFilter

from kit.drawn_takes import Picture, barred, grained, lit, sharp_scene
from wanflow.language.checks import Check
from wanflow.media.checks.picture_check import thumbnail_of
from wanflow.media.checks.take_check import CheckTake
from wanflow.media.jobs import Worker
from wanflow.store.findings import Expected, Finding, TakeFindings, duplicate_of

SIZE = (640, 360)


def measured(folder: Path, picture: Picture, expected: Expected | None = None) -> TakeFindings:
    """What is found in a picture that is saved as a take."""
    picture.save(folder / "still.png", compress_level=1)
    return CheckTake(PurePath("still.png"), expected or Expected()).perform(Worker(folder))


def checks(folder: Path, picture: Picture, expected: Expected | None = None) -> list[Check]:
    """The checks that find something in a picture."""
    return [each.check for each in measured(folder, picture, expected).findings]


def blurred(radius: float) -> Picture:
    """A picture whose sharpest edge is blurred by a standard deviation of this many pixels."""
    return sharp_scene(1, SIZE).filter(ImageFilter.GaussianBlur(radius))


def before_blur() -> Picture:
    """A sharp thing in front of a blurred scene."""
    picture = blurred(8)
    ImageDraw.Draw(picture).ellipse((220, 90, 420, 330), fill="#d0b090")
    return picture


def moon() -> Picture:
    """A small light in a black night."""
    picture = Image.new("RGB", SIZE)
    ImageDraw.Draw(picture).ellipse((300, 60, 330, 90), fill="#fff0c0")
    return picture


INNOCENT: dict[str, Callable[[], Picture]] = {
    "sharp": lambda: sharp_scene(1, SIZE),
    "slightly soft": lambda: blurred(1.5),
    "night": lambda: lit(sharp_scene(1, SIZE), 0.12),
    "before blur": before_blur,
    "fog": lambda: Image.blend(Image.new("RGB", SIZE, "#c8ccd0"), sharp_scene(1, SIZE), 0.08),
    "gradient": lambda: Image.linear_gradient("L").resize(SIZE).convert("RGB"),
    "moon": moon,
    "grain": lambda: grained([sharp_scene(1, SIZE)], 6)[0],
}


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_picture_has_no_findings(name: str, tmp_path: Path) -> None:
    """Nights, fog and a blur behind a sharp thing are as they should be."""
    assert checks(tmp_path, INNOCENT[name](), Expected(width=640, height=360)) == []


@pytest.mark.parametrize(
    ("draw", "check"),
    [
        (lambda: Image.new("RGB", SIZE), Check.BLACK),
        (lambda: Image.new("RGB", SIZE, "#406080"), Check.FLAT),
        (lambda: blurred(4), Check.BLURRED),
        (lambda: blurred(20), Check.BLURRED),
        (lambda: barred([sharp_scene(1, SIZE)], 0.12)[0], Check.LETTERBOX),
    ],
)
def test_a_picture_with_one_fault_has_one_finding(draw: Callable[[], Picture], check: Check, tmp_path: Path) -> None:
    """A black picture is not said to be of one colour as well."""
    assert checks(tmp_path, draw()) == [check]


def test_the_blur_is_measured_in_pixels_of_a_picture_of_1280(tmp_path: Path) -> None:
    """Whatever the picture shows; a larger one is scaled down before."""
    for seed in (1, 2, 3):
        large = sharp_scene(seed, (2560, 1440)).filter(ImageFilter.GaussianBlur(8))
        (finding,) = measured(tmp_path, large).findings
        assert 2.5 < finding.measure <= 4.5


def test_transparent_parts_are_found(tmp_path: Path) -> None:
    """No model takes a picture with an alpha channel; one that is opaque everywhere has one, too."""
    picture = sharp_scene(1, SIZE)
    for opaque, percent in ((255, 0), (0, 25)):
        alpha = Image.new("L", SIZE, 255)
        alpha.paste(opaque, (0, 0, SIZE[0] // 2, SIZE[1] // 2))
        picture.putalpha(alpha)
        (finding,) = measured(tmp_path, picture).findings
        assert (finding.check, finding.measure) == (Check.ALPHA, percent)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (Expected(width=640, height=368), []),
        (Expected(width=640, height=380), [Check.SIZE]),
        (Expected(width=656, height=360, size_by_word=True), []),
        (Expected(width=480, height=480, size_by_word=True), [Check.SIZE]),
        (Expected(), []),
    ],
)
def test_the_size_is_compared_with_what_was_asked_for(expected: Expected, found: list[Check], tmp_path: Path) -> None:
    """Pixels leave room for multiples of 16, a word such as `2K` for what the service makes of it."""
    assert checks(tmp_path, sharp_scene(1, SIZE), expected) == found


def test_a_damaged_picture_has_no_findings_and_no_fault(tmp_path: Path) -> None:
    """What it is worth is another question; a run goes on."""
    sharp_scene(1, SIZE).save(tmp_path / "whole.png")
    data = (tmp_path / "whole.png").read_bytes()
    for content in (data[: len(data) // 2], b"", b"\x89PNG\r\n\x1a\n"):
        (tmp_path / "still.png").write_bytes(content)
        assert CheckTake(PurePath("still.png"), Expected()).perform(Worker(tmp_path)) == TakeFindings(())


def other_eye() -> Picture:
    """The same picture with one small thing changed, a fortieth of its width."""
    picture = sharp_scene(1, SIZE)
    ImageDraw.Draw(picture).ellipse((320, 180, 336, 196), fill="#e0e0e0")
    return picture


@pytest.mark.parametrize(
    ("draw", "same"),
    [
        (lambda: sharp_scene(1, SIZE), True),
        (lambda: grained([sharp_scene(1, SIZE)], 4)[0], True),
        (lambda: lit(sharp_scene(1, SIZE), 0.99), True),
        (lambda: lit(sharp_scene(1, SIZE), 0.9), False),
        (other_eye, False),
        (lambda: sharp_scene(2, SIZE), False),
    ],
)
def test_two_pictures_that_look_the_same_are_told(draw: Callable[[], Picture], same: bool) -> None:
    """A small thing that differs tells them apart."""
    found = duplicate_of(thumbnail_of(draw()), {"still.t1": thumbnail_of(sharp_scene(1, SIZE))})
    assert (found is not None) is same
    assert found is None or (found.other, str(found.text)) == ("still.t1", "it looks like still.t1")


def test_what_is_found_in_a_picture_has_no_seconds() -> None:
    """The words are those of pictures."""
    assert str(Finding(Check.BLACK, 100, 99).text) == "the picture is black"
