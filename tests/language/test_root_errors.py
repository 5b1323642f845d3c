"""What a slip costs in words: it is told once, where it can be mended, with what was meant."""

from __future__ import annotations

import pytest

from kit.production_files import shots_of, texts_of

PIPELINE = """\
pipeline: p
inputs: {{clip: {{type: media}}, avoid: {{type: string, default: null}}}}
shots:
  a: {{first_clip: {{input: clip, tail: 2}}, prompt: x, {key}: "${{avoid}}"}}
output: a
"""


def used(key: str = "negative_prompt", beside: str = "", clip: str = "{shot: coast}") -> dict[str, str]:
    """A production whose `storm`, at line 5, uses a pipeline with one extra key."""
    storm = f"  storm: {{use: p.yaml, with: {{clip: {clip}}}{beside}}}\n"
    return {
        "wanflow.yaml": f"shots:\n  coast: {{first_frame: a.png}}\n{storm}",
        "p.yaml": PIPELINE.format(key=key),
    }


def test_an_input_that_is_left_out_hides_no_misspelt_key(filing) -> None:
    """Else it would come up with the first who gives it."""
    assert "storm/a" in shots_of(filing(used()))
    _, problems = filing(used("negative_promtp"))
    assert texts_of(problems) == [("p.yaml:4:54: unknown key `negative_promtp`", "did you mean `negative_prompt`?")]


@pytest.mark.parametrize(
    ("key", "meant"), [("wiht", "with"), ("takse", "takes"), ("tasg", "tags"), ("matrxi", "matrix")]
)
def test_a_slip_beside_a_use_is_told_with_what_was_meant(filing, key: str, meant: str) -> None:
    """It is not a key of a shot in the wrong place."""
    _, problems = filing(used(beside=f", {key}: 1"))
    assert [(each.message, each.hint) for each in problems] == [
        (f"`{key}` is not allowed beside `use`", f"did you mean `{meant}`?")
    ]


def test_what_all_of_a_matrix_lack_is_told_of_the_first(filing) -> None:
    """However many there are."""
    values = ", ".join(str(number) for number in range(50))
    text = f"shots:\n  a: {{model: wan2.7-t2v, matrix: {{n: [{values}]}}}}\n"
    _, problems = filing({"wanflow.yaml": text})
    assert texts_of(problems) == [("wanflow.yaml:4:3: `a/0` has no `prompt`, and `wan2.7-t2v` needs one", None)]


def test_a_source_that_came_in_by_an_input_is_pointed_at_where_it_is_written(filing) -> None:
    """There somebody can mend it; the shot asks for it in the pipeline."""
    (clip,) = shots_of(filing(used(clip="films/a.mp4")))["storm/a"].media
    assert str(clip.place) == "wanflow.yaml:5:37"
    assert str(clip.used_at) == "p.yaml:4:27"
    assert [each.name for each in clip.origin] == ["clip"]


def test_a_default_within_a_name_has_the_type_that_it_would_have_alone(filing) -> None:
    """`${seconds:-4}` is a number, `${text:-4}` in a sentence a part of it."""
    text = 'shots:\n  a: {first_frame: a.png, prompt: "take ${n:-4}", duration: "${s:-4}", watermark: "${w:-true}"}\n'
    shot = shots_of(filing({"wanflow.yaml": text}))["a"]
    assert (shot.prompt, shot.parameters["duration"], shot.parameters["watermark"]) == ("take 4", 4, True)


def test_a_misspelt_exclude_is_told_what_it_may_have_been(filing) -> None:
    """It looks like a dimension whose values lack their names."""
    matrix = "{n: [1, 2], exclued: [{n: 1}]}"
    _, problems = filing({"wanflow.yaml": f"shots:\n  a: {{model: wan2.7-t2v, prompt: x, matrix: {matrix}}}\n"})
    assert [each.message for each in problems] == ["`key` is missing"]
    assert "`exclude`" in (problems[0].hint or "")
