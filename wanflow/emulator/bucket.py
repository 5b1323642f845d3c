"""The emulator's files: what was uploaded and what was filmed, in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from wanflow.digest import of_bytes

OSS = "oss://"


class Bucket:
    """Uploads under `oss://` keys and films under addresses below `base_url`.

    Names on disk are made here; a key or an address from outside is only ever looked up.
    """

    def __init__(self, folder: Path, base_url: str) -> None:
        self._uploads = folder / "uploads"
        self._films = folder / "films"
        self._base = base_url
        for place in (self._uploads, self._films):
            place.mkdir(parents=True, exist_ok=True)

    @property
    def upload_url(self) -> str:
        """Where files are posted to."""
        return f"{self._base}/uploads"

    def receive(self, fields: Mapping[str, str], source: Path) -> int:
        """Keep a copy of a file under the form's key; gives the HTTP status, 409 where the key is taken."""
        key = fields.get("key", "")
        if not key:
            return 400
        place = self._upload_place(key)
        if place.exists():
            return 409
        shutil.copyfile(source, place)
        return 200

    def film_place(self, task_id: str) -> Path:
        """Where the film of a task is or will be."""
        return self._films / f"{of_bytes(task_id.encode())[:32]}.mp4"

    def film_url(self, task_id: str) -> str:
        """The address under which the film of a task is served."""
        return f"{self._base}/films/{self.film_place(task_id).name}"

    def find(self, url: str) -> Path | None:
        """The file behind an address of ours, None where it isn't ours or isn't there."""
        films = f"{self._base}/films/"
        if url.startswith(OSS):
            place = self._upload_place(url.removeprefix(OSS))
        elif url.startswith(films):
            place = self._films / Path(url.removeprefix(films).partition("?")[0]).name
        else:
            return None
        return place if place.is_file() else None

    def drop_film(self, task_id: str) -> None:
        """Forget the film of a task whose day is over."""
        self.film_place(task_id).unlink(missing_ok=True)

    def _upload_place(self, key: str) -> Path:
        return self._uploads / of_bytes(key.encode())
