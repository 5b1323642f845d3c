"""`${name}`: vars everywhere, cast members in prompts, and what the model is told instead."""

from __future__ import annotations

import pytest

CAST = (
    "defaults: {model: wan2.7-r2v}\n"
    "cast:\n"
    "  keeper: {image: k.png, voice: k.wav}\n"
    "  gull: {video: g.mp4}\n"
    "  lamp: {image: l.png}\n"
)
HEAD = "wanflow: 1\n" + CAST


def prompt_of(reading, prompt, vars_="{}"):
    """The final prompt of an i2v shot."""
    body = f"vars: {vars_}\nshots:\n  a: {{first_frame: a.png, prompt: '{prompt}'}}\n"
    production, problems = reading(body)
    assert production is not None, problems
    return production.shots["a"].prompt


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a ${style} sky", "a grey sky"),
        ("${style}${style}", "greygrey"),
        ("costs $5", "costs $5"),
        ("costs $$5", "costs $5"),
        ("$${style}", "${style}"),
        ("${missing:-calm}", "calm"),
        ("${style:-calm}", "grey"),
        ("${style:?must be set}", "grey"),
        ("version ${version}", "version 1.10"),
        ("${count} gulls", "3 gulls"),
    ],
)
def test_vars_in_a_prompt(reading, prompt, expected):
    """Names, fallbacks, dollar signs; a number keeps its written form."""
    assert prompt_of(reading, prompt, "{style: grey, version: 1.10, count: 3}") == expected


def test_a_required_var_says_why(reading):
    """`${name:?message}` is an error with that message."""
    _, problems = reading("shots:\n  a: {first_frame: a.png, prompt: '${mood:?say how it feels}'}\n")
    assert any("say how it feels" in item.message for item in problems)


def test_an_undefined_name_is_suggested(reading):
    """A misspelt var names the one that is meant."""
    _, problems = reading("vars: {style: x}\nshots:\n  a: {first_frame: a.png, prompt: 'x ${stile}'}\n")
    assert [item.hint for item in problems] == ["did you mean `${style}`?"]


@pytest.mark.parametrize(
    ("prompt", "places"),
    [
        ("'清晨${长景}，$style，${stile}'", [(6, 13)] * 3),
        ("清晨，${styl}甲$style", [(6, 13)] * 2),
        ("'${stile}'", [(6, 13)]),
        (">-\n      清晨，薄雾，\n      ${stile}的江南，\n      $style甲，图1", [(8, 7), (9, 7), (9, 15)]),
        (">-\n      Grey dawn,\n      a ${stile} sky,\n      Image 3 ${style}", [(8, 9), (9, 7)]),
        ("|\n      甲\n      乙${style\n      ${style}，{style}", [(8, 8), (9, 16)]),
        ('"清晨，\n      $｛style｝，${场警}，\n      ${stile}"', [(7, 7), (7, 16), (8, 7)]),
    ],
)
def test_each_wrong_name_is_told_at_its_own_place(reading, prompt, places):
    """At the value, and in a text over several lines where it is, in the order of the text."""
    head = "defaults: {model: wan2.7-t2v}\nvars: {style: x, 场景: y}\nshots:\n  a:\n"
    _, problems = reading(f"    prompt: {prompt}\n", head=f"wanflow: 1\n{head}")
    assert [(each.place.line, each.place.column) for each in problems] == places


def test_a_whole_value_keeps_the_type_of_its_var(reading):
    """`duration: ${seconds}` is a number, and a var from the command line has the types of YAML."""
    body = "vars: {seconds: 4}\nshots:\n  a: {first_frame: a.png, duration: '${seconds}'}\n"
    for values, expected in (({}, 4), ({"seconds": "7"}, 7)):
        production, problems = reading(body, values=values)
        assert production is not None, problems
        assert production.shots["a"].parameters["duration"] == expected


def test_set_of_an_unknown_name_is_an_error(reading):
    """`--set` overrides a var, it never makes one."""
    _, problems = reading("vars: {style: x}\nshots: {}\n", values={"stile": "y"})
    assert [item.message for item in problems] == ["no var `stile`"]


def test_a_name_that_is_both_cast_and_var_is_an_error(reading):
    """Nobody guesses which one is meant: it is said once, at the var, and the shots are not accused."""
    _, problems = reading("vars: {gull: x}\nshots:\n  a: {prompt: 'x ${gull}'}\n  b: {prompt: '${gull}'}\n", head=HEAD)
    assert [(item.place.line, item.place.column, item.message.partition(",")[0]) for item in problems] == [
        (HEAD.count("\n") + 1, 8, "`gull` is both a var and a cast member")
    ]


def test_a_cast_name_outside_a_prompt_is_an_error(reading):
    """Only a prompt may name cast members."""
    _, problems = reading("shots:\n  a: {prompt: 'x ${gull}', negative_prompt: 'no ${lamp}'}\n", head=HEAD)
    assert any("only `prompt` may name one" in item.message for item in problems)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("${keeper} shows ${lamp} to ${gull}", "Image 1 shows Image 2 to Video 1"),
        ("${gull} sees ${lamp}, ${gull} cries", "Video 1 sees Image 1, Video 1 cries"),
        ("${keeper}看着${gull}", "图1看着视频1"),
    ],
)
def test_cast_names_become_the_models_identifiers(reading, prompt, expected):
    """Pictures and videos are counted apart, in the order of the media, in the prompt's language."""
    production, problems = reading(f"shots:\n  a: {{prompt: '{prompt}'}}\n", head=HEAD)
    assert production is not None, problems
    assert production.shots["a"].prompt == expected


HAN_CAST = (
    "wanflow: 1\ndefaults: {model: wan2.7-r2v}\n"
    "cast:\n  小明: {image: k.png}\n  妈妈: {image: l.png}\n  车: {video: g.mp4}\n"
)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("${小明} walks with ${妈妈} in the rain", "Image 1 walks with Image 2 in the rain"),
        ("${小明} walks past a shop sign that reads 书店.", "Image 1 walks past a shop sign that reads 书店."),
        ("${小明} reads «“春江花月夜十个汉字” 》", "Image 1 reads «“春江花月夜十个汉字” 》"),
        ("${小明} says: 「今天天气很好我们走吧」", "Image 1 says: 「今天天气很好我们走吧」"),
        ("${小明} doesn't know don't 雨 hasn't", "Image 1 doesn't know don't 雨 hasn't"),
        ('${小明}说："It is a very long line of English words."', '图1说："It is a very long line of English words."'),
        ("${小明}走在 Wall Street 上，看着${车}", "图1走在 Wall Street 上，看着视频1"),
        ("${小明}", "图1"),
        ("${小明}。", "图1。"),
        ("“你好，${妈妈}”", "“你好，图1”"),
        ("${小明}2岁", "图1 2岁"),
        ("${小明}${age}岁的生日", "图1 2岁的生日"),
        ("${小明} and 2${妈妈}2 run", "Image 1 and 2Image 2 2 run"),
        ("${小明}があるく", "Image 1があるく"),
        ("𠀀𠀁${小明} go", "𠀀𠀁图1 go"),
    ],
)
def test_the_words_around_decide_the_language_of_identifiers(reading, prompt, expected):
    """Cast names and quoted words do not count, and a number behind an identifier stays a number of its own."""
    body = f"vars: {{age: 2}}\nshots:\n  a:\n    prompt: >-\n      {prompt}\n"
    production, problems = reading(body, head=HAN_CAST)
    assert production is not None, problems
    assert production.shots["a"].prompt == expected


@pytest.mark.parametrize(
    "where", ["defaults: {model: wan2.7-r2v, prompt_language: zh}", "defaults: {model: wan2.7-r2v}"]
)
def test_an_author_may_choose_the_language_of_identifiers(reading, where):
    """In `defaults`, and in a shot before that; a shot has no other words for it in an earlier version."""
    head = HAN_CAST.replace("defaults: {model: wan2.7-r2v}", where)
    shots = "shots:\n  a: {prompt: '${小明} walks', prompt_language: en}\n  b: {prompt: '${小明} walks'}\n"
    production, _ = reading(shots, head=head)
    assert production.shots["a"].prompt == "Image 1 walks"
    assert production.shots["a"].former == ()
    assert production.shots["b"].prompt == ("图1 walks" if "zh" in where else "Image 1 walks")
    _, problems = reading("shots:\n  a: {prompt: '${小明} walks', prompt_language: fr}\n", head=HAN_CAST)
    assert [item.place.column for item in problems] == [47]


def test_wan26_has_one_kind_of_identifier(reading):
    """In any language."""
    head = HAN_CAST.replace("wan2.7-r2v", "wan2.6-r2v")
    production, _ = reading("shots:\n  a: {prompt: '${小明}2岁'}\n  b: {prompt: '${小明} walks'}\n", head=head)
    assert production is not None
    assert [production.shots[name].prompt for name in "ab"] == ["character1 2岁", "character1 walks"]


def test_folded_values_have_their_earlier_reading_wherever_they_are_filled_in(filing):
    """Vars, matrices, inputs of pipelines and defaults: the words that earlier versions sent are known."""
    folded = "江南\n      水乡"
    files = {
        "wanflow.yaml": (
            f"wanflow: 1\nvars:\n  place: {folded}\n  whole: {folded}\n"
            f"defaults:\n  model: wan2.7-t2v\n  negative_prompt: {folded}\n"
            "shots:\n  var: {prompt: '${place}的雨', negative_prompt: x}\n  whole: {prompt: '${whole}', negative_prompt: x}\n"
            f"  all:\n    matrix:\n      where: [\n      {folded}]\n    prompt: ${{where}}的雨\n"
            f"  used:\n    use: visit.yaml\n    with:\n      words: {folded.replace('水', '  水')}\n"
        ),
        "visit.yaml": (
            "pipeline: visit\ninputs: {words: {type: string}}\noutput: a\n"
            "shots:\n  a: {model: wan2.7-t2v, prompt: '${words}的${words}', negative_prompt: x}\n"
        ),
    }
    production, problems = filing(files)
    assert production is not None, problems
    words = {
        name: (shot.prompt, [(each.prompt, each.negative_prompt) for each in shot.former])
        for name, shot in production.shots.items()
    }
    assert words == {
        "var": ("江南水乡的雨", [("江南 水乡的雨", "x")]),
        "whole": ("江南水乡", [("江南 水乡", "x")]),
        "all/江南水乡": ("江南水乡的雨", [("江南 水乡的雨", "江南 水乡")]),
        "used/a": ("江南水乡的江南水乡", [("江南 水乡的江南 水乡", "x")]),
    }


def test_the_slate_shows_plain_names(reading):
    """What people read has no identifiers in it."""
    production, _ = reading("shots:\n  a: {prompt: '${keeper} waves'}\n", head=HEAD)
    assert production.shots["a"].written == "keeper waves"


def test_references_are_those_that_the_prompt_names_first(reading):
    """Left out, they come in order of first mention, with their voices, in slots counted from 1."""
    production, _ = reading("shots:\n  a: {prompt: '${gull} and ${keeper} and ${gull}'}\n", head=HEAD)
    media = production.shots["a"].media
    assert [(item.slot, item.type, item.cast) for item in media] == [
        ("reference_1", "reference_video", "gull"),
        ("reference_2", "reference_image", "keeper"),
    ]
    assert media[1].voice is not None


def test_explicit_references_decide_the_numbers(reading):
    """A list is kept in its order, whatever the prompt says first."""
    production, _ = reading("shots:\n  a: {prompt: '${keeper} and ${lamp}', references: [lamp, keeper]}\n", head=HEAD)
    assert production.shots["a"].prompt == "Image 2 and Image 1"


def test_a_first_frame_goes_before_the_references_and_is_not_counted(reading):
    """Identifiers count references only (service.md 2.1)."""
    production, _ = reading("shots:\n  a: {prompt: '${lamp} glows', first_frame: f.png}\n", head=HEAD)
    shot = production.shots["a"]
    assert [item.slot for item in shot.media] == ["first_frame", "reference_1"]
    assert shot.prompt == "Image 1 glows"


@pytest.mark.parametrize(
    ("shot", "message"),
    [
        ("prompt: '${keeper} x', references: [gull]", "which is not among `references`"),
        ("prompt: x, references: [gull, gull]", "`gull` is listed twice"),
        ("prompt: x, references: [gull, lanp]", "no cast member `lanp`"),
        ("prompt: x", "`wan2.7-r2v` needs 1"),
        ("references: [gull]", "has no `prompt`"),
    ],
)
def test_wrong_references(reading, shot, message):
    """Unlisted, repeated, unknown and missing references, and a missing prompt."""
    production, problems = reading(f"shots:\n  a: {{{shot}}}\n", head=HEAD)
    assert production is None
    assert [message in item.message for item in problems] == [True]


def test_a_prompt_may_be_exactly_as_long_as_the_model_takes(reading):
    """5000 characters pass and 5001 don't: the service would cut the rest off."""
    assert len(prompt_of(reading, "x" * 5000)) == 5000
    _, problems = reading(f"shots:\n  a: {{first_frame: a.png, prompt: {'x' * 5001}}}\n")
    assert [item.message for item in problems] == [
        "`prompt` has 5001 characters; `wan2.7-i2v` takes 5000 and would cut it off"
    ]


def test_how_a_prompt_is_written_does_not_matter(reading):
    """Folded, quoted or plain: the same request."""
    forms = ["prompt: one two", 'prompt: "one two"', "prompt: >\n      one\n      two", "prompt: >-\n      one two"]
    prompts = set()
    for form in forms:
        production, problems = reading(f"shots:\n  a:\n    first_frame: a.png\n    {form}\n")
        assert production is not None, problems
        prompts.add(production.shots["a"].prompt)
    assert prompts == {"one two"}


def warned(reading, shots, head=HEAD):
    """Places and words of the warnings of a production that can be used."""
    production, problems = reading(shots, head=head)
    assert production is not None, problems
    return [(item.place.line, item.place.column, item.message) for item in problems]


def test_a_cast_member_that_appears_nowhere_is_warned_of(reading):
    """At its name in the cast, once, however many shots there are."""
    shots = "shots:\n  a: {prompt: '${keeper} x'}\n  b: {prompt: '${lamp} x'}\n"
    assert warned(reading, shots) == [(5, 3, "the cast member `gull` is never used")]
    assert warned(reading, "shots:\n  a: {prompt: x, references: [keeper, lamp, gull]}\n")[0][:2] == (8, 31)


def test_a_listed_reference_that_the_prompt_never_names_is_warned_of(reading):
    """Among several the model can't tell who is who; one alone needs no name, and a name may be written by hand."""
    cast = "wanflow: 1\ndefaults: {model: wan2.7-r2v}\ncast:\n  keeper: {image: k.png}\n  gull: {video: g.mp4}\n"
    never = "the prompt of `a` never names the reference `gull`"
    both = "references: [keeper, gull]"
    assert warned(reading, f"shots:\n  a: {{prompt: '${{keeper}} x', {both}}}\n", cast) == [(7, 51, never)]
    assert warned(reading, f"shots:\n  a: {{prompt: '${{keeper}} meets Video 1', {both}}}\n", cast) == []
    assert warned(reading, f"shots:\n  a: {{prompt: '${{keeper}} 遇见视频1', {both}}}\n", cast) == []
    alone = cast.replace("  keeper: {image: k.png}\n", "")
    assert warned(reading, "shots:\n  a: {prompt: it flies, references: [gull]}\n", alone) == []
