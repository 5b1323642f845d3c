"""Commands on terminals: no wider than the screen, with colours by the rules that other tools follow."""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.project import rewrite, write_production
from kit.terminals import Terminal
from wanflow.characters import cells_wide
from wanflow.cli.main import main
from wanflow.cli.screen import screen_of

FILM = """\
wanflow: 1
title: 灯塔看守人
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  harbour_at_dawn: {first_frame: sets/coast.png, prompt: "海边的灯塔，清晨的薄雾。"}
  灯塔看守人第一集: {first_clip: {shot: harbour_at_dawn, tail: 2}, prompt: 灯塔看守人走上楼梯。, duration: 3}
  回家: {first_frame: {shot: 灯塔看守人第一集, frame: last}, prompt: "Home."}
cuts:
  正片: [harbour_at_dawn, 灯塔看守人第一集, 回家]
"""
TABLES = (
    ("plan",),
    ("plan", "-v"),
    ("status",),
    ("status", "-v"),
    ("takes",),
    ("takes", "-v"),
    ("models",),
    ("models", "wan2.7-r2v"),
    ("models", "wan2.7-videoedit"),
    ("show", "回家"),
    ("doctor",),
    ("gc",),
    ("validate",),
)
STYLE = re.compile("\x1b\\[[0-9;]*m")
COLOURS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")


Shown = Callable[..., str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a production that was run, then edited in its middle; not to be changed."""
    folder = tmp_path_factory.mktemp("screen")
    film = write_production(folder, FILM)
    assert main(["run", "-q", "-f", str(film)]) == 0
    rewrite(film, "清晨的薄雾", "黄昏的薄雾")
    return folder


@pytest.fixture
def shown(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The command line in a copy of it, on a terminal of this width; None is a pipe."""
    shutil.copytree(made, tmp_path / "film")
    monkeypatch.chdir(tmp_path / "film")
    for name in COLOURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def call(width: int | None, *words: str) -> str:
        stream = (Terminal if width else io.TextIOWrapper)(io.BytesIO(), encoding="utf-8")
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", stream)
            patched.setenv("COLUMNS", str(width or 20))
            assert main(words) in {0, 1, 2}
        assert isinstance(stream.buffer, io.BytesIO)
        return stream.buffer.getvalue().decode()

    return call


@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_the_screen(width: int, shown: Shown) -> None:
    """Han names are measured as a terminal draws them."""
    for words in TABLES:
        for line in STYLE.sub("", shown(width, *words)).splitlines():
            sentence = line.startswith(("Plan: ", "a run ", "note: "))  # the terminal itself breaks a sentence
            assert sentence or cells_wide(line) <= width, (words, line)


def test_a_pipe_has_rows_of_one_line_without_colours(shown: Shown) -> None:
    """However narrow the terminal is that the command was called from."""
    for words in (("plan", "-v"), ("status",), ("takes",)):
        text = shown(None, *words)
        assert "\x1b" not in text
        assert max(map(cells_wide, text.splitlines())) > 80
    (row,) = (line for line in shown(None, "plan").splitlines() if "harbour_at_dawn.t2" in line)
    assert row.split()[2:9] == ["render", "wan2.7-i2v", "2", "s", "2", "s", "1.20"]


def test_a_plan_shows_what_changes_and_counts_the_rest(shown: Shown) -> None:
    """`-v` shows it as well."""
    film = Path("wanflow.yaml")
    rewrite(film, "黄昏的薄雾", "清晨的薄雾")
    rewrite(film, "Home.", "At home.")
    text = shown(None, "plan")
    assert "harbour_at_dawn.t1" not in text
    assert "4 unchanged (-v shows them)" in text
    text = shown(None, "plan", "-v")
    assert "harbour_at_dawn.t1" in text
    assert "-v shows" not in text


def test_ids_are_shown_with_v_alone(shown: Shown) -> None:
    """A digest is of use to few."""
    assert not re.search("[0-9a-f]{64}", shown(None, "takes"))
    assert len(re.findall("[0-9a-f]{64}", shown(None, "takes", "-v"))) == 3


@pytest.mark.parametrize(
    ("environ", "on_a_terminal", "in_a_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0", "CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
        ({"NO_COLOR": "yes", "FORCE_COLOR": "1"}, False, False),
    ],
)
def test_colours_follow_the_environment(environ: dict[str, str], on_a_terminal: bool, in_a_pipe: bool) -> None:
    """`NO_COLOR` with any value forbids them, whatever else is set."""
    assert screen_of(Terminal(io.BytesIO()), environ).coloured is on_a_terminal
    assert screen_of(io.TextIOWrapper(io.BytesIO()), environ).coloured is in_a_pipe


def test_a_forced_colour_reaches_a_pipe(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a terminal has them by itself."""
    assert "\x1b[32mrender\x1b[0m" in shown(80, "plan")
    assert "\x1b" not in shown(None, "plan")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32mrender\x1b[0m" in shown(None, "plan")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(80, "plan")


@pytest.mark.parametrize(("environ", "width"), [({"COLUMNS": "132"}, 132), ({"COLUMNS": "0"}, 80), ({}, 80)])
def test_the_width_is_that_of_the_terminal(environ: dict[str, str], width: int) -> None:
    """`COLUMNS` comes first, 80 serves a terminal that does not know."""
    assert screen_of(Terminal(io.BytesIO()), environ).width == width
    assert screen_of(io.TextIOWrapper(io.BytesIO()), environ).width is None


@pytest.mark.parametrize("before", ["", "灯塔看守人", "e\u0301te\u0301 ", "ab " * 40, "灯塔看守人" * 20], ids=len)
def test_a_caret_is_below_its_place_on_every_screen(before: str, shown: Shown) -> None:
    """A source line that the terminal would break is shortened around the place."""
    words = "prompt: 灯塔看守人走上楼梯。, duration: 3"
    rewrite(Path("wanflow.yaml"), f"{words}}}", f'prompt: "x{before}", duration: 3, durration: 3}}  # {"long " * 30}')
    for width in (40, 80, 120):
        line, caret = shown(width, "validate").splitlines()[1:3]
        assert cells_wide(line) <= width
        assert cells_wide(line.partition("durration")[0]) == cells_wide(caret) - 1
