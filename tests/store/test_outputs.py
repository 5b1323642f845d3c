"""The rule for the files of a cut: which place may be written, and what the message says otherwise."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kit.films import COAST, place, production
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow import digest
from wanflow.errors import StoreFault
from wanflow.language.problem import Problem
from wanflow.language.production import Cut, CutFinish, CutItem, Production, SoundCue, Subtitles
from wanflow.language.source import FileSource
from wanflow.store import cut_records
from wanflow.store.layout import Store
from wanflow.store.outputs import check_outputs, remove_former_files, require_outputs

AT = replace(place(9), column=30)
Judge = Callable[..., list[Problem]]


def film(folder: Path, output: str, **more: object) -> Production:
    """A production whose cut reads clips, music, subtitles and a font, and is written to `output`."""
    finish = CutFinish(
        music=(SoundCue(FileSource("music/theme.mp4"), place()),),
        subtitles=(Subtitles(FileSource("subs/en.srt"), place(), "en"),),
        fonts=(("fonts/title.mp4", 3),),
    )
    items = (CutItem(FileSource("clip.mp4"), place()), CutItem(FileSource("linked.mp4"), place()))
    cut = Cut("main", place(8), items, output, finish=finish, output_place=AT)
    texts = (folder / "wanflow.yaml", folder / "scenes" / "one.mp4")
    return replace(production(COAST, cuts=(cut,)), folder=folder, read_from=texts, **more)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A production's folder with what it reads, a take with its name in `out/shots`, and links to some of that."""
    root = tmp_path / "film"
    take = root / ".wanflow" / "takes" / "ab" / "abc.mp4"
    names = (
        "clip.mp4",
        "real.mp4",
        "music/theme.mp4",
        "fonts/title.mp4",
        "scenes/one.mp4",
        "subs/en.srt",
        "out/old.mp4",
    )
    for path in (*(root / name for name in names), take, tmp_path / "holiday.mp4", root / ".git" / "config"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name, encoding="utf-8")
    (root / "out" / "shots").mkdir()
    (root / "out" / "shots" / "coast.t1.mp4").hardlink_to(take)
    for link, leads in {
        "linked.mp4": "real.mp4",
        "stored": ".wanflow/takes/ab",
        "named": "out/shots",
        "away": "..",
        "mine": "out",
        "take.mp4": ".wanflow/takes/ab/abc.mp4",
        "loop.mp4": "loop.mp4",
    }.items():
        (root / link).symlink_to(leads)
    return root


@pytest.fixture
def judge(folder: Path) -> Judge:
    """The problems of a cut that is written to a path."""

    def problems(output: str, **more: object) -> list[Problem]:
        return list(check_outputs(film(folder, output, **more), Store(folder, ANIMATIC)))

    return problems


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (".wanflow/takes/ab/abc.mp4", "`.wanflow/takes/ab/abc.mp4` is in `.wanflow/`"),
        (".wanflow/new.mp4", "is in `.wanflow/`"),
        (".WanFlow/new.mp4", "is in `.wanflow/`"),
        ("deep/.wanflow/new.mp4", "is in `.wanflow/`"),
        (".git/new.mp4", "is in `.git/`"),
        ("stored/abc.mp4", "which leads to `.wanflow/takes/ab/abc.mp4`, is in `.wanflow/`"),
        ("take.mp4", "is in `.wanflow/`"),
        ("clip.mp4", "`clip.mp4` is a file that the production reads"),
        ("CLIP.mp4", "reads"),
        ("real.mp4", "reads"),
        ("linked.mp4", "reads"),
        ("music/theme.mp4", "reads"),
        ("fonts/title.mp4", "reads"),
        ("scenes/one.mp4", "reads"),
        ("scenes/../clip.mp4", "reads"),
        ("out/shots/coast.t1.mp4", "is in `out/shots/`, the folder of the takes"),
        ("out/shots/new.mp4", "is in `out/shots/`"),
        ("Out/Shots/new.mp4", "is in `out/shots/`"),
        ("out/dashscope/shots/new.mp4", "is in `out/shots/`"),
        ("named/new.mp4", "is in `out/shots/`"),
        ("../holiday.mp4", "`../holiday.mp4` is outside the production's folder"),
        ("../new.mp4", "outside"),
        ("away/new.mp4", "outside"),
        ("clip.mp4/new.mp4", "`clip.mp4/new.mp4` cannot be written: `clip.mp4` is not a folder"),
        ("loop.mp4", "is a symbolic link"),
        (f"{'x' * 252}.mp4", "has a name of 256 bytes, which is too long"),
        (f"{'界' * 84}.mp4", "has a name of 256 bytes, which is too long"),
        (f"{'x' * 256}/a.mp4", "has a name of 256 bytes, which is too long"),
        (f"{'x/' * 2_100}a.mp4", "bytes, which is too long"),
        ("a\0b.mp4", "cannot be the name of a file"),
        ("\ud800.mp4", "cannot be the name of a file"),
    ],
)
def test_a_place_that_cuts_may_not_have_is_an_error_at_its_output(judge: Judge, output: str, words: str) -> None:
    """Once, with what lies there and a way out."""
    (found,) = judge(output)
    assert found.place == AT
    assert words in found.message
    assert found.hint


@pytest.mark.parametrize("output", ["out/main.mp4", "out/old.mp4", "final/new.mp4", "mine/old.mp4", "out/deep/x.mp4"])
def test_a_new_file_and_every_file_in_out_may_be_written(judge: Judge, output: str) -> None:
    """No record is asked for in `out/`."""
    assert judge(output) == []


@pytest.mark.parametrize("output", ["../new.mp4", "away/new.mp4"])
def test_a_new_file_outside_may_be_written_where_that_is_allowed(judge: Judge, output: str) -> None:
    """Foreign files, stores and sources are protected there too."""
    assert "--allow-outside" in (judge(output)[0].hint or "")
    assert judge(output, allow_outside=True) == []


def test_a_file_outside_is_not_written_over_whatever_is_allowed(judge: Judge, folder: Path) -> None:
    """The option allows a place, not the loss of a file; the store of another production is one as well."""
    assert "no record shows that wanflow wrote it" in judge("../holiday.mp4", allow_outside=True)[0].message
    assert "is in `.wanflow/`" in judge("../other/.wanflow/new.mp4", allow_outside=True)[0].message
    assert "which leads to" in judge("away/holiday.mp4", allow_outside=True)[0].message
    (folder.parent / "clips").mkdir()
    (folder.parent / "clips" / "real.mp4").write_bytes(b"a clip")
    (folder / "clip.mp4").unlink()
    (folder / "clip.mp4").symlink_to("../clips/real.mp4")
    assert "reads" in judge("../clips/real.mp4", allow_outside=True)[0].message


@pytest.mark.parametrize("leads", ["..", "sets"])
def test_a_link_in_the_place_of_out_makes_nothing_ours(judge: Judge, folder: Path, leads: str) -> None:
    """Where it leads decides: outside, or among files that people brought."""
    (folder / "sets").mkdir()
    (folder / "sets" / "holiday.mp4").write_bytes(b"holiday")
    (folder / "out").rename(folder / "before")
    (folder / "out").symlink_to(leads)
    assert len(judge("out/holiday.mp4")) == 1


def test_a_folder_and_a_link_are_in_the_way_in_out_too(judge: Judge, folder: Path) -> None:
    """The hint names what to move."""
    (folder / "out" / "a.mp4").mkdir()
    (folder / "out" / "b.mp4").symlink_to("nothing.mp4")
    (folder / "out" / "main.provenance.json").mkdir()
    (one,), (two,), (three,) = judge("out/a.mp4"), judge("out/b.mp4"), judge("out/c.mp4")
    assert (one.message, two.message) == ("`out/a.mp4` is a folder", "`out/b.mp4` is a symbolic link")
    assert three.message == "`out/main.provenance.json`, which `main` writes beside its film, is a folder"
    assert [each.hint for each in (one, two, three)] == [
        "move that folder elsewhere, or give the cut another `output`",
        "move that link elsewhere, or give the cut another `output`",
        "move that folder elsewhere, or give the cut another name",
    ]


def test_subtitles_that_a_cut_reads_are_not_where_it_writes_them(folder: Path) -> None:
    """The file beside the film would be written over its own source."""
    made = film(folder, "out/main.mp4")
    tracks = (Subtitles(FileSource("out/main.eng.srt"), place(), "en"),)
    cut = replace(made.cuts["main"], finish=CutFinish(subtitles=tracks))
    (found,) = check_outputs(replace(made, cuts={"main": cut}), Store(folder, ANIMATIC))
    assert (
        "`out/main.eng.srt`, which `main` writes beside its film, is a file that the production reads" in found.message
    )


def test_former_subtitles_go_where_wanflow_wrote_them(folder: Path) -> None:
    """Not those of a present track, that changed since, that the production reads, or that are somewhere else."""
    store, made = Store(folder, ANIMATIC), film(folder, "out/main.mp4")
    tracks = (Subtitles(FileSource("out/main.jpn.srt"), place(), "en"),)
    cut = replace(made.cuts["main"], finish=CutFinish(subtitles=tracks))
    names = [f"out/main.{name}.srt" for name in ("eng", "zho", "fra", "jpn", "kor")]
    others = ["subs/en.srt", "out/other.eng.srt", "out/main./../main.deu.srt", "out/main.old.mp4"]
    (folder / "out" / "main.").mkdir()
    for path in (*names, "out/other.eng.srt", "out/main.deu.srt", "out/main.old.mp4", "out/main.mp4"):
        (folder / path).write_text(path, encoding="utf-8")
    cut_records.remember(store, "main", "out/main.mp4", "f", subtitles=[*names, *others])
    (folder / "out/main.fra.srt").write_text("mine", encoding="utf-8")
    (folder / "out/main.kor.srt").unlink()
    remove_former_files(replace(made, cuts={"main": cut}), cut, store)
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*.srt")} | {"out/main.old.mp4"}
    assert left == {*names, *others, "out/main.deu.srt"} - {"out/main.zho.srt", "out/main.kor.srt", others[2]}
    assert (folder / "out/main.old.mp4").exists()


def test_a_default_output_is_pointed_at_by_the_cuts_name(folder: Path) -> None:
    """A production that reads the film of one of its own cuts has no `output` to point at."""
    made = film(folder, "out/clip.mp4")
    items = (CutItem(FileSource("out/main.mp4"), place()),)
    other = Cut("main", place(12), items, "out/main.mp4")
    (found,) = check_outputs(replace(made, cuts={"main": other}), Store(folder, ANIMATIC))
    assert (found.place, found.message) == (place(12), "`out/main.mp4` is a file that the production reads")


def test_a_film_is_ours_by_the_record_of_the_store(judge: Judge, folder: Path) -> None:
    """Of any cut and backend, while its size and date are as they were."""
    final = folder / "final.mp4"
    final.write_bytes(b"a film")
    assert "no record" in judge("final.mp4")[0].message
    cut_records.remember(Store(folder, DASHSCOPE), "before", "./final.mp4", "made from these")
    assert judge("final.mp4") == []
    os.utime(final, ns=(0, 0))
    assert "no record" in judge("final.mp4")[0].message


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ({"file": "final.mp4", "digest": digest.of_bytes(b"a film")}, True),
        ({"file": "./final.mp4", "digest": digest.of_bytes(b"a film")}, True),
        ({"file": "other.mp4", "digest": digest.of_bytes(b"a film")}, False),
        ({"file": "final.mp4", "digest": digest.of_bytes(b"another")}, False),
        ({"file": 1, "digest": None}, False),
        ({}, False),
        ([], False),
        ("no json", False),
    ],
)
def test_a_film_is_ours_by_the_provenance_file(judge: Judge, folder: Path, written: object, ours: bool) -> None:
    """While it has the bytes that the file names; an unreadable record counts as none."""
    (folder / "final.mp4").write_bytes(b"a film")
    text = written if isinstance(written, str) else json.dumps(written)
    (folder / "out" / "main.provenance.json").write_text(text, encoding="utf-8")
    assert (judge("final.mp4") == []) is ours


@pytest.mark.parametrize("text", ["[" * 100_000, "\udcff", "null", '{"animatic:main": 1, "x": {"output": 3}}'])
def test_damaged_records_are_none(judge: Judge, folder: Path, text: str) -> None:
    """They end in the error, never in a traceback."""
    (folder / "final.mp4").write_bytes(b"a film")
    for name in ("out/main.provenance.json", ".wanflow/cuts.json"):
        (folder / name).write_bytes(text.encode(errors="surrogateescape"))
    assert "no record" in judge("final.mp4")[0].message


def test_a_run_asks_the_same_rule(folder: Path) -> None:
    """What appeared since the check stops it, with the same words."""
    made, store = film(folder, "final/new.mp4"), Store(folder, ANIMATIC)
    require_outputs(made, made.cuts["main"], store)
    (folder / "final").mkdir()
    (folder / "final" / "new.mp4").write_bytes(b"holiday")
    with pytest.raises(StoreFault, match="no record shows that wanflow wrote it") as fault:
        require_outputs(made, made.cuts["main"], store)
    assert fault.value.hint == "move that file elsewhere, or give the cut another `output`"
