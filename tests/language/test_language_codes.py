"""Language codes and what file names tell."""

from __future__ import annotations

import pytest

from wanflow.language import cut_finish
from wanflow.language.cut_finish import guess_language, language_of


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "eng"),
        ("eng", "eng"),
        ("EN", "eng"),
        ("zh", "zho"),
        ("zh-Hans", "zho"),
        ("zh-Hant-HK", "zho"),
        ("pt-BR", "por"),
        ("pt_BR", "por"),
        ("es-419", "spa"),
        ("chi", "zho"),
        ("ger", "deu"),
        ("no", "nor"),
    ],
)
def test_codes_that_people_write_name_a_language(code, expected):
    """Two letters, three of either kind, with a script or a region: one code of three letters."""
    assert language_of(code) == expected


@pytest.mark.parametrize(
    "code", ["", "e", "xx", "xxx", "english", "en-", "-en", "en BR", "en\n", "en=x", "ｅｎ", "en;"]
)
def test_what_names_no_language_is_none(code):
    """No guess is made for a code that isn't one."""
    assert language_of(code) is None


def test_the_table_is_whole():
    """All 183 codes of two letters, each with one of its own of three, and 20 that libraries write otherwise."""
    two = [code for code in cut_finish._CODES if len(code) == 2]
    older = [code for code in cut_finish._CODES if len(code) == 3]
    assert (len(two), len({cut_finish._CODES[code] for code in two}), len(older)) == (183, 183, 20)
    assert all(len(code) == 3 and code.isascii() and code.islower() for code in cut_finish._CODES.values())
    assert {cut_finish._CODES[code] for code in older} <= {cut_finish._CODES[code] for code in two}
    assert not {*older} & {cut_finish._CODES[code] for code in two}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("subs/en.srt", "eng"),
        ("film.zh.srt", "zho"),
        ("film.zh-Hans.srt", "zho"),
        ("a.b/film.pt-br.vtt", "por"),
        ("pt-BR.ass", "por"),
        ("灯塔.zh.srt", "zho"),
        ("film.fre.srt", "fra"),
        (".de.srt", "deu"),
        ("notes.srt", None),
        ("en/notes.srt", None),
        ("to-do.srt", None),
        ("la-casa.srt", None),
        ("film.v2.srt", None),
        ("film.final-cut.srt", None),
        ("", None),
    ],
)
def test_a_files_name_tells_its_language(path, expected):
    """The name, or the part before its ending; folders and other words do not count."""
    assert guess_language(path) == expected
