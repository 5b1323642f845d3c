"""Each mistake is told once, in words that lead on: where other tools are silent, vague, or say it twice."""

from __future__ import annotations

import pytest

HEAD = "wanflow: 1\ncast: {v: {video: v.mp4}, k: {image: k.png, voice: k.wav}}\n"


@pytest.mark.parametrize(
    ("shots", "told"),
    [
        ('a: {model: wan2.7-i2v, first_frame: "http://[::1"}', [(4, 39, "not a valid URL", "e.g. `https://")]),
        ('a: {model: wan2.7-i2v, first_frame: "https://"}', [(4, 39, "not a valid URL", "e.g.")]),
        ('a: {model: wan2.7-i2v, first_frame: "https://a b/c"}', [(4, 39, "not a valid URL", "e.g.")]),
        (
            'a: {model: wan2.7-videoedit, video: w.mp4, prompt: "with ${v}"}',
            [(4, 54, "`wan2.7-videoedit` takes no `reference_video`", "these models accept it")],
        ),
        (
            "a: {model: wan2.7-videoedit, video: w.mp4, prompt: x, references: [v]}",
            [(4, 70, "`wan2.7-videoedit` takes no `reference_video`", "these models accept it")],
        ),
        (
            'a: {model: wan2.7-videoedit, video: w.mp4, prompt: "with ${k}"}',
            [(4, 54, "`wan2.7-videoedit` takes no voices: that of `k` is not sent", "")],
        ),
        ("a: {model: wan2.7-r2v, prompt: '$k walks'}", [(4, 34, "`$k` is not filled in", "did you mean `${k}`?")]),
        ("a: {model: wan2.7-r2v, prompt: '{k}'}", [(4, 34, "`{k}` is not filled in", "did you mean `${k}`?")]),
        (
            "a: {model: wan2.7-r2v, prompt: '{x} walks'}",
            [(4, 3, "`a` has no `reference_image` or `reference_video`", "name cast members in the prompt")],
        ),
        ("a: {model: wan2.7-t2v, prompt: ''}", [(4, 3, "`a` has no `prompt`, and `wan2.7-t2v` needs one", "")]),
        ("a: {model: wan2.7-i2v, first_frame: a.png, prompt: ''}", []),
        (
            "a: {model: wan2.7-i2v, first_frame: a.png, seed: 2147483647, takes: 3}",
            [(4, 52, "with 3 takes the last seed would be 2147483649", "begin lower")],
        ),
        ("a: {model: wan2.7-i2v, first_frame: a.png, seed: 2147483645, takes: 3}", []),
        ('a: {model: wan2.7-i2v, first_frame: a.png, duration: "5"}', [(4, 56, "whole number", "without quotes")]),
        (
            "a: {model: wan2.7-i2v, first_frame: {url: https://x.example/a.png, sha256: abc}}",
            [(4, 78, "`sha256` cannot be", "64 hexadecimal digits")],
        ),
        ("a: {model: Wan2.7-I2V, first_frame: a.png}", [(4, 14, "unknown model", "did you mean `wan2.7-i2v`?")]),
        (
            "a: {model: wan2.7-t2v, prompt: x, driving_audio: 'data:audio/wav;base64,AAAA'}",
            [(4, 52, "a data URI must be a picture", "save anything else as a file")],
        ),
    ],
)
def test_a_mistake_is_told_once(reading, shots, told):
    """Place, words and way out; the shot that is wrong is where it points, not the cast member that it names."""
    _, problems = reading(f"shots:\n  {shots}\n", head=HEAD)
    mine = [item for item in problems if "is never used" not in item.message]
    assert [(item.place.line, item.place.column) for item in mine] == [case[:2] for case in told]
    assert all(case[2] in item.message for item, case in zip(mine, told, strict=True)), mine
    assert all(case[3] in (item.hint or "") for item, case in zip(mine, told, strict=True)), mine


def test_a_default_that_can_never_apply_is_an_error(reading):
    """A model that nobody sells, or a parameter that a model does not have, would be lost in silence."""
    head = "wanflow: 1\ndefaults: {models: {wan2.7-i2: {duration: 3}, wan2.7-i2v: {ratio: '16:9', seed: 7}}}\n"
    _, problems = reading("shots:\n  a: {model: wan2.7-t2v, prompt: x}\n", head=head)
    assert [(item.place.line, item.place.column, item.message) for item in problems] == [
        (2, 21, "unknown model `wan2.7-i2`"),
        (2, 60, "`wan2.7-i2v` has no parameter `ratio`"),
    ]
    assert "did you mean `wan2.7-i2v`?" in [item.hint for item in problems]


def test_a_region_that_is_none_is_told_once(reading):
    """Not again for each shot."""
    _, problems = reading("region: frankfurt\nshots:\n  a: {first_frame: a.png}\n  b: {first_frame: a.png}\n")
    assert [item.place.line for item in problems] == [3]
