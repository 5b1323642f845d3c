"""Burned-in captions: which frames show them, where they stand, and that nothing else changes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import ffmpeg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kit.clips import numbered_clip
from wanflow.media import encoder
from wanflow.media.extract import arguments_of
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import RunningProcesses
from wanflow.media.picture.segment import strip_height
from wanflow.media.text.caption_layout import MOST_ROWS, Caption, stacked, within
from wanflow.media.text.captions import draw_caption, letters_of, overlay_captions
from wanflow.planner.cut import placed_at

SIZES = [(1280, 720), (720, 1280), (320, 180)]
LONG = "The quick brown fox jumps over the lazy dog and goes home. " * 60
HOSTILE = "%{pts}\x00\x1b[0m \u202e',drawtext=x:y;[0:v]\n\n\nend\\"
TEXTS = ["Who is there?", "灯塔尽头的世界，海边的最后一夜。" * 4, LONG, HOSTILE, "W" * 500, "\n".join("abcdefgh")]


def placed(caption: Caption, size: tuple[int, int]) -> Image.Image:
    """The alpha of a whole picture with a caption at its place."""
    strip = draw_caption(caption, size)
    alpha = Image.new("L", size)
    alpha.paste(strip.getchannel("A"), (0, 0 if caption.place == "top" else size[1] - strip.height))
    return alpha


def extent(caption: Caption, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where in the picture a caption has ink: left, top, right, bottom."""
    box = placed(caption, size).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", ["bottom", "top"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_caption_stays_within_its_margins(text: str, place: str, size: tuple[int, int]) -> None:
    """At most nine tenths wide and four lines high, clear of the edges and of the slate."""
    caption = Caption(text, 0, 1, place, 5)
    left, top, right, bottom = extent(caption, size)
    strip = draw_caption(caption, size)
    assert (strip.width, strip.height % 2, strip.mode) == (size[0], 0, "RGBA")
    assert right - left <= size[0] * 92 // 100
    assert abs(left - (size[0] - right)) <= size[0] // 25  # a full-width comma has its room behind it
    assert bottom - top <= letters_of(min(size) * 5 // 100 + 1) * 6
    assert bottom <= size[1] - strip_height(size)
    assert top >= size[1] * 3 // 100
    assert (bottom < size[1] // 2) is (place == "top")


def test_speech_is_white_with_a_dark_outline() -> None:
    """So it is read on any picture: each letter has white inside, black around it, and no box."""
    strip = draw_caption(Caption("HHH", 0, 1), (1280, 720))
    colours = {colour for _, colour in strip.getcolors(100_000) or []}
    assert {(255, 255, 255, 255), (0, 0, 0, 255), (0, 0, 0, 0)} <= colours
    dark = sum(count for count, colour in strip.getcolors(100_000) or [] if colour == (0, 0, 0, 255))
    white = sum(count for count, colour in strip.getcolors(100_000) or [] if colour == (255, 255, 255, 255))
    assert white / 4 < dark < white * 4


def test_a_notice_lies_on_a_translucent_box() -> None:
    """White letters, and what is behind them is still to be guessed."""
    strip = draw_caption(Caption("AI generated", 0, 1, "top"), (1280, 720))
    counted = sorted(strip.getcolors(100_000) or [], reverse=True)
    assert [colour for _, colour in counted[:2]] == [(0, 0, 0, 0), (0, 0, 0, 168)]
    assert (255, 255, 255, 255) in {colour for _, colour in counted}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [3, 5, Decimal("7.5")])
def test_the_letters_of_a_notice_are_as_high_as_asked(size: tuple[int, int], share: Decimal | int) -> None:
    """A capital has at least the share of the shorter side, whatever the length of the text."""
    for text in ("H", "H" * 900):
        strip = draw_caption(Caption(text, 0, 1, "top", share), size)
        solid = strip.getchannel("R").point(lambda level: 255 if level > 100 else 0)
        assert solid.getbbox() is not None
        rows = [solid.crop((0, row, *(solid.width, row + 1))).getbbox() is not None for row in range(solid.height)]
        first = rows.index(True)
        assert rows[first:].index(False) >= min(size) * Fraction(share) / 100


def test_no_word_of_speech_is_lost_for_its_line_breaks() -> None:
    """A text of more lines than there may be flows together."""
    assert draw_caption(Caption("\n".join("abcdefgh"), 0, 1), (640, 360)).tobytes() == (
        draw_caption(Caption(" ".join("abcdefgh"), 0, 1), (640, 360)).tobytes()
    )


def test_a_caption_without_text_is_clear() -> None:
    """Nothing to draw is fine."""
    for place in ("bottom", "top"):
        assert placed(Caption("\u200b\n", 0, 1, place), (320, 180)).getbbox() is None


@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_a_subtitle_is_where_its_position_says(size: tuple[int, int]) -> None:
    """In the lower half it ends there, in the upper half it begins there, whatever the number of its lines."""
    gap = size[1] * 4 // 100
    for text in ("HHH", "HHH\nHHH"):
        for position in ("0.9", "0.8", "0.6"):
            place, edge = placed_at(Decimal(position), size)
            bottom = extent(Caption(text, 0, 1, place, edge=edge), size)[3]
            assert size[1] * Fraction(position) - gap <= bottom <= size[1] * Fraction(position)
        for position in ("0", "0.1", "0.5"):
            place, edge = placed_at(Decimal(position), size)
            top = extent(Caption(text, 0, 1, place, edge=edge), size)[1]
            assert size[1] * Fraction(position) <= top <= size[1] * Fraction(position) + 2 * gap
    assert extent(Caption("HHH", 0, 1, "bottom", edge=Decimal(1)), size)[1] <= gap


def test_a_vertical_film_keeps_subtitles_clear_of_the_interface() -> None:
    """A fifth of the height below and a tenth above; in other films they are where they were."""
    assert placed_at("bottom", (1920, 1080)) == placed_at("bottom", (720, 720)) == ("bottom", None)
    for position, begin, end in (("bottom", 700, 1024), ("top", 128, 300)):
        place, edge = placed_at(position, (720, 1280))
        _, top, _, bottom = extent(Caption("HHH\nHHH", 0, 1, place, edge=edge), (720, 1280))
        assert begin <= top < bottom <= end


def test_a_subtitle_at_the_top_has_no_box_and_is_below_the_notice() -> None:
    """Both are seen while the notice is shown."""
    place, edge = placed_at("top", (640, 360))
    notice, words = within([Caption("AI", 0, 50, "top", 5), Caption("HHH", 0, 50, place, edge=edge)], 0, 50)
    assert extent(notice, (640, 360))[3] <= extent(words, (640, 360))[1]
    assert (0, 0, 0, 168) in {colour for _, colour in draw_caption(notice, (640, 360)).getcolors(9_999) or []}
    assert (0, 0, 0, 168) not in {colour for _, colour in draw_caption(words, (640, 360)).getcolors(9_999) or []}


def test_captions_of_one_moment_stand_over_each_other() -> None:
    """No pixel belongs to two; those at the bottom grow upwards and those at the top downwards."""
    for place, sign in (("bottom", -1), ("top", 1)):
        film = [
            Caption("One line, " * 9, 0, 9, place),
            Caption("another", 2, 9, place),
            Caption("a third", 3, 5, place, 6),
        ]
        for size in SIZES:
            boxes = [extent(caption, size) for caption in within(film, 0, 9)]
            heights = [sign * box[1] for box in boxes]
            assert heights == sorted(heights)
            for lower, upper in pairwise(boxes):
                assert lower[1] >= upper[3] if place == "bottom" else lower[3] <= upper[1]


def test_a_segment_has_the_captions_of_its_frames() -> None:
    """In frames of its own, cut at its ends; what is only shown before or after it isn't there."""
    film = [Caption("before", 0, 10), Caption("across", 8, 13), Caption("inside", 14, 16), Caption("over", 18, 40)]
    film += [Caption("after", 20, 30, "top"), Caption(" ", 12, 14)]
    found = [(caption.text, caption.first, caption.end) for caption in within(film, 10, 10)]
    assert found == [("across", 0, 3), ("inside", 4, 6), ("over", 8, 10)]
    assert within(film, 100, 5) == ()
    assert [caption.text for caption in within(reversed(film), 10, 10)] == ["across", "inside", "over"]


def test_a_caption_keeps_its_place_across_a_join() -> None:
    """Also where the one below it ended before, or where another one comes below it later."""
    film = [Caption("first line\nand second", 0, 5), Caption("stays", 3, 20), Caption("a\nb\nc\nd", 12, 15)]
    boxes = {
        extent(caption, (640, 360))
        for at in (0, 6, 10, 16)
        for caption in within(film, at, 4)
        if caption.text == "stays"
    }
    assert len(boxes) == 1
    tall = next(caption for caption in within(film, 10, 5) if caption.first == 2)
    assert boxes.pop()[3] <= extent(tall, (640, 360))[1]


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12), st.integers(1, 4)), max_size=9)


@settings(max_examples=40, deadline=None)
@given(SPANS)
def test_no_caption_is_printed_over_another(spans: list[tuple[int, int, int]]) -> None:
    """However they overlap, a frame shows at most MOST_ROWS, and none of them shares a line with another."""
    film = tuple(Caption("\n".join("x" * lines), first, first + frames) for first, frames, lines in spans)
    shown = stacked(film)
    boxes = [extent(caption, (400, 800)) for caption in shown]
    for frame in range(42):
        inside = sorted(
            box[1::2] for box, caption in zip(boxes, shown, strict=True) if caption.first <= frame < caption.end
        )
        assert len(inside) <= MOST_ROWS
        assert all(upper[1] <= lower[0] for upper, lower in pairwise(inside))
    if all(sum(one.first < other.end and other.first < one.end for other in film) <= MOST_ROWS for one in film):
        assert len(shown) == len(film)


CAPTION = Caption("text", 3, 9, "bottom", 4)


@pytest.mark.parametrize(
    "change",
    [
        {"text": "other"},
        {"first": 2},
        {"end": 8},
        {"place": "top"},
        {"share": Decimal("4.5")},
        {"edge": Decimal("0.2")},
        {"place": "top", "edge": Decimal("0.2")},
    ],
)
def test_every_part_of_a_caption_is_in_its_canonical_form(change: dict[str, object]) -> None:
    """A part that a segment's key forgot would serve a stale segment; equal shares are equal."""
    assert replace(CAPTION, **change).canonical() != CAPTION.canonical()  # type: ignore[arg-type]
    assert replace(CAPTION, share=Decimal("4.00")).canonical() == CAPTION.canonical()
    upper = [caption for caption in within([CAPTION, Caption("over", 4, 5)], 0, 9) if caption.below]
    changed = [
        caption for caption in within([replace(CAPTION, text="ot\nher"), Caption("over", 4, 5)], 0, 9) if caption.below
    ]
    assert upper[0].canonical() != changed[0].canonical()


def test_a_caption_travels_to_another_process() -> None:
    """It is a plain value."""
    caption = stacked((CAPTION, Caption("over", 4, 5)))[1]
    assert pickle.loads(pickle.dumps(caption)) == caption  # noqa: S301


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"place": "left"}, "not at `left`"),
        ({"first": -1}, "a frame"),
        ({"end": 3}, "a frame"),
        ({"share": 0}, "percent"),
    ],
)
def test_what_no_picture_can_show_is_refused(wrong: dict[str, object], reason: str) -> None:
    """A caption has frames, a place and a height."""
    with pytest.raises(ValueError, match=reason):
        replace(CAPTION, **wrong)  # type: ignore[arg-type]


def test_a_plan_does_not_pay_for_drawing() -> None:
    """The values come without Pillow and ffmpeg."""
    code = "import sys, wanflow.media.text.caption_layout; print({'PIL', 'ffmpeg', 'av'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


FRAMES, SIZE = 24, (320, 180)
FILM = [
    Caption("first frame only", 0, 1),
    Caption("a few", 5, 12),
    Caption("one", 12, 13),
    Caption("over it", 8, 20),
    Caption("to the end", 23, 99),
    Caption("notice", 3, 9, "top", 6),
]


def planes(clip: Path, captions: Sequence[Caption], target: Path, rate: Fraction) -> list[tuple[bytes, ...]]:
    """The three planes of each frame of a film with captions, without losses and without padding."""
    files = [(caption, target.with_name(f"{target.stem} it's 50%d {at}.png")) for at, caption in enumerate(captions)]
    for caption, file in files:
        draw_caption(caption, SIZE).save(file, "PNG")
    film = ffmpeg.input(str(clip)).video.filter("setpts", "PTS-STARTPTS-10").filter("fps", fps=str(rate), round="up")
    film = film.filter("scale", *SIZE, **encoder.TO_BT709, in_color_matrix="bt601").filter("format", "yuv420p")
    film = overlay_captions(film.filter("trim", end_frame=FRAMES), files).filter("setparams", **encoder.TAGS)
    lossless = {"c:v": "ffv1", "fps_mode": "passthrough", "f": "matroska"}
    arguments = arguments_of(ffmpeg.output(film, str(target), **lossless))
    assert not any(caption.text in argument for caption in captions for argument in arguments)
    run_ffmpeg(arguments, processes=RunningProcesses())
    with av.open(str(target)) as container:
        frames = list(container.decode(video=0))
    assert {(frame.format.name, frame.colorspace, frame.color_range) for frame in frames} == {("yuv420p", 1, 1)}
    return [tuple(packed(bytes(plane), plane.width, plane.line_size) for plane in frame.planes) for frame in frames]


def packed(data: bytes, width: int, line: int) -> bytes:
    """A plane's pixels without what pads its lines."""
    return b"".join(data[at : at + width] for at in range(0, len(data), line))


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(24000, 1001)])
def test_a_caption_is_in_its_frames_and_nowhere_else(tmp_path: Path, rate: Fraction) -> None:
    """Frame by frame: the right captions at the right lines, and every other pixel is what it was."""
    clip = numbered_clip(tmp_path / "clip.mp4", 32, SIZE, sound=False)
    captions = within(FILM, 0, FRAMES)
    plain = planes(clip, (), tmp_path / "plain.mkv", rate)
    burned = planes(clip, captions, tmp_path / "burned.mkv", rate)
    assert len(plain) == len(burned) == FRAMES
    inked = [extent(caption, SIZE) for caption in captions]
    for frame, (before, after) in enumerate(zip(plain, burned, strict=True)):
        changed = rows_that_differ(before[0], after[0], SIZE[0])
        tinted = set().union(*(rows_that_differ(before[at], after[at], SIZE[0] // 2) for at in (1, 2)))
        shown = [box for box, caption in zip(inked, captions, strict=True) if caption.first <= frame < caption.end]
        assert all(any(box[1] <= row < box[3] for box in shown) for row in changed)
        assert all(any(box[1] <= row * 2 + 1 and row * 2 < box[3] for box in shown) for row in tinted)
        assert all(len(changed & set(range(box[1], box[3]))) > (box[3] - box[1]) // 2 for box in shown)


def test_a_caption_has_the_greys_that_were_drawn(tmp_path: Path) -> None:
    """White is the white of video, and a notice's box lets a third of what is behind it through."""
    clip = numbered_clip(tmp_path / "clip.mp4", 32, SIZE, sound=False, first=4095 - 32)
    notice = Caption("HHH", 0, FRAMES, "top", 20)
    strip = draw_caption(notice, SIZE)
    plain, burned = (
        planes(clip, captions, tmp_path / f"{len(captions)}.mkv", Fraction(30)) for captions in ((), (notice,))
    )
    drawn = [tuple(strip.tobytes()[at : at + 4]) for at in range(0, strip.width * strip.height * 4, 4)]
    for before, after in zip(plain, burned, strict=True):
        assert {after[0][at] for at, pixel in enumerate(drawn) if pixel == (255,) * 4} == {235}
        behind = [at for at, pixel in enumerate(drawn) if pixel == (0, 0, 0, 168)]
        assert max(abs(after[0][at] - (before[0][at] * 87 + 16 * 168) / 255) for at in behind) <= 1


def rows_that_differ(one: bytes, other: bytes, width: int) -> set[int]:
    """The lines of two planes that are not the same."""
    return {at // width for at in range(0, len(one), width) if one[at : at + width] != other[at : at + width]}
