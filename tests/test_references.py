"""Each reference in code, schemas and tests to a page leads to a heading of that page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("wanflow", "tests", "schemas", "pipelines", "docs", "benchmarks", "examples", "tools", ".ci")
SUFFIXES = {".py", ".json", ".yaml", ".toml", ".md", ".yml", ""}
PAGES = {
    **{page.name: page for page in (ROOT / "docs" / "reference").glob("*.md")},
    "architecture.md": ROOT / "docs" / "architecture.md",
}
KNOWN = sorted(file for file in (*ROOT.glob("*.md"), *ROOT.glob("[dpbe]*/**/*.md")) if "out" not in file.parts)
"""The pages of this repository."""

MADE_HERE = {"__pycache__", "out", ".wanflow"}

PAGE = re.compile(r"(?<![\w.)/\"-])((?:[\w.-]+/)*)([\w-]+\.md)\b(?!\))")
NUMBERED = re.compile(r" (\d[\d.]*\d|\d)((?:(?:, point |, | and | to )\d[\d.]*\d|(?:, point |, | and | to )\d)*)")
LATER = re.compile(r"(?:, point |, | and | to )(\d+(?:\.\d+)?)")
WRITTEN_ELSEWHERE = {"notes.md", "note.md", "AGENTS.md"}


def files() -> list[Path]:
    """Every text file that people wrote here, but this one."""
    inner = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")]
    return [
        file
        for file in (*ROOT.iterdir(), *inner)
        if file.is_file() and file.suffix in SUFFIXES and not MADE_HERE & set(file.parts) and file != Path(__file__)
    ]


def joined(text: str) -> str:
    """A text with its lines joined, so that a reference may break over a line of a docstring or a comment."""
    return re.sub(r"\s*\n\s*(#\s+)?", " ", text)


def headings(page: Path) -> list[str]:
    """The headings of a page without their backticks, the longest first."""
    found = re.findall(r"^#{2,} (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted((heading.replace("`", "") for heading in found), key=len, reverse=True)


def numbers(page: Path) -> set[str]:
    """The numbers of a page's headings."""
    return {match[1] for heading in headings(page) if (match := re.match(r"(\d+(?:\.\d+)?)\.? ", heading))}


def points(page: Path, number: str) -> set[str]:
    """The numbers of the points that a numbered section lists."""
    text = page.read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(number)}\. .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"^(\d+)\. ", section[0], re.MULTILINE)) if section else set()


def laws(page: Path) -> set[str]:
    """The numbers of the laws in a page's table."""
    return set(re.findall(r"^\| (\d+) \|", page.read_text(encoding="utf-8"), re.MULTILINE))


def unresolved(page: Path, after: str) -> str | None:
    """What is wrong with a reference to a page, given the text that follows the page's name; None where nothing is."""
    if numbered := NUMBERED.match(after):
        first, later = numbered[1], LATER.findall(numbered[2])
        known = numbers(page).union(*(points(page, number) for number in (first, *later)))
        missing = [number for number in (first, *later) if number not in known]
        return f"no section {', '.join(missing)}" if missing or first not in numbers(page) else None
    if law := re.match(r", law (\d+)", after):
        return None if law[1] in laws(page) else f"no law {law[1]}"
    named = after[2:].replace("`", "") if after.startswith(", ") else ""
    if any(re.match(rf"{re.escape(heading)}(?!\w)", named) for heading in headings(page)):
        return None
    return f"no heading: {after[:40]}"


@pytest.mark.parametrize("file", files(), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_references_resolve(file: Path) -> None:
    """A reference names a numbered section, a heading or a law of a page in this repository; pages use links instead."""
    text = joined(file.read_text(encoding="utf-8"))
    wrong = []
    for match in PAGE.finditer(text):
        folder, name = match[1], match[2]
        if folder or name not in PAGES:
            if not any(file.name == name for file in KNOWN) and name not in WRITTEN_ELSEWHERE:
                wrong.append(f"{folder}{name}: no such page")
        elif file.suffix != ".md" and (problem := unresolved(PAGES[name], text[match.end() : match.end() + 80])):
            wrong.append(f"{name}: {problem}")
    assert wrong == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", KNOWN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_into_pages_lead_to_headings(page: Path) -> None:
    """The part of a link behind `#` is the anchor of a heading."""
    links = re.findall(r"\]\(([\w./-]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if link[1] not in anchors(page.parent / link[0] if link[0] else page)] == []


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (" 4.2 to 4.4)", True),
        (" 8, 17); one", True),
        (" 7.2 and 7.4)", True),
        (" 4.9)", False),
        (" 8, 99)", False),
        (")", False),
    ],
)
def test_numbered_references_are_read(after: str, found: bool) -> None:
    """Lists and ranges of sections, and the points of a section's list."""
    assert (unresolved(PAGES["service.md"], after) is None) is found


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (", Continuation and the overlap)", True),
        (", `fit: bars`).", True),
        (", What counts as a change, and more", True),
        (", Contraptions)", False),
    ],
)
def test_named_references_are_read(after: str, found: bool) -> None:
    """The longest heading that fits counts, with or without backticks."""
    assert (unresolved(PAGES["format.md"], after) is None) is found
