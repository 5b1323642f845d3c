"""A production in several files: what joins, where its paths begin, and what is said where it doesn't fit."""

from __future__ import annotations

import pytest

from kit.production_files import A, B, paths_of, shots_of, texts_of, write_files
from wanflow.boundary import Boundary
from wanflow.language.file_patterns import PatternTooWide, files_like
from wanflow.language.load import read
from wanflow.language.source import FileSource, ShotSource


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
    """`[1].yaml` exists with exactly this name."""
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
    assert production is not None, texts_of(problems)
    assert paths_of(production.shots["night/talk"]) == [
        *("acts/deep/cast/keeper.png", "acts/keeper.wav", "acts/deep/gull.mp4", "acts/deep/gull.wav")
    ]
    assert paths_of(production.shots["night/edge"]) == ["edge.png", "acts/deep/door.png", "acts/deep/talk.wav"]
    cut = production.cuts["long"]
    assert [item.source for item in cut.items] == [ShotSource("night/talk"), FileSource("acts/deep/cards/end.png")]
    assert (cut.finish.music[0].source.path, cut.finish.subtitles[0].source.path) == (
        "acts/theme.mp3",
        "acts/deep/subs/en.srt",
    )
    assert cut.output == "out/long.mp4"


def test_a_path_keeps_its_meaning_when_its_file_leads_out_of_the_folder(filing, tmp_path) -> None:
    """A file beside the production's folder, and an absolute path."""
    folder = tmp_path / "film"
    (tmp_path / "shared.yaml").write_text("cast: {k: {image: k.png}}\n" + A, encoding="utf-8")
    text = 'wanflow: 1\ndefaults: {model: wan2.7-i2v}\ninclude: ["../shared.yaml"]\n'
    assert paths_of(shots_of(read(write_files(folder, {"wanflow.yaml": text}), root=tmp_path))["a"]) == ["../a.png"]
    text = text.replace("../shared.yaml", str(tmp_path / "shared.yaml"))
    assert paths_of(shots_of(read(write_files(folder, {"wanflow.yaml": text}), root=tmp_path))["a"]) == ["../a.png"]


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


def test_a_pattern_of_a_wide_root_ends(tmp_path) -> None:
    """A root may hold more than any production has; the pattern is an error, and takes no minutes."""
    for number in range(300):
        (tmp_path / f"{number:03}.yaml").touch()
    deep = "/".join(["sub", ".."] * 3)
    (tmp_path / "sub").mkdir()
    assert len(files_like(f"{deep}/*.yaml", tmp_path, Boundary(tmp_path))) == 300
    with pytest.raises(PatternTooWide):
        files_like("/".join(["*", ".."] * 200 + ["*.yaml"]), tmp_path, Boundary(tmp_path))
