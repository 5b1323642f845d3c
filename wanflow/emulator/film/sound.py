"""What a film sounds like, as ffmpeg filter chains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from wanflow.emulator.film.camera import FPS
from wanflow.emulator.film.inputs import InputVideo
from wanflow.emulator.film.shoot import SAMPLE_RATE, FilmCommand

NOTES = ("98.00", "110.00", "130.81", "146.83", "164.81")
"""A low pentatonic scale in hertz: any two shots after each other sound well."""

STEREO = f"aresample={SAMPLE_RATE},aformat=sample_fmts=fltp:channel_layouts=stereo"


def tone(shoot: FilmCommand, seed: int, samples: int) -> str:
    """A quiet chord that swells slowly, its note by the seed."""
    dice = Random(seed)  # noqa: S311 - a choice of note
    note = dice.choice(NOTES)
    swell = "(0.75+0.25*sin(2*PI*0.17*t))"
    sides = "|".join(
        f"{swell}*(0.022*sin(2*PI*{note}*t)+0.010*sin(2*PI*{note}*1.5*t+{turn})+0.006*sin(2*PI*{note}*2.003*t))"
        for turn in ("0", "0.6")
    )
    end = max(samples - SAMPLE_RATE // 4, 0)
    fades = f"afade=t=in:ss=0:ns={SAMPLE_RATE // 4},afade=t=out:ss={end}:ns={SAMPLE_RATE // 4}"
    return shoot.chain([], f"aevalsrc=exprs='{sides}':s={SAMPLE_RATE},{STEREO},atrim=end_sample={samples},{fades}")


def track(shoot: FilmCommand, path: Path) -> str:
    """A given sound: cut to the film's length, silent after its own end (service.md 2.2)."""
    return _fill(shoot, f"{shoot.load(path)}:a:0", shoot.samples)


def sound_of(shoot: FilmCommand, clip: InputVideo, number: int, seed: int) -> str:
    """The sound of a loaded clip for as long as it lasts, a quiet tone for the rest and where it has none."""
    old = min(clip.frames, shoot.frames) * SAMPLE_RATE // FPS
    if not clip.sound:
        return tone(shoot, seed, shoot.samples)
    kept = _fill(shoot, f"{number}:a:0", old)
    if old == shoot.samples:
        return kept
    return shoot.chain([kept, tone(shoot, seed, shoot.samples - old)], "concat=n=2:v=0:a=1")


def voices(shoot: FilmCommand, paths: Sequence[Path], seed: int) -> str:
    """Voices one after another over a quiet tone; without voices the tone alone."""
    ground = tone(shoot, seed, shoot.samples)
    if not paths:
        return ground
    spoken = [shoot.chain([f"{shoot.load(path)}:a:0"], f"{STEREO},asetpts=N/SR/TB") for path in paths]
    joined = shoot.chain(spoken, f"concat=n={len(spoken)}:v=0:a=1") if len(spoken) > 1 else spoken[0]
    speech = _fill(shoot, joined, shoot.samples)
    return shoot.chain([speech, ground], "amix=inputs=2:normalize=0:duration=first")


def _fill(shoot: FilmCommand, source: str, samples: int) -> str:
    """Exactly these samples of a sound, silent where it begins late and where it ends early."""
    kept = f"aresample={SAMPLE_RATE}:async=1:first_pts=0,{STEREO}"
    return shoot.chain([source], f"{kept},asetpts=N/SR/TB,apad,atrim=end_sample={samples}")
