"""Deliveries on disk: what is known of those that were made, which former ones go, and folders of pictures."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from kit.films import COAST, place, production
from kit.providers import ANIMATIC
from wanflow.errors import StoreFault
from wanflow.language.production import Cut, CutItem, Delivery, Form, Production, TitleCard
from wanflow.planner.cut import delivery_recipe, due_deliveries
from wanflow.store import cut_records
from wanflow.store.layout import Store
from wanflow.store.outputs import check_outputs, digest_of_written, remove_former_files, replace_folder

FILM, OTHER = "a" * 64, "b" * 64
WEB = Delivery("web", Form.H264, "out/main.web.mp4", place(4))
FRAMES = Delivery("frames", Form.PNG, "out/main.frames.png", place(5))
CUT = Cut("main", place(3), (CutItem(TitleCard("One"), place()),), "out/main.mp4", deliveries=(WEB, FRAMES))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The store of a production whose cut and deliveries were made."""
    out, store = tmp_path / "out", Store(tmp_path, ANIMATIC)
    (out / "main.frames.png").mkdir(parents=True)
    for name in ("main.mp4", "main.web.mp4", "main.frames.png/000001.png", "main.frames.png/000002.png"):
        (out / name).write_text(name, encoding="utf-8")
    cut_records.remember(store, "main", "out/main.mp4", "edit", film=FILM)
    for each in CUT.deliveries:
        file = tmp_path / each.output
        content = digest_of_written(file)
        cut_records.remember_delivery(store, "main", each.output, delivery_recipe(each), FILM, content, file)
    return store


def due(store: Store, cut: Cut = CUT) -> list[str]:
    """The names of the deliveries that are to be made."""
    return [each.name for each in due_deliveries(cut, cut_records.delivered(store).get("main", {}))]


def of(store: Store, cut: Cut = CUT) -> Production:
    """A production of this cut."""
    return replace(production(COAST, cuts=(cut,)), folder=store.folder)


def test_a_delivery_is_made_again_when_its_film_its_form_or_its_file_changed(store: Store) -> None:
    """And only that one. A picture that is missing is a change of its folder."""
    assert due(store) == []
    assert due(store, replace(CUT, deliveries=(replace(WEB, form=Form.H265), FRAMES))) == ["web"]
    (store.folder / FRAMES.output / "000002.png").unlink()
    assert due(store) == ["frames"]
    os.utime(store.folder / WEB.output, ns=(0, 0))
    assert due(store) == ["web", "frames"]


def test_the_same_film_written_again_keeps_its_deliveries(store: Store) -> None:
    """By its bytes, since a join of the same segments gives them again."""
    cut_records.remember(store, "main", "out/main.mp4", "edit", film=FILM)
    assert due(store) == []
    cut_records.remember(store, "main", "out/main.mp4", "another edit", film=OTHER)
    assert due(store) == ["web", "frames"]


def test_former_deliveries_go_where_wanflow_wrote_them(store: Store) -> None:
    """Not one that somebody changed, nor one that another cut writes now; what stays is forgotten."""
    bare = replace(CUT, deliveries=())
    (store.folder / WEB.output).write_text("mine", encoding="utf-8")
    remove_former_files(of(store, bare), bare, store)
    assert (store.folder / WEB.output).read_text(encoding="utf-8") == "mine"
    assert not (store.folder / FRAMES.output).exists()
    cut_records.keep_deliveries(store, "main", [])
    assert cut_records.deliveries(store, "main") == {}


def test_a_folder_with_other_files_stays(store: Store) -> None:
    """Whoever put something beside the pictures keeps all of it, and is told."""
    (store.folder / FRAMES.output / "notes.txt").write_text("mine", encoding="utf-8")
    (found,) = check_outputs(of(store), store)
    assert "`out/main.frames.png`, which `main` writes beside its film, has files that wanflow did not" in found.message
    assert "`notes.txt`" in found.message
    bare = replace(CUT, deliveries=())
    remove_former_files(of(store, bare), bare, store)
    assert len([*(store.folder / FRAMES.output).iterdir()]) == 3


def test_a_file_in_the_place_of_pictures_is_in_the_way(store: Store) -> None:
    """So is a folder in the place of a film, and a link in the place of either."""
    cut = replace(CUT, deliveries=(replace(FRAMES, output="out/main.x.png"),))
    (store.folder / "out/main.x.png").write_text("mine", encoding="utf-8")
    assert ["is a file" in each.message for each in check_outputs(of(store, cut), store)] == [True]
    (store.folder / "out/main.x.png").unlink()
    (store.folder / "out/main.x.png").symlink_to("main.frames.png")
    assert ["is a symbolic link" in each.message for each in check_outputs(of(store, cut), store)] == [True]
    (store.folder / WEB.output).unlink()
    (store.folder / WEB.output).mkdir()
    assert ["is a folder" in each.message for each in check_outputs(of(store), store)] == [True]


def test_new_pictures_replace_a_folder_as_a_whole(store: Store, tmp_path: Path) -> None:
    """No picture of the former film stays among those of the new one; a fault leaves the former folder."""
    made, target = store.temporary(".png"), store.folder / FRAMES.output
    made.mkdir()
    (made / "000001.png").write_text("new", encoding="utf-8")
    replace_folder(target, made, store.temporary(""))
    assert {each.name: each.read_text(encoding="utf-8") for each in target.iterdir()} == {"000001.png": "new"}
    assert [*(store.root / "tmp").iterdir()] == []
    with pytest.raises(StoreFault):
        replace_folder(target, tmp_path / "missing", store.temporary(""))
    assert (target / "000001.png").exists()


def test_a_record_of_a_stranger_removes_nothing_else(store: Store) -> None:
    """It may only name files that are called like deliveries of its cut, in `out/`."""
    bare = replace(CUT, deliveries=())
    for path in ("clip.mp4", "out/other.web.mp4", "out/main.mp4", "out/main.notes.txt"):
        file = store.folder / path
        file.write_text(path, encoding="utf-8")
        cut_records.remember_delivery(store, "main", path, "h264.1", FILM, digest_of_written(file), file)
    remove_former_files(of(store, bare), bare, store)
    assert all((store.folder / path).exists() for path in ("clip.mp4", "out/other.web.mp4", "out/main.mp4"))
    assert (store.folder / "out/main.notes.txt").exists()
