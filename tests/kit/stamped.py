"""A small production with nothing left to do, and its commands in this process: in full, and by their stamps."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from kit.bookkeeping import perform
from wanflow import api, loading
from wanflow.cli.main import main
from wanflow.cli.stamping import stamped
from wanflow.stamp import NO_ANSWER, answer
from wanflow.store import blobs, lockfile

TOP = """\
wanflow: 1
include: ["scenes/*.yaml"]
defaults: {model: wan2.7-i2v, resolution: 720P, prompt_extend: false}
cast:
  keeper: {image: cast/keeper.png}
cuts:
  all: [one/coast, two/coast]
"""
SCENE = """\
scene: NAME
shots:
  coast: {first_frame: ../cast/coast.png, prompt: The coast of NAME at dawn., duration: 2}
  talk: {model: wan2.7-r2v, prompt: "${keeper} looks up in NAME.", ratio: "16:9", duration: 5}
"""


MANY, PARTS = 10_000, 50
"""Histories of a slow test, and its parts, each of which ends in time."""


def seeds_of_part(part: int, first: int) -> range:
    """The seeds of the histories in a part; those below the first are lived through in each run."""
    each = MANY // PARTS
    return range(first + part * each, first + (part + 1) * each)


class Said(NamedTuple):
    """How a command ended, and what it printed on stdout and stderr."""

    code: int | None
    out: bytes
    err: bytes


FILM = {"wanflow.yaml": TOP, **{f"scenes/{name}.yaml": SCENE.replace("NAME", name) for name in ("one", "two")}}


def write_idle_film(folder: Path, texts: Mapping[str, str] = FILM) -> Path:
    """A production whose takes are in lock and store, and whose cuts are written; gives its file."""
    for name in ("scenes", "cast"):
        (folder / name).mkdir(parents=True)
    for name, colour in (("coast", (70, 110, 150)), ("keeper", (150, 110, 70))):
        Image.new("RGB", (640, 360), colour).save(folder / "cast" / f"{name}.png")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    file = folder / "wanflow.yaml"
    production = api.load(file)
    store = loading.store_of(production)
    made, _ = perform(api.plan(production))
    lockfile.update(store.lock, lambda _: made.lock)
    for entry in made.lock.shots.values():
        for digest, take in entry.takes.items():
            path = blobs.take_path(store, digest, take.suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"a film")
    records = {}
    for name, fingerprint in made.cuts.items():
        output = folder / "out" / f"{name}.mp4"
        output.parent.mkdir(exist_ok=True)
        output.write_bytes(b"a cut")
        stat = output.stat()
        record = {"output": f"out/{name}.mp4", "fingerprint": fingerprint}
        records[f"{store.provider.name}:{name}"] = record | {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    store.cuts.write_text(json.dumps(records), encoding="utf-8")
    return file


def in_full(folder: Path, *words: str, begun_ns: int | None = None, stamps: bool = False) -> Said:
    """A command that does its work; with `stamps` it leaves one where it may."""
    command = list(words)
    return _said(
        folder,
        lambda streams: (
            stamped(command, lambda: main(command), NO_ANSWER, streams, begun_ns) if stamps else main(command)
        ),
    )


def as_users_do(folder: Path, *words: str, begun_ns: int | None = None) -> Said:
    """A command as `wanflow` runs it: answered by its stamp, or by a part of its work, or by all of it."""
    command = list(words)

    def run(streams: tuple[int, int, int]) -> int | None:
        known = answer(command, streams)
        return (
            known.code if known.code is not None else stamped(command, lambda: main(command), known, streams, begun_ns)
        )

    return _said(folder, run)


def by_stamp(folder: Path, *words: str) -> Said:
    """What the stamp of a command says; its code is None where none is true."""
    return _said(folder, lambda streams: answer(list(words), streams).code)


def _said(folder: Path, work: Callable[[tuple[int, int, int]], int | None]) -> Said:
    before = Path.cwd()
    with _file_stream() as out, _file_stream() as err:
        streams = sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__
        sys.stdout = sys.__stdout__ = out
        sys.stderr = sys.__stderr__ = err
        os.chdir(folder)
        try:
            code = work((0, out.fileno(), err.fileno()))
        finally:
            os.chdir(before)
            sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__ = streams
        texts = [os.pread(stream.fileno(), 1_000_000, 0) for stream in (out, err)]
    return Said(code, *texts)


@contextmanager
def _file_stream() -> Iterator[io.TextIOWrapper]:
    with tempfile.TemporaryFile() as file, io.TextIOWrapper(file, encoding="utf-8") as stream:
        yield stream
