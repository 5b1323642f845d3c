"""What the pages tell people to type works, in the order in which they type it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from PIL import Image

import wanflow
from kit.clips import click_sound
from kit.served import served
from wanflow.catalog.read import load_catalog
from wanflow.cli.main import main
from wanflow.emulator.api.order import Grade
from wanflow.emulator.api.server import Serving
from wanflow.errors import ExitCode
from wanflow.language.load import read
from wanflow.language.production import TransitionKind
from wanflow.language.source import ENCODINGS
from wanflow.templates import AGENTS as AGENTS_TEXT

CHECKOUT = Path(__file__).resolve().parent.parent
README = CHECKOUT / "README.md"
README_ZH = CHECKOUT / "README.zh-CN.md"
EMULATOR = CHECKOUT / "docs" / "emulator.md"
MODELS = CHECKOUT / "docs" / "models.md"
WAN3 = CHECKOUT / "docs" / "wan3.md"
CUTS = CHECKOUT / "docs" / "cuts.md"
EDITORS = CHECKOUT / "docs" / "editors.md"
LANGUAGE = CHECKOUT / "docs" / "language.md"
PYTHON = CHECKOUT / "docs" / "python.md"
AGENTS = CHECKOUT / "docs" / "agents.md"
SHOT_LISTS = CHECKOUT / "docs" / "shot-lists.md"
INSTALL = CHECKOUT / "docs" / "install.md"
"""`test_dockerfile.py` builds the image that it describes."""
SECURITY = CHECKOUT / "docs" / "security.md"
CUSTOM_MODELS = CHECKOUT / "docs" / "custom-models.md"
"""Its blocks are executed by `test_custom_models_page.py`."""
COOKBOOK = CHECKOUT / "docs" / "cookbook.md"
"""Its blocks are executed by `test_cookbook_page.py`."""
CHINESE = {README: README_ZH, **{CHECKOUT / "docs" / page.name: page for page in CHECKOUT.glob("docs/zh-CN/*.md")}}
"""The Chinese counterpart of each page that has one."""
ORIGINAL = {chinese: page for page, chinese in CHINESE.items()}
PAGES = (
    README,
    README_ZH,
    *(CHECKOUT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(CHECKOUT.glob("docs/**/*.md")),
)
FORMAT = CHECKOUT / "docs" / "reference" / "format.md"
INSTALLS = ("pipx install .", "uv tool install .")
EXECUTED = {"sh", "yaml", "python"}
SHOWN = {"text", "json"}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def in_checkout(page: Path) -> str:
    """A page's path in the checkout."""
    return page.relative_to(CHECKOUT).as_posix()


class Block(NamedTuple):
    """A fenced block of a page: its language and its text."""

    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page in their order."""
    return [Block(*found.groups()) for found in _FENCE.finditer(page.read_text(encoding="utf-8"))]


def commands(page: Path) -> Iterator[str]:
    """Every command line of a page, its comments off."""
    for block in blocks(page):
        if block.language == "sh":
            yield from filter(None, (line.partition("  #")[0].strip() for line in block.text.splitlines()))


TYPED = ("wanflow", "cd", "export", "mv")
UNTIL_IT_LISTENS = "until (exec 3<>/dev/tcp/127.0.0.1/8471) 2>/dev/null; do :; done"
"""What a reader does with their eyes: wait until the emulator of the page has said where it is."""


def language_of(page: Path) -> str:
    """The language in which the reader of a page sees messages."""
    return "zh_CN" if page in ORIGINAL else "en"


def session(page: Path) -> str:
    """The page as one shell script: what is typed, and each YAML block saved as the production file where it comes.

    A key that is left out with an ellipsis is the environment's.
    """
    lines = ["set -euo pipefail"]
    for block in blocks(page):
        if block.language == "yaml":
            lines += ["cat > wanflow.yaml <<'END OF PRODUCTION'", block.text.rstrip("\n"), "END OF PRODUCTION"]
        elif block.language == "sh":
            lines += [line for line in block.text.splitlines() if line.startswith(TYPED) and "…" not in line]
    return "\n".join(lines) + "\n"


def execute(
    argv: Sequence[str | Path], folder: Path, *, path: str = "", language: str = "en"
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with more folders on the PATH and messages in a language."""
    known = {**os.environ, "NO_COLOR": "1", "WANFLOW_LANG": language}
    environment = {**known, "PATH": os.pathsep.join(filter(None, (path, os.environ["PATH"])))}
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)


class Film(NamedTuple):
    """The film of a README: its folder and its cut, and which of its takes are made."""

    folder: str
    cut: str
    paid: str
    made: set[str]
    never: str
    idle: str


FILMS = {
    README: Film("my-film", "main", "valley", {"climb.t2", "eagle.t1", "valley.t1"}, "valley.t2", "nothing to do"),
    README_ZH: Film("我的短片", "正片", "山谷", {"登顶.t1", "苍鹰.t3", "山谷.t1"}, "山谷.t2", "无事可做"),
}


class Typed(NamedTuple):
    """A README, the folder of its film after all was typed, and what that printed."""

    readme: Path
    film: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module", params=FILMS, ids=in_checkout)
def typed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Every command and YAML block of a README, one after the other in an empty folder."""
    folder = tmp_path_factory.mktemp("readme")
    with served(Serving(speed=Fraction(10), grade=Grade.DRAFT)) as service, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASHSCOPE_HTTP_BASE_URL", service.base_url)
        patch.setenv("DASHSCOPE_API_KEY", "sk-animatic")
        scripts, language = sysconfig.get_path("scripts"), language_of(request.param)
        done = execute(["bash", "-c", session(request.param)], folder, path=scripts, language=language)
    return Typed(request.param, folder / FILMS[request.param].folder, done)


def test_the_film_of_the_readme_comes_out_as_it_says(typed: Typed) -> None:
    """The commands and YAML blocks all succeed and give the film."""
    told, done = FILMS[typed.readme], typed.done
    assert done.returncode == 0, done.stderr
    assert (typed.film / "out" / "dashscope" / "shots" / f"{told.paid}.t1.mp4").is_file()
    assert done.stdout.splitlines()[-1] == str(Path("out", f"{told.cut}.mp4"))
    assert told.idle in done.stderr.splitlines()[-1]
    takes = {path.stem for path in (typed.film / "out" / "shots").iterdir()}
    assert told.made <= takes
    assert told.never not in takes


def test_the_cuts_of_the_page_are_made(typed: Typed, tmp_path: Path) -> None:
    """With the shots of the README's film, in the animatic, and exported."""
    page = CHINESE[CUTS] if typed.readme == README_ZH else CUTS
    text, *more = (block.text for block in blocks(page) if block.language == "yaml")
    film = shutil.copytree(typed.film, tmp_path / "film")
    file = film / "wanflow.yaml"
    shots = file.read_text(encoding="utf-8").partition("cuts:")[0]
    for other in more:
        file.write_text(f"{shots}{other}", encoding="utf-8")
        assert read(file)[1] == ()
    file.write_text(f"{shots}{text}", encoding="utf-8")
    _, (trailer, written) = yaml.safe_load(text)["cuts"].items()
    music, (soft, burned) = film / written["music"]["file"], written["subtitles"]
    for path in (music, film / soft, film / burned["file"]):
        path.parent.mkdir(exist_ok=True)
        path.write_text("1\n00:00:01,000 --> 00:00:02,000\nThe valley lies still.\n", encoding="utf-8")
    click_sound(music, 48_000 * 8)
    wanflow = Path(sysconfig.get_path("scripts")) / "wanflow"
    done = execute([wanflow, "run"], film)
    assert done.returncode == 0, done.stderr
    assert (film / "out" / f"{trailer}.mp4").stat().st_size > 50_000
    assert (film / "out" / f"{trailer}.eng.srt").is_file()
    assert execute([wanflow, "export", trailer], film).returncode == 0


def test_the_examples_of_the_models_load(tmp_path: Path) -> None:
    """Each is a production without a problem but for the files, which aren't there."""
    examples = [block.text for block in blocks(MODELS) if block.language == "yaml"]
    assert len(examples) == len({model.name for model in load_catalog().values()})
    more = [block.text for block in blocks(WAN3) if block.language == "yaml"]
    assert more
    for text in (*examples, *more):
        (tmp_path / "wanflow.yaml").write_text(text, encoding="utf-8")
        production, problems = read(tmp_path / "wanflow.yaml")
        assert (production is not None, problems) == (True, ())


def test_the_files_of_the_reference_are_one_production(tmp_path: Path) -> None:
    """Each YAML block names its file in its first line; together they load without a problem."""
    for block in blocks(FORMAT):
        name = block.text.partition("\n")[0].removeprefix("# ")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(block.text, encoding="utf-8")
    production, problems = read(tmp_path / "wanflow.yaml")
    assert problems == ()
    assert production is not None
    assert {"valley", "harbour/arrival", "harbour/leaving/more"} <= production.shots.keys()


@pytest.mark.parametrize("page", PAGES, ids=in_checkout)
def test_json_of_the_pages_is_json(page: Path) -> None:
    """Each JSON block is one document or several, one after the other."""
    for block in blocks(page):
        if block.language == "json":
            text, decoder = block.text.strip(), json.JSONDecoder()
            while text:
                _, end = decoder.raw_decode(text)
                text = text[end:].lstrip()


@pytest.fixture
def pages_film(tmp_path: Path) -> Path:
    """The folder of the page about editors: a production, a scene that it includes, and a pipeline that it uses."""
    production, scene, pipeline, *_ = (block.text for block in blocks(EDITORS) if block.language == "yaml")
    use = "\n  stays:\n    use: pipelines/linger.yaml\n    with: {clip: {shot: coast}}\n"
    files = {"wanflow.yaml": production + use, "scenes/harbour.yaml": scene, "pipelines/linger.yaml": pipeline}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "sets").mkdir()
    Image.new("RGB", (1280, 720)).save(tmp_path / "sets" / "coast.png")
    return tmp_path


def test_the_files_of_the_page_about_editors_are_a_production(pages_film: Path) -> None:
    """Together they are one without a problem, and the schemas that they name are what the page's commands write."""
    production, problems = read(pages_film / "wanflow.yaml")
    assert problems == ()
    assert production is not None
    assert {"coast", "harbour/arrival", "stays/more"} <= production.shots.keys()
    done = execute(["bash", "-c", "\n".join(commands(EDITORS))], pages_film, path=sysconfig.get_path("scripts"))
    assert done.returncode == 0, done.stderr
    named = re.findall(r"\$schema=(?:\.\./)?(.*)$", EDITORS.read_text(encoding="utf-8"), re.MULTILINE)
    (settings,) = (json.loads(block.text) for block in blocks(EDITORS) if block.language == "json")
    named += [name.removeprefix("./") for name in settings["yaml.schemas"]]
    assert set(named) == {"wanflow.schema.json", "pipeline.schema.json"}
    for name in named:
        assert json.loads((pages_film / name).read_text(encoding="utf-8"))["$schema"]


def test_the_hook_refuses_a_commit_with_an_error(pages_film: Path) -> None:
    """What pre-commit does with the hook of the page: its entry, as it is written, when a file that it is for is staged."""
    config, _ = (block.text for block in blocks(EDITORS) if "rev:" in block.text or "jobs:" in block.text)
    (hook,) = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [{"id": hook["id"]}] == yaml.safe_load(config)["repos"][0]["hooks"]
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    staged = "git diff --cached --name-only"
    script = pages_film / ".git" / "hooks" / "pre-commit"
    execute(["git", "init", "--quiet"], pages_film)
    script.write_text(
        f"#!/bin/sh\n{staged} | grep -qE '{hook['files']}' || exit 0\nexec {hook['entry']}\n", encoding="utf-8"
    )
    script.chmod(0o755)

    def commit() -> subprocess.CompletedProcess[str]:
        who = ["-c", "user.name=crew", "-c", "user.email=crew@film.example"]
        execute(["git", "add", "--all"], pages_film)
        return execute(["git", *who, "commit", "--message", "x"], pages_film, path=sysconfig.get_path("scripts"))

    assert commit().returncode == 0
    scene = pages_film / "scenes" / "harbour.yaml"
    scene.write_text(scene.read_text(encoding="utf-8").replace("duration: 5", "duration: 50"), encoding="utf-8")
    refused = commit()
    assert refused.returncode != 0
    assert f"{Path('scenes', 'harbour.yaml')}:8:15" in refused.stdout + refused.stderr
    execute(["git", "checkout", "--quiet", "HEAD", "--", "scenes"], pages_film)
    (pages_film / "note.txt").write_text("no YAML", encoding="utf-8")
    assert commit().returncode == 0


def test_the_workflow_annotates_the_line(pages_film: Path) -> None:
    """The last step of the page's workflow, in a checkout with a mistake in a scene."""
    workflow = yaml.safe_load(next(block.text for block in blocks(EDITORS) if "jobs:" in block.text))
    steps = workflow["jobs"]["validate"]["steps"]
    run = steps[-1]["run"]
    scene = pages_film / "scenes" / "harbour.yaml"
    scene.write_text(scene.read_text(encoding="utf-8").replace("duration: 5", "duration: 50"), encoding="utf-8")
    done = execute(["bash", "-c", run], pages_film, path=sysconfig.get_path("scripts"))
    assert done.returncode == ExitCode.WRONG
    assert "::error file=scenes/harbour.yaml,line=8,col=15::" in done.stdout


def test_the_checks_of_a_pull_request_need_no_key(pages_film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's commands pass what is sound; what reads a file elsewhere is annotated, and its text is not shown."""
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    scripts = sysconfig.get_path("scripts")
    typed = list(commands(SECURITY))
    done = execute(["bash", "-ec", "\n".join(typed)], pages_film, path=scripts)
    assert done.returncode == 0, done.stderr
    (pages_film.parent / "private.yaml").write_text("words of another folder: [", encoding="utf-8")
    scene = pages_film / "scenes" / "harbour.yaml"
    scene.write_text(f"include: [../../private.yaml]\n{scene.read_text(encoding='utf-8')}", encoding="utf-8")
    refused = execute(["bash", "-ec", typed[0]], pages_film, path=scripts)
    assert refused.returncode == ExitCode.WRONG
    assert "::error file=scenes/harbour.yaml,line=1," in refused.stdout
    assert "words of another folder" not in refused.stdout + refused.stderr


def says(shown: object, found: object) -> bool:
    """Whether a document has all that a page shows of it; the page may leave keys out."""
    if isinstance(shown, dict) and isinstance(found, dict):
        return all(key in found and says(value, found[key]) for key, value in shown.items())
    if isinstance(shown, list) and isinstance(found, list):
        return len(shown) == len(found) and all(map(says, shown, found))
    return shown == found


def test_a_language_model_gets_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block of the page after the other: files are written, commands called, their JSON has what is shown."""
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    ended, last = [], ""
    for block in blocks(AGENTS):
        if block.language == "yaml":
            Path("wanflow.yaml").write_text(block.text, encoding="utf-8")
        for line in block.text.splitlines() if block.language == "sh" else ():
            program, *words = shlex.split(line)
            if program == "cd":
                monkeypatch.chdir(*words)
                continue
            assert program == "wanflow"
            ended.append((line, main(words)))
            last = capsys.readouterr().out
        if block.language == "json":
            assert says(json.loads(block.text), json.loads(last)), last
    assert [line for line, code in ended if code != ExitCode.DONE] == ["wanflow validate --format json"]
    assert [line for line, _ in ended].count("wanflow validate --format json") == 2


@pytest.mark.parametrize("typed", [README], indirect=True, ids=in_checkout)
def test_the_commands_of_the_rules_for_agents_work(typed: Typed, tmp_path: Path) -> None:
    """What `init` tells a language model to call, in the folder that it wrote: the README's, whose film was deleted."""
    folder = shutil.copytree(typed.film, tmp_path / "film")
    assert (folder / "AGENTS.md").read_text(encoding="utf-8") == AGENTS_TEXT
    (folder / "out" / "main.mp4").unlink()
    called = [*commands(folder / "AGENTS.md")]
    assert "wanflow run --backend animatic --json" in called
    done = execute(["bash", "-ec", "\n".join(called)], folder, path=sysconfig.get_path("scripts"))
    assert done.returncode == 0, done.stderr
    assert (folder / "out" / "main.mp4").is_file()


def test_a_shot_list_and_a_screenplay_begin_a_film(tmp_path: Path) -> None:
    """The page's table and screenplay, by the page's commands but for the run, which other pages make."""
    table, play = (block.text for block in blocks(SHOT_LISTS) if block.language == "text")
    (tmp_path / "shots.csv").write_text(table, encoding="utf-8")
    (tmp_path / "play.fountain").write_text(play, encoding="utf-8")
    typed = [
        *(line for line in commands(SHOT_LISTS) if line != "wanflow run"),
        "cd ..",
        "wanflow init play --from play.fountain",
    ]
    done = execute(["bash", "-ec", "\n".join(typed)], tmp_path, path=sysconfig.get_path("scripts"))
    assert done.returncode == 0, done.stderr
    assert "`lens`" in done.stderr
    assert "renders 2 takes" in done.stdout
    assert wanflow.validate(tmp_path / "play" / "wanflow.yaml") == ()


def test_any_client_can_be_pointed_at_the_emulator(tmp_path: Path) -> None:
    """The page's own commands, on a free port: wanflow's paid backend, the vendor's SDK and curl, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    typed = "".join(block.text for block in blocks(EMULATOR) if block.language == "sh")
    script = re.sub(r"^(wanflow emulator .* &)$", rf"\1\n{UNTIL_IT_LISTENS}", typed, flags=re.MULTILINE)
    ending = "set -euo pipefail\ntrap 'kill %1' EXIT\n"
    done = execute(
        ["bash", "-c", (ending + script).replace("8471", port)], tmp_path, path=sysconfig.get_path("scripts")
    )
    assert done.returncode == 0, done.stderr
    assert f"http://127.0.0.1:{port}/api/v1\n" in done.stdout
    assert "SUCCEEDED 2\n" in done.stdout
    assert (tmp_path / "film" / "out" / "dashscope" / "shots" / "valley.t1.mp4").is_file()
    listed = json.loads(done.stdout.splitlines()[-1])
    assert [row["status"] for row in listed["data"]] == ["SUCCEEDED", "SUCCEEDED"]


@pytest.mark.parametrize("page", PAGES, ids=in_checkout)
def test_every_block_is_executed_or_only_shown(page: Path) -> None:
    """No block of a page is of a kind that no test looks at, and no command but those that one executes."""
    assert {block.language for block in blocks(page)} <= EXECUTED | SHOWN
    kind = ORIGINAL.get(page, page)
    if kind not in {README, MODELS, WAN3, CUTS, EDITORS, LANGUAGE, FORMAT, CUSTOM_MODELS, COOKBOOK, AGENTS}:
        assert "yaml" not in {block.language for block in blocks(page)}
    if page != PYTHON:
        assert "python" not in {block.language for block in blocks(page)}
    known = (
        ("make ", "wanflow ", "cd ", "export ", "mv ", *INSTALLS)
        if kind in {README, EDITORS, LANGUAGE, PYTHON, SECURITY, AGENTS, SHOT_LISTS, COOKBOOK}
        else ("make ",)
    )
    if page == INSTALL:
        known = ("wanflow ", "docker ", *INSTALLS)
    assert page == EMULATOR or [line for line in commands(page) if not line.startswith(known)] == []


@pytest.mark.parametrize(
    "line", sorted({line for page in PAGES for line in commands(page) if line.startswith("make ")})
)
def test_make_knows_what_the_pages_ask_of_it(line: str) -> None:
    """Each make target that a page names exists."""
    done = execute([*line.split(), "--dry-run"], CHECKOUT)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_third_command_puts_wanflow_on_the_path(tmp_path: Path) -> None:
    """What `pipx install .` does, without fetching: a bare environment that gets the project and nothing else anew."""
    assert [line for page in FILMS for line in commands(page) if line in INSTALLS] == ["pipx install ."] * 2
    home, source = tmp_path / "home", tmp_path / "source"
    execute([sys.executable, "-m", "venv", "--without-pip", home], tmp_path)
    python = home / "bin" / "python"
    site = execute([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], tmp_path).stdout.strip()
    Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    copy_project(source)
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed", "--quiet"]
    done = execute([sys.executable, "-m", "pip", "--python", python, "install", *offline, "."], source)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(source)
    told = execute([home / "bin" / "wanflow", "--version"], tmp_path)
    assert (told.returncode, told.stdout) == (0, f"wanflow {wanflow.__version__}\n")
    begun = execute([home / "bin" / "wanflow", "init", "film"], tmp_path)
    assert begun.returncode == 0, begun.stderr
    assert (tmp_path / "film" / "wanflow.schema.json").is_file()


def copy_project(target: Path) -> None:
    """The files that the project is built from, so that a build writes nothing into the checkout."""
    for name in ("wanflow", "schemas", "pipelines"):
        shutil.copytree(CHECKOUT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, target / name)


@pytest.mark.parametrize("page", PAGES, ids=in_checkout)
def test_links_and_file_names_lead_somewhere(page: Path) -> None:
    """Links into the repository, and the tests and modules that a page names, exist."""
    text = page.read_text(encoding="utf-8")
    local = [link for link in LINK.findall(text) if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []
    named = re.findall(r"`((?:tests|wanflow|schemas|examples)/[\w./-]+)`", text)
    assert [name for name in named if not (CHECKOUT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=in_checkout)
def test_links_to_headings_lead_to_one(page: Path) -> None:
    """By the name that GitHub gives a heading: small letters, no signs, dashes for blanks."""
    for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        target = (page.parent / link if link else page).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", target, re.MULTILINE)
        assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_test_that_a_page_names_is_there() -> None:
    """What a page promises is shown by a test of that name."""
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))}
    files = list((CHECKOUT / "tests").rglob("test_*.py"))
    tests, modules = "".join(path.read_text(encoding="utf-8") for path in files), {path.stem for path in files}
    assert named
    assert [name for name in sorted(named - modules) if f"def {name}(" not in tests] == []


def test_the_reference_lists_the_encodings_that_a_hint_lists() -> None:
    """In the same order."""
    (row,) = (line for line in FORMAT.read_text(encoding="utf-8").splitlines() if line.startswith("| `encoding` |"))
    assert re.findall("`(.*?)`", row.split("|")[2]) == [*ENCODINGS]


def test_the_reference_describes_each_transition() -> None:
    """In the order in which errors list them."""
    section = FORMAT.read_text(encoding="utf-8").partition("\n`transition` is a type")[2].partition("\nAll but")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == [*TransitionKind]
