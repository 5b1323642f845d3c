"""Text for pictures: fonts, lines and sizes."""

from __future__ import annotations

import pytest

from wanflow.media import typeset
from wanflow.media.slate import draw_strip
from wanflow.media.typeset import drawable, missing_glyphs

HOSTILE = "it's %{pts} [0:v];drawtext=x:y\\n\x00\x1b[31m \u202eabc\n\t end"


def test_hostile_text_becomes_one_plain_line() -> None:
    """No control or formatting character is left, and nothing else is lost."""
    assert drawable(HOSTILE) == "it's %{pts} [0:v];drawtext=x:y\\n[31m abc end"


def test_what_no_font_has_is_told_and_drawn_visibly(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without a Chinese font the strip shows stand-ins, and callers can say so."""
    monkeypatch.setattr(typeset, "FONTS", ())
    typeset._fonts.cache_clear()
    typeset._font_for.cache_clear()
    try:
        assert missing_glyphs("The 灯塔 lighthouse 灯") == {"灯", "塔"}
        assert draw_strip(["灯塔"], 320, 720).tobytes() == draw_strip(["??"], 320, 720).tobytes()
    finally:
        typeset._fonts.cache_clear()
        typeset._font_for.cache_clear()


def test_plain_text_misses_nothing() -> None:
    """Pillow's own font draws English and the signs of the slate on every machine."""
    assert missing_glyphs("approach · take 1 · wan2.7-i2v · 12 s …\n") == set()
