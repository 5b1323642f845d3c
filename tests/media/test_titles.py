"""Titles with real pixels: where their words lie, over what they can be read, and in which frames they are seen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from kit.assembly import SIZE, THIRTY, joined, made, recipe_of
from kit.clips import drawn_clip, pictures
from kit.square_fonts import bare_machine, square_font
from wanflow.language.production import TransitionKind
from wanflow.media.picture.segment import Card, JoinRecipe, SegmentRecipe, strip_height
from wanflow.media.picture.title import draw_title, draw_words, place_title, typography_of
from wanflow.media.text.font_files import find_family
from wanflow.media.text.fonts import PLAIN
from wanflow.media.text.title_look import TitleFont, TitleLook, TitleOverlay, titles_within

LOWER, TOP, CENTER = (TitleLook(position=position) for position in ("lower-third", "top", "center"))
SIZES = [(1280, 720), (360, 640), (320, 180)]
LONG = "The quick brown fox jumps over the lazy dog and goes home. " * 9
TEXTS = ["Ada Lovelace\nMathematician", LONG, "W" * 300, "גרייס הופר", "海岸的灯塔", "a\tb\x00\u202e%{pts}'"]

Extent = tuple[int, int, int, int]
"""Left, top, right, bottom."""


def extent(text: str, size: tuple[int, int], look: TitleLook) -> Extent:
    """Where the letters, and what is behind them, lie in a picture."""
    picture, (x, y) = draw_words(text, size, PLAIN, look)
    return x, y, x + picture.width, y + picture.height


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("position", ["center", "top", "lower-third"])
def test_a_title_lies_within_the_safe_margins_of_its_position(text: str, size: tuple[int, int], position: str) -> None:
    """Five percent of each side stay free; a vertical film keeps clear of what a platform draws over it."""
    left, top, right, bottom = extent(text, size, TitleLook(position=position))
    width, height = size
    soft = min(size) // 25  # a shadow fades out around the letters
    assert width // 20 - soft <= left
    assert right <= width - width // 20 + soft
    upper, lower = (height // 10, height - height // 5) if height > width else (height // 20, height - height // 20)
    if position == "lower-third":
        assert height * 2 // 3 - soft <= top < bottom <= min(lower, height - strip_height(size)) + soft
    if position == "top":
        assert upper - soft <= top < bottom <= height // 2 + soft
    if position == "center":
        assert abs(top + bottom - height) <= height // 10


def test_a_lower_third_is_on_the_side_where_its_words_begin() -> None:
    """At the left, at the right for words from right to left; other titles are in the middle."""
    size = (1280, 720)
    assert extent("Ada", size, LOWER)[0] < 100
    assert extent("Ada", size, LOWER)[2] < 640
    assert extent("שלום", size, LOWER)[0] > 640
    assert extent("שלום", size, LOWER)[2] > 1180
    for look in (TOP, CENTER):
        left, _, right, _ = extent("Ada", size, look)
        assert abs(left + right - 1280) <= 8


@pytest.mark.parametrize("position", ["center", "top", "lower-third"])
def test_letters_are_as_high_as_asked(position: str) -> None:
    """Twice the `size`, twice the height; letters for which the picture has no room shrink."""
    with bare_machine():
        asked, twice = (
            draw_title("H", (1280, 720), (0, 0, 0), look=TitleLook(size=Decimal(share), position=position)).getbbox()
            for share in ("0.05", "0.1")
        )
        assert asked
        assert twice
        assert abs((twice[3] - twice[1]) - 2 * (asked[3] - asked[1])) <= 2
        wide = draw_title("HHHHHHHHHHHHHHHH", (1280, 720), (0, 0, 0), look=TitleLook(size=Decimal("0.5"))).getbbox()
        assert wide
        assert wide[2] - wide[0] <= 1280 * 84 // 100


def test_a_word_is_not_broken_for_a_size_that_it_has_no_room_for() -> None:
    """Half of the height, in an upright film: the letters shrink until the longest word fits."""
    for position in ("center", "top", "lower-third"):
        placed = place_title(
            "The Lighthouse Keeper", (180, 320), look=TitleLook(size=Decimal("0.5"), position=position)
        )
        assert [word for line in placed.setting.lines for word in line.split()] == ["The", "Lighthouse", "Keeper"]
        assert placed.shrunk


@pytest.mark.parametrize("look", [LOWER, TOP, CENTER, replace(LOWER, color=(0, 0, 0)), replace(TOP, color=(0, 0, 160))])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_words_over_a_picture_can_be_read_over_any_picture(look: TitleLook, ground: int) -> None:
    """Over black, grey and white there are letters in their colour, and dark or bright pixels beside them."""
    size = (640, 360)
    shown = Image.new("RGB", size, (ground,) * 3)
    words, place = draw_words("Ada HHH", size, PLAIN, look)
    shown.paste(words, place, words)
    near = shown.crop((place[0], place[1], place[0] + words.width, place[1] + words.height))
    ink = look.color or (255, 255, 255)
    assert ink in {pixel for _, pixel in near.getcolors(1 << 20) or ()}
    low, high = near.convert("L").getextrema()
    assert isinstance(low, int)
    assert isinstance(high, int)
    assert high - low >= 90


def test_a_title_has_the_letters_of_its_own_font(tmp_path: Path) -> None:
    """Of a file, or of a family that the production brings; one that is nowhere leaves the usual letters."""
    font = square_font(tmp_path / "own.ttf", "Ada")
    with bare_machine():
        usual, own = (
            draw_title("Ada", (320, 180), (0, 0, 0), typography_of(look, PLAIN, tmp_path), look).getbbox()
            for look in (TitleLook(), TitleLook(TitleFont("own.ttf", is_file=True, identity="x")))
        )
        assert usual != own
        found = find_family("square", (font,))
        assert found is not None
        family = typography_of(
            TitleLook(TitleFont("SQUARE", is_file=False, identity="")), replace(PLAIN, fonts=(font,)), tmp_path
        )
        assert family.first == (font, 0)
        assert find_family("Nowhere Sans", (font,)) is None
        nowhere = TitleLook(TitleFont("Nowhere Sans", is_file=False, identity=""))
        assert typography_of(nowhere, PLAIN, tmp_path) == PLAIN


@pytest.mark.parametrize("size", [(2, 2), (16, 16), (64, 36), (36, 64)])
@pytest.mark.parametrize("text", ["Ada", "", "\u200b", "x" * 10_000, "\u202e\u2066", "\n\n"])
@pytest.mark.parametrize("position", ["center", "top", "lower-third"])
def test_any_words_can_be_drawn_in_any_picture(size: tuple[int, int], text: str, position: str) -> None:
    """Within the picture and at even places, as sixteen-bit colour has them; no words are clear pixels."""
    words, (x, y) = draw_words(text, size, PLAIN, TitleLook(position=position))
    assert (x % 2, y % 2) == (0, 0)
    assert x + words.width <= size[0]
    assert y + words.height <= size[1]
    draw_title(text, size, (0, 0, 0), PLAIN, TitleLook(position=position))


def grey(folder: Path, name: str = "grey", level: int = 100) -> Path:
    """A clip of thirty frames of one grey."""
    return drawn_clip(folder / f"{name}.mp4", [Image.new("RGB", SIZE, (level,) * 3)] * 30)


def levels(film: Path, box: Extent) -> list[int]:
    """How far the pixels of a box are from its picture's corner, in each frame."""
    found = []
    for picture in pictures(film):
        ground = picture.getpixel((0, 0))
        assert isinstance(ground, int)
        _, high = ImageChops.difference(picture, Image.new("L", picture.size, ground)).crop(box).getextrema()
        assert isinstance(high, int)
        found.append(high)
    return found


def test_a_title_is_in_its_frames_and_nowhere_else(tmp_path: Path) -> None:
    """Two titles over one clip, each in its own frames and place; the rest of the picture is untouched."""
    clip = grey(tmp_path)
    one, other = TitleOverlay("Ada", LOWER, 5, 12, 7), TitleOverlay("London", TOP, 10, 30, 20)
    film, _ = made(clip, recipe_of(clip, titles=(one, other)))
    lower, top = extent("Ada", SIZE, LOWER), extent("London", SIZE, TOP)
    assert [at for at, level in enumerate(levels(film, lower)) if level > 60] == [*range(5, 12)]
    assert [at for at, level in enumerate(levels(film, top)) if level > 60] == [*range(10, 30)]
    assert max(levels(film, (0, top[3] + 8, SIZE[0], lower[1] - 8))) <= 4
    assert max(level for at, level in enumerate(levels(film, lower)) if not 5 <= at < 12) <= 4


def test_a_title_fades_in_and_out(tmp_path: Path) -> None:
    """Its first frames come evenly, its last ones go, and between them it is whole."""
    clip = grey(tmp_path)
    look = replace(LOWER, fade=8)
    film, _ = made(clip, recipe_of(clip, titles=(TitleOverlay("Ada", look, 4, 28, 24),)))
    seen = levels(film, extent("Ada", SIZE, LOWER))
    assert max(seen[:4]) <= 4
    assert max(seen[28:]) <= 4
    assert seen[4:12] == sorted(seen[4:12])
    assert seen[20:28] == sorted(seen[20:28], reverse=True)
    whole = seen[12]
    assert whole > 100
    assert all(abs(level - whole) <= 3 for level in seen[12:20])
    assert abs(seen[8] - whole / 2) <= whole / 8
    assert abs(seen[24] - whole / 2) <= whole / 4


@pytest.mark.parametrize("rate", [THIRTY, Fraction(24000, 1001)])
def test_the_fade_of_a_title_goes_on_over_a_join(tmp_path: Path, rate: Fraction) -> None:
    """In two segments it has the levels that it has in one: its fades are counted from its own beginning."""
    clip = grey(tmp_path)
    title = TitleOverlay("Ada", replace(LOWER, fade=8), 2, 22, 20)
    whole = recipe_of(clip, count=24, rate=THIRTY)
    whole = replace(whole, rate=rate, frames=24)
    box = extent("Ada", SIZE, LOWER)
    at_once = levels(made(clip, replace(whole, titles=(title,)))[0], box)
    parts = []
    for begin, frames in ((0, 6), (6, 18)):
        part = replace(whole, skip=begin, frames=frames, titles=titles_within([title], begin, frames))
        parts += levels(made(clip, part)[0], box)
    assert len(parts) == 24
    assert all(abs(one - other) <= 6 for one, other in zip(at_once, parts, strict=True)), f"{at_once} {parts}"


def test_a_title_lies_over_a_transition(tmp_path: Path) -> None:
    """It is drawn on the finished blend, in its own frames of it."""
    dark, bright = grey(tmp_path, "dark", 40), grey(tmp_path, "bright", 160)
    sides = JoinRecipe(TransitionKind.DISSOLVE, recipe_of(dark, skip=20, frames=10), recipe_of(bright, frames=10))
    film, _ = joined(dark, bright, replace(sides, titles=(TitleOverlay("Ada", TOP, 3, 7, 4),)))
    seen = levels(film, extent("Ada", SIZE, TOP))
    assert [at for at, level in enumerate(seen) if level > 30] == [3, 4, 5, 6]


@pytest.mark.parametrize("kind", [kind for kind in TransitionKind if kind is not TransitionKind.CUT])
@pytest.mark.parametrize("rate", [THIRTY, Fraction(24000, 1001)])
def test_a_title_fades_within_any_transition(tmp_path: Path, kind: TransitionKind, rate: Fraction) -> None:
    """A fifth more of its white with each frame, whatever the pictures below it do."""
    clip = grey(tmp_path)
    before, after = (replace(recipe_of(clip, skip=skip), rate=rate, frames=10) for skip in (10, 0))
    title = TitleOverlay("HHH", TitleLook(size=Decimal("0.3"), fade=5), 0, 10, 10)
    film, _ = joined(clip, clip, JoinRecipe(kind, before, after, titles=(title,)))
    shares = []
    for picture in pictures(film):
        ground, (_, high) = picture.getpixel((0, 0)), picture.getextrema()
        assert isinstance(ground, int)
        assert isinstance(high, int)
        shares.append((high - ground) / (255 - ground))
    assert all(abs(shown - frame / 5) < 0.09 for frame, shown in enumerate(shares[:6])), shares
    assert all(abs(shown - (10 - frame) / 5) < 0.09 for frame, shown in enumerate(shares[6:], 6)), shares


def test_the_words_of_a_card_fade_and_its_ground_stays(tmp_path: Path) -> None:
    """A card with `fade` is its plain ground at both ends."""
    clip = grey(tmp_path)
    plain = recipe_of(clip)
    card = Card("HHH", (0, 0, 128), TitleLook(fade=6))
    recipe = replace(plain, source="", count=30, frames=30, card=card)
    seen = levels(made(clip, recipe)[0], (0, 0, *SIZE))
    assert seen[0] <= 4 < seen[3] < seen[6]
    assert seen[29] < seen[27] < seen[23]
    assert all(abs(level - seen[10]) <= 3 for level in seen[6:24])


def test_titles_are_in_the_keys_of_the_segments_that_show_them() -> None:
    """Words, look and frames; where nothing fades, a title from an earlier segment is as a new one."""
    plain = SegmentRecipe("ab" * 32, 0, 30, 30, 320, 180, THIRTY)
    title = TitleOverlay("Ada", LOWER, 0, 30, 30)
    looks = [
        replace(LOWER, size=Decimal("0.1")),
        replace(LOWER, color=(1, 2, 3)),
        replace(LOWER, fade=3),
        TOP,
        *(replace(LOWER, font=TitleFont("a.ttf", is_file=True, identity=each)) for each in ("x", "y")),
        replace(LOWER, font=TitleFont("a.ttf", is_file=False, identity="x")),
    ]
    others = [replace(title, text="Eve"), replace(title, end=29), *(replace(title, look=look) for look in looks)]
    keys = {plain.key(), *(replace(plain, titles=(each,)).key() for each in (title, *others))}
    assert len(keys) == len(others) + 2
    assert replace(plain, titles=(replace(title, passed=9, length=99),)).key() == replace(plain, titles=(title,)).key()
    fading = replace(title, look=replace(LOWER, fade=3))
    assert replace(plain, titles=(replace(fading, passed=9),)).key() != replace(plain, titles=(fading,)).key()
    join = JoinRecipe(TransitionKind.WIPE, plain, plain)
    assert replace(join, titles=(title,)).key() not in {join.key(), replace(join, titles=(others[0],)).key()}
