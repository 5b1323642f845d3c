"""Which known name a misspelt one is taken for."""

from __future__ import annotations

import pytest

from wanflow.suggest import did_you_mean, nearest

HUNDRED = [f"小{chr(0x4E8C + at)}" for at in range(100)]


@pytest.mark.parametrize(
    ("word", "names", "near"),
    [
        ("小名", ["小明"], "小明"),
        ("小名", ["小红", "小明", "小刚"], "小明"),
        ("王芳", ["王刚", "王方", "王小"], "王方"),
        ("小名", [*HUNDRED, "小明"], "小明"),
        ("書店", ["书店"], "书店"),
        ("李晓明", ["李小明", "王五"], "李小明"),
        ("小名", ["小红", "小刚"], None),
        ("大红", ["小明"], None),
        ("明小", ["小明"], None),
        ("镜1", ["镜2"], None),
        ("ab", ["ac", "cd"], None),
        ("a1", ["b1"], None),
        ("ｓｔｙｌｅ", ["style"], "style"),
        ("ｓｔｙｌ", ["style"], "style"),
    ],
)
def test_a_name_of_two_signs_is_near_by_one_of_them(word: str, names: list[str], near: str | None) -> None:
    """Among several by its sound, as an input method offers them; two Latin letters are too few to tell."""
    assert nearest(word, names) == near
    assert did_you_mean(word, names) == (None if near is None else f"did you mean `{near}`?")


@pytest.mark.parametrize(
    ("word", "hint"),
    [("第一场（雨）", "did you mean `第一场-雨`?"), ("海港／清晨", "write `海港/清晨`"), ("ｘｙｚ", "write `xyz`")],
)
def test_a_full_width_sign_that_no_name_has_is_not_replaced(word: str, hint: str) -> None:
    """The ASCII sign of a parenthesis would be refused as well."""
    assert did_you_mean(word, ["第一场-雨", "海港/清晨"]) == hint
