"""Everything that wanflow promises about its speed, in one table: each figure, its goal, and whether it is met.

    .venv/bin/python benchmarks/table.py [--quick] [--only PART…] [--against CHECKOUT] [--install-peers [NAME…]]

The parts are start, idle, edits, stores, cuts, animatic and scheduling; their films are those of `plan.py`. wanflow and
its peers run in turns, and CPU counts: best and median of some runs. `--against` names a checkout of another version,
which runs in the same turns with a film of its own and fills the column "before". `--rendered` renders the film of 100
shots for real, which takes minutes; without it all takes are entered by the writers of the store.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import animatic
import anyio
import cut
import peers
import store as stores
from peers import Command, Figures, alternate
from spending import Spent, spend

from wanflow.emulator.api.order import Grade

ROOT = Path(__file__).resolve().parents[1]
NOW, BEFORE = "now", "before"
VERBS = ("run", "plan", "status", "validate")
COLD = {"WANFLOW_STAMP": "off"}
"""An environment in which a command never repeats its words."""
MAKE_FILM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from plan import decide, write_film
file = write_film(Path(sys.argv[2]), int(sys.argv[3]))
if sys.argv[4] == "entered":
    decide(file)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `met` is None for a figure without a goal."""

    what: str
    now: str
    before: str = "–"
    goal: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        verdict = {None: "", True: "yes", False: "**no**"}[self.met]
        return f"| {self.what} | {self.before} | {self.now} | {self.goal} | {verdict} |"


@dataclass(frozen=True, slots=True)
class Bench:
    """What is asked for: a folder to work in, sizes, runs of each command, and the versions to measure by name."""

    folder: Path
    sizes: tuple[int, ...]
    rounds: int
    quick: bool
    rendered: bool
    versions: Mapping[str, Path]

    def environ(self, version: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a version, with caches of its own."""
        place = {"PYTHONPATH": str(self.versions[version]), "XDG_CACHE_HOME": str(self.folder / f"cache-{version}")}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("WANFLOW_", "PYTHON"))}
        return {**kept, **place, **(more or {})}

    def command(self, version: str, film: Path, *words: str, more: Mapping[str, str] | None = None) -> Command:
        """A command of wanflow, started as its console script does."""
        project = tomllib.loads((self.versions[version] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        module, function = project["scripts"]["wanflow"].split(":")
        code = f"import sys; from {module} import {function}; sys.exit({function}())"
        return Command([sys.executable, "-c", code, *words], film, self.environ(version, more))

    def film(self, version: str, shots: int) -> Path:
        """The folder of a film in which nothing is left to do, made by the version itself."""
        folder = self.folder / f"film-{version}-{shots}"
        if not folder.exists():
            folder.mkdir()
            made = "rendered" if self.rendered and shots == min(self.sizes) else "entered"
            python = [sys.executable, "-c", MAKE_FILM, str(self.versions[version] / "benchmarks")]
            subprocess.run([*python, str(folder), str(shots), made], env=self.environ(version), check=True)
            if made == "rendered":
                run = self.command(version, folder, "run", "-q")
                subprocess.run(run.argv, cwd=folder, env=run.environ, check=True)
        return folder

    def peers(self, shots: int) -> Path:
        """The folder with the files of the peers, each of which knows that all is made."""
        folder = self.folder / f"peers-{shots}"
        if not folder.exists():
            peers.write_peers(folder, shots)
            for command in peers.idle(folder, self.environ(NOW), shots).values():
                peers.spend(command)  # each of them writes down that all is made
        return folder

    def row(self, what: str, found: Mapping[str, Figures], **judged: object) -> Row:
        """The row of a command of wanflow, whose figures are named by it and the version."""
        before = found.get(f"{what} {BEFORE}")
        return Row(what, str(found[f"{what} {NOW}"]), str(before) if before else "–", **judged)  # type: ignore[arg-type]


def start(bench: Bench) -> Iterator[Row]:
    """How long a command takes that does next to nothing."""
    commands = {"python -c pass": Command([sys.executable, "-c", "pass"], bench.folder, bench.environ(NOW))}
    limits = {"--version": 25, "--help": 25, "plan of 10 shots": 120}
    for version in bench.versions:
        film = bench.film(version, 10)
        for words in limits:
            commands[f"{words} {version}"] = bench.command(version, film, words.split()[0], more=COLD)
    commands |= peers.started(bench.folder, bench.environ(NOW))
    found = alternate(commands, bench.rounds, warm=1)  # the first reads the media
    for words, limit in limits.items():
        best = found[f"{words} {NOW}"].best
        yield bench.row(words, found, goal=f"≤ {limit} ms", met=best <= limit)
    yield from _others(found, ("python -c pass", *peers.WAYS), "version")


def idle(bench: Bench) -> Iterator[Row]:
    """How long a command takes that has nothing to do."""
    for shots in bench.sizes:
        environ, folder = bench.environ(NOW), bench.peers(shots)
        commands = {"python -c pass": Command([sys.executable, "-c", "pass"], bench.folder, environ)}
        for version in bench.versions:
            film = bench.film(version, shots)
            commands |= {f"{shots:,}: {verb} {version}": bench.command(version, film, verb) for verb in VERBS}
        commands |= peers.idle(folder, environ, shots)
        found = alternate(commands, bench.rounds, warm=3)  # the first makes caches, the second leaves the stamp
        cold = {
            f"{shots:,}: run without stamp {version}": bench.command(
                version, bench.film(version, shots), "run", more=COLD
            )
            for version in bench.versions
        }
        found |= alternate(cold, min(3, bench.rounds))
        for verb in VERBS:
            what = f"{shots:,}: {verb}"
            yield bench.row(what, found, **_idle_goal(shots, found[f"{what} {NOW}"], found))
        yield bench.row(f"{shots:,}: run without stamp", found)
        yield from _others(found, ("python -c pass", *peers.WAYS), f"{shots:,}: idle")


def _idle_goal(shots: int, figures: Figures, found: Mapping[str, Figures]) -> dict[str, object]:
    if shots >= 10_000 and "ninja" in found:
        ratio = figures.best / found["ninja"].best
        goal = f"≤ 1.0 × ninja and 20 MiB; is {ratio:.2f} ×"
        return {"goal": goal, "met": ratio <= 1 and figures.memory <= 20}
    ratio = figures.best / found["python -c pass"].best
    return {"goal": f"≤ 2 × python; is {ratio:.2f} ×", "met": ratio <= 2}


def edits(bench: Bench) -> Iterator[Row]:
    """How long a plan takes after an edit, and `status`, without the words of the last command; peers say what they
    would do.

    A plan after one edit follows a plan of everything: it may leave scenes unread. An earlier version has none of that.
    """
    for shots in bench.sizes:
        commands: dict[str, Command] = {}
        for version in bench.versions:
            commands |= _edit_commands(bench, version, shots)
        for name, peer in peers.dry(bench.peers(shots), bench.environ(NOW)).items():
            touch = partial((peer.folder / "in0").write_text, "edited", encoding="utf-8")
            commands[name] = Command(peer.argv, peer.folder, peer.environ, touch)
        found = alternate(commands, min(3 if shots > 1_000 else 5, bench.rounds))
        plain = found[f"{shots:,}: plan {NOW}"].best
        limits = {10_000: 500, 1_000: 350}
        for what, most in {"plan": None, "status": 1.1, "plan, one edit": None, "plan, other style": 1.5}.items():
            name = f"{shots:,}: {what}"
            best = found[f"{name} {NOW}"].best
            judged: dict[str, object] = {}
            if most:
                judged = {"goal": f"≤ {most} × plan; is {best / plain:.2f} ×", "met": best <= most * plain}
            elif what != "plan" and shots in limits:
                judged = {"goal": f"≤ {limits[shots]} ms", "met": best <= limits[shots]}
            yield bench.row(name, found, **judged)
        yield from _others(found, tuple(peers.WAYS), f"{shots:,}: one edit")


def _edit_commands(bench: Bench, version: str, shots: int) -> dict[str, Command]:
    film = bench.film(version, shots)
    files = (film / "wanflow.yaml", film / "scenes" / "0000.yaml")
    top, scene = (file.read_text(encoding="utf-8") for file in files)

    def state(top: str, scene: str) -> None:
        for file, text in zip(files, (top, scene), strict=True):
            file.write_text(text, encoding="utf-8")

    states = {
        "plan": ("plan", top, scene),
        "status": ("status", top, scene),
        "plan, one edit": ("plan", top, scene.replace("drifts", "flies")),
        "plan, other style": ("plan", top.replace("hand-painted gouache", "oil on canvas"), scene),
    }
    made: dict[str, Command] = {}
    if version == NOW:
        plain = bench.command(version, film, "plan")
        state(top, scene)
        for _ in range(2):  # the first one measures media
            subprocess.run(plain.argv, cwd=film, env=plain.environ, check=True, stdout=subprocess.DEVNULL)
    for what, (verb, *texts) in states.items():
        after = version == NOW and what == "plan, one edit"
        plain = bench.command(version, film, verb, more={} if after else COLD)
        made[f"{shots:,}: {what} {version}"] = Command(plain.argv, film, plain.environ, partial(state, *texts))
    return made


def storing(bench: Bench) -> Iterator[Row]:
    """What a run takes to enter a take in the lock, and a push that finds everything there."""
    for shots in bench.sizes:
        copy = bench.folder / f"stored-{shots}"
        shutil.copytree(bench.film(NOW, shots), copy)
        spent = anyio.run(stores.stored_take, copy / "wanflow.yaml") * 1000
        yield Row(f"{shots:,}: a stored take", f"{spent:.2f} ms", goal="≤ 5 ms", met=spent <= 5)
        yield Row(f"{shots:,}: push, all there", f"{stores.pushed(copy / 'wanflow.yaml'):.2f} s")


def cuts(bench: Bench) -> Iterator[Row]:
    """A film of clips of 640x360: first build, and again after one clip changed."""
    shots, seconds = (5, 1) if bench.quick else (20, 5)
    frames, place = int(seconds * cut.RATE), bench.folder / "drawn"
    place.mkdir()
    drawn = [cut.draw(place, number, frames, "640x360") for number in range(shots + cut.ROUNDS)]
    for kind, join_frames in cut.JOINS.items():
        film = cut.set_up(bench.folder / f"cut-{join_frames}", drawn, shots, frames, join_frames)
        first, graph = cut.run_wanflow(film), spend(cut.one_graph(film, film.clips))
        again, copy, encoding, _ = cut.rebuild_beside_least(film)
        what, ratio = f"{shots} clips, {kind}", first.cpu_seconds / graph.cpu_seconds
        less = graph.peak_bytes / first.peak_bytes
        goal = f"≤ 1.05 × one graph in a tenth of its memory; is {ratio:.2f} × in 1/{less:.1f}"
        yield Row(f"{what}: first build", _seconds(first), goal=goal, met=ratio <= 1.05 and less >= 10)
        yield Row(f"{what}: one graph", _seconds(graph))
        floor = (copy + encoding).cpu_seconds
        goal = f"≤ 1.5 × copy and changed clip; is {again.cpu_seconds / floor:.2f} ×"
        yield Row(f"{what}: one clip changed", _seconds(again), goal=goal, met=again.cpu_seconds <= 1.5 * floor)
        yield Row(f"{what}: copy and changed clip", f"{floor:.2f} s")


def _seconds(spent: Spent) -> str:
    return f"{spent.cpu_seconds:.2f} s, {spent.peak_bytes / 1e6:.0f} MB"


def drafts(bench: Bench) -> Iterator[Row]:
    """CPU seconds of the animatic for a second of film: a draft against a final film of each kind of request."""
    place = bench.folder / "animatic"
    place.mkdir()
    drawn, totals = animatic.Bench(place, "720P"), dict.fromkeys(Grade, 0.0)
    orders = drawn.orders()
    for kind, order in list(orders.items())[: 1 if bench.quick else None]:
        found = {grade: cpu / max(order.seconds, animatic.SECONDS) for grade, (_, cpu) in drawn.time(order).items()}
        totals = {grade: totals[grade] + found[grade] for grade in Grade}
        yield Row(f"animatic, {kind}", f"{found[Grade.DRAFT]:.3f} s; final {found[Grade.FINAL]:.3f} s")
    ratio = totals[Grade.FINAL] / totals[Grade.DRAFT]
    yield Row("animatic, final ÷ draft", f"{ratio:.1f}", goal="≥ 4", met=ratio >= 4)


def scheduling(bench: Bench) -> Iterator[Row]:
    """The lines of `scheduling.py`; its columns are in its section of the README."""
    if bench.quick:
        return
    for version in reversed(bench.versions):
        script = bench.versions[version] / "benchmarks" / "scheduling.py"
        told = subprocess.run(
            [sys.executable, str(script)], env=bench.environ(version), check=True, capture_output=True, encoding="utf-8"
        )
        for line in told.stdout.splitlines():
            if line.startswith("|") and not line.startswith("|---"):
                yield Row(f"scheduling, {version}", line.strip("| ").replace("|", "·"))


def _others(found: Mapping[str, Figures], names: Sequence[str], what: str) -> Iterator[Row]:
    for name in names:
        figures = found.get(name)
        if figures or name in peers.WAYS:
            yield Row(f"{what}: {name}", str(figures or f"not measured or not installed ({peers.WAYS[name]})"))


PARTS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "start": start,
    "idle": idle,
    "edits": edits,
    "stores": storing,
    "cuts": cuts,
    "animatic": drafts,
    "scheduling": scheduling,
}


def main(words: Sequence[str] | None = None) -> None:
    """Print the table, each line as soon as it is measured."""
    asked = _asked(words)
    if asked.install_peers is not None:
        peers.install(asked.install_peers)
    versions = {NOW: ROOT} | ({BEFORE: asked.against.resolve()} if asked.against else {})
    sizes = tuple(asked.sizes or ((100,) if asked.quick else (100, 1_000, 10_000)))
    rounds = asked.rounds or (2 if asked.quick else 11)
    load = os.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {load:.1f}; CPU: best (median) of {rounds}\n")
    print("| | before | now | goal | met |\n|---|---|---|---|---|")
    with TemporaryDirectory(prefix="wanflow-bench-", dir=asked.folder) as name:
        bench = Bench(Path(name).resolve(), sizes, rounds, asked.quick, asked.rendered, versions)
        for part in asked.only or PARTS:
            for row in PARTS[part](bench):
                print(row, flush=True)


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Everything that wanflow promises about its speed, in one table.")
    parser.add_argument("--quick", action="store_true", help="a film of 100 shots, few runs, no scheduling")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--sizes", nargs="+", type=int, metavar="SHOTS")
    parser.add_argument("--rounds", type=int, help="runs of each command")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="of another version")
    parser.add_argument("--rendered", action="store_true", help="render the smallest film for real")
    parser.add_argument("--install-peers", nargs="*", metavar="NAME", help="from PyPI, into an environment of theirs")
    parser.add_argument("--folder", type=Path, help="where to work; default: the system's place for such things")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
