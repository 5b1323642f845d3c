"""Whatever happened to the files of a production, they end in located problems or in a plan: never in a traceback."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kit.mutations import SHIPPED, Slip, Texts, damaged, productions, slips, write_media
from wanflow import api
from wanflow.language.problem import Problem, Severity, SpecError, has_errors, render_problem
from wanflow.yamldoc.nodes import Place

MOST_SECONDS = 3
"""Of CPU for one production; a tenth of a second is the rule, the rest is for a busy machine."""

PRODUCTIONS = productions()
BREAK = re.compile("\r\n|[\n\r]")

damage = st.lists(slips, min_size=1, max_size=4)
names = st.sampled_from(["rich", "rich", "rich", *PRODUCTIONS])


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """A folder for each production, with its media."""
    made = {name: tmp_path_factory.mktemp("film") / name for name in PRODUCTIONS}
    for name, folder in made.items():
        folder.mkdir()
        write_media(name, folder)
    return made


@given(names, damage)
@example("rich", [Slip("value", 0, 0, 0, ""), Slip("value", 1162, 0, 0, "\U00016800")])
@settings(deadline=None, max_examples=300)
def test_damaged_productions_end_in_located_problems_or_a_plan(folders, name: str, how: list[Slip]) -> None:
    """A few hundred of them with every run of the tests."""
    judge(folders[name], damaged(PRODUCTIONS[name], how))


@pytest.mark.slow
@given(names, damage)
@settings(deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck))
def test_ten_thousand_damaged_productions_end_in_located_problems_or_a_plan(folders, name, how) -> None:
    """The same, for as long as it takes to believe it."""
    judge(folders[name], damaged(PRODUCTIONS[name], how))


@pytest.mark.parametrize("name", PRODUCTIONS)
def test_undamaged_they_plan(folders, name: str) -> None:
    """What is mutated is sound to begin with."""
    write(folders[name], PRODUCTIONS[name])
    assert api.plan(api.load(folders[name] / "wanflow.yaml")).steps


def judge(folder: Path, texts: Texts) -> None:
    """Read a production and plan it: it has to end in a plan, or in problems that point at something."""
    write(folder, texts)
    file, begun = folder / "wanflow.yaml", time.process_time()
    problems = api.validate(file)
    if has_errors(problems):
        with pytest.raises(SpecError) as refusal:
            api.load(file)
        told = refusal.value.problems
        assert tuple(each for each in problems if each in told) == told
        # letters are looked up in fonts by `validate` and by plans, and not where nothing can be planned
        drawn = [each for each in problems if each not in told]
        assert all(each.severity is Severity.WARNING and "no installed font" in each.message for each in drawn)
    else:
        api.plan(api.load(file))
    taken = time.process_time() - begun
    for problem in problems:
        require_place(folder, problem)
    assert taken < 2 * MOST_SECONDS, f"{taken:.1f} s of CPU"


def write(folder: Path, texts: Texts) -> None:
    """Put the texts of a production into its folder, and nothing else of that kind."""
    for old in folder.rglob("*.yaml"):
        old.unlink()
    shutil.rmtree(folder / ".wanflow", ignore_errors=True)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text)


def require_place(folder: Path, problem: Problem) -> None:
    """A problem says where, in a file that exists, at a line and a column that it has; and it can be printed."""
    assert problem.message
    assert render_problem(problem).encode()
    for place in (problem.place, *problem.place.used_at):
        lines = lines_of(folder, place)
        assert 1 <= place.line <= len(lines), problem
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1, problem


def lines_of(folder: Path, place: Place) -> Sequence[str]:
    """The lines of the file that a place is in."""
    shipped = place.file.removeprefix("<wanflow>/pipelines/")
    file = SHIPPED / shipped if shipped != place.file else folder / place.file
    text = file.read_bytes().removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    return BREAK.split(text)
