"""Properties of two branches that git merges: no purchase that neither wanted, no paid take lost, nobody locked out."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.bookkeeping import perform
from kit.films import FACTS, edited, plan, production, renamed, shot
from kit.providers import DASHSCOPE
from wanflow.graph.recipe import fingerprint
from wanflow.language.production import Production, Shot
from wanflow.language.source import FileSource
from wanflow.planner.plan import Action, Plan
from wanflow.planner.request import planned_request
from wanflow.planner.status import take_rows
from wanflow.store import lock as locks
from wanflow.store import lock_text
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock

GIT = shutil.which("git") or "git"
SETTINGS = ("user.name=A", "user.email=a@example.org", "commit.gpgsign=false", "init.defaultBranch=main")
NAMES = ("coast", "dawn", "pier")
FILM = production(*(shot(name, {"first_frame": FileSource("sets/coast.png")}) for name in NAMES), provider=DASHSCOPE)
Asked = set[tuple[str, int | None]]

choices = st.tuples(
    st.sampled_from(["edit", "takes", "rename", "run", "pick", "hold", "release", "retake"]),
    st.integers(0, 2),
    st.integers(0, 2),
)
branches = st.lists(choices, max_size=6)


@dataclass
class Branch:
    """One person's production and lock; `wanted` is everything that the production ever asked for there.

    What a held shot would ask for counts: somebody wrote it, and a release on the other branch lets it be asked.
    """

    film: Production
    have: Inventory
    name: str = ""
    wanted: Asked = field(default_factory=set)
    bought: int = 0

    def do(self, deed: str, which: int, detail: int) -> None:
        """One thing that people do."""
        names = sorted(self.film.shots)
        name = names[which % len(names)]
        match deed:
            case "edit":
                self.film = edited(self.film, name, prompt=f"{name[:3]} {('at dawn', 'at noon', 'at dusk')[detail]}")
            case "takes":
                self.film = edited(self.film, name, takes=detail + 1)
            case "rename":
                self.film = renamed(self.film, name, f"{name}_{self.name}{detail}")
            case "run":
                self._run()
            case _:
                self._decide(deed, name, detail)
        released = Lock({name: replace(entry, held=None) for name, entry in self.have.lock.shots.items()})
        self.wanted |= asked(plan(self.film, replace(self.have, lock=released)))

    def _run(self) -> None:
        """Takes are dated by the run, and no two of them are the same bytes."""
        self.bought += 1
        self.have, _ = perform(plan(self.film, self.have))
        date = f"2026-11-2{self.bought % 10}T00:00:00Z"
        lock = self.have.lock
        for name, entry in lock.shots.items():
            takes = {
                at: take if take.task_id else replace(take, date=date, task_id="t") for at, take in entry.takes.items()
            }
            lock = replace(lock, shots={**lock.shots, name: replace(entry, takes=takes)})
        self.have = replace(self.have, lock=lock)

    def _decide(self, deed: str, name: str, detail: int) -> None:
        """A choice among the takes that there are; nobody chooses among none."""
        of = plan(self.film, self.have)
        shot_request = planned_request(of, of.graph.production.shots[name])
        lock, answers = of.inventory.lock, shot_request.takes
        if deed == "retake" and answers and not shot_request.entry.held:
            lock = locks.wish(lock, name, shot_request.key, shot_request.wanted + 1)
        elif deed == "release":
            lock = locks.release(lock, name)
        elif deed == "pick" and answers:
            lock = locks.pick(lock, name, shot_request.key, answers[detail % len(answers)].digest)
        elif deed == "hold" and shot_request.counting.take is not None:
            lock = locks.keep(lock, name, shot_request.counting.take.digest)
        self.have = replace(self.have, lock=lock)


def asked(of: Plan) -> Asked:
    """The questions that a plan would pay for."""
    cores = {name: fingerprint(recipe) for name, recipe in of.recipes.items()}
    return {(cores[str(step.shot)], step.seed) for step in of.steps if step.action is Action.RENDER}


def git(folder: Path, *words: str) -> int:
    """Run git, whatever the person has set."""
    options = [option for setting in SETTINGS for option in ("-c", setting)]
    return subprocess.run([GIT, *options, *words], cwd=folder, capture_output=True, check=False).returncode


def merged(base: Lock, ours: Lock, theirs: Lock, *, union: bool) -> Lock:
    """What git makes of three locks, with our attributes and without."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        git(folder, "init", "-q")
        (folder / ".gitattributes").write_text("wanflow.lock merge=union\n" if union else "", encoding="utf-8")
        for branch, lock in (("main", base), ("theirs", theirs), ("main", ours)):
            git(folder, "checkout", "-q", *(["-b"] if branch == "theirs" else []), branch)
            (folder / "wanflow.lock").write_text(lock_text.to_text(lock), encoding="utf-8")
            git(folder, "add", ".")
            git(folder, "commit", "-q", "--allow-empty", "-m", branch)
        git(folder, "merge", "-q", "theirs")
        return lock_text.from_text((folder / "wanflow.lock").read_text(encoding="utf-8"), "wanflow.lock")


def united(base: Production, ours: Production, theirs: Production) -> Production:
    """The production files merged: each side's edits and names, and ours where both edited a shot or renamed it.

    A shot is known by its picture's place in the order, whatever its name and its words are.
    """
    shots: dict[str, Shot] = {}
    for was, mine, yours in zip(base.shots.values(), ours.shots.values(), theirs.shots.values(), strict=True):
        name = yours.name if mine.name == was.name else mine.name
        kept = yours if replace(mine, name="") == replace(was, name="") else mine
        shots[name] = replace(kept, name=name)
    return replace(ours, shots=shots)


@pytest.mark.parametrize("union", [True, False], ids=["with attributes", "without"])
@given(before=branches, mine=branches, yours=branches)
@settings(deadline=None, max_examples=25)
def test_a_merge_buys_nothing_that_neither_branch_wanted_and_keeps_every_take(
    before: list[tuple[str, int, int]],
    mine: list[tuple[str, int, int]],
    yours: list[tuple[str, int, int]],
    *,
    union: bool,
) -> None:
    """Whatever two people did, the merged lock loads, names every take, and no choice of one person alone is lost."""
    start = Branch(FILM, Inventory())
    for deed in [("run", 0, 0), *before]:
        start.do(*deed)
    ours, theirs = (Branch(start.film, start.have, name, set(start.wanted)) for name in ("a", "b"))
    theirs.bought = 4
    for branch, deeds in ((ours, mine), (theirs, yours)):
        for deed in deeds:
            branch.do(*deed)
    lock = merged(start.have.lock, ours.have.lock, theirs.have.lock, union=union)
    paid = [{digest for entry in side.have.lock.shots.values() for digest in entry.takes} for side in (ours, theirs)]
    kept = {digest for entry in lock.shots.values() for digest in entry.takes}
    assert kept >= paid[0] | paid[1]
    have = replace(
        ours.have,
        lock=lock,
        takes={},
        here=ours.have.here | theirs.have.here,
        recipes={**ours.have.recipes, **theirs.have.recipes},
    )
    film = united(start.film, ours.film, theirs.film)
    of = plan(film, have, FACTS)
    assert asked(of) <= ours.wanted | theirs.wanted
    numbers = [list(entry.numbers.values()) for entry in of.inventory.lock.shots.values()]
    assert all(len(each) == len(set(each)) for each in numbers)
    rows = take_rows(of)
    rivals = {name for name in film.shots if planned_request(of, film.shots[name]).choice.rivals}
    assert not any(row.picked for row in rows if row.shot in rivals)
