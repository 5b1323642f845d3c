"""What is installed is complete: schemas and pipelines are found from a wheel and from a checkout, on each Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from wanflow.schemas import bundled

ROOT = Path(__file__).resolve().parent.parent

PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14", "python3.15", "python3", "python")
"""Names under which a Python that wanflow supports may be on PATH, in each of its folders."""

LOOK = """
import json, wanflow
from wanflow.schemas import data_folder
found = {name: sorted(str(file.relative_to(data_folder(name)).as_posix())
                      for file in data_folder(name).rglob("*") if file.is_file())
         for name in ("schemas", "pipelines")}
print(json.dumps({"package": wanflow.__file__, "folders": [str(data_folder(name)) for name in found], "found": found}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution as a package index would; nothing is fetched."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what an install of the wheel would put there."""
    folder = tmp_path_factory.mktemp("site")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)  # noqa: S202 - our own zip file
    return folder


def look(home: Path, elsewhere: Path) -> dict[str, object]:
    """What a Python in another folder finds when the package comes from `home`."""
    environ = {**os.environ, "PYTHONPATH": str(home)}
    command = [sys.executable, "-P", "-c", LOOK]
    seen = subprocess.run(command, cwd=elsewhere, env=environ, capture_output=True, text=True, check=True)
    found = json.loads(seen.stdout)
    assert Path(found["package"]).is_relative_to(home)
    assert all(Path(folder).is_relative_to(home) for folder in found["folders"])
    return found["found"]


def shipped(name: str) -> list[str]:
    """The files of a folder of the checkout, by their paths in it."""
    return sorted(file.relative_to(ROOT / name).as_posix() for file in (ROOT / name).rglob("*") if file.is_file())


@pytest.mark.parametrize("source", ["wheel", "checkout"])
def test_schemas_and_pipelines_are_found(source, unpacked, tmp_path):
    """From a wheel as from a checkout all schemas, models and pipelines are there, wherever one works."""
    found = look(unpacked if source == "wheel" else ROOT, tmp_path)
    assert found == {"schemas": shipped("schemas"), "pipelines": shipped("pipelines")}
    assert "production.schema.json" in found["schemas"]
    assert "models/wan2.7-i2v.json" in found["schemas"]


def test_the_wheel_carries_licence_types_and_program(wheel):
    """The wheel holds the licence, the marker of types and the `wanflow` program, and no test."""
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        program = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    assert "wanflow/py.typed" in names
    assert {"wanflow/locale/zh_CN/LC_MESSAGES/wanflow.mo", "wanflow/locale/help.txt"} <= set(names)
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert "wanflow = wanflow.start:script" in program
    assert {name.split("/")[0].split("-")[0] for name in names} == {"wanflow"}


def test_the_program_runs_from_the_wheel(unpacked, tmp_path):
    """`wanflow schema` from the wheel prints the schema that the checkout has."""
    environ = {**os.environ, "PYTHONPATH": str(unpacked)}
    command = [sys.executable, "-P", "-m", "wanflow", "schema"]
    printed = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(printed.stdout) == bundled("production.schema.json")


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel):
    """Catalogs of messages, templates of pages, schemas, models and pipelines; nothing of tests."""
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    inside = {f"wanflow/{name}" for name in shipped("wanflow") if "__pycache__" not in name}
    data = {f"wanflow/_data/{folder}/{name}" for folder in ("schemas", "pipelines") for name in shipped(folder)}
    assert packed == inside | data


def test_the_source_distribution_builds_the_wheel_and_holds_no_test(wheel):
    """It has what the wheel is made of, the licence and the changes, and no examples, tests or tools."""
    (source,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        top = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    wanted = {"wanflow", "schemas", "pipelines", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"}
    assert top - {".gitignore"} == wanted


def supported_pythons() -> dict[str, str]:
    """One Python for each version on PATH that wanflow supports and that makes environments, by its version."""
    look = (
        "import sys, venv, ensurepip; print(*sys.version_info[:2], sep='.') if sys.version_info >= (3, 11) else exit(1)"
    )
    found: dict[str, str] = {}
    for folder in os.environ["PATH"].split(os.pathsep):
        for name in PYTHONS:
            program = shutil.which(name, path=folder)
            if program is not None and Path(sys.prefix) not in Path(program).parents:
                asked = subprocess.run([program, "-c", look], capture_output=True, text=True, check=False)
                if not asked.returncode:
                    found.setdefault(asked.stdout.strip(), program)
    return found


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_installed_wheel_makes_a_film_on_each_python(wheel, tmp_path):
    """In a new environment of each Python on PATH, with the versions of constraints.txt and without the checkout."""
    pythons = supported_pythons()
    assert pythons, "no Python on PATH makes environments"
    environ = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    for version, python in sorted(pythons.items()):
        home = tmp_path / version
        subprocess.run([python, "-m", "venv", str(home / "venv")], check=True, env=environ)
        pip = [str(home / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)], check=True, cwd=home, env=environ
        )
        program = str(home / "venv" / "bin" / "wanflow")
        for words in ("--version", "init film", "validate -f film/wanflow.yaml", "plan -f film/wanflow.yaml"):
            subprocess.run([program, *words.split()], check=True, cwd=home, env=environ)
        subprocess.run([program, "run"], check=True, cwd=home / "film", env=environ)
        assert (home / "film" / "out" / "main.mp4").stat().st_size > 10_000, version
        shutil.rmtree(home)
