"""A pipeline in the place of a shot: what it is given, what comes of it, and what can be named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kit.production_files import paths_of, shots_of, texts_of
from wanflow.language.load import read
from wanflow.language.pipeline import shipped
from wanflow.language.source import FileSource, Frame, Head, ShotSource, Span, Tail

COAST = "shots:\n  coast: {first_frame: a.png}\n"
CAST = "cast: {keeper: {image: k.png}, gull: {image: g.png}}\n"


def pipeline(shots: str, inputs: str = "{}", output: str = "a", more: str = "") -> str:
    """A pipeline's file, its shots from line 4 on."""
    return f"pipeline: p\ninputs: {inputs}\n{more}shots:\n{shots}output: {output}\n"


def used(file: str, given: str = "{}", *beside: str, above: str = "") -> dict[str, str]:
    """A production whose `storm` is the pipeline `p.yaml`."""
    lines = "".join(f"    {line}\n" for line in beside)
    return {"wanflow.yaml": f"{above}{COAST}  storm:\n    use: p.yaml\n    with: {given}\n{lines}", "p.yaml": file}


TYPED = """\
  a:
    first_frame: ${file}
    prompt: ${words}, ${n}, ${x}, ${yes}
    duration: ${n}
    prompt_extend: ${yes}
"""


def test_typed_inputs_keep_their_type_and_their_digits(filing) -> None:
    """Text, numbers and truth values; names of the production are filled in where it gives them."""
    wanted = (
        "{words: {type: string}, n: {type: integer}, x: {type: number}, yes: {type: boolean}, file: {type: string}}"
    )
    given = "{words: 'a ${light} sea', n: 4, x: 1.50, yes: false, file: sets/b.png}"
    found = filing(used(pipeline(TYPED, wanted), given, above="vars: {light: grey}\n"))
    made = shots_of(found)["storm/a"]
    assert made.prompt == "a grey sea, 4, 1.50, false"
    assert (made.parameters["duration"], made.parameters["prompt_extend"]) == (4, False)


def test_what_is_not_given_is_its_default_and_null_is_nothing_given(filing) -> None:
    """A default of null leaves out what is made of the input; `${n:-…}` gives the replacement."""
    wanted = "{n: {type: integer, default: 7}, neg: {type: string, default: null}, end: {type: media, default: null}}"
    shots = (
        "  a:\n    first_frame: x.png\n    last_frame: {input: end, frame: last}\n    duration: ${n}\n"
        "    prompt: x${neg}, ${neg:-calm}\n    negative_prompt: ${neg}\n"
    )
    made = shots_of(filing(used(pipeline(shots, wanted))))["storm/a"]
    assert (made.prompt, made.negative_prompt, made.parameters["duration"]) == ("x, calm", None, 7)
    assert [item.slot for item in made.media] == ["first_frame"]
    assert shots_of(filing(used(pipeline(shots, wanted), "{n: null}")))["storm/a"].parameters["duration"] == 7
    made = shots_of(filing(used(pipeline(shots, wanted), "{n: 3, neg: fog, end: {shot: coast}}")))["storm/a"]
    assert (made.prompt, made.negative_prompt, made.parameters["duration"]) == ("xfog, fog", "fog", 3)
    assert made.media[1].source == ShotSource("coast", Frame("last"))


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ("{shot: coast}", ShotSource("coast", Tail(Decimal(2)))),
        ("{shot: coast, tail: 3}", ShotSource("coast", Tail(Decimal(2)))),
        ("{shot: coast, head: 3}", ShotSource("coast", Span(Decimal(1), Decimal(3)))),
        ("{shot: coast, from: 1, to: 4}", ShotSource("coast", Span(Decimal(2), Decimal(4)))),
        ("{shot: coast, head: 2}", ShotSource("coast", Head(Decimal(2)))),
        ("clips/a.mp4", FileSource("clips/a.mp4", Tail(Decimal(2)))),
        ("{file: clips/a.mp4, from: 3}", FileSource("clips/a.mp4", Tail(Decimal(2)))),
    ],
)
def test_a_piece_of_what_is_given(filing, given, source) -> None:
    """`{input: clip, tail: 2}` is the last two seconds of whatever piece the input is."""
    file = pipeline("  a: {first_clip: {input: clip, tail: 2}}\n", "{clip: {type: media}}")
    assert shots_of(filing(used(file, f"{{clip: {given}}}")))["storm/a"].media[0].source == source


def test_paths_belong_to_the_file_that_writes_them(filing) -> None:
    """Those of `with` to the one that uses, those of shots and of defaults to the pipeline's."""
    file = pipeline(
        "  a: {first_frame: {input: start}, last_frame: {input: end}}\n  b: {first_frame: b.png}\n",
        "{start: {type: media}, end: {type: media, default: sets/end.png}}",
    )
    scene = "scene: h\nshots:\n  s: {use: ../pipes/p.yaml, with: {start: own.png}}\n"
    files = {"wanflow.yaml": "include: [scenes/h.yaml]\n", "scenes/h.yaml": scene, "pipes/p.yaml": file}
    shots = shots_of(filing(files))
    assert paths_of(shots["h/s/a"]) == ["scenes/own.png", "pipes/sets/end.png"]
    assert paths_of(shots["h/s/b"]) == ["pipes/b.png"]


def test_cast_inputs_are_named_in_prompts_and_listed(filing) -> None:
    """By the input's name inside; a left out one leaves no trace; text may name the cast of the production."""
    wanted = "{who: {type: cast}, other: {type: cast, default: null}, words: {type: string, default: ''}}"
    shots = (
        "  a: {model: wan2.7-r2v, prompt: 'Here ${who} and ${other:-nobody}. ${words}'}\n"
        "  b: {model: wan2.7-r2v, references: [who, other], prompt: '${who} waits'}\n"
    )
    shots_made = shots_of(filing(used(pipeline(shots, wanted), "{who: keeper, words: 'Hi, ${gull}'}", above=CAST)))
    assert shots_made["storm/a"].prompt == "Here Image 1 and nobody. Hi, Image 2"
    assert [item.cast for item in shots_made["storm/a"].media] == ["keeper", "gull"]
    assert [item.cast for item in shots_made["storm/b"].media] == ["keeper"]


def test_a_cast_member_is_given_by_its_name_or_as_in_a_prompt(filing) -> None:
    """Also by an input of the pipeline around, which may have been left out, and by the value of a matrix."""
    shots = "  a: {model: wan2.7-r2v, references: [person, {image: z.png}], prompt: 'x ${person:-nobody}'}\n"
    inner = pipeline(shots, "{person: {type: cast, default: null}}")
    for given in ("who", "'${who}'"):
        outer = pipeline(
            f"  o: {{use: q.yaml, with: {{person: {given}}}}}\n", "{who: {type: cast, default: null}}", "o"
        )
        for name, words in (
            ("keeper", "Image 1"),
            ("'${keeper}'", "Image 1"),
            ("'${s}'", "Image 1"),
            ("null", "nobody"),
        ):
            files = used(outer, f"{{who: {name}}}", "matrix: {s: [keeper]}", above=CAST)
            made = shots_of(filing({**files, "q.yaml": inner}))["storm/keeper/o/a"]
            assert made.prompt == f"x {words}"
            assert [item.cast for item in made.media] == [*(["keeper"] if words != "nobody" else []), None]


def test_a_number_given_as_text_is_text(filing) -> None:
    """With its digits as they are written, also where it is all there is."""
    file = pipeline("  a: {first_frame: x.png, prompt: '${w}'}\n", "{w: {type: string}}")
    assert shots_of(filing(used(file, "{w: 1.10}")))["storm/a"].prompt == "1.10"


def test_a_hint_in_a_pipeline_speaks_of_its_inputs(filing) -> None:
    """Not of the member that one was given, which nobody can name there."""
    file = pipeline(
        "  a: {model: wan2.7-r2v, references: [who, other], prompt: '${who}'}\n",
        "{who: {type: cast}, other: {type: cast}}",
    )
    _, problems = filing(used(file, "{who: keeper, other: gull}", above=CAST))
    assert texts_of(problems) == [
        (
            "p.yaml:4:44: the prompt of `storm/a` never names the reference `gull`",
            "write `${other}` where it appears",
        )
    ]


def test_own_defaults_go_over_the_productions(filing) -> None:
    """Key by key, and for one model; a shot's own keys go over both."""
    above = "wanflow: 1\ndefaults: {model: wan2.7-i2v, duration: 3, resolution: 720P, takes: 2, watermark: true}\n"
    more = "defaults: {resolution: 1080P, models: {wan2.7-i2v: {duration: 9}}, negative_prompt: '${neg}'}\n"
    shots = "  a: {first_frame: x.png}\n  b: {first_frame: x.png, duration: 4}\n"
    file = pipeline(shots, "{neg: {type: string, default: null}}", more=more)
    made = shots_of(filing(used(file, above=above)))
    assert [(each.parameters["duration"], each.parameters["resolution"]) for each in made.values()] == [
        *((3, "720P"), (9, "1080P"), (4, "1080P"))
    ]
    assert {(each.takes, each.parameters["watermark"], each.negative_prompt) for each in made.values()} == {
        (2, True, None)
    }


def test_the_output_stands_for_the_whole(filing) -> None:
    """As a source and in a cut; takes, pick and note are the output's, tags everybody's."""
    shots = "  a: {first_frame: x.png, takes: 5, note: inner}\n  b: {first_clip: {shot: a, tail: 1}, tags: [own]}\n"
    files = used(pipeline(shots, output="b"), "{}", "takes: 3", "pick: wait", "tags: [night]", "note: mine")
    files["wanflow.yaml"] += "  z: {first_clip: {shot: storm, tail: 2}}\ncuts: {m: [storm, storm/a]}\n"
    production, problems = filing(files)
    assert production is not None, texts_of(problems)
    a, b = production.shots["storm/a"], production.shots["storm/b"]
    assert (a.takes, a.note, a.tags, a.waits_for_pick) == (5, "inner", ("night",), False)
    assert (b.takes, b.note, b.tags, b.waits_for_pick) == (3, "mine", ("own", "night"), True)
    assert production.shots["z"].media[0].source == ShotSource("storm/b", Tail(Decimal(2)))
    assert [item.source.shot for item in production.cuts["m"].items] == ["storm/b", "storm/a"]
    assert production.addresses == {"storm": ("storm/b",)}


def test_a_matrix_beside_use_makes_a_pipeline_of_each(filing) -> None:
    """Its values go into `with` and `use`, and into the other keys beside it."""
    file = pipeline("  a: {first_frame: x.png, prompt: '${w}'}\n  b: {first_frame: y.png}\n", "{w: {type: string}}")
    files = used(file, "{w: '${s}'}", "matrix: {s: [Dusk, 夜]}", "tags: ['${s}']", "takes: 2")
    files["wanflow.yaml"] += "cuts: {m: [storm]}\n"
    found = filing(files)
    made = {name: (each.prompt, each.tags, each.takes) for name, each in shots_of(found).items() if "storm" in name}
    assert made == {
        "storm/dusk/a": ("Dusk", ("Dusk",), 2),
        "storm/dusk/b": (None, ("Dusk",), 1),
        "storm/夜/a": ("夜", ("夜",), 2),
        "storm/夜/b": (None, ("夜",), 1),
    }
    assert found[0].addresses["storm"] == ("storm/dusk/a", "storm/夜/a")
    assert [item.source.shot for item in found[0].cuts["m"].items] == ["storm/dusk/a", "storm/夜/a"]


def test_a_matrix_inside_a_pipeline(filing) -> None:
    """Over its inputs; one of the group may be the output."""
    shots = "  a:\n    matrix: {s: ['${w}', y]}\n    first_frame: x.png\n    prompt: ${s}\n"
    found = filing(used(pipeline(shots, "{w: {type: string}}", "a/deep-blue"), "{w: Deep Blue}", "takes: 2"))
    made = {name: (each.prompt, each.takes) for name, each in shots_of(found).items() if "storm" in name}
    assert made == {"storm/a/deep-blue": ("Deep Blue", 2), "storm/a/y": ("y", 1)}


INNER = pipeline(
    "  x: {first_clip: {input: clip, tail: 1}, prompt: '${n} ${w}', takes: 4}\n  y: {first_frame: {input: clip}}\n",
    "{clip: {type: media}, n: {type: integer, default: 7}, w: {type: string, default: null}}",
    output="x",
    more="defaults: {duration: 4}\n",
)
OUTER = pipeline(
    "  a:\n    use: deep/q.yaml\n    with: {clip: {input: clip, head: 3}, n: '${n}', w: '${w}'}\n    tags: [inner]\n"
    "  b: {first_clip: {shot: a, tail: 2}, last_frame: {shot: a/y, frame: last}}\n",
    "{clip: {type: media}, n: {type: integer, default: null}, w: {type: string, default: w}}",
    more="defaults: {resolution: 1080P, duration: 6}\n",
)


def test_pipelines_nest(filing) -> None:
    """Pieces of pieces, defaults over defaults, tags and takes from outside in; null given on is nothing given."""
    files = {**used(OUTER, "{clip: {shot: coast, from: 1, to: 5}}", "takes: 2", "tags: [outer]"), "deep/q.yaml": INNER}
    made = shots_of(filing(files))
    deep = made["storm/a/x"]
    assert deep.media[0].source == ShotSource("coast", Span(Decimal(3), Decimal(4)))
    assert (deep.prompt, deep.takes, deep.tags) == ("7 w", 2, ("outer", "inner"))
    assert (deep.parameters["duration"], deep.parameters["resolution"]) == (4, "1080P")
    assert (made["storm/a/y"].takes, made["storm/b"].takes) == (1, 1)
    assert [item.source.shot for item in made["storm/b"].media] == ["storm/a/y", "storm/a/x"]
    assert [each.kind for each in deep.via] == ["use", "use"]


def test_a_place_in_a_pipeline_knows_every_use_on_the_way(filing) -> None:
    """Values of `with` keep their own place; they and defaults are named as what they came through."""
    files = {**used(OUTER, "{clip: {shot: coast}, n: 5}"), "deep/q.yaml": INNER}
    made = shots_of(filing(files))["storm/a/x"]
    prompt = made.origins["prompt"]
    assert str(prompt.place) == "deep/q.yaml:5:51"
    assert [str(use) for use in prompt.place.used_at] == ["p.yaml:6:10", "wanflow.yaml:6:10"]
    assert [(each.name, str(each.place)) for each in prompt.filled] == [
        *(("n", "p.yaml:7:45"), ("n", "wanflow.yaml:7:36"), ("w", "p.yaml:7:56"), ("w", "p.yaml:2:93"))
    ]
    assert [(each.name, str(each.place)) for each in made.media[0].origin] == [
        *(("clip", "p.yaml:7:18"), ("clip", "wanflow.yaml:7:18"))
    ]


def test_a_pipeline_that_comes_with_wanflow_is_found_by_its_name(tmp_path) -> None:
    """From any folder, a scene's too, without a file of that name."""
    for name in shipped():
        text = f"wanflow: 1\ndefaults: {{model: wan2.7-i2v}}\nshots:\n  s: {{use: {name}, with: {{nonsense: 1}}}}\n"
        (tmp_path / "wanflow.yaml").write_text(text, encoding="utf-8")
        assert f"the pipeline `{name}` has no input `nonsense`" in {
            each.message for each in read(tmp_path / "wanflow.yaml")[1]
        }
