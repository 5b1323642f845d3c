"""Model files that a production names: what is wrong with them, and how they stand beside the catalog."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from wanflow.catalog.read import load_catalog
from wanflow.language.load import Found
from wanflow.language.media_checks import check_media
from wanflow.language.own_models import read_model_files
from wanflow.language.problem import Problem, Severity, SpecError
from wanflow.language.source import Facts, Kind
from wanflow.providers.dashscope import wire
from wanflow.providers.protocol import request_with

Filing = Callable[..., Found]

PICTURE = {"kind": "image", "formats": ["png"], "bytes": 10_000_000, "forms": ["http"]}


def raw(**changes: Any) -> dict[str, Any]:
    """The least that a model file holds, and one medium."""
    return {
        "model": "toon/v1",
        "provider": "dashscope",
        "does": "draws",
        "regions": ["beijing"],
        "text": {"prompt": {"required": True, "max": 100}},
        "media": {"first_frame": {"role": "opening", "about": "The beginning.", "max": 1, "file": PICTURE}},
        "parameters": {
            "mode": {"about": "How well.", "type": "string", "values": ["std", "pro"], "default": "std"},
            "duration": {"about": "Seconds.", "type": "integer", "min": 3, "max": 9, "default": 5},
        },
        **changes,
    }


def film(model: str = "toon/v1", more: str = "", models: str = "[m.json]") -> str:
    """A production with one shot of a model."""
    return f"wanflow: 1\nmodels: {models}\nshots:\n  a: {{model: {model}, prompt: x{more}}}\n"


def told(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """Places and messages."""
    return [(str(each.place), each.message) for each in problems]


def test_a_model_file_is_used_by_the_shots(filing: Filing) -> None:
    """With its own defaults, in all files of the production; the catalog stays as it is."""
    files = {"wanflow.yaml": film() + "include: [b.yaml]\n", "m.json": json.dumps(raw())}
    production, problems = filing({**files, "b.yaml": "shots: {b: {model: toon/v1, prompt: y, mode: pro}}\n"})
    assert problems == ()
    assert production is not None
    assert production.shots["b"].parameters == {"mode": "pro", "duration": 5}
    assert production.shots["a"].rules is production.catalog["toon/v1"]
    assert "toon/v1" not in load_catalog()


def test_a_model_may_take_colours_under_any_name(filing: Filing) -> None:
    """Checked by the bounds of its file, and sent as they are written."""
    parameters = {"palette": {"about": "The colours.", "type": "colors", "min": 1, "max": 2}}
    more = ", palette: [{hex: '#C2D1E6', ratio: 100.00%}]"
    files = {"wanflow.yaml": film(more=more), "m.json": json.dumps(raw(parameters=parameters))}
    production, problems = filing(files)
    assert problems == ()
    assert production is not None
    assert production.shots["a"].parameters == {"palette": [{"hex": "#C2D1E6", "ratio": "100.00%"}]}
    _, (found,) = filing({**files, "wanflow.yaml": film(more=", palette: []")})
    assert found.message == "`palette` of `toon/v1` takes 1 to 2 colours, not 0"


def test_a_refused_path_says_which_part_of_the_address_it_is(filing: Filing) -> None:
    """The vendor's page shows the whole address."""
    text = json.dumps(raw(call={"path": "https://dashscope.aliyuncs.com/api/v1/services/x"}))
    _, (found,) = filing({"wanflow.yaml": film(), "m.json": text})
    assert found.hint == "write the part of the address behind `/api/v1`, as `/services/…`"


def test_a_pipeline_may_use_the_models(filing: Filing) -> None:
    """Its defaults and its shots have the keys of the production's models."""
    pipeline = (
        "pipeline: p\ndefaults: {model: toon/v1, mode: pro}\nshots: {x: {prompt: y, first_frame: a.png}}\noutput: x\n"
    )
    files = {"wanflow.yaml": "wanflow: 1\nmodels: [m.json]\nshots: {a: {use: ./p.yaml}}\n", "p.yaml": pipeline}
    production, problems = filing({**files, "m.json": json.dumps(raw())})
    assert problems == ()
    assert production is not None
    assert production.shots["a/x"].parameters == {"mode": "pro", "duration": 5}


def test_a_file_of_the_same_content_is_the_same_catalog(filing: Filing) -> None:
    """So that a page which reads a production again builds no schema again."""
    files = {"wanflow.yaml": film(), "m.json": json.dumps(raw())}
    (one, _), (other, _) = filing(files), filing(files)
    assert one is not None
    assert other is not None
    assert one.catalog is other.catalog


def priced(**changes: str) -> dict[str, Any]:
    """A list with one price."""
    rate = {"region": "beijing", **changes, "amount": "0.5"}
    return {"prices": {"date": "2026-01-01", "currency": "CNY", "a_second": [rate]}}


WRONG = [
    ({"colour": "red"}, '"colour"', "unknown key `colour`"),
    ({"model": "a b"}, '"a b"', "`model` cannot be `a b`"),
    ({"call": {"path": "https://evil.example/x"}}, '"https:', "`path` cannot be `https://evil.example/x`"),
    ({"call": {"path": "/a/../b"}}, '"/a/..', "`path` cannot be `/a/../b`"),
    ({"regions": ["mars"]}, '"mars"', "`dashscope` has no region `mars`"),
    ({"provider": "dashscop"}, '"dashscop"', "unknown provider `dashscop`"),
    ({"sets": [["end"]]}, '["end"]', "`sets.0`: `end` is not among `media`"),
    ({"call": {"form": "fields"}}, '"first_frame"', "`media.first_frame`: the form `fields` needs a `field`"),
    ({"call": {"fixed": {"mode": "std"}}}, '"std"}', "`call.fixed.mode`: a parameter is called `mode`"),
    ({"call": {"fixed": {"n": 4}}}, "4}", "`call.fixed.n`: a take is one result"),
    ({"prices": {"date": "2026-01-01", "currency": "CNY"}}, '"prices"', "one of these keys is needed, and one only"),
    (priced(region="mars"), '"mars"', "`prices.a_second.0.region`: `mars` is not among `regions`"),
    (priced(mode="turbo"), '"turbo"', "`prices.a_second.0.mode`: `turbo` is not among `values`"),
    (priced(mdoe="std"), '"std", "amount"', "`prices.a_second.0.mdoe`: `mdoe` is not among `parameters`"),
]


@pytest.mark.parametrize(("change", "at", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_what_is_wrong_has_its_place(change: dict[str, Any], at: str, message: str, filing: Filing) -> None:
    """The line and the column of the value, or of its key."""
    text = json.dumps(raw(**change))
    _, problems = filing({"wanflow.yaml": "wanflow: 1\nmodels: [m.json]\n", "m.json": text})
    (found,) = problems
    assert (found.place.file, found.place.line) == ("m.json", 1)
    assert text[found.place.column - 1 :].startswith(at)
    assert found.message.startswith(message)


PARAMETERS = [
    ({"type": "integer", "values": ["5"]}, "only text has `values`"),
    ({"type": "integer", "default": "5"}, "`default` is not of the type integer"),
    ({"type": "integer", "min": 1, "max": 3, "default": 9}, "`default` is outside of `min` and `max`"),
    ({"type": "string", "values": ["a"], "default": "b"}, "`default` is not among `values`"),
    ({"type": "colors", "min": 3}, "`colors` needs `min` and `max`"),
    ({"type": "colors", "min": 3, "max": 5, "default": "red"}, "`colors` has no `default`"),
]


@pytest.mark.parametrize(("rule", "message"), PARAMETERS, ids=[message for _, message in PARAMETERS])
def test_a_default_that_the_service_would_refuse_is_an_error(rule: Any, message: str, filing: Filing) -> None:
    """It would be sent with each request that does not name the parameter."""
    parameters = {"weight": {"about": "How much.", **rule}}
    _, problems = filing({"wanflow.yaml": film(), "m.json": json.dumps(raw(parameters=parameters))})
    (found,) = problems
    assert found.message.startswith(f"`parameters.weight`: {message}")


FIELDS = [
    ("media", {"field": "prompt"}, {}, "another part of the request is under `prompt`"),
    ("media", {"field": "image"}, {"field": "image"}, "another part of the request is under `image`"),
    ("reference_urls", {}, {}, "the form `reference_urls` needs a `field` with `list`"),
    ("messages", {"field": "image"}, {}, "the form `messages` carries pictures, without a `field`"),
]


@pytest.mark.parametrize(("form", "first", "last", "message"), FIELDS)
def test_a_medium_that_the_body_would_lose_is_an_error(
    form: str, first: Any, last: Any, message: str, filing: Filing
) -> None:
    """Nothing that an author asks for is dropped from a paid request in silence."""
    opening, ending = (
        {"role": role, "about": "A picture.", "max": 1, "file": PICTURE} for role in ("opening", "ending")
    )
    media = {"first_frame": opening | first, "last_frame": ending | last}
    _, problems = filing({"wanflow.yaml": film(), "m.json": json.dumps(raw(media=media, call={"form": form}))})
    assert message in " ".join(each.message for each in problems)


def test_a_shipped_model_is_replaced_with_a_warning(filing: Filing) -> None:
    """The production's file decides, and every rule of the shipped one is gone."""
    files = {"wanflow.yaml": film("wan2.7-t2v"), "m.json": json.dumps(raw(model="wan2.7-t2v"))}
    production, problems = filing(files)
    assert [(each.severity, each.message) for each in problems] == [
        (Severity.WARNING, "this file replaces the model `wan2.7-t2v` that comes with wanflow")
    ]
    assert production is not None
    assert production.shots["a"].parameters == {"mode": "std", "duration": 5}


def test_keys_of_a_file_with_an_error_are_not_called_unknown(filing: Filing) -> None:
    """Nor its model, in shots and in defaults; a key that it does not bring either is."""
    text = film(more=", mode: pro, mood: calm") + "defaults: {models: {toon/v1: {mode: std}}}\n"
    _, problems = filing({"wanflow.yaml": text, "m.json": json.dumps(raw(regions=[]))})
    assert [(each.place.file, each.message) for each in problems] == [
        ("m.json", "`regions` is empty"),
        ("wanflow.yaml", "unknown key `mood`"),
    ]


def test_two_files_with_one_model_are_an_error_at_the_second(filing: Filing) -> None:
    """Which of them counts would depend on the order of files."""
    text = json.dumps(raw())
    _, problems = filing({"wanflow.yaml": film(models="['*.json']"), "m.json": text, "n.json": text})
    assert told(problems) == [("n.json:1:11", "the model `toon/v1` is defined twice, first at m.json:1:11")]


def test_a_key_of_a_shot_is_media_or_a_parameter_in_all_models(filing: Filing) -> None:
    """The schema of shots has one meaning for it."""
    parameters = {"first_clip": {"about": "No clip.", "type": "string"}}
    _, problems = filing({"wanflow.yaml": film(), "m.json": json.dumps(raw(parameters=parameters))})
    assert "`first_clip` is among the media of another model" in [each.message for each in problems]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a model file is a mapping"),
        ("[]", "a model file is a mapping"),
        ('{"model": ', "invalid YAML"),
        ('{"model": "a", "model": "b"}', "duplicate"),
        ('{"does": "\\u001b[31m"}', "control character"),
    ],
)
def test_a_file_that_is_no_model_says_so(text: str, message: str, filing: Filing) -> None:
    """Whatever it is, with its place and without a traceback."""
    _, problems = filing({"wanflow.yaml": film(), "m.json": text})
    found = [each for each in problems if each.place.file == "m.json"]
    assert any(message in each.message for each in found), problems


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ("[gone.json]", "the model file `gone.json` does not exist"),
        ("['*.jsn']", "no file matches `*.jsn`"),
        ("[../m.json]", "the model file `../m.json`"),
        ("m.json", "`models` must be a list, not `m.json`"),
        ("['${who}.json']", "no var `who`"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_where_it_is_named(models: str, message: str, filing: Filing) -> None:
    """Paths follow the rules of `include`: inside the production's folder."""
    _, problems = filing({"wanflow.yaml": film(models=models)})
    (found, *_) = [each for each in problems if each.place.line == 2]
    assert message in found.message


def test_model_files_belong_to_the_production_file(filing: Filing) -> None:
    """An included file may use the models, and names none."""
    files = {"wanflow.yaml": "wanflow: 1\ninclude: [b.yaml]\n", "b.yaml": "models: [m.json]\n", "m.json": "{}"}
    assert told(filing(files)[1]) == [("b.yaml:1:1", "an included file cannot have `models`")]


def test_the_number_of_model_files_is_limited(filing: Filing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A glob over a large folder ends."""
    monkeypatch.setattr("wanflow.language.own_models.MAX_FILES", 2)
    files = {f"{name}.json": json.dumps(raw(model=name)) for name in "abc"}
    _, problems = filing({"wanflow.yaml": film("a", models="['*.json']"), **files})
    assert told(problems)[0] == ("wanflow.yaml:2:10", "a production has at most 2 model files")


def test_a_request_is_sent_in_the_form_and_to_the_path_of_its_file(filing: Filing) -> None:
    """A request of a production's own model has the keys that its file names."""
    medium = {"role": "opening", "about": "The beginning.", "max": 1, "file": PICTURE, "field": "first_frame_url"}
    call = {"path": "/services/aigc/image2video/video-synthesis", "form": "fields", "fixed": {"n": 1}}
    model = raw(media={"first_frame": medium}, call=call)
    shot = film(more=", first_frame: 'https://example.com/a.png', mode: pro")
    production, problems = filing({"wanflow.yaml": shot, "m.json": json.dumps(model)})
    assert problems == ()
    assert production is not None
    request = request_with(production.shots["a"], 7, {"first_frame": "https://example.com/a.png"})
    assert wire.submit_path(request) == "/services/aigc/image2video/video-synthesis"
    assert wire.request_json(request) == {
        "model": "toon/v1",
        "input": {"prompt": "x", "first_frame_url": "https://example.com/a.png"},
        "parameters": {"mode": "pro", "duration": 5, "n": 1},
    }


@pytest.mark.parametrize(
    ("names", "message"), [({}, "a model with references needs them"), ({"video": "v{n}"}, "`any`")]
)
def test_a_model_with_references_says_what_prompts_call_them(names: Any, message: str, filing: Filing) -> None:
    """Else a cast member would have no name in the prompt that is sent."""
    media = {"refer": {"role": "reference", "about": "Who appears.", "max": 3, "file": PICTURE}}
    identifiers = {"identifiers": {"en": names, "zh": names}} if names else {}
    text = json.dumps(raw(media=media, **identifiers))
    _, problems = filing({"wanflow.yaml": "wanflow: 1\nmodels: [m.json]\n", "m.json": text})
    assert [each.message.partition(":")[0] for each in problems] == ["`identifiers`"]
    assert message in problems[0].message


def test_a_picture_is_as_long_as_the_file_of_its_model_allows(filing: Filing) -> None:
    """`[2, 5]` is two and a half times."""
    file = PICTURE | {"aspect": [2, 5]}
    media = {"first_frame": {"role": "opening", "about": "The beginning.", "max": 1, "file": file}}
    files = {"wanflow.yaml": film(more=", first_frame: a.png"), "m.json": json.dumps(raw(media=media))}
    production, problems = filing(files)
    assert production is not None, problems
    told = {
        width: [
            each.message for each in check_media(production, {"a.png": Facts(Kind.IMAGE, "png", "a", 9, width, 400)})
        ]
        for width in (1000, 1001)
    }
    assert told == {1000: [], 1001: ["`a.png` is more than 2.5 times as long as it is wide"]}


def test_files_of_a_command_line_may_be_anywhere(tmp_path: Path) -> None:
    """`wanflow emulator --models`; what is wrong is told with its place."""
    good, bad = tmp_path / "a.json", tmp_path / "b.json"
    good.write_text(json.dumps(raw()), encoding="utf-8")
    bad.write_text("{}", encoding="utf-8")
    assert "toon/v1" in read_model_files([good])
    with pytest.raises(SpecError) as caught:
        read_model_files([good, bad])
    assert {each.place.line for each in caught.value.problems} == {1}
    with pytest.raises(SpecError, match=r"--models: the model file `.*c\.json` does not exist"):
        read_model_files([tmp_path / "c.json"])


def test_identifiers_of_a_model_file_are_checked_in_prompts(filing: Filing) -> None:
    """As those of a model that ships, at their place, also where they are no word with a number."""
    media = {"refer": {"role": "reference", "about": "Who.", "max": 4, "file": PICTURE}}
    own = raw(media=media, identifiers={name: {"image": "<<<image_{n}>>>"} for name in ("en", "zh")})
    shot = "a: {model: toon/v1, prompt: 'He is <<<image_1>>>, not <<<image_3>>>', references: [{image: 'https://example.com/a.png'}]}"
    files = {"wanflow.yaml": f"wanflow: 1\nmodels: [m.json]\nshots:\n  {shot}\n", "m.json": json.dumps(own)}
    _, problems = filing(files)
    found = [(each.message, each.hint) for each in problems if "names no media" in each.message]
    assert found == [("`<<<image_3>>>` names no media of this shot", "its media are `<<<image_1>>>`")]
    assert not [each for each in problems if "image_1" in each.message]


def test_a_combination_is_told_by_what_is_missing(filing: Filing) -> None:
    """One that only goes beside another, and the set of none at all."""
    media = {
        "first_frame": {"role": "opening", "about": "The beginning.", "max": 1, "file": PICTURE},
        "last_frame": {"role": "ending", "about": "The end.", "max": 1, "file": PICTURE},
    }
    own = raw(media=media, sets=[[], ["first_frame"], ["first_frame", "last_frame"]])
    _, problems = filing(
        {"wanflow.yaml": film(more=", last_frame: 'https://example.com/a.png'"), "m.json": json.dumps(own)}
    )
    assert [(each.message, each.hint) for each in problems] == [
        (
            "`a` has last_frame without first_frame",
            "`toon/v1` takes no media; first_frame; first_frame + last_frame",
        )
    ]


def test_a_seed_is_sent_within_the_range_of_its_model(filing: Filing) -> None:
    """One that was derived is taken into it; a model without seeds is sent none; shipped models keep theirs."""
    seeded = {"seed": {"about": "Draws.", "type": "integer", "min": 1, "max": 100}}
    files = {"wanflow.yaml": film(), "m.json": json.dumps(raw(parameters=seeded))}
    production, problems = filing(files)
    assert problems == ()
    assert production is not None
    rules = production.shots["a"].rules
    sent = request_with(production.shots["a"], 460902558, {}).seed
    assert sent is not None
    assert 1 <= sent <= 100
    assert [rules.sent_seed(seed) for seed in (1, 100, 101, None)] == [1, 100, 2, None]
    shipped = load_catalog()["wan2.7-i2v"]
    assert [shipped.sent_seed(seed) for seed in (0, 2**31 - 1)] == [0, 2**31 - 1]
    assert load_catalog()["wan2.7-i2v"].sent_seed(7) == 7
