"""What `mkdocs` adds to docs/: the README as the first page, and the files of the repository that pages link to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
DOCS = "docs/"
FIRST_PAGES = {"README.md": "index.md", "README.zh-CN.md": "zh-CN/index.md"}
"""The READMEs by their places in the site."""
LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the READMEs and all outside docs/ that they or other pages link to; raises PluginError where a link is broken."""
    waiting = [*FIRST_PAGES, *(DOCS + page.src_uri for page in files.documentation_pages())]
    known = set(waiting)
    for path, place in FIRST_PAGES.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    while waiting:
        page = waiting.pop()
        for path in _linked(page):
            if path in known or path.startswith(DOCS):
                continue
            if not (ROOT / path).is_file():
                raise PluginError(f"{page} links to {path}, which is not a file of the repository")
            known.add(path)
            files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
            if path.endswith(".md"):
                waiting.append(path)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page whose links lead to where the files of the repository are in the site."""
    del config, files
    here = _of_repository(page.file.src_uri)
    folder = posixpath.dirname(page.file.src_uri)

    def led(link: re.Match[str]) -> str:
        target = FIRST_PAGES.get(path := _resolved(here, link[2]), path.removeprefix(DOCS))
        return f"{link[1]}{posixpath.relpath(target, folder or '.')}{link[3]}"

    return LINK.sub(led, markdown)


def _linked(page: str) -> Iterator[str]:
    for link in LINK.finditer((ROOT / page).read_text(encoding="utf-8")):
        yield _resolved(page, link[2])


def _resolved(page: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def _of_repository(uri: str) -> str:
    for path, place in FIRST_PAGES.items():
        if place == uri:
            return path
    return DOCS + uri if (ROOT / DOCS / uri).is_file() else uri
