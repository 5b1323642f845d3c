"""One long day of a studio: interrupted, collected, renamed, retaken, merged, swept and pulled, and nothing is lost.

Real processes, real git and a service on loopback: this day passes in real time.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from cli.conftest import paid_production

from kit.git_session import GIT, QUICK, GitSession
from kit.project import write_production

FILM = """\
wanflow: 1
backend: dashscope
remote: ../remote
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}

shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, takes: 3, seed: 7}

  # ---
  pier: {first_frame: sets/coast.png, prompt: a pier}

  # ---
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}

  # ---
cuts: {main: [coast, pier, near]}
"""


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitSession]:
    """A production in git, with a service that is paid."""
    for name in ("WANFLOW_REGION", "WANFLOW_REMOTE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "film"
    folder.mkdir()
    write_production(folder, FILM)
    with paid_production(folder / "wanflow.yaml", FILM, monkeypatch) as service:
        one = GitSession(folder, service)
        one.git("init", "-q")
        (folder / ".gitignore").write_text("out/\n.wanflow/\nmade.mp4\n", encoding="utf-8")
        one.commit("a film")
        yield one


def clone(day: GitSession, name: str) -> GitSession:
    """A colleague's clone, who knows what the lock knows and has no file yet."""
    folder = day.folder.parent / name
    subprocess.run([GIT, "clone", "-q", str(day.folder), str(folder)], check=True, capture_output=True)
    return GitSession(
        folder,
        day.service,
        dict(day.chosen),
        dict(day.numbers),
        dict(day.renamed),
        moved=set(day.moved),
        ever=set(day.ever),
    )


def test_an_ordinary_day(day: GitSession) -> None:
    """After every command every paid film is in one place, `takes` names its file, and no pick moved."""
    interrupt_and_collect(day)
    edit_and_rename(day)
    colleague = work_side_by_side(day)
    merge(day, colleague)
    sweep(day)


def interrupt_and_collect(day: GitSession) -> None:
    """Takes that were in flight arrive under the numbers and with the seeds of their submissions."""
    day.stop(submissions=3)
    day.do("collect", *QUICK)
    rows = {key: row["seed"] for key, row in day.rows().items() if key[0] == "coast"}
    assert rows == {("coast", 1): 7, ("coast", 2): 8, ("coast", 3): 9}
    day.do("run", "--yes", *QUICK)
    assert day.bought == 5
    day.pick("coast", 2)
    day.do("run", "--yes", *QUICK)
    day.commit("a first cut")


def edit_and_rename(day: GitSession) -> None:
    """An edit while a take is in flight, and a rename with decisions before the next run."""
    day.edit("prompt: a pier", "prompt: a cold pier")
    day.stop(submissions=1)
    day.edit("prompt: a cold pier", "prompt: a warm pier")
    day.do("run", "--yes", *QUICK)
    assert {key for key in day.rows() if key[0] == "pier"} == {("pier", 1), ("pier", 2), ("pier", 3)}
    day.rename("pier", "jetty")
    day.edit("[coast, pier, near]", "[coast, jetty, near]")
    day.do("retake", "jetty")
    day.pick("jetty", 3)
    day.do("run", "--yes", *QUICK)
    day.do("hold", "near")
    day.commit("a jetty")


def work_side_by_side(day: GitSession) -> GitSession:
    """A colleague pulls everything, pays for nothing again, and picks another take than we do."""
    colleague = clone(day, "colleague")
    day.do("push")
    colleague.do("pull")
    assert colleague.rows().keys() == day.rows().keys()
    before = day.bought
    colleague.do("run", "--yes", *QUICK)
    assert day.bought == before
    colleague.do("retake", "jetty")
    colleague.do("run", "--yes", *QUICK)
    colleague.pick("jetty", 5)
    colleague.commit("another jetty")
    day.elsewhere, known = tasks(colleague) - tasks(day), tasks(day)
    day.edit("prompt: a coast", "prompt: a colder coast")
    day.do("run", "--yes", *QUICK)
    day.pick("jetty", 4)
    day.commit("a colder coast")
    colleague.elsewhere = tasks(day) - known
    assert day.bought == before + 1 + 3
    return colleague


def merge(day: GitSession, colleague: GitSession) -> None:
    """Both picked: nothing that depends on it goes on before somebody decides, and nothing else is held up."""
    day.git("pull", "-q", "--no-rebase", str(colleague.folder), "HEAD")
    day.elsewhere, before = set(), day.bought
    del day.chosen["jetty"]
    assert "both sides picked: take 4 or take 5" in day.do("status").out
    steps = {step["node"]: step for step in json.loads(day.do("plan", "--json").out)["steps"]}
    assert [reason["code"] for reason in steps["cut:main"]["reasons"]] == ["needs-pick"]
    day.do("run", "--yes", *QUICK, code=3)
    colleague.do("push")
    day.do("pull")
    day.pick("jetty", 4)
    day.do("run", "--yes", *QUICK)
    assert day.bought == before


def sweep(day: GitSession) -> None:
    """What could go is never what is in use; what a person names goes, and is bought again only if it is asked for."""
    offered = set(day.do("gc").err.replace(",", " ").split())
    used = {node for node, row in named(day).items() if row["picked"] or row["held"]}
    assert not used & offered
    day.do("gc", "--apply", "--paid", "jetty.t4", "--yes", code=2)
    assert {"coast.t1", "jetty.t2"} <= offered
    day.do("gc", "--apply", "--paid", "jetty.t2", "--yes")
    assert named(day)["jetty.t2"]["state"] == "gone"
    day.edit("prompt: a colder coast", "prompt: a coast")
    before = day.bought
    day.do("run", "--yes", *QUICK)
    assert (day.bought, named(day)["coast.t2"]["chosen"]) == (before, True)


def named(day: GitSession) -> dict[str, dict[str, object]]:
    """The rows of takes, by node."""
    return {f"{shot}.t{number}": row for (shot, number), row in day.rows().items()}


def tasks(day: GitSession) -> set[str]:
    """The tasks whose takes a clone's lock has."""
    return {row["task_id"] for row in day.rows().values()}


SHOTS = """\
wanflow: 1
backend: dashscope
remote: ../remote
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}

shots:
  a: {first_frame: sets/coast.png, prompt: words 1, takes: 1}

  # ---
  b: {first_frame: sets/coast.png, prompt: words 1 of b, takes: 2}

  # ---
  c: {first_frame: {shot: b, frame: last}, prompt: words 1 of c, takes: 1}

  # ---
"""


class Life:
    """A day by chance, of one person or of two with a clone each; commands may be refused, and nothing may be lost."""

    def __init__(self, day: GitSession, dice: Random) -> None:
        self.day, self.dice = day, dice

    def live(self, deeds: int) -> None:
        """How many things people do."""
        kinds = (self.edit, self.edit, self.run, self.run, self.stop, self.collect, self.rename, self.takes)
        for _ in range(deeds):
            self.dice.choice((*kinds, self.decide, self.decide, self.decide, self.gc, self.remove))()
        self.run()

    def edit(self) -> None:
        """Other words for a shot, or those of before."""
        old, new = f"words {self.dice.randrange(1, 4)}", f"words {self.dice.randrange(1, 4)}"
        if old in self.text:
            self.day.edit(old, new)

    def takes(self) -> None:
        """More takes or fewer."""
        old, new = f"takes: {self.dice.randrange(1, 4)}", f"takes: {self.dice.randrange(1, 4)}"
        if old in self.text:
            self.day.edit(old, new)

    def run(self) -> None:
        """A run to its end; what waits for a person, or for bytes that are elsewhere, waits."""
        self.day.do("run", "--yes", *QUICK, code=(0, 1, 3))

    def stop(self) -> None:
        """A run that is stopped with tasks in flight."""
        plan = json.loads(self.day.do("plan", "--json").out)
        sure = [step for step in plan["steps"] if step["action"] == "render" and step["certain"]]
        if sure:
            self.day.stop(submissions=self.dice.randrange(1, len(sure) + 1))

    def collect(self) -> None:
        """Everything that is in flight."""
        self.day.do("collect", *QUICK)

    def rename(self) -> None:
        """A shot under a name that was never used; it is known by what it asks, so that no edit comes in between."""
        name = self.dice.choice(self.shots)
        if f"shot: {name}," in self.text:
            return
        self.run()
        rows = {row["shot"]: row["state"] for row in json.loads(self.day.do("status", "--json").out)}
        if rows[name] not in {"current", "held"}:
            return
        new = f"{name[0]}{len(self.day.said)}"
        self.day.rename(name, new)
        self.day.do(self.dice.choice(("retake", "hold")), new, code=(0, 2))
        self.run()

    def remove(self) -> None:
        """A shot goes; its takes stay, and another shot may get one of them."""
        name = self.dice.choice(self.shots)
        if f"shot: {name}," in self.text or len(self.shots) < 3:
            return
        lines = [line for line in self.text.splitlines() if not line.startswith(f"  {name}: ")]
        (self.day.folder / "wanflow.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.day.said.append(f"remove {name}")
        self.day.chosen.pop(name, None)
        takes = [key for key, row in self.day.rows().items() if key[0] == name and row["state"] != "gone"]
        if takes and self.dice.random() < 0.5:
            shot = self.dice.choice(self.shots)
            digest = self.day.rows()[takes[0]]["digest"]
            self.day.moved.add(digest)
            self.day.ever.add(digest)
            self.day.chosen.pop(shot, None)
            self.day.do("pick", shot, "--from", name, str(takes[0][1]))

    def decide(self) -> None:
        """A pick, a hold, a release or a wish, for a shot that has takes."""
        keys = [key for key, row in self.day.rows().items() if key[0] in self.shots and row["state"] == "current"]
        if not keys:
            return
        shot, number = self.dice.choice(keys)
        match self.dice.randrange(4):
            case 0 | 1:
                self.day.pick(shot, number)
            case 2:
                self.day.do(self.dice.choice(("hold", "release")), shot, code=(0, 2))
            case _:
                self.day.do("retake", shot, code=(0, 2))

    def gc(self) -> None:
        """What could go, and one of the takes that are offered by name."""
        self.day.do("gc", "--apply")
        offered = [word for word in self.day.do("gc").err.replace(",", " ").split() if ".t" in word]
        if offered:
            row = named(self.day)[offered[0]]
            assert not any(row[use] for use in ("chosen", "picked", "held"))
            self.day.do("gc", "--apply", "--yes", "--paid", offered[0])

    @property
    def text(self) -> str:
        """The production file."""
        return (self.day.folder / "wanflow.yaml").read_text(encoding="utf-8")

    @property
    def shots(self) -> list[str]:
        """The names of its shots."""
        return [line.split(":")[0].strip() for line in self.text.splitlines() if "prompt:" in line]


def live_together(day: GitSession, dice: Random) -> None:
    """Two people on one production, whose branches git merges, with our attributes or without."""
    (day.folder / "wanflow.yaml").write_text(SHOTS, encoding="utf-8")
    day.do("run", "--yes", *QUICK)
    if dice.random() < 0.5:
        (day.folder / ".gitattributes").write_text("# none\nwanflow.lock text\n", encoding="utf-8")
    Life(day, dice).live(4)
    day.commit("before")
    colleague = clone(day, f"colleague-{dice.random()}")
    day.do("push", code=(0, 1))
    colleague.do("pull", code=(0, 1))
    begun = tasks(day)
    for one in (day, colleague):
        other, known = (colleague, tasks(day)) if one is day else (day, tasks(day))
        Life(one, dice).live(4)
        one.do("collect", *QUICK)
        one.do("push", code=(0, 1))
        other.elsewhere |= tasks(one) - (begun if one is day else known & begun)
        one.commit("work")
    day.git("pull", "-q", "--no-rebase", str(colleague.folder), "HEAD", code=(0, 1))
    if "<<<<<<<" in (day.folder / "wanflow.yaml").read_text(encoding="utf-8"):
        day.git("checkout", "--ours", "wanflow.yaml")
    both = day.ever | colleague.ever
    day.elsewhere, day.numbers, day.chosen = set(), {}, {}
    day.moved |= colleague.moved
    for row in day.rows().values():
        if row["chosen"] and row["state"] == "current" and not row["held"]:
            assert row["digest"] in both, day.said
    day.do("pull", code=(0, 1))
    day.do("status")
    day.commit("merged")
    Life(day, dice).live(3)


@pytest.mark.parametrize("seed", range(2))
def test_a_day_by_chance(day: GitSession, seed: int) -> None:
    """Whatever two people do, in whatever order."""
    live_together(day, Random(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 202))
def test_two_hundred_days_by_chance(day: GitSession, seed: int) -> None:
    """The same, for the days on which nobody looks."""
    live_together(day, Random(seed))
