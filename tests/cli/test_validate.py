"""`wanflow validate`: places, warnings, and messages that a pull request can't be fooled by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.project import rewrite
from wanflow.cli.screen import print_annotation
from wanflow.yamldoc.nodes import Place


def test_problems_stand_in_the_order_of_the_file_with_line_caret_and_hint(wanflow, film: Path) -> None:
    """Two mistakes, one pass, the sum on stderr."""
    rewrite(film, "{shot: coast, tail: 2}", "{shot: cost, tail: 2}")
    rewrite(film, "cuts:\n", "cutz: {}\ncuts:\n")
    done = wanflow("validate")
    assert done.code == 2
    assert done.out.index("wanflow.yaml:20:24: ") < done.out.index("wanflow.yaml:24:1: ")
    assert "  cutz: {}\n  ^\n  hint: did you mean `cuts`?\n" in done.out
    assert done.err == "2 errors and 0 warnings in wanflow.yaml\n"


def test_warnings_alone_are_no_failure(wanflow, film: Path) -> None:
    """They are said, in all forms, and the exit code is 0."""
    rewrite(film, "The coast ${light}.", "The coast #${light}.")
    done = wanflow("validate")
    assert done.code == 0
    assert "warning: " in done.out
    assert done.err == "0 errors and 1 warning in wanflow.yaml\n"
    (row,) = json.loads(wanflow("validate", "--format", "json").out)
    assert row["severity"] == "warning"
    assert wanflow("validate", "--format", "github").out.startswith("::warning file=wanflow.yaml,line=")


def test_no_problems_are_an_empty_list(wanflow, film: Path) -> None:
    """A program always gets a list."""
    assert json.loads(wanflow("validate", "--format", "json").out) == []


def test_a_message_cannot_end_its_annotation(capsys: pytest.CaptureFixture[str]) -> None:
    """Line ends are escaped; percent signs, colons and commas are written as codes where they would act."""
    print_annotation("error", Place("a,b:c%\n.yaml", 1, 2), "100 %\n::error::x", "hint: two\r\nlines")
    properties = r"file=a%2Cb%3Ac%25\n.yaml,line=1,col=2"
    assert capsys.readouterr().out == rf"::error {properties}::100 %25\n::error::x%0Ahint: two\r\nlines" + "\n"


def test_media_and_circles_are_found_beside_other_mistakes(wanflow, film: Path) -> None:
    """Every problem at once: a key, a file that is not there, and two shots that need each other."""
    text = film.read_text(encoding="utf-8")
    text = text.replace("sets/coast.png", "sets/nowhere.png").replace("cuts:\n", "cutz: {}\ncuts:\n")
    circle = "  one:\n    first_clip: {shot: two, tail: 2}\n  two:\n    first_clip: {shot: one, tail: 2}\n\ncutz:"
    film.write_text(text.replace("\ncutz:", circle), encoding="utf-8")
    done = wanflow("validate")
    assert done.code == 2
    assert "unknown key `cutz`" in done.out
    assert "`sets/nowhere.png` does not exist" in done.out
    assert "circular dependency" in done.out


def test_a_file_one_letter_off_is_suggested(wanflow, film: Path) -> None:
    """The hint is the path to write."""
    film.write_text(film.read_text(encoding="utf-8").replace("sets/coast.png", "sets/caost.png"), encoding="utf-8")
    done = wanflow("validate")
    assert done.code == 2
    assert "`sets/caost.png` does not exist" in done.out
    assert "hint: did you mean `sets/coast.png`?" in done.out


def test_annotations_begin_at_the_checkout(wanflow, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub looks for their files there, wherever a job works."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(film.parent.parent))
    film.write_text(film.read_text(encoding="utf-8") + "cutz: {}\n", encoding="utf-8")
    assert f"::error file={film.parent.name}/wanflow.yaml," in wanflow("validate", "--format", "github").out


def test_a_production_that_is_not_there_is_named_as_it_was_asked_for(wanflow, film: Path) -> None:
    """Not by the last part of its path alone."""
    assert "`nowhere/wanflow.yaml` does not exist" in wanflow("validate", "-f", "nowhere/wanflow.yaml").out


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_lines_are_those_of_the_editor_in_every_format(wanflow, film: Path, form: str) -> None:
    """Also after signs that YAML 1.1 takes for line ends, with Windows line ends and wide characters."""
    lines = ["wanflow: 1", "shots:", '  海: {model: wan2.7-t2v, prompt: "a\u2028b\u2029c\x85d", duration: 99}', ""]
    film.write_bytes("\r\n".join(lines).encode())
    out = wanflow("validate", "--format", form).out
    column = lines[2].index("99") + 1
    match form:
        case "text":
            assert out.startswith(f"wanflow.yaml:3:{column}: ")
            escapes = 3 * (len(r"\u2028") - 1)  # one sign is two cells wide
            assert out.split("\n")[2].index("^") == 2 + column + escapes
        case "json":
            assert [(each["line"], each["column"]) for each in json.loads(out)] == [(3, column)]
        case "github":
            assert out.startswith(f"::error file=wanflow.yaml,line=3,col={column}::")
