"""Which file has a digest, and may be shown: nothing but what belongs to the production."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest
from PIL import Image

from kit.clips import click_sound
from kit.locks import stored
from kit.project import write_production
from wanflow import api, digest
from wanflow.language.production import Production
from wanflow.language.source import Kind
from wanflow.loading import store_of
from wanflow.store import blobs, cut_records
from wanflow.store.media_files import MediaFiles

FILM = """\
wanflow: 1
defaults: {model: wan2.7-i2v}
shots:
  coast: {first_frame: sets/coast.png, driving_audio: VOICE, duration: 2}
cuts:
  main: {items: [coast], subtitles: lines.srt}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a production with a picture, a sound and subtitles, and one with files of somebody else."""
    (tmp_path / "film" / "sets").mkdir(parents=True)
    click_sound(tmp_path / "film" / "sets" / "voice.wav", 96_000)
    (tmp_path / "film" / "lines.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n", encoding="utf-8")
    (tmp_path / "secret.png").write_bytes(b"a key")
    return tmp_path / "film"


def production(folder: Path, voice: str = "sets/voice.wav", *, untrusted: bool = False) -> Production:
    """The production in a folder, with its voice somewhere."""
    return api.load(write_production(folder, FILM.replace("VOICE", voice)), untrusted=untrusted)


def found(files: MediaFiles, path: Path) -> tuple[Path, Kind, str, bool] | None:
    """What is found by the digest of a file."""
    file = files.find(digest.of_file(path))
    return file and (file.path, file.kind, file.media_type, file.silent)


def test_takes_extracts_and_assets_are_found_by_their_digest(folder: Path) -> None:
    """Each with what it is; the other way round, a digest that nothing has finds nothing."""
    film = production(folder)
    store, files = store_of(film), api.media_files(film)
    take = blobs.take_path(store, stored(store, "a film"), ".mp4")
    made = store.temporary(".wav")
    made.write_bytes(b"a sound")
    extract = blobs.adopt_derived(store, made, digest.of_bytes(b"a sound"), ".wav")
    assert found(files, take) == (take, Kind.VIDEO, "video/mp4", False)
    assert found(files, extract) == (extract, Kind.AUDIO, "audio/wav", False)
    assert found(files, folder / "sets" / "coast.png") == (folder / "sets/coast.png", Kind.IMAGE, "image/png", True)
    assert found(files, folder / "sets" / "voice.wav") == (folder / "sets/voice.wav", Kind.AUDIO, "audio/wav", False)
    assert files.find("0" * 64) is None


def test_a_picture_in_the_production_is_shown_as_a_file(folder: Path) -> None:
    """Its bytes, as what they are; the store keeps them with what is made for pages."""
    picture = folder / "sets" / "tiny.jpg"
    Image.new("RGB", (360, 360)).save(picture)
    uri = f"data:image/jpeg;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    write_production(folder, FILM.replace("sets/coast.png, driving_audio: VOICE", f"'{uri}'"))
    files = api.media_files(api.load(folder / "wanflow.yaml"))
    for _ in range(2):
        shown = files.find(digest.of_file(picture))
        assert shown is not None
        assert shown.path.read_bytes() == picture.read_bytes()
        assert (shown.path.is_relative_to(folder / ".wanflow"), shown.media_type) == (True, "image/jpeg")
    assert digest.of_file(picture) in files.digests()


@pytest.mark.parametrize(
    "asked", ["", "..", "../../secret.png", "a" * 63, "A" * 64, "a" * 63 + "/", "\0" * 64, "٣" * 64, f"{'a' * 64}.mp4"]
)
def test_nothing_but_a_digest_is_looked_up(folder: Path, asked: str) -> None:
    """No path from outside reaches the disk."""
    assert api.media_files(production(folder)).find(asked) is None


def test_texts_segments_and_other_files_are_never_shown(folder: Path) -> None:
    """Subtitles, the production itself, its records, and what only ffmpeg reads."""
    film = production(folder)
    store, files = store_of(film), api.media_files(film)
    made = store.temporary(".mov")
    made.write_bytes(b"a segment")
    segment = blobs.adopt_derived(store, made, digest.of_bytes(b"a segment"), ".mov")
    for path in (folder / "lines.srt", folder / "wanflow.yaml", folder.parent / "secret.png", segment):
        assert found(files, path) is None


def test_a_file_that_changed_or_became_a_link_outside_is_not_shown(folder: Path) -> None:
    """The digest names other bytes; an untrusted production shows nothing from elsewhere."""
    film = production(folder, untrusted=True)
    files, voice = api.media_files(film), folder / "sets" / "voice.wav"
    name = digest.of_file(voice)
    assert files.find(name) is not None
    shutil.move(voice, folder.parent / "voice.wav")
    voice.symlink_to(folder.parent / "voice.wav")
    assert files.find(name) is None
    voice.unlink()
    click_sound(voice, 48_000)
    assert files.find(name) is None


def test_an_asset_elsewhere_is_shown_where_the_production_may_open_it(folder: Path) -> None:
    """A trusted production names media anywhere."""
    click_sound(folder.parent / "voice.wav", 96_000)
    file = folder.parent / "voice.wav"
    assert found(api.media_files(production(folder, "../voice.wav")), file) == (
        folder / "../voice.wav",
        Kind.AUDIO,
        "audio/wav",
        False,
    )


@pytest.mark.parametrize("known", [True, False], ids=["recorded", "of an older wanflow"])
def test_a_cut_is_shown_as_it_was_written(folder: Path, known: bool) -> None:
    """By the digest of its film, until the file changes or is another one."""
    film = production(folder)
    store, cut = store_of(film), folder / "out" / "main.mp4"
    cut.parent.mkdir()
    cut.write_bytes(b"the film")
    name = digest.of_file(cut)
    cut_records.remember(store, "main", "out/main.mp4", "made from these", film=name if known else None)
    files = api.media_files(film)
    shown = files.cuts()["main"]
    assert (shown.digest, shown.path, found(files, cut)) == (name, cut, (cut, Kind.VIDEO, "video/mp4", False))
    assert name in files.digests()
    cut.rename(folder.parent / "elsewhere.mp4")
    cut.symlink_to(folder.parent / "elsewhere.mp4")
    assert files.find(name) is None
    cut.unlink()
    cut.write_bytes(b"another film")
    assert (files.find(name), files.cuts()) == (None, {})
