"""What makes a cut another film: the parts of its fingerprint that came with later versions change no older cut."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from kit.films import production, shot
from wanflow.graph.node import origin_id
from wanflow.language.output_paths import soft_tracks
from wanflow.language.production import Cut, CutFinish, CutItem, CutShape, OverTitle, Subtitles, TitleCard
from wanflow.language.source import FileSource, ShotSource
from wanflow.planner.cut import Edit, arrange
from wanflow.planner.drawn_texts import is_drawn_anywhere, prompt_language
from wanflow.planner.plan import NodeOutput, Slate
from wanflow.yamldoc.nodes import Place

PLACE = Place("wanflow.yaml", 1, 1)
SOFT = Subtitles(FileSource("subs/片.en.srt"), PLACE, "en")
BURNED = Subtitles(FileSource("signs.srt"), PLACE, "zh", burned=True)
UNKNOWN = Subtitles(FileSource("x.srt"), PLACE)
WIDE, TALL = (1280, 720), (720, 1280)


def cut_of(*tracks: Subtitles, size: tuple[int, int] | None = None) -> Cut:
    """A cut without items that has these subtitles."""
    shape = CutShape(size, Fraction(25) if size else None)
    return Cut("简繁", PLACE, (), "out/main.mp4", shape, CutFinish(subtitles=tracks))


def identity(*tracks: Subtitles, size: tuple[int, int] | None = None) -> str | None:
    """The fingerprint of such a cut."""
    digests = [letter * 64 for letter, _ in zip("abcdef", tracks, strict=False)]
    return Edit(replace(cut_of(*tracks, size=size), name="main"), (), (), tuple(digests)).fingerprint()


def test_a_cut_of_an_earlier_version_stays_what_it_was() -> None:
    """Made by version 0.2.0, with tracks that it could tell apart."""
    english = replace(BURNED, language="en")
    assert identity(SOFT, english, UNKNOWN) == "74850f2379fc36d71db89814a874362e41eb7ee5d1a6c1d3b8c316144cd3b559"
    assert identity(SOFT, replace(english, language="en-GB"), UNKNOWN) == identity(SOFT, english, UNKNOWN)


END = CutItem(TitleCard("The End", (0, 0, 128)), PLACE, seconds=Decimal(2))


def identity_of(*items: CutItem, font: str = "a" * 64) -> str | None:
    """The fingerprint of a cut of titles; `font` is the digest of the file `own.ttf`."""
    film, file = production(), FileSource("own.ttf")
    named = ((PLACE, file),) if any(title.font == file for item in items for _, title in item.titles) else ()
    titled = replace(cut_of(), name="main", items=items, finish=CutFinish(title_fonts=named))
    return arrange(titled, {origin_id(file): NodeOutput("own.ttf", font)}, film.shots, film.provider).fingerprint()


def test_titles_change_the_identity_of_a_cut_by_their_looks_alone() -> None:
    """A title as it always was has the identity that it always had; how a number is written does not matter."""
    assert identity_of(END) == "91ddf7122ea6b0d55d047cf0a4eae8014e3d10915ad9de11623f3ce77b0b7505"
    looks: list[dict[str, object]] = [
        *({"color": (1, 2, 3)}, {"size": Decimal("0.1")}, {"position": "top"}, {"fade": Decimal("0.5")}),
        *({"font": "DejaVu Serif"}, {"font": FileSource("own.ttf")}),
    ]
    cards = [replace(END.source, **look) for look in looks]
    over = OverTitle(TitleCard("Ada"), PLACE)
    overs = [
        *(over, replace(over, at=Decimal(1)), replace(over, seconds=Decimal(1))),
        *(replace(over, title=replace(over.title, **look)) for look in looks),
    ]
    items = [END, *(replace(END, source=card) for card in cards), *(replace(END, over=(each,)) for each in overs)]
    found = {identity_of(item) for item in items}
    assert len(found) == len(items)
    assert None not in found
    assert identity_of(replace(END, source=cards[1])) == identity_of(
        replace(END, source=replace(cards[1], size=Decimal("0.100")))
    )
    own = replace(END, source=cards[-1])
    assert identity_of(own, font="b" * 64) != identity_of(own)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (replace(SOFT, language="zh-Hans"), replace(SOFT, language="zh-Hant")),
        (SOFT, replace(SOFT, source=replace(SOFT.source, encoding="gbk"))),
        (replace(BURNED, language="zh-Hans"), replace(BURNED, language="zh-Hant")),
        (BURNED, replace(BURNED, language="zh-Hant")),
        (BURNED, replace(BURNED, position="top")),
        (BURNED, replace(BURNED, position=Decimal("0.9"))),
        (replace(BURNED, position=Decimal("0.9")), replace(BURNED, position=Decimal("0.8"))),
        (replace(BURNED, position=Decimal("0.4")), replace(BURNED, position=Decimal("0.6"))),
    ],
)
def test_what_changes_the_film_changes_its_identity(one: Subtitles, other: Subtitles) -> None:
    """A track's title, the reading of its file, the place and script of its words; not how a share is written."""
    assert identity(one, size=WIDE) != identity(other, size=WIDE)
    same = replace(other, position=Decimal(f"{other.position}0")) if isinstance(other.position, Decimal) else other
    assert identity(other, size=WIDE) == identity(same, size=WIDE)


@pytest.mark.parametrize(
    ("tracks", "files", "titles"),
    [
        ((("a.srt", "zh-Hans"),), ["zho"], ["简体中文"]),
        ((("a.srt", "zh-Hans"), ("b.srt", "zh-Hant")), ["zh-Hans", "zh-Hant"], ["简体中文", "繁體中文"]),
        ((("a.srt", "zh"), ("b.srt", "zh-Hant")), ["zho", "zh-Hant"], ["中文", "繁體中文"]),
        ((("a.srt", "en"), ("b.srt", "de")), ["eng", "deu"], [None, None]),
        ((("a/对白.srt", None), ("b/特效.srt", None)), ["und", "und.2"], ["对白", "特效"]),
        (
            (("a.srt", "zh-Hans"), ("b.srt", "zh-Hans"), ("c.srt", "zh-Hans")),
            ["zh-Hans", "zh-Hans.2", "zh-Hans.3"],
            "abc",
        ),
    ],
)
def test_no_two_tracks_share_a_file_or_a_title(
    tracks: tuple[tuple[str, str | None], ...], files: list[str], titles: list[str | None]
) -> None:
    """The code of three letters as long as it is enough, then the tag, then a number; burned ones have no file."""
    subtitles = [Subtitles(FileSource(path), PLACE, language) for path, language in tracks]
    found = soft_tracks("out", cut_of(BURNED, *subtitles))
    assert [track.file for track in found] == [f"out/简繁.{name}.srt" for name in files]
    assert [track.title for track in found] == [*titles]


@pytest.mark.parametrize(
    ("prompt", "language", "heading"),
    [
        ("Rain over the lane", None, "coast · take 2 · wan2.7-i2v · 3.00 s"),
        ("Rain over the lane", "zh-Hans", "coast · 第 2 条 · wan2.7-i2v · 3.00 秒"),
        ("雨落在巷子里", None, "coast · 第 2 条 · wan2.7-i2v · 3.00 秒"),
        ("雨落在巷子裡", "zh-TW", "coast · 第 2 條 · wan2.7-i2v · 3.00 秒"),
        ("雨落在巷子里", "en", "coast · take 2 · wan2.7-i2v · 3.00 s"),
        ("She reads the sign “客栈” aloud", None, "coast · take 2 · wan2.7-i2v · 3.00 s"),
        ("路地に雨が降る", None, "coast · take 2 · wan2.7-i2v · 3.00 s"),
    ],
)
def test_a_slate_is_in_the_language_of_the_film(prompt: str, language: str | None, heading: str) -> None:
    """Without `language` it is in that of the prompt; English ones, and their cuts, stay as they were."""
    coast = shot("coast", {}, prompt=prompt)
    slate = Slate("coast", 2, "wan2.7-i2v", Fraction(3), (1280, 720), prompt, prompt_language(coast))
    assert slate.lines(language) == (heading, prompt)


def test_the_signs_of_a_chinese_slate_need_a_font() -> None:
    """A machine without one warns of them, although name and prompt are in English."""
    item = CutItem(ShotSource("coast"), PLACE)
    film = production(shot("coast", {}), cuts=(replace(cut_of(), items=(item,)),))
    english, chinese = (replace(film.cuts["简繁"], finish=CutFinish(language=tag)) for tag in ("en", "zh-Hans"))
    assert (is_drawn_anywhere(film, english), is_drawn_anywhere(film, chinese)) == (True, False)
