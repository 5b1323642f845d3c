"""Facts by stat: what is trusted without opening a file, and what isn't."""

from __future__ import annotations

import os
import shutil
import time
from fractions import Fraction
from pathlib import Path

import pytest

from kit.providers import ANIMATIC
from wanflow.language.source import Facts, Kind
from wanflow.store import fact_cache
from wanflow.store.layout import Store

NAME = "sets/coast.mp4"
CONTENT = b"a clip"
FACTS = Facts(
    Kind.VIDEO,
    "mp4",
    "a" * 64,
    len(CONTENT),
    1280,
    720,
    False,
    30,
    Fraction(30000, 1001),
    7,
    48_000,
    Fraction(1001, 1000),
    pictures=3,
    pace=Fraction(10),
    flaws=("has 2 damaged frames",),
)
HOUR_NS = 3_600_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store beside one clip."""
    (tmp_path / "sets").mkdir()
    (tmp_path / NAME).write_bytes(CONTENT)
    return Store(tmp_path, ANIMATIC)


def _in_an_hour() -> int:
    return time.time_ns() + HOUR_NS


def test_what_was_measured_is_known_again(store: Store) -> None:
    """Every fact comes back as it was, exact rates and lengths included."""
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=_in_an_hour())
    assert fact_cache.look(store, (NAME, "sets/other.png")) == {NAME: FACTS}


def test_nothing_is_known_of_a_file_that_changed(store: Store) -> None:
    """Another size, another time or another file under the name: it has to be measured again."""
    file = store.folder / NAME
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=_in_an_hour())
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert fact_cache.look(store, (NAME,)) == {}
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert fact_cache.look(store, (NAME,)) == {NAME: FACTS}
    shutil.copy2(file, file.with_name("copy"))
    file.with_name("copy").replace(file)
    assert fact_cache.look(store, (NAME,)) == {}
    file.unlink()
    assert fact_cache.look(store, (NAME,)) == {}


def test_a_file_that_was_written_just_now_is_not_trusted(store: Store) -> None:
    """Within the clock's grain a second write would leave no trace in its stat."""
    stat = (store.folder / NAME).stat()
    trusted = max(stat.st_mtime_ns, stat.st_ctime_ns) + fact_cache.RACY_NS
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=trusted - 1)
    assert fact_cache.look(store, (NAME,)) == {}
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=trusted)
    assert fact_cache.look(store, (NAME,)) == {NAME: FACTS}


def test_a_file_is_measured_just_now_where_nothing_else_is_said(store: Store) -> None:
    """Without `begun_ns` a file from the future, whose clock is ahead of ours, is not trusted."""
    os.utime(store.folder / NAME, ns=(_in_an_hour(), _in_an_hour()))
    fact_cache.remember(store, {NAME: FACTS})
    assert fact_cache.look(store, (NAME,)) == {}


def test_a_file_that_was_swapped_while_it_was_measured_is_not_trusted(store: Store) -> None:
    """An old file moved here during the measuring brings its old time along; it isn't taken for what was measured."""
    begun = time.time_ns()
    old = store.folder / "old"
    old.write_bytes(CONTENT[::-1])
    os.utime(old, ns=(0, 0))
    old.replace(store.folder / NAME)
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=begun)
    assert fact_cache.look(store, (NAME,)) == {}


def test_facts_of_another_length_are_not_kept(store: Store) -> None:
    """What was measured isn't what lies there now."""
    (store.folder / NAME).write_bytes(CONTENT + b" and more")
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=_in_an_hour())
    assert fact_cache.look(store, (NAME,)) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 99, "files": {}}', '{"version": 1, "files": {"sets/coast.mp4": {"stat": 1}}}']
)
def test_a_cache_that_cannot_be_read_is_an_empty_one(store: Store, text: str) -> None:
    """A damaged cache costs a second look, never a command."""
    store.facts.parent.mkdir(parents=True)
    store.facts.write_text(text, encoding="utf-8")
    assert fact_cache.look(store, (NAME,)) == {}
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=_in_an_hour())
    assert fact_cache.look(store, (NAME,)) == {NAME: FACTS}


def test_a_cache_that_cannot_be_written_stops_no_command(store: Store) -> None:
    """A plan in a folder where nothing may be written is still a plan."""
    store.root.write_bytes(b"in the way")
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=_in_an_hour())
    assert fact_cache.look(store, (NAME,)) == {}


def test_a_cache_that_learns_nothing_is_not_written(store: Store) -> None:
    """The second look of an unchanged production writes no file."""
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=_in_an_hour())
    before = store.facts.stat().st_mtime_ns
    fact_cache.remember(store, {NAME: FACTS}, begun_ns=_in_an_hour())
    fact_cache.remember(store, {})
    assert store.facts.stat().st_mtime_ns == before
