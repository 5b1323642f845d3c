"""The stamp of a command: what it was asked, all that it looked at, and what it printed.

The next same command that finds all of it unchanged prints the same, before anything else is imported. A stamp lies in
the user's own cache folder and not in the store: a repository from elsewhere may bring a store, and with it any words.
A stamp is a list of texts, each after its length: nothing of it is run. One that is damaged counts as missing.
"""

from __future__ import annotations

import os
import sys
import time
from _collections_abc import Callable, Mapping, Sequence  # loaded by os; collections.abc takes 1 ms
from _operator import ne
from binascii import crc32
from itertools import accumulate, compress

import wanflow

try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b  # 3 ms

from wanflow.file_state import (
    NEVER_WAITING,
    SYMLINK_REFUSED,
    Numbers,
    as_text,
    content,
    described,
    is_racy,
    listed,
    numbers_of,
    user_number,
)

FORMAT = b"wanflow stamp 2\n"
VARIABLE = "WANFLOW_STAMP"
"""Variable of the environment that turns stamps off."""
VERBS = ("run", "plan", "status", "validate")
"""Commands that leave a stamp."""
FOLDER = ("wanflow", "stamps")
"""Folder of the stamps below the user's cache folder."""
PACKAGE = os.path.dirname(os.path.abspath(__file__))
DIGEST_BYTES = 16
UNTRUSTED: Numbers = (-1, -1, -1, -1)
"""Numbers of a file or folder whose stat does not show each change: its content is compared."""
MISSING: Numbers = (0, 0, 0, 0)
NOT_LISTED = bytes(DIGEST_BYTES)
"""The digest of the names in a folder whose names do not count."""
NUMBER_BYTES = 8
STANDARD = (0, 1, 2)
_NO_BYTES: bytes | memoryview = b""

ALWAYS = (b"HOME", b"LANG", b"LANGUAGE", b"PATH", b"TERM", b"TZ", b"XDG_CACHE_HOME")
"""Variables that Python, or a library in C, reads where no record sees it."""
BEGINNINGS = (b"DASHSCOPE_", b"LC_", b"NETWORKX_", b"PYTHON", b"WANFLOW_")
"""How the names of others begin."""


class CommandStamp:
    """All that a stamp holds.

    `asked` is what `identity` gave. `variables` are the names that the command asked the environment for, and `seal`
    a salt with the digest of their values: no value is written. `files` are regular files with their numbers, and
    `digests` of the content of those that were read. `others` are paths with their `states`: a folder, a link,
    nothing. `folders` have their numbers, the digest of their names where they were listed, and `counts` of the
    `children`, which are joined as in the file: what is at these paths cannot change while the numbers of their folder
    stay. `printed` are parts with their streams. `parts` is what a plan found in each file, for a plan of those that
    changed (`wanflow/planner/parts.py`); empty for any other command.
    """

    def __init__(self, asked: bytes) -> None:
        self.asked, self.is_renewed = asked, False
        self.parts = _NO_BYTES
        self.variables: list[bytes] = []
        self.seal = b""
        self.files: list[bytes] = []
        self.numbers: Sequence[int] = []
        self.digests: dict[int, bytes] = {}
        self.others: list[bytes] = []
        self.states: list[bytes] = []
        self.folders: list[bytes] = []
        self.folder_numbers: Sequence[int] = []
        self.listings: list[bytes] = []
        self.counts: Sequence[int] = []
        self.children = self.child_states = _NO_BYTES
        self.printed: list[tuple[int, bytes]] = []

    def packed(self) -> bytes:
        """The content of the file."""
        streams, parts = [each for each, _ in self.printed], [part for _, part in self.printed]
        body = b"".join(
            len(text).to_bytes(NUMBER_BYTES, sys.byteorder) + text
            for text in (
                self.asked,
                b"\0".join(self.variables),
                self.seal,
                b"\0".join(self.files),
                _numbers(self.numbers),
                _numbers(list(self.digests)),
                b"".join(self.digests.values()),
                b"\0".join(self.others),
                b"\0".join(self.states),
                b"\0".join(self.folders),
                _numbers(self.folder_numbers),
                b"".join(self.listings),
                _numbers(self.counts),
                self.children,
                self.child_states,
                _numbers([each for pair in zip(streams, map(len, parts), strict=True) for each in pair]),
                b"".join(parts),
                self.parts,
            )
        )
        return FORMAT + _checksum(body) + body

    @classmethod
    def unpacked(cls, data: bytes) -> CommandStamp:
        """The stamp in the content of a file; raises ValueError for any other content."""
        body = memoryview(data)[len(FORMAT) + NUMBER_BYTES :]
        if data[: len(FORMAT)] != FORMAT or _checksum(body) != data[len(FORMAT) : len(FORMAT) + NUMBER_BYTES]:
            raise ValueError("no stamp")
        at, texts = 0, list[memoryview]()
        while at < len(body):
            end = at + NUMBER_BYTES + int.from_bytes(body[at : at + NUMBER_BYTES], sys.byteorder)
            texts.append(body[at + NUMBER_BYTES : end])
            at = end
        take = iter(texts).__next__
        stamp = cls(bytes(take()))
        stamp.variables, stamp.seal = _texts(take()), bytes(take())
        stamp.files, stamp.numbers = _texts(take()), _read(take())
        stamp.digests = dict(zip(_read(take()), _digests(take()), strict=True))
        stamp.others, stamp.states, stamp.folders = _texts(take()), _texts(take()), _texts(take())
        stamp.folder_numbers, stamp.listings, stamp.counts = _read(take()), _digests(take()), _read(take())
        stamp.children, stamp.child_states, streams, out, stamp.parts = take(), take(), take(), take(), take()
        pairs, begin = _read(streams), 0
        for stream, length in zip(pairs[::2], pairs[1::2], strict=True):
            stamp.printed.append((stream, bytes(out[begin : begin + length])))
            begin += length
        return stamp

    def changed(self, environment: dict[bytes, bytes], now_ns: int) -> frozenset[bytes] | None:
        """The files whose content is another one, where all else that the command looked at is as it was; else None.

        What has another stat and its old content is as it was, and gets its new numbers here.
        """
        if sealed(self.variables, environment, self.seal[:-DIGEST_BYTES]) != self.seal:
            return None
        try:
            files = self._changed_files(now_ns)
            if files is None or (files and not self.parts):
                return None
            if any(as_text(described(path)) != state for path, state in zip(self.others, self.states, strict=True)):
                return None
            return files if self._are_folders(now_ns) else None
        except OSError:  # a file or folder is missing
            return None

    def _are_folders(self, now_ns: int) -> bool:
        different = _different(os.stat, self.folders, self.folder_numbers)
        if not different:
            return True
        ends = list(accumulate(self.counts, initial=0))
        pairs = list(zip(_texts(self.children), _texts(self.child_states), strict=True))
        renewed = dict[int, Numbers]()
        for at in different:
            path = self.folders[at]
            numbers = numbers_at(path, follow=True)
            if self.listings[at] not in {NOT_LISTED, digest(listed(path))}:
                return False
            if any(as_text(described(child)) != state for child, state in pairs[ends[at] : ends[at + 1]]):
                return False
            renewed[at] = trusted(numbers, now_ns)
        self.folder_numbers = self._renewed(self.folder_numbers, renewed)
        return True

    def _renewed(self, numbers: Sequence[int], present: Mapping[int, Numbers]) -> Sequence[int]:
        """The numbers with those that are now at some indices."""
        found = list(numbers)
        for at, each in present.items():
            found[4 * at : 4 * at + 4] = each
        self.is_renewed |= found != list(numbers)
        return found

    def _changed_files(self, now_ns: int) -> frozenset[bytes] | None:
        """The files that have another content; None where one was not read. Raises OSError where one is missing."""
        changed, renewed = set[bytes](), dict[int, Numbers]()
        for at in _different(os.lstat, self.files, self.numbers):
            path = self.files[at]
            present = numbers_at(path)
            data = content(path) if at in self.digests else None
            if data is None or numbers_at(path) != present:
                return None
            if digest(data) == self.digests[at]:
                renewed[at] = trusted(present, now_ns)
            else:
                changed.add(path)
        if renewed:
            self.numbers = self._renewed(self.numbers, renewed)
        return frozenset(changed)


class StampAnswer:
    """What the stamp of a command says.

    `code` is the exit code, where everything is as it was and its words were printed again; else None. Where nothing
    but the content of some files is another one, these are `changed`, and `parts` are those of the stamp.
    """

    def __init__(self, code: int | None, parts: bytes = b"", changed: frozenset[bytes] = frozenset()) -> None:
        self.code, self.parts, self.changed = code, parts, changed


NO_ANSWER = StampAnswer(None)


def answer(words: list[str], streams: tuple[int, int, int] = STANDARD, now_ns: int | None = None) -> StampAnswer:
    """Print again what the same command printed, where all that it looked at is unchanged."""
    if not may_stamp(words):
        return NO_ANSWER
    now_ns = time.time_ns() if now_ns is None else now_ns
    try:
        asked = identity(words, streams)
        data = _trusted(os.path.join(folder_of_stamps(), name_of(asked)))
        stamp = None if data is None else CommandStamp.unpacked(data)
    except (OSError, ValueError):
        return NO_ANSWER
    if stamp is None or stamp.asked != asked:
        return NO_ANSWER
    changed = stamp.changed(dict(getattr(os, "environb", {})), now_ns)
    if changed:
        return StampAnswer(None, bytes(stamp.parts), changed)
    if changed is None or not _print(stamp.printed, streams):
        return NO_ANSWER
    if stamp.is_renewed:
        save(stamp)
    return StampAnswer(0)


def may_stamp(words: list[str]) -> bool:
    """Whether a command may leave a stamp, and be answered by one."""
    if os.name != "posix" or os.environ.get(VARIABLE, "").lower() in {"off", "no", "0"} or "--untrusted" in words:
        return False
    rest = iter(words)
    for word in rest:
        if word in {"-f", "--file"}:
            next(rest, None)
        elif not word.startswith("-"):
            return word in VERBS
    return False


def identity(words: list[str], streams: tuple[int, int, int] = STANDARD) -> bytes:
    """All that decides what a command is: its words, its folder, its streams, and the programs that it is made of."""
    terminals = [os.isatty(each) for each in streams]
    widths = [os.get_terminal_size(each)[0] for each, is_one in zip(streams, terminals, strict=True) if is_one]
    encodings = [(each.encoding, each.errors) if each is not None else None for each in (sys.stdout, sys.stderr)]
    python = (sys.version, sys.executable, tuple(sys.flags), sys.byteorder, sys.getfilesystemencoding())
    parts = (wanflow.__version__, PACKAGE, python, sys.path, os.getcwd(), user_number(), terminals, widths, encodings)
    return repr((*parts, words)).encode("utf-8", "surrogateescape")


def folder_of_stamps() -> str:
    """The folder of the stamps; raises OSError where the environment names no absolute one."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME") or "", ".cache")
    if not os.path.isabs(cache):
        raise OSError("no cache folder")
    return os.path.join(cache, *FOLDER)


def name_of(asked: bytes) -> str:
    """The name of the file for a command."""
    return digest(asked).hex()


def digest(data: bytes) -> bytes:
    """A digest of bytes."""
    found: bytes = blake2b(data, digest_size=DIGEST_BYTES).digest()
    return found


def _checksum(body: bytes | memoryview) -> bytes:
    """What shows damage; it takes a quarter of the time of a digest."""
    return crc32(body).to_bytes(NUMBER_BYTES, sys.byteorder)


def sealed(variables: list[bytes], environment: dict[bytes, bytes], salt: bytes) -> bytes:
    """A salt, and the digest of the values of variables of the environment with it."""
    names = sorted({*variables, *(name for name in environment if name.startswith(BEGINNINGS))})
    pairs = (name + b"=" + environment[name] if name in environment else name for name in names)
    return salt + digest(salt + b"\0".join(pairs))


def _trusted(path: str) -> bytes | None:
    """The bytes of a file that nobody but this user may write."""
    handle = os.open(path, os.O_RDONLY | SYMLINK_REFUSED | NEVER_WAITING)
    try:
        found = os.fstat(handle)
        if found.st_uid != user_number() or found.st_mode & 0o077:
            return None
        data = os.read(handle, found.st_size)
        return data if len(data) == found.st_size else None
    finally:
        os.close(handle)


def _print(printed: list[tuple[int, bytes]], streams: tuple[int, int, int]) -> bool:
    """Print bytes on the streams; whether all of it could be."""
    try:
        for stream, part in printed:
            rest = part
            while rest:
                rest = rest[os.write(streams[stream], rest) :]
    except OSError:
        return False
    return True


def numbers_at(path: str | bytes, *, follow: bool = False) -> Numbers:
    """The numbers of what is at a path."""
    try:
        return numbers_of(os.stat(path) if follow else os.lstat(path))
    except OSError:
        return MISSING


def trusted(numbers: Numbers, now_ns: int) -> Numbers:
    """The numbers to keep: none of those that another change within a moment may leave as they are."""
    return UNTRUSTED if is_racy(numbers, now_ns) else numbers


def save(stamp: CommandStamp) -> None:
    """Write a stamp, for this user alone; where that is not possible there is none."""
    try:
        folder = folder_of_stamps()
        os.makedirs(folder, 0o700, exist_ok=True)
        place = os.path.join(folder, name_of(stamp.asked))
        draft = f"{place}.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SYMLINK_REFUSED, 0o600)
        try:
            with open(handle, "wb", buffering=0) as file:
                data = stamp.packed()
                whole = file.write(data) == len(data)
            if whole:
                os.replace(draft, place)
        finally:
            if os.path.lexists(draft):
                os.unlink(draft)
    except OSError:
        return


def from_here(name: str) -> bytes:
    """A path as a stamp has it: from the current folder where it is below it, since the system finds it sooner."""
    return os.fsencode(name.removeprefix(os.path.join(os.getcwd(), "")) or os.curdir)


def _different(look: Callable[[bytes], os.stat_result], paths: list[bytes], numbers: Sequence[int]) -> list[int]:
    """The indices of paths whose numbers are other ones; raises OSError where one is missing."""
    each = iter(numbers)
    known = zip(each, each, each, each, strict=True)
    return list(compress(range(len(paths)), map(ne, map(numbers_of, map(look, paths)), known)))


def _texts(joined: bytes | memoryview) -> list[bytes]:
    return bytes(joined).split(b"\0") if joined else []


def _digests(joined: memoryview) -> list[bytes]:
    return [bytes(joined[at : at + DIGEST_BYTES]) for at in range(0, len(joined), DIGEST_BYTES)]


def _numbers(numbers: Sequence[int]) -> bytes:
    return b"".join(each.to_bytes(NUMBER_BYTES, sys.byteorder, signed=True) for each in numbers)


def _read(numbers: memoryview) -> memoryview:
    """The numbers in a text; a list of 50,000 takes 1 ms to make."""
    return numbers.cast("q")
