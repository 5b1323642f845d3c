"""The page about large productions: its files are a production, and its commands print what it shows."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_docs import LANGUAGE, blocks, execute

from kit.project import rewrite

_FILE = re.compile(r"# ([\w./-]+\.yaml)\n")
SCRIPTS = sysconfig.get_path("scripts")


def steps() -> Iterator[str]:
    """The page as a shell script: its files are written where they come, its commands typed between them."""
    yield "set -euo pipefail"
    for block in blocks(LANGUAGE):
        if block.language == "yaml":
            found = _FILE.match(block.text)
            assert found is not None, "a block begins with the name of its file"
            yield f"mkdir -p $(dirname {found[1]})\ncat > {found[1]} <<'END OF FILE'\n{block.text}END OF FILE"
        elif block.language == "sh":
            yield block.text


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder after everything on the page was typed, and what that printed."""
    folder = tmp_path_factory.mktemp("page")
    done = execute(["bash", "-c", "\n".join(steps())], folder, path=SCRIPTS)
    assert done.returncode == 0, done.stderr
    return folder / "mountain", done.stdout


def test_the_commands_print_what_the_page_shows(typed: tuple[Path, str]) -> None:
    """Each listing is below its command, as it is printed."""
    shown = [block.text for block in blocks(LANGUAGE) if block.language == "text"]
    assert len(shown) == 4
    assert [text for text in shown[:-1] if text not in typed[1]] == []


def test_the_files_are_a_production_without_a_problem(typed: tuple[Path, str]) -> None:
    """And every selector of the page means something in it."""
    film, _ = typed
    said = execute(["wanflow", "validate"], film, path=SCRIPTS)
    assert (said.returncode, said.stdout) == (0, "")
    table = LANGUAGE.read_text(encoding="utf-8").partition("| you write | and mean |")[2].partition("\n\n")[0]
    words = [word for row in table.splitlines()[2:] for word in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(words) > 8
    for word in words:
        listed = execute(["bash", "-c", f"wanflow list {word}"], film, path=SCRIPTS)
        assert listed.returncode == 0, listed.stderr
        assert listed.stdout or word.startswith("state:")


def test_a_mistake_in_a_pipeline_reads_as_the_page_says(typed: tuple[Path, str]) -> None:
    """The place in the pipeline, and where it is used."""
    film, _ = typed
    rewrite(film / "pipelines" / "visit.yaml", "duration: ${seconds}", "duration: 20")
    said = execute(["wanflow", "validate"], film, path=SCRIPTS)
    rewrite(film / "pipelines" / "visit.yaml", "duration: 20", "duration: ${seconds}")
    assert said.returncode == 2
    assert said.stdout.startswith([block.text for block in blocks(LANGUAGE) if block.language == "text"][-1])
