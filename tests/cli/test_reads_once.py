"""A command reads each record of the store once, and builds the graph once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
counts = []
for words in sys.argv[1:]:
    sys.setprofile(note_call)
    code = main(words.split())
    sys.setprofile(None)
    counts.append({"code": code, "opened": dict(opened), "called": dict(called)})
    opened.clear()
    called.clear()
print(json.dumps(counts))
"""
COMMANDS = ("plan", "status", "takes", "why approach", "show approach", "list", "run")
KEPT = ("journal.animatic.jsonl", "animatic.lock")
RECORDS = ("journal.animatic.jsonl", "animatic.lock", "traces.jsonl", "derived.jsonl")


def test_a_command_reads_every_record_once(rendered: Path) -> None:
    """Loading, collecting, planning and printing share what was read; an idle run does not read it again either.

    Later commands of a process have the lock and the journal still, since their files are as they were.
    """
    argv = [sys.executable, "-c", PROBE, *COMMANDS]
    done = subprocess.run(argv, cwd=rendered.parent, capture_output=True, text=True, check=True)
    for words, counts in zip(COMMANDS, json.loads(done.stdout.splitlines()[-1]), strict=True):
        assert (words, counts["code"]) == (words, 0), done.stderr
        kept = () if words == COMMANDS[0] else KEPT
        opened = {name: counts["opened"].get(name, 0) for name in RECORDS}
        assert opened == {name: int(name not in kept) for name in RECORDS}, words
        for name in ("build.build", "inventory.survey"):
            assert (words, name, counts["called"].get(name)) == (words, name, 1)
