"""The YAML dialect: what is typed, what is a string, where things stand, and what a syntax error says."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wanflow.yamldoc import parse as yamltext
from wanflow.yamldoc.nodes import ListNode, MapNode, Place, TextNode, normalised, plain, scalar, typed
from wanflow.yamldoc.parse import Document, TextProblem, parse

LOADERS = [yaml.BaseLoader, getattr(yaml, "CBaseLoader", yaml.BaseLoader)]
"""PyYAML's parser in Python, and the one in C where this PyYAML has it."""


def read(text: str) -> Document:
    """A document from text."""
    return parse(text.encode(), "wanflow.yaml")


def value_of(text: str) -> TextNode:
    """The scalar under the key `a`."""
    root = read(text).root
    assert isinstance(root, MapNode)
    found = root.find("a")
    assert isinstance(found, TextNode)
    return found


def problem(text: str) -> TextProblem:
    """The one thing that is wrong with a text."""
    (found,) = read(text).problems
    return found


def where(place: Place) -> tuple[int, int]:
    """Line and column."""
    return place.line, place.column


@pytest.mark.parametrize(
    "written",
    ["16:9", "5:30", "no", "on", "Yes", "NO", "True", "NULL", "~", "2026-05-09", "010", "0x1f", "0o7", "1_000", "1e3"],
)
def test_what_yaml_1_1_would_retype_is_a_string(written):
    """Ratios, Norway, dates, octals and exponents stay the text that somebody wrote."""
    assert value_of(f"a: {written}\n").value == written


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ("false", False), ("null", None), ("", None), ("5", 5), ("-3", -3), ("0", 0)],
)
def test_typed_values(written, value):
    """Only small-letter truth values, null, nothing and plain integers are typed."""
    found = value_of(f"a: {written}\n").value
    assert found == value
    assert type(found) is type(value)


def test_a_decimal_is_exact_and_keeps_its_written_form():
    """`1.10` is a number without a float's error, and in a prompt it is still `1.10`."""
    found = value_of("a: 1.10\n")
    assert found.value == Decimal("1.10")
    assert isinstance(found.value, Decimal)
    assert found.string == "1.10"


@pytest.mark.parametrize("quoted", ['"5"', "'5'", '"true"', "'null'", '""'])
def test_quoted_values_are_strings(quoted):
    """Quotes always make a text."""
    found = value_of(f"a: {quoted}\n")
    assert found.value == quoted[1:-1]
    assert isinstance(found.value, str)
    assert not found.plain


def test_a_number_of_absurd_length_is_a_string():
    """Thousands of digits are no number, and raise nothing."""
    assert value_of(f"a: {'9' * 5000}\n").value == "9" * 5000


def test_a_value_from_the_command_line_is_read_like_yaml():
    """`--set` values have the types of the file's."""
    place = Place("wanflow.yaml", 1, 1)
    assert [scalar(text, place).value for text in ("5", "16:9", "true", "")] == [5, "16:9", True, None]


def test_text_is_normalised():
    """Line ends, trailing newlines and Unicode forms make no difference to a request."""
    assert normalised("cafe\u0301\r\nend\r\n\n") == "caf\u00e9\nend"


@pytest.mark.parametrize("text", ["a: |\n  one\n  two\n", "a: |-\n  one\n  two\n", "a: |\r\n  one\r\n  two\r\n"])
def test_block_texts_mean_the_same(text):
    """A kept newline at the end or Windows line ends change nothing."""
    assert value_of(text).value == "one\ntwo"


def test_the_written_form_survives_normalising():
    """A file name in NFD can be looked for as it was written."""
    found = value_of("a: cafe\u0301.png\n")
    assert (found.value, found.text) == ("caf\u00e9.png", "cafe\u0301.png")


def test_places_count_characters_from_one():
    """Line and column are of characters, also behind Chinese ones and emoji."""
    root = read("# 中文\n镜头: {😀: x, b: y}\n").root
    assert isinstance(root, MapNode)
    inner = root.find("镜头")
    assert isinstance(inner, MapNode)
    assert [where(key.place) for _, key, _ in inner] == [(2, 6), (2, 12)]
    assert where(inner.place) == (2, 5)


def test_a_byte_order_mark_is_tolerated():
    """A BOM does not count as a character of the first line."""
    root = parse(b"\xef\xbb\xbfa: 1\n", "wanflow.yaml").root
    assert isinstance(root, MapNode)
    assert where(root.pairs[0][0].place) == (1, 1)


def test_keys_are_names_whatever_they_look_like():
    """A key `no` or `5` is that name."""
    assert plain(read("no: 1\n5: 2\n").root) == {"no": 1, "5": 2}


def test_a_duplicate_key_names_both_places_and_the_first_one_counts():
    """The problem is at the second place and says where the first is."""
    document = read("a: 1\nb: 2\na: 3\n")
    (found,) = document.problems
    assert (where(found.place), found.message) == ((3, 1), "duplicate key `a`, first at wanflow.yaml:1:1")
    assert plain(document.root) == {"a": 1, "b": 2}


def test_anchors_aliases_and_merges_work():
    """`<<` merges; keys of the mapping itself win, and so does the earlier of two merged ones."""
    text = "x: &x {p: 1, q: 2}\ny: &y {q: 3, r: 4}\na:\n  <<: [*x, *y]\n  p: 9\nb: *x\n"
    document = read(text)
    assert document.problems == ()
    value = plain(document.root)
    assert isinstance(value, dict)
    assert (value["a"], value["b"]) == ({"p": 9, "q": 2, "r": 4}, {"p": 1, "q": 2})


@pytest.mark.parametrize("text", ["a: *nope\n", "a: &a [*a]\n"])
def test_an_alias_that_names_nothing_is_located(text):
    """An unknown alias and one to what is still being written are problems, not crashes."""
    assert "unknown alias" in problem(text).message


def test_an_alias_bomb_is_refused():
    """Nine levels of nine aliases never become a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    document = read("\n".join(lines))
    assert document.root is None
    assert "aliases expand" in document.problems[-1].message


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", ["[" * 5000, "a: " + "[" * 5000, "a: " + "{b: " * 3000, "- " * 3000, "? " * 3000])
def test_deep_nesting_is_refused(text, loader, monkeypatch):
    """A file can't exhaust the stack, and reads the same whether PyYAML's limit or ours notices the depth first."""
    monkeypatch.setattr(yamltext, "_EventLoader", loader)
    found = problem(text)
    assert found.message == f"the file nests more than {yamltext.MAX_DEPTH} levels deep"
    assert found.hint == "flatten it: a production needs fewer than ten levels"
    assert found.place.line == 1
    assert yamltext.MAX_DEPTH < found.place.column <= len(text)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", ["a: nesting]\n", "nesting: {a: [nesting\n", "nesting: a: b\n", "a: !nesting!x b\n"])
def test_a_text_about_nesting_is_not_deep(text, loader, monkeypatch):
    """The words of a broken file are not taken for those of PyYAML's limit."""
    monkeypatch.setattr(yamltext, "_EventLoader", loader)
    assert not any("levels deep" in found.message for found in read(text).problems)


def test_bytes_that_are_not_utf_8_are_located():
    """The place counts the characters before the bad byte."""
    (found,) = parse("a: 中".encode() + b"\xff\n", "wanflow.yaml").problems
    assert (where(found.place), found.message) == ((1, 5), "the byte 0xff is not UTF-8")


def test_utf_16_is_named():
    """A file saved as UTF-16 is told apart from a broken one."""
    (found,) = parse("a: 1\n".encode("utf-16"), "wanflow.yaml").problems
    assert "UTF-16" in found.message


@pytest.mark.parametrize(("text", "place"), [("a: x\x07\n", (1, 5)), ('a: "x\\0"\n', (1, 4))])
def test_control_characters_are_refused(text, place):
    """Neither raw nor as an escape do they reach a prompt or a path."""
    found = problem(text)
    assert "control character" in found.message
    assert (found.hint or "").startswith("delete it")
    assert where(found.place) == place


def test_a_tag_is_refused():
    """A text that begins with `!` would silently become a tag."""
    found = problem("a: !wow look\n")
    assert (where(found.place), found.message) == ((1, 4), "unknown tag `!wow`")


def test_several_documents_are_refused():
    """One file holds one production."""
    assert where(problem("a: 1\n---\nb: 2\n").place) == (2, 1)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a: neon #1 alley\n", True),
        ("a: neon # alley\n", False),
        ('a: "neon" #1\n', False),
        ("a: neon#1\n", False),
        ("a: #1 alley\n", True),
    ],
)
def test_a_text_cut_by_a_comment_is_noticed(text, cut):
    """Only a ` #` without a blank behind it, and only after an unquoted text."""
    assert value_of(text).cut_off is cut


PROBLEM = object()
"""A text that is refused, with a problem inside it."""

CONSTRUCTS: dict[str, object] = {
    # documents, directives and comments
    "": None, "# only\n": None, "---\n": None, "--- a\n...\n": "a", "...\n": PROBLEM, "%YAML 1.2\n---\na: 1\n": {"a": 1},
    "%YAML 2.0\n---\na\n": PROBLEM, "%YAML 1.2\na: 1\n": PROBLEM, "%FOO bar\n--- a\n": PROBLEM, "a\n...\nb\n": PROBLEM,
    "--- |\n %x\n": "%x", "a: 1 # b\n": {"a": 1}, "a#b: c#d\n": {"a#b": "c#d"}, "a: 'b'#c\n": {"a": "b"},
    # block collections
    "- a\n-\n  - b\n- - c\n": ["a", ["b"], ["c"]], "a:\n- b\n-\nc:\n": {"a": ["b", None], "c": None},
    "? a\n: b\n? c\n": {"a": "b", "c": None}, "? [a]\n: b\n": PROBLEM, "? - a\n: b\n": PROBLEM, "-a: b\n": {"-a": "b"},
    "a: b: c\n": PROBLEM, "a:\n  b: 1\n c: 2\n": PROBLEM, "- a\n b: 1\n": PROBLEM, "a: 1\n- b\n": PROBLEM,
    # flow collections
    "[a, [b, c], {d: e}, ]\n": ["a", ["b", "c"], {"d": "e"}], "{a, b: , 'c': 1}\n": {"a": None, "b": None, "c": 1},
    "[a: b, ? c : d]\n": [{"a": "b"}, {"c": "d"}], "{a: [\n b,\n c\n]}\n": {"a": ["b", "c"]}, "[a, , b]\n": PROBLEM,
    "[a\n": PROBLEM, "a]\n": "a]", "{a: 1}}\n": PROBLEM, "[a] b\n": PROBLEM, "{a: 1, a: 2}\n": PROBLEM, "[,]\n": PROBLEM,
    # scalars in every style
    "'it''s'\n": "it's", "'a\n\n b'\n": "a\nb", '"a\\\n  b"\n': "ab", r'"\x41\u00e9\U0001F680\/\_"': "Aé🚀/\xa0",
    r'"\q"': PROBLEM, r'"\x4"': PROBLEM, r'"\U00110000"': PROBLEM, "a\n b\n\n c\n": "a b\nc", "'a' 'b'\n": PROBLEM,
    "|\n a\n  b\n\n": "a\n b", "|2-\n   a\n": " a", ">\n a\n b\n\n  c\n d\n": "a b\n\n c\nd", "|+\n a\n\n": "a", "|-1\n a\n": "a",
    "|0\n a\n": PROBLEM, "| a\n b\n": PROBLEM, "|\n   a\n  b\n": PROBLEM, "a: |\nb: 1\n": {"a": "", "b": 1},
    # node properties
    "a: &x 1\nb: *x\n": {"a": 1, "b": 1}, "&a [*a]\n": PROBLEM, "a: &x\nb: *x\n": {"a": None, "b": None}, "&x &y a\n": PROBLEM,
    "*x : a\n": PROBLEM, "a: !!str 1\n": {"a": "1"}, "a: ! 1\n": {"a": 1}, "a: !!int 1\n": PROBLEM, "a: !<x> 1\n": PROBLEM, "!h!x a\n": PROBLEM,
    # tabs
    "a:\t1\n": {"a": 1}, "a:\n\tb: 1\n": PROBLEM, "- a\t\n": ["a"], "[\ta,\tb]\n": ["a", "b"], '"a\tb"\n': "a\tb", "|\n \ta\n": PROBLEM, "|\n a\n \tb\n": "a\n\tb",
}  # fmt: skip
"""A text for each construct of YAML 1.2, and its value."""


@pytest.mark.parametrize("text", CONSTRUCTS, ids=map(ascii, CONSTRUCTS))
def test_every_construct_is_a_value_or_a_problem_inside_the_file(text):
    """Nothing is lost in silence, and nothing raises."""
    document = read(text)
    found = PROBLEM if document.problems else plain(document.root)
    assert found == CONSTRUCTS[text]
    for each in document.problems:
        assert each.place.column <= len(document.lines[each.place.line - 1]) + 1


UNUSUAL = [
    # signs that YAML 1.1 takes for line ends, a byte order mark at the beginning of a line, and JSON's escapes
    ('a: "x\u2028y\x85z"\nb: |\n  p\u2029q\nc: r\u2028s\n', {"a": "x\u2028y\x85z", "b": "p\u2029q", "c": "r\u2028s"}),
    ('a: "x\n  \ufeffy"\nb: \ufeffz\n', {"a": "x \ufeffy", "b": "\ufeffz"}),
    (r'a: "\ud83d\ude80 \uD83D\uDE80 \\ud83d"', {"a": "\U0001f680 \U0001f680 \\ud83d"}),
    ("a: '\\uDaaA \\uda0f'\nb: \\ud83d\\uDE80\n", {"a": "\\uDaaA \\uda0f", "b": "\\ud83d\\uDE80"}),
    # texts inside brackets that begin with an indicator of PyYAML
    ("a: [?x, what?no, 'is ?it', \"?\", -y]\n", {"a": ["?x", "what?no", "is ?it", "?", "-y"]}),
    ("a: {?foo: bar, b: ?c}\nd: [:x, {:y: 1}]\n", {"a": {"?foo": "bar", "b": "?c"}, "d": [":x", {":y": 1}]}),
    ('a: {"b":1, "c" :2, ? d : 3}\n', {"a": {"b": 1, "c": 2, "d": 3}}),
    ("a: x\U0010fffd?y\ue000 # ?z\n", {"a": "x\U0010fffd?y\ue000"}),
]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "value"), UNUSUAL, ids=[ascii(text) for text, _ in UNUSUAL])
def test_a_text_is_read_as_yaml_1_2_reads_it(text, value, loader, monkeypatch):
    """Whatever PyYAML makes of its characters."""
    monkeypatch.setattr(yamltext, "_EventLoader", loader)
    document = read(text)
    assert (document.problems, plain(document.root)) == ((), value)


def test_lines_are_those_of_editors():
    """They end at LF, CR LF and CR, and at nothing else; columns count characters."""
    document = read('a: "x\u2028\x85y"\r\nb: "\u2029"\rc: "z\u2028" # w\nd: {e\u0301: "\u2028", f: 1}\n')
    assert [line[:1] for line in document.lines] == ["a", "b", "c", "d", ""]
    assert isinstance(document.root, MapNode)
    assert [where(key.place) for key, _ in document.root.pairs] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    inner = document.root.find("d")
    assert isinstance(inner, MapNode)
    assert [where(key.place) for key, _ in inner.pairs] == [(4, 5), (4, 14)]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "place", "half"),
    [(r'a: "\ud83d x"', (1, 5), r"\ud83d"), ('a: "x\n  \\\\ud83d \\uDE80"', (2, 11), r"\uDE80")],
)
def test_half_a_character_is_located(text, place, half, loader, monkeypatch):
    """A lone escape for a half cannot be sent; an escaped backslash is none."""
    monkeypatch.setattr(yamltext, "_EventLoader", loader)
    found = problem(text)
    assert (where(found.place), found.message) == (place, f"`{half}` is half of a character")


UNSEEN = [
    ("a: 1\n\ufeffb: 2\n", (2, 1), "the key contains U+FEFF (byte order mark)"),
    ("a:\n  b: 1\n  \u200bc: 2\n", (3, 3), "the key contains U+200B (zero width space)"),
    ("a:\n  - {b: 1, c\xa0: 2}\n", (2, 13), "the key contains U+00A0 (no-break space)"),
    ('"a\\u00adb": 1\n', (1, 1), "the key contains U+00AD (soft hyphen)"),
    ("a:\n  b: 1\n\xa0\xa0c: 2\n", (3, 1), "U+00A0 (no-break space) cannot indent a line"),
    ("a:\n\u3000\u3000b: 1\n", (2, 1), "U+3000 (ideographic space) cannot indent a line"),
    ("a:\n\u200b  b: 1\n", (2, 1), "U+200B (zero width space) cannot indent a line"),
    ("a:\n  b: 1\n \xa0c: 2\n", (3, 2), "U+00A0 (no-break space) is not a space in YAML"),
    ("a:\n  b:\xa01\n  c: 2\n", (2, 5), "U+00A0 (no-break space) is not a space in YAML"),
    ("a: {b:\xa0c, d: e}\n", (1, 7), "U+00A0 (no-break space) is not a space in YAML"),
    ("a: {b:\u200bc}\n", (1, 7), "U+200B (zero width space) is not a space in YAML"),
    ("a:\xa0{b: c, d: e}\n", (1, 3), "U+00A0 (no-break space) is not a space in YAML"),
    ("a: 1\u2028b: 2\n", (1, 5), "U+2028 (line separator) does not end a line in YAML"),
    ("a: 1\x85b: 2\x85", (1, 5), "U+0085 (next line) does not end a line in YAML"),
]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "place", "message"), UNSEEN, ids=[ascii(text) for text, _, _ in UNSEEN])
def test_a_character_that_nobody_sees_is_named(text, place, message, loader, monkeypatch):
    """By its code point, where it is, and it is the only problem."""
    monkeypatch.setattr(yamltext, "_EventLoader", loader)
    found = problem(text)
    assert (where(found.place), found.message) == (place, message)
    assert found.hint


def test_scripts_that_need_invisible_characters_are_left_alone():
    """A no-break space or an ideographic one is typography in a text; a joiner belongs to emoji and to Persian."""
    text = "a: Les bateaux partent\xa0!\nb: 海\u3000岸\nمی\u200cخواهم: 1\n👨\u200d👩: 1\n"
    document = read(text)
    assert document.problems == ()
    assert plain(document.root) == {
        "a": "Les bateaux partent\xa0!", "b": "海\u3000岸", "می\u200cخواهم": 1, "👨\u200d👩": 1
    }  # fmt: skip


def test_merge_conflicts_are_named_with_their_lines():
    """Each of them, also where a mark was deleted; marks inside an indented text are text."""
    text = "a: 1\n<<<<<<< HEAD\nb: 1\n||||||| base\nb: 0\n=======\nb: 2\n>>>>>>> night\nc: 1\n>>>>>>> x\n<<<<<<<\n"
    document = read(text)
    assert document.root is None
    assert [(found.place.line, found.message) for found in document.problems] == [
        (2, "a merge conflict, lines 2 to 8"),
        (10, "a mark of a merge conflict"),
        (11, "a mark of a merge conflict"),
    ]
    assert plain(read("a: |\n  <<<<<<< x\nb: '<<<<<<<'\n").root) == {"a": "<<<<<<< x", "b": "<<<<<<<"}


def test_a_pointer_of_git_lfs_is_named():
    """A file that a clone without LFS has in place of the YAML."""
    found = problem("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    assert (where(found.place), found.message) == ((1, 1), "the file is a Git LFS pointer, its text is not here")
    assert "git lfs pull" in (found.hint or "")


SYNTAX = [
    ("a: A robot: walking\n", (1, 4), "unquoted text cannot contain `: `"),
    ("a: *dramatic* light\n", (1, 4), "unquoted text cannot begin with `*`"),
    ("a: @hero runs\n", (1, 4), "unquoted text cannot begin with `@`"),
    ("a: %20 more\n", (1, 4), "unquoted text cannot begin with `%`"),
    ("a: {hero} runs\n", (1, 4), "unquoted text cannot begin with `{`"),
    ("a: [wide shot] the coast\n", (1, 4), "unquoted text cannot begin with `[`"),
    ("a: `x`\n", (1, 4), "unquoted text cannot begin with a backtick"),
    ("a: [${x}, b]\n", (1, 5), "`${x}` is unquoted inside `[ ]` or `{ }`"),
    ("a: [in/${x}.png]\n", (1, 5), "`${x}` is unquoted inside `[ ]` or `{ }`"),
    ("a: {k: ${x}}\n", (1, 8), "`${x}` is unquoted inside `[ ]` or `{ }`"),
    ("shots：\n  a: b\n", (1, 6), "`：` is a full-width colon"),
    ("a:\n\tb: c\n", (2, 1), "YAML forbids tabs in indentation"),
    ('a: "abc\nb: c\n', (1, 4), "this quote is never closed"),
    ('a: "x" y\n', (1, 4), "text follows the closing quote"),
    ("a: [b, c\nd: e\n", (1, 4), "this `[` is not closed"),
    ("a: neon #1\n  more words\n", (1, 4), "the text is cut at ` #`: the rest is a comment"),
    ("a:\n   b: c\n  d: e\n", (3, 3), "wrong indentation: it lines up with nothing above"),
    ("a: - b\n", (1, 4), "a value cannot begin with `- `"),
    # inside brackets: the value that is wrong, not the bracket
    ("a: {b: [- c]}\n", (1, 9), "a value inside `[ ]` or `{ }` cannot begin with `- `"),
    ("a: [\n  b, - c]\n", (2, 6), "a value inside `[ ]` or `{ }` cannot begin with `- `"),
    ("a: {b: @home}\n", (1, 8), "unquoted text cannot begin with `@`"),
    ("a: [b, %x]\n", (1, 8), "unquoted text cannot begin with `%`"),
    ("a: {`b`: c}\n", (1, 5), "unquoted text cannot begin with a backtick"),
    ("a: {b: *dramatic* light}\n", (1, 8), "unquoted text cannot begin with `*`"),
    ("a: {b: *dramatic light}\n", (1, 8), "unquoted text cannot begin with `*`"),
    ("a: {b: > c}\n", (1, 8), "unquoted text cannot begin with `>`"),
    ("a: [b, , c]\n", (1, 8), "a value is missing before this `,`"),
    ("a: {b: [wide] shot}\n", (1, 15), "text follows the `]`"),
    ("a: {b: {mei} walks, c: d}\n", (1, 14), "text follows the `}`"),
    ("a: {b: c}}\n", (1, 10), "this `}` closes nothing"),
    ("a: [{b: c], {d: e}]\n", (1, 5), "this `{` is not closed"),
    ("a: {b: {c: d}\ne: {f: g}\n", (1, 4), "this `{` is not closed"),
    ("a: {b: 1,\n  c: 2\n  d: 3}\n", (3, 4), "`:` is unquoted inside `[ ]` or `{ }`"),
    ("a: [{b: c}\n  {d: e}]\n", (2, 3), "a comma is missing before this value"),
    ("a: ,b\n", (1, 4), "unquoted text cannot begin with `,`"),
    ("a: ? b\n", (1, 4), "a value cannot begin with `? `"),
    ("a: [b, 'c' d]\n", (1, 12), "text follows the closing quote"),
]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "place", "message"), SYNTAX, ids=[text.split("\n")[0] for text, _, _ in SYNTAX])
def test_a_syntax_error_says_what_a_person_did(text, place, message, loader, monkeypatch):
    """The traps of unquoted text by name, at the character to look at, with a hint, whichever parser PyYAML has."""
    monkeypatch.setattr(yamltext, "_EventLoader", loader)
    found = problem(text)
    assert (where(found.place), found.message) == (place, message)
    assert found.hint


def test_a_question_mark_in_a_list_is_explained_where_the_parser_refuses_it(monkeypatch):
    """PyYAML's own parser, without the C library, takes no unquoted `?` inside `[ ]`."""
    monkeypatch.setattr(yamltext, "_EventLoader", yaml.BaseLoader)
    found = problem("a: [who? me, b]\n")
    assert (where(found.place), found.message) == ((1, 8), "`?` is unquoted inside `[ ]` or `{ }`")


@pytest.mark.parametrize("text", ["a: [?]\n", "? \n: 1\n"])
def test_a_key_without_text_is_an_error(text):
    """A `?` alone means an empty key, which no format has."""
    assert problem(text).message == "the key is empty"


@pytest.mark.parametrize("text", ["[", "a: {b", 'a: "x'])
def test_what_is_missing_at_the_end_is_told_within_the_file(text):
    """A file cut off in the middle, without a last newline, has its problem on a line that exists."""
    found = problem(text)
    assert found.place.line == 1
    assert found.place.column <= len(text) + 1


@given(st.text(max_size=200))
def test_no_text_raises(text):
    """Whatever somebody types comes back as a tree or as problems."""
    document = parse(text.encode(errors="surrogatepass"), "wanflow.yaml")
    assert document.root is None or isinstance(document.root, TextNode | MapNode | ListNode)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    """Whatever a disk gives comes back as a tree or as problems, each within the file."""
    document = parse(data, "wanflow.yaml")
    assert all(1 <= found.place.line <= len(document.lines) for found in document.problems)


@given(st.integers(min_value=-(10**20), max_value=10**20))
def test_integers_keep_their_value(number):
    """A plain integer is that integer."""
    assert typed(str(number)) == number
