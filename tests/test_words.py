"""Prose for people is plain English: pages, messages, help, docstrings and comments (CONTRIBUTING.md has the rules)."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md")
    if "out" not in page.parts and "zh-CN" not in page.relative_to(ROOT).as_posix()  # tests/test_chinese_pages.py
)
CODE = sorted(
    file
    for folder in ("wanflow", "tests", "tools", "benchmarks", "examples")
    for file in (ROOT / folder).rglob("*.py")
    if "out" not in file.parts and file != Path(__file__)
)

BANNED = re.compile(
    r"\b(is no|nobody is|nobody can tell|so long|so many|so far as|stands(?! in for)|answers it|is there|of one's own)\b",
    re.IGNORECASE,
)
"""Turns of phrase that read oddly; each has a plain one: "is not", "how long", "as far as", "is", "your own"."""

MOST_WORDS = 20
"""Maximum words of a sentence."""

SHOWN = ("description", "markdownDescription", "title", "does", "about", "errorMessage", "patternErrorMessage")
"""Keys of a schema or a model file whose values people read."""

GENERATED = {"models.md"}
"""Pages whose lines come from the catalog."""


def named(file: Path) -> str:
    """A file's path in the checkout."""
    return file.relative_to(ROOT).as_posix()


def prose(page: Path) -> list[tuple[int, str]]:
    """The lines of a page that are prose, with their numbers: no blocks, tables, headings or quoted code."""
    lines, fenced = list[tuple[int, str]](), False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("#", "|", "    ```")):
            lines.append((number, re.sub(r"`[^`]*`", "`…`", line)))
    return lines


def sentences(text: str) -> list[str]:
    """The sentences of a text; link addresses and brackets do not count."""
    plain = re.sub(r"\]\([^)]*\)", "]", text)
    return re.split(r"(?<=[.!?:;])[\"”)]?\s+", plain)


def spoken(file: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module that people read: docstrings, comments and, in the package, messages."""
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    statements = (node for node in ast.walk(tree) if isinstance(node, ast.Expr))
    docstrings = {node.value for node in statements if isinstance(node.value, ast.Constant)}
    for node in ast.walk(tree):
        read = isinstance(node, ast.Constant) and (node in docstrings or file.is_relative_to(ROOT / "wanflow"))
        if read and isinstance(node.value, str) and " " in node.value:  # one word alone is a key
            yield node.lineno, re.sub(r"\s+", " ", node.value)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def shown(value: object) -> Iterator[str]:
    """The texts of a schema or a model file that people read in an editor, in `--help` or in the pages."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key in SHOWN and isinstance(inner, str):
            yield inner
        yield from shown(inner)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_pages_have_no_banned_words(page: Path) -> None:
    """Tables and headings too, but not the examples."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in text.splitlines() if BANNED.search(line)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_pages_have_one_sentence_a_line(page: Path) -> None:
    """A line ends where its sentence ends, so that a change of a sentence is a change of a line."""
    wrong, before = list[str](), ""
    for number, line in prose(page):
        if re.search(r"[a-z`)*]{2}[.!?] +[A-Z`*]", re.sub(r"\b(e\.g|i\.e|z\.B)\.", "", line)):
            wrong.append(f"{number}: two sentences: {line}")
        new_item = re.match(r"\s*([-*]|\d+\.) ", line)
        if line.strip() and before.strip() and not new_item and not re.search(r"[.!?:…)]\**$", before.rstrip()):
            wrong.append(f"{number}: the sentence began a line before: {line}")
        before = line
    assert wrong == [] or page.name in GENERATED


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_sentences_of_pages_are_short(page: Path) -> None:
    """At most 20 words; code in backticks is one word."""
    long = [
        f"{number}: {len(sentence.split())} words: {sentence}"
        for number, line in prose(page)
        for sentence in sentences(line)
        if len([word for word in sentence.split() if re.search(r"[\w…]", word)]) > MOST_WORDS
    ]
    assert long == [] or page.name in GENERATED


def test_code_has_no_banned_words() -> None:
    """Docstrings, comments and messages."""
    found = [
        f"{named(file)}:{number}: {text[:120]}" for file in CODE for number, text in spoken(file) if BANNED.search(text)
    ]
    assert found == []


def test_schemas_have_no_banned_words() -> None:
    """Those that are written by hand, those that are generated, and the files of models and providers."""
    files = sorted((ROOT / "schemas").rglob("*.json"))
    texts = [(file, text) for file in files for text in shown(json.loads(file.read_text(encoding="utf-8")))]
    assert len(texts) > 500
    assert [f"{named(file)}: {text[:120]}" for file, text in texts if BANNED.search(text)] == []


def test_pipelines_have_no_banned_words() -> None:
    """Their comments, which are their pages, and the texts in them."""
    lines = [
        (file, number, line)
        for file in sorted((ROOT / "pipelines").glob("*.yaml"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert len(lines) > 100
    assert [f"{named(file)}:{number}: {line}" for file, number, line in lines if BANNED.search(line)] == []
