"""How many posters, strips, small films and waveforms of takes this machine makes a second, one after another.

Run it with `.venv/bin/python benchmarks/posters.py [720P|1080P]`. The animatic draws the films, of five seconds each.
CPU seconds are those of wanflow and of the ffmpegs that it starts: a busy machine tells only these truly.
"""

from __future__ import annotations

import resource
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from wanflow import api
from wanflow.loading import store_of
from wanflow.media.jobs import Worker
from wanflow.runner.renditions import rendition_job
from wanflow.store import renditions
from wanflow.store.renditions import Rendition

EXAMPLE = Path(__file__).parents[1] / "examples" / "02-lighthouse" / "sets" / "coast.png"
FILMS = 4
MOVING = """\
wanflow: 1
defaults: {model: wan2.7-i2v, duration: 5, resolution: TIER}
shots:
"""


def write_production(folder: Path, tier: str) -> Path:
    """A production of several shots, each of which begins with the coast of the lighthouse."""
    shutil.copy(EXAMPLE, folder / "coast.png")
    shots = "".join(f"  s{number}: {{first_frame: coast.png, prompt: wave {number}}}\n" for number in range(FILMS))
    file = folder / "wanflow.yaml"
    file.write_text(MOVING.replace("TIER", tier) + shots, encoding="utf-8")
    return file


def cpu_seconds() -> float:
    """CPU seconds of this process and of those that it started."""
    spent = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def main(tier: str) -> None:
    """Render the films, then make everything of each of them."""
    with TemporaryDirectory() as folder:
        production = api.load(write_production(Path(folder), tier))
        anyio.run(api.run, api.plan(production))
        files, store = api.media_files(production), store_of(production)
        takes = [files.find(row.take.digest) for row in api.takes(api.plan(production))]
        for kind in Rendition:
            begun, cpu = time.perf_counter(), cpu_seconds()
            for take in filter(None, takes):
                rendition_job(store, take, kind).perform(Worker(store.folder))
            made = [renditions.place(store, take.digest, kind) for take in filter(None, takes)]
            wall, spent = time.perf_counter() - begun, (cpu_seconds() - cpu) / len(made)
            weight = sum(path.stat().st_size for path in made) / len(made) / 1000
            print(f"{kind:8} {len(made) / wall:6.1f} a second, {spent:5.2f} s of CPU, {weight:6.1f} KB each")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["720P"]))
