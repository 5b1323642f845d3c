"""Pictures as people see them: deep ones, large ones, and those that move."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image

from wanflow.media.container import BadMedia
from wanflow.media.picture.still import read_moving, read_still
from wanflow.media.probe import probe

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
COLOURS = {RED: "R", GREEN: "G", BLUE: "B"}


def moving(path: Path, kind: str, durations: tuple[int, ...] = (100, 200, 100), **more: object) -> Path:
    """Red, green and blue, each for its milliseconds."""
    red, green, blue = (Image.new("RGB", (40, 20), colour) for colour in COLOURS)
    lossless = {"lossless": True} if kind == "WEBP" else {}
    options = {"save_all": True, "append_images": [green, blue], "duration": list(durations), **lossless, **more}
    red.save(path, kind, **options)
    return path


def shown(path: Path, frames: int, rate: int = 10, first: int = 0) -> str:
    """The colours of a file's first frames."""
    pictures = islice(read_moving(path, Fraction(rate), first), frames)
    return "".join(COLOURS[colour] for colour in (picture.getpixel((5, 5)) for picture in pictures))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_plays_again_and_again(tmp_path: Path, kind: str) -> None:
    """Each picture for its own time, from any frame on."""
    path = moving(tmp_path / "a.dat", kind)
    assert shown(path, 9) == "RGGBRGGBR"
    assert shown(path, 4, first=5) == "GGBR"
    assert shown(path, 8, rate=20) == "RRGGGGBB"
    assert shown(path, 2, rate=5) == "RG"
    assert probe(path).pictures == 3


def test_an_animation_without_times_plays_as_in_a_browser(tmp_path: Path) -> None:
    """Ten pictures a second."""
    assert shown(moving(tmp_path / "a.gif", "GIF", (0, 0, 0)), 6) == "RGBRGB"


def test_the_default_picture_of_an_animation_is_not_played(tmp_path: Path) -> None:
    """An APNG may have one for programs that play nothing."""
    path = moving(tmp_path / "a.png", "PNG", (100, 100), default_image=True)
    assert shown(path, 4) == "GBGB"
    assert read_still(path).getpixel((5, 5)) == RED


def test_pages_are_counted_and_not_played(tmp_path: Path) -> None:
    """The first page of a TIFF stays; the preview behind a camera's JPEG does not count."""
    path = moving(tmp_path / "a.tiff", "TIFF", (100, 100, 100))
    assert (shown(path, 5), probe(path).pictures) == ("RRRRR", 3)
    picture = Image.new("RGB", (40, 20), RED)
    picture.save(tmp_path / "camera.jpg", "MPO", save_all=True, append_images=[picture])
    assert probe(tmp_path / "camera.jpg").pictures == 1


def test_a_clear_level_of_deep_grey_is_black(tmp_path: Path) -> None:
    """A PNG names it with sixteen bits; the level beside it is seen."""
    deep = Image.new("I;16", (2, 1), 90 * 257)
    deep.putpixel((1, 0), 91 * 257)
    deep.save(tmp_path / "deep.png", transparency=90 * 257)
    seen = read_still(tmp_path / "deep.png")
    assert [seen.getpixel((at, 0)) for at in (0, 1)] == [(0, 0, 0), (91, 91, 91)]


def test_an_animation_that_breaks_off_is_a_damaged_picture(tmp_path: Path) -> None:
    """Also where the damage lies behind the first picture."""
    noise = [Image.effect_noise((200, 200), 90) for _ in range(3)]
    noise[0].save(tmp_path / "a.png", save_all=True, append_images=noise[1:], duration=100)
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "half.png").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(BadMedia, match="is a damaged picture"):
        list(islice(read_moving(tmp_path / "half.png", Fraction(10)), 9))
