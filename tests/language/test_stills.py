"""Stills in the production file: where a picture may stand, and what is wrong about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanflow.catalog.model import PixelBounds, nearest_size
from wanflow.graph.build import build
from wanflow.language.media_checks import check_media
from wanflow.language.problem import SpecError

HEAD = "wanflow: 1\ndefaults: {resolution: 720P, negative_prompt: blurry}\n"
STORY = """\
cast:
  captain: {image: {shot: sheet}}
shots:
  sheet: {model: wan2.7-image, prompt: a captain, size: 1280*720}
  door_still: {model: wan2.7-image, prompt: "${captain} at the door", size: 1280*720, takes: 4, pick: wait}
  door: {model: wan2.7-i2v, first_frame: {shot: door_still}, last_frame: {shot: sheet}, prompt: he turns}
  talk: {model: wan2.7-r2v, prompt: "${captain} speaks", references: [captain, {image: {shot: door_still}}]}
cuts:
  main: [{shot: door_still, duration: 2}, door]
"""


def said(reading, text):
    """Place, message and hint of each problem, of media too."""
    production, problems = reading(text, head=HEAD)
    if production is not None:
        problems = (*problems, *check_media(production, {}))
    return [(f"{each.place.line}:{each.place.column}", each.message, each.hint or "") for each in problems]


def test_a_still_may_stand_wherever_a_picture_may(reading) -> None:
    """As a frame, a reference, a cast member and an item of a cut; a default that its model lacks is not sent."""
    assert said(reading, STORY) == []
    production, _ = reading(STORY, head=HEAD)
    shots = production.shots
    assert shots["door_still"].prompt == "Image 1 at the door"
    assert shots["door_still"].negative_prompt is None
    assert shots["door"].negative_prompt == "blurry"
    assert build(production).inputs("door_still") == ("sheet",)
    assert build(production).inputs("cut:main") == ("door_still", "door")


STILL = "shots:\n  still: {model: wan2.7-image, prompt: x, size: 1280*720}\n  film: {model: wan2.7-t2v, prompt: y}\n"
I2V = "  a: {model: wan2.7-i2v, prompt: z, "
WRONG = [
    (I2V + "first_clip: {shot: still}}", "6:56", "`still` is a picture, and `first_clip` takes a video", "first_frame"),
    (I2V + "first_frame: {shot: film}}", "6:57", "`film` is a video, and `first_frame` takes a picture", "frame: last"),
    (I2V + "first_frame: {shot: still, frame: last}}", "6:57", "`still` is a picture: it has no frames", "`frame`"),
    (I2V + "first_clip: {shot: still, tail: 2}}", "6:56", "`still` is a picture: it has no pieces", "whole picture"),
    (I2V + "first_clip: {shot: still, from: 1, to: 2}}", "6:56", "`still` is a picture: it has no pieces", "whole"),
    (
        "  a: {model: wan2.7-t2v, prompt: z, driving_audio: {shot: still, track: audio}}",
        "6:59",
        "`still` is a picture: it has no sound",
        "give a sound",
    ),
    ("  a: {model: wan2.7-videoedit, prompt: z, video: {shot: still}}", "6:57", "`video` takes a video", "first_frame"),
    (
        "  a: {model: wan2.7-image, prompt: z, duration: 5}",
        "6:39",
        "`wan2.7-image` has no parameter `duration`",
        "a picture has no length",
    ),
    ("  a: {model: wan2.7-image, prompt: z, n: 3}", "6:39", "unknown key `n`", "write `takes: 3`"),
    ("  a: {model: wan2.7-image, prompt: z, enable_sequential: true}", "6:39", "unknown key", "write `takes: 4`"),
    (
        "  a: {model: wan2.7-image, prompt: z, negative_prompt: q}",
        "6:39",
        "takes no `negative_prompt`",
        "say in the prompt",
    ),
    ("cuts: {m: [still]}", "6:12", "`still` is a picture and needs a `duration`", "`duration: 2`"),
    ("cuts: {m: [{shot: film, duration: 2}]}", "6:25", "`film` makes a film, and only pictures have", "`in` and `out`"),
    ("cuts: {m: [{shot: still, in: 1, duration: 2}]}", "6:26", "a picture has no `in`", "remove it"),
]


@pytest.mark.parametrize(("line", "at", "message", "hint"), WRONG, ids=[case[0].strip()[:60] for case in WRONG])
def test_what_no_still_has_is_an_error_at_its_line(reading, line: str, at: str, message: str, hint: str) -> None:
    """With the way out."""
    found = said(reading, STILL + line + "\n")
    assert [each[0] for each in found] == [at], found
    assert message in found[0][1]
    assert hint in found[0][2]


SIZES = [
    ("1K", ""),
    ("768*768", ""),
    ("2048*2048", ""),
    ("4096*512", ""),
    ("1280x720", "write `1280*720`"),
    ("640*360", "write `1024*576`"),
    ("4096*4096", "write `2048*2048`"),
    ("20000*100", "write `4032*512`"),
    ("2k", "did you mean `2K`?"),
    ("big", "e.g. `1280*720`"),
    ("01280*720", "e.g. `1280*720`"),
]


@pytest.mark.parametrize(("size", "hint"), SIZES)
def test_a_size_is_a_word_or_pixels_within_bounds(reading, size: str, hint: str) -> None:
    """A wrong one names the nearest that the model takes."""
    found = said(reading, f"shots:\n  a: {{model: wan2.7-image, prompt: x, size: {size}}}\n")
    assert [each[2] for each in found] == ([hint] if hint else [])


@pytest.mark.parametrize("sides", [(1, 1), (99_999, 1), (1, 99_999), (5000, 700), (333, 1000), (1280, 720)])
def test_the_nearest_size_is_within_its_bounds(sides: tuple[int, int]) -> None:
    """Whatever was written; one within them stays."""
    for bounds in (PixelBounds(768 * 768, 2048 * 2048, 8), PixelBounds(1280 * 1280, 1440 * 1440, 4)):
        width, height = nearest_size(sides, bounds)
        assert bounds.least <= width * height <= bounds.most
        assert max(width, height) <= bounds.aspect * min(width, height)
    assert nearest_size((1280, 720), PixelBounds(768 * 768, 2048 * 2048, 8)) == (1280, 720)


def test_a_circle_through_a_cast_member_names_the_member(reading) -> None:
    """With the line of each part."""
    production, _ = reading(STORY.replace("prompt: a captain", 'prompt: "${captain}"'), head=HEAD)
    with pytest.raises(SpecError) as own:
        build(production)
    assert own.value.problems[0].message == ("`sheet` depends on itself through the cast member `captain` (line 4)")
    around = STORY.replace("prompt: a captain", "prompt: x, references: [{image: {shot: door_still}}]")
    production, _ = reading(around, head=HEAD)
    with pytest.raises(SpecError) as other:
        build(production)
    assert other.value.problems[0].message == (
        "circular dependency: `sheet` (line 6) → cast member `captain` (line 4) → `door_still` (line 7) → `sheet` (line 6)"
    )


@pytest.mark.parametrize("page", ["docs/stills.md", "docs/zh-CN/stills.md"])
def test_the_production_of_the_page_has_no_problem(reading, page: str) -> None:
    """As it is shown."""
    text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    shown = text.partition("```text\n")[2].partition("```")[0]
    production, problems = reading(shown, head="")
    assert not problems
    assert not check_media(production, {})
