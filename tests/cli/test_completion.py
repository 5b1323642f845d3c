"""`wanflow completion`: what it installs works in the shell, and what is not its own stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from wanflow.cli.main import COMMANDS


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with the folders where XDG puts them."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_shell_of_the_user_completes_after_it(wanflow, home: Path) -> None:
    """The script lies where bash-completion looks, and bash completes the name of a command by it."""
    said = wanflow("completion")
    script = home / ".local/share/bash-completion/completions/wanflow"
    assert (said.code, said.out.splitlines()[0]) == (0, str(script))
    typed = (
        f"source {script}; COMP_WORDS=(wanflow stat); COMP_CWORD=1; _wanflow_completion wanflow; echo ${{COMPREPLY[@]}}"
    )
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-c", typed],  # noqa: S607
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("status\n", "")


@pytest.mark.parametrize(("language", "word"), [("en", "Usage:"), ("zh_CN", "用法")])
def test_the_man_page_has_every_command(
    wanflow, home: Path, monkeypatch: pytest.MonkeyPatch, language: str, word: str
) -> None:
    """A section each, in the language of the user; no line of help is taken for a command of roff."""
    monkeypatch.setenv("WANFLOW_LANG", language)
    assert wanflow("completion", "fish").code == 0
    page = (home / ".local/share/man/man1/wanflow.1").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith(".SH")] == [
        *(".SH NAME", ".SH COMMANDS"),
        *(f".SH {name.upper()}" for name in COMMANDS),
    ]
    assert word in page
    known = (".SH", ".TH", ".nf", ".fi", '.\\"')
    assert [line for line in page.splitlines() if line.startswith((".", "'")) and not line.startswith(known)] == []
    if groff := shutil.which("groff"):
        argv = [groff, "-man", "-K", "utf8", "-T", "utf8", str(home / ".local/share/man/man1/wanflow.1")]
        done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
        assert "--dry-run" in done.stdout or "--budget" in done.stdout.replace("\u2010", "-"), done.stderr


def test_a_file_of_the_user_stays(wanflow, home: Path) -> None:
    """A script that somebody else wrote is named, and kept; one of ours is written again."""
    script = home / ".config/fish/completions/wanflow.fish"
    assert wanflow("completion", "fish").code == 0
    assert wanflow("completion", "fish").code == 0
    script.write_text("mine", encoding="utf-8")
    said = wanflow("completion", "fish")
    assert (said.code, script.read_text(encoding="utf-8")) == (2, "mine")
    assert "exists already" in said.err


def test_a_script_can_be_printed(wanflow, home: Path) -> None:
    """For other places; then nothing is installed."""
    said = wanflow("completion", "zsh", "--print")
    assert said.out.startswith("#compdef wanflow\n")
    assert not (home / ".local").exists()


@pytest.mark.parametrize("shell", ["tcsh", ""])
def test_an_unknown_shell_is_refused(wanflow, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    """With those that there are."""
    monkeypatch.setenv("SHELL", "")
    said = wanflow("completion", *filter(None, [shell]))
    assert said.code == 2
    assert "bash, fish, zsh" in said.err


def test_a_home_that_cannot_be_written_is_said(wanflow, home: Path) -> None:
    """And the way out."""
    (home / ".config").write_text("", encoding="utf-8")
    said = wanflow("completion", "fish")
    assert said.code == 2
    assert "use `--print`" in said.err
