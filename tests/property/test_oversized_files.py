"""Files that are made to eat the machine: each is refused, or planned, in the time that a person waits for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from kit.call_count import ENDLESS_SECONDS
from wanflow import api
from wanflow.language.problem import Problem, SpecError, render_problem
from wanflow.suggest import did_you_mean

HEAD = "wanflow: 1\ndefaults: {model: wan2.7-t2v, duration: 2}\n"
CHAIN = "defaults: {model: wan2.7-i2v}\n"
LEAF = "pipeline: leaf\nshots: {a: {prompt: x}}\noutput: a\n"

Files = dict[str, str]


def bomb(levels: int, fan: int = 10) -> str:
    """Lists of aliases of lists of aliases, the last of which is `*a9`, or whatever the levels are."""
    first = f"x-a0: &a0 [{', '.join('x' * fan)}]\n"
    return first + "".join(f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * fan)}]\n" for n in range(1, levels))


def shots(lines: Iterable[str]) -> str:
    """A production of these shots."""
    return f"{HEAD}shots:\n" + "".join(f"  {line}\n" for line in lines)


def matrix(*sizes: int) -> str:
    """A production of one shot with a matrix of this many values in each dimension."""
    dimensions = (f"d{at}: [{', '.join(f'v{n}' for n in range(size))}]" for at, size in enumerate(sizes))
    return shots([f"a: {{prompt: x, matrix: {{{', '.join(dimensions)}}}}}"])


def towers(depth: int, uses: Callable[[int], list[int]], last: str | None = LEAF) -> Files:
    """Pipelines that use others, `uses` by their numbers, and the last one."""
    files = {}
    for at in range(depth):
        used = ", ".join(f"s{n}: {{use: p{of}.yaml}}" for n, of in enumerate(uses(at)))
        files[f"p{at}.yaml"] = f"pipeline: p{at}\nshots: {{{used}}}\noutput: s0\n"
    return {"wanflow.yaml": shots(["s: {use: p0.yaml}"]), **files, **({f"p{depth}.yaml": last} if last else {})}


def alone(text: str) -> Files:
    """A production of one file."""
    return {"wanflow.yaml": text}


USES_A_THOUSAND_TIMES = shots(f"s{n}: {{use: p.yaml}}" for n in range(1000))

REFUSED: dict[str, tuple[Files, str]] = {
    "aliases": (alone(HEAD + bomb(12)), "aliases expand"),
    "aliases in a shot": (alone(HEAD + bomb(6) + "shots: {a: {prompt: x, tags: *a5}}\n"), "aliases expand"),
    "aliases in with": (alone(HEAD + bomb(6) + "shots: {a: {use: extend, with: {a: *a5}}}\n"), "aliases expand"),
    "aliases in a matrix": (
        alone(
            HEAD
            + bomb(4)
            + f"shots: {{a: {{prompt: x, tags: *a3, matrix: {{n: [{', '.join(map(str, range(999)))}]}}}}}}\n"
        ),
        "values",
    ),
    "aliases in a pipeline": (
        {
            "wanflow.yaml": USES_A_THOUSAND_TIMES,
            "p.yaml": bomb(4) + "pipeline: p\nshots: {a: {prompt: x, tags: *a3}}\noutput: a\n",
        },
        "values",
    ),
    "depth": (alone("a: " + "[" * 100_000), "levels deep"),
    "depth by aliases": (
        alone(f"a0: &a0 {'[' * 40}{']' * 40}\n" + "".join(f"a{n}: &a{n} [[[*a{n - 1}]]]\n" for n in range(1, 500))),
        "levels deep",
    ),
    "a cube": (alone(matrix(1000, 1000, 1000)), "at most 20000 shots"),
    "thirty dimensions": (alone(matrix(*[2] * 30)), "at most 20000 shots"),
    "a thousand matrices": (
        alone(shots(f"a{n}: {{prompt: x, matrix: {{n: [{', '.join('abcdefghijklmnopqrst')}]}}}}" for n in range(1001))),
        "at most 20000 shots",
    ),
    "2^30 uses": (towers(30, lambda at: [at + 1] * 2), "at most 20000 shots"),
    "2^30 uses of what is not there": (towers(30, lambda at: [at + 1] * 2, None), "at most 20000 shots"),
    "uses in a circle": (towers(30, lambda at: [(at + 1) % 30] * 2), "circular"),
    "all use all": (towers(30, lambda at: [n for n in range(30) if n != at]), "circular"),
    "uses one below the other": (towers(200, lambda at: [at + 1]), "more than 32 levels deep"),
    "includes in a circle": (
        {
            "wanflow.yaml": "wanflow: 1\ninclude: [a.yaml]\n",
            "a.yaml": "include: [b.yaml]\n",
            "b.yaml": "include: [a.yaml]\n",
        },
        "circular",
    ),
    "includes one below the other": (
        {"wanflow.yaml": "wanflow: 1\ninclude: [a0.yaml]\n"}
        | {f"a{n}.yaml": f"include: [a{n + 1}.yaml]\n" for n in range(500)},
        "more than 32 levels deep",
    ),
    "everybody includes everybody": (
        {"wanflow.yaml": "wanflow: 1\ninclude: ['s/*.yaml']\n"}
        | {f"s/{n}.yaml": "include: ['*.yaml']\n" for n in range(200)},
        "included twice",
    ),
    "a name of a megabyte": (alone(f"{HEAD}shots: {{? {'a' * 1_000_000} : {{prompt: x}}}}\n"), "too long"),
    "names with control characters": (alone(f'{HEAD}shots: {{"a\\0\\e[2Jb": {{prompt: x}}}}\n'), "control character"),
    "a prompt of a megabyte": (alone(shots([f"a: {{prompt: '{'word ' * 200_000}'}}"])), "would cut it off"),
    "a text that names make huge": (
        alone(f"vars: {{v: '{'x' * 100_000}'}}\n" + shots([f"a: {{prompt: '{'${v}' * 10_000}'}}"])),
        "names add more than",
    ),
    "thirty thousand shots": (alone(shots(f"a{n}: {{}}" for n in range(30_000))), "at most 20000 shots"),
    "a million takes": (alone(shots(["a: {prompt: x, takes: 1000000}"])), "takes in total"),
    "a cut of a group, again and again": (
        alone(f"{matrix(10_000)}cuts: {{main: [{', '.join(['a'] * 1000)}]}}\n"),
        "at most 20000 items",
    ),
    "a thousand words for a thousand others": (
        alone(
            shots([*(f"shot_{n}: {{prompt: x}}" for n in range(1000))])
            + f"cuts: {{m: [{', '.join(f'sohtx_{n}' for n in range(1000))}]}}\n"
        ),
        "no shot ",
    ),
    "wildcards": (alone(f"{HEAD}include: ['{'*a' * 200}b', '{'**/' * 200}x', '[', '[!']\n"), "no file matches"),
    "more files than a disk should be asked for": (
        alone(f"{HEAD}include: ['/*/*/*/*/*/*/*.yaml']\n"),
        "`/*/*/*/*/*/*/*.yaml`: the folder `/` is outside the production's folder",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_eat_the_machine_is_refused_quickly(tmp_path: Path, name: str) -> None:
    """With a place, in words that say what is too much."""
    files, words = REFUSED[name]
    write(tmp_path, files)
    problems = refused(tmp_path)
    assert words in "\n".join(problem.message for problem in problems[:2000])
    assert all(len(render_problem(problem)) < 5000 for problem in problems[:100] if "circle" not in problem.message)


PLANNED: dict[str, Files] = {
    "a matrix that leaves nearly all out": alone(
        matrix(*[2] * 12).replace("}}}", f", exclude: [{', '.join(f'{{d{n}: v0}}' for n in range(12))}]}}}}}}")
    ),
    "edits of edits": alone(
        shots(
            [
                *(
                    f"a{n}: {{model: wan2.7-videoedit, duration: 0, prompt: x, video: {{shot: a{n + 1}}}}}"
                    for n in range(1000)
                ),
                "a1000: {prompt: x}",
            ]
        )
    ),
    "2,000 files": {"wanflow.yaml": HEAD + "include: ['s/*.yaml']\n"}
    | {f"s/{n}.yaml": f"shots: {{s{n}: {{prompt: x}}}}\n" for n in range(2000)},
}


@pytest.mark.parametrize("name", PLANNED)
def test_what_is_only_large_is_planned_quickly(tmp_path: Path, name: str) -> None:
    """A production may be large."""
    write(tmp_path, PLANNED[name])
    begun = time.process_time()
    assert api.plan(api.load(tmp_path / "wanflow.yaml")).steps
    assert time.process_time() - begun < ENDLESS_SECONDS


def test_what_is_no_file_is_never_waited_for(tmp_path: Path) -> None:
    """Pipes, devices, folders, links to themselves, in every place that names a file."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder").mkdir()
    for link, goal in {"self": "self", "same": "wanflow.yaml", "here": ".", "there": ".", "root": "/"}.items():
        (tmp_path / link).symlink_to(goal)
    strange = (
        "pipe.yaml",
        "folder",
        "/dev/zero",
        "/proc/kmsg",
        "self",
        "same",
        "here/here/wanflow.yaml",
        "wanflow.yaml/x",
        "a/" * 4000,
    )
    listed = ", ".join(strange)
    used = [f"s{n}: {{use: {name}}}" for n, name in enumerate(strange)]
    shown = [f"f{n}: {{prompt: x, model: wan2.7-i2v, first_frame: {name}}}" for n, name in enumerate(strange)]
    cuts = "cuts: {m: {items: [f1], music: pipe.yaml, subtitles: /dev/zero}}\nprices: pipe.yaml\n"
    write(tmp_path, alone(shots([*used, *shown]) + f"include: [{listed}, '**/*.yaml']\n{cuts}"))
    assert len(refused(tmp_path)) >= 3 * len(strange)


def test_thousands_of_words_are_compared_with_thousands_of_names() -> None:
    """And a slip is still found among them."""
    names = frozenset(f"shot_{n:04}" for n in range(5000))
    begun = time.process_time()
    hints = [did_you_mean(f"shto_{n:04}", names) for n in range(5000)]
    assert time.process_time() - begun < ENDLESS_SECONDS
    assert hints[77] == "did you mean `shot_0077`?"


def write(folder: Path, files: Files) -> None:
    """Put the files of a production into a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def refused(folder: Path) -> tuple[Problem, ...]:
    """The problems for which a production is refused, before anybody gets impatient."""
    begun = time.process_time()
    with pytest.raises(SpecError) as refusal:
        api.load(folder / "wanflow.yaml")
    assert time.process_time() - begun < ENDLESS_SECONDS
    return refusal.value.problems
