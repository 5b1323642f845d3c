"""Git, as a person calls it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

GIT = shutil.which("git") or "git"


def git(folder: Path, *words: str) -> bytes:
    """What a command of git prints in a folder; raises CalledProcessError where it fails."""
    return subprocess.run([GIT, *words], cwd=folder, check=True, capture_output=True).stdout


def staged(folder: Path) -> set[str]:
    """The files that `git add -A` stages, and those that git tracks already."""
    git(folder, "add", "-A")
    return {os.fsdecode(name) for name in git(folder, "ls-files", "-z").split(b"\0") if name}
