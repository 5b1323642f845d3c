"""What tests of the production file share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wanflow.spec.load import Found, read

Reading = Callable[..., Found]
HEAD = "wanflow: 1\ndefaults: {model: wan2.7-i2v}\n"


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Reads a production from text; `head` are two lines that choose version and model."""

    def read_text(body: str, *, head: str = HEAD, **options: object) -> Found:
        file = tmp_path / "wanflow.yaml"
        file.write_text(head + body, encoding="utf-8")
        return read(file, **options)  # type: ignore[arg-type]

    return read_text
