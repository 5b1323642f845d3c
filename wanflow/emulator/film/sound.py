"""The sound of animatics as ffmpeg filters, added to a command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from wanflow.emulator.film.command import FPS, SAMPLE_RATE, FilmCommand, InputVideo

NOTES = ("98.00", "110.00", "130.81", "146.83", "164.81")
"""A low pentatonic scale in hertz, so that any two shots sound well one after the other."""

TONE_RATE = 6000
"""Samples a second at which the chord is computed: more than enough for its highest note, of 330 hertz."""

STEREO = f"aresample={SAMPLE_RATE},aformat=sample_fmts=fltp:channel_layouts=stereo"


def tone(command: FilmCommand, seed: int, samples: int) -> str:
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
    return command.add_filter([], f"aevalsrc=exprs='{sides}':s={TONE_RATE},{STEREO},atrim=end_sample={samples},{fades}")


def track(command: FilmCommand, path: Path) -> str:
    """A given sound: cut to the film's length, silent after its own end (service.md 2.2)."""
    return _fill(command, f"{command.add_media(path)}:a:0", command.samples)


def clip_sound(command: FilmCommand, clip: InputVideo, number: int, seed: int) -> str:
    """The sound of a loaded clip for as long as it lasts, a quiet tone for the rest and where it has none."""
    old = min(clip.frames, command.frames) * SAMPLE_RATE // FPS
    if clip.sound is None:
        return tone(command, seed, command.samples)
    kept = _fill(command, f"{number}:{clip.sound}", old)
    if old == command.samples:
        return kept
    return command.add_filter([kept, tone(command, seed, command.samples - old)], "concat=n=2:v=0:a=1")


def voices(command: FilmCommand, paths: Sequence[Path], seed: int) -> str:
    """Voices one after another over a quiet tone; without voices the tone alone."""
    ground = tone(command, seed, command.samples)
    if not paths:
        return ground
    spoken = [command.add_filter([f"{command.add_media(path)}:a:0"], f"{STEREO},asetpts=N/SR/TB") for path in paths]
    joined = command.add_filter(spoken, f"concat=n={len(spoken)}:v=0:a=1") if len(spoken) > 1 else spoken[0]
    speech = _fill(command, joined, command.samples)
    return command.add_filter([speech, ground], "amix=inputs=2:normalize=0:duration=first")


def _fill(command: FilmCommand, source: str, samples: int) -> str:
    """Exactly these samples of a sound, silent where it begins late and where it ends early."""
    kept = f"aresample={SAMPLE_RATE}:async=1:first_pts=0,{STEREO}"
    return command.add_filter([source], f"{kept},asetpts=N/SR/TB,apad,atrim=end_sample={samples}")
