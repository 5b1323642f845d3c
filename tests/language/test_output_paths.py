"""Where the files of a cut go: one place for each, however it is spelled."""

from __future__ import annotations

from pathlib import Path

import pytest
from language.conftest import Reading

from wanflow.language.output_paths import entry_of, folded, place_output

FRAME = "shots:\n  a: {first_frame: a.png}\n"


@pytest.mark.parametrize(
    "path", ["../x.mp4", "../../x.mp4", "/x.mp4", "out/../x.mp4", "a/../../x.mp4", "out/../../x.mp4"]
)
def test_no_output_leads_out_of_the_folder_of_another_backend(path: str) -> None:
    """Films of `--backend dashscope` stay in `out/dashscope/`, away from those of the production's own backend."""
    assert place_output("out/dashscope", path) == "out/dashscope/x.mp4"


@pytest.mark.parametrize("other", ["out/X.mp4", "Out/x.mp4", "link/x.mp4", "{folder}/out/x.mp4", "link/../out/x.mp4"])
def test_two_cuts_of_one_file_are_found_in_any_spelling(reading: Reading, tmp_path: Path, other: str) -> None:
    """Letter case, links and absolute paths make no difference; the second `output` is pointed at."""
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    spelled = other.format(folder=tmp_path)
    line = f"  n: {{items: [a], output: {spelled}}}"
    production, problems = reading(f"{FRAME}cuts:\n  m: {{items: [a], output: out/x.mp4}}\n{line}\n")
    assert production is None
    (found,) = problems
    assert (found.place.line, found.place.column) == (7, line.index(spelled) + 1)
    assert "`n` and `m` would both write" in found.message


def test_an_output_on_the_default_of_another_cut_is_found_at_the_later_of_the_two(reading: Reading) -> None:
    """A cut without an `output` is pointed at by its name."""
    production, problems = reading(f"{FRAME}cuts:\n  m: {{items: [a], output: out/n.mp4}}\n  n: [a]\n")
    assert production is None
    assert [(each.place.line, each.place.column) for each in problems] == [(7, 3)]


def test_names_are_compared_as_file_systems_without_case_do() -> None:
    """Accents in one sign or two, letters great or small: one file on some machine."""
    assert folded(Path("/a/CAFÉ.mp4")) == folded(Path("/a/cafe\u0301.MP4"))
    assert folded(Path("/a/one.mp4")) != folded(Path("/a/two.mp4"))


def test_an_entry_follows_the_links_above_it_alone(tmp_path: Path) -> None:
    """What a rename replaces is the last name itself, also where that is a link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real" / "film.mp4").symlink_to("nothing.mp4")
    root = tmp_path.resolve()
    assert entry_of(tmp_path, "link/film.mp4") == root / "real" / "film.mp4"
    assert entry_of(tmp_path, "link/../x.mp4") == root / "x.mp4"
    assert entry_of(tmp_path, str(tmp_path / "link" / "new.mp4")) == root / "real" / "new.mp4"
