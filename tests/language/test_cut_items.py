"""Cuts as they are written: every mistake at its place, with the way out, before anything renders."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kit.clips import click_sound, number_picture, numbered_clip
from kit.square_fonts import square_font
from wanflow import api
from wanflow.language.production import TitleCard, Transition
from wanflow.language.source import FileSource, ShotSource

HEAD = """\
wanflow: 1
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 4}
shots:
  coast: {first_frame: coast.png, prompt: a coast}
  near: {first_clip: {shot: coast, tail: 2}, prompt: nearer, duration: 3}
cuts:
"""


@pytest.fixture
def found(tmp_path: Path):
    """The problems of a production with these cuts, as place and words."""
    number_picture(1, (480, 320)).save(tmp_path / "coast.png")
    numbered_clip(tmp_path / "clip.mp4", 30, (64, 48))
    numbered_clip(tmp_path / "mute.mp4", 30, (64, 48), sound=False)
    click_sound(tmp_path / "theme.wav", 48_000)
    (tmp_path / "junk.ttf").write_text("not a font", encoding="utf-8")
    (tmp_path / "en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n", encoding="utf-8")
    file = tmp_path / "wanflow.yaml"

    def read(cuts: str) -> list[tuple[int, int, str]]:
        file.write_text(HEAD + cuts, encoding="utf-8")
        return [
            (each.place.line, each.place.column, f"{each.message} | {each.hint or ''}") for each in api.validate(file)
        ]

    return read


WRONG = [
    ("  m: [{shot: coast, transition: disolve}]", 33, "`transition` must be one of", "did you mean `dissolve`?"),
    ("  m: [coast, {shot: near, transition: {type: wipe, duration: 0}}]", 62, "must be more than 0", ""),
    ("  m: [{shot: coast, transition: wipe}]", 33, "has no item before it for a `wipe`", "only a `fade`, from black"),
    (
        "  m: [coast, {shot: near, transition: {type: cut, duration: 1}}]",
        46,
        "a `cut` has no `duration`",
        "remove it",
    ),
    ("  m: [{title: The End}]", 7, "a title needs a `duration`", "e.g. `duration: 2`"),
    ("  m: [{title: The End, duration: 2, background: blak}]", 49, "unknown colour `blak`", "`black`"),
    ("  m: [{title: The End, duration: 2, in: 1}]", 37, "a title has no `in`", "remove it"),
    ("  m: [{title: x, over: true}]", 7, "this is the first one", "remove `over`"),
    ("  m: [{title: x, duration: 1, at: 1}]", 31, "`at` belongs to a title that lies over an item", "`over: true`"),
    ("  m: [coast, {title: ' ', over: true}]", 14, "`title` is empty", "write its words"),
    ("  m: [coast, {title: x, over: true, background: red}]", 37, "a title over an item has no `background`", ""),
    ("  m: [coast, {title: x, over: true, transition: fade}]", 37, "over an item has no `transition`", "remove it"),
    ("  m: [coast, {title: x, over: true, speed: 2}]", 37, "a title over an item has no `speed`", "remove it"),
    ("  m: [coast, {title: x, over: true, take: 1}]", 37, "a title over an item has no `take`", "remove it"),
    ("  m: [coast, {title: x, over: true, at: -1}]", 41, "`at` must be at least 0, not `-1`", ""),
    ("  m: [coast, {title: x, over: true, at: .nan}]", 41, "`at` must be a number, not `.nan`", ""),
    (
        "  m: [coast, {title: x, over: true, at: 4}]",
        14,
        "`at` 4 lies beyond the end of `coast`, which plays for 4 s",
        "",
    ),
    ("  m: [{file: clip.mp4, out: 0.5}, {title: x, over: true, at: 0.5}]", 35, "plays for 0.5 s", "`at` smaller"),
    (
        "  m: [coast, {title: x, over: true, at: 3, fade: 0.6}]",
        14,
        "two fades of 0.6 s do not fit into 1 s, in which the title is shown: they are shortened",
        "`at` earlier",
    ),
    ("  m: [coast, {title: x, over: 1, duration: 1}]", 31, "`over` must be `true` or `false`, not `1`", ""),
    ("  m: [{shot: coast, over: true}]", 21, "a clip has no `over`", "remove it"),
    ("  m: [{file: clip.mp4, font: Arial}]", 24, "a clip has no `font`", "remove it"),
    ("  m: [{title: x, duration: 1, size: 0.6}]", 37, "`size` must be at most 0.5, not `0.6`", ""),
    ("  m: [{title: x, duration: 1, size: 1e999}]", 37, "`size` must be a number, not `1e999`", ""),
    ("  m: [{title: x, duration: 1, position: bottom}]", 41, "`position` must be one of `center`, `top`", ""),
    ("  m: [{title: x, duration: 1, color: gould}]", 38, "unknown colour `gould`", "did you mean `gold`?"),
    ("  m: [{title: x, duration: 1, fade: 0.6}]", 31, "two fades of 0.6 s do not fit", "half of `duration`"),
    ("  m: [{title: x, duration: 1, font: none.ttf}]", 37, "`none.ttf` does not exist", ""),
    ("  m: [{title: x, duration: 1, font: ./coast.png}]", 37, "is a picture, and `font` takes a font file", ""),
    ("  m: [{title: x, duration: 1, font: junk.ttf}]", 37, "`junk.ttf` is not a font", ".otf or .ttc"),
    (
        "  m: [{title: x, duration: 1, font: a.woff2}]",
        37,
        "`a.woff2` is not a font file that can be read",
        "convert it",
    ),
    ("  m: [{title: x, duration: 1, font: Qwxzyv}]", 37, "this machine has no font `Qwxzyv`", "name a font file"),
    (
        "  m: [coast, {title: x, over: true}, {title: y, over: true, at: 1}]",
        38,
        "two titles are shown at `center` at the same time",
        "another `position`",
    ),
    (
        "  m: [{shot: coast, duration: 2}]",
        21,
        "`coast` makes a film, and only pictures have a `duration`",
        "`in` and `out`",
    ),
    ("  m: [{shot: coast, background: red}]", 21, "a clip has no `background`", ""),
    ("  m: [{file: coast.png}]", 7, "`coast.png` is a picture and needs a `duration`", "`duration: 2`"),
    ("  m: [{file: clip.mp4, duration: 1}]", 7, "only pictures have a `duration`", "`in` and `out`"),
    ("  m: [{file: theme.wav}]", 7, "is a sound, not a video or a picture", ""),
    ("  m: [{in: 1}]", 7, "an item is a `shot`, a `file` or a `title`", ""),
    (
        "  m: [coast, {shot: coast, transition: {type: dissolve, duration: 4.5}}]",
        47,
        "`coast` plays for 4 s",
        "shorter",
    ),
    (
        "  m: [coast, {file: clip.mp4, transition: {type: fade, duration: 0.6}}, {shot: coast, transition: wipe}]",
        99,
        "`clip.mp4` plays for 1 s, and its transitions take 1.1 s",
        "make a transition shorter",
    ),
    ("  m: [coast, {shot: near, transition: {type: dissolve, duration: 2.5}}]", 46, "`coast` plays for 2 s", ""),
    ("  m: [{file: clip.mp4, in: 1.5}]", 7, "`in` 1.5 lies beyond the end", ""),
    (
        "  m: {fit: crop, items: [{shot: coast, focus: [0.5, 2]}]}",
        53,
        "an entry of `focus` must be at most 1, not `2`",
        "",
    ),
    ("  m: {items: [coast], music: nowhere.mp3}", 30, "`nowhere.mp3` does not exist", ""),
    ("  m: {items: [coast], music: mute.mp4}", 30, "is a video without sound, and `music` takes a sound", ""),
    ("  m: {items: [coast], music: coast.png}", 30, "is a picture, and `music` takes a sound", ""),
    ("  m: {items: [coast], music: {gain: 3}}", 23, "`file` is missing", ""),
    (
        "  m: {items: [coast], music: [theme.wav, {file: coast.png}]}",
        49,
        "is a picture, and `music` takes a sound",
        "name",
    ),
    ("  m: {items: [coast], music: []}", 30, "`music` is empty", ""),
    ("  m: {items: [coast], music: {file: theme.wav, voice: true}}", 48, "unknown key `voice`", "to a cue"),
    ("  m: {items: [coast], audio: theme.wav}", 30, "`audio` must be a list", "begins with `-`"),
    ("  m: {items: [coast], audio: [theme.wav]}", 31, "must be a mapping, not `theme.wav`", "{file: theme.wav}"),
    ("  m: {items: [coast], audio: [{at: 1}]}", 31, "one of these keys is needed, and one only: file, shot", ""),
    (
        "  m: {items: [coast], audio: [{file: theme.wav, shot: coast}]}",
        31,
        "these keys exclude each other: file, shot",
        "",
    ),
    ("  m: {items: [coast], audio: [{file: theme.wav, loop: true}]}", 49, "unknown key `loop`", "to the music"),
    ("  m: {items: [coast], audio: [{file: theme.wav, at: -1}]}", 53, "`at` must be at least 0, not `-1`", ""),
    ("  m: {items: [coast], audio: [{file: theme.wav, at: .nan}]}", 53, "`at` must be a number, not `.nan`", ""),
    ("  m: {items: [coast], audio: [{file: theme.wav, at: 1e999}]}", 53, "`at` must be a number", ""),
    ("  m: {items: [coast], audio: [{file: theme.wav, at: 86401}]}", 53, "`at` must be at most 86400", ""),
    ("  m: {items: [coast], audio: [{file: theme.wav, duck: 12}]}", 55, "`duck` must be at most 0, not `12`", "`-12`"),
    ("  m: {items: [coast], audio: [{file: theme.wav, duck: -97}]}", 55, "`duck` must be at least -96", ""),
    (
        "  m: {items: [coast], audio: [{file: theme.wav, voice: 1}]}",
        56,
        "`voice` must be `true` or `false`, not `1`",
        "",
    ),
    ("  m: {items: [coast], audio: [{file: theme.wav, fade: -1}]}", 55, "`fade` must be at least 0", ""),
    (
        "  m: {items: [coast], audio: [{file: theme.wav, in: 0.5, out: 0.5}]}",
        58,
        "`out` 0.5 is not after `in`",
        "later",
    ),
    (
        "  m: {items: [coast], music: {file: theme.wav, loop: true, in: 0.5, out: 0.50001}}",
        69,
        "`out` 0.50001 leaves nothing to hear after `in` 0.5",
        "a later `out`",
    ),
    (
        "  m: {items: [coast], audio: [{file: theme.wav, in: 1}]}",
        49,
        "`in` 1 lies beyond the end of `theme.wav`, whose sound lasts 1 s",
        "",
    ),
    ("  m: {items: [coast], audio: [{file: theme.wav, out: 1.5}]}", 49, "`out` 1.5 lies beyond the end", ""),
    ("  m: {items: [coast], audio: [{file: en.srt}]}", 38, "is a subtitle file, and `audio` takes a sound", "name"),
    ("  m: {items: [coast], audio: [{file: nowhere.wav}]}", 38, "`nowhere.wav` does not exist", ""),
    ("  m: {items: [coast], audio: [{shot: caost}]}", 38, "no shot `caost`", "`coast`"),
    ("  m: {items: [coast], audio: [{shot: coast, out: 6}]}", 45, "`out` 6 lies beyond the end of `coast`", ""),
    (
        "  m: {items: [near], audio: [{file: theme.wav, at: 2.5}]}",
        37,
        "`theme.wav` at 2.5 s reaches beyond the end of the cut `m`: the rest is cut off",
        "the cut lasts 3 s",
    ),
    (
        "  m: {items: [near], audio: [{file: theme.wav, at: 3}]}",
        37,
        "`theme.wav` at 3 s begins after the end of the cut `m`: it is not heard",
        "the cut lasts 3 s",
    ),
    (
        "  m: {items: [near], music: {file: theme.wav, loop: true, at: 6}}",
        36,
        "`theme.wav` at 6 s begins after the end of the cut `m`: it is not heard",
        "the cut lasts 3 s",
    ),
    ("  m: {items: [coast], subtitles: clip.mp4}", 34, "is a video, and `subtitles` takes a subtitle file", "WebVTT"),
    ("  m: {items: [coast], subtitles: {file: en.srt, language: qq}}", 59, "unknown language `qq`", "`zh-Hans`"),
    (
        "  m: {items: [coast], subtitles: {file: en.srt, encoding: gkb}}",
        59,
        "unknown encoding `gkb`",
        "gbk, gb18030, big5",
    ),
    (
        "  m: {items: [coast], subtitles: {file: en.srt, encoding: rot13}}",
        59,
        "unknown encoding `rot13`",
        "leave it out",
    ),
    ("  m: {items: [coast], subtitles: {file: en.srt, burn: true, position: left}}", 71, "unknown position", "`0.8`"),
    (
        "  m: {items: [coast], subtitles: {file: en.srt, burn: true, position: 80}}",
        71,
        "unknown position `80`",
        "`0.8`",
    ),
    ("  m: {items: [coast], subtitles: {file: en.srt, position: top}}", 49, "of burned subtitles only", "`burn: true`"),
    ("  m: {items: [coast], loudness: -3}", 33, "must be at most -5", ""),
    ("  m: {items: [coast], profile: best}", 32, "must be one of `draft`, `final`", ""),
    ("  m: []", 6, "is empty", ""),
    ("  m: [{shot: coast, take: 0}]", 27, "`take` must be at least 1, not `0`", ""),
    ("  m: [{shot: coast, take: -1}]", 27, "`take` must be at least 1, not `-1`", ""),
    ("  m: [{shot: coast, take: 1.5}]", 27, "`take` must be a whole number, not `1.5`", ""),
    ("  m: [{shot: coast, take: two}]", 27, "`take` must be a whole number, not `two`", ""),
    ("  m: [{shot: coast, takes: 2}]", 28, "`takes` must be", ""),
    ("  m: [{shot: coast, take: 1, takes: all}]", 7, "`take` and `takes` cannot be combined", ""),
    ("  m: [{file: clip.mp4, take: 1}]", 24, "only a shot has takes", "remove it"),
    ("  m: [{title: x, duration: 1, takes: all}]", 31, "only a shot has takes", "remove it"),
    ("  m: [{shot: coast, speed: 0}]", 28, "`speed` must be at least 0.25, not `0`", ""),
    ("  m: [{shot: coast, speed: 4.01}]", 28, "`speed` must be at most 4", ""),
    ("  m: [{shot: coast, speed: .nan}]", 28, "`speed` must be a number, not `.nan`", ""),
    ("  m: [{shot: coast, sound: mute}]", 28, "`sound` must be one of `keep`, `drop`", ""),
    ("  m: [{shot: coast, freeze: 1000000000}]", 29, "`freeze` must be at most 3600", ""),
    ("  m: [{shot: coast, freeze: 0}]", 29, "`freeze` must be more than 0", ""),
    ("  m: [{title: The End, duration: 2, freeze: 1}]", 37, "a title has no `freeze`", "remove it"),
    ("  m: [{file: coast.png, duration: 2, speed: 2}]", 38, "a picture has no `speed`", "remove it"),
    ("  m: [{shot: coast, focus: [0.3, 0.4]}]", 21, "`focus` needs `fit: crop`", "add `fit: crop`"),
    ("  m: {fit: crop, items: [{shot: coast, focus: [0.3, 0.4, 0.5]}]}", 47, "takes two numbers, not 3", "[0.3, 0.4]"),
    ("  m: {fit: crop, items: [{shot: coast, focus: [0.3, 1.5]}]}", 53, "must be at most 1, not `1.5`", ""),
    ("  m: {fit: crop, items: [{shot: coast, focus: 0.5}]}", 47, "`focus` must be a list, not `0.5`", ""),
    ("  m: {fit: crop, items: [{title: x, duration: 1, focus: [0, 1]}]}", 50, "a title has no `focus`", "remove it"),
    (
        "  m: [coast, {file: clip.mp4, speed: 4, transition: {type: dissolve, duration: 0.5}}]",
        60,
        "`clip.mp4` plays for 0.267 s",
        "",
    ),
]


@pytest.mark.parametrize(("cut", "column", "message", "hint"), WRONG, ids=[case[0].strip() for case in WRONG])
def test_what_is_wrong_with_a_cut_is_said_at_its_place(found, cut, column, message, hint) -> None:
    """One mistake, one problem, located, with a hint where there is one."""
    ((line, at, words),) = found(f"{cut}\n")
    assert (line, at) == (7, column), words
    assert message in words
    assert hint in words


GOOD = """\
  main:
    items:
      - {shot: coast, transition: {type: fade, duration: 0.5}}
      - {file: coast.png, duration: 1.5, transition: dissolve}
      - {title: "The End: 100% 'done'", duration: 2, background: "#1a2b3c"}
      - {file: clip.mp4, transition: {type: wipe, duration: 0.25}}
      - {shot: coast, speed: 0.5, sound: drop, freeze: 1.5, focus: [0.3, 1]}
      - {shot: near, transition: {type: dissolve, duration: 0.5}}
    fit: crop
    music: {file: theme.wav, gain: -18, fade: 1, duck: true}
    subtitles: [en.srt, {file: en.srt, language: chs, burn: true, encoding: GBK, position: 0.8}]
    loudness: -16
    profile: draft
label: {metadata: false, opening_notice: {text: "made by AI", seconds: 3}}
"""


def test_all_that_a_cut_can_say_is_understood(found, tmp_path: Path) -> None:
    """Each key of format.md, Cuts, arrives as a value of its own."""
    assert not found(GOOD)
    cut = api.load(tmp_path / "wanflow.yaml").cuts["main"]
    assert cut.items[2].source == TitleCard("The End: 100% 'done'", (0x1A, 0x2B, 0x3C))
    assert [item.seconds for item in cut.items[:3]] == [None, Decimal("1.5"), Decimal(2)]
    joins = [item.transition and (item.transition.kind, item.transition.seconds) for item in cut.items]
    half = Decimal("0.5")
    assert joins == [("fade", half), ("dissolve", half), None, ("wipe", Decimal("0.25")), None, ("dissolve", half)]
    assert isinstance(cut.items[0].transition, Transition)
    slow = cut.items[4]
    assert (slow.speed, slow.keep_sound, slow.freeze) == (half, False, Decimal("1.5"))
    assert slow.focus == (Decimal("0.3"), Decimal(1))
    finish = cut.finish
    (music,) = finish.music
    assert (music.gain, music.fade, music.duck) == (Decimal(-18), Decimal(1), Decimal(-12))
    tracks = [(track.language, track.burned, track.source.encoding, track.position) for track in finish.subtitles]
    assert tracks == [("en", False, None, "bottom"), ("zh-Hans", True, "GBK", Decimal("0.8"))]
    assert (finish.loudness, finish.profile, finish.labelled) == (Decimal(-16), "draft", False)
    assert finish.notice is not None
    assert (finish.notice.text, finish.notice.seconds, finish.notice.height) == ("made by AI", 3, 5)


TITLES = """\
  main:
    - coast
    - {title: Ada, over: true, at: 0.5, duration: 2, position: lower-third, fade: 0.25, font: letters.ttf}
    - {title: London, over: true, position: top, size: 0.1, color: gold, font: Qwxzyv Sans}
    - {title: The End, duration: 2, fade: 0.5}
    - {title: at last, over: true, position: lower-third}
"""


def test_titles_lie_over_the_item_before_them(found, tmp_path: Path) -> None:
    """They are no items of the cut; each has its look, its time and its place."""
    square_font(tmp_path / "letters.ttf", "Ada")
    ((line, _, words),) = found(TITLES)
    assert (line, words.partition(":")[0]) == (10, "this machine has no font `Qwxzyv Sans`")
    cut = api.load(tmp_path / "wanflow.yaml").cuts["main"]
    assert [item.name for item in cut.items] == ["coast", "The End"]
    name, city = cut.items[0].over
    assert (name.at, name.seconds, name.place.line) == (Decimal("0.5"), Decimal(2), 9)
    assert name.title == TitleCard("Ada", font=FileSource("letters.ttf"), position="lower-third", fade=Decimal("0.25"))
    assert (city.at, city.seconds) == (0, None)
    look = {"size": Decimal("0.1"), "color": (255, 215, 0), "font": "Qwxzyv Sans"}
    assert city.title == TitleCard("London", position="top", **look)
    assert cut.items[1].source == TitleCard("The End", fade=Decimal("0.5"))
    assert [over.title.text for over in cut.items[1].over] == ["at last"]


def test_an_item_has_a_hundred_titles_at_most(found) -> None:
    """One problem, at the first one too many."""
    titles = "".join(f"    - {{title: t, over: true, at: {at / 30}, duration: 0.01}}\n" for at in range(103))
    ((line, column, words),) = found(f"  m:\n    - coast\n{titles}")
    assert (line, column) == (109, 7)
    assert words == "an item has at most 100 titles over it | split it by `in` and `out`"


SOUNDS = """\
  main:
    items: [near]
    music: [theme.wav, {file: clip.mp4, loop: true, in: 0.25, out: 0.75, duck: -7.5}]
    audio:
      - {file: clip.mp4, at: 1.5, gain: -3, voice: true}
      - {shot: coast, in: 0, out: 2, at: 1, fade: 0.3, duck: true}
      - {file: theme.wav, at: "${late}", duck: false}
      - {file: theme.wav, in: 0.5, at: 2.5, duck: 0}
vars: {late: 0.5}
"""


def test_music_and_cues_are_understood(found, tmp_path: Path) -> None:
    """A list of music, files and shots on the film's clock; a sound may end with the film."""
    assert not found(SOUNDS)
    cut = api.load(tmp_path / "wanflow.yaml").cuts["main"]
    plain, loop = cut.finish.music
    assert (plain.name, plain.at, plain.start, plain.duck, plain.loop) == ("theme.wav", 0, None, None, False)
    assert (loop.loop, loop.start, loop.stop, loop.duck) == (True, Decimal("0.25"), Decimal("0.75"), Decimal("-7.5"))
    said, storm, late, last = cut.finish.audio
    assert (said.voice, said.at, said.gain, said.duck) == (True, Decimal("1.5"), Decimal(-3), None)
    assert (storm.source, storm.stop, storm.fade, storm.duck) == (ShotSource("coast"), 2, Decimal("0.3"), Decimal(-12))
    assert (late.at, late.duck, last.duck) == (Decimal("0.5"), None, None)


def test_what_is_not_said_has_a_sensible_value(found, tmp_path: Path) -> None:
    """A cut in its short form; an animatic is a draft, what is paid for is final; labels are on."""
    assert not found("  m: [coast, near]\n")
    file = tmp_path / "wanflow.yaml"
    finish = api.load(file).cuts["m"].finish
    assert (finish.profile, finish.labelled, finish.sounds, finish.subtitles) == ("draft", True, (), ())
    assert api.load(file, backend="dashscope").cuts["m"].finish.profile == "final"


def test_a_shot_that_is_misspelt_in_a_cut_is_found_beside_a_title(found) -> None:
    """Titles have no shot to look for."""
    ((line, column, words),) = found("  m: [{title: hello, duration: 1}, caost]\n")
    assert (line, column) == (7, 36)
    assert "did you mean `coast`?" in words


def test_what_is_wrong_with_a_cut_hides_nothing_else_of_it(reading) -> None:
    """Every problem at once: of its shape, its items, its colours."""
    text = (
        "shots: {a: {first_frame: a.png}}\n"
        "cuts:\n  m:\n    loudness: 3\n    items: [a, nope, {title: x, duration: 1, background: blurple}, {title: ' ', duration: 1}]\n"
    )
    _, problems = reading(text)
    words = [each.message for each in problems]
    assert sorted(words) == [
        "`loudness` must be at most -5, not `3`",
        "`title` is empty",
        "no shot `nope`",
        "unknown colour `blurple`",
    ]


def test_a_cut_is_written_as_what_its_name_says(reading) -> None:
    """An `.avi` with an mp4 inside would open nowhere."""
    for path, sound in (("out/e.avi", False), ("out/p", False), ("out/Film.MP4", True), ("../films/a.mp4", True)):
        _, problems = reading(f"shots: {{a: {{first_frame: a.png}}}}\ncuts: {{m: {{items: [a], output: {path}}}}}\n")
        assert [each.hint for each in problems] == ([] if sound else ["end it in `.mp4`"])
