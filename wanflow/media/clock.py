"""The clock of a video: which of its pictures is shown at which time, whatever its stamps are like (ffmpeg.md 3.9)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import median_low

from av.container import InputContainer
from av.error import InvalidDataError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from wanflow.media.container import BadMedia, CutShort, Stamp, bounded, film_of, opened, packets_of, shown
from wanflow.media.inputs import has_tables
from wanflow.media.look import Deinterlacer, decoder_of
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.timebase import NOMINAL_RATE, STANDARD_RATES, to_frames

FINEST_RATE = 10_000
"""Maximum denominator of a measured rate: it is off by less than a millisecond in an hour."""
GRID_RATES = tuple(map(Fraction, (24, 25, 30, 48, 50, 60, 100, 120, 240)))
"""Rates of the grid on which the pictures of a variable rate get their places."""
EXACT, NEAR = Fraction(1, 8), Fraction(1, 4)
"""Share of a place by which pictures may miss theirs: by the coarseness of a clock, by a recorder that is unsteady."""
COARSE = Fraction(1, 1000)
"""Seconds of a tick of the coarsest clock of a container."""
FARTHEST = Fraction(1, 20)
"""Seconds between the picture that is most early and the one that is most late, at a rate called constant."""

JUMP_SECONDS = 10
"""Seconds of a step forward in a transport stream that begins a new clock; a shorter one is a pause."""
DISORDER = 5
"""Pictures by which stamps may be out of order; a longer step back begins a new clock."""

REMEMBERED = 32
"""Videos whose clocks are kept: each piece of a cut asks for that of its clip, and an hour of one is 4 MB."""

JUMPING = "mpegts"
"""The container whose clock may jump."""
DROPPING = "avi"
"""The container that leaves out the pictures which are the same as the one before."""


@immutable
class Epoch:
    """A stretch of a stream between two jumps of its clock: from picture `first` on, `shift` ticks are added."""

    first: int
    shift: int


@immutable
class PictureClock:
    """When each picture of a video is shown.

    The video lasts `frames` places, `rate` of them a second. `slots` are the places of its pictures in order of
    showing, each shown until the next one; None where picture n is at place n. `times` are their stamps as the file has
    them, in ticks of `tick` seconds. `pace` is the rate for a film of a clip whose rate isn't constant,
    None where it is. `direct`: ffmpeg shows these pictures too, one by one. `counted`: the packets tell them; else each
    was decoded. `jumping`: stamps may jump forward to another clock. Some pictures have no place of their own
    (`unseen`), or can't be decoded whole (`damaged`).
    """

    rate: Fraction
    frames: int
    times: tuple[int, ...]
    tick: Fraction
    slots: tuple[int, ...] | None = None
    pace: Fraction | None = None
    direct: bool = True
    counted: bool = True
    jumping: bool = False
    epochs: tuple[Epoch, ...] = (Epoch(0, 0),)
    unseen: int = 0
    damaged: int = 0

    @property
    def begin(self) -> Fraction:
        """The second of the first picture, as the file counts."""
        return self.times[0] * self.tick

    @property
    def plain(self) -> bool:
        """Whether ffmpeg can read the file itself and count."""
        return self.direct and self.slots is None

    def picture(self, place: int) -> int:
        """The number of the picture, from 0 in order of showing, that is shown at a place."""
        return place if self.slots is None else max(0, bisect_right(self.slots, place) - 1)


def read_clock(path: Path) -> PictureClock:
    """The clock of a file's video: by its packets where they can be trusted, else by decoding all of it once.

    Raises BadMedia where packets are missing, or none of them can be decoded.
    """
    return _clock_of(path, state_of(path))


def state_of(path: Path) -> tuple[int, ...]:
    """What tells one state of a file from another; raises OSError."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino


@lru_cache(maxsize=REMEMBERED)
def _clock_of(path: Path, _state: tuple[int, ...]) -> PictureClock:
    """The clock of a file in a state."""
    with opened(path, decoding=not has_tables(path)) as container:
        stream = film_of(container, path)
        name = container.format.name
        stamps = bounded(packets_of(container, stream), path)
        # the packets that an AVI leaves out repeat the picture before them
        if name != DROPPING and len(stamps) < stream.frames:
            raise CutShort(path, tr("{number} of {frames} frames", number=len(stamps), frames=stream.frames))
        times = shown(stamps)
        if name != DROPPING and _trusted(stamps, times, stream, jumping=name == JUMPING):
            ends = max((stamp.pts or 0) + stamp.duration for stamp in stamps if not stamp.hidden)
            # ffmpeg times a transport stream by the streams that it reads (ffmpeg.md 3.9)
            return replace(
                _clock(stream, times, ends), times=tuple(times), direct=name != JUMPING, jumping=name == JUMPING
            )
    # seeking back would lose packets: those below zero, and the first ones of a Matroska's sound
    with opened(path) as container:
        clock = _decoded_clock(container, film_of(container, path))
        if clock is None:
            raise BadMedia(path, tr("has a video without frames that can be decoded"), hint=tr("export it again"))
        # a decoder may hide what its container knows to be missing
        return replace(clock, damaged=max(clock.damaged, sum(stamp.corrupt for stamp in stamps)))


def shown_pictures(
    path: Path, clock: PictureClock, places: Iterable[int], *, interlaced: bool = False
) -> Iterator[VideoFrame]:
    """The picture that is shown at each of these places, which rise; one that can't be decoded is held back.

    Those with two fields are made whole where the video is `interlaced`. Raises BadMedia where none can be decoded.
    """
    frames: Iterator[tuple[int, VideoFrame]] | None = None
    shown_now: VideoFrame | None = None
    ahead: tuple[int, VideoFrame] | None = None
    for place in places:
        wanted = clock.picture(place)
        if frames is None:
            frames = _numbered(path, clock, wanted, interlaced=interlaced)
            ahead = next(frames, None)
        while ahead is not None and (ahead[0] <= wanted or shown_now is None):
            shown_now, ahead = ahead[1], next(frames, None)
        if shown_now is None:
            raise BadMedia(
                path, tr("has a picture {wanted} that cannot be decoded", wanted=wanted), hint=tr("export it again")
            )
        yield shown_now


def _numbered(path: Path, clock: PictureClock, first: int, *, interlaced: bool) -> Iterator[tuple[int, VideoFrame]]:
    """The pictures from number `first` on, each with its number."""
    with opened(path) as container:
        stream = film_of(container, path)
        if clock.counted and clock.direct and first:  # a transport stream has no index of key frames
            container.seek(clock.times[first], stream=stream, backward=True)
        frames = _decoded(container, stream)
        if interlaced:
            frames = Deinterlacer().frames(frames)
        if not clock.counted:
            yield from (each for each in enumerate(frames) if each[0] >= first)
            return
        for frame in frames:
            if frame.pts is not None and frame.pts >= clock.times[first]:
                yield bisect_left(clock.times, frame.pts), frame


def _trusted(stamps: Sequence[Stamp], times: Sequence[int], stream: VideoStream, *, jumping: bool) -> bool:
    """Whether each packet is a picture that can be decoded, with a stamp of its own."""
    if not times or not stamps[0].key or any(stamp.pts is None or stamp.corrupt for stamp in stamps):
        return False
    begin = reached = stamps[0].pts or 0
    second = 1 / (stream.time_base or Fraction(1))
    longest = JUMP_SECONDS * second
    for stamp in stamps:
        at = stamp.pts or 0
        back = at < begin and not stamp.hidden  # it needs pictures that are missing
        if back or (jumping and not reached - second / 2 <= at <= reached + longest):
            return False
        reached = max(reached, at)
    return all(one < other for one, other in pairwise(times))


def _decoded(
    container: InputContainer, stream: VideoStream, faults: list[InvalidDataError] | None = None
) -> Iterator[VideoFrame]:
    """All pictures of a stream that can be decoded; `faults` receives one for each that can't."""
    stream.thread_type = "AUTO"
    decoder = decoder_of(stream)
    for packet in container.demux(stream):
        try:
            yield from packet.decode() if decoder is None else decoder.decode(packet)
        except InvalidDataError as fault:
            if faults is not None:
                faults.append(fault)


def _decoded_clock(container: InputContainer, stream: VideoStream) -> PictureClock | None:
    """The clock by the stamps of decoded pictures: continued where they jump, in order where they are not."""
    base, jumping = stream.time_base or Fraction(1), container.format.name == JUMPING
    step = max(1, round(1 / (base * (stream.average_rate or NOMINAL_RATE))))
    faults: list[InvalidDataError] = []
    raw, duration, corrupt = _stamps_of(_decoded(container, stream, faults), step)
    if not raw:
        return None
    step = _usual_step(raw) or step
    epochs = _epochs(raw, step, JUMP_SECONDS / base if jumping else None)
    times: list[int] = []
    for epoch, after in zip(epochs, [*epochs[1:], Epoch(len(raw), 0)], strict=True):
        times += sorted(at + epoch.shift for at in raw[epoch.first : after.first])
    ends = times[-1] + (duration or step)
    if container.format.name == DROPPING:
        ends = max(ends, times[0] + (stream.duration or 0))
    clock = _clock(stream, times, ends)
    told = replace(clock, times=tuple(raw), epochs=tuple(epochs), damaged=len(faults) + corrupt)
    return replace(told, direct=False, counted=False, jumping=jumping)


def _stamps_of(frames: Iterable[VideoFrame], step: int) -> tuple[list[int], int, int]:
    """The stamps of pictures, a `step` after the one before where one is missing.

    With the ticks that the last picture lasts, and the number of pictures that came out damaged.
    """
    raw: list[int] = []
    duration = corrupt = 0
    for frame in frames:
        at = frame.dts if frame.pts is None else frame.pts
        follows = raw[-1] + step if raw else 0
        raw.append(follows if at is None else at)
        duration = frame.duration or 0
        corrupt += frame.is_corrupt
    return raw, duration, corrupt


def _epochs(raw: Sequence[int], step: int, longest: Fraction | None) -> list[Epoch]:
    """Where the stamps jump: back, or forward by more than `longest`; each goes on a step after the one before."""
    epochs = [Epoch(0, 0)]
    highest = raw[0]
    for number, at in enumerate(raw):
        if at < highest - DISORDER * step or (longest is not None and at > highest + longest):
            epochs.append(Epoch(number, highest + epochs[-1].shift + step - at))
            highest = at
        highest = max(highest, at)
    return epochs


def _usual_step(times: Sequence[int]) -> int:
    """The median step forward, 0 where there is none."""
    steps = [other - one for one, other in pairwise(times) if other > one]
    return median_low(steps) if steps else 0


@immutable
class _Fit:
    """Pictures on a grid of `rate`: their places, and by how much of a place the worst one misses its own."""

    rate: Fraction
    slots: tuple[int, ...]
    missed: Fraction

    @property
    def apart(self) -> bool:
        """Whether every picture has its place."""
        return all(one < other for one, other in pairwise(self.slots))

    @property
    def once(self) -> bool:
        """Whether every place has its picture as well."""
        return self.slots[-1] == len(self.slots) - 1 and self.apart


def _clock(stream: VideoStream, times: Sequence[int], ends: int) -> PictureClock:
    """The clock of pictures that are shown at these ticks, in order, until tick `ends`; their stamps are left out.

    Its rate is one that they keep, else that of a grid with places between them (ffmpeg.md 3.9).
    """
    base = stream.time_base or Fraction(1)
    count, begin = len(times), times[0]
    ticks = [at - begin for at in times]
    own = [Fraction(rate) for rate in (stream.average_rate, stream.base_rate, stream.guessed_rate) if rate]
    kept = next((rate for rate in own if _keeps(ticks, 1 / (rate * base))), None)
    if kept is None and ticks[-1] == 0:
        kept = 1 / ((ends - begin) * base) if ends > begin else NOMINAL_RATE
    fit = _grid(ticks, base, own) if kept is None else _Fit(kept, tuple(range(count)), Fraction(0))
    usual = _usual_step(times)
    lasts = (ends - times[-1] if ends > times[-1] else usual) * base
    # many files have a wrong duration at their end: it counts where the header agrees
    told = abs((stream.duration or 0) - (ends - begin)) * base * fit.rate <= 1
    held = told and count > 1 and lasts * fit.rate >= 2
    if fit.once and not held:
        return PictureClock(fit.rate, count, (), base)
    frames = max(fit.slots[-1] + 1, to_frames(ticks[-1] * base + lasts, fit.rate))
    # a film of this rate shows every picture, unless they come faster than films play
    pace = min(fit.rate, max(*STANDARD_RATES, 1 / (usual * base))) if usual else fit.rate
    return PictureClock(fit.rate, frames, (), base, fit.slots, pace, unseen=count - len(set(fit.slots)))


def _keeps(ticks: Sequence[int], step: Fraction) -> bool:
    """Whether pictures come every `step` ticks, each to within a tick."""
    above, below = step.numerator, step.denominator
    return all(abs(at * below - index * above) <= below for index, at in enumerate(ticks))


def _grid(ticks: Sequence[int], base: Fraction, own: Sequence[Fraction]) -> _Fit:
    """The grid on which pictures lie best.

    That is a rate at which each place has its picture, else the lowest at which each picture has its place. At the
    finest grid of all, the later one of two pictures at a place is shown.
    """
    low, high = GRID_RATES[0], GRID_RATES[-1]
    rates = dict.fromkeys([*(rate for rate in own if low <= rate <= high), *STANDARD_RATES, *GRID_RATES])
    fits = [_fit(ticks, base, rate) for rate in rates]
    apart = [fit for fit in fits if fit.apart]
    usual = [fit for fit in apart if fit.rate <= max(STANDARD_RATES)]
    exact = max(base, COARSE)
    measured = ((len(ticks) - 1) / (ticks[-1] * base)).limit_denominator(FINEST_RATE)
    return (
        _best(usual, EXACT, exact, base)
        or _unsteady_recording(ticks, base, STANDARD_RATES, Fraction(1, 2))
        or _best(usual, NEAR, FARTHEST, base)
        or _unsteady_recording(ticks, base, STANDARD_RATES, Fraction(1))
        or _unsteady_recording(ticks, base, (measured,), Fraction(1))
        # half a place off at a usual rate rather than a piece of four times as many frames
        or min(usual, key=lambda fit: (round(fit.rate), fit.rate.denominator), default=None)
        or _best(apart, EXACT, exact, base)
        or min(apart, key=lambda fit: fit.rate, default=None)
        or max(fits, key=lambda fit: fit.rate)
    )


def _best(fits: Iterable[_Fit], share: Fraction, seconds: Fraction, base: Fraction) -> _Fit | None:
    """The best of the grids that pictures miss by no more than a share of a place, and no more than some seconds."""
    good = [fit for fit in fits if fit.missed <= min(share, seconds * fit.rate)]

    def miss(fit: _Fit) -> tuple[Fraction, int]:
        # in a short clip 24 and 24000/1001 are within a tick of each other
        return max(Fraction(0), fit.missed - base * fit.rate / 2), fit.rate.denominator

    if whole := [fit for fit in good if fit.once]:
        return min(whole, key=miss)
    return min(good, key=lambda fit: (round(fit.rate), miss(fit)), default=None)


def _unsteady_recording(
    ticks: Sequence[int], base: Fraction, rates: Iterable[Fraction], widest: Fraction
) -> _Fit | None:
    """The rate at which each place has its picture although they are off, by less than `widest` places in all."""
    step = _usual_step(ticks)
    fits = [_Fit(rate, tuple(range(len(ticks))), _spread(ticks, base, rate)) for rate in rates if rate]
    near = [fit for fit in fits if fit.missed < min(widest, FARTHEST * fit.rate)]
    # of rates that are all far off, the one by which most pictures follow each other
    half = Fraction(1, 2)
    return min(
        near,
        key=lambda fit: (fit.missed > half and abs(1 / (fit.rate * base) - step) > half, fit.missed),
        default=None,
    )


def _fit(ticks: Sequence[int], base: Fraction, rate: Fraction) -> _Fit:
    above, below = (base * rate).numerator, (base * rate).denominator
    slots = tuple((2 * at * above + below) // (2 * below) for at in ticks)
    missed = max(abs(at * above - slot * below) for at, slot in zip(ticks, slots, strict=True))
    return _Fit(rate, slots, Fraction(missed, below))


def _spread(ticks: Sequence[int], base: Fraction, rate: Fraction) -> Fraction:
    """Places between the picture that is most early and the one that is most late."""
    above, below = (base * rate).numerator, (base * rate).denominator
    late = [at * above - index * below for index, at in enumerate(ticks)]
    return Fraction(max(late) - min(late), below)
