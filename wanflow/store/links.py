"""Symbolic links at the places where wanflow writes, which lead what it writes to elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from wanflow.language.production import RESULTS_FOLDER
from wanflow.store.atomic import STORE_FOLDER
from wanflow.store.layout import LOCK_NAME

WRITTEN = (STORE_FOLDER, RESULTS_FOLDER, LOCK_NAME, ".gitattributes")
"""All that wanflow writes beside a production file, but for cuts with an `output` of their own."""


def links_outside(folder: Path) -> Iterator[str]:
    """The links in and at what wanflow writes whose targets are outside the production's folder, by their paths.

    A link to a folder inside is followed, since a link in that folder counts as well.
    """
    root, seen = Path(os.path.realpath(folder)), set[str]()
    waiting = [root / name for name in WRITTEN]
    while waiting:
        place = waiting.pop()
        real = os.path.realpath(place)
        if not Path(real).is_relative_to(root):
            yield place.relative_to(root).as_posix()
        elif os.path.isdir(real) and real not in seen:  # noqa: PTH112 - no error where the disk refuses
            seen.add(real)
            with os.scandir(real) as entries:
                waiting += [Path(entry.path) for entry in entries if entry.is_symlink() or entry.is_dir()]
