"""What nothing uses any more can go; what was paid for only goes by its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, paid_production, rewrite

from kit.interrupts import interrupted_after
from kit.project import ONE, write_production
from kit.providers import DASHSCOPE
from kit.served import Served
from wanflow import digest
from wanflow.store import atomic, layout, lockfile, renditions, run_lock
from wanflow.store import gc as waste
from wanflow.store.layout import Store

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
cuts: {main: [coast, near]}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service; a production of two shots, the first of which was edited after it had been paid for."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def shots() -> set[str]:
    """The shots that the lock knows."""
    return set(lockfile.read(Path("wanflow.lock")).shots)


def files(kind: str) -> set[str]:
    """The names of the store's files of a kind."""
    return {path.name for path in Path(".wanflow", kind).rglob("*.*")}


def poster_of(film: Path) -> Path:
    """A poster of a film, which a page made."""
    place = renditions.place(Store(Path.cwd(), DASHSCOPE), digest.of_file(film), renditions.Rendition.POSTER)
    atomic.write_whole(place, b"a poster")
    return place


def test_derived_files_go_and_what_is_used_stays(wanflow: Wanflow, film: Path) -> None:
    """Shown first, removed when asked; the present film needs nothing of it, and an undo makes it again."""
    write_production(film.parent, ONE)
    assert wanflow("run", "-q").code == 0
    used = files("derived")
    assert wanflow("gc").out == "0 KB can be freed\n"
    rewrite("The coast", "The cold coast")
    assert wanflow("run", "-q").code == 0
    both = files("derived")
    assert len(both) > len(used)
    assert f"{len(both) - len(used)} files" in wanflow("gc").out
    assert files("derived") == both
    assert wanflow("gc", "--apply").code == 0
    assert len(files("derived")) == len(used)
    assert "nothing to do" in wanflow("plan").out
    rewrite("The cold coast", "The coast")
    assert wanflow("run", "-q").code == 0


def test_what_a_link_leads_to_is_no_waste(tmp_path: Path) -> None:
    """Neither the files of another production, by a link to its folder or one in it, nor what someone put beside."""
    mine, other = (Store(tmp_path / name, DASHSCOPE) for name in ("mine", "other"))
    name = f"{'ab' * 32}.mp4"
    for store in (mine, other):
        atomic.write_whole(store.derived / "ab" / name, b"a piece")
    (mine.derived / "cd").symlink_to(other.derived / "ab")
    (mine.derived / "ab" / f"{'cd' * 32}.mp4").symlink_to(other.derived / "ab" / name)
    (mine.derived / "ab" / "notes.txt").write_text("mine", encoding="utf-8")
    assert [item.path for item in waste.derived_waste(mine, [])] == [mine.derived / "ab" / name]
    linked = Store(tmp_path / "linked", DASHSCOPE)
    linked.root.mkdir(parents=True)
    linked.derived.symlink_to(other.derived)
    assert waste.derived_waste(linked, []) == []


def test_a_paid_take_goes_by_its_name_alone(wanflow: Wanflow, service: Served) -> None:
    """Out of the store and `out/`; its number and cost stay on record, and undoing the edit buys anew."""
    assert wanflow(*RUN).code == 0
    rewrite("prompt: a coast", "prompt: a colder coast")
    assert wanflow(*RUN).code == 0
    assert "paid  coast.t1" in wanflow("gc", "--paid", "coast.t1").out
    assert len(files("takes")) == 4
    refused = wanflow("gc", "--apply", "--paid", "coast.t1")
    assert (refused.code, "1 paid take, which cost 1.20 CNY: coast.t1" in refused.err) == (3, True)
    assert len(files("takes")) == 4
    assert wanflow("gc", "--apply", "--yes", "--paid", "coast.t1").code == 0
    assert len(files("takes")) == 3
    assert not Path("out/shots/coast.t1.mp4").exists()
    rows = json.loads(wanflow("takes", "--json").out)
    mine = [(row["take"], row["state"], row["file"]) for row in rows if row["shot"] == "coast"]
    assert mine == [(1, "gone", None), (2, "current", "out/shots/coast.t2.mp4")]
    assert json.loads(wanflow("costs", "--json").out)["total"]["charged"] == "4.80"
    assert wanflow("pick", "coast", "1").code == 2
    rewrite("prompt: a colder coast", "prompt: a coast")
    steps = {step["node"]: step for step in json.loads(wanflow("plan", "--json").out)["steps"]}
    assert (steps["coast.t3"]["action"], steps["coast.t3"]["cost"]["amount"]) == ("render", "1.20")
    said = wanflow("gc", "--apply", "--paid", "coast.t9")
    assert (said.code, "no paid take is called `coast.t9`" in said.err) == (2, True)


def test_a_removed_shot_stays_until_it_is_named(wanflow: Wanflow, service: Served) -> None:
    """All of its takes at once, by the shot's name."""
    assert wanflow(*RUN).code == 0
    rewrite("  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}\ncuts: {main: [coast, near]}\n", "")
    assert wanflow(*RUN).code == 0
    assert wanflow("gc", "--apply").code == 0
    assert "near" in shots()
    assert "removed only by name (`--paid NAME`): near.t1\n" in wanflow("gc").err
    assert wanflow("gc", "--apply", "--paid", "near", "--yes").code == 0
    assert len(files("takes")) == 1
    assert wanflow("gc", "--apply", "--paid", "near", "--yes").code == 2
    assert json.loads(wanflow("costs", "--json").out)["by_shot"]["near"]["charged"] == "1.20"


def test_the_animatic_s_old_takes_go(wanflow: Wanflow, film: Path) -> None:
    """They cost nothing and are drawn again; those that count now stay."""
    film.write_text(FILM.replace("backend: dashscope\n", ""), encoding="utf-8")
    assert wanflow("run", "-q", "coast").code == 0
    rewrite("prompt: a coast", "prompt: a colder coast")
    assert wanflow("run", "-q", "coast").code == 0
    posters = [poster_of(Path(f"out/shots/coast.t{number}.mp4")) for number in (1, 2)]
    assert "animatic  coast.t1" in wanflow("gc").out
    assert wanflow("gc", "--apply").code == 0
    assert [poster.exists() for poster in posters] == [False, True]
    assert [path.name for path in Path("out/shots").iterdir()] == ["coast.t2.mp4"]
    assert len(files("takes")) == 1
    assert "nothing to do" in wanflow("plan", "coast").out


def test_nothing_is_removed_while_a_run_works(wanflow: Wanflow, service: Served) -> None:
    """A run may be about to use it: 3, and everything stays."""
    assert wanflow(*RUN).code == 0
    rewrite("prompt: a coast", "prompt: a colder coast")
    assert wanflow(*RUN).code == 0
    with run_lock.hold(layout.Store(Path.cwd(), DASHSCOPE)):
        assert wanflow("gc", "--apply", "--paid", "coast.t1", "--yes").code == 3
        assert wanflow("gc").code == 0
    assert len(files("takes")) == 4


def test_law_4_a_take_in_use_is_never_offered_and_never_removed(wanflow: Wanflow, service: Served) -> None:
    """Picked, held, the default of its shot, or in a cut: it is refused with what uses it, also after `collect`."""
    rewrite("prompt: a coast", "prompt: a coast, takes: 2")
    with interrupted_after(service, 2):
        assert wanflow("run", "--yes").code == 130
    assert wanflow("collect", "--poll-interval", "0.05").code == 0
    assert wanflow(*RUN).code == 0
    wanflow("pick", "coast", "2")
    assert wanflow(*RUN).code == 0
    said = wanflow("gc")
    assert (said.code, "not made again for nothing" in said.err, "coast.t2" in said.err) == (0, True, False)
    for node, use in (("coast.t2", "it is picked"), ("near.t2", "cut:main shows it")):
        refused = wanflow("gc", "--apply", "--yes", "--paid", node)
        assert (refused.code, use in refused.err) == (2, True), refused.err
    rewrite("a coast, takes: 2", "another coast, takes: 2")
    refused = wanflow("gc", "--apply", "--yes", "--paid", "coast.t2")
    assert (refused.code, "it is picked" in refused.err) == (2, True)
    assert len(files("takes")) == 4
