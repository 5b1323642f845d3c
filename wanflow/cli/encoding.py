"""Signs that the encoding of a terminal or pipe lacks, and file names, which are UTF-8 whatever the locale says."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Mapping

from wanflow.display_language import language_of

SIMPLER: Mapping[str, str] = {"≤": "<=", "→": "->", "←": "<-", "…": "...", "·": "-", "━": "-", "╸": "-", "╺": " "}
"""Signs of wanflow's own texts, and of the bars of rich, in ASCII."""
REPLACING = "wanflow.replacing"
"""Name of the error handler of the streams."""


def _replaced(fault: UnicodeError) -> tuple[str, int]:
    """What is written in the place of signs that an encoding lacks: a simpler one, else an escape as in Python."""
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    lacking = fault.object[fault.start : fault.end]
    escaped = (SIMPLER.get(sign) or sign.encode("ascii", "backslashreplace").decode("ascii") for sign in lacking)
    return "".join(escaped), fault.end


codecs.register_error(REPLACING, _replaced)


class AsciiStream(io.TextIOWrapper):
    """A stream of ASCII under a name that no codec has: to one that is called so click would write UTF-8."""

    encoding = "escaped-ascii"


def use_utf8_file_names() -> None:
    """Start this process again in Python's UTF-8 mode, where its file names have another encoding.

    A production names files in UTF-8, and git writes them so; an ASCII or GBK locale would look for other bytes. Python
    3.15 has this mode by default (PEP 686). The streams keep the encoding of the locale. Where Python is told not to
    read its environment, nothing changes.
    """
    if sys.platform == "win32":  # its file names are Unicode
        return
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1":
        return
    inherited = sys.__stdout__.encoding if sys.__stdout__ else "ascii"
    # as bytes, since a value of another encoding than that of the locale may be any
    environment = {b"PYTHONIOENCODING": inherited.encode(), **os.environb, b"PYTHONUTF8": b"1"}
    arguments = [in_utf8(text, sys.getfilesystemencoding()) for text in sys.orig_argv[1:]]
    os.execve(sys.executable, [os.fsencode(sys.executable), *arguments], environment)  # noqa: S606 - it is this program


def in_utf8(argument: str, encoding: str) -> bytes:
    """An argument that was read in the encoding of a locale, in UTF-8.

    A script or git may have written it in UTF-8 although the terminal has another encoding; then it stays as it was.
    """
    try:
        # the C library reads the byte 0x80 in GBK as the sign of the euro, which Python's codec lacks
        read = argument.replace("\u20ac", "\udc80") if encoding == "gbk" else argument
        written = read.encode(encoding, "surrogateescape")
        written.decode("utf-8")
    except UnicodeError:
        return argument.encode("utf-8", "surrogateescape")
    return written


def language_of_streams(environ: Mapping[str, str]) -> str | None:
    """The language of messages by the environment; None for English, also where a stream cannot write the other one."""
    language = language_of(environ)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            "中".encode(stream.encoding or "ascii")
        except UnicodeEncodeError:
            return None
    return language
