"""Folded text: no blank between Han characters, a blank elsewhere, as PyYAML folds everything else."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from itertools import pairwise

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wanflow.yamldoc import parse as yamltext
from wanflow.yamldoc.folding import join_marked, mark_breaks
from wanflow.yamldoc.nodes import MapNode, TextNode
from wanflow.yamldoc.parse import parse
from wanflow.yamldoc.stand_ins import StandIns

LOADERS = [yaml.BaseLoader, getattr(yaml, "CBaseLoader", yaml.BaseLoader)]
STYLES = ("plain", ">", ">-", "single", "double", "flow")
PROMPT = "清晨，薄雾笼罩着江南水乡——乌篷船“缓缓”划过……𠀀岸，ひらがな！（完）"


@pytest.fixture(params=LOADERS, autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs with PyYAML's parser in C and in Python."""
    monkeypatch.setattr(yamltext, "_EventLoader", request.param)


def value_of(text: str) -> TextNode:
    """The scalar under the key `a`."""
    document = parse(text.encode(), "wanflow.yaml")
    assert not document.problems
    assert isinstance(document.root, MapNode)
    found = document.root.find("a")
    assert isinstance(found, TextNode)
    return found


def written(lines: list[str], style: str, indent: str = "  ") -> str:
    """Lines of text as the value of `a`, in one style of YAML."""
    body = f"\n{indent}".join(lines)
    match style:
        case "single":
            return f"a: '{body}'\nb: 1\n"
        case "double":
            return f'a: "{body}"\nb: 1\n'
        case "flow":
            return f"{{b: 1, a: {body}}}\n"
        case "plain":
            return f"a: {body}\nb: 1\n"
        case _:
            return f"a: {style}\n{indent}{body}\nb: 1\n"


@given(
    cuts=st.sets(st.integers(1, len(PROMPT) - 1), max_size=6),
    style=st.sampled_from(STYLES),
    indent=st.sampled_from(["  ", "      "]),
    trailing=st.sampled_from(["", " ", "   "]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_prompt_that_is_wrapped_anywhere_is_the_same(
    cuts: set[int], style: str, indent: str, trailing: str, end: str
) -> None:
    """Between two Han characters, kana or full-width signs a break inserts nothing."""
    places = [0, *sorted(cuts), len(PROMPT)]
    lines = [PROMPT[begin:stop] for begin, stop in pairwise(places)]
    lines = [*(line + trailing for line in lines[:-1]), lines[-1]]
    if style == "flow" and any(line.startswith("，") for line in lines):
        style = "plain"
    found = value_of(written(lines, style, indent).replace("\n", end))
    assert found.value == PROMPT
    assert found.former is None or " " in found.former


WORDS = st.lists(st.sampled_from(["sea", "江", "“a”", "é", "水。", "1", "…", "한국", "it's"]), min_size=1, max_size=12)


@given(WORDS, st.sampled_from(["plain", ">", ">-", "double"]), st.integers(4, 20))
def test_all_other_breaks_are_a_blank(words: list[str], style: str, width: int) -> None:
    """Only a blank between two wide characters can be missing, and the text of earlier versions has it."""
    lines = textwrap.wrap(" ".join(words), width, break_long_words=False)
    text = written(lines, style)
    by_pyyaml = yaml.load(text, yaml.BaseLoader)["a"].rstrip("\n")  # noqa: S506  # it makes strings only
    found = value_of(text)
    string = found.string if not isinstance(found.value, int | Decimal) else found.text
    assert found.former_string == by_pyyaml
    assert string.replace(" ", "") == by_pyyaml.replace(" ", "")
    assert by_pyyaml.isascii() <= (found.former is None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: |\n  江南\n  水乡\n", "江南\n水乡"),
        ("a: >-\n  江南\n\n  水乡\n", "江南\n水乡"),
        ("a: >-\n  江南\n\n\n  水乡\n", "江南\n\n水乡"),
        ("a: >-\n  江南\n    水乡\n  人家\n", "江南\n  水乡\n人家"),
        ("a: >-\n  江南  \n    水乡\n", "江南  \n  水乡"),
        ("a: >2-\n    江南\n  水乡\n", "  江南\n水乡"),
        ('a: "江南\\\n  水乡"\n', "江南水乡"),
        ('a: "江南\\n\n  水乡"\n', "江南\n 水乡"),
        ('a: "江南\\ \n  水乡"\n', "江南  水乡"),
        ('a: "\\u6c5f\\u5357\n  \\u6c34乡"\n', "江南水乡"),
        ('a: "江南\n\n  水乡"\n', "江南\n水乡"),
        ("a: '江南''\n  ''水乡'\n", "江南' '水乡"),
        ("a: 江南\n  sea\n  水乡\n", "江南 sea 水乡"),
        ("a: >-\n  “江南”\n  “水乡”\n", "“江南”“水乡”"),
        ("a: >-\n  He said…\n  “Hello”\n", "He said… “Hello”"),
        ("a: >-\n  江南……\n  ——水乡\n", "江南……——水乡"),
        ("a: >-\n  우리\n  나라\n", "우리 나라"),
        ("a: >-\n  走在\n  ${小红}身边，\n  ${a}${b}风格\n", "走在${小红}身边，${a}${b}风格"),
        ("a: >-\n  ${小明}\n  走在${小红}\n  身边“${a}”\n  “${b}”\n  水\n", "${小明}走在${小红}身边“${a}”“${b}”水"),
        ("a: >\n  江南，\n  ${a}，\n  ${b}\n", "江南，${a}，${b}"),
        ("a: >-\n  江南\n  ${a}\n  ${b}\n", "江南${a}${b}"),
        ("a: 江南\n  ${a}\nb: {x: 江南}\n水: 乡\n", "江南${a}"),
        ("a: >-\n  the 江南 of\n  ${a}\n  and ${b}\n  水\n", "the 江南 of ${a} and ${b} 水"),
        ("a: >-\n  ${a}\n  ${b} 江南 walks\n  ${c}\n", "${a} ${b} 江南 walks ${c}"),
        ("a: >-\n  江南， ${a}\n  走来\n  ${b} 水\n", "江南， ${a} 走来 ${b} 水"),
        ("a: >-\n  江南$${a}\n  水\n", "江南$${a} 水"),
        ("a: >-\n  江南 水乡\n  人家\n", "江南 水乡人家"),
        ("a: >- # 注释\n  江南\n  水乡\n", "江南水乡"),
        ("# 注释\n# 注释\na: 江南\n水: 乡\n", "江南"),
        ("x: [江南,\n  水乡]\na: 江\n  南\n", "江南"),
        ("江南: 水\n水乡: &x 江\n  南\na: *x\n", "江南"),
        ("x: 江\x85\n  南\na: 江\u2028\n  南\n", "江\u2028 南"),
    ],
)
def test_how_text_of_several_lines_is_read(text: str, value: str) -> None:
    """Literal text, paragraphs, deeper lines, escapes, comments, signs of both kinds, Korean."""
    assert value_of(text).value == value


def test_a_text_of_one_line_has_no_other_reading() -> None:
    """Nor has English, or a literal text."""
    for text in ("a: 江 南\n", "a: >-\n  江 南\n", "a: the\n  sea\n", "a: |\n  江\n  南\n"):
        assert value_of(text).former is None
    assert value_of("a: 江\n  南\n").former == "江 南"
    assert value_of("a: 江\n  ${a}\n").former == "江 ${a}"


def test_a_broken_file_with_folded_text_says_what_is_broken() -> None:
    """The second reading goes no further than the first one."""
    problems = parse("a: 江\n  南\nb: [江\n  南\n".encode(), "wanflow.yaml").problems
    assert [problem.place.line for problem in problems] == [3]


def test_private_characters_of_the_author_stay() -> None:
    """Whatever the text has of them."""
    some = "".join(map(chr, range(0xF0000, 0xF0010)))
    assert value_of(f"a: 江{some}\n  {some}南\nb: 水\n  乡\n").value == f"江{some} {some}南"
    every = "".join(map(chr, range(0xF0000, 0x110000)))
    assert mark_breaks((f"江{every}", "南")) == (f"江{every}\n南", "")
    assert join_marked("江 南", "") == "江 南"
    assert StandIns(f"{every}\x85").text == f"{every}\x85"
