"""Making several takes and choosing: nothing that somebody picked changes by itself, and going back is free."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production, rewrite
from PIL import Image

from kit.clips import numbered_clip
from kit.served import Served
from wanflow import api

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
  other: {first_frame: sets/coast.png, prompt: another}
cuts: {main: [coast, near, other]}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production that is paid for there."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def picked(wanflow: Wanflow) -> dict[str, int]:
    """The number of the take that counts, by shot."""
    return {row["shot"]: row["take"] for row in json.loads(wanflow("takes", "--json").out) if row["picked"]}


def test_takes_are_rendered_side_by_side_and_keep_their_numbers(wanflow: Wanflow, service: Served) -> None:
    """Each by its name, with its own seed; none is overwritten, none is renumbered by an edit or an undo."""
    rewrite("prompt: a coast", "prompt: a coast, takes: 3, seed: 7")
    assert wanflow(*RUN).code == 0
    rows = [row for row in json.loads(wanflow("takes", "--json").out) if row["shot"] == "coast"]
    assert [(row["take"], row["seed"], row["file"]) for row in rows] == [
        (number, 6 + number, f"out/shots/coast.t{number}.mp4") for number in (1, 2, 3)
    ]
    assert all(Path(row["file"]).is_file() for row in rows)
    rewrite("prompt: a coast,", "prompt: a colder coast,")
    assert wanflow(*RUN).code == 0
    assert [row["take"] for row in json.loads(wanflow("takes", "--json").out) if row["shot"] == "coast"] == [
        *range(1, 7)
    ]
    before = bought(service)
    rewrite("prompt: a colder coast,", "prompt: a coast,")
    assert wanflow(*RUN).code == 0
    assert (bought(service), picked(wanflow)["coast"]) == (before, 1)


def test_a_pick_plans_anew_what_depends_on_it_and_only_that(wanflow: Wanflow, service: Served) -> None:
    """And going back to an earlier pick brings its dependents back for nothing."""
    assert wanflow(*RUN).code == 0
    assert wanflow("retake", "coast", "-n", "2").out == "coast: 2 more takes, with the next run (dashscope)\n"
    assert wanflow(*RUN).code == 0
    assert bought(service) == 5
    said = wanflow("pick", "coast", "3")
    assert (said.code, said.out) == (0, "take 3 of coast is picked (dashscope)\n")
    assert "a run renders 1 take (2 s of footage), extracts 1 clip and writes out/main.mp4, for 1.20 CNY" in said.err
    assert wanflow(*RUN).code == 0
    assert (bought(service), picked(wanflow)) == (6, {"coast": 3, "near": 2, "other": 1})
    wanflow("pick", "coast", "1")
    assert wanflow(*RUN).code == 0
    assert (bought(service), picked(wanflow)) == (6, {"coast": 1, "near": 1, "other": 1})


def test_law_6_a_picked_take_stays_picked(wanflow: Wanflow, service: Served) -> None:
    """While it answers its request: through more takes, other shots' edits, runs; an undo brings its own pick back."""
    rewrite("prompt: a coast", "prompt: a coast, takes: 2")
    assert wanflow(*RUN).code == 0
    wanflow("pick", "coast", "2")
    rewrite("takes: 2", "takes: 3")
    rewrite("prompt: another", "prompt: yet another")
    assert wanflow(*RUN).code == 0
    assert picked(wanflow)["coast"] == 2
    rewrite("prompt: a coast,", "prompt: a colder coast,")
    assert wanflow(*RUN).code == 0
    wanflow("pick", "coast", "6")
    assert picked(wanflow)["coast"] == 6
    rewrite("prompt: a colder coast,", "prompt: a coast,")
    assert wanflow(*RUN).code == 0
    assert picked(wanflow)["coast"] == 2
    rewrite("prompt: a coast,", "prompt: a colder coast,")
    assert wanflow(*RUN).code == 0
    assert picked(wanflow)["coast"] == 6


def test_a_held_take_stays_although_its_shot_changed(wanflow: Wanflow, service: Served) -> None:
    """Until it is released; retaking it makes no sense meanwhile."""
    assert wanflow(*RUN).code == 0
    assert wanflow("hold", "c*", "near").out == "coast: take 1 is held (dashscope)\nnear: take 1 is held (dashscope)\n"
    rewrite("prompt: a coast", "prompt: a colder coast")
    assert wanflow(*RUN).code == 0
    assert bought(service) == 3
    states = {row["shot"]: row["state"] for row in json.loads(wanflow("status", "--json").out)}
    assert states == {"coast": "held", "near": "held", "other": "current"}
    refused = wanflow("retake", "coast")
    assert (refused.code, "`coast` is held" in refused.err) == (2, True)
    said = wanflow("release", "coast", "near", "other")
    assert said.out == "coast is released (dashscope)\nnear is released (dashscope)\nother is not held (dashscope)\n"
    assert "a run renders 1 take" in said.err
    assert wanflow(*RUN).code == 0
    assert bought(service) == 5


def test_a_clip_made_elsewhere_is_a_take(wanflow: Wanflow, service: Served, tmp_path: Path) -> None:
    """In the place of one that would be bought; looked into like any film; the file itself stays where it is."""
    graded = numbered_clip(tmp_path / "graded.mp4", 60, (640, 360))
    assert (
        wanflow("pick", "other", "--file", str(graded)).out
        == "`graded.mp4` is take 1 of other and picked (dashscope)\n"
    )
    again = api.pick_file(api.load(), "other", graded)
    assert (again.source_file, again.source_shot, again.source_take, again.known) == ("graded.mp4", None, None, True)
    assert wanflow(*RUN).code == 0
    assert (bought(service), picked(wanflow)["other"]) == (2, 1)
    rows = {row["shot"]: row for row in json.loads(wanflow("takes", "--json").out)}
    assert (rows["other"]["seed"], rows["other"]["model"], rows["other"]["cost"]) == (None, "file", None)
    assert Path("out/shots/other.t1.mp4").read_bytes() == graded.read_bytes()
    lasting = numbered_clip(tmp_path / "lasting.mp4", 90, (640, 360))
    said = wanflow("pick", "other", "--file", str(lasting))
    assert "warning: it lasts 3 s, and `other` asks for 2" in said.err
    for name, code in (("sets/coast.png", 2), ("wanflow.yaml", 2), ("nowhere.mp4", 2)):
        assert wanflow("pick", "other", "--file", name).code == code
    assert picked(wanflow)["other"] == 2
    assert "is held" not in wanflow("retake", "other").err


def test_what_waits_for_a_pick_is_blocked_until_somebody_picks(wanflow: Wanflow, service: Served) -> None:
    """Its own takes are rendered; exit 3, with the way out; a pick sets the rest free."""
    rewrite("prompt: a coast", "prompt: a coast, takes: 2, pick: wait")
    assert "coast will have 2 takes and then waits for a pick" in wanflow("plan").out
    said = wanflow(*RUN, "--json")
    last = json.loads(said.out.splitlines()[-1])
    assert (said.code, last["submitted"], last["blocked"]) == (3, 3, 3)
    assert wanflow("run").code == 3
    steps = {step["node"]: step for step in json.loads(wanflow("plan", "--json").out)["steps"]}
    assert steps["near.t1"]["action"] == "blocked"
    assert [reason["code"] for reason in steps["near.t1"]["reasons"]] == ["needs-pick"]
    assert "coast has 2 takes and waits for a pick: `wanflow pick coast N`" in wanflow("plan").out
    wanflow("pick", "coast", "2")
    assert wanflow(*RUN).code == 0
    assert bought(service) == 4


def test_money_that_follows_a_take_nobody_chose_is_said(wanflow: Wanflow, service: Served) -> None:
    """Before it is spent; once somebody picked, there is nothing to say."""
    rewrite("prompt: a coast", "prompt: a coast, takes: 3")
    words = "note: coast has 3 takes and no pick: near (1.20 CNY) will use take 1"
    assert words in wanflow("plan").out
    assert json.loads(wanflow("plan", "--json").out)["notes"] == [words.removeprefix("note: ")]
    assert wanflow(*RUN, "coast").code == 0
    assert words in wanflow("plan").out
    wanflow("pick", "coast", "2")
    assert "no pick" not in wanflow("plan").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pick", "coast", "9"), "`coast` has no take 9"),
        (("pick", "cost", "1"), "did you mean `coast`?"),
        (("pick", "cut:main", "1"), "is not a shot"),
        (("pick", "coast"), "give either the number of a take or `--file FILE`"),
        (("hold", "other"), "`other` has no take to hold"),
        (("retake", "near"), "the request of `near` is not known before its inputs are rendered"),
        (("retake",), "missing argument"),
        (("pick", "near", "--file", "made.mp4"), "is not known before its inputs"),
    ],
)
def test_what_can_not_be_chosen_is_said(words: tuple[str, ...], said: str, wanflow: Wanflow, service: Served) -> None:
    """With the way out; nothing is written."""
    done = wanflow(*words)
    assert done.code == 2
    assert said in done.err
    assert not Path("wanflow.lock").exists()


def test_a_pick_of_an_earlier_request_is_kept_for_it(wanflow: Wanflow, service: Served) -> None:
    """It comes back with an undo; who wants it now holds it."""
    rewrite("prompt: another", "prompt: another, takes: 2")
    assert wanflow(*RUN).code == 0
    rewrite("prompt: another,", "prompt: changed,")
    said = wanflow("pick", "other", "2")
    hint = "made from an earlier request of `other`; to use it: `wanflow hold other`, then `wanflow pick other 2`"
    assert f"warning: {hint}" in said.err
    assert wanflow("hold", "other").out == "other: take 2 is held (dashscope)\n"
    wanflow("release", "other")
    rewrite("prompt: changed,", "prompt: another,")
    assert picked(wanflow)["other"] == 2


def test_two_people_who_retake_the_same_shot_keep_both_takes(
    wanflow: Wanflow, service: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their locks merge by git's own means; two who pick takes of different shots merge as well."""

    def git(*words: str) -> None:
        named = ("-c", "user.name=crew", "-c", "user.email=crew@example.org")
        subprocess.run([shutil.which("git") or "git", *named, *words], check=True, capture_output=True, text=True)

    rewrite("prompt: another", "prompt: another, takes: 2")
    assert wanflow(*RUN).code == 0
    Path(".gitignore").write_text(".wanflow/\nout/\nmade.mp4\n", encoding="utf-8")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "first")):
        git(*words)
    hers = tmp_path.parent / f"{tmp_path.name}-hers"
    shutil.copytree(tmp_path, hers, symlinks=True)
    for folder, mine in ((tmp_path, "2"), (hers, "1")):
        monkeypatch.chdir(folder)
        wanflow("retake", "coast")
        assert wanflow(*RUN, "coast").code == 0
        wanflow("pick", *(("other", mine) if folder == tmp_path else ("coast", "2")))
        git("commit", "-qam", f"by {folder.name}")
    monkeypatch.chdir(tmp_path)
    git("pull", "-q", "--no-rebase", "--no-edit", str(hers), "main")
    rows = json.loads(wanflow("takes", "--json").out)
    assert [row["take"] for row in rows if row["shot"] == "coast"] == [1, 2, 3]
    assert picked(wanflow)["other"] == 2
    assert "two takes had its number" in wanflow("plan").out
    assert "two takes had its number" in wanflow(*RUN).err


def test_the_first_run_in_a_repository_tells_git_how_to_merge_the_lock(wanflow: Wanflow, service: Served) -> None:
    """Once, beside the existing lines; outside of a repository nothing is written."""
    assert wanflow(*RUN).code == 0
    assert not Path(".gitattributes").exists()
    Path("wanflow.lock").unlink()
    Path(".git").mkdir()
    Path(".gitattributes").write_text("*.png binary", encoding="utf-8")
    for _ in range(2):
        assert wanflow(*RUN).code == 0
        assert Path(".gitattributes").read_text(encoding="utf-8") == "*.png binary\nwanflow.lock merge=union\n"
        Path("wanflow.lock").unlink()


def test_a_picture_made_elsewhere_is_a_take_of_a_still(
    wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the place of one that would be bought; a film is refused for a still, and a picture for a film."""
    text = "wanflow: 1\nbackend: dashscope\nshots:\n  door: {model: wan2.7-image, prompt: a door, size: 1280*720}\n"
    text += "  walk: {model: wan2.7-t2v, prompt: a walk, duration: 2}\n"
    with paid_production(film, text, monkeypatch) as service:
        Image.new("RGB", (1280, 720), "navy").save("mine.png")
        numbered_clip(Path("mine.mp4"), 60, (640, 360))
        said = wanflow("pick", "door", "--file", "mine.png")
        assert said.out == "`mine.png` is take 1 of door and picked (dashscope)\n"
        for shot, name in (("door", "mine.mp4"), ("walk", "mine.png")):
            assert wanflow("pick", shot, "--file", name).code == 2
        assert wanflow(*RUN).code == 0
        assert len(service.calls("POST", "generation")) == 1  # the film alone
    assert Path("out/shots/door.t1.png").read_bytes() == Path("mine.png").read_bytes()


def test_a_file_that_is_a_take_already_keeps_its_record(wanflow: Wanflow, service: Served) -> None:
    """What it answers and what it cost stay; for other words it can be held, and an undo buys nothing."""
    assert wanflow(*RUN).code == 0
    rewrite("prompt: another", "prompt: changed")
    said = wanflow("pick", "other", "--file", "out/shots/other.t1.mp4")
    assert (said.code, "is take 1 of `other` already, made from an earlier request" in said.err) == (2, True)
    assert json.loads(wanflow("costs", "--json").out)["total"]["charged"] == "3.60"
    rewrite("prompt: changed", "prompt: another")
    said = wanflow("pick", "other", "--file", "out/shots/other.t1.mp4")
    assert said.out == "`other.t1.mp4` is take 1 of other already, and picked (dashscope)\n"
    assert wanflow(*RUN).code == 0
    assert bought(service) == 3
    wanflow("pick", "near", "--file", "out/shots/other.t1.mp4")
    assert json.loads(wanflow("costs", "--json").out)["total"]["charged"] == "3.60"


def test_a_pick_of_a_held_shot_moves_the_hold(wanflow: Wanflow, service: Served) -> None:
    """It counts from now on, as it says."""
    rewrite("prompt: another", "prompt: another, takes: 2")
    assert wanflow(*RUN).code == 0
    wanflow("hold", "other")
    assert wanflow("pick", "other.t2").out == "take 2 of other is picked and held in place of the other (dashscope)\n"
    assert picked(wanflow)["other"] == 2
    wanflow("release", "other")
    assert picked(wanflow)["other"] == 2


def test_a_clip_takes_the_place_of_no_take_that_was_wished_for(wanflow: Wanflow, service: Served) -> None:
    """It counts as one of `takes:`; a retake renders as many as it says."""
    clip = numbered_clip(Path("graded.mp4").absolute(), 60, (640, 360))
    assert wanflow(*RUN).code == 0
    wanflow("retake", "other", "-n", "2")
    wanflow("pick", "other", "--file", str(clip))
    assert wanflow(*RUN).code == 0
    assert bought(service) == 5
    assert picked(wanflow)["other"] == 2


def test_what_waits_for_a_pick_shows_none(wanflow: Wanflow, service: Served) -> None:
    """Neither in `takes` nor in `status`."""
    rewrite("prompt: a coast", "prompt: a coast, pick: wait")
    assert wanflow(*RUN).code == 3
    assert "coast" not in picked(wanflow)
    assert {row["shot"]: row["picked"] for row in json.loads(wanflow("status", "--json").out)}["coast"] is None


@pytest.mark.parametrize("fact", ["held", "picks"])
def test_a_choice_of_a_take_that_is_not_there_is_an_error(fact: str, wanflow: Wanflow, service: Served) -> None:
    """It would be passed over in silence, and paid for."""
    assert wanflow(*RUN).code == 0
    wanflow("pick", "other", "1")
    wanflow("hold", "other")
    lines = Path("wanflow.lock").read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if f'"other {fact}' in line)
    lines[at] = f'{lines[at].rpartition(chr(58))[0]}: "{"0" * 64}",'
    Path("wanflow.lock").write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = wanflow("plan")
    assert (said.code, f"cannot be read at line {at + 1}: it " in said.err) == (2, True), said.err
