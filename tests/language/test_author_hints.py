"""Mistakes that film makers make, each with its place, a plain message and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from language.conftest import Reading
from PIL import Image

from kit.production_files import write_files
from wanflow.boundary import Boundary
from wanflow.language.load import Overrides
from wanflow.language.problem import Severity
from wanflow.language.production import TransitionKind
from wanflow.loading import read as load
from wanflow.loading import sound_part
from wanflow.suggest import hint_for_path, nearest_path

HEAD = "defaults: {model: wan2.7-i2v}\n"
SHOTS = HEAD + "shots:\n  a: {first_frame: a.png}\n  b: {first_frame: a.png}\n"
"""Two shots; the next line of a production is its line 6."""
KINDS = ", ".join(f"`{kind}`" for kind in TransitionKind)


def shot(keys: str) -> str:
    """A production whose shot `b` has these keys, in line 5 from column 23."""
    return f"{HEAD}shots:\n  a: {{first_frame: a.png}}\n  b: {{first_frame: a.png, {keys}}}\n"


def item(keys: str) -> str:
    """A production with a cut whose second item has these keys."""
    return f"{SHOTS}cuts:\n  m: [a, {{{keys}}}]\n"


OF_MUSIC = "it belongs to the music: `music: {file: …, gain: -6}`"
OF_ITEMS = "trim an item: `{shot: NAME, in: 1, out: 3}`"
TAKE_2 = "name the shot, `b`, and pick the take: `wanflow pick b 2`"

MISTAKES = [
    # keys by their names in other tools
    (shot("length: 5"), (5, 27), "unknown key `length`", "write `duration`"),
    (shot("aspect_ratio: 1"), (5, 27), "unknown key `aspect_ratio`", "write `ratio`"),
    (shot("text: hi"), (5, 27), "unknown key `text`", "write `prompt`"),
    (f"{HEAD}shots:\n  a: {{image: a.png}}\n", (4, 7), "unknown key `image`", "write `first_frame`"),
    (item("shot: b, from: 1"), (7, 20), "unknown key `from`", "write `in`"),
    (item("shot: b, to: 1"), (7, 20), "unknown key `to`", "write `out`"),
    (item("image: a.png, duration: 2"), (7, 11), "unknown key `image`", "write `file`"),
    (item("text: End, duration: 2"), (7, 11), "unknown key `text`", "write `title`"),
    (
        f"{SHOTS}cuts:\n  m: {{items: [a], music: {{file: a.mp3, volume: -3}}}}\n",
        (7, 40),
        "unknown key `volume`",
        "write `gain`",
    ),
    (f"{SHOTS}version: '3'\n", (6, 1), "unknown key `version`", "remove it: `wanflow` is given already"),
    (shot("duration: 4, length: 5"), (5, 40), "unknown key `length`", "remove it: `duration` is given already"),
    (item("shot: b, trim: [0, 1]"), (7, 20), "unknown key `trim`", OF_ITEMS),
    (item("b: {trim: [0, 1]}"), (7, 11), "unknown key `b`", "write `{shot: b, in: …, out: …}`"),
    (item("b: {start: 1, colour: red}"), (7, 11), "unknown key `b`", "write `{shot: b, in: …}`"),
    # shapes
    (
        f"{HEAD}shots:\n  - a: {{first_frame: a.png}}\n",
        (4, 3),
        "`shots` must be a mapping, not a list",
        "give each one a name, without `-`: `NAME: {…}`",
    ),
    (f"{SHOTS}cuts: [a, b]\n", (6, 7), "`cuts` must be a mapping, not a list", "give the cut a name: `main: [a, b]`"),
    (f"{SHOTS}cuts:\n  second: a, b\n", (7, 11), "`second` must be a list or a mapping, not `a, b`", "write `[a, b]`"),
    (item("b: {transition: wipe}"), (7, 11), "unknown key `b`", "write `{shot: b, transition: …}`"),
    (f"{SHOTS}cuts:\n  m:\n    - a\n    - b:\n", (9, 7), "unknown key `b`", "write `{shot: b}`"),
    (
        f"{SHOTS}cast: {{mei: cast/mei.png}}\n",
        (6, 13),
        "`mei` must be a mapping, not `cast/mei.png`",
        "write `mei: {image: cast/mei.png}`",
    ),
    (
        f"{SHOTS}cast: {{mei: cast/mei.mp4}}\n",
        (6, 13),
        "`mei` must be a mapping, not `cast/mei.mp4`",
        "write `mei: {video: cast/mei.mp4}`",
    ),
    (f"{HEAD}shots:\n  a:\n", (4, 5), "`a` needs its settings indented below it", None),
    # values
    (shot("pick: 2"), (5, 33), "`pick` must be `wait`, not `2`", "to choose a take, run `wanflow pick b 2`"),
    (shot("watermark: no"), (5, 38), "`watermark` must be `true` or `false`, not `no`", "write `false`"),
    (shot("watermark: on"), (5, 38), "`watermark` must be `true` or `false`, not `on`", "write `true`"),
    (
        item("shot: b, transition: crossfade"),
        (7, 32),
        f"`transition` must be one of {KINDS}, not `crossfade`",
        "write `dissolve`",
    ),
    (
        item("shot: b, transition: {type: cross-dissolve}"),
        (7, 39),
        f"`type` must be one of {KINDS}, not `cross-dissolve`",
        "write `dissolve`",
    ),
    (
        item("shot: b, transition: fade in"),
        (7, 32),
        f"`transition` must be one of {KINDS}, not `fade in`",
        "write `fade`",
    ),
    (
        f"{SHOTS}cuts: {{m: [a.t2]}}\n",
        (6, 12),
        "an item names a shot, not the take `a.t2`",
        "name the shot, `a`, and pick the take: `wanflow pick a 2`",
    ),
    (f"{SHOTS}budget: 60\n", (6, 9), "`budget` needs a currency: `60 CNY`", None),
    (f"{SHOTS}budget: -5 CNY\n", (6, 9), "`budget` must be a positive amount with a currency", "e.g. `60 CNY`"),
    (
        f"{HEAD}shots:\n  b: {{first_frame: a.png}}\n  c: {{first_clip: b, duration: 12}}\n",
        (5, 19),
        "`b` is a shot, not a file",
        "write `{shot: b}`",
    ),
    (
        item("shot: b, transition: crossfade 1.5s"),
        (7, 32),
        f"`transition` must be one of {KINDS}, not `crossfade 1.5s`",
        "write `{type: dissolve, duration: 1.5}`",
    ),
    (
        item("shot: b, transition: {dissolve: 1}"),
        (7, 33),
        "unknown key `dissolve`",
        "write `{type: dissolve, duration: 1}`",
    ),
    (item("shot: b, volume: 3"), (7, 20), "unknown key `volume`", OF_MUSIC),
    (f"{SHOTS}cuts:\n  m: {{items: [a], volume: 3}}\n", (7, 19), "unknown key `volume`", OF_MUSIC),
    (f"{SHOTS}cuts:\n  m: {{items: [a], aspect_ratio: x}}\n", (7, 19), "unknown key `aspect_ratio`", "write `size`"),
    (f"{SHOTS}cuts:\n  m: {{shots: [a]}}\n", (7, 7), "unknown key `shots`", "write `items`"),
    (
        f"{SHOTS}cuts:\n  m: {{items: [a], length: 5}}\n",
        (7, 19),
        "unknown key `length`",
        "trim an item: `{shot: NAME, in: 1, out: 3}`",
    ),
    (
        f"{SHOTS}cuts:\n  m: {{items: [a], transition: wipe}}\n",
        (7, 19),
        "unknown key `transition`",
        "write it in an item: `{shot: NAME, transition: dissolve}`",
    ),
    (f"{SHOTS}cuts:\n  m: a b\n", (7, 6), "`m` must be a list or a mapping, not `a b`", "write `[a, b]`"),
    (f"{SHOTS}cast: {{li: [li.mp4]}}\n", (6, 12), "`li` must be a mapping, not a list", "write `li: {video: li.mp4}`"),
    (
        f"{HEAD}shots:\n  b: {{first_frame: b.png}}\n  c: {{first_clip: {{b: {{tail: 2}}}}}}\n",
        (5, 20),
        "unknown key `b`",
        "write `{shot: b, tail: …}`",
    ),
    (f"{SHOTS}  c: {{first_clip: b.t2}}\n", (6, 19), "a source names a shot, not the take `b.t2`", TAKE_2),
    (f"{SHOTS}  c: {{first_clip: {{shot: b.t2}}}}\n", (6, 26), "no shot `b.t2`", TAKE_2),
    (f"{SHOTS}cuts: {{m: [{{shot: b.t2}}]}}\n", (6, 19), "an item names a shot, not the take `b.t2`", TAKE_2),
    (
        f"{HEAD}shots:\n  a: {{model: wan2.7-t2v, prompt: {{mei}}}}\n",
        (4, 34),
        "`prompt` must be text, not a mapping",
        'put the text in quotes; the value of a name is `"${mei}"`',
    ),
    # what only follows from a mistake is not said
    (
        f"{SHOTS}  c: {{model: wan2.7-r2v, prompt: '${{mei}} walks'}}\ncast: {{mei: mei.png}}\n",
        (7, 13),
        "`mei` must be a mapping, not `mei.png`",
        "write `mei: {image: mei.png}`",
    ),
    (
        f"{SHOTS}  c: {{model: wan2.7-r2v, prompt: x, references: [mei]}}\ncast: {{mei: {{imag: mei.png}}}}\n",
        (7, 14),
        "unknown key `imag`",
        "did you mean `image`?",
    ),
    (
        f"{SHOTS}  Climb!: {{first_frame: a.png}}\n  c: {{first_clip: {{shot: Climb!}}, duration: 9}}\ncuts: {{m: [Climb!, c]}}\n",
        (6, 8),
        "`Climb!` is not a valid name: it contains `!`",
        "a name begins with a letter or a digit; letters, digits, `_` and `-` follow, e.g. `Climb`",
    ),
    (
        f"{HEAD}shots:\n  a: {{first_frame: a.png, matrix: {{s: [{{words: k}}, {{key: l, words: m}}]}}, prompt: '${{s.words}}'}}\n",
        (4, 40),
        "`key` is missing",
        "a value of several parts needs a `key` for its name; combinations are left out by `exclude`",
    ),
    # characters that nobody sees
    (
        shot("duration: 5\xa0"),
        (5, 38),
        "U+00A0 (no-break space) does not belong here",
        "delete it",
    ),
    (f"{SHOTS}cuts: {{m: [a\u200b]}}\n", (6, 13), "U+200B (zero width space) does not belong here", "delete it"),
    (
        f"{HEAD}shots:\n  a: {{model: wan2.7-t2v\ufeff, prompt: x}}\n",
        (4, 24),
        "U+FEFF (byte order mark) does not belong here",
        "delete it",
    ),
    (
        f"{SHOTS}cuts:\n  m:\n    -\u2003a\n    - b\n",
        (8, 6),
        "U+2003 (em space) is not a space in YAML",
        "use ordinary spaces",
    ),
    # units
    (shot("duration: 4s"), (5, 37), "`duration` must be a whole number, not `4s`", "whole seconds: write `4`"),
    (
        shot("duration: 4.5 sec"),
        (5, 37),
        "`duration` must be a whole number, not `4.5 sec`",
        "whole seconds: write `4` or `5`",
    ),
    (
        shot("duration: 00:01:04"),
        (5, 37),
        "`duration` must be a whole number, not `00:01:04`",
        "whole seconds: write `64`",
    ),
    (
        shot("duration: 120 frames"),
        (5, 37),
        "`duration` must be a whole number, not `120 frames`",
        "write whole seconds, not frames",
    ),
    (shot("duration: 4.0"), (5, 37), "`duration` must be a whole number, not `4.0`", "whole seconds: write `4`"),
    (shot("takes: 3x"), (5, 34), "`takes` must be a whole number, not `3x`", "write `3`"),
    (item("shot: b, in: 500ms"), (7, 24), "`in` must be a number, not `500ms`", "seconds: write `0.5`"),
    (
        f"{SHOTS}cuts:\n  m: {{items: [a], fps: 24fps}}\n",
        (7, 24),
        "`fps` must be a number, not `24fps`",
        "frames a second: write `24`",
    ),
    (
        f"{SHOTS}cuts:\n  m: {{items: [a], loudness: -14 LUFS}}\n",
        (7, 29),
        "`loudness` must be a number, not `-14 LUFS`",
        "LUFS: write `-14`",
    ),
    (
        f"{SHOTS}cuts:\n  m: {{items: [a], music: {{file: a.mp3, gain: -18 dB}}}}\n",
        (7, 46),
        "`gain` must be a number, not `-18 dB`",
        "dB: write `-18`",
    ),
]


@pytest.mark.parametrize(("body", "place", "message", "hint"), MISTAKES, ids=[f"{m} | {h}" for _, _, m, h in MISTAKES])
def test_a_mistake_has_one_problem_that_says_what_to_write(reading: Reading, body, place, message, hint) -> None:
    """One problem each, at the place to change."""
    _, problems = reading(body, head="wanflow: 1\n")
    found = [((each.place.line, each.place.column), each.message, each.hint) for each in problems]
    assert found == [(place, message, hint)]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        # two circles, and a shot that needs itself
        (
            "".join(f"  {a}: {{first_clip: {{shot: {b}, tail: 2}}}}\n" for a, b in ("ab", "ba", "cd", "dc", "ee")),
            [(4, "circular"), (6, "circular"), (8, "depends on itself")],
        ),
        # two circles through one shot
        (
            (
                "  a: {first_clip: {shot: b, tail: 2}, last_frame: {shot: c, frame: last}}\n"
                "  b: {first_clip: {shot: a, tail: 2}}\n  c: {first_clip: {shot: a, tail: 2}}\n"
            ),
            [(4, "circular"), (4, "circular")],
        ),
        # an unknown name, a wrong length and a wrong choice in one shot
        (
            "  a: {first_frame: a.png, prompt: 'x ${who}', duration: 99, resolution: 480P}\n",
            [(4, "no cast member or var `who`"), (4, "`duration` of"), (4, "`resolution` of")],
        ),
        # two mistakes in one item of a cut, and one in each of the next
        (
            (
                "  a: {first_frame: a.png}\ncuts:\n  m:\n    - {shot: xx, in: 4s}\n    - zz\n    - {shot: yy, form: 1}\n"
                "    - {shot: a, transition: zoom}\n    - {file: gone.mp4}\n    - {shot: a, transition: wipe}\n    - []\n"
            ),
            [
                (7, "no shot `xx`"), (7, "`in` must be a number"), (8, "no shot `zz`"), (9, "no shot `yy`"),
                (9, "unknown key `form`"), (10, "`transition` must be one of"), (11, "`gone.mp4` does not exist"),
                (13, "an entry of `m` must be text or a mapping"),
            ],
        ),
    ],
    ids=["circles", "joined circles", "one shot", "items"],
)  # fmt: skip
def test_no_mistake_hides_another(tmp_path, body, places) -> None:
    """All are told at once, in the order of their places."""
    Image.new("RGB", (320, 240)).save(tmp_path / "a.png")
    problems = load(write_files(tmp_path, {"wanflow.yaml": f"shots:\n{body}"}), Overrides()).problems
    found = [each for each in problems if "is not longer than the clip" not in each.message]
    assert [each.place.line for each in found] == [line for line, _ in places]
    assert [words for each, (_, words) in zip(found, places, strict=True) if words not in each.message] == []


def test_a_cut_with_a_broken_item_is_not_taken_for_whole(tmp_path) -> None:
    """What can be used of a production has no cut without the items that are wrong."""
    Image.new("RGB", (320, 240)).save(tmp_path / "a.png")
    body = "shots: {a: {first_frame: a.png}}\ncuts:\n  whole: [a]\n  broken: [a, {shot: a, in: 4s}]\n  long: {items: [[], a]}\n"
    body += '  "none\\r": {}\n'
    part = sound_part(write_files(tmp_path, {"wanflow.yaml": body}), Overrides())
    assert part.production is not None
    assert list(part.production.cuts) == ["whole"]


def test_a_missing_file_of_a_cut_is_told_at_its_path(tmp_path) -> None:
    """Not at the beginning of its item."""
    body = "shots: {}\ncuts:\n  m: [{duration: 2, file: gone.png}]\n"
    (found,) = load(write_files(tmp_path, {"wanflow.yaml": body}), Overrides()).problems
    assert (found.place.line, found.place.column, found.message) == (5, 27, "`gone.png` does not exist")


def test_the_version_in_quotes_is_one_mistake(reading: Reading) -> None:
    """It is a text, and not another number as well."""
    _, problems = reading('wanflow: "1"\nshots: {}\n', head="")
    assert [(each.message, each.hint) for each in problems] == [
        ("`wanflow` must be a whole number, not `1`", "write it without quotes")
    ]


def test_the_version_key_of_other_formats(tmp_path, reading: Reading) -> None:
    """`version: "3"` is answered with wanflow's own key."""
    _, problems = reading('version: "3"\nshots: {}\n', head="")
    assert [(each.message, each.hint) for each in problems] == [("unknown key `version`", "write `wanflow: 1`")]


def test_keys_that_are_not_indented_below_their_shot(reading: Reading) -> None:
    """One problem for each empty shot, with the keys that belong to it; a shot may have the name of such a key."""
    _, problems = reading(f"{HEAD}shots:\n  a:\n  first_frame: a.png\n  prompt: Rain.\n", head="wanflow: 1\n")
    assert [(each.place.line, each.message, each.hint) for each in problems] == [
        (4, "`a` needs its settings indented below it", "indent `first_frame`, `prompt` below it"),
    ]
    _, problems = reading(f"{HEAD}shots:\n  a:\n  video: {{prompt: Rain.}}\n", head="wanflow: 1\n")
    assert [(each.place.line, each.message) for each in problems] == [
        (4, "`a` needs its settings indented below it"),
        (5, "`video` needs a first_frame or a first_clip"),
    ]


def test_media_that_is_not_indented_below_its_shot(reading: Reading) -> None:
    """One problem, at its key; the shot above, whose media it is, is not said to lack it. A shot may have its name."""
    body = (
        f"{HEAD}shots:\n  a:\n    prompt: Rain.\n  first_clip: {{file: a.mp4, tail: 2}}\n"
        "  video: {model: wan2.7-t2v, prompt: Rain.}\ncuts: {main: [a, video]}\n"
    )
    _, problems = reading(body, head="wanflow: 1\n")
    assert [(each.place.line, each.message, each.hint) for each in problems] == [
        (6, "`first_clip` is a key of a shot, not a shot", "indent it below the name of its shot")
    ]


def test_a_list_that_is_not_indented_below_its_shot(reading: Reading) -> None:
    """Like a text."""
    body = "shots:\n  a: {model: wan2.7-t2v, prompt: Rain.}\n  tags: [night]\n"
    _, problems = reading(body, head="wanflow: 1\n")
    assert [(each.place.line, each.message, each.hint) for each in problems] == [
        (4, "`tags` is a key of a shot, not a shot", "indent it below the name of its shot")
    ]


def test_a_shot_that_is_not_indented_below_shots(reading: Reading) -> None:
    """It is known by its model or its prompt."""
    body = "shots:\n  a: {model: wan2.7-t2v, prompt: Rain.}\ncoast:\n  prompt: Waves.\n"
    _, problems = reading(body, head="wanflow: 1\n")
    assert [(each.place.line, each.message, each.hint) for each in problems] == [
        (4, "unknown key `coast`", "indent it below `shots`")
    ]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("a: {model: wan2.7-t2v, prompt: x, resolution: 720}", "`resolution` must be text, not `720`", "write `720P`"),
        ("a: {model: wan2.7-t2v, prompt: x, resolution: 721}", "`resolution` must be text, not `721`", None),
        ("a: {model: wan2.7-t2v, prompt: x, tags: night}", "`tags` must be a list, not `night`", "write `[night]`"),
        (
            "a: {model: wan2.7-r2v, prompt: x, references: mei}",
            "`references` must be a list, not `mei`",
            "write `[mei]`",
        ),
        ("a: {model: wan2.7-t2v, prompt: x, matrix: {b: noir}}", "`b` must be a list, not `noir`", "write `[noir]`"),
        ("a: {model: wan2.7-t2v, prompt: x, tags: 'a, b'}", "`tags` must be a list, not `a, b`", "write `[a, b]`"),
    ],
)
def test_a_value_that_lacks_its_unit_or_its_brackets(reading: Reading, line, message, hint) -> None:
    """The hint is the value as it is written in YAML."""
    _, problems = reading(f"shots:\n  {line}\n", head="wanflow: 1\n")
    assert [(each.message, each.hint) for each in problems] == [(message, hint)]


def test_a_tier_without_its_letter_in_the_defaults_is_one_problem(reading: Reading) -> None:
    """Of `defaults.models`, as in a shot."""
    body = "defaults: {models: {wan2.7-t2v: {resolution: 720}}}\nshots:\n  a: {model: wan2.7-t2v, prompt: Rain.}\n"
    _, problems = reading(body, head="wanflow: 1\n")
    assert [(each.message, each.hint) for each in problems] == [
        ("`resolution` must be text, not `720`", "write `720P`")
    ]


def test_a_known_name_in_the_form_of_another_tool_is_a_warning(reading: Reading) -> None:
    """`$name` and `{name}` stay in the prompt, which is said; unknown ones, money and `$$` are nobody's mistake."""
    body = (
        "defaults: {model: wan2.7-r2v}\ncast: {mei: {image: m.png}}\nvars: {mood: calm}\n"
        "shots:\n  a: {prompt: '$mei and {mei} with ${mei}, {mood}, $moody, $5, $$mei, {sic}'}\n  b: {prompt: '$mei走进来', references: [mei]}\n"
    )
    production, problems = reading(body, head="wanflow: 1\n")
    assert production is not None
    assert [(each.place.line, each.place.column, each.message, each.hint, each.severity) for each in problems] == [
        (6, 15, "`$mei` is not filled in", "did you mean `${mei}`?", Severity.WARNING),
        (6, 15, "`{mei}` is not filled in", "did you mean `${mei}`?", Severity.WARNING),
        (6, 15, "`{mood}` is not filled in", "did you mean `${mood}`?", Severity.WARNING),
        (7, 15, "`$mei` is not filled in", "did you mean `${mei}`?", Severity.WARNING),
    ]


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with a picture in a folder of it."""
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "river_dawn.png").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("sets\\river_dawn.png", "write `sets/river_dawn.png`"),
        ("sets\\River_dwan.png", "write `sets/river_dawn.png`"),
        ("C:\\films\\valley.png", "write `/` between folders, from the folder of the file"),
        ("sets\river_dawn.png", "write `/` between folders: in double quotes a `\\` begins an escape"),
        ("sets/River_Dawn.PNG", "did you mean `sets/river_dawn.png`?"),
        ("sets/river_dawn.jpeg", "did you mean `sets/river_dawn.png`?"),
        ("sets/river_dawn\u200b.png", "did you mean `sets/river_dawn.png`?"),
        ("nowhere/a\u200b.png", "delete U+200B (zero width space)"),
        ("nowhere/a.png", None),
        ("sets／river_dawn。png", "write `sets/river_dawn.png`"),
        ("sets\\river_dawn．png", "write `sets/river_dawn.png`"),
    ],
)
def test_a_path_that_leads_to_no_file_has_a_hint(sets, path, hint) -> None:
    """Of other systems, in other letters, with another ending, or with what nobody sees."""
    assert hint_for_path(sets, path, Boundary(sets)) == hint


def test_the_ending_is_found_among_many_files(sets) -> None:
    """A name that differs in its ending alone is that file, however many others there are."""
    for number in range(100):
        (sets / "sets" / f"other_{number}.png").touch()
    assert hint_for_path(sets, "sets/river_dawn.webp", Boundary(sets)) == "did you mean `sets/river_dawn.png`?"


def test_a_path_is_told_as_the_file_that_names_it_writes_it(sets) -> None:
    """In a file of a folder the hint begins in that folder: for media, included files and pipelines."""
    files = {
        "wanflow.yaml": "include: [parts/one.yaml]\n",
        "parts/one.yaml": (
            "include: [twoo.yaml, ..\\sets\\three.yaml]\nshots:\n  a: {first_frame: ../sets/river_dwan.png}\n"
            "  b: {use: pipes/on.yaml}\n"
        ),
        "parts/two.yaml": "shots: {}\n",
        "sets/three.yaml": "shots: {}\n",
        "parts/pipes/one.yaml": "pipeline: one\n",
    }
    problems = load(write_files(sets, files), Overrides()).problems
    assert [each.hint for each in problems] == [
        "did you mean `two.yaml`?",
        "write `../sets/three.yaml`",
        "did you mean `../sets/river_dawn.png`?",
        "did you mean `pipes/one.yaml`?",
    ]


def test_a_path_one_letter_off_is_found(sets) -> None:
    """In the folder's name as in the file's, with the path to write; nothing near is nothing."""
    tmp_path = sets
    assert nearest_path(tmp_path, "sets/rivr_dawn.png", Boundary(tmp_path)) == "sets/river_dawn.png"
    assert nearest_path(tmp_path, "set/river_dwan.png", Boundary(tmp_path)) == "sets/river_dawn.png"
    assert nearest_path(tmp_path, "sets/harbour.png", Boundary(tmp_path)) is None
    assert nearest_path(tmp_path, "cast/river_dawn.png", Boundary(tmp_path)) is None


@pytest.mark.parametrize(
    ("name", "key", "what"),
    [("a.png", "first_frame", "picture"), ("a.mp4", "first_clip", "video"), ("a.wav", "driving_audio", "sound")],
)
def test_a_pointer_of_git_lfs_is_told_as_what_is_missing(tmp_path, name, key, what) -> None:
    """A clone without LFS has a small text in place of each picture, video and sound."""
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    other = "" if key != "driving_audio" else "first_frame: 'https://a.example/b.png', "
    file = write_files(tmp_path, {"wanflow.yaml": f"shots:\n  a: {{{other}{key}: {name}}}\n"})
    (found,) = load(file, Overrides()).problems
    assert found.message == f"`{name}` is a Git LFS pointer, the {what} itself is not here"
    assert found.hint == "run `git lfs pull`; on GitHub, set `lfs: true` for actions/checkout"
