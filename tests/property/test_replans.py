"""A plan of what changed says what a whole plan says, whatever was edited.

Each history edits a production and plans after each edit, as a user does, and in full. Where only texts of scenes
changed, the first plan may leave most scenes unread; the words of both are the same.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from kit.stamped import PARTS, as_users_do, in_full, seeds_of_part, write_idle_film
from wanflow import api, loading
from wanflow.language.load import Overrides
from wanflow.language.parts import outline_of
from wanflow.looked_at import recorded
from wanflow.planner.plan import Plan
from wanflow.replanning import keep_parts, plan_of_changes
from wanflow.stamp import from_here
from wanflow.store import lockfile
from wanflow.store.lock import Lock
from wanflow.yamldoc.nodes import MapNode
from wanflow.yamldoc.parse import parse

LATER = 10_000_000_000
"""Nanoseconds after which a file that was written counts as written long ago."""
HISTORIES = 60

TOP = """\
wanflow: 1
label: {opening_notice: true}
include: ["scenes/*.yaml"]
vars: {style: "soft light"}
defaults: {model: wan2.7-i2v, resolution: 720P, prompt_extend: false}
cast:
  keeper: {image: cast/keeper.png}
  sailor: {image: cast/coast.png}
shots:
  intro: {first_frame: cast/coast.png, prompt: "The sea, ${style}.", duration: 2}
  outro: {first_clip: {shot: four/on, tail: 2}, prompt: "The sea again.", duration: 4}
cuts:
  all: [intro, one/coast, two/coast, two/on, three/on, four/coast, five/talk, outro]
  teaser:
    items: [two/coast, {shot: five/talk, in: 1}]
  ends: [intro, outro]
"""
SCENES = {
    "one": """\
scene: one
shots:
  coast: {first_frame: ../cast/coast.png, prompt: "The coast at dawn, ${style}.", duration: 3}
  talk: {model: wan2.7-r2v, prompt: "${keeper} looks up.", ratio: "16:9", duration: 5}
cuts:
  one: [coast, talk]
""",
    "two": """\
scene: two
shots:
  coast: {first_frame: ../cast/coast.png, prompt: "The coast at dusk.", duration: 3, seed: 7, note: a note}
  on: {first_clip: {shot: coast, tail: 2}, prompt: "The camera goes on.", duration: 4}
""",
    "three": """\
scene: three
shots:
  on: {first_clip: {shot: two/on, tail: 2}, prompt: "The camera comes to rest.", duration: 4}
  night: {model: wan2.7-videoedit, video: {shot: on}, prompt: "Turn day into night."}
cuts:
  three: {items: [on, night], loudness: -16}
""",
    "four": """\
scene: four
shots:
  coast: {first_frame: ../cast/coast.png, prompt: "The coast at noon.", negative_prompt: rain, duration: 3, takes: 2}
  on: {first_clip: {shot: coast, tail: 2}, prompt: "The camera rises.", duration: 4}
""",
    "five": """\
scene: five
shots:
  talk: {model: wan2.7-r2v, prompt: "${keeper} and ${sailor} talk.", ratio: "16:9", duration: 5}
  each:
    matrix: {time: [dawn, dusk]}
    first_frame: ../cast/coast.png
    prompt: "The harbour at ${time}."
    duration: 2
""",
}
FILM = {"wanflow.yaml": TOP, **{f"scenes/{name}.yaml": text for name, text in SCENES.items()}}
BUDGET = 120
"""CNY that a paid production may spend: some edits fit into what is left of it, and some do not."""
PAID = FILM | {"wanflow.yaml": f"{TOP}backend: dashscope\nregion: beijing\nbudget: {BUDGET} CNY\n"}

Change = Callable[[Path, random.Random], None]


def words(*pairs: tuple[str, str]) -> Change:
    """Another wording in one of the scenes that have the former one."""

    def change(folder: Path, chance: random.Random) -> None:
        before, after = chance.choice(pairs)
        found = [file for file in sorted(folder.glob("scenes/*.yaml")) if before in file.read_text(encoding="utf-8")]
        if found:
            file = chance.choice(found)
            file.write_text(file.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")

    return change


def comment(folder: Path, chance: random.Random) -> None:
    """A comment, or an empty line."""
    file = chance.choice(sorted(folder.glob("scenes/*.yaml")))
    text = chance.choice(["# a comment\n", "\n"])
    file.write_text(text + file.read_text(encoding="utf-8"), encoding="utf-8")


def undo(folder: Path, chance: random.Random) -> None:
    """A scene as it was at first."""
    name = chance.choice(sorted(SCENES))
    (folder / "scenes" / f"{name}.yaml").write_text(SCENES[name], encoding="utf-8")


def top(folder: Path, chance: random.Random) -> None:
    """An edit of the production file."""
    file = folder / "wanflow.yaml"
    before, after = chance.choice([("soft light", "hard light"), ("one/coast, ", ""), ("The sea,", "The ocean,")])
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def lose(folder: Path, chance: random.Random) -> None:
    """A take, a cut or a line of the lock is lost."""
    files = [*folder.glob(".wanflow/takes/*/*"), *folder.glob("out/*.mp4")]
    if chance.random() < 0.3:
        lock = next(each for each in (folder / "wanflow.lock", folder / ".wanflow" / "animatic.lock") if each.exists())
        lines = lock.read_text(encoding="utf-8").splitlines()
        found = [line for line in lines if chance.choice([" takes ", " current", " recipes "]) in line]
        if found:
            lines.remove(chance.choice(found))
        lock.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif files:
        chance.choice(sorted(files)).unlink()


EDITS: tuple[Change, ...] = (
    words(("The coast", "A coast"), ("dawn", "sunrise"), ("goes on", "pans left"), ("rises", "falls slowly")),
    words(("looks up", "looks down"), ("talk.", "sing."), ("day into night", "night into day"), ("harbour", "port")),
    words(("at dusk", "at dawn, ${style}"), ("at noon", "at dusk"), ("The camera rises", "The camera goes on")),
    words(("The coast", "海岸"), ("looks up", "看着大海"), ("The harbour", "港 の"), ("comes to rest", "停下来")),
    words(("seed: 7", "seed: 8"), ("a note", "another note"), ("rain", "fog"), ("soft", "hard")),
    comment,
    undo,
    words(
        ("${keeper}", "The keeper"),
        ("${keeper}", "$${keeper}"),
        ("${keeper} and ${sailor}", "${sailor}"),
        ("${time}", "any time"),
    ),
    words(("dusk.", "dusk #x."), ("dawn, ${style}", "dawn, ${stile}"), ('up."', "up."), ("talk.", "talk. " * 300)),
    words(("duration: 3", "duration: 4"), ("takes: 2", "takes: 3"), ("duration: 4", "duration: 5"), ("-16", "-14")),
    words(("coast:", "shore:"), ("talk:", "speech:"), ("[dawn, dusk]", "[dusk, dawn]"), ("[coast, talk]", "[talk]")),
    words(("seed: 7", "seed: x"), ("shots:", "shot:"), ("scene: two", "scene: one"), ("prompt:", "promt:")),
    top,
    lose,
)
WEIGHTS = (8, 8, 6, 4, 4, 4, 3, 1, 1, 1, 1, 1, 1, 1)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A production with nothing left to do."""
    folder = tmp_path_factory.mktemp("film") / "film"
    write_idle_film(folder, FILM)
    return folder


@pytest.fixture(scope="module")
def paid_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a service, with a budget that is nearly spent."""
    folder = tmp_path_factory.mktemp("paid") / "film"
    write_paid_film(folder)
    return folder


def write_paid_film(folder: Path) -> None:
    """Nothing is left to do; two takes share a task, and one reply did not say what it cost."""
    store = loading.store_of(api.load(write_idle_film(folder, PAID)))
    lock = lockfile.read(store.lock)
    cost = Decimal(BUDGET - 3) / (len(lock.shots) - 1)
    shots = {}
    for number, (name, entry) in enumerate(lock.shots.items()):
        charged = {"task_id": f"task-{max(number, 1)}", "estimate": cost, "cost": cost if number > 2 else None}
        takes = {digest: replace(take, **charged, currency="CNY") for digest, take in entry.takes.items()}
        shots[name] = replace(entry, takes=takes)
    lockfile.update(store.lock, lambda _: Lock(shots))


def inodes(stamps: Path) -> list[int]:
    """The stamps that there are: a whole plan writes its own anew."""
    return sorted(each.stat().st_ino for each in stamps.glob("*"))


def hold(film: Path, folder: Path, stamps: Path, seed: int) -> tuple[int, int]:
    """Live through one history; gives how many plans were made, and how many of them of a part."""
    chance, plans, parts = random.Random(seed), 0, 0
    shutil.copytree(film, folder)
    if chance.random() < 0.3:
        lose(folder, chance)
    command = ("plan", "-q") if chance.random() < 0.1 else ("plan",)
    as_users_do(folder, *command, begun_ns=time.time_ns() + LATER)
    for _ in range(chance.randint(2, 6)):
        for change in chance.choices(EDITS, WEIGHTS, k=chance.choice([1, 1, 1, 2])):
            change(folder, chance)
        before = inodes(stamps)
        said = as_users_do(folder, *command, begun_ns=time.time_ns() + LATER)
        plans += 1
        parts += said.code == 0 and b"nothing to do" not in said.out and inodes(stamps) == before
        assert said == in_full(folder, *command), seed
    return plans, parts


def live(film: Path, stamps: Path, place: Path, seeds: range) -> None:
    """Live through many histories."""
    plans = parts = 0
    for seed in seeds:
        made, of_parts = hold(film, place / "film", stamps, seed)
        plans, parts = plans + made, parts + of_parts
        shutil.rmtree(place / "film")
        shutil.rmtree(stamps, ignore_errors=True)
    assert parts > plans // 6, (parts, plans)  # else nothing was compared


def test_a_plan_of_what_changed_is_that_of_everything(film: Path, stamps: Path, tmp_path: Path) -> None:
    """Some histories, always the same ones."""
    live(film, stamps, tmp_path, range(HISTORIES))


def test_so_is_one_with_a_budget(paid_film: Path, stamps: Path, tmp_path: Path) -> None:
    """What was spent on scenes that are not read counts as well."""
    live(paid_film, stamps, tmp_path, range(HISTORIES))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("of", ["film", "paid_film"])
def test_so_it_is_in_many_histories(
    of: str, request: pytest.FixtureRequest, stamps: Path, tmp_path: Path, part: int
) -> None:
    """As many as a studio has in years, in parts that end in time."""
    live(request.getfixturevalue(of), stamps, tmp_path, seeds_of_part(part, HISTORIES))


def test_a_budget_counts_what_is_not_read(paid_film: Path, tmp_path: Path) -> None:
    """One more clip fits into the budget, and three do not: the notes are those of a plan of everything."""
    folder = tmp_path / "film"
    shutil.copytree(paid_film, folder)
    file, text = folder / "wanflow.yaml", folder / "scenes" / "five.yaml"
    parts, seen = planned(file), set[bool]()
    for edited in (("talk.", "sing."), ("harbour", "port")):
        text.write_text(text.read_text(encoding="utf-8").replace(*edited), encoding="utf-8")
        plan, whole = replanned(file, parts, "scenes/five.yaml"), api.plan(api.load(file))
        assert plan is not None
        assert plan.unread
        assert api.notes(plan) == api.notes(whole)
        assert api.notes(plan).unreported == 2
        seen.add(bool(api.notes(plan).excesses))
    assert seen == {False, True}


def planned(file: Path) -> bytes:
    """What a whole plan keeps for the next one."""
    with recorded() as looks:
        plan = api.plan(api.opened(file, Overrides(), outlined=True))
        keep_parts(plan, api.notes(plan))
    return looks.parts


def replanned(file: Path, parts: bytes, *edited: str) -> Plan | None:
    """The plan of files that were edited since."""
    changed = frozenset(from_here(str(file.parent / each)) for each in edited)
    with recorded(before=(parts, changed)):
        return plan_of_changes(file, Overrides())


@pytest.mark.parametrize(
    ("scene", "read"),
    [
        ("one", {"one", "four"}),
        ("two", {"two", "three", "four"}),
        ("three", {"two", "three", "four"}),
        ("five", {"five", "four"}),
    ],
)
def test_only_what_an_edit_concerns_is_read(film: Path, tmp_path: Path, scene: str, read: set[str]) -> None:
    """The scene, those that continue its shots, and those that it continues; one feeds the production file's shots."""
    folder = tmp_path / "film"
    shutil.copytree(film, folder)
    file, text = folder / "wanflow.yaml", folder / "scenes" / f"{scene}.yaml"
    parts = planned(file)
    text.write_text(text.read_text(encoding="utf-8").replace("prompt: ", "negative_prompt: blur, prompt: ", 1))
    assert replanned(file, parts, f"scenes/{scene}.yaml") is None  # another key
    for before, after in (("coast at", "sea at"), ("up.", "down."), ("rest", "a stop"), ("talk.", "sing.")):
        text.write_text(SCENES[scene].replace(before, after), encoding="utf-8")
        if text.read_text(encoding="utf-8") != SCENES[scene]:
            break
    plan, whole = replanned(file, parts, f"scenes/{scene}.yaml"), api.plan(api.load(file))
    assert plan is not None
    assert {each.stem for each in plan.graph.production.read_from} == {"wanflow", *read}
    assert (plan.counts(), plan.size) == (whole.counts(), whole.size)
    assert done(plan) == done(whole)


def done(plan: Plan) -> list[tuple[object, ...]]:
    """What a run would do, why, and at what price."""
    return [
        (each.node, each.action, each.reasons, each.cost, each.certain) for each in plan.steps if not each.action.idle
    ]


def test_a_comment_changes_nothing(film: Path, tmp_path: Path) -> None:
    """Then all cuts are as they were."""
    folder = tmp_path / "film"
    shutil.copytree(film, folder)
    file, text = folder / "wanflow.yaml", folder / "scenes" / "two.yaml"
    parts = planned(file)
    text.write_text(f"# a comment\n{SCENES['two']}", encoding="utf-8")
    plan = replanned(file, parts, "scenes/two.yaml")
    assert plan is not None
    assert (plan.idle, plan.size) == (True, api.plan(api.load(file)).size)


def test_other_files_depend_on_the_names_in_a_prompt() -> None:
    """And not on its other words; a name after two dollar signs is a text, and the cast member may be used nowhere."""

    def seen(prompt: str) -> str:
        root = parse(f"shots: {{talk: {{prompt: '{prompt}'}}}}".encode(), "one.yaml").root
        assert isinstance(root, MapNode)
        return outline_of(root).seen

    assert seen("${keeper} looks up.") == seen("${keeper} looks down.")
    assert seen("${keeper} looks up.") != seen("$${keeper} looks up.")
    assert seen("${keeper} looks up.") != seen("The keeper looks up.")


@pytest.mark.parametrize("edited", ["wanflow.yaml", "cast/keeper.png", ".wanflow/animatic.lock", "scenes/six.yaml"])
def test_other_files_need_a_whole_plan(film: Path, edited: str) -> None:
    """Only included files are read alone."""
    assert replanned(film / "wanflow.yaml", planned(film / "wanflow.yaml"), edited) is None
