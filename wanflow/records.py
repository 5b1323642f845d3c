"""Classes that are their fields: `@immutable` for values, `@mutable` for what changes.

They behave as `@dataclass(frozen=True, slots=True)` and `@dataclass(slots=True)` do; `field`, `fields` and `replace` of
`dataclasses` work with them. A dataclass compiles up to six methods when it is defined, which took two fifths of the
start of a plan. A record compiles a method when it is called for the first time, and its constructor a few calls later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, field
from functools import cached_property
from reprlib import recursive_repr
from types import SimpleNamespace
from typing import Any, NamedTuple, NoReturn, TypeVar, cast, dataclass_transform

Class = TypeVar("Class", bound=type)
Method = Callable[..., object]
MethodSource = Callable[[type], tuple[str, dict[str, object]]]
"""The source of a method for a class, and what the names in it mean."""


ORDINARY: object = cast(Any, dataclasses)._FIELD  # noqa: SLF001
"""How `dataclasses` marks a field of an instance."""


class RecordField(NamedTuple):
    """A field of a record: its annotation as it is written, and what its default or `field` says of it."""

    annotation: str
    about: Field[object]


RecordFields = Mapping[str, RecordField]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: Class) -> Class:
    """Make a class of values: compared and hashed by their fields, and never changed."""
    return record(cls, IMMUTABLE)


@dataclass_transform(field_specifiers=(field,))
def mutable(cls: Class) -> Class:
    """Make a class whose fields may be set: its instances are compared by them, and have no hash."""
    return record(cls, MUTABLE)


def record(cls: Class, methods: Mapping[str, object]) -> Class:
    """The class with slots for its fields, and those of the methods that it lacks."""
    space = {name: each for name, each in cls.__dict__.items() if name not in {"__dict__", "__weakref__"}}
    if space.get("__hash__", methods) is None:  # what Python adds to a class with an `__eq__`
        del space["__hash__"]
    inherited: dict[str, RecordField] = {}
    for base in reversed(cls.__mro__[1:]):
        inherited |= base.__dict__.get("__record_fields__", {})
    own = dict[str, RecordField]()
    for name, annotation in cls.__annotations__.items():
        if not annotation.startswith("ClassVar"):
            default = space.pop(name, MISSING)
            about = default if isinstance(default, Field) else field(default=default)
            own[name] = RecordField(annotation, cast(Field[object], about))
    fields = inherited | own
    added = {
        "__qualname__": cls.__qualname__,
        "__slots__": tuple(name for name in own if name not in inherited),
        "__match_args__": tuple(name for name, each in fields.items() if each.about.init),
        "__record_fields__": fields,
        "__dataclass_fields__": DataclassFields(fields),
    }
    return type(cls)(cls.__name__, cls.__bases__, {**methods, **space, **added})


class DataclassFields:
    """The fields as the functions of `dataclasses` want them; most classes are never asked."""

    def __init__(self, fields: RecordFields) -> None:
        self.fields = fields

    def values(self) -> Iterable[Field[object]]:
        """A description of each field."""
        return self._described.values()

    @cached_property
    def _described(self) -> Mapping[str, Field[object]]:
        """Those that a dataclass would have made: to make one takes twenty times as long."""
        for name, (annotation, about) in self.fields.items():
            about.name, about.type, about.kw_only = name, annotation, about.kw_only is True
            cast(Any, about)._field_type = ORDINARY  # noqa: SLF001
        return {name: each.about for name, each in self.fields.items()}


def fields_of(owner: type) -> RecordFields:
    """The fields of a record, inherited ones first."""
    fields: RecordFields = cast(Any, owner).__record_fields__
    return fields


PLAIN_CALLS = 4
"""Calls of a constructor before it is compiled, which takes as long as ten of them: many classes have few instances."""


def compiled_later(name: str, source_of: MethodSource) -> Method:
    """A method which, when it is first called on a record, compiles the one that replaces it.

    A constructor is compiled after PLAIN_CALLS.
    """
    plain_calls = dict[type, int]()

    def compiling(self: object, *values: object, **named: object) -> object:
        owner = next((each for each in type(self).__mro__ if each.__dict__.get(name) is compiling), None)
        if owner is None:  # another thread has compiled it since this call began
            return getattr(type(self), name)(self, *values, **named)
        if name == "__init__" and (made := plain_calls.get(owner, 0)) < PLAIN_CALLS:
            plain_calls[owner] = made + 1
            if is_filled(self, owner, values, named):
                return None
        plain_calls.pop(owner, None)
        source, names = source_of(owner)
        exec(source, names)  # noqa: S102 - made of the names of fields, as dataclasses do
        method = cast(Method, names[name])
        method.__qualname__ = f"{owner.__qualname__}.{name}"
        setattr(owner, name, method)
        return method(self, *values, **named)

    return compiling


def is_filled(instance: object, owner: type, values: Sequence[object], named: Mapping[str, object]) -> bool:
    """Fill the fields of an instance as a constructor does; False where only the compiled one knows what is wrong."""
    names: tuple[str, ...] = cast(Any, owner).__match_args__
    given = {**dict(zip(names, values, strict=False)), **named}
    if len(given) != len(values) + len(named) or not given.keys() <= set(names):
        return False
    fields = fields_of(owner).items()
    if not all(name in given or has_default(about) for name, (_, about) in fields if about.init):
        return False
    for name, (_, about) in fields:
        if name in given:
            object.__setattr__(instance, name, given[name])
        elif has_default(about):
            made = about.default if about.default_factory is MISSING else about.default_factory()
            object.__setattr__(instance, name, made)
    if hasattr(owner, "__post_init__"):
        cast(Any, instance).__post_init__()
    return True


def has_default(about: Field[object]) -> bool:
    """Whether a field has a value where none is given."""
    return about.default is not MISSING or about.default_factory is not MISSING


def constructor_of_mutable(owner: type) -> tuple[str, dict[str, object]]:
    """Sets each field on the instance."""
    return constructor_source(owner, "self.{name} = {value}")


def constructor_of_immutable(owner: type) -> tuple[str, dict[str, object]]:
    """Sets each field by its slot, since the instance refuses."""
    source, names = constructor_source(owner, "set_{name}(self, {value})")
    return source, names | {f"set_{name}": getattr(owner, name).__set__ for name in fields_of(owner)}


def constructor_source(owner: type, setting: str) -> tuple[str, dict[str, object]]:
    """The source of `__init__`, with the line that sets a field."""
    names: dict[str, object] = {"MISSING": MISSING}
    parameters, lines = ["self"], list[str]()
    for name, (_, about) in fields_of(owner).items():
        if about.default_factory is not MISSING:
            names[f"make_{name}"] = about.default_factory
            parameter, value = f"{name}=MISSING", f"make_{name}() if {name} is MISSING else {name}"
            unasked = f"make_{name}()"
        elif about.default is not MISSING:
            names[f"default_{name}"] = about.default
            parameter, value, unasked = f"{name}=default_{name}", name, f"default_{name}"
        else:
            parameter, value, unasked = name, name, ""
        if about.init:
            parameters.append(parameter)
            lines.append(setting.format(name=name, value=value))
        elif unasked:
            lines.append(setting.format(name=name, value=unasked))
    if hasattr(owner, "__post_init__"):
        lines.append("self.__post_init__()")
    body = "".join(f"    {line}\n" for line in lines or ["pass"])
    return f"def __init__({', '.join(parameters)}):\n{body}", names


def equality_source(owner: type) -> tuple[str, dict[str, object]]:
    """The source of `__eq__`: two of one class are equal where their fields are."""
    same = f"{compared_source(owner, 'self')} == {compared_source(owner, 'other')}"
    return f"def __eq__(self, other):\n    return {same} if other.__class__ is self.__class__ else NotImplemented", {}


def hash_source(owner: type) -> tuple[str, dict[str, object]]:
    """The source of `__hash__`."""
    return f"def __hash__(self):\n    return hash({compared_source(owner, 'self')})", {}


def compared_source(owner: type, instance: str) -> str:
    """The source of the tuple by which an instance is compared."""
    compared = (f"{instance}.{name}, " for name, each in fields_of(owner).items() if each.about.compare)
    return f"({''.join(compared)})"


class Shown:
    """How a record is shown."""

    @recursive_repr("...")
    def __repr__(self) -> str:
        fields = fields_of(type(self)).items()
        shown = (f"{name}={getattr(self, name)!r}" for name, each in fields if each.about.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"


class Frozen:
    """How a value refuses a change, and is copied though it does."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __getstate__(self) -> list[object]:
        return [getattr(self, name) for name in fields_of(type(self))]

    def __setstate__(self, state: list[object]) -> None:
        for name, value in zip(fields_of(type(self)), state, strict=True):
            object.__setattr__(self, name, value)


COMPARED: Mapping[str, object] = {
    "__eq__": compiled_later("__eq__", equality_source),
    "__repr__": Shown.__repr__,
}
MUTABLE: Mapping[str, object] = {
    **COMPARED,
    "__init__": compiled_later("__init__", constructor_of_mutable),
    "__hash__": None,
    "__dataclass_params__": SimpleNamespace(frozen=False),  # what a dataclass that inherits asks its base
}
IMMUTABLE: Mapping[str, object] = {
    **COMPARED,
    "__init__": compiled_later("__init__", constructor_of_immutable),
    "__hash__": compiled_later("__hash__", hash_source),
    "__setattr__": Frozen.__setattr__,
    "__delattr__": Frozen.__delattr__,
    "__getstate__": Frozen.__getstate__,
    "__setstate__": Frozen.__setstate__,
    "__dataclass_params__": SimpleNamespace(frozen=True),
}
