"""The text of a file, in the encoding that its author names or that is sure; of another one, what it may be."""

from __future__ import annotations

import codecs
from pathlib import Path

from wanflow.language.source import codec_of
from wanflow.media.container import BadMedia
from wanflow.media.text.charset import EAST_ASIAN, WESTERN, chinese_of_utf8, likely_charset, recognised_encoding
from wanflow.messages import tr

FEWEST_FOREIGN = 10
"""Fewest characters of two bytes that are UTF-8 for sure: a word or two of Chinese in GBK can look like them."""

LEFT_OUT = tr("leave `encoding` out to have it recognised, or save the file as UTF-8")

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def beginning_text(beginning: bytes) -> str:
    """The first characters of a text, from its first bytes; the last character may be cut off."""
    encoding = _marked_encoding(beginning)
    if encoding == "utf-8-sig" and b"\0" in beginning:
        encoding = recognised_encoding(beginning[: len(beginning) // 2 * 2]) or encoding
    return _with_newlines(beginning.decode(encoding, errors="replace"))


def decoded_text(path: Path, data: bytes, named: str | None) -> str:
    """The text of a file, in the encoding that its author names or that is sure; else a likely one is told."""
    codec = None if named is None else codec_of(named)
    try:
        if codec is not None:
            text = data.decode(codec)
        else:
            text = data.decode(_sure_codec(path, data) or ("utf-8" if named is None else "latin-1"))
    except UnicodeDecodeError as fault:
        if codec is None and _marked_encoding(data) == "utf-16":
            raise BadMedia(path, tr("is damaged UTF-16 text"), hint=tr("save it as UTF-8")) from fault
        raise _bad_encoding(path, data, named, fault) from fault
    return _with_newlines(text).removeprefix("\ufeff")


def _sure_codec(path: Path, data: bytes) -> str | None:
    """Python's name of the encoding of a text; None where the text is not UTF-8, and no other one is sure.

    Raises BadMedia for bytes that are no text, and for those that may be of two encodings.
    """
    codec = _marked_encoding(data)
    if codec == "utf-16":
        return codec
    if b"\0" in data:
        recognised = recognised_encoding(data)
        if recognised is None:
            line = data[: data.index(0)].count(b"\n") + 1
            why = tr("a null byte: the file is damaged, or not text")
            raise BadMedia(path, why, hint=tr("save it again as UTF-8"), line=line)
        return recognised
    try:
        data.decode()
    except UnicodeDecodeError:
        return recognised_encoding(data)
    if (chinese := chinese_of_utf8(data)) is not None:
        why = tr("may be UTF-8 text, or GBK text that says `{text}`", text=chinese[:60])
        raise BadMedia(path, why, hint=tr("write `encoding: gbk` or `encoding: utf-8`"))
    return codec


def _bad_encoding(path: Path, data: bytes, named: str | None, fault: UnicodeDecodeError) -> BadMedia:
    """What to say of a text that is not in the encoding `named`, or in none that is sure.

    It is an encoding that fits; where no encoding does, the place of the first byte that is wrong.
    """
    line, byte = data[: fault.start].count(b"\n") + 1, f"0x{data[fault.start]:02X}"
    charset = likely_charset(data)
    repair: str = tr("repair that line, or save the file again as UTF-8")
    damage = None if charset is None else _damage_of(data, charset)
    if named is not None:
        why = tr("is not {encoding} text: byte {byte}", encoding=named, byte=byte)
        if _sure_codec(path, data) is not None:
            repair = LEFT_OUT
        elif charset is not None and damage is None:
            repair = _encoding_hint(charset)
        return BadMedia(path, why, hint=repair, line=line)
    if charset is None:
        hint = tr("save it as UTF-8, or name its encoding: `{file: …, encoding: gbk}`")
        return BadMedia(path, tr("is not UTF-8 text"), hint=hint)
    if damage is not None:
        # naming that encoding would not help
        line, byte = data[:damage].count(b"\n") + 1, f"0x{data[damage]:02X}"
        why = tr("is not UTF-8 text; it looks like {charset}, but byte {byte} is damaged", charset=charset, byte=byte)
        return BadMedia(path, why, hint=repair, line=line)
    also = tr(" (Latin-1)") if charset == WESTERN else ""
    why = tr("is not UTF-8 text; it looks like {charset}{also}", charset=charset, also=also)
    return BadMedia(path, why, hint=_encoding_hint(charset))


def _damage_of(data: bytes, charset: str) -> int | None:
    """Where the first byte is that an encoding does not have; None where all of a text fits."""
    try:
        data.decode(codec_of(charset) or charset)
    except UnicodeDecodeError as fault:
        return fault.start
    return None


def _encoding_hint(charset: str) -> str:
    return tr(
        "write `encoding: {charset}`, or convert it: `iconv -f {charset_2} -t UTF-8 OLD > NEW`",
        charset=charset.lower().replace("_", "-"),
        charset_2=charset,
    )


def likelier_charset(data: bytes, named: str | None) -> str | None:
    """The encoding that is sure for a text which reads otherwise in the one that its author names, for people."""
    codec = None if named is None else codec_of(named)
    if codec is None:
        return None
    try:
        sure = _sure_codec(Path(), data)
    except BadMedia:
        return None
    if sure is None or {sure, codec} == {"big5hkscs", "cp950"}:  # the same but for a few characters
        return None
    meant, text = data.decode(sure, "replace").removeprefix("\ufeff"), data.decode(codec, "replace")
    foreign = [letter for letter in meant if letter > "\x7f"]
    by_chance = sure == "utf-8-sig" and len(foreign) < FEWEST_FOREIGN and max(foreign, default="") < "\u0800"
    if by_chance or meant == text.removeprefix("\ufeff"):
        return None
    return {"utf-8-sig": "UTF-8", **{facts[0]: name for name, facts in EAST_ASIAN.items()}}.get(sure, sure.upper())


def _marked_encoding(data: bytes) -> str:
    return "utf-16" if data.startswith(_UTF16) else "utf-8-sig"


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
