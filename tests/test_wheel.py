"""What is installed is complete: schemas and pipelines are found from a wheel and from a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from wanflow.schemas import bundled

ROOT = Path(__file__).resolve().parent.parent

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
        archive.extractall(folder)
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
    assert "wanflow = wanflow.start:main" in program
    assert {name.split("/")[0].split("-")[0] for name in names} == {"wanflow"}


def test_the_program_runs_from_the_wheel(unpacked, tmp_path):
    """`wanflow schema` from the wheel prints the schema that the checkout has."""
    environ = {**os.environ, "PYTHONPATH": str(unpacked)}
    command = [sys.executable, "-P", "-m", "wanflow", "schema"]
    printed = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(printed.stdout) == bundled("production.schema.json")
