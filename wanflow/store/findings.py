"""What local checks found in takes: what a take is measured against, and its findings, which are kept by digest."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import NamedTuple

from wanflow import decode, digest, timebase
from wanflow.decode import Fields, text
from wanflow.errors import StoreFault
from wanflow.language.checks import Check
from wanflow.messages import Translatable, tr
from wanflow.records import immutable
from wanflow.store import atomic
from wanflow.store.layout import Store

CHECKS_VERSION = 1
"""Version of the measures and of their limits: findings of another version are measured again."""
THUMBNAIL_SIDE = 40
"""Parts of each side of a picture whose mean brightness is kept: a face in it is some of them wide."""
ALIKE_LEVELS = 6
"""Levels by which no part of two pictures differs that look the same."""
PLACES = 6
"""Decimal places of a measure that are kept."""

_WORDS: Mapping[Check, Translatable] = {
    Check.BLACK: tr("black from {start} s to {end} s"),
    Check.FROZEN: tr("frozen from {start} s to {end} s"),
    Check.SILENT: tr("silent, although sound was asked for"),
    Check.CLIPPED: tr("the sound is clipped from {start} s to {end} s"),
    Check.FLICKER: tr("the light flickers from {start} s to {end} s"),
    Check.LETTERBOX: tr("black bars cover {measure} % of the picture"),
    Check.LENGTH: tr("{measure} s longer than asked for"),
    Check.SIZE: tr("{measure} pixels larger than asked for"),
    Check.RATE: tr("{measure} frames a second more than expected"),
    Check.FIRST_FRAME: tr("the first frame is unlike the picture that was given"),
    Check.LAST_FRAME: tr("the last frame is unlike the picture that was given"),
    Check.SEAM: tr("up to {end} s it is unlike the clip that it continues"),
    Check.DRIFT: tr("colour or contrast drifted from the first take of the chain"),
    Check.HARD_CUT: tr("a hard cut at {start} s"),
    Check.FLAT: tr("the picture is of one colour"),
    Check.BLURRED: tr("the picture is blurred"),
    Check.ALPHA: tr("it has an alpha channel, and {measure} % of it is transparent"),
    Check.DUPLICATE: tr("it looks like {other}"),
    Check.COLOR: tr("its colours differ by {measure} from those of the item before it"),
}
_LESS: Mapping[Check, Translatable] = {
    Check.LENGTH: tr("{measure} s shorter than asked for"),
    Check.SIZE: tr("{measure} pixels smaller than asked for"),
    Check.RATE: tr("{measure} frames a second fewer than expected"),
}
_BLACK_PICTURE = tr("the picture is black")
_JUMP = tr("the picture jumps at {start} s, where the continuation begins")


@immutable
class Given:
    """A file that was given to a request: the hash of its identity (law 5), and where it is.

    `file` is relative to the production's folder.
    """

    identity: str
    file: PurePath


@immutable
class Expected:
    """What the request of a take asked for, as far as a take can be measured against it; None where it does not say.

    `seconds` is the length in seconds, `rate` in frames a second. `size_by_word`: a word such as `2K` asked for the
    size, which is known about. `sound`: the request asked for sound. `one_move`: the
    take is one camera move, so that a cut inside it is a finding. `first_frame` and `last_frame` are pictures, `clip`
    is the piece that the take continues, `chain_head` the first take of the chain that it belongs to. A file that is
    not here any more is None.
    """

    seconds: Fraction | None = None
    width: int | None = None
    height: int | None = None
    rate: Fraction | None = None
    sound: bool = False
    one_move: bool = True
    first_frame: Given | None = None
    last_frame: Given | None = None
    clip: Given | None = None
    chain_head: Given | None = None
    size_by_word: bool = False


@immutable
class Finding:
    """What a check found in a take.

    `measure` and `limit` are in the unit of the check, `start` and `end` seconds in the take; None where the finding is
    about all of it. Raises ValueError for a measure that is not a finite number.
    """

    check: Check
    measure: float
    limit: float
    start: Fraction | None = None
    end: Fraction | None = None
    other: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.measure) and math.isfinite(self.limit)):
            raise ValueError(f"no measure of {self.check}: {self.measure}, {self.limit}")

    @property
    def text(self) -> Translatable:
        """What is wrong, in words of film makers."""
        words = _LESS.get(self.check, _WORDS[self.check]) if self.measure < 0 else _WORDS[self.check]
        if self.check is Check.SEAM and self.start == self.end:
            words = _JUMP
        elif self.check is Check.BLACK and self.start is None:
            words = _BLACK_PICTURE
        places = {"start": self.start or Fraction(0), "end": self.end or Fraction(0)}
        numbers = {**places, "measure": abs(Fraction(self.measure))}
        values = {name: timebase.decimal_text(number, 2) for name, number in numbers.items()} | {"other": self.other}
        return words.with_values(words.format_map(values), values)

    def to_json(self) -> dict[str, object]:
        """As `takes --json` prints it."""
        return {**self._measured(), **({"other": self.other} if self.other else {}), "text": self.text}

    def record(self) -> dict[str, object]:
        """As the store keeps it."""
        ends = {"start": self.start, "end": self.end}
        return {**self._measured(), **{key: str(seconds) for key, seconds in ends.items() if seconds is not None}}

    def _measured(self) -> dict[str, object]:
        return {"check": self.check.value, "measure": round(self.measure, PLACES), "limit": round(self.limit, PLACES)}


@immutable
class Measured:
    """A take that was measured: the hash of what it was measured against, what was found, what was not here then.

    `missing` are the fields of `Expected` whose files were not here. `thumbnail` is that of a picture, by which it is
    compared with other takes of its request; empty for a film.
    """

    take: str
    against: str
    findings: tuple[Finding, ...] = ()
    missing: frozenset[str] = frozenset()
    thumbnail: bytes = b""


class TakeFindings(NamedTuple):
    """What was found in a take, and how it looks from afar, if it is a picture."""

    findings: tuple[Finding, ...]
    thumbnail: bytes = b""


def append(store: Store, measured: Measured) -> None:
    """Record what was found in a take."""
    found = [each.record() for each in measured.findings]
    record: dict[str, object] = {"take": measured.take, "against": measured.against, "findings": found}
    seen = {"thumbnail": b64encode(measured.thumbnail).decode()} if measured.thumbnail else {}
    atomic.append(store.checks, {**record, "missing": sorted(measured.missing), **seen, "version": CHECKS_VERSION})


def read(store: Store) -> dict[str, Measured]:
    """The takes that were measured, by the hash of what each was measured against; raises StoreFault.

    Those of another version of the checks are left out.
    """
    found: dict[str, Measured] = {}
    for number, record in enumerate(atomic.read_records(store.checks), start=1):
        if record.get("version") != CHECKS_VERSION:
            continue
        try:
            measured = measured_of(record)
        except ValueError as error:
            raise StoreFault(
                tr("`{name}` is damaged at line {number}", name=store.checks.name, number=number),
                hint=tr("`wanflow doctor --repair` repairs it and keeps a copy"),
            ) from error
        found[measured.against] = measured
    return found


def forget(store: Store, takes: Collection[str]) -> None:
    """Remove the findings of takes that were removed, by their digests, and those of other versions of the checks."""
    records = list(atomic.read_records(store.checks))
    kept = [each for each in records if each.get("version") == CHECKS_VERSION and each.get("take") not in takes]
    if len(kept) < len(records):
        atomic.write_whole(store.checks, b"".join(map(atomic.line_of, kept)))


def measured_of(record: Mapping[str, object]) -> Measured:
    """A measured take from its record; raises ValueError. One of another version is not understood, and is fine."""
    facts = Fields(record)
    take, against = facts.read("take", digest.from_json), facts.read("against", digest.from_json)
    if facts.read("version", decode.whole_number) != CHECKS_VERSION:
        return Measured(take, against)
    found = tuple(map(_finding_of, facts.read("findings", decode.items)))
    missing = frozenset(map(text, facts.read("missing", decode.items)))
    thumbnail = b64decode(facts.read_if_given("thumbnail", text) or "", validate=True)
    if thumbnail and len(thumbnail) != THUMBNAIL_SIDE**2 * 3 // 2:
        raise ValueError(f"a thumbnail of {len(thumbnail)} bytes")
    return Measured(take, against, found, missing, thumbnail)


def difference_of(one: bytes, other: bytes, *, most: int = ALIKE_LEVELS) -> int:
    """By how many levels two thumbnails differ where they differ most; any number above `most` for more than that."""
    found = 0
    for here, there in zip(one, other, strict=True):
        found = max(found, abs(here - there))
        if found > most:
            break
    return found


def duplicate_of(thumbnail: bytes, earlier: Mapping[str, bytes]) -> Finding | None:
    """The finding that a picture looks like the first of `earlier` takes of its request, by name; None for none."""
    for name, other in earlier.items():
        levels = difference_of(thumbnail, other)
        if levels <= ALIKE_LEVELS:
            return Finding(Check.DUPLICATE, levels, ALIKE_LEVELS, other=name)
    return None


def _finding_of(value: object) -> Finding:
    facts = Fields(value)
    return Finding(
        Check(facts.read("check", text)),
        float(facts.read("measure", decode.number) or 0),
        float(facts.read("limit", decode.number) or 0),
        facts.read_if_given("start", decode.fraction),
        facts.read_if_given("end", decode.fraction),
    )
