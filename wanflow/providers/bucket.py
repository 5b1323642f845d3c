"""Media in a bucket of one's own, for those whose region has no temporary store (format.md, `uploads`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
from anyio import to_thread

from wanflow import digest
from wanflow.providers.delegating import Delegating
from wanflow.providers.faults import NoBucket
from wanflow.providers.protocol import ProviderClient

LIFE_SECONDS = 48 * 3600
"""How long a signed address is good: as long as an upload to the service's own store (service.md 5)."""

INSTALL = "pip install 'wanflow[s3]'"

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


class BucketUploads(Delegating):
    """A service that reads local media from a bucket: uploads go there, and what it is told are signed addresses.

    `address` is anything that fsspec knows and can sign for. Its credentials are the environment's, as its own tools
    read them. Raises NoBucket where no filesystem for it is installed.
    """

    def __init__(self, service: ProviderClient, address: str) -> None:
        super().__init__(service)
        self._address = address.rstrip("/")
        with _named_faults(self._address):
            self._files, _ = fsspec.core.url_to_fs(self._address)

    async def upload(self, path: Path, model: str) -> str:
        """Put a file under its digest, unless it is there, and sign an address that reads it; good for 48 h."""
        del model  # a bucket's addresses are good for all of them
        return await to_thread.run_sync(self._put, path)

    def _put(self, path: Path) -> str:
        key = f"{self._address}/{digest.of_file(path)}{_suffix(path)}"
        with _named_faults(self._address):
            if _size(self._files, key) != path.stat().st_size:
                self._files.put_file(str(path), key)
            return str(self._files.sign(key, expiration=LIFE_SECONDS))


def _size(files: Any, key: str) -> int | None:
    """How large an object is, None where there is none."""
    files.invalidate_cache()
    try:
        return int(files.info(key)["size"])
    except FileNotFoundError:
        return None


def _suffix(path: Path) -> str:
    return path.suffix.lower() if _SUFFIX.fullmatch(path.suffix) else ""


@contextmanager
def _named_faults(address: str) -> Iterator[None]:
    """Turn whatever a filesystem says into a fault that names the bucket.

    Each filesystem has exceptions of its own, and fsspec promises none, so that all of them are caught.
    """
    try:
        yield
    except ImportError as fault:
        words = f"`uploads: {address}` needs a library that is not installed ({fault.name or fault})"
        raise NoBucket(words, hint=f"for S3: `{INSTALL}`; others are listed in docs/uploads.md") from fault
    except NotImplementedError as fault:
        words = f"the filesystem of `uploads: {address}` can't sign addresses"
        raise NoBucket(words, hint="use a bucket, `s3://bucket/prefix`") from fault
    except Exception as fault:
        said = " ".join(str(fault).split()) or type(fault).__name__
        hint = "check its name, and the credentials in the environment"
        raise NoBucket(f"the bucket `{address}` can't be used: {said}", hint=hint) from fault
