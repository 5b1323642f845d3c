"""What the store keeps for pages, and what of it may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.locks import stored
from kit.project import write_production
from wanflow import api, digest
from wanflow.language.production import Production
from wanflow.loading import store_of
from wanflow.store import atomic, blobs, renditions
from wanflow.store.layout import Store
from wanflow.store.renditions import VERSION, Rendition


@pytest.fixture
def film(tmp_path: Path) -> Production:
    """A production of one picture that was never run."""
    return api.load(write_production(tmp_path))


@pytest.fixture
def store(film: Production) -> Store:
    """Its store."""
    return store_of(film)


def keep(store: Store, source: str, rendition: Rendition = Rendition.POSTER) -> Path:
    """A rendition of a file of this digest."""
    place = renditions.place(store, source, rendition)
    atomic.write_whole(place, b"made")
    return place


def offered(film: Production) -> set[Path]:
    """What `gc` would remove."""
    return {item.path for item in api.gc([film]).derived}


def test_a_rendition_is_found_by_its_source_and_kind(store: Store) -> None:
    """One of another kind or version is not it."""
    source = "a" * 64
    place = keep(store, source)
    assert place == store.root / "renditions" / "aa" / f"{source}.poster.{VERSION}.webp"
    assert renditions.find(store, source, Rendition.POSTER) == place
    place.rename(place.with_name(f"{source}.poster.{VERSION + 1}.webp"))
    assert [renditions.find(store, source, each) for each in Rendition] == [None] * len(Rendition)


def test_gc_keeps_what_shows_a_file_that_is_here(film: Production, store: Store) -> None:
    """Of a take and of an asset; what shows a file that is gone is offered and removed, and nothing else."""
    take, asset = stored(store, "a film"), digest.of_file(film.folder / "sets" / "coast.png")
    kept = [keep(store, source, each) for source in (take, asset) for each in Rendition]
    lost = [keep(store, "b" * 64, each) for each in Rendition]
    assert offered(film) == set(lost)
    api.gc([film], apply=True)
    assert [path.exists() for path in (*kept, *lost)] == [True] * len(kept) + [False] * len(lost)
    assert blobs.find_take(store, take) is not None


def test_gc_offers_what_another_version_or_a_killed_process_left(film: Production, store: Store) -> None:
    """Whatever it shows."""
    take = stored(store, "a film")
    place = keep(store, take)
    old = place.rename(place.with_name(f"{take}.poster.0.webp"))
    part = place.with_name(f".{'0' * 32}.part")
    part.write_bytes(b"half")
    assert offered(film) == {old, part}


def test_gc_offers_what_shows_a_derived_file_that_it_removes(film: Production, store: Store) -> None:
    """At once, not with the next call."""
    made = store.temporary(".png")
    made.write_bytes(b"a frame")
    derived = blobs.adopt_derived(store, made, digest.of_bytes(b"a frame"), ".png")
    poster = keep(store, digest.of_bytes(b"a frame"))
    assert offered(film) == {derived, poster}


def test_gc_removes_no_file_of_another_name_and_follows_no_link(film: Production, store: Store, tmp_path: Path) -> None:
    """A store may come from a stranger."""
    elsewhere, inside = tmp_path / "mine", store.renditions / "cc"
    names = (f"{'c' * 64}.poster.1.webp", "letter.txt")
    for folder in (elsewhere, inside):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text("mine")
    (store.renditions / "dd").symlink_to(elsewhere)
    (inside / f"{'d' * 64}.poster.1.webp").symlink_to(elsewhere / "letter.txt")
    assert offered(film) == {inside / names[0]}
    (store.renditions / "cc").rename(tmp_path / "cc")
    (store.renditions / "dd").unlink()
    store.renditions.rmdir()
    store.renditions.symlink_to(tmp_path)
    assert offered(film) == set()
