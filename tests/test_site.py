"""The site that `make site` builds has all pages, and its links lead somewhere."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from test_docs import CHECKOUT, PAGES, in_checkout

FIRST_PAGES = {"README.md": "index.html", "README.zh-CN.md": "zh-CN/index.html"}


def built(checkout: Path, target: Path) -> Path:
    """The site of a checkout, built as `make site` builds it; raises Abort where mkdocs has a warning."""
    build(load_config(str(checkout / "mkdocs.yml"), site_dir=str(target)))
    return target


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this checkout."""
    return built(CHECKOUT, tmp_path_factory.mktemp("site"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the site is built from."""
    for name in ("docs", "tools", "examples", "pipelines", "benchmarks"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("out", ".wanflow", "*.part.*"))
    for path in CHECKOUT.iterdir():
        if path.is_file() and (path.suffix in {".md", ".yml"} or path.name == "LICENSE"):
            shutil.copy(path, tmp_path)
    return tmp_path


def test_every_page_is_in_the_site(site: Path) -> None:
    """Those of docs/ at their own addresses, the READMEs first, and the pages that they link to."""
    for page in map(in_checkout, PAGES):
        address = FIRST_PAGES.get(page, page.removeprefix("docs/").replace(".md", ".html"))
        assert (site / address).is_file(), page
    assert (site / "pictures" / "board.png").is_file()
    assert (site / "examples" / "02-lighthouse" / "wanflow.yaml").is_file()
    assert (site / "pipelines" / "index.html").is_file()


def test_links_between_pages_lead_to_files_and_headings(site: Path) -> None:
    """From the built pages, as a browser follows them; headings in Chinese too."""
    ids = {page: set(re.findall(r'id="([^"]+)"', page.read_text(encoding="utf-8"))) for page in site.rglob("*.html")}
    followed = 0
    for page in ids:
        body = re.search(r"<article.*?</article>", page.read_text(encoding="utf-8"), re.DOTALL)
        for link in re.findall(r'(?:href|src)="([^":]+)"', body[0] if body else ""):
            path, _, heading = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{page}: {link}"
            assert not heading or heading in ids[target], f"{page}: {link}"
            followed += 1
    assert followed > 500


def test_nothing_is_fetched_from_other_hosts(site: Path) -> None:
    """No font, script, style or picture."""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"|<link[^>]* href="([^"]+)"', text)
        assert [address for found in fetched for address in found if "://" in address or address[:2] == "//"] == []


def test_the_site_can_be_searched_in_both_languages(site: Path) -> None:
    """The index has the words of each page."""
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert index["config"]["lang"] == ["en", "zh"]
    found = {entry["location"] for entry in index["docs"] if "One long take" in entry["title"]}
    assert found == {"cookbook.html#one-long-take-from-short-clips"}
    assert any(entry["location"].startswith("zh-CN/cuts.html") and "字幕" in entry["text"] for entry in index["docs"])


def test_broken_links_and_unlisted_pages_stop_the_build(copy: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A link to no heading or no page, and a page without a place in the navigation; each is named."""
    cookbook = copy / "docs" / "cookbook.md"
    broken = "[x](takes.md#no-such-heading) [x](no-such-page.md)"
    cookbook.write_text(f"{cookbook.read_text(encoding='utf-8')}\n{broken}\n", encoding="utf-8")
    (copy / "docs" / "new.md").write_text("# New\n", encoding="utf-8")
    with caplog.at_level("WARNING", "mkdocs"), pytest.raises(Abort):
        built(copy, copy / "site")
    assert [name for name in ("no-such-heading", "no-such-page.md", "new.md") if name not in caplog.text] == []


def test_a_link_to_a_missing_file_of_the_repository_stops_the_build(
    copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is named with the page."""
    page = copy / "docs" / "cookbook.md"
    page.write_text(f"{page.read_text(encoding='utf-8')}\n[x](../no-such-file.yaml)\n", encoding="utf-8")
    with caplog.at_level("ERROR", "mkdocs"), pytest.raises(Abort):
        built(copy, copy / "site")
    assert "docs/cookbook.md links to no-such-file.yaml" in caplog.text
