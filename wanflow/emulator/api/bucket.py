"""The files of the emulator: uploads and results, behind signed addresses (service.md 5 and 7.1)."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import takewhile
from operator import itemgetter
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from wanflow.digest import of_bytes
from wanflow.emulator.api.order import Rejected, repeated
from wanflow.emulator.api.tasks import PRIVATE
from wanflow.file_state import SYMLINK_REFUSED
from wanflow.records import immutable

OSS = "oss://"
FOLDER = "dashscope-instant/emulated"
UPLOAD_LIFE = timedelta(hours=48)
PERMIT_LIFE = timedelta(seconds=300)
RESULT_LIFE = timedelta(hours=24)
MOST_BYTES = 100 * 10**6
"""Maximum bytes of an uploaded file."""

TimeSource = Callable[[], datetime]


@immutable
class UploadPermit:
    """Permission to upload one file for one model: the policy, its signature, and the folder that it allows."""

    policy: str
    signature: str
    folder: str
    host: str


class Bucket:
    """Uploads under `oss://` keys, and films and pictures under addresses below `origin`.

    File names are made here; keys and addresses of clients are only hashed and looked up. The secret for signatures is
    kept in the folder, so that addresses stay valid after a restart. No upload is accepted that could leave less than
    `spare_bytes` of the disk free.
    """

    def __init__(self, folder: Path, origin: str, clock: TimeSource, *, spare_bytes: int = 0) -> None:
        self._uploads = folder / "uploads"
        self._films = folder / "films"
        self._origin = origin
        self._clock = clock
        self._spare_bytes = spare_bytes
        for place in (self._uploads, self._films):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._secret = _secret(folder / "secret")
        self._issues: Counter[str] = Counter()
        self._received = self._read_uploads()

    @property
    def upload_url(self) -> str:
        """The address that files are posted to."""
        return f"{self._origin}/uploads"

    def allow(self, model: str) -> UploadPermit:
        """Permit the upload of one file for a model within five minutes; uploads that expired are deleted."""
        self._delete_expired()
        folder = f"{FOLDER}/{uuid4()}"
        terms = {"folder": folder, "model": model, "until": (self._clock() + PERMIT_LIFE).timestamp()}
        policy = json.dumps(terms).encode().hex()
        return UploadPermit(policy, self._sign(policy), folder, self.upload_url)

    @contextmanager
    def receiving(self, fields: Mapping[str, str]) -> Iterator[Callable[[bytes], object]]:
        """A writer of the file that the fields of a form permit; the file is kept if the block ends well.

        Raises Rejected as the vendor's storage answers: before anything is written, or for a file that is too large.
        """
        policy = fields.get("policy", "")
        if not hmac.compare_digest(fields.get("Signature", "").encode(), self._sign(policy).encode()):
            raise Rejected("SignatureDoesNotMatch", "The request signature we calculated does not match.", status=403)
        terms: Mapping[str, float | str] = json.loads(bytes.fromhex(policy))
        now = self._clock().timestamp()
        if now >= float(terms["until"]):
            raise Rejected("AccessDenied", "Invalid according to Policy: Policy expired.", status=403)
        key = fields.get("key", "")
        if not key.startswith(f"{terms['folder']}/"):
            raise Rejected("AccessDenied", "Invalid according to Policy: Policy Condition failed.", status=403)
        place = self._upload_place(key)
        if place.exists():
            raise _exists()
        if self._spare_bytes and shutil.disk_usage(self._uploads).free < self._spare_bytes + MOST_BYTES:
            raise Rejected("InsufficientStorage", "The disk of the emulator is nearly full.", status=507)
        part = place.with_suffix(f".{uuid4().hex}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as target:

                def write(data: bytes) -> None:
                    if target.tell() + len(data) > MOST_BYTES:
                        raise too_large()
                    target.write(data)

                yield write
            if place.exists():  # another form with the same key was quicker
                raise _exists()
            facts = json.dumps({"model": terms["model"], "received": now})
            _write_private(_facts_of(place), facts.encode())
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
        self._received[place] = now

    def result_place(self, task_id: str, suffix: str = ".mp4", number: int = 0) -> Path:
        """The path of the result of a task; `number` counts from 0 where it has several."""
        name = f"{task_id} {number}" if number else task_id
        return self._films / f"{of_bytes(name.encode())[:32]}{suffix}"

    def address(self, result: Path) -> str:
        """The signed address of a result, valid for a day."""
        name = result.name
        until = str(int((self._clock() + RESULT_LIFE).timestamp()))
        query = {"Expires": until, "OSSAccessKeyId": "emulated", "Signature": self._sign_film(name, until)}
        return f"{self._origin}/films/{name}?{urlencode(query)}"

    def result(self, name: str, query: str) -> Path:
        """The file of an address; raises Rejected: 403 for a wrong or expired signature, 404 for a missing file."""
        given = {key: values[0] for key, values in parse_qs(query).items()}
        until = given.get("Expires", "")
        if not hmac.compare_digest(given.get("Signature", "").encode(), self._sign_film(name, until).encode()):
            raise Rejected("SignatureDoesNotMatch", "The request signature we calculated does not match.", status=403)
        if self._clock().timestamp() >= int(until):
            raise Rejected("AccessDenied", "Request has expired.", status=403)
        place = self._films / Path(name).name
        if not place.is_file():
            raise Rejected("NoSuchKey", "The specified key does not exist.", status=404)
        return place

    def expire(self, result: Path) -> None:
        """Refuse all addresses of a result that exist now."""
        self._issues[result.name] += 1

    def renewed(self, url: str) -> str:
        """The address of a result, or another one where that is refused."""
        result = self._result_of(url)
        return self.address(result) if self._issues[result.name] else url

    def find(self, url: str) -> Path | None:
        """The file of one of our addresses; None for other addresses, and for missing or expired files."""
        if url.startswith(OSS):
            place = self._upload_place(url.removeprefix(OSS))
            if place not in self._received:
                return None
            age = self._clock().timestamp() - self._received[place]
            return place if age < UPLOAD_LIFE.total_seconds() else None
        films = f"{self._origin}/films/"
        if not url.startswith(films):
            return None
        try:
            return self.result(self._result_of(url).name, urlsplit(url).query)
        except Rejected:
            return None

    def check_upload(self, url: str, model: str) -> None:
        """Check that an upload is younger than 48 hours and for this model; raises Rejected (service.md 5)."""
        if not url.startswith(OSS):
            return
        if self.find(url) is None:
            raise Rejected("InvalidParameter", f"Failed to download {repeated(url)}")
        facts = _facts_of(self._upload_place(url.removeprefix(OSS)))
        if json.loads(facts.read_bytes())["model"] != model:
            message = "Unable to download the media resource during the data inspection process."
            raise Rejected("InvalidParameter.DataInspection", message)

    def drop(self, urls: Iterable[str]) -> None:
        """Delete the results of an expired task."""
        for url in urls:
            self._result_of(url).unlink(missing_ok=True)

    def _read_uploads(self) -> dict[Path, float]:
        """When each file was received, oldest first; what a killed emulator left unfinished is deleted."""
        for part in self._uploads.glob("*.part"):
            part.unlink()
        received: dict[Path, float] = {}
        for facts in self._uploads.glob("*.json"):
            place = facts.with_suffix("")
            try:
                received[place] = float(json.loads(facts.read_bytes())["received"])
            except (ValueError, TypeError, KeyError):
                received[place] = 0
        return dict(sorted(received.items(), key=itemgetter(1)))

    def _delete_expired(self) -> None:
        oldest = self._clock().timestamp() - UPLOAD_LIFE.total_seconds()
        for place in list(takewhile(lambda place: self._received[place] <= oldest, self._received)):
            for file in (place, _facts_of(place)):
                file.unlink(missing_ok=True)
            del self._received[place]

    def _result_of(self, url: str) -> Path:
        return self._films / urlsplit(url).path.rpartition("/")[2]

    def _upload_place(self, key: str) -> Path:
        return self._uploads / of_bytes(key.encode())

    def _sign_film(self, name: str, until: str) -> str:
        issue = self._issues[name]
        return self._sign(f"{name} {until} {issue}" if issue else f"{name} {until}")

    def _sign(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def too_large() -> Rejected:
    """The refusal of a file above the size that a policy allows."""
    return Rejected("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")


def _exists() -> Rejected:
    return Rejected("FileAlreadyExists", "The object you specified already exists.", status=409)


def _facts_of(upload: Path) -> Path:
    return upload.with_suffix(".json")


def _secret(path: Path) -> bytes:
    """The secret of a folder, made at the first use."""
    if not path.exists():
        _write_private(path, secrets.token_bytes(32))
    return path.read_bytes()


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | SYMLINK_REFUSED, PRIVATE), "wb") as file:
        file.write(data)
