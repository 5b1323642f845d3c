"""What can be wrong with a pipeline and its use: where, in which words, and the way out; in the file and at the use."""

from __future__ import annotations

import pytest

from kit.production_files import shots_of, texts_of
from wanflow.language.expand import MAX_DEPTH
from wanflow.language.problem import render_problem

AT = "wanflow.yaml:6:10"
"""Where `storm` uses the pipeline `p.yaml`."""


def use(shots: str, inputs: str = "{}", given: str = "{}", output: str = "a", *beside: str) -> dict[str, str]:
    """A production with a `coast` and a `storm`, and its pipeline, whose shots begin at line 4."""
    lines = "".join(f"    {line}\n" for line in beside)
    own = f"shots:\n  coast: {{first_frame: a.png}}\n  storm:\n    use: p.yaml\n    with: {given}\n{lines}"
    cast = "cast: {keeper: {image: k.png}, gull: {image: g.png}}\nvars: {style: ink}\n"
    return {
        "wanflow.yaml": own + (cast if "keep" in given or "gul" in given else ""),
        "p.yaml": f"pipeline: p\ninputs: {inputs}\nshots:\n{shots}output: {output}\n",
    }


def file(text: str, shot: str = "a: {use: b.yaml}") -> dict[str, str]:
    """A production whose line 4 uses `b.yaml`."""
    return {"wanflow.yaml": f"shots:\n  {shot}\n", "b.yaml": text}


X = "  a: {first_frame: x.png}\n"
WHO = "  a: {model: wan2.7-r2v, prompt: '${who} x'}\n"
CLIP = "  a: {first_clip: {input: clip, tail: 2}}\n"
MEDIA = "{clip: {type: media}}"
WHERE = "the path is relative to the file that names it"
SHIPPED = (
    "the shipped ones: bridge, character-sheet, extend, first-and-last, loop, relight, restyle, still-then-animate, "
    "storyboard; name a file by its path"
)

AT_THE_USE = [
    (use(X, "{words: {type: string, default: x}}", "{wordz: x}"), "7:12", "the pipeline `p` has no input `wordz`", "did you mean `words`?"),
    (use(X, "{words: {type: string, default: x}}", "{zzz: x}"), "7:12", "the pipeline `p` has no input `zzz`", "its inputs: words"),
    (use(X, "{}", "{zzz: x}"), "7:12", "the pipeline `p` has no input `zzz`", "it has no inputs"),
    (use(X, "{w: {type: string}}"), "5:3", "missing input `w` of pipeline `p`", "write `with: {w: …}`; it is text"),
    (use(X, "{w: {type: integer}}", "{w: null}"), "5:3", "missing input `w` of pipeline `p`", "write `with: {w: …}`; it is a whole number"),
    (use(WHO, "{who: {type: cast}}"), "5:3", "missing input `who` of pipeline `p`", "write `with: {who: …}`; it is the name of a cast member"),
    (use(CLIP, MEDIA), "5:3", "missing input `clip` of pipeline `p`", "write `with: {clip: …}`; it is media: a path, a URL, or e.g. `{shot: coast, tail: 2}`"),
    (use(X, "{w: {type: integer}}", '{w: "5"}'), "7:15", "`w` must be a whole number, not `5`", "write it without quotes"),
    (use(X, "{w: {type: integer}}", "{w: 1.5}"), "7:15", "`w` must be a whole number, not `1.5`", "write `1` or `2`"),
    (use(X, "{w: {type: integer}}", "{w: true}"), "7:15", "`w` must be a whole number, not `true`", None),
    (use(X, "{w: {type: number}}", "{w: x}"), "7:15", "`w` must be a number, not `x`", None),
    (use(X, "{w: {type: boolean}}", '{w: "true"}'), "7:15", "`w` must be `true` or `false`, not `true`", "write it without quotes"),
    (use(X, "{w: {type: string}}", "{w: {shot: coast}}"), "7:15", "`w` must be text, not a mapping", None),
    (use(X, "{w: {type: string}}", "{w: [a]}"), "7:15", "`w` must be text or a number or `true` or `false` or a mapping, not a list", None),
    (use(WHO, "{who: {type: cast}}", "{who: true}"), "7:17", "`who` must be the name of a cast member, not `true`", None),
    (use(CLIP, MEDIA, "{clip: 5}"), "7:18", "`clip` must be media: a path, a URL, or e.g. `{shot: coast, tail: 2}`, not `5`", None),
    (use(WHO, "{who: {type: cast}}", "{who: keepr}"), "7:17", "no cast member `keepr`", "did you mean `keeper`?"),
    (use(WHO, "{who: {type: cast}}", "{who: zzz}"), "7:17", "no cast member `zzz`", "define it under `cast`"),
    (use(CLIP, MEDIA, "{clip: {shot: coats}}"), "7:25", "no shot `coats`", "did you mean `coast`?"),
    (use(X, "{}", "{}", "a", "prompt: x"), "8:5", "`prompt` is not allowed beside `use`", "it belongs to the shots of the pipeline: pass it with `with`, or write it there"),
    (use(X, "{}", "{}", "a", "takes: 0"), "8:12", "`takes` must be at least 1, not `0`", None),
    (file("", "a: {use: x.yaml}"), "4:12", "the pipeline `x.yaml` does not exist", WHERE),
    (file("", "a: {use: zz}"), "4:12", "no shipped pipeline `zz`", SHIPPED),
    (file("", "a: {use: b}"), "4:12", "no shipped pipeline `b`", "for a file write `use: b.yaml`"),
    (file(f"shots:\n{X}"), "4:12", "`b.yaml` is not a pipeline", "a pipeline begins with `pipeline: NAME`"),
    (file(""), "4:12", "`b.yaml` is not a pipeline", "a pipeline begins with `pipeline: NAME`"),
    (file("", "a: {use: 5}"), "4:12", "`use` must be text, not `5`", None),
    (file("", "a: {use: b.yaml, with: [a]}"), "4:26", "`with` must be a mapping, not a list", None),
    (file("", 'a: {use: "${p}.yaml"}'), "4:12", "no var `p`", "define `p` under `vars`"),
    (file("", "a: {with: {n: 1}, first_frame: a.png}"), "4:7", "`with` needs a `use`", "name the pipeline: `use: extend`"),
    (file("", "a: {first_clip: {input: x}}"), "4:27", "`input` is only known inside a pipeline", "name a `shot`, a `file` or a `url`"),
]  # fmt: skip
"""Files; line and column in `wanflow.yaml`; words; the way out."""

IN_THE_PIPELINE = [
    (use("  a: {model: wan2.7-r2v, prompt: '$who x'}\n", "{who: {type: cast}}", "{who: keeper}"), "4:34", "`$who` is not filled in", "did you mean `${who}`?"),
    (use(X, "{w: {type: integer, default: x}}"), "2:38", "`w` must be a whole number, not `x`", None),
    (use(WHO, "{who: {type: cast, default: nobody}}"), "2:37", "no cast member `nobody`", "define it under `cast`"),
    (use(X, "{v: {type: string}, w: {type: string, default: 'x ${v}'}}", "{v: y}"), "2:56", "`w` cannot use `${…}`: names do not nest", "write the text itself"),
    (use("  a: {first_frame: {tail: 2}}\n"), "4:20", "a source is a `shot`, a `file` or a `url`", "e.g. `{shot: coast, tail: 2}`"),
    ({**use(X), "wanflow.yaml": "wanflow: 1\n#\n#\nshots:\n  s:\n    use: p.yaml\n"}, "4:3", "`s/a` has no `model`", "set `model` here or in `defaults`"),
    (use(X, "{w: {type: text}}"), "2:20", "`type` must be one of `media`, `cast`, `string`, `integer`, `number`, `boolean`, not `text`", None),
    (use(X, "{w: {}}"), "2:10", "`type` is missing", None),
    (use(X, "{u!: {type: string}}"), "2:11", "`u!` is not a valid name: it contains `!`", "a name begins with a letter or a digit; letters, digits, `_` and `-` follow, e.g. `u`"),
    (use(X + "vars: {a: 1}\n"), "5:1", "unknown key `vars`", "known keys: defaults, inputs, output, pipeline, shots, title, wanflow"),
    (use(X, output="[a]"), "5:9", "`output` must be text, not a list", None),
    (use(X, output="b"), "5:9", "the pipeline has no shot `b`", "its shots: a"),
    (use("  a:\n    matrix: {s: [x, y]}\n    first_frame: x.png\n"), "7:9", "`a` is a group: the output must be a single shot", "e.g. `a/x`"),
    (use("  a: {first_frame: x.png, durtion: 3}\n"), "4:27", "unknown key `durtion`", "did you mean `duration`?"),
    (use("  a: {first_frame: x.png, model: wan2.7-i3v}\n"), "4:34", "unknown model `wan2.7-i3v`", "did you mean `wan2.7-i2v`?"),
    (use("  a: {first_frame: x.png, duration: '${n}'}\n", "{n: {type: integer}}", "{n: 99}"), "4:37", "`duration` of `wan2.7-i2v` is 2 to 15, not 99", None),
    (use("  a: {first_clip: {shot: coast, tail: 1}}\n"), "4:26", "no shot `coast`", "a pipeline knows only its own shots: give it others as media inputs"),
    (use("  a: {first_clip: {shot: bb, tail: 1}}\n  b: {first_frame: x.png}\n"), "4:26", "no shot `bb`", "did you mean `b`?"),
    (use("  a: {first_frame: x.png, prompt: '${style}'}\n"), "4:35", "the pipeline `p` has no input `style`", "define `style` under `inputs`"),
    (use("  a: {first_frame: x.png, prompt: '${word}'}\n", "{words: {type: string, default: x}}"), "4:35", "the pipeline `p` has no input `word`", "did you mean `${words}`?"),
    (use("  a: {first_frame: x.png, prompt: '${n:?say it}'}\n", "{n: {type: string, default: null}}"), "4:35", "`n` is not set: say it", None),
    (use("  a: {first_frame: x.png, prompt: '${clip}'}\n", MEDIA, "{clip: b.png}"), "4:35", "`clip` is a media input", "write `{input: clip}` under a media key"),
    (use("  a: {first_frame: {input: clp}}\n", MEDIA, "{clip: b.png}"), "4:28", "no media input `clp`", "did you mean `clip`?"),
    (use("  a: {first_frame: {input: zzz}}\n", MEDIA, "{clip: b.png}"), "4:28", "no media input `zzz`", "declare it under `inputs` with `type: media`"),
    (use(CLIP, MEDIA, "{clip: 'https://x.example/a.mp4'}"), "4:27", "`clip` is given as a URL, which has no pieces", "give a file or a shot"),
    (use(CLIP, MEDIA, "{clip: {shot: coast, tail: 1}}"), "4:27", "`clip`: the given piece lasts 1 s, less than the wanted 2 s", "give the whole clip"),
    (use("  a: {model: wan2.7-r2v, references: [whoo], prompt: x}\n", "{who: {type: cast}}", "{who: keeper}"), "4:39", "no cast input `whoo`", "did you mean `who`?"),
    (use("  a: {model: wan2.7-r2v, references: [keeper], prompt: x}\n", "{who: {type: cast}}", "{who: gull}"), "4:39", "no cast input `keeper`", "declare it under `inputs` with `type: cast`"),
    (use("  a: {first_frame: x.png, negative_prompt: '${who}'}\n", "{who: {type: cast}}", "{who: keeper}"), "4:44", "`who` is a cast member: only `prompt` may name one", None),
    (use("  a: {first_frame: x.png, negative_prompt: '${w}'}\n", "{w: {type: string}}", "{w: '${keeper} y'}"), "4:44", "`keeper` is a cast member: only `prompt` may name one", None),
    (use(X + "  b:\n    matrix: {w: [z]}\n    first_frame: x.png\n", "{w: {type: string, default: q}}"), "6:14", "`w` is already an input", "give the dimension another name"),
    (use(X + "  b:\n    matrix: {s: ['${w}']}\n    first_frame: x.png\n", "{w: {type: string, default: null}}"), "6:18", "a value of `s` is empty", "remove it, or quote it"),
    (use("  a: {use: q.yaml}\n"), "4:12", "the pipeline `q.yaml` does not exist", WHERE),
    (use("  a: {use: p.yaml}\n"), "4:12", "circular pipelines: `p.yaml` → `p.yaml`", "remove one of these uses"),
]  # fmt: skip
"""Files; line and column in `p.yaml`; words; the way out."""


@pytest.mark.parametrize(("files", "at", "words", "hint"), AT_THE_USE, ids=[case[2] for case in AT_THE_USE])
def test_what_is_wrong_where_a_pipeline_is_used(filing, files, at, words, hint) -> None:
    """One problem, at its place in the production; nothing is said of what the shots inside then lack."""
    production, problems = filing(files)
    errors = [each for each in texts_of(problems) if "is never used" not in each[0]]
    assert production is None
    assert errors == [(f"wanflow.yaml:{at}: {words}", hint)]


@pytest.mark.parametrize(("files", "at", "words", "hint"), IN_THE_PIPELINE, ids=[case[2] for case in IN_THE_PIPELINE])
def test_what_is_wrong_in_a_pipeline_points_into_it_and_at_the_use(filing, files, at, words, hint) -> None:
    """One problem at its place in the pipeline's file, which is quoted, and the place where that is used."""
    production, problems = filing(files)
    (problem,) = [each for each in problems if "is never used" not in each.message]
    assert production is None
    assert texts_of([problem]) == [(f"p.yaml:{at}: {words}", hint)]
    assert [str(place) for place in problem.place.used_at] == [AT]
    shown = render_problem(problem).splitlines()
    line, column = map(int, at.split(":"))
    assert shown[1] == f"  {files['p.yaml'].splitlines()[line - 1]}"
    assert shown[2] == f"  {' ' * (column - 1)}^"
    assert shown[3:] == [
        f"  the pipeline is used at {AT}",
        *([f"  hint: {hint}"] if hint else []),
    ]


def test_each_level_is_named_from_the_inside_out(filing) -> None:
    """A circle by its files, a bad value by its uses."""
    outer = "pipeline: b\nshots:\n  m: {use: s/c.yaml, with: {n: 99}}\noutput: m\n"
    inner = (
        "pipeline: c\ninputs: {n: {type: integer}}\nshots:\n  z: {first_frame: z.png, duration: '${n}'}\noutput: z\n"
    )
    _, (problem,) = filing({**file(outer), "s/c.yaml": inner})
    assert render_problem(problem).splitlines() == [
        "s/c.yaml:4:37: `duration` of `wan2.7-i2v` is 2 to 15, not 99",
        "    z: {first_frame: z.png, duration: '${n}'}",
        f"  {' ' * 36}^",
        "  the pipeline is used at b.yaml:3:12",
        "  the pipeline is used at wanflow.yaml:4:12",
    ]
    _, problems = filing({**file(outer), "s/c.yaml": "pipeline: c\nshots:\n  z: {use: ../b.yaml}\noutput: z\n"})
    assert "s/c.yaml:3:12: circular pipelines: `b.yaml` → `s/c.yaml` → `b.yaml`" in {
        each for each, _ in texts_of(problems)
    }


def test_the_same_mistake_in_many_uses_is_told_once(filing) -> None:
    """At the first use, with the number of the others; what differs is told apart."""
    shots = "  a: {use: b.yaml}\n  c: {use: b.yaml}\n  d:\n    use: b.yaml\n    matrix: {s: [x, y]}\n"
    _, (problem,) = filing(
        {
            **file("pipeline: b\nshots:\n  a: {first_frame: x.png, durtion: 1}\noutput: a\n"),
            "wanflow.yaml": f"shots:\n{shots}",
        }
    )
    assert render_problem(problem).splitlines()[3:5] == [
        *("  the pipeline is used at wanflow.yaml:4:12", "  and 2 more uses of it")
    ]


def test_a_chain_of_pipelines_ends_somewhere(filing) -> None:
    """As deep as anybody goes, and one deeper."""
    link = "pipeline: p\nshots:\n  a: {use: p%d.yaml}\noutput: a\n"
    last = "pipeline: p\nshots:\n  a: {first_frame: x.png}\noutput: a\n"
    files = {f"p{number}.yaml": link % (number + 1) for number in range(1, MAX_DEPTH)} | {f"p{MAX_DEPTH}.yaml": last}
    deep = shots_of(filing({"wanflow.yaml": "shots:\n  s: {use: p1.yaml}\n", **files}))
    assert list(deep) == ["s" + "/a" * MAX_DEPTH]
    _, problems = filing({"wanflow.yaml": "shots:\n  s: {use: p0.yaml}\n", **files, "p0.yaml": link % 1})
    assert texts_of(problems) == [
        (f"p{MAX_DEPTH - 1}.yaml:3:12: pipelines nest more than {MAX_DEPTH} levels deep", None)
    ]


def test_names_that_meet(filing) -> None:
    """A pipeline's shot and a scene's of one name, at the later with the earlier."""
    files = file(f"pipeline: b\nshots:\n{X}output: a\n", "s: {use: b.yaml}\ninclude: [c.yaml]")
    _, problems = filing({**files, "c.yaml": f"scene: s\nshots:\n{X}"})
    assert texts_of(problems) == [("c.yaml:3:3: `s/a` is defined twice, first at b.yaml:3:3", "rename one")]


def test_whoever_names_shots_of_a_pipeline_that_is_broken_is_not_accused(filing) -> None:
    """They count as there, whatever they are called."""
    text = "shots:\n  s: {use: x.yaml}\n  z: {first_clip: {shot: s/a, tail: 1}}\ncuts: {m: [s, s/b, z]}\n"
    assert len(filing({"wanflow.yaml": text})[1]) == 1
