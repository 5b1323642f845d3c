"""Read the value of a media key as a source (format.md, Sources)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit

from wanflow import digest
from wanflow.hosts import is_local
from wanflow.language.author_hints import hint_for_take
from wanflow.language.problem import Problem, Severity
from wanflow.language.scope import GivenInput, Scope
from wanflow.language.source import (
    DataSource,
    FileSource,
    Frame,
    Head,
    NoSuchPiece,
    Piece,
    ShotSource,
    Sound,
    Source,
    Span,
    Tail,
    UrlSource,
    piece_of,
)
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import Interpolated, MapNode, Node, Place, TextNode

_FORMS = ("shot", "file", "url", "input")

_DATA = pattern(r"data:(image/[a-z]+);base64,(.*)", re.DOTALL)
_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SIGNED = pattern(r"[?&](expires|signature|x-amz-|x-oss-|ossaccesskeyid|token|sig)", re.IGNORECASE)


def read_source(node: Node, scope: Scope, problems: list[Problem]) -> Source | None:
    """The source that a value names; None, and a problem, for an invalid one.

    None without a problem is an input of a pipeline that was left out. The schema checked the value's shape before.
    """
    if isinstance(node, TextNode):
        return _written(node, str(node.value), scope, problems)
    if not isinstance(node, MapNode):
        return None
    shot, file, url, given = (node.find(key) for key in _FORMS)
    if isinstance(given, TextNode):
        return _input(given, read_piece(node), scope, problems)
    if isinstance(shot, TextNode):
        return ShotSource(scope.shot(shot, problems), read_piece(node))
    if isinstance(file, TextNode):
        return FileSource(scope.base.path(file.text), read_piece(node))
    if isinstance(url, TextNode):
        sha256 = node.find("sha256")
        return _url(url, url.string, sha256.string if isinstance(sha256, TextNode) else None, problems)
    problems.append(
        Problem(node.place, tr("a source is a `shot`, a `file` or a `url`"), "e.g. `{shot: coast, tail: 2}`")
    )
    return None


def value_place(node: Node) -> Place:
    """Where a source's own value begins: the path, the URL or the shot's name, also within a mapping."""
    if isinstance(node, MapNode):
        named = [node.find(key) for key in _FORMS]
        return next((value.place for value in named if value is not None), node.place)
    return node.place


def written_at(node: Node, scope: Scope) -> Place:
    """Where a source's own value is written, also where it came in by an input: that is where to fix it."""
    given = _given(node, scope)
    return value_place(node) if given is None or given.node is None else written_at(given.node, given.scope)


def _given(node: Node, scope: Scope) -> GivenInput | None:
    """The value of the input that a source names."""
    written = node.find("input") if isinstance(node, MapNode) else None
    return scope.inputs.get(written.string) if scope.inputs and isinstance(written, TextNode) else None


def value_origin(node: Node, scope: Scope) -> tuple[Interpolated, ...]:
    """The names and inputs that a source's own value came through."""
    if isinstance(node, TextNode):
        return node.filled
    given = _given(node, scope)
    if given is not None and given.node is not None:
        return (given.filled, *value_origin(given.node, given.scope))
    named = [node.find(key) for key in _FORMS] if isinstance(node, MapNode) else []
    return next((each.filled for each in named if isinstance(each, TextNode)), ())


def _input(written: TextNode, piece: Piece | None, scope: Scope, problems: list[Problem]) -> Source | None:
    """The source that a media input was given, or a piece of it."""
    if scope.inputs is None:
        words = tr("`input` is only known inside a pipeline")
        problems.append(Problem(written.place, words, tr("name a `shot`, a `file` or a `url`")))
        return None
    if written.string not in scope.inputs:
        hint = did_you_mean(written.string, scope.inputs) or tr("declare it under `inputs` with `type: media`")
        problems.append(Problem(written.place, tr("no media input `{name}`", name=written.string), hint))
        return None
    given = scope.inputs[written.string]
    problems += [given.problem] if given.problem is not None else []
    whole = None if given.node is None else read_source(given.node, given.scope, problems)
    return whole if whole is None or piece is None else _part(whole, piece, written, problems)


def _part(whole: Source, piece: Piece, written: TextNode, problems: list[Problem]) -> Source | None:
    if not isinstance(whole, FileSource | ShotSource):
        message = tr("`{name}` is given as a URL, which has no pieces", name=written.string)
        problems.append(Problem(written.place, message, tr("give a file or a shot")))
        return None
    try:
        return replace(whole, piece=piece_of(whole.piece, piece))
    except NoSuchPiece as error:
        problems.append(
            Problem(written.place, tr("`{name}`: {error}", name=written.string, error=error), tr("give the whole clip"))
        )
        return None


def read_piece(node: MapNode) -> Piece | None:
    """The piece that a mapping asks for, None for the whole."""
    seconds = {key: _decimal(node.find(key)) for key in ("tail", "head", "from", "to")}
    if seconds["tail"] is not None:
        return Tail(seconds["tail"])
    if seconds["head"] is not None:
        return Head(seconds["head"])
    if seconds["from"] is not None:
        return Span(seconds["from"], seconds["to"])
    frame = node.find("frame")
    if isinstance(frame, TextNode):
        match frame.string:
            case "first":
                return Frame("first")
            case "last":
                return Frame("last")
            case _:
                return Frame(_decimal(frame) or Decimal(0))
    return Sound() if node.find("track") is not None else None


def _written(node: TextNode, text: str, scope: Scope, problems: list[Problem]) -> Source | None:
    if text.startswith(("http://", "https://", "oss://")):
        return _url(node, text, None, problems)
    if text.startswith("data:"):
        return _inline(node, text, problems)
    if _SCHEME.match(text):
        scheme = text.partition(":")[0]
        message = tr("the service cannot read a `{scheme}:` URL", scheme=scheme)
        problems.append(Problem(node.place, message, tr("use `https:`, or the path of a file")))
        return None
    if text.startswith("｛"):  # `{shot: …}`, of which nothing else would be told before media is opened
        problems.append(Problem(node.place, tr("`｛` is a full-width brace"), tr("write `{`")))
        return None
    path = scope.base.path(text)
    if scope.find(text) is not None and not scope.base.has(path):
        problems.append(
            Problem(
                node.place, tr("`{text}` is a shot, not a file", text=text), tr("write `{{shot: {text}}}`", text=text)
            )
        )
        return None
    hint = hint_for_take(text)
    if hint is not None and scope.find(text.rpartition(".t")[0]) is not None and not scope.base.has(path):
        problems.append(Problem(node.place, tr("a source names a shot, not the take `{text}`", text=text), hint))
        return None
    return FileSource(path)


def _url(node: TextNode, text: str, sha256: str | None, problems: list[Problem]) -> UrlSource | None:
    try:
        host = urlsplit(text).hostname
    except ValueError:
        host = None
    if not host or re.search(r"\s", text):
        problems.append(Problem(node.place, tr("not a valid URL"), "e.g. `https://host.example/coast.png`"))
        return None
    if urlsplit(text).scheme != "oss" and is_local(host):
        message = tr("the service cannot reach `{host}`: only this machine or its network can", host=host)
        hint = tr("give the file itself: its path in place of the URL")
        problems.append(Problem(node.place, message, hint, Severity.WARNING))
    if sha256 is None and _SIGNED.search(text):
        message = tr("this URL is signed or expires: a new one counts as another file, which is rendered again")
        hint = tr("pin it: `{url: …, sha256: …}`")
        problems.append(Problem(node.place, message, hint, Severity.WARNING))
    return UrlSource(text, sha256)


def _inline(node: TextNode, text: str, problems: list[Problem]) -> DataSource | None:
    parts = _DATA.fullmatch(text)
    try:
        data = base64.b64decode(parts.group(2), validate=True) if parts else b""
    except binascii.Error:
        data = b""
    if parts is None or not data:
        message = tr("a data URI must be a picture: `data:image/png;base64,…`")
        problems.append(Problem(node.place, message, tr("save anything else as a file, and name that")))
        return None
    return DataSource(text, parts.group(1), digest.of_bytes(data))


def _decimal(node: Node | None) -> Decimal | None:
    if isinstance(node, TextNode) and isinstance(node.value, int | Decimal):
        return Decimal(node.value)
    return None
