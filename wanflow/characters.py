"""Characters: how unseen ones are printed, their names, their width, a font for them, and which of them names have."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Collection, Sequence

from wanflow.messages import joined, tr
from wanflow.patterns import letters, pattern

_LOOSE_JOINER = letters("(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]")
"""A joiner that joins nothing: after ASCII, or after another one. Emoji and several scripts need the others."""

INVISIBLE = letters(
    "[\x85\xa0\xad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
    f"|{_LOOSE_JOINER.pattern}"
)
"""Spaces other than U+0020, line separators, and characters without width; of the joiners only loose ones."""

_SELECTOR = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
"""A variation selector: one may follow a character; a row of them hides a text."""
_UNSEEN = pattern(
    "[\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164]"
    "|[\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
    f"|[\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]|(?<={_SELECTOR}){_SELECTOR}"
)
"""What a terminal acts on or draws as nothing: controls, line ends, directions, fillers, tags, lone surrogates.

The controls of ASCII are not in it: JSON escapes them itself, but for the ends of its own lines. The list is written
out, so that a text is printed alike whatever edition of Unicode a Python has.
"""
_CONTROL = pattern("[\x00-\x1f]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
"""Escapes that are shorter than the code point."""

_COMMAND_LINE = pattern(r"\A(\s*:):")
"""How a line begins that GitHub takes for a command; it strips blanks of any kind."""
_COMMAND_INSIDE = pattern(r"(##[a-z]*)\[", re.IGNORECASE)
"""How a command begins anywhere in a line, for the runners of GitHub, Azure and TeamCity."""

LONGEST_LINE = 20_000
"""Maximum characters of a printed line; no model takes a prompt that is as long."""
LONGEST_MESSAGE = 2_000
"""Maximum characters of a message or a hint."""


def shown(text: str, most: int = LONGEST_LINE) -> str:
    """A text from anywhere as one line that is safe to print; no other function decides what is.

    Line ends and characters that cannot be seen become escapes, as YAML and Python write them. The runner of a build
    service takes no line for a command. The middle of a text of more than `most` characters is left out.

    The beginning of a shorter text is shown alike whatever follows it. A text that is shown twice stays the same.
    """
    if len(text) > most:
        end = most // 3
        text = f"{text[: most - end - 1]}…{text[len(text) - end :]}"
    if not (text.isascii() and text.isprintable()):
        text = _escaped(_CONTROL.sub(_escape, text), lambda character: f"\\U{ord(character):08x}")
    text = _COMMAND_LINE.sub(r"\1\\u003a", text) if "::" in text else text
    return _COMMAND_INSIDE.sub(r"\1\\u005b", text) if "##" in text else text


def shown_lines(text: str) -> str:
    """A text of several lines, each as `shown` shows it."""
    return "\n".join(map(shown, text.split("\n")))


def escaped_json(text: str) -> str:
    """JSON in which everything is escaped that `shown` escapes, so that it means the same and is safe to print."""

    def pair(character: str) -> str:
        units = character.encode("utf-16-be").hex()
        return f"\\u{units[:4]}\\u{units[4:]}"

    if not text.isascii() or "\x7f" in text:  # JSON itself escapes all other controls
        text = _escaped(text, pair)
    return _COMMAND_INSIDE.sub(r"\1\\u005b", text) if "##" in text else text


def for_shell(*words: object) -> str:
    """Words as a shell reads them, safe to print and to paste, for a command within the backquotes of a message.

    A word that is not printed as it is has the escapes of `$'…'`, which bash, zsh and ksh read.
    """
    return " ".join(map(_quoted, map(str, words)))


def _quoted(word: str) -> str:
    if "`" not in word and shown(word) == word:
        return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else shlex.quote(word)  # a Han name needs no quotes
    word = word.replace("\\", r"\\").replace("'", r"\'").replace("`", r"\x60")
    # a byte of a file name that is not UTF-8 is a lone surrogate in Python
    word = re.sub("[\udc80-\udcff]", lambda byte: rf"\x{ord(byte[0]) - 0xDC00:02x}", word)
    return f"$'{shown(word)}'"


def _escaped(text: str, long_escape: Callable[[str], str]) -> str:
    """The text with escapes for what cannot be seen; `long_escape` gives that of a character beyond U+FFFF."""

    def escape(found: re.Match[str]) -> str:
        return _escape(found) if found[0] <= "\uffff" else long_escape(found[0])

    return _LOOSE_JOINER.sub(escape, _UNSEEN.sub(escape, text))


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


_NAMES = {"\x85": "next line", "\ufeff": "byte order mark"}
"""Names in place of Unicode's, which has none or a misleading one."""


def named(character: str) -> str:
    """The code point and the name: `U+00A0 (no-break space)`."""
    name = _NAMES.get(character) or unicodedata.name(character, "no name").lower()
    return f"U+{ord(character):04X} ({name})"


def hint_for_invisible(text: str) -> str | None:
    """What to do about the first invisible character of a wrong value; None without one."""
    found = INVISIBLE.search(text)
    if found is None:
        return None
    inside = text[: found.start()].strip() and text[found.end() :].strip()
    if inside and found[0].isspace():
        return tr("write an ordinary space instead of {named}", named=named(found[0]))
    return tr("delete {named}", named=named(found[0]))


_ASCII_NAME = pattern(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_NO_LETTER = pattern(f"{_SELECTOR}|[\u180b-\u180f]|{_UNSEEN.pattern}")
"""Letters and marks that are drawn as nothing: no name has them, or two that look alike would differ."""


def bad_sign(name: str) -> int | None:
    """Where a text stops to be a name (format.md, Top level); None for a name.

    A name begins with a letter of any script or a digit; letters, digits, `_` and `-` follow. The marks behind a letter
    belong to it: Hindi and Thai cannot be written without. A full-width letter or digit is a slip of an input method.
    """
    if _ASCII_NAME.fullmatch(name):
        return None
    marks_may_follow = False
    for at, sign in enumerate(name):
        kind = unicodedata.category(sign)
        letter = kind[0] == "L" or (kind[0] == "M" and marks_may_follow)
        in_name = letter or kind in {"Nd", "Nl"} or (at > 0 and sign in "_-")
        if not in_name or ascii_sign(sign) is not None or _NO_LETTER.match(sign):
            return at
        marks_may_follow = letter
    return None if name else 0


def name_like(text: str) -> str:
    """A text as a name, with a dash for each row of signs that names do not have; empty where nothing is left.

    It is one that files can have on Windows too.
    """
    name = ""
    for sign in unicodedata.normalize("NFKC", text):
        before = f"a{name[-1]}" if name else ""
        name += sign if bad_sign(before + sign) is None else "-"
        name = name if not name.endswith("--") else name[:-1]
    name = name.strip("-_")
    return name if on_windows(name) else f"{name}-1"


_DEVICE = pattern(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE | re.DOTALL)
"""Name of a device of Windows, whatever follows its first dot."""
_REFUSED = pattern(r'[<>:"|?*\\\x01-\x1f]|[. ]\Z')
"""Signs that no name on Windows has, and the last ones that it drops."""


def on_windows(path: str) -> bool:
    """Whether Windows can have a file of this path, whose names have a `/` between them."""
    names = (name for name in path.split("/") if name not in {".", ".."})
    return not any(_DEVICE.fullmatch(name) or _REFUSED.search(name) for name in names)


def case_folded(name: str) -> str:
    """A name as file systems without case compare it: equal for two names whose files may be one."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name.casefold())


_TYPED_FOR = {
    "【〔［﹝": "[",
    "】〕］﹞": "]",
    "｛﹛": "{",
    "｝﹜": "}",
    "“”„‟「」『』〝〞＂″": '"',
    "‘’‚‛′": "'",
    "，、﹐﹑､": ",",
    "：﹕︰∶": ":",
    "—–―−－﹣": "-",
    "＃﹟": "#",
    "。｡": ".",
    "～〜": "~",
}
_ASCII = {sign: typed for signs, typed in _TYPED_FOR.items() for sign in signs}


def ascii_sign(sign: str) -> str | None:
    """The ASCII sign that was meant by one of an input method: `:` for a full-width colon; None for any other sign."""
    if sign in _ASCII:
        return _ASCII[sign]
    return chr(ord(sign) - 0xFEE0) if "\uff01" <= sign <= "\uff5e" else None


def with_ascii_signs(text: str) -> str:
    """A text with the ASCII signs that were meant by those of an input method."""
    return text if text.isascii() else "".join(ascii_sign(sign) or sign for sign in text)


def cells_wide(text: str) -> int:
    """How many cells of a terminal a text fills."""
    if text.isascii():
        return len(text)
    wide = [character for character in text if unicodedata.category(character) not in {"Mn", "Me", "Cf"}]
    return len(wide) + sum(unicodedata.east_asian_width(character) in "WF" for character in wide)


def some_of(characters: Sequence[str]) -> str:
    """The first of some characters, and an ellipsis for the others."""
    return "".join(characters[:5]) + ("…" if len(characters) > 5 else "")


def without_font(characters: Sequence[str], lost: int, total: int, kinds: Collection[str]) -> tuple[str, str]:
    """That no font has these different characters, and the way to get one.

    They are `lost` of the `total` characters that are drawn, in texts of these kinds: the AI notice can be among them.
    A `card` of the animatic has no boxes and no font of the production.
    """
    shown = some_of(characters)
    on_cards = "card" in kinds
    hint = tr("install one") if on_cards else tr("put one that has them into `fonts/`, or install one")
    letters = [character for character in characters if unicodedata.category(character) != "So"]
    if any(unicodedata.east_asian_width(character) in "WF" for character in letters):
        packages = tr("`fonts-noto-cjk` (Debian, Ubuntu), `google-noto-sans-cjk-fonts` (Fedora)")
        hint = tr("{hint}, e.g. Noto Sans CJK: {packages}", hint=hint, packages=packages)
    words = tr("missing glyphs `{shown}`: no installed font has them", shown=shown)
    if on_cards:
        count = tr("the animatic's cards leave out {lost} of {total} characters", lost=lost, total=total)
        return joined("; ", (words, count)), hint
    notice = tr(", also of the AI notice,") if "notice" in kinds else ""
    if set(kinds) == {"slate"}:
        notice = tr(", all on slates,")
    count = tr("{lost} of {total} characters{notice} are drawn as boxes", lost=lost, total=total, notice=notice)
    return joined("; ", (words, count)), hint
