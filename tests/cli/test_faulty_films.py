"""Takes with faults on purpose: a run stores them as the emulator and the animatic deliver them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow
from PIL import ImageStat

from kit.emulated import deliver_faults
from kit.film_checks import frames
from kit.project import ONE, write_production
from kit.served import served
from wanflow.emulator.api.order import FilmFault, FilmFaultKind, Grade
from wanflow.emulator.api.server import Serving
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE

HEAD_ON_COAST = FilmFault(FilmFaultKind.HEAD)
"""A fault that the film of the coast cannot have."""


def _is_black(file: str) -> bool:
    return ImageStat.Stat(frames(Path(file))[5].convert("L")).mean[0] < 2


def test_a_served_emulator_delivers_the_fault_of_its_script(
    film: Path, wanflow: Wanflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The take is stored, and charged as any other; the next one is as asked for."""
    write_production(film.parent, ONE.replace("duration: 2", "duration: 2\n    takes: 2"))
    script = film.parent / "faults.json"
    script.write_text('{"faults": [{"on": "task", "deliver": "black"}]}', encoding="utf-8")
    monkeypatch.setenv(KEY_VARIABLE, "sk-animatic")
    with served(Serving(faults=script, grade=Grade.DRAFT)) as service:
        monkeypatch.setenv(BASE_VARIABLE, service.base_url)
        done = wanflow(*RUN, "coast", "--backend", "dashscope")
    assert done.code == 0, done.err
    assert {_is_black(f"out/dashscope/shots/coast.t{number}.mp4") for number in (1, 2)} == {True, False}


def test_the_animatic_of_this_process_delivers_faults_too(
    film: Path, wanflow: Wanflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the first task whose film can have it."""
    write_production(film.parent, ONE)
    deliver_faults(monkeypatch, HEAD_ON_COAST, FilmFault(FilmFaultKind.BLACK))
    assert wanflow("run", "-q", "coast").code == 0
    assert _is_black("out/shots/coast.t1.mp4")
