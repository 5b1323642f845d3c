"""Measuring files by what they are."""

from __future__ import annotations

import gc
from fractions import Fraction
from pathlib import Path

import pytest
from av.video.frame import VideoFrame
from PIL import ExifTags, Image

from kit.clips import click_sound, cut_short, numbered_clip
from kit.unusual_clips import ff
from wanflow import digest
from wanflow.language.source import Kind
from wanflow.media.container import BadMedia
from wanflow.media.picture.still import PictureTooLarge
from wanflow.media.probe import check_film, examine, probe


@pytest.mark.parametrize(("written", "mode"), [("png", "RGB"), ("jpeg", "RGB"), ("webp", "RGB"), ("bmp", "RGB")])
def test_a_picture_is_known_by_its_content(tmp_path: Path, written: str, mode: str) -> None:
    """The name's ending does not matter."""
    path = tmp_path / "picture.mp4"
    Image.new(mode, (40, 30)).save(path, written.upper())
    facts = probe(path)
    assert (facts.kind, facts.format, facts.width, facts.height) == (Kind.IMAGE, written, 40, 30)
    assert (facts.alpha, facts.frames) == (False, 0)
    assert facts.seconds == 0
    assert facts.rate is None
    assert (facts.digest, facts.size_bytes) == (digest.of_file(path), path.stat().st_size)


def test_a_picture_lying_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    """EXIF orientation 6 swaps width and height."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (40, 30)).save(tmp_path / "phone.jpg", exif=exif)
    facts = probe(tmp_path / "phone.jpg")
    assert (facts.width, facts.height) == (30, 40)


def test_alpha_is_seen(tmp_path: Path) -> None:
    """A picture with a transparency channel says so."""
    Image.new("RGBA", (8, 8)).save(tmp_path / "a.png")
    assert probe(tmp_path / "a.png").alpha


def test_a_video_is_measured_to_the_frame_and_the_sample(tmp_path: Path) -> None:
    """Frames, rate, samples and seconds are exact, the encoder's padding left out."""
    facts = probe(numbered_clip(tmp_path / "clip.png", frames=45, size=(64, 48)))
    assert (facts.kind, facts.format, facts.width, facts.height) == (Kind.VIDEO, "mp4", 64, 48)
    assert (facts.frames, facts.rate, facts.seconds) == (45, Fraction(30), Fraction(3, 2))
    assert (facts.samples, facts.sample_rate) == (72_000, 48_000)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001)])
@pytest.mark.parametrize("container", ["mp4", "mov", "matroska"])
def test_a_rate_is_exact_whatever_the_clock(tmp_path: Path, rate: Fraction, container: str) -> None:
    """Milliseconds as a container's clock don't make a rate variable."""
    path = numbered_clip(tmp_path / "c", 40, (64, 48), rate, sound=False, container_format=container)
    facts = probe(path)
    assert (facts.format, facts.frames, facts.rate, facts.seconds) == (container, 40, rate, 40 / rate)
    assert (facts.samples, facts.sample_rate) == (0, 0)


def test_a_variable_rate_keeps_the_true_length(tmp_path: Path) -> None:
    """Frames at 0, 1, 2, 5 and 6 tenths of a second last 0.7 s, on the coarsest grid that has a place at each tenth."""
    path = numbered_clip(tmp_path / "v.mov", 5, (64, 48), 10, sound=False, times=[0, 1, 2, 5, 6])
    facts = probe(path)
    assert (facts.frames, facts.seconds, facts.rate, facts.pace) == (21, Fraction(7, 10), Fraction(30), Fraction(30))


def test_a_slow_variable_rate_keeps_its_length_as_well(tmp_path: Path) -> None:
    """Three pictures in hours are less than a frame a second."""
    facts = probe(numbered_clip(tmp_path / "v.mkv", 3, (16, 16), 1, sound=False, times=[0, 9, 29_999]))
    assert abs(facts.seconds - 30_000) < 2


def test_a_turned_video_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    """A quarter turn swaps width and height."""
    facts = probe(numbered_clip(tmp_path / "phone.mp4", 3, (64, 48), rotation=90))
    assert (facts.width, facts.height) == (48, 64)


@pytest.mark.parametrize(("codec", "rate"), [("pcm_s16le", 48_000), ("pcm_s16le", 22_050), ("mp3", 44_100)])
def test_a_sound_is_measured_to_the_sample(tmp_path: Path, codec: str, rate: int) -> None:
    """A WAV and an MP3 know their length without decoding padding."""
    facts = probe(click_sound(tmp_path / "sound", rate, rate, codec))
    assert (facts.kind, facts.samples, facts.sample_rate, facts.seconds) == (Kind.AUDIO, rate, rate, Fraction(1))
    assert facts.format == ("mp3" if codec == "mp3" else "wav")


def test_what_is_no_media_is_refused_with_the_reason(tmp_path: Path) -> None:
    """Missing, empty, a folder, text: each is said, each goes on from the file's name."""
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("not a film\n" * 50)
    reasons = {
        "gone.mp4": "does not exist",
        "empty.mp4": "is empty",
        ".": "is not a file",
        "text.mp4": "is not a picture, video or sound",
    }
    for name, reason in reasons.items():
        with pytest.raises(BadMedia) as caught:
            probe(tmp_path / name)
        assert caught.value.why.startswith(reason)


def test_a_playlist_opens_nothing_else(tmp_path: Path) -> None:
    """A file from outside that only names other files is not media."""
    numbered_clip(tmp_path / "secret.mp4", 3, (64, 48))
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n")
    (tmp_path / "hls.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mp4\n#EXT-X-ENDLIST\n")
    for name in ("list.mp4", "hls.mp4"):
        with pytest.raises(BadMedia, match="is not a picture, video or sound"):
            probe(tmp_path / name)


def test_a_broken_picture_is_refused(tmp_path: Path) -> None:
    """A picture that stops in the middle is damaged, not half good."""
    Image.effect_noise((200, 200), 50).save(tmp_path / "whole.png")
    with pytest.raises(BadMedia, match="is a damaged picture"):
        probe(cut_short(tmp_path / "whole.png", tmp_path / "half.png"))


@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
def test_a_download_that_broke_off_is_no_film(tmp_path: Path, share: float) -> None:
    """A header that promises all frames does not help where they are missing."""
    whole = numbered_clip(tmp_path / "whole.mp4", 60, (160, 120))
    assert check_film(whole).frames == 60
    with pytest.raises(BadMedia, match="is not a playable video: it "):
        check_film(cut_short(whole, tmp_path / "half.mp4", share))


def test_a_damaged_picture_in_a_film_is_found(tmp_path: Path) -> None:
    """All packets are there but one does not decode: not playable."""
    whole = numbered_clip(tmp_path / "whole.mp4", 60, (160, 120), sound=False)
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = b"\xff" * 2000
    (tmp_path / "bad.mp4").write_bytes(data)
    with pytest.raises(BadMedia, match="is not a playable video"):
        check_film(tmp_path / "bad.mp4")


def test_a_picture_or_a_sound_is_no_film(tmp_path: Path) -> None:
    """An error page's logo in the place of a film is refused."""
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    click_sound(tmp_path / "a.wav", 4800)
    with pytest.raises(BadMedia, match="it is a picture"):
        check_film(tmp_path / "a.png")
    with pytest.raises(BadMedia, match="it is a sound"):
        check_film(tmp_path / "a.wav")
    with pytest.raises(BadMedia, match="has no video"):
        examine(tmp_path / "a.wav")


def test_a_video_is_examined_again_once_it_changed(tmp_path: Path) -> None:
    """While it stays, the pieces of a cut share what was found; another file of the same name is another video."""
    clip = numbered_clip(tmp_path / "clip.mp4", 5)
    found = examine(clip)
    assert examine(clip) is found
    numbered_clip(tmp_path / "longer.mp4", 7).replace(clip)
    assert (examine(clip).facts.frames, examine(clip).facts.digest) == (7, digest.of_file(clip))


@pytest.mark.parametrize(
    "words", [("-bf", "3"), ("-movflags", "frag_keyframe+empty_moov"), ("-vf", "select='mod(n,3)'")]
)
def test_a_movie_is_timed_without_a_decoded_frame(tmp_path: Path, words: tuple[str, str]) -> None:
    """By its tables, as a file without such tables is by its frames: here the same pictures in a Matroska."""
    movie, other = tmp_path / "clip.mp4", tmp_path / "clip.mkv"
    picture, sound = "testsrc2=s=64x48:r=25:d=1", "sine=d=1:r=48000"
    encoded = ("-c:v", "libx264", "-c:a", "aac", "-fps_mode", "vfr", *words)
    ff("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *encoded, str(movie))
    ff("-i", str(movie), "-c", "copy", str(other))
    clocks = [examine(path).clock for path in (movie, other)]
    assert clocks[0].rate == clocks[1].rate
    assert clocks[0].frames == clocks[1].frames
    assert clocks[0].slots == clocks[1].slots


@pytest.mark.parametrize("name", ["-i.mp4", "a b'c%d.mp4", "concat:x.mp4", "城市 灯塔.mp4", "new\nline.mp4"])
def test_hostile_names_are_only_names(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path with anything in it is read as that file."""
    monkeypatch.chdir(tmp_path)
    assert probe(numbered_clip(Path(name), 4, (64, 48), sound=False)).frames == 4


def test_pictures_that_no_model_takes_are_known_for_what_they_are(tmp_path):
    """A GIF is one whatever its name is, a camera's JPEG of two pictures is a JPEG, a still film is refused."""
    picture = Image.new("RGB", (640, 360))
    picture.save(tmp_path / "moving.png", "GIF")
    assert probe(tmp_path / "moving.png").format == "gif"
    picture.save(tmp_path / "camera.jpg", "MPO", save_all=True, append_images=[picture])
    assert probe(tmp_path / "camera.jpg").format == "jpeg"
    picture.save(tmp_path / "still.mp4", "AVIF")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    for name, why in (("still.mp4", "is avif inside"), ("broken.png", "is a damaged picture")):
        with pytest.raises(BadMedia) as caught:
            probe(tmp_path / name)
        assert caught.value.why == why


def test_a_picture_beyond_all_sizes_is_not_called_damaged(tmp_path):
    """It is whole, and too large for any model."""
    Image.new("1", (30_000, 12_000)).save(tmp_path / "wall.png")
    with pytest.raises(BadMedia) as caught:
        probe(tmp_path / "wall.png")
    assert caught.value.why == "is a picture of more than 64 million pixels"


def test_the_largest_picture_of_a_model_is_read_and_a_larger_one_refused(tmp_path):
    """Without a word of Pillow, which warns of more than 89 million pixels; here a warning is an error."""
    Image.new("1", (8_000, 8_000)).save(tmp_path / "largest.png")
    assert (probe(tmp_path / "largest.png").width, probe(tmp_path / "largest.png").height) == (8_000, 8_000)
    for name, size in (("larger.png", (8_001, 8_000)), ("warned.png", (11_000, 10_000))):
        Image.new("1", size).save(tmp_path / name)
        with pytest.raises(PictureTooLarge, match="is a picture of more than 64 million pixels"):
            probe(tmp_path / name)


SOUNDS = {
    "wav": ("pcm_s16le", "wav"),
    "mp3": ("libmp3lame", "mp3"),
    "flac": ("flac", "flac"),
    "m4a": ("aac", "mp4"),
    "mka": ("aac", "matroska"),
    "ogg": ("libvorbis", "ogg"),
}
FILMS = {"avi": ("mjpeg", "avi"), "mkv": ("libx264", "matroska"), "mp4": ("libx264", "mp4"), "webm": ("libvpx", "webm")}


def written(folder: Path, name: str) -> Path:
    """A sound or a film of two seconds in a container; noise, so that its bytes are spread over all of it."""
    path = folder / f"whole.{name}"
    if name in SOUNDS:
        codec, container = SOUNDS[name]
        ff("-f", "lavfi", "-i", "anoisesrc=r=48000:d=2:s=1", "-c:a", codec, "-f", container, path)
    else:
        codec, container = FILMS[name]
        film = numbered_clip(folder / "film.mp4", 60, (160, 120))
        ff("-i", film, "-c:v", codec, "-an", "-g", 10, "-f", container, path)
    return path


@pytest.mark.parametrize("name", [*SOUNDS, *FILMS])
def test_a_file_that_lacks_its_end_is_told_in_every_container(tmp_path: Path, name: str) -> None:
    """By what its container says of its length; the whole file is taken, and so is one with something behind it."""
    whole = written(tmp_path, name)
    assert abs(probe(whole).seconds - 2) < Fraction(1, 10)
    with pytest.raises(BadMedia) as caught:
        probe(cut_short(whole, tmp_path / f"half.{name}"))
    assert caught.value.why.startswith("is cut short: it ")
    assert caught.value.hint == "copy or export it again"


def test_a_recording_without_a_length_is_not_called_cut_short(tmp_path: Path) -> None:
    """A browser and a crashed recorder write none: what they wrote is shown."""
    film = numbered_clip(tmp_path / "film.mp4", 60, (160, 120), sound=False)
    ff("-i", film, "-c", "copy", "-live", 1, tmp_path / "live.mkv")
    facts = probe(cut_short(tmp_path / "live.mkv", tmp_path / "half.mkv", 0.7))
    assert 20 < facts.frames < 60
    assert facts.flaws == ()


def test_a_transport_stream_that_ends_within_a_packet_is_told(tmp_path: Path) -> None:
    """It has no length: it is taken, with a warning."""
    film = numbered_clip(tmp_path / "film.mp4", 60, (160, 120))
    ff("-i", film, "-c", "copy", tmp_path / "whole.ts")
    assert probe(tmp_path / "whole.ts").flaws == ()
    facts = probe(cut_short(tmp_path / "whole.ts", tmp_path / "half.ts", 0.61))
    assert facts.flaws == ("ends in the middle of a packet: its end may be missing",)


def test_the_length_of_a_sound_is_measured_where_its_header_estimates_it(tmp_path: Path) -> None:
    """MP3 of variable bit rate without a Xing header, and raw AAC: loud, then quiet."""
    sound = "aevalsrc='if(gt(t,2),0.01*sin(2000*t),random(0)-0.5)':s=44100:d=4"
    ff("-f", "lavfi", "-i", sound, "-c:a", "libmp3lame", "-q:a", 2, "-write_xing", 0, tmp_path / "s.mp3")
    ff("-f", "lavfi", "-i", sound, "-c:a", "aac", tmp_path / "s.aac")
    for name in ("s.mp3", "s.aac"):
        assert abs(probe(tmp_path / name).seconds - 4) < Fraction(1, 10)


def test_a_measured_video_leaves_no_picture_in_memory(tmp_path: Path) -> None:
    """Frames whose side data was read stay until Python looks for circles, which in a long run may be never."""
    clip = numbered_clip(tmp_path / "clip.mp4", 4, (320, 240))
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            examine(clip)
        kept = [(each.width, each.height) for each in gc.get_objects() if isinstance(each, VideoFrame)]
    finally:
        gc.enable()
    assert set(kept) <= {(2, 2)}
