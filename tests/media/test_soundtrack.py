"""The sound of a cut as a recipe: what a chunk hears, and what changes its key. No ffmpeg."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.call_count import count_calls
from wanflow import timebase
from wanflow.media.sound.soundtrack import AAC_SAMPLES, CHUNK_FRAMES, HOP, MixedSound, SoundChunk, SoundRecipe

NTSC = Fraction(30000, 1001)
IN_STEP = Fraction(48_000, AAC_SAMPLES)
"""A rate at which a frame of the film lasts as long as one of AAC."""
BED = MixedSound("bed", 48_000 * 600, Decimal(-18), Decimal(1))

rates = st.sampled_from([Fraction(24), NTSC, Fraction(24000, 1001), Fraction(30), Fraction(60)])
films = st.lists(st.integers(1, 200), min_size=1, max_size=30).map(
    lambda lengths: tuple((f"s{index}", frames) for index, frames in enumerate(lengths))
)
sounds = st.lists(
    st.builds(
        MixedSound,
        st.sampled_from(["bed", "voice"]),
        st.integers(1000, 48_000 * 60),
        st.just(Decimal(-18)),
        st.sampled_from([Decimal(0), Decimal("1.5")]),
        st.sampled_from([None, Decimal(-12)]),
        at=st.integers(0, 48_000 * 90),
        first=st.integers(0, 999),
        loop=st.booleans(),
        voice=st.booleans(),
    ),
    max_size=4,
).map(tuple)
recipes = st.builds(SoundRecipe, films, rates, sounds, limited=st.booleans())
lengths = st.sampled_from([30, 200, CHUNK_FRAMES])


def film_of(count: int, frames: int = 150, rate: Fraction = Fraction(30)) -> SoundRecipe:
    """A film of segments that are all different and equally long."""
    return SoundRecipe(tuple((f"s{index}", frames) for index in range(count)), rate)


def hears(chunk: SoundChunk, *keys: str) -> bool:
    """Whether any of these segments is in what a chunk hears."""
    return any(piece.key in keys for piece in chunk.heard.pieces)


def differing(one: SoundRecipe, other: SoundRecipe) -> list[int]:
    """The chunks of a film that aren't the same in another, by number."""
    others = {chunk.key() for chunk in other.chunks()}
    return [index for index, chunk in enumerate(one.chunks()) if chunk.key() not in others]


@given(recipes, lengths)
def test_chunks_are_all_frames_of_the_film_in_order(recipe: SoundRecipe, length: int) -> None:
    """Each AAC frame is in one chunk, and each chunk begins where the one before it ends."""
    chunks = recipe.chunks(length)
    assert [chunk.first for chunk in chunks] == list(range(0, recipe.frames, length))
    assert sum(chunk.count for chunk in chunks) == recipe.frames
    assert recipe.frames == -(-recipe.samples // AAC_SAMPLES) + 1


@given(recipes, lengths)
def test_a_chunk_hears_the_film_without_a_gap(recipe: SoundRecipe, length: int) -> None:
    """Its pieces follow each other from first to last sample, and none reads far beyond its segment."""
    owns = {key: timebase.to_samples(frames, recipe.rate) for key, frames in recipe.segments}
    for chunk in recipe.chunks(length):
        bounds = [chunk.heard.begin]
        for piece in chunk.heard.pieces:
            assert (piece.at, piece.begin < piece.end <= owns[piece.key] + 1) == (bounds[-1], True)
            bounds.append(piece.at + piece.end - piece.begin)
        assert bounds[-1] == chunk.heard.end <= recipe.samples


@given(recipes, lengths)
def test_a_chunk_hears_enough_around_itself(recipe: SoundRecipe, length: int) -> None:
    """What the encoder has to know before and after it, but for the film's own ends, on the grid of frames."""
    for chunk in recipe.chunks(length):
        begin = chunk.heard.begin + chunk.settling
        assert begin == (chunk.first - chunk.lead) * AAC_SAMPLES
        assert chunk.lead >= min(chunk.first, 16)
        end = (chunk.first + chunk.count + 4) * AAC_SAMPLES
        ducked = any(sound.duck is not None for sound in chunk.heard.sounds)
        assert min(recipe.samples, end) <= chunk.heard.end <= min(recipe.samples, end + 5 * AAC_SAMPLES * ducked)


@given(recipes, st.data())
def test_a_changed_segment_changes_the_chunks_that_hear_it(recipe: SoundRecipe, data: st.DataObject) -> None:
    """Those and no others, when the film keeps its lengths."""
    index = data.draw(st.integers(0, len(recipe.segments) - 1))
    segments = list(recipe.segments)
    segments[index] = ("other", segments[index][1])
    changed = replace(recipe, segments=tuple(segments))
    for before, after in zip(recipe.chunks(200), changed.chunks(200), strict=True):
        assert (before.key() != after.key()) == hears(before, f"s{index}")


def test_one_changed_shot_is_one_or_two_chunks() -> None:
    """Of a film of 500 s."""
    film = film_of(100)
    changed = replace(film, segments=(*film.segments[:50], ("other", 150), *film.segments[51:]))
    assert len(film.chunks()) == 49
    assert len(differing(changed, film)) in {1, 2}


def test_a_longer_film_keeps_the_chunks_of_its_beginning() -> None:
    """All but those that heard its end."""
    film = film_of(40)
    longer = film_of(44)
    assert differing(film, longer) == [len(film.chunks()) - 1]


def test_a_moved_segment_changes_the_chunks_that_hear_the_places() -> None:
    """Two shots of one length change places: the rest of the film stays."""
    film = film_of(40)
    segments = list(film.segments)
    segments[3], segments[30] = segments[30], segments[3]
    changed = differing(replace(film, segments=tuple(segments)), film)
    assert changed == [index for index, chunk in enumerate(film.chunks()) if hears(chunk, "s3", "s30")]
    assert 2 <= len(changed) <= 4


def test_equal_sound_is_one_chunk_wherever_it_lies() -> None:
    """Moved by a whole number of chunks, what was encoded is found again."""
    film = film_of(20, frames=100, rate=IN_STEP)
    moved = replace(film, segments=(("new", 300), *film.segments))
    early, late = film.chunks(300), moved.chunks(300)
    assert [chunk.key() for chunk in early[1:]] == [chunk.key() for chunk in late[2:]]


def test_music_ties_a_chunk_to_its_place_only_while_it_sounds() -> None:
    """A chunk that lies behind the music's end is the same as in a film without; one before is not."""
    film = film_of(40)
    short = replace(film, sounds=(replace(BED, last=48_000 * 50),))
    assert differing(short, film) == [0, 1, 2, 3, 4]


def test_the_end_of_the_film_reaches_the_music_only_at_its_fade() -> None:
    """Under music that goes on, a longer film changes the end alone."""
    film, longer = (replace(film_of(count), sounds=(BED,)) for count in (40, 44))
    assert differing(film, longer) == [len(film.chunks()) - 1]
    faded = differing(film, replace(film, sounds=(replace(BED, fade=Decimal(2)),)))
    assert faded == [0, len(film.chunks()) - 1]


def test_the_length_of_music_that_outlasts_the_film_means_nothing() -> None:
    """Nor does its fade-in reach further than it lasts."""
    film = replace(film_of(10), sounds=(BED,))
    assert film.key() == replace(film, sounds=(replace(BED, last=BED.last + 1),)).key()
    assert [sound.rise for chunk in film.chunks() for sound in chunk.heard.sounds] == [
        (0, 48_000),
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("at", "heard"),
    [(0, 96_000), (48_000, 96_000), (48_000 * 49, 48_000)],
    ids=["whole", "later", "cut-off"],
)
def test_fades_of_a_short_sound_meet_in_its_middle(at: int, heard: int) -> None:
    """Ten seconds asked of a sound of two: it rises for half of what the film has of it, and falls for the rest."""
    sting = MixedSound("sting", 96_000, fade=Decimal(10), at=at)
    sounds = [each for chunk in replace(film_of(10), sounds=(sting,)).chunks() for each in chunk.heard.sounds]
    middle = at + heard // 2
    assert {each.rise for each in sounds} - {None} == {(at, middle)}
    assert {each.fall for each in sounds} - {None} == {(middle, at + heard)}


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "other"},
        {"gain": Decimal("-18.5")},
        {"duck": Decimal(-12)},
    ],
)
def test_other_music_is_another_sound_everywhere(change: dict[str, object]) -> None:
    """Its file, its gain and its ducking are in the key of every chunk that hears it."""
    film = replace(film_of(10), sounds=(BED,))
    assert differing(replace(film, sounds=(replace(BED, **change),)), film) == [0, 1, 2, 3, 4]  # type: ignore[arg-type]


def test_gain_and_limiter_change_every_chunk() -> None:
    """But one value written in two ways doesn't."""
    film = replace(film_of(10), gain=Decimal(1))
    assert differing(replace(film, gain=Decimal("1.1")), film) == [0, 1, 2, 3, 4]
    assert differing(replace(film, limited=True), film) == [0, 1, 2, 3, 4]
    assert replace(film, gain=Decimal("1.00")).key() == film.key()


@pytest.mark.parametrize("change", [{"limited": True}, {"sounds": (replace(BED, duck=Decimal(-12)),)}])
def test_what_remembers_hears_four_seconds_more(change: dict[str, object]) -> None:
    """A limiter and a compressor settle before the encoder listens; at the film's start there is nothing to hear."""
    chunks = replace(film_of(10), **change).chunks()  # type: ignore[arg-type]
    assert [chunk.settling for chunk in chunks] == [0, *4 * [188 * AAC_SAMPLES]]
    assert [chunk.settling for chunk in film_of(10).chunks()] == 5 * [0]


def test_an_hour_from_two_segments_does_not_drift() -> None:
    """At 29.97 each of 720 segments begins at the sample of its frame, whatever the rounding of its own length."""
    film = SoundRecipe((("odd", 149), ("even", 151)) * 360, NTSC)
    begins: dict[int, int] = {}
    for chunk in film.chunks():
        begins |= {piece.at: piece.end for piece in chunk.heard.pieces if piece.begin == 0}
    frames = [index // 2 * 300 + index % 2 * 149 for index in range(720)]
    assert sorted(begins) == [timebase.to_samples(frame, NTSC) for frame in frames]
    assert film.samples == timebase.to_samples(360 * 300, NTSC)


@given(recipes)
def test_windows_measure_the_film_once(recipe: SoundRecipe) -> None:
    """Their own parts follow each other without a gap, on the grid of hops."""
    ends = [0]
    for window in recipe.windows():
        assert window.heard.begin + window.settling + window.lead == ends[-1]
        assert (window.lead % HOP, window.settling % HOP, ends[-1] % HOP) == (0, 0, 0)
        ends.append(window.heard.end - window.ahead)
    assert ends[-1] == recipe.samples


def test_how_a_chunk_is_cut_out_is_part_of_its_key() -> None:
    """Other frames of the same samples are another file; the number of its first frame means nothing."""
    chunk = film_of(2).chunks()[0]
    others = [replace(chunk, count=1), replace(chunk, lead=1), replace(chunk, settling=1024)]
    assert len({chunk.key(), *(other.key() for other in others)}) == 4
    assert replace(chunk, first=940).key() == chunk.key()


def test_keys_are_what_they_were() -> None:
    """A release that changes this encodes the sound of every film again: raise SOUND_VERSION when it is meant."""
    film = replace(film_of(2), sounds=(BED,), gain=Decimal("-2.5"), limited=True)
    assert film.chunks()[0].key() == "1b8769d201a6c85d628bbc3aa50fa33545fe8b0a3bc3c675656ec0dcbc166679"


def test_a_film_without_segments_has_no_sound() -> None:
    """Nor has one with an empty segment."""
    for segments in ((), (("s0", 0),)):
        with pytest.raises(ValueError, match="at least one segment"):
            SoundRecipe(segments, NTSC)


CUES = tuple(MixedSound(f"cue{number}", 24_000, at=number * 48_000) for number in range(200))


@pytest.mark.parametrize(
    "change",
    [
        {"at": 45 * 48_000 + 1},
        {"first": 1},
        {"gain": Decimal(-3)},
        {"fade": Decimal("0.1")},
        {"digest": "other"},
        {"loop": True, "last": 24_001},
    ],
)
def test_an_edited_cue_changes_the_chunks_that_hear_it(change: dict[str, object]) -> None:
    """Of two hundred in 200 s; a loop is heard until the end."""
    film = replace(film_of(40), sounds=CUES, limited=True)
    edited = replace(CUES[45], **change)  # type: ignore[arg-type]
    changed = differing(replace(film, sounds=(*CUES[:45], edited, *CUES[46:])), film)
    assert changed == ([*range(4, 20)] if edited.loop else [4])


def test_a_voice_means_something_only_where_another_sound_steps_back() -> None:
    """Elsewhere the chunks of a film are the same without it; the order of sounds means nothing at all."""
    said = tuple(replace(cue, voice=True) for cue in CUES)
    film = replace(film_of(40), sounds=CUES)
    assert replace(film, sounds=said).key() == film.key() == replace(film, sounds=CUES[::-1]).key()
    bed = replace(BED, last=48_000 * 30, duck=Decimal(-12))
    assert differing(replace(film, sounds=(bed, *said)), replace(film, sounds=(bed, *CUES))) == [0, 1, 2]


def test_a_cue_is_found_among_ten_thousand_by_its_place() -> None:
    """The work for a film of cues is in proportion to its length; a chunk hears no cue but its own."""
    calls = []
    for count in (1000, 10_000):
        cues = tuple(MixedSound("cue", 9_600, at=number * 24_000) for number in range(count))
        film = SoundRecipe((("s0", count * 15),), Fraction(30), cues)
        chunks, made = count_calls(film.chunks)
        assert max(len(chunk.heard.sounds) for chunk in chunks) < 45
        calls.append(made)
    assert calls[1] < 12 * calls[0]
