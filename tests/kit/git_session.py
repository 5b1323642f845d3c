"""A film maker's day with git: commands one after the other, and after each what must always hold (laws 4 and 6)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from kit.interrupts import interrupted_after
from kit.providers import DASHSCOPE
from kit.served import Served
from wanflow.cli.main import main
from wanflow.store import journal
from wanflow.store.layout import Store

GIT = shutil.which("git") or "git"
SETTINGS = (
    *("user.name=A", "user.email=a@example.org", "commit.gpgsign=false", "core.autocrlf=false"),
    *("init.defaultBranch=main", "merge.conflictStyle=merge"),
)
QUICK = ("--poll-interval", "0.05")


class Finished(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Row = dict[str, Any]
Key = tuple[str, int]


@dataclass
class GitSession:
    """One clone of a production, where somebody works; `chosen` are the digests that this person picked, by shot.

    `numbers` are the takes by digest, under the shot and the number that they were first seen with; `renamed` maps old
    names of shots to new ones. `moved` are digests of takes that were given to another shot, which a merge brings back
    where they were; `ever` are all that were picked. `elsewhere` are tasks that another clone paid for and this one does not know yet.
    """

    folder: Path
    service: Served
    chosen: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Key] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)

    def do(self, *words: str, code: int | tuple[int, ...] = 0) -> Finished:
        """A command, which has to end like this, and what must always hold after it."""
        done = self._run(*words)
        codes = (code,) if isinstance(code, int) else code
        assert done.code in codes, f"{words} ended with {done.code}\n{done.out}{done.err}\n" + "\n".join(self.said)
        self.audit()
        return done

    def stop(self, *words: str, submissions: int) -> None:
        """A run that is stopped as Ctrl-C does once this many more submissions were answered."""
        before = self.bought
        with interrupted_after(self.service, before + submissions):
            done = self._run("run", "--yes", *words)
        assert done.code == 130, done.err
        self.audit()

    def pick(self, shot: str, number: int) -> None:
        """A pick, which has to stay from then on."""
        self.chosen[shot] = self.rows()[shot, number]["digest"]
        self.ever.add(self.chosen[shot])
        self.do("pick", shot, str(number))

    def edit(self, old: str, new: str) -> None:
        """An edit of the production file."""
        file = self.folder / "wanflow.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text, (old, text)
        file.write_text(text.replace(old, new), encoding="utf-8")
        self.said.append(f"edit {old!r} -> {new!r}")

    def rename(self, old: str, new: str) -> None:
        """A shot gets another name in the production file; all of its takes are the new name's from then on."""
        self.edit(f"  {old}: ", f"  {new}: ")
        self.renamed = {was: new if now == old else now for was, now in self.renamed.items()} | {old: new}
        self.numbers = {name: (new if shot == old else shot, number) for name, (shot, number) in self.numbers.items()}
        if old in self.chosen:
            self.chosen[new] = self.chosen.pop(old)

    def git(self, *words: str, code: int | tuple[int, ...] = 0) -> None:
        """A command of git, which has to end like this."""
        self.said.append(f"git {' '.join(words)}")
        options = [option for setting in SETTINGS for option in ("-c", setting)]
        done = subprocess.run([GIT, *options, *words], cwd=self.folder, capture_output=True, text=True, check=False)
        codes = (code,) if isinstance(code, int) else code
        assert done.returncode in codes, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"

    def commit(self, words: str) -> None:
        """Everything that belongs in git."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", words)

    @property
    def bought(self) -> int:
        """How many requests the service answered."""
        return sum(call.status > 0 for call in self.service.calls("POST", "video-synthesis"))

    def rows(self) -> dict[Key, Row]:
        """Every take of the lock, removed shots included, by shot and number."""
        done = self._run("takes", "--all", "--json")
        assert done.code == 0, done.err + "\n".join(self.said)
        rows = json.loads(done.out)
        found = {(row["shot"], row["take"]): row for row in rows}
        assert len(found) == len(rows)
        return found

    def audit(self) -> None:
        """Every paid film is in exactly one place, `takes` names the file that holds it, and no pick moved."""
        rows = self.rows()
        story = "\n".join(self.said)
        for row in rows.values():
            if row["file"] is not None:
                data = (self.folder / row["file"]).read_bytes()
                assert hashlib.sha256(data).hexdigest() == row["digest"], f"{row}\n{story}"
        for key, row in rows.items():
            if row["digest"] not in self.moved:
                first = self.numbers.setdefault(row["digest"], key)
                assert first == key, f"{row} was {first}\n{story}"
        flying = {task.task_id for task in journal.read(Store(self.folder, DASHSCOPE)).open}
        known = Counter(row["task_id"] for row in rows.values() if row["task_id"] and row["digest"] not in self.moved)
        known.update(flying)
        paid = {task.id for task in self.service.charged()} - self.elsewhere
        anywhere = {*known, *(row["task_id"] for row in rows.values())}
        assert paid <= anywhere, f"{paid - anywhere} are nowhere\n{story}"
        assert max(known.values(), default=1) == 1, f"{known} are in several places\n{story}"
        held = {row["shot"] for row in rows.values() if row["held"]}
        for row in rows.values():
            if self.chosen.get(row["shot"]) == row["digest"] and row["state"] == "current" and row["shot"] not in held:
                assert row["chosen"], f"the pick of {row['shot']} moved\n{story}"

    def _run(self, *words: str) -> Finished:
        self.said.append(f"wanflow {' '.join(words)}")
        out, err = StringIO(), StringIO()
        with working_in(self.folder), redirect_stdout(out), redirect_stderr(err):
            code = main([*words, "--backend", "dashscope"])
        return Finished(code, out.getvalue(), err.getvalue())


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Be in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
