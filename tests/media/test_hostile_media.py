"""Files from strangers: each is measured, or refused in words, and opens nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from kit.clips import numbered_clip
from kit.hostile_media import BOMBS, LIES, NAMES, PLAYLISTS, HostileFile, Listener, Lure, OpenedFiles, lay_lure
from kit.square_fonts import square_font
from kit.unusual_clips import ff
from wanflow.errors import ToolFailed
from wanflow.language.source import Kind
from wanflow.media import ffmpeg
from wanflow.media.container import BadMedia, opened
from wanflow.media.inputs import input_words, media_options
from wanflow.media.jobs import RunningProcesses, Worker
from wanflow.media.posters import MakeRendition
from wanflow.media.probe import examine, probe, probe_picture
from wanflow.media.text.fonts import Typography, is_known, runs
from wanflow.store.renditions import MADE_OF

HOSTILE = {**PLAYLISTS, **BOMBS, **LIES}
MEGABYTES = 700
"""Memory that a process may have beyond what it begins with."""

MEASURE = """
import json, resource, sys
from pathlib import Path
from wanflow.media.container import BadMedia
from wanflow.media.probe import probe

with open("/proc/self/statm") as file:
    now = int(file.read().split()[0]) * resource.getpagesize()
most = now + int(sys.argv[1]) * 10**6
resource.setrlimit(resource.RLIMIT_AS, (most, most))
for name in sys.stdin.read().split("\\0"):
    try:
        told = probe(Path(name)).kind.value
    except BadMedia as fault:
        told = fault.why
    print(json.dumps([name, told]))
"""
"""Probes files in a process of little memory; a MemoryError, which is not caught, ends it."""


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """A port that no file may make wanflow connect to."""
    listening = Listener()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def lure(listener: Listener, tmp_path_factory: pytest.TempPathFactory) -> Lure:
    """Files that no other file may open."""
    return lay_lure(tmp_path_factory.mktemp("lure") / "files", listener.address)


@pytest.fixture
def watch(lure: Lure) -> Iterator[OpenedFiles]:
    """What of the lure is opened."""
    opened_files = OpenedFiles(lure.folder)
    yield opened_files
    opened_files.close()


def made(hostile: HostileFile, folder: Path, lure: Lure) -> Path:
    """A hostile file in a folder of its own."""
    folder.mkdir(exist_ok=True)
    path = folder / hostile.name
    hostile.make(path, lure)
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_measured_or_refused_in_words(
    name: str, tmp_path: Path, lure: Lure, watch: OpenedFiles, listener: Listener
) -> None:
    """With its name and the reason, without a warning of Python's; it opens no other file and no connection."""
    hostile = HOSTILE[name]
    path = made(hostile, tmp_path / "sent", lure)
    watch.names()
    if isinstance(hostile.ends, Kind):
        assert probe(path).kind is hostile.ends
    else:
        with pytest.raises(BadMedia, match=f"^`{hostile.name}` ({hostile.ends})"):
            probe(path)
    assert (watch.names(), listener.was_called()) == (set(), False)


def test_no_hostile_file_takes_much_memory(tmp_path: Path, lure: Lure) -> None:
    """All of them in one process that may have 700 MB more than an idle one."""
    paths = {
        name: made(hostile, tmp_path / str(number), lure) for number, (name, hostile) in enumerate(HOSTILE.items())
    }
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(MEGABYTES)],
        input="\0".join(map(str, paths.values())),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told = [name for name, _ in map(json.loads, done.stdout.splitlines())]
    assert told == [str(path) for path in paths.values()]


@pytest.mark.parametrize("name", PLAYLISTS)
def test_ffmpeg_opens_nothing_that_a_file_names(
    name: str, tmp_path: Path, lure: Lure, watch: OpenedFiles, listener: Listener
) -> None:
    """Also where it reads a file itself, which wanflow would have refused before."""
    path = made(PLAYLISTS[name], tmp_path, lure)
    watch.names()
    with pytest.raises(ToolFailed):
        ffmpeg.run_ffmpeg([*input_words(path, media_options(path)), "-f", "null", "-"], processes=RunningProcesses())
    assert (watch.names(), listener.was_called()) == (set(), False)


@pytest.mark.parametrize("name", PLAYLISTS)
def test_nothing_that_a_file_names_is_opened_for_a_page(
    name: str, tmp_path: Path, lure: Lure, watch: OpenedFiles, listener: Listener
) -> None:
    """No poster, film or waveform of it is made, and nothing is left."""
    path = made(PLAYLISTS[name], tmp_path / "sent", lure)
    watch.names()
    for kind in (Kind.VIDEO, Kind.IMAGE, Kind.AUDIO):
        for rendition in MADE_OF[kind]:
            job = MakeRendition(rendition, kind, PurePath("sent", path.name), PurePath("made", rendition))
            with pytest.raises(BadMedia):
                job.perform(Worker(tmp_path))
    assert (watch.names(), listener.was_called(), [*(tmp_path / "made").iterdir()]) == (set(), False, [])


OPENERS = {
    "hls": ("-f", "hls", "-allowed_extensions", "ALL", "-extension_picky", "0"),
    "ffconcat": ("-safe", "0"),
    "movie in another file": ("-enable_drefs", "1", "-use_absolute_path", "1"),
}
"""Options with which ffmpeg opens what such a file names."""


@pytest.mark.parametrize("name", OPENERS)
def test_without_its_options_ffmpeg_would_open_what_a_file_names(
    name: str, tmp_path: Path, lure: Lure, watch: OpenedFiles
) -> None:
    """So the files above are real, and the watch sees what it is for."""
    path = made(PLAYLISTS[name], tmp_path, lure)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        watch.names()
        try:
            ff(*OPENERS[name], "-i", path, "-f", "null", "-")
        except ToolFailed:
            assert name == "movie in another file"  # its samples are not what its tables say
    assert watch.names() == {lure.film.name}


def test_the_listener_hears_an_ffmpeg_that_connects(lure: Lure, listener: Listener) -> None:
    """Otherwise the tests above would hold for a deaf one."""
    with pytest.raises(ToolFailed):
        ff("-rw_timeout", "100000", "-i", lure.url, "-f", "null", "-")
    assert listener.was_called()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an option, a protocol, a sequence of pictures or several outputs: the file of that name is read."""
    monkeypatch.chdir(tmp_path)
    numbered_clip(Path("whole.mp4"), 4, (64, 48), sound=False).rename(name)
    assert examine(Path(name)).clock.frames == 4
    ffmpeg.run_ffmpeg(
        [*input_words(Path(name), media_options(Path(name))), "-f", "null", "-"], processes=RunningProcesses()
    )


@pytest.mark.parametrize("name", ["webp", "png", "gif", "bmp", "jpeg of many scans", "png with a large profile"])
def test_a_picture_within_a_production_has_the_same_limits(name: str, tmp_path: Path, lure: Lure) -> None:
    """One that is written as `data:` is decoded by the same reader."""
    hostile = BOMBS[name]
    with pytest.raises(BadMedia, match=str(hostile.ends)):
        probe_picture(made(hostile, tmp_path, lure).read_bytes())


def test_frames_that_grow_are_held_back(tmp_path: Path, lure: Lure) -> None:
    """A stream that begins small and goes on with 67 million pixels shows its first frame alone."""
    path = made(BOMBS["frames that grow"], tmp_path, lure)
    with opened(path) as container:
        sizes = []
        for packet in container.demux(video=0):
            try:
                sizes += [(frame.width, frame.height) for frame in packet.decode()]
            except ValueError:
                continue
    assert set(sizes) == {(64, 64)}


def test_a_letter_of_a_thousand_millions_of_pixels_is_no_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A font can say that a sign is a thousand times as large as its letters; another font draws it."""
    monkeypatch.setattr("kit.square_fonts.EM", 16)
    monkeypatch.setattr("kit.square_fonts.SQUARE", ((-8000, -8000), (8000, -8000), (8000, 8000), (-8000, 8000)))
    font = square_font(tmp_path / "large.ttf", "\ue000")
    assert not is_known("\ue000", Typography((font,)))
    used = [run.font for run in runs("\ue000", 60, Typography((font,)))]
    assert [face for face in used if face is not None and Path(os.fsdecode(face.path or "built in")) == font] == []
