"""The loudness of a cut with real ffmpeg: measured as mixed, judged on what decodes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from kit.sounds import SILENCE, click_at, draw_segment, draw_wav, hear, noise, tone
from wanflow import digest
from wanflow.errors import MediaFault, ToolFailed
from wanflow.media.jobs import RunningProcesses
from wanflow.media.sound.mix import encode_chunk, level, measure_loudness, splice
from wanflow.media.sound.soundtrack import MixedSound, SoundRecipe

THIRTY = Fraction(30)
HALF_LU = Decimal("0.5")
SQUARED = "aevalsrc=clip(3*sin(2*PI*180*t)+2*sin(2*PI*1000*t)\\,-1\\,1):s=48000:c=stereo"
BETWEEN_SAMPLES = "aevalsrc=0.99*sin(2*PI*12000*t+PI/4):s=48000:c=stereo"
UNEVEN = tone(400, 0.5, sounding="0.02+between(t,2,3)+0.3*between(t,4,5)")
BURSTS = f"{tone(500, 0.1)}[t];{click_at(*range(0, 280_000, 24_000))}[c];[t][c]amix=normalize=0"


def film_of(path: Path, source: str, frames: int = 180) -> tuple[SoundRecipe, dict[str, Path]]:
    """A film of one segment with this sound."""
    return SoundRecipe(((path.stem, frames),), THIRTY), {path.stem: draw_segment(path, source, frames)}


def encoded(recipe: SoundRecipe, segments: dict[str, Path], folder: Path) -> Path:
    """The film's sound as it is heard."""
    targets = []
    for chunk in recipe.chunks(200):
        targets.append(folder / f"{chunk.first}.aac")
        encode_chunk(chunk, segments, targets[-1], processes=RunningProcesses())
    splice(targets, folder / "sound.aac")
    return folder / "sound.aac"


def test_windows_together_measure_what_ffmpeg_measures_at_once(tmp_path: Path) -> None:
    """The loudness and the peak of 45 s that grow louder all the time."""
    recipe, segments = film_of(tmp_path / "rise.mov", f"{noise(0.4)},volume='0.1+t/50':eval=frame", 1350)
    found = measure_loudness(recipe, segments, processes=RunningProcesses())
    lufs, peak = hear(segments["rise"])
    assert len(recipe.windows()) == 3
    assert found
    assert abs(found.lufs - lufs) <= Decimal("0.02")
    assert abs(found.peak - peak) <= Decimal("0.1")


def test_what_sounds_where_windows_meet_counts_once(tmp_path: Path) -> None:
    """A fifth of a second of a tone on the border, in silence: as loud as measured at once."""
    recipe, segments = film_of(tmp_path / "border.mov", tone(500, 0.5, sounding="between(t,19.9,20.1)"), 640)
    found = measure_loudness(recipe, segments, processes=RunningProcesses())
    assert found
    assert abs(found.lufs - hear(segments["border"])[0]) <= Decimal("0.05")


@pytest.mark.parametrize(
    ("source", "target", "limited"),
    [
        (tone(300, 0.005), -16, False),
        (f"{tone(500, 0.9)}", -23, False),
        (UNEVEN, -16, False),
        (UNEVEN, -5, True),
        (SQUARED, -16, False),
        (BETWEEN_SAMPLES, -14, False),
        (BURSTS, -14, True),
    ],
    ids=["quiet", "loud", "dynamic", "dynamic and hot", "clipping", "between samples", "bursts"],
)
def test_what_is_heard_has_the_loudness_that_was_asked(
    tmp_path: Path, source: str, target: int, *, limited: bool
) -> None:
    """Within half a LU, on the decoded sound; the limiter acts only where peaks need it."""
    recipe, segments = film_of(tmp_path / "one.mov", source)
    found = level(recipe, Decimal(target), segments, processes=RunningProcesses())
    assert found.recipe.limited is limited
    assert found.recipe.gain == round(found.recipe.gain, 1)
    assert found.lufs is not None
    lufs, _ = hear(encoded(found.recipe, segments, tmp_path))
    assert abs(lufs - target) <= HALF_LU
    assert abs(found.lufs - lufs) <= HALF_LU
    mixed = measure_loudness(found.recipe, segments, processes=RunningProcesses())
    assert mixed
    assert mixed.peak < -1


@pytest.mark.parametrize("source", [noise(0.9), BETWEEN_SAMPLES, click_at(*range(0, 190_000, 9000), level=0.9)])
def test_a_limited_mix_keeps_its_true_peak(tmp_path: Path, source: str) -> None:
    """Pushed by 12 dB, between the samples too."""
    recipe, segments = film_of(tmp_path / "hot.mov", source, 120)
    free, held = (
        measure_loudness(replace(recipe, gain=Decimal(12), limited=limited), segments, processes=RunningProcesses())
        for limited in (False, True)
    )
    assert free
    assert held
    assert free.peak > 6
    assert -2 < held.peak < -1


def test_a_target_out_of_reach_gives_what_was_reached(tmp_path: Path) -> None:
    """Clicks in silence don't become as loud as music, however hard they are pushed: the result says so."""
    recipe, segments = film_of(tmp_path / "clicks.mov", click_at(*range(0, 190_000, 24_000)), 120)
    found = level(recipe, Decimal(-6), segments, processes=RunningProcesses())
    measured = measure_loudness(found.recipe, segments, processes=RunningProcesses())
    assert found.recipe.limited
    assert found.recipe.gain < 30
    assert measured
    assert found.lufs == measured.lufs < -10


def test_silence_stays_as_it_is(tmp_path: Path) -> None:
    """It has no loudness, and no gain would give it one."""
    recipe, segments = film_of(tmp_path / "still.mov", SILENCE, 60)
    recipe = replace(recipe, gain=Decimal(2))
    assert measure_loudness(recipe, segments, processes=RunningProcesses()) is None
    assert level(recipe, Decimal(-16), segments, processes=RunningProcesses()).recipe == recipe
    assert level(recipe, Decimal(-16), segments, processes=RunningProcesses()).lufs is None


def test_what_is_too_short_has_no_loudness(tmp_path: Path) -> None:
    """Eleven frames are less than 400 ms, twelve are just that."""
    for frames, heard in ((11, False), (12, True)):
        recipe, segments = film_of(tmp_path / f"{frames}.mov", tone(440, 0.5), frames)
        assert bool(measure_loudness(recipe, segments, processes=RunningProcesses())) is heard


def test_a_peak_in_the_last_moment_is_seen(tmp_path: Path) -> None:
    """Also where it lies behind the last whole tenth of a second."""
    source = f"{tone(440, 0.1)}[t];{click_at(31 * 1600 + 400, level=0.9)}[c];[t][c]amix=normalize=0"
    recipe, segments = film_of(tmp_path / "late.mov", source, 32)
    found = measure_loudness(recipe, segments, processes=RunningProcesses())
    assert found
    assert found.peak > -3


def test_music_is_part_of_the_loudness(tmp_path: Path) -> None:
    """A silent film is as loud as its bed, which is half as loud for 6 dB less."""
    recipe, segments = film_of(tmp_path / "still.mov", SILENCE)
    bed = draw_wav(tmp_path / "bed.wav", tone(997, 0.5), 480_000)
    music = MixedSound(digest.of_file(bed), 480_000, Decimal(-6), duck=Decimal(-12))
    found = measure_loudness(
        replace(recipe, sounds=(music,)), {**segments, music.digest: bed}, processes=RunningProcesses()
    )
    assert found
    assert found.lufs == pytest.approx(Decimal("-12.0"), abs=Decimal("0.2"))


def test_measuring_stops_with_its_leash_and_names_what_is_damaged(tmp_path: Path) -> None:
    """A fault, not a number."""
    recipe, segments = film_of(tmp_path / "one.mov", tone(440, 0.5), 30)
    processes = RunningProcesses()
    processes.kill()
    with pytest.raises(ToolFailed, match="was stopped"):
        measure_loudness(recipe, segments, processes=processes)
    segments["one"].write_bytes(b"no film")
    with pytest.raises(MediaFault, match=r"`one.mov`"):
        level(recipe, Decimal(-16), segments, processes=RunningProcesses())
