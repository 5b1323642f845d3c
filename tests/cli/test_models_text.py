"""What `wanflow models MODEL` says in Chinese: no sentence is put together from parts that lose their translation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from wanflow.schemas import data_folder

FILES = sorted((data_folder("schemas") / "models").glob("*.json"), key=lambda file: file.name)
LATIN = re.compile("[A-Za-z]{3,}")
UNITS = {"data", "URI", "CNY", "USD", "EUR", "JPY", "true", "false"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_model_is_described_in_chinese_alone(wanflow, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Latin words are keys and values of the model's own file."""
    monkeypatch.setenv("WANFLOW_LANG", "zh")
    said = wanflow("models", file.stem)
    names = {word for name in names_in(json.loads(file.read_bytes())) for word in LATIN.findall(name)}
    assert said.code == 0
    assert set(LATIN.findall(said.out)) - names - UNITS == set()


def names_in(part: object) -> Iterator[str]:
    """The keys of a model file, and its values but for the texts for people."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield key
            if key not in {"about", "does"}:
                yield from names_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from names_in(value)
    elif isinstance(part, str):
        yield part
