"""What the cuts in `out/` were made from; valid while their files are as wanflow wrote them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, field, replace
from functools import partial
from pathlib import Path

from wanflow import decode, digest
from wanflow.decode import Fields, text, whole_number
from wanflow.language.output_paths import entry_of
from wanflow.records import immutable
from wanflow.store import atomic
from wanflow.store.layout import Store

_stat_number = partial(whole_number, most=2**63 - 1)


@immutable
class DeliveryRecord:
    """What a delivery was made from: `recipe` of its form, the digest of the `film`; its own digest, and its stat.

    The stat of a folder changes with the names in it.
    """

    recipe: str
    film: str
    digest: str
    size: int
    mtime_ns: int

    @classmethod
    def from_json(cls, value: object) -> DeliveryRecord:
        """Read a record."""
        facts = Fields(value)
        texts = (facts.read("recipe", text), facts.read("film", text), facts.read("digest", text))
        return cls(*texts, *(facts.read(key, _stat_number) for key in ("size", "mtime_ns")))


@immutable
class CutRecord:
    """What the file of a cut was made from, and its stat.

    `output` is relative to the production's folder. `segments` are the hashes of the segments; `takes` the digests of
    the takes that the cut shows, None in the records of an older wanflow. `subtitles` are the digests of the files
    beside the film by path, empty in such records. `boxes` are the characters that are drawn as boxes, since no font
    had them. `digest` is that of the film, None in the records of an older wanflow. `deliveries` are its further files
    by path, relative to the production's folder.
    """

    output: str
    fingerprint: str
    size: int
    mtime_ns: int
    segments: tuple[str, ...] = ()
    takes: tuple[str, ...] | None = None
    subtitles: Mapping[str, str] = field(default_factory=dict)
    boxes: str | None = None
    digest: str | None = None
    deliveries: Mapping[str, DeliveryRecord] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: object) -> CutRecord:
        """Read a record."""
        facts = Fields(value)
        output, fingerprint = facts.read("output", text), facts.read("fingerprint", text)
        size, mtime_ns = (facts.read(key, _stat_number) for key in ("size", "mtime_ns"))
        segments, takes = (facts.read_if_given(key, decode.items) for key in ("segments", "takes"))
        shown = None if takes is None else tuple(map(text, takes))
        beside = {path: text(found) for path, found in (facts.read_if_given("subtitles", decode.mapping) or {}).items()}
        boxes, film = facts.read_if_given("boxes", text), facts.read_if_given("digest", digest.from_json)
        more = (facts.read_if_given("deliveries", decode.mapping) or {}).items()
        made = {path: DeliveryRecord.from_json(found) for path, found in more}
        keys = tuple(map(text, segments or ()))
        return cls(output, fingerprint, size, mtime_ns, keys, shown, beside, boxes, film, made)

    def is_of(self, file: Path) -> bool:
        """Whether a file is as it was written."""
        return _is_of(self, file)


def _is_of(record: CutRecord | DeliveryRecord, file: Path) -> bool:
    try:
        stat = file.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (record.size, record.mtime_ns)


def remember(
    store: Store,
    cut: str,
    output: str,
    fingerprint: str,
    segments: Sequence[str] = (),
    takes: Sequence[str] = (),
    made: Path | None = None,
    subtitles: Sequence[str] = (),
    boxes: str = "",
    film: str | None = None,
) -> None:
    """Record what a cut's file, relative to the production's folder, was made from.

    `segments` are their hashes, `takes` the digests of the takes that it shows. `made` is the finished file where it is
    only about to get the name `output`. `subtitles` are the files beside it; those without words do not exist.
    `boxes` are the characters that it lacks a font for, `film` is its digest. Raises StoreFault.
    """
    file = made or store.folder / output
    files = {path: store.folder / path for path in subtitles}
    with atomic.faults_of(file):
        stat = file.stat()
        beside = {path: digest.of_file(written) for path, written in files.items() if written.exists()}
    shown, known = tuple(dict.fromkeys(takes)), _read(store)
    made_before = known.get(_key(store, cut))
    record = CutRecord(
        output,
        fingerprint,
        stat.st_size,
        stat.st_mtime_ns,
        tuple(segments),
        shown,
        beside,
        boxes or None,
        film,
        {} if made_before is None else made_before.deliveries,
    )
    _write(store, {**known, _key(store, cut): record})


def remember_delivery(store: Store, cut: str, path: str, recipe: str, film: str, content: str, made: Path) -> None:
    """Record what a delivery of a cut was made from, which is about to get the name `path`; raises StoreFault.

    `film` is the digest of the film, `content` that of what was `made`.
    """
    known = _read(store)
    with atomic.faults_of(made):
        stat = made.stat()
    if (record := known.get(_key(store, cut))) is not None:
        made_now = DeliveryRecord(recipe, film, content, stat.st_size, stat.st_mtime_ns)
        deliveries = {**record.deliveries, path: made_now}
        _write(store, {**known, _key(store, cut): replace(record, digest=film, deliveries=deliveries)})


def keep_deliveries(store: Store, cut: str, paths: Collection[str]) -> None:
    """Forget all deliveries of a cut but these; raises StoreFault."""
    known = _read(store)
    record = known.get(_key(store, cut))
    if record is not None and not record.deliveries.keys() <= set(paths):
        left = {path: made for path, made in record.deliveries.items() if path in paths}
        _write(store, {**known, _key(store, cut): replace(record, deliveries=left)})


def _write(store: Store, records: Mapping[str, CutRecord]) -> None:
    facts = {
        key: {name: fact for name, fact in asdict(each).items() if fact is not None and (fact or name != "deliveries")}
        for key, each in records.items()
    }
    atomic.write_whole(store.cuts, (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode())


def deliveries(store: Store, cut: str) -> Mapping[str, str]:
    """The deliveries that were written of a cut: their digests by path."""
    record = _read(store).get(_key(store, cut))
    return {} if record is None else {path: made.digest for path, made in record.deliveries.items()}


def delivered(store: Store) -> dict[str, dict[str, str]]:
    """The deliveries of each cut of this backend that are as they were written: their recipes by path.

    The recipe is empty where the delivery is of an earlier film.
    """
    mine = ((key.partition(":"), record) for key, record in _read(store).items() if record.deliveries)
    return {cut: _intact(store, record) for (backend, _, cut), record in mine if backend == store.provider.name}


def _intact(store: Store, record: CutRecord) -> dict[str, str]:
    here = {path: made for path, made in record.deliveries.items() if _is_of(made, store.folder / path)}
    return {path: made.recipe if made.film == record.digest else "" for path, made in here.items()}


def subtitles(store: Store, cut: str) -> Mapping[str, str]:
    """The subtitles that were written beside the last film of a cut: their digests by path."""
    record = _read(store).get(_key(store, cut))
    return {} if record is None else record.subtitles


def takes(store: Store) -> Iterator[tuple[str, str]]:
    """The cuts that were written, of every backend, by name, each with the digests of the takes that it shows."""
    for key, record in _read(store).items():
        yield from ((key.partition(":")[2], digest) for digest in record.takes or ())


def shown(store: Store) -> dict[str, tuple[str, ...]]:
    """The digests of the takes that each cut of this backend last showed, in their order."""
    named = ((key.partition(":"), record.takes) for key, record in _read(store).items())
    return {cut: takes for (backend, _, cut), takes in named if backend == store.provider.name and takes is not None}


def boxes(store: Store) -> dict[str, str]:
    """The characters that each cut of this backend last had as boxes, since no font had them; others are left out."""
    named = ((key.partition(":"), record.boxes) for key, record in _read(store).items())
    return {cut: boxes for (backend, _, cut), boxes in named if backend == store.provider.name and boxes}


def segments(store: Store) -> Iterator[str]:
    """The hashes of the segments that the cuts were last made from, also if their files changed."""
    for record in _read(store).values():
        yield from record.segments


def wrote(store: Store, file: Path) -> bool:
    """Whether wanflow wrote this file as a cut, and it did not change since; `file` comes from `entry_of`."""
    records = _read(store).values()
    return any(record.is_of(file) for record in records if entry_of(store.folder, record.output) == file)


def current(store: Store, outputs: Mapping[str, str]) -> dict[str, CutRecord]:
    """The record of each cut whose file is in its place and did not change since it was written."""
    known = _read(store)
    found = {cut: known.get(_key(store, cut)) for cut in outputs}
    return {
        cut: record
        for cut, record in found.items()
        if record is not None and record.output == outputs[cut] and record.is_of(store.folder / record.output)
    }


def _key(store: Store, cut: str) -> str:
    return f"{store.provider.name}:{cut}"


def _read(store: Store) -> dict[str, CutRecord]:
    """The records by key; an unreadable one is left out, which costs an assembly and no take."""
    found: dict[str, CutRecord] = {}
    with suppress(OSError, ValueError):
        for key, record in decode.mapping(decode.parse_json(atomic.bytes_of(store.cuts))).items():
            with suppress(ValueError):
                found[key] = CutRecord.from_json(record)
    return found
