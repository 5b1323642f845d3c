"""What it takes to make a film of many clips, and to make it again after one of them changed.

wanflow keeps segments and joins them by copying. Against it: the same film in one filter graph (the concat filter for
hard cuts, a chain of xfade and acrossfade for dissolves), MoviePy, and the least that any tool could do, which is to
encode what changed and to copy the rest.

    PYTHONPATH=. python benchmarks/cut.py [--shots 100] [--seconds 5] [--size 640x360] [--moviepy]
    PYTHONPATH=. python benchmarks/cut.py --shots 20
    PYTHONPATH=. python benchmarks/cut.py --memory

A rebuild, the copy and the encoding of what changed are measured in turns, since the load of a machine changes. Each
round changes another clip, since one lies in one chunk of sound and the next in two. The first build takes turns with
the graph; of both the best counts.

CPU seconds are of the whole process tree, and tell more than the wall on a machine that does other work; peaks are of
the resident memory of the tree.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import rivals
from rivals import RATE, ffmpeg
from spending import Spent, TooMuch, available_bytes, best, middle, spend

import wanflow
from wanflow.catalog.provider import default_provider
from wanflow.media.sound.mix import splice
from wanflow.media.sound.soundtrack import AAC_SAMPLES, LEAD_FRAMES, TAIL_FRAMES
from wanflow.store import blobs, inventory
from wanflow.store.layout import Store
from wanflow.timebase import SAMPLE_RATE

ROUNDS = 7
BUILDS = 3
HEARD_SECONDS = (LEAD_FRAMES + TAIL_FRAMES) * AAC_SAMPLES / SAMPLE_RATE
"""Seconds of sound around a changed clip that the encoder has to hear."""
STEP = 3
"""Clips from one that changes to the next."""
JOINS = {"hard cuts": 0, "dissolves": 15}
"""Frames of the join between two clips."""
MEMORY_SHOTS = (25, 50, 100, 200)
TRIAL_SHOTS = 25
"""One graph of this many clips is tried before the whole, since it may need more memory than there is."""
MEMORY_SHARE = 0.6
"""Of what the machine has left, so much a rival may take."""


@dataclass(frozen=True, slots=True)
class Film:
    """Drawn clips in a folder of its own, and the clips that take the place of others."""

    folder: Path
    clips: tuple[Path, ...]
    others: tuple[Path, ...]
    frames: int
    join_frames: int

    def changing(self, round_number: int) -> int:
        """The clip that changes in a round: from the middle on, never the first or the last."""
        return 1 + (len(self.clips) // 2 + STEP * round_number) % (len(self.clips) - 2)

    def change(self, round_number: int) -> None:
        """Put another clip of the same length there, as a new file."""
        place = self.clips[self.changing(round_number)]
        place.unlink()
        os.link(self.others[round_number % len(self.others)], place)

    def clear(self) -> None:
        """Forget all that was made."""
        for name in (".wanflow", "out"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def draw(folder: Path, number: int, frames: int, size: str) -> Path:
    """A clip like no other: moving, with some noise, and sound."""
    target = folder / f"{number:04d}.mp4"
    seconds = f"{float(frames / RATE):.6f}"
    picture = f"testsrc2=s={size}:r={RATE}:d={seconds},hue=h={number * 37 % 360},noise=alls=6:allf=t:all_seed={number}"
    sound = f"sine=f={200 + number}:r=48000:d={seconds}"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    lines = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-pix_fmt", "yuv420p", "-c:a", "aac")
    spend(ffmpeg(*inputs, *lines, str(target)))
    return target


def set_up(folder: Path, drawn: Sequence[Path], shots: int, frames: int, join_frames: int) -> Film:
    """A production of the first `shots` of the drawn clips in its own folder."""
    (folder / "clips").mkdir(parents=True)
    clips = tuple(folder / "clips" / clip.name for clip in drawn[:shots])
    for clip, source in zip(clips, drawn, strict=False):
        os.link(source, clip)
    joined = {"transition": {"type": "dissolve", "duration": float(join_frames / RATE)}} if join_frames else {}
    items = [{"file": f"clips/{clip.name}", **(joined if at else {})} for at, clip in enumerate(clips)]
    document = {"wanflow": 1, "title": "Benchmark", "cuts": {"main": {"items": items}}}
    (folder / "wanflow.yaml").write_text(json.dumps(document), encoding="utf-8")
    return Film(folder, clips, tuple(drawn[-ROUNDS:]), frames, join_frames)


def run_wanflow(film: Film) -> Spent:
    """A whole `wanflow run`, from its start to its end."""
    environ = {**os.environ, "PYTHONPATH": str(Path(wanflow.__file__).parents[1])}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # whoever installed it doesn't compile it again at every start
    return spend(
        [sys.executable, "-m", "wanflow", "run", "-q", "-f", str(film.folder / "wanflow.yaml")], environ=environ
    )


def rebuild(film: Film) -> Spent:
    """What wanflow takes after one clip changed, again and again."""

    def once(round_number: int) -> Spent:
        film.change(round_number)
        return run_wanflow(film)

    return middle([once(number) for number in range(ROUNDS)])


def rebuild_beside_least(film: Film) -> tuple[Spent, Spent, Spent, Sequence[Spent]]:
    """In turns: a rebuild, the bare copy of wanflow's segments, the encoding of those that the change concerned.

    Then the encoding of its sound: of the clip with what the encoder hears around it, and of all.
    """
    files = _segments(film)
    folder = film.folder / "least"
    folder.mkdir()
    sound = folder / "sound.aac"
    splice([file for file in files if file.suffix == ".aac"], sound)
    copy = rivals.bare_copy([file for file in files if file.suffix == ".mov"], sound, folder / "copy.mp4")
    made = film.folder / "out" / "main.mp4"
    lengths = (film.frames / RATE + Fraction(HEARD_SECONDS), len(film.clips) * film.frames / RATE)
    sounds = [rivals.encoded_sound(made, float(seconds), folder / "again.aac") for seconds in lengths]
    rebuilds, copies, encodings = [], [], []
    encoded: list[list[Spent]] = [[], []]
    for number in range(ROUNDS):
        film.change(number)
        changed = rivals.changed_segments(film.clips, film.changing(number), film.join_frames, film.frames, folder)
        rebuilds.append(run_wanflow(film))
        copies.append(spend(copy))
        encodings.append(sum((spend(argv) for argv in changed), Spent(0, 0, 0)))
        for spent, argv in zip(encoded, sounds, strict=True):
            spent.append(spend(argv))
    return middle(rebuilds), middle(copies), middle(encodings), [middle(spent) for spent in encoded]


def _segments(film: Film) -> list[Path]:
    """What the cut was last made from, in order: its segments, then the chunks of its sound."""
    store = Store(film.folder, default_provider())
    derived = inventory.survey(store, {}).derived
    (record,) = json.loads(store.cuts.read_bytes()).values()
    return [blobs.derived_file(store, derived[key]) for key in record["segments"]]


def compare(film: Film, python: Path | None) -> Iterator[tuple[str, Spent | str]]:
    """Every way to the film, each with what it takes, the first one ours."""
    first, graph = first_beside_graph(film)
    yield "wanflow, first build", first
    name = "one xfade chain" if film.join_frames else "concat filter"
    if graph is not None:
        yield name, graph
        memory_share = first.peak_bytes / graph.peak_bytes
        yield "first build / graph", f"{first.cpu_seconds / graph.cpu_seconds:.2f} of CPU, {memory_share:.2f} of memory"
    yield "wanflow, nothing changed", middle([run_wanflow(film) for _ in range(ROUNDS)])
    again, copy, encoding, sounds = rebuild_beside_least(film)
    yield f"wanflow, one clip of {len(film.clips)} changed", again
    yield "bare copy", copy
    yield "encoding what changed", encoding
    yield "encoding its sound", sounds[0]
    yield "encoding the whole sound", sounds[1]
    for named, bar in (
        ("copy + encoding", copy + encoding),
        ("copy + encoding + its sound", copy + encoding + sounds[0]),
    ):
        wall, cpu = again.wall_seconds / bar.wall_seconds, again.cpu_seconds / bar.cpu_seconds
        yield f"rebuild / ({named})", f"{wall:.2f} on the wall, {cpu:.2f} of CPU"
    if python is not None:
        target = film.folder / "moviepy.mp4"
        yield from _rival("MoviePy", film, lambda clips: rivals.moviepy(python, clips, film.join_frames, target))


def first_beside_graph(film: Film) -> tuple[Spent, Spent | None]:
    """In turns: a first build, and one graph, where it fits into memory."""
    run_wanflow(film)  # compiles what was never imported
    most_bytes = int(available_bytes() * MEMORY_SHARE)
    builds, graphs = [], []
    for _ in range(BUILDS):
        film.clear()
        builds.append(run_wanflow(film))
        with suppress(TooMuch):
            graphs.append(spend(one_graph(film, film.clips), most_bytes=most_bytes))
    return best(builds), best(graphs) if graphs else None


def one_graph(film: Film, clips: Sequence[Path]) -> list[str]:
    """The same film by one filter graph over these of its clips."""
    return rivals.one_graph(clips, film.join_frames, film.frames, film.folder / "graph.mp4")


def _rival(name: str, film: Film, argv: Callable[[Sequence[Path]], list[str]]) -> Iterator[tuple[str, Spent | str]]:
    """A rival with a few clips, and with all of them where that would fit into memory; it has no other rebuild."""
    most_bytes = int(available_bytes() * MEMORY_SHARE)
    for shots in sorted({min(TRIAL_SHOTS, len(film.clips)), len(film.clips)}):
        try:
            yield f"{name}, {shots} clips", spend(argv(film.clips[:shots]), most_bytes=most_bytes)
        except TooMuch:
            yield f"{name}, {shots} clips", f"stopped at {most_bytes / 1e9:.1f} GB"


def show(title: str, rows: Iterator[tuple[str, Spent | str]]) -> None:
    """Print a table, a row as soon as it is measured; ratios are to the first one's time on the wall and of CPU."""
    print(f"\n| {title} | wall | CPU | peak memory | wall, ratio | CPU, ratio |\n|---|---|---|---|---|---|")
    first: Spent | None = None
    for name, spent in rows:
        if isinstance(spent, str):
            print(f"| {name} | {spent} | | | | |", flush=True)
            continue
        first = first or spent
        ratios = f"{spent.wall_seconds / first.wall_seconds:.3f} | {spent.cpu_seconds / first.cpu_seconds:.3f}"
        times = f"{spent.wall_seconds:.2f} s | {spent.cpu_seconds:.2f} s | {spent.peak_bytes / 1e6:.0f} MB"
        print(f"| {name} | {times} | {ratios} |", flush=True)


def memory(film: Film) -> Iterator[tuple[str, Spent | str]]:
    """The peaks of ours alone."""
    yield f"{len(film.clips)} clips, first build", run_wanflow(film)
    yield f"{len(film.clips)} clips, one changed", rebuild(film)


def main() -> None:
    """Print a table for each kind of join, or one of peaks for films of rising length."""
    asked = _asked()
    frames = int(asked.seconds * RATE)
    shots = MEMORY_SHOTS if asked.memory else (asked.shots,)
    with TemporaryDirectory(prefix="wanflow-bench-", dir=asked.folder) as name:
        folder = Path(name)
        python = rivals.install_moviepy(folder / "venv") if asked.moviepy else None
        (folder / "drawn").mkdir()
        drawn = [draw(folder / "drawn", number, frames, asked.size) for number in range(max(shots) + ROUNDS)]
        print(f"{asked.seconds} s a clip, {asked.size}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for count in shots:
            for kind, join_frames in JOINS.items():
                film = set_up(folder / f"{kind}-{count}", drawn, count, frames, join_frames)
                show(f"{count} clips, {kind}", memory(film) if asked.memory else compare(film, python))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long cuts take, first and again.")
    parser.add_argument("--shots", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--size", default="640x360")
    parser.add_argument(
        "--moviepy", action="store_true", help="install it into a folder that goes away, and run it too"
    )
    parser.add_argument("--memory", action="store_true", help="only our peaks, for films of rising length")
    parser.add_argument("--folder", type=Path, help="where to work; default: the system's place for such things")
    return parser.parse_args()


if __name__ == "__main__":
    main()
