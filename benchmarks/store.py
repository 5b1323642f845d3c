"""What grows with a production: edits of all shots, the verbs that only look, a stored take, and a push.

The productions are those of plan.py, with every take in the lock. Each command is a process of its own, measured three
times; the best is shown, in seconds of CPU. "Style" has another `vars.style`, "names" other names of all scenes. A
stored take is entered in the lock as a run does it, the groups in which the file is written included.

    .venv/bin/python benchmarks/store.py [SHOTS…]
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import plan as plans

from kit.locks import DATE, recipe, take
from wanflow import api, loading
from wanflow.runner.lock_writer import LockWriter
from wanflow.store import lockfile
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, add_take, set_current
from wanflow.store.remote import Remote, push_takes
from wanflow.store.take import Take

VERBS = ("status", "takes", "costs", "list", "why scene1/on2")
STORED = 300
"""Number of takes that are entered one after the other."""


def main() -> None:
    """Print the table, one line for each size as soon as it is measured."""
    os.environ["WANFLOW_STAMP"] = "off"
    names = ("plan", "plan, style", "plan, names", *VERBS, "a stored take", "push, all there")
    print(f"| shots | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    for shots in [int(word) for word in sys.argv[1:]] or (100, 1_000, 10_000):
        with TemporaryDirectory() as folder:
            print(f"| {shots:,} | {' | '.join(row(Path(folder), shots))} |", flush=True)


def row(folder: Path, shots: int) -> list[str]:
    """The figures of one size."""
    file = plans.write_film(folder, shots)
    plans.decide(file)
    kept = {path: path.read_text(encoding="utf-8") for path in (file, *file.parent.glob("scenes/*.yaml"))}
    figures = [seconds_of(file, "plan")]
    file.write_text(kept[file].replace("hand-painted gouache", "oil on canvas"), encoding="utf-8")
    figures.append(seconds_of(file, "plan"))
    for path, text in kept.items():
        path.write_text(text.replace("scene: scene", "scene: part"), encoding="utf-8")
    file.write_text(kept[file].replace("scene", "part").replace("parts/*", "scenes/*"), encoding="utf-8")
    figures.append(seconds_of(file, "plan"))
    for path, text in kept.items():
        path.write_text(text, encoding="utf-8")
    figures += [seconds_of(file, *verb.split()) for verb in VERBS]
    return [*figures, f"{anyio.run(stored_take, file) * 1000:.2f} ms", f"{pushed(file):.2f} s"]


def seconds_of(file: Path, *words: str) -> str:
    """The CPU of a command."""
    return f"{plans.command(file, *words).cpu:.2f} s"


async def stored_take(file: Path) -> float:
    """Seconds of CPU for a take that a run enters in the lock."""
    production = api.load(file)
    store, shots = loading.store_of(production), list(production.shots)
    writer = LockWriter(store, Journal(store), lambda: DATE)

    def enter(lock: Lock, shot: str, made: Take) -> Lock:
        return set_current(add_take(lock, shot, made, recipe(shot), 9), shot, made.fingerprint)

    before = 0.0
    for number in range(STORED + 1):
        shot = shots[number % len(shots)]
        writer.change(partial(enter, shot=shot, made=take(shot, f"take {number}")))
        before = before or time.process_time()  # the first one reads the lock and writes all its lines
    writer.write()
    return (time.process_time() - before) / STORED


def pushed(file: Path) -> float:
    """Seconds of CPU for a push to a folder that has all takes already."""
    production = api.load(file)
    free = loading.store_of(production)
    paid = Store(file.parent, replace(free.provider, paid=True))
    lockfile.update(paid.lock, lambda _: lockfile.read(free.lock))
    there = file.parent / "remote"
    for entry in lockfile.read(paid.lock).shots.values():
        for digest, made in entry.takes.items():
            for path in (f"takes/{digest[:2]}/{digest}{made.suffix}", f"records/{digest[:2]}/{digest}.json"):
                (there / path).parent.mkdir(parents=True, exist_ok=True)
                (there / path).touch()
    began = time.process_time()
    push_takes(Remote(there.as_posix()), paid)
    spent = time.process_time() - began
    shutil.rmtree(there)
    return spent


if __name__ == "__main__":
    main()
