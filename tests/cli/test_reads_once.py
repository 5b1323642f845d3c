"""A command reads each record of the store once, and builds the graph once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import json, sys
from collections import Counter
from pathlib import Path
from wanflow.cli.main import main

opened, called = Counter(), Counter()

def note_open(event, arguments):
    # an opener tells of the same file a second time, without a mode
    if event == "open" and isinstance(arguments[0], str) and arguments[1] is not None:
        opened[Path(arguments[0]).name] += 1

def note_call(frame, event, argument):
    code = frame.f_code
    if event == "call":
        called[f"{Path(code.co_filename).stem}.{code.co_name}"] += 1

sys.addaudithook(note_open)
sys.setprofile(note_call)
code = main(sys.argv[1:])
sys.setprofile(None)
print(json.dumps({"code": code, "opened": opened, "called": called}))
"""
RECORDS = ("journal.animatic.jsonl", "animatic.lock", "traces.jsonl", "derived.jsonl")


@pytest.mark.parametrize("words", ["plan", "status", "takes", "why approach", "show approach", "list", "run"])
def test_a_command_reads_every_record_once(rendered: Path, words: str) -> None:
    """Loading, collecting, planning and printing share what was read; an idle run does not read it again either."""
    argv = [sys.executable, "-c", PROBE, *words.split()]
    done = subprocess.run(argv, cwd=rendered.parent, capture_output=True, text=True, check=True)
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["code"] == 0, done.stderr
    assert {name: counts["opened"].get(name) for name in RECORDS} == dict.fromkeys(RECORDS, 1)
    assert {name: counts["called"][name] for name in ("build.build", "inventory.survey")} == {
        "build.build": 1,
        "inventory.survey": 1,
    }
