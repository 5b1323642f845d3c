"""`delivery` of a cut as it is written: names, forms and files, and what is wrong at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from language.conftest import Reading

from wanflow.language.production import Form

HEAD = "shots:\n  a: {first_frame: a.png}\ncuts:\n"
LINE = 6


def test_each_form_has_its_suffix(reading: Reading) -> None:
    """The files are called by cut and delivery; pictures are in a folder. Own keys are ignored."""
    forms = ", ".join(f"{name}: {form}" for name, form in zip("abcdef", Form, strict=True))
    production, _ = reading(f"{HEAD}  主片: {{items: [a], delivery: {{{forms}, x-note: 1}}}}\n")
    assert production is not None
    assert [each.output for each in production.cuts["主片"].deliveries] == [
        *("out/主片.a.mp4", "out/主片.b.mp4", "out/主片.c.mov", "out/主片.d.gif", "out/主片.e.mp4", "out/主片.f.png")
    ]


WRONG = [
    ("{web: h266}", "h266", "`web` must be one of", "did you mean `h265`"),
    ("{web: [h264]}", "[", "`web` must be", ""),
    ("{web: }", "}", "`web`", ""),
    ("{web: 540}", "540", "`web` must be one of", "did you mean `540p`"),
    ("{../x: h264}", "../x", "`../x` is not a valid name", "a name begins with a letter"),
    ("{a.b: h264}", ".b", "`a.b` is not a valid name: it contains `.`", "a name begins with a letter"),
    ("{'': h264}", "': h264", "the name is empty", ""),
    ("{web: h264, WEB: h265}", "WEB", "`WEB` and `web`, at wanflow.yaml:6:", "rename one"),
    ("{}", "", "the mapping is empty", ""),
    ("h264", "h264", "`delivery` must be", ""),
    ("{web: h264, web: h265}", "web: h265", "duplicate key", ""),
]


@pytest.mark.parametrize(("written", "at", "words", "hint"), WRONG)
def test_what_is_wrong_is_said_at_its_place(reading: Reading, written: str, at: str, words: str, hint: str) -> None:
    """Names are parts of file names, and forms are of a short list."""
    line = f"  m: {{items: [a], delivery: {written}}}"
    production, problems = reading(f"{HEAD}{line}\n")
    assert production is None
    (found,) = problems
    begin = line.index("delivery:")
    assert (found.place.line, words in found.message, hint in (found.hint or "")) == (LINE, True, True), found
    if at:
        assert found.place.column == line.index(at, begin) + 1


@pytest.mark.parametrize(
    "output",
    ["out/m.web.mp4", "out/M.WEB.mp4", "out/m.frames.png/x.mp4", "out/../out/m.web.mp4", "{folder}/out/m.web.mp4"],
)
def test_no_film_of_a_cut_is_a_delivery(reading: Reading, tmp_path: Path, output: str) -> None:
    """Of this cut or another one, in any spelling, also in the folder of pictures: both places are named."""
    output = output.format(folder=tmp_path)
    other = f"  other: {{items: [a], output: {output}}}\n"
    production, problems = reading(f"{HEAD}  m: {{items: [a], delivery: {{web: h264, frames: png}}}}\n{other}")
    assert production is None
    (found,) = problems
    assert found.place.line == LINE
    assert "and the film of `other`, at wanflow.yaml:7:" in found.message
    production, problems = reading(f"{HEAD}  m: {{items: [a], output: out/m.web.mp4, delivery: {{web: h264}}}}\n")
    assert production is None
    assert "the film of `m`" in problems[0].message
