"""A cut for editing suites: read back with their own library, and held against the film that was assembled."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

import opentimelineio as otio
import pytest
from cli.conftest import RUN, Wanflow, paid_production

from kit.clips import numbered_clip
from kit.project import write_production
from kit.served import Served
from wanflow.cli.main import main
from wanflow.media import probe

FILM = """\
wanflow: 1
title: "A \\"film\\"\\nof two lines"
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast, seed: 7}
  海岸: {first_clip: {shot: coast, tail: 1}, prompt: "nearer, it says: 100% \\"gold\\"", duration: 4}
cuts:
  main:
    items:
      - coast
      - shot: 海岸
      - {file: "it's 50% done #1.mp4", in: 0.5, out: 1.5}
      - {shot: coast, in: 1}
  short: [coast]
"""


@contextmanager
def served(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A production whose cuts have continuations, trims, a file with a difficult name and a shot that comes twice."""
    clip = film.parent / "it's 50% done #1.mp4"
    if not clip.exists():
        numbered_clip(clip, 60, (320, 240))
    with paid_production(film, FILM.replace("tail: 1", "tail: 2"), monkeypatch) as running:
        yield running


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The service of the production before its first run."""
    with served(film, monkeypatch) as running:
        yield running


@pytest.fixture(scope="module")
def premiere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the production, run once; not to be changed."""
    file = write_production(tmp_path_factory.mktemp("suite"))
    with pytest.MonkeyPatch.context() as patch, served(file, patch):
        assert main([*RUN, "-q", "-f", str(file)]) == 0
    return file.parent


@pytest.fixture
def assembled(premiere: Path, alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[probe.Facts]:
    """What the cut is, in a copy in the current folder whose service answers."""
    folder = shutil.copytree(premiere, tmp_path / "film")
    monkeypatch.chdir(folder)
    with served(folder / "wanflow.yaml", monkeypatch):
        yield probe.probe(Path("out/main.mp4"))


def test_opentimelineio_reads_it_back_as_the_film_is(wanflow: Wanflow, assembled: probe.Facts) -> None:
    """Trims and lengths to the frame, the whole take available, media found where they are, and what made each."""
    said = wanflow("export", "main")
    assert said.out.strip() == str(Path("out/main.otio").absolute())
    timeline = otio.adapters.read_from_file("out/main.otio")
    (video, audio) = timeline.tracks
    spans = [
        (clip.name, int(clip.source_range.start_time.value), int(clip.source_range.duration.value)) for clip in video
    ]
    assert spans == [("海岸.t1", 0, 60), ("it's 50% done #1.mp4", 15, 30), ("coast.t1", 30, 30)]
    assert sum(count for _, _, count in spans) == assembled.frames
    assert video.duration() == audio.duration()
    for clip in video:
        place = Path("out") / unquote(clip.media_reference.target_url)
        assert place.resolve().is_file()
        assert int(clip.media_reference.available_range.duration.value) == probe.probe(place).frames
    facts = video[2].metadata["wanflow"]
    assert (facts["shot"], facts["take"], facts["seed"], facts["prompt"]) == ("coast", 1, 7, "a coast")
    assert facts["digest"] == json.loads(wanflow("takes", "--json").out)[0]["digest"]
    markers = [marker for clip in video for marker in clip.markers]
    named = [marker.name for marker in markers if "check" not in marker.metadata["wanflow"]]
    assert named == [clip.name for clip in video]


def test_it_goes_where_it_is_told_and_its_media_stay_reachable(wanflow: Wanflow, assembled: probe.Facts) -> None:
    """Addresses are relative to the file, wherever it is."""
    Path("deep/er").mkdir(parents=True)
    assert wanflow("export", "main", "-o", "deep/er/cut.otio").code == 0
    timeline = otio.adapters.read_from_file("deep/er/cut.otio")
    assert all(
        (Path("deep/er") / unquote(clip.media_reference.target_url)).resolve().is_file() for clip in timeline.tracks[0]
    )
    shown = otio.adapters.read_from_string(wanflow("export", "short", "-o", "-").out, "otio_json")
    assert [clip.name for clip in shown.tracks[0]] == ["coast.t1"]


def test_other_takes_are_media_of_their_clip(wanflow: Wanflow, assembled: probe.Facts) -> None:
    """A suite can switch to each take of the shot that is here; the one of the cut is active."""
    assert wanflow("retake", "coast").code == 0
    assert wanflow(*RUN).code == 0
    assert wanflow("export", "main").code == 0
    clips = list(otio.adapters.read_from_file("out/main.otio").video_tracks()[0].find_clips())
    used = clips[-1]
    assert used.active_media_reference_key == used.name
    takes = {key: medium.target_url for key, medium in used.media_references().items()}
    assert takes == {f"coast.t{number}": f"shots/coast.t{number}.mp4" for number in (1, 2)}
    assert {int(medium.available_range.duration.value) for medium in used.media_references().values()} == {60}
    assert list(clips[1].media_references()) == [otio.schema.Clip.DEFAULT_MEDIA_KEY]


def test_fcp7_is_xml_beside_the_film(wanflow: Wanflow, assembled: probe.Facts) -> None:
    """As long as the film, with absolute addresses of files that exist, each once."""
    said = wanflow("export", "main", "--format", "fcp7")
    assert said.out.strip() == str(Path("out/main.xml").absolute())
    picture, _sound = otio.adapters.read_from_file("out/main.xml").tracks
    assert int(picture.duration().value) == assembled.frames
    found = [unquote(urlparse(clip.media_reference.target_url).path) for clip in picture.find_clips()]
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in found)
    assert Path("out/main.xml").read_text(encoding="utf-8").count("<pathurl>") == 3


def test_an_edl_has_short_names_of_its_own_for_each_medium(wanflow: Wanflow, assembled: probe.Facts) -> None:
    """Read back by the adapter: as long as the film, and a shot that comes twice is one medium."""
    assert wanflow("export", "main", "--format", "edl").code == 0
    text = Path("out/main.edl").read_text(encoding="utf-8")
    reels = re.findall(r"^\d{3}  (\S+) +V", text, re.MULTILINE)
    assert len(reels) == 3
    assert all(len(reel) <= 8 for reel in reels)
    assert len(set(reels)) == 3
    timeline = otio.adapters.read_from_file("out/main.edl", rate=30)
    assert int(timeline.duration().value) == assembled.frames
    assert text.splitlines()[0] == 'TITLE: A "film" of two lines'


def test_subtitles_for_a_review_name_each_shot(wanflow: Wanflow, assembled: probe.Facts) -> None:
    """From its first frame to its last, one after the other."""
    assert wanflow("export", "main", "--format", "srt").code == 0
    entries = Path("out/main.srt").read_text(encoding="utf-8").strip().split("\n\n")
    assert [entry.splitlines()[1] for entry in entries] == [
        "00:00:00,000 --> 00:00:02,000",
        "00:00:02,000 --> 00:00:03,000",
        "00:00:03,000 --> 00:00:04,000",
    ]
    assert entries[0].splitlines()[2:] == ["海岸.t1", 'nearer, it says: 100% "gold"']


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export",), "the production has 2 cuts"),
        (("export", "mian"), "did you mean `main`?"),
        (("export", "main"), "is not rendered yet"),
    ],
)
def test_what_can_not_be_exported_is_said(words: tuple[str, ...], said: str, wanflow: Wanflow, service: Served) -> None:
    """With the way out, and nothing is written."""
    done = wanflow(*words)
    assert (done.code, said in done.err) == (2, True), done.err
    assert not Path("out").exists()


def test_without_the_library_only_its_formats_are_missing(
    wanflow: Wanflow, assembled: probe.Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it has no wheel for a Python, `export` says so, and nothing else suffers."""
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    monkeypatch.delitem(sys.modules, "wanflow.report.export.otio", raising=False)
    done = wanflow("export", "main")
    assert (done.code, "needs OpenTimelineIO, which this Python lacks" in done.err) == (1, True)
    assert wanflow("export", "main", "--format", "srt").code == 0


def test_without_its_adapter_only_one_format_is_missing(
    wanflow: Wanflow, assembled: probe.Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an update that left the dependencies as they were."""
    monkeypatch.setattr(otio.adapters.from_name("fcp_xml"), "name", "of another version")
    done = wanflow("export", "main", "--format", "fcp7")
    assert (done.code, "OpenTimelineIO lacks its adapter `fcp_xml`" in done.err) == (2, True), done.err
    assert wanflow("export", "main", "--format", "otio").code == 0


def test_a_sidecar_says_where_each_clip_comes_from(wanflow: Wanflow, assembled: probe.Facts) -> None:
    """Model, task, seed, digests and dates of each take; a file that somebody brought has its digest."""
    sidecar = json.loads(Path("out/main.provenance.json").read_text(encoding="utf-8"))
    assert (sidecar["file"], sidecar["digest"], sidecar["generated_by_ai"]) == ("out/main.mp4", assembled.digest, True)
    rows = {row["shot"]: row for row in json.loads(wanflow("takes", "--json").out)}
    assert [clip.get("shot") or clip["file"] for clip in sidecar["clips"]] == [
        "coast",
        "海岸",
        "it's 50% done #1.mp4",
        "coast",
    ]
    for clip in sidecar["clips"]:
        if "shot" in clip:
            row = rows[clip["shot"]]
            assert {key: clip[key] for key in ("model", "task_id", "seed", "digest", "date")} == {
                key: row[key] for key in ("model", "task_id", "seed", "digest", "date")
            }
