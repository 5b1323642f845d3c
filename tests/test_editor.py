"""What somebody sees while they type, in the real yaml-language-server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.language_server import LanguageServer, NotInstalled, install, running
from wanflow.catalog.read import load_catalog
from wanflow.schemas import data_folder

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SCHEMAS = ("production.schema.json", "pipeline.schema.json", "catalog.schema.json")
PRODUCTION, PIPELINE = (f"# yaml-language-server: $schema={name}\n" for name in SCHEMAS[:2])
SHOT = f"{PRODUCTION}wanflow: 1\nshots:\n  coast:\n"


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """The server, in a folder with the schemas, which refer to each other."""
    try:
        server = install(tmp_path_factory.mktemp("node"))
    except NotInstalled as reason:
        pytest.skip(str(reason))
    folder = tmp_path_factory.mktemp("film")
    for name in SCHEMAS:
        shutil.copy(data_folder("schemas") / name, folder / name)
    with running(server, folder) as client:
        yield client


@pytest.mark.parametrize("start", ["{sh|}", "\n      sh|"])
def test_a_source_is_completed(editor: LanguageServer, start: str) -> None:
    """Inside the mapping of a source stand its keys."""
    proposed = editor.proposals(f"{SHOT}    first_clip: {start}\n")
    assert {"shot", "file", "url", "tail", "head", "from", "to", "frame", "track"} <= set(proposed)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("model: |", {model.name for model in load_catalog().values()}),
        ("shot_type: |", {"single", "multi"}),
        ("last_frame: {shot: b, frame: |}", {"first", "last"}),
        ("prompt_extend: |", {"true", "false"}),
        ("pick: |", {"wait"}),
        ("model: wan2.6-r2v\n    size: |", set(load_catalog()["wan2.6-r2v"].parameters["size"].values)),
        ("first_clip: |", {"{shot: …}", "{shot: …, tail: 2}"}),
    ],
)
def test_a_value_is_completed(editor: LanguageServer, line: str, words: set[str]) -> None:
    """After a key stand the words that it takes; of some the model decides."""
    assert words <= set(editor.proposals(f"{SHOT}    {line}\n"))


def test_a_key_is_offered_once(editor: LanguageServer) -> None:
    """The conditions of models name keys again, and an editor's list has each once."""
    for text in (f"{PRODUCTION}wanflow: 1\n|\n", f"{SHOT}    model: wan2.7-r2v\n    |\n"):
        proposed = editor.proposals(text)
        assert len(proposed) > 10
        assert sorted(set(proposed)) == sorted(proposed)


@pytest.mark.parametrize(
    ("lines", "line", "column", "words"),
    [
        ("model: wan2.7-t2v\n    prompt: x\n    audio: true", 7, 5, "`wan2.7-t2v` has no parameter `audio`; these models accept it: "),
        ("model: wan2.7-t2v\n    prompt: x\n    first_frame:\n      file: a.png", 7, 5, "`wan2.7-t2v` takes no `first_frame`; "),
        ("model: wan2.7-t2v\n    prompt: x\n    ratio: 16:8", 7, 12, "`ratio` of `wan2.7-t2v` is one of `16:9`"),
        ("model: wan2.7-t2v\n    prompt: x\n    duration: 16", 7, 15, "Value is above the maximum of 15."),
        ("model: wan2.7-t2v\n    duration: 5", 4, 3, "`wan2.7-t2v` needs a `prompt`"),
        ("model: wan2.7-i2w", 5, 12, "no model is called so; there are "),
        ("model: wan2.7-i2v\n    first_clip: a.mp4\n    driving_audio: b.mp3", 6, 5, "`wan2.7-i2v` takes `first_frame`; "),
        ("model: wan2.7-r2v\n    prompt: nobody", 6, 13, "`wan2.7-r2v` needs references: "),
        ("use: extend\n    prompt: x", 6, 5, "beside `use` only these keys are allowed: `with`, "),
        ("promt: x", 5, 5, "Property promt is not allowed."),
        ("model: wan2.6-r2v\n    prompt: ${k}\n    shot_type: sngle", 7, 16, "`shot_type` of `wan2.6-r2v` is one of `single`, `multi`"),
    ],
)  # fmt: skip
def test_a_mistake_is_marked_where_it_is(
    editor: LanguageServer, lines: str, line: int, column: int, words: str
) -> None:
    """With the words for it, and the models that accept it."""
    first = editor.marks(f"{SHOT}    {lines}\n")[0]
    assert (first[:2], first[2][: len(words)]) == ((line, column), words)


def test_the_model_of_the_defaults_counts(editor: LanguageServer) -> None:
    """A shot that names no model has that of `defaults`, and `defaults.models` holds what its model has."""
    text = "wanflow: 1\ndefaults:\n  model: wan2.7-i2v\n  models:\n    wan2.7-i2v:\n      ratio: 16:9\nshots:\n"
    found = editor.marks(f"{PRODUCTION}{text}  a:\n    first_frame: a.png\n    ratio: 16:9\n")
    assert [mark[:2] for mark in found] == [(7, 7), (11, 5)]


@pytest.mark.parametrize("name", [path.parent.name for path in sorted(EXAMPLES.glob("*/wanflow.yaml"))])
def test_a_good_production_is_marked_nowhere(editor: LanguageServer, name: str) -> None:
    """The examples, each as it is but for where its schema lies."""
    _, _, text = (EXAMPLES / name / "wanflow.yaml").read_text(encoding="utf-8").partition("\n")
    assert editor.marks(PRODUCTION + text) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dura|tion: 5", "Seconds of the result; in a continuation the clip is inside it."),
        ("first_c|lip: {shot: b}", "The clip that the shot continues; the result contains it."),
        ("first_clip: {shot: b, ta|il: 2}", "The last seconds."),
        ("first_clip: {shot: b, fr|ame: last}", "One frame as a lossless picture"),
        ("shot|_type: single", "`single` is one camera setting"),
        ("matrix: {sty|le: [a]}", "The values of one dimension, in order."),
        ("mat|rix: {style: [a]}", "One shot for each combination of the values"),
    ],
)
def test_a_key_is_explained(editor: LanguageServer, line: str, words: str) -> None:
    """The hover text is its description, also where its model is known."""
    assert words in editor.hover(f"{SHOT}    model: wan2.7-i2v\n    {line}\n")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("music: {fi|le: a.mp3}", "A sound, or a video for its sound."),
        ("mu|sic: {file: a.mp3}", "A music bed: a file, a mapping, or a list of them."),
        ("mu|sic: a.mp3", "A music bed: a file, a mapping, or a list of them."),
        ("items: [{shot: a, trans|ition: {type: fade}}]", "How this item joins the one before it."),
        (
            "sub|titles: [{file: a.srt}]",
            "A subtitle file (SRT, WebVTT or ASS), `lines` for the shots' own, a mapping, or a list of them.",
        ),
    ],
)
def test_a_key_is_explained_as_it_is_written(editor: LanguageServer, item: str, words: str) -> None:
    """What may be a text, a mapping or a list has one explanation, whichever is written."""
    plain = editor.hover(f"{PRODUCTION}wanflow: 1\ncuts:\n  main:\n    {item}\n").replace("\\", "")
    assert words in plain


def test_a_pipeline_has_a_schema_of_its_own(editor: LanguageServer) -> None:
    """It leans on the production's, which lies beside it."""
    begin = f"{PIPELINE}pipeline: extend\n"
    assert {"media", "cast", "integer"} <= set(editor.proposals(f"{begin}inputs:\n  clip:\n    type: |\n"))
    assert {"shot", "input"} <= set(editor.proposals(f"{begin}shots:\n  a:\n    first_clip: {{in|}}\n"))
    shots = "shots:\n  a:\n    model: wan2.7-i2v\n    first_clip: {input: clip, tail: 2}\n"
    assert editor.marks(f"{begin}{shots}output: a\n") == []
    found = editor.marks(f"{begin}{shots}    ratio: 16:9\noutput: a\n")
    assert [mark[:2] for mark in found] == [(7, 5)]
