"""A piece of a piece as one piece of the whole clip."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wanflow.language.source import Frame, Head, NoSuchPiece, Sound, Span, Tail, piece_of

TWO, THREE, FIVE = Decimal(2), Decimal(3), Decimal(5)
HALF = Decimal("0.5")

PIECES = [
    (None, None, None),
    (None, Tail(TWO), Tail(TWO)),
    (Tail(TWO), None, Tail(TWO)),
    (Frame("last"), None, Frame("last")),
    (None, Sound(), Sound()),
    (Tail(FIVE), Tail(TWO), Tail(TWO)),
    (Tail(FIVE), Tail(FIVE), Tail(FIVE)),
    (Tail(FIVE), Frame("last"), Frame("last")),
    (Head(FIVE), Head(TWO), Head(TWO)),
    (Head(FIVE), Tail(TWO), Span(THREE, FIVE)),
    (Head(FIVE), Tail(FIVE), Head(FIVE)),
    (Head(FIVE), Span(TWO, THREE), Span(TWO, THREE)),
    (Head(FIVE), Span(TWO, None), Span(TWO, FIVE)),
    (Head(FIVE), Frame("first"), Frame("first")),
    (Head(FIVE), Frame(HALF), Frame(HALF)),
    (Span(TWO, FIVE), Head(HALF), Span(TWO, Decimal("2.5"))),
    (Span(TWO, FIVE), Tail(HALF), Span(Decimal("4.5"), FIVE)),
    (Span(TWO, FIVE), Span(HALF, TWO), Span(Decimal("2.5"), Decimal(4))),
    (Span(TWO, FIVE), Span(HALF, None), Span(Decimal("2.5"), FIVE)),
    (Span(TWO, FIVE), Frame("first"), Frame(TWO)),
    (Span(TWO, FIVE), Frame(HALF), Frame(Decimal("2.5"))),
    (Span(Decimal(0), FIVE), Head(TWO), Head(TWO)),
    (Span(TWO, None), Head(THREE), Span(TWO, FIVE)),
    (Span(TWO, None), Tail(HALF), Tail(HALF)),
    (Span(TWO, None), Span(HALF, None), Span(Decimal("2.5"), None)),
    (Span(TWO, None), Frame("last"), Frame("last")),
    (Span(TWO, None), Frame("first"), Frame(TWO)),
]


@pytest.mark.parametrize(("outer", "inner", "whole"), PIECES, ids=str)
def test_a_piece_of_a_piece_is_a_piece(outer, inner, whole) -> None:
    """By seconds from the whole clip's beginning or its end, whichever is known."""
    assert piece_of(outer, inner) == whole


A_TAIL = "only a shorter `tail` or the last frame can be taken of a `tail`"
AN_END = "the last frame or the sound of a piece with an end cannot be taken"
NO_PIECES = "a frame or a sound has no pieces"

REFUSED = [
    (Tail(TWO), Tail(THREE), "the given piece lasts 2 s, less than the wanted 3 s"),
    (Tail(TWO), Head(Decimal(1)), A_TAIL),
    (Tail(TWO), Span(Decimal(0), Decimal(1)), A_TAIL),
    (Tail(TWO), Frame("first"), A_TAIL),
    (Tail(TWO), Frame(HALF), A_TAIL),
    (Tail(TWO), Sound(), A_TAIL),
    (Head(TWO), Head(THREE), "the given piece lasts 2 s, less than the wanted 3 s"),
    (Head(TWO), Span(HALF, THREE), "the given piece lasts 2 s, less than the wanted 3 s"),
    (Head(TWO), Frame(TWO), "the given piece lasts 2 s: it has no frame at 2 s"),
    (Span(TWO, FIVE), Frame(THREE), "the given piece lasts 3 s: it has no frame at 3 s"),
    (Head(TWO), Frame("last"), AN_END),
    (Head(TWO), Sound(), AN_END),
    (Span(TWO, FIVE), Tail(FIVE), "the given piece lasts 3 s, less than the wanted 5 s"),
    (Span(TWO, FIVE), Frame("last"), AN_END),
    (Frame("last"), Tail(TWO), NO_PIECES),
    (Frame("first"), Frame("first"), NO_PIECES),
    (Sound(), Head(TWO), NO_PIECES),
]


@pytest.mark.parametrize(("outer", "inner", "why"), REFUSED, ids=str)
def test_what_is_no_piece_of_the_clip_says_why(outer, inner, why) -> None:
    """It reaches beyond what is given, or can't be said without the clip's length."""
    with pytest.raises(NoSuchPiece) as caught:
        piece_of(outer, inner)
    assert str(caught.value) == why
