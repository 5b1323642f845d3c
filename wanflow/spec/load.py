"""Reading a production: text, shape, names, rules; every problem at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from wanflow.errors import did_you_mean
from wanflow.money import Cost, parse_amount
from wanflow.spec.casting import unused_members
from wanflow.spec.catalog import load_catalog
from wanflow.spec.defaults import check_defaults
from wanflow.spec.draft import read_cast, read_draft
from wanflow.spec.interpolate import Names
from wanflow.spec.parse import parse_cut, parse_shot, shared_outputs, unknown_shots
from wanflow.spec.prices import PriceBook, read_prices
from wanflow.spec.problem import Problem, Severity, has_errors
from wanflow.spec.production import Cut, Production, Shot
from wanflow.spec.shape import check_shape
from wanflow.yamltext import Document, Trouble, parse
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node, Place, Scalar, Sequence, scalar

Found = tuple[Production | None, tuple[Problem, ...]]
NO_VALUES: Mapping[str, str] = {}
BACKEND, REGION = "animatic", "beijing"
BACKENDS = ("animatic", "dashscope")
REGIONS = ("beijing", "singapore", "virginia")

_BUCKET = re.compile(r"(s3a?|gs|gcs|abfss?|az|oss)://[^/@?#\s]+(/[^@?#\s]*)?")
"""Those whose filesystems can sign addresses."""


def read(
    file: Path,
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
) -> Found:
    """The production of a file, None where it has errors, and all its problems in the order of their places.

    `backend`, `region` and the file `prices` go before the file's own keys, `values` before its `vars`. Media files are
    not opened.
    """
    production, problems = read_sound_part(file, backend=backend, region=region, values=values, prices=prices)
    if production is None or has_errors(problems):
        return None, problems
    return replace(production, warnings=problems), problems


def read_sound_part(
    file: Path,
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
) -> Found:
    """As `read`, but with what can be used of a production that has errors, so that more can be found in it."""
    try:
        data = file.read_bytes()
    except OSError as error:
        words = "is not there" if isinstance(error, FileNotFoundError) else (error.strerror or "can't be read").lower()
        hint = "`wanflow init` makes one; `-f` names another"
        return None, (Problem(Place(file.name, 1, 1), f"the production `{file.name}` {words}", hint),)
    document = parse(data, file.name)
    reading = _Reading(file, backend, region, values, prices)
    production = reading.read(document)
    found = sorted(set(reading.problems), key=_order)
    return production, tuple(_with_line(problem, file.name, document.lines) for problem in found)


class _Reading:
    """One pass over one file: what was found so far, good and bad."""

    def __init__(
        self, file: Path, backend: str | None, region: str | None, values: Mapping[str, str], prices: Path | None
    ) -> None:
        self.problems: list[Problem] = []
        self._prices = prices
        self._file, self._folder = file, file.absolute().parent
        self._backend, self._region, self._values = backend, region, values

    def read(self, document: Document) -> Production | None:
        root = document.root
        self.problems += [_problem(trouble) for trouble in document.troubles]
        if not isinstance(root, Table):
            if not has_errors(self.problems):
                place = Place(self._file.name, 1, 1)
                self.problems.append(Problem(place, "a production is a mapping", "begin with `wanflow: 1`"))
            return None
        self.problems += list(_cut_off(root))
        root = self._filled(root)
        self.problems += self._settings()
        shape, broken = check_shape(root)
        self.problems += shape
        return self._production(root, broken)

    def _production(self, root: Table, broken: frozenset[tuple[str | int, ...]]) -> Production:
        own = _word(root, "backend") or BACKEND
        out = "out" if self._backend in {None, own} else f"out/{self._backend}"
        written = self._region or _word(root, "region")
        region = written if written in REGIONS else REGION
        shots, cuts = self._shots(root, region, broken), self._cuts(root, out, broken)
        self.problems += [*unknown_shots(shots, cuts, _names(root, "shots")), *shared_outputs(cuts)]
        if not has_errors(self.problems):  # else nobody knows whom the broken shots name
            self.problems += unused_members(_keys(root, "cast"), shots.values())
        prices = self._priced_by(root)
        return Production(
            folder=self._folder,
            file=self._file.name,
            backend=self._backend or own,
            region=region,
            shots=shots,
            cuts=cuts,
            title=_word(root, "title") or "",
            out=out,
            uploads=self._uploads(root),
            remote=_word(root, "remote"),
            prices=prices,
            budget=self._budget(root, prices),
        )

    def _priced_by(self, root: Table) -> PriceBook:
        """The price file of the command line, else that of the production, over the catalog's lists."""
        written = root.find("prices")
        if self._prices is not None:
            path, name, place = self._prices, self._prices.as_posix(), Place(self._file.name, 1, 1)
        elif isinstance(written, Scalar) and written.value is not None:
            path, name, place = self._folder / written.words, written.words, written.place
        else:
            return PriceBook()
        prices, problems = read_prices(path, name, place)
        self.problems += problems
        return prices

    def _budget(self, root: Table, prices: PriceBook) -> Cost | None:
        """What the production may cost in all, in the currency of its prices."""
        written = root.find("budget")
        if not isinstance(written, Scalar) or not isinstance(written.value, str):
            return None  # left out, or of a wrong shape, which is said already
        try:
            budget = parse_amount(written.words)
        except ValueError:
            hint = f"e.g. `60 {prices.currency}`"
            self.problems.append(Problem(written.place, "`budget` has to be an amount of money", hint))
            return None
        if budget.currency != prices.currency:
            message = f"the prices are in {prices.currency}, and the budget is in {budget.currency}"
            self.problems.append(Problem(written.place, message, f"write it in {prices.currency}"))
        return budget

    def _uploads(self, root: Table) -> str | None:
        """The bucket for local media; its credentials never stand in a file."""
        written = root.find("uploads")
        if not isinstance(written, Scalar) or written.value is None:
            return None
        if _BUCKET.fullmatch(written.words) is None:
            message = "`uploads` has to be a bucket, its address without user, query and spaces"
            hint = "e.g. `s3://bucket/prefix`; its credentials belong to the environment"
            self.problems.append(Problem(written.place, message, hint))
            return None
        return written.words.rstrip("/")

    def _settings(self) -> Iterator[Problem]:
        """What the command line asks for is held to the same words as the file's own keys, and goes before them."""
        top = Place(self._file.name, 1, 1)
        if self._backend not in {None, *BACKENDS}:
            yield Problem(top, f"no backend is called `{self._backend}`", f"it is one of {', '.join(BACKENDS)}")
        if self._region not in {None, *REGIONS}:
            yield Problem(top, f"no region is called `{self._region}`", f"it is one of {', '.join(REGIONS)}")

    def _filled(self, root: Table) -> Table:
        """The tree with `${…}` filled in, but for `vars` themselves: there is no nesting."""
        known = root.find("vars")
        pairs = known.pairs if isinstance(known, Table) else ()
        written = {key.words: value for key, value in pairs if isinstance(value, Scalar)}
        for name in self._values.keys() - written.keys():
            self.problems.append(Problem(root.place, f"`--set {name}` names no var", _listed("vars", written)))
        given = {name: scalar(text, root.place) for name, text in self._values.items()}
        names = Names({**written, **given}, _names(root, "cast"))
        items = tuple((key, value if key.words == "vars" else names.fill(value)) for key, value in root.pairs)
        self.problems += names.problems
        return Table(items, root.place)

    def _shots(self, root: Table, region: str, broken: frozenset[tuple[str | int, ...]]) -> dict[str, Shot]:
        models, shots = load_catalog(), {}
        cast = read_cast(root, self._folder, self.problems)
        defaults = root.find("defaults")
        self.problems += check_defaults(defaults)
        for key, node in _sound(root, "shots", broken):
            general = defaults if isinstance(defaults, Table) else None
            draft = read_draft(key, node, general, self._folder, self.problems) if isinstance(node, Table) else None
            if draft is None:
                continue
            model = models.get(draft.model.words)
            if model is None:
                hint = did_you_mean(draft.model.words, models) or _listed("models", models)
                self.problems.append(Problem(draft.model.place, f"no model is called `{draft.model.words}`", hint))
            else:
                shots[key.words] = parse_shot(draft, model, region, cast, self.problems)
        return shots

    def _cuts(self, root: Table, out: str, broken: frozenset[tuple[str | int, ...]]) -> dict[str, Cut]:
        label, backend = root.find("label"), self._backend or _word(root, "backend") or BACKEND
        return {
            key.words: parse_cut(
                key, node, label, out, backend if backend in BACKENDS else BACKEND, self._folder, self.problems
            )
            for key, node in _sound(root, "cuts", broken)
        }


def _sound(root: Table, group: str, broken: frozenset[tuple[str | int, ...]]) -> list[tuple[Scalar, Node]]:
    """The named values of a group without what breaks the schema, which was reported already."""
    bad = {path[1] for path in broken if len(path) == 2 and path[0] == group}
    torn = {path[1:] for path in broken if len(path) == 3 and path[0] == group}
    named = root.find(group)
    pairs = named.pairs if isinstance(named, Table) else ()
    kept = [(key, value) for key, value in pairs if not key.words.startswith("x-") and key.words not in bad]
    return [(key, _without(value, {part for name, part in torn if name == key.words})) for key, value in kept]


def _without(node: Node, keys: set[str | int]) -> Node:
    if not isinstance(node, Table) or not keys:
        return node
    return Table(tuple((key, value) for key, value in node.pairs if key.words not in keys), node.place)


def _names(root: Table, group: str) -> frozenset[str]:
    return frozenset(key.words for key in _keys(root, group))


def _keys(root: Table, group: str) -> list[Scalar]:
    named = root.find(group)
    pairs = named.pairs if isinstance(named, Table) else ()
    return [key for key, _ in pairs if not key.words.startswith("x-")]


def _cut_off(node: Node) -> Iterator[Problem]:
    """Texts that a ` #` without a blank behind it ends: more often a cut prompt than a comment."""
    match node:
        case Table(pairs):
            for _, value in pairs:
                yield from _cut_off(value)
        case Scalar(cut_off=True):
            hint = "quote the text, or write a blank after `#`"
            yield Problem(node.place, "the text is cut short by ` #`, which begins a comment", hint, Severity.WARNING)
        case Sequence(items):
            for item in items:
                yield from _cut_off(item)
        case _:
            return


def _word(root: Table, key: str) -> str | None:
    value = root.find(key)
    return value.words if isinstance(value, Scalar) and value.value is not None else None


def _listed(kind: str, known: Iterable[str]) -> str:
    return f"{kind} here: {', '.join(sorted(known)) or 'none'}"


def _problem(trouble: Trouble) -> Problem:
    severity = Severity.WARNING if trouble.warning else Severity.ERROR
    return Problem(trouble.place, trouble.message, trouble.hint, severity)


def _with_line(problem: Problem, file: str, lines: tuple[str, ...]) -> Problem:
    if problem.source or problem.place.file != file:
        return problem
    number = problem.place.line
    return replace(problem, source=lines[number - 1] if 0 < number <= len(lines) else "")


def _order(problem: Problem) -> tuple[Place, str]:
    return problem.place, problem.message
