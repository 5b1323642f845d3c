"""Whether a value fits a JSON Schema, yes or no: the schema made into plain functions once.

Nearly every value does, and then nobody asks why. jsonschema, many times slower, says what is wrong with the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Fits = Callable[[object], bool]
Find = Callable[[str], object]
"""The schema that a whole `$ref` means, `file#/$defs/name`."""

SAYS_NOTHING = frozenset(
    {
        "$schema",
        "$id",
        "$defs",
        "$comment",
        "title",
        "description",
        "default",
        "examples",
        "format",
        "deprecated",
        "markdownDescription",
        "enumDescriptions",
        "defaultSnippets",
        "errorMessage",
        "doNotSuggest",
        "deprecationMessage",
    }
)
"""Keywords that rule nothing out."""


class NotUnderstood(Exception):
    """A keyword that this module does not know."""


def fitting(name: str, find: Find) -> Fits:
    """The test whether a value fits a schema of draft 2020-12, `file#/$defs/name`; `find` gives it, and its `$ref`s.

    Raises NotUnderstood where the schema says something that isn't known here; then jsonschema has to be asked.
    """
    return _Compiler(find).named(name)


class _Compiler:
    """Tests of all schemas that are reached from one; a `$ref` is followed once, so that it may lead back."""

    def __init__(self, find: Find) -> None:
        self._find, self._file = find, ""
        self._known: dict[str, Fits | None] = {}

    def test(self, schema: object) -> Fits:
        if isinstance(schema, bool):
            return _always if schema else _never
        if not isinstance(schema, Mapping):
            raise NotUnderstood(repr(schema))
        tests = [self._keyword(key, value, schema) for key, value in schema.items() if key not in SAYS_NOTHING]
        return _all([test for test in tests if test is not None])

    def _keyword(self, key: str, value: object, schema: Mapping[str, object]) -> Fits | None:
        if key in _PLAIN:
            return _PLAIN[key](value)
        match key:
            case "$ref":
                return self.named(str(value))
            case "if":
                return self._choice(schema)
            case "properties" | "patternProperties" | "additionalProperties":
                first = next(name for name in schema if name in _OF_OBJECTS)
                return self._object(schema) if key == first else None
            case "then" | "else" if "if" in schema:
                return None
            case "items" if "prefixItems" not in schema:
                return _each(list, self.test(value))
            case "propertyNames":
                return _each(dict, self.test(value))
            case "not":
                return _other_than(self.test(value))
            case "allOf" | "anyOf" | "oneOf" if isinstance(value, list):
                return _OF_SEVERAL[key]([self.test(each) for each in value])
            case _:
                raise NotUnderstood(key)

    def named(self, name: str) -> Fits:
        """The test of a schema by its name, which without a file's is in the file that is being read."""
        file, _, fragment = name.partition("#")
        before, self._file = self._file, file or self._file
        whole, known = f"{self._file}#{fragment}", self._known
        if whole not in known:
            known[whole] = None
            known[whole] = self.test(self._find(whole))
        self._file = before
        return known[whole] or (lambda found: (test := known[whole]) is None or test(found))

    def _choice(self, schema: Mapping[str, object]) -> Fits:
        asked, then, otherwise = (self.test(schema.get(key, True)) for key in ("if", "then", "else"))
        return lambda found: then(found) if asked(found) else otherwise(found)

    def _object(self, schema: Mapping[str, object]) -> Fits:
        """The three keywords that say of each key what it may hold."""
        named = {key: self.test(each) for key, each in _object_of(schema.get("properties", {})).items()}
        patterns = [
            (re.compile(pattern), self.test(each))
            for pattern, each in _object_of(schema.get("patternProperties", {})).items()
        ]
        others = self.test(schema.get("additionalProperties", True))

        @lru_cache(maxsize=1000)
        def tests_of(key: str) -> Fits:
            found = [named[key]] if key in named else []
            found += [test for pattern, test in patterns if pattern.search(key)]
            return _all(found) if found else others

        return _of(dict, lambda found: all(tests_of(key)(value) for key, value in found.items()))


_OF_OBJECTS = ("properties", "patternProperties", "additionalProperties")


def _all(tests: list[Fits]) -> Fits:
    if len(tests) == 1:
        return tests[0]
    return lambda found: all(test(found) for test in tests)


_OF_SEVERAL: Mapping[str, Callable[[list[Fits]], Fits]] = {
    "allOf": _all,
    "anyOf": lambda tests: lambda found: any(test(found) for test in tests),
    "oneOf": lambda tests: lambda found: sum(test(found) for test in tests) == 1,
}


def _of(kind: type, test: Callable[..., bool]) -> Fits:
    """A test that says yes to all that is not of a kind."""
    return lambda found: not isinstance(found, kind) or test(found)


def _each(kind: type, test: Fits) -> Fits:
    """A test of all items of a list, or all keys of a mapping."""
    return _of(kind, lambda found: all(map(test, found)))


def _other_than(test: Fits) -> Fits:
    return lambda found: not test(found)


def _always(_: object) -> bool:
    return True


def _never(_: object) -> bool:
    return False


_SINGLE = (str, int, float, Decimal, type(None))


def _number(found: object) -> bool:
    return isinstance(found, int | float | Decimal) and not isinstance(found, bool)


def _whole(found: object) -> bool:
    return _number(found) and (isinstance(found, int) or (isinstance(found, float) and found.is_integer()))


_TYPES: Mapping[str, Fits] = {
    "string": lambda found: isinstance(found, str),
    "integer": _whole,
    "number": _number,
    "boolean": lambda found: isinstance(found, bool),
    "object": lambda found: isinstance(found, dict),
    "array": lambda found: isinstance(found, list),
    "null": lambda found: found is None,
}


def _type(value: object) -> Fits:
    kinds = value if isinstance(value, list) else [value]
    tests = [_TYPES[str(kind)] for kind in kinds]
    return tests[0] if len(tests) == 1 else _OF_SEVERAL["anyOf"](tests)


def _enum(value: object) -> Fits:
    if not isinstance(value, list) or not all(isinstance(each, _SINGLE) for each in value):
        raise NotUnderstood("enum")
    allowed = frozenset(map(_told_apart, value))
    return lambda found: isinstance(found, _SINGLE) and _told_apart(found) in allowed


def _told_apart(value: object) -> tuple[bool, object]:
    """Python takes `true` and 1 for the same."""
    return isinstance(value, bool), value


def _pattern(value: object) -> Fits:
    pattern = re.compile(str(value))
    return _of(str, lambda found: pattern.search(found) is not None)


def _bound(holds: Callable[..., bool]) -> Callable[[object], Fits]:
    return lambda value: lambda found: not _number(found) or holds(found, value)


def _least(kind: type) -> Callable[[Any], Fits]:
    return lambda value: _of(kind, lambda found: len(found) >= value)


def _most(kind: type) -> Callable[[Any], Fits]:
    return lambda value: _of(kind, lambda found: len(found) <= value)


def _required(value: object) -> Fits:
    keys = frozenset(value) if isinstance(value, list) else frozenset()
    return _of(dict, lambda found: keys <= found.keys())


def _dependent(value: object) -> Fits:
    needs = {key: frozenset(keys) for key, keys in _object_of(value).items() if isinstance(keys, list)}
    return _of(dict, lambda found: all(keys <= found.keys() for key, keys in needs.items() if key in found))


def _object_of(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise NotUnderstood(repr(value))
    return value


_PLAIN: Mapping[str, Callable[[object], Fits]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda value: _enum([value]),
    "pattern": _pattern,
    "minimum": _bound(lambda found, value: found >= value),
    "maximum": _bound(lambda found, value: found <= value),
    "exclusiveMinimum": _bound(lambda found, value: found > value),
    "exclusiveMaximum": _bound(lambda found, value: found < value),
    "minLength": _least(str),
    "maxLength": _most(str),
    "minItems": _least(list),
    "maxItems": _most(list),
    "minProperties": _least(dict),
    "maxProperties": _most(dict),
    "required": _required,
    "dependentRequired": _dependent,
}
