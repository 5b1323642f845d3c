"""One shot for each combination: names, values, what is left out, and groups."""

from __future__ import annotations

import pytest

from kit.production_files import shots_of, texts_of
from wanflow.language import expand
from wanflow.language.source import ShotSource, Tail

MORE = "write `{key: a-short-name, words: …}` and `${s.words}`"


def shot(matrix: str, *lines: str, above: str = "", below: str = "") -> str:
    """A production with one shot `talk` whose matrix is at line 5 (or further down), column 13."""
    own = "".join(f"    {line}\n" for line in lines or ("first_frame: a.png",))
    return f"{above}shots:\n  talk:\n    matrix: {matrix}\n{own}{below}"


def test_combinations_are_named_by_their_values_in_order(reading) -> None:
    """The last dimension runs fastest; figures, truth values and Chinese words are parts of names too."""
    found = reading(
        shot(
            '{style: [Film Noir, 水墨, Café], ratio: ["16:9", 9:16], n: [1.10, true]}',
            *("model: wan2.7-t2v", 'prompt: "${style} ${ratio} ${n}"', "ratio: ${ratio}"),
        )
    )
    assert {name: (made.prompt, made.parameters["ratio"]) for name, made in shots_of(found).items()} == {
        f"talk/{slug}-{ratio.replace(':', 'x')}-{part}": (f"{style} {ratio} {n}", ratio)
        for style, slug in (("Film Noir", "film-noir"), ("水墨", "水墨"), ("Café", "cafe"))
        for ratio in ("16:9", "9:16")
        for n, part in (("1.10", "1-10"), ("true", "true"))
    }
    assert list(shots_of(found))[:3] == [
        "talk/film-noir-16x9-1-10",
        "talk/film-noir-16x9-true",
        "talk/film-noir-9x16-1-10",
    ]


def test_a_value_keeps_its_type_alone_and_its_digits_in_words(reading) -> None:
    """`${secs}` is a number where it is all there is."""
    found = reading(shot("{secs: [4, 5]}", "first_frame: a.png", "duration: ${secs}", "prompt: for ${secs} s"))
    assert [(each.parameters["duration"], each.prompt) for each in shots_of(found).values()] == [
        (4, "for 4 s"),
        (5, "for 5 s"),
    ]


def test_a_value_of_several_parts(reading) -> None:
    """Its `key` goes into the name, the others where they are named."""
    found = reading(
        shot(
            "{style: [{key: Noir, words: 'black, white', secs: 4}, {key: oil, words: oil, secs: 5}]}",
            *("first_frame: ${style.key}.png", "prompt: ${style.words}", "duration: ${style.secs}"),
        )
    )
    rows = {name: (m.media[0].source.path, m.prompt, m.parameters["duration"]) for name, m in shots_of(found).items()}
    assert rows == {"talk/noir": ("Noir.png", "black, white", 4), "talk/oil": ("oil.png", "oil", 5)}


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ("[{a: x, b: v}, {a: y, b: u}]", ["x-u", "y-v"]),
        ("[{a: x}]", ["y-u", "y-v"]),
        ("[{a: X, x-why: dull}]", ["y-u", "y-v"]),
        ("[{b: ${gone}}]", ["x-u", "y-u"]),
        ("[]", ["x-u", "x-v", "y-u", "y-v"]),
    ],
)
def test_exclude_takes_combinations_out(reading, rules, left) -> None:
    """Whole ones, and all that have a value; a value of several parts by its key."""
    text = shot("{{a: [{{key: x, w: 1}}, y], b: [u, v], exclude: {}}}".format(rules.replace("${gone}", "'${gone}'")))
    assert list(shots_of(reading("vars: {gone: v}\n" + text))) == [f"talk/{name}" for name in left]


def test_values_may_be_vars_and_cast_members(reading) -> None:
    """The name is made of the value's meaning."""
    cast = "vars: {deep: Deep Blue}\ncast: {k: {image: k.png}, g: {image: g.png}}\n"
    lines = ("model: wan2.7-r2v", 'references: ["${who}"]', "prompt: ${who} in ${look}")
    found = reading(shot('{who: ["${k}", "${g}"], look: ["${deep}"]}', *lines[::2], above=cast))
    assert {name: each.prompt for name, each in shots_of(found).items()} == {
        "talk/k-deep-blue": "Image 1 in Deep Blue",
        "talk/g-deep-blue": "Image 1 in Deep Blue",
    }
    found = reading(shot("{who: [k, g], look: [x]}", *lines, above=cast))
    assert [each.media[0].cast for each in shots_of(found).values()] == ["k", "g"]


def test_a_group_in_a_cut_is_its_shots_in_order(reading) -> None:
    """Each with the item's own keys; a member is named by its whole name."""
    below = "cuts: {all: [talk, talk/b], some: [{shot: talk, in: 1, transition: fade}]}\n"
    production, problems = reading(shot("{s: [c, b, a]}", below=below))
    assert production is not None, texts_of(problems)
    assert [item.source.shot for item in production.cuts["all"].items] == ["talk/c", "talk/b", "talk/a", "talk/b"]
    assert [(item.start, item.transition.kind) for item in production.cuts["some"].items] == [(1, "fade")] * 3
    assert production.addresses == {"talk": ("talk/c", "talk/b", "talk/a")}


def test_a_member_is_a_source_and_knows_its_neighbours(reading) -> None:
    """From outside by its whole name; from inside the names around it are known."""
    below = "  z: {first_clip: {shot: talk/b, tail: 2}}\n  coast: {first_frame: c.png}\n"
    shots = shots_of(reading(shot("{s: [a, b]}", "first_clip: {shot: coast, tail: 2}", "tags: ['${s}']", below=below)))
    assert shots["z"].media[0].source == ShotSource("talk/b", Tail(2))
    assert shots["talk/a"].media[0].source == ShotSource("coast", Tail(2))
    assert [shots[f"talk/{name}"].tags for name in "ab"] == [("a",), ("b",)]


def test_a_new_value_changes_no_other_shot(reading) -> None:
    """Not their names, nor anything that is sent."""
    lines = ("first_frame: a.png", "prompt: ${s} ${t}")
    before = shots_of(reading(shot("{s: [b, d], t: [x]}", *lines)))
    after = shots_of(reading(shot("{s: [a, b, c, d], t: [w, x]}", *lines)))
    assert set(before) < set(after)
    for name, made in before.items():
        assert (after[name].prompt, after[name].parameters, after[name].seed) == (made.prompt, made.parameters, None)


REFUSED = [
    (shot("{v: [x]}", above="vars: {v: 1}\n"), "6:14: `v` is already a var", "give the dimension another name"),
    (shot("{k: [x]}", above="cast: {k: {image: a.png}}\n"), "6:14: `k` is already a cast member", "give the"),
    (shot('{s: [x, ""]}'), "5:21: this value cannot become part of a name", MORE),
    (shot('{s: [x, "🌊"]}'), "5:21: this value cannot become part of a name", MORE),
    (shot('{s: [x, {key: "!", words: y}]}'), "5:27: this value cannot become part of a name", MORE),
    (shot(f"{{s: [x, {'long ' * 20}]}}"), "5:21: this value is too long for a name", MORE),
    (
        shot("{s: [Film Noir, film-noir]}"),
        "5:29: `s: film-noir` and `s: Film Noir` would both be named `film-noir`",
        "write one of them as `{key: …, words: …}`; the other is at wanflow.yaml:5:18",
    ),
    (
        shot("{a: [x, x-y], b: [y-z, z]}"),
        "5:21: `a: x-y, b: z` and `a: x, b: y-z` would both be named `x-y-z`",
        "write one of them as `{key: …, words: …}`; the other is at wanflow.yaml:5:18",
    ),
    (
        shot("{a: [x, y], exclude: [{a: x}, {a: y}]}"),
        "5:25: the matrix has no combination",
        "keep at least one",
    ),
    (
        shot("{alpha: [x], exclude: [{alpho: x}]}"),
        "5:37: this matrix has no dimension `alpho`",
        "did you mean `alpha`?",
    ),
    (shot("{a: [x], exclude: [{zz: x}]}"), "5:33: this matrix has no dimension `zz`", "its dimensions: a"),
    (shot("{a: [noir, oil], exclude: [{a: noirr}]}"), "5:44: `a` has no value `noirr`", "did you mean `noir`?"),
    (shot("{a: [noir, oil], exclude: [{a: zz}]}"), "5:44: `a` has no value `zz`", "its values: noir, oil"),
    (shot("{a: [x], exclude: [{}]}"), "5:32: the mapping is empty", None),
    (shot("{s: []}"), "5:17: `s` is empty", None),
    (shot("{s: x}"), "5:17: `s` must be a list, not `x`", "write `[x]`"),
    (shot("[a]"), "5:13: `matrix` must be a mapping, not a list", None),
    (shot("{}"), "5:5: the mapping is empty", None),
    (shot("{exclude: [{a: x}]}"), "5:5: the matrix has no dimension", None),
    (shot("{a: [{words: x}]}"), "5:18: `key` is missing", "a value of several parts needs a `key`"),
    (shot("{a.b: [x]}"), "5:15: `a.b` is not a valid name: it contains `.`", "a name begins with a letter or a digit"),
    (
        shot("{a: [null]}"),
        "5:18: an entry of `a` must be text or a number or `true` or `false` or a mapping, not nothing",
        None,
    ),
    (
        shot("{s: [{key: x, words: y}]}", "first_frame: a.png", "prompt: ${s}"),
        "7:13: `s` has parts",
        "write `${s.words}`",
    ),
    (
        shot("{s: [{key: x, words: y}]}", "first_frame: a.png", "prompt: ${s.word}"),
        "7:13: no cast member or var `s.word`",
        "did you mean `${s.words}`?",
    ),
    (
        shot("{s: [x, {key: y, words: y}]}", "first_frame: a.png", "prompt: ${s.words}"),
        "7:13: this value of `s` has no parts",
        "write each value as `{key: …, words: …}`",
    ),
    (
        shot('{s: ["${k}"]}', "first_frame: a.png", "negative_prompt: ${s}", above="cast: {k: {image: a.png}}\n"),
        "8:22: `k` is a cast member: only `prompt` may name one",
        None,
    ),
    (shot("{s: [a, b]}", "first_frame: a.png", "with: {x: 1}"), "7:5: `with` needs a `use`", "name the pipeline"),
    (
        shot("{s: [a, b, c, d, e]}", below="  z: {first_clip: {shot: talk, tail: 1}}\n"),
        "7:26: `talk` is a group of 5 shots",
        "name one of them: `talk/a`, `talk/b`, `talk/c`, `talk/d` and 1 more",
    ),
    (
        shot("{s: [a]}", below="  z: {first_clip: {shot: talk, tail: 1}}\n"),
        "7:26: `talk` is a group of 1 shot",
        "name one of them: `talk/a`",
    ),
    (
        shot("{s: [noir, oil]}", below="  z: {first_clip: {shot: talk/noirr, tail: 1}}\n"),
        "7:26: no shot `talk/noirr`",
        "did you mean `talk/noir`?",
    ),
    (
        shot("{{{}}}".format(", ".join(f"{name}: [{'w' * 80}]" for name in "abc"))),
        "4:3: the name is too long for a file",
        "give it a shorter one",
    ),
    (
        shot("{s: [4, five]}", "first_frame: a.png", "duration: ${s}"),
        "7:15: `duration` must be a whole number, not `five`",
        None,
    ),
    (shot("{s: [a, b]}", "first_frame: a.png", "durtion: 4"), "7:5: unknown key `durtion`", "did you mean"),
]


@pytest.mark.parametrize(("text", "words", "hint"), REFUSED, ids=[case[1].partition(": ")[2][:60] for case in REFUSED])
def test_what_makes_no_shots_is_one_located_problem(reading, text, words, hint) -> None:
    """Place, words and way out; those who name the shots that there would be aren't accused."""
    production, problems = reading(text)
    assert production is None
    ((said, way_out),) = texts_of(problems)
    assert said.startswith(f"wanflow.yaml:{words}")
    assert (way_out or "").startswith(hint or "")
    assert bool(way_out) == bool(hint)


def test_whoever_names_a_shot_of_a_broken_matrix_is_not_accused(reading) -> None:
    """Its shots count as there."""
    below = "  z: {first_clip: {shot: talk/x, tail: 1}}\ncuts: {m: [talk, talk/y, z]}\n"
    for matrix in ('{s: [x, "!"]}', "{s: x}", "{x: [x, x]}"):
        assert len(reading(shot(matrix, below=below))[1]) == 1


def test_a_matrix_of_millions_is_refused_before_it_is_made(reading, monkeypatch) -> None:
    """The new shots are counted first, together with the existing ones."""
    dims = ", ".join(f"d{number}: [{', '.join(str(value) for value in range(100))}]" for number in range(9))
    hint = "split it into several productions, or remove values"
    _, problems = reading(shot(f"{{{dims}}}"))
    assert texts_of(problems) == [("wanflow.yaml:5:13: a production has at most 20000 shots", hint)]
    monkeypatch.setattr(expand, "MAX_SHOTS", 3)
    below = "  b: {first_frame: a.png}\n  c: {first_frame: a.png}\n"
    ((message, said),) = texts_of(reading(shot("{a: [x, y]}", below=below))[1])
    assert ("has at most 3 shots" in message, said) == (True, hint)
