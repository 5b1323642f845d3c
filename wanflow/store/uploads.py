"""Which files were uploaded where and when, so that none is sent twice while its address is valid (service.md 5)."""

from __future__ import annotations

from wanflow import digest as digests
from wanflow import timebase
from wanflow.decode import Fields, text
from wanflow.errors import StoreFault
from wanflow.messages import tr
from wanflow.records import immutable
from wanflow.store import atomic
from wanflow.store.layout import Store

PRIVATE = 0o600
"""Mode of the file: the addresses in it are private."""


@immutable
class Upload:
    """A file with these bytes that was uploaded to an account for one model, its `oss://` address and date."""

    digest: str
    model: str
    service: str
    url: str
    date: str


def remember(store: Store, upload: Upload) -> None:
    """Record an upload; raises StoreFault."""
    facts = {
        "digest": upload.digest,
        "model": upload.model,
        "service": upload.service,
        "url": upload.url,
        "date": upload.date,
    }
    atomic.append(store.uploads, facts, mode=PRIVATE)


def read(store: Store) -> tuple[Upload, ...]:
    """All recorded uploads, oldest first, also expired ones; raises StoreFault for a damaged file."""
    return tuple(
        upload_of(record, tr("`{name}` is damaged at line {number}", name=store.uploads.name, number=number))
        for number, record in enumerate(atomic.read_records(store.uploads), start=1)
    )


def upload_of(record: atomic.Record, message: str) -> Upload:
    """An upload from its record; raises StoreFault with this message."""
    try:
        facts = Fields(record)
        model, service, url = (facts.read(key, text) for key in ("model", "service", "url"))
        date = facts.read("date", timebase.date_from_json)
        return Upload(facts.read("digest", digests.from_json), model, service, url, date)
    except ValueError as error:
        raise StoreFault(message, hint=tr("remove that one file: it only saves uploads")) from error
