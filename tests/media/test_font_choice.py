"""Which font draws a character: by the production, by the language of the text, and where no font has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from kit.square_fonts import bare_machine, square_collection, square_font
from wanflow.media.picture.title import draw_title
from wanflow.media.text import font_files, fonts
from wanflow.media.text.fonts import Typography, runs
from wanflow.media.text.layout import draw_line, length_of

FACES = {"Test CJK JP": "JP", "Test CJK KR": "KR", "Test CJK SC": "SC", "Test CJK TC": "TC", "Test CJK HK": "HK"}


@pytest.fixture
def pan(tmp_path: Path) -> Iterator[Path]:
    """A machine with one collection of fonts, a face for each language; the Japanese one is the first."""
    path = square_collection(tmp_path / "pan.ttc", dict.fromkeys(FACES, "直骨かな한글，：“”‘’…—·。A1"))
    with bare_machine(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "ALL_LANGUAGES", (str(path),))
        yield path


def faces_of(text: str, language: str | None = None, brought: tuple[Path, ...] = ()) -> list[tuple[str, str]]:
    """Each run of a text, and the end of its font's name."""
    found = runs(text, 20, Typography(brought, language))
    return [(run.text, "" if run.font is None else str(run.font.getname()[0])[-2:]) for run in found]


@pytest.mark.usefixtures("pan")
@pytest.mark.parametrize(
    ("text", "language", "face"),
    [
        ("直骨", None, "SC"),
        ("直骨かな", None, "JP"),
        ("直骨한글", None, "KR"),
        ("直骨", "en", "SC"),
        ("直骨", "zh", "SC"),
        ("直骨かな", "zh-CN", "SC"),
        ("直骨", "zh_Hans_HK", "SC"),
        ("直骨", "zh-Hant", "TC"),
        ("直骨", "zh-TW", "TC"),
        ("直骨", "zh-HK", "HK"),
        ("直骨", "zh-Hant-MO", "HK"),
        ("直骨", "yue", "HK"),
        ("直骨", "ja-JP", "JP"),
        ("直骨", "ko", "KR"),
    ],
)
def test_the_face_is_that_of_the_language(text: str, language: str | None, face: str) -> None:
    """As the production says, else as the text shows."""
    assert faces_of(text, language) == [(text, face)]


@pytest.mark.usefixtures("pan")
def test_marks_between_han_are_as_wide_as_han() -> None:
    """Quotes, dashes, ellipses and middle dots; in a Western word and text they stay Western."""
    for text in ("“直”，‘骨’", "直……骨——", "直·骨"):
        assert faces_of(text) == [(text, "SC")]
        assert length_of(text, 20) == 20 * len(text)
    assert faces_of("直don’t骨") == [("直", "SC"), ("don’t", "on"), ("骨", "SC")]
    assert faces_of("直A·B1") == [("直", "SC"), ("A·B1", "on")]
    assert faces_of("“so”…") == [("“so”…", "on")]
    assert faces_of("don’t “stop” it’s 直骨") == [("don’t “stop” it’s ", "on"), ("直骨", "SC")]
    assert faces_of("a film of two parts: “直骨”") == [("a film of two parts: ", "on"), ("“直骨”", "SC")]
    assert faces_of("直骨“so”") == [("直骨“", "SC"), ("so", "on"), ("”", "SC")]


def test_a_font_of_the_production_draws_all_that_it_has(pan: Path, tmp_path: Path) -> None:
    """Also where the machine has a font of the language; a collection has its face by the language too."""
    own = square_font(tmp_path / "own.ttf", "直A1“”")
    assert faces_of("直A1“”骨B", "ja", (own,)) == [("直A1“”", "re"), ("骨", "JP"), ("B", "on")]
    assert faces_of("直A", "ko", (pan,)) == [("直A", "KR")]


def test_dashes_are_one_line_where_nothing_shapes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without FriBiDi takes the long dash of the font, if it has one."""
    monkeypatch.setattr(fonts, "ENGINE", fonts.BASIC)
    with bare_machine():
        own = square_font(tmp_path / "own.ttf", "直—⸺")
        assert [run.text for run in runs("直——直", 20, Typography((own,)))] == ["直⸺直"]
        own = square_font(tmp_path / "other.ttf", "直—")
        assert [run.text for run in runs("直——直", 20, Typography((own,)))] == ["直——直"]


def test_a_character_without_a_font_is_a_box_of_its_width() -> None:
    """Wide for Han, and never a question mark, whatever the machine has."""
    with bare_machine():
        assert faces_of("a直b") == [("a", "on"), ("直", ""), ("b", "on")]
        assert (length_of("直", 20), length_of("\u0e01", 20)) == (20, 12)
        cards = [draw_title(text, (320, 180), (0, 0, 0)).tobytes() for text in ("直骨", "角令", "??", " ")]
    assert cards[0] == cards[1]
    assert len(set(cards)) == 3


def test_a_blank_beside_a_missing_character_stays_blank() -> None:
    """It is a space of the font that every machine has, and a card of blanks between boxes has as many boxes."""
    with bare_machine():
        assert faces_of("直 骨 a") == [("直", ""), (" ", "on"), ("骨", ""), (" a", "on")]
        line = Image.new("L", (200, 40))
        draw_line(ImageDraw.Draw(line), "直   ", (0, 30), 20, (255,), Typography())
        box = line.getbbox()
        assert box is not None
        assert box[2] <= 20


def test_noto_has_a_face_for_each_language() -> None:
    """The font of Debian's `fonts-noto-cjk`, which CI installs; other machines may have none."""
    font_files.installed.cache_clear()
    there = bool(font_files.installed("NotoSansCJK-Regular.ttc", None))
    for tag, end in {"zh-Hans": "SC", "zh-Hant": "TC", "zh-HK": "HK", "ja": "JP", "ko": "KR"}.items():
        found = [face.getname()[0] for face in font_files.installed("NotoSansCJK-Regular.ttc", tag)]
        assert found == ([f"Noto Sans CJK {end}"] if there else [])
        for marks in ("“直”", "……", "——") if there and tag.startswith("zh") else ():
            text = f"直{marks}骨"
            (run,) = runs(text, 100, Typography((), tag))
            assert run.length == pytest.approx(100 * len(text), abs=12)
