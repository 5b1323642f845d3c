"""Records behave as dataclasses do, and compile what is called."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import ClassVar, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanflow.records import PLAIN_CALLS, immutable, mutable

Held = TypeVar("Held")


class Fields:
    """Fields of every kind that records have."""

    kind: ClassVar = "point"

    x: int
    y: int = 0
    tags: dict[str, int] = field(default_factory=dict)
    note: str = field(default="", compare=False)
    key: str = field(default="k", repr=False)
    _index: dict[int, int] = field(init=False, default_factory=dict, compare=False, repr=False)
    _cell: int | None = field(init=False, default=None, compare=False, repr=False)


def written(name: str) -> type:
    """A class with those fields that is neither a record nor a dataclass yet."""
    space = {key: each for key, each in vars(Fields).items() if key not in {"__dict__", "__weakref__"}}
    return type(name, (), space)


Point = immutable(written("Point"))
Cursor = mutable(written("Cursor"))
PointOfDataclasses = dataclass(frozen=True, slots=True)(written("Point"))
CursorOfDataclasses = dataclass(slots=True)(written("Cursor"))
PAIRS = [(Point, PointOfDataclasses), (Cursor, CursorOfDataclasses)]

VALUES = st.fixed_dictionaries(
    {"x": st.integers(0, 2)},
    optional={
        "y": st.integers(0, 1),
        "tags": st.dictionaries(st.sampled_from("ab"), st.integers(0, 1)),
        "note": st.sampled_from(["", "n"]),
        "key": st.sampled_from(["k", "l"]),
    },
)


@immutable
class Shape:
    """A value in a module, as pickles need it, with what is checked and derived when it is made."""

    sides: int
    name: str = "shape"

    def __post_init__(self) -> None:
        if self.sides < 0:
            raise ValueError("no sides")


@immutable
class Square(Shape):
    """A value with the fields of another one, and one more."""

    width: int = 1


@immutable
class Box(Generic[Held]):  # noqa: PLW1641 - a value has a hash by its fields
    """A value of any type that is compared in its own way."""

    held: Held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Box)

    def __repr__(self) -> str:
        return "a box"


@pytest.mark.parametrize(("record", "model"), PAIRS, ids=["immutable", "mutable"])
@given(first=VALUES, second=VALUES)
def test_a_record_is_made_compared_and_shown_as_a_dataclass(record, model, first, second) -> None:
    """From the same values: its text, its equality, its changed copy and its fields."""
    made, modelled = record(**first), model(**first)
    assert repr(made) == repr(modelled)
    assert (made == record(**second)) == (modelled == model(**second))
    assert made != modelled
    assert repr(replace(made, **second)) == repr(replace(modelled, **second))
    assert replace(made).note == made.note
    assert made._index == {}
    assert made._index is not record(**first)._index
    assert [each.name for each in fields(made)] == [each.name for each in fields(modelled)]
    assert record.__match_args__ == model.__match_args__
    assert copy.deepcopy(made) == made


@given(x=st.integers(), y=st.integers())
def test_equal_values_have_one_hash(x: int, y: int) -> None:
    """The hash is that of the fields by which they are compared; what changes has none."""
    assert hash(Shape(abs(x), str(y))) == hash(Shape(abs(x), str(y)))
    assert len({Shape(1), Shape(1), Shape(2)}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Cursor(x))


def test_a_value_never_changes() -> None:
    """Its fields cannot be set or deleted; those of a mutable record can, and neither gets others."""
    shape, cursor = Shape(3), Cursor(1)
    with pytest.raises(FrozenInstanceError, match="'sides'"):
        shape.sides = 4
    with pytest.raises(FrozenInstanceError, match="'sides'"):
        del shape.sides
    cursor.x = 2
    assert (shape.sides, cursor.x) == (3, 2)
    with pytest.raises(AttributeError):
        cursor.z = 1


def test_a_wrong_call_is_refused_as_pythons_own() -> None:
    """The first call of a constructor and each further one."""
    for _ in range(2):
        with pytest.raises(TypeError, match=r"Shape\.__init__\(\) missing 1 required positional argument: 'sides'"):
            Shape()
    with pytest.raises(ValueError, match="no sides"):
        Shape(-1)


def test_records_inherit_fields() -> None:
    """The fields of the base come first, and each class has methods of its own."""
    assert repr(Square(4, "square", 2)) == "Square(sides=4, name='square', width=2)"
    assert Square(4) != Shape(4)
    with pytest.raises(ValueError, match="no sides"):
        Square(-1)
    match Square(4, width=3):
        case Shape(sides, name):
            assert (sides, name) == (4, "shape")


def test_a_dataclass_inherits_from_a_record() -> None:
    """It has the fields of both, in order."""

    @dataclass(frozen=True, slots=True)
    class Named(Square):
        """A square with a mark."""

        mark: str = ""

    assert Named(4, mark="a") == replace(Named(4), mark="a") != Named(4)
    assert [each.name for each in fields(Named)] == ["sides", "name", "width", "mark"]


def test_methods_of_a_class_of_ones_own_stay() -> None:
    """Its equality and its text; a value keeps a hash."""
    assert Box(1) == Box(2)
    assert repr(Box(1)) == "a box"
    assert hash(Box(1)) == hash(Box(1))


def test_values_are_pickled_and_copied() -> None:
    """The copy equals the original."""
    square = Square(4, width=2)
    assert pickle.loads(pickle.dumps(square)) == square  # noqa: S301
    assert copy.copy(square) == square


def test_threads_may_call_a_method_for_the_first_time_at_once() -> None:
    """A call that began before another thread had compiled the method ends as every other."""
    late = immutable(written("Late"))
    began = late.__init__
    first = late(1)
    second = late.__new__(late)
    began(second, 1)
    assert first == second


WRONG_CALLS = [((), {}), ((1, 2, {}, "", "k", 6), {}), ((1,), {"x": 1}), ((1,), {"z": 1}), ((1,), {"_index": {}})]
"""No value for a field without a default, one too many, one twice, and two for names that no caller may use."""


@pytest.mark.parametrize("make", [immutable, mutable])
@pytest.mark.parametrize("calls", range(PLAIN_CALLS + 2))
def test_a_constructor_that_is_not_compiled_yet_is_the_same(make: Callable[[type], type], calls: int) -> None:
    """It fills the same fields, and a wrong call is the error of the compiled one, whichever call it is."""
    for values, named in [*WRONG_CALLS, ((1,), {}), ((1, 2), {"note": "n"}), ((), {"x": 3, "tags": {"a": 1}})]:
        fresh, plain = make(written("Point")), dataclass(slots=True)(written("Point"))
        for _ in range(calls):
            assert fresh(7).tags is not fresh(7).tags
        try:
            expected = repr(plain(*values, **named))
        except TypeError as fault:
            with pytest.raises(TypeError, match=re.escape(str(fault).removeprefix("Point"))):
                fresh(*values, **named)
        else:
            made = fresh(*values, **named)
            assert (repr(made), made._index, made._cell) == (expected, {}, None)
