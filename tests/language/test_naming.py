"""Which texts are names, and what is said of the others (format.md, Top level)."""

from __future__ import annotations

import unicodedata

import pytest

from wanflow.characters import bad_sign, case_folded, name_like, on_windows
from wanflow.yamldoc.nodes import Place

NAMES = (
    *("a", "SC01_SH010", "010", "7", "jürgen", "Ёлка", "重逢-A", "码头", "〇五", "々", "𠮷野家", "さくら登場", "ｶﾒﾗ"),
    *("ラーメン", "고양이3", "हिन्दी", "ภาษาไทย", "עברית", "٣", "ǅ", "true", "null", "a_", "a-", "a--b", "Ⅳ"),
)


@pytest.mark.parametrize("name", NAMES)
def test_letters_of_any_script_and_digits_make_a_name_in_both_normal_forms(name: str) -> None:
    """Marks that belong to a letter are part of it, whether Unicode composes them or not."""
    assert bad_sign(name) is None
    assert bad_sign(unicodedata.normalize("NFD", name)) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("_a", 0),
        ("-a", 0),
        ("a.b", 1),
        ("a b", 1),
        ("tag:x", 3),
        ("+a", 0),
        ("a@1", 1),
        ("a/b", 1),
        ("a\n", 1),
        ("猫🐱", 1),
        ("1\ufe0f\u20e3", 1),
        ("a-\u0301", 2),
        ("\u0301a", 0),
        ("重·逢", 1),
        ("镜头１", 2),
        ("镜头Ａ", 2),
        ("a\u200db", 1),
        ("a\u3164", 1),
        ("x²", 1),
        ("a\ufe0f", 1),
    ],
)
def test_the_first_sign_that_no_name_has(text: str, at: int) -> None:
    """Reserved signs, symbols, loose marks, full-width signs of an input method, and letters without a shape."""
    assert bad_sign(text) == at


def test_a_name_is_made_of_any_text_or_nothing_is_left() -> None:
    """What a hint suggests is a name itself."""
    for text in (
        "镜头１",
        "a.b",
        "Climb!",
        "_x_",
        "🌊",
        "猫🐱",
        "《书》",
        "a　b",
        "",
        "…",
        "ǅ·2",
        "\u0301a",
        "·\u0301",
        "a·\u0301",
        "com¹",
        "«Nul»",
    ):
        assert name_like(text) == "" or bad_sign(name_like(text)) is None
        assert on_windows(name_like(text))
    names = {"镜头１": "镜头1", "a..b": "a-b", "🌊": "", "com¹": "com1-1", "«Nul»": "Nul-1"}
    assert {text: name_like(text) for text in names} == names


@pytest.mark.parametrize(("one", "other"), [("Talk", "talk"), ("Straße", "STRASSE"), ("É", "e\u0301"), ("Σας", "σασ")])
def test_names_that_are_one_file_without_case(one: str, other: str) -> None:
    """Unicode case folding, not only that of ASCII."""
    assert case_folded(one) == case_folded(other) != case_folded(f"{one}-")


def test_numbers_and_words_of_yaml_are_names_as_they_are_written(filing) -> None:
    """In keys and wherever a name is expected: sources, items, scenes, tags and references."""
    shots = "  10: {prompt: a, tags: [7]}\n  010: {prompt: b}\n  true: {prompt: c}\n"
    used = "cuts:\n  2: [10, 010, true, {shot: 10}, 3/1]\n"
    scene = "scene: 3\nshots:\n  1: {model: wan2.7-i2v, first_frame: {shot: 10, frame: last}}\n"
    root = "wanflow: 1\ninclude: [b.yaml]\ndefaults: {model: wan2.7-t2v}\nshots:\n"
    production, problems = filing({"wanflow.yaml": root + shots + used, "b.yaml": scene})
    assert problems == ()
    assert [*production.shots] == ["10", "010", "true", "3/1"]
    assert [item.source.shot for item in production.cuts["2"].items] == ["10", "010", "true", "10", "3/1"]
    assert production.shots["10"].tags == ("7",)


def test_a_bad_name_is_one_error_at_its_sign_wherever_it_is_used(filing) -> None:
    """In its own file and in others, in sources and in cuts."""
    root = "wanflow: 1\ninclude: [b.yaml]\ndefaults: {model: wan2.7-t2v}\ncuts:\n  m: [s/重·逢, {shot: s/重·逢}]\n"
    scene = "scene: s\nshots:\n  重·逢: {prompt: a}\n  b: {model: wan2.7-i2v, first_clip: {shot: 重·逢}}\n"
    _, (problem,) = filing({"wanflow.yaml": root, "b.yaml": scene})
    assert problem.place == Place("b.yaml", 3, 4)
    assert problem.message == "`重·逢` is not a valid name: it contains `·`"
    assert (problem.hint or "").endswith("e.g. `重-逢`")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("shots:\n  Talk: {prompt: a}\n  talk: {prompt: b}\n", "`talk` and `Talk`, at wanflow.yaml:4:3,"),
        (
            "shots:\n  t: {prompt: a}\ncuts:\n  Straße: [t]\n  STRASSE: [t]\n",
            "`STRASSE` and `Straße`, at wanflow.yaml:6:3,",
        ),
        (
            "shots:\n  T: {prompt: 'a ${s}', matrix: {s: [x]}}\n  t: {use: p.yaml}\n",
            "`t` and `T`, at wanflow.yaml:4:3,",
        ),
    ],
)
def test_shots_or_cuts_that_differ_only_by_case_are_one_error(reading, body: str, told: str) -> None:
    """With both places: their files would be one where case does not count."""
    _, (problem,) = reading(body, head="wanflow: 1\ndefaults: {model: wan2.7-t2v}\n")
    assert problem.message == f"{told} differ only by case"
    assert str(problem.place) == f"wanflow.yaml:{5 if 'STR' not in body else 7}:3"


def test_cast_members_and_scenes_may_differ_by_case(filing) -> None:
    """No file is called by them alone."""
    root = "wanflow: 1\ninclude: [b.yaml, c.yaml]\nvars: {Mei: a, mei: b}\ndefaults: {model: wan2.7-t2v}\n"
    scenes = {
        f"{file}.yaml": f"scene: {scene}\nshots:\n  {shot}: {{prompt: x}}\n" for file, scene, shot in ("bSx", "csy")
    }
    assert filing({"wanflow.yaml": root, **scenes})[1] == ()
