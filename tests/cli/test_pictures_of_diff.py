"""`wanflow diff --pictures`: the takes of changed shots as small pictures, for a comment that shows them."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cli.conftest import Wanflow
from markdown_it import MarkdownIt
from PIL import Image, ImageChops, ImageStat

from kit.git_session import GIT, SETTINGS
from kit.project import rewrite
from wanflow.cli import limits
from wanflow.media.posters import small_jpeg
from wanflow.viewing import PICTURE_BYTES

AT = "https://github.com/o/r/raw/0123"
SHOWN = re.compile(r'<img src="([^"]+)" width="320" alt="(before|now)">')


def commit_all(folder: Path) -> None:
    """Everything of a folder but takes and films becomes the first commit of a repository."""
    git = [GIT, *(word for setting in SETTINGS for word in ("-c", setting))]
    (folder / ".gitignore").write_text(".wanflow/\nout/\n", encoding="utf-8")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "one")):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def film(rendered: Path) -> Path:
    """A production with takes, in git as it was rendered; its first shot then has other words and a take of these."""
    commit_all(rendered.parent)
    rewrite(rendered, "light: at dawn", "light: at dusk")
    return rendered


def shown(comment: str) -> list[tuple[str, str]]:
    """The side and the file of each picture that a comment shows."""
    found = SHOWN.findall(MarkdownIt("commonmark", {"html": True}).enable("table").render(comment))
    assert all(address.startswith(f"{AT}/") for address, _ in found)
    return [(side, address.removeprefix(f"{AT}/")) for address, side in found]


def comment_of(wanflow: Wanflow, folder: Path) -> str:
    """The comment with pictures, which are written to a folder."""
    done = wanflow("diff", "HEAD", "--format", "markdown", "--pictures", str(folder), "--pictures-at", AT)
    assert done.code == 0, done.err
    return done.out


def test_both_sides_are_shown_where_their_takes_are(wanflow: Wanflow, film: Path, tmp_path: Path) -> None:
    """Before the run the earlier take alone, then both; names are digests, and a second call writes the same."""
    before = shown(comment_of(wanflow, tmp_path / "first"))
    assert {side for side, _ in before} == {"before"}
    assert wanflow("run", "-q").code == 0
    both = shown(comment_of(wanflow, tmp_path / "second"))
    assert [side for side, _ in both] == ["before", "now"] * len(before)
    assert [each for each in both if each[0] == "before"] == before
    files = {file.name: file.read_bytes() for file in (tmp_path / "second").iterdir()}
    assert files.keys() == {name for _, name in both}
    for name, content in files.items():
        assert name == f"{hashlib.sha256(content).hexdigest()}.jpg"
        assert len(content) <= PICTURE_BYTES
        with Image.open(tmp_path / "second" / name) as picture:
            assert (picture.format, max(picture.size) <= 480) == ("JPEG", True)
    assert shown(comment_of(wanflow, tmp_path / "third")) == both
    assert {file.name: file.read_bytes() for file in (tmp_path / "third").iterdir()} == files


def test_a_still_is_shown_as_the_picture_that_it_is(wanflow: Wanflow, film: Path, tmp_path: Path) -> None:
    """Its take is a picture: before and now, in its own shape, beside the films of other shots."""
    shutil.rmtree(film.parent / ".git")
    still = "  door: {model: wan2.7-image, size: 960*1280, prompt: A door at dawn.}\ncuts:"
    rewrite(film, "cuts:", still)
    assert wanflow("run", "-q").code == 0
    commit_all(film.parent)
    rewrite(film, "A door at dawn", "A door at dusk")
    assert wanflow("run", "-q").code == 0
    before, now = shown(comment_of(wanflow, tmp_path / "pictures"))
    assert (before[0], now[0], before[1] != now[1]) == ("before", "now", True)
    for number, (_, name) in enumerate((before, now), start=1):
        with (
            Image.open(film.parent / "out" / "shots" / f"door.t{number}.png") as take,
            Image.open(tmp_path / "pictures" / name) as picture,
        ):
            assert (picture.format, picture.width * take.height) == ("JPEG", picture.height * take.width)
            small = take.convert("RGB").resize(picture.size)
            assert max(ImageStat.Stat(ImageChops.difference(small, picture)).mean) < 6


def test_pictures_of_an_untrusted_production_have_the_time_of_work(
    wanflow: Wanflow, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty posters may take longer than to read a production; a comparison without them is limited to its end."""
    marker = tmp_path / "reading"
    marker.touch()
    monkeypatch.setattr(limits, "_limit", lambda _: None)
    before = limits._reading.set(marker)
    try:
        assert wanflow("diff", "HEAD").code == 0
        assert marker.exists()
        assert comment_of(wanflow, tmp_path / "pictures")
        assert not marker.exists()
    finally:
        limits._reading.reset(before)


def test_takes_that_are_not_here_are_counted(wanflow: Wanflow, film: Path, tmp_path: Path) -> None:
    """As in a clone: the comment says how many have no picture, and has no table for them."""
    shutil.rmtree(film.parent / ".wanflow" / "takes")
    shutil.rmtree(film.parent / ".wanflow" / "renditions", ignore_errors=True)
    comment = comment_of(wanflow, tmp_path / "pictures")
    assert shown(comment) == []
    assert re.search(r"[0-9]+ takes? of changed shots ha(s|ve) no picture", comment)
    assert list((tmp_path / "pictures").iterdir()) == []


def test_shots_without_takes_are_not_spoken_of(wanflow: Wanflow, film: Path, tmp_path: Path) -> None:
    """A new shot has nothing to be shown, and nothing that is missing."""
    rewrite(film, "light: at dusk", "light: at dawn")
    rewrite(film, "cuts:", "  late: {first_frame: sets/coast.png, prompt: Night., duration: 2}\ncuts:")
    comment = comment_of(wanflow, tmp_path / "pictures")
    assert "late" in comment
    assert (shown(comment), "no picture" in comment) == ([], False)


def test_pictures_that_no_comment_can_show_are_refused(wanflow: Wanflow, film: Path, tmp_path: Path) -> None:
    """An address needs pictures and a comment, and is one: nothing of it ends the tag."""
    folder = str(tmp_path / "pictures")
    for words in (("--pictures-at", AT), ("--pictures", folder, "--pictures-at", AT)):
        assert wanflow("diff", "HEAD", *words).code == 2
    for address in ("javascript:x", "https://a b", "https://", "//x/y", "https://x/\n"):
        words = ("--format", "markdown", "--pictures", folder, "--pictures-at", address)
        assert wanflow("diff", "HEAD", *words).code == 2, address
    words = ("--format", "markdown", "--pictures", folder, "--pictures-at", 'https://x/"><b>')
    assert "<b>" not in wanflow("diff", "HEAD", *words).out
    assert not Path("x").exists()


def test_a_picture_of_noise_is_small_as_well(tmp_path: Path) -> None:
    """Nothing can be compressed less."""
    Image.effect_noise((480, 480), 120).convert("RGB").save(tmp_path / "noise.webp", lossless=True)
    assert len(small_jpeg(tmp_path / "noise.webp", PICTURE_BYTES)) <= PICTURE_BYTES
