"""The Chinese pages say what the English ones say, and read as Chinese does."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest
from test_docs import CHINESE, LINK, README, blocks, commands, in_checkout
from test_words import prose

PAIRS = [pytest.param(page, chinese, id=in_checkout(chinese)) for page, chinese in CHINESE.items()]
ASIDE = {README: ["wanflow run"]}
"""What only the English pages type: the edit in the Chinese README is one of `--set`, planned and not rendered."""

HAN = r"[\u3005-\u3007\u3400-\u9fff]"
WIDE = r"[，。：；！？、（）“”‘’《》]"
MOST_SIGNS = 60
"""Maximum signs of a sentence; a stretch of code is one."""


def outline(page: Path) -> list[str]:
    """A page without its words: headings, rows of tables, items of lists and blocks, in their order."""
    text = page.read_text(encoding="utf-8")
    kinds = re.compile(r"^(#+) |^(```\w*)\n.*?^```$|^(\|)|^( *-) ", re.MULTILINE | re.DOTALL)
    return [next(filter(None, found.groups())) for found in kinds.finditer(text)]


def told(page: Path) -> Counter[str]:
    """What a page types, without names: each command, its subcommand and its options; `mv` gives Chinese file names."""
    kept = r"^(?:wanflow|make|pipx|export)(?: [a-z]+)?|^\w+| --?(?!set\b)[a-z][\w-]*"
    return Counter("".join(re.findall(kept, line)) for line in commands(page) if not line.startswith("mv "))


@pytest.mark.parametrize(("page", "chinese"), PAIRS)
def test_the_versions_have_the_same_parts(page: Path, chinese: Path) -> None:
    """Section by section; the Chinese README has its film and its edit in another order."""
    if page == README:
        kept = re.compile(r"[^`]")
        assert [part for part in outline(chinese) if kept.match(part)] == [
            part for part in outline(page) if kept.match(part)
        ]
    else:
        assert outline(chinese) == outline(page)


@pytest.mark.parametrize(("page", "chinese"), PAIRS)
def test_the_versions_type_the_same_commands(page: Path, chinese: Path) -> None:
    """With other names; what only one of them types is declared here."""
    assert told(page) == told(chinese) + Counter(ASIDE.get(page, []))


@pytest.mark.parametrize(("page", "chinese"), PAIRS)
def test_the_versions_name_the_same_things(page: Path, chinese: Path) -> None:
    """Every option, key, environment variable, folder and figure of an English page is on the Chinese one."""
    english, han = page.read_text(encoding="utf-8"), chinese.read_text(encoding="utf-8")
    for pattern in (r"--[a-z]\w[\w-]*", r"`([a-z_]+:) ", r"`([A-Z_]{6,})`", r"`(\.wanflow[\w./]*)", r"\b\d[\d.]{2,}\b"):
        missing = set(re.findall(pattern, re.sub(r"(?<=\d),(?=\d{3})", "", english))) - {"wanflow:"}
        plain = re.sub(r"(?<=\d),(?=\d{3})", "", han)
        assert [word for word in sorted(missing) if word not in plain] == []


@pytest.mark.parametrize(("page", "chinese"), PAIRS)
def test_the_versions_link_to_each_other_and_to_the_same_pages(page: Path, chinese: Path) -> None:
    """A Chinese page leads to Chinese pages where they exist."""

    def targets(file: Path) -> Counter[str]:
        links = LINK.findall(file.read_text(encoding="utf-8"))
        return Counter(link if "://" in link else os.path.relpath(file.parent / link) for link in links)

    linked, ours = targets(page), targets(chinese)
    assert (linked.pop(os.path.relpath(chinese)), ours.pop(os.path.relpath(page))) == (1, 1)
    counterpart = {os.path.relpath(known): os.path.relpath(han) for known, han in CHINESE.items()}
    expected = {counterpart.get(link, link) for link in linked}
    assert set(ours) - {counterpart[os.path.relpath(README)]} == expected - {counterpart[os.path.relpath(README)]}


@pytest.mark.parametrize("page", CHINESE.values(), ids=in_checkout)
def test_a_line_is_a_sentence(page: Path) -> None:
    """It ends where its sentence ends, and its sentences are short."""
    wrong, before = list[str](), ""
    for number, line in prose(page):
        if re.search(r"[。！？](?![”）])\s*\S", line):
            wrong.append(f"{number}: two sentences: {line}")
        if (
            line.strip()
            and before.strip()
            and not re.match(r" *- ", line)
            and not re.search(r"[。：；！？…）)]$", before)
        ):
            wrong.append(f"{number}: the sentence began a line before: {line}")
        for sentence in re.split(r"[。：；！？]", re.sub(r"\]\([^)]*\)", "", line)):
            if len(re.findall(rf"`…`|{HAN}|[\w.]+", sentence)) > MOST_SIGNS:
                wrong.append(f"{number}: long: {sentence}")
        before = line
    assert wrong == []


@pytest.mark.parametrize("page", CHINESE.values(), ids=in_checkout)
def test_signs_and_blanks_are_those_of_chinese(page: Path) -> None:
    """Full-width signs beside Han, a blank between Han and Latin or code, and none beside a full-width sign."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`\n]*`", "`x`", text)).replace("**", "")
    for wrong in (
        rf"{HAN}[,;:!?()\"']|[,;:!?()\"']{HAN}",
        rf"{HAN}\.(?!\w)|\.{HAN}",
        rf"{HAN}[A-Za-z0-9`]|[A-Za-z0-9`]{HAN}",
        rf"(?:{WIDE} +|(?<=\S) +{WIDE})(?![|\n])",
        rf"{HAN} {HAN}",
    ):
        assert re.findall(f".{{0,12}}(?:{wrong}).{{0,12}}", plain) == []


@pytest.mark.parametrize("page", CHINESE.values(), ids=in_checkout)
def test_code_has_no_slip_of_an_input_method(page: Path) -> None:
    """No full-width letter, digit, colon, bracket or space, but in a prompt's sentence and in the section about slips."""
    text = re.sub(r"^## 输入法.*?(?=^## )", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    code = [block.text for block in blocks(page) if block.language in {"sh", "yaml"}] + re.findall(r"`([^`\n]+)`", text)
    proper = r"# .*|[\u3005-\u9fff}][，。；]"
    slips = [
        re.search(r".{0,12}[\uff01-\uff5e\u3000\u00a0\u200b]", re.sub(proper, "", part))
        for part in code
        if re.search("[!-~]", part)
    ]
    assert [found.group() for found in slips if found] == []
