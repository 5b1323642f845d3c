"""The sound of a cut as a recipe, and the chunks of it that are encoded one by one and named by what they hear.

Frames here are AAC frames of 1024 samples unless they belong to a segment; all positions are 48 kHz samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from wanflow import timebase
from wanflow.digest import Canonical, of_json
from wanflow.timebase import SAMPLE_RATE

SOUND_VERSION = 1
"""Version of how a recipe is made into sound; it rises with another encoder line or another filter."""

AAC_SAMPLES = 1024
CHUNK_FRAMES = 940
"""Frames of a chunk, about 20 s."""

LEAD_FRAMES = 16
"""Frames that the encoder needs before a chunk, so that it continues as if it had encoded everything."""
TAIL_FRAMES = 4
"""Frames that the encoder and the limiter look ahead."""
SETTLING_FRAMES = 188
"""Frames (4 s) after which a compressor's output no longer depends on earlier sound."""

HOP = SAMPLE_RATE // 10
"""Samples (100 ms) from one block of the loudness measurement to the next (EBU Tech 3341)."""
WINDOW = 200 * HOP
WINDOW_LEAD = 10 * HOP
"""Samples that the loudness filter needs before a window."""


@dataclass(frozen=True, slots=True)
class MusicBed:
    """The bed under a film: it begins with the film and ends with it, or earlier when it is shorter.

    `digest` and `samples` are those of its 48 kHz stereo WAV; `gain` is in dB, `fade` the seconds of its fade-in and
    of its fade-out; `duck` makes it step back under the film's own sound.
    """

    digest: str
    samples: int
    gain: Decimal
    fade: Decimal
    duck: bool

    @property
    def fade_samples(self) -> int:
        """How long each of its fades is."""
        return timebase.to_frames(self.fade, Fraction(SAMPLE_RATE))


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """The samples `begin` to `end` (excluded) of the segment `key`, heard from sample `at` of the film on.

    A segment's place in the film is rounded to samples, so `end` may be one more than the segment has: its last
    sample is held then.
    """

    key: str
    begin: int
    end: int
    at: int


@dataclass(frozen=True, slots=True)
class PlacedMusic:
    """The samples `begin` to `end` of the music, which are those of the film as well, and what is done to them.

    `rise` is the end of the fade-in, `fall` where the fade-out begins and ends; each None where it isn't heard here.
    """

    digest: str
    begin: int
    end: int
    gain: Decimal
    duck: bool
    rise: int | None
    fall: tuple[int, int] | None

    def recipe(self) -> Canonical:
        """All that determines how it sounds."""
        return {
            "digest": self.digest,
            "samples": [self.begin, self.end],
            "gain": timebase.decimal_text(self.gain),
            "duck": self.duck,
            "rise": self.rise,
            "fall": self.fall,
        }


@dataclass(frozen=True, slots=True)
class SoundSpan:
    """The samples `begin` to `end` (excluded) of a film's mix, and all that determines them.

    `pieces` follow each other without a gap; `gain` in dB is that of the whole mix, which is `limited` or not.
    """

    begin: int
    end: int
    pieces: tuple[SoundPiece, ...]
    bed: PlacedMusic | None
    gain: Decimal
    limited: bool

    @property
    def samples(self) -> int:
        """How long it is."""
        return self.end - self.begin

    def recipe(self) -> dict[str, Canonical]:
        """All that determines how it sounds, wherever in a film it lies."""
        return {
            "pieces": [[piece.key, piece.begin, piece.end, piece.at - self.begin] for piece in self.pieces],
            "music": self.bed.recipe() if self.bed else None,
            "gain": timebase.decimal_text(self.gain),
            "limited": self.limited,
        }


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class SoundWindow:
    """A part of a film for measuring: of `heard` all that follows the first `lead` samples counts.

    The first `settling` of those are for the filters alone; both are whole hops.
    """

    lead: int
    settling: int
    heard: SoundSpan


@dataclass(frozen=True, slots=True)
class SoundRecipe:
    """All that determines the sound of a film.

    `segments` are the keys of its segments and their frames at `rate`, in order; `gain` is in dB on the whole mix;
    `limited` holds its true peaks near -1.5 dBTP, never above -1.
    """

    segments: tuple[tuple[str, int], ...]
    rate: Fraction
    music: MusicBed | None = None
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
        total, places = self.frames, self._places()
        chunks = []
        for first in range(0, total, length):
            count, encoded = min(length, total - first), max(0, first - LEAD_FRAMES)
            begin = max(0, encoded - self._settling(encoded * AAC_SAMPLES, SETTLING_FRAMES))
            end = min(self.samples, (first + count + TAIL_FRAMES) * AAC_SAMPLES)
            heard = self._span(begin * AAC_SAMPLES, end, places)
            chunks.append(SoundChunk(first, count, first - encoded, (encoded - begin) * AAC_SAMPLES, heard))
        return tuple(chunks)

    def windows(self) -> tuple[SoundWindow, ...]:
        """The film's sound in windows for measuring, each a whole number of hops but the last."""
        places = self._places()
        windows = []
        for begin in range(0, self.samples, WINDOW):
            measured = max(0, begin - WINDOW_LEAD)
            first = max(0, measured - self._settling(measured, 40 * HOP))
            heard = self._span(first, min(self.samples, begin + WINDOW), places)
            windows.append(SoundWindow(begin - measured, measured - first, heard))
        return tuple(windows)

    def _settling(self, begin: int, needed: int) -> int:
        """`needed`, where what is heard from `begin` on depends on what was heard before; 0 elsewhere."""
        ducked = self.music is not None and self.music.duck and begin < self.music.samples
        return needed if self.limited or ducked else 0

    def _span(self, begin: int, end: int, places: tuple[SoundPiece, ...]) -> SoundSpan:
        pieces = []
        for place in places:
            if place.at < end and begin < place.at + place.end:
                skipped = max(0, begin - place.at)
                pieces.append(SoundPiece(place.key, skipped, min(place.end, end - place.at), place.at + skipped))
        return SoundSpan(begin, end, tuple(pieces), self._bed(begin, end), self.gain, self.limited)

    def _bed(self, begin: int, end: int) -> PlacedMusic | None:
        music = self.music
        if music is None or begin >= music.samples:
            return None
        stop = min(music.samples, self.samples)
        fade = music.fade_samples
        fall = (max(0, stop - fade), stop)
        return PlacedMusic(
            digest=music.digest,
            begin=begin,
            end=min(end, stop),
            gain=music.gain,
            duck=music.duck,
            rise=fade if begin < fade else None,
            fall=fall if fade and end > fall[0] else None,
        )

    def _places(self) -> tuple[SoundPiece, ...]:
        """Each whole segment where it lies in the film."""
        bounds = [timebase.to_samples(at, self.rate) for at in accumulate((n for _, n in self.segments), initial=0)]
        spans = zip(self.segments, pairwise(bounds), strict=True)
        return tuple(SoundPiece(key, 0, end - begin, begin) for (key, _), (begin, end) in spans)


@dataclass(frozen=True, slots=True)
class LoudnessGain:
    """A recipe whose gain and limiter were set for a loudness, and the LUFS that it has then; None for silence."""

    recipe: SoundRecipe
    lufs: Decimal | None
