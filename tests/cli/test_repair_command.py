"""`wanflow doctor --repair`: a store that is damaged is repaired from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.conftest import Wanflow

from kit.providers import ANIMATIC
from wanflow.store import journal, run_lock
from wanflow.store.layout import Store


@pytest.fixture
def store(rendered: Path) -> Store:
    """The store of a production that was run to its end."""
    return Store(rendered.parent, ANIMATIC)


def test_a_damaged_journal_is_said_and_mended(wanflow: Wanflow, store: Store) -> None:
    """A run ends with the way out; `doctor` says what is wrong, `--repair` repairs it, and the run has nothing to do."""
    whole = store.journal.read_bytes()
    store.journal.write_bytes(b"rubbish\n" + whole)
    refused = wanflow("run")
    assert refused.code == 1
    assert "is damaged at line 1" in refused.err
    assert "wanflow doctor --repair" in refused.err
    said = wanflow("doctor")
    assert said.code == 1
    assert f"{store.journal.name}: line 1 cannot be read" in said.out
    repaired = wanflow("doctor", "--repair")
    assert (repaired.code, repaired.out.splitlines()[0]) == (
        0,
        f"repaired: {store.journal.name}: line 1 cannot be read",
    )
    assert store.journal.read_bytes() == whole
    assert [path.read_bytes() for path in store.aside.iterdir()] == [b"rubbish\n" + whole]
    assert wanflow("run").code == 0
    assert "nothing to repair" in wanflow("doctor", "--repair").out


def test_a_take_that_rotted_is_not_bought_again(wanflow: Wanflow, store: Store) -> None:
    """It is set aside, and the plan says that it is not here."""
    film = next(store.takes.rglob("*.mp4"))
    film.chmod(0o600)
    film.write_bytes(film.read_bytes()[:-10])
    said = wanflow("doctor").out
    assert "its bytes changed" in said
    assert "moves its file to `.wanflow/aside`; then `wanflow pull`, or copy the store" in said
    assert "loses nothing" not in said
    assert wanflow("doctor", "--repair").code == 0
    said = wanflow("doctor")
    assert said.code == 0
    assert "in the lock, but not here\n      hint: `wanflow pull`, or copy the store" in said.out
    assert "intact" not in said.out
    plan = wanflow("plan", "-v")
    assert "is in the lock, but its file is not here" in plan.out
    assert "render" not in plan.out.replace("renders", "").partition("\n")[0]


def test_nothing_is_mended_under_a_run(wanflow: Wanflow, store: Store) -> None:
    """3, with who works there."""
    with run_lock.hold(store):
        said = wanflow("doctor", "--repair")
    assert said.code == 3
    assert "another run is active in this production" in said.err
    assert journal.read(store).unknown_fate == ()


def test_where_nothing_was_run_nothing_is_made(wanflow: Wanflow, film: Path) -> None:
    """A repair is not a first run."""
    assert wanflow("doctor", "--repair").code == 0
    assert not Store(film.parent, ANIMATIC).journal.exists()
    assert not (film.parent / "wanflow.lock").exists()


def test_a_damaged_version_is_mended_from_the_command_line(wanflow: Wanflow, store: Store) -> None:
    """Which a run, that must know the version, refuses."""
    store.format.write_text("rubbish", encoding="utf-8")
    assert wanflow("run").code == 1
    repaired = wanflow("doctor", "--repair")
    assert repaired.code == 0
    assert repaired.out.startswith(f"repaired: {store.format.name}: ")
    assert wanflow("run").code == 0
