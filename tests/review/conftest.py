"""Fixtures of the page: a browser, a server, and a rendered production."""

from __future__ import annotations

from kit.browser import browser, production, rendered, review, visitor

__all__ = ["browser", "production", "rendered", "review", "visitor"]
