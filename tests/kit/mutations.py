"""Productions as their authors write them, and what can happen to their files: slips, tricks and plain damage."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = Path(__file__).parents[2] / "pipelines"
PICTURES = ("sets/coast.png", "cast/keeper.png", "sets/door.png")

Texts = Mapping[str, bytes]
"""The files of a production by their paths."""

RICH: Texts = {
    "wanflow.yaml": b"""\
wanflow: 1
title: Storm
backend: animatic
include: [people.yaml, "scenes/*.yaml"]
vars: {style: gouache, secs: 4, night: "by night"}
defaults:
  model: wan2.7-i2v
  resolution: 720P
  prompt_extend: false
  models: {wan2.7-t2v: {ratio: "16:9"}}
budget: 600 CNY
label: {metadata: true, opening_notice: {text: AI, seconds: 3}}
x-common: &common {tags: [sea, night], takes: 2}
shots:
  talk:
    matrix:
      look: [Film Noir, "\xe6\xb0\xb4\xe5\xa2\xa8", {key: hand, words: hand-painted in oil}]
      ratio: ["16:9", "9:16"]
      exclude: [{look: "\xe6\xb0\xb4\xe5\xa2\xa8", ratio: "9:16"}]
    model: wan2.7-t2v
    prompt: "A talk in ${ratio}, ${style}, ${missing:-nothing}, $$5"
    ratio: ${ratio}
    duration: ${secs}
  wave: {<<: *common, first_frame: sets/coast.png, prompt: "A wave #1", duration: 5, seed: 7, pick: wait}
  storm:
    use: pipes/two.yaml
    with: {clip: {shot: harbour/arrival}, words: "${keeper} shouts", who: keeper, secs: 6}
    takes: 2
    tags: [night]
  storms:
    matrix: {n: [1, 2]}
    use: pipes/outer.yaml
    with: {clip: {shot: wave, tail: 2.5}, who: gull}
  edit:
    model: wan2.7-videoedit
    video: {shot: talk/film-noir-16x9}
    prompt: Turn day into night.
cuts:
  main: [talk, harbour/arrival, harbour/leave, storm]
  trailer:
    items:
      - {title: "The End", duration: 2, background: navy}
      - {shot: harbour/arrival, in: 0.5, out: 3}
      - {shot: wave, transition: {type: dissolve, duration: 0.5}, overlap: keep}
      - {file: sets/door.png, duration: 2}
    size: 1280x720
    fps: 29.97
    loudness: -16
""",
    "people.yaml": b"""\
cast:
  keeper: {image: cast/keeper.png}
  gull: {image: sets/coast.png}
shots:
  both:
    model: wan2.7-r2v
    prompt: ${keeper} looks at ${gull}
    ratio: "16:9"
    duration: 5
""",
    "scenes/harbour.yaml": b"""\
scene: harbour
include: [deep/night.yaml]
vars: {place: a harbour}
shots:
  arrival:
    first_frame: ../sets/coast.png
    last_frame: {file: ../sets/door.png}
    prompt: arrival at ${place}, ${style}
    duration: 5
  leave:
    first_clip: {shot: arrival, tail: 2}
    prompt: >-
      leaving
      slowly
    duration: 5
cuts:
  harbour: [arrival, leave]
""",
    "scenes/deep/night.yaml": b"""\
scene: night
shots:
  still: {first_frame: {shot: arrival, frame: last}, prompt: still, duration: 4}
""",
    "pipes/two.yaml": b"""\
pipeline: two
inputs:
  clip: {type: media}
  words: {type: string, default: calm}
  who: {type: cast, default: null}
  secs: {type: integer, default: 5}
  neg: {type: string, default: null}
defaults: {resolution: 1080P}
shots:
  a:
    first_clip: {input: clip, tail: 2}
    prompt: goes on
    duration: ${secs}
    negative_prompt: ${neg}
  b:
    model: wan2.7-r2v
    references: [who, {image: ../sets/door.png}]
    prompt: "${who} waits. ${words}"
    ratio: "16:9"
    duration: 5
output: b
""",
    "pipes/outer.yaml": b"""\
pipeline: outer
inputs: {clip: {type: media}, who: {type: cast}}
shots:
  one: {use: two.yaml, with: {clip: {input: clip}, secs: 4, who: who}}
  two: {use: two.yaml, with: {clip: {shot: one, tail: 3}, who: who}}
output: two
""",
}
"""One production with everything that the language has."""


def productions() -> dict[str, Texts]:
    """The examples and RICH, by name."""
    examples = {folder.parent.name: _texts(folder.parent) for folder in sorted(EXAMPLES.glob("*/wanflow.yaml"))}
    return {"rich": RICH, **examples}


def _texts(folder: Path) -> Texts:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*.yaml"))}


def write_media(name: str, folder: Path) -> None:
    """What a production needs beside its texts."""
    if name == "rich":
        for picture in PICTURES:
            (folder / picture).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (320, 240), (70, 110, 150)).save(folder / picture)
        return
    for file in (EXAMPLES / name).rglob("*"):
        if file.is_file() and file.suffix not in {".yaml", ".txt"} and ".wanflow" not in file.parts:
            copy = folder / file.relative_to(EXAMPLES / name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())


HOSTILE = (
    *(
        "",
        "null",
        "~",
        "true",
        "no",
        "[]",
        "{}",
        "[[]]",
        "{a: {b: [c]}}",
        "*a",
        "*common",
        "&a x",
        "&a [*a]",
        "- x",
        "? y",
    ),
    *("0", "-1", "1e9", "0.1", "9" * 30, "-" + "9" * 400, ".5", "1.", "0x10", "010", "NaN", ".inf", "99999999999"),
    *("${", "${}", "${a${b}}", "${style}", "${secs}", "${keeper}", "${nope}", "${nope:?why}", "$${x}", "${x:-${y}}"),
    *("{shot: wave}", "{shot: talk}", "{shot: storm, tail: 1}", "{shot: edit}", "{shot: harbour/arrival, frame: last}"),
    *("{input: clip}", "{file: .}", "{url: 'https://x'}", "{url: x, sha256: y}", "{shot: a, file: b}", "{tail: 2}"),
    *("'data:image/png;base64,AAAA'", "'data:,'", "https://[", "https://h/a?Signature=1", "oss://b/k", "ftp://x/y"),
    *(
        "wanflow.yaml",
        "people.yaml",
        "scenes/harbour.yaml",
        "deep/night.yaml",
        "two.yaml",
        "outer.yaml",
        "pipes/two.yaml",
    ),
    *(
        "['*.yaml']",
        "['**/*.yaml']",
        "['../*']",
        "[., .., /]",
        "[/dev/null]",
        "/dev/zero",
        ".",
        "sets",
        "sets/coast.png",
    ),
    *(
        "extend",
        "..",
        "../..",
        "/",
        "a/b/c",
        "harbour/night/still",
        "CON",
        "x" * 300,
        "日本",
        "é",
        "e\u0301",
        "Ω：",
        "😀",
    ),
    *('"\\0"', '"\\x1b[2J"', '"\\ud800"', '"\\n"', "'", '"', "!tag x", "!!binary x", "@x", "%x", "`x`", "a: b", "a #b"),
    *(
        "2026-05-09",
        "16:9",
        "60 EUR",
        "1280x720",
        "0x0",
        "#123",
        "[1, 2, [3]]",
        "|",
        ">-",
        "...",
        "---",
        "# x",
        "\t",
        "\u2028",
    ),
    *(
        "{type: media}",
        "{matrix: {n: [1]}}",
        "{use: two.yaml}",
        "{a: [1, 2], b: [1, 2], c: [1, 2]}",
        "wan2.7-r2v",
        "wan9",
    ),
)
"""Values that mean something else elsewhere, and such that mean nothing anywhere."""

NAMES = (
    *("shots", "cuts", "cast", "vars", "defaults", "include", "scene", "matrix", "use", "with", "exclude", "inputs"),
    *("output", "pipeline", "model", "prompt", "first_clip", "first_frame", "video", "references", "tags", "takes"),
    *(
        "duration",
        "items",
        "shot",
        "file",
        "tail",
        "frame",
        "key",
        "words",
        "type",
        "default",
        "<<",
        "x-y",
        "no",
        "Ä",
        "1",
    ),
)

_ENTRY = re.compile(r"([{,]\s*|^[ \t-]*)([\w.\"'-]+)(:(?:\s+|$))([^\n,}]*)", re.MULTILINE)
"""A key and its value, on a line of its own or in braces."""


@dataclass(frozen=True, slots=True)
class Slip:
    """One change: its kind, where (a number that chooses), and with what."""

    kind: str
    file: int
    at: int
    other: int
    value: str


def damaged(texts: Texts, slips: Sequence[Slip]) -> Texts:
    """The files of a production after some slips, one after the other."""
    files = dict(texts)
    for slip in slips:
        names = sorted(files)
        name, other = names[slip.file % len(names)], names[slip.other % len(names)]
        if slip.kind == "swap files":
            files[name], files[other] = files[other], files[name]
        elif slip.kind == "include":
            files[name] += f"\ninclude: [{other}, {Path(other).name}]\n".encode()
        elif slip.kind == "byte":
            at = slip.at % (len(files[name]) + 1)
            files[name] = files[name][:at] + bytes([slip.other % 256]) + files[name][at + slip.other % 2 :]
        else:
            files[name] = KINDS[slip.kind](files[name].decode(errors="replace"), slip).encode(errors="replace")
    return files


def _lines(change: Callable[[list[str], int, Slip], None]) -> Callable[[str, Slip], str]:
    def mutate(text: str, slip: Slip) -> str:
        lines = text.split("\n")
        change(lines, slip.at % len(lines), slip)
        return "\n".join(lines)

    return mutate


def _drop(lines: list[str], at: int, slip: Slip) -> None:
    del lines[at : at + 1 + slip.other % 3]
    lines or lines.append("")


def _double(lines: list[str], at: int, slip: Slip) -> None:
    lines[at:at] = lines[at : at + 1 + slip.other % 3]


def _indent(lines: list[str], at: int, slip: Slip) -> None:
    lines[at] = " " * (slip.other % 5) + lines[at] if slip.other % 2 else lines[at][1 + slip.other % 3 :]


def _move(lines: list[str], at: int, slip: Slip) -> None:
    lines.insert(slip.other % len(lines), lines.pop(at))


def _anchor(lines: list[str], at: int, slip: Slip) -> None:
    lines[at] = re.sub(r":(\s|$)", r": &a\1", lines[at], count=1)
    later = slip.other % len(lines)
    lines[later] = re.sub(r":(\s.*|$)", r": *a", lines[later], count=1)


def _entry(group: int, choose: Callable[[Slip], str]) -> Callable[[str, Slip], str]:
    """One key or value replaced."""

    def mutate(text: str, slip: Slip) -> str:
        found = list(_ENTRY.finditer(text))
        if not found:
            return text + choose(slip)
        start, end = found[slip.at % len(found)].span(group)
        return text[:start] + choose(slip) + text[end:]

    return mutate


def _insert(text: str, slip: Slip) -> str:
    at = slip.at % (len(text) + 1)
    return text[:at] + slip.value + text[at:]


def _nest(text: str, slip: Slip) -> str:
    deep = 1 + slip.other % 80
    return _entry(4, lambda slip: "[" * deep + slip.value + "]" * deep)(text, slip)


ODD = (
    *(
        "\u2028",
        "\u2029",
        "\x85",
        "\xa0",
        "\u200b",
        "\ufeff",
        "\u3000",
        "\u200d",
        "\u202e",
        "\U0010fffd",
        "\ue000",
        "\ufffd",
    ),
    *("\r", "\r\n", "\t", "\\ud83d\\ude80", "\\ud83d", '"\\uDE80"', "\\v", "?x", "[?", "{?a: b}", "：", "“"),
    *("\n<<<<<<< HEAD\n", "\n=======\n", "\n>>>>>>> night\n", "\n\xa0 x: 1\n", "\n\ufeff", "\u2028shots:"),
)
"""Characters that nobody sees or types, and what programs leave in a text."""


def _odd(text: str, slip: Slip) -> str:
    """Several of them, each at another place."""
    for step in range(1 + slip.other % 3):
        at = (slip.at + step * 7919) % (len(text) + 1)
        text = text[:at] + ODD[(slip.other + step) % len(ODD)] + text[at:]
    return text


KINDS: Mapping[str, Callable[[str, Slip], str]] = {
    "value": _entry(4, lambda slip: slip.value),
    "key": _entry(2, lambda slip: NAMES[slip.other % len(NAMES)]),
    "key to value": _entry(2, lambda slip: slip.value),
    "nest": _nest,
    "insert": _insert,
    "odd": _odd,
    "drop": _lines(_drop),
    "double": _lines(_double),
    "indent": _lines(_indent),
    "move": _lines(_move),
    "anchor": _lines(_anchor),
    "cut off": lambda text, slip: text[: slip.at % (len(text) + 1)],
    "twice": lambda text, slip: text + text,
}

WHOLE = ("swap files", "include", "byte")

numbers = st.integers(0, 2**16)
slips = st.builds(
    Slip,
    st.sampled_from(["value"] * 6 + ["key"] * 3 + ["odd"] * 3 + [*KINDS, *WHOLE]),
    numbers,
    numbers,
    numbers,
    st.sampled_from(HOSTILE) | st.text(max_size=12),
)
