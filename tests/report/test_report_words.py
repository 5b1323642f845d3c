"""Words, numbers and columns."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from wanflow.characters import cells_wide, escaped_json, for_shell, shown
from wanflow.report.text.words import count, listed, on_one_line

ESCAPES = (
    ("a\nb\tc\rd", r"a\nb\tc\rd"),
    ("\x1b[31mred\x9b2J\x7f", r"\u001b[31mred\u009b2J\u007f"),
    ("a\u202eb\u2066c\u061cd\u200ee", r"a\u202eb\u2066c\u061cd\u200ee"),
    ("a\u200bb\u2028c\ufeffd\u3164", r"a\u200bb\u2028c\ufeffd\u3164"),
    ("\U000e0041\udc80", r"\U000e0041\udc80"),
    ("灯塔\u3000[bold] café 🎬", "灯塔\u3000[bold] café 🎬"),
)
JOINED = (
    ("👩\u200d🚀 क्\u200dष می\u200cخواهم", "👩\u200d🚀 क्\u200dष می\u200cخواهم"),
    ("a\u200db", r"a\u200db"),
    ("👩\u200d\u200d🚀", "👩\u200d" + r"\u200d🚀"),
    ("\u202e\u200d", r"\u202e\u200d"),
    ("1\ufe0f\u20e3 葛\U000e0100", "1\ufe0f\u20e3 葛\U000e0100"),
    ("❤\ufe0f\ufe0e\ufe0e", "❤\ufe0f" + r"\ufe0e\ufe0e"),
)
COMMANDS = (
    ("::set-output name=t::evil", r":\u003aset-output name=t::evil"),
    ("\u3000 ::x", "\u3000 " + r":\u003ax"),
    (":::x", r":\u003a:x"),
    ("\u200b::x", r"\u200b::x"),
    ("a ##[group]b ##vso[task]", r"a ##\u005bgroup]b ##vso\u005btask]"),
    ("a::b # [c] 10:30", "a::b # [c] 10:30"),
)


@pytest.mark.parametrize(("text", "printed"), [*ESCAPES, *JOINED, *COMMANDS])
def test_nothing_reaches_the_terminal_that_it_would_act_on(text: str, printed: str) -> None:
    """Controls, directions and commands are escaped; words of any language, and their joiners, stay."""
    assert shown(text) == printed
    assert shown(printed) == printed
    document = {text: [text, {"key": text}]}
    assert json.loads(escaped_json(json.dumps(document, ensure_ascii=False, indent=2))) == document


def test_a_long_text_loses_its_middle() -> None:
    """Both ends say what it was."""
    assert shown("`" + "a" * 500 + "` is unknown", 40) == f"`{'a' * 25}…a` is unknown"
    assert shown("a" * 40, 40) == "a" * 40
    assert len(shown("a" * 10**6)) == 20_000


WORDS_FOR_SHELLS = (
    ("coast", "coast"),
    ("灯塔/看守人-1", "灯塔/看守人-1"),
    ("a b", "'a b'"),
    ("it's", """'it'"'"'s'"""),
    ("$(touch pwned); rm -rf ~ &", "'$(touch pwned); rm -rf ~ &'"),
    ("a`touch pwned`'\\", r"$'a\x60touch pwned\x60\'\\'"),
    ("a\n::error::\x1b[2J\u202e\U000e0041", r"$'a\n::error::\u001b[2J\u202e\U000e0041'"),
    ("::x ##[y", r"$':\u003ax ##\u005by'"),
    ("\udcff\udc80\t", r"$'\xff\x80\t'"),
)


@pytest.mark.parametrize(("word", "pasted"), WORDS_FOR_SHELLS)
def test_a_word_in_a_command_is_what_a_shell_reads(word: str, pasted: str, tmp_path: Path) -> None:
    """Whatever a folder is called: pasting the command does what it says, and nothing else."""
    assert for_shell(word) == pasted
    assert shown(pasted) == pasted
    assert "`" not in pasted
    script = f"printf %s {pasted}".encode()
    environ = {**os.environ, "LC_ALL": "C.UTF-8"}
    read = subprocess.run(
        [shutil.which("bash") or "bash", "-c", script], cwd=tmp_path, env=environ, stdout=subprocess.PIPE, check=True
    )
    assert read.stdout == os.fsencode(word)
    assert list(tmp_path.iterdir()) == []


def test_a_text_of_several_lines_is_put_on_one() -> None:
    """Formats of editing suites have one line for it."""
    assert on_one_line(" a\n\n b\u2028c\x1b") == r"a b c\u001b"


@pytest.mark.parametrize(
    ("text", "cells"), [("coast", 5), ("海岸", 4), ("e\u0301te\u0301", 3), ("ก\u0e34", 1), ("ｆ", 2)]
)
def test_a_text_is_as_wide_as_its_cells(text: str, cells: int) -> None:
    """Han and full-width signs take two cells, a mark above or below another sign takes none."""
    assert cells_wide(text) == cells


def test_counting_and_listing() -> None:
    """One take, two takes; a, b and c."""
    assert (count(1, "take"), count(2, "take")) == ("1 take", "2 takes")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
