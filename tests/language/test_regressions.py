"""Mistakes that once ended in a traceback or went through in silence."""

from __future__ import annotations

from fractions import Fraction

import pytest

from wanflow.language.media_checks import check_media
from wanflow.language.output_paths import place_output
from wanflow.language.source import Facts, Kind, Unreadable

FRAME = "shots:\n  a: {first_frame: a.png}\n"
TABLE = {
    "a.png": Facts(Kind.IMAGE, "png", "a" * 64, 1000, 1280, 720),
    "v.mp4": Facts(Kind.VIDEO, "mp4", "b" * 64, 1000, 1280, 720, frames=120, rate=Fraction(30), seconds=Fraction(4)),
}


@pytest.mark.parametrize(
    "body",
    [
        FRAME + "  b: {first_clip: {shot: a, tail: 9}, duration: 15}\n",
        "shots:\n  b: {first_clip: {file: v.mp4, tail: 9}, duration: 15}\n",
        "shots:\n  a: {model: wan2.7-videoedit, video: {file: v.mp4, tail: 9}}\ncuts: {m: [a]}\n",
        "shots:\n  a: {model: wan2.7-videoedit, video: v.mp4}\n  b: {first_clip: {shot: a, tail: 5}, duration: 9}\n",
    ],
)
def test_a_piece_beyond_its_clip_is_one_problem(reading, body):
    """Said at the slot that asks for it, once, whatever else depends on the clip."""
    production, problems = reading(body)
    assert production is not None, problems
    (found,) = check_media(production, TABLE)
    assert "is longer than the clip" in found.message


@pytest.mark.parametrize("prompt", ["${a:-${b}}", "x ${a", "${a ${b}"])
def test_nested_and_unclosed_names_are_errors(reading, prompt):
    """Neither reaches a paid prompt."""
    production, problems = reading(f"vars: {{a: x, b: y}}\nshots:\n  a: {{first_frame: a.png, prompt: '{prompt}'}}\n")
    assert production is None
    assert any("nested or never closed" in item.message for item in problems)


def test_another_backend_never_writes_the_productions_own_files():
    """Also a cut with an `output` of its own goes to `out/<backend>/`."""
    assert [place_output("out", path) for path in ("out/x.mp4", "./out/n.mp4")] == ["out/x.mp4", "out/n.mp4"]
    assert place_output("out/dashscope", "out/x.mp4") == "out/dashscope/x.mp4"
    assert place_output("out/dashscope", "film.mp4") == "out/dashscope/film.mp4"


def test_a_backend_that_there_is_not_is_refused_from_the_command_line_too(reading):
    """`--backend` is held to the words that the file's own key is held to."""
    production, problems = reading(FRAME, backend="film")
    assert production is None
    assert "film" in problems[0].message
    assert "animatic, dashscope" in problems[0].hint


def test_two_spellings_of_one_output_are_one_file(reading):
    """`./out/x.mp4` is `out/x.mp4`."""
    body = f"{FRAME}cuts:\n  m: {{items: [a], output: out/x.mp4}}\n  n: {{items: [a], output: ./out/x.mp4}}\n"
    production, problems = reading(body)
    assert production is None
    assert [item.place.line for item in problems] == [7]


def test_a_voice_that_is_not_there_is_pointed_at_itself(reading):
    """Not at the picture of the cast member that it belongs to."""
    body = (
        "cast:\n  keeper: {image: a.png, voice: k.wav}\nshots:\n  a: {model: wan2.7-r2v, prompt: '${keeper} waits'}\n"
    )
    production, _ = reading(body)
    (found,) = check_media(production, {**TABLE, "k.wav": Unreadable("does not exist")})
    line = body.splitlines()[1]
    assert found.place.column == line.index("k.wav") + 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("shots:\n  a: {first_frame: a.png, prompt: '${mood}'}\n", "no cast member or var"),
        ("shots:\n  a: {first_frame: a.png, duration: '${n}'}\n", "no var `n`"),
        ("shots:\n  a: {first_frame: 'data:image/png;base64,!!'}\n", "a data URI must be a picture"),
        ("shots:\n  a: {first_frame: 'ftp://host/a.png'}\n", "the service cannot read a `ftp:` URL"),
        ("shots:\n  a: {model: wan2.7-r2v, references: [keepr], prompt: x}\n", "no cast member `keepr`"),
    ],
)
def test_one_mistake_is_said_once(reading, body, said):
    """A consequence of a mistake is not a second mistake."""
    production, problems = reading(body)
    assert production is None
    (found,) = problems
    assert said in found.message


def test_a_signed_address_does_not_hide_a_refused_set(reading):
    """A warning is not an error: the model's rules still apply."""
    _, problems = reading("shots:\n  a: {last_frame: 'https://host.example/a.png?Signature=x'}\n")
    assert [problem.severity.value for problem in problems] == ["error", "warning"]


def test_an_animatic_of_a_paid_production_can_be_asked_for(reading):
    """`--backend` goes before the file's own key, and writes to a folder of its own."""
    body = "backend: dashscope\n" + FRAME
    own, _ = reading(body)
    assert (own.provider.name, own.out) == ("dashscope", "out")
    production, _ = reading(body, backend="animatic")
    assert (production.provider.name, production.out) == ("animatic", "out/animatic")
