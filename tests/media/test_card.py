"""Title cards and stills, pixel by pixel."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms

from kit.clips import cut_short
from kit.square_fonts import bare_machine, square_font
from wanflow.media.container import BadMedia
from wanflow.media.picture.card import fit_still
from wanflow.media.picture.title import draw_title
from wanflow.media.text.fonts import Typography

SIZES = [(1280, 720), (720, 1280), (320, 180)]
HOSTILE = "%{pts}\x00\x1b[0m \u202eThe End\n" + "W" * 5000
RED, BLUE, BLACK = (255, 0, 0), (0, 0, 255), (0, 0, 0)


def text_box(card: Image.Image) -> tuple[int, int, int, int]:
    """Where the letters lie on a card: left, top, right, bottom."""
    box = ImageChops.difference(card, Image.new("RGB", card.size, card.getpixel((0, 0)))).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "text", ["The End", "The lighthouse at the end of the world", "灯塔尽头的世界" * 3, HOSTILE, "fox " * 5000]
)
def test_a_title_stands_in_the_middle(size: tuple[int, int], text: str) -> None:
    """With margins on all sides, whatever the text."""
    card = draw_title(text, size, (20, 60, 120))
    left, top, right, bottom = text_box(card)
    assert card.size == size
    assert min(left, size[0] - right) >= size[0] * 7 // 100
    assert min(top, size[1] - bottom) >= size[1] * 7 // 100
    assert abs(left - (size[0] - right)) <= size[0] // 40
    assert abs(top - (size[1] - bottom)) <= size[1] // 20


def test_a_title_is_as_large_as_a_title_should_be() -> None:
    """Letters of about a tenth of the height: a capital is some two thirds of that."""
    for size in ((1280, 720), (320, 180)):
        _, top, _, bottom = text_box(draw_title("H", size, BLACK))
        assert 0.06 <= (bottom - top) / size[1] <= 0.09


def test_a_narrow_title_keeps_its_words() -> None:
    """Upright films have little width: a word is set smaller rather than broken."""
    whole = text_box(draw_title("Lighthousekeepers", (720, 1280), BLACK))
    line = text_box(draw_title("H", (720, 1280), BLACK))
    assert whole[3] - whole[1] < 2 * (line[3] - line[1])


@pytest.mark.parametrize(
    ("background", "ink"),
    [
        ((0, 0, 0), 255),
        ((255, 255, 255), 0),
        ((240, 200, 60), 0),
        ((20, 60, 120), 255),
        ((0, 0, 255), 255),
        ((0, 255, 0), 0),
    ],
)
def test_the_ink_is_what_can_be_read(background: tuple[int, int, int], ink: int) -> None:
    """White on dark cards, black on bright ones."""
    colours = {colour for _, colour in draw_title("HHH", (640, 360), background).getcolors(100_000) or []}
    assert (ink,) * 3 in colours
    assert background in colours
    assert (255 - ink,) * 3 not in colours - {background}


def test_the_same_title_is_the_same_picture(tmp_path: Path) -> None:
    """Two drawings do not differ; another text, another background and another font do."""
    font = square_font(tmp_path / "han.ttf", "灯塔")
    with bare_machine():
        cards = [
            draw_title("灯塔", (320, 180), BLACK),
            draw_title("灯", (320, 180), BLACK),
            draw_title("灯塔", (320, 180), RED),
            draw_title("灯塔", (320, 180), BLACK, Typography((font,))),
        ]
        assert draw_title("灯塔", (320, 180), BLACK).tobytes() == cards[0].tobytes()
    assert len({card.tobytes() for card in cards}) == 4


def test_a_title_without_text_or_room_is_a_plain_card() -> None:
    """Nothing to draw is fine."""
    assert draw_title(" \n\u200b", (320, 180), RED).getcolors() == [(320 * 180, RED)]
    assert draw_title("The End", (2, 2), RED).size == (2, 2)


def flag(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, two to one."""
    picture = Image.new("RGB", (40, 20), RED)
    picture.paste(BLUE, (20, 0, 40, 20))
    return picture.convert(mode)


def close(found: object, wanted: tuple[int, int, int]) -> bool:
    """Whether two colours look the same; JPEG and conversions round."""
    assert isinstance(found, tuple)
    return all(abs(one - other) <= 3 for one, other in zip(found, wanted, strict=True))


KINDS: dict[str, Callable[[Path], None]] = {
    "png": lambda path: flag().save(path, "PNG"),
    "jpeg": lambda path: flag().save(path, "JPEG", quality=95),
    "webp": lambda path: flag().save(path, "WEBP", lossless=True),
    "bmp": lambda path: flag().save(path, "BMP"),
    "gif": lambda path: flag().save(path, "GIF", save_all=True, append_images=[Image.new("RGB", (40, 20))]),
    "tiff": lambda path: flag().save(path, "TIFF"),
    "palette": lambda path: flag("P").save(path, "PNG"),
    "cmyk jpeg": lambda path: flag("CMYK").save(path, "JPEG", quality=95),
    "cmyk tiff": lambda path: flag("CMYK").save(path, "TIFF"),
    "opaque": lambda path: flag("RGBA").save(path, "PNG"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_all_kinds_come_to_the_size(tmp_path: Path, kind: str) -> None:
    """With bars the whole picture between black; cropped no bar at all. The name says nothing."""
    KINDS[kind](tmp_path / "it's 100%.dat")
    still = fit_still(tmp_path / "it's 100%.dat", (80, 80), "bars")
    assert (still.mode, still.size) == ("RGB", (80, 80))
    assert [close(still.getpixel(at), colour) for at, colour in (((9, 40), RED), ((70, 40), BLUE))] == [True, True]
    assert [still.getpixel(at) for at in ((40, 18), (40, 61))] == [BLACK, BLACK]
    cropped = fit_still(tmp_path / "it's 100%.dat", (80, 80), "crop")
    corners = [cropped.getpixel(at) for at in ((0, 0), (0, 79), (79, 0), (79, 79))]
    assert [close(corner, colour) for corner, colour in zip(corners, (RED, RED, BLUE, BLUE), strict=True)] == [True] * 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_stands_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    """As the camera says that it was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    flag().save(tmp_path / "photo", kind, exif=exif)
    still = fit_still(tmp_path / "photo", (80, 80), "bars")
    first, last = ((40, 9), (40, 70)) if orientation >= 5 else ((9, 40), (70, 40))
    red, blue = (last, first) if orientation in {2, 3, 7, 8} else (first, last)
    assert close(still.getpixel(red), RED)
    assert close(still.getpixel(blue), BLUE)


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "seen"),
    [
        ("I;16", 32768, "PNG", 128),
        ("I;16", 200, "PNG", 0),
        ("I;16", 65535, "TIFF", 255),
        ("I", 32768, "TIFF", 128),
        ("F", 0.5, "TIFF", 127),
        ("1", 1, "PNG", 255),
        ("L", 77, "PNG", 77),
        ("LA", (200, 128), "PNG", 100),
        ("RGBA", (90, 90, 90, 0), "PNG", 0),
    ],
)
def test_grey_and_clear_pictures_keep_their_levels(
    tmp_path: Path, mode: str, colour: float | tuple[int, ...], kind: str, seen: int
) -> None:
    """Sixteen bits are not clipped to eight, and what is clear lies over black."""
    Image.new(mode, (8, 8), colour).save(tmp_path / "grey", kind)
    assert fit_still(tmp_path / "grey", (4, 4), "bars").getcolors() == [(16, (seen,) * 3)]


def test_a_clear_colour_of_a_palette_is_black(tmp_path: Path) -> None:
    """A GIF's holes lie over black too."""
    picture = flag().quantize(2)
    picture.save(tmp_path / "hole.gif", transparency=picture.getpixel((0, 0)))
    still = fit_still(tmp_path / "hole.gif", (40, 20), "bars")
    assert (still.getpixel((5, 10)), still.getpixel((35, 10))) == (BLACK, BLUE)


def test_a_picture_is_seen_in_its_own_colours(tmp_path: Path) -> None:
    """A profile that calls red what others call blue turns the flag; one that is damaged or for grey changes nothing."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"?").replace(b"bXYZ", b"rXYZ").replace(b"?", b"bXYZ")
    flag().save(tmp_path / "swapped.png", icc_profile=swapped)
    flag().save(tmp_path / "damaged.png", icc_profile=profile[:90])
    flag("L").save(tmp_path / "grey.png", icc_profile=profile)
    assert close(fit_still(tmp_path / "swapped.png", (40, 20), "bars").getpixel((5, 10)), BLUE)
    assert fit_still(tmp_path / "damaged.png", (40, 20), "bars").tobytes() == flag().tobytes()
    assert fit_still(tmp_path / "grey.png", (40, 20), "bars").tobytes() == flag("L").convert("RGB").tobytes()


def test_a_thread_of_a_picture_fills_the_frame(tmp_path: Path) -> None:
    """Cropped from a picture of one column it costs no more than any other."""
    Image.new("RGB", (1, 20_000), RED).save(tmp_path / "thin.png")
    assert fit_still(tmp_path / "thin.png", (1280, 720), "crop").getcolors() == [(1280 * 720, RED)]
    assert fit_still(tmp_path / "thin.png", (1280, 720), "bars").getpixel((639, 300)) == RED


def bomb(path: Path) -> None:
    """A PNG that says it has 2.5 gigapixels."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"0")),
        (b"IEND", b""),
    ]
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


def half(path: Path) -> None:
    """A picture whose download broke off."""
    Image.effect_noise((200, 200), 90).save(path.with_suffix(".png"))
    cut_short(path.with_suffix(".png"), path)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "half": (half, "is a damaged picture"),
    "bomb": (bomb, "is a picture of more than 64 million pixels"),
    "text": (lambda path: path.write_text("hello"), "is not a picture"),
    "empty": (lambda path: path.write_bytes(b""), "is not a picture"),
    "folder": (Path.mkdir, "is not a file"),
    "nothing": (lambda _: None, "does not exist"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_refused(tmp_path: Path, kind: str) -> None:
    """With the file's name and the reason."""
    make, reason = BAD[kind]
    make(tmp_path / "still.dat")
    with pytest.raises(BadMedia, match=f"`still.dat` {reason}"):
        fit_still(tmp_path / "still.dat", (80, 80), "bars")


def test_a_fit_that_nobody_knows_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    """It is not blamed on the picture."""
    flag().save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="not as `stretch`"):
        fit_still(tmp_path / "a.png", (80, 80), "stretch")
