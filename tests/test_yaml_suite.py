"""The official YAML test suite through wanflow's reader: each case is a value, or a problem with a place in the text.

`make test-slow` runs it with `YAML_TEST_SUITE=FOLDER`, a checkout of github.com/yaml/yaml-test-suite.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from wanflow.yamldoc.parse import parse

VARIABLE = "YAML_TEST_SUITE"
SIGNS = {"␣": " ", "↵": "", "←": "\r", "⇔": "\ufeff", "∎\n": ""}
"""What the suite writes for signs that editors change."""
TABS = ("————»", "———»", "——»", "—»", "»")


def cases() -> Iterator[tuple[str, str]]:
    """The name and the text of each case."""
    for file in sorted(Path(os.environ[VARIABLE], "src").glob("*.yaml")):
        text = None
        for number, case in enumerate(yaml.safe_load(file.read_text(encoding="utf-8"))):
            text = case.get("yaml", text)  # a case without a text has that of the one before
            for written, meant in {**SIGNS, **dict.fromkeys(TABS, "\t")}.items():
                text = text.replace(written, meant)
            yield f"{file.stem}-{number}", text


@pytest.mark.slow
@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no checkout of the suite")
def test_every_case_of_the_suite_is_a_value_or_a_problem_in_the_text() -> None:
    """No case ends in a crash, and no place lies outside of its text."""
    count = 0
    for name, text in cases():
        document = parse(text.encode(), f"{name}.yaml")
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for problem in document.problems:
            assert 1 <= problem.place.line <= len(lines), (name, problem)
            assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 1, (name, problem)
        assert document.root is not None or document.problems or not text.strip() or text.strip()[:1] in "#-.%", name
        count += 1
    assert count >= 400
