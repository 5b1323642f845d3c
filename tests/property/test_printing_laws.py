"""Laws of printing: no text acts on a terminal or a build service, JSON loses nothing, a shell reads what was meant."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from wanflow.characters import cells_wide, escaped_json, for_shell, shown, shown_lines
from wanflow.language.problem import Problem, render_problem
from wanflow.yamldoc.nodes import Place

ACTING = ["\n", "\r", "\x1b[2J", "\x07", "\x9b", "\x85", "\u2028", "\u202e", "\u200b", "\u200d", "\ufe0f", "\U000e0041"]
PIECES = [
    *ACTING,
    "::error::",
    "::",
    ":",
    "##[",
    "##vso[",
    "#",
    "[",
    " ",
    "\u3000",
    "\\",
    "'",
    "`",
    "\udc80",
    "👩",
    "灯",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)


def acts(line: str) -> bool:
    """Whether a printed line is more than words: by Unicode's categories, and by the rules of the runners."""
    joined = {at for at, char in enumerate(line) if char == "\u200d" and line[:at][-1:] > "\x7f"}
    joined |= {at for at, char in enumerate(line) if char == "\u200c" and line[:at][-1:] > "\x7f"}
    kinds = {unicodedata.category(char) for at, char in enumerate(line) if at not in joined}
    command = line.strip().startswith("::") or re.search(r"##[a-z]*\[", line, re.IGNORECASE)
    return bool(kinds & {"Cc", "Cs", "Zl", "Zp"} or {"\u202e", "\u200b", "\ufeff"} & set(line) or command)


@given(TEXTS)
@example("\u202e\u200d")
@example("::::")
@example("####[")
def test_no_text_acts(text: str) -> None:
    """Not on one line, not on several; what was shown is shown again as it is."""
    assert not acts(shown(text))
    assert not any(map(acts, shown_lines(text).split("\n")))
    assert shown(shown(text)) == shown(text)
    assert shown_lines(text).count("\n") == text.count("\n")


@given(TEXTS, TEXTS)
def test_a_beginning_is_shown_alike_whatever_follows(text: str, more: str) -> None:
    """So that a caret is below its place."""
    assert shown(text + more).startswith(shown(text))


@given(st.text(max_size=60), st.integers(3, 40))
def test_a_text_is_as_long_as_allowed(text: str, most: int) -> None:
    """A longer one keeps its ends."""
    plain = "".join(char for char in text if char.isalnum())
    cut = shown(plain, most)
    assert cut == plain if len(plain) <= most else len(cut) == most and cut[0] == plain[0] and cut[-1] == plain[-1]


@given(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS)), st.sampled_from([None, 2]))
def test_json_means_the_same_and_is_safe(document: dict[str, object], indent: int | None) -> None:
    """Every character is read back, lone halves of pairs as well."""
    text = escaped_json(json.dumps(document, ensure_ascii=False, indent=indent))
    assert json.loads(text) == document
    assert not any(map(acts, text.split("\n")))


@given(TEXTS.filter(lambda text: "\0" not in text))
def test_a_shell_reads_one_word(word: str) -> None:
    """Neither more nor less, and never a backquote; bash itself is asked elsewhere."""
    pasted = for_shell(word)
    assert not acts(pasted)
    assert "`" not in pasted
    if not pasted.startswith("$'"):
        assert shlex.split(pasted) == [word]
    else:
        assert re.fullmatch(r"\$'(?:[^'\\]|\\.)*'", pasted)


@example("\r\r::error::000000000\U000e0041", 20, 20)
@example("\ufe0f\r", 1, 20)
@example("\x07##[\x1b[2J", 2, 20)
@example("##vso[\x08\r", 5, 20)
@given(TEXTS.filter(lambda text: text.strip() != "" and "\n" not in text), st.integers(0, 500), st.integers(20, 200))
def test_a_caret_is_below_its_place(line: str, where: int, width: int) -> None:
    """Whatever the line holds before and behind it, on a screen of any width."""
    at = where % (len(line) + 1)
    rendered = render_problem(Problem(Place("f", 1, at + 1), "x", source=line), width).split("\n")
    assert len(rendered) == 3
    assert cells_wide(rendered[1]) <= max(width, 20)
    before, rest = rendered[2].index("^"), shown(line)[len(shown(line[:at])) :]
    # what makes the sign a part of a command may be cut off before it: then it is printed as it is
    signs = {rest[:1], ""} | ({shown(line[at:])[:1]} if rendered[1].startswith("  …") else set())
    cells = 0
    for place, char in enumerate(rendered[1]):  # the place where the caret is, counted in cells
        if cells >= before and (cells_wide(char) or char == rest[:1]):  # marks share the cell of what they follow
            assert not rest or rendered[1][place:].rstrip("…")[:1] in signs
            break
        cells += cells_wide(char)
