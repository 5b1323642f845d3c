"""`wanflow play`: which file a node means, and how it reaches the player."""

from __future__ import annotations

import json
import sys
from contextvars import copy_context
from copy import copy
from pathlib import Path

import pytest
from cli.conftest import Wanflow
from click.shell_completion import ShellComplete

from kit.project import ONE, rewrite, write_production
from wanflow.cli.main import commands

SCRIPT = """\
#!{python}
import json, sys
from pathlib import Path
Path({seen!r}).write_text(json.dumps(sys.argv[1:]))
print("the player speaks")
sys.exit({code})
"""


def write_player(folder: Path, name: str = "player", code: int = 0) -> Path:
    """A program in a folder that notes its arguments in `seen.json` beside it, and ends with a code."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    text = SCRIPT.format(python=sys.executable, seen=str(folder / "seen.json"), code=code)
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A player of the user, and the file in which it notes its arguments."""
    monkeypatch.setenv("WANFLOW_PLAYER", str(write_player(tmp_path / "bin")))
    return tmp_path / "bin" / "seen.json"


def played(player: Path) -> list[str]:
    """The arguments of the player, which then forgets them."""
    words: list[str] = json.loads(player.read_text(encoding="utf-8"))
    player.unlink()
    return words


@pytest.mark.parametrize(
    ("node", "file"),
    [
        ("coast", "out/shots/coast.t1.mp4"),
        ("approach.t1", "out/shots/approach.t1.mp4"),
        ("cut:main", "out/main.mp4"),
        ("main", "out/main.mp4"),
    ],
)
def test_a_node_is_opened_by_its_absolute_path(
    node: str, file: str, wanflow: Wanflow, rendered: Path, player: Path
) -> None:
    """As the one argument of the player; stdout has the path alone, whatever the player prints."""
    done = wanflow("play", node)
    assert (done.code, done.out, done.err) == (0, f"{rendered.parent / file}\n", "")
    assert played(player) == [str(rendered.parent / file)]


def test_a_name_that_looks_like_an_option_or_a_command_is_a_path(
    wanflow: Wanflow, rendered: Path, player: Path
) -> None:
    """No shell reads it, and it does not begin with a hyphen."""
    name = "-x $(touch harm) ; 'a' & b.mp4"
    rewrite(rendered, "main: [coast, approach]", f'main: {{output: "out/{name}", items: [coast, approach]}}')
    assert wanflow("run", "-q").code == 0
    assert wanflow("play", "main").code == 0
    assert played(player) == [str(rendered.parent / "out" / name)]
    assert not Path("harm").exists()


@pytest.mark.parametrize(
    ("node", "words", "hint"),
    [
        ("cost", "no take and no cut is called `cost`", "did you mean `coast`?"),
        ("cut:mian", "no take and no cut is called `cut:mian`", "did you mean `cut:main`?"),
        ("coast.t7", "`coast` has no take 7", "its takes: `coast.t1`"),
        ("approach.first_clip", "no take and no cut is called `approach.first_clip`", "did you mean"),
        ("-x\x1b[31m", "no take and no cut is called", "`wanflow takes` lists the takes"),
    ],
)
def test_a_node_that_has_no_film_is_an_error(
    node: str, words: str, hint: str, wanflow: Wanflow, rendered: Path, player: Path
) -> None:
    """With the nearest name, or the takes that exist; nothing is opened, and no escape sequence is printed."""
    done = wanflow("play", "--", node)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert hint in done.err
    assert "\x1b" not in done.err
    assert not player.exists()


def test_an_untrusted_production_opens_nothing_elsewhere(
    wanflow: Wanflow, rendered: Path, tmp_path: Path, player: Path
) -> None:
    """Its film may be a link to a file of the user."""
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"mine")
    (rendered.parent / "out" / "main.mp4").unlink()
    (rendered.parent / "out" / "main.mp4").symlink_to(secret)
    done = wanflow("play", "main", "--untrusted")
    assert (done.code, done.out) == (2, "")
    assert not player.exists()


@pytest.mark.parametrize(
    ("folder", "command", "options"),
    [
        ("bin", "{player} --loop --title 'a b; $(touch harm)'", ["--loop", "--title", "a b; $(touch harm)"]),
        ("my bin", "{player}", []),
        ("my bin", "'{player}' --loop", ["--loop"]),
    ],
)
def test_a_player_may_have_arguments(
    folder: str,
    command: str,
    options: list[str],
    wanflow: Wanflow,
    rendered: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the path, which comes last; they are split as a shell does, and no shell reads them."""
    monkeypatch.setenv("WANFLOW_PLAYER", command.format(player=write_player(tmp_path / folder)))
    assert wanflow("play", "coast").code == 0
    assert played(tmp_path / folder / "seen.json") == [*options, str(rendered.parent / "out/shots/coast.t1.mp4")]
    assert not Path("harm").exists()


def test_what_is_not_rendered_yet_is_said(wanflow: Wanflow, film: Path, player: Path) -> None:
    """With the command that renders it."""
    done = wanflow("play", "coast")
    assert done.code == 2
    assert "`coast` has no takes yet" in done.err
    assert "`wanflow run` renders one" in done.err
    done = wanflow("play", "main")
    assert done.code == 2
    assert f"`main` is not written yet: `{film.parent / 'out/main.mp4'}` does not exist" in done.err
    assert not player.exists()


def test_a_take_whose_file_is_missing_names_the_way_to_it(wanflow: Wanflow, rendered: Path, player: Path) -> None:
    """The lock knows it, and the store does not have it; its other name does not help."""
    for file in (rendered.parent / ".wanflow" / "takes").rglob("*.mp4"):
        file.unlink()
    done = wanflow("play", "coast")
    assert done.code == 2
    assert "the file of `coast.t1` is not here" in done.err
    assert "`wanflow pull`, or copy the store" in done.err


def test_a_take_of_a_removed_shot_is_played(wanflow: Wanflow, rendered: Path, player: Path) -> None:
    """By its name, since its file is still here."""
    write_production(rendered.parent, ONE)
    assert wanflow("play", "approach.t1").code == 0
    assert played(player) == [str(rendered.parent / "out/shots/approach.t1.mp4")]


def test_a_shot_without_a_pick_names_its_takes(wanflow: Wanflow, rendered: Path, player: Path) -> None:
    """Where a person has to choose first, none is opened by chance."""
    write_production(rendered.parent, ONE)
    done = wanflow("play", "approach")
    assert done.code == 2
    assert "no take of `approach` is in use" in done.err
    assert "its takes: `approach.t1`" in done.err


def test_a_production_with_errors_still_plays(wanflow: Wanflow, rendered: Path, player: Path) -> None:
    """The error is reported after the film was opened."""
    rewrite(rendered, "duration: 3", "duration: x")
    done = wanflow("play", "coast")
    assert done.code == 2
    assert "duration" in done.err
    assert played(player) == [str(rendered.parent / "out/shots/coast.t1.mp4")]


def test_the_opener_of_the_system_is_used(
    wanflow: Wanflow, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no player is named; one that fails is named with its exit code."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    write_player(tmp_path / "bin", "xdg-open", code=3)
    done = wanflow("play", "coast")
    assert done.code == 2
    assert played(tmp_path / "bin" / "seen.json") == [str(rendered.parent / "out/shots/coast.t1.mp4")]
    assert "xdg-open` failed to open the file (exit status 3)" in done.err
    assert "set WANFLOW_PLAYER to a player" in done.err


def test_a_machine_without_an_opener_gets_the_path(
    wanflow: Wanflow, rendered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On stdout, beside an error that says how to name a player; so does a player that is not a program."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    path = f"{rendered.parent / 'out/shots/coast.t1.mp4'}\n"
    done = wanflow("play", "coast")
    assert (done.code, done.out) == (2, path)
    assert "this machine has no program that opens films" in done.err
    for command in ("no-such-player", "no-such-player --loop", "'open quote", " "):
        monkeypatch.setenv("WANFLOW_PLAYER", command)
        done = wanflow("play", "coast")
        assert (done.code, done.out) == (2, path)
        assert f"WANFLOW_PLAYER names `{command}`, which is not a program" in done.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("play ", ["coast", "approach", "main"]),
        ("play c", ["coast"]),
        ("play coast", ["coast", "coast.t1"]),
        ("play approach.", ["approach.t1"]),
        ("play cut:", ["cut:main"]),
        ("pick a", ["approach"]),
        ("takes coast a", ["approach"]),
        ("run --exclude c", ["coast"]),
        ("retake c", ["coast"]),
        ("cancel c", ["coast"]),
        ("-f elsewhere.yaml play ", []),
    ],
)
def test_the_shell_completes_shots_cuts_and_takes(
    typed: str, offered: list[str], rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the production that the command line names; one that cannot be read completes nothing, in silence."""
    *words, begun = typed.split(" ")
    completion = ShellComplete(copy(commands), {}, "wanflow", "_WANFLOW_COMPLETE")
    # what it notes about the production ends with it, as with the process of a shell
    found = copy_context().run(completion.get_completions, words, begun)
    assert [item.value for item in found] == offered
    assert capsys.readouterr() == ("", "")
