"""The first page that people see, and options on either side of the command."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from kit.project import write_production
from wanflow.cli.main import COMMANDS, commands

GOLDEN = Path(__file__).parents[1] / "golden" / "help"


@pytest.mark.parametrize("words", [(), ("init",)], ids=lambda words: " ".join(words) or "wanflow")
def test_help_is_the_approved_one(wanflow, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    """`wanflow --help` reads as approved, and so does that of `init`, which lists the templates."""
    monkeypatch.setenv("COLUMNS", "80")
    said = wanflow(*words, "--help")
    approved = GOLDEN / f"{words[-1] if words else 'wanflow'}.txt"
    assert (said.code, said.out) == (0, approved.read_text(encoding="utf-8"))


@pytest.mark.parametrize("verb", COMMANDS)
def test_the_table_and_the_command_agree_on_the_name(verb: str) -> None:
    """What the table calls a command is what the command calls itself."""
    command = commands.get_command(click.Context(commands), verb)
    assert command is not None
    assert command.name == verb


def test_the_file_can_be_named_before_and_after_the_command(wanflow, tmp_path: Path) -> None:
    """`-f` works on either side; the one after the command wins."""
    file = str(write_production(tmp_path / "film"))
    assert wanflow("-f", file, "list").code == 0
    assert wanflow("list", "-f", file).code == 0
    assert wanflow("-f", "nowhere.yaml", "list", "-f", file).code == 0
    assert wanflow("-f", "nowhere.yaml", "list").code == 2
