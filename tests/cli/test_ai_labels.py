"""AI labels of a whole production: in the film, beside it, and in what goes to an editing suite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest
from cli.conftest import RUN, Wanflow, paid_production, rewrite

from kit.clips import numbered_clip
from kit.served import Served
from kit.unusual_clips import ff
from wanflow.media.container import opened
from wanflow.media.labels import COMPOSITE, GENERATED, own_label, read_label, read_labels

FILM = """\
wanflow: 1
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_frame: sets/coast.png, prompt: nearer}
cuts:
  main: [coast, near]
  mixed: [coast, {file: brought.mp4}]
  again: [{file: earlier.mp4}]
"""
THEIRS = own_label("万相", "task-1")
OTHER = own_label("somebody else", 'a "name" = 100%')


def label(clip: Path, words: str) -> None:
    """Write a label into a clip."""
    labelled = clip.with_suffix(".labelled.mp4")
    ff("-i", clip, "-c", "copy", "-metadata", f"AIGC={words}", "-movflags", "use_metadata_tags", labelled)
    labelled.replace(clip)


def source_type(film: str) -> str:
    """What kind of source a film says it has."""
    with opened(Path(film)) as container:
        return container.metadata["DigitalSourceType"]


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A service that labels what it makes, and two clips that others labelled."""
    for name in ("brought.mp4", "earlier.mp4"):
        numbered_clip(Path(name), 10, (320, 240))
        label(Path(name), OTHER)
    with paid_production(film, FILM, monkeypatch) as running:
        label(film.parent / "made.mp4", THEIRS)
        yield running


def test_labels_of_takes_are_in_the_film_and_beside_it(wanflow: Wanflow, service: Served) -> None:
    """One label of all takes is the film's; of several each is listed under its own; the sidecar has each take."""
    assert wanflow(*RUN).code == 0
    assert read_labels(Path("out/main.mp4")) == (THEIRS,)
    assert source_type("out/main.mp4") == GENERATED
    own, *listed = read_labels(Path("out/mixed.mp4"))
    assert listed == [THEIRS, OTHER]
    assert json.loads(own)["ContentProducer"] == "wan2.7-i2v"
    assert source_type("out/mixed.mp4") == COMPOSITE
    assert read_labels(Path("out/again.mp4")) == (OTHER,)
    sidecar = json.loads(Path("out/main.provenance.json").read_text(encoding="utf-8"))
    assert sidecar["generated_by_ai"] is True
    assert [(clip["shot"], clip["take"], clip["model"]) for clip in sidecar["clips"]] == [
        ("coast", 1, "wan2.7-i2v"),
        ("near", 1, "wan2.7-i2v"),
    ]
    assert len({clip["task_id"] for clip in sidecar["clips"]} | {clip["digest"] for clip in sidecar["clips"]}) == 4


def test_ours_can_be_left_out_and_theirs_never(wanflow: Wanflow, service: Served) -> None:
    """`metadata: false` says nothing of our own."""
    Path("wanflow.yaml").write_text(f"{FILM}label: {{metadata: false}}\n", encoding="utf-8")
    assert wanflow(*RUN).code == 0
    assert read_labels(Path("out/main.mp4")) == (THEIRS,)
    assert read_labels(Path("out/mixed.mp4")) == (THEIRS, OTHER)


def test_a_take_without_a_label_gets_ours(wanflow: Wanflow, service: Served, film: Path) -> None:
    """What was made by AI says so, whoever forgot it; a cut of nothing else than brought clips claims nothing."""
    numbered_clip(film.parent / "made.mp4", 60, (320, 240))
    numbered_clip(Path("earlier.mp4"), 10, (320, 240))
    assert wanflow(*RUN).code == 0
    assert json.loads(read_label(Path("out/main.mp4")) or "")["ContentProducer"] == "wan2.7-i2v"
    assert source_type("out/main.mp4") == GENERATED
    assert read_labels(Path("out/again.mp4")) == ()


def test_labels_go_to_an_editing_suite_with_their_clips(wanflow: Wanflow, service: Served) -> None:
    """A suite that renders anew keeps no metadata of files, so the edit itself has them."""
    assert wanflow(*RUN).code == 0
    assert wanflow("export", "mixed").code == 0
    timeline = otio.adapters.read_from_file("out/mixed.otio")
    for track in timeline.tracks:
        assert [list(clip.metadata["wanflow"]["ai_labels"]) for clip in track] == [[THEIRS], [OTHER]]
    rewrite("again: [{file: earlier.mp4}]", "again: [{title: The End, duration: 1}]")
    assert wanflow("export", "again").code == 0
    assert "ai_labels" not in Path("out/again.otio").read_text(encoding="utf-8")
