"""Where a cut may be written: inside the production's folder, over nothing but an earlier cut."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath

from wanflow import decode, digest
from wanflow.catalog.provider import load_providers
from wanflow.decode import Fields
from wanflow.errors import StoreFault
from wanflow.language.media_checks import file_sources
from wanflow.language.output_paths import FILM, entry_of, folded, provenance_file, results_folder, sidecars, target_of
from wanflow.language.problem import Problem
from wanflow.language.production import RESULTS_FOLDER, Cut, Form, Production
from wanflow.messages import joined, tr, trn
from wanflow.patterns import pattern
from wanflow.records import immutable
from wanflow.store import atomic, cut_records
from wanflow.store.atomic import STORE_FOLDER
from wanflow.store.layout import LOCK_NAME, Store
from wanflow.store.take_names import takes_folder

KEPT_FOLDERS = {STORE_FOLDER: tr("takes are stored"), ".git": tr("git keeps its own files")}
"""Folders of any production that a cut is never written into, and what is in them."""

NUMBERED = pattern(r"[0-9]{6,}\.png")
"""Names of the pictures of a delivery."""

TAKE_FOLDERS = tuple(takes_folder(results_folder(backend)) for backend in (None, *load_providers()))
"""Folders of takes by name, of the production's own backend and of the others."""

MOST_NAME_BYTES = 255
"""Maximum length of a file's name on every common file system."""
MOST_PATH_BYTES = 1_023 if sys.platform == "darwin" else 4_095
"""Maximum length of an absolute path that the system opens."""
DRAFT_BYTES = 38
"""Length of the name under which `atomic.drafted` writes a file before it gets its own."""


def check_outputs(production: Production, store: Store) -> Iterator[Problem]:
    """The first error of each cut that would write to a forbidden place, at its `output`, else at its name.

    Looks at the disk and at the records of earlier runs; reads a film only where its size and date fit no record.
    """
    rule = _OutputRule.of(production, store)
    for cut in production.cuts.values():
        if cut.output.lower().endswith(FILM):  # another ending is an error already
            found = rule.problem(cut)
            if found is not None:
                yield found


def require_outputs(production: Production, cut: Cut, store: Store) -> None:
    """Raise StoreFault where a cut may not be written; called before and after the work, since the disk may change."""
    found = _OutputRule.of(production, store).problem(cut)
    if found is not None:
        raise StoreFault(found.message, hint=found.hint)


def remove_former_files(production: Production, cut: Cut, store: Store) -> None:
    """Remove what was written beside an earlier film of a cut and is none of its files any more.

    These are subtitles, since players show every file that is called like the film, and deliveries. One that changed
    since, or that the production reads, stays.
    """
    rule, out = _OutputRule.of(production, store), PurePosixPath(production.out)
    current = {
        folded(entry_of(store.folder, path))
        for each in production.cuts.values()
        for path in (each.output, *sidecars(production.out, each))
    }
    subtitles, deliveries = cut_records.subtitles(store, cut.name), cut_records.deliveries(store, cut.name)
    forms = {form.suffix for form in Form}
    for path, content in (*subtitles.items(), *deliveries.items()):
        # the record comes with the folder, which may be a stranger's
        name, entry = PurePosixPath(path), entry_of(store.folder, path)
        suffixes = {".srt"} if path in subtitles else forms
        ours = name.parent == out and name.name.startswith(f"{cut.name}.") and name.suffix in suffixes
        if ours and folded(entry) not in current and rule.fault(cut, path) is None:
            _remove_unchanged(entry, content)


def _remove_unchanged(entry: Path, content: str) -> None:
    """Remove a file, or a folder of pictures, with this digest."""
    import shutil

    with suppress(OSError):  # it is missing, or a player has it open
        if content != digest_of_written(entry):
            return
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


@immutable
class _OutputRule:
    """The rule for all files of a cut; `root` is the production's folder, `read` and `takes` are folded paths.

    `kept` has the reserved folders by the folded path where they lead. `follow` is `target_of`, which remembers: the
    rule is that of one moment.
    """

    production: Production
    store: Store
    root: Path
    read: frozenset[str]
    takes: frozenset[str]
    kept: Mapping[str, str]
    follow: Callable[[Path], Path]

    @classmethod
    def of(cls, production: Production, store: Store) -> _OutputRule:
        """The rule for a production as its files are on disk now."""
        fonts = (path for cut in production.cuts.values() for path, _ in cut.finish.fonts)
        paths = [*file_sources(production), *fonts, *map(str, production.read_from), LOCK_NAME]
        follow = cache(target_of)
        read, takes = (
            {folded(place) for path in each for place in _places(store.folder, path, follow)}
            for each in (paths, TAKE_FOLDERS)
        )
        root = follow(store.folder)
        kept = {folded(_places(root, name, follow)[1]): name for name in reversed(KEPT_FOLDERS)}
        return cls(production, store, root, frozenset(read), frozenset(takes), kept, follow)

    def problem(self, cut: Cut) -> Problem | None:
        """What is wrong with the path of the film, else of the first file beside it that has a problem."""
        for path in (cut.output, *sidecars(self.production.out, cut)):
            wrong = self.fault(cut, path)
            if wrong is not None:
                words, hint = wrong
                return Problem(cut.written_at, tr("{file} {words}", file=self._named(cut, path), words=words), hint)
        return None

    def fault(self, cut: Cut, path: str) -> tuple[str, str] | None:
        """Why a cut may not write a path, and the way out; None where it may."""
        return _unusable(path) or self._too_long(cut, path) or self._forbidden(cut, path) or self._in_the_way(cut, path)

    def _named(self, cut: Cut, path: str) -> str:
        """A file in messages: with the place that its path leads to, and the reason why it is written."""
        entry = entry_of(self.store.folder, path, self.follow)
        if path != cut.output:
            return tr("`{path}`, which `{name}` writes beside its film,", path=path, name=cut.name)
        if folded(entry) != folded(Path(os.path.normpath(self.root / path))):
            return tr("`{path}`, which leads to `{entry}`,", path=path, entry=self._shown(entry))
        return f"`{path}`"

    def _too_long(self, cut: Cut, path: str) -> tuple[str, str] | None:
        """Why a path is too long for the disk: one of its names, or all of it under the name of its draft."""
        longest = max((len(os.fsencode(part)) for part in Path(path).parts), default=0)
        if longest > MOST_NAME_BYTES:
            over = longest - MOST_NAME_BYTES
            by = trn("{number} byte", "{number} bytes", over)
            hint = (
                tr("shorten it by {by}: a name may have {most}", by=by, most=MOST_NAME_BYTES)
                if path == cut.output
                else tr("shorten the name of the cut by {by}: a name may have {most}", by=by, most=MOST_NAME_BYTES)
            )
            return tr("has a name of {longest} bytes, which is too long", longest=longest), hint
        whole = len(os.fsencode(self.root / path)) + max(0, DRAFT_BYTES - len(os.fsencode(Path(path).name)))
        if whole > MOST_PATH_BYTES:
            return tr("is a path of {whole} bytes, which is too long", whole=whole), tr(
                "a path may have {most_path_bytes}", most_path_bytes=MOST_PATH_BYTES
            )
        return None

    def _forbidden(self, cut: Cut, path: str) -> tuple[str, str] | None:
        """Why a path may not be written, whatever is at it: it is reserved, read, among the takes, or outside."""
        elsewhere = tr(
            "give the cut another `output`, e.g. `{results_folder}/{name}{film}`",
            results_folder=RESULTS_FOLDER,
            name=cut.name,
            film=FILM,
        )
        places = dict.fromkeys(_places(self.store.folder, path, self.follow))
        for place in places:
            if kept := self._kept(place):
                return tr(
                    "is in `{kept}/`, where {kept_folders}", kept=kept, kept_folders=KEPT_FOLDERS[kept]
                ), elsewhere
            if folded(place) in self.read:
                return tr("is a file that the production reads"), _away(tr("file"), cut, path)
            if not self.takes.isdisjoint(folded(each) for each in (place, *place.parents)):
                return tr("is in `{take_folders}/`, the folder of the takes", take_folders=TAKE_FOLDERS[0]), elsewhere
        if not self.production.allow_outside and not all(place.is_relative_to(self.root) for place in places):
            allowed = "" if self.production.untrusted else tr("allow it with `--allow-outside`, or ")
            return tr("is outside the production's folder"), joined("", (allowed, elsewhere))
        return None

    def _kept(self, place: Path) -> str | None:
        """The reserved folder that contains a path, by its name or as the target of the production's own one."""
        below = place.relative_to(self.root) if place.is_relative_to(self.root) else place
        named = next((name for name in map(folded, map(Path, below.parts)) if name in KEPT_FOLDERS), None)
        return named or next((kept for each in (place, *place.parents) if (kept := self.kept.get(folded(each)))), None)

    def _in_the_way(self, cut: Cut, path: str) -> tuple[str, str] | None:
        """What is at a path and may not be replaced: in `out/` links and folders, since its files are wanflow's."""
        entry = entry_of(self.store.folder, path, self.follow)
        above = next((parent for parent in entry.parents if os.path.lexists(parent)), self.root)
        if not above.is_dir():
            return tr("cannot be written: `{above}` is not a folder", above=self._shown(above)), _away(
                tr("file"), cut, path
            )
        if _is_link(entry):
            return tr("is a symbolic link"), _away(tr("link"), cut, path)
        if PurePosixPath(path).suffix == Form.PNG.suffix:
            if not os.path.lexists(entry) or (strange := strange_file(entry)) is None:
                return None
            if strange == "":
                return tr("is a file"), _away(tr("file"), cut, path)
            return tr("has files that wanflow did not write, as `{name}`", name=strange), _away(tr("folder"), cut, path)
        if os.path.isdir(entry):  # noqa: PTH112 - no error where the disk refuses
            return tr("is a folder"), _away(tr("folder"), cut, path)
        unknown = path == cut.output and os.path.lexists(entry) and not entry.is_relative_to(self.root / RESULTS_FOLDER)
        if unknown and not self._is_ours(cut, entry):
            return tr("exists, and no record shows that wanflow wrote it"), _away(tr("file"), cut, path)
        return None

    def _is_ours(self, cut: Cut, film: Path) -> bool:
        """Whether the store's record or the provenance file says that wanflow wrote this film as it is now."""
        if cut_records.wrote(self.store, film):
            return True
        try:
            place = self.store.folder / provenance_file(self.production.out, cut)
            written = Fields(decode.parse_json(atomic.bytes_of(place)))
            named = entry_of(self.store.folder, written.read("file", decode.text))
            return named == film and written.read("digest", decode.text) == digest.of_file(film)
        except (OSError, ValueError):
            return False  # an unreadable file records nothing

    def _shown(self, place: Path) -> str:
        return (place.relative_to(self.root) if place.is_relative_to(self.root) else place).as_posix()


def strange_file(folder: Path) -> str | None:
    """The first name in a folder of pictures that no picture has, empty for what is not a folder; None without one."""
    try:
        with os.scandir(folder) as entries:
            return next((each.name for each in entries if not NUMBERED.fullmatch(each.name) or each.is_dir()), None)
    except OSError:
        return ""


def digest_of_written(entry: Path) -> str:
    """The digest of a delivery: of a file its bytes, of a folder the names and the bytes of its pictures.

    Raises OSError.
    """
    if not entry.is_dir():
        return digest.of_file(entry)
    return digest.of_json({picture.name: digest.of_file(picture) for picture in sorted(entry.iterdir())})


def replace_folder(target: Path, made: Path, aside: Path) -> None:
    """Give a finished folder of pictures its name; what had the name goes to `aside` first, and is removed then.

    A kill in between leaves no folder, and no half one. Raises StoreFault where the disk refuses.
    """
    import shutil

    atomic.make_folder(target.parent)
    with atomic.faults_of(target), atomic.drafted(target) as draft:
        if made.stat().st_dev != target.parent.stat().st_dev:
            shutil.copytree(made, draft)
            shutil.rmtree(made)
            made = draft
        if os.path.lexists(target):
            shutil.move(target, aside)
        made.rename(target)
        atomic.sync_folder(target.parent)
        shutil.rmtree(aside, ignore_errors=True)


def _unusable(path: str) -> tuple[str, str] | None:
    """Why no file system accepts a path."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return tr("cannot be the name of a file"), tr("use only valid Unicode characters")
    if "\0" in path:
        return tr("cannot be the name of a file"), tr("leave out the null character")
    return None


def _away(what: str, cut: Cut, path: str) -> str:
    """The hint where something is in the place of a cut."""
    other = tr("another `output`") if path == cut.output else tr("another name")
    return tr("move that {what} elsewhere, or give the cut {other}", what=what, other=other)


def _places(folder: Path, path: str, follow: Callable[[Path], Path] = target_of) -> tuple[Path, Path]:
    """The directory entry of a path, and its target if it is a link."""
    entry = entry_of(folder, path, follow)
    return entry, target_of(entry) if _is_link(entry) else entry


def _is_link(entry: Path) -> bool:
    return os.path.islink(entry)  # noqa: PTH114 - no error where the disk refuses
