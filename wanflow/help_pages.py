"""The pages of help in both languages, in a file that `make docs` writes: each between form feeds, under its name.

They are read without click, which takes three times as long to import as Python to start.
"""

from __future__ import annotations

import os

PAGES = os.path.join(os.path.dirname(__file__), "locale", "help.txt")  # noqa: PTH118, PTH120 - pathlib takes 5 ms
"""The file, 80 columns wide; tools/write_help.py writes it."""
PAGE_END = "\f\n"


def page_name(command: list[str], language: str | None) -> str:
    """The first line of a page: the command, and its language."""
    return " ".join(("#", language or "en", "wanflow", *command))


def all_pages() -> str:
    """The text of the file."""
    with open(PAGES, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes 5 ms
        return file.read()


def page_of(command: list[str], language: str | None) -> str | None:
    """The page of a command; None where it has none."""
    _, found, rest = all_pages().partition(f"{PAGE_END}{page_name(command, language)}\n")
    return rest.partition(PAGE_END)[0] if found else None
