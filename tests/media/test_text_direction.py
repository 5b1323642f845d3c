"""Scripts that run from right to left, join their letters, or have no spaces between words."""

from __future__ import annotations

from pathlib import Path

import pytest
from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.square_fonts import bare_machine, square_font
from wanflow.language.production import DrawnText
from wanflow.media.jobs import RunningProcesses, Worker
from wanflow.media.text import fonts, text_checks
from wanflow.media.text.direction import DIRECTION_MARKS, levels_of, runs_left, visual_order
from wanflow.media.text.fonts import Typography, runs
from wanflow.media.text.layout import drawable, fit, length_of, wrap
from wanflow.media.text.text_checks import CheckTexts
from wanflow.writing import shaping_version
from wanflow.yamldoc.nodes import Place

ARABIC, HEBREW, THAI = "مرحبا بالعالم", "שלום עולם", "สวัสดีชาวโลกยินดีต้อนรับสู่ภาพยนตร์ของเรา"


def seen(text: str) -> str:
    """A line as it is read from left to right, mirrored brackets aside."""
    return "".join(text[at] for at in visual_order(levels_of(text)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("אבג דהו", "והד גבא"),
        ("אב 12 גד", "דג 12 בא"),
        ("אב ab cd גד", "דג ab cd בא"),
        ("ab אב גד cd", "ab דג בא cd"),
        ("אב!", "!בא"),
        ("ab (אב) cd", "ab (בא) cd"),
        ("ab אב (גד) cd", "ab )דג( בא cd"),
        ("plain (text) 12", "plain (text) 12"),
    ],
)
def test_words_are_in_their_order(text: str, shown: str) -> None:
    """The first word of a Hebrew line is the rightmost; numbers and Latin words keep their own order."""
    assert seen(text) == shown


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("abאבגمر12 .,!-+"), max_size=24))
def test_the_order_is_that_of_the_standard(text: str) -> None:
    """Another implementation of UAX #9 has the same."""
    assert seen(text.strip()) == get_display(text.strip())


def test_a_line_of_several_fonts_is_in_its_order() -> None:
    """Each run of a font lies where it is read, also the spaces, which have a font of their own."""
    text = "אבג 12 דהו"
    shown = "".join(run.text for run in runs(text, 20))
    assert shown.split()[0] in {"דהו", "והד"}
    assert shown.split()[1] == "12"
    assert length_of(text, 20) == pytest.approx(sum(run.length for run in runs(text, 20)))


def test_letters_without_a_shaper_are_turned_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without FriBiDi draws Hebrew in its direction all the same, and mirrors brackets."""
    font = square_font(tmp_path / "hebrew.ttf", "אבג()")
    with bare_machine():
        monkeypatch.setattr(fonts, "ENGINE", fonts.BASIC)
        assert [run.text for run in runs("(אבג", 20, Typography((font,)))] == ["גבא)"]


def test_lines_of_a_paragraph_keep_its_direction() -> None:
    """A line that begins with a Latin word belongs to the Hebrew paragraph that it is of."""
    text = f"{HEBREW} and then some more words {HEBREW}"
    lines = wrap(text, 20, 150)
    assert len(lines) > 2
    assert all(runs_left(line) for line in lines)
    assert "".join(lines).translate(dict.fromkeys(map(ord, DIRECTION_MARKS))).split() != []
    assert not runs_left(wrap(f"and {HEBREW}", 20, 1000)[0])
    assert [runs_left(line) for line in wrap(f"English\n{HEBREW}!", 20, 1000)] == [False, True]


def test_thai_breaks_between_words() -> None:
    """It has no spaces; a line ends where a word does, and nothing is lost."""
    lines = wrap(THAI, 20, 200)
    assert len(lines) > 1
    assert "".join(lines) == THAI
    words = ("สวัสดี", "ชาว", "โลก", "ภาพยนตร์", "ของ", "เรา")
    for word in words:
        assert any(word in line for line in lines), word


def test_what_joins_letters_stays() -> None:
    """Persian parts letters by a character that nobody sees; elsewhere such characters are left out."""
    assert drawable("می\u200cشود") == "می\u200cشود"
    assert drawable("a\u200cb\u200dc") == "abc"
    assert drawable("\u200fab") == "\u200fab"
    assert drawable("\u200f\u200e") == ""
    assert drawable("\u202eab\u2067") == "ab"


def test_letters_joined_by_a_virama_are_not_broken() -> None:
    """A word that is too long breaks between letters, never within one."""
    for line in wrap("क्षत्रिय" * 8, 20, 90):
        assert not line.startswith(("\u094d", "\u093f"))
        assert not line.endswith("\u094d")


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab אבמرح12()\u200f\u200c\u200e\t\nสวัดี"), max_size=60), st.integers(6, 30))
def test_any_mixture_is_drawn(text: str, size: int) -> None:
    """No text fails, and no visible character is lost in a box with room."""
    setting = fit(text, (10_000, 10_000), (size, size))
    kept = "".join("".join(run.text for run in runs(line, size)) for line in setting.lines)
    assert sorted(filter(str.isalnum, kept)) == sorted(filter(str.isalnum, text))


def test_keys_know_of_scripts_that_are_drawn_anew() -> None:
    """Only texts that earlier versions had in the wrong order."""
    assert [shaping_version(text) for text in (ARABIC, HEBREW, THAI, "Hello é 灯塔", "")] == [1, 1, 1, None, None]


@pytest.mark.parametrize("missing", [True, False])
def test_letters_that_are_not_joined_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: bool) -> None:
    """Without FriBiDi, with the way out; Hebrew needs none."""
    monkeypatch.setattr(text_checks, "shapes_letters", lambda: not missing)
    texts = tuple(
        DrawnText(text, Place("wanflow.yaml", line, 3), "title") for line, text in enumerate([HEBREW, ARABIC], 1)
    )
    found = CheckTexts(texts, ()).perform(Worker(tmp_path, RunningProcesses()))
    said = [(each.place.line, each.hint) for each in found if "FriBiDi" in each.message]
    assert [line for line, _ in said] == ([2] if missing else [])
    assert not missing or "libfribidi0" in (said[0][1] or "")
