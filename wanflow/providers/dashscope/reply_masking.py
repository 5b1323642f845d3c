"""What of a reply nothing may show or keep: the key, and what opens the addresses in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wanflow.masking import MASK, has_key, secrets_of, without_key, without_signatures, without_values

LONGEST_TEXT = 1 << 16
"""Maximum length of a text in a reply, beyond the longest prompt and address; the rest is dropped."""
RESULTS = frozenset({"video_url", "image"})
"""Keys of a reply that have the address of a result."""
USED = RESULTS | {"orig_prompt", "upload_dir", "upload_host", "policy", "signature", "oss_access_key_id"}
"""Keys of a reply whose value is used as it is. A part that is like the key by chance, such as a date, stays."""
SIGNING = frozenset({"policy", "signature", "oss_access_key_id"})
"""Those of an upload whose values open it."""
SHORTEST_SIGNATURE = 16
"""Minimum length of a value that opens an address; shorter ones are dates and names."""


def masked(value: object, key: str, signatures: Collection[str] = (), name: str = "") -> object:
    """A value of a reply, at `name`, in which no text and no name has the key or what opens an address.

    `signatures` are known values that open addresses. A value in use is hidden where it has the whole key.
    """
    match value:
        case str() if name in USED:
            return MASK if has_key(value, key) else value[:LONGEST_TEXT]
        case str():
            return without_signatures(without_values(without_key(value[:LONGEST_TEXT], key), signatures))
        case dict():
            return {
                str(masked(inner, key, signatures)): masked(item, key, signatures, inner)
                for inner, item in value.items()
            }
        case list():
            return [masked(item, key, signatures, name) for item in value]
        case _:
            return value


def signatures_in(value: object, name: str = "") -> Iterator[str]:
    """The values in a reply that open an address: of a result's, and of an upload."""
    match value:
        case str() if name in SIGNING and len(value) >= SHORTEST_SIGNATURE:
            yield value
        case str() if name in RESULTS:
            yield from secrets_of(value, SHORTEST_SIGNATURE)
        case dict():
            for inner, item in value.items():
                yield from signatures_in(item, inner)
        case list():
            for item in value:
                yield from signatures_in(item, name)
