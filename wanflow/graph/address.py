"""Addresses as they may be printed: a query can be a signature and a user name a password, so both stay out."""

from __future__ import annotations

import re

from wanflow import digest


def public(url: str) -> str:
    """An address without user, query and fragment; `?…` says that there was a query."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"//[^/@]*@", "//", bare) + ("?…" if "?" in url else "")


def public_id(url: str) -> str:
    """As `public`, but different for different addresses."""
    return f"{public(url)}#{digest.of_bytes(url.encode())[:12]}" if public(url) != url else url
