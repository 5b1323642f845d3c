"""The request of a shot, with an address that the provider can read for each media slot."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wanflow import digest
from wanflow.catalog.model import FileRule
from wanflow.errors import MediaFault, words_of_system
from wanflow.graph.build import input_id, sources_of
from wanflow.graph.node import ShotVertex
from wanflow.language.delivery_checks import goes_inline
from wanflow.language.production import Shot
from wanflow.language.source import DataSource, Source, UrlSource
from wanflow.messages import tr
from wanflow.providers.protocol import Request, request_with
from wanflow.runner.context import RunContext, RunState
from wanflow.runner.extract import file_of

PICTURES = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "bmp": b"BM", "webp": b"RIFF"}
"""First bytes of each kind of picture."""


async def compose(shot: Shot, seed: int, run_state: RunState, context: RunContext) -> Request:
    """The request of a shot; media that are not online yet are uploaded now.

    Raises MediaFault where a file is not the one that was planned with, and ServiceFault.
    """
    addresses = {slot: await _address(shot, slot, source, run_state, context) for slot, source in sources_of(shot)}
    return request_with(shot, seed, addresses)


async def _address(shot: Shot, slot: str, source: Source, run_state: RunState, context: RunContext) -> str:
    """An address as written, that of a result which is still online, or that of an upload."""
    if isinstance(source, UrlSource):
        await _check_pinned(source, _rule(shot, slot).size_bytes, run_state, context)
        return source.url
    if isinstance(source, DataSource):
        return source.uri
    node = input_id(shot.name, slot, source)
    expected = run_state.output(node).digest
    if expected is not None and isinstance(run_state.plan.graph.vertex(node), ShotVertex):
        online = await _online(expected, context)
        if online is not None:
            return online
    file = context.folder / file_of(node, run_state, context)
    rule = _rule(shot, slot)
    with _readable(file):
        inline = goes_inline(rule, file.stat().st_size, run_state.plan.graph.production)
    if inline:
        return _written_out(file, expected)
    return await _upload(file, expected, shot.model, context)


def _rule(shot: Shot, slot: str) -> FileRule:
    """What the file in a slot has to be; of a voice, what a voice has to be."""
    types = {media.slot: media.type for media in shot.media}
    rule = shot.rules.media[types[slot.removesuffix(".voice")]]
    return rule.voice if rule.voice is not None and slot not in types else rule.file


def _written_out(file: Path, expected: str | None) -> str:
    """A picture as a data URI, its kind by its first bytes (service.md 3)."""
    with _readable(file):
        data = file.read_bytes()
    _check_same(file, digest.of_bytes(data), expected)
    kind = next((kind for kind, begin in PICTURES.items() if data.startswith(begin)), "png")
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


def _check_same(file: Path, found: str, expected: str | None) -> None:
    if expected not in {None, found}:
        raise MediaFault(
            tr("`{name}` was changed after the plan was made", name=file.name),
            hint=tr("run again: it is planned again"),
        )


async def _online(digest: str, context: RunContext) -> str | None:
    """The provider's address of a take that it delivered; a task of an earlier run is polled for it."""
    known, now = context.addresses, context.clock()
    task_id = known.task_of(digest, now)
    if digest not in known.results and task_id is not None:
        state = await context.service.poll(task_id)
        if state.url is not None:
            known.keep_result(digest, state.url, known.online[digest].ready)
    return known.result(digest, now)


async def _upload(path: Path, expected: str | None, model: str, context: RunContext) -> str:
    """Upload a file, unless an earlier upload of the same bytes for the same model can still be read."""
    with _readable(path):
        found = digest.of_file(path)
    _check_same(path, found, expected)
    async with context.addresses.turns[found, model]:
        known = context.addresses.upload(found, model, context.clock())
        if known is not None:
            return known
        with _readable(path):
            url = await context.service.upload(path, model)
        context.addresses.keep_upload(found, model, url, context.stamp())
    return url


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn an error of the disk into a fault that names the file."""
    try:
        yield
    except OSError as fault:
        words = words_of_system(fault)
        raise MediaFault(
            tr("`{name}` cannot be read: {words}", name=path.name, words=words),
            hint=tr("run again: it is planned again"),
        ) from fault


async def _check_pinned(source: UrlSource, most_bytes: int, run_state: RunState, context: RunContext) -> None:
    """A pinned address is fetched once a run and compared before anything is paid for it (format.md, Sources).

    A file that is larger than the model takes is not compared. The animatic reaches no network: there an address is a
    card.
    """
    if source.sha256 is None or not run_state.plan.provider.remote or source in context.addresses.pinned:
        return
    target = context.store.temporary("")
    try:
        fetched = await context.service.download(source.url, target, most_bytes)
    finally:
        target.unlink(missing_ok=True)
    if fetched.digest != source.sha256.lower():
        where = source.url.partition("?")[0]
        raise MediaFault(
            tr("`{where}` is not the file that its `sha256` names", where=where),
            hint=tr("if it changed on purpose: {digest}", digest=fetched.digest),
        )
    context.addresses.pinned.add(source)
