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
    _, problems = reading("region: nowhere\nshots:\n  a: {first_frame: a.png}\n  b: {first_frame: a.png}\n")
    assert [item.place.line for item in problems] == [3]


WIDE = "wanflow: 1\ncast: {小明: {image: k.png}}\nvars: {style: 水墨}\ndefaults: {model: wan2.7-r2v}\n"


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("${小名}走来", "no cast member or var `小名`; did you mean `${小明}`?"),
        ("${小明\u200b}走来", "no cast member or var `小明\u200b`; delete U+200B"),
        ("${小明}，${ｓｔｙｌｅ}", "no cast member or var `ｓｔｙｌｅ`; did you mean `${style}`?"),
        ("${小明}，${style：-淡彩}", "no cast member or var `style：-淡彩`; write `:` for `：`"),
        ("＄{小明}走来", "`＄{小明}` is not filled in; write `${小明}`, with `$` for `＄`"),
        ("￥{ 小明 }走来", "`￥{ 小明 }` is not filled in; write `${小明}`, with `$` for `￥`"),
        ("$｛小明｝走来", "`$｛小明｝` is not filled in; write `${小明}`, with `{` for `｛` and `}` for `｝`"),
        ("${小明｝走来，${style}", "`${小明｝` is not filled in; write `${小明}`, with `}` for `｝`"),
        (
            "${小明}，＄｛谁｝",
            "`＄｛谁｝` is not filled in; write `${谁}`, with `$` for `＄` and `{` for `｛` and `}` for `｝`",
        ),
        ("{{小明}}走来", "`{{小明}}` is not filled in; did you mean `${小明}`?"),
        ("$(小明)走来", "`$(小明)` is not filled in; did you mean `${小明}`?"),
        ("$（小明）走来", "`$（小明）` is not filled in; did you mean `${小明}`?"),
        ("｛小明｝走来", "`｛小明｝` is not filled in; did you mean `${小明}`?"),
        ("￥小明走来", "`￥小明` is not filled in; did you mean `${小明}`?"),
    ],
)
def test_a_name_in_a_form_of_an_input_method_is_told_once(reading, prompt, told):
    """An error that says what to write; nothing is told that only follows from it."""
    production, problems = reading(f'shots:\n  a: {{prompt: "{prompt}"}}\n', head=WIDE)
    mine = [item for item in problems if "never used" not in item.message]
    assert production is None
    assert [(item.place.line, f"{item.message}; {item.hint}".startswith(told)) for item in mine] == [(6, True)]


@pytest.mark.parametrize(
    "text", ["${小明} ￥500", "${小明} ¥5 {x}", "${小明} $5（元）", "${小明} $${style}", "${小明} $｛ ｝ x"]
)
def test_signs_of_money_and_braces_alone_are_no_names(reading, text):
    """They are sent as they are written."""
    production, problems = reading(f"shots:\n  a: {{prompt: '{text}'}}\n", head=WIDE)
    assert production is not None, problems
    assert not problems


def test_a_var_that_holds_a_name_in_another_form_is_told_at_the_var(reading):
    """It would be sent as it is written, since names do not nest."""
    body = "vars: {style: 水墨, look: '￥{style}的'}\nshots:\n  a: {prompt: '${小明}，${look}'}\n"
    _, problems = reading(body, head=WIDE.replace("vars: {style: 水墨}\n", ""))
    assert [(item.place.line, item.place.column) for item in problems] == [(4, 25)]


def test_a_warning_about_a_name_in_another_form_stops_nothing_else(reading):
    """A shot that has its references is only warned of."""
    production, problems = reading("shots:\n  a: {prompt: '${小明}，{style}，$(style)'}\n", head=WIDE)
    assert production is not None, problems
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("＄{小明}走来", (7, 13)),
        ('"走来的是＄{小明}"', (7, 18)),
        (">-\n      清晨的江南\n      走来＄{小明}", (9, 9)),
        ("|\n      清晨的江南\n      走来＄{小明}", (9, 9)),
        ("'清晨的江南\n      走来＄{小明}。'", (8, 9)),
        ('"\\u6c5f＄{小明}"', (7, 13)),
        ("清晨\n      清晨\n      ＄{小明}", (9, 7)),
    ],
)
def test_a_slip_is_pointed_at_in_its_line(reading, written, place):
    """Also in a text of several lines; where an escape hides the place, the text is pointed at."""
    _, problems = reading(f"shots:\n  a:\n    prompt: {written}\n", head=WIDE)
    assert [(item.place.line, item.place.column) for item in problems if "filled in" in item.message] == [place]
