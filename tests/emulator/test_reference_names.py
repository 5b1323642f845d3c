"""Words on films: what a prompt calls each reference, and the vendor's mark."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image, ImageChops

from kit.square_fonts import bare_machine
from wanflow.emulator.api.order import Order, OrderItem
from wanflow.emulator.api.rules import read_catalog
from wanflow.emulator.film.drawing import WATERMARKS, Box, draw_names, draw_watermark
from wanflow.emulator.film.text import first_drawable, reference_names, title_of_card
from wanflow.media.text.layout import missing_glyphs

REFERENCES = [
    OrderItem("reference_image", "a"),
    OrderItem("reference_video", "b"),
    OrderItem("reference_image", "c"),
    OrderItem("reference_video", "d"),
]


@pytest.mark.parametrize(
    ("model", "prompt", "names"),
    [
        ("wan2.7-r2v", "Image 1 meets Video 1.", ["Image 1", "Video 1", "Image 2", "Video 2"]),
        ("wan2.7-r2v", "图1在视频1里玩耍", ["图1", "视频1", "图2", "视频2"]),
        ("wan2.7-r2v", "地图", ["Image 1", "Video 1", "Image 2", "Video 2"]),
        ("wan2.6-r2v", "character1 sings", ["character1", "character2", "character3", "character4"]),
    ],
)
def test_references_are_called_as_the_prompt_calls_them(model: str, prompt: str, names: list[str]) -> None:
    """Pictures and videos are counted each for themselves by the 2.7 models, together by 2.6 (service.md 2.1, 2.4)."""
    order = Order(read_catalog()[model], prompt)
    assert [words[0] for words in reference_names(REFERENCES, order)] == names


SEA = Order(read_catalog()["wan2.7-i2v"], "清晨的海")


def test_what_no_font_can_draw_is_said_in_english() -> None:
    """Never a box."""
    with bare_machine():
        assert first_drawable(("图1", "Image 1")) == "Image 1"
        assert first_drawable(WATERMARKS) == "AI"
        assert title_of_card(None, SEA) == "from words alone"


def test_a_card_speaks_the_language_of_the_prompt() -> None:
    """With a font that has it; a URL is named without what follows `?`."""
    gone = OrderItem("first_frame", "https://example.com/a.png?key=1")
    if not missing_glyphs("仅凭文字无法访问"):
        assert title_of_card(None, SEA) == "仅凭文字"
        assert title_of_card(gone, SEA) == "无法访问 first_frame：example.com/a.png"
    assert title_of_card(None, replace(SEA, prompt="the sea at dawn")) == "from words alone"
    assert title_of_card(gone, replace(SEA, prompt="the sea")) == "first_frame is out of reach: example.com/a.png"


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_name_lies_in_the_lower_left_corner_of_its_box(mode: str) -> None:
    """Over a hole for a video as well, and nowhere else."""
    clear = (200, 200, 200) if mode == "RGB" else (200, 200, 200, 0)
    made = Image.new(mode, (640, 360), clear)
    box = Box(100, 40, 300, 200)
    draw_names(made, [box], [("Image 1",)])
    changed = ImageChops.difference(made.convert("RGBA"), Image.new(mode, made.size, clear).convert("RGBA"))
    assert changed.getbbox(alpha_only=False) is not None
    left, top, right, bottom = changed.getbbox(alpha_only=False) or (0, 0, 0, 0)
    assert box.left < left < right < box.left + box.width // 2
    assert box.top + box.height // 2 < top < bottom < box.top + box.height


def test_a_box_too_small_for_its_name_has_none() -> None:
    """The picture is worth more than its name."""
    made = Image.new("RGB", (640, 360), (200, 200, 200))
    draw_names(made, [Box(0, 0, 10, 10)], [("Image 1",)])
    assert made.getcolors() == [(640 * 360, (200, 200, 200))]


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1920, 1080)])
def test_the_mark_is_at_the_lower_right(size: tuple[int, int]) -> None:
    """Within the frame, small."""
    box = draw_watermark(size).getbbox()
    assert box is not None
    assert box[0] > size[0] * 3 // 4
    assert box[1] > size[1] * 9 // 10
    assert box[2] <= size[0]
    assert box[3] <= size[1]
