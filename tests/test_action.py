"""`action.yml`: its steps comment a pull request once, and no input becomes a part of a script."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from kit.git_session import GIT, SETTINGS
from kit.project import call, clean, rewrite, write_production
from wanflow.report.text.comment import MARKER

ROOT = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PAGE = ROOT / "docs" / "pull-requests.md"
GITHUB = MarkdownIt("commonmark", {"html": True})
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}
BASH = shutil.which("bash") or "bash"

GH = f"""#!{sys.executable}
import json, os, re, sys
from pathlib import Path
words, place = sys.argv[1:], Path(os.environ["COMMENTS"])
if words[:2] == ["pr", "list"]:
    assert words[words.index("--head") + 1] == "fix/$(touch pwned)" and '== "stranger"' in words[-1]
    print(os.environ["OPEN"])
    sys.exit()
if os.environ.get("REFUSED") in words:
    sys.exit("HTTP 403")
assert words[0] == "api" and os.environ["GH_TOKEN"] == "token"
comments = json.loads(place.read_text())
if "--jq" in words:
    assert words[words.index("--jq") - 1] == "repos/o/r/issues/7/comments?per_page=100"
    beginning = re.search(r'startswith\\("(.*?)"\\)', words[-1])
    for each in comments:
        lines = each["body"].replace("\\r", "").split("\\n")
        if each["type"] == "Bot" and (beginning is None or each["body"].startswith(beginning[1])):
            print(each["id"], *([] if beginning else lines[:2]))
    sys.exit()
body = Path(words[words.index("-F") + 1].removeprefix("body=@")).read_text()
method, address = words[words.index("--method") + 1 :][:2]
if method == "PATCH":
    found = [each for each in comments if address == f"repos/o/r/issues/comments/{{each['id']}}"]
    found[0]["body"] = body
else:
    assert address == "repos/o/r/issues/7/comments"
    comments.append({{"id": 100 + len(comments), "type": "Bot", "body": body}})
place.write_text(json.dumps(comments))
"""
"""A `gh` that keeps comments in a file; without jq it prints what the program of the action selects."""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of a pull request with a changed prompt, its base branch, and a `gh` on the PATH."""
    folder, programs = tmp_path / "checkout", tmp_path / "bin"
    file = write_production(folder)
    git = [GIT, *(word for setting in SETTINGS for word in ("-c", setting))]
    for words in (
        ("init", "-q"),
        ("add", "-A"),
        ("commit", "-qm", "one"),
        ("update-ref", "refs/remotes/origin/dev", "HEAD"),
    ):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)
    rewrite(file, "light: at dawn", "light: at dusk")
    programs.mkdir()
    (programs / "gh").write_text(GH, encoding="utf-8")
    (programs / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    monkeypatch.setenv("COMMENTS", str(tmp_path / "comments.json"))
    (tmp_path / "comments.json").write_text("[]", encoding="utf-8")
    return folder


def perform(folder: Path, name: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a step as a runner does it, with a value for each variable that the step sets."""
    assert set(STEPS[name]["env"]) == set(environ) - {"REFUSED"}
    made = {"GITHUB_OUTPUT": str(folder.parent / "output"), "GITHUB_STEP_SUMMARY": str(folder.parent / "summary")}
    command = [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]]
    return subprocess.run(command, cwd=folder, env=clean(made | environ), capture_output=True, text=True, check=False)


CALLED = """#!/bin/sh
echo "$1" >> '{calls}'
exec '{wanflow}' "$@"
"""
"""A `wanflow` that notes each of its commands."""


def compare(folder: Path, **given: str) -> Mapping[str, str]:
    """The step that compares; gives its outputs, what it printed, and the commands of wanflow that it called."""
    (folder.parent / "output").unlink(missing_ok=True)
    program, calls = folder.parent / "wanflow", folder.parent / "calls"
    program.write_text(CALLED.format(calls=calls, wanflow=Path(sys.executable).with_name("wanflow")), encoding="utf-8")
    program.chmod(0o755)
    calls.unlink(missing_ok=True)
    known = {
        "WANFLOW": str(program),
        "COMMENTS": str(folder.parent / "diff"),
        "PRODUCTION": "wanflow.yaml",
        "REVISION": "",
        "BACKEND": "",
        "BASE": "dev",
        "SHOWN": "false",
        "ADDRESS": "https://github.com/o/r",
    }
    done = perform(folder, "Compare", **known | given)
    assert done.returncode == 0, done.stderr
    lines = (folder.parent / "output").read_text(encoding="utf-8").splitlines()
    told = {"log": done.stdout + done.stderr, "calls": calls.read_text(encoding="utf-8")}
    return told | dict(line.split("=", 1) for line in lines)


def comment(folder: Path, **given: str) -> list[dict[str, Any]]:
    """The step that comments; gives the comments of the pull request."""
    known = {
        "GH_TOKEN": "token",
        "GH_PROMPT_DISABLED": "1",
        "COMMENT": str(next(folder.parent.glob("diff-*.txt"))),
        "PULL": "7",
        "REPOSITORY": "o/r",
        "PRODUCTION": "wanflow.yaml",
        "FILM": "5",
    }
    done = perform(folder, "Comment", **known | given)
    assert done.returncode == 0, done.stderr
    assert ("::notice::" in done.stdout) == ("REFUSED" in given)
    found: list[dict[str, Any]] = json.loads((folder.parent / "comments.json").read_text(encoding="utf-8"))
    return found


def test_no_expression_is_in_a_script() -> None:
    """GitHub pastes expressions into scripts as text, so that a title could end a command: they are variables."""
    scripts = [step["run"] for step in STEPS.values() if "run" in step]
    assert len(scripts) == 6
    assert [script for script in scripts if "${{" in script] == []
    assert all(step["shell"] == "bash" for step in STEPS.values() if "run" in step)


def test_nothing_of_the_pull_request_is_installed() -> None:
    """Python imports from the current folder, so the installing step is in the action's; nothing is checked out."""
    install = STEPS["Install wanflow"]
    assert install["working-directory"] == "${{ github.action_path }}"
    assert install["run"].rstrip().splitlines()[-2].endswith("--constraint constraints.txt .")
    assert [step["uses"].partition("@")[0] for step in STEPS.values() if "uses" in step] == ["actions/upload-artifact"]
    assert "DASHSCOPE" not in json.dumps(ACTION)


def test_the_comment_is_written_once_and_then_updated(checkout: Path) -> None:
    """The summary has it as well; comments of people and of other productions stay."""
    others = [
        {"id": 1, "type": "User", "body": f"{MARKER}\n<!-- wanflow.yaml 5 -->\nmine"},
        {"id": 2, "type": "Bot", "body": f"{MARKER}\n<!-- other.yaml 5 -->\nanother"},
    ]
    (checkout.parent / "comments.json").write_text(json.dumps(others), encoding="utf-8")
    told = compare(checkout)
    assert told["code"] == "0"
    assert "~~dawn~~ **dusk**" in (checkout.parent / "summary").read_text(encoding="utf-8")
    first = comment(checkout)
    assert first[:2] == others
    assert first[2]["body"].startswith(f"{MARKER}\n<!-- wanflow.yaml 5 -->\n")
    assert "~~dawn~~ **dusk**" in first[2]["body"]
    rewrite(checkout / "wanflow.yaml", "light: at dusk", "light: at noon")
    compare(checkout)
    second = comment(checkout)
    assert len(second) == 3
    assert "~~dawn~~ **noon**" in second[2]["body"]


def test_a_production_with_errors_is_commented_and_fails_the_job(checkout: Path) -> None:
    """Its problems are annotations of the lines; a clone without history says what it lacks."""
    rewrite(checkout / "wanflow.yaml", "duration: 3", "duration: 99")
    told = compare(checkout)
    assert told["code"] == "2"
    assert "::error file=wanflow.yaml,line=" in told["log"]
    body = comment(checkout)[0]["body"]
    assert "nothing can be compared\n\nThe production of this branch has an error." in body
    assert re.search(r"^    wanflow\.yaml:[0-9]+:[0-9]+: .*99", body, re.MULTILINE)
    assert perform(checkout, "Result", CODE="2").returncode == 2
    rewrite(checkout / "wanflow.yaml", "duration: 99", "duration: 3")
    told = compare(checkout, REVISION="gone")
    assert (told["code"], "git knows no revision `gone` here" in told["log"]) == ("2", True)
    body = comment(checkout)[0]["body"]
    assert "The production of this branch has no error; the fault is elsewhere." in body
    assert "\n    error: git knows no revision `gone` here\n    hint: " in body


def test_an_error_that_is_of_neither_side_is_told_as_it_is(checkout: Path) -> None:
    """An unknown backend, and a machine without git: the words that name it are in the comment, and are no marks."""
    told = compare(checkout, BACKEND="**nowhere** @octocat")
    assert told["code"] == "2"
    body = comment(checkout)[0]["body"]
    assert "The production of this branch was not read." in body
    assert "nowhere" in body
    assert "octocat" not in re.sub(r"<pre>.*?</pre>", "", GITHUB.render(body), flags=re.DOTALL)
    (checkout.parent / "bin" / "git").write_text("#!/bin/sh\nexit 126\n", encoding="utf-8")
    (checkout.parent / "bin" / "git").chmod(0o755)
    told = compare(checkout)
    assert told["code"] == "2"
    assert "has no error; the fault is elsewhere." in (body := comment(checkout)[0]["body"])
    assert "\n    error: git says: " in body


def test_a_token_that_may_not_comment_is_a_notice(checkout: Path) -> None:
    """As in a pull request from a fork: neither reading nor writing fails the job."""
    compare(checkout)
    assert comment(checkout, REFUSED="POST") == []
    assert comment(checkout, REFUSED="--paginate") == []


def test_hostile_inputs_run_nothing(checkout: Path) -> None:
    """A name of a file, of a revision and of a branch that a shell would execute."""
    hostile = "$(touch pwned)`touch pwned`; touch pwned #\"'"
    told = compare(checkout, PRODUCTION=f"{hostile}.yaml", REVISION=hostile, BASE=hostile)
    assert told["code"] == "2"
    body = comment(checkout, PRODUCTION=f"{hostile}-->.yaml")[0]["body"]
    assert body.splitlines()[1].count("-->") == 1
    assert not (checkout / "pwned").exists()
    assert compare(checkout, BASE="--output=pwned")["code"] == "2"
    assert not (checkout / "pwned").exists()


def test_films_of_one_job_have_files_and_marks_of_their_own(checkout: Path) -> None:
    """Also where their names differ only in letters of another script."""
    films = [compare(checkout, PRODUCTION=name) for name in ("电影.yaml", "动画.yaml")]
    assert len({each["film"] for each in films}) == len({each["file"] for each in films}) == 2
    assert all(Path(each["file"]).is_file() for each in films)


@pytest.fixture
def remote(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bare repository of the pull request; the checkout has a take of both sides of its first shot."""
    (checkout / ".gitignore").write_text(".wanflow/\nout/\n", encoding="utf-8")
    for old, new in (("dusk", "dawn"), ("dawn", "dusk")):
        rewrite(checkout / "wanflow.yaml", f"light: at {old}", f"light: at {new}")
        assert call(checkout, "run", "-q").returncode == 0
    folder = tmp_path / "hub" / "o" / "r"
    folder.mkdir(parents=True)
    subprocess.run([GIT, "init", "-q", "--bare", str(folder)], check=True)
    subprocess.run([GIT, "-C", str(folder), "config", "uploadpack.allowFilter", "true"], check=True)
    instead = f'[url "{(tmp_path / "hub").as_uri()}/"]\n\tinsteadOf = https://github.com/\n'
    (tmp_path / "gitconfig").write_text(instead, encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    return folder


def asked(remote: Path, *words: str) -> bytes:
    """What git says of the bare repository."""
    return subprocess.run([GIT, "-C", str(remote), *words], check=True, capture_output=True).stdout


def hook(remote: Path, name: str, script: str) -> None:
    """Something that the bare repository does when it gets a push."""
    file = remote / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def show_pictures(folder: Path) -> tuple[list[str], str]:
    """Compare, show pictures and comment; gives the addresses in the comment, and what the steps printed."""
    told = compare(folder, SHOWN="true")
    said = told["log"]
    if told["pictures"]:
        assert told["calls"].split() == ["diff"]
        known = {
            "PICTURES": told["pictures"],
            "COMMENT": told["file"],
            "TOKEN": "token",
            "ADDRESS": "https://github.com/o/r",
            "PULL": "7",
        }
        done = perform(folder, "Show pictures", **known)
        assert done.returncode == 0, done.stderr
        said += done.stdout
    body = comment(folder)[0]["body"]
    assert "0" * 40 not in body
    return re.findall(r'<img src="([^"]*)"', body), said


def require_addresses(remote: Path, addresses: list[str]) -> str:
    """Each address is of a picture in a commit of the branch, under the digest of its bytes; gives the commit."""
    commits = set()
    for address in addresses:
        commit, name = address.removeprefix("https://github.com/o/r/raw/").split("/")
        content = asked(remote, "cat-file", "blob", f"{commit}:{name}")
        assert name == f"{hashlib.sha256(content).hexdigest()}.jpg"
        commits.add(commit)
    (commit,) = commits
    asked(remote, "merge-base", "--is-ancestor", commit, "wanflow-pictures")
    return commit


def test_pictures_are_committed_once_and_stay(checkout: Path, remote: Path) -> None:
    """The same pictures make no second commit; others are added, so that earlier comments keep theirs."""
    first, said = show_pictures(checkout)
    assert (len(first) >= 2, "::notice::" in said) == (True, False)
    commit = require_addresses(remote, first)
    assert show_pictures(checkout)[0] == first
    assert asked(remote, "rev-list", "wanflow-pictures").decode().split() == [commit]
    rewrite(checkout / "wanflow.yaml", "light: at dusk", "light: at noon")
    assert call(checkout, "run", "-q").returncode == 0
    second, _ = show_pictures(checkout)
    assert require_addresses(remote, second) != commit
    assert require_addresses(remote, first) == commit
    names = asked(remote, "ls-tree", "--name-only", "wanflow-pictures").decode().split()
    assert {address.rpartition("/")[2] for address in (*first, *second)} == set(names)
    assert asked(remote, "rev-list", "--count", "wanflow-pictures").strip() == b"2"


def test_a_push_of_another_job_meanwhile_is_no_obstacle(checkout: Path, remote: Path) -> None:
    """The pictures are added to what the branch has by then."""
    tree = asked(remote, "hash-object", "-t", "tree", "-w", os.devnull).decode().strip()
    make = "git -c user.name=a -c user.email=a@b commit-tree -m other"
    hook(remote, "update", f'[ -e raced ] || {{ touch raced; git update-ref "$1" "$({make} {tree})"; }}')
    addresses, said = show_pictures(checkout)
    assert (len(addresses) >= 2, "::notice::" in said) == (True, False)
    require_addresses(remote, addresses)
    assert asked(remote, "log", "--format=%s", "wanflow-pictures") == b"Pictures of pull request 7\nother\n"


def test_a_token_that_may_not_write_pictures_is_a_notice(checkout: Path, remote: Path) -> None:
    """As in a pull request from a fork: the comment is the one without pictures."""
    hook(remote, "pre-receive", "exit 1")
    addresses, said = show_pictures(checkout)
    assert (addresses, "::notice::the token may not write pictures" in said) == ([], True)
    shutil.rmtree(remote)
    addresses, said = show_pictures(checkout)
    assert (addresses, "::notice::the token may not write pictures" in said) == ([], True)


def test_pictures_that_cannot_be_made_are_a_notice(checkout: Path, remote: Path) -> None:
    """The comment has what it has without them, and the job goes on; so does the summary of one that has them."""
    summary = checkout.parent / "summary"
    assert show_pictures(checkout)[0] != []
    assert "<img" not in summary.read_text(encoding="utf-8")
    shutil.rmtree(checkout / ".wanflow" / "renditions")
    (checkout / ".wanflow" / "renditions").write_text("", encoding="utf-8")  # so that no poster can be kept
    addresses, said = show_pictures(checkout)
    assert (addresses, "::notice::no pictures can be made" in said) == ([], True)
    assert "error: `" in said
    assert "~~dawn~~ **dusk**" in (checkout.parent / "comments.json").read_text(encoding="utf-8")
    assert asked(remote, "rev-list", "--count", "wanflow-pictures").strip() == b"1"


def test_takes_that_are_not_here_make_no_branch(checkout: Path, remote: Path) -> None:
    """The comment says that they have no picture."""
    shutil.rmtree(checkout / ".wanflow" / "takes")
    addresses, said = show_pictures(checkout)
    assert (addresses, "::notice::" in said) == ([], False)
    assert asked(remote, "branch", "--list") == b""
    assert "no picture" in json.loads((checkout.parent / "comments.json").read_text(encoding="utf-8"))[0]["body"]


def workflows() -> tuple[dict[str, Any], dict[str, Any]]:
    """The two workflows for forks of the page: the one that compares, and the one that comments."""
    blocks = re.findall(r"^```text\n(name: .*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    _, compares, comments = map(yaml.safe_load, blocks)
    return compares, comments


def comment_fork(folder: Path, pull: str = "7") -> list[dict[str, Any]]:
    """The script of the second workflow, as a runner does it in a folder of the artifact; gives the comments."""
    (step,) = (step for step in workflows()[1]["jobs"]["comment"]["steps"] if "run" in step)
    given = {"GH_TOKEN": "token", "REPOSITORY": "o/r", "HEAD": "stranger:fix/$(touch pwned)", "OPEN": pull}
    assert set(step["env"]) == set(given) - {"OPEN"}
    known = clean(given | {"COMMENTS": str(folder.parent / "comments.json")})
    done = subprocess.run(
        [BASH, "-e", "-c", step["run"]], cwd=folder, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads((folder.parent / "comments.json").read_text(encoding="utf-8"))
    return found


def test_the_recipe_for_forks_comments_each_film(checkout: Path, tmp_path: Path) -> None:
    """From a clone of a bare repository, as a job has it; a second push updates the comments, and others stay."""
    for folder, program in ((tmp_path / "hub.git", ["init", "-q", "--bare"]), (checkout, ["init", "-q"])):
        subprocess.run([GIT, *program, str(folder)], check=True, capture_output=True)
    git = [GIT, *(word for setting in SETTINGS for word in ("-c", setting)), "-C", str(checkout)]
    shutil.copytree(checkout / "sets", checkout / "trailer" / "sets")
    shutil.copy(checkout / "wanflow.yaml", checkout / "trailer" / "wanflow.yaml")
    for words in (
        ("push", "-q", str(tmp_path / "hub.git"), "HEAD:dev"),
        ("add", "-A"),
        ("commit", "-qm", "two"),
        ("push", "-q", str(tmp_path / "hub.git"), "HEAD:fix"),
    ):
        subprocess.run([*git, *words], check=True, capture_output=True)
    runner, artifact = tmp_path / "job" / "clone", tmp_path / "artifact"
    source = (tmp_path / "hub.git").as_uri()
    subprocess.run([GIT, "clone", "-q", "-b", "fix", source, str(runner)], check=True, capture_output=True)
    steps = workflows()[0]["jobs"]["diff"]["steps"]
    films = [step["with"]["production"] for step in steps if step["uses"].startswith("OWNER/wanflow@")]
    assert all(step["with"].get("comment", "false") == "false" for step in steps)
    (path,) = (step["with"]["path"] for step in steps if step["uses"].startswith("actions/upload-artifact@"))
    temporary, name = path.rsplit("/", 1)
    assert (temporary, len(films)) == ("${{ runner.temp }}", 2)
    others = [{"id": 1, "type": "User", "body": "<!-- wanflow diff of a fork"}, {"id": 2, "type": "Bot", "body": "x"}]
    (tmp_path / "comments.json").write_text(json.dumps(others), encoding="utf-8")

    def pushed() -> list[dict[str, Any]]:
        shutil.rmtree(artifact, ignore_errors=True)
        artifact.mkdir()
        for film in films:
            compare(runner, PRODUCTION=film, COMMENTS=str(tmp_path / "job" / "wanflow-diff"))
        for file in (tmp_path / "job").glob(name):
            shutil.copy(file, artifact)
        return comment_fork(artifact)

    first = pushed()
    assert first[:2] == others
    assert len({each["body"].splitlines()[0] for each in first[2:]}) == len(first[2:]) == 2
    bodies = [each["body"] for each in first[2:]]
    assert [("~~dawn~~ **dusk**" in body, "all of it is new" in body) for body in sorted(bodies, key=len)] == [
        (True, False),
        (False, True),
    ]
    rewrite(runner / "wanflow.yaml", "light: at dusk", "light: at noon")
    second = pushed()
    assert len(second) == 4
    assert sum("~~dawn~~ **noon**" in each["body"] for each in second) == 1


def test_a_fork_that_sends_other_texts_comments_no_more_than_twenty_times(checkout: Path, tmp_path: Path) -> None:
    """Names of its files are no part of a script, and a pull request that is closed gets no comment."""
    artifact = tmp_path / "artifact"
    artifact.mkdir()
    for number in range(30):
        (artifact / f"wanflow-diff-$(touch pwned)\n-->{number}.txt").write_text("x", encoding="utf-8")
    assert comment_fork(artifact, pull="") == []
    assert len(comment_fork(artifact)) == 20
    assert len(comment_fork(artifact)) == 20
    assert not (artifact / "pwned").exists()
