"""The page on the lock says what the code does."""

from __future__ import annotations

from pathlib import Path

from wanflow import digest
from wanflow.store import lock_text

PAGE = (Path(__file__).parents[2] / "docs" / "lockfile.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.partition("```json\n")[2].partition("```")[0]


def test_the_example_of_the_page_is_a_lock_in_normal_form() -> None:
    """It reads without complaint, is written back the same, and its hashes are true."""
    lock = lock_text.from_text(EXAMPLE, "wanflow.lock")
    assert lock_text.to_text(lock) == EXAMPLE
    entry = lock.shots["coast"]
    assert [digest.of_json(made) for made in entry.recipes.values()] == list(entry.recipes)
    assert entry.picks[entry.current or ""] in entry.takes


def test_the_page_explains_every_key_of_a_shot() -> None:
    """Every key that a lock may have for a shot is in the page's table."""
    keys = ("takes", "picks", "held", "wishes", "recipes", "current", "take", "fingerprint", "cost")
    assert [key for key in keys if f"| `{key}` |" not in PAGE] == []
