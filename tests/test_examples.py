"""The examples load without a warning, plan as their `plan.txt` says, and the lighthouse becomes a film."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath

import pytest
from PIL import Image, ImageChops, ImageStat

from wanflow import api
from wanflow.media.checks.take_check import CheckTake
from wanflow.media.jobs import Worker
from wanflow.media.probe import probe
from wanflow.report.text.plan import plan_text
from wanflow.store.findings import Expected, Finding, Given
from wanflow.store.take_names import TAKE_SUFFIXES
from wanflow.templates import templates

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NAMES = ("01-one-shot", "02-lighthouse", "03-scenes", "04-formats", "05-own-pipeline", "06-stills", "07-trailer")
WAITING = {"06-stills": "door_still", "still-then-animate": "arrival/still"}
"""The shot that waits for a pick, by example and by template."""
ASSET_BYTES = 600_000
KINDS = {".png", ".wav", ".mp4"}
MADE = {".wanflow", "out"}


def copy(name: str, folder: Path) -> Path:
    """An example as a clone has it: nothing rendered yet. Gives its folder."""
    return Path(shutil.copytree(EXAMPLES / name, folder / name, ignore=shutil.ignore_patterns(*MADE)))


def wanflow(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder, without a terminal."""
    argv = [sys.executable, "-m", "wanflow", *words]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_example_is_tested() -> None:
    """A new folder of examples gets its tests."""
    assert tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/wanflow.yaml"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_problem(name: str, tmp_path: Path) -> None:
    """Not even a warning."""
    assert api.validate(copy(name, tmp_path) / "wanflow.yaml") == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_plans_as_its_page_says(name: str, tmp_path: Path) -> None:
    """The plan on an empty machine is the text that is committed beside the example."""
    production = api.load(copy(name, tmp_path) / "wanflow.yaml")
    assert plan_text(api.plan(production)) + "\n" == (EXAMPLES / name / "plan.txt").read_text(encoding="utf-8")


def assets(folder: Path) -> list[Path]:
    """What people bring to an example: everything but its YAML and its plan."""
    return [path for path in folder.rglob("*") if path.suffix in KINDS and not MADE & set(path.parts)]


ASSETS = sorted(path.relative_to(EXAMPLES) for name in NAMES for path in assets(EXAMPLES / name))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script draws now."""
    folder = tmp_path_factory.mktemp("drawn")
    script = [sys.executable, str(EXAMPLES / "draw_assets.py"), str(folder)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_script_draws_every_asset_and_no_other(drawn: Path) -> None:
    """What is committed can be drawn again, and is small enough for a clone."""
    assert sorted(path.relative_to(drawn) for path in drawn.rglob("*") if path.is_file()) == ASSETS
    assert sum((EXAMPLES / path).stat().st_size for path in ASSETS) < ASSET_BYTES


@pytest.mark.parametrize("path", [path for path in ASSETS if path.suffix == ".png"], ids=lambda path: path.stem)
def test_a_picture_is_the_one_that_the_script_draws(path: Path, drawn: Path) -> None:
    """The committed picture and the drawn one look the same; bytes may differ with the library's release."""
    with Image.open(EXAMPLES / path) as ours, Image.open(drawn / path) as theirs:
        assert ours.size == theirs.size
        difference = ImageStat.Stat(ImageChops.difference(ours.convert("RGB"), theirs.convert("RGB"))).mean
    assert max(difference) < 2


@pytest.mark.parametrize("sound", [path for path in ASSETS if path.suffix == ".wav"], ids=str)
def test_a_sound_is_the_one_that_the_script_draws(sound: PurePath, drawn: Path) -> None:
    """Sound is drawn by arithmetic, so its bytes are the same."""
    assert (EXAMPLES / sound).read_bytes() == (drawn / sound).read_bytes()


def test_the_lighthouse_becomes_a_film_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    """What `make demo` does: the film's path is all that stdout says, and the second time nothing is submitted."""
    folder = copy("02-lighthouse", tmp_path)
    words = ("run", "--file", "02-lighthouse/wanflow.yaml")
    first = wanflow(tmp_path, *words)
    assert (first.returncode, first.stdout) == (0, f"{Path('02-lighthouse', 'out', 'main.mp4')}\n"), first.stderr
    assert "4 takes rendered" in first.stderr
    film = (folder / "out" / "main.mp4").read_bytes()
    again = wanflow(tmp_path, *words)
    assert (again.returncode, again.stdout) == (0, first.stdout), again.stderr
    assert again.stderr.startswith("nothing to do")
    assert (folder / "out" / "main.mp4").read_bytes() == film
    measured = probe(folder / "out" / "main.mp4")
    assert (measured.width, measured.height, measured.rate) == (1280, 720, Fraction(30))
    assert lighthouse_findings(folder) == {}


def lighthouse_findings(folder: Path) -> dict[str, tuple[Finding, ...]]:
    """What the checks find in the takes of the lighthouse, each compared with what was given for it."""
    coast, door = (Given(name, PurePath("sets", name)) for name in ("coast.png", "door.png"))
    (tail,) = (path.relative_to(folder) for path in (folder / ".wanflow" / "derived").rglob("*.mp4"))
    asked = Expected(width=1280, height=720, rate=Fraction(30), sound=True)
    takes = {
        "coast": replace(asked, seconds=Fraction(4), first_frame=coast),
        "approach": replace(
            asked,
            seconds=Fraction(6),
            last_frame=door,
            clip=Given("tail", tail),
            chain_head=Given("coast", PurePath("out", "shots", "coast.t1.mp4")),
        ),
        "talk": replace(asked, seconds=Fraction(4)),
        "talk_at_night": replace(asked, seconds=Fraction(4)),
    }
    found = {
        name: CheckTake(PurePath("out", "shots", f"{name}.t1.mp4"), expected).perform(Worker(folder)).findings
        for name, expected in takes.items()
    }
    return {name: findings for name, findings in found.items() if findings}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, *templates()])
def test_the_takes_of_examples_and_pipelines_have_no_findings(name: str, tmp_path: Path) -> None:
    """As the animatic renders them; a false alarm would keep people from reading the true ones."""
    folder = copy(name, tmp_path) if name in NAMES else tmp_path
    if name not in NAMES:
        started = wanflow(folder, "init", "--template", name)
        assert started.returncode == 0, started.stderr
    done = wanflow(folder, "run")
    if name in WAITING:
        assert done.returncode == 3, done.stderr
        assert wanflow(folder, "pick", WAITING[name], "2").returncode == 0
        done = wanflow(folder, "run")
    assert done.returncode == 0, done.stderr
    files = [path.relative_to(folder) for path in (folder / "out" / "shots").rglob("*")]
    takes = [path for path in files if path.suffix in TAKE_SUFFIXES]
    jobs = [CheckTake(PurePath(take), Expected(rate=Fraction(30), sound=True)) for take in takes]
    assert {job.file.as_posix(): found for job in jobs if (found := job.perform(Worker(folder)).findings)} == {}
    assert takes


def test_a_scene_of_the_scenes_becomes_a_film(tmp_path: Path) -> None:
    """What a selector means is rendered, and what it doesn't need is not."""
    folder = copy("03-scenes", tmp_path)
    done = wanflow(folder, "run", "cut:teaser")
    assert (done.returncode, done.stdout) == (0, f"{Path('out', 'teaser.mp4')}\n"), done.stderr
    assert [path.name for path in (folder / "out" / "shots").rglob("*.mp4")] == ["watch.t1.mp4"]
