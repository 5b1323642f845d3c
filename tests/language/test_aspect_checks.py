"""Frames whose shape is not that of their shot, or of the cut that their shot is in: warned of, with both shapes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from wanflow.language.media_checks import check_media
from wanflow.language.problem import Severity
from wanflow.language.source import Facts, Kind

SIZES = {"wide.png": (1280, 720), "old.png": (1024, 768), "tall.png": (720, 1280), "near.png": (1280, 736)}
FACTS = {path: Facts(Kind.IMAGE, "png", "a" * 64, 1000, *sides) for path, sides in SIZES.items()}
FACTS["old.mp4"] = Facts(
    Kind.VIDEO, "mp4", "b" * 64, 1000, 640, 480, frames=90, rate=Fraction(30), samples=144_000, seconds=Fraction(3)
)
WIDE = "`old.png` (1024x768) is 4:3, and the cut `main` is 16:9: its shot gets bars"


def told(reading, shots, cuts=""):
    """What check says of shapes, with the hints; the warnings are at the picture."""
    body = f"shots:\n{shots}cuts:\n{cuts}" if cuts else f"shots:\n{shots}"
    production, problems = reading(body, head="wanflow: 1\ndefaults: {model: wan2.7-i2v, resolution: 720P}\n")
    assert production is not None, problems
    found = [each for each in check_media(production, FACTS) if each.severity is Severity.WARNING]
    lines = body.splitlines()
    for each in found:
        named = each.message.split("`")[1]
        assert lines[each.place.line - 3][each.place.column - 1 :].lstrip("{").startswith((named, "shot", "file"))
    return [(each.message, each.hint) for each in found]


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ("  main: {items: [a], size: 1280x720}\n", WIDE),
        ("  main: {items: [b, a]}\n", WIDE),
        ("  main: {items: [c, a]}\n", WIDE),
        (
            "  main: {items: [a], size: 720x1280, fit: crop}\n",
            "`old.png` (1024x768) is 4:3, and the cut `main` is 9:16: the cut crops its shot",
        ),
    ],
)
def test_a_first_frame_of_another_shape_than_the_cut_is_warned_of(reading, cut, message):
    """By the size of the cut, or of its first video: a shot of words, or one that follows its own first frame."""
    shots = (
        "  a: {first_frame: old.png, prompt: x}\n"
        "  b: {model: wan2.7-t2v, prompt: x, ratio: 16:9}\n"
        "  c: {first_frame: wide.png, prompt: x}\n"
    )
    shape = message.split(" is ")[2].split(":")[0] + ":" + message.split(" is ")[2].split(":")[1]
    hint = f"a film of `wan2.7-i2v` follows its first frame: crop the picture to {shape}"
    assert told(reading, shots, cut) == [(message, hint)]


@pytest.mark.parametrize(
    ("shots", "cuts"),
    [
        ("  a: {first_frame: wide.png, prompt: x}\n", "  main: {items: [a], size: 1920x1080}\n"),
        ("  a: {first_frame: near.png, prompt: x}\n", "  main: {items: [a], size: 1280x720}\n"),
        ("  a: {first_frame: old.png, prompt: x}\n", "  main: [a]\n"),
        (
            "  a: {first_frame: old.png, prompt: x}\n",
            "  main: {items: [a], size: 1280x720}\n  square: {items: [a], size: 640x480}\n",
        ),
        ("  a: {first_frame: https://h/a.png, prompt: x}\n", "  main: {items: [a], size: 1280x720}\n"),
        ("  a: {model: wan2.7-t2v, prompt: x, ratio: 4:3}\n", "  main: {items: [a], size: 1280x720}\n"),
    ],
)
def test_what_fits_is_unknown_or_was_asked_for_is_not_warned_of(reading, shots, cuts):
    """A shape within a few percent, the only item, a cut that it fits, a picture that cannot be measured, a ratio."""
    assert told(reading, shots, cuts) == []


def test_a_last_frame_of_another_shape_than_the_film_is_warned_of(reading):
    """The film follows its first frame, or the clip that it continues, also through other shots."""
    shots = (
        "  a: {first_frame: wide.png, last_frame: old.png, prompt: x}\n"
        "  b: {first_clip: {shot: a, tail: 2}, last_frame: tall.png, prompt: x, duration: 6}\n"
        "  c: {first_clip: {file: old.mp4}, last_frame: old.png, prompt: x, duration: 6}\n"
    )
    assert told(reading, shots) == [
        (
            "`old.png` (1024x768) is 4:3, and the film follows `wide.png` (1280x720), 16:9: the model may crop or stretch it",
            "crop it to 16:9",
        ),
        (
            "`tall.png` (720x1280) is 9:16, and the film follows `first_clip`, 16:9: the model may crop or stretch it",
            "crop it to 16:9",
        ),
    ]


def test_a_still_is_known_by_its_size_before_it_is_made(reading):
    """Its shot is told another size; a word such as `2K` says no shape."""
    shots = (
        "  still: {model: wan2.7-image, prompt: x, size: 1024*1024}\n"
        "  word: {model: wan2.7-image, prompt: x, size: 2K}\n"
        "  a: {first_frame: {shot: still}, prompt: x}\n"
        "  b: {first_frame: {shot: word}, prompt: x}\n"
    )
    assert told(reading, shots, "  main: {items: [a, b], size: 1280x720}\n") == [
        (
            "`still` (1024x1024) is 1:1, and the cut `main` is 16:9: its shot gets bars",
            "give `still` a `size` of 16:9",
        )
    ]


def test_one_picture_of_several_shots_is_one_warning_and_circles_end(reading):
    """Where it is written; shots that follow each other in a circle have no shape."""
    shots = (
        "  a: {first_frame: old.png, prompt: x}\n"
        "  b: {first_frame: {shot: c, frame: last}, prompt: x}\n"
        "  c: {first_frame: {shot: b, frame: last}, prompt: x}\n"
    )
    cuts = "  main: {items: [a, b, a], size: 1280x720}\n  more: {items: [a], size: 1920x1080}\n"
    assert [message for message, _ in told(reading, shots, cuts)] == [WIDE]
