"""Values that a JSON Schema allows, nearly: strategies with the schema as grammar, and hostile texts as its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

Json = Mapping[str, Any]
Values = st.SearchStrategy[Any]

MOST_DEPTH = 7
"""Maximum levels of references that are followed; deeper values are words."""

OUTSIDE = ("../secret.txt", "../secret.yaml", "/proc/self/environ", "/dev/zero", "/sys/kernel/notes", "link.yaml", "..")
"""Paths that lead out of a production."""

ON_TERMINALS = (
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe",
    "a\r\n::error file=x::y",
    "::set-output name=a::b",
    "\u2028x",
)
"""Texts that a terminal, a reader or a build service acts on."""

IN_YAML = ("${", "${style}", "${keeper}", "$${x}", "${x:-${y}}", "*a", "&a", "!!python/object:os.system", "<<", "\t- x")
"""Texts that mean something in YAML or to wanflow."""

IN_SHELLS = (
    "$(touch pwned)",
    "`id`; rm -rf .",
    "-y",
    "--yes",
    "|cat",
    "a' b\"",
    "%s%n",
    "x" * 3_000,
    "\ud7ff\U000e0041",
)
"""Texts that mean something to a shell, to a filter graph or to a buffer."""

HOSTILE = (*OUTSIDE, *ON_TERMINALS, *IN_YAML, *IN_SHELLS)

NUMBERS = (0, -1, 1, 2, 5, 15, 10**9, 10**400, 0.5, -0.0, 1e300)


def texts(words: Sequence[str] = HOSTILE) -> st.SearchStrategy[str]:
    """Hostile texts, mostly; any other text sometimes."""
    return st.one_of(st.sampled_from(words), st.sampled_from(words), st.text(max_size=12))


def anything(words: Sequence[str] = HOSTILE) -> Values:
    """A value of any type."""
    return st.one_of(texts(words), st.sampled_from(NUMBERS), st.booleans(), st.none(), st.just([]), st.just({}))


def values(schema: Json | bool, whole: Json, words: Sequence[str] = HOSTILE, depth: int = 0) -> Values:
    """Values of a schema that is part of a `whole` one; one in ten is something else."""
    if isinstance(schema, bool) or depth > MOST_DEPTH:
        return anything(words)
    fitting = _fitting(schema, whole, words, depth)
    return st.integers(0, 9).flatmap(lambda dice: fitting if dice else anything(words))


def _fitting(schema: Json, whole: Json, words: Sequence[str], depth: int) -> Values:
    if "$ref" in schema:
        target: Any = whole
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[part]
        return values(
            {**target, **{key: rule for key, rule in schema.items() if key != "$ref"}}, whole, words, depth + 1
        )
    for several in ("oneOf", "anyOf"):
        if any("type" in each or "$ref" in each for each in schema.get(several, ())):
            return st.one_of([values({**each}, whole, words, depth + 1) for each in schema[several]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    return st.one_of(
        [_of_kind(kind, schema, whole, words, depth) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    )


def _of_kind(kind: str, schema: Json, whole: Json, words: Sequence[str], depth: int) -> Values:
    examples = [each for each in schema.get("examples", ()) if isinstance(each, str | int | float)]
    match kind:
        case "object":
            return _mappings(schema, whole, words, depth)
        case "array":
            return st.lists(values(schema.get("items", True), whole, words, depth + 1), max_size=3)
        case "integer" | "number":
            return st.one_of(st.sampled_from([*examples, *NUMBERS]), st.integers(-3, 30))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return st.one_of(texts(words), *([st.sampled_from(examples)] if examples else []))


def _mappings(schema: Json, whole: Json, words: Sequence[str], depth: int) -> Values:
    """Mappings with the keys that are required, a few of the others, and names where any are allowed."""
    known = schema.get("properties", {})
    required = [key for key in schema.get("required", ()) if key in known]
    optional = sorted(known.keys() - set(required))
    named = schema.get("additionalProperties", False)
    patterns = [rule for pattern, rule in schema.get("patternProperties", {}).items() if pattern != "^x-"]
    free = named if isinstance(named, Mapping) else next(iter(patterns), None)
    names = st.one_of(st.sampled_from(("coast", "talk", "style", "keeper", "main", "水")), texts(words))

    @st.composite
    def mapping(draw: st.DrawFn) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(optional), max_size=4, unique=True)) if optional else []
        made = {key: draw(values(known[key], whole, words, depth + 1)) for key in (*required, *chosen)}
        if free is not None:
            made |= draw(st.dictionaries(names, values(free, whole, words, depth + 1), max_size=3))
        return made

    return mapping()
