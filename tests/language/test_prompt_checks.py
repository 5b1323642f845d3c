"""What prompts ask for in words: times beyond the shot, and several characters where the vendor recommends shots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanflow.language import prompt_checks
from wanflow.language.problem import Severity

CAST = "cast: {keeper: {image: k.png}, gull: {video: g.mp4}}\n"


def told(reading, prompt, keys="model: wan2.7-t2v, duration: 5"):
    """The warnings about a prompt, with their hints."""
    line = f"  a: {{{keys}, prompt: '{prompt}'}}\n"
    production, problems = reading(f"shots:\n{line}", head=f"wanflow: 1\n{CAST}")
    assert production is not None, problems
    mine = [item for item in problems if "cast member" not in item.message]
    assert all(item.severity is Severity.WARNING for item in mine)
    assert all(line[item.place.column - 1 :].startswith(item.message.split("`")[1]) for item in mine)
    return [(item.message, item.hint) for item in mine]


@pytest.mark.parametrize(
    ("prompt", "form"),
    [
        ("Shot 1 [0-3s] he waits. Shot 2 [3-8s] he runs.", "3-8s"),
        ("第1个镜头[0-3秒]他等待。第2个镜头[4-6秒]他奔跑。", "4-6秒"),
        ("镜头1[0-3] waits, 镜头2 [3-8] runs", "3-8"),
        ("Shot 1 (0 – 3 s) waits; shot 2 (3 – 5.5 s) runs", "3 – 5.5 s"),
        ("0-3 s he waits, 3-8 s he runs", "3-8 s"),
        ("0s to 2s wait, 2 to 9 seconds run", "2 to 9 seconds"),
        ("00:00-00:03 he waits. 00:03-00:08 he runs", "00:03-00:08"),
        ("[00:00-00:05] he waits. [00:05-01:10] he runs", "00:05-01:10"),
        ("4-9 s: he runs", "4-9 s"),
        ("【３～８秒】他奔跑", "３～８秒"),
        ("（３．５－７．５秒）他奔跑", "３．５－７．５秒"),
        ("第0秒到第3秒他等待，第3秒到第8秒他奔跑", "3秒到第8秒"),
        ("第0到3秒他等待，3到8秒他奔跑", "3到8秒"),
        ('he says "10-20 s", then [3-8s] runs', "3-8s"),
    ],
)
def test_a_time_range_beyond_the_shot_is_warned_of_at_its_place(reading, prompt, form):
    """In brackets, before a colon, or where a range begins at 0: in both languages, as people write it."""
    assert told(reading, prompt) == [(f"`{form}` ends after the 5 s of the shot", HINT)]


HINT = "end it at 5 s, or set a longer `duration`"


@pytest.mark.parametrize(
    "prompt",
    [
        "Shot 1 [0-3s] he waits. Shot 2 [3-5s] he runs.",
        "第1个镜头[0-3秒]他等待。第2个镜头[4-5秒]他奔跑。",
        "a shop that opens 9:00-17:00, closed [12:30-13:00], a night train 23:50-00:30",
        "a race of 9-10 s, a 24-70 mm lens, page [3-8], the score 3-8, 1950-60s furniture",
        "[0-2s] clothes of the 70s-80s, the 20-30s",
        "from 0 to 100 km/h, 0-60 mph, 1/50 s, 16:9, 0-8 sheep",
        'he says "[3-8s]"',
        "2026-12-02 10:00-12:00, flight 0-100-200 s",
    ],
)
def test_ranges_within_the_shot_and_other_numbers_are_not_warned_of(reading, prompt):
    """Clock times, dates, decades, lengths, scores and quoted text."""
    assert told(reading, prompt) == []


def test_the_hint_of_a_shot_that_cannot_be_longer_says_so(reading):
    """By the model's own range."""
    ((message, hint),) = told(reading, "[10-20s] he runs", "model: wan2.7-t2v, duration: 15")
    assert (message, hint) == (
        "`10-20s` ends after the 15 s of the shot",
        "end it at 15 s: no shot of `wan2.7-t2v` is longer",
    )


def test_a_shot_as_long_as_its_video_has_no_range_to_exceed(reading):
    """A length of 0 is that of the input."""
    assert told(reading, "[3-80s] rain", "model: wan2.7-videoedit, video: v.mp4") == []


def test_a_prompt_of_blanks_and_digits_is_read_at_once(reading):
    """No text makes the pattern try again and again."""
    for text in ("shot " + " " * 4000, "1 " * 2000, "[" * 4000, "1-" * 2000, "镜头" * 2000, "0" * 4000):
        assert told(reading, text + "x") == []


def test_several_characters_are_advised_to_have_several_shots(reading):
    """Once a shot, and only where neither the shot nor defaults decided it."""
    keys = "model: wan2.6-r2v, duration: 5"
    prompt = "${keeper} waves to ${gull}"
    ((message, hint),) = [
        (each.message, each.hint)
        for each in reading(f"shots:\n  a: {{{keys}, prompt: '{prompt}'}}\n", head=f"wanflow: 1\n{CAST}")[1]
    ]
    assert message == "the prompt of `a` names 2 references: the vendor recommends `shot_type: multi`"
    assert hint == "write `shot_type: multi`, or `shot_type: single`"
    for quiet in (f"{keys}, shot_type: single", f"{keys}, shot_type: multi"):
        assert told(reading, prompt, quiet) == []
    assert told(reading, "${keeper} waves", keys) == []
    head = f"wanflow: 1\ndefaults: {{shot_type: single}}\n{CAST}"
    assert reading(f"shots:\n  a: {{{keys}, prompt: '{prompt}'}}\n", head=head)[1] == ()


def test_a_model_without_shot_type_is_asked_in_words(reading):
    """The hint of the error says how."""
    _, (problem,) = reading("shots:\n  a: {model: wan2.7-t2v, shot_type: multi, prompt: a}\n", head="wanflow: 1\n")
    assert problem.message == "`wan2.7-t2v` has no parameter `shot_type`"
    assert problem.hint == "ask for the shots in words: `Shot 1 [0-3s] …, Shot 2 [3-5s] …`"


@given(st.text("0159０１:.-–~到至第秒 ()[]tosecTOS", max_size=24))
def test_the_quick_look_for_ranges_misses_none(prompt):
    """What has the middle of a range is searched for the whole of it; nothing else can have one."""
    if prompt_checks._RANGE.search(prompt):
        assert prompt_checks._BEGINS.search(prompt)
