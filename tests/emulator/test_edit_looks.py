"""The look of an edit, by the words of its prompt."""

from __future__ import annotations

import pytest

from wanflow.emulator.film.drawing import TINTS, EditLook, Precipitation, choose_look


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Turn day into NIGHT", "把白天变成夜晚"),
        ("film noir", "改成黑白"),
        ("a sepia print", "复古"),
        ("golden hour", "黄昏"),
        ("neon signs", "霓虹"),
        ("fog rolls in", "起雾"),
        ("heavy rain", "下雨"),
        ("first snow", "下雪"),
    ],
)
def test_english_and_chinese_words_mean_the_same_look(one: str, other: str) -> None:
    """Whatever the case; the seed does not matter where the words decide."""
    assert choose_look(one, 1) == choose_look(other, 2)


def test_night_and_rain_go_together() -> None:
    """The look is the night's, and rain falls."""
    look = choose_look("Turn day into night; rain on the glass.", 1)
    assert look.precipitation is Precipitation.RAIN
    assert look.gain == choose_look("night", 1).gain


@pytest.mark.parametrize("word", ["a train in Spain", "a knight", "brainstorm", "mistake", "a rainbow"])
def test_a_word_inside_another_is_not_meant(word: str) -> None:
    """Such a prompt gets a tint."""
    assert choose_look(word, 1).precipitation is Precipitation.NONE
    assert (choose_look(word, 1).blue, choose_look(word, 1).red) in TINTS


def test_no_word_gives_a_tint_by_the_seed() -> None:
    """An edit always shows; seeds differ."""
    looks = {choose_look("a red coat", seed) for seed in range(20)}
    assert len(looks) > 3
    assert EditLook() not in looks
