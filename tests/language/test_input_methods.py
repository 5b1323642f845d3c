"""Slips of an input method: each is one error, at its own sign, and proper Chinese text has none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanflow.language.author_hints import OTHER_KEYS
from wanflow.language.chinese_keys import CHINESE_KEYS
from wanflow.language.load import read
from wanflow.language.problem import Severity
from wanflow.schemas import PIPELINE, PRODUCTION, load_schema

GOOD = """\
wanflow: 1
title: 《江南雨巷》第一集：重逢
vars: {风格: "水墨动画，柔和的晨光"}
defaults:
  model: wan2.7-t2v
  duration: 2
shots:
  清晨: # 第一个
    prompt: 清晨，薄雾：乌篷船“吱呀”一声（远景）
    ratio: 16:9
    tags: [夜, 第一集（上）]
  傍晚: {prompt: 傍晚，雨：下着, seed: 7}
  特写:
    model: wan2.7-i2v
    first_frame: {shot: 清晨, frame: last}
    prompt: >-
      旁白：他走了。
      【特写】然后，他回来
    note: 备注：再看一遍，好
cuts:
  正片:
    items:
      - 清晨
      - {shot: 傍晚, transition: {type: dissolve, duration: 0.5}}
      - {title: "全剧终：感谢，观看！", duration: 2}
    size: 720x1280
  短片: [清晨, 傍晚]
budget: 60元
"""
WIDE = {":": "：", ",": "，", "[": "【", "]": "】", "{": "｛", "}": "｝", "-": "－", " ": "\u3000"}
FREE = ("title:", "prompt: 清", "note:", "tags:", "旁白", "budget:")
"""How lines begin whose values are text."""


def injected() -> list[tuple[int, int, str, str]]:
    """The file with one sign of its structure in full width: the place, the sign that is meant, and the text."""
    found = []
    lines = GOOD.splitlines(keepends=True)
    for number, line in enumerate(lines):
        end = (
            line.index(":") + 2
            if line.strip().startswith(FREE[:-2])
            else line.index(" #")
            if " #" in line
            else len(line)
        )
        for at, sign in enumerate(line[:end] if not line.strip().startswith("旁白") else ""):
            wide = WIDE.get(sign) or (chr(ord(sign) + 0xFEE0) if sign.isascii() and sign.isdigit() else None)
            if wide is not None:
                text = "".join((*lines[:number], line[:at], wide, line[at + 1 :], *lines[number + 1 :]))
                found.append((number + 1, at + 1, sign, text))
    return found


def test_the_file_has_no_problem(reading) -> None:
    """Full-width signs are proper in titles, prompts, notes, tags and quoted text."""
    assert reading(GOOD, head="")[1] == ()


def test_each_full_width_sign_is_one_error_at_its_place_and_names_its_ascii_sign(reading) -> None:
    """Colons, commas, brackets, braces, dashes, digits and spaces, wherever the structure has them."""
    wrong = []
    for line, column, sign, text in injected():
        problems = [each for each in reading(text, head="")[1] if each.severity is Severity.ERROR]
        (found, *others) = problems or [None]
        hint = "" if found is None else f"{found.hint}"
        named = sign in hint if sign != " " else "ordinary spaces" in hint or "delete" in hint
        if others or found is None or (found.place.line, found.place.column) != (line, column) or not named:
            wrong.append((line, column, text.splitlines()[line - 1], [str(each) for each in problems]))
    assert wrong == []


@pytest.mark.parametrize(
    ("shots", "told"),
    [
        ("  a:\n    prompt：x\n    duration： ５\n", [(5, 11, ": "), (6, 13, ": "), (6, 15, "5")]),
        ("  a:\n    ｄｕｒａｔｉｏｎ：５\n    prompt: 好\n", [(5, 5, "duration"), (5, 13, ": "), (5, 14, "5")]),
        ("  a: {prompt：清晨，薄雾，duration：3}\n", [(4, 13, ": "), (4, 19, ","), (4, 28, ": ")]),
        ("  a: {prompt: 清晨，薄雾，duration: 3}\n", [(4, 20, ",")]),
        ("  a: ｛prompt: 清晨｝\n", [(4, 6, "{"), (4, 17, "}")]),
        ("  a: {prompt: 清晨｝\n", [(4, 17, "}")]),
        ("  a:\n    prompt: “清晨: 江南”\n", [(5, 13, '"'), (5, 20, '"')]),
        ('  a:\n    prompt: "清晨”\n    seed: 1\n', [(5, 16, '"')]),
        ("  a:\n    prompt: x\n    ratio: “16:9”\n", [(6, 12, '"'), (6, 17, '"')]),
        ("  a:  ＃ 第一\n    prompt: x\n", [(4, 7, "#")]),
        ("  a:\n    prompt:清晨\n    duration: 3\n", [(5, 11, ": ")]),
        ("  a: {prompt: x}\ncuts:\n  m:\n    － a\n    － a\n", [(7, 5, "-"), (8, 5, "-")]),
        ("  a: {prompt: x}\ncuts:\n  m: 【a、a】\n", [(6, 6, "["), (6, 8, ","), (6, 10, "]")]),
        ("  a: {prompt: x}\ncuts:\n  m: {items: [{shot：a}]}\n", [(6, 20, ": ")]),
        ("  a: {prompt: x}\ncuts:\n  m: [shot：a]\n", None),
        ("  镜头１: {prompt: x}\ncuts:\n  m: [镜头1]\n", [(4, 5, "1")]),
        ("  a:\n    提示词: 清晨\n    時長: 3\n", [(5, 5, "prompt"), (6, 5, "duration")]),
        ("  a:\n    prompt: x\n    resolution: 720Ｐ\n", [(6, 20, "P")]),
        ("  a:\n    prompt: x\n    resolution: 720ｐ\n", [(6, 20, "P")]),
        ("  a: {prompt: 清晨，duration：3}\n", [(4, 17, ","), (4, 26, ": ")]),
        ("  a: {prompt: 清晨， ratio：16:9, seed: 7}\n", [(4, 17, ","), (4, 24, ": ")]),
        ("  a: {seed: 7, prompt: 清晨，\n    duration：3}\n", [(4, 26, ","), (5, 13, ": ")]),
        ("  a: {prompt: 清晨，ｓｅｅｄ：4}\n", [(4, 17, ","), (4, 18, "seed"), (4, 22, ": ")]),
        ("  a；\n    prompt: 清晨\n", [(4, 4, ": ")]),
        ("  a:\n    prompt: x\n    ratio: １６：９\n", [(6, 12, "16:9")]),
        ("  a:\n    prompt: x\ncuts:\n  m: {items: [a], size: 1280＊720}\n", [(7, 29, "x")]),
        ("  a:\n    prompt: x\ncuts:\n  m: [{shot: a, in: ０．５}]\n", [(7, 21, "0.5")]),
        ("  a: {prompt: 甲}\n＃ 注释\ncuts: {m: [a]}\n", [(5, 1, "#")]),
        ("  a: {prompt: x}\n  b: {prompt: 乙}\ncuts:\n  m:\n    - a\n    -b\n", [(9, 5, "- ")]),
        ("  a: {prompt: x}\n  b：{prompt: y}\n", [(5, 4, ": ")]),
        ("\u3000\u3000a:\n\u3000\u3000\u3000\u3000prompt: x\n\xa0   seed: 1\n", [(4, 1, ""), (5, 1, ""), (6, 1, "")]),
        (
            "  b: {prompt: x}\n  a:\n    model: wan2.7-i2v\n    first_clip: ｛shot：b｝\n    duration: 6\n",
            [(7, 17, "{"), (7, 22, ": "), (7, 24, "}")],
        ),
    ],
)
def test_slips_are_told_one_by_one(reading, shots: str, told: list[tuple[int, int, str]] | None) -> None:
    """Several in one file are all told, and none is taken for another mistake."""
    _, problems = reading(shots, head="wanflow: 1\ndefaults: {model: wan2.7-t2v}\nshots:\n")
    if told is None:
        assert [str(each.place) for each in problems] == ["wanflow.yaml:6:11"]
        return
    assert [(each.place.line, each.place.column) for each in problems] == [(line, at) for line, at, _ in told]
    assert [each.hint for each in problems] == [
        f"write `{meant}`" + (" with a space" if meant[1:] == " " else "") if meant else "use ordinary spaces"
        for _, _, meant in told
    ]


@pytest.mark.parametrize(
    ("name", "at", "sign"),
    [("第一场（雨）", 6, "（"), ("完。", 4, "。"), ("a’b", 4, "’"), ("a／b", 4, "／"), ("雨！", 4, "！")],
)
def test_a_sign_that_no_name_has_is_one_error(reading, name: str, at: int, sign: str) -> None:
    """The ASCII sign would be refused as well: it is never what to write, neither here nor where the name is used."""
    body = f"  {name}: {{prompt: x}}\n  b: {{model: wan2.7-i2v, first_frame: {{shot: {name}, frame: last}}}}\n"
    _, (problem,) = reading(
        f"{body}cuts: {{main: [{name}, b]}}\n", head="wanflow: 1\ndefaults: {model: wan2.7-t2v}\nshots:\n"
    )
    assert (problem.place.line, problem.place.column) == (4, at)
    assert problem.message == f"`{name}` is not a valid name: it contains `{sign}`"


@given(
    st.text("：，。、【】｛｝“”‘’（）－—＃＄５Ｐ　！？《》·……清晨a1 ", min_size=1, max_size=30).filter(
        lambda text: "＄｛" not in text  # `＄｛a1｝` is a slip: test_reported_once.py has one
    ),
    st.sampled_from(["prompt", "note"]),
)
@settings(deadline=None, max_examples=60)
def test_proper_text_beside_a_mistake_is_no_slip(tmp_path_factory, text: str, key: str) -> None:
    """In block scalars and in quotes; the other mistake is the only error."""
    folder = tmp_path_factory.mktemp("slips")
    shot = f'  a:\n    seed: x\n    {key}: "a{text}"\n  b:\n    {key}: |-\n      a{text}\n'
    head = "wanflow: 1\ndefaults: {model: wan2.7-i2v}\nshots:\n"
    (folder / "wanflow.yaml").write_text(
        head + shot.replace("  b:", "    first_frame: a.png\n  b:\n    first_frame: a.png"), encoding="utf-8"
    )
    problems = [each for each in read(folder / "wanflow.yaml")[1] if each.severity is Severity.ERROR]
    assert [each.message for each in problems] == ["`seed` must be a whole number, not `x`"]


@pytest.mark.parametrize(
    "line",
    [
        "prompt: 旁白：他走了",
        "prompt: 【特写】清晨，江南",
        "prompt: “清晨的江南”",
        "prompt: 他说：“走。”",
        "note: －－－",
    ],
)
def test_plain_text_beside_a_mistake_is_no_slip(reading, line: str) -> None:
    """Unquoted text is text as well."""
    _, problems = reading(f"shots:\n  a:\n    first_frame: a.png\n    {line}\n    seed: x\n")
    assert [each.message for each in problems] == ["`seed` must be a whole number, not `x`"]


@pytest.mark.parametrize(
    ("parameter", "hint"),
    [
        ("duration: 五", "whole seconds: write `5`"),
        ("duration: 十二秒", "whole seconds: write `12`"),
        ("duration: 5秒钟", "whole seconds: write `5`"),
        ("takes: 两", "write `2`"),
        ("takes: 3条", "write `3`"),
        ("prompt_extend: 是", "write `true`"),
        ("prompt_extend: 否", "write `false`"),
        ("duration: 五百", None),
    ],
)
def test_numbers_and_answers_in_words_have_a_hint(reading, parameter: str, hint: str | None) -> None:
    """The number in the signs that YAML reads."""
    _, (problem,) = reading(f"shots:\n  a:\n    first_frame: a.png\n    {parameter}\n")
    assert problem.hint == hint


def test_the_sign_of_times_of_a_size_is_named(reading) -> None:
    """`×` is what Chinese and typographers write."""
    _, (problem,) = reading("shots: {a: {first_frame: a.png}}\ncuts:\n  m: {items: [a], size: 1280×720}\n")
    assert problem.hint == "write `1280x720`"


def test_a_full_width_hash_between_blanks_is_a_warning(reading) -> None:
    """What looks like a comment would be paid for; one that begins a word may be a sign of the text."""
    shots = "shots:\n  a:\n    first_frame: a.png\n    prompt: {}\n"
    _, (problem,) = reading(shots.format("清晨 ＃ 备注"))
    assert (problem.severity, problem.place.column) == (Severity.WARNING, 16)
    assert reading(shots.format("清晨 ＃标签"))[1] == ()
    assert reading(shots.format('"清晨 ＃ 备注"'))[1] == ()


@pytest.mark.parametrize(
    "shot",
    [
        "{prompt: 比例：16:9，时长：5秒, duration: 3}",
        "{prompt: 清晨，声音：雨声，比例：匀称}",
        '{prompt: "清晨，duration：3"}',
        "\n    prompt: 清晨，duration：3",
    ],
)
def test_words_of_a_prompt_are_no_keys(reading, shot: str) -> None:
    """A key that the shot has already, one in Chinese without a number, quoted text, and text on its own line."""
    head = "wanflow: 1\ndefaults: {model: wan2.7-t2v}\nshots:\n"
    production, problems = reading(f"  a: {shot}\n", head=head)
    assert (production is not None, problems) == (True, ())


@pytest.mark.parametrize("value", ["duration: 3；", "ratio: 16:9。", "resolution: 720P，"])
def test_a_sign_that_ends_a_value_is_deleted(reading, value: str) -> None:
    """The ASCII sign would be as wrong."""
    _, (problem,) = reading(
        f"shots:\n  a:\n    prompt: x\n    {value}\n", head="wanflow: 1\ndefaults: {model: wan2.7-t2v}\n"
    )
    assert (problem.place.column, problem.hint) == (len(value) + 4, "delete it")


def test_a_comma_in_a_tag_is_a_warning(reading) -> None:
    """`tag:夜` would find nothing; a tag in quotes is what it says."""
    shots = "shots:\n  a:\n    first_frame: a.png\n    tags: [{}]\n"
    _, problems = reading(shots.format("夜，雨, “外”, 第一集（上）"))
    assert [(each.severity, each.place.column, each.hint) for each in problems] == [
        (Severity.WARNING, 13, "write `,`, or put the tag in quotes"),
        (Severity.WARNING, 17, 'write `"`, or put the tag in quotes'),
    ]
    assert reading(shots.format('"夜，雨"'))[1] == ()


def test_a_comma_between_included_files_is_one_error(filing) -> None:
    """A file may have it in its name, but not behind its ending."""
    files = {
        "wanflow.yaml": "wanflow: 1\ninclude: [甲，一.yaml，乙.yaml]\n",
        "甲，一.yaml": "shots: {}\n",
        "乙.yaml": "shots: {}\n",
    }
    _, problems = filing(files)
    assert [(each.place.line, each.place.column, each.hint) for each in problems] == [(2, 19, "write `,`")]


@pytest.mark.parametrize("text", ['“清晨"', '”清晨"', "｜\n      清晨，江南", "＞－\n      清晨，江南"])
def test_a_text_that_begins_like_a_quote_or_a_block_is_a_warning(reading, text: str) -> None:
    """The signs would be sent."""
    _, (problem,) = reading(f"shots:\n  a:\n    first_frame: a.png\n    prompt: {text}\n")
    assert (problem.severity, problem.place.column) == (Severity.WARNING, 13)


def keys_of(schema: object) -> set[str]:
    """All keys that a schema names."""
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema))
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties")
    return set().union(own if isinstance(own, dict) else (), *map(keys_of, schema.values()))


def test_every_key_of_the_format_has_chinese_names() -> None:
    """In simplified and traditional characters; none of them is the name of another tool's key."""
    keys = {key for keys in CHINESE_KEYS.values() for key in keys}
    assert keys == keys_of(load_schema(PRODUCTION)) | keys_of(load_schema(PIPELINE))
    assert all(OTHER_KEYS[name] == known for name, known in CHINESE_KEYS.items())


def test_a_production_with_chinese_keys_has_an_error_for_each_key_alone(reading) -> None:
    """What the keys hold is read under the keys that are meant."""
    body = "版本: 1\n默认: {模型: wan2.7-t2v}\n镜头:\n  清晨: {提示词: 清晨}\n剪辑:\n  正片: [清晨, {镜头: 清晨, 转场: dissolve}]\n"
    _, problems = reading(body, head="")
    assert [each.message for each in problems] == [
        f"unknown key `{key}`" for key in ("版本", "默认", "模型", "镜头", "提示词", "剪辑", "镜头", "转场")
    ]
    assert [each.hint for each in problems][2:4] == ["write `model`", "write `shots`"]
