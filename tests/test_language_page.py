"""The page about large productions: its files are a production, and its commands print what it shows."""

from __future__ import annotations

import re
import shlex
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from test_docs import CHINESE, LANGUAGE, blocks, commands, execute, in_checkout, language_of

from kit.project import rewrite
from wanflow.cli.main import main

_FILE = re.compile(r"# ([\w./-]+\.yaml)\n")
PIPELINE = {LANGUAGE: "pipelines/visit.yaml", CHINESE[LANGUAGE]: "流程/到访.yaml"}
SCRIPTS = sysconfig.get_path("scripts")


class Typed(NamedTuple):
    """A version of the page, the folder after everything on it was typed, and what that printed."""

    page: Path
    film: Path
    printed: str

    def shown(self) -> list[str]:
        """The listings of the page; the last one is of a mistake."""
        return [block.text for block in blocks(self.page) if block.language == "text"]


def steps(page: Path) -> Iterator[str]:
    """The page as a shell script: its files are written where they come, its commands typed between them."""
    yield "set -euo pipefail"
    for block in blocks(page):
        if block.language == "yaml":
            found = _FILE.match(block.text)
            assert found is not None, "a block begins with the name of its file"
            yield f"mkdir -p $(dirname {found[1]})\ncat > {found[1]} <<'END OF FILE'\n{block.text}END OF FILE"
        elif block.language == "sh":
            yield block.text


@pytest.fixture(scope="module", params=PIPELINE, ids=in_checkout)
def typed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Everything on a version of the page, typed in an empty folder."""
    folder = tmp_path_factory.mktemp("page")
    language = language_of(request.param)
    done = execute(["bash", "-c", "\n".join(steps(request.param))], folder, path=SCRIPTS, language=language)
    assert done.returncode == 0, done.stderr
    (film,) = (line.split()[-1] for line in commands(request.param) if line.startswith("cd "))
    return Typed(request.param, folder / film, done.stdout)


def test_the_commands_print_what_the_page_shows(typed: Typed) -> None:
    """Each listing is below its command, as it is printed."""
    assert len(typed.shown()) == 4
    assert [text for text in typed.shown()[:-1] if text not in typed.printed] == []


def test_the_files_are_a_production_without_a_problem(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And every selector of the page, as a shell reads it, means something in it."""
    monkeypatch.chdir(typed.film)
    assert (main(["validate"]), capsys.readouterr().out) == (0, "")
    table = typed.page.read_text(encoding="utf-8").rpartition("`--exclude ")[0].rpartition("|---|---|\n")[2]
    words = [word for row in table.splitlines()[:-1] for word in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(words) > 8
    for word in words:
        assert main(["list", *shlex.split(word)]) == 0, word
        assert capsys.readouterr().out or word.startswith("state:")


def test_a_mistake_in_a_pipeline_reads_as_the_page_says(typed: Typed) -> None:
    """The place in the pipeline, and where it is used."""
    pipeline = typed.film / PIPELINE[typed.page]
    (duration,) = re.findall(r"duration: \$.*", pipeline.read_text(encoding="utf-8"))
    rewrite(pipeline, duration, "duration: 20")
    said = execute(["wanflow", "validate"], typed.film, path=SCRIPTS, language=language_of(typed.page))
    rewrite(pipeline, "duration: 20", duration)
    assert said.returncode == 2
    assert said.stdout.startswith(typed.shown()[-1])
