"""The sound of a cut as a recipe, and the chunks of it that are encoded one by one and named by what they hear.

Frames here are AAC frames of 1024 samples unless they belong to a segment; all positions are 48 kHz samples.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from heapq import heappop, heappush
from itertools import accumulate, pairwise
from typing import Protocol

from wanflow import timebase
from wanflow.digest import Canonical, of_json
from wanflow.records import immutable
from wanflow.timebase import SAMPLE_RATE

SOUND_VERSION = 1
"""Version of how a recipe is made into sound; it rises with another encoder line or another filter."""

AAC_SAMPLES = 1024
CHUNK_FRAMES = 480
"""Frames of a chunk, 10.24 s: a shorter one costs more for a second of sound, a longer one for a change."""

LEAD_FRAMES = 16
"""Frames that the encoder needs before a chunk, so that it continues as if it had encoded everything."""
TAIL_FRAMES = 4
"""Frames that the encoder and the limiter look ahead."""
SETTLING_FRAMES = 188
"""Frames (4 s) after which a limiter's output, and how far a sound steps back, no longer depend on earlier sound."""

DUCKING_VERSION = 1
"""Version of how a ducked sound steps back; chunks with such a sound depend on it."""
DUCK_BLOCK = 512
"""Samples of a block whose level decides: a divisor of those of an AAC frame, so that chunks count the same blocks."""
DUCK_ATTACK, DUCK_HOLD, DUCK_RELEASE = 4_800, 12_000, 24_000
"""Samples before what is heard in which a ducked sound steps back, after it in which it stays there, and in which it
comes back then."""
AHEAD_FRAMES = -(-DUCK_ATTACK // AAC_SAMPLES)
"""Frames that a ducked sound looks ahead."""

HOP = SAMPLE_RATE // 10
"""Samples (100 ms) from one block of the loudness measurement to the next (EBU Tech 3341)."""
WINDOW = 200 * HOP
WINDOW_LEAD = 10 * HOP
"""Samples that the loudness filter needs before a window."""


@immutable
class MixedSound:
    """Music or a cue that is mixed under a film: it begins at sample `at` of the film, and ends with it at the latest.

    Of the 48 kHz stereo WAV with this digest, the samples `first` to `last` (excluded) are heard; `loop` repeats them
    until the film ends. `gain` is in dB, `fade` the seconds of its fade-in and of its fade-out, each at most half of
    what is heard. `duck` are the dB by which it steps back under the clips and under sounds that are a `voice`, itself
    excepted; None for none.
    """

    digest: str
    last: int
    gain: Decimal = Decimal(0)
    fade: Decimal = Decimal(0)
    duck: Decimal | None = None
    at: int = 0
    first: int = 0
    loop: bool = False
    voice: bool = False

    def end(self, film: int) -> int:
        """The sample at which it ends in a film of this many."""
        return film if self.loop else min(film, self.at + self.last - self.first)


@immutable
class SoundPiece:
    """The samples `begin` to `end` (excluded) of the segment `key`, heard from sample `at` of the film on.

    A segment's place in the film is rounded to samples, so `end` may be one more than the segment has: its last
    sample is held then.
    """

    key: str
    begin: int
    end: int
    at: int


@immutable
class HeardSound:
    """What of a mixed sound is heard in a span: the samples `begin` to `end` (excluded) of the film.

    It begins with sample `first` of its WAV; `loop` are the samples that are repeated, None where it repeats nothing
    here. `rise` and `fall` are where its fades begin and end in the film, each None where it isn't heard here.
    """

    digest: str
    begin: int
    end: int
    first: int
    gain: Decimal
    loop: tuple[int, int] | None = None
    rise: tuple[int, int] | None = None
    fall: tuple[int, int] | None = None
    duck: Decimal | None = None
    voice: bool = False

    def recipe(self, begin: int, *, ducked: bool) -> Canonical:
        """All that determines how it sounds in a span that begins at a sample, and in which some sound is ducked."""
        later: dict[str, Canonical] = {
            "loop": None if self.loop is None else list(self.loop),
            "rise": None if self.rise is None else [at - begin for at in self.rise],
            "fall": None if self.fall is None else [at - begin for at in self.fall],
            "duck": None if self.duck is None else timebase.decimal_text(self.duck),
            "voice": True if self.voice and ducked else None,
        }
        return {
            "digest": self.digest,
            "at": self.begin - begin,
            "samples": [self.first, self.first + self.end - self.begin],
            "gain": timebase.decimal_text(self.gain),
            **{key: value for key, value in later.items() if value is not None},
        }

    def is_bed(self, begin: int) -> bool:
        """Whether it is heard from a span's begin on as music that began with the film: an early version knew no other.

        The key of such a span is what it was.
        """
        plain = self.duck is None and self.loop is None and self.first == self.begin == begin
        return plain and (self.rise is None or self.rise[0] == 0)


class Lasting(Protocol):
    """What begins at a sample or a frame, and ends at another one."""

    @property
    def begin(self) -> int:
        """The first."""

    @property
    def end(self) -> int:
        """The one after its last."""


def in_lanes(sounds: Sequence[Lasting]) -> list[list[int]]:
    """The positions of sounds in lanes, as few as possible: in each lane they follow one another.

    The sounds are in the order in which they begin.
    """
    lanes, free = list[list[int]](), list[tuple[int, int]]()
    for position, sound in enumerate(sounds):
        lane = heappop(free)[1] if free and free[0][0] <= sound.begin else len(lanes)
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append(position)
        heappush(free, (sound.end, lane))
    return lanes


@immutable
class SoundSpan:
    """The samples `begin` to `end` (excluded) of a film's mix, and all that determines them.

    `pieces` follow each other without a gap; `sounds` are mixed with them, in this order. `gain` in dB is that of the
    whole mix, which is `limited` or not.
    """

    begin: int
    end: int
    pieces: tuple[SoundPiece, ...]
    sounds: tuple[HeardSound, ...]
    gain: Decimal
    limited: bool

    @property
    def samples(self) -> int:
        """How long it is."""
        return self.end - self.begin

    def recipe(self) -> dict[str, Canonical]:
        """All that determines how it sounds, wherever in a film it lies."""
        ducked = any(sound.duck is not None for sound in self.sounds)
        music: Canonical = None
        others = dict[str, Canonical]()
        if len(self.sounds) == 1 and self.sounds[0].is_bed(self.begin):
            (bed,) = self.sounds
            music = {
                "digest": bed.digest,
                "samples": [bed.begin, bed.end],
                "gain": timebase.decimal_text(bed.gain),
                "duck": False,
                "rise": None if bed.rise is None else bed.rise[1],
                "fall": bed.fall,
            }
        elif self.sounds:
            others = {"sounds": [sound.recipe(self.begin, ducked=ducked) for sound in self.sounds]}
        if ducked:
            others["ducking"] = DUCKING_VERSION
        return {
            "pieces": [[piece.key, piece.begin, piece.end, piece.at - self.begin] for piece in self.pieces],
            "music": music,
            "gain": timebase.decimal_text(self.gain),
            "limited": self.limited,
            **others,
        }


@immutable
class SoundChunk:
    """The AAC frames `first` to `first + count` (excluded) of a film's sound, encoded alone.

    The encoder hears `heard`, which begins earlier and ends later, but for the film's own ends. Its first `settling`
    samples are for the filters alone; of the frames that the encoder makes of the others it drops `lead`.
    """

    first: int
    count: int
    lead: int
    settling: int
    heard: SoundSpan

    def key(self) -> str:
        """The hash of all that determines the chunk: equal keys are one chunk, wherever in whatever film it lies."""
        frames = {"count": self.count, "lead": self.lead, "settling": self.settling}
        return of_json({"sound": SOUND_VERSION, **frames, **self.heard.recipe()})


@immutable
class SoundWindow:
    """A part of a film for measuring: of `heard` all that follows the first `lead` samples counts.

    The first `settling` of those are for the filters alone; both are whole hops. The last `ahead` samples only tell
    where ducked sounds step back.
    """

    lead: int
    settling: int
    heard: SoundSpan
    ahead: int = 0


@immutable
class SoundRecipe:
    """All that determines the sound of a film.

    `segments` are the keys of its segments and their frames at `rate`, in order; `sounds` are music and cues, in any
    order; `gain` is in dB on the whole mix; `limited` holds its true peaks near -1.5 dBTP, never above -1.
    """

    segments: tuple[tuple[str, int], ...]
    rate: Fraction
    sounds: tuple[MixedSound, ...] = ()
    gain: Decimal = Decimal(0)
    limited: bool = False

    def __post_init__(self) -> None:
        if not self.segments or any(frames < 1 for _, frames in self.segments):
            raise ValueError("a film's sound needs at least one segment, and each segment a frame")

    @property
    def samples(self) -> int:
        """The 48 kHz samples of the film."""
        return timebase.to_samples(sum(frames for _, frames in self.segments), self.rate)

    @property
    def frames(self) -> int:
        """The AAC frames of the film: the first is the encoder's priming."""
        return -(-self.samples // AAC_SAMPLES) + 1

    def key(self) -> str:
        """The hash of the recipe: equal keys sound alike."""
        return of_json([chunk.key() for chunk in self.chunks()])

    def chunks(self, length: int = CHUNK_FRAMES) -> tuple[SoundChunk, ...]:
        """The film's sound in chunks of `length` AAC frames, the last one shorter."""
        total, timeline = self.frames, _Timeline.of(self)
        chunks = []
        for first in range(0, total, length):
            count, encoded = min(length, total - first), max(0, first - LEAD_FRAMES)
            end = min(self.samples, (first + count + TAIL_FRAMES) * AAC_SAMPLES)
            ducked = timeline.is_ducked(encoded * AAC_SAMPLES, end)
            begin = max(0, encoded - SETTLING_FRAMES) if self.limited or ducked else encoded
            if ducked:
                end = min(self.samples, end + AHEAD_FRAMES * AAC_SAMPLES)
            heard = timeline.span(begin * AAC_SAMPLES, end)
            chunks.append(SoundChunk(first, count, first - encoded, (encoded - begin) * AAC_SAMPLES, heard))
        return tuple(chunks)

    def windows(self) -> tuple[SoundWindow, ...]:
        """The film's sound in windows for measuring, each a whole number of hops but the last."""
        timeline = _Timeline.of(self)
        windows = []
        for begin in range(0, self.samples, WINDOW):
            end, measured = min(self.samples, begin + WINDOW), max(0, begin - WINDOW_LEAD)
            ducked = timeline.is_ducked(measured, end)
            first = max(0, measured - 40 * HOP) if self.limited or ducked else measured
            ahead = min(self.samples - end, DUCK_ATTACK) if ducked else 0
            windows.append(SoundWindow(begin - measured, measured - first, timeline.span(first, end + ahead), ahead))
        return tuple(windows)


@immutable
class _Timeline:
    """The segments and the sounds of a film by where they are heard, so that a span finds its own among thousands."""

    recipe: SoundRecipe
    places: tuple[SoundPiece, ...]
    begins: tuple[int, ...]
    sounds: tuple[MixedSound, ...]
    by_window: Mapping[int, Sequence[int]]

    @classmethod
    def of(cls, recipe: SoundRecipe) -> _Timeline:
        """Each whole segment where it lies in the film, and the sounds of every window's length of it."""
        frames = accumulate((frames for _, frames in recipe.segments), initial=0)
        bounds = [timebase.to_samples(at, recipe.rate) for at in frames]
        spans = zip(recipe.segments, pairwise(bounds), strict=True)
        places = tuple(SoundPiece(key, 0, end - begin, begin) for (key, _), (begin, end) in spans)
        # in an order that does not depend on that of the file, so that a moved line of it changes no chunk
        sounds = tuple(sorted(recipe.sounds, key=lambda sound: (sound.at, sound.digest, repr(sound))))
        found: dict[int, list[int]] = {}
        for position, sound in enumerate(sounds):
            for number in range(sound.at // WINDOW, -(-sound.end(recipe.samples) // WINDOW)):
                found.setdefault(number, []).append(position)
        return cls(recipe, places, tuple(bounds[:-1]), sounds, found)

    def near(self, begin: int, end: int) -> Iterator[MixedSound]:
        """The sounds that are heard between two samples, in their order."""
        windows = range(begin // WINDOW, -(-end // WINDOW))
        for position in sorted({position for number in windows for position in self.by_window.get(number, ())}):
            sound = self.sounds[position]
            if sound.at < end and begin < sound.end(self.recipe.samples):
                yield sound

    def is_ducked(self, begin: int, end: int) -> bool:
        """Whether a sound that is heard between two samples steps back under others."""
        return any(sound.duck is not None for sound in self.near(begin, end))

    def span(self, begin: int, end: int) -> SoundSpan:
        """The samples `begin` to `end` (excluded) of the mix."""
        pieces = []
        for place in self.places[max(0, bisect_right(self.begins, begin) - 1) :]:
            if place.at >= end:
                break
            if begin < place.at + place.end:
                skipped = max(0, begin - place.at)
                pieces.append(SoundPiece(place.key, skipped, min(place.end, end - place.at), place.at + skipped))
        sounds = tuple(self._heard(sound, begin, end) for sound in self.near(begin, end))
        return SoundSpan(begin, end, tuple(pieces), sounds, self.recipe.gain, self.recipe.limited)

    def _heard(self, sound: MixedSound, begin: int, end: int) -> HeardSound:
        """The part of a sound that is heard between two samples."""
        stop, length = sound.end(self.recipe.samples), sound.last - sound.first
        begin, end = max(begin, sound.at), min(end, stop)
        played = begin - sound.at
        # of a short sound both fades meet in its middle, as editing suites have it
        fade = min(timebase.to_frames(sound.fade, Fraction(SAMPLE_RATE)), (stop - sound.at) // 2)
        first = sound.first + (played % length if sound.loop else played)
        rise, fall = (sound.at, sound.at + fade), (max(sound.at, stop - fade), stop)
        return HeardSound(
            digest=sound.digest,
            begin=begin,
            end=end,
            first=first,
            gain=sound.gain,
            loop=(sound.first, sound.last) if first + end - begin > sound.last else None,
            rise=rise if begin < rise[1] else None,
            fall=fall if fade and end > fall[0] else None,
            duck=sound.duck,
            voice=sound.voice,
        )


@immutable
class LoudnessGain:
    """A recipe whose gain and limiter were set for a loudness, and the LUFS that it has then; None for silence."""

    recipe: SoundRecipe
    lufs: Decimal | None
