"""The providers that tests name."""

from __future__ import annotations

from wanflow.catalog.provider import load_providers

ANIMATIC, DASHSCOPE = (load_providers()[name] for name in ("animatic", "dashscope"))

MOST = 1 << 30
"""Maximum bytes of a download in tests of other things."""
