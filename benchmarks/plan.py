"""How long it takes to read and plan a production of 10 to 10,000 shots, and where the time goes.

Ten shots in each scene file: pictures, references, continuations and edits, a cut of each scene and one of all. Each
command is a process of its own, measured three times; the best is shown. "Done" is with every take in the lock and the
store, and every cut written: nothing is left to do. "One edit" is a plan after the prompt of one shot changed then.

    .venv/bin/python benchmarks/plan.py [SHOTS…]
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from kit.bookkeeping import perform
from wanflow import api, loading
from wanflow.graph.build import build
from wanflow.language.load import read_usable
from wanflow.planner.planning import make_plan
from wanflow.report.text.plan import plan_text
from wanflow.schemas import violations
from wanflow.store import blobs, lockfile
from wanflow.store.inventory import Inventory
from wanflow.yamldoc.nodes import plain
from wanflow.yamldoc.parse import parse

Made = TypeVar("Made")

SIZES = (10, 100, 1_000, 10_000)
ROUNDS = 3

TOP = """\
wanflow: 1
title: A long film
include: ["scenes/*.yaml"]
vars: {style: "hand-painted gouache, soft dawn light"}
defaults: {model: wan2.7-i2v, resolution: 720P, prompt_extend: false}
cast:
  keeper: {image: coast.png}
cuts:
  all: [CUT]
"""

SCENE = """\
scene: sceneN
shots:
  coast:
    first_frame: ../coast.png
    prompt: The camera drifts across the water towards lighthouse N, where a lamp is lit before the storm, ${style}.
    duration: 10
CONTINUED
  night:
    model: wan2.7-videoedit
    video: {shot: coast}
    prompt: Turn day into night over scene N; rain on the glass, and only the lamp keeps its colour, in ${style}.
PEOPLE
cuts:
  sceneN: [coast, on1, on2, on3, night, talk1, talk2, talk3, talk4, talk5]
"""

CONTINUED = """\
  onI:
    first_clip: {shot: BEFORE, tail: 2}
    prompt: The camera goes on past the rocks of scene N, rises over the surf and comes to rest at step I, ${style}.
    duration: 10
"""

PERSON = """\
  talkI:
    model: wan2.7-r2v
    prompt: '${keeper} polishes the lens of lighthouse N, looks up and says line I, "Storm tonight." ${style}'
    ratio: 16:9
    duration: 5
"""

NAMES = ("coast", "on1", "on2", "on3", "night", "talk1", "talk2", "talk3", "talk4", "talk5")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took: seconds on the wall and of CPU, and the most memory, in MiB."""

    wall: float
    cpu: float
    memory: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s), {self.memory:.0f} MiB"


def main() -> None:
    """Print the tables."""
    os.environ["WANFLOW_STAMP"] = "off"  # else an idle command only repeats its words
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    print("| shots | `validate` | `plan`, new | `plan`, done | `run`, done | `plan`, one edit |")
    print("|---|---|---|---|---|---|")
    shares: list[str] = []
    for shots in sizes:
        with TemporaryDirectory() as folder:
            file = write_film(Path(folder), shots)
            new = [command(file, "validate"), command(file, "plan")]
            shares.append(f"| {shots:,} | {' | '.join(f'{seconds:.2f} s' for seconds in phases(file).values())} |")
            decide(file)
            done = [command(file, "plan"), command(file, "run")]
            edit(file)
            done.append(command(file, "plan"))
            print(f"| {shots:,} | {' | '.join(map(str, (*new, *done)))} |", flush=True)
    names = " | ".join(PHASES)
    print(f"\n| shots | {names} |\n|---{'|---' * len(PHASES)}|", *shares, sep="\n")


def write_film(folder: Path, shots: int) -> Path:
    """A production with ten shots in each scene; gives its file."""
    (folder / "scenes").mkdir()
    Image.new("RGB", (1280, 720), (70, 110, 150)).save(folder / "coast.png")
    everything = (f"scene{scene}/{name}" for scene in range(shots // 10) for name in NAMES)
    file = folder / "wanflow.yaml"
    file.write_text(TOP.replace("CUT", ", ".join(everything)), encoding="utf-8")
    chain = zip(("coast", "on1", "on2"), "123", strict=True)
    continued = "".join(CONTINUED.replace("BEFORE", before).replace("I", step) for before, step in chain)
    people = "".join(PERSON.replace("I", line) for line in "12345")
    text = SCENE.replace("CONTINUED\n", continued).replace("PEOPLE\n", people)
    for scene in range(shots // 10):
        (folder / "scenes" / f"{scene:04}.yaml").write_text(text.replace("N", str(scene)), encoding="utf-8")
    return file


def command(file: Path, *words: str) -> Spent:
    """The best of a few runs of a command."""
    return min((_run([sys.executable, "-m", "wanflow", *words, "-f", str(file)]) for _ in range(ROUNDS)), key=_cpu)


def decide(file: Path) -> None:
    """Let lock and store hold a take for each shot and a file for each cut, without rendering any."""
    production = api.load(file)
    store = loading.store_of(production)
    made, _ = perform(api.plan(production))
    lockfile.update(store.lock, lambda _: made.lock)
    for entry in made.lock.shots.values():
        for digest, take in entry.takes.items():
            _touch(blobs.take_path(store, digest, take.suffix))
    records = {f"{store.provider.name}:{name}": _record(file.parent, name, of) for name, of in made.cuts.items()}
    store.cuts.write_text(json.dumps(records), encoding="utf-8")
    if not api.plan(production).idle:
        raise RuntimeError("something is left to do")


def edit(file: Path) -> None:
    """Change the prompt of the first shot of the first scene."""
    scene = file.parent / "scenes" / "0000.yaml"
    scene.write_text(scene.read_text(encoding="utf-8").replace("drifts", "flies"), encoding="utf-8")


PHASES = ("YAML", "schema", "language beside both", "media", "graph", "planning", "report")


def phases(file: Path) -> dict[str, float]:
    """Seconds of CPU for each part of planning, in one process that has everything imported."""
    files = [file, *sorted(file.parent.glob("scenes/*.yaml"))]
    yaml, documents = _timed(lambda: [parse(each.read_bytes(), each.name) for each in files])
    trees = [plain(document.root) for document in documents]
    schema, _ = _timed(lambda: [list(violations(tree, "production.schema.json")) for tree in trees])
    reading, read = _timed(lambda: read_usable(file))
    measuring, production = _timed(lambda: api.load(file))
    graphing, graph = _timed(lambda: build(production))
    planning, plan = _timed(lambda: make_plan(graph, loading.facts_of(production), Inventory()))
    reporting, _ = _timed(lambda: plan_text(plan))
    del read
    parts = (yaml, schema, reading - yaml - schema, measuring - reading, graphing, planning, reporting)
    return dict(zip(PHASES, parts, strict=True))


def _timed(work: Callable[[], Made]) -> tuple[float, Made]:
    gc.collect()
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def _run(argv: Sequence[str]) -> Spent:
    began = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        child = os.posix_spawn(
            argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nowhere.fileno(), fd) for fd in (1, 2)]
        )
        _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{' '.join(argv)} ended with {os.waitstatus_to_exitcode(status)}")
    return Spent(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _cpu(spent: Spent) -> float:
    return spent.cpu


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _record(folder: Path, name: str, fingerprint: str) -> dict[str, object]:
    output = f"out/{name}.mp4"
    _touch(folder / output)
    stat = (folder / output).stat()
    return {"output": output, "fingerprint": fingerprint, "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


if __name__ == "__main__":
    main()
