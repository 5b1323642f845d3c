"""What strangers may write: how much is read, how much work a mistake costs, and what is said beyond that."""

from __future__ import annotations

import difflib
import random
from pathlib import Path

import pytest

from kit.call_count import count_calls
from wanflow import schemas
from wanflow.boundary import Boundary
from wanflow.catalog.read import load_catalog
from wanflow.language import file_patterns, names, problem, schema_problems, source_texts
from wanflow.language.load import read_usable
from wanflow.language.matrix import slug
from wanflow.language.scope import ShotIndex
from wanflow.suggest import MAX_NAMED, MAX_PAIRWISE, Known, hint_for_path, listed, nearest
from wanflow.yamldoc import parse as yaml_text

TOP = "wanflow: 1\ndefaults: {model: wan2.7-t2v}\n"
SHOT = "shots:\n  a: {prompt: one}\n"


def problems_of(folder: Path, text: str, **others: str) -> list[problem.Problem]:
    """The problems of a production, by its text and those of other files beside it."""
    for name, content in {"wanflow": text, **others}.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    return [*read_usable(folder / "wanflow.yaml").problems]


def misspelt(word: str, dice: random.Random) -> str:
    """A word with up to four letters changed, moved or left out."""
    letters = [*word]
    for _ in range(dice.randrange(5)):
        at = dice.randrange(len(letters) + 1)
        letters[at : at + dice.randrange(3)] = dice.choices("abcdefghijklmnopqrstuvwxyz_-ÄÉ秒", k=dice.randrange(3))
    return "".join(letters)


def test_suggestions_are_those_of_difflib() -> None:
    """The quick comparison before it leaves out only names that difflib leaves out as well."""
    dice = random.Random(7)
    keys = sorted(schema_problems.shot_keys(load_catalog()))[:MAX_PAIRWISE]
    pool = frozenset(keys)
    for _ in range(1_500):
        word = misspelt(dice.choice(keys), dice)
        expected = difflib.get_close_matches(word.lower(), keys, n=1)
        assert nearest(word, pool) == (expected[0] if expected else None), word


def test_a_hint_lists_a_few_of_many_names() -> None:
    """Twenty names, and how many more there are; the last one is named rather than counted."""
    many = [f"n{number}" for number in range(100)]
    assert listed(many) == f"{', '.join(many[:MAX_NAMED])} and 80 more"
    assert listed(many[: MAX_NAMED + 1]) == ", ".join(many[: MAX_NAMED + 1])


def test_a_known_table_is_read_once_for_its_suggestions() -> None:
    """Thousands of wrong words are held against one set of names."""
    table = Known((f"name{number}", number) for number in range(200))
    assert table.names is table.names
    assert nearest("nome17", table) == "name17"


def test_names_without_scenes_are_suggested_from_one_set() -> None:
    """Two equal ones would be compared name by name for every wrong word: thousands times thousands."""
    flat = ShotIndex(shots=dict.fromkeys(("coast", "gull"))).near("")
    assert flat.last_parts is flat.names
    scenes = ShotIndex(shots=dict.fromkeys(("bay/coast", "gull"))).near("")
    assert (scenes.names, scenes.last_parts) == ({"bay/coast", "gull"}, {"coast", "gull"})


KINDS = {
    "keys": ("shots:\n", "  s{0}: {{prompt: x, promt: x}}\n", ""),
    "keys of one shot": ("shots:\n  a:\n    prompt: x\n", "    k{0}: 1\n", ""),
    "keys of the file": (SHOT, "k{0}: 1\n", ""),
    "shots": ("shots:\n", "  s{0}: {{model: wan2.7-i2v, prompt: x, first_clip: {{shot: z{0}}}}}\n", ""),
    "shots of a cut": (f"{SHOT}cuts:\n  main:\n", "  - z{0}\n", ""),
    "models": ("shots:\n", "  s{0}: {{prompt: x, model: m{0}}}\n", ""),
    "names in prompts": ("shots:\n", "  s{0}: {{prompt: 'x ${{v{0}x}}'}}\n", "vars:\n|  v{0}: x\n"),
    "members": (
        "shots:\n",
        "  s{0}: {{model: wan2.7-r2v, prompt: x, references: [c{0}x]}}\n",
        "cast:\n|  c{0}: {{image: a.png}}\n",
    ),
    "types": ("shots:\n", "  s{0}: {{prompt: x, duration: long, takes: many}}\n", ""),
    "pipelines": ("shots:\n", "  s{0}: {{use: p{0}}}\n", ""),
    "values of a matrix": (
        "shots:\n  s:\n    prompt: x\n    matrix:\n      v: [VALUES]\n      exclude:\n",
        "      - {{v: w{0}}}\n",
        "",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_for_mistakes_grows_with_their_number(kind: str, tmp_path: Path) -> None:
    """Four times as many take at most about four times as many calls, and say at most four times as much."""

    def made(count: int) -> str:
        head, line, table = KINDS[kind]
        first, _, each = table.partition("|")
        values = ", ".join(f"a{number}" for number in range(count))
        lines = "".join(line.format(number) for number in range(count))
        return TOP + first + "".join(each.format(n) for n in range(count)) + head.replace("VALUES", values) + lines

    def work(count: int) -> tuple[int, int]:
        text = made(count)
        found, calls = count_calls(lambda: problems_of(tmp_path, text))
        assert len(found) >= count
        return calls, sum(len(each.message) + len(each.hint or "") for each in found)

    problems_of(tmp_path, made(55))
    (few, short), (many, long) = work(60), work(240)
    assert many < 5 * few
    assert long < 6 * short


def test_a_folder_is_listed_once_for_all_files_that_it_lacks(tmp_path: Path) -> None:
    """Each of hundreds of missing files has its hint, and four times as many take at most about four times as long."""

    def work(count: int) -> int:
        folder = tmp_path / str(count)
        (folder / "s").mkdir(parents=True)
        for number in range(count):
            (folder / "s" / f"b{number:03}.yaml").touch()
        boundary = Boundary(folder)
        wrong = [f"s/bb{number:03}.yaml" for number in range(count)]
        hints, calls = count_calls(lambda: [hint_for_path(folder, path, boundary) for path in wrong])
        assert hints == [f"did you mean `s/b{number:03}.yaml`?" for number in range(count)]
        return calls

    work(55)
    assert work(240) < 5 * work(60)


def test_texts_of_a_production_have_a_size_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where each file is small enough; the file that is too much is named where it is included."""
    monkeypatch.setattr(source_texts, "MAX_BYTES_IN_ALL", 200)
    text = f"{TOP}{SHOT}include: [b.yaml, c.yaml]\n"
    more = "shots: {}\n#" + "x" * 60 + "\n"
    assert [(str(each.place), each.message) for each in problems_of(tmp_path, text, b=more, c=more)] == [
        ("wanflow.yaml:5:19", "the texts of a production have at most 0 MB in all")
    ]


def test_patterns_of_a_production_have_a_ceiling_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is narrow enough by itself; those that come too late scan nothing."""
    monkeypatch.setattr(file_patterns, "MAX_SCANNED_IN_ALL", 70)
    (tmp_path / "s").mkdir()
    for number in range(30):
        (tmp_path / "s" / f"{number}.txt").touch()
    found = problems_of(tmp_path, f"{TOP}{SHOT}include: [s/*.a, s/*.b, s/*.c, s/*.d]\n")
    assert [each.message.partition("`, ")[0] for each in found] == [
        *("no file matches `s/*.a`", "no file matches `s/*.b`"),
        *(f"`s/*.{name}` is too much: all patterns scan more than 70 files" for name in "cd"),
    ]


def test_texts_of_a_production_have_lines_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line takes memory although it is a comment."""
    monkeypatch.setattr(source_texts, "MAX_LINES", 30)
    text = f"{TOP}{SHOT}include: [b.yaml]\n"
    assert [each.message for each in problems_of(tmp_path, text, b="shots: {}\n" + "#\n" * 30)] == [
        "the texts of a production have at most 30 lines in all"
    ]


def test_texts_of_a_production_have_values_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aliases count at each use."""
    monkeypatch.setattr(source_texts, "MAX_VALUES", 50)
    text = f"{TOP}{SHOT}include: [b.yaml]\n"
    more = "x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\nx-b: [*a, *a]\n"
    assert problems_of(tmp_path, text, b=more) == []
    found = problems_of(tmp_path, text, b=f"{more}x-c: [*a, *a]\n")
    assert [str(each.place) for each in found] == ["b.yaml:3:1"]


def test_long_texts_count_as_several_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alias of a long text costs what its characters cost, wherever it is used."""
    monkeypatch.setattr(yaml_text, "MAX_ALIASED", 100)
    text = f"{TOP}x-p: &p {'word ' * 800}\nshots:\n"
    shots = [f"  s{number}: {{prompt: *p }}\n" for number in range(6)]
    assert problems_of(tmp_path, text + "".join(shots[:4])) == []
    assert "aliases expand to more than" in problems_of(tmp_path, text + "".join(shots))[-1].message


@pytest.mark.parametrize("marks", ["\u0301", "\u0301\u0323"])
def test_rows_of_combining_marks_are_not_normalised(marks: str, tmp_path: Path) -> None:
    """Sorting a hundred thousand of them would take minutes; a text with a few is like any other."""
    found = problems_of(tmp_path, f"{TOP}shots: {{a: {{prompt: 'a{marks * 100_000}'}}}}\n")
    assert [each.message for each in found] == ["the text has more than 30 combining marks in a row"]
    few = f"a{marks * 8} " * 60
    assert problems_of(tmp_path, f"{TOP}shots: {{a: {{prompt: '{few}'}}}}\n") == []


def test_a_value_of_ligatures_is_read_as_far_as_a_name_goes() -> None:
    """One such character becomes eighteen."""
    assert len(slug("\ufdfa" * 1_000_000)) < 100_000


def test_filled_in_texts_have_a_size_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text in a matrix is not copied for each of its shots, and it is said once."""
    monkeypatch.setattr(names, "MAX_FILLED_IN_ALL", 1_000)
    monkeypatch.setattr(names.Room, "__init__", lambda self: setattr(self, "left", 1_000))
    values = ", ".join(f"v{number}" for number in range(30))
    text = f"{TOP}shots:\n  a: {{prompt: '{'x' * 100} ${{v}}', matrix: {{v: [{values}]}}}}\n"
    found = problems_of(tmp_path, text)
    assert [each.message for each in found] == ["names make texts of more than 1000 characters in all"]


def test_a_file_that_breaks_the_format_everywhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks it first is not listed, since nothing of the file can be used."""
    for module in (schemas, schema_problems):
        monkeypatch.setattr(module, "MAX_VIOLATIONS", 10)
    found = problems_of(tmp_path, f"{TOP}shots:\n" + "".join(f"  s{number}: [1]\n" for number in range(40)))
    assert [each.message for each in found] == ["`wanflow.yaml` breaks the format in more than 10 places"]


@pytest.mark.parametrize("line", ["- *b\n", "- !b a\n", '- "\\ud800"\n', "- {? [] : 1}\n"])
def test_a_text_of_wrong_lines_ends_the_reading(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first problems are told, and that the rest is not read."""
    monkeypatch.setattr(yaml_text, "MAX_PROBLEMS", 5)
    found = problems_of(tmp_path, f"{TOP}{SHOT}x-a:\n{line * 40}")
    assert "more than 5 problems: the rest of the file is not read" in [each.message for each in found]
    assert len(found) == 7


@pytest.mark.parametrize(
    "text",
    [
        "shots: {a: {prompt: '$" + "é" * 20_000 + "'}}\nvars: {b: x}\n",
        "shots: {a: {prompt: x, duration: '" + "1" * 20_000 + " x'}}\n",
        "shots: {a: {prompt: x, references: '" + "a, " * 20_000 + "!'}}\n",
        "shots: {a: {prompt: x}}\ncuts: {m: [{shot: a, transition: 'a" + " a" * 20_000 + "!'}]}\n",
        "shots: {a: {prompt: x, duration: '" + "1:" * 20_000 + "'}}\n",
        "shots: {a: {prompt: '" + "${" * 20_000 + "'}}\n",
    ],
    ids=["dollar", "digits", "commas", "transition", "clock", "open"],
)
def test_no_pattern_of_ours_backtracks(text: str, tmp_path: Path) -> None:
    """Twenty thousand repeated signs are looked at once each, not once for each other: this ends."""
    assert problems_of(tmp_path, TOP + text)
