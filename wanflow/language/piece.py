"""A piece of a piece: what a pipeline takes of an input that is itself a part of a clip."""

from __future__ import annotations

from decimal import Decimal

from wanflow.language.source import Frame, Head, Piece, Span, Tail


class NoSuchPiece(ValueError):
    """A piece of a piece that no single piece of the whole clip is; the text says why."""


def piece_of(outer: Piece | None, inner: Piece | None) -> Piece | None:
    """The piece of the whole clip that `inner` takes of `outer`; None is all of it.

    Raises NoSuchPiece where that reaches beyond `outer`, or can't be said without knowing how long the clip is.
    """
    if outer is None or inner is None:
        return outer or inner
    match outer:
        case Tail(seconds):
            return _of_tail(seconds, inner)
        case Head(seconds):
            return _of_span(Decimal(0), seconds, inner)
        case Span(start, end):
            return _of_span(start, end, inner)
        case _:
            raise NoSuchPiece("a frame or a sound has no pieces")


def _of_tail(seconds: Decimal, inner: Piece) -> Piece:
    match inner:
        case Tail(wanted):
            return Tail(_within(wanted, seconds))
        case Frame("last"):
            return inner
        case _:
            raise NoSuchPiece("of a `tail` only a shorter `tail` or its last frame can be taken")


def _of_span(start: Decimal, end: Decimal | None, inner: Piece) -> Piece:
    length = None if end is None else end - start
    match inner:
        case Head(wanted):
            return _span(start, start + _within(wanted, length))
        case Tail(wanted) if end is not None:
            return _span(end - _within(wanted, length), end)
        case Tail(_) | Frame("last") if end is None:
            return inner
        case Span(first, last):
            stop = end if last is None else start + _within(last, length)
            return _span(start + _within(first, length), stop)
        case Frame("first"):
            return Frame(start) if start else Frame("first")
        case Frame(Decimal() as at):
            if length is not None and at >= length:
                raise NoSuchPiece(f"the piece that is given lasts {length} s, and has no frame at {at} s")
            return Frame(start + at)
        case _:
            raise NoSuchPiece("of a piece with an end neither its last frame nor its sound can be taken")


def _span(start: Decimal, end: Decimal | None) -> Piece:
    return Head(end) if not start and end is not None else Span(start, end)


def _within(wanted: Decimal, length: Decimal | None) -> Decimal:
    if length is not None and wanted > length:
        raise NoSuchPiece(f"the piece that is given lasts {length} s, {wanted} s of it are asked for")
    return wanted
