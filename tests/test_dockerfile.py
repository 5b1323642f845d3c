"""The image for Docker: what it is built from exists, is pinned, and holds no secret; where a daemon runs it is built."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = {"ffmpeg", "fonts-dejavu-core", "fonts-noto-core", "fonts-noto-cjk", "libfribidi0"}
"""Debian's packages of ffmpeg, of fonts for Latin, Arabic, Devanagari and Han, and of what Pillow joins letters with."""


class Instruction(NamedTuple):
    """One line of a Dockerfile: its word, such as `COPY`, and what follows."""

    word: str
    rest: str


def instructions() -> list[Instruction]:
    """The lines of the Dockerfile, with continued ones joined, without comments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    whole = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return [Instruction(*line.split(maxsplit=1)) for line in whole.splitlines() if line.strip()]


def rest_of(word: str) -> list[str]:
    """What follows each instruction of this word."""
    return [each.rest for each in instructions() if each.word == word]


def sent_to_the_daemon() -> set[str]:
    """The names at the top of the checkout that `.dockerignore` lets through; it has no others."""
    lines = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n") if line.strip()]
    kept, *others = [line for line in lines if not line.startswith("#")]
    assert kept == "*"
    assert [line for line in others if not line.startswith(("!", "**/"))] == []
    return {line[1:] for line in others if line.startswith("!")}


def test_every_source_of_the_image_exists_and_is_sent():
    """What COPY names is in the checkout, and `.dockerignore` keeps everything else away."""
    copied = [shlex.split(rest) for rest in rest_of("COPY")]
    sources = {source for words in copied if not words[0].startswith("--from") for source in words[:-1]}
    assert {source for source in sources if not (ROOT / source).exists()} == set()
    assert sources == sent_to_the_daemon()


def test_everything_that_pip_installs_is_pinned():
    """By constraints.txt, also what builds the wheel; the wheel itself needs nothing that it does not name."""
    calls = [rest for rest in rest_of("RUN") if "pip " in rest]
    assert len(calls) == 3
    assert [rest for rest in calls if "--no-deps --no-build-isolation" not in rest and "--constraint" not in rest] == []
    assert re.search(r"^hatchling==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_image_has_ffmpeg_and_fonts_of_many_scripts():
    """The last stage installs them, and leaves no lists of packages behind."""
    (installed,) = (rest for rest in rest_of("RUN") if "apt-get install" in rest)
    assert set(installed.split()) >= PACKAGES
    assert "rm -rf /var/lib/apt/lists/*" in installed


def test_the_image_runs_wanflow_as_a_user_without_rights():
    """In the folder that is mounted; no shell is between a signal and the program."""
    last = instructions()[-3:]
    assert [each.word for each in last] == ["USER", "WORKDIR", "ENTRYPOINT"]
    assert last[0].rest not in {"root", "0"}
    assert last[1].rest == "/film"
    assert json.loads(last[2].rest) == ["wanflow"]


def test_no_file_of_the_image_holds_a_secret_or_an_address():
    """A key comes with `docker run -e`; packages come from wherever the machine has them from."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert (
        re.findall(
            r"(?i)\w*(?:key|token|secret|password)\w*|sk-\w+|\w+://\S*|--(?:extra-)?index\S*|--trusted-host", text
        )
        == []
    )
    assert rest_of("ARG") == ["EXTRAS="]
    assert {rest.partition(" ")[0] for rest in rest_of("FROM")} == {"python:3.12-slim"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_image_renders_an_animatic(tmp_path):
    """Built by the daemon of this machine; without one the test is skipped."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no docker daemon runs here")
    subprocess.run([docker, "build", "--tag", "wanflow-test", str(ROOT)], check=True)
    tmp_path.chmod(0o777)
    mounted = [docker, "run", "--rm", "--network", "none", "--volume", f"{tmp_path}:/film", "wanflow-test"]
    for words in (["init", "."], ["doctor"], ["run"]):
        subprocess.run([*mounted, *words], check=True)
    assert (tmp_path / "out" / "main.mp4").stat().st_size > 10_000
