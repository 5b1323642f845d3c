"""One production, two people: what one paid for reaches the other, who never pays for it again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, bought, paid_production

from kit.s3 import BUCKET, s3_server
from kit.served import Served

FILM = """\
wanflow: 1
backend: dashscope
remote: ../remote
defaults: {model: wan2.7-i2v, resolution: 720P, duration: 2}
shots:
  coast: {first_frame: sets/coast.png, prompt: a coast}
  near: {first_frame: {shot: coast, frame: last}, prompt: nearer}
cuts: {main: [coast, near]}
"""


@pytest.fixture
def service(film: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A quick service, and a production whose two takes were paid for there."""
    with paid_production(film, FILM, monkeypatch) as running:
        yield running


def clone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody else has who cloned the production from git, and go there."""
    other = folder.parent / f"{folder.name}-clone"
    other.mkdir()
    for name in ("wanflow.yaml", "wanflow.lock"):
        shutil.copy(folder / name, other)
    shutil.copytree(folder / "sets", other / "sets")
    monkeypatch.chdir(other)


def films(place: Path) -> list[Path]:
    """The files of takes below a folder."""
    return sorted(place.rglob("takes/*/*.mp4"))


def test_takes_go_through_a_folder(
    wanflow: Wanflow, service: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pushed once, each with its record; a clone with the lock alone buys nothing, and after a pull it has all."""
    monkeypatch.setenv("WANFLOW_REMOTE", str(tmp_path / "kept"))
    assert wanflow(*RUN).code == 0
    assert wanflow("push").out == "2 takes pushed, 0 in place already\n"
    assert wanflow("push").out == "0 takes pushed, 2 in place already\n"
    records = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "kept").rglob("*.json")]
    assert {record["name"] for record in records} == {"coast.t1", "near.t1"}
    assert {record["cost"] for record in records} == {"1.20"}
    clone(tmp_path, monkeypatch)
    steps = {step["node"]: step for step in json.loads(wanflow("plan", "--json").out)["steps"]}
    assert [steps[node]["action"] for node in ("coast.t1", "near.t1", "cut:main")] == ["reuse", "reuse", "blocked"]
    assert steps["coast.t1"]["reasons"][0]["code"] == "not-here"
    assert "or `wanflow retake coast` for another (1.20 CNY)" in steps["coast.t1"]["reasons"][0]["text"]
    assert "is not here: `wanflow pull`, or copy the store" in wanflow(*RUN).err
    said = wanflow("pull")
    assert (said.code, said.out) == (0, "2 takes pulled, 0 in place already\n")
    assert Path("out/shots/coast.t1.mp4").read_bytes() == (tmp_path / "out/shots/coast.t1.mp4").read_bytes()
    assert wanflow(*RUN).code == 0
    assert Path("out/main.mp4").is_file()
    assert bought(service) == 2


def test_takes_go_through_a_bucket(
    wanflow: Wanflow, service: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same against a real S3 server."""
    assert wanflow(*RUN).code == 0
    file = Path("wanflow.yaml")
    file.write_text(FILM.replace("../remote", f"s3://{BUCKET}/kept"), encoding="utf-8")
    with s3_server(monkeypatch):
        assert wanflow("push").out == "2 takes pushed, 0 in place already\n"
        clone(tmp_path, monkeypatch)
        assert wanflow("pull").out == "2 takes pulled, 0 in place already\n"
        assert wanflow("push").out == "0 takes pushed, 2 in place already\n"
    assert wanflow(*RUN).code == 0
    assert bought(service) == 2


def test_a_pull_goes_on_where_it_broke_off(
    wanflow: Wanflow, service: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The beginning that is here is not fetched again, and what comes is verified as a whole."""
    assert wanflow(*RUN).code == 0
    wanflow("push")
    whole = films(tmp_path.parent / "remote")[0]
    clone(tmp_path, monkeypatch)
    begun = Path(".wanflow/incoming") / whole.stem
    begun.parent.mkdir(parents=True)
    begun.write_bytes(whole.read_bytes()[:1000])
    assert wanflow("pull").code == 0
    assert [film.read_bytes() for film in films(Path(".wanflow")) if film.stem == whole.stem] == [whole.read_bytes()]
    shutil.rmtree(tmp_path.parent / "remote")


def test_other_bytes_than_a_digest_names_are_refused(
    wanflow: Wanflow, service: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad file stops no other; a damaged local take is not pushed; missing takes are named."""
    monkeypatch.setenv("WANFLOW_REMOTE", (tmp_path / "kept").as_uri())
    assert wanflow(*RUN).code == 0
    wanflow("push")
    broken, fine = films(tmp_path / "kept")
    broken.write_bytes(bytes(reversed(broken.read_bytes())))
    clone(tmp_path, monkeypatch)
    said = wanflow("pull")
    assert (said.code, said.out) == (1, "1 take pulled, 0 in place already\n")
    assert "has a damaged file for" in said.err
    assert [film.stem for film in films(Path(".wanflow"))] == [fine.stem]
    broken.unlink()
    said = wanflow("pull")
    assert (said.code, said.out) == (1, "0 takes pulled, 1 in place already\n")
    assert "not at the remote, ask those who rendered them to push: " in said.err
    mine = films(Path(".wanflow"))[0]
    mine.chmod(0o644)
    mine.write_bytes(b"damaged")
    said = wanflow("push")
    assert (said.code, "is damaged and was not pushed" in said.err) == (1, True)


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_without_a_remote_there_is_nothing_to_do(verb: str, wanflow: Wanflow, service: Served) -> None:
    """Exit 2 with what to write; 1 with its name for one that can't be used."""
    Path("wanflow.yaml").write_text(FILM.replace("remote: ../remote\n", ""), encoding="utf-8")
    said = wanflow(verb)
    assert (said.code, "the production has no remote" in said.err) == (2, True)
    Path("wanflow.yaml").write_text(FILM.replace("../remote", "gs://films"), encoding="utf-8")
    said = wanflow(verb)
    assert (said.code, "needs a library that is not installed" in said.err) == (1, True)
