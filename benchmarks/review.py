"""How quick the page is: the board of 100 and 1,000 shots, a file that is saved, and 1,000 views.

Each production is that of `plan.py` with every take in the lock. The server is `wanflow review` in a process of its
own, asked over loopback; the best of three counts. Memory is what the process has for itself.

    .venv/bin/python benchmarks/review.py [SHOTS…]
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parent))

from plan import decide, write_film

from kit.browser import Review, reviewing

SIZES = (100, 1_000)
ROUNDS = 3
VIEWS = 1_000
PATIENCE_SECONDS = 120


def main(words: Sequence[str]) -> None:
    """Print a row for each size."""
    heads = ("shots", "first", "again", "after a change", "bytes", "gzip", "saved to shown", "memory", "after views")
    print(f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", sep="\n")
    for shots in map(int, words or map(str, SIZES)):
        with TemporaryDirectory() as folder:
            file = write_film(Path(folder), shots)
            decide(file)
            with reviewing(file) as review, httpx.Client(base_url=review.base, timeout=PATIENCE_SECONDS) as client:
                client.get(review.address)
                print(row(shots, review, client), flush=True)


def row(shots: int, review: Review, client: httpx.Client) -> str:
    """The figures of one size."""
    first = first_byte(client)
    again = min(first_byte(client) for _ in range(ROUNDS))
    page = client.get("/").content
    shown = min(saved_to_shown(review.file, client, number) for number in range(ROUNDS))
    changed = min(after_change(review.file, client, number) for number in range(ROUNDS))
    before = memory_mb(review)
    for _ in range(VIEWS):
        client.get("/costs").raise_for_status()
    after = memory_mb(review)
    return (
        f"| {shots:,} | {first:.2f} s | {again:.3f} s | {changed:.2f} s | {len(page):,} | {len(gzip.compress(page)):,} "
        f"| {shown:.2f} s | {before} MB | {after} MB |"
    )


def first_byte(client: httpx.Client) -> float:
    """Seconds until the first byte of the board."""
    begun = time.perf_counter()
    with client.stream("GET", "/") as reply:
        next(reply.iter_bytes())
        return time.perf_counter() - begun


def after_change(file: Path, client: httpx.Client, number: int) -> float:
    """Seconds until the first byte of the board after the production was edited."""
    edit(file, f"after {number}")
    return first_byte(client)


def saved_to_shown(file: Path, client: httpx.Client, number: int) -> float:
    """Seconds from saving a file to the end of the board that a page fetches because of it."""
    begun, listening, told = 0.0, Event(), Event()

    def listen() -> None:
        with client.stream("GET", "/events") as reply:
            for line in reply.iter_lines():
                listening.set()
                if line == "event: changed":
                    told.set()
                    return

    client.get("/")
    thread = Thread(target=listen)
    thread.start()
    listening.wait(PATIENCE_SECONDS)
    begun = time.perf_counter()
    edit(file, f"shown {number}")
    told.wait(PATIENCE_SECONDS)
    client.get("/")
    seconds = time.perf_counter() - begun
    thread.join()
    return seconds


def edit(file: Path, words: str) -> None:
    """Save the production with another title."""
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [f"title: {json.dumps(words)}" if line.startswith("title:") else line for line in lines]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def memory_mb(review: Review) -> int:
    """Megabytes that the server has for itself, on Linux."""
    status = Path(f"/proc/{review.process.pid}/status").read_text(encoding="utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) // 1000


if __name__ == "__main__":
    main(sys.argv[1:])
