"""Tags of languages, and what file names tell."""

from __future__ import annotations

import pytest

from wanflow.language import language_tags
from wanflow.language.language_tags import iso_code, language_in_name, own_name, read_language


@pytest.mark.parametrize(
    ("written", "tag", "code"),
    [
        ("en", "en", "eng"),
        ("eng", "en", "eng"),
        ("EN", "en", "eng"),
        ("zh", "zh", "zho"),
        ("zh-Hans", "zh-Hans", "zho"),
        ("ZH_hant", "zh-Hant", "zho"),
        ("zh-Hant-HK", "zh-Hant-HK", "zho"),
        ("pt-BR", "pt-BR", "por"),
        ("pt_br", "pt-BR", "por"),
        ("es-419", "es-419", "spa"),
        ("sr-latn-rs", "sr-Latn-RS", "srp"),
        ("chi", "zh", "zho"),
        ("ger", "de", "deu"),
        ("no", "no", "nor"),
        ("yue", "yue", "yue"),
        ("zh-yue", "yue", "yue"),
        ("cmn-Hans", "zh-Hans", "zho"),
        ("srd", "srd", "srd"),
    ],
)
def test_codes_that_people_write_name_a_language(written: str, tag: str, code: str) -> None:
    """Two letters, three of either kind, with a script or a region: one tag, and a code of three letters."""
    assert (read_language(written), iso_code(tag)) == (tag, code)


@pytest.mark.parametrize(
    ("words", "tag"),
    [
        ("chs CHS sc cn gb 简 简体 简体中文 简中 zh-CN zh_CN zh-Hans-CN zh-chs", "zh-Hans"),
        ("cht tc Big5 繁 繁体 繁體 繁體中文 正體 zh-TW zh_tw zh-Hant-TW zh-cht", "zh-Hant"),
        ("zh-HK zh-hant-hk hk", "zh-Hant-HK"),
        ("zh 中文 国语 國語 双语 cmn", "zh"),
        ("yue 粤语 粵語 廣東話", "yue"),
        ("en 英文", "en"),
        ("ja jp 日文 日本語", "ja"),
        ("ko 韩文 한국어", "ko"),
    ],
)
def test_what_people_call_a_language_means_it_in_keys_and_names(words: str, tag: str) -> None:
    """As a value, and as the ending of a file's name."""
    for word in words.split():
        assert read_language(word) == tag
        assert language_in_name(f"subs/片.{word}.srt") == tag
        assert iso_code(read_language(tag)) == iso_code(tag)


@pytest.mark.parametrize(
    "code",
    ["", "e", "xx", "xxx", "english", "en-", "-en", "en BR", "en\n", "en=x", "ｅｎ", "en;", "文", "zh-Hnat", "zh_Hanz"],
)
def test_what_names_no_language_is_none(code: str) -> None:
    """No guess is made for a code that isn't one."""
    assert read_language(code) is None


def test_the_table_is_whole() -> None:
    """All 183 codes of two letters, each with one of its own of three, and 20 that libraries write otherwise."""
    codes = language_tags._CODES
    two = [code for code in codes if len(code) == 2]
    older = [code for code in codes if len(code) == 3]
    assert (len(two), len({codes[code] for code in two}), len(older)) == (183, 183, 20)
    assert all(len(code) == 3 and code.isascii() and code.islower() for code in codes.values())
    assert {codes[code] for code in older} <= {codes[code] for code in two}
    assert not {*older} & {codes[code] for code in two}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("subs/en.srt", "en"),
        ("film.zh.srt", "zh"),
        ("film.zh-Hans.srt", "zh-Hans"),
        ("a.b/film.pt-br.vtt", "pt-BR"),
        ("pt-BR.ass", "pt-BR"),
        ("灯塔.zh.srt", "zh"),
        ("film.fre.srt", "fr"),
        (".de.srt", "de"),
        ("中文.srt", "zh"),
        ("sc.srt", "zh-Hans"),
        ("片_简体.srt", "zh-Hans"),
        ("[组][片][繁體].ass", "zh-Hant"),
        ("片（简体）.srt", "zh-Hans"),
        ("film-chs.srt", "zh-Hans"),
        ("film.chs&eng.srt", "zh-Hans"),
        ("片.简体&英文.srt", "zh-Hans"),
        ("notes.srt", None),
        ("en/notes.srt", None),
        ("to-do.srt", None),
        ("la-casa.srt", None),
        ("film.v2.srt", None),
        ("film.final-cut.srt", None),
        ("disc_sc.srt", None),
        ("我的中文.srt", None),
        ("", None),
    ],
)
def test_a_files_name_tells_its_language(path: str, expected: str | None) -> None:
    """The name, or the part before its ending; folders and other words do not count."""
    assert language_in_name(path) == expected


def test_players_show_scripts_in_their_own_words() -> None:
    """Viewers tell the two scripts of Chinese apart; other tags are shown as they are."""
    shown = [own_name(tag) for tag in ("zh-Hans", "zh-Hant", "zh-Hant-HK", "pt-BR", "en")]
    assert shown == ["简体中文", "繁體中文", "繁體中文 (HK)", "pt-BR", "en"]
