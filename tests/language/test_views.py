"""A subject with several pictures: each is sent, the prompt names them all, and counts include them."""

from __future__ import annotations

import pytest

HEAD = """wanflow: 1
cast:
  keeper: {images: [front.png, side.png], voice: k.wav}
  gull: {image: g.png}
  小明: {images: [a.png, b.png, c.png]}
defaults: {model: wan2.7-r2v, resolution: 720P}
"""


def shot_of(reading, keys, head=HEAD):
    """The shot with these keys; warnings do not matter here."""
    production, problems = reading(f"shots:\n  a: {{{keys}}}\n", head=head)
    assert production is not None, problems
    return production.shots["a"]


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("${keeper} waits", "Image 1 and Image 2 waits"),
        ("${gull} lands; ${keeper} waits", "Image 1 lands; Image 2 and Image 3 waits"),
        ("${小明} waits", "Image 1, Image 2 and Image 3 waits"),
        ("${keeper}走来", "图1和图2走来"),
        ("${小明}2岁，${gull}飞来", "图1、图2和图3 2岁，图4飞来"),
    ],
)
def test_a_name_becomes_the_identifiers_of_all_views(reading, prompt, sent):
    """Counted among all pictures, in the language of the prompt."""
    assert shot_of(reading, f"prompt: '{prompt}'").prompt == sent


def test_all_views_are_sent_and_the_voice_with_the_first(reading):
    """One slot for each, in order; a subject has one voice."""
    shot = shot_of(reading, "prompt: '${keeper} and ${gull}', references: [gull, keeper]")
    assert [(each.slot, each.type, each.source.path, each.cast, each.voice is not None) for each in shot.media] == [
        ("reference_1", "reference_image", "g.png", "gull", False),
        ("reference_2", "reference_image", "front.png", "keeper", True),
        ("reference_3", "reference_image", "side.png", "keeper", False),
    ]
    assert shot.prompt == "Image 2 and Image 3 and Image 1"


def test_views_may_be_given_in_place_and_be_any_sources(reading):
    """A frame of another shot, an address, an input of a pipeline."""
    shots = (
        "shots:\n"
        "  b: {model: wan2.7-t2v, prompt: x}\n"
        "  a: {prompt: 'The reference images', references: [{images: [https://h/a.png, {shot: b, frame: last}]}]}\n"
    )
    production, problems = reading(shots, head=HEAD)
    assert production is not None, problems
    assert [str(type(each.source).__name__) for each in production.shots["a"].media] == ["UrlSource", "ShotSource"]


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        (
            "model: wan2.6-r2v, prompt: '${keeper}', size: 1280*720",
            "`wan2.6-r2v` takes one picture of a subject, and `keeper` has 2",
            "these models accept it: `wan2.7-r2v`",
        ),
        (
            "model: wan2.7-videoedit, video: v.mp4, prompt: '${keeper}'",
            "`wan2.7-videoedit` takes one picture of a subject, and `keeper` has 2",
            "these models accept it: `wan2.7-r2v`",
        ),
        ("prompt: '${keeper}${小明}${gull}'", "`a` has 6 `reference_image`; `wan2.7-r2v` takes at most 5", None),
        (
            "prompt: x, references: [{images: [a.png]}]",
            "`images` takes 2 to 5 pictures, not 1",
            "write a single picture as `image: …`",
        ),
        ("prompt: x, references: [{images: [a, b, c, d, e, f]}]", "`images` takes 2 to 5 pictures, not 6", None),
        ("prompt: x, references: [{images: []}]", "`images` is empty", None),
        ("prompt: x, references: [{images: [a, b], image: c}]", "`image` and `images` cannot be combined", None),
        ("prompt: x, references: [{images: [a, b], video: c}]", "`images` and `video` cannot be combined", None),
        (
            "prompt: x, references: [{image: [a, b]}]",
            "`image` must be text or a mapping, not a list",
            "several views of one subject are `images: […]`",
        ),
    ],
)
def test_what_is_wrong_with_views_is_said_once(reading, keys, message, hint):
    """By the catalog: only a model whose page says so takes several views."""
    _, problems = reading(f"shots:\n  a: {{{keys}}}\n", head=HEAD)
    assert [(each.message, each.hint) for each in problems if each.severity == "error"] == [(message, hint)]


def test_identifiers_that_people_write_count_views(reading):
    """`Image 3` is the gull behind two views of the keeper; `Image 4` is nothing."""
    shots = "shots:\n  a: {references: [keeper, gull], prompt: 'Image 1 and Image 2 meet Image 3 and Image 4'}\n"
    _, problems = reading(shots, head=HEAD)
    told = [(each.message, each.hint) for each in problems if "never used" not in each.message]
    assert told == [("`Image 4` names no media of this shot", "its media are `Image 1`, `Image 2`, `Image 3`")]


def test_one_picture_is_the_same_request_however_it_is_written(reading):
    """Views add media, and change nothing of a member with one picture (law 5)."""
    one = shot_of(reading, "prompt: '${gull} lands'")
    assert (one.prompt, [each.slot for each in one.media]) == ("Image 1 lands", ["reference_1"])
