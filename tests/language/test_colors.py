"""`color_palette`: the colours of a still and their shares, as they are sent and as they are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wanflow.catalog.model import value_text
from wanflow.graph.recipe import fingerprint, recipe
from wanflow.planner.diff import differences
from wanflow.store.lock import Lock

HEAD = "wanflow: 1\ndefaults: {model: wan2.7-image}\n"
THREE = [("#C2D1E6", "40.00%"), ("#803010", "35.50%"), ("#101820", "24.50%")]
SENT = [{"hex": code, "ratio": share} for code, share in THREE]


def written(colors: list[tuple[str, str]]) -> str:
    """Colours as a list in one line."""
    return "[" + ", ".join(f'{{hex: "{code}", ratio: {share}}}' for code, share in colors) + "]"


def test_colours_are_sent_as_they_are_written(reading) -> None:
    """In their order; a name may be filled in, and defaults may have them for the models that know them."""
    text = f"vars: {{brand: '#C2D1E6', most: 40.00%}}\ndefaults: {{color_palette: {written(THREE)}}}\nshots:\n"
    text += "  a: {model: wan2.7-image, prompt: x}\n  b: {model: wan2.7-t2v, prompt: x}\n  c:\n"
    text += "    model: wan2.7-image-pro\n    prompt: x\n    color_palette:\n"
    text += '      - {hex: "${brand}", ratio: "${most}", x-name: sky}\n'
    text += '      - {ratio: 60.00%, hex: "#0a0b0c"}\n      - {hex: "#000000", ratio: 0.00%}\n'
    production, problems = reading(text, head="wanflow: 1\n")
    assert problems == ()
    shots = production.shots
    assert shots["a"].parameters["color_palette"] == SENT
    assert "color_palette" not in shots["b"].parameters
    own = shots["c"].parameters["color_palette"]
    assert [dict(color) for color in own] == [
        {"hex": "#C2D1E6", "ratio": "40.00%"},
        {"hex": "#0a0b0c", "ratio": "60.00%"},
        {"hex": "#000000", "ratio": "0.00%"},
    ]
    assert value_text(own).startswith("#C2D1E6 40.00% / #0a0b0c 60.00%")
    origin = shots["c"].origins["color_palette"]
    assert (origin.place.line, [each.name for each in origin.filled]) == (11, ["brand", "most"])


def test_only_colours_that_are_sent_change_a_fingerprint(reading) -> None:
    """A still without them keeps the one that it had before there were any (law 5); the order of keys is nothing."""
    production, _ = reading(
        f"shots:\n  a: {{prompt: x}}\n  b: {{prompt: x, color_palette: {written(THREE)}}}\n", head=HEAD
    )
    plain, colored = (recipe(production.shots[name], "dashscope", {}) for name in "ab")
    assert fingerprint(plain) == "9b92c8ae9924125ee531c018a485d5a7a32f3dbe65341a82a8f604b3e016793b"
    turned = [{"ratio": color["ratio"], "hex": color["hex"]} for color in SENT]
    same = replace(production.shots["b"], parameters={**production.shots["b"].parameters, "color_palette": turned})
    assert fingerprint(recipe(same, "dashscope", {})) == fingerprint(colored) != fingerprint(plain)
    (added,) = differences(plain, colored, Lock())
    assert added.text == "color_palette: (none) → #C2D1E6 40.00% / #803010 35.50% / #101820 24.50%"
    moved = {**colored, "parameters": {**production.shots["b"].parameters, "color_palette": [*SENT, *SENT]}}
    (changed,) = differences(colored, moved, Lock())
    assert len(changed.text) < 200


WRONG = [
    (written(THREE[:2]), "[", "`color_palette` of `wan2.7-image` takes 3 to 10 colours, not 2", ""),
    (written([("#000000", "1.00%")] * 10 + THREE), '{hex: "#C2D1E6"', "takes 3 to 10 colours, not 13", ""),
    ("[]", "[]", "takes 3 to 10 colours, not 0", ""),
    (written([*THREE[:2], ("#101820", "24.49%")]), "[", "make 99.99% together, not 100.00%", "with `24.50%` the last"),
    (written([*THREE, ("#101820", "50.00%")]), "[", "make 150.00% together", "make them smaller"),
    (written([*THREE[:2], ("101820", "24.50%")]), '"101820"', "`hex` must be `#` and six", 'write `hex: "#101820"`'),
    (written([*THREE[:2], ("#18a", "24.50%")]), '"#18a"', "not `#18a`", 'write `hex: "#1188aa"`'),
    (written([*THREE[:2], ("navy", "24.50%")]), '"navy"', "not `navy`", 'write `hex: "#C2D1E6"`'),
    (written([*THREE[:2], ("#101820", "24.5%")]), "24.5%", "a percentage with two decimals", "write `ratio: 24.50%`"),
    (written([*THREE[:2], ("#101820", "24.5")]), "24.5", "not `24.5`", "write `ratio: 24.50%`"),
    (written([*THREE[:2], ("#101820", "-1.00%")]), "-1.00%", "not `-1.00%`", "write `ratio: 23.51%`"),
    ("[{hex: 112233, ratio: 1.00%}]", "112233", "not `112233`", 'write `hex: "#112233"`'),
    ("{hex: '#112233', ratio: 1.00%}", "{", "`color_palette` must be a list, not a mapping", ""),
    ("'#112233'", "'#11", "`color_palette` must be a list, not `#112233`", ""),
    ("[{hex: '#112233'}]", "{hex", "`ratio` is missing", ""),
    ("[{hex: ['#112233'], ratio: 1.00%}]", "['#", "`hex` must be text or a number, not a list", ""),
    ("[{hex: '#112233', ratio: 1.00%, name: sky}]", "name", "unknown key `name`", "known keys: hex, ratio"),
    ("[{hex: '${none}', ratio: 1.00%}]", "'${none}", "no var `none`", "define `none`"),
]


@pytest.mark.parametrize(("colors", "at", "message", "hint"), WRONG, ids=[f"{at}-{hint}" for _, at, _, hint in WRONG])
def test_what_the_service_would_refuse_is_an_error_at_its_entry(
    colors: str, at: str, message: str, hint: str, reading
) -> None:
    """The place is that of the wrong part; of all colours together it is that of the list."""
    line = f"  a: {{prompt: x, color_palette: {colors}}}"
    _, problems = reading(f"shots:\n{line}\n", head=HEAD)
    found = next(each for each in problems if message in each.message)
    assert found.place.line == 4
    assert line[found.place.column - 1 :].startswith(at)
    assert found.hint is None if not hint else (found.hint or "").startswith(hint)


def test_a_colour_without_quotes_is_a_comment(reading) -> None:
    """Which an author cannot know from the value."""
    text = "shots:\n  a:\n    prompt: x\n    color_palette:\n      - hex: #C2D1E6\n        ratio: 1.00%\n"
    _, problems = reading(text, head=HEAD)
    (found,) = [each for each in problems if each.message.startswith("`hex` must be")]
    assert (found.place.line, found.hint) == (7, 'an unquoted `#` begins a comment: write `hex: "#C2D1E6"`')
