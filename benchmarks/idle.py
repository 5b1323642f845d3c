"""How long a command takes that has nothing to do: wanflow with and without its stamp, Python, ninja, make, doit.

The films are those of `benchmarks/plan.py`. The peers have one rule for each shot and one for the whole film. All run
in turns, so that a busy machine is busy for each of them. Shown are the best and the median CPU time.

    .venv/bin/python benchmarks/idle.py [SHOTS…]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

SIZES = (100, 1_000, 10_000)
ROUNDS = 11
VERBS = ("run", "plan", "status", "validate")
FILM = """
from pathlib import Path
from sys import argv
from plan import decide, write_film
decide(write_film(Path(argv[1]), int(argv[2])))
"""
"""Program that writes the film: this process stays small, since what it starts counts its memory."""
START = "import sys; from wanflow.start import main; sys.exit(main())"
"""What the console script of wanflow does."""
SPENT = tuple[float, float]
"""Milliseconds of CPU, and MiB at the peak."""


def main() -> None:
    """Print a table for each size."""
    for shots in [int(word) for word in sys.argv[1:]] or SIZES:
        with TemporaryDirectory() as folder:
            measure(Path(folder), shots)


def measure(folder: Path, shots: int) -> None:
    """Print the table of one size."""
    film, peers = folder / "film", folder / "peers"
    film.mkdir()
    subprocess.run([sys.executable, "-c", FILM, str(film), str(shots)], cwd=Path(__file__).parent, check=True)
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    environ.pop("WANFLOW_STAMP", None)
    python = [sys.executable, "-c"]
    commands: dict[str, tuple[Sequence[str], Path, Mapping[str, str]]] = {
        "python -c pass": ([*python, "pass"], film, environ)
    }
    commands |= {f"wanflow {verb}": ([*python, START, verb], film, environ) for verb in VERBS}
    commands |= {name: (argv, peers, environ) for name, argv in write_peers(peers, shots).items()}
    for _ in range(3):  # the first makes caches, the second leaves the stamp
        for argv, place, variables in commands.values():
            spend(argv, place, variables)
    found: dict[str, list[SPENT]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, (argv, place, variables) in commands.items():
            found[name].append(spend(argv, place, variables))
    for verb in VERBS:
        full = [*python, START, verb]
        found[f"wanflow {verb}, no stamp"] = [spend(full, film, {**environ, "WANFLOW_STAMP": "off"}) for _ in range(3)]
    rival = min(found.get("ninja", found["python -c pass"]))[0]
    print(f"\n| {shots:,} shots | best, ms CPU | median | / python | / ninja | MiB |\n|---|---|---|---|---|---|")
    for name, rounds in found.items():
        best, floor = min(rounds)[0], min(found["python -c pass"])[0]
        middle, memory = median(each for each, _ in rounds), max(each for _, each in rounds)
        compared = f"{best / rival:.2f}" if "ninja" in found else "?"
        print(f"| {name} | {best:.1f} | {middle:.1f} | {best / floor:.2f} | {compared} | {memory:.0f} |", flush=True)


def write_peers(folder: Path, shots: int) -> dict[str, Sequence[str]]:
    """The same number of outputs for the peers that are installed, all made; gives their commands."""
    (folder / "out").mkdir(parents=True)
    names = [f"out/{shot}" for shot in range(shots)]
    for shot, name in enumerate(names):
        (folder / f"in{shot}").write_text(str(shot), encoding="utf-8")
        (folder / name).write_text(str(shot), encoding="utf-8")
    (folder / "film").write_text("film", encoding="utf-8")
    rules = "".join(f"build {name}: copy in{shot}\n" for shot, name in enumerate(names))
    kinds = "rule copy\n  command = cp $in $out\nrule join\n  command = touch $out\n"
    (folder / "build.ninja").write_text(f"{kinds}{rules}build film: join {' '.join(names)}\n", encoding="utf-8")
    targets = "".join(f"{name}: in{shot}\n\tcp $< $@\n" for shot, name in enumerate(names))
    (folder / "Makefile").write_text(f"film: {' '.join(names)}\n\ttouch $@\n{targets}", encoding="utf-8")
    tasks = f"""
def task_copy():
    for shot in range({shots}):
        yield {{"name": str(shot), "actions": [f"cp in{{shot}} out/{{shot}}"],
               "file_dep": [f"in{{shot}}"], "targets": [f"out/{{shot}}"]}}
"""
    (folder / "dodo.py").write_text(tasks, encoding="utf-8")
    wanted = {"ninja": ["film"], "make": ["-rR", "film"], "doit": ["-v0"]}
    paths = {name: shutil.which(name) for name in wanted}
    return {name: [path, *wanted[name]] for name, path in paths.items() if path is not None}


def spend(argv: Sequence[str], folder: Path, environ: Mapping[str, str]) -> SPENT:
    """Run a command in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    nowhere = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    try:
        child = os.posix_spawn(argv[0], argv, environ, file_actions=nowhere)
        _, status, used = os.wait4(child, 0)
    finally:
        os.chdir(before)
    if status:
        raise RuntimeError(f"{' '.join(argv)} ended with {os.waitstatus_to_exitcode(status)}")
    return (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
