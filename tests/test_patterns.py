"""Patterns that are compiled when they are used, and those that a text of ASCII never needs."""

from __future__ import annotations

import re

import pytest

from wanflow import characters, messages, patterns, writing
from wanflow.catalog import model
from wanflow.language import misread, references, written_identifiers
from wanflow.yamldoc import parse

MODULES = (characters, messages, misread, model, parse, references, writing, written_identifiers)
LETTERS = {
    f"{module.__name__}.{name}": each
    for module in MODULES
    for name, each in vars(module).items()
    if type(each) is patterns._LetterPattern
}
TEXTS = ("", "plain", "a – b", "é", "图1、图2", "カ", "מילה", "ไทย", "\u200d", "a\u200db")


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_pattern_of_letters_finds_what_a_compiled_one_finds(text: str) -> None:
    """By each method that it answers itself."""
    for each in LETTERS.values():
        plain = re.compile(each.pattern)
        assert str(each.search(text)) == str(plain.search(text))
        assert str(each.match(text)) == str(plain.match(text))
        assert str(each.match(text, 1)) == str(plain.match(text, 1))
        assert str(each.fullmatch(text)) == str(plain.fullmatch(text))
        assert each.findall(text) == plain.findall(text)
        assert [*map(str, each.finditer(text))] == [*map(str, plain.finditer(text))]
        assert each.sub("<>", text) == plain.sub("<>", text)


@pytest.mark.parametrize("name", LETTERS)
def test_no_pattern_of_letters_matches_ascii(name: str) -> None:
    """Neither a character of it nor all of them in a row."""
    plain = re.compile(LETTERS[name].pattern)
    ascii_texts = ["", "".join(map(chr, range(128))), *map(chr, range(128))]
    assert [text for text in ascii_texts if plain.search(text)] == []


def test_nothing_is_compiled_for_ascii() -> None:
    """A wrong pattern raises its error for the first text that has another character."""
    broken = patterns.letters("[")
    assert (broken.search("plain"), broken.match("plain"), broken.fullmatch("plain")) == (None, None, None)
    assert (broken.findall("plain"), [*broken.finditer("plain")], broken.sub("x", "plain")) == ([], [], "plain")
    with pytest.raises(re.error):
        broken.search("é")
