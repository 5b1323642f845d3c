"""What it takes to make a cut again, in processes and in files that are read: times belong to benchmarks/cut.py."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

import pytest

from kit.assembly import SIZE, THIRTY, recipe_of
from kit.clips import numbered_clip
from wanflow.language.production import TransitionKind
from wanflow.language.source import Facts
from wanflow.media import container, ffmpeg
from wanflow.media.cut import AssembleCut, CutRecipe
from wanflow.media.jobs import Job, Worker
from wanflow.media.picture.conform import ConformSegment, JoinClips
from wanflow.media.picture.segment import JoinRecipe
from wanflow.media.probe import probe
from wanflow.media.sound.mix import EncodeSound
from wanflow.media.sound.soundtrack import SoundRecipe

CLIP, SEGMENT, JOINED, CHUNK, FILM = map(PurePath, ("clip.mp4", "segment.mov", "join.mov", "chunk.aac", "film.mp4"))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file is opened by its name, and how many processes are started."""
    counted = Counter[str]()
    ffmpeg.find_ffmpeg(os.environ)  # asks for its version once
    opening, starting = container.av.open, subprocess.Popen

    def count_opening(path: str, *words: Any, **options: Any) -> Any:
        counted[Path(path).suffix] += 1
        return opening(path, *words, **options)

    def count_process(argv: list[str], **options: Any) -> Any:
        counted["processes"] += 1
        return starting(argv, **options)

    monkeypatch.setattr(container.av, "open", count_opening)
    monkeypatch.setattr(ffmpeg.subprocess, "Popen", count_process)
    return counted


def test_what_is_made_is_read_once(tmp_path: Path, work: Counter[str]) -> None:
    """A segment, a transition, a chunk of sound and a film: each by one process, and each checked in one reading.

    The clip of the transition was read for the segment.
    """
    clip = numbered_clip(tmp_path / CLIP, 10, SIZE)
    recipe = recipe_of(clip)
    blend = JoinRecipe(TransitionKind.DISSOLVE, recipe, recipe)
    sound = SoundRecipe((("segment", 10), ("join", 10)), THIRTY)
    (chunk,) = sound.chunks()
    files = (("segment", SEGMENT), ("join", JOINED))
    jobs: dict[PurePath, Job[Facts]] = {
        SEGMENT: ConformSegment(CLIP, recipe, SEGMENT),
        JOINED: JoinClips(CLIP, CLIP, blend, JOINED),
        CHUNK: EncodeSound(chunk, files, CHUNK),
        FILM: AssembleCut(CutRecipe((SEGMENT, JOINED), 20, THIRTY, (CHUNK,)), FILM),
    }
    found: dict[PurePath, dict[str, int]] = {}
    for target, job in jobs.items():
        work.clear()
        facts = job.perform(Worker(tmp_path))
        found[target] = dict(work)
        if target != CHUNK:  # the length of raw AAC is an estimate of the one who reads it
            assert facts == probe(tmp_path / target)
        else:
            assert (facts.samples, facts.seconds) == (chunk.count * 1024, Fraction(chunk.count * 1024, 48_000))
    assert found == {
        SEGMENT: {".mp4": 2, ".part": 1, "processes": 1},
        JOINED: {".part": 1, "processes": 1},
        CHUNK: {".mov": 2, "processes": 1},
        FILM: {".mov": 2, ".part": 1, "processes": 1},
    }
