"""Commands whose terminal or pipe lacks signs that they print: the signs are replaced, and nothing fails."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from kit.project import clean, write_production
from kit.run_processes import WANFLOW
from wanflow.cli.encoding import REPLACING, in_utf8
from wanflow.cli.exit_code import guarded
from wanflow.cli.main import main

FILM = """\
wanflow: 1
title: Harbour 🚤
cast:
  梅: {image: sets/coast.png, note: "a girl with a 🪁"}
shots:
  码头: {model: wan2.7-i2v, first_frame: sets/coast.png, duration: 2, resolution: 720P, prompt: "Boats leave 🌊 the ‘quay’."}
cuts:
  终: [码头]
"""
ENCODINGS = ("gbk", "cp1252", "latin-1", "cp437", "utf-8")
"""Encodings of terminals, none of which has a lone surrogate; ASCII is not among them, because click replaces a stream
of ASCII that is not the process's own.
"""
BOTH = (
    ("plan", "-v"),
    ("plan", "-q"),
    ("status",),
    ("takes",),
    ("costs",),
    ("why", "码头"),
    ("show", "码头"),
    ("list",),
    ("graph",),
    ("graph", "--format", "dot"),
    ("models",),
    ("validate",),
    ("validate", "--format", "github"),
    ("gc",),
    ("hold", "码头"),
    ("release", "码头"),
    ("pick", "码头", "1"),
    ("retake", "码头"),
    ("run", "-v"),
    ("export", "--format", "edl"),
    ("collect",),
    ("cancel",),
    ("init", "🚤"),
)
WRONG = (
    ("why", "🚤"),
    ("pick", "🚤", "1"),
    ("plan", "tag:🚤", "\udcff"),
    ("plan", "-f", "\udcff🚤.yaml"),
    ("plan", "--set", "🚤=\udcff"),
    ("frobnicate🚤",),
    ("plan", "--budget", "🚤 CNY"),
    ("models", "🚤"),
    ("init", "--template", "🚤"),
)
JSON = (
    ("plan", "--json"),
    ("status", "--json"),
    ("takes", "--json"),
    ("costs", "--json"),
    ("show", "码头", "--json"),
    ("graph", "--format", "json"),
    ("validate", "--format", "json"),
    ("schema",),
    ("cancel", "--json"),
    ("export", "-o", "-"),
)


class Printed(NamedTuple):
    """How a command ended, and the bytes that it wrote."""

    code: int
    out: bytes
    err: bytes


Command = Callable[..., Printed]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a production full of signs that was run once; not to be changed."""
    folder = tmp_path_factory.mktemp("signs")
    assert main(["run", "-q", "-f", str(write_production(folder, FILM))]) == 0
    return folder


@pytest.fixture
def production(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it in the current folder."""
    folder = tmp_path / "film"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line in this process, with streams of an encoding."""

    def call(encoding: str, *words: str) -> Printed:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", streams[0])
            patched.setattr(sys, "stderr", streams[1])
            code = main(words)
        assert [stream.errors for stream in streams] == ["strict", "strict"]
        out, err = (stream.buffer for stream in streams)
        assert isinstance(out, io.BytesIO)
        assert isinstance(err, io.BytesIO)
        return Printed(code, out.getvalue(), err.getvalue())

    return call


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_command_prints_in_every_encoding(encoding: str, printed: Command, production: Path) -> None:
    """What it prints is text of that encoding."""
    for words in BOTH:
        said = printed(encoding, *words)
        assert (words, said.code, said.err if said.code else b"") == (words, 0, b"")
        assert (said.out + said.err).decode(encoding)
    for words in WRONG:
        said = printed(encoding, *words)
        assert (words, said.code) == (words, 2), said.err
        assert said.err.decode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_the_same_document_in_every_encoding(encoding: str, printed: Command, production: Path) -> None:
    """Signs are escaped as JSON escapes them, not replaced."""
    for words in JSON:
        said, right = printed(encoding, *words), printed("utf-8", *words)
        assert json.loads(said.out) == json.loads(right.out.decode())
        assert said.code == right.code


def test_events_are_the_same_in_an_encoding_without_all_signs(printed: Command, production: Path) -> None:
    """As all JSON is."""
    (production / "wanflow.lock").unlink()
    shutil.rmtree(production / ".wanflow")
    events = [json.loads(line) for line in printed("cp437", "run", "--json").out.splitlines()]
    assert events[0]["node"] == "码头.t1"
    assert events[-1]["cuts"] == {"终": "out/终.mp4"}


def test_an_export_on_stdout_is_utf8_as_its_file(printed: Command, production: Path) -> None:
    """It is for a program, so its bytes do not depend on the terminal."""
    assert b"TITLE: Harbour" in (said := printed("gbk", "export", "--format", "edl", "-o", "-")).out
    assert "码头.t1" in said.out.decode()


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("≤ 3 CNY · a → b", "ascii", "<= 3 CNY - a -> b"),
        ("码头 é 🚤", "latin-1", "\\u7801\\u5934 é \\U0001f6a4"),
        ("码头 é 🚤", "gbk", "码头 é \\U0001f6a4"),
        ("a\udcff", "utf-8", "a\\udcff"),
    ],
)
def test_a_sign_becomes_a_simpler_one_or_an_escape(text: str, encoding: str, shown: str) -> None:
    """So that two names stay two."""
    assert text.encode(encoding, REPLACING).decode(encoding) == shown


def test_a_bug_with_strange_signs_is_reported(
    printed: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is written, whatever the exception says."""

    def broken() -> int:
        raise RuntimeError("🚤 \udcff")

    monkeypatch.chdir(tmp_path)
    (tmp_path / ".wanflow").mkdir()
    assert guarded(broken) == 70
    (report,) = (tmp_path / ".wanflow").glob("bug-*.txt")
    assert "🚤 \\udcff" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["gbk", "big5", "ascii"])
@pytest.mark.parametrize("written", ["utf-8", "of the locale"])
def test_an_argument_means_what_was_typed_in_any_locale(encoding: str, written: str) -> None:
    """Names in the encoding of the terminal, or in UTF-8 from a script; the codec fails on no bytes."""
    name = "coast.t1" if encoding == "ascii" else "海岸.t1"
    typed = name.encode("utf-8" if written == "utf-8" else encoding)
    assert in_utf8(typed.decode(encoding, "surrogateescape"), encoding) == name.encode()
    assert in_utf8(b"\xff\xfe".decode(encoding, "surrogateescape"), encoding) == b"\xff\xfe"
    assert in_utf8("\u20ac", "gbk") == "\u20ac".encode()
    assert in_utf8("閲嶉\u20ac\udca2", "gbk") == "重逢".encode()


@pytest.mark.parametrize(
    "locale",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["stream", "locale"],
)
def test_ascii_prints_ascii_and_keeps_names_of_files(locale: dict[str, str], production: Path) -> None:
    """A locale without UTF-8 changes what is printed, not which files are read and written."""
    for folder in (".wanflow", "out"):
        shutil.rmtree(production / folder)
    (production / "wanflow.lock").unlink()
    done = subprocess.run([*WANFLOW, "run"], env=clean(locale), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("ascii").strip() == "out/\\u7ec8.mp4"
    assert b"\\u7801\\u5934.t1: rendering" in done.stderr
    assert (production / "out" / "终.mp4").exists()
