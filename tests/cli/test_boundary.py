"""Which files a production may open: nothing outside its folder is quoted, listed or told from what does not exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path

import anyio
import pytest
from cli.conftest import Wanflow
from PIL import Image

from kit.clips import numbered_clip
from kit.invalid_values import paths
from kit.sounds import draw_wav, tone
from kit.square_fonts import square_font
from wanflow import api
from wanflow.boundary import Boundary, Content
from wanflow.cli.main import COMMANDS
from wanflow.cli.options import ProductionOptions
from wanflow.errors import MediaFault, UnknownTarget
from wanflow.language.checks import Check
from wanflow.language.problem import Problem, SpecError, render_problem
from wanflow.schemas import PIPELINE, PRODUCTION, bundled
from wanflow.store.lockfile import write_git_attributes

SECRET = "ghp_SENTINEL"  # noqa: S105 - it is quoted or not
SECRETS = {
    "credentials": f"https://bot:{SECRET}@host.example\n",
    "broken.yaml": f"{SECRET}: [\n",
    "sound.yaml": f"shots: {{{SECRET}: {{prompt: {SECRET}}}}}\n",
    "pipeline.yaml": f"pipeline: {SECRET}\noutput: a\nshots: {{a: {{prompt: {SECRET}}}}}\n",
    "en.srt": f"1\n00:00:01,000 --> {SECRET}\n{SECRET}\n",
    "en.ass": f"[Events]\nFormat: Start, End, Text\nDialogue: {SECRET},{SECRET},{SECRET}\n",
    "fonts.ttf": f"{SECRET}\n",
}
"""Files beside the production's folder, whose first line an error could quote."""

HELP = "hint: `wanflow validate --help` shows what it takes\n"

PLAIN = '{"wanflow": 1, "shots": {"a": {"model": "wan2.7-t2v", "prompt": "x", "duration": 2}}}'

SHOT = {
    "model": "wan2.7-i2v",
    "prompt": "a coast",
    "negative_prompt": "rain",
    "prompt_language": "en",
    "note": "n",
    "seed": "1",
    "tags": ["a"],
    "pick": "1",
    "hold": False,
}
FULL: Mapping[str, object] = {
    "wanflow": 1,
    "title": "Film",
    "backend": "animatic",
    "region": "beijing",
    "budget": "60 CNY",
    "prices": "prices.yaml",
    "uploads": "s3://bucket/prefix",
    "remote": "takes",
    "include": ["scene.yaml"],
    "vars": {"light": "dawn"},
    "defaults": {"model": "wan2.7-i2v", "models": {"wan2.7-i2v": {"resolution": "720P"}}},
    "checks": dict.fromkeys(Check, "warn"),
    "label": {"opening_notice": {"text": "by AI", "seconds": 2}},
    "cast": {
        "mei": {"image": "a.png", "voice": "a.wav"},
        "tom": {"video": "a.mp4"},
        "ann": {"images": ["a.png", "a.png"]},
    },
    "shots": {
        "first": {"first_frame": "a.png", "last_frame": "a.png", "driving_audio": "a.wav", **SHOT},
        "clip": {
            "first_clip": {"file": "a.mp4", "tail": 2},
            "prompt": "x",
            "lines": [
                {"at": 0.5, "to": 2, "who": "mei", "text": "Storm tonight."},
                {"at": 2, "to": 4, "text": {"en": "Yes.", "zh": "是。"}},
            ],
        },
        "edit": {"model": "wan2.7-videoedit", "video": "a.mp4", "prompt": "x", "references": [{"image": "a.png"}]},
        "cited": {
            "model": "wan2.7-r2v",
            "prompt": "{mei} walks",
            "references": ["mei", {"image": "a.png", "voice": "a.wav"}, {"video": "a.mp4"}],
        },
        "slides": {"model": "wan3.0-video", "prompt": "x", "file": "notes.md"},
        "story": {
            "model": "wan3.0-video",
            "prompt": "x",
            "link": "https://example.com",
            "references": [{"audio": "a.wav"}],
        },
        "drawn": {
            "model": "wan2.7-image",
            "prompt": "x",
            "color_palette": [
                {"hex": f"#{code}", "ratio": "25.00%"} for code in ("000000", "808080", "c0c0c0", "ffffff")
            ],
        },
        "used": {"use": "pipe.yaml", "with": {"still": "a.png"}},
    },
    "cuts": {
        "main": {
            "items": [
                {"shot": "first", "take": 1, "focus": [0.3, 0.4]},
                {"file": "a.mp4", "speed": 0.5, "sound": "drop", "freeze": 1},
                {"title": "The end", "duration": 2, "background": "#000000", "font": "own.ttf"},
                {"title": "A name", "over": True, "at": 1, "font": "own.ttf", "color": "gold", "position": "top"},
            ],
            "output": "out/main.mp4",
            "delivery": {"web": "h265", "frames": "png"},
            "size": "640x360",
            "fps": 24,
            "fit": "crop",
            "profile": "draft",
            "music": [{"file": "a.wav", "loop": True, "in": 0.5, "duck": -9, "fade": 1}, "b.wav"],
            "audio": [
                {"file": "a.wav", "at": 1, "out": 1, "gain": -3, "voice": True},
                {"shot": "clip", "out": 1, "duck": True},
            ],
            "subtitles": [
                {"file": "en.srt", "language": "en", "encoding": "utf-8", "burn": True, "position": "top"},
                "de.srt",
            ],
        },
        "said": {"items": ["clip"], "subtitles": [{"lines": "zh", "burn": True}, "lines"]},
        "bed": {"items": ["first"], "music": "b.wav", "subtitles": "en.srt"},
    },
}
"""A production with every key whose value may be a file, and most of the others."""

PIPE = {
    "pipeline": "pipe",
    "inputs": {"still": {"type": "media", "default": "a.png"}},
    "shots": {
        "inner": {"model": "wan2.7-i2v", "first_frame": {"input": "still"}, "last_frame": "a.png", "prompt": "x"}
    },
    "output": "inner",
}

TEXTS = {
    *("prices", "include/0", "shots/used/use", "shots/slides/file", "shots/story/link"),
    *("cuts/main/subtitles/0/file", "cuts/main/subtitles/1", "cuts/bed/subtitles", "cuts/said/subtitles/1"),
}
"""Keys of `FULL` that name a text."""

MEDIA = {
    *("cast/mei/image", "cast/mei/voice"),
    *(f"shots/first/{slot}" for slot in ("first_frame", "last_frame", "driving_audio")),
    *("shots/clip/first_clip/file", "shots/edit/video", "shots/edit/references/0/image"),
    *("shots/cited/references/1/image", "shots/cited/references/1/voice", "shots/cited/references/2/video"),
    "shots/story/references/0/audio",
    *("shots/used/with/still", "cuts/main/items/1/file", "cuts/bed/music"),
    *("cuts/main/music/0/file", "cuts/main/music/1", "cuts/main/audio/0/file"),
    *("cuts/main/items/2/font", "cuts/main/items/3/font"),
}
"""Keys of `FULL` that name a picture, a video, a sound or a font of a shot or cut."""


NO_FILES = {"audio_setting", "frame", "key", "overlap", "shot_type", "takes", "track", "transition"}
"""Other keys of the schema that take a string: one of a few words, a size, or the name of a column."""


@pytest.fixture
def own_folder(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of `FULL` with its files, the current one; the secrets are in the folder above."""
    folder = tmp_path / "repo" / "film"
    folder.mkdir(parents=True)
    for name, text in SECRETS.items():
        (tmp_path / "repo" / name).write_text(text, encoding="utf-8")
    Image.new("RGB", (640, 360), (70, 110, 150)).save(folder / "a.png")
    numbered_clip(folder / "a.mp4", 90, (640, 360))
    square_font(folder / "own.ttf", "abc")
    draw_wav(folder / "a.wav", tone(440, 0.5), 48_000 * 3)
    draw_wav(folder / "b.wav", tone(440, 0.5), 48_000)
    (folder / "notes.md").write_text("# Notes\n", encoding="utf-8")
    for name in ("en.srt", "de.srt"):
        (folder / name).write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n", encoding="utf-8")
    (folder / "scene.yaml").write_text("scene: s\n", encoding="utf-8")
    (folder / "prices.yaml").write_text(
        "date: 2026-11-01\ncurrency: CNY\nprices: {wan2.7-t2v: [{region: beijing, tier: 720P, amount: 1}]}\n",
        encoding="utf-8",
    )
    (folder / "pipe.yaml").write_text(json.dumps(PIPE), encoding="utf-8")
    write(folder, FULL)
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, document: object) -> Path:
    """Write the production file; JSON is YAML."""
    file = folder / "wanflow.yaml"
    file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return file


def changed(at: str, value: str) -> object:
    """`FULL` with another value at a key."""
    whole = deepcopy(dict(FULL))
    holder: object = whole
    *above, last = [int(part) if part.isdecimal() else part for part in at.split("/")]
    for key in above:
        holder = holder[key]  # type: ignore[index]
    holder[last] = value  # type: ignore[index]
    return whole


def strings() -> Iterator[str]:
    """The places of the strings in `FULL`."""
    for at in paths(FULL):
        value: object = FULL
        for key in at:
            value = value[key]  # type: ignore[index]
        if isinstance(value, str):
            yield "/".join(map(str, at))


def texts(problems: tuple[Problem, ...]) -> str:
    """All that people read of problems."""
    return "\n".join(render_problem(problem, 10_000) for problem in problems)


def named_strings(whole: object, schema: object) -> Iterator[str]:
    """The keys of a schema whose value may be a string of any form, but for the words that people read."""
    for key, inner in schema.items() if isinstance(schema, dict) else ():
        if key == "properties":
            yield from (name for name, value in inner.items() if takes_string(whole, value))
        yield from named_strings(whole, inner)
    for inner in schema if isinstance(schema, list) else ():
        yield from named_strings(whole, inner)


def takes_string(whole: object, schema: object) -> bool:
    """Whether a schema accepts a string, or a list of them."""
    if isinstance(schema, dict) and "$ref" in schema:
        found = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]  # type: ignore[index]
        return takes_string(whole, found)
    if not isinstance(schema, dict) or "enum" in schema or "pattern" in schema:
        return False
    return "string" in schema.get("type", []) or takes_string(whole, schema.get("items"))


def test_every_key_that_may_name_a_file_is_in_the_production_of_these_tests() -> None:
    """A key of the schema that takes a string has to be here: so a new one is tested, too."""
    keys = {str(key) for document in (FULL, PIPE) for at in paths(document) for key in at}
    found = {name for kind in (PRODUCTION, PIPELINE) for name in named_strings(bundled(kind), bundled(kind))}
    assert {"include", "prices", "use", "subtitles", "file", "first_frame", "voice"} <= found
    assert found - keys == NO_FILES


def test_no_text_outside_is_read_by_any_key(own_folder: Path) -> None:
    """The keys that name a text say so where it is written; no other key shows it."""
    refused = set[str]()
    for at in strings():
        for secret in SECRETS if at in TEXTS else ("credentials", "en.srt") if at in MEDIA else ("credentials",):
            said = texts(api.validate(write(own_folder, changed(at, f"../{secret}"))))
            assert SECRET not in said, at
            refused |= {at} if f"../{secret}` is outside the production's folder" in said else set()
    assert refused == TEXTS


def test_media_outside_are_refused_where_the_production_is_untrusted(own_folder: Path) -> None:
    """Every text and every medium; by default media may be on a drive of footage."""
    Image.new("RGB", (640, 360)).save(own_folder.parent / "b.png")
    refused = set[str]()
    for at in strings():
        said = texts(api.validate(write(own_folder, changed(at, "../b.png")), untrusted=True))
        refused |= {at} if "../b.png` is outside the production's folder" in said else set()
    assert refused == TEXTS | MEDIA
    assert "b.png" not in texts(api.validate(write(own_folder, changed("shots/first/first_frame", "../b.png"))))


@pytest.mark.parametrize("untrusted", [False, True])
def test_whether_a_text_outside_exists_is_not_told(own_folder: Path, untrusted: bool) -> None:
    """The same words for a file, a folder and nothing, by path, by pattern and by a link."""
    there, gone = own_folder.parent / "here.yaml", own_folder.parent / "gone.yaml"
    there.write_text(SECRETS["sound.yaml"], encoding="utf-8")
    for at in sorted(TEXTS | (MEDIA if untrusted else set())):
        said = [
            texts(api.validate(write(own_folder, changed(at, f"../{name}")), untrusted=untrusted)).replace(name, "X")
            for name in (there.name, gone.name)
        ]
        assert said[0] == said[1], at
    for pattern in ("../*.yaml", "../here*.yaml", "../*/film/*.yaml", "sub/*.yaml", "sub/../../*.yaml"):
        (own_folder / "sub").unlink(missing_ok=True)
        (own_folder / "sub").symlink_to("..")
        said = [texts(api.validate(write(own_folder, changed("include/0", pattern)), untrusted=untrusted))]
        there.rename(gone)
        said += [texts(api.validate(write(own_folder, changed("include/0", pattern)), untrusted=untrusted))]
        gone.rename(there)
        assert said[0] == said[1], pattern
        assert "outside the production's folder" in said[0]
    for target in (there, gone):
        (own_folder / "link.yaml").unlink(missing_ok=True)
        (own_folder / "link.yaml").symlink_to(target)
        for name in ("link.yaml", "lin*.yaml"):
            said = texts(api.validate(write(own_folder, changed("include/0", name)), untrusted=untrusted))
            assert "the included file `link.yaml` leads outside the production's folder" in said


def test_hints_name_nothing_outside(own_folder: Path) -> None:
    """A path that is nearly one of a neighbour gets no suggestion, of text or of media."""
    Image.new("RGB", (640, 360)).save(own_folder.parent / "keyart.png")
    for at, near in (
        ("include/0", "../sond.yaml"),
        ("prices", "../sond.yaml"),
        ("shots/first/first_frame", "../keyrt.png"),
    ):
        said = texts(api.validate(write(own_folder, changed(at, near))))
        assert near in said
        assert re.search("did you mean `[^`$]*(sound|keyart)", said) is None
    inside = texts(api.validate(write(own_folder, changed("include/0", "scen.yaml"))))
    assert "did you mean `scene.yaml`?" in inside


SHOWING = {
    "validate",
    "plan",
    "diff",
    "status",
    "takes",
    "costs",
    "why",
    "show",
    "list",
    "graph",
    "export",
    "gc",
    "doctor",
}
LOOKING = {"check", "play", "report", "review"}
WRITING = {"run", "pick", "retake", "hold", "release", "collect", "cancel", "resolve", "push", "pull"}
WORDS = {
    **{verb: [verb] for verb in SHOWING | LOOKING | WRITING},
    "plan": ["plan", "--json"],
    "run": ["run", "--json"],
    "why": ["why", "first"],
    "play": ["play", "first"],
    "review": ["review", "--help"],  # it serves until it is stopped
    "show": ["show", "first"],
    "pick": ["pick", "first", "1"],
    "retake": ["retake", "first"],
    "hold": ["hold", "first"],
    "release": ["release", "first"],
    "resolve": ["resolve", "first", "--resubmit"],
}
WITHOUT = {"init", "models", "emulator", "mcp", "schema", "completion"}
"""Commands that load no production, or only when a client asks for it."""


def test_no_command_shows_text_from_outside(
    wanflow: Wanflow, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each key that names a text, and files of the system; all commands with one of them."""
    assert set(WORDS) == set(COMMANDS) - WITHOUT
    monkeypatch.setenv("FOR_THIS_TEST", SECRET)
    cases = {at: changed(at, "../credentials") for at in TEXTS}
    cases |= {way: changed("include/0", way) for way in ("/proc/self/environ", "/proc/self/root/proc/self/environ")}
    for at, case in cases.items():
        write(own_folder, case)
        for verb in (
            WORDS if at == "include/0" else ("validate", "plan", "show", "why", "list", "graph", "run", "status")
        ):
            done = wanflow(*WORDS[verb])
            assert SECRET not in done.out + done.err, verb
            assert done.code != 70, done.err


@pytest.mark.parametrize("verb", sorted(WORDS))
def test_every_command_with_a_production_takes_the_options(wanflow: Wanflow, verb: str) -> None:
    """`--root` and `--untrusted` are in its help."""
    told = wanflow(verb, "--help").out
    assert "--root DIR" in told
    assert "--untrusted" in told


def test_a_root_lets_several_films_share_their_texts(wanflow: Wanflow, own_folder: Path) -> None:
    """`--root` names a folder above; what lies above that stays unread, and hints repeat the option."""
    (own_folder.parent / "cast.yaml").write_text("cast: {old: {image: film/a.png}}\n", encoding="utf-8")
    write(own_folder, changed("include/0", "../cast.yaml"))
    assert "outside the production's folder" in wanflow("validate").out
    assert "cast.yaml" not in wanflow("validate", "--root", "..").out.partition("unused")[0]
    write(own_folder, changed("include/0", "../../cast.yaml"))
    said = wanflow("validate", "--root", "..").out
    assert "`../../cast.yaml` is outside the production's folder and that of `--root`" in said
    assert "hint: `--root DIR` allows text files below DIR" in said
    assert wanflow("validate", "--root", "nowhere").code == 2


def test_a_production_file_that_was_found_is_no_link_to_elsewhere(wanflow: Wanflow, own_folder: Path) -> None:
    """Nobody named it: it may have come with a checkout, and so may be the link."""
    file = own_folder / "wanflow.yaml"
    for target, words in (("../credentials", "leads outside"), ("/proc/self/environ", "is in `/proc`")):
        file.unlink()
        file.symlink_to(target)
        done = wanflow("validate")
        assert (done.code, SECRET in done.out) == (2, False)
        assert f"the production `wanflow.yaml` {words}" in done.out
    (own_folder.parent / "shared.yaml").write_text(PLAIN, encoding="utf-8")
    file.unlink()
    file.symlink_to("../shared.yaml")
    assert wanflow("validate").code == 2
    assert wanflow("validate", "--root", "..").code == 0


def test_a_file_of_the_command_line_may_be_a_link_unless_the_production_is_untrusted(
    wanflow: Wanflow, own_folder: Path
) -> None:
    """What the user names is read wherever it leads, but for the folders of the system."""
    (own_folder.parent / "shared.yaml").write_text(PLAIN, encoding="utf-8")
    prices = "date: 2026-11-01\ncurrency: CNY\nprices: {wan2.7-t2v: [{region: beijing, tier: 720P, amount: 1}]}\n"
    (own_folder.parent / "own.yaml").write_text(prices, encoding="utf-8")
    (own_folder / "film.yaml").symlink_to("../shared.yaml")
    (own_folder / "prices-link.yaml").symlink_to("../own.yaml")
    (own_folder / "environ.yaml").symlink_to("/proc/self/environ")
    for listed in ("prices-link.yaml", "../own.yaml"):
        assert wanflow("plan", "-f", "film.yaml", "--prices", listed).code == 0
    file, linked = write(own_folder, json.loads(PLAIN)), own_folder / "film.yaml"
    assert api.load(file, untrusted=True, prices=Path("../own.yaml")).untrusted
    for words in ({"prices": Path("prices-link.yaml")}, {"prices": Path("environ.yaml")}):
        with pytest.raises(SpecError, match=r"the price file `.*` (leads outside|is in `/proc`)"):
            api.load(file, untrusted=True, **words)
    with pytest.raises(SpecError, match=r"film.yaml` leads outside"):
        api.load(linked, untrusted=True)
    assert "is in `/proc`" in wanflow("validate", "-f", "environ.yaml").out
    assert "`environ.yaml` is in `/proc`" in wanflow("plan", "-f", "film.yaml", "--prices", "environ.yaml").err


@pytest.mark.parametrize("root", [None, Path("/")])
@pytest.mark.parametrize(
    "path", ["/proc/self/environ", "/dev/stdin", "/dev/fd/0", "/sys/kernel/notes", "/proc/self/root/etc/passwd", "link"]
)
def test_the_folders_of_the_system_are_never_opened(tmp_path: Path, root: Path | None, path: str) -> None:
    """Whatever root was given, for text and for media, and on a way through them as well."""
    (tmp_path / "link").symlink_to("/proc/self/cwd")
    boundary = Boundary(tmp_path, root)
    for content in Content:
        found = boundary.refusal(f"{path}/wanflow.yaml" if path == "link" else path, content)
        assert found is not None
        assert "a folder of the system" in found.words


def test_a_production_in_shared_memory_reads_its_own_files_alone() -> None:
    """Some people work there, since it is fast."""
    own, other = Path("/dev/shm/film"), Path("/dev/shm/other.yaml")  # noqa: S108
    assert Boundary(own).refusal("scene.yaml", Content.TEXT) is None
    assert Boundary(own, Path("/")).refusal(other, Content.MEDIA) is not None
    assert Boundary(Path("/film"), Path("/")).refusal(own / "scene.yaml", Content.TEXT) is not None


def test_links_within_the_folder_are_followed_and_loops_end(own_folder: Path) -> None:
    """A link inside is a usual way to share a file; one that leads to itself is an error like another."""
    (own_folder / "two.yaml").symlink_to("scene.yaml")
    assert "two.yaml" not in texts(api.validate(write(own_folder, changed("include/0", "two.yaml"))))
    (own_folder / "loop.yaml").symlink_to("loop.yaml")
    assert "`loop.yaml`" in texts(api.validate(write(own_folder, changed("include/0", "loop.yaml"))))
    alias = own_folder.parent / "alias"
    alias.symlink_to("film")
    whole = str(alias / "scene.yaml")
    assert whole not in texts(api.validate(write(own_folder, changed("include/0", whole))))


def test_a_shipped_name_opens_no_other_file(own_folder: Path) -> None:
    """A path that looks like that of a shipped pipeline is one of the production."""
    (own_folder / "<wanflow>" / "pipelines").mkdir(parents=True)
    way = "<wanflow>/pipelines/../../../pipeline.yaml"
    said = texts(api.validate(write(own_folder, changed("shots/used/use", way))))
    assert SECRET not in said
    assert "is outside the production's folder" in said


def test_options_of_trust_exclude_writing_outside(wanflow: Wanflow, own_folder: Path) -> None:
    """`--allow-outside` and `--untrusted` on one command are a mistake."""
    assert ProductionOptions().allow_outside is None
    for words in (("--untrusted", "--allow-outside"), ("--allow-outside", "--untrusted")):
        done = wanflow("validate", *words)
        assert (done.code, done.err) == (
            2,
            f"error: `--untrusted` and `--allow-outside` exclude each other\n{HELP}",
        )


LINKS = [
    *(".wanflow", "out", "wanflow.lock", ".gitattributes", ".wanflow/takes", ".wanflow/cache", "out/shots"),
    *(".wanflow/traces.jsonl", "out/main.mp4", "out/shots/first.t1.mp4"),
]


@pytest.mark.parametrize("name", LINKS)
def test_an_untrusted_production_writes_through_no_link(own_folder: Path, name: str) -> None:
    """Neither the store nor the results lie elsewhere, and no command opens them; without the option they may."""
    link, elsewhere = own_folder / name, own_folder.parent / "elsewhere"
    link.parent.mkdir(parents=True, exist_ok=True)
    elsewhere.mkdir()
    link.symlink_to(elsewhere if "." not in Path(name).name[1:] else elsewhere / "file")
    for problems in (api.validate(untrusted=True), api.load_sound_part(untrusted=True).problems):
        assert [problem.message for problem in problems] == [f"`{name}` leads outside the production's folder"]
        assert str(problems[0].place) == "wanflow.yaml:1:1"
    assert api.load_sound_part(untrusted=True).production is None
    with pytest.raises(SpecError, match="leads outside"):
        api.require_own_files("wanflow.yaml", untrusted=True)
    assert list(elsewhere.iterdir()) == []
    assert f"`{name}` leads outside" not in texts(api.validate())


def test_a_link_to_a_folder_inside_hides_no_other_link(own_folder: Path) -> None:
    """What is behind it counts as well, and circles end."""
    (own_folder / "store" / "deep").mkdir(parents=True)
    (own_folder / "store" / "deep" / "circle").symlink_to("..")
    (own_folder / ".wanflow").symlink_to("store")
    assert "leads outside" not in texts(api.validate(untrusted=True))
    (own_folder / "store" / "deep" / "takes").symlink_to("../../..")
    assert "`store/deep/takes` leads outside" in texts(api.validate(untrusted=True))


def test_fonts_of_an_untrusted_production_are_its_own(own_folder: Path) -> None:
    """The folder of fonts, and each font in it."""
    (own_folder / "fonts").symlink_to("..")
    assert "the folder `fonts` leads outside" in texts(api.validate(untrusted=True))
    assert "`fonts" not in texts(api.validate())
    (own_folder / "fonts").unlink()
    (own_folder / "fonts").mkdir()
    (own_folder / "fonts" / "a.ttf").symlink_to("../../fonts.ttf")
    assert "the font `fonts/a.ttf` leads outside" in texts(api.validate(untrusted=True))


def test_takes_of_an_untrusted_production_go_to_no_remote_of_its_own(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be anybody's; a folder inside, and the remote in the environment, are the user's."""
    plain = {"wanflow": 1, "shots": {"a": {"model": "wan2.7-t2v", "prompt": "x", "duration": 2}}}
    addresses = ["../takes", "s3://theirs/takes", f"file://{own_folder}/takes", "sub::../takes", "/takes"]
    for address in addresses:
        production = api.load(write(own_folder, {**plain, "remote": address}), untrusted=True)
        for move in (api.push, api.pull):
            with pytest.raises(UnknownTarget, match="the production is untrusted") as raised:
                move(production)
            assert raised.value.hint == "set WANFLOW_REMOTE to the remote that you trust"
    assert api.push(api.load(write(own_folder, {**plain, "remote": "takes"}), untrusted=True)).moved == ()
    monkeypatch.setenv("WANFLOW_REMOTE", str(own_folder.parent / "ours"))
    assert api.push(api.load(write(own_folder, {**plain, "remote": "../takes"}), untrusted=True)).moved == ()


def test_media_of_an_untrusted_production_go_to_no_bucket_of_its_own(own_folder: Path) -> None:
    """It is refused before anybody is asked to approve, and before anything is sent."""
    shot = {"model": "wan2.7-i2v", "prompt": "x", "duration": 2, "first_frame": "a.png"}
    document = {"wanflow": 1, "backend": "dashscope", "uploads": "s3://theirs/media", "shots": {"a": shot}}
    plan = api.plan(api.load(write(own_folder, document), untrusted=True))
    with pytest.raises(MediaFault, match="`uploads: s3://theirs/media` is named by an untrusted production"):
        api.require_key(plan)


def test_a_lock_that_is_a_link_outside_is_not_quoted(own_folder: Path) -> None:
    """A shared lock is followed; the words of any other file are nobody's business."""
    for text in (f'{{"{SECRET}": 1, "{SECRET}": 2}}', f'{{"wanflow.lock": 2, "shots": {{"{SECRET}": "{SECRET}"}}}}'):
        (own_folder.parent / "other.json").write_text(text, encoding="utf-8")
        (own_folder / "wanflow.lock").unlink(missing_ok=True)
        (own_folder / "wanflow.lock").symlink_to("../other.json")
        said = texts(api.validate(write(own_folder, FULL), backend="dashscope"))
        assert SECRET not in said
        assert "`wanflow.lock` is a link to a file outside the production's folder" in said


@pytest.mark.parametrize("name", ["wanflow.lock", ".wanflow/journal.dashscope.jsonl", ".wanflow/traces.jsonl"])
@pytest.mark.parametrize("target", ["/dev/zero", "/proc/self/environ"])
def test_a_lock_or_store_that_leads_into_the_system_ends_every_command(
    wanflow: Wanflow, own_folder: Path, name: str, target: str
) -> None:
    """Git carries such links: they are named before a byte is read, and a repair makes no copy of it."""
    (own_folder / "wanflow.yaml").write_text(PLAIN, encoding="utf-8")
    (own_folder / ".wanflow").mkdir()
    (own_folder / name).symlink_to(target)
    words = f"`{name}` is in `/{target.split('/')[1]}`, a folder of the system"
    paid = ("--backend", "dashscope")
    for command in (("plan", *paid), ("status", *paid), ("takes", *paid), ("validate", *paid)):
        done = wanflow(*command)
        assert (done.code, words in done.out + done.err) == (2, True), command
    done = wanflow("doctor", "--repair")
    assert words in done.out + done.err
    assert done.code == (1 if name == "wanflow.lock" else 2)
    assert not (own_folder / ".wanflow" / "aside").exists()


def test_a_linked_file_of_attributes_is_not_copied(own_folder: Path) -> None:
    """It would be replaced by a file with the text of what it leads to, and git would keep that."""
    (own_folder / ".gitattributes").symlink_to("../credentials")
    write_git_attributes(own_folder)
    assert (own_folder / ".gitattributes").is_symlink()


def test_a_file_that_became_a_link_after_the_plan_is_not_read(own_folder: Path) -> None:
    """Each file is judged again before it is read or sent."""
    shot = {"model": "wan2.7-i2v", "prompt": "x", "duration": 2, "first_frame": "a.png"}
    cut = {"items": ["a"], "subtitles": "en.srt"}
    document = {"wanflow": 1, "shots": {"a": shot}, "cuts": {"main": cut}}
    plan = api.plan(api.load(write(own_folder, document), untrusted=True))
    for name in ("a.png", "en.srt"):
        (own_folder / name).replace(own_folder.parent / name)
        (own_folder / name).symlink_to(f"../{name}")
    said: list[object] = []
    assert anyio.run(partial(api.run, plan, emit=said.append)).exit_code != 0
    assert "`a.png` leads outside the production's folder" in str(said)
    production = plan.graph.production
    with pytest.raises(MediaFault, match=r"`en\.srt` leads outside"):
        production.opened("en.srt", Content.TEXT)
