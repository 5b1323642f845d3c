"""How local media gets to the service: uploaded, or written into the request itself (api.md 3 and 5)."""

from __future__ import annotations

from collections.abc import Iterator

from wanflow.spec.catalog import load_catalog
from wanflow.spec.facts import Facts, FactsTable
from wanflow.spec.model import FileRule
from wanflow.spec.problem import Problem, Severity
from wanflow.spec.production import Production, Shot
from wanflow.spec.source import FileSource, ShotSource, Source
from wanflow.yamlvalue import Place

STORE_REGIONS = frozenset({"beijing"})
"""Where the service's temporary store is documented (api.md 5)."""

INLINE_BYTES = 7_000_000
"""More than this is uploaded all the same: written out it would near the 10 MiB that gateways take (api.md 3)."""


def goes_inline(rule: FileRule, size_bytes: int, region: str, uploads: str | None) -> bool:
    """Whether a local file is written into the request as a data URI: small pictures where no store is documented."""
    return uploads is None and region not in STORE_REGIONS and "data" in rule.forms and size_bytes <= INLINE_BYTES


def check_delivery(production: Production, facts: FactsTable) -> Iterator[Problem]:
    """One warning for all local media that can't be written into a request where no temporary store is documented."""
    if production.uploads is not None or production.region in STORE_REGIONS:
        return
    found = list(
        dict.fromkeys(item for shot in production.shots.values() for item in _uploaded(shot, production, facts))
    )
    if found:
        place, name = found[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        message = f"in the region `{production.region}` nothing documents a temporary store for `{name}`{more}"
        hint = "name a bucket of your own: `uploads: s3://bucket/prefix`"
        yield Problem(place, message, hint, Severity.WARNING)


def _uploaded(shot: Shot, production: Production, facts: FactsTable) -> Iterator[tuple[Place, str]]:
    """The local media of a shot that have to be uploaded, with their places."""
    rules = load_catalog()[shot.model].media
    for media in shot.media:
        rule = rules.get(media.type)
        if rule is not None and _needs_upload(media.source, rule.file, production, facts):
            yield media.place, _name(media.source, media.slot)
        spoken = rule.voice if rule is not None and media.voice is not None else None
        if spoken is not None and media.voice is not None and _needs_upload(media.voice, spoken, production, facts):
            yield media.spoken_at, _name(media.voice, f"{media.slot}.voice")


def _needs_upload(source: Source, rule: FileRule, production: Production, facts: FactsTable) -> bool:
    whole_take = isinstance(source, ShotSource) and source.piece is None  # it is online where it was made
    if whole_take or not isinstance(source, FileSource | ShotSource):
        return False
    known = facts.get(source.path) if isinstance(source, FileSource) and source.piece is None else None
    size_bytes = known.size_bytes if isinstance(known, Facts) else 0  # a frame is small
    return not goes_inline(rule, size_bytes, production.region, production.uploads)


def _name(source: Source, slot: str) -> str:
    return source.path if isinstance(source, FileSource) else slot
