"""`language:` and the notice that says in it that a film is made by AI."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanflow import api
from wanflow.writing import language_of_text

FILM = """\
wanflow: 1
{head}
label: {{opening_notice: {notice}}}
shots:
  coast: {{model: wan2.7-t2v, prompt: {prompt}, duration: 2}}
cuts:
  main: [coast, {title}]
"""


def load(folder: Path, head: str = "", *, notice: str = "true", prompt: str = "a coast", title: str = "coast"):
    """The finish of a cut of one shot and another item."""
    file = folder / "wanflow.yaml"
    item = title if title == "coast" else f"{{title: {title}, duration: 2}}"
    file.write_text(FILM.format(head=head, notice=notice, prompt=prompt, title=item), encoding="utf-8")
    return api.load(file).cuts["main"].finish


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("zh-Hans", "AI生成"),
        ("zh-CN", "AI生成"),
        ("zh-TW", "AI生成"),
        ("ja", "AI生成"),
        ("ko", "AI 생성"),
        ("en", "AI-generated"),
        ("fr-CA", "AI-generated"),
    ],
)
def test_the_notice_is_in_the_language_of_the_film(tmp_path: Path, tag: str, words: str) -> None:
    """English where no words for a language are known; a film's own words always win."""
    finish = load(tmp_path, f"language: {tag}", title="灯塔")
    assert finish.notice is not None
    assert (finish.language, finish.notice.text) == ({"zh-CN": "zh-Hans", "zh-TW": "zh-Hant"}.get(tag, tag), words)
    own = load(tmp_path, f"language: {tag}", notice="{text: by AI, height: 7}").notice
    assert own is not None
    assert (own.text, own.height, own.place.line) == ("by AI", 7, 3)


@pytest.mark.parametrize(
    ("head", "title", "prompt", "words"),
    [
        ("", "灯塔", "a coast", "AI生成"),
        ("title: 灯塔", "coast", "a coast", "AI生成"),
        ("title: 등대", "coast", "海岸", "AI 생성"),
        ("title: Lighthouse", "coast", "海岸", "AI-generated"),
        ("", "coast", "海岸", "AI生成"),
        ("", "coast", "a coast", "AI-generated"),
    ],
)
def test_titles_and_then_prompts_say_the_language(
    tmp_path: Path, head: str, title: str, prompt: str, words: str
) -> None:
    """What is seen in the film counts before what a model reads."""
    notice = load(tmp_path, head, title=title, prompt=prompt).notice
    assert notice is not None
    assert notice.text == words


def test_an_unknown_language_is_an_error_at_its_place(reading) -> None:
    """With the tags that most films need."""
    _, problems = reading("language: klingon\n")
    assert [(each.place.line, each.place.column, each.message) for each in problems] == [
        (3, 11, "unknown language `klingon`")
    ]
    assert "`zh-Hans`, `zh-Hant`, `ja`, `ko`, `en`" in (problems[0].hint or "")
    assert len(reading("language: 12\n")[1]) == len(reading("language: ''\n")[1]) == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [("灯塔", "zh-Hans"), ("灯台の光", "ja"), ("ﾊﾝｶｸ", "ja"), ("등대 燈", "ko"), ("Lighthouse！", "en"), ("", "en")],
)
def test_the_script_of_a_text_says_its_language(text: str, language: str) -> None:
    """Kana before hangul, hangul before Han; punctuation says nothing."""
    assert language_of_text(text) == language
