"""Texts of a cut that cannot be read in its picture are warnings, where they are written."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from kit.square_fonts import bare_machine
from wanflow.language.production import DrawnText, Subtitles, TitleCard, TransitionKind
from wanflow.language.source import FileSource
from wanflow.media.jobs import Worker
from wanflow.media.picture.segment import Card, JoinRecipe, SegmentRecipe
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.text_checks import CheckTexts, FindCovered
from wanflow.media.text.title_look import TitleLook, TitleOverlay
from wanflow.yamldoc.nodes import Place

NOTICE = Place("wanflow.yaml", 2, 9)
TITLE = Place("wanflow.yaml", 7, 3)
NO_FONT = "no installed font has them"
LINE = "1\n00:00:00,000 --> 00:00:01,000\n{}\n\n"


def check(
    texts: list[DrawnText], folder: Path, size: tuple[int, int] | None = None, spoken: str = ""
) -> list[tuple[str, str]]:
    """The places and messages of the warnings about some texts and the subtitles in `s.srt`."""
    (folder / "s.srt").write_text(spoken, encoding="utf-8")
    track = Subtitles(FileSource("s.srt"), TITLE, burned=True)
    found = CheckTexts(tuple(texts), (track,) if spoken else (), size=size).perform(Worker(folder))
    return [(str(each.place), each.message) for each in found]


def test_how_much_is_lost_is_counted_over_all_texts(tmp_path: Path) -> None:
    """In the order of the texts, and whether the notice is among them."""
    texts = [DrawnText("灯塔 A", TITLE, "title"), DrawnText("AI生成", NOTICE, "notice", Decimal(5))]
    with bare_machine():
        found = check(texts, tmp_path, spoken=LINE.format("hello") + LINE.format("灯下"))
    assert found == [
        (
            "wanflow.yaml:7:3",
            f"missing glyphs `灯塔生成下`: {NO_FONT}; 6 of 14 characters, also of the AI notice, are drawn as boxes",
        )
    ]
    with bare_machine():
        assert check([DrawnText("plain — “text”", TITLE, "title")], tmp_path) == []
        assert check([], tmp_path, spoken=LINE.format("hello") + LINE.format("灯"))[0][0] == "s.srt:6:1"


@pytest.mark.parametrize(("size", "warned"), [((720, 1280), True), ((1920, 1080), False), (None, False)])
def test_a_notice_that_is_cut_off_is_told(tmp_path: Path, size: tuple[int, int] | None, warned: bool) -> None:
    """By the size of the picture, where it is known; its letters never shrink."""
    notice = DrawnText("This film was made by AI. " * 6, NOTICE, "notice", Decimal(5))
    words = "the AI notice does not fit into 720x1280: its end is cut off"
    assert check([notice], tmp_path, size) == ([("wanflow.yaml:2:9", words)] if warned else [])


@pytest.mark.parametrize(("height", "hint"), [(25, "write fewer words, or a smaller `height`"), (5, None)])
def test_few_words_in_high_letters_are_cut_off(tmp_path: Path, height: int, hint: str | None) -> None:
    """Seven characters have room at the usual height, and not at five times that."""
    notice = DrawnText("内容由AI生成", NOTICE, "notice", Decimal(height))
    found = CheckTexts((notice,), (), size=(720, 1280)).perform(Worker(tmp_path))
    assert [problem.hint for problem in found if "cut off" in problem.message] == ([] if hint is None else [hint])


def test_long_lines_and_titles_are_told_once_each(tmp_path: Path) -> None:
    """At the first of them, with the number of others; a slate is short by nature."""
    spoken = "".join(LINE.format(words) for words in ("short", "long words " * 60, "longer words " * 60))
    texts = [DrawnText("title " * 400, TITLE, "title"), DrawnText("slate " * 400, TITLE, "slate")]
    found = check(texts, tmp_path, (1280, 720), spoken)
    assert found == [
        ("s.srt:6:1", "the subtitle does not fit into 1280x720: its end is cut off; so is 1 more"),
        ("wanflow.yaml:7:3", "the title does not fit into 1280x720: its end is cut off"),
    ]


def test_titles_under_burned_lines_are_found(tmp_path: Path) -> None:
    """By the rows of both: a long title reaches down to the line, and up to a notice; a short one to none of them."""
    plain = SegmentRecipe("", 0, 10, 10, 320, 180, Fraction(10), captions=(Caption("a line", 0, 9),))
    short, long = (replace(plain, card=Card(words)) for words in ("The End", "\n".join(["a line of a title"] * 9)))
    above = replace(short, captions=(Caption("a notice", 0, 9, "top", Decimal(5)),))
    higher = replace(short, captions=(Caption("a line", 0, 9, "top", edge=Decimal("0.45")),))
    segments = (plain, short, long, above, higher, replace(long, captions=()), replace(plain, card=Card()))
    assert FindCovered(segments).perform(Worker(tmp_path)) == (2, 4)


def test_a_title_that_is_not_as_asked_is_told(tmp_path: Path) -> None:
    """Smaller letters than asked, once the size of the picture is known, and other ones than the family's."""
    high = TitleCard("a line of words " * 3, size=Decimal("0.5"))
    other = TitleCard("The End", font="Qwxzyv Sans", font_at=NOTICE)
    texts = [DrawnText(title.text, TITLE, "title", title=title) for title in (high, other, other)]
    missing = ("wanflow.yaml:2:9", "this machine has no font `Qwxzyv Sans`: the title has the usual letters")
    with bare_machine():
        assert check(texts, tmp_path) == [missing]
        ((place, words),) = check(texts[:1], tmp_path, (1280, 720))
    assert (place, words.partition(":")[0]) == ("wanflow.yaml:7:3", "the title does not fit at `size")


def test_titles_over_clips_under_burned_lines_are_found(tmp_path: Path) -> None:
    """A lower third lies where lines are burned, at the same time; a title at the top does not."""
    lower, top = (TitleOverlay("Ada", TitleLook(position=position), 0, 5, 5) for position in ("lower-third", "top"))
    plain = SegmentRecipe("", 0, 10, 10, 320, 180, Fraction(10), captions=(Caption("a line\nof two", 0, 5),))
    later = replace(plain, captions=(Caption("a line\nof two", 5, 9),))
    join = JoinRecipe(TransitionKind.DISSOLVE, plain, plain, plain.captions, (lower,))
    segments = (*(replace(each, titles=(title,)) for each in (plain, later) for title in (lower, top)), join)
    assert FindCovered(segments).perform(Worker(tmp_path)) == (0, 4)


def test_lines_that_surely_fit_are_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting each of thousands of lines would take minutes; two lines of 42 letters fit a vertical film."""
    monkeypatch.setattr("wanflow.media.text.text_checks.set_caption", None)
    spoken = LINE.format("a line of forty-two letters, as usual ones,\nwith a second one of the very same length.")
    spoken += LINE.format(
        "在那遥远的地方，有位好姑娘，人们走过了她的毡房，都要回头留恋地张望，在那遥远的地方，有位好姑娘"
    )
    assert [words for _, words in check([], tmp_path, (720, 1280), spoken) if "cut off" in words] == []
