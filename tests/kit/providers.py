"""The providers that tests name."""

from __future__ import annotations

from wanflow.catalog.provider import load_providers

ANIMATIC, DASHSCOPE = (load_providers()[name] for name in ("animatic", "dashscope"))
