"""Commands on what strangers wrote, in this process, held against the rules that hold for any input.

No command ends as a bug, shows a secret, prints what a terminal or a build service acts on, writes outside of its
places, reaches another host or starts another program.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from kit.audit import Address, watched
from wanflow.cli.main import main
from wanflow.errors import ExitCode
from wanflow.providers.dashscope.regions import BASE_VARIABLE, KEY_VARIABLE

KEY = "sk-5d0c9e11f2a34b7788aa"
"""The key in the environment; the service repeats it in its replies."""

SIGNATURE = "Zm9yYmlkZGVuIHNpZ25hdHVyZQ"
"""What opens a file of the service for anyone who reads it."""

OUTSIDE = "the-words-of-another-folder"
"""The content of files outside the production."""

_ACTED_ON = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e00ff]"
)
"""What no output may have: controls but line feeds, marks of direction or without width, tags, halves of characters."""

_COMMAND = re.compile(r"^\s*::|##[a-z]*\[", re.IGNORECASE)
_ANNOTATION = re.compile(r"::(error|warning) file=[^:]*,line=\d+,col=\d+::")
LONGEST_LINE = 25_000
"""Maximum characters of a line for people; JSON and annotations hold whole texts."""


@dataclass
class HostileFolder:
    """A production's folder between files that are not its own, and what was wrong with the commands run in it.

    `said` is the output of the last one.
    """

    root: Path
    hosts: Sequence[Address] = ()
    broken: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def folder(self) -> Path:
        """The production's folder."""
        return self.root / "film"

    def write(self, texts: Mapping[str, bytes]) -> None:
        """Write the production, and what is outside of it."""
        for name in ("secret.txt", "secret.yaml"):
            (self.root / name).write_text(f"{OUTSIDE}: [\n", encoding="utf-8")
        self.folder.mkdir(exist_ok=True)
        (self.folder / "link.yaml").unlink(missing_ok=True)
        (self.folder / "link.yaml").symlink_to(self.root / "secret.yaml")
        for name, text in texts.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(text)

    def run(self, *words: str) -> int:
        """Run a command; what it did wrong is in `broken`."""
        places = [self.folder / name for name in (".wanflow", "out", "wanflow.lock", ".*.part", ".doctor-*")]
        stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        temporary = self.root / "temporary"
        with (
            redirect_stdout(stdout),
            redirect_stderr(stderr),
            watched(*places, temporary, hosts=self.hosts, programs=("ffmpeg", "git")) as watch,
        ):
            code = main(words)
        said = [stream.buffer.getvalue().decode("utf-8", "surrogateescape") for stream in (stdout, stderr)]  # type: ignore[attr-defined]
        told = f"wanflow {' '.join(words)}"
        if code == ExitCode.BUG:
            watch.broken.append(f"ended as a bug: {said[1]}")
        self.said = "\n".join(said)
        self.broken += [f"{told}: {each}" for each in (*watch.broken, *faults(self.said, words))]
        return code

    def require_sound(self) -> None:
        """Fail where any command broke a rule, or left the key in a file."""
        for path in (path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".yaml"):
            kept = path.parent.name == "aside"  # what was delivered in place of a film is kept as it came
            if KEY.encode() in path.read_bytes() and not kept:
                self.broken.append(f"the key is in {path}")
        assert not self.broken, "\n".join(self.broken)


def faults(said: str, words: Sequence[str]) -> Iterator[str]:
    """What is wrong with the output of a command."""
    if "Traceback (most recent call last)" in said:
        yield f"a traceback: {said[-2000:]}"
    for secret in (KEY, SIGNATURE, OUTSIDE):
        if secret.lower() in said.lower() or quote(secret).lower() in said.lower():
            yield f"{secret} is shown: {said[:2000]}"
    for line in said.split("\n"):
        if (found := _ACTED_ON.search(line)) is not None:
            yield f"prints {found[0]!r}: {line[:300]!r}"
        if _COMMAND.search(line) and not ("github" in words and _ANNOTATION.match(line)):
            yield f"prints a command: {line[:300]!r}"
        if len(line) > LONGEST_LINE and not {"json", "--json", "github"} & {*words}:
            yield f"prints a line of {len(line)} characters: {line[:100]!r}"


@contextmanager
def hostile_folder(
    root: Path, base_url: str = "http://127.0.0.1:9/api/v1", hosts: Sequence[Address] = ()
) -> Iterator[HostileFolder]:
    """An empty folder as the current one, with a key in the environment and the service at an address."""
    root = root.resolve()
    made = HostileFolder(root, hosts)
    (root / "temporary").mkdir(exist_ok=True)
    made.write({})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.folder)
        patch.setenv(KEY_VARIABLE, KEY)
        patch.setenv(BASE_VARIABLE, base_url)
        patch.setenv("TMPDIR", str(root / "temporary"))
        patch.setattr("tempfile.tempdir", None)
        patch.setattr(sys, "argv", ["wanflow"])
        for name in ("WANFLOW_DEBUG", "GITHUB_WORKSPACE", "WANFLOW_REMOTE"):
            patch.delenv(name, raising=False)
        yield made


READING = (
    ("validate",),
    ("validate", "--format", "json"),
    ("validate", "--format", "github"),
    ("plan",),
    ("plan", "--json"),
    ("list",),
    ("graph",),
    ("graph", "--format", "dot"),
    ("status",),
    ("takes",),
    ("costs",),
    ("gc",),
)
"""Commands that read."""


def read_all(held: HostileFolder, name: str) -> None:
    """Run every command that reads a production; `name` is what it calls something."""
    for words in (*READING, ("show", name), ("show", name, "--json"), ("why", name), ("export", name), ("list", name)):
        held.run(*words)


os.environ.setdefault("GIT_CONFIG_NOSYSTEM", "1")
