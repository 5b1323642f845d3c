"""Every kind of problem with its place, its words and its way out."""

from __future__ import annotations

import pytest

from wanflow.language.load import read
from wanflow.language.problem import Problem, Severity, render_problem
from wanflow.yamldoc.nodes import Place

GOOD = "shots:\n  a: {first_frame: a.png, prompt: x}\n"


def said(problems):
    """Line, column and message of each problem."""
    return [(item.place.line, item.place.column, item.message) for item in problems]


def hints(problems):
    """All hints in one text."""
    return " ".join(item.hint or "" for item in problems)


ONE = [
    ("unknown shot", GOOD + "cuts: {m: [a, aa]}\n", (5, 15, "no shot `aa`"), "did you mean `a`?"),
    ("shot in a source", GOOD + "  b: {first_clip: {shot: aa}}\n", (5, 26, "no shot `aa`"), "`a`"),
    (
        "range",
        "shots:\n  a: {first_frame: a.png, duration: 99}\n",
        (4, 37, "`duration` of `wan2.7-i2v` is 2 to 15, not 99"),
        "",
    ),
    (
        "value",
        "shots:\n  a: {first_frame: a.png, resolution: 480P}\n",
        (4, 39, "`resolution` of `wan2.7-i2v` is one of `720P`, `1080P`, not `480P`"),
        "",
    ),
    (
        "parameter of others",
        'shots:\n  a: {first_frame: a.png, ratio: "16:9"}\n',
        (4, 27, "`wan2.7-i2v` has no parameter `ratio`"),
        "`wan2.7-r2v`, `wan2.7-t2v`, `wan2.7-videoedit`",
    ),
    ("media of others", "shots:\n  a: {video: a.mp4}\n", (4, 7, "`wan2.7-i2v` takes no `video`"), "wan2.7-videoedit"),
    (
        "refused set",
        "shots:\n  a: {last_frame: a.png}\n",
        (4, 3, "`a` has last_frame without first_frame or first_clip"),
        "first_frame + last_frame",
    ),
    (
        "type",
        "shots:\n  a: {first_frame: 5}\n",
        (4, 20, "`first_frame` must be text or a mapping, not `5`"),
        "",
    ),
    (
        "two looks",
        GOOD + "cast:\n  k: {image: a.png, video: b.mp4}\n",
        (6, 3, "`image` and `video` cannot be combined"),
        "",
    ),
    ("two pieces", GOOD + "  b:\n    first_clip: {shot: a, tail: 2, head: 1}\n", (6, 5, "`tail` and `head`"), ""),
    (
        "bad name",
        GOOD + "  _b: {first_frame: a.png}\n",
        (5, 3, "`_b` is not a valid name: it begins with `_`"),
        "e.g. `b`",
    ),
    ("no model", "shots:\n  a: {model: nope}\n", (4, 14, "unknown model `nope`"), "wan2.7-videoedit"),
    ("top key", GOOD + "titel: x\n", (5, 1, "unknown key `titel`"), "did you mean `title`?"),
    (
        "undefined",
        'shots:\n  a: {first_frame: a.png, prompt: "x ${who}"}\n',
        (4, 35, "no cast member or var `who`"),
        "`vars`",
    ),
    ("cast on i2v", 'cast: {k: {image: a.png}}\nshots:\n  a: {first_frame: a.png, prompt: "${k}"}\n', (5, 35, ""), ""),
]


@pytest.mark.parametrize(("body", "expected", "hint"), [case[1:] for case in ONE], ids=[case[0] for case in ONE])
def test_one_mistake_is_one_located_problem(reading, body, expected, hint):
    """The place, the words and the way out of each mistake; no production comes of it."""
    production, problems = reading(body)
    assert production is None
    ((line, column, message),) = said(problems)
    assert (line, column) == expected[:2]
    assert expected[2] in message
    assert hint in hints(problems)


def test_all_problems_come_at_once_in_the_order_of_their_places(reading):
    """One bad shot hides no other, and those that need it are not accused."""
    body = (
        "shots:\n"
        "  a: {first_frame: 5}\n"
        "  b: {first_clip: {shot: a, tail: 2}, duration: 99}\n"
        "  c: {first_frame: c.png, resolution: 480P}\n"
        "cuts: {main: [a, b, nowhere]}\n"
    )
    _, problems = reading(body)
    assert [(item.place.line, item.place.column) for item in problems] == [(4, 20), (5, 49), (6, 39), (7, 21)]


@pytest.mark.parametrize("body", ["", "just text\n", "- a\n- b\n"])
def test_a_file_that_is_no_mapping_is_told(reading, body):
    """An empty file or a list begins nowhere."""
    production, problems = reading(body, head="")
    assert production is None
    assert "wanflow: 1" in hints(problems)


def test_a_missing_version_is_an_error(reading):
    """The format's version is required."""
    _, problems = reading(GOOD, head="title: x\ndefaults: {model: wan2.7-i2v}\n")
    assert said(problems) == [(1, 1, "`wanflow` is missing")]


def test_a_missing_file_is_a_problem(tmp_path):
    """No traceback for a production that isn't there."""
    production, problems = read(tmp_path / "nowhere.yaml")
    assert production is None
    assert "does not exist" in problems[0].message


def test_a_region_without_the_model_is_an_error_on_every_backend(reading):
    """Rules of model and region hold for the animatic too, and an argument goes before the key."""
    for options, body in (({}, GOOD + "region: virginia\n"), ({"region": "virginia"}, GOOD + "region: beijing\n")):
        _, problems = reading(body, **options)
        assert said(problems) == [(2, 19, "`wan2.7-i2v` is not available in the region `virginia`")]
        assert "singapore" in hints(problems)


def test_a_cut_prompt_is_a_warning_that_stops_nothing(reading):
    """` #` without a blank ends a prompt: said, with the production in hand."""
    production, problems = reading("shots:\n  a:\n    first_frame: a.png\n    prompt: neon #1 alley\n")
    assert production is not None
    assert production.warnings == problems
    assert [(item.severity, item.place.line, item.place.column) for item in problems] == [(Severity.WARNING, 6, 13)]


def test_every_problem_carries_its_line(reading):
    """The caret needs something to stand under."""
    _, problems = reading("shots:\n  a: {first_frame: 5}\n")
    assert problems[0].source == "  a: {first_frame: 5}"


def test_a_rendered_problem_reads_from_the_place_to_the_hint():
    """Place, words, source line, caret, hint; golden."""
    problem = Problem(
        Place("wanflow.yaml", 4, 7), "unknown key `ratoi`", "did you mean `ratio`?", source="  a:  ratoi: 1"
    )
    assert render_problem(problem) == (
        "wanflow.yaml:4:7: unknown key `ratoi`\n    a:  ratoi: 1\n        ^\n  hint: did you mean `ratio`?"
    )


def test_the_caret_lines_up_behind_chinese():
    """A Han character takes two columns of a terminal, and a warning says that it is one."""
    problem = Problem(Place("f", 1, 5), "x", None, Severity.WARNING, "镜头: 5")
    assert render_problem(problem).split("\n") == ["f:1:5: warning: x", "  镜头: 5", "        ^"]


def test_a_rendered_problem_shows_what_a_terminal_would_hide_or_act_on():
    """An escape for each line end, control or mark without width, and the caret still lines up."""
    problem = Problem(Place("f", 1, 8), "no `a\nb`", "\x1b[2J", source="e\u0301: \u2028\u200b\x9b x")
    assert render_problem(problem).split("\n") == [
        r"f:1:8: no `a\nb`",
        "  e\u0301: " + r"\u2028\u200b\u009b x",
        f"{' ' * 23}^",
        r"  hint: \u001b[2J",
    ]
    commands = Problem(Place("f", 1, 6), "::error::x", source="::##[a")
    assert render_problem(commands).split("\n") == ["f:1:6: ::error::x", r"  :\u003a##\u005ba", f"{' ' * 17}^"]
