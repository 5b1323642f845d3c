"""A take holds a result, a film or a picture: stored, named, listed, shared and removed by what it is."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath

import pytest
from PIL import Image

from kit.locks import DATE, FILM, attempt, recipe, take, with_take
from kit.providers import DASHSCOPE
from wanflow import digest, schemas
from wanflow.catalog.model import ResultKind
from wanflow.errors import MediaFault
from wanflow.language.source import Facts, Kind
from wanflow.media.jobs import Worker
from wanflow.media.probe import CheckResult
from wanflow.store import blobs, gc, inventory, lock_text, lockfile, repair, take_names, traces
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, add_take
from wanflow.store.remote import Remote, kept_takes
from wanflow.store.take import Picture, Take, Trace, result_of

BYTES = b"a picture"
STILL: Take = replace(take("coast", BYTES.decode()), result=Picture(1024, 768))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The store of a production whose shot `coast` has a picture as its take 1."""
    store = Store(tmp_path / "here", DASHSCOPE)
    made = store.temporary(".png")
    made.write_bytes(BYTES)
    blobs.adopt_take(store, made, STILL.digest, STILL.result.kind)
    traces.append(store, Trace(STILL, recipe("coast")))
    journal = Journal(store)
    journal.intended(attempt("a1"))
    journal.accepted("a1", str(STILL.task_id), "r", DATE)
    journal.stored(str(STILL.task_id), STILL.digest, DATE, take=STILL)
    lockfile.update(store.lock, lambda old: add_take(old, "coast", STILL, recipe("coast"), 1))
    return store


def test_a_picture_has_its_own_name_in_the_store_and_under_out(store: Store) -> None:
    """Its suffix follows it, and a film beside it keeps its own."""
    film = store.temporary(".mp4")
    film.write_bytes(b"a film")
    blobs.adopt_take(store, film, digest.of_bytes(b"a film"), ResultKind.FILM)
    lock = with_take(lockfile.read(store.lock), "talk", "a film")
    take_names.arrange(store, lock, store.folder / "out")
    names = {path.relative_to(store.folder / "out").as_posix() for path in (store.folder / "out").rglob("*.t1.*")}
    assert names == {"shots/coast.t1.png", "shots/talk.t1.mp4"}
    assert take_names.take_file("out", "coast", 1, STILL.suffix) == "out/shots/coast.t1.png"
    assert blobs.find_take(store, STILL.digest) == store.takes / STILL.digest[:2] / f"{STILL.digest}.png"


def test_a_stale_name_of_a_picture_goes(store: Store) -> None:
    """The name of a renumbered picture is removed, and another file beside it stays."""
    out = store.folder / "out"
    take_names.put(store, STILL.digest, out / "shots" / "coast.t3.png")
    (out / "shots" / "coast.t4.png").write_bytes(b"of a person")
    take_names.arrange(store, lockfile.read(store.lock), out)
    assert sorted(path.name for path in (out / "shots").iterdir()) == ["coast.t1.png", "coast.t4.png"]


def test_of_two_names_that_are_one_file_the_present_shot_has_it(store: Store) -> None:
    """Where a file system ignores case, as a link does here; a removed shot of a merge never takes the name."""
    out = store.folder / "out"
    (out / "shots" / "a").mkdir(parents=True)
    (out / "shots" / "a" / "of a person").touch()
    (out / "shots" / "A").symlink_to("a")
    lock = Lock()
    for shot, content in (("a/coast", b"one"), ("A/coast", b"other")):
        film = store.temporary(".mp4")
        film.write_bytes(content)
        blobs.adopt_take(store, film, digest.of_bytes(content), ResultKind.FILM)
        lock = with_take(lock, shot, content.decode())
    for present, content in (({"a/coast"}, "one"), ({"A/coast"}, "other"), ({"A/coast"}, "other")):
        take_names.arrange(store, lock, out, present)
        assert (out / "shots" / "a" / "coast.t1.mp4").read_text() == content


def test_lock_traces_and_journal_give_the_picture_back(store: Store) -> None:
    """What is written is read as the same take, and fits the schemas."""
    assert lockfile.read(store.lock).shots["coast"].takes == {STILL.digest: STILL}
    assert traces.read(store).takes == {STILL.fingerprint: (STILL,)}
    assert inventory.survey(store, {}).here == {STILL.digest}
    document = json.loads(store.lock.read_text(encoding="utf-8"))
    assert list(schemas.violations(document, "lock.schema.json")) == []
    mixed = json.loads(store.lock.read_text(encoding="utf-8").replace('"kind"', '"frames": 3, "kind"'))
    assert list(schemas.violations(mixed, "lock.schema.json"))


def test_a_picture_is_rebuilt_from_the_journal(store: Store) -> None:
    """A lost lock and lost traces are written again with it."""
    before = lockfile.read(store.lock)
    store.lock.unlink()
    store.traces.unlink()
    assert repair.examine(store)
    repair.repair_store(store)
    assert lockfile.read(store.lock).shots["coast"].takes == before.shots["coast"].takes
    assert traces.read(store).takes == {STILL.fingerprint: (STILL,)}
    assert repair.examine(store) == ()


def test_a_damaged_picture_is_found(store: Store) -> None:
    """Its bytes are compared with its digest like those of a film, and it is set aside."""
    place = blobs.take_path(store, STILL.digest, STILL.suffix)
    place.chmod(0o644)
    place.write_bytes(b"rotten")
    assert [damage.place for damage in repair.repair_store(store)] == [f"take {STILL.digest[:12]}"]
    assert blobs.find_take(store, STILL.digest) is None


def test_a_picture_travels_by_the_remote(store: Store, tmp_path: Path) -> None:
    """It is pushed and pulled under its suffix."""
    remote, other = Remote(str(tmp_path / "remote")), Store(tmp_path / "there", DASHSCOPE)
    (kept,) = kept_takes(lockfile.read(store.lock))
    assert remote.push(kept, store)
    assert remote.pull(kept, other)
    assert blobs.take_path(other, STILL.digest, ".png").read_bytes() == BYTES


def test_a_picture_is_removed_by_its_node(store: Store) -> None:
    """Its file, its name and its trace go; the lock keeps number and cost."""
    out = store.folder / "out"
    take_names.arrange(store, lockfile.read(store.lock), out)
    assert {digest: path.stat().st_size for digest, path in blobs.take_paths(store).items()} == {
        STILL.digest: len(BYTES)
    }
    gc.remove_takes(store, {"coast.t1"}, out)
    assert blobs.list_takes(store) == frozenset()
    assert list((out / "shots").iterdir()) == []
    assert traces.read(store).takes == {}
    assert lockfile.read(store.lock).shots["coast"].takes[STILL.digest] == replace(STILL, gone=True)


def test_each_kind_of_result_has_its_check(tmp_path: Path) -> None:
    """A film has to play to its end, a picture has to be decoded; a sound is not a result yet."""
    png = tmp_path / "coast.png"
    Image.new("RGB", (4, 2)).save(png)
    worker = Worker(tmp_path)
    assert CheckResult(ResultKind.PICTURE, PurePath("coast.png")).perform(worker).width == 4
    with pytest.raises(MediaFault, match="not a playable video: it is a picture"):
        CheckResult(ResultKind.FILM, PurePath("coast.png")).perform(worker)
    assert result_of(Facts(Kind.IMAGE, "png", "d", 9, 1024, 768)) == Picture(1024, 768, 9)
    film = Facts(Kind.VIDEO, "mp4", "d", 9, 1280, 720, False, 150, Fraction(30), 240_000, 48_000)
    assert result_of(film) == FILM
    with pytest.raises(ValueError, match="kind audio"):
        result_of(Facts(Kind.AUDIO, "wav", "d", 9, samples=3, sample_rate=48_000))


def test_the_pace_of_a_take_of_variable_rate_is_in_the_lock() -> None:
    """It comes back, fits the schema, and a take of constant rate is written as before."""
    varied = replace(take("a", "b"), result=replace(FILM, rate=Fraction(60), pace=Fraction(299, 10)))
    lock = add_take(Lock(), "coast", varied, recipe("a"), 1)
    document = json.loads(lock_text.to_text(lock))
    assert list(schemas.violations(document, "lock.schema.json")) == []
    assert Take.from_json(varied.digest, varied.to_json()) == varied
    assert "pace" not in take("a", "b").to_json()


def test_a_take_of_an_unknown_kind_is_damage() -> None:
    """A record of a later wanflow is not taken for a film."""
    text = lock_text.to_text(add_take(Lock(), "coast", STILL, recipe("coast"), 1)).replace('"picture"', '"hologram"')
    with pytest.raises(Exception, match="hologram"):
        lock_text.from_text(text, "wanflow.lock")
