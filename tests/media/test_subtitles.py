"""Subtitles: what is read, where it lands on the frame grid, and what no text can break."""

from __future__ import annotations

import codecs
import random
import re
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from kit.call_count import ENDLESS_SECONDS
from kit.clips import numbered_clip
from wanflow import digest
from wanflow.errors import MediaFault
from wanflow.language.source import Facts, Kind
from wanflow.media.container import BadMedia
from wanflow.media.probe import check_film, probe
from wanflow.media.text.subtitle_file import Line, measure_subtitles, read_lines, subtitle_format
from wanflow.media.text.subtitles import to_srt, to_vtt, words_beyond

THIRTY = Fraction(30)
NTSC = Fraction(30000, 1001)

SRT = """1
00:00:00,500 --> 00:00:01,500
{\\an8}<i>Hello</i> <font color="red">there</font>, {friend}
and 3 < 4

2
00:00:02,000 --> 00:00:03,250
你好
"""
VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE 00:00:09.000 --> 00:00:10.000 is not said

intro
00:00.500 --> 00:01.500 align:start position:0%
<v Bob><c.red>Hello</c> <00:00:00.700>there, <00:00:01.000>{friend}
and 3 &lt; 4

NOTE nobody says this

last
00:00:02.000 --> 00:00:03.250
你好
"""
ASS = """; made by hand
[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial,broken,&Hxx

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:02.00,0:00:03.25,Default,,0,0,0,,{\\b1}你好{\\b0}
Dialogue: none,0:00:00.50,0:00:01.50,Default,,0,0,0,,Hello\\hthere, {\\i1}friend\\Nand 3 < 4
Dialogue: 0,0:00:00.00,0:00:05.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}
Comment: 0,0:00:00.00,0:00:05.00,Default,,0,0,0,,not this
"""
BRACED = (Line(500, 1500, "Hello there, {friend}\nand 3 < 4"), Line(2000, 3250, "你好"))
PLAIN = (Line(500, 1500, "Hello there, friend\nand 3 < 4"), Line(2000, 3250, "你好"))
SPECIMENS = [("srt", SRT, BRACED), ("vtt", VTT, BRACED), ("ass", ASS, PLAIN)]


def written(folder: Path, text: str | bytes) -> Path:
    """A file of that content under a name that tells nothing."""
    path = folder / "words"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def entries(srt: str) -> list[tuple[str, str, str]]:
    """Number, times and text of each entry, as a plain reader of SRT splits them."""
    return [tuple(block.split("\n", 2)) for block in srt.strip("\n").split("\n\n")] if srt else []


@pytest.mark.parametrize(("name", "text", "lines"), SPECIMENS, ids=lambda value: value if len(value) == 3 else "")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "crlf", "cr"])
def test_lines_are_plain_text_in_order(tmp_path, name, text, lines, encoding):
    """Tags, styles, notes, names, drawings and comments are gone, whatever the encoding and the line ends."""
    ends = {"crlf": "\r\n", "cr": "\r"}.get(encoding)
    data = text.replace("\n", ends).encode() if ends else text.encode(encoding)
    assert read_lines(written(tmp_path, data)) == lines


@pytest.mark.parametrize(("name", "text", "lines"), SPECIMENS, ids=lambda value: value if len(value) == 3 else "")
def test_subtitles_are_known_by_their_content(tmp_path, name, text, lines):
    """Format, digest, size, and the end of the last line in seconds."""
    path = written(tmp_path, text)
    size = path.stat().st_size
    assert probe(path) == Facts(Kind.SUBTITLES, name, digest.of_file(path), size, seconds=Fraction(13, 4))
    with pytest.raises(BadMedia, match="it is a subtitle file"):
        check_film(path)


def test_big_endian_and_old_substation_are_read(tmp_path):
    """UTF-16 of the other order, and SSA, whose lines have another first field."""
    data = codecs.BOM_UTF16_BE + SRT.encode("utf-16-be")
    assert read_lines(written(tmp_path, data)) == BRACED
    old = ASS.replace("v4.00+", "v4.00").replace("V4+", "V4").replace("Dialogue: 0,", "Dialogue: Marked=0,")
    assert read_lines(written(tmp_path, old)) == PLAIN


@pytest.mark.parametrize("beginning", [b"WEBVTTX", b"1\nhello", b"12 monkeys", b"[Events]", b"\0WEBVTT", b"", b"--> x"])
def test_other_text_is_no_subtitle_file(beginning):
    """A word that begins alike, a number, a part of one, bytes."""
    assert subtitle_format(beginning) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (SRT.encode().replace(b"there", b"there\xe9"), "is not UTF-8 text"),
        (b"notes of a film\n" * 9, "is not a subtitle file"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "is damaged UTF-16 text"),
        (SRT.replace("there", "the\0re").encode(), "a null byte: the file is damaged, or not text"),
        (f"{SRT}\n3\n00:00:04,000 --> 00:00:05,000\n{'x' * 2001}\n".encode(), "has 2001 letters at 4 s, at most 2000"),
    ],
)
def test_what_can_not_be_read_is_refused_with_the_reason(tmp_path, data, why):
    """Another encoding, other text, times that are none, a line as long as a page."""
    with pytest.raises(BadMedia) as caught:
        read_lines(written(tmp_path, data))
    assert caught.value.why.startswith(why)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("gbk", "海边的清晨，我们出发了"),
        ("gb18030", "海边的清晨，我们出发了㐀"),
        ("gbk", "海邊的清晨，我們出發了"),
        ("big5", "海邊的清晨，我們出發了"),
        ("big5hkscs", "佢喺海邊，我們要出發了，你也來"),
        ("cp932", "海が見えるところにいた"),
        ("euc_jp", "海が見えるところにいた"),
        ("cp949", "우리는 바다로 간다, 너도 있어"),
        ("utf-16-le", "海边"),
        ("utf-16-be", "海边"),
    ],
)
def test_an_encoding_is_recognised_where_it_is_sure(tmp_path, encoding, words):
    """The text is read as it was meant, also by the probe and by its beginning alone."""
    path = written(tmp_path, f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n".encode(encoding))
    assert read_lines(path) == (Line(1000, 2000, words),)
    assert (probe(path).kind, probe(path).format) == (Kind.SUBTITLES, "srt")


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", "Señor, déjà vu"),
        ("cp1254", "İyi günler, değil mi"),
        ("cp1251", "Мы пошли к морю рано утром"),
        ("koi8-r", "Мы пошли к морю рано утром"),
        ("gbk", "海岸"),
        ("utf-8", "海边的清晨，我们出发了\udcff"),
    ],
)
def test_no_other_text_is_taken_for_one_of_east_asia(tmp_path, encoding, words):
    """A wrong guess would be burned into a film; so is a text with a damaged byte, and one of two characters."""
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    path = written(tmp_path, f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n".encode(encoding, errors))
    with pytest.raises(BadMedia, match="is not UTF-8 text"):
        read_lines(path)


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16-le", "utf-16", "utf-8"])
def test_a_named_encoding_is_read_however_short_the_text_is(tmp_path, encoding):
    """A byte order mark is not shown; a text in another one is refused with its line."""
    text = "\ufeff1\n00:00:01,000 --> 00:00:02,000\n海岸\n".removeprefix("\ufeff" if encoding == "big5" else "")
    assert read_lines(written(tmp_path, text.encode(encoding)), encoding) == (Line(1000, 2000, "海岸"),)
    with pytest.raises(BadMedia, match="is not utf-8 text: ") as caught:
        read_lines(written(tmp_path, "1\n00:00:01,000 --> 00:00:02,000\n海岸\n".encode("gbk")), "utf-8")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("charset", "name", "words"),
    [
        ("gbk", "GBK", "海岸"),
        ("big5", "Big5", "海邊"),
        ("cp1251", "windows-1251", "Мы пошли к морю рано утром"),
        ("latin-1", "windows-1252", "Café déjà vu, naïve garçon"),
    ],
)
def test_another_character_set_is_named_with_the_way_out(tmp_path, charset, name, words):
    """By the name with which `iconv` converts it, and that `encoding` takes."""
    encoded = words if isinstance(words, bytes) else words.encode(charset)
    with pytest.raises(BadMedia, match=f"is not UTF-8 text; it looks like {name}") as caught:
        probe(written(tmp_path, b"1\n00:00:01,000 --> 00:00:02,000\n" + encoded + b"\n"))
    assert caught.value.hint == f"write `encoding: {name.lower()}`, or convert it: `iconv -f {name} -t UTF-8 OLD > NEW`"


def gbk(words: str, damage: bytes = b"") -> bytes:
    """An SRT of one subtitle in GBK; the damage follows the words."""
    return b"1\n00:00:01,000 --> 00:00:02,000\n" + words.encode("gb18030") + damage + b"\n"


@pytest.mark.parametrize(
    ("data", "encoding", "why", "way_out"),
    [
        (
            gbk("海边的清晨，我们出发了", b"\xff"),
            None,
            "it looks like GB18030, but byte 0xFF is damaged",
            "repair that line",
        ),
        (gbk("海边的清晨，我们出发了", b"\xff"), "GBK", "is not GBK text: byte 0xFF", "repair that line"),
        (gbk("海边的清晨，我们出发了"), "utf-8", "is not utf-8 text: byte 0xBA", "leave `encoding` out"),
        (gbk("海岸"), "utf_8", "is not utf_8 text: byte 0xBA", "write `encoding: gbk`"),
    ],
)
def test_a_hint_never_leads_to_the_next_error(tmp_path, data, encoding, why, way_out):
    """An encoding is proposed only where it reads the whole file; it is called as the author calls it."""
    with pytest.raises(BadMedia) as caught:
        read_lines(written(tmp_path, data), encoding)
    assert caught.value.line == 3
    assert why in caught.value.why
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(way_out)


@pytest.mark.parametrize(
    ("data", "encoding", "charset"),
    [
        (gbk("今晚有雨，我们走吧"), "big5", "GBK"),
        (gbk("今晚有雨，我们走吧"), "shift-jis", "GBK"),
        ("1\n00:00:01,000 --> 00:00:02,000\n你好你好\n".encode(), "gbk", "UTF-8"),
    ],
)
def test_a_named_encoding_that_reads_other_words_is_a_flaw(tmp_path, data, encoding, charset):
    """The words would be burned into the film as they are read."""
    facts = measure_subtitles(written(tmp_path, data), encoding)
    assert facts.flaws == (f"looks like {charset}: leave `encoding: {encoding}` out",)


@pytest.mark.parametrize(
    ("words", "written_in", "named"),
    [
        ("今晚有雨，我们走吧", "gbk", "gb2312"),
        ("今晚有雨，我們走吧", "big5", "cp950"),
        ("今晚有雨，我们走吧", "utf-16-le", "utf-16-le"),
        ("谢谢", "gbk", "gbk"),
        ("tonight", "ascii", "gbk"),
        ("Ça va, déjà vu", "cp1252", "latin-1"),
        ("Мы пошли", "koi8-r", "koi8-r"),
    ],
)
def test_a_named_encoding_that_fits_has_no_flaw(tmp_path, words, written_in, named):
    """Also under its other names, and where all read the same."""
    path = written(tmp_path, f"1\n00:00:01,000 --> 00:00:02,000\n{words}\n".encode(written_in))
    assert measure_subtitles(path, named).flaws == ()
    assert [line.text for line in read_lines(path, named)] == [words]


def test_an_encoding_that_hides_the_times_is_named(tmp_path):
    """UTF-16 makes of other text something without times."""
    path = written(tmp_path, gbk("我的你好!"))
    with pytest.raises(BadMedia, match="is not utf-16 text; it looks like GBK") as caught:
        measure_subtitles(path, "utf-16")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("leave `encoding` out")


def test_a_few_characters_that_may_be_of_two_encodings_are_not_guessed(tmp_path):
    """谢谢 in GBK is лл in UTF-8; accents and Russian words are UTF-8."""
    path = written(tmp_path, gbk("谢谢"))
    with pytest.raises(BadMedia, match="may be UTF-8 text, or GBK text that says `谢谢`") as caught:
        read_lines(path)
    assert caught.value.hint == "write `encoding: gbk` or `encoding: utf-8`"
    assert [read_lines(path, name)[0].text for name in ("gbk", "utf-8")] == ["谢谢", "лл"]
    for words in ("hôtel", "Да", "С ним", "ô la"):
        assert read_lines(written(tmp_path, f"1\n{FIRST}\n{words}\n".encode()))[0].text == words


def test_an_unknown_encoding_leaves_the_times_to_be_read(tmp_path):
    """So that a production with such a name has its other problems told at once."""
    path = written(tmp_path, gbk("海岸") + b"\n2\n00:00:09,000 --> 00:00:03,000\nx\n")
    with pytest.raises(BadMedia, match="ends before it begins"):
        read_lines(path, "gkb")


FIRST, SECOND = "00:00:01,000 --> 00:00:02,000", "00:00:03,000 --> 00:00:04,000"


@pytest.mark.parametrize(
    "text",
    [
        f"Subtitles by me\nhttps://x.org\n\n1\n{FIRST}\na\n\n2\n{SECOND}\nb\n",
        f"\ufeff\n\n1\n{FIRST}\na\n\n2\n{SECOND}\nb",
        f"1\n1\n{FIRST}\na\n\n1\n1\n{SECOND}\nb\n",
        f"{FIRST}\na\n\n{SECOND}\nb\n",
        f"1\n{FIRST}\na\n2\n{SECOND}\nb\n",
        f"1\n\n{FIRST}\na\n\n2\n\n{SECOND}\nb\n",
        f"2\n{SECOND}\nb\n\n1\n{FIRST}\na\n",
        "1\n00:00:01 --> 00:00:02\na\n\n2\n00:03,000 --> 0:00:04.0\nb\n",
        f"WEBVTT Kind: captions\nLanguage: en\n\n{FIRST}\na\n\n{SECOND}\nb\n".replace(",", "."),
    ],
    ids=["note", "mark", "doubled", "unnumbered", "unspaced", "spaced", "disordered", "short", "header"],
)
def test_entries_are_read_as_they_are_meant(tmp_path, text):
    """Notes before the first one, numbers that are doubled or missing, times without their ends."""
    assert read_lines(written(tmp_path, text)) == (Line(1000, 2000, "a"), Line(3000, 4000, "b"))
    assert probe(written(tmp_path, text)).kind is Kind.SUBTITLES


def test_a_number_that_is_said_stays(tmp_path):
    """Alone, as several lines, or in a file whose entries have no numbers."""
    text = f"1\n{FIRST}\n1984\n\n2\n{SECOND}\n7\n8\n"
    assert [line.text for line in read_lines(written(tmp_path, text))] == ["1984", "7\n8"]
    text = f"{FIRST}\n1984\n\n{SECOND}\nb\n"
    assert [line.text for line in read_lines(written(tmp_path, text))] == ["1984", "b"]


def test_a_line_from_before_the_film_is_shown_from_its_beginning(tmp_path):
    """It keeps its end."""
    text = f"1\n-00:00:00,400 --> 00:00:00,600\na\n\n2\n{FIRST}\nb\n"
    assert read_lines(written(tmp_path, text)) == (Line(0, 600, "a"), Line(1000, 2000, "b"))


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ("-00:00:00,900 --> -00:00:00,600", "the subtitle ends before the film begins"),
        ("00:00:05,000 --> 00:00:04,000", "the subtitle ends before it begins"),
        ("00:00:05,000 --> 00:00:05,000", "the subtitle ends when it begins"),
    ],
)
@pytest.mark.parametrize("head", ["", "WEBVTT\n\n"], ids=["srt", "vtt"])
def test_a_line_that_would_never_be_seen_is_refused(tmp_path, head, times, why):
    """With its line in the file: its words would be lost without a word."""
    text = f"{head}1\n{FIRST}\na\n\n2\n{times}\nb\n"
    with pytest.raises(BadMedia) as caught:
        read_lines(written(tmp_path, text.replace(",", ".") if head else text))
    shown = times.replace(",", ".") if head else times
    assert (caught.value.why, caught.value.line) == (f"{why}: `{shown}`", 8 if head else 6)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("times", "number"),
    [
        ("00:01 --> 00:04", 2),
        ("00:00:75,000 --> 00:01:20,000", 2),
        ("00:00:01,000 00:00:04,000", 2),
        ("0:00:01;000 --> 0:00:04;000", 2),
        ("00:00:01:000 --> 00:00:04:000", 2),
        ("OO:OO:O1,000 --> 00:00:04,000", 2),
        ("00:00:01,000 --> later", 2),
        ("00:00:01,000 --> 00:00:02,000\nfirst\n\n2\n00:00:03,1234 --> 00:00:04,000", 6),
    ],
)
def test_a_broken_time_code_of_an_srt_is_named(tmp_path, times, number):
    """With its line and a valid example, in the first entry as in a later one."""
    path = tmp_path / "words.srt"
    path.write_text(f"1\n{times}\nhello\n", encoding="utf-8")
    with pytest.raises(BadMedia) as caught:
        probe(path)
    broken = times.split("\n")[-1]
    assert (caught.value.why, caught.value.line) == (f"invalid time code `{broken}`", number)
    assert str(caught.value) == f"line {number} of `words.srt`: invalid time code `{broken}`"
    assert caught.value.hint == "write for example `00:00:01,000 --> 00:00:04,000`"


@pytest.mark.parametrize(
    ("times", "slip", "meant"),
    [
        ("00：00：01,000 --> 00：00：04,000", "`：` is a full-width colon", "00:00:01,000 --> 00:00:04,000"),
        ("00:00:01，000 —> 00:00:04，000", "`，` is a full-width comma", "00:00:01,000 --> 00:00:04,000"),
        ("００：００：０１．５　－－＞　００：００：０４", "`０` is a full-width digit", "00:00:01.5 --> 00:00:04"),
        ("00:00:01。000 ——》 00:00:04。000", "`。` is a full-width full stop", "00:00:01.000 --> 00:00:04.000"),
        ("00:00:01,000 –> 00:00:04,000", "`–` is a full-width dash", "00:00:01,000 --> 00:00:04,000"),
        ("00:00:01,000 -> 00:00:04,000", "", "00:00:01,000 --> 00:00:04,000"),
        ("00：00：75,000 --> 00：01：20,000", "`：` is a full-width colon", ""),
    ],
)
@pytest.mark.parametrize("mark", ["", "WEBVTT\n\n"], ids=["srt", "vtt"])
def test_signs_of_an_input_method_in_times_are_named(tmp_path, mark, times, slip, meant):
    """With the line as it is meant; without their times the words would be part of the entry before."""
    path = tmp_path / "words.srt"
    path.write_text(f"{mark}1\n{times}\n你好，朋友\n", encoding="utf-8")
    with pytest.raises(BadMedia) as caught:
        probe(path)
    why = f"invalid time code `{times}`" + (f": {slip}" if slip else "")
    assert (caught.value.why, caught.value.line) == (why, 4 if mark else 2)
    assert caught.value.hint == (f"write `{meant}`" if meant else "write for example `00:00:01,000 --> 00:00:04,000`")


@pytest.mark.parametrize("mark", ["", "WEBVTT\n\n"])
def test_all_broken_times_are_told_at_once(tmp_path, mark):
    """In both formats, so that one correction after the other is not needed."""
    broken = ("00:00:00.000 --> 00:00:61.000", FIRST, "00:00:02.000 --> 00:00:02.000", "00:00:04.000 --> 00:00:03.000")
    path = written(tmp_path, mark + "\n".join(f"{times}\nwords\n" for times in broken))
    with pytest.raises(BadMedia) as caught:
        read_lines(path)
    faults = (caught.value, *caught.value.others)
    first = mark.count("\n") + 1
    assert [fault.line for fault in faults] == [first, first + 6, first + 9]
    assert [fault.why.partition(": ")[0].partition(" `")[0] for fault in faults] == [
        *("invalid time code", "the subtitle ends when it begins", "the subtitle ends before it begins"),
    ]


def test_an_arrow_in_the_words_is_no_time_code(tmp_path):
    """An arrow after a word, a plain number or a time of day is text."""
    words = "turn --> left\n5 -> 6\n12:30 - lunch\n10:30 → 11:00\n比分 3：2 —> 胜\n12：30 —> 13：00\n3：2——》胜"
    assert [line.text for line in read_lines(written(tmp_path, f"1\n{FIRST}\n{words}\n"))] == [words]


def test_a_broken_time_of_an_ass_is_named(tmp_path):
    """With its line, which pysubs2 does not know."""
    with pytest.raises(BadMedia, match="line 11 of `words`: invalid time code in `Dialogue: 0,soon"):
        read_lines(written(tmp_path, ASS.replace("0:00:02.00", "soon")))


@pytest.mark.parametrize(
    ("right", "wrong", "slip"),
    [
        ("Dialogue: 0", "Dialogue：0", "`：` is a full-width colon"),
        ("0:00:02.00", "0：00：02.00", "`：` is a full-width colon"),
        ("0,0:00:02.00", "0，0:00:02.00", "`，` is a full-width comma"),
    ],
)
def test_signs_of_an_input_method_in_an_ass_are_named(tmp_path, right, wrong, slip):
    """A line under an unknown key would be left out in silence."""
    with pytest.raises(BadMedia) as caught:
        read_lines(written(tmp_path, ASS.replace(right, wrong)))
    assert caught.value.line == 11
    assert slip in caught.value.why


def test_a_video_that_is_called_like_subtitles_is_a_video(tmp_path):
    """So that what is said of it is true."""
    assert probe(numbered_clip(tmp_path / "film.mp4", 4, (64, 64)).rename(tmp_path / "film.srt")).kind is Kind.VIDEO


def test_a_file_without_lines_is_no_use(tmp_path):
    """Empty lines are left out; with none left the file is refused."""
    text = f"1\n{FIRST}\n<i> </i>\n\n2\n{SECOND}\n\n"
    assert read_lines(written(tmp_path, text)) == ()
    with pytest.raises(BadMedia, match="is a subtitle file without lines"):
        probe(tmp_path / "words")
    with pytest.raises(BadMedia, match="cannot be opened"):
        read_lines(tmp_path / "gone")


HEAD = b"[Script Info]\n[Events]\nDialogue: 0,0:00:00.00,0:00:01.00,,,0,0,0,,"
CUE = b"1\n00:00:00,000 --> 00:00:01,000\n"


@pytest.mark.parametrize("share", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("before", "part", "times", "after"),
    [
        (CUE, b"x", 10_000_000, b""),
        (b"", CUE, 290_000, b""),
        (CUE, b"<a", 4_900_000, b""),
        (CUE, b"< ", 4_900_000, b""),
        (CUE + b"x", b"\n", 9_900_000, b"y"),
        (CUE + b"x", b"\n ", 4_900_000, b"y"),
        (CUE + b"x", b" ", 9_900_000, b"y"),
        (CUE + b"x\n", b"1", 9_900_000, b"y"),
        (CUE, b"{\\", 4_900_000, b""),
        (HEAD, b"{", 9_900_000, b""),
        (HEAD, b"{\\i1}", 1_900_000, b"x"),
        (b"[Script Info]\n[Events]\n", b"Dialogue: 0,0:00:00.00,0:00:01.00,,,0,0,0,,x\n", 200_000, b""),
        (b"WEBVTT\n\n", b"<0", 4_900_000, b"\n00:00.000 --> 00:01.000\nx"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\n", b"<0", 4_900_000, b""),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\n", b"&", 9_900_000, b""),
        (b"", b"1", 9_900_000, b""),
        (b"", b" \n", 4_900_000, b"1\n"),
        (b"1\n00:00:00,000 --> 00:00:01,000\nx\n", b"1:" + b"-" * 197 + b"\n", 30_000, b""),
    ],
    ids=range(18),
)
def test_no_file_takes_long(tmp_path, before, part, times, after, share):
    """Millions of lines, letters or brackets are read or refused, with an effort that grows as they do.

    A quarter of the largest file may take a quarter of the time; the campaign reads the largest.
    """
    file = written(tmp_path, before + part * (times // share) + after)
    begun = time.process_time()
    try:
        read_lines(file)
    except BadMedia as refused:
        assert len(str(refused)) < 300  # noqa: PT017
    assert time.process_time() - begun < ENDLESS_SECONDS / share


def test_noise_is_read_or_refused(tmp_path):
    """Whatever the bytes are, there is a result or a reason, and what comes out can be written."""
    dice = random.Random(7)
    for _, text, _ in SPECIMENS * 60:
        data = bytearray(text.encode())
        for _ in range(dice.randrange(1, 12)):
            place = dice.randrange(len(data))
            data[place : place + dice.randrange(3)] = dice.choice(
                [b"\n", b"-->", b"0", b"{", b"<", b":", b"\xff", b","]
            )
        try:
            lines = read_lines(written(tmp_path, bytes(data)))
        except MediaFault:
            continue
        assert to_srt(lines, frames=100, rate=THIRTY).count("-->") == len(
            entries(to_srt(lines, frames=100, rate=THIRTY))
        )


def test_times_lie_on_the_frame_grid():
    """Each end goes to the nearest frame, written so that a player shows it with that frame and not with the next."""
    lines = (Line(1016, 2017, "a"), Line(2500, 2501, "b"))
    assert entries(to_srt(lines, frames=90, rate=THIRTY)) == [
        ("1", "00:00:01,000 --> 00:00:02,033", "a"),
        ("2", "00:00:02,500 --> 00:00:02,533", "b"),
    ]
    hour = (Line(3_600_000, 3_601_000, "a"),)
    # frame 107,892 begins at 3,599.9964 s, frame 107,922 at 3,600.9974 s
    assert entries(to_srt(hour, frames=200_000, rate=NTSC)) == [("1", "00:59:59,996 --> 01:00:00,997", "a")]


def test_the_films_end_is_the_end():
    """A line that begins before it is cut off, one that begins after it is dropped and counted, also if all do."""
    lines = (Line(0, 1000, "a"), Line(2900, 9000, "b"), Line(2990, 9000, "c"), Line(3000, 4000, "d"))
    found = entries(to_srt(lines, frames=90, rate=THIRTY))
    assert found == [("1", "00:00:00,000 --> 00:00:01,000", "a"), ("2", "00:00:02,900 --> 00:00:03,000", "b")]
    assert words_beyond(lines, frames=91, rate=THIRTY) == ""
    late = (Line(3000, 4000, "d", 14), Line(3500, 4000, "e", 18))
    said = "2 subtitles begin after the end of the cut (3 s), the first at 00:00:03,000 (line 14)"
    assert words_beyond((*lines[:2], *late), frames=90, rate=THIRTY) == said
    assert words_beyond(late, frames=90, rate=THIRTY) == f"{said}; no subtitle is shown"
    assert to_srt(lines[3:], frames=90, rate=THIRTY) == ""
    assert to_vtt(lines[3:], frames=90, rate=THIRTY) == "WEBVTT\n"


def test_lines_that_overlap_become_one_text_after_the_other():
    """Simultaneous captions are shown together, the older first, and equal words once."""
    lines = (Line(0, 3000, "a"), Line(1000, 2000, "b"), Line(1000, 2000, "a"), Line(3000, 4000, "a"))
    assert [(times, text) for _, times, text in entries(to_srt(lines, frames=300, rate=THIRTY))] == [
        ("00:00:00,000 --> 00:00:01,000", "a"),
        ("00:00:01,000 --> 00:00:02,000", "a\nb"),
        ("00:00:02,000 --> 00:00:04,000", "a"),
    ]


def test_twenty_thousand_lines_at_once_stay_readable():
    """No more than eight stand together, and it takes no time."""
    lines = tuple(Line(number, 10_000_000, f"line {number}") for number in range(20_000))
    texts = [text for _, _, text in entries(to_srt(lines, frames=300_000, rate=THIRTY))]
    assert texts[-1].splitlines() == [f"line {number}" for number in range(19_992, 20_000)]


@pytest.mark.parametrize("text", ["a\n\n\nb", "a\r\n\r\nb", " \n a \n\t\nb", "a\u2028\u2029b", "a\x0b\x0cb"])
def test_a_blank_line_ends_no_entry(text):
    """Whatever kind of line end makes it."""
    srt = to_srt((Line(0, 1000, text), Line(1000, 2000, "c")), frames=90, rate=THIRTY)
    assert [found for _, _, found in entries(srt)] == ["a\nb", "c"]


@pytest.mark.parametrize("text", ["-->", "x --> y", "1984", "7\n8", "a\n\n2\n0:01 --> 0:02\nb"])
def test_no_text_makes_an_entry(tmp_path, text):
    """An arrow is written as a sign of its own, and a number stays text; what is written is read back."""
    lines = (Line(0, 1000, text), Line(1000, 2000, "c"))
    srt = to_srt(lines, frames=90, rate=THIRTY)
    assert srt.count("-->") == 2
    back = read_lines(written(tmp_path, srt))
    assert [line.text for line in back] == [re.sub(r"\n+", "\n", text).replace("-->", "→"), "c"]
    vtt = read_lines(written(tmp_path, to_vtt(lines, frames=90, rate=THIRTY)))
    assert [line.text for line in vtt] == [re.sub(r"\n+", "\n", text), "c"]


def test_signs_of_markup_stay_text(tmp_path):
    """A path with a sign for a new line, a tag that is spoken of: players and ffmpeg see no markup in them."""
    lines = (Line(0, 1000, "C:\\New {\\an8} <i>x</i> a<b 3 < 4 &amp;"),)
    srt = written(tmp_path, to_srt(lines, frames=90, rate=THIRTY))
    assert read_lines(srt)[0].text.replace("\u2060", "") == lines[0].text
    assert not re.search(r"\\[NnhA-Za-z]|<[/a-z]", srt.read_text(encoding="utf-8"))
    vtt = written(tmp_path, to_vtt(lines, frames=90, rate=THIRTY))
    assert vtt.read_text(encoding="utf-8").endswith("C:\\New {\\an8} &lt;i&gt;x&lt;/i&gt; a&lt;b 3 &lt; 4 &amp;amp;\n")


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), NTSC, Fraction(60), Fraction(25)])
def test_what_is_written_never_overlaps(tmp_path, rate):
    """Lines at random times follow each other, each at least a frame long, none after the end."""
    dice = random.Random(1)
    lines = []
    for number in range(150):
        begin = dice.randrange(12_000)
        lines.append(Line(begin, begin + dice.choice([1, 5, 40, 900]), str(number)))
    back = read_lines(written(tmp_path, to_srt(lines, frames=250, rate=rate)))
    assert back[-1].end_ms <= 250 * 1000 / rate
    assert all(before.end_ms <= after.begin_ms for before, after in pairwise(back))
    assert all(line.end_ms - line.begin_ms >= int(1000 / rate) for line in back)
    shown = {word for line in back for word in line.text.split()}
    late = re.match("[0-9]*", words_beyond(lines, frames=250, rate=rate))
    assert len(shown) == 150 - int(late[0] or 0)
