"""From what stands under a media key to a source (format.md, Sources)."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from wanflow import digest
from wanflow.spec.problem import Problem, Severity
from wanflow.spec.source import (
    DataSource,
    FileSource,
    Frame,
    Head,
    Piece,
    ShotSource,
    Sound,
    Source,
    Span,
    Tail,
    UrlSource,
)
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node, Place, Scalar

_DATA = re.compile(r"data:(image/[a-z]+);base64,(.*)", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SIGNED = re.compile(r"[?&](expires|signature|x-amz-|x-oss-|ossaccesskeyid|token|sig)", re.IGNORECASE)


def read_source(node: Node, folder: Path, problems: list[Problem]) -> Source | None:
    """The source that a value means; problems are added, and None given, where it means none.

    The value's shape was checked against the schema before. `folder` is where relative paths begin.
    """
    if isinstance(node, Scalar):
        return _written(node, str(node.value), folder, problems)
    if not isinstance(node, Table):
        return None
    shot, file, url = (node.find(key) for key in ("shot", "file", "url"))
    if isinstance(shot, Scalar):
        return ShotSource(shot.words, read_piece(node))
    if isinstance(file, Scalar):
        return FileSource(find_path(file.text, folder), read_piece(node))
    if isinstance(url, Scalar):
        sha256 = node.find("sha256")
        return _address(url, url.words, sha256.words if isinstance(sha256, Scalar) else None, problems)
    problems.append(Problem(node.place, "a source is a `shot`, a `file` or a `url`", "e.g. `{shot: coast, tail: 2}`"))
    return None


def value_place(node: Node) -> Place:
    """Where a source's own value begins: the path, the address or the shot's name, also within a mapping."""
    if isinstance(node, Table):
        named = [node.find(key) for key in ("shot", "file", "url")]
        return next((value.place for value in named if value is not None), node.place)
    return node.place


def read_piece(node: Table) -> Piece | None:
    """The piece that a mapping asks for, None for the whole."""
    seconds = {key: _decimal(node.find(key)) for key in ("tail", "head", "from", "to")}
    if seconds["tail"] is not None:
        return Tail(seconds["tail"])
    if seconds["head"] is not None:
        return Head(seconds["head"])
    if seconds["from"] is not None:
        return Span(seconds["from"], seconds["to"])
    frame = node.find("frame")
    if isinstance(frame, Scalar):
        return _frame(frame)
    return Sound() if node.find("track") is not None else None


def find_path(text: str, folder: Path) -> str:
    """A path as it is on disk: as written, then in NFC, then in NFD (format.md, Sources); as written where none is."""
    forms = dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)))
    there = (form for form in forms if _exists(folder / form))
    return Path(next(there, text)).as_posix()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False  # too long or with a null byte: reported as missing, with its place


def _frame(node: Scalar) -> Frame:
    match node.words:
        case "first":
            return Frame("first")
        case "last":
            return Frame("last")
        case _:
            return Frame(_decimal(node) or Decimal(0))


def _written(node: Scalar, text: str, folder: Path, problems: list[Problem]) -> Source | None:
    if text.startswith(("http://", "https://", "oss://")):
        return _address(node, text, None, problems)
    if text.startswith("data:"):
        return _inline(node, text, problems)
    if _SCHEME.match(text):
        scheme = text.partition(":")[0]
        message = f"`{scheme}:` is no address that the service reads"
        problems.append(Problem(node.place, message, "use `https:`, or the path of a file"))
        return None
    return FileSource(find_path(text, folder))


def _address(node: Scalar, text: str, sha256: str | None, problems: list[Problem]) -> UrlSource | None:
    if not _names_a_host(text):
        problems.append(Problem(node.place, "this is no address", "e.g. `https://host.example/coast.png`"))
        return None
    if sha256 is None and _SIGNED.search(text):
        message = "the address is signed or expires, and its whole text is its identity"
        hint = "pin it: `{url: …, sha256: …}`"
        problems.append(Problem(node.place, message, hint, Severity.WARNING))
    return UrlSource(text, sha256)


def _names_a_host(text: str) -> bool:
    try:
        return bool(urlsplit(text).hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


def _inline(node: Scalar, text: str, problems: list[Problem]) -> DataSource | None:
    parts = _DATA.fullmatch(text)
    try:
        data = base64.b64decode(parts.group(2), validate=True) if parts else b""
    except binascii.Error:
        data = b""
    if parts is None or not data:
        message = "a data URI has to be a picture, `data:image/png;base64,…`"
        problems.append(Problem(node.place, message, "save anything else as a file, and name that"))
        return None
    return DataSource(text, parts.group(1), digest.of_bytes(data))


def _decimal(node: Node | None) -> Decimal | None:
    if isinstance(node, Scalar) and isinstance(node.value, int | Decimal):
        return Decimal(node.value)
    return None
