"""The catalog's rules, and the one checker that reads them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import pytest

from wanflow.boundary import Boundary
from wanflow.catalog.read import Catalog, load_catalog
from wanflow.language.load import resolve_shot
from wanflow.language.problem import Severity
from wanflow.language.scope import BasePath, Scope, ShotIndex
from wanflow.language.shot import read_shot
from wanflow.schemas import CatalogError, data_folder, model_files
from wanflow.yamldoc.parse import parse

KEYS = {
    "first_frame": "first_frame: a.png",
    "last_frame": "last_frame: b.png",
    "first_clip": "first_clip: c.mp4",
    "driving_audio": "driving_audio: d.wav",
}
ALLOWED = [
    {"first_frame"},
    {"first_frame", "driving_audio"},
    {"first_frame", "last_frame"},
    {"first_frame", "last_frame", "driving_audio"},
    {"first_clip"},
    {"first_clip", "last_frame"},
]
SUBSETS = [{key for index, key in enumerate(KEYS) if number >> index & 1} for number in range(16)]


@pytest.mark.parametrize("chosen", SUBSETS, ids=lambda chosen: "+".join(sorted(chosen)) or "nothing")
def test_i2v_takes_its_six_sets_and_no_other(reading, chosen):
    """All sixteen combinations of its four media (service.md 2.2)."""
    media = ", ".join(KEYS[key] for key in sorted(chosen))
    production, _ = reading(f"shots:\n  a: {{prompt: x{', ' if media else ''}{media}}}\n")
    assert (production is not None) is (chosen in ALLOWED)


def test_vendor_defaults_are_sent(reading):
    """A change of defaults on their side can't change a production."""
    production, _ = reading("shots:\n  a: {first_frame: a.png}\n")
    assert production.shots["a"].parameters == {
        "resolution": "1080P",
        "duration": 5,
        "prompt_extend": True,
        "watermark": False,
    }
    assert production.shots["a"].seed is None


@pytest.mark.parametrize(
    ("seconds", "media", "fits"),
    [(2, "k", True), (1, "k", False), (15, "k", True), (16, "k", False), (10, "v", True), (11, "v", False)],
)
def test_r2v_lasts_less_beside_a_video(reading, seconds, media, fits):
    """2 to 15 seconds, to 10 with a reference video (service.md 2.1)."""
    head = "wanflow: 1\ndefaults: {model: wan2.7-r2v}\ncast: {k: {image: k.png}, v: {video: v.mp4}}\n"
    production, _ = reading(f"shots:\n  a: {{prompt: '${{{media}}} x', duration: {seconds}}}\n", head=head)
    assert (production is not None) is fits


@pytest.mark.parametrize(
    ("keys", "fits"),
    [
        ("prompt: a storm", True),
        ("prompt: a storm, driving_audio: d.wav, ratio: '9:16', duration: 15", True),
        ("prompt: a storm, duration: 16", False),
        ("prompt: a storm, first_frame: a.png", False),
        ("driving_audio: d.wav", False),
    ],
)
def test_t2v_takes_words_and_perhaps_a_sound(reading, keys, fits):
    """No picture; the words are required (service.md 2.5)."""
    assert (reading(f"shots:\n  a: {{model: wan2.7-t2v, {keys}}}\n")[0] is not None) is fits


@pytest.mark.parametrize(("seconds", "fits"), [(0, True), (1, False), (2, True), (10, True), (11, False)])
def test_videoedit_lasts_as_long_as_its_input_or_2_to_10(reading, seconds, fits):
    """0 is the input's own length (service.md 2.3)."""
    body = f"shots:\n  a: {{model: wan2.7-videoedit, video: v.mp4, duration: {seconds}}}\n"
    assert (reading(body)[0] is not None) is fits


@pytest.mark.parametrize(("count", "fits"), [(0, True), (4, True), (5, False)])
def test_videoedit_takes_four_pictures(reading, count, fits):
    """Reference images 0 to 4 (service.md 2.3)."""
    pictures = ", ".join(f"{{image: p{number}.png}}" for number in range(count))
    body = f"shots:\n  a: {{model: wan2.7-videoedit, video: v.mp4, references: [{pictures}]}}\n"
    assert (reading(body)[0] is not None) is fits


@pytest.mark.parametrize(("seed", "fits"), [(0, True), (2147483647, True), (-1, False), (2147483648, False)])
def test_a_seed_has_its_range(reading, seed, fits):
    """0 to 2^31 - 1, kept apart from the parameters."""
    production, _ = reading(f"shots:\n  a: {{first_frame: a.png, seed: {seed}}}\n")
    assert (production is not None) is fits
    if production is not None:
        assert production.shots["a"].seed == seed
        assert "seed" not in production.shots["a"].parameters


def test_a_snapshot_is_a_model(reading):
    """A dated name has its model's rules and is sent as it is written."""
    production, _ = reading("shots:\n  a: {model: wan2.7-i2v-2026-04-25, first_frame: a.png}\n")
    assert production.shots["a"].model == "wan2.7-i2v-2026-04-25"


def test_defaults_reach_only_the_models_that_know_them(reading):
    """A general default that a model doesn't know is passed over; a shot's own key wins over both kinds."""
    head = (
        "wanflow: 1\n"
        "defaults: {model: wan2.7-i2v, duration: 4, ratio: '1:1', models: {wan2.7-r2v: {duration: 6}}}\n"
        "cast: {k: {image: k.png}}\n"
    )
    body = (
        "shots:\n"
        "  a: {first_frame: a.png}\n"
        "  b: {model: wan2.7-r2v, prompt: '${k} x'}\n"
        "  c: {model: wan2.7-r2v, prompt: '${k} x', duration: 8}\n"
    )
    production, problems = reading(body, head=head)
    assert problems == ()
    sent = {name: shot.parameters for name, shot in production.shots.items()}
    assert [sent[name]["duration"] for name in "abc"] == [4, 6, 8]
    assert "ratio" not in sent["a"]
    assert sent["b"]["ratio"] == "1:1"


def test_what_the_vendor_ignores_is_not_sent(reading):
    """`ratio` beside a first frame is dropped: with a warning where the shot asks for it, else silently."""
    head = "wanflow: 1\ndefaults: {model: wan2.7-r2v}\ncast: {k: {image: k.png}}\n"
    for ratio, warnings in ((", ratio: '16:9'", 1), ("", 0)):
        body = f"shots:\n  a: {{prompt: '${{k}} x', first_frame: a.png{ratio}}}\n"
        production, problems = reading(body, head=head)
        assert "ratio" not in production.shots["a"].parameters
        assert [item.severity for item in problems] == [Severity.WARNING] * warnings


def test_a_voice_that_the_model_does_not_know_is_not_sent(reading):
    """The cast may speak; an editing model is not told, and the author is."""
    body = (
        "cast: {k: {image: k.png, voice: k.wav}}\n"
        "shots:\n  a: {model: wan2.7-videoedit, video: v.mp4, prompt: '${k} x'}\n"
    )
    production, problems = reading(body)
    assert production.shots["a"].media[-1].voice is None
    assert [item.severity for item in problems] == [Severity.WARNING]


def test_a_voice_beside_a_first_frame_is_sent_with_a_warning(reading):
    """The vendor advises against it, and takes it (service.md 2.1)."""
    head = "wanflow: 1\ndefaults: {model: wan2.7-r2v}\ncast: {k: {image: k.png, voice: k.wav}}\n"
    production, problems = reading("shots:\n  a: {prompt: '${k} x', first_frame: a.png}\n", head=head)
    assert production.shots["a"].media[-1].voice is not None
    assert [item.severity for item in problems] == [Severity.WARNING]


@pytest.fixture
def invented(tmp_path):
    """A catalog of one model that nobody sells."""
    raw = json.loads((data_folder("schemas") / "models" / "wan2.7-videoedit.json").read_text(encoding="utf-8"))
    media, said = raw["media"], {"about": "A parameter.", "source": "service.md 2"}
    raw |= {
        "model": "dream-1",
        "snapshots": ["dream-1-beta"],
        "regions": ["virginia"],
        "text": {"prompt": {"required": True, "max": 10, "source": "service.md 2"}},
        "media": {"video": media["video"], "reference_image": {**media["reference_image"], "max": 2}},
        "identifiers": {"en": {"any": "hero{n}"}, "zh": {"any": "hero{n}"}, "source": "service.md 2"},
        "ignored": [{"parameter": "size", "with": "reference_image", "source": "service.md 2"}],
        "parameters": {
            "size": {"type": "string", "values": ["1*1", "2*2"], "default": "1*1", "since": 1, **said},
            "duration": {"type": "integer", "min": 3, "max": 4, "also": [9], "default": 3, "since": 1, **said},
            "audio": {"type": "boolean", "default": True, "since": 2, **said},
        },
    }
    del raw["prices"]  # they are those of other regions
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "dream-1.json").write_text(json.dumps(raw), encoding="utf-8")
    alone = load_catalog(folder)
    return Catalog(alone.files, {**load_catalog().models, **alone.models})


def checked(invented, shot, region="virginia"):
    """A shot and its problems under the invented model."""
    document = parse(f"a: {{model: dream-1, {shot}}}\n".encode(), "wanflow.yaml")
    ((key, node),) = document.root.pairs
    problems = []
    draft = read_shot(key, node, (), Scope(BasePath(Boundary(data_folder("schemas"))), ShotIndex()), invented, problems)
    return resolve_shot(draft, invented["dream-1"], region, {}, problems), [item.message for item in problems]


def test_an_invented_model_obeys_its_file(invented):
    """Nothing in code knows a model: a new one is a file."""
    shot, problems = checked(invented, "video: v.mp4, prompt: x")
    assert problems == []
    assert shot.parameters == {"size": "1*1", "duration": 3}
    assert set(invented) - set(load_catalog()) == {"dream-1", "dream-1-beta"}


@pytest.mark.parametrize(
    ("shot", "region", "message"),
    [
        ("video: v.mp4, prompt: far too long", "virginia", "takes 10"),
        ("video: v.mp4", "virginia", "has no `prompt`"),
        ("prompt: x", "virginia", "needs 1"),
        ("video: v.mp4, prompt: x, first_frame: a.png", "virginia", "takes no `first_frame`"),
        ("video: v.mp4, prompt: x, size: 3*3", "virginia", "one of `1*1`, `2*2`"),
        ("video: v.mp4, prompt: x, duration: 5", "virginia", "9 or 3 to 4"),
        ("video: v.mp4, prompt: x, ratio: '1:1'", "virginia", "no parameter `ratio`"),
        ("video: v.mp4, prompt: x", "beijing", "is not available in the region"),
        ("video: v.mp4, prompt: x, references: [{image: a}, {image: b}, {image: c}]", "virginia", "takes at most 2"),
    ],
)
def test_an_invented_models_rules_are_checked(invented, shot, region, message):
    """Texts, media, values, ranges, regions and counts come from the file."""
    _, problems = checked(invented, shot, region)
    assert [message in item for item in problems] == [True]


def test_a_value_beside_the_range_is_allowed(invented):
    """`also` lies outside `min` and `max`."""
    assert checked(invented, "video: v.mp4, prompt: x, duration: 9")[1] == []


def test_a_later_parameter_enters_only_off_its_default(invented):
    """Law 5: a new release never buys a film again."""
    assert "audio" not in checked(invented, "video: v.mp4, prompt: x")[0].parameters
    assert "audio" not in checked(invented, "video: v.mp4, prompt: x, audio: true")[0].parameters
    assert checked(invented, "video: v.mp4, prompt: x, audio: false")[0].parameters["audio"] is False


def test_a_broken_model_file_is_named(tmp_path):
    """A catalog that cannot be read says which file."""
    (tmp_path / "odd.json").write_text('{"model": "odd"}', encoding="utf-8")
    with pytest.raises(CatalogError, match=r"odd\.json"):
        load_catalog(tmp_path)


@pytest.mark.parametrize(
    ("change", "key", "why"),
    [
        ({"media": {"style": {"role": "mood"}}}, "media.style.role", "'mood' is not one of"),
        ({"media": {"style": {"weight": 3}}}, "media.style", "'weight' was unexpected"),
        ({"media": {"style": {"max": 2}}}, "media.style", "a shot holds one source under a media key"),
        ({"media": {"style": {"role": "sound"}}}, "media.style", "the role `sound` takes audio, not image"),
        ({"media": {"style": {"role": "opening"}}}, "media.style", "another media key has the role `opening`"),
        ({"media": {"style": {"list": True}}}, "media.style", "without `list`"),
        (
            {"text": {"lyrics": {"required": False, "max": 9, "source": "service.md 2"}}},
            "text",
            "'lyrics' is not one of",
        ),
        ({"parameters": {"seed": {"type": "string"}}}, "parameters.seed", "the type must be integer"),
        (
            {"parameters": {"first_frame": {"type": "string"}}},
            "media.first_frame",
            "another key of a shot is called `first_frame`",
        ),
        ({"sets": [["lost_frame"]]}, "sets.0", "`lost_frame` is not among `media`"),
        ({"model": "wan2.7-t2v", "snapshots": []}, "model", "`wan2.7-t2v` is in the catalog twice"),
    ],
)
def test_a_model_that_the_code_cannot_carry_is_refused(change, key, why, tmp_path):
    """A key that would be dropped from a paid request is an error that names the file and the key."""
    folder = data_folder("schemas") / "models"
    raw = json.loads((folder / "wan2.7-i2v.json").read_text(encoding="utf-8")) | {"model": "dream-1", "snapshots": []}
    style = {"role": "guide", "about": "A style.", "max": 1, "file": raw["media"]["first_frame"]["file"]}
    defaults = {"media": style, "parameters": {"about": "A word.", "since": 1, "source": "service.md 2"}}
    for part, value in change.items():
        if isinstance(value, dict):
            raw[part] = raw[part] | {name: defaults.get(part, {}) | rule for name, rule in value.items()}
        else:
            raw[part] = value
    (tmp_path / "zz.json").write_text(json.dumps(raw), encoding="utf-8")
    (tmp_path / "wan2.7-t2v.json").write_bytes((folder / "wan2.7-t2v.json").read_bytes())
    with pytest.raises(CatalogError) as caught:
        load_catalog(tmp_path)
    assert f"the model file `zz.json` cannot be used: `{key}`: " in str(caught.value)
    assert why in str(caught.value)


def test_model_files_that_ship_are_checked_when_they_change(tmp_path, monkeypatch):
    """Their digest lies beside them; with another one, or none, a file with an error is found by any command."""
    schemas = data_folder("schemas")
    for part in ("models", "providers"):
        shutil.copytree(schemas / part, tmp_path / part)
    for name in (*(path.name for path in schemas.glob("*.schema.json")), "models.sha256"):
        shutil.copy(schemas / name, tmp_path / name)
    monkeypatch.setattr("wanflow.schemas.data_folder", lambda _: tmp_path)
    monkeypatch.setattr("wanflow.catalog.read.model_files", model_files.__wrapped__)
    fresh = load_catalog.__wrapped__
    assert fresh().files.checked
    assert not fresh(tmp_path / "models").files.checked
    file = tmp_path / "models" / "wan2.7-i2v.json"
    shipped = file.read_text(encoding="utf-8")
    for former, other, why in (
        ('"role": "opening"', '"role": "mood"', "'mood' is not one of"),
        ('"min": 2,', '"min": 50,', "`default` is outside of"),
    ):
        assert former in shipped
        file.write_text(shipped.replace(former, other, 1), encoding="utf-8")
        with pytest.raises(CatalogError, match=rf"wan2\.7-i2v\.json.*{why}"):
            fresh()
    file.write_text(shipped, encoding="utf-8")
    assert fresh().files.checked
    (tmp_path / "models.sha256").unlink()
    assert not fresh().files.checked


def test_each_rule_names_its_source():
    """A reader can look every model's rules up in the vendor's own words."""
    for file in (data_folder("schemas") / "models").glob("*.json"):
        raw = json.loads(file.read_text(encoding="utf-8"))
        rules = [*raw["parameters"].values(), *raw["text"].values(), *(rule["file"] for rule in raw["media"].values())]
        assert all(re.match(r"[\w-]+\.md \d", rule["source"]) for rule in rules), file.name


def test_the_catalog_is_frozen():
    """A model is a value."""
    model = load_catalog()["wan2.7-i2v"]
    assert replace(model) == model
    with pytest.raises(AttributeError):
        model.running = 9


WAN3 = """\
wanflow: 1
defaults: {model: wan3.0-video}
cast: {keeper: {image: k.png, voice: v.wav}, gull: {video: g.mp4}, song: {audio: s.mp3}}
"""


def test_wan3_names_pictures_videos_and_sounds_by_their_kind(reading):
    """Counted apart, in both languages; a voice is not sent, which is said (service.md 2.6)."""
    body = (
        "shots:\n"
        '  a: {prompt: "${song} plays, ${keeper} looks at ${gull}."}\n'
        '  b: {prompt: "${song}响起，${keeper}看着${gull}。"}\n'
    )
    production, problems = reading(body, head=WAN3)
    assert production.shots["a"].prompt == "Audio 1 plays, Image 1 looks at Video 1."
    assert production.shots["b"].prompt == "音频1响起，图1看着视频1。"
    assert [item.type for item in production.shots["a"].media] == [
        "reference_audio",
        "reference_image",
        "reference_video",
    ]
    assert "that of `keeper` is not sent" in problems[0].message
    assert all(item.voice is None for item in production.shots["a"].media)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("prompt: a coast", None),
        ("first_frame: a.png", None),
        ("prompt: x, first_frame: a.png, last_frame: b.png, duration: 30", None),
        ("prompt: x, duration: -1, ratio: adaptive", None),
        ("prompt: x, link: https://example.com/story", None),
        ("prompt: x, file: slides.pptx, references: [keeper]", None),
        ("duration: 5", "`a` has neither a `prompt` nor media"),
        ("prompt: x, first_frame: a.png, references: [keeper]", "`a` has a `first_frame` and a `reference_image`"),
        ("prompt: x, last_frame: a.png, link: https://example.com", "`a` has a `last_frame` and a `link`"),
        ("prompt: x, file: a.pdf, link: https://example.com", "`a` has a `file` and a `link`"),
        ("prompt: x, duration: 1", "is -1 or 2 to 30"),
        ("prompt: x, duration: 0", "is -1 or 2 to 30"),
        ("prompt: x, negative_prompt: y", "takes no `negative_prompt`"),
        ("prompt: x, first_clip: a.mp4", "takes no `first_clip`"),
        ("prompt: x, shot_type: multi", "has no parameter `shot_type`"),
    ],
)
def test_wan3_takes_frames_or_references_and_no_both(reading, keys, said):
    """At the name of the shot; the hint names the keys of both modes (service.md 2.6)."""
    production, problems = reading(f"shots:\n  a: {{{keys}}}\n", head=WAN3)
    errors = [item for item in problems if item.severity is Severity.ERROR]
    assert (production is not None) is (said is None), [item.message for item in errors]
    if said is not None:
        assert said in errors[0].message


def test_a_sound_is_no_reference_of_other_models(reading):
    """The key of the member is known; the model says what it takes."""
    body = "shots:\n  a: {model: wan2.7-r2v, prompt: '${song} plays near ${keeper}'}\n"
    production, problems = reading(body, head=WAN3)
    assert production is None
    assert "`wan2.7-r2v` takes no `reference_audio`" in [item.message for item in problems]


def test_a_han_character_counts_as_two_where_the_vendor_says_so(reading):
    """2500 of them, or 5000 others (service.md 2.7)."""
    for words, fits in (("海" * 2500, True), ("海" * 2500 + "x", False), ("x" * 5000, True), ("x" * 5001, False)):
        production, _ = reading(f"shots:\n  a: {{model: happyhorse-1.1-t2v, prompt: {words}}}\n")
        assert (production is not None) is fits


def test_a_vendors_watermark_that_is_on_by_default_is_sent_so(reading):
    """As every default of the vendor; a clean picture is asked for (service.md 2.7)."""
    body = "shots:\n  a: {model: happyhorse-1.1-t2v, prompt: x}\n  b: {model: happyhorse-1.1-t2v, prompt: x, watermark: false}\n"
    production, _ = reading(body)
    assert production.shots["a"].parameters["watermark"] is True
    assert production.shots["b"].parameters["watermark"] is False


def test_what_wan3_has_in_the_place_of_a_key_is_said(reading):
    """At the key: docs/wan3.md has the same table."""
    head = "wanflow: 1\ndefaults: {model: wan3.0-video}\nshots:\n  a: {prompt: x, negative_prompt: y}\n"
    _, problems = reading(
        head + "  b: {prompt: x, first_clip: {shot: a}}\n  c: {prompt: x, video: {shot: a}}\n", head=""
    )
    said = [(found.place.line, found.place.column, found.hint) for found in problems]
    assert said == [
        (4, 18, "say in the prompt what is not wanted"),
        (5, 18, "give the film as one of the `references`, and say in the prompt that it goes on"),
        (6, 18, "give the film as one of the `references`, and say in the prompt what changes"),
    ]
