"""A revision of a git repository, read from git's objects: the work tree stays as it is, and no program of it runs.

The repository may be somebody's pull request. So no hook, filter, alias, pager, external diff or monitor is started,
no object is fetched, and no name is read as an option.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from wanflow import digest
from wanflow.characters import for_shell
from wanflow.errors import ExitCode, WanflowError, words_of_system
from wanflow.git_marks import is_pointer
from wanflow.messages import joined, tr
from wanflow.records import immutable

GIT_SECONDS = 60.0
"""Seconds that one call of git may take."""
MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""Names of the main branch, in the order in which they are looked for."""
SINCE_BRANCHED = "..."
"""End of a revision that means the commit at which this branch left it, as in `git diff main...`."""
LINK, SUBMODULE = "120000", "160000"
"""Modes of entries that are no files."""

_SAFE = (
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "safe.bareRepository=explicit"),
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
)
_FROM_HEAD = re.compile(r"^(?:HEAD|@)(?=[~^]|$)")
"""How a name begins that counts from what is checked out."""
_RANGE = re.compile(r"(?P<old>.*?)\.\.(?P<branched>\.)?(?P<new>.*)", re.DOTALL)
"""Two revisions as git's own commands take them; without a name one is `HEAD`."""
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_POINTER_BYTES = 1024
"""Maximum bytes of a pointer of Git LFS."""


class GitFault(WanflowError):
    """Git is missing, has no such revision, or lacks its content; the hint says the way out."""

    exit_code = ExitCode.WRONG


@immutable
class TreeEntry:
    """A path in a revision: its mode, and the object that holds its content in `repository`, a work tree."""

    mode: str
    blob: str
    size_bytes: int
    repository: Path


@immutable
class Revision:
    """A commit by the name that it was asked by; `prefix` is the folder that was asked about, from the work tree `top`.

    `entries` are its files and links by their path from `top`, those of submodules that are here included.
    """

    name: str
    commit: str
    top: Path
    prefix: PurePosixPath
    entries: Mapping[str, TreeEntry]

    def write(self, paths: Iterable[str], target: Path) -> None:
        """Write files below a folder by their paths in the revision; what it lacks is left out, a link stays one.

        The content of a pointer of Git LFS is taken from here, if it is here; else the file is the pointer.
        Raises GitFault where a clone has only a part of the objects.
        """
        wanted = {path: self.entries[path] for path in paths if path in self.entries and _is_plain(path)}
        for repository in dict.fromkeys(entry.repository for entry in wanted.values()):
            blobs = {path: entry.blob for path, entry in wanted.items() if entry.repository == repository}
            for path, content in _contents(repository, blobs):
                with suppress(FileExistsError, NotADirectoryError, ValueError):  # a made-up tree has one name twice
                    file = _prepared(target, path)
                    if wanted[path].mode == LINK:
                        file.symlink_to(os.fsdecode(content))
                    elif (stored := _content_of_pointer(content, repository, self.top / path)) is not None:
                        shutil.copyfile(stored, file)
                    else:
                        file.write_bytes(content)

    def write_empty(self, paths: Iterable[str], target: Path) -> None:
        """Write empty files below a folder in the places of files that the revision has."""
        for path in filter(_is_plain, paths):
            with suppress(FileExistsError, NotADirectoryError, ValueError):
                _prepared(target, path).touch()


def _prepared(target: Path, path: str) -> Path:
    """A place below a folder whose folders exist; raises ValueError where a link leads elsewhere."""
    file = target / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_symlink() or not Path(os.path.realpath(file.parent)).is_relative_to(os.path.realpath(target)):
        raise ValueError(path)
    return file


def read_revision(folder: Path, name: str | None) -> Revision:
    """The revision of a name, as seen from a folder: by default the commit at which this branch left the main branch.

    Raises GitFault.
    """
    found = _git(folder, "rev-parse", "--show-toplevel")
    if found.returncode:
        raise _refused(folder, found)
    top = Path(os.fsdecode(found.stdout.removesuffix(b"\n")))
    prefix = PurePosixPath(os.fsdecode(_git(folder, "rev-parse", "--show-prefix").stdout.removesuffix(b"\n")))
    commit, named = _commit(top, name)
    entries = dict(_entries(top, commit, ""))
    return Revision(named, commit, top, prefix, entries)


def _commit(top: Path, name: str | None) -> tuple[str, str]:
    """The commit that is meant, and the name by which a person knows it."""
    head = _resolved(top, "HEAD")
    if name is not None and not name.endswith(SINCE_BRANCHED):
        found = _resolved(top, name)
        if found is None:
            raise _unknown(top, name)
        return found, name
    if head is None:
        raise GitFault(tr("the repository has no commit yet"), hint=tr("`git commit` makes the first one"))
    branches = MAIN_BRANCHES if name is None else (name.removesuffix(SINCE_BRANCHED) or "HEAD",)
    for branch in branches:
        found = _resolved(top, branch)
        if found is None:
            continue
        base = _git(top, "merge-base", head, found)
        if base.returncode:
            words = tr("`HEAD` and `{branch}` have no common commit here", branch=branch)
            raise GitFault(words, hint=_way_to_history(top) or tr("name a revision: `wanflow diff HEAD~1`"))
        return base.stdout.decode("ascii", "replace").strip(), branch
    if name is not None:
        raise _unknown(top, *branches)
    listed = joined(", ", (f"`{branch}`" for branch in branches))
    words = tr("no main branch is here: git knows none of {listed}", listed=listed)
    raise GitFault(words, hint=_way_to_history(top) or tr("name a revision: `wanflow diff HEAD~1`"))


def _unknown(top: Path, name: str) -> GitFault:
    """The fault of a name without a revision: the name is a range, as `git diff` takes one, or git does not know it."""
    span = _RANGE.fullmatch(name)
    old, new = ("", "") if span is None else ((each or "HEAD") for each in span.group("old", "new"))
    commits = [_resolved(top, each) for each in (old, new, "HEAD")]
    if span is None or None in commits:
        words = tr("git knows no revision `{name}` here", name=name)
        return GitFault(words, hint=_way_to_history(top) or tr("`git branch --all` and `git log` show them"))
    words = tr("`{name}` names two revisions; your files are compared with one", name=name)
    after = SINCE_BRANCHED if span["branched"] else ""
    if commits[1] == commits[2]:
        return GitFault(words, hint=tr("write `wanflow diff {revision}`", revision=for_shell(old + after)))
    former = _FROM_HEAD.sub("@{-1}", old)  # as it is called once the second one is checked out
    way = tr(
        "check out the second: `git switch --detach {new} && wanflow diff {revision}`",
        new=for_shell(new),
        revision=for_shell(former + after),
    )
    return GitFault(words, hint=way)


def _way_to_history(top: Path) -> str | None:
    """The way out where the clone lacks older commits; None where it has all."""
    shallow = _git(top, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
    way = tr("the clone is shallow: `git fetch --unshallow`; on GitHub, set `fetch-depth: 0` for actions/checkout")
    return way if shallow else None


def _resolved(top: Path, name: str) -> str | None:
    """The commit of a name; None where git knows none."""
    if not name or name.startswith("-") or "\0" in name:
        return None
    found = _git(top, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    text = found.stdout.decode("ascii", "replace").strip()
    return text if found.returncode == 0 and re.fullmatch("[0-9a-f]{40,64}", text) else None


def _entries(repository: Path, commit: str, above: str) -> Iterator[tuple[str, TreeEntry]]:
    """The entries of a commit by path, each below `above`; those of submodules as far as they are here."""
    listed = _git(repository, "ls-tree", "-r", "-z", "--long", "--full-tree", commit)
    if listed.returncode:  # a clone that is not whole knows no sizes
        listed = _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit)
    if listed.returncode:
        if not above:
            raise _refused(repository, listed)
        return
    for line in filter(None, listed.stdout.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, _, blob, size = (*head.decode("ascii").split(), "")[:4]
        path = above + os.fsdecode(name)
        if mode != SUBMODULE:
            yield path, TreeEntry(mode, blob, int(size) if size.isdecimal() else 0, repository)
        elif _is_plain(path) and (repository / os.fsdecode(name) / ".git").exists():
            yield from _entries(repository / os.fsdecode(name), blob, f"{path}/")


def _is_plain(path: str) -> bool:
    """Whether a path leads down, and neither into git's own files nor, on Windows, to another drive."""
    parts = path.split("/")
    odd = not path or "\0" in path or (os.name == "nt" and re.search(r"[\\:]", path) is not None)
    return not odd and not any(part.lower() in {"", ".", "..", ".git", ".wanflow"} for part in parts)


def _contents(repository: Path, blobs: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The contents of objects, by path; one process of git gives all, without filters."""
    with _started(repository, "cat-file", "--batch") as process:
        if process.stdin is None or process.stdout is None:
            raise ValueError("git was started without pipes")
        for path, blob in blobs.items():
            with suppress(BrokenPipeError):  # git ended: its stdout says nothing then
                process.stdin.write(blob.encode("ascii") + b"\n")
                process.stdin.flush()
            head = process.stdout.readline().split()
            if len(head) != 3 or head[1] != b"blob":
                words = tr("git lacks the content of `{path}` at that revision", path=path)
                raise GitFault(words, hint=tr("the clone is not whole: clone it without `--filter`"))
            content = process.stdout.read(int(head[2]))
            process.stdout.read(1)
            yield path, content


def _content_of_pointer(content: bytes, repository: Path, present: Path) -> Path | None:
    """The file that a pointer of Git LFS names, in git's store or in the work tree; None where it is not here."""
    found = _OID.search(content[:_POINTER_BYTES]) if is_pointer(content) else None
    if found is None:
        return None
    oid = found[1].decode("ascii")
    common = _git(repository, "rev-parse", "--git-common-dir").stdout.removesuffix(b"\n")
    stored = repository / os.fsdecode(common) / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    for file in (stored, present):
        with suppress(OSError):
            if not file.is_symlink() and digest.of_file(file) == oid:
                return file
    return None


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """What git says to a question that changes nothing."""
    try:
        return subprocess.run(
            [_program(), *_SAFE, *words],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=GIT_SECONDS,
        )
    except OSError as fault:
        raise GitFault(tr("git cannot be started: {words}", words=words_of_system(fault))) from fault
    except subprocess.TimeoutExpired as late:
        words_of_call = " ".join(words[:1])
        raise GitFault(tr("`git {call}` took more than a minute", call=words_of_call)) from late


def _started(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [_program(), *_SAFE, *words],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _program() -> str:
    """The path of git, which is never one in the current folder; raises GitFault."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if Path(folder).is_absolute()]
    git = shutil.which("git", path=os.pathsep.join(folders))
    if git is None or not Path(git).is_absolute():
        raise GitFault(tr("git is not installed"), hint=tr("install git, and see that `git --version` works"))
    return git


def _environment() -> dict[str, str]:
    """The environment without what points git to another repository; it contacts nothing, and asks nothing."""
    pointing = re.compile(r"GIT_(?!CONFIG|CEILING|EXEC_PATH)")
    kept = {name: value for name, value in os.environ.items() if not pointing.match(name)}
    offline = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
    return kept | offline | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


def _refused(folder: Path, done: subprocess.CompletedProcess[bytes]) -> GitFault:
    """Why git did not answer a question about a folder."""
    said = done.stderr.decode("utf-8", "replace").strip()
    if "dubious ownership" in said:
        hint = tr("if you trust it: `git config --global --add safe.directory {folder}`", folder=folder.resolve())
        return GitFault(tr("the repository belongs to another user"), hint=hint)
    if "not a git repository" in said or "work tree" in said:
        hint = tr("`git init` makes one; `wanflow plan` shows what a run would do without git")
        return GitFault(tr("`{folder}` is in no git repository with a work tree", folder=folder.resolve()), hint=hint)
    return GitFault(tr("git says: {words}", words=said.splitlines()[-1] if said else str(done.returncode)))
