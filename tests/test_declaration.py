"""Declarations are frozen, compare by value, and evaluate their annotations when they are first made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from plastica.declaration import Declaration, declaration, replace
from plastica.errors import UnknownName
from plastica.layers import Dense


@declaration
class Point(Declaration):
    """Two numbers."""

    x: float
    y: float = 0.0


@declaration
class Vector(Point):
    """A class of its own with the fields of another."""


@declaration
class Chain(Declaration):
    """Names a class that is defined after it."""

    link: Link | None = None


@declaration
class Link(Declaration):
    """What a chain is made of."""

    length: int = 1


def test_declarations_with_equal_fields_are_equal_and_have_one_hash():
    assert Point(1, 2) == Point(1.0, 2.0)
    assert hash(Point(1, 2)) == hash(Point(1.0, 2.0))
    assert Point(1) != Point(1, 2)
    assert len({Point(1), Point(1, 0.0), replace(Point(2), x=1.0)}) == 1


def test_replacing_a_field_that_does_not_exist_names_the_nearest_and_a_name_means_what_it_means_elsewhere():
    with pytest.raises(UnknownName, match='Dense has no field "unit"; did you mean "units"'):
        replace(Dense(3), unit=2)
    assert replace(Dense(3), activation="relu", kernel_initializer="zeros") == Dense(3, "relu", True, "zeros")


def test_another_class_is_never_equal_and_other_things_may_compare_themselves():
    class Same:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert Point(1) != Vector(1)
    assert Vector(1) != Point(1)
    assert Point(1) != (1.0, 0.0)
    assert Point(1) == Same()


@pytest.mark.parametrize("name", ["x", "other"])
def test_nothing_can_be_assigned(name):
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(point, name, 2.0)
    assert point == Point(1)


def test_nothing_can_be_deleted():
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert point.x == 1.0


def test_a_field_may_name_a_class_that_is_defined_later():
    assert Chain(Link(2)).link.length == 2
