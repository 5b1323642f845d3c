"""Addresses that an account can still read: results, and files that were uploaded before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import anyio

from wanflow.catalog.provider import Provider
from wanflow.language.source import UrlSource
from wanflow.records import immutable, mutable
from wanflow.store import uploads
from wanflow.store.attempt import OnlineTake
from wanflow.store.layout import Store
from wanflow.store.uploads import Upload

MARGIN = timedelta(hours=1)
"""Time that a request may wait in the provider's queue before its media are fetched."""

Sent = tuple[str, str]
"""The digest of a file and the model that it was uploaded for."""


@immutable
class OnlineResult:
    """A signed address with the date from which it is known; kept in memory only."""

    url: str
    ready: str

    def end(self, life: timedelta) -> datetime:
        """The end of its life, or that of its address's signature, if that is earlier."""
        end = datetime.fromisoformat(self.ready) + life
        try:
            stamp = parse_qs(urlsplit(self.url).query).get("Expires", [""])[0]
        except ValueError:  # an address that another parser accepts
            return end
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):
            return end
        return min(end, datetime.fromtimestamp(int(stamp), UTC))


@mutable
class Addresses:
    """The addresses that a run may send instead of uploading bytes again.

    Only those of `account` count: no other account can read them. Uploads go through `bucket`, where one is named.
    `store` is where uploads are recorded for later runs, None where the account ends with this run; `online` is what
    earlier runs left there. `pinned` are foreign addresses whose bytes were compared in this run. The holder of a
    file's lock in `turns` uploads it.
    """

    account: str
    provider: Provider
    store: Store | None = None
    bucket: str | None = None
    online: Mapping[str, OnlineTake] = field(default_factory=dict)
    results: dict[str, OnlineResult] = field(default_factory=dict)
    uploads: dict[Sent, Upload] = field(default_factory=dict)
    pinned: set[UrlSource] = field(default_factory=set)
    turns: defaultdict[Sent, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    def result(self, digest: str, now: datetime) -> str | None:
        """The address of a take's bytes from this run; None without one, or with one that ends soon."""
        known = self.results.get(digest)
        return known.url if known is not None and now < known.end(self.provider.result_life) - MARGIN else None

    def task_of(self, digest: str, now: datetime) -> str | None:
        """The task of an earlier run that can still give the address of a take's bytes; None without one."""
        online = self.online.get(digest)
        if online is None or online.service != self.account:
            return None
        return (
            online.task_id if now < datetime.fromisoformat(online.ready) + self.provider.result_life - MARGIN else None
        )

    def upload(self, digest: str, model: str, now: datetime) -> str | None:
        """The address of a file with this digest for a model; None without one, or with one that ends soon."""
        known = self.uploads.get((digest, model))
        if known is None or known.service != self.reader:
            return None
        return known.url if now < datetime.fromisoformat(known.date) + self.provider.upload_life - MARGIN else None

    def keep_result(self, digest: str, url: str, date: str) -> None:
        """Remember that a take is online since a date."""
        self.results[digest] = OnlineResult(url, date)

    def keep_upload(self, digest: str, model: str, url: str, date: str) -> None:
        """Record an upload; raises StoreFault."""
        upload = Upload(digest, model, self.reader, url, date)
        if self.store is not None:
            uploads.remember(self.store, upload)
        self.uploads[digest, model] = upload

    @property
    def reader(self) -> str:
        """Who can read an upload: the account, through the bucket that it went to."""
        return self.account if self.bucket is None else f"{self.account} {self.bucket}"


def recall(
    account: str, provider: Provider, store: Store, online: Mapping[str, OnlineTake], bucket: str | None = None
) -> Addresses:
    """The addresses that earlier runs left at an account, or for it in a bucket; raises StoreFault."""
    known = Addresses(account, provider, store, bucket, online)
    ours = (upload for upload in uploads.read(store) if upload.service == known.reader)
    known.uploads |= {(upload.digest, upload.model): upload for upload in ours}
    return known
