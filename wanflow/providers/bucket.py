"""Local media in the bucket of `uploads`, for regions without temporary storage (format.md, `uploads`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
from anyio import to_thread

from wanflow import digest
from wanflow.masking import without_password
from wanflow.messages import tr
from wanflow.providers.faults import NoBucket
from wanflow.providers.protocol import Delegating, ProviderClient

LIFE_SECONDS = 48 * 3600
"""Seconds that a signed address is valid: as long as an upload to the service's own storage (service.md 5)."""

INSTALL = "pip install 'wanflow[s3]'"

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


class BucketUploads(Delegating):
    """A client whose uploads go to a bucket; the provider receives signed addresses.

    `address` is any that fsspec can sign for. Its credentials come from the environment, as its own tools read them.
    Raises NoBucket if no filesystem for it is installed.
    """

    def __init__(self, service: ProviderClient, address: str) -> None:
        super().__init__(service)
        self._address = address.rstrip("/")
        with _named_faults(self._address):
            self._files, _ = fsspec.core.url_to_fs(self._address)

    async def upload(self, path: Path, model: str) -> str:
        """Put a file under its digest, unless the bucket has it, and sign an address that is valid for 48 h."""
        del model  # a bucket's addresses are valid for all models
        return await to_thread.run_sync(self._put, path)

    def _put(self, path: Path) -> str:
        suffix = path.suffix.lower() if _SUFFIX.fullmatch(path.suffix) else ""
        key = f"{self._address}/{digest.of_file(path)}{suffix}"
        with _named_faults(self._address):
            self._files.invalidate_cache()
            try:
                size = int(self._files.info(key)["size"])
            except FileNotFoundError:
                size = -1
            if size != path.stat().st_size:
                self._files.put_file(str(path), key)
            return str(self._files.sign(key, expiration=LIFE_SECONDS))


@contextmanager
def _named_faults(address: str) -> Iterator[None]:
    """Turn every exception of a filesystem into a fault that names the bucket.

    Each filesystem raises its own exceptions, and fsspec documents none, so that all of them are caught.
    A login in the address is not shown.
    """
    shown = without_password(address, address)
    try:
        yield
    except ImportError as fault:
        words = tr(
            "`uploads: {shown}` needs a library that is not installed ({name})", shown=shown, name=fault.name or fault
        )
        raise NoBucket(
            words, hint=tr("for S3: `{install}`; others are listed in docs/uploads.md", install=INSTALL)
        ) from fault
    except NotImplementedError as fault:
        words = tr("the filesystem of `uploads: {shown}` cannot sign addresses", shown=shown)
        raise NoBucket(words, hint=tr("use a bucket, `s3://bucket/prefix`")) from fault
    except Exception as fault:
        said = " ".join(without_password(str(fault), address).split()) or type(fault).__name__
        hint = tr("check its name, and the credentials in the environment")
        raise NoBucket(tr("the bucket `{shown}` cannot be used: {said}", shown=shown, said=said), hint=hint) from fault
