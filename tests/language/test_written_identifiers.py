"""Identifiers that people write into prompts themselves: warned of where they name nothing, with the right ones."""

from __future__ import annotations

import pytest

CAST = "cast: {keeper: {image: k.png}, lamp: {image: l.png}, gull: {video: g.mp4}}\n"


def told(reading, model, prompt, references="[keeper, lamp, gull]"):
    """The warnings about a prompt, with their hints."""
    media = {
        "wan2.7-videoedit": "video: v.mp4, references: [keeper], ",
        "wan2.7-i2v": "first_frame: f.png, ",
        "wan2.7-t2v": "",
    }.get(model, f"references: {references}, ")
    shots = f"shots:\n  a: {{model: {model}, {media}prompt: '{prompt}'}}\n"
    production, problems = reading(shots, head=f"wanflow: 1\n{CAST}")
    assert production is not None, problems
    mine = [item for item in problems if "never" not in item.message and "recommends" not in item.message]
    assert {item.place.line for item in mine} <= {4}
    assert all(shots.splitlines()[1][item.place.column - 1 :].startswith(item.message.split("`")[1]) for item in mine)
    return [(item.message, item.hint) for item in mine]


@pytest.mark.parametrize(
    ("prompt", "right"),
    [
        ("image1 waves", "Image 1"),
        ("Image2 waves", "Image 2"),
        ("image 2 waves", "Image 2"),
        ("IMAGE 1 waves", "Image 1"),
        ("Image  1 waves", "Image 1"),
        ("image_1 and more", "Image 1"),
        ("video1 flies", "Video 1"),
        ("图 1走来", "图1"),
        ("图一走来", "图1"),
        ("让图２走来", "图2"),
        ("图片1走来", "图1"),
        ("视频 1里的鸟", "视频1"),
        ("character1 waves", "Image 1"),
        ("character3 flies", "Video 1"),
    ],
)
def test_another_spelling_or_another_models_identifier_has_the_right_one_as_hint(reading, prompt, right):
    """At its own place."""
    ((message, hint),) = told(reading, "wan2.7-r2v", prompt)
    assert message.endswith("is not how `wan2.7-r2v` names its media")
    assert hint == f"write `{right}`"


@pytest.mark.parametrize(
    ("prompt", "right"),
    [
        ("Image 1 waves", "character1"),
        ("图2走来", "character2"),
        ("Video 1 flies", "character3"),
        ("角色1走来", "character1"),
        ("Character 2 waves", "character2"),
    ],
)
def test_wan26_counts_all_media_together(reading, prompt, right):
    """A picture or a video that another model would name has its number among all."""
    assert [hint for _, hint in told(reading, "wan2.6-r2v", prompt)] == [f"write `{right}`"]


@pytest.mark.parametrize(
    ("model", "prompt", "message", "hint"),
    [
        (
            "wan2.7-r2v",
            "Image 3 waves",
            "`Image 3` names no media of this shot",
            "its media are `Image 1`, `Image 2`, `Video 1`",
        ),
        ("wan2.7-r2v", "图12岁", "`图12` names no media of this shot", "its media are `图1`, `图2`, `视频1`"),
        ("wan2.7-r2v", "character9 waves", "`character9` is not how `wan2.7-r2v` names its media", None),
        (
            "wan2.7-videoedit",
            "Image 2 waves",
            "`Image 2` names no media of this shot",
            "its media are `Image 1`, `Video 1`",
        ),
        ("wan2.7-t2v", "图1走来", "`图1` names nothing: `wan2.7-t2v` takes no references", "describe it in words"),
        (
            "wan2.7-i2v",
            "Image 1 waves",
            "`Image 1` names nothing: `wan2.7-i2v` takes no references",
            "describe it in words",
        ),
    ],
)
def test_an_identifier_without_media_is_warned_of(reading, model, prompt, message, hint):
    """Beyond the count, and where the model takes no references."""
    assert told(reading, model, prompt) == [(message, hint)]


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("wan2.7-r2v", "Image 1 and Image 2 meet Video 1."),
        ("wan2.7-r2v", "图1和图2遇见视频1"),
        ("wan2.7-r2v", "Image 1遇见视频1，${keeper}2岁"),
        ("wan2.7-r2v", 'the sign reads "Image 9" and “图8”'),
        ("wan2.7-r2v", "the video 10 seconds in, an image 5 meters wide, image 3:4, video 16/9, video 4K"),
        ("wan2.7-r2v", "地图1上的草图2，视频一直播放，视频5秒，图一时之快，画图10分钟"),
        ("wan2.6-r2v", "character1 and character3"),
        ("wan2.7-videoedit", "Video 1 in the style of Image 1"),
        ("wan2.7-videoedit", "视频1换成图1的风格"),
        ("wan2.7-t2v", "an image 1 of a kind, a video 2, 图 1, 图一"),
        ("wan2.7-t2v", "preimage1 x, Image 1.5, 1080P video"),
    ],
)
def test_right_identifiers_and_other_words_are_not_warned_of(reading, model, prompt):
    """Either language is right in any prompt; quoted text and words of a sentence are no identifiers."""
    assert told(reading, model, prompt) == []
