"""A cut is written over nothing but a cut: every other file keeps its bytes, and is named with a way out."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import pytest
from cli.conftest import Wanflow, rewrite

import wanflow as api
from kit.clips import numbered_clip
from wanflow.language.problem import SpecError
from wanflow.runner.events import CutProgress, Event, Outcome

TITLE = """\
wanflow: 1
cuts:
  main:
    items: [{title: One, duration: 0.2}]
    size: 96x64
    output: final/film.mp4
"""
"""A cut that is made in no time, and written where people keep files of their own."""
FINAL = Path("final/film.mp4")


class Killed(BaseException):
    """The process is gone; nothing in the program may catch it."""


@pytest.fixture
def titles(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a production of one title, in the current folder."""
    folder = tmp_path / "film"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "wanflow.yaml").write_text(TITLE, encoding="utf-8")
    return folder / "wanflow.yaml"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, but for what is known of files."""
    files = (file for file in folder.rglob("*") if file.is_file() and "cache" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


@pytest.mark.parametrize(
    ("output", "words", "hint"),
    [
        ("TAKE", "is in `.wanflow/`", "give the cut another `output`, e.g. `out/main.mp4`"),
        ("stored/new.mp4", "is in `.wanflow/`", "give the cut another `output`"),
        ("out/shots/coast.t1.mp4", "is in `out/shots/`", "give the cut another `output`"),
        ("clip.mp4", "is a file that the production reads", "move that file elsewhere"),
        ("Clip.MP4", "is a file that the production reads", "move that file elsewhere"),
        ("holiday.mp4", "exists, and no record shows that wanflow wrote it", "move that file elsewhere"),
        ("linked.mp4", "is a file that the production reads", "move that file elsewhere"),
        ("folder.mp4", "is a folder", "move that folder elsewhere"),
        ("../holiday.mp4", "is outside the production's folder", "--allow-outside"),
        ("away/new.mp4", "is outside the production's folder", "--allow-outside"),
    ],
)
def test_everything_but_a_cut_keeps_its_bytes(
    wanflow: Wanflow, rendered: Path, output: str, words: str, hint: str
) -> None:
    """`validate`, `plan` and `run` say the same at the line of `output`, and not a file changes."""
    numbered_clip(Path("clip.mp4"), 6, (320, 240))
    for place in (Path("holiday.mp4"), Path("../holiday.mp4")):
        shutil.copy("clip.mp4", place)
    Path("folder.mp4").mkdir()
    for link, leads in {"stored": ".wanflow/takes", "linked.mp4": "clip.mp4", "away": ".."}.items():
        Path(link).symlink_to(leads)
    take = next(Path(".wanflow/takes").rglob("*.mp4"))
    text = f"    output: {take.as_posix() if output == 'TAKE' else output}"
    rewrite("main: [coast, approach]", f"main:\n    items: [coast, approach, {{file: clip.mp4}}]\n{text}")
    line = Path("wanflow.yaml").read_text(encoding="utf-8").splitlines().index(text) + 1
    before = contents(rendered.parent.parent)
    for verb in ("validate", "plan", "run"):
        said = wanflow(verb)
        assert said.code == 2
        told = said.out if verb == "validate" else said.err
        assert f"wanflow.yaml:{line}:13: `" in told
        assert words in told
        assert hint in told.partition("hint: ")[2]
    assert contents(rendered.parent.parent) == before


def edited(wanflow: Wanflow, words: str) -> bytes:
    """The film after an edit of its title and a run, which has to end well."""
    rewrite(*words.split(" to "))
    done = wanflow("run", "-q")
    assert (done.code, done.err) == (0, "")
    return FINAL.read_bytes()


def test_a_cut_is_written_over_its_own_film_by_either_record(wanflow: Wanflow, titles: Path) -> None:
    """Also where the store is gone and the provenance file is left; without both the film is a stranger's."""
    assert wanflow("run", "-q").code == 0
    first = FINAL.read_bytes()
    second = edited(wanflow, "One to Two")
    shutil.rmtree(".wanflow")
    third = edited(wanflow, "Two to Three")
    assert len({first, second, third}) == 3
    shutil.rmtree(".wanflow")
    Path("out/main.provenance.json").unlink()
    said = wanflow("run")
    assert said.code == 2
    assert "`final/film.mp4` exists, and no record shows that wanflow wrote it" in said.err
    assert "hint: move that file elsewhere" in said.err
    assert FINAL.read_bytes() == third
    FINAL.rename("final/kept.mp4")
    assert wanflow("run", "-q").code == 0


def test_a_film_that_somebody_changed_is_theirs(wanflow: Wanflow, titles: Path) -> None:
    """The grade that an editor saved under the film's name is not lost, although the name is on record."""
    assert wanflow("run", "-q").code == 0
    FINAL.write_bytes(b"graded")
    assert wanflow("run").code == 2
    assert FINAL.read_bytes() == b"graded"


def test_a_copy_of_a_production_still_knows_its_films(
    wanflow: Wanflow, titles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy has other dates; the bytes are those that the provenance file names."""
    assert wanflow("run", "-q").code == 0
    shutil.copytree(titles.parent, tmp_path / "copy", copy_function=shutil.copyfile)
    monkeypatch.chdir(tmp_path / "copy")
    assert edited(wanflow, "One to Two")


def test_a_film_replaces_a_name_and_never_the_bytes_behind_it(wanflow: Wanflow, rendered: Path) -> None:
    """A take, or a file of somebody's own, that has the film's name as another one of its names is not written into."""
    take = next(Path(".wanflow/takes").rglob("*.mp4"))
    before = take.read_bytes()
    for name in ("out/main.mp4", "out/main.mp4.part"):
        Path(name).unlink(missing_ok=True)
        Path(name).hardlink_to(take)
    assert wanflow("run", "-q").code == 0
    assert take.read_bytes() == before == Path("out/main.mp4.part").read_bytes()
    assert Path("out/main.mp4").read_bytes() != before


def test_a_cut_outside_the_folder_is_written_where_that_is_allowed(wanflow: Wanflow, titles: Path) -> None:
    """`validate` and `plan` say what `run` would: each takes the option. What writes no cut needs none."""
    rewrite("final/film.mp4", "../film.mp4")
    for verb in ("validate", "plan", "run"):
        said = wanflow(verb)
        assert said.code == 2
        assert "`../film.mp4` is outside the production's folder" in said.out + said.err
    assert not Path("../film.mp4").exists()
    for verb in ("validate", "plan", "run"):
        assert wanflow(verb, "--allow-outside").code == 0
    first = Path("../film.mp4").read_bytes()
    rewrite("One", "Two")
    for verb in ("status", "takes", "costs", "list", "collect", "export", "doctor"):
        assert wanflow(verb).code == 0, verb
    assert wanflow("run").code == 2
    assert wanflow("run", "-q", "--allow-outside").code == 0
    assert Path("../film.mp4").read_bytes() != first


def test_a_saved_plan_does_not_allow_a_cut_outside(wanflow: Wanflow, titles: Path) -> None:
    """Whoever runs it allows it on their machine."""
    rewrite("final/film.mp4", "../film.mp4")
    assert wanflow("plan", "--allow-outside", "-o", "plan.json").code == 0
    assert wanflow("run", "--plan", "plan.json").code == 2
    assert wanflow("run", "--plan", "plan.json", "--allow-outside").code == 0
    assert Path("../film.mp4").exists()


def test_python_allows_a_cut_outside_by_the_same_word(titles: Path) -> None:
    """`wanflow.load` refuses it as the command line does."""
    rewrite("final/film.mp4", "../film.mp4")
    with pytest.raises(SpecError, match="outside the production's folder"):
        api.load()
    assert anyio.run(api.run, api.plan(api.load(allow_outside=True))).exit_code == 0
    assert Path("../film.mp4").exists()


def test_another_backend_writes_into_its_own_folder(wanflow: Wanflow, titles: Path) -> None:
    """However an `output` climbs: what the option is not needed for there, it isn't asked for."""
    rewrite("final/film.mp4", "../film.mp4")
    assert wanflow("run", "-q", "--backend", "dashscope").code == 0
    assert Path("out/dashscope/film.mp4").exists()
    assert not Path("../film.mp4").exists()


def outcome(emit: Callable[[Event], None] | None = None, *, before: Callable[[], object] = lambda: None) -> Outcome:
    """How a run ends; `before` happens between its plan and its beginning."""
    plan = api.plan(api.load())
    before()
    return anyio.run(partial(api.run, plan, emit=emit))


def appear() -> None:
    """Somebody saves a file under the name that the film will have."""
    FINAL.parent.mkdir(exist_ok=True)
    FINAL.write_bytes(b"holiday")


@pytest.mark.parametrize("late", [False, True], ids=["before the work", "during the work"])
def test_a_file_that_appears_before_the_film_is_kept(titles: Path, late: bool) -> None:
    """The run looks again when it begins and right before it moves the film into place."""

    def listen(event: Event) -> None:
        if late and isinstance(event, CutProgress):
            appear()

    (failure,) = outcome(listen, before=(lambda: None) if late else appear).failures
    assert failure.node == "cut:main"
    assert failure.message == "`final/film.mp4` exists, and no record shows that wanflow wrote it"
    assert failure.hint == "move that file elsewhere, or give the cut another `output`"
    assert FINAL.read_bytes() == b"holiday"
    assert [path.name for path in FINAL.parent.iterdir()] == ["film.mp4"]


def test_a_folder_that_becomes_a_link_leads_no_film_away(titles: Path, tmp_path: Path) -> None:
    """The store and other people's folders are safe from a change during the run as well."""
    (tmp_path / "elsewhere").mkdir()
    (failure,) = outcome(before=lambda: Path("final").symlink_to(tmp_path / "elsewhere")).failures
    assert "is outside the production's folder" in failure.message
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("moved", [False, True], ids=["before the move", "after the move"])
def test_a_kill_at_the_move_leaves_a_film_that_is_known(
    wanflow: Wanflow, titles: Path, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    """A record knows the film, be it the old or the new one, and the next run goes on."""
    assert wanflow("run", "-q").code == 0
    first = FINAL.read_bytes()
    rewrite("One", "Two")
    real = os.replace

    def die(source: object, target: object) -> None:
        if Path(str(target)).name == FINAL.name and not moved:
            raise Killed
        real(source, target)  # type: ignore[arg-type]
        if Path(str(target)).name == FINAL.name:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        with pytest.raises(BaseExceptionGroup):
            wanflow("run", "-q")
    assert (FINAL.read_bytes() == first) is not moved
    assert wanflow("validate").code == 0
    assert edited(wanflow, "Two to Three") != first


def test_the_film_of_one_cut_may_not_be_a_clip_of_another(wanflow: Wanflow, titles: Path) -> None:
    """It would be read and written by the same run."""
    with titles.open("a", encoding="utf-8") as file:
        file.write("  teaser: {items: [{file: final/film.mp4}]}\n")
    FINAL.parent.mkdir()
    numbered_clip(FINAL, 6, (320, 240))
    said = wanflow("validate", "--format", "json")
    assert said.code == 2
    (found,) = json.loads(said.out)
    assert (found["line"], found["column"]) == (6, 13)
    assert found["message"] == "`final/film.mp4` is a file that the production reads"
