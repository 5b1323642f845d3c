"""The providers that tests name, and requests to them."""

from __future__ import annotations

from typing import Any

from wanflow.catalog.provider import load_providers
from wanflow.catalog.read import load_catalog
from wanflow.providers.protocol import Request

ANIMATIC, DASHSCOPE = (load_providers()[name] for name in ("animatic", "dashscope"))

MOST = 1 << 30
"""Maximum bytes of a download in tests of other things."""


def request_to(model: str, *words: str | None, **more: Any) -> Request:
    """A request for a film by a model's name; one that nobody sells has the rules of `wan2.7-i2v`."""
    catalog = load_catalog()
    return Request(model, catalog.get(model, catalog["wan2.7-i2v"]), *words, **more)
