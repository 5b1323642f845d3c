"""What git gets of a production that has no `.gitignore`: what a person wrote, and the lock."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.conftest import RUN, Wanflow, paid_production

from kit.filesystems import without_flush, without_locks, without_modes
from kit.git import git, staged
from kit.project import ONE
from wanflow.cli.exit_code import guarded
from wanflow.store import lockfile

PAID = f"{ONE}\nbackend: dashscope\nchecks: off\n"


@pytest.fixture
def repository(film: Path) -> Path:
    """The folder of a production that was never run, in a git repository that ignores nothing."""
    git(film.parent, "init")
    return film.parent


def test_a_run_leaves_the_lock_to_git_and_nothing_of_the_store(
    wanflow: Wanflow, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films and cuts, the journal and uploads stay out, after a paid run, a pick and a wish."""
    ours = {"wanflow.yaml", "sets/coast.png", "made.mp4"}
    with paid_production(repository / "wanflow.yaml", PAID, monkeypatch):
        for words in (RUN, ("pick", "coast", "1"), ("retake", "coast"), RUN):
            assert wanflow(*words).code == 0
    assert (repository / "out" / "main.mp4").exists()
    assert staged(repository) == ours | {"wanflow.lock", ".gitattributes"}


def test_whoever_wants_films_in_git_keeps_them_there(wanflow: Wanflow, repository: Path) -> None:
    """A folder of results that exists, and what it tells git, stays as it is."""
    (repository / "out").mkdir()
    assert wanflow("run", "-q").code == 0
    assert "out/main.mp4" in staged(repository)


@pytest.mark.parametrize(
    "words",
    [
        ("validate",),
        ("plan",),
        ("status",),
        ("takes",),
        ("why", "coast"),
        ("hold", "coast"),
        ("retake", "coast"),
        ("gc", "--apply"),
        ("collect",),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_no_first_command_leaves_a_store_to_git(wanflow: Wanflow, repository: Path, words: tuple[str, ...]) -> None:
    """Also one that only keeps what it measured; whether the command had anything to do or not."""
    wanflow(*words)
    assert not [name for name in staged(repository) if name.startswith(".wanflow")]


@pytest.mark.parametrize("ignored", [None, "", "*.tmp", "!*.mp4\n", "out/ # films\n"])
@pytest.mark.parametrize("folder", [".", "films/first"])
@pytest.mark.parametrize("template", [(), ("--template", "extend")])
def test_a_new_production_leaves_no_film_to_git(
    template: tuple[str, ...],
    folder: str,
    ignored: str | None,
    alone: None,
    wanflow: Wanflow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a repository or below one, whatever is ignored there, and where `out/` exists before."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init")
    place = tmp_path / folder
    (place / "out" / "shots").mkdir(parents=True)
    for name in {tmp_path, place}:
        if ignored is not None:
            (name / ".gitignore").write_text(ignored, encoding="utf-8")
    assert wanflow("init", folder, *template).code == 0
    for film in ("out/main.mp4", "out/shots/coast.t1.mp4", "out/main.otio"):
        (place / film).write_bytes(b"film")
    names = {
        Path(name).relative_to(folder).as_posix() for name in staged(tmp_path) if name.startswith(folder.strip("."))
    }
    assert not [name for name in names if name.startswith("out/")]
    assert {"wanflow.yaml", ".gitattributes", ".gitignore"} <= names


def test_a_report_of_a_bug_in_an_older_store_is_kept_out_of_git(repository: Path) -> None:
    """A store of an earlier version had no list of its own."""

    def broken() -> int:
        raise RuntimeError

    (repository / ".wanflow").mkdir()
    assert guarded(broken) == 70
    assert not [name for name in staged(repository) if name.startswith(".wanflow")]


def test_a_lock_that_is_a_link_stays_one_through_run_and_pick(
    wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The takes and the pick are in the file that it names, which is all that the next run needs."""
    shared = film.parent / "shared" / "film.lock"
    shared.parent.mkdir()
    shared.write_text('{"wanflow.lock": 2}\n', encoding="utf-8")
    link = film.parent / "wanflow.lock"
    link.symlink_to("shared/film.lock")
    with paid_production(film, PAID.replace("duration: 2", "duration: 2\n    takes: 2"), monkeypatch) as service:
        assert wanflow(*RUN).code == 0
        assert wanflow("pick", "coast", "2").code == 0
        before = len(service.calls("POST", "video-synthesis"))
        assert wanflow(*RUN).code == 0
        assert len(service.calls("POST", "video-synthesis")) == before == 2
        shared.rename(shared.with_name("away"))
        said = wanflow(*RUN)
        assert (said.code, len(service.calls("POST", "video-synthesis"))) == (2, before)
        assert "`wanflow.lock` is a symbolic link to" in said.err
    shared.with_name("away").rename(shared)
    assert link.readlink() == Path("shared/film.lock")
    entry = lockfile.read(shared).shots["coast"]
    assert [entry.numbers[digest] for digest in entry.picks.values()] == [2]


def test_a_production_is_paid_for_on_a_file_system_that_lacks_everything(
    wanflow: Wanflow, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without modes, locks and the flush of folders it runs, picks and runs again for nothing, and says nothing."""
    without_modes(monkeypatch)
    without_flush(monkeypatch)
    without_locks(monkeypatch)
    with paid_production(film, PAID, monkeypatch) as service:
        assert wanflow(*RUN, "-q") == (0, "out/main.mp4\n", "")
        assert wanflow("pick", "coast", "1").code == 0
        assert wanflow(*RUN).code == 0
        assert len(service.calls("POST", "video-synthesis")) == 1
    assert not list((film.parent / ".wanflow").glob("*.held"))
