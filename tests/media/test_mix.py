"""The sound of a cut with real ffmpeg: chunks, splices, music, films; by the samples that come out."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from kit.clips import click_sound, clicks, cut_short, numbered_clip, read_sound
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
from wanflow.language.cut_sounds import heard_samples
from wanflow.language.production import SoundCue
from wanflow.language.source import FileSource
from wanflow.media.extract import extract_sound
from wanflow.media.jobs import RunningProcesses
from wanflow.media.join_checks import require_cut
from wanflow.media.probe import probe
from wanflow.media.sound import pcm
from wanflow.media.sound.gain_curve import gain_curve
from wanflow.media.sound.mix import encode_chunk, splice
from wanflow.media.sound.pcm import read_frames
from wanflow.media.sound.soundtrack import AAC_SAMPLES, CHUNK_FRAMES, HeardSound, MixedSound, SoundRecipe
from wanflow.yamldoc.nodes import Place

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

    def encode(self, recipe: SoundRecipe, *, length: int = CHUNK_FRAMES, music: Path | Sequence[Path] = ()) -> Path:
        """The whole sound of a film, spliced from chunks."""
        targets: list[Path] = []
        wavs = named(*([music] if isinstance(music, Path) else music))
        for chunk in recipe.chunks(length):
            targets.append(self.folder / f"chunk{len(targets)}.aac")
            encode_chunk(chunk, self.segments | wavs, targets[-1], processes=RunningProcesses())
            assert len(list(read_frames(targets[-1]))) == chunk.count
        splice(targets, self.folder / "sound.aac")
        return self.folder / "sound.aac"

    def heard(
        self, recipe: SoundRecipe, *, length: int = CHUNK_FRAMES, music: Path | Sequence[Path] = ()
    ) -> array[int]:
        """The samples of a film as its sound decodes."""
        samples = read_sound(self.encode(recipe, length=length, music=music))[PRIMING:]
        assert len(samples) == (recipe.frames - 1) * AAC_SAMPLES
        return samples[: recipe.samples]


@pytest.fixture
def mix_inputs(tmp_path: Path) -> MixInputs:
    """An empty one."""
    return MixInputs(tmp_path)


def music_of(path: Path, **changes: object) -> tuple[MixedSound]:
    """A WAV as music, plain unless changed."""
    return (sound_of(path, **changes),)


def sound_of(path: Path, **changes: object) -> MixedSound:
    """A WAV as a sound that begins with the film, plain unless changed."""
    return replace(MixedSound(digest.of_file(path), probe(path).samples), **changes)  # type: ignore[arg-type]


def named(*paths: Path) -> dict[str, Path]:
    """WAVs by their digests."""
    return {digest.of_file(path): path for path in paths if path.exists()}


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
            encode_chunk(chunk, mix_inputs.segments, target, processes=RunningProcesses())
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
    recipe = SoundRecipe((("talk", 210),), THIRTY, music_of(bed, duck=Decimal(-12)))
    before, under, after = bed_levels(heard := mix_inputs.heard(recipe, length=50, music=bed), 1, 3, 6)
    assert (before, after) == pytest.approx((-12, -12), abs=0.4)
    assert under < before - 10
    assert amplitude(heard, 200, 2 * SECOND + 4800, 3 * SECOND) == pytest.approx(-8, abs=0.4)
    plain = replace(recipe, sounds=music_of(bed))
    assert bed_levels(mix_inputs.heard(plain, length=50, music=bed), 3) == pytest.approx([-12], abs=0.4)


def test_chunks_agree_about_what_they_remember(mix_inputs: MixInputs) -> None:
    """A chunk that begins while music comes back and peaks are held sounds as in a single chunk."""
    mix_inputs.draw("talk", tone(200, 0.9, sounding="between(mod(t,3),0,1.1)"), 270)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(BED_HERTZ, 0.3), 20 * SECOND)
    recipe = SoundRecipe((("talk", 270),), THIRTY, music_of(bed, duck=Decimal(-12)), gain=Decimal(6), limited=True)
    single = mix_inputs.heard(recipe, music=bed)
    spliced = mix_inputs.heard(recipe, length=60, music=bed)
    apart = losses(spliced, single)
    for border in range(59 * AAC_SAMPLES, len(single) - AAC_SAMPLES, 60 * AAC_SAMPLES):
        around = (border - AAC_SAMPLES, border + 4 * AAC_SAMPLES)
        assert rms(apart, *around) < rms(single, *around) - 35


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_cues_begin_at_their_samples(mix_inputs: MixInputs, rate: int) -> None:
    """Before, across and on a border of chunks, from the middle of a file, two at once; also of 44.1 kHz."""
    click_sound(mix_inputs.folder / "source.wav", rate, rate)
    extract_sound(mix_inputs.folder / "source.wav", mix_inputs.folder / "one.wav", processes=RunningProcesses())
    quiet = mix_inputs.folder / "quiet.wav"
    draw_wav(quiet, click_at(12_345), SECOND)
    mix_inputs.draw("still", SILENCE, 150)
    border = 60 * AAC_SAMPLES
    places = [59_232, 2 * border - AAC_SAMPLES, 3 * border - AAC_SAMPLES - 200]
    cues = [sound_of(mix_inputs.folder / "one.wav", at=place) for place in places]
    cues += [sound_of(quiet, at=200_000), sound_of(quiet, at=230_000, first=12_000, last=13_000)]
    recipe = SoundRecipe((("still", 150),), THIRTY, tuple(cues))
    heard = mix_inputs.heard(recipe, length=60, music=[mix_inputs.folder / "one.wav", quiet])
    assert clicks(heard) == [*places, 212_345, 230_345]


@pytest.mark.parametrize(("rate", "samples"), [(96_000, 9601), (44_100, 4411), (22_050, 3)])
def test_all_of_a_sound_can_be_heard(mix_inputs: MixInputs, rate: int, samples: int) -> None:
    """Its last sample as well, where it lasts a half or another part of one at 48 kHz."""
    source, wav = (mix_inputs.folder / name for name in ("source.wav", "heard.wav"))
    click_sound(source, samples, rate)
    extract_sound(source, wav, processes=RunningProcesses())
    cue = SoundCue(FileSource("source.wav"), Place("wanflow.yaml", 1, 1))
    first, last = heard_samples(cue, Fraction(samples, rate))
    assert (first, last) == (0, probe(wav).samples)
    assert len(pcm.read_sound(HeardSound("", 0, last, 0, Decimal(0)), wav)) == 4 * last


def test_a_loop_repeats_its_span_to_the_sample(mix_inputs: MixInputs) -> None:
    """From the middle of a file, across borders of chunks, until the film ends."""
    mix_inputs.draw("still", SILENCE, 150)
    bed = draw_wav(mix_inputs.folder / "bed.wav", click_at(1000, 20_000, 60_000), 70_000)
    (music,) = music_of(bed, at=10_000, first=18_000, last=51_000, loop=True)
    heard = mix_inputs.heard(SoundRecipe((("still", 150),), THIRTY, (music,)), length=60, music=bed)
    assert clicks(heard) == [*range(12_000, 150 * 1600, 33_000)]


def test_a_loop_of_a_few_samples_is_read_as_it_is_heard(mix_inputs: MixInputs) -> None:
    """Whole rounds, and a part of one before and after them."""
    bed = draw_wav(mix_inputs.folder / "bed.wav", noise(0.5), SECOND)
    whole = pcm.read_sound(HeardSound("", 0, SECOND, 0, Decimal(0)), bed)
    span = whole[100 * 4 : 107 * 4]
    for first, count in ((100, 7), (103, 4), (103, 5), (103, 40), (106, 1), (100, 15)):
        loop = HeardSound("", 0, count, first, Decimal(0), loop=(100, 107))
        assert pcm.read_sound(loop, bed) == (span * 7)[(first - 100) * 4 :][: count * 4]


def test_music_steps_back_by_its_decibels_under_clips_and_voices(mix_inputs: MixInputs) -> None:
    """Exactly, from the first sample that is heard; not under itself, and not under a cue without `voice`."""
    mix_inputs.draw("talk", tone(200, 0.1, sounding="between(t,2,3)"), 300)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(BED_HERTZ, 0.25), 20 * SECOND)
    said = draw_wav(mix_inputs.folder / "said.wav", tone(800, 0.1), SECOND)
    voice = sound_of(said, at=5 * SECOND, voice=True, duck=Decimal(-30))
    cue = sound_of(said, at=8 * SECOND)
    recipe = SoundRecipe((("talk", 300),), THIRTY, (*music_of(bed, duck=Decimal("-7.5")), voice, cue))
    heard = mix_inputs.heard(recipe, length=100, music=[bed, said])
    levels = bed_levels(heard, 1, 2.1, 2.9, 4.5, 5.1, 5.9, 7.5, 8.5, 9.5)
    loud, soft = 20 * math.log10(0.25), 20 * math.log10(0.25) - 7.5
    assert levels == pytest.approx([loud, soft, soft, loud, soft, soft, loud, loud, loud], abs=0.05)
    assert amplitude(heard, 800, 5 * SECOND + 4800, 6 * SECOND - 4800) == pytest.approx(-20, abs=0.05)
    ramp = [amplitude(heard, BED_HERTZ, at, at + 480) for at in range(2 * SECOND - 4800, 2 * SECOND - 480, 480)]
    assert ramp == sorted(ramp, reverse=True)
    assert bed_levels(heard, 1.79) == pytest.approx([loud], abs=0.05)


def test_twenty_sounds_at_once_are_one_mix(mix_inputs: MixInputs) -> None:
    """More than one ffmpeg mixes at a time: their levels add up, also beyond full scale before the limiter."""
    mix_inputs.draw("still", SILENCE, 60)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(BED_HERTZ, 0.5), 2 * SECOND)
    for gain, limited, level in ((Decimal(-40), False, 20), (Decimal(0), True, None)):
        cues = tuple(sound_of(bed, gain=gain) for _ in range(20))
        recipe = SoundRecipe((("still", 60),), THIRTY, cues, limited=limited)
        (found,) = bed_levels(heard := mix_inputs.heard(recipe, music=bed), 1)
        if level is not None:
            assert found == pytest.approx(20 * math.log10(0.5 * 20) - 40, abs=0.05)
        else:
            assert max(map(abs, heard)) < 32768 * 10 ** (-1 / 20)


def test_the_fades_of_a_cue_end_at_its_samples(mix_inputs: MixInputs) -> None:
    """Even in amplitude, from its first sample to its last; in a chunk that hears a part of them, the same."""
    sound = MixedSound("cue", SECOND, fade=Decimal("0.25"), at=1000, first=500)
    chunk, *_ = SoundRecipe((("s0", 60),), THIRTY, (sound,)).chunks()
    curve = gain_curve(chunk.heard.sounds[0])
    assert len(curve) == SECOND - 500
    assert (curve[0], curve[12_000], curve[-12_000]) == (0, 1, 1)
    assert (curve[6000], curve[-6000], curve[-1]) == pytest.approx((0.5, 0.5, 1 / 12_000))
    for each in SoundRecipe((("s0", 60),), THIRTY, (sound,)).chunks(10):
        for heard in each.heard.sounds:
            part, begin = gain_curve(heard), heard.begin
            assert part == curve[begin - 1000 : begin - 1000 + len(part)]


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
                mix_inputs.folder / "x.aac",
                processes=RunningProcesses(),
            )
    assert not list(mix_inputs.folder.glob("x.aac*"))


def test_music_that_is_not_what_it_was_is_refused(mix_inputs: MixInputs) -> None:
    """Shorter than the recipe says, no WAV, mono, gone or not given."""
    mix_inputs.draw("still", SILENCE, 60)
    bed = draw_wav(mix_inputs.folder / "bed.wav", tone(440, 0.5), SECOND)
    chunk = SoundRecipe((("still", 60),), THIRTY, music_of(bed, last=SECOND + 1)).chunks()[0]
    mono = draw_wav(mix_inputs.folder / "mono.wav", "sine=f=440:r=48000", SECOND)
    said: Mapping[Path | None, str] = {
        bed: r"`bed.wav` ends before its sample 48001",
        mix_inputs.segments["still"]: r"`still.mov` is not a WAV",
        mono: r"`mono.wav` has 1 channels",
        mix_inputs.folder / "gone.wav": r"`gone.wav` is not a WAV that can be read: .*no such file",
        None: "cannot be mixed without it",
    }
    for music, words in said.items():
        files = mix_inputs.segments | ({} if music is None else {digest.of_file(bed): music})
        with pytest.raises(MediaFault, match=words):
            encode_chunk(chunk, files, mix_inputs.folder / "x.aac", processes=RunningProcesses())
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
    encode_chunk(chunk, {"still": odd} | named(bed), mix_inputs.folder / f"{name}.aac", processes=RunningProcesses())
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
            mix_inputs.folder / "x.aac",
            processes=processes,
        )
    assert not list(mix_inputs.folder.glob("x.aac*"))
