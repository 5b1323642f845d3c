"""A production in several files: what joins, where its paths begin, and what is said where it doesn't fit."""

from __future__ import annotations

import os

import pytest

from kit.crewfiles import paths_of, shots_of, told, write_files
from wanflow.spec import include, texts
from wanflow.spec.load import read
from wanflow.spec.problem import Severity, render_problem
from wanflow.spec.source import FileSource, ShotSource

A = "shots: {a: {first_frame: a.png}}\n"
B = "shots: {b: {first_frame: b.png}}\n"
WHERE = "it is relative to the file that names it"


def test_files_join_in_the_order_in_which_they_are_named(filing) -> None:
    """Shots, vars, cast and cuts of all files are one production; a glob's files come in the order of their names."""
    scene = "shots: {%s: {first_frame: a.png, prompt: '${light}'}}\ncuts: {%s: [%s]}\n"
    files = {f"scenes/{name}.yaml": scene % (name, name, name) for name in ("c", "a", "b")}
    found = filing(
        {
            "wanflow.yaml": 'include: [words.yaml, "scenes/*.yaml", last.yaml]\nshots: {own: {first_frame: a.png}}\n',
            "last.yaml": scene % ("last", "last", "last"),
            "words.yaml": "vars: {light: dawn}\n",
            **files,
        }
    )
    assert list(shots_of(found)) == ["own", "a", "b", "c", "last"]
    assert {shot.prompt for name, shot in shots_of(found).items() if name != "own"} == {"dawn"}
    assert list(found[0].cuts) == ["a", "b", "c", "last"]
    assert found[0].cuts["b"].output == "out/b.mp4"


def test_globs_leave_out_hidden_files_folders_and_the_file_that_writes_them(filing) -> None:
    """`*.yaml` in a production file is the others; `**` goes into folders."""
    nested = {"wanflow.yaml": 'include: ["**/*.yaml"]\n', "b.yaml": B, "deep/er/a.yaml": A, ".hidden.yaml": "- no\n"}
    assert list(shots_of(filing({**nested, "folder.yaml/x.txt": "no"}))) == ["b", "a"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(filing) -> None:
    """`[1].yaml` is there as it is written."""
    assert list(shots_of(filing({"wanflow.yaml": 'include: ["a[1].yaml"]\n', "a[1].yaml": A, "a1.yaml": "- no"}))) == [
        "a"
    ]


EVERYWHERE = """\
scene: night
cast:
  keeper: {image: cast/keeper.png, voice: ../keeper.wav}
shots:
  talk:
    model: wan2.7-r2v
    prompt: ${keeper} talks.
    references: [keeper, {video: gull.mp4, voice: {file: ./gull.wav, head: 2}}]
  edge:
    first_frame: ../../edge.png
    last_frame: {file: door.png}
    driving_audio: sub/../talk.wav
cuts:
  long:
    items: [talk, {file: cards/end.png, duration: 2}]
    music: {file: ../theme.mp3}
    subtitles: subs/en.srt
    output: out/long.mp4
"""


def test_every_path_begins_in_the_folder_of_its_file(filing) -> None:
    """Media, cast, voices, items, music and subtitles; outputs belong to the production."""
    files = {"wanflow.yaml": "include: [acts/one.yaml]\n", "acts/one.yaml": "include: [deep/night.yaml]\n"}
    production, problems = filing({**files, "acts/deep/night.yaml": EVERYWHERE})
    assert production is not None, told(problems)
    assert paths_of(production.shots["night/talk"]) == [
        *("acts/deep/cast/keeper.png", "acts/keeper.wav", "acts/deep/gull.mp4", "acts/deep/gull.wav")
    ]
    assert paths_of(production.shots["night/edge"]) == ["edge.png", "acts/deep/door.png", "acts/deep/talk.wav"]
    cut = production.cuts["long"]
    assert [item.source for item in cut.items] == [ShotSource("night/talk"), FileSource("acts/deep/cards/end.png")]
    assert cut.finish.music is not None
    assert (cut.finish.music.source.path, cut.finish.subtitles[0].source.path) == (
        "acts/theme.mp3",
        "acts/deep/subs/en.srt",
    )
    assert cut.output == "out/long.mp4"


def test_a_path_keeps_its_meaning_when_its_file_leads_out_of_the_folder(filing, tmp_path) -> None:
    """A file beside the production's folder, and an absolute path."""
    folder = tmp_path / "film"
    (tmp_path / "shared.yaml").write_text("cast: {k: {image: k.png}}\n" + A, encoding="utf-8")
    text = 'wanflow: 1\ndefaults: {model: wan2.7-i2v}\ninclude: ["../shared.yaml"]\n'
    assert paths_of(shots_of(read(write_files(folder, {"wanflow.yaml": text})))["a"]) == ["../a.png"]
    text = text.replace("../shared.yaml", str(tmp_path / "shared.yaml"))
    assert paths_of(shots_of(read(write_files(folder, {"wanflow.yaml": text})))["a"]) == ["../a.png"]


def test_scenes_go_before_names_and_short_names_are_looked_up_outwards(filing) -> None:
    """Nested scenes join; the nearest shot of a name is meant; a file without a scene belongs to its includer's."""
    inner = (
        "scene: night\nshots:\n  b: {first_frame: b.png}\n"
        "  c: {first_clip: {shot: b, tail: 1}}\n  d: {first_clip: {shot: a, tail: 1}}\n"
        "  e: {first_clip: {shot: harbour/b, tail: 1}}\n  f: {first_clip: {shot: top, tail: 1}}\n"
        "  g: {first_clip: {shot: loose, tail: 1}}\ncuts: {n: [b, a, top]}\n"
    )
    shots = shots_of(
        found := filing(
            {
                "wanflow.yaml": "include: [h.yaml]\nshots: {top: {first_frame: a.png}, b: {first_frame: a.png}}\n",
                "h.yaml": "scene: harbour\ninclude: [n.yaml, loose.yaml]\n"
                "shots: {a: {first_frame: a.png}, b: {first_frame: a.png}}\n",
                "n.yaml": inner,
                "loose.yaml": "shots: {loose: {first_frame: a.png}}\n",
            }
        )
    )
    assert [*shots][:4] == ["top", "b", "harbour/a", "harbour/b"]
    meant = {
        name[-1]: shot.media[0].source.shot for name, shot in shots.items() if "/night/" in name and name[-1] > "b"
    }
    assert meant == {
        "c": "harbour/night/b",
        "d": "harbour/a",
        "e": "harbour/b",
        "f": "top",
        "g": "harbour/loose",
    }
    assert [item.source.shot for item in found[0].cuts["n"].items] == ["harbour/night/b", "harbour/a", "top"]


def test_vars_reach_includes_and_scenes(filing) -> None:
    """Those of the file, of the files that lead to it, and of the command line."""
    files = {
        "wanflow.yaml": 'vars: {act: one}\ninclude: ["${act}.yaml"]\n',
        "one.yaml": "vars: {part: night}\nscene: ${act}\n" + "shots:\n  a:\n    first_frame: ${part}.png\n",
        "two.yaml": "vars: {part: day}\nscene: ${act}\n" + "shots:\n  a:\n    first_frame: ${part}.png\n",
    }
    assert {name: paths_of(shot) for name, shot in shots_of(filing(files)).items()} == {"one/a": ["night.png"]}
    assert {name: paths_of(shot) for name, shot in shots_of(filing(files, values={"act": "two"})).items()} == {
        "two/a": ["day.png"]
    }


def with_b(text: str, production: str = "include: [b.yaml]\n", **more: str) -> dict[str, str]:
    """A production file that includes `b.yaml`, and more files."""
    return {"wanflow.yaml": production, "b.yaml": text, **{f"{name}.yaml": words for name, words in more.items()}}


def alone(text: str) -> dict[str, str]:
    """A production file only."""
    return {"wanflow.yaml": text}


TWICE = "is defined twice, first at"
REFUSED = [
    (alone("include: [x.yaml]\n"), "wanflow.yaml:3:11: the included file `x.yaml` is not there", WHERE),
    ({**alone("include: [s]\n"), "s/x": ""}, "wanflow.yaml:3:11: the included file `s` is no file", WHERE),
    (
        alone(f"include: [{'a' * 300}]\n"),
        f"wanflow.yaml:3:11: the included file `{'a' * 300}` can't be read: file name too long",
        WHERE,
    ),
    (alone('include: ["s/*.yaml"]\n'), "wanflow.yaml:3:11: no file is called like `s/*.yaml`", WHERE),
    (
        alone('include: ["../**/*.yaml"]\n'),
        "wanflow.yaml:3:11: `**` looks only below the file that writes it",
        "name the folders that it shall look into",
    ),
    (
        alone('include: ["${n}.yaml"]\n'),
        "wanflow.yaml:3:11: `n` is no var",
        "define `n` under `vars`",
    ),
    (
        with_b(A, "include: [b.yaml, c.yaml]\n", c="include: [b.yaml]\n"),
        "c.yaml:1:11: `b.yaml` is included twice, first at wanflow.yaml:3:11",
        "include it once: its names are known everywhere",
    ),
    (
        alone("include: [./wanflow.yaml]\n"),
        "wanflow.yaml:3:11: files include each other in a circle: `wanflow.yaml` → `wanflow.yaml`",
        "leave one of them out",
    ),
    (
        {**alone("include: [s/b.yaml]\n"), "s/b.yaml": "include: [../c.yaml]\n", "c.yaml": "include: [s/b.yaml]\n"},
        "c.yaml:1:11: files include each other in a circle: `s/b.yaml` → `c.yaml` → `s/b.yaml`",
        "leave one of them out",
    ),
    (
        with_b(f"# p\npipeline: b\n{A}output: a\n"),
        "b.yaml:2:1: a pipeline can't be included",
        "put it in the place of a shot: `use: FILE`",
    ),
    (with_b("- a\n"), "b.yaml:1:1: an included file is a mapping", "e.g. `shots:`"),
    (with_b("budget: 5 CNY\n"), "b.yaml:1:1: an included file can't hold `budget`", "move it to the production file"),
    (with_b("scen: x\n"), "b.yaml:1:1: an included file can't hold `scen`", "did you mean `scene`?"),
    (
        alone("scene: x\n"),
        "wanflow.yaml:3:1: `scene` stands in an included file",
        "here every shot has its own name already",
    ),
    (with_b("scene: 5\n"), "b.yaml:1:8: `scene` has to be text, not `5`", None),
    (with_b("scene: a/b\n"), "b.yaml:1:8: `scene` can't be `a/b`", None),
    (alone("include: []\n"), "wanflow.yaml:3:10: `include` is empty", None),
    (alone("include: b.yaml\n"), "wanflow.yaml:3:10: `include` has to be a list, not `b.yaml`", None),
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
        "wanflow.yaml:4:33: no shot is called `a`",
        "did you mean `h/a`?",
    ),
    (
        with_b("scene: h\nshots:\n  bay: {first_frame: a.png}\n  z: {first_clip: {shot: bai}}\n"),
        "b.yaml:4:26: no shot is called `bai`",
        "did you mean `bay`?",
    ),
    (with_b("shots: [\n"), "b.yaml:2:1: this is no YAML: while parsing a flow node, did not find", None),
    (with_b("wanflow: 2\n"), "b.yaml:1:10: `wanflow` has to be `1`, not `2`", None),
]


@pytest.mark.parametrize(("files", "words", "hint"), REFUSED, ids=[case[1].partition(": ")[2] for case in REFUSED])
def test_what_does_not_fit_is_one_located_problem(filing, files, words, hint) -> None:
    """Place, words and way out, and nothing that only follows from it."""
    production, problems = filing(files)
    assert production is None
    ((said, help_given),) = told(problems)
    assert (said if words != "" else "").startswith(words)
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
    assert told(problems) == [
        (
            "b.yaml:1:8: the cast member `k` is never named",
            "write `${k}` in a prompt, or list it under `references`",
        ),
        (
            "b.yaml:6:13: the text is cut short by ` #`, which begins a comment",
            "quote the text, or write a blank after `#`",
        ),
    ]
    assert {each.severity for each in problems} == {Severity.WARNING}


def test_set_of_a_var_that_no_file_has(filing) -> None:
    """The vars of all files are named."""
    _, problems = filing(with_b("vars: {light: x}\n", "include: [b.yaml]\nvars: {act: 1}\n"), values={"lihgt": "y"})
    assert told(problems) == [("wanflow.yaml:1:1: `--set lihgt` names no var", "vars here: act, light")]


def test_an_empty_file_adds_nothing(filing) -> None:
    """A scene that nobody has written yet."""
    assert list(shots_of(filing(with_b("", f"include: [b.yaml]\n{A}")))) == ["a"]


def test_what_nobody_writes_is_refused_without_reading_it(filing, tmp_path, monkeypatch) -> None:
    """A file of gigabytes, a pipe that never ends, a glob that finds thousands."""
    for name in ("big.yaml", "a.yaml", "b.yaml"):
        (tmp_path / name).write_bytes(b"")
    os.truncate(tmp_path / "big.yaml", texts.LARGEST_BYTES + 1)
    os.mkfifo(tmp_path / "pipe.yaml")
    monkeypatch.setattr(include, "MOST_FILES", 1)
    _, problems = filing(alone('include: [big.yaml, pipe.yaml, "?.yaml"]\n'))
    assert told(problems) == [
        ("wanflow.yaml:3:11: the included file `big.yaml` has 32 MB, which nobody writes", WHERE),
        ("wanflow.yaml:3:21: the included file `pipe.yaml` is no file", WHERE),
        ("wanflow.yaml:3:32: `?.yaml` finds 2 files, a production has 1 at most", None),
    ]
