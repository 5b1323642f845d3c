"""The catalog with another folder of files: what was read before is forgotten, there and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wanflow import schemas
from wanflow.catalog import provider, read

CACHED = (
    *(schemas._schema, schemas.model_files, schemas.provider_files, schemas._read, schemas._quick, schemas._slow),
    *(read.load_catalog, provider.load_providers),
)


@contextmanager
def catalog_at(data: Path) -> Iterator[None]:
    """The data of `data/schemas` in the place of what ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemas, "data_folder", lambda name: data / name)
        _forget()
        yield
    _forget()


def _forget() -> None:
    for cached in CACHED:
        cached.cache_clear()
