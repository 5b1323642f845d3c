"""Messages in English and in Chinese: what a message keeps, which language is chosen, and that nothing is left out."""

from __future__ import annotations

import ast
import gettext
import io
import json
import pickle
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from kit.project import write_production
from wanflow import money
from wanflow.characters import cells_wide
from wanflow.cli.encoding import language_of_streams
from wanflow.cli.main import COMMANDS, main
from wanflow.display_language import language_of
from wanflow.errors import StoreFault
from wanflow.messages import DOMAIN, LOCALE, joined, renamed, tr, translated, translations, trn, trp
from wanflow.report.progress import Progress
from wanflow.report.text.console import Display

ROOT = Path(__file__).resolve().parent.parent
TOOL = runpy.run_path(str(ROOT / "tools" / "messages.py"))
CATALOGS = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def chinese() -> Iterator[None]:
    """Messages are in Chinese."""
    with translations("zh_CN"):
        yield


@pytest.mark.constrained
@pytest.mark.parametrize("po", CATALOGS, ids=lambda po: po.parts[-3])
def test_every_message_has_a_translation(po: Path) -> None:
    """The catalog has the messages of the code and no others, each translated, none of them guessed."""
    catalog = TOOL["read"](po)
    found = {(text, meaning) for _, text, meaning in TOOL["extracted"]()}
    known = {(message.id, message.context) for message in catalog if message.id}
    assert (sorted(map(str, found - known)), sorted(map(str, known - found))) == ([], []), "run `make messages`"
    assert [message.id for message in catalog if message.id and not TOOL["complete"](message.string)] == []
    assert [message.id for message in catalog if message.id and message.fuzzy] == []


@pytest.mark.parametrize("po", CATALOGS, ids=lambda po: po.parts[-3])
def test_translations_have_the_same_values(po: Path) -> None:
    """A translation shows all values of its message, in their formats, and keeps the code in backticks."""
    wrong = []
    for message in TOOL["read"](po):
        source = message.id if isinstance(message.id, str) else (message.id or ("", ""))[1]
        words = message.string if isinstance(message.string, str) else message.string[0]
        of_click = all(file.startswith("click/") for file, _ in message.locations)
        patterns = () if of_click or not message.id else (r"\{[^{}]*\}", r"`[^`]*`")
        wrong += [(source, words) for each in patterns if set(re.findall(each, source)) != set(re.findall(each, words))]
    assert wrong == []


@pytest.mark.constrained
@pytest.mark.parametrize("po", CATALOGS, ids=lambda po: po.parts[-3])
def test_the_compiled_catalog_is_up_to_date(po: Path) -> None:
    """What wanflow reads is what the text file says."""
    assert po.with_suffix(".mo").read_bytes() == TOOL["compiled"](TOOL["read"](po)), "run `make messages`"


SHOWN_BY = {"say", "error", "confirm", "Problem", "Reason", "Warned", "HealthCheck", "Damage", "Refusal", "UsageError"}
SHOWN_BY |= {"BadParameter", "LockFault", "Unreadable", "NotText", "MatchResult"}
"""Functions and classes whose texts people read, beside the exceptions of wanflow."""
SHOWN_AS = {"hint", "message", "words", "why", "text"}
"""Names of variables and arguments that hold such a text."""
NOT_SHOWN = {f"wanflow/emulator/api/{name}.py" for name in ("bucket", "endpoint", "media_checks", "upload_form")}
"""Files with the words of the emulated service."""


def test_texts_for_people_can_be_translated() -> None:
    """No text that people read is a plain string: it is made by `tr`, `trn`, `trp` or `joined`."""
    files = [file for file in sorted((ROOT / "wanflow").rglob("*.py")) if not _is_internal(file)]
    trees = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    faults = {"WanflowError"}
    bases = {one.name: {base.id for base in one.bases if isinstance(base, ast.Name)} for one in classes}
    while more := {name for name, above in bases.items() if above & faults} - faults:
        faults |= more
    plain = [
        f"{file}:{text.lineno}: {ast.unparse(text)}"
        for file, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.Assign)
        for text in _texts(node, SHOWN_BY | faults)
        if _is_prose(text)
    ]
    assert plain == []


def _is_internal(file: Path) -> bool:
    name = file.relative_to(ROOT).as_posix()
    return any(name.startswith(each) for each in NOT_SHOWN)


def _texts(node: ast.AST, shown_by: set[str]) -> Iterator[ast.expr]:
    """The expressions that give a text for people in a node of a syntax tree."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in shown_by:
            yield from node.args
            yield from (keyword.value for keyword in node.keywords)
        case ast.Call():
            yield from (keyword.value for keyword in node.keywords if keyword.arg in SHOWN_AS)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in SHOWN_AS:
            yield value


def _is_prose(text: ast.expr) -> bool:
    """Whether an expression is a string with words that stand beside each other."""
    match text:
        case ast.Constant(value=str(words)):
            return bool(re.search(r"[a-z]{2,} [a-z]", words))
        case ast.JoinedStr(values=parts):
            words = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)
            return bool(re.search(r"[a-z]{2,} [a-z]|\} [a-z]{2,}|[a-z]{2,} `?\{", words))
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return _is_prose(one) or _is_prose(other)
    return False


def test_values_of_messages_are_no_english_words() -> None:
    """What a message shows outside of backticks is translated with it, or no word: a string of the code is neither."""
    plain = [
        f"{file.relative_to(ROOT).as_posix()}:{call.lineno}: {ast.unparse(keyword)}"
        for file in sorted((ROOT / "wanflow").rglob("*.py"))
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_internal(file)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"tr", "trn"}
        for keyword in call.keywords
        if f"{{{keyword.arg}}}" in re.sub("`[^`]*`", "", ast.unparse(call.args[0]))
        and any(map(_is_word, _texts_of(keyword.value, function)))
    ]
    assert plain == []


def _texts_of(value: ast.expr, function: ast.AST) -> Iterator[str]:
    """The strings of the code that an expression gives, also by a variable of the function."""
    match value:
        case ast.Constant(value=str(words)):
            yield words
        case ast.IfExp(body=one, orelse=other) | ast.BoolOp(values=[one, other]):
            yield from (*_texts_of(one, function), *_texts_of(other, function))
        case ast.Name(id=name):
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and any(ast.unparse(target) == name for target in node.targets):
                    yield from _texts_of(node.value, function) if ast.unparse(node.value) != name else ()


def _is_word(text: str) -> bool:
    return bool(re.search("[A-Za-z]{2}", re.sub("`[^`]*`", "", text)))


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, None),
        ({"LANG": "en_US.UTF-8"}, None),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.GBK"}, "zh_CN"),
        ({"LANG": "zh_SG"}, "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, None),
        ({"LANG": "zh_HK"}, None),
        ({"LANG": "de_DE.UTF-8"}, None),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, None),
        ({"LC_ALL": "C", "LANGUAGE": "zh_CN"}, None),
        ({"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN"}, "zh_CN"),
        ({"LC_ALL": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, None),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh_CN"),
        ({"LANGUAGE": "zh_CN"}, "zh_CN"),
        ({"LANGUAGE": "fr:zh_CN:en", "LANG": "fr_FR.UTF-8"}, "zh_CN"),
        ({"LANGUAGE": "en:zh_CN", "LANG": "zh_CN.UTF-8"}, None),
        ({"WANFLOW_LANG": "zh"}, "zh_CN"),
        ({"WANFLOW_LANG": "zh-Hans", "LC_ALL": "C"}, "zh_CN"),
        ({"WANFLOW_LANG": "zh_CN", "LANG": "en_US.UTF-8"}, "zh_CN"),
        ({"WANFLOW_LANG": "zh-Hans-TW"}, "zh_CN"),
        ({"WANFLOW_LANG": "zh-Hant"}, None),
        ({"WANFLOW_LANG": "en", "LANG": "zh_CN.UTF-8"}, None),
        ({"WANFLOW_LANG": "", "LANG": "zh_CN.UTF-8"}, "zh_CN"),
    ],
    ids=str,
)
def test_the_language_is_that_of_the_environment(environ: dict[str, str], language: str | None) -> None:
    """`WANFLOW_LANG` comes before the variables of gettext; English is the default, and what programs get."""
    assert language_of(environ) == language


def test_a_stream_without_chinese_gets_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASCII would show escapes only; GBK has all characters of the catalog."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "gbk"))
    assert language_of_streams({"LANG": "zh_CN.GBK"}) == "zh_CN"
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert language_of_streams({"LANG": "zh_CN.GBK"}) is None


@pytest.mark.parametrize("po", CATALOGS, ids=lambda po: po.parts[-3])
def test_the_catalog_can_be_written_on_a_chinese_terminal(po: Path) -> None:
    """GBK has every character of the translations."""
    for message in TOOL["read"](po):
        for words in [message.string] if isinstance(message.string, str) else message.string:
            assert words.encode("gbk", "ignore").decode("gbk") == words


def test_a_message_is_its_english_text() -> None:
    """JSON, records, comparisons and other processes have the English text."""
    message = tr("unknown key `{name}`", name="{x}")
    assert message == "unknown key `{x}`"
    assert json.dumps({message: message}) == '{"unknown key `{x}`": "unknown key `{x}`"}'
    assert {message: 1}["unknown key `{x}`"] == 1
    assert (trn("{number} take", "{number} takes", 1), trn("{number} take", "{number} takes", 2)) == (
        "1 take",
        "2 takes",
    )
    assert tr("write `{shot: coast}`") == "write `{shot: coast}`"
    assert translated(message) == "unknown key `{x}`"


def test_a_message_is_translated_with_the_messages_in_it(chinese) -> None:
    """Values that are messages are translated; a name that is like a message is not."""
    kind = tr("a mapping")
    assert translated(tr("not a list: {value}", value=kind)) == "不是列表：映射"
    assert translated(tr("not a list: {value}", value="a mapping")) == "不是列表：a mapping"
    assert translated(tr("{words} and {last}", words=joined(", ", ["a", kind]), last=kind)) == "a、映射、映射"
    assert translated(trn("{number} take", "{number} takes", 3)) == "3 条"
    assert translated(tr("unknown key `{name}`", name="{x}")) == "未知的键 `{x}`"
    assert translated("a mapping") == "a mapping"


def test_a_message_stays_one_in_exceptions_and_pickles(chinese) -> None:
    """The text of an exception, an exception in a message, and a copy in another process are translated alike."""
    fault = StoreFault(tr("unknown key `{name}`", name="x"))
    assert translated(str(fault)) == "未知的键 `x`"
    assert translated(tr("not a list: {value}", value=fault)) == "不是列表：未知的键 `x`"
    for message in (tr("a list"), trn("{number} take", "{number} takes", 2), joined(", ", [tr("a list"), "b"])):
        assert translated(pickle.loads(pickle.dumps(message))) == translated(message) != message  # noqa: S301


def test_a_message_about_another_name_is_still_translated(chinese) -> None:
    """As a problem of all shots of a matrix is, which names the first of them."""
    message = renamed(tr("not a list: {value}", value=tr("unknown key `{name}`", name="x")), "x", "y")
    assert (message, translated(message)) == ("not a list: unknown key `y`", "不是列表：未知的键 `y`")
    assert renamed("no message: `x`", "x", "y") == "no message: `y`"


def test_a_word_with_two_meanings_has_two_translations(chinese) -> None:
    """The meaning is for the catalog alone: the English text doesn't have it."""
    price, state = trp("price", "unknown"), tr("unknown")
    assert price == state == "unknown"
    assert (translated(price), translated(state)) == ("未知", "去向不明")
    assert translated(pickle.loads(pickle.dumps(price))) == "未知"  # noqa: S301
    assert translated(trp("no such meaning", "unknown")) == "unknown"


def test_no_blank_is_between_han_characters(chinese) -> None:
    """Han has a blank beside Latin letters, code and names only; blanks within a value stay."""
    must = "{name} must be {kinds}, not {found}"
    assert translated(tr(must, name="`a`", kinds=tr("text"), found=tr("a list"))) == "`a` 应为文本，不是列表"
    assert translated(tr(must, name="`a`", kinds="`b`", found="`c`")) == "`a` 应为 `b`，不是 `c`"
    assert translated(joined(tr(" or "), [tr("an address"), tr("an upload"), tr("a data URI")])) == (
        "地址或上传或 data URI"
    )
    assert translated(tr("not a list: {value}", value="天 地")) == "不是列表：天 地"
    assert translated(joined(", ", ["`a`", "`b`"])) == "`a`、`b`"
    assert translated(joined(tr(" or "), ["天", "地"])) == "天 或 地"
    assert translated(tr("{words} and {last}", words=tr("a list"), last="天")) == "列表、天"
    assert translated(tr("take {take} of {shot} is picked", shot="天", take=2)) == "已选定 天 的第 2 条"


def test_a_text_without_translation_stays_english(chinese) -> None:
    """A message that the catalog lacks is shown as it is, with its values."""
    assert translated(tr("no catalog has this {value}", value=1)) == "no catalog has this 1"
    assert translated(joined("", ["a", "b"])) == "ab"


def test_languages_end_with_the_command(chinese) -> None:
    """A language is that of one command: gettext and the environment are as before."""
    with translations("zh_CN"):
        assert gettext.textdomain() == DOMAIN
    assert translated(tr("a list")) == "列表"


def test_the_live_display_speaks_the_language_of_its_command(chinese) -> None:
    """It is drawn by a thread of the library, which begins without any language."""
    display = Display(Progress(lambda: 0.0, set(), money.nothing("CNY")))
    drawn = list[str]()
    thread = Thread(target=lambda: drawn.append(str(display.__rich__().renderables[-1])))
    thread.start()
    thread.join()
    assert HAN.search(drawn[0])


@pytest.mark.parametrize("verb", ["", *COMMANDS])
def test_help_is_in_chinese(verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each paragraph and each option has a translation, and no line is wider than the terminal."""
    monkeypatch.setenv("WANFLOW_LANG", "zh_CN")
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*filter(None, [verb]), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("用法：")
    assert [line for line in lines if re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", line) and "wanflow" not in line] == []
    assert [line for line in lines if cells_wide(line) > 80] == []


def test_a_day_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors, plans and tables are in Chinese and aligned; JSON is the same in every language."""
    film = write_production(tmp_path / "film")
    assert main(["plan", "-f", str(film), "--json"]) == 0
    english = capsys.readouterr().out
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    for name in ("WANFLOW_LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["plan", "-f", str(film), "--json"]) == 0
    assert capsys.readouterr().out == english
    assert main(["plan", "-f", str(film)]) == 0
    plan = capsys.readouterr().out
    assert not re.search(r"never rendered|renders|list price", plan)
    heading, *rows = [line for line in plan.splitlines() if "动作" in line or line.startswith("  +")]
    column = cells_wide(heading[: heading.index("动作")])
    assert {cells_wide(row[: row.index("渲染")]) for row in rows} == {column}
    assert main(["plan", "nothing-like-this", "-f", str(film)]) == 2
    assert capsys.readouterr().err.startswith("错误：没有镜头、场或剪辑匹配 `nothing-like-this`")
    assert main(["run", "--jobs", "many", "-f", str(film)]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "错误：`-j` / `--jobs` 的值无效：`many` 不是有效的值，应为整数"
    assert main(["run", "--plan", "nothing.json", "-f", str(film)]) == 2
    assert capsys.readouterr().err.splitlines()[0].endswith("无法读取 `nothing.json`：没有这个文件或目录")
    assert main(["run", "--jbos", "1", "-f", str(film)]) == 2
    assert capsys.readouterr().err.splitlines() == ["错误：没有选项 `--jbos`", "提示：是不是想写 `--jobs`？"]
    assert main(["run", "--bogus", "-f", str(film)]) == 2
    assert capsys.readouterr().err.splitlines()[1] == "提示：`wanflow run --help` 显示用法"
