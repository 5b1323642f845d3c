"""What must not be shown or written: keys, passwords, and the signatures that open an address."""

from __future__ import annotations

import re

_SIGNED = re.compile(r"""(https?://[^\s?"'<>]+)\?[^\s"'<>]+""")
"""An address with a query, which may be a signature: providers repeat ours in their messages."""


def public_url(url: str) -> str:
    """An address without user, query and fragment; `?…` says that there was a query."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"//[^/@]*@", "//", bare) + ("?…" if "?" in url else "")


def without_signatures(text: str) -> str:
    """A text with every address cut before its query, so that nobody can fetch what it names."""
    return _SIGNED.sub(r"\1?…", text)


def without_key(text: str, key: str) -> str:
    """A text without a key; an empty key changes nothing."""
    return text.replace(key, "***") if key else text
