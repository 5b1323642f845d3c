"""Properties of the language: files, orders and values that mean nothing change nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.production_files import texts_of
from wanflow.characters import bad_sign
from wanflow.graph.build import sources_of
from wanflow.graph.recipe import fingerprint, recipe
from wanflow.language.load import read
from wanflow.language.matrix import slug
from wanflow.language.production import Production
from wanflow.language.source import Frame, Head, NoSuchPiece, Piece, PieceOutside, Span, Tail, frame_span, piece_of

VARS = {"light": "at dawn", "mood": "calm"}
CAST = {"keeper": "{image: k.png}", "gull": "{image: g.png}"}
SHOTS = {
    "coast": {"first_frame": "a.png", "prompt": "The coast ${light}."},
    "near": {"first_clip": "{shot: coast, tail: 2}", "prompt": "nearer", "duration": "6", "seed": "4"},
    "talk": {"model": "wan2.7-r2v", "prompt": '"${keeper} tells ${gull}"', "duration": "5", "ratio": "16:9"},
    "look": {
        "matrix": '{style: [Noir, 水墨], time: ["16:9", dusk], exclude: [{style: noir, time: dusk}]}',
        "first_frame": "{shot: near, frame: last}",
        "prompt": '"${style}, ${time}, ${mood}"',
    },
    "storm": {"use": "p.yaml", "with": '{clip: {shot: near, tail: 3}, words: "${mood}", who: keeper}', "takes": "2"},
    "last": {"first_frame": "{shot: storm, frame: first}", "last_frame": "{shot: look/noir-16x9, frame: 0.5}"},
}
PIPELINE = """\
pipeline: p
inputs: {clip: {type: media}, words: {type: string}, who: {type: cast}}
defaults: {duration: 4}
shots:
  go: {first_clip: {input: clip, tail: 2}, prompt: "On, ${words}"}
  end: {model: wan2.7-r2v, prompt: "${who} waits", ratio: "16:9"}
output: end
"""


def shot_text(name: str, keys: Sequence[str]) -> str:
    """A shot with its keys in this order."""
    return "".join([f"  {name}:\n", *(f"    {key}: {SHOTS[name][key]}\n" for key in keys)])


def file_text(scene: str, names: Sequence[str], orders: Mapping[str, Sequence[str]], includes: Sequence[str]) -> str:
    """One file: its shots in this order, the keys of each in theirs."""
    top = [f"scene: {scene}\n" if scene else "", f"include: [{', '.join(includes)}]\n" if includes else ""]
    shots = "".join(shot_text(name, orders[name]) for name in names)
    return "".join([*top, f"shots:\n{shots}" if names else ""])


def production_of(files: Mapping[str, str]) -> Production:
    """The production of these files, which has to be sound."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        production, problems = read(Path(folder, "wanflow.yaml"))
    assert production is not None, texts_of(problems)
    return production


def requests(production: Production) -> dict[str, tuple[str, int]]:
    """What each shot asks for: its fingerprint, where a source is known by its own text, and how many takes."""
    found: dict[str, tuple[str, int]] = {}
    for name, shot in production.shots.items():
        identities = {slot: {"source": str(source)} for slot, source in sources_of(shot)}
        found[name] = fingerprint(recipe(shot, production.provider.name, identities)), shot.takes
    return found


GROUPS = (
    "vars: {" + ", ".join(f"{name}: {words}" for name, words in VARS.items()) + "}\n",
    "cast: {" + ", ".join(f"{name}: {member}" for name, member in CAST.items()) + "}\n",
    "cuts: {main: [coast, near, look, storm, last]}\n",
)


@st.composite
def splits(draw: st.DrawFn) -> dict[str, str]:
    """The same shots, vars, cast and cut, dealt to files that include each other, every order shuffled."""
    orders = {name: draw(st.permutations(list(keys))) for name, keys in SHOTS.items()}
    count = draw(st.integers(1, 4))
    dealt = {name: draw(st.integers(0, count - 1)) for name in draw(st.permutations(list(SHOTS)))}
    parents = [draw(st.integers(0, number - 1)) for number in range(1, count)]
    homes = [draw(st.integers(0, count - 1)) for _ in GROUPS]
    files = {}
    for number in range(count):
        includes = [f"f{child}.yaml" for child in range(1, count) if parents[child - 1] == number]
        own = file_text("", [name for name in dealt if dealt[name] == number], orders, draw(st.permutations(includes)))
        own += "".join(text for text, home in zip(GROUPS, homes, strict=True) if home == number)
        files[f"f{number}.yaml" if number else "wanflow.yaml"] = own
    head = "wanflow: 1\ndefaults: {model: wan2.7-i2v, resolution: 720P}\n"
    return {**files, "wanflow.yaml": head + files["wanflow.yaml"], "p.yaml": PIPELINE}


@given(splits(), splits())
@settings(deadline=None, max_examples=60)
def test_how_a_production_is_split_over_files_changes_nothing(one: dict[str, str], other: dict[str, str]) -> None:
    """The same shots with the same requests, and the same cut, whatever is where, in whatever order."""
    first, second = production_of(one), production_of(other)
    assert requests(first) == requests(second)
    assert {name: set(shots) for name, shots in first.addresses.items()} == {
        name: set(shots) for name, shots in second.addresses.items()
    }
    items = [[item.source for item in made.cuts["main"].items] for made in (first, second)]
    assert items[0] == items[1]


values = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), min_size=1, max_size=12)
dimensions = st.lists(values.filter(slug), min_size=1, max_size=4, unique_by=slug)


def matrix_of(style: Sequence[str], time: Sequence[str]) -> dict[str, str]:
    """A production with a matrix of these values, each quoted."""
    quoted = [
        ", ".join("'" + value.replace("'", "''").replace("$", "$$") + "'" for value in each) for each in (style, time)
    ]
    text = f"wanflow: 1\nshots:\n  talk:\n    matrix: {{style: [{quoted[0]}], time: [{quoted[1]}]}}\n"
    return {"wanflow.yaml": text + "    model: wan2.7-i2v\n    first_frame: a.png\n    prompt: '${style} at ${time}'\n"}


@given(
    dimensions,
    st.lists(st.sampled_from(["dawn", "9:16", "水墨"]), min_size=1, unique=True),
    values.filter(slug),
    st.data(),
)
@settings(deadline=None, max_examples=60)
def test_a_new_value_of_a_matrix_keeps_every_other_name_and_request(
    style: list[str], time: list[str], new: str, data: st.DataObject
) -> None:
    """Wherever it is put, in whichever dimension."""
    if slug(new) in {slug(value) for value in (*style, *time)} or len(slug(new)) > 60:
        return
    before = requests_or_clash(matrix_of(style, time))
    into = data.draw(st.sampled_from([style, time]))
    at = data.draw(st.integers(0, len(into)))
    longer = [*into[:at], new, *into[at:]]
    after = requests_or_clash(matrix_of(longer, time) if into is style else matrix_of(style, longer))
    if before is None or after is None:
        return
    assert {name: after.get(name) for name in before} == before
    assert len(after) == len(before) // len(into) * len(longer)


def requests_or_clash(files: Mapping[str, str]) -> dict[str, tuple[str, int]] | None:
    """The requests; None where two combinations would have one name, and that is all that is said."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "wanflow.yaml").write_text(files["wanflow.yaml"], encoding="utf-8")
        production, problems = read(Path(folder, "wanflow.yaml"))
    if production is None:
        assert {"would both be named" in problem.message for problem in problems} == {True}, texts_of(problems)
        return None
    return requests(production)


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=400)
def test_a_slug_is_its_own_slug_and_a_legal_part_of_a_name(text: str) -> None:
    """Or nothing at all."""
    part = slug(text)
    assert slug(part) == part
    assert not part or bad_sign(part) is None


RATES = (Fraction(30), Fraction(24), Fraction(25))
FRAMES = 240


@st.composite
def pieces(draw: st.DrawFn, rate: Fraction) -> Piece:
    """A piece whose ends are whole frames, written in decimals."""
    decimals = [number for number in range(FRAMES + 30) if (number * 1000) % rate.numerator == 0]
    begin, end = sorted(draw(st.tuples(st.sampled_from(decimals), st.sampled_from(decimals))))
    first, last = (Decimal(number) / Decimal(rate.numerator) for number in (begin, end))
    kinds = [Tail(last), Head(last), Span(first, last), Span(first, None), Frame("first"), Frame("last"), Frame(first)]
    return draw(st.sampled_from(kinds))


@given(st.sampled_from(RATES), st.data())
@settings(deadline=None, max_examples=500)
def test_a_piece_of_a_piece_is_what_cutting_twice_gives(rate: Fraction, data: st.DataObject) -> None:
    """Frame by frame; what reaches beyond the piece is refused, unless only the whole clip's length could tell."""
    outer, inner = data.draw(pieces(rate)), data.draw(pieces(rate))
    try:
        begin, end = frame_span(outer, FRAMES, rate)
    except PieceOutside:
        return
    try:
        first, last = frame_span(inner, end - begin + 1, rate)
    except PieceOutside:
        twice = None
    else:
        twice = (begin + first, begin + last)
    try:
        once = frame_span(piece_of(outer, inner), FRAMES, rate)
    except (NoSuchPiece, PieceOutside):
        assert twice is None or isinstance(outer, Tail | Frame) or inner == Frame("last")
        return
    assert once == twice or (twice is None and isinstance(outer, Span) and outer.end is None)
