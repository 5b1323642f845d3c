"""Each part of the table of benchmarks runs at a tiny size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TABLE = Path(__file__).parents[1] / "benchmarks" / "table.py"
FIGURES = {
    "start": "| --version |",
    "idle": "| 10: run |",
    "edits": "| 10: plan, one edit |",
    "stores": "| 10: a stored take |",
    "cuts": "| 5 clips, dissolves: one clip changed |",
    "animatic": "| animatic, final ÷ draft |",
}
"""A line of each part; scheduling takes minutes and has tests of its own."""


@pytest.mark.slow
@pytest.mark.parametrize("part", FIGURES)
def test_part_prints_its_figures(part: str, tmp_path: Path):
    """A part measures a film of ten shots and prints its lines."""
    words = ["--quick", "--sizes", "10", "--rounds", "1", "--only", part, "--folder", str(tmp_path)]
    told = subprocess.run([sys.executable, str(TABLE), *words], capture_output=True, encoding="utf-8", check=False)
    assert told.returncode == 0, told.stderr
    assert FIGURES[part] in told.stdout
