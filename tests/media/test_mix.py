"""The sound of a cut with real ffmpeg: chunks, splices, music, films; by the samples that come out."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from kit.clips import clicks, cut_short, numbered_clip, read_sound
from kit.sounds import (
    PRIMING,
    SILENCE,
    amplitude,
    click_at,
    delay_sound,
    draw_segment,
    draw_wav,
    encode_whole,
    mux_film,
    noise,
    rms,
    tone,
)
from wanflow import digest, timebase
from wanflow.errors import MediaFault, ToolFailed
from wanflow.media.extract import extract_sound
from wanflow.media.jobs import RunningProcesses
from wanflow.media.join_checks import require_cut
from wanflow.media.probe import probe
from wanflow.media.sound import pcm
from wanflow.media.sound.mix import encode_chunk, splice
from wanflow.media.sound.pcm import read_frames
from wanflow.media.sound.soundtrack import AAC_SAMPLES, CHUNK_FRAMES, MusicBed, SoundRecipe

THIRTY = Fraction(30)
NTSC = Fraction(30000, 1001)
SECOND = 48_000


@dataclass
class MixInputs:
    """A folder with segments, by their keys, and the films that are made of them."""

    folder: Path
    segments: dict[str, Path] = field(default_factory=dict)

    def draw(self, key: str, source: str, frames: int, rate: Fraction = THIRTY, samples: int | None = None) -> None:
        """Make a segment."""
        self.segments[key] = draw_segment(self.folder / f"{key}.mov", source, frames, rate, samples=samples)

    def encode(self, recipe: SoundRecipe, *, length: int = CHUNK_FRAMES, music: Path | None = None) -> Path:
        """The whole sound of a film, spliced from chunks."""
        targets: list[Path] = []
        for chunk in recipe.chunks(length):
            targets.append(self.folder / f"chunk{len(targets)}.aac")
            encode_chunk(chunk, self.segments, music, targets[-1], processes=RunningProcesses())
            assert len(list(read_frames(targets[-1]))) == chunk.count
        splice(targets, self.folder / "sound.aac")
        return self.folder / "sound.aac"

    def heard(self, recipe: SoundRecipe, *, length: int = CHUNK_FRAMES, music: Path | None = None) -> array[int]:
        """The samples of a film as its sound decodes."""
        samples = read_sound(self.encode(recipe, length=length, music=music))[PRIMING:]
        assert len(samples) == (recipe.frames - 1) * AAC_SAMPLES
        return samples[: recipe.samples]


@pytest.fixture
def mix_inputs(tmp_path: Path) -> MixInputs:
    """An empty one."""
    return MixInputs(tmp_path)


def music_of(path: Path, **changes: object) -> MusicBed:
    """A WAV as music, plain unless changed."""
    facts = probe(path)
    plain = MusicBed(digest.of_file(path), facts.samples, Decimal(0), Decimal(0), duck=False)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_clicks_are_at_their_samples_in_the_film(mix_inputs: MixInputs) -> None:
    """Before, on and after the borders of chunks, in an MP4 that was muxed without encoding and starts at 0."""
    border = 20 * AAC_SAMPLES
    places = [0, border - 3000, 2 * border - AAC_SAMPLES, 3 * border - 200, 4 * border, 5 * border + 1]
    mix_inputs.draw("one", click_at(*places[:4]), 45)
    mix_inputs.draw("two", click_at(*(place - 45 * 1600 for place in places[4:])), 45)
    recipe = SoundRecipe((("one", 45), ("two", 45)), THIRTY)
    sound = mix_inputs.encode(recipe, length=20)
    picture = draw_segment(mix_inputs.folder / "picture.mov", SILENCE, 90)
    film = mux_film(sound, picture, mix_inputs.folder / "film.mp4", recipe.samples)
    assert clicks(read_sound(film)) == places
    require_cut(film, 90, THIRTY)
    facts = probe(film)
    assert (facts.frames, facts.samples) == (90, recipe.samples)


def test_spliced_sound_is_no_worse_at_its_borders(mix_inputs: MixInputs) -> None:
    """There it is as near to what was encoded as within chunks, and on the whole as near as in a single encode."""
    mix_inputs.draw("one", f"{tone(440, 0.3)}[t];{noise(0.05)}[n];[t][n]amix=normalize=0", 150)
    recipe = SoundRecipe((("one", 150),) * 2, THIRTY)
    truth = read_sound(mix_inputs.segments["one"]) * 2
    spliced = losses(mix_inputs.heard(recipe, length=30), truth)
    whole = encode_whole([mix_inputs.segments["one"]] * 2, mix_inputs.folder / "whole.aac")
    single = losses(read_sound(whole)[PRIMING:], truth)
    usual = rms(spliced, 0, len(spliced))
    for border in range(29 * AAC_SAMPLES, len(truth) - AAC_SAMPLES, 30 * AAC_SAMPLES):
        assert rms(spliced, border - AAC_SAMPLES, border + AAC_SAMPLES) < usual + 2
    assert usual < rms(single, 0, len(single)) + 3


def losses(heard: array[int], truth: array[int]) -> array[int]:
    """What encoding added, sample by sample."""
    return array("h", [max(-32768, min(32767, one - other)) for one, other in zip(heard, truth, strict=False)])


def test_chunks_of_one_key_are_one_file(mix_inputs: MixInputs) -> None:
    """What the key says is equal is so to the byte, in another film at another place."""
    rate = Fraction(SECOND, AAC_SAMPLES)
    for number in range(3):
        mix_inputs.draw(f"s{number}", noise(0.2, seed=number), 50, rate)
    film = SoundRecipe(tuple((f"s{number}", 50) for number in (0, 1, 2)), rate)
    moved = replace(film, segments=(("s2", 50), *film.segments))
    made = {}
    for name, recipe in (("film", film), ("moved", moved)):
        for chunk in recipe.chunks(50):
            target = mix_inputs.folder / f"{name}{chunk.first}.aac"
            encode_chunk(chunk, mix_inputs.segments, None, target, processes=RunningProcesses())
            assert made.setdefault(chunk.key(), target.read_bytes()) == target.read_bytes()
    assert len(made) == 6


def test_a_film_at_29_97_does_not_drift(mix_inputs: MixInputs) -> None:
    """Forty times the same seven frames: each click is at the sample of its frame, one sample more or less to each."""
    mix_inputs.draw("short", click_at(0), 7, NTSC)
    recipe = SoundRecipe((("short", 7),) * 40, NTSC)
    assert clicks(mix_inputs.heard(recipe, length=100)) == [timebase.to_samples(7 * index, NTSC) for index in range(40)]


def test_a_segment_that_is_short_of_a_sample_holds_its_last(mix_inputs: MixInputs) -> None:
    """Two may be missing, which nobody hears; three are damage."""
    for missing in (1, 2, 3):
        mix_inputs.draw(f"less{missing}", tone(440, 0.5), 3, samples=4800 - missing)
    whole = [pcm.read_piece(mix_inputs.segments[f"less{missing}"], 0, 4800) for missing in (1, 2)]
    assert [len(data) for data in whole] == [4800 * 4] * 2
    assert whole[1][-12:-8] == whole[1][-8:-4] == whole[1][-4:] != bytes(4)
    assert pcm.read_piece(mix_inputs.segments["less2"], 4799, 4800) == whole[1][-4:]
    with pytest.raises(MediaFault, match=r"`less3.mov` is damaged: its sound ends 3 samples before 4800"):
        pcm.read_piece(mix_inputs.segments["less3"], 0, 4800)


def test_a_span_of_a_segment_is_read_to_the_sample(mix_inputs: MixInputs) -> None:
    """Wherever it begins and ends."""
    mix_inputs.draw("one", noise(0.5), 60)
    whole = pcm.read_piece(mix_inputs.segments["one"], 0, 96_000)
    for begin, end in ((0, 1), (1, 2), (1023, 1025), (40_000, 71_234), (95_999, 96_000)):
        assert pcm.read_piece(mix_inputs.segments["one"], begin, end) == whole[begin * 4 : end * 4]


BED_HERTZ = 3000


def bed_levels(samples: array[int], *seconds: float) -> list[float]:
    """How loud the music's tone is around these moments, in dB."""
    return [
        amplitude(samples, BED_HERTZ, round((second - 0.1) * SECOND), round((second + 0.1) * SECOND))
        for second in seconds
    ]


def test_music_has_its_gain_and_its_fades(mix_inputs: MixInputs) -> None:
    """Half as loud in the middle of a fade, across the borders of chunks too, and silent where the film ends."""
    mix_inputs.draw("still", SILENCE, 240)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(BED_HERTZ, 0.5), 20 * SECOND)
    recipe = SoundRecipe((("still", 240),), THIRTY, music_of(bed, gain=Decimal(-6), fade=Decimal(2)))
    heard = mix_inputs.heard(recipe, length=60, music=bed)
    levels = bed_levels(heard, 0.5, 1, 4, 7, 7.5)
    assert levels == pytest.approx([-24.1, -18.1, -12.0, -18.1, -24.1], abs=0.4)
    assert rms(heard, 8 * SECOND - 480, 8 * SECOND) < -40


def test_music_that_ends_early_fades_out_and_ends(mix_inputs: MixInputs) -> None:
    """What follows is the film's own sound alone."""
    mix_inputs.draw("still", SILENCE, 150)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(BED_HERTZ, 0.5), 3 * SECOND)
    heard = mix_inputs.heard(
        SoundRecipe((("still", 150),), THIRTY, music_of(bed, fade=Decimal(1))), length=60, music=bed
    )
    assert bed_levels(heard, 1.5, 2.5) == pytest.approx([-6, -12], abs=0.4)
    assert rms(heard, 3 * SECOND + 3 * AAC_SAMPLES, 5 * SECOND) < -90


def test_music_steps_back_under_speech(mix_inputs: MixInputs) -> None:
    """Before speech it is as loud as it is, under it much less, afterwards as before, and so without its chunks."""
    mix_inputs.draw("talk", tone(200, 0.4, sounding="between(t,2,4)"), 210)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(BED_HERTZ, 0.25), 20 * SECOND)
    recipe = SoundRecipe((("talk", 210),), THIRTY, music_of(bed, duck=True))
    before, under, after = bed_levels(heard := mix_inputs.heard(recipe, length=50, music=bed), 1, 3, 6)
    assert (before, after) == pytest.approx((-12, -12), abs=0.4)
    assert under < before - 10
    assert amplitude(heard, 200, 2 * SECOND + 4800, 3 * SECOND) == pytest.approx(-8, abs=0.4)
    plain = replace(recipe, music=music_of(bed))
    assert bed_levels(mix_inputs.heard(plain, length=50, music=bed), 3) == pytest.approx([-12], abs=0.4)


def test_chunks_agree_about_what_they_remember(mix_inputs: MixInputs) -> None:
    """A chunk that begins while music comes back and peaks are held sounds as in a single chunk."""
    mix_inputs.draw("talk", tone(200, 0.9, sounding="between(mod(t,3),0,1.1)"), 270)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(BED_HERTZ, 0.3), 20 * SECOND)
    recipe = SoundRecipe((("talk", 270),), THIRTY, music_of(bed, duck=True), gain=Decimal(6), limited=True)
    single = mix_inputs.heard(recipe, music=bed)
    spliced = mix_inputs.heard(recipe, length=60, music=bed)
    apart = losses(spliced, single)
    for border in range(59 * AAC_SAMPLES, len(single) - AAC_SAMPLES, 60 * AAC_SAMPLES):
        around = (border - AAC_SAMPLES, border + 4 * AAC_SAMPLES)
        assert rms(apart, *around) < rms(single, *around) - 35


@pytest.mark.parametrize("rate", [44_100, 22_050])
def test_music_of_any_kind_is_heard_from_the_films_start(mix_inputs: MixInputs, rate: int) -> None:
    """Mono and at another rate: it came as a video, its sound was taken out."""
    source = numbered_clip(mix_inputs.folder / "theme.mp4", 30, (64, 48), sample_rate=rate, mono=True)
    extract_sound(source, mix_inputs.folder / "theme.wav", processes=RunningProcesses())
    mix_inputs.draw("still", SILENCE, 60)
    bed = mix_inputs.folder / "theme.wav"
    found = clicks(mix_inputs.heard(SoundRecipe((("still", 60),), THIRTY, music_of(bed)), music=bed))
    assert [abs(click) < 96 for click in found] == [True]


def test_what_is_no_segment_is_refused_by_name(mix_inputs: MixInputs) -> None:
    """Cut short, without sound, with another kind of it, with too little, with one that begins late, gone."""
    mix_inputs.draw("good", tone(440, 0.5), 30)
    mix_inputs.draw("brief", tone(440, 0.5), 30, samples=20_000)
    silent = numbered_clip(mix_inputs.folder / "mute.mov", 30, (64, 48), sound=False, container_format="mov")
    bad = {
        cut_short(mix_inputs.segments["good"], mix_inputs.folder / "half.mov"): "that can be read",
        silent: "is not a segment: it has no sound",
        numbered_clip(mix_inputs.folder / "coded.mp4", 30, (64, 48)): "its sound is aac, not 48 kHz PCM",
        mix_inputs.segments["brief"]: "its sound ends 28000 samples before 48000",
        delay_sound(mix_inputs.segments["good"], mix_inputs.folder / "late.mov"): "its sound ends",
        draw_wav(mix_inputs.folder / "slow.wav", "sine=f=440:r=44100", 44_100): "not 48 kHz PCM",
        draw_wav(mix_inputs.folder / "mono.wav", "sine=f=440:r=48000", 48_000): "has 1 channels of 16 bits",
        mix_inputs.folder / "gone.mov": "no such file",
    }
    chunk = SoundRecipe((("good", 30), ("bad", 30)), THIRTY).chunks()[0]
    for path, words in bad.items():
        with pytest.raises(MediaFault, match=f"`{path.name}` .*{words}"):
            encode_chunk(
                chunk,
                {**mix_inputs.segments, "bad": path},
                None,
                mix_inputs.folder / "x.aac",
                processes=RunningProcesses(),
            )
    assert not list(mix_inputs.folder.glob("x.aac*"))


def test_music_that_is_not_what_it_was_is_refused(mix_inputs: MixInputs) -> None:
    """Shorter than the recipe says, no WAV, mono, gone or not given."""
    mix_inputs.draw("still", SILENCE, 60)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(440, 0.5), SECOND)
    chunk = SoundRecipe((("still", 60),), THIRTY, music_of(bed, samples=SECOND + 1)).chunks()[0]
    mono = draw_wav(mix_inputs.folder / "mono.wav", "sine=f=440:r=48000", SECOND)
    said: Mapping[Path | None, str] = {
        bed: r"`bed.wav` ends before its sample 48001",
        mix_inputs.segments["still"]: r"`still.mov` is not a WAV",
        mono: r"`mono.wav` has 1 channels",
        mix_inputs.folder / "gone.wav": r"`gone.wav` is not a WAV that can be read: .*no such file",
        None: "cannot be mixed without it",
    }
    for music, words in said.items():
        with pytest.raises(MediaFault, match=words):
            encode_chunk(chunk, mix_inputs.segments, music, mix_inputs.folder / "x.aac", processes=RunningProcesses())
    assert not list(mix_inputs.folder.glob("x.aac*"))


def test_a_damaged_chunk_leaves_the_earlier_sound_in_place(mix_inputs: MixInputs) -> None:
    """It is named, so that it can be made again."""
    mix_inputs.draw("good", tone(440, 0.5), 30)
    sound = mix_inputs.encode(SoundRecipe((("good", 30),), THIRTY))
    before = sound.read_bytes()
    half = cut_short(sound, mix_inputs.folder / "half.aac")
    with pytest.raises(MediaFault, match=r"`half.aac` is not a complete stream of AAC frames"):
        splice([sound, half], sound)
    assert sound.read_bytes() == before
    assert not list(mix_inputs.folder.glob("*.part"))


@pytest.mark.parametrize("name", ["-x", "a'b; %d [0:v],", "灯塔 城市"])
def test_hostile_names_are_mixed(mix_inputs: MixInputs, name: str) -> None:
    """As a segment, as music and as the chunk."""
    mix_inputs.draw("still", click_at(0), 15)
    odd = mix_inputs.segments["still"].rename(mix_inputs.folder / f"{name}.mov")
    bed = draw_wav(mix_inputs.folder / "bed.wav", SILENCE, SECOND).rename(mix_inputs.folder / f"{name}.wav")
    chunk = SoundRecipe((("still", 15),), THIRTY, music_of(bed)).chunks()[0]
    encode_chunk(chunk, {"still": odd}, bed, mix_inputs.folder / f"{name}.aac", processes=RunningProcesses())
    assert clicks(read_sound(mix_inputs.folder / f"{name}.aac")) == [PRIMING]


def test_a_killed_encode_leaves_nothing(mix_inputs: MixInputs) -> None:
    """Neither a chunk nor a part of one."""
    mix_inputs.draw("still", SILENCE, 15)
    processes = RunningProcesses()
    processes.kill()
    with pytest.raises(ToolFailed, match="was stopped"):
        encode_chunk(
            SoundRecipe((("still", 15),), THIRTY).chunks()[0],
            mix_inputs.segments,
            None,
            mix_inputs.folder / "x.aac",
            processes=processes,
        )
    assert not list(mix_inputs.folder.glob("x.aac*"))
