"""Rules for code and tests that lint, types and import contracts cannot check; `test_words.py` has those for prose."""

from __future__ import annotations

import ast
import re
import runpy
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = sorted((ROOT / "wanflow").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FOLDERS = ("wanflow", "tests", "examples", "docs", "schemas", "pipelines", "benchmarks", "tools", ".ci")
MADE_HERE = {"__pycache__", "out", ".wanflow"}
TEXT = {".py", ".md", ".toml", ".yaml", ".json", ".txt", ""}

LATE = {
    "wanflow/__init__.py",
    "wanflow/start.py",
    "wanflow/cli/main.py",
    "wanflow/cluster/opening.py",
    "wanflow/loading.py",
    "wanflow/schemas.py",
    "wanflow/suggest.py",
    "wanflow/api.py",
    "wanflow/graph/build.py",
    "wanflow/media/text/layout.py",  # uniseg: texts of East Asian letters
    "wanflow/media/text/subtitle_file.py",  # pysubs2: subtitles in ASS
    "wanflow/store/run_lock.py",
    "wanflow/run_parts.py",
    "wanflow/cli/exit_code.py",  # tempfile: a bug leaves a report
    "wanflow/cli/options.py",  # subprocess: an untrusted production
    "wanflow/planner/diff.py",  # difflib: a prompt that changed
    "wanflow/report/text/words.py",  # difflib: the same
    "wanflow/store/atomic.py",  # shutil: a file from another disk
    "wanflow/store/layout.py",  # shutil: what a killed run left
    "wanflow/store/take_names.py",  # shutil: a disk without links
    "wanflow/store/outputs.py",  # shutil: a folder of pictures
}
"""The files that may import where a thing is used instead of at their top."""

DRAWERS = re.compile(r"(utils?|helpers?|common|misc|shared|managers?|handlers?)$", re.IGNORECASE)
EMPTY_VERBS = re.compile(r"_*(get|do|process|handle)_")
OF_LIBRARIES = {"get_command", "handle_async_request"}

MOST_HELPERS = 4

GONE = {
    *("purse", "adrift", "shelf", "weather", "crew", "leash", "settle", "settled", "wordless", "crowded", "verdict"),
    *("roster", "census", "studio", "intake", "desk", "landing", "spoiling", "checkup", "inquiry"),
    *("leftover", "leftovers", "promise", "teach", "discreet", "feed", "stage", "sight", "passing", "typeset"),
}
"""Words of our own invention that the glossary of docs/architecture.md replaced."""

OF_EXTRAS = {"distributed", "mcp"}
"""What the code imports where an extra of wanflow is installed."""
BEHIND_OTHERS = {"otio-cmx3600-adapter", "otio-fcp-adapter"}
"""What a library asks for when it does what we use it for: starlette reads forms with it."""

SKIPPED = {
    ROOT / "tests" / name
    for name in (
        "test_dockerfile.py",
        "test_editor.py",
        "test_yaml_suite.py",
        "kit/browser.py",
        "conformance/test_other_clients.py",
    )
}
"""Skipped, with a reason, without a docker daemon, Node.js, the YAML test suite or a Chromium, which nothing else here needs."""


def named(file: Path) -> str:
    """A file's path in the checkout."""
    return file.relative_to(ROOT).as_posix()


def parsed(file: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"))


def texts() -> Iterator[Path]:
    """Every text file that people wrote here."""
    inner = (file for folder in FOLDERS for file in (ROOT / folder).rglob("*"))
    for file in (*ROOT.iterdir(), *inner):
        if file.is_file() and file.suffix in TEXT and file.name != ".git" and not MADE_HERE & set(file.parts):
            yield file


Nodes = Mapping[Path, Sequence[ast.AST]]


@pytest.fixture(scope="module")
def nodes() -> Nodes:
    """All nodes of the syntax tree of each file of the package, which nearly each rule looks at."""
    return {file: list(ast.walk(parsed(file))) for file in PACKAGE}


def functions(nodes: Iterable[ast.AST]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function among the nodes of a syntax tree."""
    return (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(nodes: Sequence[ast.AST]) -> set[str]:
    """The top names of everything that the nodes of a syntax tree import."""
    plain = (alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names)
    taken = (node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module)
    return {name.split(".")[0] for name in (*plain, *taken)}


def declared() -> list[str]:
    """The names of the packages that wanflow says it needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.split(r"[<>=!~\[; ]", requirement)[0].lower() for requirement in project["dependencies"]]


def test_no_file_names_a_machine():
    """No file holds a path of somebody's machine or the address of a package registry."""
    homes = "work|root|home/[a-z]+|Users/[A-Za-z]+|opt|mnt"
    machine = re.compile(rf"(?<![\w.}}])/({homes})/[a-z]|/{'simple'}(/|\b)|index[-_]{'url'}")
    hits = [
        f"{named(file)}:{number}: {line.strip()}"
        for file in texts()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if machine.search(line)
    ]
    assert hits == []


def test_packages_have_empty_inits():
    """A package's `__init__` is empty; only wanflow's own re-exports."""
    inits = [file for file in (*PACKAGE, *TESTS) if file.name == "__init__.py"]
    assert [named(file) for file in inits if file.read_text(encoding="utf-8").strip()] == ["wanflow/__init__.py"]


def test_imports_are_at_the_top(nodes):
    """Only the files of the list import late."""
    punctual = [file for file in PACKAGE if named(file) not in LATE]
    late = [
        f"{named(file)}: {ast.unparse(node)}"
        for file in punctual
        for function in functions(nodes[file])
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []
    assert [named(file) for file in punctual if "importlib" in imported(nodes[file])] == []


def test_values_are_records():
    """No class of the package is a dataclass where a record does the same: each delays every command."""
    replaced = re.compile(r"^ *@dataclass\((frozen=True, )?slots=True\)$", re.MULTILINE)
    assert [named(file) for file in PACKAGE if replaced.search(file.read_text(encoding="utf-8"))] == []


def test_imports_are_not_hidden_from_the_contracts():
    """Imports for types alone, which the contracts don't see, are only in wanflow's `__init__` and the API."""
    hidden = {named(file) for file in PACKAGE if "TYPE_CHECKING" in file.read_text(encoding="utf-8")}
    assert hidden <= {"wanflow/__init__.py", "wanflow/api.py"}


PRINTERS = {
    "echo",
    "secho",
    "confirm",
    "prompt",
    "echo_via_pager",
    "progressbar",
    "print",
    "print_exception",
    "print_exc",
}
"""Functions and methods that write on a standard stream."""
PRINTS = {"wanflow/cli/screen.py", "wanflow/report/text/console.py"}
"""The files that print; what they print is safe whatever it holds."""


def test_all_printing_is_in_one_place(nodes):
    """Nobody can forget to escape a text: no other file prints, or writes on a stream of its own."""
    printing = [
        f"{named(file)}:{node.lineno}: {ast.unparse(node)}"
        for file in PACKAGE
        if named(file) not in PRINTS
        for node in nodes[file]
        if prints(node)
    ]
    assert printing == []


def prints(node: ast.AST) -> bool:
    """Whether a node of a syntax tree calls a function that prints, or takes one to be called."""
    match node:
        case ast.Name(id="print", ctx=ast.Load()) | ast.ImportFrom(module="click", names=[*_]):
            return isinstance(node, ast.Name) or bool(PRINTERS & {alias.name for alias in node.names})
        case ast.Attribute(attr=name, value=ast.Name(id="click" | "traceback" | "rich")):
            return name in PRINTERS
        case ast.Attribute(attr="write" | "writelines" | "buffer", value=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in {"stdout", "stderr", "__stdout__", "__stderr__"}
        case ast.Call(func=ast.Attribute(attr="write", value=ast.Name(id="os")), args=[ast.Constant(), *_]):
            return True
    return False


def test_a_new_way_to_print_is_noticed():
    """The rule sees the ways that the libraries and Python have."""
    forms = ("print(x)", "click.echo(x)", "f(click.echo)", "sys.stdout.write(x)", "from click import echo")
    forms += ("click.confirm(x)", "sys.stderr.buffer", "os.write(1, x)", "traceback.print_exc()", "rich.print(x)")
    assert [form for form in forms if not any(map(prints, ast.walk(ast.parse(form))))] == []
    harmless = ("file.write(x)", "self.print(x)", "os.write(handle, x)", "click.option(x)", "stdout.isatty()")
    assert [form for form in harmless if any(map(prints, ast.walk(ast.parse(form))))] == []


def test_names_say_what_things_are(nodes):
    """No module or class is a drawer, and no function has an empty verb."""
    modules = [named(file) for file in PACKAGE if DRAWERS.search(file.stem)]
    classes = [node.name for file in PACKAGE for node in nodes[file] if isinstance(node, ast.ClassDef)]
    verbs = [function.name for file in PACKAGE for function in functions(nodes[file])]
    assert modules == []
    assert [name for name in classes if DRAWERS.search(name) and name != "_SignalHandler"] == []
    assert [name for name in verbs if EMPTY_VERBS.match(name) and name not in OF_LIBRARIES] == []


def defined(nodes: Sequence[ast.AST]) -> set[str]:
    """The classes of a module, and the types and tables that it names like one."""
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    (body,) = (node.body for node in nodes if isinstance(node, ast.Module))
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return classes | {name for name in names if re.match(r"_?[A-Z][a-z]", name)}


def test_a_class_name_has_one_meaning(nodes):
    """A class or a named type is defined in one module of the package."""
    homes: dict[str, list[str]] = {}
    for file in PACKAGE:
        for name in defined(nodes[file]):
            homes.setdefault(name, []).append(named(file))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_a_module_name_exists_once_in_its_layer():
    """Two modules of one layer have different names."""
    layers: dict[tuple[str, str], list[str]] = {}
    for file in PACKAGE:
        if file.stem not in {"__init__", "__main__"}:
            layers.setdefault((file.relative_to(ROOT).parts[1], file.stem), []).append(named(file))
    assert {layer: files for layer, files in layers.items() if len(files) > 1} == {}


def test_names_are_the_fields_terms(nodes):
    """No module, class, function or attribute has a word that the glossary replaced."""
    found = sorted(
        f"{named(file)}: {name}"
        for file in (*PACKAGE, *TESTS)
        for name in {file.stem, *names_in(nodes.get(file) or ast.walk(parsed(file)))}
        if GONE & {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    )
    assert found == []


def names_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name that a module defines: classes, functions, parameters, variables, attributes."""
    names = set[str]()
    for node in nodes:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name if not name.startswith("test_") else "")
            case ast.arg(arg=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
    return names


def test_small_helpers_are_few():
    """Private functions of up to 6 lines that are named once, for each 1,000 lines of the package."""
    figures = runpy.run_path(str(ROOT / "tools" / "figures.py"), run_name="figures")
    assert figures["measure"](ROOT / "wanflow").helpers_per_thousand < MOST_HELPERS


def test_nothing_sleeps():
    """Law 9: nothing sleeps on the machine's clock; a contract of import-linter holds the rest."""
    sleepers = [
        named(file) for file in (*PACKAGE, *TESTS) if re.search(r"\btime\.sleep\(", file.read_text(encoding="utf-8"))
    ]
    assert [name for name in sleepers if name != named(Path(__file__))] == []


def test_what_is_needed_is_declared_and_used(nodes):
    """Each package that the code imports is declared, and each declared one is imported."""
    used = set().union(*map(imported, nodes.values())) - set(sys.stdlib_module_names) - {"wanflow"}
    distributions = packages_distributions()
    needed = {distributions[name][0].lower().replace("_", "-") for name in used}
    assert needed == set(declared()) - BEHIND_OTHERS | OF_EXTRAS


def test_each_dependency_says_why():
    """Every requirement in pyproject.toml has its reason on its line."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:dependencies|dev) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert len(lists) == 2
    assert [line for block in lists for line in block.splitlines() if not re.search(r",\s+# \w.{10,}", line)] == []


def test_tests_say_what_they_test():
    """Each test has one line in plain words, and none is skipped, expected to fail or built on mocks."""
    tests = [(named(file), function) for file in TESTS for function in functions(ast.walk(parsed(file)))]
    silent = [
        f"{name}: {test.name}" for name, test in tests if test.name.startswith("test_") and not ast.get_docstring(test)
    ]
    assert silent == []
    loose = re.compile(r"pytest\.(mark\.)?(skip|xfail)|unittest\.mock|mock\.patch")
    others = [file for file in TESTS if file not in {Path(__file__), *SKIPPED}]
    assert [named(file) for file in others if loose.search(file.read_text(encoding="utf-8"))] == []


def test_files_of_tests_have_names_of_their_own():
    """No two test files share a name, so that a failure's name says where it is."""
    names = sorted(file.name for file in TESTS if file.name.startswith("test_"))
    assert names == sorted(set(names))


def test_python_has_no_upper_bound():
    """What pyproject.toml asks for is every Python from 3.11 on."""
    house = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert house["project"]["requires-python"] == ">=3.11"
