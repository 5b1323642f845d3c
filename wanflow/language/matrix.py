"""One shot for each combination of values: their names, and what `${…}` stands for in each (format.md, matrix)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from wanflow.language.names import Names, NotText, strip_cast_markers
from wanflow.language.problem import Problem
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode

EXCLUDE = "exclude"
Parts = tuple[str, ...]

LONGEST_SLUG = 80
"""Letters of a value's part of a name; longer values are given a `key`."""

MOST_LISTED = 20
"""Values that a hint shows."""

_FIGURES = re.compile(r"(?<=\d)\s*[:*×]\s*(?=\d)")
_STRANGE = re.compile("[^a-z0-9_\u3400-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True, slots=True)
class MatrixValue:
    """One value of one dimension: its part of the name, and what `${…}` then stands for."""

    slug: str
    written: TextNode
    values: Mapping[str, TextNode] = field(default_factory=dict)
    not_text: Mapping[str, NotText] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Combination:
    """One shot of a matrix: the last part of its name, and its value in every dimension."""

    slug: str
    choices: Mapping[str, MatrixValue]

    @property
    def label(self) -> str:
        """For people: `style: noir, ratio: 16:9`."""
        return ", ".join(
            f"{name}: {strip_cast_markers(choice.written.string)}" for name, choice in self.choices.items()
        )

    def within(self, names: Names) -> Names:
        """The names that the shot knows: those around it, and its values."""
        for choice in self.choices.values():
            names = names.extended(choice.values, choice.not_text)
        return names


def slug(text: str) -> str:
    """A value as a part of a name: small letters, digits and Han characters, what is between them as a dash.

    Accents are dropped, and a colon or a star between figures is an `x`: `16:9` is `16x9`. Empty where nothing is left.
    """
    plain = unicodedata.normalize("NFKD", strip_cast_markers(text)).casefold()
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _STRANGE.sub("-", _FIGURES.sub("x", unicodedata.normalize("NFKC", letters))).strip("-_")


def size_of(node: Node | None) -> int:
    """How many combinations a matrix has at most, without making any."""
    count = 1
    for key, value in node.pairs if isinstance(node, MapNode) else ():
        if isinstance(value, ListNode) and key.string != EXCLUDE and not key.string.startswith("x-"):
            count *= len(value.items)
    return count


def read_matrix(node: MapNode, names: Names, problems: list[Problem]) -> tuple[Combination, ...]:
    """The combinations in the order of their dimensions, the last of which runs fastest; none where any is wrong."""
    before = len(problems)
    dimensions = {key.string: _dimension(key, value, names, problems) for key, value in _dimensions(node)}
    left_out = _by_dimensions(_left_out(node, dimensions, names, problems))
    combined = [_combined(dict(zip(dimensions, chosen, strict=True))) for chosen in product(*dimensions.values())]
    kept = [each for each in combined if not _is_meant(each, left_out)]
    problems += _clashes(kept)
    if not kept and len(problems) == before:
        place = key.place if (key := node.key(EXCLUDE)) is not None else node.place
        problems.append(Problem(place, "the matrix is empty", "leave at least one combination in"))
    return tuple(kept) if len(problems) == before else ()


def _dimensions(node: MapNode) -> Iterator[tuple[TextNode, ListNode]]:
    for key, value in node.pairs:
        if isinstance(value, ListNode) and key.string != EXCLUDE and not key.string.startswith("x-"):
            yield key, value


def _dimension(key: TextNode, listed: ListNode, names: Names, problems: list[Problem]) -> tuple[MatrixValue, ...]:
    if names.knows(key.string):
        kind = "a cast member" if key.string in names.cast else "a var" if names.pipeline is None else "an input"
        problems.append(Problem(key.place, f"`{key.string}` is {kind} already", "give the dimension another name"))
    choices = [_choice(key.string, item, names, problems) for item in listed.items]
    return tuple(choice for choice in choices if choice is not None)


def _choice(name: str, item: Node, names: Names, problems: list[Problem]) -> MatrixValue | None:
    written = item.find("key") if isinstance(item, MapNode) else item
    written = names.fill(written, prompt=True) if written is not None else None
    if not isinstance(written, TextNode) or written.value is None:
        if isinstance(item, TextNode):  # of a wrong shape otherwise, which is said already
            problems.append(Problem(item.place, f"a value of `{name}` is empty", "leave it out, or quote it"))
        return None
    part = slug(written.string)
    if not part or len(part) > LONGEST_SLUG:
        why = "no name can be made of the value" if not part else "the value is too long for a name"
        problems.append(Problem(written.place, why, f"write `{{key: a-short-name, words: …}}` and `${{{name}.words}}`"))
        return None
    if not isinstance(item, MapNode):
        return MatrixValue(part, written, {name: written})
    parts = [(key.string, names.fill(value, prompt=True)) for key, value in item.pairs]
    values = {f"{name}.{key}": value for key, value in parts if isinstance(value, TextNode)}
    example = next((key for key in values if not key.endswith(".key")), f"{name}.key")
    return MatrixValue(part, written, values, {name: NotText(f"`{name}` has parts", f"write `${{{example}}}`")})


def _combined(choices: Mapping[str, MatrixValue]) -> Combination:
    return Combination("-".join(choice.slug for choice in choices.values()), choices)


def _left_out(
    node: MapNode, dimensions: Mapping[str, Sequence[MatrixValue]], names: Names, problems: list[Problem]
) -> Iterator[Mapping[str, str]]:
    """The rules of `exclude`: slugs by dimension."""
    listed = node.find(EXCLUDE)
    known = {
        name: {choice.slug: strip_cast_markers(choice.written.string) for choice in choices}
        for name, choices in dimensions.items()
    }
    for item in listed.items if isinstance(listed, ListNode) else ():
        rule: dict[str, str] = {}
        pairs = (
            [pair for pair in item.pairs if not pair[0].string.startswith("x-")] if isinstance(item, MapNode) else []
        )
        for key, value in pairs:
            wanted = names.fill(value, prompt=True)
            if isinstance(wanted, TextNode) and _exists(key, wanted, known, problems):
                rule[key.string] = slug(wanted.string)
        if rule and len(rule) == len(pairs):
            yield rule


def _exists(
    key: TextNode, wanted: TextNode, dimensions: Mapping[str, Mapping[str, str]], problems: list[Problem]
) -> bool:
    """Whether an `exclude` speaks of a dimension and a value that there are; `dimensions` are values by slug."""
    values = dimensions.get(key.string)
    if values is None:
        hint = did_you_mean(key.string, dimensions) or f"dimensions here: {', '.join(dimensions)}"
        problems.append(Problem(key.place, f"`{key.string}` is no dimension of this matrix", hint))
        return False
    if slug(wanted.string) not in values and values:
        listed = ", ".join([*values.values()][:MOST_LISTED])
        hint = did_you_mean(wanted.string, values.values()) or f"values here: {listed}"
        problems.append(Problem(wanted.place, f"`{key.string}` has no value `{wanted.string}`", hint))
        return False
    return True


def _by_dimensions(rules: Iterable[Mapping[str, str]]) -> Mapping[Parts, set[Parts]]:
    """Rules by the dimensions that they speak of, since each combination is held against all of them."""
    found: dict[Parts, set[Parts]] = {}
    for rule in rules:
        ordered = sorted(rule.items())
        found.setdefault(tuple(name for name, _ in ordered), set()).add(tuple(part for _, part in ordered))
    return found


def _is_meant(combination: Combination, rules: Mapping[Parts, set[Parts]]) -> bool:
    return any(tuple(combination.choices[name].slug for name in names) in parts for names, parts in rules.items())


def _clashes(combinations: Sequence[Combination]) -> Iterator[Problem]:
    """Combinations that would have one name: pointed at a value in which they differ."""
    seen: dict[str, Combination] = {}
    for combination in combinations:
        first = seen.setdefault(combination.slug, combination)
        if first is combination:
            continue
        pairs = [(choice, first.choices[name]) for name, choice in combination.choices.items()]
        later, earlier = next(((a, b) for a, b in pairs if a is not b), pairs[0])
        message = f"`{combination.label}` and `{first.label}` would both be called `{combination.slug}`"
        hint = f"write one of them `{{key: …, words: …}}`; the other is at {earlier.written.place}"
        yield Problem(later.written.place, message, hint)
