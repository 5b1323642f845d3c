"""How local media reach the service: in the request itself, or by an upload, and where an upload has no place."""

from __future__ import annotations

from collections.abc import Iterator

from wanflow.catalog.model import FileRule
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Production, Shot
from wanflow.language.source import Facts, FactsTable, FileSource, ShotSource, Source
from wanflow.messages import tr
from wanflow.yamldoc.nodes import Place


def goes_inline(rule: FileRule, size_bytes: int, production: Production) -> bool:
    """Whether a local file is written into the request as a data URI: small pictures without a place for uploads.

    So are those of models whose page names no uploads (service.md 9.1).
    """
    uploaded = has_storage(production) and ("oss" in rule.forms or production.uploads is not None)
    return not uploaded and "data" in rule.forms and size_bytes <= production.provider.inline_bytes


def has_storage(production: Production) -> bool:
    """Whether local media can be uploaded: to a bucket, or where the region's temporary storage is documented."""
    return production.uploads is not None or production.region in production.provider.upload_regions


def check_delivery(production: Production, facts: FactsTable) -> Iterator[Problem]:
    """One warning for all local media that need an upload where no temporary storage is documented."""
    if has_storage(production):
        return
    found = list(
        dict.fromkeys(item for shot in production.shots.values() for item in _uploaded(shot, production, facts))
    )
    if found:
        place, name = found[0]
        where = tr("the region `{region}` has no documented temporary storage", region=production.region)
        message = tr("`{name}` needs an upload, and {where}", name=name, where=where)
        if len(found) > 1:
            more = len(found) - 1
            message = tr("`{name}` and {number} more need an upload, and {where}", name=name, number=more, where=where)
        hint = tr("name your own bucket: `uploads: s3://bucket/prefix`")
        yield Problem(place, message, hint, Severity.WARNING)


def _uploaded(shot: Shot, production: Production, facts: FactsTable) -> Iterator[tuple[Place, str]]:
    """The local media of a shot that have to be uploaded, with their places."""
    rules = shot.rules.media
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
    return not goes_inline(rule, size_bytes, production)


def _name(source: Source, slot: str) -> str:
    return source.path if isinstance(source, FileSource) else slot
