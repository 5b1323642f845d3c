"""Text for pictures: fonts, lines and sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kit.square_fonts import bare_machine, square_font
from wanflow.media.picture.card import draw_strip
from wanflow.media.text import layout
from wanflow.media.text.fonts import PLAIN, Typography, runs
from wanflow.media.text.layout import drawable, fit, length_of, missing_glyphs, paragraphs, wrap

HOSTILE = "it's %{pts} [0:v];drawtext=x:y\\n\x00\x1b[31m \u202eabc\n\t end"
HAN = "灯塔尽头的世界海边的最后一夜"


@pytest.fixture
def _bare() -> Iterator[None]:
    with bare_machine():
        yield


def test_hostile_text_becomes_one_plain_line() -> None:
    """No control or formatting character is left, and nothing else is lost."""
    assert drawable(HOSTILE) == "it's %{pts} [0:v];drawtext=x:y\\n[31m abc end"
    assert drawable("heart \u2764\ufe0f\u200d end") == "heart \u2764 end"


@pytest.mark.usefixtures("_bare")
def test_what_no_font_has_is_told_and_drawn_visibly() -> None:
    """On a machine without a Chinese font the strip shows stand-ins, and callers can say so."""
    assert missing_glyphs("The 灯塔 lighthouse 灯") == {"灯", "塔"}
    boxes = draw_strip(["灯塔"], (320, 180)).tobytes()
    assert boxes == draw_strip(["世界"], (320, 180)).tobytes()
    assert boxes not in {draw_strip([words], (320, 180)).tobytes() for words in ("??", "")}


def test_plain_text_misses_nothing() -> None:
    """Pillow's own font draws English and the signs of the slate on every machine."""
    assert missing_glyphs("approach · take 1 · wan2.7-i2v · 12 s …\n\u200d\ufe0f") == set()


@pytest.mark.usefixtures("_bare")
def test_what_is_missing_at_the_end_of_a_long_text_is_told() -> None:
    """All of a text is looked at, however long it is."""
    assert missing_glyphs("lighthouse " * 1000 + "灯") == {"灯"}


@pytest.mark.usefixtures("_bare")
def test_a_font_that_the_production_brings_is_used(tmp_path: Path) -> None:
    """The first brought font that has a character draws it: Han, and quotes, letters and digits as well."""
    first = square_font(tmp_path / "first.ttf", "塔")
    second = square_font(tmp_path / "it's 50% [x].ttf", "灯塔a1“")
    brought = Typography((first, second))
    assert missing_glyphs("a灯塔光", brought) == {"光"}
    used = [Path(str(run.font.path)).name for run in runs("灯塔", 20, brought) if run.font is not None]
    assert used == [second.name, first.name]
    assert [run.text for run in runs("a1“灯 塔b", 20, Typography((second,)))] == ["a1“灯 塔", "b"]


@pytest.mark.usefixtures("_bare")
def test_what_is_no_font_is_passed_over(tmp_path: Path) -> None:
    """A folder of fonts may hold other files, broken ones and ones that went away."""
    good = square_font(tmp_path / "good.ttf", "灯")
    (tmp_path / "README.ttf").write_text("not a font")
    (tmp_path / "half.ttf").write_bytes(good.read_bytes()[:150])
    (tmp_path / "folder.ttf").mkdir()
    names = ("README.ttf", "half.ttf", "folder.ttf", "gone.ttf", "good.ttf")
    brought = Typography(tuple(tmp_path / name for name in names))
    assert missing_glyphs("灯塔", brought) == {"塔"}


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab Wé灯かー。（\n\u0301한"), max_size=60), st.integers(6, 30), st.integers(1, 300))
@example("か\nabé abéé。。한한", 25, 202)
def test_no_line_is_wider_than_asked(text: str, size: int, width: int) -> None:
    """Unless it is a single letter with its marks; and no letter is lost, doubled or moved.

    Its letters are those of the whole text's language: alone, the last line of the example would be Korean.
    """
    lines, typography = wrap(text, size, width), PLAIN.for_text(text)
    for line in lines:
        fits = length_of(line, size, typography) <= width
        assert fits or sum(letter != "\u0301" for letter in line) <= 1 or line[1:2] == "\u0301"
    assert "".join("".join(lines).split()) == "".join("".join(paragraphs(text)).split())


def test_lines_are_broken_where_people_break_them() -> None:
    """At spaces; with own line breaks kept; a word that is too long where it must be."""
    width = int(length_of("the lighthouse", 20)) + 1
    assert wrap("the lighthouse at sea", 20, width) == ("the lighthouse", "at sea")
    assert wrap("one\n\ntwo \n", 20, width) == ("one", "", "two")
    broken = wrap("a " + "x" * 50, 20, width)
    assert broken[0] == "a"
    assert len(broken) > 2
    assert "".join(broken[1:]) == "x" * 50


@pytest.mark.usefixtures("_bare")
def test_chinese_is_broken_anywhere_but_before_its_commas(tmp_path: Path) -> None:
    """Between any two characters, since it has no spaces; Korean has some, and marks stay at their letters."""
    fonts = Typography((square_font(tmp_path / "han.ttf", HAN + "，（한글말"),))
    assert wrap(HAN, 20, 100, fonts) == tuple(HAN[at : at + 5] for at in range(0, len(HAN), 5))
    assert wrap("灯塔尽头的，世界", 20, 100, fonts) == ("灯塔尽头", "的，世界")
    assert wrap("灯塔尽头（世界", 20, 100, fonts) == ("灯塔尽头", "（世界")
    assert wrap("한글 한글말", 20, 100, fonts) == ("한글", "한글말")
    assert wrap("abe\u0301" * 9, 20, 1)[:3] == ("a", "b", "e\u0301")


NO_START = "，。、；：！？）》〉」』】〕］｝〗〞”’…～〜·・％‰℃°＇＂．､｡｣ﾞゝゞ々ーぁぃぅぇぉっゃゅょァッャュョ!?,.:;)"
NO_END = "（《〈「『【〔［｛〖“‘￥＄$#@＃＠"


def test_no_line_begins_or_ends_with_a_sign_that_may_not() -> None:
    """By CLREQ and JIS X 4051, as strict as both; dashes and ellipses stay whole."""
    ten = int(length_of("汉" * 10, 20)) + 1
    begun = [sign for sign in NO_START if (*wrap("汉" * 10 + sign + "汉" * 5, 20, ten), " ")[1].startswith(sign)]
    assert begun == []
    assert [sign for sign in NO_END if wrap("汉" * 9 + sign + "汉" * 5, 20, ten)[0].endswith(sign)] == []
    for pair in ("——", "……", "？！", "～～"):
        lines = wrap("汉" * 9 + pair + "汉" * 5, 20, ten)
        assert sum(pair in line for line in lines) == 1, lines
    for number in ("￥9,999.00元", "８０％", "３７℃"):
        assert number in "|".join(wrap(f"汉汉汉汉汉汉汉汉{number}汉汉", 20, ten))


def test_a_han_title_shrinks_before_a_line_ends_inside_a_phrase() -> None:
    """Down to half of its size; then between any letters. Subtitles keep their size, and their number of lines."""
    width = int(length_of("汉" * 6, 60)) + 1
    whole = fit("二十四个节气，立春", (width, 800), (60, 10))
    assert (whole.lines, 30 <= whole.size < 60) == (("二十四个节气，", "立春"), True)
    assert fit("一二三四五六七八九十一二三四五六七八", (width, 800), (60, 10)).size == 60
    assert fit("——海边，灯塔", (width, 800), (60, 10)).lines == ("——海边，", "灯塔")
    quoted = fit("“真的？”——他说……“好”", (width, 800), (60, 10))
    assert quoted.lines == ("“真的？”", "——他说……", "“好”")
    kept = fit("二十四个节气，立春", (width, 800), (60, 10), most_lines=4, phrase_percent=100)
    assert kept.size == 60
    spoken = fit("她说：“这本书，我找了”", (width * 3 // 2, 800), (60, 10), most_lines=4, phrase_percent=100)
    assert [line[-1] for line in spoken.lines] == ["，", "”"]


def test_letters_shrink_until_a_text_fits() -> None:
    """As large as asked where there is room, smaller where not; no word is broken while smaller letters save it."""
    assert fit("The End", (600, 400), (60, 10)).size == 60
    setting = fit("The quick brown fox jumps over the lazy dog " * 3, (600, 300), (60, 10))
    assert 10 < setting.size < 60
    assert setting.height <= 300
    word = fit("Lighthousekeeper", (300, 400), (60, 10))
    assert (word.lines, 30 <= word.size < 60) == (("Lighthousekeeper",), True)
    assert len(fit("Lighthousekeeper" * 9, (300, 400), (60, 10)).lines) > 1


def test_what_does_not_fit_at_all_ends_with_an_ellipsis() -> None:
    """In the smallest letters, within the box, and no more lines than asked."""
    setting = fit("The quick brown fox " * 500, (200, 100), (40, 10))
    assert (setting.size, setting.height <= 100, setting.lines[-1][-1], setting.cut_off) == (10, True, "…", True)
    assert not fit("The quick brown fox", (200, 100), (40, 10)).cut_off
    assert max(length_of(line, 10) for line in setting.lines) <= 200
    assert len(fit("The quick brown fox " * 500, (200, 100), (40, 10), most_lines=2).lines) == 2
    assert fit("", (200, 100), (40, 10)).lines == ()
    assert len(fit("word", (1, 1), (4, 1)).lines) == 1


def test_lines_are_of_about_one_width() -> None:
    """A last line of a single word is avoided, without a line more."""
    width = int(length_of("The lighthouse at the end of the", 20)) + 1
    assert wrap("The lighthouse at the end of the world", 20, width)[1] == "world"
    assert fit("The lighthouse at the end of the world", (width, 100), (20, 10)).lines[1] != "world"


def test_a_book_is_cut_before_anything_is_measured() -> None:
    """Whatever its length, and whatever it is made of."""
    for book in ("word " * 1_000_000, "\n" * 1_000_000, "x" * 1_000_000, "\u0301" * 1_000_000):
        assert sum(map(len, paragraphs(book))) <= layout.LONGEST_TEXT + 1
    assert paragraphs("word " * 1_000_000)[-1].endswith("…")
    assert fit("x" * 1_000_000, (600, 400), (60, 10)).lines[-1].endswith("…")
