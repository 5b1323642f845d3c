"""`takes --thumbnails` on a terminal that shows pictures, on one that does not, and without a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import tty
from pathlib import Path
from typing import NamedTuple

import pytest
from cli.conftest import Wanflow

from kit.project import clean, rewrite

SIXEL, NO_SIXEL = b"\x1b[?62;4c", b"\x1b[?62c"
"""What a terminal answers when it is asked for its attributes: 4 are sixels."""
KITTY, NO_KITTY = b"\x1b_Gi=1;OK\x1b\\", b"\x1b_Gi=1;ENOTSUP\x1b\\"
"""What a terminal answers when it is asked for kitty's protocol."""

NOTE = "note: `--thumbnails` needs a terminal with pictures, such as kitty, iTerm2, WezTerm or foot"


class OnTerminal(NamedTuple):
    """How a command on a terminal ended, and what it wrote there and on stderr."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """What is read on the screen: no pictures, no escape sequences, no blanks at the ends of lines."""
        without = re.sub(
            r"\x1bP.*?\x1b\\|\x1b_G.*?\x1b\\|\x1b\[[0-9;?]*[a-zA-Z]|\x1b[78]", "", self.out, flags=re.DOTALL
        )
        return re.sub(r" +$", "", without.replace("\r", ""), flags=re.MULTILINE)


WINDOW = (24, 100, 1000, 480)
"""Lines, columns, and pixels across and down of a window."""


def on_terminal(
    folder: Path, *words: str, answers: bytes, window: tuple[int, int, int, int] = WINDOW, **environ: str
) -> OnTerminal:
    """Run a command on a terminal of 100 cells of 10 by 20 pixels, which gives these answers when it is asked.

    `window` is another size. The answers wait in its input already, so that no clock matters.
    """
    master, slave = pty.openpty()
    tty.setraw(slave)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *window))
    os.write(master, answers)
    with subprocess.Popen(
        [sys.executable, "-m", "wanflow", *words],
        cwd=folder,
        env=clean({"TERM": "xterm-256color", **environ}),
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(slave)
        written = b""
        try:
            while part := os.read(master, 1 << 16):
                written += part
        except OSError:  # the end of a terminal without a process
            pass
        err = b"" if process.stderr is None else process.stderr.read()
    os.close(master)
    return OnTerminal(process.returncode, written.decode(), err.decode())


def test_each_take_has_its_picture_as_sixels(rendered: Path) -> None:
    """Beside its row, which is as without; the posters are kept for the next time."""
    done = on_terminal(rendered.parent, "takes", "--thumbnails", answers=SIXEL)
    assert (done.code, done.err) == (0, "")
    assert len(re.findall(r"\x1bP[0-9;]*q", done.out)) == 2
    assert re.search(r"^ {20,}coast\.t1 +default +current", done.text, re.MULTILINE)
    assert re.search(r"^ {20,}approach\.t1 +default +current", done.text, re.MULTILINE)
    assert max(map(len, done.text.splitlines())) <= 100
    assert len(list((rendered.parent / ".wanflow").rglob("*.poster.*"))) == 2


def test_kitty_gets_pictures_by_its_own_protocol(rendered: Path) -> None:
    """Also without colours: the number of a picture is written as a colour."""
    done = on_terminal(rendered.parent, "takes", "coast", "--thumbnails", answers=NO_SIXEL + KITTY, NO_COLOR="1")
    assert (done.code, done.err) == (0, "")
    assert len(re.findall(r"\x1b_Ga=p", done.out)) == 1
    assert re.search(r"\x1b\[38;2;\d+;\d+;\d+m\U0010eeee", done.out)
    assert "coast.t1" in done.text


def test_a_take_that_is_not_here_has_a_row_without_a_picture(rendered: Path) -> None:
    """And so has one whose file shows nothing."""
    takes = sorted((rendered.parent / ".wanflow" / "takes").rglob("*.mp4"))
    takes[0].unlink()
    takes[1].chmod(0o644)
    takes[1].write_bytes(b"no film")
    done = on_terminal(rendered.parent, "takes", "--thumbnails", answers=SIXEL)
    assert (done.code, "\x1bP" in done.out) == (0, False)
    assert {"coast.t1", "approach.t1"} <= set(done.text.split())


def test_a_hostile_name_cannot_write_to_the_terminal(rendered: Path) -> None:
    """A model's name in the lock comes from outside."""
    lock = rendered.parent / ".wanflow" / "animatic.lock"
    rewrite(lock, '"wan2.7-i2v"', '"wan\\u001b]0;evil\\u0007\\u001b[31m"')
    done = on_terminal(rendered.parent, "takes", "--thumbnails", answers=SIXEL)
    assert "evil" in done.text
    assert "\x1b]0" not in done.out
    assert "\x07" not in done.out


@pytest.mark.parametrize(
    ("answers", "environ"), [(NO_SIXEL + NO_KITTY, {}), (SIXEL, {"TERM": "dumb"}), ("é".encode(), {})]
)
def test_a_terminal_without_pictures_gets_the_rows(answers: bytes, environ: dict[str, str], rendered: Path) -> None:
    """And a note of what is needed; a key that was pressed meanwhile changes nothing."""
    done = on_terminal(rendered.parent, "takes", "--thumbnails", answers=answers, **environ)
    assert (done.code, done.err) == (0, f"{NOTE}\n")
    assert "\x1bP" not in done.out
    assert re.search(r"^coast\.t1 +default +current", done.text, re.MULTILINE)


@pytest.mark.parametrize(
    ("window", "late"), [((0, 0, 0, 0), b""), ((24, 0, 1000, 480), b""), ((24, 100, 0, 0), SIXEL + b"\x1b[6;20;10t")]
)
def test_a_window_of_unknown_size_gets_the_rows(window: tuple[int, int, int, int], late: bytes, rendered: Path) -> None:
    """As over a slow connection: no columns, or no pixels and an answer that belongs to another question."""
    done = on_terminal(rendered.parent, "takes", "--thumbnails", answers=NO_SIXEL + KITTY + late, window=window)
    assert (done.code, done.err) == (0, f"{NOTE}\n")
    assert re.search(r"^coast\.t1 +default +current", done.text, re.MULTILINE)


def test_a_pipe_gets_the_rows(wanflow: Wanflow, rendered: Path) -> None:
    """With the note on stderr; JSON has no pictures, so that both together are wrong usage."""
    done = wanflow("takes", "--thumbnails")
    assert (done.code, done.out) == (0, wanflow("takes").out)
    assert done.err == f"{NOTE}\n"
    both = wanflow("takes", "--thumbnails", "--json")
    (error,) = json.loads(both.out)["errors"]
    assert (both.code, error["code"]) == (2, "json-thumbnails-exclude-each-other")
    assert "`--json` and `--thumbnails` exclude each other" in both.err
