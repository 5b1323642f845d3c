"""What tests of the production file share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kit.production_files import HEAD, Files, write_files
from wanflow.language.load import Found, read

Reading = Callable[..., Found]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Reads a production from text; `head` are two lines that choose version and model."""

    def read_text(body: str, *, head: str = HEAD, **options: object) -> Found:
        file = tmp_path / "wanflow.yaml"
        file.write_text(head + body, encoding="utf-8")
        return read(file, **options)  # type: ignore[arg-type]

    return read_text


@pytest.fixture
def filing(tmp_path: Path) -> Reading:
    """Reads a production of several files, given by their paths."""

    def read_files(files: Files, **options: object) -> Found:
        return read(write_files(tmp_path, files), **options)  # type: ignore[arg-type]

    return read_files
