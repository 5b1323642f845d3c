"""What becomes of a value in a shot's name."""

from __future__ import annotations

import pytest

from wanflow.characters import bad_sign
from wanflow.language.matrix import slug

VALUES = {
    "Film Noir": "film-noir",
    "  hand--painted,  in OIL! ": "hand-painted-in-oil",
    "snake_case": "snake_case",
    "_private_": "private",
    "Café Ünïcode Ångström": "cafe-unicode-angstrom",
    "Cafe\u0301": "cafe",
    "ﬁne ﬂow": "fine-flow",
    "straße": "strasse",
    "水墨": "水墨",
    "水墨 Noir": "水墨-noir",
    "雨，夜": "雨-夜",
    "１６：９": "16x9",
    "Ｆｕｌｌ": "full",
    "16:9": "16x9",
    "16 : 9": "16x9",
    "1280*720": "1280x720",
    "1280 × 720": "1280x720",
    "2:30:15": "2x30x15",
    "a:b": "a-b",
    "1.10": "1-10",
    "-5": "5",
    "true": "true",
    "0": "0",
    "sets/coast.png": "sets-coast-png",
    "../up": "up",
    "a.t2": "a-t2",
    "cut:main": "cut-main",
    "a\nb\tc": "a-b-c",
    "": "",
    "!?": "",
    "---": "",
    "Привет, мир": "привет-мир",
    "🌊": "",
    "カタ": "カタ",
    "ＶＨＳ風 カタ": "vhs風",
    "हिन्दी": "हिन्दी",
}


@pytest.mark.parametrize(("value", "part"), VALUES.items(), ids=[repr(value) for value in VALUES])
def test_a_value_as_a_part_of_a_name(value: str, part: str) -> None:
    """English, accents, Chinese, figures with a colon or a star; nothing where no letter is left."""
    assert slug(value) == part


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_slug_is_its_own_slug_and_may_stand_in_a_name(value: str) -> None:
    """No dot, slash, colon, comma, plus or blank, which mean something in addresses."""
    assert slug(slug(value)) == slug(value)
    assert slug(value) == "" or bad_sign(slug(value)) is None
