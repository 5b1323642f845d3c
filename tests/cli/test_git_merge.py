"""Two clones, one film: what two people did apart is one production again after an ordinary `git merge`."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

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
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
"""


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitSession]:
    """A rendered film in git."""
    folder = tmp_path / "film"
    folder.mkdir()
    write_production(folder, FILM)
    with paid_production(folder / "wanflow.yaml", FILM, monkeypatch) as service:
        one = GitSession(folder, service)
        one.git("init", "-q")
        (folder / ".gitignore").write_text("out/\nmade.mp4\n", encoding="utf-8")
        one.do("run", "--yes", *QUICK)
        yield one


def branch(day: GitSession, *, union: bool) -> GitSession:
    """Commit the film, with our attributes or without, and give a colleague's clone with all takes."""
    attributes = (day.folder / ".gitattributes").read_text(encoding="utf-8")
    assert "merge=union" in attributes
    if not union:
        (day.folder / ".gitattributes").write_text("wanflow.lock text\n", encoding="utf-8")
    day.commit("a film")
    folder = day.folder.parent / "colleague"
    subprocess.run([GIT, "clone", "-q", str(day.folder), str(folder)], check=True, capture_output=True)
    colleague = GitSession(folder, day.service)
    day.do("push")
    colleague.do("pull")
    return colleague


def merge(day: GitSession, colleague: GitSession) -> None:
    """Merge the colleague's branch into ours, and fetch the takes."""
    for one in (day, colleague):
        one.commit("work")
    day.numbers, day.elsewhere, day.chosen = {}, set(), {}
    day.git("pull", "-q", "--no-rebase", str(colleague.folder), "HEAD", code=(0, 1))
    colleague.elsewhere = {task.id for task in day.service.charged()}
    colleague.do("push")
    day.do("pull")


@pytest.mark.parametrize("union", [True, False], ids=["with attributes", "without"])
def test_takes_that_share_a_number_get_two_and_their_names_follow(day: GitSession, *, union: bool) -> None:
    """Both retook the coast: both films stay, the later is take 3 with its file, and nothing is bought again."""
    colleague = branch(day, union=union)
    for one in (day, colleague):
        other = colleague if one is day else day
        one.do("retake", "coast")
        one.do("run", "--yes", *QUICK)
        other.elsewhere |= {task.id for task in day.service.charged()}
    (day.folder / "wanflow.yaml").write_text(FILM.replace("a coast}", "a coast, takes: 1}"), encoding="utf-8")
    before = day.bought
    merge(day, colleague)
    rows = day.rows()
    assert [key for key in rows if key[0] == "coast"] == [("coast", 1), ("coast", 2), ("coast", 3)]
    assert "is now take 3: after a merge, two takes had its number" in day.do("plan").out
    day.do("run", "--yes", *QUICK)
    for number in (1, 2, 3):
        file = day.folder / "out" / "shots" / f"coast.t{number}.mp4"
        assert hashlib.sha256(file.read_bytes()).hexdigest() == rows["coast", number]["digest"]
    assert day.bought == before
    assert "<<<<<<<" not in (day.folder / "wanflow.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("union", [True, False], ids=["with attributes", "without"])
def test_two_picks_of_one_shot_stop_only_what_depends_on_it(day: GitSession, *, union: bool) -> None:
    """Every command works, says which takes were picked, and a pick settles it."""
    day.do("retake", "coast", "-n", "2")
    day.do("run", "--yes", *QUICK)
    colleague = branch(day, union=union)
    day.pick("coast", 2)
    colleague.pick("coast", 3)
    before = day.bought
    merge(day, colleague)
    assert "both sides picked: take 2 or take 3" in day.do("status").out
    assert "both sides picked: take 2 or take 3" in day.do("plan").out
    rows = json.loads(day.do("status", "--json").out)
    assert {row["shot"]: row["picked"] for row in rows}["coast"] is None
    assert not any(row["picked"] for key, row in day.rows().items() if key[0] == "coast")
    steps = {step["shot"]: step for step in json.loads(day.do("plan", "--json").out)["steps"] if step["kind"] == "take"}
    assert [reason["code"] for reason in steps["near"]["reasons"]] == ["needs-pick"]
    day.do("run", "--yes", *QUICK, code=3)
    assert day.bought == before
    for words in (("validate",), ("takes",), ("costs",), ("gc",), ("retake", "near")):
        day.do(*words, code=(0, 2) if words[0] == "retake" else 0)
    refused = day.do("gc", "--apply", "--yes", "--paid", "coast.t3", code=2)
    assert "it is picked" in refused.err
    day.pick("coast", 3)
    day.do("run", "--yes", *QUICK)
    assert day.bought == before + 1


def test_two_holds_of_one_shot_wait_for_a_pick(day: GitSession) -> None:
    """The pick is held then; nothing is rendered meanwhile."""
    day.do("retake", "coast")
    day.do("run", "--yes", *QUICK)
    colleague = branch(day, union=True)
    for one, number in ((day, 1), (colleague, 2)):
        one.pick("coast", number)
        one.do("hold", "coast")
    merge(day, colleague)
    day.edit("a coast", "a colder coast")
    before = day.bought
    assert "both sides picked: take 1 or take 2" in day.do("status").out
    day.do("run", "--yes", *QUICK, code=3)
    day.do("hold", "coast", code=2)
    day.do("pick", "coast", "2")
    assert day.rows()["coast", 2]["held"]
    day.do("run", "--yes", *QUICK)
    assert day.bought == before + 1
    day.do("release", "coast")


def test_a_pick_on_one_branch_and_a_rename_on_the_other_are_one_shot(day: GitSession) -> None:
    """What the colleague picked under the old name is a choice about the shot under its new one."""
    day.do("retake", "coast")
    day.do("run", "--yes", *QUICK)
    colleague = branch(day, union=True)
    day.edit("  coast: ", "  shore: ")
    day.edit("shot: coast", "shot: shore")
    day.numbers = {}
    day.do("run", "--yes", *QUICK)
    colleague.pick("coast", 2)
    merge(day, colleague)
    day.do("run", "--yes", *QUICK, code=(0, 1, 3))
    rows = day.rows()
    assert {key for key in rows if key[0] in {"coast", "shore"}} == {("shore", 1), ("shore", 2)}
    assert rows["shore", 2]["chosen"]


def test_no_file_has_the_name_of_a_take_that_is_not_here(day: GitSession) -> None:
    """The colleague's take keeps number 2; ours is take 3, and no file under `out/` says anything else meanwhile."""
    colleague = branch(day, union=True)
    for one in (colleague, day):
        other = colleague if one is day else day
        one.do("retake", "coast")
        one.do("run", "--yes", *QUICK)
        other.elsewhere |= {task.id for task in day.service.charged()}
        one.commit("work")
    lock = day.folder / "wanflow.lock"
    late = next(line for line in lock.read_text(encoding="utf-8").splitlines() if '"take": 2' in line)
    day.numbers, day.elsewhere = {}, set()
    later = re.sub(r'"date": "\d{4}', '"date": "2096', late)
    lock.write_text(lock.read_text(encoding="utf-8").replace(late, later), encoding="utf-8")
    day.commit("ours is later")
    day.git("pull", "-q", "--no-rebase", str(colleague.folder), "HEAD", code=(0, 1))
    rows = {number: row for (shot, number), row in day.rows().items() if shot == "coast"}
    assert [rows[number]["state"] for number in (1, 2, 3)] == ["current", "missing", "current"]
    said = day.do("run", "--yes", *QUICK, code=(0, 1))
    assert "restoring from the store" not in said.err
    names = sorted(path.name for path in (day.folder / "out" / "shots").glob("coast.*"))
    assert names == ["coast.t1.mp4", "coast.t3.mp4"]


def test_doctor_and_validate_tell_what_a_merge_left(day: GitSession) -> None:
    """Marks of a conflict, and picks of both sides; neither stops anything."""
    day.do("retake", "coast")
    day.do("run", "--yes", *QUICK)
    colleague = branch(day, union=False)
    day.pick("coast", 1)
    colleague.pick("coast", 2)
    merge(day, colleague)
    assert "wanflow.lock has a merge conflict" in day.do("validate").out.replace("`", "")
    said = day.do("doctor", code=(0, 1)).out
    assert "has a merge conflict: the lines of both sides count" in said
    assert "both sides of a merge chose a take of `coast`" in said
