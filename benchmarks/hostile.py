"""Time and memory that `validate` takes for the worst productions that are known, one child process each.

    .venv/bin/python benchmarks/hostile.py [KIND…]

A child is killed after 40 s of processor time or at 3 GiB; the goal is below 30 s and 1 GB, or a refusal.
"""

from __future__ import annotations

import os
import random
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

SECONDS = 40
BYTES = 3 * 1024**3
MEGABYTES_16 = 15_900_000

TOP = "wanflow: 1\ndefaults: {model: wan2.7-t2v}\n"
SHOTS = "shots:\n  a: {prompt: one}\n"

Make = Callable[[Path], object]
KINDS: dict[str, Make] = {}


@dataclass(frozen=True, slots=True)
class Measured:
    """What one child took, its exit code (negative: killed), and the start of what it said."""

    seconds: float
    mebibytes: int
    code: int
    said: str


def kind(make: Make) -> Make:
    """Register a maker of a production in an empty folder, by its name."""
    KINDS[make.__name__] = make
    return make


def words(count: int, letters: int = 9) -> Iterator[str]:
    """Different words, the same in each process."""
    dice = random.Random(1)
    for number in range(count):
        yield "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=letters)) + str(number)


def write(folder: Path, text: str, name: str = "wanflow.yaml") -> None:
    """Write one file of a production."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def each(line: str, count: int = 20_000, top: str = TOP + "shots:\n") -> Make:
    """A production of a line for each of many words."""
    return lambda folder: write(folder, top + "".join(line.replace("W", word) for word in words(count)))


def repeated(text: str, top: str = TOP + SHOTS, size: int = MEGABYTES_16, end: str = "\n") -> Make:
    """A production that ends in a text as often as fits into the largest file."""
    return lambda folder: write(folder, top + text * ((size - len(top)) // len(text.encode())) + end)


KINDS |= {
    # hints
    "keys of a shot": each("  W: {promtp: x}\n"),
    "unknown keys of one shot": each("    W: 1\n", top=TOP + "shots:\n  a:\n    prompt: x\n"),
    "unknown keys of the file": each("W: 1\n", top=TOP + SHOTS),
    "unknown keys near": lambda folder: write(
        folder, TOP + "shots:\n  a:\n    prompt: x\n" + "".join(f"    promt{n}: 1\n" for n in range(20_000))
    ),
    "unknown shots": lambda folder: write(
        folder,
        TOP
        + "shots:\n"
        + "".join(f"  {w}: {{prompt: x, model: wan2.7-i2v, first_clip: {{shot: {w}x}}}}\n" for w in words(20_000)),
    ),
    "unknown shots in a cut": lambda folder: write(
        folder,
        TOP
        + "shots:\n"
        + "".join(f"  {w}: {{prompt: x}}\n" for w in words(19_000))
        + "cuts:\n  main:\n"
        + "".join(f"  - {w}x\n" for w in words(19_000)),
    ),
    "unknown members": lambda folder: write(
        folder,
        TOP
        + "cast:\n"
        + "".join(f"  {w}: {{image: {w}.png}}\n" for w in words(20_000))
        + "shots:\n"
        + "".join(f"  s{w}: {{prompt: x, model: wan2.7-r2v, references: [{w}x]}}\n" for w in words(20_000)),
    ),
    "unknown vars": lambda folder: write(
        folder,
        TOP
        + "vars:\n"
        + "".join(f"  {w}: x\n" for w in words(20_000))
        + "shots:\n"
        + "".join(f"  s{w}: {{prompt: '${{{w}x}}'}}\n" for w in words(20_000)),
    ),
    "unknown models": each("  W: {prompt: x, model: W}\n"),
    "unknown pipelines": each("  W: {use: W}\n"),
    "unknown values of parameters": each("  W: {prompt: x, resolution: W, ratio: W}\n"),
    "unknown values of a matrix": lambda folder: write(
        folder,
        TOP
        + "shots:\n  a:\n    prompt: x\n    matrix:\n      v: ["
        + ", ".join(words(20_000))
        + "]\n      exclude:\n"
        + "".join(f"      - {{v: {w}x}}\n" for w in words(20_000)),
    ),
    "unknown inputs of a pipeline": each("      W: 1\n", top=TOP + "shots:\n  a:\n    use: extend\n    with:\n"),
    "wrong types": each("  W: {prompt: x, duration: long, takes: many, seed: 1.5}\n"),
    "shots that are lists": each("  W: [1]\n"),
    "bad names": each("  Wé!: {prompt: x}\n"),
    "items of a cut": each("  - {shot: a, in: x, out: W}\n", top=TOP + SHOTS + "cuts:\n  main:\n"),
    "1,000,000 keys": lambda folder: write(
        folder, TOP + SHOTS + "x-a:\n" + "".join(f" {n}: 1\n" for n in range(1_000_000))
    ),
    "490,000 shots": lambda folder: write(folder, TOP + "shots:\n" + "".join(f" s{n}: {{}}\n" for n in range(490_000))),
    "490,000 unknown keys": lambda folder: write(folder, TOP + SHOTS + "".join(f"k{n}: 1\n" for n in range(490_000))),
    "490,000 vars": lambda folder: write(
        folder, TOP + SHOTS + "vars:\n" + "".join(f" k{n}: ''\n" for n in range(490_000))
    ),
    "duplicate keys": lambda folder: write(folder, TOP + SHOTS + "vars:\n" + " k: 1\n" * 490_000),
    "numbers in a list": repeated("1,", top=TOP + SHOTS + "x-a: [", end="1]\n"),
    "empty flow lists": repeated("[],", top=TOP + SHOTS + "x-a: [", end="1]\n"),
    "open brackets": repeated("[", end=""),
    "open braces": repeated("{a: ", end=""),
    "question marks": repeated("? ", end=""),
    "dashes": repeated("- ", top="", end=""),
    "nested to the limit": repeated("[" * 60 + "]" * 60 + ",", top=TOP + SHOTS + "x-a: [", end="1]\n"),
    "colons": repeated(": ", end=""),
    "quotes": repeated("'\n", end=""),
    "one long line": repeated("a", top=TOP + SHOTS + "title: ", end="\n"),
    "one long line of problems": repeated(
        "b: {promt: x}, ", top=TOP + "shots: {", size=1_000_000, end="z: {prompt: x}}\n"
    ),
    "16 MB line of problems": repeated("b: {promt: x}, ", top=TOP + "shots: {", end="z: {prompt: x}}\n"),
    "long line, different names": lambda folder: write(
        folder, TOP + "shots: {" + ", ".join(f"{w}: {{promt: x}}" for w in words(20_000)) + "}\n"
    ),
    "long line of unknown aliases": repeated("*b , ", top=TOP + SHOTS + "x-a: [", end="1]\n"),
    "unknown tags": repeated("!b a, ", top=TOP + SHOTS + "x-a: [", end="1]\n"),
    "half characters": repeated('"\\ud800", ', top=TOP + SHOTS + "x-a: [", end="1]\n", size=2_000_000),
    "invisible keys": lambda folder: write(
        folder, TOP + SHOTS + "x-b: {" + ", ".join(f"a\u200b{n}: 1" for n in range(100_000)) + "}\n"
    ),
    "digits": repeated("1", top=TOP + SHOTS + "budget: ", end="\n"),
    "digits of a duration": repeated("1", top=TOP + "shots:\n  a: {prompt: x, duration: ", end="}\n"),
    "digits with a unit": repeated("1", top=TOP + "shots:\n  a: {prompt: x, duration: ", end="s}\n"),
    "digits of a clock": repeated("1", top=TOP + "shots:\n  a: {prompt: x, duration: ", end=":00}\n"),
    "digits of a budget": repeated("1", top=TOP + SHOTS + "budget: ", end=" CNY\n"),
    "spaces in a value": repeated(" ", top=TOP + 'shots:\n  a: {prompt: x, duration: "1', end='!"}\n'),
    "spaces in a transition": repeated(
        " a", top=TOP + SHOTS + 'cuts: {main: [{shot: a, transition: "fade', end='!"}]}\n', size=200_000
    ),
    "commas in a list": repeated("a, ", top=TOP + 'shots:\n  a: {prompt: x, references: "', end='!"}\n'),
    "combining marks": repeated("\u0301", top=TOP + "shots:\n  a:\n    prompt: a", end="\n"),
    "combining marks mixed": repeated("\u0301\u0323", top=TOP + "shots:\n  a:\n    prompt: a", end="\n"),
    "ligatures": repeated("\ufdfa", top=TOP + "shots:\n  a: {prompt: x, matrix: {v: [", end="]}}\n"),
    "ligatures as a name": repeated("\ufdfa", top=TOP + "shots:\n  ", end=": {prompt: x}\n"),
    "hashes": repeated(" #a", top=TOP + "shots:\n  a:\n    prompt: x", end="\n"),
    "prompt of 16 MB": repeated("word ", top=TOP + "shots:\n  a:\n    prompt: ", end="\n"),
    "prompt of braces": repeated("{a} ", top=TOP + "shots:\n  a:\n    prompt: '", end="'\n"),
    "prompt of dollars": repeated("$a", top=TOP + "vars: {b: x}\nshots:\n  a:\n    prompt: '", end="'\n"),
    "prompt of open dollars": repeated("${", top=TOP + "vars: {b: x}\nshots:\n  a:\n    prompt: '", end="'\n"),
    "prompt of unknown names": repeated("${a}", top=TOP + "vars: {b: x}\nshots:\n  a:\n    prompt: '", end="'\n"),
    "one long name with dollar": repeated(
        "é", top=TOP + "vars: {b: x}\nshots:\n  a:\n    prompt: '$a", end="'\n", size=400_000
    ),
    "vars of vars": lambda folder: write(
        folder,
        TOP
        + "vars:\n  a0: "
        + "x" * 15_000
        + "\n"
        + "".join(f"  a{n}: '{f'${{a{n - 1}}}' * 10}'\n" for n in range(1, 30))
        + "shots:\n  s: {prompt: '${a29}'}\n",
    ),
    "vars in 20,000 prompts": lambda folder: write(
        folder,
        TOP
        + "vars: {a: "
        + "x" * 15_000
        + "}\nshots:\n"
        + "".join(f"  s{n}: {{prompt: '{n} ${{a}}'}}\n" for n in range(20_000)),
    ),
    "a var in many values": lambda folder: write(
        folder,
        TOP
        + "vars: {a: "
        + "x" * 19_000
        + "}\nshots:\n  s: {prompt: x}\nx-a: 1\ncast:\n"
        + "".join(f"  s{n}: {{image: '{n}${{a}}'}}\n" for n in range(400_000)),
    ),
    "a matrix of long prompts": lambda folder: write(
        folder,
        TOP
        + "shots:\n  s:\n    prompt: '"
        + "x" * 1_000_000
        + " ${v}'\n    matrix: {v: ["
        + ", ".join(f"a{n}" for n in range(20_000))
        + "]}\n",
    ),
    "a matrix too large": lambda folder: write(
        folder,
        TOP
        + "shots:\n  s:\n    prompt: x\n    matrix:\n"
        + "".join(f"      v{n}: [" + ", ".join(f"a{m}" for m in range(100)) + "]\n" for n in range(4_000)),
    ),
    "a matrix of wrong shots": lambda folder: write(
        folder,
        TOP
        + "shots:\n  s:\n    promt: x\n    duraton: 3\n    prompt: x\n    matrix: {v: ["
        + ", ".join(f"a{n}" for n in range(19_000))
        + "]}\n",
    ),
    "a matrix of one value": lambda folder: write(
        folder, TOP + "shots:\n  s:\n    prompt: x\n    matrix: {v: [" + "a, " * 400_000 + "a]}\n"
    ),
    "a matrix with many dimensions": lambda folder: write(
        folder,
        TOP + "shots:\n  s:\n    prompt: x\n    matrix:\n" + "".join(f"      v{n}: [a]\n" for n in range(200_000)),
    ),
    "a matrix and many exclusions": lambda folder: write(
        folder,
        TOP
        + "shots:\n  s:\n    prompt: x\n    matrix:\n"
        + "".join(f"      v{n}: [a, b]\n" for n in range(14))
        + "      exclude:\n"
        + "".join(
            "      - {" + ", ".join(f"v{i}: a" for i in range(14) if n >> i & 1) + "}\n" for n in range(1, 16_000)
        ),
    ),
    "aliases": lambda folder: write(
        folder,
        TOP
        + SHOTS
        + "x-a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)),
    ),
    "aliases of a long text": lambda folder: write(
        folder,
        TOP + "x-p: &p " + "x" * 100_000 + "\nshots:\n" + "".join(f"  s{n}: {{prompt: *p }}\n" for n in range(20_000)),
    ),
    "merge keys": lambda folder: write(
        folder,
        TOP
        + SHOTS
        + "x-m: &m {"
        + ", ".join(f"k{n}: 1" for n in range(1_000))
        + "}\nx-l:\n"
        + " - {<<: *m}\n" * 400_000,
    ),
    "merge of merges": lambda folder: write(
        folder,
        TOP
        + SHOTS
        + "x-m0: &m0 {k: 1}\n"
        + "".join(f"x-m{n}: &m{n} {{<<: *m{n - 1}, k{n}: 1}}\n" for n in range(1, 100_000)),
    ),
    "merge of one list": lambda folder: write(
        folder,
        TOP + SHOTS + "x-m: &m {" + ", ".join(f"k{n}: 1" for n in range(49_000)) + "}\nx-l: &l [*m]\n"
        "x-n:\n" + " - {<<: *l}\n" * 10,
    ),
    "budget strings": repeated("1" * 50 + " ", top=TOP + SHOTS + "budget: ", end="CNY\n"),
}


@kind
def includes(folder: Path) -> None:
    """10,000 files."""
    write(folder, TOP + SHOTS + 'include: ["s/*.yaml"]\n')
    for number in range(9_999):
        write(folder, f"shots: {{s{number}: {{prompt: x}}}}\n", f"s/{number}.yaml")


@kind
def includes_of_large_files(folder: Path) -> None:
    """10,000 links to one file of 16 MB would be 160 GB; links are the same file, so copies by hard links."""
    write(folder, TOP + SHOTS + 'include: ["s/*.yaml"]\n')
    write(folder, "shots: {}\nx-a:\n" + " - 1\n" * 900_000, "s/0.yaml")
    for number in range(1, 100):
        os.link(folder / "s/0.yaml", folder / f"s/{number}.yaml")


@kind
def includes_of_comments(folder: Path) -> None:
    """Many files of 16 MB without a value."""
    write(folder, TOP + SHOTS + 'include: ["s/*.yaml"]\n')
    write(folder, "shots: {}\n" + "#\n" * 7_000_000, "s/0.yaml")
    for number in range(1, 100):
        os.link(folder / "s/0.yaml", folder / f"s/{number}.yaml")


@kind
def includes_under_many_vars(folder: Path) -> None:
    """10,000 files below 400,000 vars."""
    write(folder, TOP + SHOTS + 'include: ["s/*.yaml"]\nvars:\n' + "".join(f" k{n}: ''\n" for n in range(400_000)))
    for number in range(9_999):
        write(folder, f"vars: {{v{number}: x}}\nshots: {{s{number}: {{prompt: x}}}}\n", f"s/{number}.yaml")


@kind
def includes_that_are_missing(folder: Path) -> None:
    """9,000 names of missing files in a folder of 20,000."""
    write(folder, TOP + SHOTS + "include:\n" + "".join(f"- s/{word}x.yaml\n" for word in words(9_000)))
    (folder / "s").mkdir()
    for word in words(20_000):
        (folder / f"s/{word}.yaml").touch()


@kind
def files_that_are_missing(folder: Path) -> None:
    """20,000 names of missing pictures in a folder of 20,000."""
    lines = (f"  {w}: {{prompt: x, model: wan2.7-i2v, first_frame: s/{w}x.png}}\n" for w in words(19_000))
    write(folder, TOP + "shots:\n" + "".join(lines))
    (folder / "s").mkdir()
    for word in words(20_000):
        (folder / f"s/{word}.png").touch()


@kind
def pipelines_that_are_missing(folder: Path) -> None:
    """20,000 names of missing pipelines in a folder of 20,000."""
    write(folder, TOP + "shots:\n" + "".join(f"  {w}: {{use: s/{w}x.yaml}}\n" for w in words(19_000)))
    (folder / "s").mkdir()
    for word in words(20_000):
        (folder / f"s/{word}.yaml").touch()


@kind
def globs(folder: Path) -> None:
    """10,000 patterns, each of which scans 40,000 entries."""
    write(folder, TOP + SHOTS + "include:\n" + "".join(f"- s/*{n}x.yaml\n" for n in range(10_000)))
    (folder / "s").mkdir()
    for number in range(40_000):
        (folder / f"s/{number}.txt").touch()


@kind
def globs_with_stars(folder: Path) -> None:
    """A pattern of many stars over long names."""
    write(folder, TOP + SHOTS + f"include: ['s/{'*a' * 60}b.yaml']\n")
    (folder / "s").mkdir()
    for number in range(1_000):
        (folder / f"s/{'a' * 200}{number}").touch()


@kind
def pipelines_that_multiply(folder: Path) -> None:
    """Thirty pipelines, each of which uses the next ten times."""
    write(folder, TOP + "shots:\n  a: {use: p0.yaml}\n")
    for number in range(30):
        uses = "".join(f"  s{n}: {{use: p{number + 1}.yaml}}\n" for n in range(10))
        write(folder, f"pipeline: p{number}\noutput: s0\nshots:\n{uses}", f"p{number}.yaml")
    write(folder, "pipeline: p30\noutput: s\nshots:\n  s: {prompt: x}\n", "p30.yaml")


@kind
def pipelines_by_names_that_multiply(folder: Path) -> None:
    """The same by names with a `${…}`, which are counted on the way."""
    write(folder, TOP + "vars: {p: p0}\nshots:\n  a: {use: '${p}.yaml'}\n")
    for number in range(30):
        uses = "".join(f"  s{n}: {{use: '${{q}}{number + 1}.yaml', with: {{q: '${{q}}'}}}}\n" for n in range(10))
        inputs = "inputs: {q: {type: string, default: p}}\n"
        write(folder, f"pipeline: p{number}\n{inputs}output: s0\nshots:\n{uses}", f"p{number}.yaml")
    write(folder, "pipeline: p30\noutput: s\nshots:\n  s: {prompt: x}\n", "p30.yaml")


@kind
def pipelines_of_a_large_file(folder: Path) -> None:
    """One pipeline of 16 MB, used 20,000 times."""
    write(folder, TOP + "shots:\n" + "".join(f"  a{n}: {{use: p.yaml}}\n" for n in range(20_000)))
    write(folder, "pipeline: p\noutput: s\nshots:\n  s: {prompt: x}\nx-a: [" + "1," * 900_000 + "1]\n", "p.yaml")


@kind
def pipelines_of_a_long_text(folder: Path) -> None:
    """A prompt of a megabyte and an input, used 20,000 times."""
    write(
        folder,
        TOP + "shots:\n" + "".join(f"  a{n}: {{use: p.yaml, with: {{q: a{n}}}}}\n" for n in range(20_000)),
    )
    write(
        folder,
        "pipeline: p\ninputs: {q: {type: string}}\noutput: s\nshots:\n  s: {prompt: '" + "x" * 1_000_000 + "${q}'}\n",
        "p.yaml",
    )


@kind
def cut_of_50_000_items(folder: Path) -> None:
    """Cuts of as many items as a production may have."""
    cuts = "".join(f"  c{n}: [{', '.join(['a'] * 19_000)}]\n" for n in range(2))
    write(folder, TOP + SHOTS + f"cuts:\n{cuts}")


@kind
def cuts_of_everything(folder: Path) -> None:
    """A group of 20,000 shots, named 20,000 times in a cut."""
    matrix = "matrix: {v: [" + ", ".join(f"a{n}" for n in range(19_000)) + "]}"
    write(folder, TOP + f"shots:\n  s:\n    prompt: x\n    {matrix}\ncuts:\n  c: [{', '.join(['s'] * 19_000)}]\n")


@kind
def many_cuts_of_everything(folder: Path) -> None:
    """The same, once in each of 100,000 cuts."""
    matrix = "matrix: {v: [" + ", ".join(f"a{n}" for n in range(19_000)) + "]}"
    cuts = "".join(f"  c{n}: [s]\n" for n in range(100_000))
    write(folder, TOP + f"shots:\n  s:\n    prompt: x\n    {matrix}\ncuts:\n{cuts}")


@kind
def subtitles(folder: Path) -> None:
    """Subtitles of 16 MB."""
    write(folder, TOP + SHOTS + "cuts: {c: {items: [a], subtitles: a.srt}}\n")
    lines = (f"{n}\n00:00:01,000 --> 00:00:02,000\nx\n\n" for n in range(1, 370_000))
    write(folder, "".join(lines), "a.srt")


@kind
def subtitles_with_wrong_times(folder: Path) -> None:
    """Subtitles of 16 MB, all wrong."""
    write(folder, TOP + SHOTS + "cuts: {c: {items: [a], subtitles: a.srt}}\n")
    lines = (f"{n}\n00:00:09,000 --> 00:00:02,00\nx\n\n" for n in range(1, 370_000))
    write(folder, "".join(lines), "a.srt")


@kind
def subtitles_in_one_line(folder: Path) -> None:
    """Subtitles of one line of 16 MB."""
    write(folder, TOP + SHOTS + "cuts: {c: {items: [a], subtitles: a.srt}}\n")
    write(folder, "1\n00:00:01,000 --> 00:00:02,000\n" + "<b>{\\an8}" * 1_600_000 + "\n", "a.srt")


@kind
def styled_subtitles(folder: Path) -> None:
    """ASS of 16 MB."""
    write(folder, TOP + SHOTS + "cuts: {c: {items: [a], subtitles: a.ass}}\n")
    head = "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Text\n"
    write(folder, head + "Dialogue: 0,0:00:01.00,0:00:02.00,Default,x\n" * 330_000, "a.ass")


@kind
def circles(folder: Path) -> None:
    """20,000 shots that need each other in circles."""
    made = [*words(10_000)]
    line = "  {}: {{prompt: x, model: wan2.7-i2v, first_clip: {{shot: {}}}}}\n"
    lines = (line.format(a, b) + line.format(b, a) for a, b in zip(made[::2], made[1::2], strict=True))
    write(folder, TOP + "shots:\n" + "".join(lines))


@kind
def one_chain(folder: Path) -> None:
    """20,000 shots in one chain."""
    made = [*words(20_000)]
    first = f"  {made[0]}: {{prompt: x}}\n"
    rest = (f"  {b}: {{prompt: x, model: wan2.7-i2v, first_clip: {{shot: {a}}}}}\n" for a, b in pairwise(made))
    write(folder, TOP + "shots:\n" + first + "".join(rest))


@kind
def deep_names(folder: Path) -> None:
    """20,000 unknown names of many parts, beside broken shots."""
    name = "/".join("a" * 900)
    lines = (f"  {w}: {{prompt: x, model: wan2.7-i2v, first_clip: {{shot: {name}{w}}}}}\n" for w in words(8_000))
    write(folder, TOP + "shots:\n  a: [1]\n" + "".join(lines))


@kind
def a_lock(folder: Path) -> None:
    """A lock of 16 MB that cannot be read."""
    write(folder, TOP + SHOTS)
    write(folder, "{" * 16_000_000, "wanflow.lock")


@kind
def a_lock_of_nonsense_lines(folder: Path) -> None:
    """A lock of many wrong lines."""
    write(folder, TOP + SHOTS)
    write(folder, '{"version": 1, "shots": {\n' + '"a": {"take": 1},\n' * 800_000 + "}}\n", "wanflow.lock")


@kind
def prices(folder: Path) -> None:
    """A file of prices with many unknown names."""
    write(folder, TOP + SHOTS + "prices: p.yaml\n")
    write(folder, "prices:\n" + "".join(f"  {word}: {{a: 1}}\n" for word in words(20_000)), "p.yaml")


def measure(folder: Path, *options: str) -> Measured:
    """Validate a production in a child."""
    limits = f"ulimit -t {SECONDS}; ulimit -v {BYTES // 1024}; exec "
    command = ["/bin/sh", "-c", limits + shlex.join([sys.executable, "-m", "wanflow", "validate", *options])]

    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        said, size = b"", 0
        while block := child.stdout.read(65_536) if child.stdout else b"":
            said, size = (said or block), size + len(block)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    first = said.decode(errors="replace").splitlines() or [""]
    shown = f"{size:,} bytes: {first[0][:80]}" if size > 400 else first[0][:80]
    return Measured(usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, child.returncode, shown)


def main(chosen: list[str]) -> None:
    """Print a line of a table for each kind."""
    print("| kind | s | MiB | exit | first words |\n|---|---|---|---|---|")
    for name, make in KINDS.items():
        if chosen and not any(word in name for word in chosen):
            continue
        with TemporaryDirectory() as place:
            make(Path(place))
            took = measure(Path(place))
        mark = " **over**" if took.seconds > 30 or took.mebibytes > 950 or took.code not in {0, 1, 2} else ""
        print(
            f"| {name.replace('_', ' ')} | {took.seconds:.1f} | {took.mebibytes} | {took.code}{mark} | {took.said} |",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
