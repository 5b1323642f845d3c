"""Every input of ffmpeg and PyAV has an allow-list of demuxers and one of protocols."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from PIL import Image

from kit.clips import click_sound, number_picture, numbered_clip

PACKAGE = Path(__file__).parents[2] / "wanflow"

FILM = """\
wanflow: 1
title: All kinds
defaults: {resolution: 720P, duration: 2}
shots:
  coast: {model: wan2.7-i2v, first_frame: still.png, driving_audio: {file: one.mp4, track: audio}, prompt: The coast.}
  on: {model: wan2.7-i2v, first_clip: {file: one.mp4, tail: 2}, duration: 3, prompt: The coast goes on.}
  people:
    model: wan2.7-r2v
    references: [{image: still.png, voice: theme.wav}, {video: one.mp4}]
    prompt: Image 1 meets Video 1.
cuts:
  main:
    items:
      - {file: one.mp4}
      - {file: slow.ts}
      - {file: moving.gif, duration: 1}
      - {file: still.png, duration: 1, transition: {type: wipe, duration: 0.5}}
      - {title: "The End", duration: 1, background: navy}
      - {shot: coast, transition: {type: dissolve, duration: 0.5}}
    music: {file: theme.wav, gain: -12, fade: 0.5, duck: true}
    subtitles: [subs.en.srt, {file: subs.zh.srt, burn: true}]
    loudness: -20
label: {opening_notice: {text: drawn by a machine, seconds: 2}}
"""

RECORD = """
import json, sys
from wanflow.cli.main import main

started = []

def note(event, arguments):
    if event == "subprocess.Popen":
        started.append([str(word) for word in arguments[1]])

sys.addaudithook(note)
code = main(["run"])
print(json.dumps({"code": code, "started": started}))
"""
"""Runs a production, and prints the arguments of every process that it starts."""

NETWORK = {"http", "https", "tcp", "udp", "rtp", "rtsp", "rtmp", "ftp", "data", "subfile", "crypto", "concat", "tls"}
READING_FILTERS = ("movie=", "subtitles=", "ass=", "drawtext=", "lut3d=", "lut1d=", "haldclut", "textfile", "sendcmd")
"""Filters, and options of filters, that open files."""


def inputs(argv: Sequence[str]) -> Iterator[tuple[dict[str, str], str]]:
    """The inputs of an ffmpeg: the options before each `-i`, and what it names."""
    told: dict[str, str] = {}
    for option, value in pairwise(argv):
        if option == "-i":
            yield told, value
            told = {}
        elif option.startswith("-"):
            told[option] = value


def test_every_input_of_a_run_is_told_what_it_may_open(tmp_path: Path) -> None:
    """A film with all kinds of items and extracts: no `-i` without a demuxer, and a protocol that reaches no network."""
    numbered_clip(tmp_path / "one.mp4", 90, (320, 240))
    numbered_clip(tmp_path / "slow.ts", 30, (320, 240), container_format="mpegts")
    number_picture(5, (320, 240)).save(tmp_path / "still.png")
    number_picture(6, (320, 240)).save(
        tmp_path / "moving.gif", save_all=True, append_images=[Image.new("RGB", (320, 240))], duration=100
    )
    click_sound(tmp_path / "theme.wav", 48_000 * 8)
    for language in ("en", "zh"):
        (tmp_path / f"subs.{language}.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    (tmp_path / "wanflow.yaml").write_text(FILM)
    done = subprocess.run(
        [sys.executable, "-c", RECORD],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["code"] == 0, done.stderr
    read = [each for argv in told["started"] for each in inputs(argv)]
    kinds = {options["-f"] for options, _ in read if "-f" in options}
    assert kinds >= {"mov", "png_pipe", "nut", "lavfi", "concat", "aac", "srt", "ffmetadata", "s16le", "wav"}
    for options, source in read:
        demuxers, protocols = options["-format_whitelist"], options["-protocol_whitelist"]
        assert demuxers, source
        assert not NETWORK & set(protocols.split(",")), source
        assert source.startswith(("/", "pipe:0")) or options["-f"] == "lavfi", source
        assert options.get("-f") in (None, *demuxers.split(","))
        assert "mov" not in demuxers.split(",") or demuxers == "concat,mov" or options["-enable_drefs"] == "0"
    graphs = [word for argv in told["started"] for word in argv if "[s0]" in word]
    assert graphs
    assert [word for word in graphs if any(name in word for name in READING_FILTERS)] == []


OPENERS = {
    "ffmpeg.input": {"media/inputs.py"},
    "av.open": {"emulator/film/repetition.py", "media/container.py", "media/pipe.py"},
    "Image.open": {"media/picture/still.py"},
    "ImageFont.truetype": {"media/text/font_files.py"},
    "TrueTypeFont": {"media/text/font_files.py"},
    "CodecContext.create": {"media/look.py"},
    "SSAFile.load": set(),
}
"""Calls that open a file of others, and the modules that may: `av.open` for reading in `container`, in the others to
write a film of the animatic, and to a pipe; `ImageFont.truetype` by names of the program's own."""


def test_files_are_opened_in_one_place() -> None:
    """Which has the allow-lists and the limits; `-i` is spelt there alone."""
    found: dict[str, set[str]] = {name: set() for name in OPENERS}
    spelt = set()
    for file in sorted(PACKAGE.rglob("*.py")):
        tree, place = ast.parse(file.read_text(encoding="utf-8")), file.relative_to(PACKAGE).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                for name in OPENERS:
                    if called == name or called.endswith(f".{name}"):
                        found[name].add(place)
            if isinstance(node, ast.Constant) and node.value == "-i":
                spelt.add(place)
    assert found == OPENERS
    assert spelt == {"media/inputs.py"}
