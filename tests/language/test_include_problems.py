"""What can be wrong with files that join: where, in which words, and the way out."""

from __future__ import annotations

import os

import pytest

from kit.production_files import A, B, shots_of, texts_of
from wanflow.language import include
from wanflow.language import source_texts as texts
from wanflow.language.problem import Severity, render_problem

WHERE = "the path is relative to the file that names it"
BOTH = "shots: {a: {first_frame: a.png, prompt: 'x ${k}'}}\n"


def with_b(text: str, production: str = "include: [b.yaml]\n", **more: str) -> dict[str, str]:
    """A production file that includes `b.yaml`, and more files."""
    return {"wanflow.yaml": production, "b.yaml": text, **{f"{name}.yaml": words for name, words in more.items()}}


def alone(text: str) -> dict[str, str]:
    """A production file only."""
    return {"wanflow.yaml": text}


TWICE = "is defined twice, first at"
REFUSED = [
    (alone("include: [x.yaml]\n"), "wanflow.yaml:3:11: the included file `x.yaml` does not exist", WHERE),
    ({**alone("include: [s]\n"), "s/x": ""}, "wanflow.yaml:3:11: the included file `s` is not a file", WHERE),
    (
        alone(f"include: [{'a' * 300}]\n"),
        f"wanflow.yaml:3:11: the included file `{'a' * 300}` cannot be read: file name too long",
        WHERE,
    ),
    (alone('include: ["s/*.yaml"]\n'), "wanflow.yaml:3:11: no file matches `s/*.yaml`", WHERE),
    (
        alone('include: ["../**/*.yaml"]\n'),
        "wanflow.yaml:3:11: `**` matches only below the folder of the file that names it",
        "name the folders to look into",
    ),
    (
        alone('include: ["${n}.yaml"]\n'),
        "wanflow.yaml:3:11: no var `n`",
        "define `n` under `vars`",
    ),
    (
        with_b(A, "include: [b.yaml, c.yaml]\n", c="include: [b.yaml]\n"),
        "c.yaml:1:11: `b.yaml` is included twice, first at wanflow.yaml:3:11",
        "include it once: its names are known everywhere",
    ),
    (
        alone("include: [./wanflow.yaml]\n"),
        "wanflow.yaml:3:11: circular include: `wanflow.yaml` → `wanflow.yaml`",
        "remove one of these includes",
    ),
    (
        {**alone("include: [s/b.yaml]\n"), "s/b.yaml": "include: [../c.yaml]\n", "c.yaml": "include: [s/b.yaml]\n"},
        "c.yaml:1:11: circular include: `s/b.yaml` → `c.yaml` → `s/b.yaml`",
        "remove one of these includes",
    ),
    (
        with_b(f"# p\npipeline: b\n{A}output: a\n"),
        "b.yaml:2:1: a pipeline cannot be included",
        "put it in the place of a shot: `use: FILE`",
    ),
    (with_b("- a\n"), "b.yaml:1:1: an included file is a mapping", "e.g. `shots:`"),
    (with_b("budget: 5 CNY\n"), "b.yaml:1:1: an included file cannot have `budget`", "move it to the production file"),
    (with_b("scen: x\n"), "b.yaml:1:1: an included file cannot have `scen`", "did you mean `scene`?"),
    (
        alone("scene: x\n"),
        "wanflow.yaml:3:1: `scene` belongs to an included file",
        "here every shot already has its own name",
    ),
    (with_b("scene: [5]\n"), "b.yaml:1:8: `scene` must be text, not a list", None),
    (
        with_b("scene: a/b\n"),
        "b.yaml:1:9: `a/b` is not a valid name: it contains `/`",
        "a name begins with a letter or a digit; letters, digits, `_` and `-` follow, e.g. `a-b`",
    ),
    (alone("include: []\n"), "wanflow.yaml:3:10: `include` is empty", None),
    (alone("include: b.yaml\n"), "wanflow.yaml:3:10: `include` must be a list, not `b.yaml`", None),
    (
        with_b("vars: {v: 2}\n", "include: [b.yaml]\nvars: {v: 1}\n"),
        f"b.yaml:1:8: `v` {TWICE} wanflow.yaml:4:8",
        "rename one",
    ),
    (
        with_b("cuts: {m: [a]}\n", f"include: [b.yaml]\n{A}cuts: {{m: [a]}}\n"),
        f"b.yaml:1:8: `m` {TWICE} wanflow.yaml:5:8",
        "rename one",
    ),
    (with_b(A, f"include: [b.yaml]\n{A}"), f"b.yaml:1:9: `a` {TWICE} wanflow.yaml:4:9", "rename one"),
    (
        with_b(f"scene: h\n{A}", "include: [b.yaml, c.yaml]\n", c=f"\nscene: h\n{A}"),
        f"c.yaml:3:9: `h/a` {TWICE} b.yaml:2:9",
        "rename one",
    ),
    (
        with_b(f"scene: h\n{A}", f"include: [b.yaml]\n{B.replace('b.png', '{shot: a}')}"),
        "wanflow.yaml:4:33: no shot `a`",
        "did you mean `h/a`?",
    ),
    (
        with_b("vars: {v: x, w: 'y ${v}'}\n", f"include: [b.yaml]\n{A}"),
        "b.yaml:1:17: `w` cannot use `${…}`: names do not nest",
        "write the text itself",
    ),
    (
        with_b("vars: {k: x}\n", "include: [b.yaml, c.yaml]\ncast: {k: {image: k.png}}\n", c=BOTH),
        "b.yaml:1:8: `k` is both a var and a cast member, at wanflow.yaml:4:8",
        "rename one of them",
    ),
    (
        with_b("scene: h\nshots:\n  bay: {first_frame: a.png}\n  z: {first_clip: {shot: bai}}\n"),
        "b.yaml:4:26: no shot `bai`",
        "did you mean `bay`?",
    ),
    (with_b("shots: [\n"), "b.yaml:2:1: invalid YAML: while parsing a flow node, did not find", None),
    (with_b("wanflow: 2\n"), "b.yaml:1:10: `wanflow` must be `1`, not `2`", None),
]


@pytest.mark.parametrize(("files", "words", "hint"), REFUSED, ids=[case[1].partition(": ")[2] for case in REFUSED])
def test_what_does_not_fit_is_one_located_problem(filing, files, words, hint) -> None:
    """Place, words and way out, and nothing that only follows from it."""
    production, problems = filing(files)
    assert production is None
    ((said, help_given),) = texts_of(problems)
    assert said.startswith(words)
    assert help_given == hint


def test_all_files_are_told_of_at_once_each_with_its_line(filing) -> None:
    """Problems come in the order of files and lines, whatever file they are in."""
    bad = "shots:\n  a: {first_frame: a.png, duration: 99}\n"
    _, problems = filing(
        {"wanflow.yaml": "include: [c.yaml, b.yaml]\ntitel: x\n", "b.yaml": bad, "c.yaml": "scene: c\n" + bad}
    )
    assert [(str(each.place), each.source.strip()) for each in problems] == [
        ("b.yaml:2:37", "a: {first_frame: a.png, duration: 99}"),
        ("c.yaml:3:37", "a: {first_frame: a.png, duration: 99}"),
        ("wanflow.yaml:4:1", "titel: x"),
    ]
    assert render_problem(problems[1]).splitlines()[1:3] == [
        *("    a: {first_frame: a.png, duration: 99}", f"{' ' * 38}^")
    ]


def test_warnings_of_included_files_are_kept(filing) -> None:
    """A text that is cut short, a member that nobody names."""
    text = "cast: {k: {image: k.png}}\nshots:\n  a: {first_frame: a.png, prompt: x}\n  b:\n    first_frame: a.png\n"
    production, problems = filing(with_b(text + "    prompt: a house #1 of two\n"))
    assert production is not None
    assert texts_of(problems) == [
        (
            "b.yaml:1:8: the cast member `k` is never used",
            "write `${k}` in a prompt, or list it under `references`",
        ),
        (
            "b.yaml:6:13: the text is cut off at ` #`, which begins a comment",
            "quote the text, or write a space after `#`",
        ),
    ]
    assert {each.severity for each in problems} == {Severity.WARNING}


def test_set_of_a_var_that_no_file_has(filing) -> None:
    """The vars of all files are named."""
    _, problems = filing(with_b("vars: {light: x}\n", "include: [b.yaml]\nvars: {act: 1}\n"), values={"lihgt": "y"})
    assert texts_of(problems) == [("wanflow.yaml:1:1: no var `lihgt`", "did you mean `light`?")]
    assert render_problem(problems[0]) == "--set: no var `lihgt`\n  hint: did you mean `light`?"


def test_an_empty_file_adds_nothing(filing) -> None:
    """A scene that nobody has written yet."""
    assert list(shots_of(filing(with_b("", f"include: [b.yaml]\n{A}")))) == ["a"]


def test_what_nobody_writes_is_refused_without_reading_it(filing, tmp_path, monkeypatch) -> None:
    """A file of gigabytes, a pipe that never ends, a glob that finds thousands."""
    for name in ("big.yaml", "a.yaml", "b.yaml"):
        (tmp_path / name).write_bytes(b"")
    os.truncate(tmp_path / "big.yaml", texts.MAX_BYTES + 1)
    os.mkfifo(tmp_path / "pipe.yaml")
    monkeypatch.setattr(include, "MAX_FILES", 3)
    _, problems = filing(alone('include: [big.yaml, pipe.yaml, "?.yaml"]\n'))
    assert texts_of(problems) == [
        ("wanflow.yaml:3:11: the included file `big.yaml` has more than 16 MB", WHERE),
        ("wanflow.yaml:3:21: the included file `pipe.yaml` is not a file", WHERE),
        ("wanflow.yaml:3:32: `?.yaml` matches 2 files: a production has at most 3", None),
    ]


def test_a_scene_that_is_missing_is_told_of_at_once(filing) -> None:
    """Each name that nobody has is a problem with the nearest one, also among many."""
    shots = "".join(f"  shot{number}: {{first_clip: {{shot: shat{number}}}}}\n" for number in range(30))
    _, problems = filing(alone(f"shots:\n{shots}"))
    assert [each.message for each in problems] == [f"no shot `shat{number}`" for number in range(30)]
    assert [each.hint for each in problems] == [f"did you mean `shot{number}`?" for number in range(30)]
