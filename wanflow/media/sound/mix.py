"""The sound of a cut: chunks of it encoded alone, its loudness measured and brought to a target (EBU R128)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

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
from wanflow.media.sound.pcm import interleave, keep_frames, read_bed, read_frames, read_pieces
from wanflow.media.sound.soundtrack import (
    AAC_SAMPLES,
    HOP,
    LoudnessGain,
    PlacedMusic,
    SoundChunk,
    SoundRecipe,
    SoundSpan,
    SoundWindow,
)
from wanflow.messages import tr
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


@dataclass(frozen=True, slots=True)
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

RAW = "s16le"
STEREO: Mapping[str, str | int] = {"ar": SAMPLE_RATE, "ch_layout": "stereo"}
STEREO_PAIR: Mapping[str, str | int] = {**STEREO, "ch_layout": "quad"}
PAIR = ("0|1", "2|3")
"""Channels of the film's own sound and of its music in the one file that ffmpeg reads. It reads two files in an order
that differs from run to run, and then the end of its compressor's output differs too."""
AFTERMATH = 16 * 1024
"""Samples of silence after the two: a compressor drops the rest of one input when the other ends first."""
ADTS: Options = {**encoder.AAC, "f": "adts"}

BLOCK_KEY, PEAK_KEY = "lavfi.r128.M", "lavfi.r128.true_peak"
PEAK_ROUNDING = 0.0005
"""Largest error of the peaks that ffmpeg prints, which is added to them."""


SegmentFiles = tuple[tuple[str, PurePath], ...]
"""The files of segments, by their keys."""


@dataclass(frozen=True, slots=True)
class LevelSound(Job[LoudnessGain]):
    """Find the gain that brings a film's sound to a loudness in LUFS; `segments` are all of its segments."""

    recipe: SoundRecipe
    loudness: Decimal
    segments: SegmentFiles
    music: PurePath | None

    def perform(self, worker: Worker) -> LoudnessGain:
        """Measure the mix, as often as the gain needs it."""
        segments, music = _found(worker.root, self.segments, self.music)
        return level(self.recipe, self.loudness, segments, music, processes=worker.processes)


@dataclass(frozen=True, slots=True)
class EncodeSound(Job[Facts]):
    """Encode one chunk of a film's sound as raw AAC; `segments` are those that it hears."""

    chunk: SoundChunk
    segments: SegmentFiles
    music: PurePath | None
    target: PurePath

    def perform(self, worker: Worker) -> Facts:
        """Write the chunk; gives its facts."""
        target = worker.root / self.target
        segments, music = _found(worker.root, self.segments, self.music)
        encode_chunk(self.chunk, segments, music, target, processes=worker.processes)
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


def _found(root: Path, segments: SegmentFiles, music: PurePath | None) -> tuple[dict[str, Path], Path | None]:
    return {key: root / file for key, file in segments}, None if music is None else root / music


def encode_chunk(
    chunk: SoundChunk, segments: Mapping[str, Path], music: Path | None, target: Path, *, processes: RunningProcesses
) -> None:
    """Write a chunk as an ADTS stream of exactly its frames.

    `segments` are the files of the segments by key, `music` the 48 kHz stereo WAV where there is one. Raises
    MediaFault.
    """
    with replacing(target) as part, _raw_samples(chunk.heard, segments, music) as raw:
        encoded = raw.with_name("encoded.aac")
        run_ffmpeg(chunk_arguments(chunk, raw, encoded), processes=processes)
        keep_frames(encoded, part, chunk.lead, chunk.count)


def splice(chunks: Sequence[Path], target: Path) -> None:
    """Write encoded chunks one after another as one ADTS stream. Raises MediaFault for a damaged one."""
    with replacing(target) as part, part.open("wb") as file:
        for chunk in chunks:
            file.writelines(read_frames(chunk))


def measure_loudness(
    recipe: SoundRecipe, segments: Mapping[str, Path], music: Path | None, *, processes: RunningProcesses
) -> Loudness | None:
    """The loudness of the whole mix as the recipe makes it; None for silence and for less than 400 ms.

    Measured window by window, in constant memory. Raises MediaFault.
    """
    blocks: list[float] = []
    peak = 0.0
    for window in recipe.windows():
        with _raw_samples(window.heard, segments, music) as raw:
            said = ask_ffmpeg(window_arguments(window, raw), processes=processes)
        peak = max(peak, *_values(said, PEAK_KEY))
        # the last block is not counted where the window is padded
        blocks += _values(said, BLOCK_KEY)[window.lead // HOP : _measured(window) // HOP]
    return integrate(blocks, peak + PEAK_ROUNDING)


def level(
    recipe: SoundRecipe,
    target_lufs: Decimal,
    segments: Mapping[str, Path],
    music: Path | None,
    *,
    processes: RunningProcesses,
) -> LoudnessGain:
    """The recipe with the gain, in steps of 0.1 dB, that brings its mix to a loudness.

    It is limited only where its peaks need it; the gain is then found by measuring. Where the target is out of reach,
    the nearest gain is returned. Silence stays as it is. Raises MediaFault.
    """
    plain = replace(recipe, gain=Decimal(0), limited=False)
    found = measure_loudness(plain, segments, music, processes=processes)
    if found is None:
        return LoudnessGain(recipe, None)
    gain = to_tenths(target_lufs - found.lufs)
    if found.peak + gain <= CEILING:
        return LoudnessGain(replace(plain, gain=gain), found.lufs + gain)
    touching = CEILING - found.peak

    def measure(limited_gain: Decimal) -> Decimal:
        heard = measure_loudness(replace(plain, gain=limited_gain, limited=True), segments, music, processes=processes)
        return heard.lufs if heard else SILENT_LUFS

    gain, lufs = seek_gain(target_lufs, gain, (touching, found.lufs + touching), measure)
    return LoudnessGain(replace(plain, gain=gain, limited=True), lufs)


def chunk_arguments(chunk: SoundChunk, raw: Path, target: Path) -> list[str]:
    """The arguments of the ffmpeg that encodes a chunk from raw samples; pure."""
    sound = _trim_settling(_mixed(chunk.heard, raw), chunk.heard, chunk.settling)
    return arguments_of(ffmpeg.output(sound, path_argument(target), **ADTS))


def window_arguments(window: SoundWindow, raw: Path) -> list[str]:
    """The arguments of the ffmpeg that prints the loudness and the peak of every hop of a window; pure."""
    sound = (
        _trim_settling(_mixed(window.heard, raw), window.heard, window.settling)
        .filter("apad", whole_len=-(-_measured(window) // HOP) * HOP)
        .filter("ebur128", peak="true", metadata=1)
        .filter("ametadata", mode="print", key=BLOCK_KEY, file="-")
        .filter("ametadata", mode="print", key=PEAK_KEY, file="-")
    )
    return arguments_of(ffmpeg.output(sound, "-", f="null"))


def _mixed(span: SoundSpan, raw: Path) -> FilterableStream:
    """The film's own sound with its music, at its gain; limited where the recipe says so."""
    if span.bed is None:
        mix = own_input(raw, RAW, **STEREO).audio
    else:
        both = own_input(raw, RAW, **STEREO_PAIR).audio.filter_multi_output("asplit")
        own, music = (both[index].filter("channelmap", map=PAIR[index], channel_layout="stereo") for index in (0, 1))
        music = _faded(music, span.bed)
        if span.bed.duck:
            both = own.filter_multi_output("asplit")
            own = both[0]
            pressed = {"threshold": 0.03, "ratio": 8, "attack": 20, "release": 400}
            music = ffmpeg.filter([music, both[1]], "sidechaincompress", **pressed)
        mix = ffmpeg.filter([own, music], "amix", inputs=2, normalize=0, duration="first")
    if span.gain:
        mix = mix.filter("volume", f"{timebase.decimal_text(span.gain)}dB")
    if span.limited:
        mix = mix.filter("aresample", OVERSAMPLED)
        mix = mix.filter("alimiter", limit=LIMIT, level=0, latency=1).filter("aresample", SAMPLE_RATE)
    return mix


def _faded(music: FilterableStream, bed: PlacedMusic) -> FilterableStream:
    """The music at its gain; its samples are numbered as in the film, which its fades are placed in."""
    music = music.filter("asetpts", f"N+{bed.begin}").filter("volume", f"{timebase.decimal_text(bed.gain)}dB")
    if bed.rise is not None:
        music = music.filter("afade", type="in", start_sample=0, nb_samples=bed.rise)
    if bed.fall is not None:
        begin, end = bed.fall
        music = music.filter("afade", type="out", start_sample=begin, nb_samples=end - begin)
    return music.filter("asetpts", "N")


def _trim_settling(mix: FilterableStream, span: SoundSpan, settling: int) -> FilterableStream:
    """The mix without what was for the filters alone, to the sample."""
    return (
        mix.filter("atrim", start_sample=settling)
        .filter("asetpts", "N")
        .filter("apad", whole_len=span.samples - settling)
        .filter("atrim", end_sample=span.samples - settling)
    )


@contextmanager
def _raw_samples(span: SoundSpan, segments: Mapping[str, Path], music: Path | None) -> Iterator[Path]:
    """A file of the raw samples that a span is mixed from: the film's own, and the music's beside them."""
    own = read_pieces(span.pieces, segments)
    if span.bed is not None and music is None:
        raise MediaFault(tr("a cut with music cannot be mixed without it"))
    if span.bed is not None and music is not None:
        own = interleave(own, read_bed(span.bed, music), AFTERMATH)
    with TemporaryDirectory(prefix="wanflow-") as folder:
        raw = Path(folder) / "mix.raw"
        raw.write_bytes(own)
        yield raw


def _values(said: str, key: str) -> list[float]:
    """What ffmpeg printed for a key, hop by hop."""
    return [float(line.partition("=")[2]) for line in said.splitlines() if line.startswith(f"{key}=")]


def _measured(window: SoundWindow) -> int:
    return window.heard.samples - window.settling
