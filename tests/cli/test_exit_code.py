"""Every way to fail has its code and its words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from wanflow.cli.exit_code import guarded
from wanflow.errors import LockUnreadable, MediaFault, StoreBusy, StoreFault, ToolMissing, UnknownTarget, WanflowError
from wanflow.language.problem import Problem, SpecError
from wanflow.providers.faults import NoBucket, ServerFault, Unauthorised, UnknownFate, WrongAddress
from wanflow.runner.spending import OverBudget
from wanflow.yamldoc.nodes import Place

HERE = Place("wanflow.yaml", 3, 5)


def failing(fault: BaseException) -> Callable[[], int]:
    """Work that fails like this."""

    def work() -> int:
        raise fault

    return work


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (SpecError([Problem(HERE, "no such key")]), 2),
        (UnknownTarget("no node is called `x`"), 2),
        (LockUnreadable("`wanflow.lock` has conflict markers"), 2),
        (ToolMissing("no ffmpeg"), 2),
        (MediaFault("`a.mp4` is no film"), 2),
        (click.UsageError("no such option"), 2),
        (StoreBusy("another run holds this production"), 3),
        (Unauthorised("the key is refused"), 2),
        (WrongAddress("the address is of another region"), 2),
        (NoBucket("the bucket cannot be used"), 2),
        (UnknownFate("the reply was lost"), 5),
        (ServerFault("the service failed"), 1),
        (StoreFault("`journal` is damaged"), 1),
        (OSError(28, "No space left on device", "out/main.mp4"), 1),
        (ExceptionGroup("tasks", [StoreFault("the disk is full")]), 1),
        (RuntimeError("unforeseen"), 70),
        (ExceptionGroup("tasks", [StoreFault("the disk is full"), RuntimeError("unforeseen")]), 70),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
    ids=repr,
)
def test_each_failure_has_its_code(
    fault: BaseException, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script can tell them apart; none shows a traceback."""
    monkeypatch.chdir(tmp_path)
    assert guarded(failing(fault)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UnknownFate, 5), (OverBudget, 3), (Unauthorised, 2), (WrongAddress, 1), (NoBucket, 1), (ToolMissing, 1)],
)
def test_a_failed_step_has_its_own_code(kind: type[WanflowError], code: int) -> None:
    """A run in which one step fails did other work: what would be wrong for the command is a failure of the step."""
    assert kind("it failed").step_exit_code == code


def test_what_the_work_gives_is_the_code() -> None:
    """A command's own verdict passes through; none is 0."""
    assert guarded(lambda: 10) == 10
    assert guarded(lambda: 0) == 0


def test_the_way_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """An error is one line, its hint another."""
    guarded(failing(StoreFault("the disk is full", hint="make room")))
    assert capsys.readouterr().err == "error: the disk is full\nhint: make room\n"


def test_all_problems_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to run it again to see the second one."""
    first = Problem(HERE, "no such key `promt`", "did you mean `prompt`?", source="    promt: x")
    guarded(failing(SpecError([first, Problem(Place("wanflow.yaml", 9, 1), "no such shot")])))
    err = capsys.readouterr().err
    assert "wanflow.yaml:3:5: no such key `promt`" in err
    assert "      ^" in err
    assert "hint: did you mean `prompt`?" in err
    assert "wanflow.yaml:9:1: no such shot" in err


def test_a_bug_is_reported_to_a_file_that_is_named_and_hides_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report can be pasted: it has the traceback and neither the key nor a signature."""
    (tmp_path / ".wanflow").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DASHSCOPE_API_KEY", " sk-very-secret\n")
    signed = "https://host.example/film.mp4?Expires=1&Signature=s3cret"
    assert guarded(failing(RuntimeError(f"request with sk-very-secret to {signed} broke"))) == 70
    err = capsys.readouterr().err
    assert "this is a bug in wanflow" in err
    assert "sk-very-secret" not in err
    assert "s3cret" not in err
    (report,) = (tmp_path / ".wanflow").glob("bug-*")
    assert (tmp_path / ".wanflow" / ".gitignore").is_file()
    assert str(report.relative_to(tmp_path)) in err
    kept = report.read_text(encoding="utf-8")
    assert "Traceback" in kept
    assert "sk-very-secret" not in kept
    assert "https://host.example/film.mp4" in kept
    assert "s3cret" not in kept


def test_a_traceback_is_shown_to_those_who_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`WANFLOW_DEBUG=1` shows the traceback at once."""
    (tmp_path / ".wanflow").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANFLOW_DEBUG", "1")
    guarded(failing(RuntimeError("unforeseen")))
    assert "Traceback" in capsys.readouterr().err
