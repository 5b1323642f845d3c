"""The sound of a cut: chunks of it encoded alone, its loudness measured and brought to a target (EBU R128)."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import NamedTuple

import ffmpeg
from ffmpeg.nodes import FilterableStream

from wanflow import digest, timebase
from wanflow.errors import MediaFault
from wanflow.language.source import Facts, Kind
from wanflow.media import encoder
from wanflow.media.extract import arguments_of
from wanflow.media.ffmpeg import ask_ffmpeg, path_argument, run_ffmpeg
from wanflow.media.inputs import Options, own_input
from wanflow.media.jobs import Job, RunningProcesses, Worker
from wanflow.media.sound.gain_curve import Stretch, gain_curve, joined_stretches, loud_stretches
from wanflow.media.sound.pcm import SAMPLE_BYTES, keep_frames, read_frames, read_pieces, read_sound
from wanflow.media.sound.soundtrack import (
    AAC_SAMPLES,
    HOP,
    HeardSound,
    LoudnessGain,
    SoundChunk,
    SoundRecipe,
    SoundSpan,
    SoundWindow,
    in_lanes,
)
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store.atomic import replacing
from wanflow.timebase import SAMPLE_RATE

SILENT_LUFS = Decimal(-70)
"""LUFS below which a block is silence and is not counted."""
GATE_LU = -10.0
"""LU below the mean of the blocks under which a block is not counted."""

ENOUGH = Decimal("0.2")
"""LU by which a limited mix may miss its target; encoding adds a tenth."""
ATTEMPTS = 4
HARDEST = Decimal(20)
"""Maximum dB that the limiter takes off: beyond it a mix becomes noise and hardly louder."""
FLATTEST = Decimal("0.25")
"""Minimum LU per dB of gain that is assumed, so that the next try stays near where the limiter takes all of it."""


@immutable
class Loudness:
    """The integrated loudness in LUFS and the highest true peak in dBTP, both to a hundredth."""

    lufs: Decimal
    peak: Decimal


def integrate(blocks: Sequence[float], peak: float) -> Loudness | None:
    """The loudness of a film from the LUFS of its overlapping 400 ms blocks and its linear true peak.

    None where no block is louder than silence.
    """
    silent = float(SILENT_LUFS)
    # ffmpeg prints `nan` for silence that follows sound, and `nan` compares as False
    heard = [block for block in blocks if block >= silent]
    if not heard or peak <= 0:
        return None
    gate = _mean(heard) + GATE_LU
    lufs = _mean([block for block in heard if block >= gate])
    return Loudness(_hundredths(lufs), _hundredths(20 * math.log10(peak)))


def seek_gain(
    target: Decimal, gain: Decimal, known: tuple[Decimal, Decimal], measure: Callable[[Decimal], Decimal]
) -> tuple[Decimal, Decimal]:
    """The gain in dB that brings a limited mix nearest to a target, of a few that are tried, and its LUFS.

    `gain` is the first to try; `known` is the gain from which the limiter works, with its LUFS. The next one is where
    the line through the last two meets the target. `measure` returns the LUFS at a gain.
    """
    tried, highest = [known], to_tenths(known[0] + HARDEST)
    gain = min(gain, highest)
    for _ in range(ATTEMPTS):
        tried.append((gain, measure(gain)))
        missing = target - tried[-1][1]
        (from_gain, from_lufs), (to_gain, to_lufs) = tried[-2:]
        slope = min(Decimal(1), max(FLATTEST, (to_lufs - from_lufs) / (to_gain - from_gain)))
        wanted = min(highest, to_tenths(gain + missing / slope))
        if abs(missing) <= ENOUGH or wanted == gain:
            break
        gain = wanted
    return min(tried[1:], key=lambda each: abs(target - each[1]))


def to_tenths(value: Decimal) -> Decimal:
    """Decibels to a tenth, so that a small edit seldom changes the gain of a whole film."""
    return value.quantize(Decimal("0.1"))


def _mean(blocks: Sequence[float]) -> float:
    """The level of the mean power."""
    return 10 * math.log10(sum(10 ** (block / 10) for block in blocks) / len(blocks))


def _hundredths(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


CEILING = Decimal("-1.5")
"""Maximum true peak of a limited mix, in dBTP."""
LIMIT = "0.841395"
"""CEILING as a linear amplitude."""
OVERSAMPLED = 4 * SAMPLE_RATE
"""Sample rate of the limiter: at 48 kHz it would miss the peaks between samples."""

RAW, RAW_FLOAT = "s16le", "f32le"
"""Raw samples: of sounds, of curves and of what is mixed already."""
STEREO: Mapping[str, str | int] = {"ar": SAMPLE_RATE, "ch_layout": "stereo"}
MONO: Mapping[str, str | int] = {"ar": SAMPLE_RATE, "ch_layout": "mono"}
CURVE_BYTES = 4
"""A factor as a float."""
MOST_LANES = 8
"""Maximum lanes that one ffmpeg mixes; more are mixed in turns."""
ADTS: Options = {**encoder.AAC, "f": "adts"}

BLOCK_KEY, PEAK_KEY = "lavfi.r128.M", "lavfi.r128.true_peak"
PEAK_ROUNDING = 0.0005
"""Largest error of the peaks that ffmpeg prints, which is added to them."""


KeyedFiles = tuple[tuple[str, PurePath], ...]
"""The files of segments by their keys, and the 48 kHz stereo WAVs of other sounds by their digests."""
Files = Mapping[str, Path]
"""The same on this machine."""


class Lane(NamedTuple):
    """Sounds that are heard one after another, as raw samples of a span, and the factor of each sample."""

    samples: Path
    curve: Path


@immutable
class RawMix:
    """What a span is mixed from: raw samples of a format, and lanes that are heard with them."""

    base: Path
    format: str
    lanes: tuple[Lane, ...] = ()


@immutable
class LevelSound(Job[LoudnessGain]):
    """Find the gain that brings a film's sound to a loudness in LUFS; `files` are all of its segments and sounds."""

    recipe: SoundRecipe
    loudness: Decimal
    files: KeyedFiles

    def perform(self, worker: Worker) -> LoudnessGain:
        """Measure the mix, as often as the gain needs it."""
        files = {key: worker.root / file for key, file in self.files}
        return level(self.recipe, self.loudness, files, processes=worker.processes)


@immutable
class EncodeSound(Job[Facts]):
    """Encode one chunk of a film's sound as raw AAC; `files` are those that it hears."""

    chunk: SoundChunk
    files: KeyedFiles
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write the chunk; gives its facts."""
        target = worker.root / self.target
        files = {key: worker.root / file for key, file in self.files}
        encode_chunk(self.chunk, files, target, processes=worker.processes)
        samples = self.chunk.count * AAC_SAMPLES  # its frames were counted
        return Facts(
            kind=Kind.AUDIO,
            format="aac",
            digest=digest.of_file(target),
            size_bytes=target.stat().st_size,
            samples=samples,
            sample_rate=SAMPLE_RATE,
            seconds=Fraction(samples, SAMPLE_RATE),
        )


def encode_chunk(chunk: SoundChunk, files: Files, target: Path, *, processes: RunningProcesses) -> None:
    """Write a chunk as an ADTS stream of exactly its frames; `files` are those that it hears. Raises MediaFault."""
    with replacing(target) as part, _raw_mix(chunk.heard, files, processes) as raw:
        encoded = raw.base.with_name("encoded.aac")
        run_ffmpeg(chunk_arguments(chunk, raw, encoded), processes=processes)
        keep_frames(encoded, part, chunk.lead, chunk.count)


def splice(chunks: Sequence[Path], target: Path) -> None:
    """Write encoded chunks one after another as one ADTS stream. Raises MediaFault for a damaged one."""
    with replacing(target) as part, part.open("wb") as file:
        for chunk in chunks:
            file.writelines(read_frames(chunk))


def measure_loudness(recipe: SoundRecipe, files: Files, *, processes: RunningProcesses) -> Loudness | None:
    """The loudness of the whole mix as the recipe makes it; None for silence and for less than 400 ms.

    Measured window by window, in constant memory. Raises MediaFault.
    """
    blocks: list[float] = []
    peak = 0.0
    for window in recipe.windows():
        with _raw_mix(window.heard, files, processes) as raw:
            said = ask_ffmpeg(window_arguments(window, raw), processes=processes)
        peak = max(peak, *_values(said, PEAK_KEY))
        # the last block is not counted where the window is padded
        blocks += _values(said, BLOCK_KEY)[window.lead // HOP : _measured(window) // HOP]
    return integrate(blocks, peak + PEAK_ROUNDING)


def level(
    recipe: SoundRecipe,
    target_lufs: Decimal,
    files: Files,
    *,
    processes: RunningProcesses,
) -> LoudnessGain:
    """The recipe with the gain, in steps of 0.1 dB, that brings its mix to a loudness.

    It is limited only where its peaks need it; the gain is then found by measuring. Where the target is out of reach,
    the nearest gain is returned. Silence stays as it is. Raises MediaFault.
    """
    plain = replace(recipe, gain=Decimal(0), limited=False)
    found = measure_loudness(plain, files, processes=processes)
    if found is None:
        return LoudnessGain(recipe, None)
    gain = to_tenths(target_lufs - found.lufs)
    if found.peak + gain <= CEILING:
        return LoudnessGain(replace(plain, gain=gain), found.lufs + gain)
    touching = CEILING - found.peak

    def measure(limited_gain: Decimal) -> Decimal:
        heard = measure_loudness(replace(plain, gain=limited_gain, limited=True), files, processes=processes)
        return heard.lufs if heard else SILENT_LUFS

    gain, lufs = seek_gain(target_lufs, gain, (touching, found.lufs + touching), measure)
    return LoudnessGain(replace(plain, gain=gain, limited=True), lufs)


def chunk_arguments(chunk: SoundChunk, raw: RawMix, target: Path) -> list[str]:
    """The arguments of the ffmpeg that encodes a chunk from raw samples; pure."""
    heard = chunk.heard
    sound = _trimmed(_finished(raw, heard), chunk.settling, heard.samples - chunk.settling)
    return arguments_of(ffmpeg.output(sound, path_argument(target), **ADTS))


def window_arguments(window: SoundWindow, raw: RawMix) -> list[str]:
    """The arguments of the ffmpeg that prints the loudness and the peak of every hop of a window; pure."""
    sound = (
        _trimmed(_finished(raw, window.heard), window.settling, _measured(window))
        .filter("apad", whole_len=-(-_measured(window) // HOP) * HOP)
        .filter("ebur128", peak="true", metadata=1)
        .filter("ametadata", mode="print", key=BLOCK_KEY, file="-")
        .filter("ametadata", mode="print", key=PEAK_KEY, file="-")
    )
    return arguments_of(ffmpeg.output(sound, "-", f="null"))


def premix_arguments(raw: RawMix, target: Path) -> list[str]:
    """The arguments of the ffmpeg that mixes lanes to raw samples which nothing limits yet; pure."""
    options = {"f": RAW_FLOAT, "c:a": "pcm_f32le"}
    return arguments_of(ffmpeg.output(_mixed(raw), path_argument(target), **options))


def _mixed(raw: RawMix) -> FilterableStream:
    """The base with its lanes, each sample of them at its factor."""
    mix = own_input(raw.base, raw.format, **STEREO).audio
    lanes = []
    for lane in raw.lanes:
        samples = own_input(lane.samples, RAW, **STEREO).audio
        curve = own_input(lane.curve, RAW_FLOAT, **MONO).audio
        curve = curve.filter("channelmap", map="0|0", channel_layout="stereo")
        lanes.append(ffmpeg.filter([samples, curve], "amultiply"))
    if not lanes:
        return mix
    return ffmpeg.filter([mix, *lanes], "amix", inputs=1 + len(lanes), normalize=0, duration="first")


def _finished(raw: RawMix, span: SoundSpan) -> FilterableStream:
    """The mix at its gain; limited where the recipe says so."""
    mix = _mixed(raw)
    if span.gain:
        mix = mix.filter("volume", f"{timebase.decimal_text(span.gain)}dB")
    if span.limited:
        mix = mix.filter("aresample", OVERSAMPLED)
        mix = mix.filter("alimiter", limit=LIMIT, level=0, latency=1).filter("aresample", SAMPLE_RATE)
    return mix


def _trimmed(mix: FilterableStream, settling: int, samples: int) -> FilterableStream:
    """The samples of a mix after those that were for the filters alone."""
    return (
        mix.filter("atrim", start_sample=settling)
        .filter("asetpts", "N")
        .filter("apad", whole_len=samples)
        .filter("atrim", end_sample=samples)
    )


@contextmanager
def _raw_mix(span: SoundSpan, files: Files, processes: RunningProcesses) -> Iterator[RawMix]:
    """The raw samples that a span is mixed from, in a folder that is removed then."""
    own = read_pieces(span.pieces, files)
    with TemporaryDirectory(prefix="wanflow-") as name:
        folder = Path(name)
        mix = RawMix(folder / "own.raw", RAW)
        mix.base.write_bytes(own)
        curves = _curves(span, own, files)
        lanes = in_lanes(span.sounds)
        for first in range(0, len(lanes), MOST_LANES):
            group = enumerate(lanes[first : first + MOST_LANES], first)
            written = tuple(_write_lane(folder / f"{number}", lane, curves, span, files) for number, lane in group)
            if mix.lanes:
                mixed = folder / f"mixed{first}.raw"
                run_ffmpeg(premix_arguments(mix, mixed), processes=processes)
                for used in (mix.base, *(file for lane in mix.lanes for file in lane)):
                    used.unlink()
                mix = RawMix(mixed, RAW_FLOAT)
            mix = replace(mix, lanes=written)
        yield mix


def _curves(span: SoundSpan, own: bytes, files: Files) -> Callable[[int], array[float]]:
    """What gives the factors of a sound of a span, by its position.

    A ducked one steps back under the clips and under every voice but itself.
    """
    sounds, clips, voices = span.sounds, list[Stretch](), dict[int, list[Stretch]]()
    if any(sound.duck is not None for sound in sounds):
        clips = joined_stretches(loud_stretches(own, span.begin))
        for position, sound in enumerate(sounds):
            if sound.voice:
                curve = gain_curve(replace(sound, duck=None))
                raw = read_sound(sound, _wav(sound, files))
                voices[position] = joined_stretches(loud_stretches(raw, sound.begin, curve))
    every = joined_stretches([*clips, *chain.from_iterable(voices.values())])

    def curve_of(position: int) -> array[float]:
        if sounds[position].duck is None or position not in voices:
            return gain_curve(sounds[position], every)
        others = (stretches for voice, stretches in voices.items() if voice != position)
        return gain_curve(sounds[position], joined_stretches([*clips, *chain.from_iterable(others)]))

    return curve_of


def _write_lane(
    path: Path, lane: Sequence[int], curves: Callable[[int], array[float]], span: SoundSpan, files: Files
) -> Lane:
    """Write the samples of a lane and their factors, silence between its sounds."""
    written = Lane(path.with_suffix(".raw"), path.with_suffix(".curve"))
    with written.samples.open("wb") as samples, written.curve.open("wb") as factors:
        for position in lane:
            sound = span.sounds[position]
            at = sound.begin - span.begin
            samples.seek(at * SAMPLE_BYTES)
            samples.write(read_sound(sound, _wav(sound, files)))
            factors.seek(at * CURVE_BYTES)
            factors.write(curves(position).tobytes())
        samples.truncate(span.samples * SAMPLE_BYTES)
        factors.truncate(span.samples * CURVE_BYTES)
    return written


def _wav(sound: HeardSound, files: Files) -> Path:
    if sound.digest not in files:
        raise MediaFault(tr("a cut with music cannot be mixed without it"))
    return files[sound.digest]


def _values(said: str, key: str) -> list[float]:
    """What ffmpeg printed for a key, hop by hop."""
    return [float(line.partition("=")[2]) for line in said.splitlines() if line.startswith(f"{key}=")]


def _measured(window: SoundWindow) -> int:
    return window.heard.samples - window.settling - window.ahead
