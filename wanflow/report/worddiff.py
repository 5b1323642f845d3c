"""Two texts word by word; Han characters are words of their own, since nothing stands between them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

_PIECES = re.compile(r"\s+|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|\w+|[^\w\s]")


def word_diff(old: str, new: str) -> str:
    """The new text with `[-words that went-]` and `{+words that came+}`, as git marks them."""
    return "".join(_marked(_PIECES.findall(old), _PIECES.findall(new)))


def _marked(old: list[str], new: list[str]) -> Iterator[str]:
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "".join(new[c:d])
            continue
        if a < b:
            yield f"[-{''.join(old[a:b])}-]"
        if c < d:
            yield f"{{+{''.join(new[c:d])}+}}"
