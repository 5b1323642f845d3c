"""Findings: their words, and how the store keeps them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from kit.providers import DASHSCOPE
from wanflow import digest
from wanflow.errors import StoreFault
from wanflow.language.checks import Check
from wanflow.store import atomic, findings, repair
from wanflow.store.findings import Finding, Measured
from wanflow.store.layout import Store

TAKE, OTHER, AGAINST = (digest.of_bytes(name) for name in (b"take", b"other", b"against"))
BLACK = Finding(Check.BLACK, 0.8, 0.25, Fraction(6, 5), Fraction(2))
MEASURED = Measured(TAKE, AGAINST, (BLACK, Finding(Check.SIZE, -64, 16)), frozenset({"first_frame"}))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path, DASHSCOPE)


def test_what_was_found_is_read_as_it_was_written(store: Store) -> None:
    """Measures, places, and what was not here; the last record of one question counts."""
    assert findings.read(store) == {}
    findings.append(store, Measured(TAKE, AGAINST))
    findings.append(store, MEASURED)
    assert findings.read(store) == {AGAINST: MEASURED}


def test_findings_of_another_version_are_measured_again(store: Store) -> None:
    """They are neither used nor damage; a removal takes them along."""
    record = {"take": TAKE, "against": AGAINST, "version": findings.CHECKS_VERSION + 1, "findings": "of a later form"}
    atomic.append(store.checks, record)
    assert findings.read(store) == {}
    assert findings.measured_of(record).findings == ()
    findings.append(store, Measured(OTHER, OTHER))
    findings.forget(store, {TAKE})
    assert [line["take"] for line in atomic.read_records(store.checks)] == [OTHER]


def test_the_findings_of_removed_takes_go_with_them(store: Store) -> None:
    """Those of other takes stay."""
    findings.append(store, MEASURED)
    findings.append(store, Measured(OTHER, OTHER))
    findings.forget(store, {TAKE})
    assert set(findings.read(store)) == {OTHER}


@pytest.mark.parametrize(
    "spoilt",
    [
        b"nonsense",
        b'{"take": "x", "against": "y", "version": 1, "findings": [], "missing": []}',
        MEASURED.take.encode().join((b'{"take":"', b'","version":1}')),
    ],
)
def test_a_damaged_line_is_named_and_a_repair_removes_it(store: Store, spoilt: bytes) -> None:
    """As in every file of records."""
    findings.append(store, MEASURED)
    store.checks.write_bytes(spoilt + b"\n" + store.checks.read_bytes())
    with pytest.raises(StoreFault, match=r"`checks.jsonl` is damaged at line 1"):
        findings.read(store)
    assert [damage.place for damage in repair.repair_store(store)] == ["checks.jsonl"]
    assert findings.read(store) == {AGAINST: MEASURED}


def test_findings_are_told_in_words_of_film_makers() -> None:
    """Each check has words, with the place where there is one."""
    assert BLACK.to_json() == {"check": "black", "measure": 0.8, "limit": 0.25, "text": "black from 1.2 s to 2 s"}
    assert Finding(Check.LENGTH, -1.5, 0.25).text == "1.5 s shorter than asked for"
    assert Finding(Check.SIZE, 64, 16).text == "64 pixels larger than asked for"
    seam = Finding(Check.SEAM, 5, 4, Fraction(2), Fraction(2))
    assert seam.text == "the picture jumps at 2 s, where the continuation begins"
    for check in Check:
        for measure in (-1.0, 1.0):
            assert Finding(check, measure, 0).text, check


@pytest.mark.parametrize("measure", [float("nan"), float("inf")])
def test_a_measure_is_a_number(measure: float) -> None:
    """JSON has no other."""
    with pytest.raises(ValueError, match="no measure"):
        Finding(Check.SEAM, measure, 0)
