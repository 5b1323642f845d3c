"""Characters that no font on this machine has are named before a cut draws boxes in their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.conftest import Wanflow

from kit.square_fonts import bare_machine, forget, square_font
from wanflow import loading
from wanflow.characters import without_font
from wanflow.media.text import fonts

GLYPH = "\U00013000"
"""A character that no usual font has."""
FILM = """\
wanflow: 1
label: {opening_notice: {text: NOTICE}}
shots:
  coast: {model: wan2.7-i2v, first_frame: sets/coast.png, duration: 2, resolution: 720P, prompt: PROMPT}
cuts:
  main:
    items: [coast, {title: TITLE, duration: 2}]
    subtitles: [{file: en.srt, burn: true}]
"""
SRT = "1\n00:00:00,000 --> 00:00:01,000\nSPOKEN\n"
PLACES = {
    "NOTICE": "wanflow.yaml:2:32",
    "PROMPT": "wanflow.yaml:4:100",
    "TITLE": "wanflow.yaml:7:20",
    "SPOKEN": "en.srt:2:1",
}


def write(film: Path, words: str, place: str = "") -> None:
    """A film with these words in one of the texts that its cut draws."""
    film.write_text(FILM.replace(place, words) if place else FILM, encoding="utf-8")
    (film.parent / "en.srt").write_text(SRT.replace(place, words) if place else SRT, encoding="utf-8")


@pytest.mark.parametrize("place", PLACES)
def test_boxes_are_foretold_wherever_they_would_be_drawn(place: str, wanflow: Wanflow, film: Path) -> None:
    """By `plan`, `validate` and `doctor`, where they are written, with the way out; a font in `fonts/` is one."""
    write(film, f"a {GLYPH}", place)
    trouble = f"{PLACES[place]}: missing glyphs `{GLYPH}`: no installed font has them; 1 of "
    done = wanflow("plan")
    assert (done.code, f"note: cut:main: {trouble}" in done.out) == (0, True), done
    assert "boxes: put one that has them into `fonts/`" in done.out
    assert ("also of the AI notice" in done.out) == (place == "NOTICE")
    assert trouble in json.loads(wanflow("plan", "--json").out)["notes"][0]
    done = wanflow("doctor")
    assert (done.code, f"cut:main: {trouble}" in done.out) == (0, True)
    done = wanflow("validate")
    assert (done.code, PLACES[place] in done.out, f"missing glyphs `{GLYPH}`" in done.out) == (0, True, True), done
    (film.parent / "fonts").mkdir()
    square_font(film.parent / "fonts" / "square.ttf", GLYPH)
    assert "missing glyphs" not in wanflow("plan").out
    assert "missing glyphs" not in wanflow("doctor").out + wanflow("validate").out


def test_nothing_is_foretold_of_what_is_not_drawn(wanflow: Wanflow, film: Path) -> None:
    """A slate is drawn by the animatic alone, and a cut that is not written draws nothing."""
    write(film, GLYPH, "PROMPT")
    assert "missing glyphs" not in wanflow("plan", "--backend", "dashscope").out
    assert "missing glyphs" not in wanflow("plan", "coast").out


@pytest.mark.parametrize("cut", ["", "cuts: {main: {slate: false, items: [rain]}}\n"])
def test_cards_of_the_animatic_are_foretold_too(cut: str, wanflow: Wanflow, film: Path) -> None:
    """Without any cut, and beside one without slates; a shot that shows its picture has no card, and is not paid for."""
    words = f"wanflow: 1\nshots:\n  rain: {{model: wan2.7-t2v, duration: 2, prompt: a {GLYPH}}}\n"
    still = f"  coast: {{model: wan2.7-i2v, first_frame: sets/coast.png, duration: 2, prompt: b {GLYPH}}}\n"
    film.write_text(words + still + cut, encoding="utf-8")
    trouble = f"missing glyphs `{GLYPH}`: no installed font has them; the animatic's cards leave out 1 of 2 characters"
    done = wanflow("validate")
    assert ("wanflow.yaml:3:52" in done.out, trouble in " ".join(done.out.split())) == (True, True), done
    assert f"animatic: wanflow.yaml:3:52: {trouble}: install one" in wanflow("plan").out
    assert f"animatic: wanflow.yaml:3:52: {trouble}" in wanflow("doctor").out
    for other in (("plan", "coast"), ("plan", "--backend", "dashscope")):
        assert "missing glyphs" not in wanflow(*other).out


def test_cuts_with_the_same_warning_share_it(wanflow: Wanflow, film: Path) -> None:
    """At the character of a prompt, and on slates, where they show it."""
    film.write_text(
        "wanflow: 1\nshots:\n  rain:\n    model: wan2.7-t2v\n    duration: 2\n    prompt: >-\n      a tower\n"
        f"      by the {GLYPH}\ncuts: {{one: {{items: [rain]}}, two: {{items: [rain]}}}}\n",
        encoding="utf-8",
    )
    out = wanflow("plan").out
    assert out.count("missing glyphs") == 1
    assert "note: cut:one, cut:two: wanflow.yaml:8:14: missing glyphs" in out
    assert "1 of 16 characters, all on slates, are drawn as boxes" in out


def test_a_film_with_boxes_is_made_again_once_a_font_has_them(
    wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then it stays, and `plan` still says what it lacks; a film that lacks nothing never asks the fonts."""
    cuts = "cuts:\n" + "".join(
        f"  {name}: {{size: 128x72, fps: 10, items: [{{title: {words}, duration: 0.2}}]}}\n"
        for name, words in {"boxed": f"a {GLYPH}", "plain": "a b"}.items()
    )
    film.write_text(f"wanflow: 1\n{cuts}", encoding="utf-8")
    made = film.parent / "out" / "boxed.mp4"
    with bare_machine():
        assert wanflow("run", "-q").code == 0
        boxes = made.read_bytes()
        done = wanflow("plan")
        assert ("nothing to do" in done.out, f"missing glyphs `{GLYPH}`" in done.out) == (True, True), done
        monkeypatch.setattr(fonts, "OTHER_FONTS", (str(square_font(film.parent / "square.ttf", GLYPH)),))
        forget()
        done = wanflow("plan")
        assert f"fonts now have `{GLYPH}`, which the film has as boxes" in done.out, done
        assert "missing glyphs" not in done.out
        assert "cut:plain" not in done.out
        assert wanflow("run", "-q").code == 0
        assert made.read_bytes() != boxes
        monkeypatch.setattr(loading, "glyphs_found", None)
        assert "nothing to do" in wanflow("plan").out


def test_a_chinese_text_names_packages() -> None:
    """Beside the characters that lack a font; for other scripts it names none."""
    words, hint = without_font("灯塔看守人第一集", 12, 40, {"title", "slate"})
    assert words == "missing glyphs `灯塔看守人…`: no installed font has them; 12 of 40 characters are drawn as boxes"
    assert "`fonts-noto-cjk` (Debian, Ubuntu)" in hint
    for other in (GLYPH, "🎬"):
        assert "noto" not in without_font(other, 1, 1, {"notice"})[1]
