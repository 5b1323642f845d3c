"""`wanflow diff`: what a branch asks for beyond the main branch, read from git's objects alone."""

from __future__ import annotations

import hashlib
import html as entities
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import RUN, Wanflow, paid_production
from cli.test_hostile_texts import FILM, NAME, dangers_of
from markdown_it import MarkdownIt
from PIL import Image

from kit.git_session import GIT, SETTINGS
from kit.project import call, rewrite, write_production
from kit.sounds import draw_wav, tone
from kit.terminals import printed
from wanflow import api
from wanflow.report.text.comment import COMMENT_CHARACTERS, MARKER, diff_markdown, edited_markdown, escaped

PAID = """\
wanflow: 1
title: Short
backend: dashscope
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
cast:
  mei: {image: sets/mei.png}
shots:
  coast: {first_frame: sets/coast.png, prompt: The coast at dawn.}
  talk: {model: wan2.7-r2v, prompt: "${mei} waits.", ratio: 16:9}
cuts:
  main: [coast, talk]
"""

GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""Markdown as GitHub reads it; what it makes of addresses, mentions and references is looked for by `ACTING`."""
ACTING = re.compile(r"(?<!\w)@\w|\w@\w|#[0-9]|gh-[0-9]|www\.|[a-z]+:/?/?[a-z]|:[a-z+]|\$\w", re.IGNORECASE)

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Git with settings of its own, in the clone."""

    def call(*words: str, folder: Path | None = None) -> str:
        options = [option for setting in SETTINGS for option in ("-c", setting)]
        done = subprocess.run(
            [GIT, *options, *words], cwd=folder or tmp_path / "clone", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.strip()

    return call


@pytest.fixture
def clone(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: Git) -> Path:
    """A clone of a bare remote, on a branch of its own; the production is in its folder `film`, the current one."""
    folder = tmp_path / "clone"
    (folder / "film" / "sets").mkdir(parents=True)
    write_production(folder / "film", PAID)
    shutil.copy(folder / "film" / "sets" / "coast.png", folder / "film" / "sets" / "mei.png")
    git("init", "-q", "--bare", str(tmp_path / "remote.git"), folder=tmp_path)
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("remote", "add", "origin", str(tmp_path / "remote.git"))
    git("push", "-q", "origin", "HEAD:main")
    git("checkout", "-q", "-b", "change")
    monkeypatch.chdir(folder / "film")
    return folder / "film"


def document(wanflow: Wanflow, *words: str) -> dict[str, Any]:
    """What `diff --format json` prints."""
    done = wanflow("diff", "--format", "json", *words)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def states(told: dict[str, Any]) -> dict[str, str]:
    """The state of each shot that differs."""
    return {shot["shot"]: shot["state"] for shot in told["shots"]}


def test_a_branch_without_changes_asks_for_nothing(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """Both sides are the same, and nothing but caches is written."""
    told = document(wanflow)
    assert (told["shots"], told["cuts"], told["totals"]["render"]) == ([], [], 0)
    assert told["totals"]["added"] == {"amount": "0", "currency": "CNY", "bound": "exact"}
    assert told["revision"] == "origin/main"
    assert told["commit"] == git("rev-parse", "HEAD")
    assert git("status", "--porcelain") in {"", "?? film/.wanflow/"}
    assert "nothing is asked for beyond origin/main" in wanflow("diff").out


def test_prompts_takes_and_shots_of_a_branch_are_told(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """By word, with the money of each shot before and now, committed or not."""
    rewrite(clone / "wanflow.yaml", "at dawn", "at dusk")
    rewrite(clone / "wanflow.yaml", "ratio: 16:9", "ratio: 16:9, takes: 3")
    git("commit", "-qam", "two")
    rewrite(
        clone / "wanflow.yaml", "cuts:", "  late: {first_frame: sets/coast.png, prompt: Night., duration: 5}\ncuts:"
    )
    told = document(wanflow)
    assert states(told) == {"coast": "changed", "talk": "changed", "late": "new"}
    coast, talk, late = told["shots"]
    assert coast["differences"][0] | {"text": ""} == {
        "code": "prompt-changed",
        "key": "prompt",
        "old": "The coast at dawn.",
        "new": "The coast at dusk.",
        "text": "",
    }
    assert talk["takes"] == {"before": 1, "after": 3, "render": 3}
    assert (late["seconds"], late["prompt"], late["cost"]["amount"]) == ("5", "Night.", "3.00")
    assert told["totals"]["added"]["amount"] == "5.40"  # two takes of `talk`, and five seconds
    text = wanflow("diff").out
    assert "The coast at [-dawn-]{+dusk+}." in text
    assert "difference: +5.40 CNY" in text
    comment = wanflow("diff", "--format", "markdown").out
    assert comment.startswith(MARKER)
    assert "The coast at ~~dawn~~ **dusk**." in comment


def test_takes_in_the_lock_cost_nothing(
    wanflow: Wanflow, clone: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of a side says what is paid already, although the store is elsewhere; a rename pays nothing."""
    with paid_production(clone / "wanflow.yaml", PAID, monkeypatch):
        assert wanflow(*RUN).code == 0
    git("add", "film/wanflow.lock")
    git("commit", "-qm", "rendered")
    monkeypatch.delenv("DASHSCOPE_API_KEY")
    shutil.rmtree(clone / ".wanflow")
    told = document(wanflow, "origin/main")
    assert (told["shots"], told["totals"]["cost"]["amount"]) == ([], "0")
    git("push", "-q", "origin", "HEAD:main")
    rewrite(clone / "wanflow.yaml", "at dawn", "at dusk")
    rewrite(clone / "wanflow.yaml", "  talk: {", "  chat: {")
    rewrite(clone / "wanflow.yaml", "[coast, talk]", "[coast, chat]")
    told = document(wanflow)
    assert states(told) == {"coast": "changed", "chat": "renamed"}
    assert told["shots"][1]["former"] == "talk"
    assert [shot["cost"]["amount"] for shot in told["shots"]] == ["1.20", "0"]
    assert told["totals"]["before"]["amount"] == "0"
    assert told["cuts"] == [{"cut": "main", "state": "changed", "gone": ["shot talk"], "came": ["shot chat"]}]
    with monkeypatch.context() as chinese:
        chinese.setenv("WANFLOW_LANG", "zh")
        lines = wanflow("diff").out.splitlines()
    assert {"    - 镜头 talk", "    + 镜头 chat"} <= set(lines)
    (clone / "wanflow.lock").unlink()
    assert document(wanflow)["totals"]["added"]["amount"] == "2.40"  # without its lock all is bought again


def test_a_picture_that_changed_is_a_change(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """By its content: the old one is read from git's objects."""
    git("mv", "sets/mei.png", "sets/keeper.png", folder=clone)
    rewrite(clone / "wanflow.yaml", "sets/mei.png", "sets/keeper.png")
    assert document(wanflow)["shots"] == []
    Image.new("RGB", (320, 240), (9, 9, 9)).save(clone / "sets" / "keeper.png")
    told = document(wanflow)
    assert states(told) == {"talk": "changed"}
    assert [each["code"] for each in told["shots"][0]["differences"]] == ["input-changed"]


def test_a_removed_shot_is_told(wanflow: Wanflow, clone: Path) -> None:
    """With what it would have cost, and as cut of the cut."""
    rewrite(clone / "wanflow.yaml", '  talk: {model: wan2.7-r2v, prompt: "${mei} waits.", ratio: 16:9}\n', "")
    rewrite(clone / "wanflow.yaml", "[coast, talk]", "[coast]")
    told = document(wanflow)
    assert states(told) == {"talk": "removed"}
    assert told["totals"]["added"]["amount"] == "-1.20"
    assert told["cuts"][0]["gone"] == ["shot talk"]


def test_a_new_production_and_one_with_errors_are_new_as_a_whole(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """It is said why; errors of the present side are those of validate."""
    (clone / "second.yaml").write_text(PAID, encoding="utf-8")
    told = document(wanflow, "-f", "second.yaml")
    assert (told["exists"], states(told)) == (False, {"coast": "new", "talk": "new"})
    assert "is not in origin/main" in wanflow("diff", "-f", "second.yaml").out
    good = (clone / "wanflow.yaml").read_text(encoding="utf-8")
    rewrite(clone / "wanflow.yaml", "duration: 2", "duration: 99")
    git("commit", "-qam", "broken")
    done = wanflow("diff")
    assert (done.code, done.out) == (2, "")
    assert "wanflow.yaml:4:" in done.err
    (clone / "wanflow.yaml").write_text(good, encoding="utf-8")
    told = document(wanflow, "HEAD")
    assert states(told) == {"coast": "new", "talk": "new"}
    assert told["problems"][0]["line"] == 4


def test_a_film_without_a_title_is_named_by_its_file(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """Its path in the repository: each folder of it may have a `wanflow.yaml`."""
    rewrite(clone / "wanflow.yaml", "title: Short\n", "")
    git("commit", "-qam", "untitled")
    rewrite(clone / "wanflow.yaml", "The coast at dawn.", "The coast at dusk.")
    assert wanflow("diff").out.startswith("film/wanflow.yaml since ")
    shown = GITHUB.render(wanflow("diff", "--format", "markdown").out)
    assert "<h3>wanflow: film/wanflow.yaml</h3>" in entities.unescape(shown)


def test_history_that_is_not_here_ends_with_the_way_out(
    wanflow: Wanflow, clone: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shallow clone, no repository, no commit, no main branch, an unknown revision and one that looks like an option."""
    git("push", "-q", "origin", "change")
    rewrite(clone / "wanflow.yaml", "at dawn", "at dusk")
    git("commit", "-qam", "two")
    git("push", "-q", "origin", "change")
    source = f"file://{tmp_path / 'remote.git'}"
    git("clone", "-q", "--depth", "1", "--branch", "change", source, str(tmp_path / "shallow"), folder=tmp_path)
    monkeypatch.chdir(tmp_path / "shallow" / "film")
    done = wanflow("diff")
    assert done.code == 2
    assert "fetch-depth: 0" in done.err
    assert "fetch-depth: 0" in wanflow("diff", "HEAD~1").err
    monkeypatch.chdir(clone)
    for name in ("nowhere", "--output=x", "-x", "HEAD^{tree}", ""):
        done = wanflow("diff", "--", name)
        assert (done.code, "git knows no revision" in done.err) == (2, True), name
    git("update-ref", "-d", "refs/remotes/origin/main")
    git("branch", "-D", "main")
    assert "no main branch is here" in wanflow("diff").err
    assert wanflow("diff", "HEAD~1").code == 0
    git("checkout", "-q", "--orphan", "unborn")
    assert "the repository has no commit yet" in wanflow("diff").err
    shutil.rmtree(clone.parent / ".git")
    done = wanflow("diff")
    assert (done.code, "is in no git repository" in done.err) == (2, True)
    monkeypatch.setenv("PATH", "")
    assert "git is not installed" in wanflow("diff").err


def test_a_range_is_answered_by_what_to_type(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """`main...HEAD` and `main..HEAD`, as `git diff` takes them; a revision of one side is what is missing."""
    rewrite(clone / "wanflow.yaml", "at dawn", "at dusk")
    git("commit", "-qam", "two")
    git("branch", "other", "HEAD~1")
    for name, typed in (
        ("origin/main...HEAD", "write `wanflow diff origin/main...`"),
        ("origin/main..HEAD", "write `wanflow diff origin/main`"),
        ("origin/main..", "write `wanflow diff origin/main`"),
        ("HEAD~1...change", "write `wanflow diff 'HEAD~1...'`"),
        ("...other", "`git switch --detach other && wanflow diff '@{-1}...'`"),
        ("HEAD~1..other", "`git switch --detach other && wanflow diff '@{-1}~1'`"),
        ("@^...other", "`git switch --detach other && wanflow diff '@{-1}^...'`"),
        ("origin/main..other", "`git switch --detach other && wanflow diff origin/main`"),
    ):
        done = wanflow("diff", name)
        assert (done.code, f"`{name}` names two revisions" in done.err) == (2, True), done.err
        assert typed in done.err
    for name, missing in (
        ("nowhere...HEAD", "nowhere...HEAD"),
        ("main..$(x)", "main..$(x)"),
        ("nowhere...", "nowhere"),
    ):
        done = wanflow("diff", name)
        assert (done.code, f"git knows no revision `{missing}` here" in done.err) == (2, True), done.err


def test_the_main_branch_goes_on_meanwhile(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """The commit at which the branch left it is compared; a detached head and a worktree are no obstacle."""
    git("checkout", "-q", "-b", "other", "origin/main")
    rewrite(clone / "wanflow.yaml", "at dawn", "at noon")
    git("commit", "-qam", "elsewhere")
    git("push", "-q", "origin", "HEAD:main")
    git("checkout", "-q", "--detach", "change")
    assert document(wanflow)["shots"] == []
    assert document(wanflow, "other...")["shots"] == []
    assert states(document(wanflow, "other")) == {"coast": "changed"}
    git("worktree", "add", "-q", "../tree", "other")
    film = str(clone.parent.parent / "tree" / "film" / "wanflow.yaml")
    assert states(document(wanflow, "-f", film, "change")) == {"coast": "changed"}


def test_nothing_of_the_repository_is_executed(
    wanflow: Wanflow, clone: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither hooks nor filters, aliases, monitors and external diffs, nor a program in the current folder."""
    mark = tmp_path / "executed"
    program = tmp_path / "clone" / "film" / "git"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\n", encoding="utf-8")
    program.chmod(0o755)
    (clone / ".gitattributes").write_text("* filter=evil diff=evil\n", encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "attributes")
    keys = ("core.fsmonitor", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.external")
    for key in (*keys, "alias.ls-tree", "alias.rev-parse", "core.sshCommand", "core.pager"):
        git("config", key, f"!{program}" if key.startswith("alias") else str(program))
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(program, tmp_path / "clone" / ".git" / "hooks" / hook)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", os.environ["PATH"]]))
    rewrite(clone / "wanflow.yaml", "at dawn", "at dusk")
    assert states(document(wanflow, "HEAD")) == {"coast": "changed"}
    done = call(clone, "diff", "HEAD", "--format", "json", "--untrusted")
    assert states(json.loads(done.stdout)) == {"coast": "changed"}
    assert not mark.exists()


def test_links_of_an_old_revision_lead_nowhere_else(wanflow: Wanflow, clone: Path, git: Git, tmp_path: Path) -> None:
    """A production file, an included one and a folder that are links to a secret; the secret is not shown."""
    good = (clone / "wanflow.yaml").read_text(encoding="utf-8")
    (tmp_path / "secret.yaml").write_text("SENTINEL: [\n", encoding="utf-8")
    (clone / "wanflow.yaml").unlink()
    (clone / "wanflow.yaml").symlink_to(tmp_path / "secret.yaml")
    (clone / "out").symlink_to(tmp_path)
    git("add", "-A")
    git("commit", "-qm", "links")
    (clone / "wanflow.yaml").unlink()
    (clone / "wanflow.yaml").write_text(f"include: [more.yaml]\n{good}", encoding="utf-8")
    (clone / "more.yaml").symlink_to(tmp_path / "secret.yaml")
    git("add", "-A")
    git("commit", "-qm", "an included link")
    (clone / "wanflow.yaml").write_text(good, encoding="utf-8")
    (clone / "out").unlink()
    for revision in ("HEAD", "HEAD~1"):
        for words in ((), ("--untrusted",)):
            done = call(clone, "diff", revision, "--format", "json", *words)
            assert "SENTINEL" not in done.stdout + done.stderr
            assert states(json.loads(done.stdout)) == {"coast": "new", "talk": "new"}


def test_pointers_of_git_lfs_are_followed_where_their_content_is_here(
    wanflow: Wanflow, clone: Path, git: Git, tmp_path: Path
) -> None:
    """From git's store of them, or from the work tree; else it is said, and nothing is made up."""
    picture = (clone / "sets" / "mei.png").read_bytes()
    oid = hashlib.sha256(picture).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(picture)}\n"
    (clone / "sets" / "mei.png").write_text(pointer, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "pointer")
    (clone / "sets" / "mei.png").write_bytes(picture)
    told = document(wanflow, "HEAD")
    assert (told["shots"], told["unread"]) == ([], [])
    Image.new("RGB", (320, 240), (9, 9, 9)).save(clone / "sets" / "mei.png")
    told = document(wanflow, "HEAD")
    assert [problem["file"] for problem in told["unread"]] == ["wanflow.yaml"]
    assert "git lfs pull" in wanflow("diff", "HEAD").out
    stored = tmp_path / "clone" / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    stored.parent.mkdir(parents=True)
    stored.write_bytes(picture)
    assert states(document(wanflow, "HEAD")) == {"talk": "changed"}


def test_media_in_a_submodule_are_read_from_it(wanflow: Wanflow, clone: Path, git: Git, tmp_path: Path) -> None:
    """At the commit that the revision names, as far as the submodule is here."""
    library = tmp_path / "library"
    library.mkdir()
    shutil.copy(clone / "sets" / "mei.png", library / "mei.png")
    git("init", "-q", folder=library)
    git("add", "-A", folder=library)
    git("commit", "-qm", "library", folder=library)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "film/library")
    rewrite(clone / "wanflow.yaml", "sets/mei.png", "library/mei.png")
    git("add", "-A")
    git("commit", "-qm", "submodule")
    assert document(wanflow)["shots"] == []
    Image.new("RGB", (320, 240), (9, 9, 9)).save(clone / "library" / "mei.png")
    assert states(document(wanflow, "HEAD")) == {"talk": "changed"}


HOSTILE = [
    "@octocat @org/team #123 GH-7 a@evil.example www.evil.example http://evil.example ftp://evil.example",
    "![x](http://evil.example/a.png) [y](http://evil.example) <img src=x> <a href=x>z</a> <http://evil.example>",
    *("| a | b |", "</details><h1>x", "`code` ``` ~~~", "**b** ~~s~~ _e_ \\*", "# h", "- [ ] task", "$x^2$ $$y$$"),
    *("&#64;octocat &lt;b&gt; &amp;", ":smile: :+1:", "[ref]: http://evil.example", "<!-- wanflow diff -->", "\\"),
    *("xmpp:a@evil.example mailto:a@evil.example", "a\n# b\n\n    c\n> d\n1. e\n---\n***", "[^1] octo/cat#1"),
]


@pytest.mark.parametrize("old", ["", "The coast"])
def test_hostile_prompts_are_only_text_in_a_comment(old: str, clone: Path) -> None:
    """Rendered as GitHub does it: no link, picture, mention, reference or mark comes from them, and no word is lost."""
    prompt = " ".join(HOSTILE)
    changed = PAID.replace("The coast at dawn.", json.dumps(f"The coast {prompt}"))
    added = changed.replace("cuts:", f"  late: {{first_frame: sets/coast.png, prompt: {json.dumps(prompt)}}}\ncuts:")
    (clone / "wanflow.yaml").write_text(added if old else changed, encoding="utf-8")
    comment = diff_markdown(api.diff(api.load(clone / "wanflow.yaml")))
    html = GITHUB.render(comment)
    assert "<a" not in html
    assert "<img" not in html
    assert "<h1" not in html
    assert "<input" not in html
    assert ACTING.findall(entities.unescape(re.sub(r"<[^>]*>", "\u200b", html))) == []
    assert comment.count(MARKER) == 1
    assert html.count("<details>") == html.count("</details>") == comment.count("<details>")
    assert "evil.example" in html


def test_a_comment_is_no_longer_than_github_takes(clone: Path) -> None:
    """What does not fit is counted; the price stays."""
    shots = "".join(
        f"  s{number}: {{first_frame: sets/coast.png, prompt: {json.dumps(f'{number} ' + '<|@' * 300)}}}\n"
        for number in range(600)
    )
    (clone / "wanflow.yaml").write_text(PAID.replace("cuts:", f"{shots}cuts:"), encoding="utf-8")
    comment = diff_markdown(api.diff(api.load(clone / "wanflow.yaml")))
    assert len(comment) <= COMMENT_CHARACTERS
    assert "720.00 CNY" in comment
    assert "more shots are not shown" in comment
    assert re.search(r"The details of [0-9]+ more are not shown", comment)


def test_marks_of_edited_words_are_read_as_marks() -> None:
    """Beside letters, signs and Han characters."""
    render = GITHUB.renderInline
    for old, new, went, came in (
        ("at dawn.", "at dusk.", "dawn", "dusk"),
        ("海边的清晨，有雾", "海边的夜晚，有雾", "清晨", "夜晚"),
        ("a, b", "a! b", ",", "!"),
        ("x(old)y", "x[new]y", "(old)", "[new]"),
        ("one", "two", "one", "two"),
    ):
        html = render(edited_markdown(old, new))
        assert f"<s>{went}</s>" in html, html
        assert f"<strong>{came}</strong>" in html, html


def test_escaped_texts_lose_no_letter() -> None:
    """What a person reads is what was written, but for blanks that nobody sees."""
    text = "".join(HOSTILE).replace("\n", " ")
    html = GITHUB.renderInline(escaped(text, 10_000))
    assert entities.unescape(re.sub("<[^>]*>", "", html)).replace("\u200b", "") == text


@pytest.mark.parametrize("commit", ["462f481", "462f481ab3", "0123456789abcdef" * 2 + "01234567"])
def test_numbers_of_commits_are_no_links(commit: str) -> None:
    """GitHub makes a link of seven to forty hexadecimal digits in a row; a blank that nobody sees divides them."""
    for text in (commit, f"see {commit}, please", f"({commit.upper()})"):
        shown = entities.unescape(escaped(text, 1_000))
        assert shown.replace("\u200b", "") == text
        assert not re.search(r"(?i)(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])", shown)
    assert "\u200b" not in entities.unescape(escaped("a defence of 123456 facades", 1_000))


def test_media_that_git_does_not_have_count_as_they_are(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """Ignored ones, and ones beside the repository: nothing says that they were others."""
    outside = clone.parent.parent / "mei.png"
    (clone / "sets" / "mei.png").rename(outside)
    (clone / ".gitignore").write_text("sets/coast.png\n.wanflow/\n", encoding="utf-8")
    rewrite(clone / "wanflow.yaml", "sets/mei.png", "../../mei.png")
    git("rm", "-q", "--cached", "film/sets/coast.png")
    git("add", "-A")
    git("commit", "-qm", "media elsewhere")
    told = document(wanflow, "HEAD")
    assert (told["shots"], told["unread"]) == ([], [])
    assert told["totals"]["before"]["amount"] == "2.40"
    assert git("status", "--porcelain") == ""


def test_a_partial_clone_fetches_nothing(
    wanflow: Wanflow, clone: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Content that is not here would come from somebody's server: the way out is said instead."""
    git("config", "uploadpack.allowFilter", "true", folder=tmp_path / "remote.git")
    rewrite(clone / "wanflow.yaml", "at dawn", "at dusk")
    git("commit", "-qam", "two")
    git("push", "-q", "origin", "HEAD:change")
    source = f"file://{tmp_path / 'remote.git'}"
    git("clone", "-q", "--filter=blob:none", "-b", "change", source, str(tmp_path / "partial"), folder=tmp_path)
    monkeypatch.chdir(tmp_path / "partial" / "film")
    done = wanflow("diff", "HEAD~1")
    assert (done.code, "clone it without `--filter`" in done.err) == (2, True)


def test_picks_and_wishes_of_the_lock_are_told(
    wanflow: Wanflow, clone: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are in git, and decide what is used and what is paid."""
    with paid_production(clone / "wanflow.yaml", PAID.replace("dawn.}", "dawn., takes: 2}"), monkeypatch):
        assert wanflow(*RUN).code == 0
    git("add", "-A")
    git("commit", "-qm", "rendered")
    assert wanflow("pick", "coast", "2").code == 0
    assert wanflow("retake", "talk").code == 0
    told = document(wanflow, "HEAD")
    assert states(told) == {"coast": "changed", "talk": "changed"}
    assert [(each["key"], each["old"], each["new"]) for each in told["shots"][0]["differences"]] == [("pick", "1", "2")]
    assert told["shots"][1]["takes"] == {"before": 1, "after": 2, "render": 1}
    assert told["totals"]["added"]["amount"] == "1.20"


def test_an_input_that_is_another_shot_is_a_change_although_nothing_is_rendered(
    wanflow: Wanflow, clone: Path, git: Git
) -> None:
    """What is promised has no digest yet; a shot that was only renamed is the same input."""
    chain = "  near: {first_clip: {shot: coast, tail: 2}, prompt: Nearer., duration: 5}\ncuts:"
    rewrite(clone / "wanflow.yaml", "cuts:", chain)
    git("commit", "-qam", "a chain")
    rewrite(clone / "wanflow.yaml", "shot: coast, tail: 2", "shot: talk, tail: 2")
    told = document(wanflow, "HEAD")
    assert states(told) == {"near": "changed"}
    assert told["shots"][0]["differences"][0]["text"] == "first_clip: shot coast, tail 2 s → shot talk, tail 2 s"
    git("checkout", "-q", "film/wanflow.yaml")
    rewrite(clone / "wanflow.yaml", "  coast: {", "  shore: {")
    rewrite(clone / "wanflow.yaml", "shot: coast", "shot: shore")
    rewrite(clone / "wanflow.yaml", "[coast, talk]", "[shore, talk]")
    assert states(document(wanflow, "HEAD")) == {"shore": "renamed"}


def test_music_with_another_content_changes_its_cut(wanflow: Wanflow, clone: Path, git: Git) -> None:
    """The words of the cut are the same; its file is another one."""
    draw_wav(clone / "music.wav", tone(440, 0.5), 48_000)
    rewrite(clone / "wanflow.yaml", "main: [coast, talk]", "main: {items: [coast, talk], music: music.wav}")
    git("add", "-A")
    git("commit", "-qm", "music")
    draw_wav(clone / "music.wav", tone(220, 0.5), 48_000)
    told = document(wanflow, "HEAD")
    assert (told["shots"], [cut["cut"] for cut in told["cuts"]]) == ([], ["main"])
    assert [line.partition(":")[0] for line in told["cuts"][0]["came"]] == ["music.wav"]


def test_a_production_in_a_submodule_is_compared_with_that_repository(
    wanflow: Wanflow, clone: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with the one that holds the submodule."""
    outer = tmp_path / "outer"
    outer.mkdir()
    git("init", "-q", folder=outer)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(clone.parent), "inner", folder=outer)
    monkeypatch.chdir(outer / "inner" / "film")
    rewrite(outer / "inner" / "film" / "wanflow.yaml", "at dawn", "at dusk")
    assert states(document(wanflow, "HEAD")) == {"coast": "changed"}


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_hostile_names_and_texts_are_printed_safely(
    form: str, clone: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of files in git, prompts, titles and tags, new and removed."""
    (clone / f"{NAME}.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nx\n", encoding="utf-8")
    shutil.copy(clone / "sets" / "coast.png", clone / "sets" / f"{NAME}.png")
    (clone / "wanflow.yaml").write_text(FILM, encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "hostile")
    for old, new in (("HEAD", FILM.replace("The ", "A ")), ("HEAD~1", FILM)):
        (clone / "wanflow.yaml").write_text(new, encoding="utf-8")
        told = printed(monkeypatch, ("diff", old, "--format", form), None)
        assert (told.code, "EVIL" in told.out) == (0, True), told.err
        assert dangers_of(told, "pipe") == []
