"""A matrix: one shot for each combination of values, with its name and its `${…}` values (format.md, matrix)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import product
from math import prod
from typing import NamedTuple

from wanflow.characters import case_folded, name_like
from wanflow.language.names import Names, NotText, strip_cast_markers
from wanflow.language.problem import Problem
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.records import immutable
from wanflow.suggest import Known, did_you_mean, listed
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, TextNode

EXCLUDE = "exclude"
Parts = tuple[str, ...]

MAX_READ = 1_000
"""Maximum characters of a value that are read for its part of a name; some become eighteen."""

MAX_SLUG = 80
"""Maximum characters of a value's part of a name; longer values need a `key`."""

_BETWEEN_DIGITS = pattern(r"(?<=\d)\s*[:*×]\s*(?=\d)")
_NOT_IN_NAMES = pattern("[^a-z0-9_\u3400-\u9fff\uf900-\ufaff]+")


@immutable
class MatrixValue:
    """One value of a dimension: its part of the name, and the `${…}` values that it sets."""

    slug: str
    written: TextNode
    values: Mapping[str, TextNode] = field(default_factory=dict)
    not_text: Mapping[str, NotText] = field(default_factory=dict)


@immutable
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
        """The names around the shot, and its values."""
        values: dict[str, TextNode] = {}
        not_text: dict[str, NotText] = {}
        for choice in self.choices.values():
            values |= choice.values
            not_text |= choice.not_text
        return names.extended(values, not_text)


def slug(text: str) -> str:
    """A value as a part of a name: small letters, digits and Han characters, with dashes for everything else.

    Accents are dropped, and a colon or a star between digits becomes an `x`: `16:9` is `16x9`. A value without any of
    these keeps the letters of its script. May be empty.
    """
    written = strip_cast_markers(text[:MAX_READ])
    plain = unicodedata.normalize("NFKD", written).casefold()
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    part = _NOT_IN_NAMES.sub("-", _BETWEEN_DIGITS.sub("x", unicodedata.normalize("NFKC", letters))).strip("-_")
    return part or name_like(case_folded(written))


def size_of(node: Node | None) -> int:
    """How many combinations a matrix has at most, without making any."""
    return prod(len(value.items) for _, value in _dimensions(node)) if isinstance(node, MapNode) else 1


def read_matrix(node: MapNode, names: Names, problems: list[Problem]) -> tuple[Combination, ...]:
    """The combinations in the order of their dimensions, the last of which varies fastest; none with any problem."""
    before = len(problems)
    dimensions = {key.string: _dimension(key, listed, names, problems) for key, listed in _dimensions(node)}
    excluded: dict[Parts, set[Parts]] = {}  # rules by their dimensions: each combination is compared with all of them
    for rule in _excluded(node, dimensions, names, problems):
        ordered = sorted(rule.items())
        excluded.setdefault(tuple(name for name, _ in ordered), set()).add(tuple(part for _, part in ordered))
    kept: list[Combination] = []
    for chosen in product(*dimensions.values()):
        choices = dict(zip(dimensions, chosen, strict=True))
        combination = Combination("-".join(choice.slug for choice in chosen), choices)
        if not any(tuple(choices[name].slug for name in by) in rules for by, rules in excluded.items()):
            kept.append(combination)
    problems += _clashes(kept)
    if not kept and len(problems) == before:
        exclude = node.key(EXCLUDE)
        place = exclude.place if exclude is not None else node.place
        problems.append(Problem(place, tr("the matrix has no combination"), tr("keep at least one")))
    return tuple(kept) if len(problems) == before else ()


def _dimension(key: TextNode, listed: ListNode, names: Names, problems: list[Problem]) -> tuple[MatrixValue, ...]:
    """The values of one dimension, of which the invalid ones are left out."""
    if names.knows(key.string):
        kind = (
            tr("a cast member")
            if key.string in names.cast
            else tr("a var")
            if names.pipeline is None
            else tr("an input")
        )
        problems.append(
            Problem(
                key.place,
                tr("`{name}` is already {kind}", name=key.string, kind=kind),
                tr("give the dimension another name"),
            )
        )
    choices = (_choice(key.string, item, names, problems) for item in listed.items)
    return tuple(choice for choice in choices if choice is not None)


def _dimensions(node: MapNode) -> list[tuple[TextNode, ListNode]]:
    return [(key, value) for key, value in node.entries if isinstance(value, ListNode) and key.string != EXCLUDE]


def _choice(name: str, item: Node, names: Names, problems: list[Problem]) -> MatrixValue | None:
    keyed = item.find("key") if isinstance(item, MapNode) else item
    written = keyed and names.fill(keyed, prompt=True)
    if isinstance(item, TextNode) and isinstance(written, TextNode) and written.value is None:
        problems.append(
            Problem(item.place, tr("a value of `{name}` is empty", name=name), tr("remove it, or quote it"))
        )
    if not isinstance(written, TextNode) or written.value is None:
        return None
    part = slug(written.string)
    if not 0 < len(part) <= MAX_SLUG:
        why = tr("this value is too long for a name") if part else tr("this value cannot become part of a name")
        problems.append(
            Problem(
                written.place, why, tr("write `{{key: a-short-name, words: …}}` and `${{{name}.words}}`", name=name)
            )
        )
        return None
    if not isinstance(item, MapNode):
        return MatrixValue(part, written, {name: written})
    parts = [(key.string, names.fill(value, prompt=True)) for key, value in item.pairs]
    values = {f"{name}.{key}": value for key, value in parts if isinstance(value, TextNode)}
    example = next((key for key in values if not key.endswith(".key")), f"{name}.key")
    return MatrixValue(
        part,
        written,
        values,
        {name: NotText(tr("`{name}` has parts", name=name), tr("write `${{{example}}}`", example=example))},
    )


def _excluded(
    node: MapNode, dimensions: Mapping[str, Sequence[MatrixValue]], names: Names, problems: list[Problem]
) -> Iterator[Mapping[str, str]]:
    """The rules of `exclude`: slugs by dimension."""
    known = Known((name, _Values.of(choices)) for name, choices in dimensions.items())
    for item in node.items_of(EXCLUDE):
        entries = item.entries if isinstance(item, MapNode) else ()
        filled = [(key, names.fill(value, prompt=True)) for key, value in entries]
        rule = {
            key.string: slug(wanted.string)
            for key, wanted in filled
            if isinstance(wanted, TextNode) and _exists(key, wanted, known, problems)
        }
        if rule and len(rule) == len(entries):
            yield rule


class _Values(NamedTuple):
    """The values of a dimension: their parts of names, and how they are written."""

    slugs: frozenset[str]
    written: Known[None]

    @classmethod
    def of(cls, choices: Sequence[MatrixValue]) -> _Values:
        texts = Known((strip_cast_markers(choice.written.string), None) for choice in choices)
        return cls(frozenset(choice.slug for choice in choices), texts)


def _exists(key: TextNode, wanted: TextNode, dimensions: Known[_Values], problems: list[Problem]) -> bool:
    """Whether an `exclude` names an existing dimension and value."""
    values = dimensions.get(key.string)
    if values is None:
        hint = did_you_mean(key.string, dimensions) or tr("its dimensions: {dimensions}", dimensions=listed(dimensions))
        problems.append(Problem(key.place, tr("this matrix has no dimension `{name}`", name=key.string), hint))
        return False
    if slug(wanted.string) not in values.slugs and values.slugs:
        hint = did_you_mean(wanted.string, values.written) or tr(
            "its values: {written}", written=listed(values.written)
        )
        problems.append(
            Problem(
                wanted.place,
                tr("`{name}` has no value `{wanted_string}`", name=key.string, wanted_string=wanted.string),
                hint,
            )
        )
        return False
    return True


def _clashes(combinations: Sequence[Combination]) -> Iterator[Problem]:
    """Combinations with the same name, reported at a value in which they differ."""
    seen: dict[str, Combination] = {}
    for combination in combinations:
        first = seen.setdefault(combination.slug, combination)
        if first is combination:
            continue
        pairs = [(choice, first.choices[name]) for name, choice in combination.choices.items()]
        later, earlier = next(((a, b) for a, b in pairs if a is not b), pairs[0])
        message = tr(
            "`{label}` and `{first_label}` would both be named `{slug}`",
            label=combination.label,
            first_label=first.label,
            slug=combination.slug,
        )
        hint = tr("write one of them as `{{key: …, words: …}}`; the other is at {place}", place=earlier.written.place)
        if later.written.string == earlier.written.string:
            message = tr(
                "the value `{strip_cast_markers}` appears twice",
                strip_cast_markers=strip_cast_markers(later.written.string),
            )
            hint = tr("remove one; the other is at {place}", place=earlier.written.place)
        yield Problem(later.written.place, message, hint)
