"""`wanflow report`: the page in one file, which needs nothing but the takes beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from cli.conftest import Wanflow

from kit.project import SHORT, rewrite
from wanflow.cli.main import main
from wanflow.report.page import frozen
from wanflow.report.page.pages import STATIC

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def addresses(self) -> Iterator[str]:
        """All that is loaded or linked."""
        for _, attributes in self.found:
            yield from (attributes[name] for name in ("src", "href", "poster", "action") if name in attributes)


def report(file: Path) -> Tags:
    """A report that was written."""
    return Tags(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reported(premiere: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a rendered production with its report; not to be changed."""
    folder = tmp_path_factory.mktemp("reported") / "my film 第一"
    shutil.copytree(premiere, folder)
    assert main(["report", "-f", str(folder / "wanflow.yaml")]) == 0
    return folder


def test_the_report_is_the_same_until_something_changes(wanflow: Wanflow, reported: Path) -> None:
    """Its path is on stdout, its size on stderr; written again it is the same, byte by byte."""
    written = reported / "out" / "report.html"
    first = written.read_bytes()
    said = wanflow("report", "-f", str(reported / "wanflow.yaml"))
    assert (said.code, said.out) == (0, f"{written}\n")
    assert re.fullmatch(r"the size of the report is \d+ KB\n", said.err)
    assert written.read_bytes() == first
    assert re.search(rb"Written by wanflow [\d.]+\. The newest take is of \d{4}-", first)


def test_it_has_no_action_no_other_host_and_no_path_of_this_machine(reported: Path) -> None:
    """What it loads is inside it, or beside it by a relative address that its policy allows."""
    text = (reported / "out" / "report.html").read_text(encoding="utf-8")
    page = Tags(text)
    assert [found for tag, found in page.found if tag == "form" and found.get("method") != "dialog"] == []
    assert str(reported) not in text
    assert Path.home().as_posix() not in text
    assert [each for each in page.addresses() if not re.match(r"#|data:|shots/|main\.mp4|\.\./", each)] == []
    policy = next(found["content"] for _, found in page.found if found.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_posters_and_short_films_are_inside(reported: Path) -> None:
    """A poster for each take in use, as data, and what a script shows once."""
    text = (reported / "out" / "report.html").read_text(encoding="utf-8")
    assert "data:image/webp;base64," in text
    assert text.count('"data:video/mp4;base64,') == 2
    assert "data:image/webp" in text.partition('id="inside"')[2]


def test_a_report_elsewhere_finds_the_takes(wanflow: Wanflow, reported: Path) -> None:
    """Addresses are relative to where it is written, with blanks and signs encoded."""
    target = reported.parent / "to send" / "a.html"
    said = wanflow("report", "-f", str(reported / "wanflow.yaml"), "-o", str(target))
    assert said.code == 0, said.err
    for each in report(target).addresses():
        if each.startswith("."):
            assert each.startswith("../my%20film%20%E7%AC%AC%E4%B8%80/")
            assert (target.parent / unquote(each)).is_file()


def test_a_dash_is_stdout(film: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Nothing is written then."""
    assert main(["report", "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"<!doctype html>")
    assert not Path("out/report.html").exists()


def test_a_report_without_takes_and_with_hostile_texts(wanflow: Wanflow, film: Path) -> None:
    """Texts are text: no element and no script comes from them."""
    film.write_text(SHORT.replace("title: Short", f"title: '{HOSTILE}'"), encoding="utf-8")
    rewrite(film, "The lighthouse comes near.", f"'{HOSTILE}'")
    assert wanflow("report").code == 0
    page = report(Path("out/report.html"))
    scripts = [found for tag, found in page.found if tag == "script"]
    assert [found.get("type") for found in scripts] == ["module", "application/json"]
    assert not [found for _, found in page.found if any(name.startswith("on") for name in found)]


def test_what_is_too_large_is_left_out_or_refused(
    wanflow: Wanflow, reported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short films go first, and that is said; with `--embed` it is an error, and `--force` writes it all."""
    monkeypatch.chdir(reported)
    whole = Path("out/report.html").read_text(encoding="utf-8")
    monkeypatch.setattr(frozen, "MOST_BYTES", len(whole.encode()) - 1000)
    said = wanflow("report", "-o", "a.html")
    assert said.code == 0
    assert "note: 2 short films are left out: the file would be too large; `--force` keeps them" in said.err
    assert '"data:video/mp4' not in Path("a.html").read_text(encoding="utf-8")
    refused = wanflow("report", "--embed", "-o", "b.html")
    assert refused.code == 2
    assert "hint: leave out `--embed`, or write it all the same with `--force`" in refused.err
    assert not Path("b.html").exists()
    assert wanflow("report", "--force", "--embed", "-o", "b.html").code == 0
    assert len(Path("b.html").read_text(encoding="utf-8")) > len(whole)


def test_a_production_with_errors_has_a_report_of_the_rest(wanflow: Wanflow, film: Path) -> None:
    """As other commands that show; where nothing can be used there is none."""
    rewrite(film, "prompt: The lighthouse comes near.", "prmpt: x")
    said = wanflow("report")
    assert said.code == 2
    assert "prmpt" in said.err
    assert "prmpt" in Path("out/report.html").read_text(encoding="utf-8")
    Path("out/report.html").unlink()
    film.write_text("- a\n", encoding="utf-8")
    assert wanflow("report").code == 2
    assert not Path("out/report.html").exists()


def test_scripts_become_one() -> None:
    """Every module of the page can be in it: nothing is imported or exported any more."""
    script = frozen.one_script(*(file.name for file in sorted(STATIC.glob("*.js"))))
    assert re.findall(r"^(?:import|export)\b.*|\bimport\(|\bimport\.meta|</script", script, re.MULTILINE) == []
