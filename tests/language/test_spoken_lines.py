"""What is said in shots, as it is written: mistakes at their places, and what viewers could not read in time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from wanflow.language.load import read
from wanflow.language.problem import Problem, Severity
from wanflow.language.production import Production, ShotLines
from wanflow.language.spoken_lines import rows_of

HEAD = """\
wanflow: 1
{top}
defaults: {{model: wan2.7-t2v, resolution: 720P, duration: 4}}
shots:
  storm: {{prompt: a storm, lines: {lines}}}
  calm: {{prompt: a calm sea}}
cuts:
  main: {{items: [storm, calm], subtitles: {subtitles}}}
"""
TWO = "[{at: 0.5, to: 2, text: {en: Storm tonight., zh: 今晚有暴风雨。}}, {at: 2, to: 4, text: {en: Yes., zh: 对。}}]"


def loaded(
    folder: Path, lines: str, subtitles: str = "lines", top: str = ""
) -> tuple[Production | None, list[Problem]]:
    """A production whose shot `storm` has these lines, and its problems."""
    file = folder / "wanflow.yaml"
    file.write_text(HEAD.format(lines=lines, subtitles=subtitles, top=top or "x-top: 1"), encoding="utf-8")
    production, problems = read(file)
    return production, list(problems)


def told(problems: list[Problem]) -> list[str]:
    """Line, column, words and hint of each problem."""
    return [f"{each.place.line}:{each.place.column} {each.message} | {each.hint or ''}" for each in problems]


def test_lines_are_read_with_their_times_languages_and_speakers(tmp_path: Path) -> None:
    """In the order of their times; a text without a language is in the film's."""
    top = "language: en-GB\ncast: {keeper: {image: https://example.com/k.png}}"
    lines = "[{at: 2, to: 3.5, text: Yes.}, {at: 0, to: 1, who: keeper, text: {zh-CN: 你好, chs-x: x}}]"
    production, problems = loaded(tmp_path, lines.replace(", chs-x: x", ""), top=top)
    assert production is not None, told(problems)
    shot = production.shots["storm"]
    assert [(line.at, line.to, line.who, dict(line.texts)) for line in shot.lines] == [
        (Decimal(0), Decimal(1), "keeper", {"zh-Hans": "你好"}),
        (Decimal(2), Decimal("3.5"), None, {"en-GB": "Yes."}),
    ]
    tracks = production.cuts["main"].finish.subtitles
    assert [(track.source, track.language) for track in tracks] == [
        (ShotLines("zh-Hans"), "zh-Hans"),
        (ShotLines("en-GB"), "en-GB"),
    ]
    assert [each.message for each in problems] == [
        "the line has no text in `zh-Hans`",
        "the line has no text in `en-GB`",
    ]


@pytest.mark.parametrize(
    ("lines", "column", "words", "hint"),
    [
        ("[{at: 2, to: 1, text: x}]", 48, "`to` 1 is not after `at` 2", "seconds in the take"),
        ("[{at: 1, to: 1.0, text: x}]", 48, "`to` 1.0 is not after `at` 1", ""),
        ("[{at: -1, to: 1, text: x}]", 41, "`at` must be at least 0, not `-1`", ""),
        ("[{at: .nan, to: 1, text: x}]", 41, "`at` must be a number, not `.nan`", ""),
        ("[{at: 0, to: 1e999, text: x}]", 48, "`to` must be a number, not `1e999`", ""),
        ("[{at: 0, text: x}]", 36, "`to` is missing", ""),
        ("[{at: 0, to: 1}]", 36, "`text` is missing", ""),
        ("[{at: 0, to: 1, text: {}}]", 51, "the mapping is empty", ""),
        ("[{at: 0, to: 1, text: 7}]", 57, "`text` must be text or a mapping, not `7`", ""),
        ("[{at: 0, to: 1, text: ' '}]", 57, "the text of the line is empty", "write what is said"),
        ('[{at: 0, to: 1, text: "\\u202e"}]', 57, "the text of the line is empty", ""),
        ("[{at: 0, to: 1, text: {xx: y}}]", 58, "unknown language `xx`", "BCP 47"),
        ("[{at: 0, to: 1, text: {zh-CN: y, chs: z}}]", 68, "is the language of another text of the line", ""),
        ("[{at: 0, to: 1, who: kepper, text: x}]", 56, "no cast member `kepper`", "did you mean `keeper`?"),
        ("[{at: 0, to: 1, who: [a], text: x}]", 56, "`who` must be text", ""),
        ("{at: 0, to: 1, text: x}", 35, "`lines` must be a list, not a mapping", ""),
        ("[{start: 0, to: 1, text: x}]", 37, "unknown key `start`", "`at`"),
        ('[{at: 0, to: 1, text: "${word}"}]', 57, "no var `word`", ""),
        (f"[{{at: 0, to: 4, text: {'x' * 2001}}}]", 57, "the text has 2001 characters, at most 2000", "split the line"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, lines: str, column: int, words: str, hint: str) -> None:
    """Whatever is wrong with a line; the rest of the shot is checked all the same."""
    top = "cast: {keeper: {image: https://example.com/k.png}}"
    _, problems = loaded(tmp_path, lines, subtitles="en.srt", top=top)
    errors = [
        each for each in told([each for each in problems if each.severity is Severity.ERROR]) if "en.srt" not in each
    ]
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"5:{column} ")
    assert words in errors[0]
    assert hint in errors[0]


@pytest.mark.parametrize(
    ("subtitles", "column", "words", "hint"),
    [
        ("{lines: fr}", 51, "no line of the cut is in `fr`", "their languages: `en`, `zh`"),
        ("{lines: klingon!}", 51, "no line of the cut is in `klingon!`", ""),
        ("{lines: false}", 51, "no line of the cut is in `false`", ""),
        ("{lines: zh, file: en.srt}", 32, "these keys exclude each other: file, lines", ""),
        ("{lines: zh, encoding: gbk}", 55, "`encoding` is of subtitle files only", "remove it"),
        ("{lines: zh, language: en}", 55, "`language` is of subtitle files only", ""),
        ("{lines: zh, position: top}", 55, "`position` is of burned subtitles only", "burn: true"),
        ("{lines: zh, burn: true, position: 3}", 77, "unknown position `3`", ""),
        ("{lines: [zh]}", 51, "`lines` must be text or `true` or `false`, not a list", ""),
    ],
)
def test_a_track_of_lines_that_cannot_be_is_told(
    tmp_path: Path, subtitles: str, column: int, words: str, hint: str
) -> None:
    """A language that no line has, keys of files, and both at once."""
    _, problems = loaded(tmp_path, TWO, subtitles)
    errors = told([each for each in problems if each.severity is Severity.ERROR])
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"8:{column} ")
    assert words in errors[0]
    assert hint in errors[0]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("[{at: 0, to: 1, text: Twenty characters !!}]", []),
        ("[{at: 0, to: 1, text: Twenty-one characters}]", ["too fast to read: 21 characters in 1 s, at most 20"]),
        ("[{at: 0, to: 1, text: 一二三四五六七八九}]", []),
        ("[{at: 0, to: 1, text: 一二三四五六七八九十}]", ["too fast to read: 10 characters in 1 s, at most 9"]),
        (f"[{{at: 0, to: 4, text: {'一' * 33}}}]", ["takes 3 rows of 16 characters"]),
        ('[{at: 0, to: 4, text: "one\\ntwo\\nthree"}]', ["takes 3 rows of 42 characters"]),
        ("[{at: 0, to: 2, text: a}, {at: 1, to: 3, text: b}]", []),
        ("[{at: 0, to: 2, who: keeper, text: a}, {at: 1, to: 3, who: mei, text: b}]", []),
        (
            "[{at: 0, to: 2, who: mei, text: a}, {at: 1, to: 3, who: mei, text: b}]",
            ["`mei` says this line and that of"],
        ),
    ],
)
def test_what_cannot_be_read_in_time_is_a_warning(tmp_path: Path, lines: str, words: list[str]) -> None:
    """By the speed of readers of each script, by rows, and where a speaker has two lines at once; said once each."""
    top = "cast: {keeper: {image: https://example.com/k.png}, mei: {image: https://example.com/m.png}}"
    _, problems = loaded(tmp_path, lines, top=top)
    found = [each for each in told(problems) if "never used" not in each]
    assert len(found) == len(words), found
    assert all(expected in each for each, expected in zip(found, words, strict=True)), found


@pytest.mark.parametrize(
    ("text", "rows"),
    [("a " * 21, 1), ("a " * 21 + "bb", 2), ("x" * 50, 1), ("好" * 16, 1), ("好" * 17, 2), ("", 0), ("a\n\n\nb", 2)],
)
def test_rows_are_broken_at_spaces_and_between_wide_letters(text: str, rows: int) -> None:
    """A word that is longer than a row takes one; empty rows are not shown."""
    assert rows_of(text) == rows


def test_lines_are_of_shots_alone(tmp_path: Path) -> None:
    """Neither in `defaults` nor beside `use`; a shot of a matrix or a pipeline has them, with its values filled in."""
    (tmp_path / "talk.yaml").write_text(
        "pipeline: talk\ninputs: {word: {type: string}, who: {type: cast}}\nshots:\n"
        "  a: {prompt: '${who} talks', model: wan2.7-r2v, lines: [{at: 0, to: 1, who: who, text: '${word}'}]}\noutput: a\n",
        encoding="utf-8",
    )
    file = tmp_path / "wanflow.yaml"
    text = """\
wanflow: 1
defaults: {model: wan2.7-t2v, duration: 4, WRONG}
cast: {mei: {image: https://example.com/m.png}}
shots:
  many: {matrix: {word: [Yes, No]}, prompt: x, lines: [{at: 0, to: 1, text: "${word}!"}]}
  used: {use: talk.yaml, with: {word: Hello, who: mei}, ALSO}
"""
    file.write_text(text.replace(", WRONG", "").replace(", ALSO", ""), encoding="utf-8")
    production, problems = read(file)
    assert production is not None, told(list(problems))
    said = {name: [(line.who, *line.texts.values()) for line in shot.lines] for name, shot in production.shots.items()}
    assert said == {"many/yes": [(None, "Yes!")], "many/no": [(None, "No!")], "used/a": [("mei", "Hello")]}
    file.write_text(text.replace("WRONG", "lines: []").replace("ALSO", "lines: []"), encoding="utf-8")
    errors = told([each for each in read(file)[1] if each.severity is Severity.ERROR])
    assert [each.split(" | ")[0] for each in errors] == [
        "2:44 unknown key `lines`",
        "6:57 `lines` is not allowed beside `use`",
    ]


def test_a_cut_has_at_most_as_many_lines_as_a_subtitle_file(tmp_path: Path) -> None:
    """A cut may have a shot many times; without lines the track is empty, which is a warning."""
    lines = ", ".join(f"{{at: {n}, to: {n + 1}, text: a}}" for n in range(2001))
    text = HEAD.format(lines=f"[{lines}]", subtitles="lines", top="x-top: 1")
    file = tmp_path / "wanflow.yaml"
    file.write_text(text.replace("[storm, calm]", f"[{', '.join(['storm'] * 10)}]"), encoding="utf-8")
    errors = told([each for each in read(file)[1] if each.severity is Severity.ERROR])
    assert errors == ["8:100 the shots of the cut have more than 20000 lines | split the cut"]
    production, problems = loaded(tmp_path, "[]")
    assert production is not None
    assert production.cuts["main"].finish.subtitles == ()
    assert [each.message for each in problems] == ["no shot of the cut has `lines`, so there are no subtitles"]
