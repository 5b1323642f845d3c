"""What a take will be billed for, seconds or a picture, and what that costs (service.md 6, 9.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil

from wanflow import money
from wanflow.catalog.model import BilledInput, MediaRule, Model, ResultKind, Role, sides_of
from wanflow.catalog.read import PriceBook
from wanflow.language.production import Shot
from wanflow.money import Bound, Cost
from wanflow.planner.plan import NodeOutput
from wanflow.records import immutable
from wanflow.store.take import Film, Picture, Result
from wanflow.timebase import NOMINAL_RATE, SAMPLE_RATE, to_frames, to_samples, to_seconds


@immutable
class Quote:
    """What a take will be billed for: its seconds, those of its inputs included, or one picture, and their price.

    `seconds` None: its length is unknown, or it is a picture, of which `images` counts one. `rate` is the price of a
    second, or of the picture, None where no price list has it.
    """

    cost: Cost
    seconds: Fraction | None = None
    rate: Decimal | None = None
    images: int = 0


@immutable
class _BilledSeconds:
    """Seconds that are billed: their maximum, and whether they are exactly that."""

    seconds: Fraction
    exact: bool = True


def quote(shot: Shot, inputs: Mapping[str, NodeOutput], prices: PriceBook, region: str) -> Quote:
    """The price of one take of a shot, as far as its inputs are known; `inputs` are by media slot.

    An input of unknown length counts with its maximum, and the price is at most that.
    """
    model = shot.rules
    if model.makes is ResultKind.PICTURE:
        each = prices.rate(model, region, shot.parameters)
        cost = money.unknown(prices.currency) if each is None else Cost(each.amount, prices.currency, Bound.EXACT)
        return Quote(cost, None, None if each is None else each.amount, images=1)
    lengths = [_all_seconds(model)] if model.is_open(shot.parameters) else _lengths(shot, inputs, model)
    rate = prices.rate(model, region, shot.parameters)
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        return Quote(money.unknown(prices.currency), None, rate.amount if rate else None)
    seconds = sum((length.seconds for length in known), Fraction(0))
    if rate is None:
        return Quote(money.unknown(prices.currency), seconds)
    bound = Bound.EXACT if all(length.exact for length in known) else Bound.AT_MOST
    return Quote(Cost(exactly(seconds) * rate.amount, prices.currency, bound), seconds, rate.amount)


def _all_seconds(model: Model) -> _BilledSeconds:
    """Those of a request whose length the model decides: the most that it can have, its inputs included."""
    rule = model.parameters["duration"]
    most = max(rule.high or 0, rule.shared.most if rule.shared is not None else 0)
    return _BilledSeconds(Fraction(most), exact=False)


def _lengths(shot: Shot, inputs: Mapping[str, NodeOutput], model: Model) -> list[_BilledSeconds | None]:
    return [_length(shot, inputs, model), *_billed_inputs(shot, inputs, model)]


def _length(shot: Shot, inputs: Mapping[str, NodeOutput], model: Model) -> _BilledSeconds | None:
    """That of the result: as long as asked for, else as the video that is edited (service.md 2.3)."""
    wanted = model.seconds(shot.parameters)
    edited = [media for media in shot.media if model.has_role(media.type, Role.EDITED)]
    if wanted or not edited:
        return _BilledSeconds(Fraction(wanted)) if wanted else None
    return _measured(inputs[edited[0].slot], model.media[edited[0].type])


def _billed_inputs(shot: Shot, inputs: Mapping[str, NodeOutput], model: Model) -> Iterator[_BilledSeconds | None]:
    for bill in model.billed:
        rule = model.media[bill.media]
        given = [media for media in shot.media if media.type == bill.media]
        lengths = [_input(shot, bill, inputs[media.slot], rule) for media in given]
        known = [length for length in lengths if length is not None]
        together = sum((length.seconds for length in known), Fraction(0))
        if rule.total_seconds is not None and len(known) == len(lengths) and together > rule.total_seconds:
            # of unknown lengths each counts with its most
            yield _BilledSeconds(Fraction(rule.total_seconds), exact=False)
        else:
            yield from lengths


def exactly(seconds: Fraction) -> Decimal:
    """Billed seconds, which are hundredths, as an exact decimal."""
    return Decimal(int(seconds * 100)).scaleb(-2)


def output_result(shot: Shot, inputs: Mapping[str, NodeOutput]) -> Result | None:
    """What a request is expected to give: a picture of the size that it names, or a clip of its nominal length.

    None where that length isn't known.
    """
    if shot.rules.makes is ResultKind.PICTURE:
        return Picture(*(sides_of(shot.parameters.get("size")) or (0, 0)))
    return output_film(shot, inputs)


def output_film(shot: Shot, inputs: Mapping[str, NodeOutput]) -> Film | None:
    """The clip that a request is expected to give, at its nominal length; None where its length isn't known.

    Output is as long as `duration` says; a duration of 0 means as long as the video that goes in (service.md 2.3).
    """
    model = shot.rules
    frames = to_frames(model.seconds(shot.parameters) or 0, NOMINAL_RATE)
    videos = [inputs[media.slot].film for media in shot.media if model.has_role(media.type, Role.EDITED)]
    if frames == 0 and videos and videos[0] is not None:
        frames = to_frames(to_seconds(videos[0].frames, videos[0].rate), NOMINAL_RATE)
    if frames == 0:
        return None
    silent = model.is_silent(shot.parameters)
    samples, sample_rate = (0, 0) if silent else (to_samples(frames, NOMINAL_RATE), SAMPLE_RATE)
    return Film(frames, NOMINAL_RATE, 0, 0, samples, sample_rate)


def output_seconds(shot: Shot, inputs: Mapping[str, NodeOutput]) -> Fraction | None:
    """The seconds of footage that a request is expected to give; None for a picture."""
    made = output_result(shot, inputs)
    return to_seconds(made.frames, made.rate) if isinstance(made, Film) else None


def _input(shot: Shot, bill: BilledInput, output: NodeOutput, rule: MediaRule) -> _BilledSeconds | None:
    """The billed seconds of an input: all of them, or up to a cap that falls with their number (service.md 6.1)."""
    length = _measured(output, rule)
    if length is not None and rule.edited and shot.rules.seconds(shot.parameters):
        return _BilledSeconds(length.seconds, exact=False)  # what is cut off is perhaps not billed (service.md 6.1)
    if length is None or not bill.caps:
        return length
    count = sum(item.type in bill.shared_by for item in shot.media)
    cap = Fraction(bill.caps[min(count, len(bill.caps)) - 1])
    return _BilledSeconds(min(length.seconds, cap), length.exact)


def _measured(output: NodeOutput, rule: MediaRule) -> _BilledSeconds | None:
    """How long an input is: as its file, as it is expected, or as long as the model takes it."""
    if output.film is not None and output.film.frames:
        seconds = to_seconds(output.film.frames, output.film.rate)
        return _BilledSeconds(Fraction(ceil(seconds * 100), 100), exact=output.known)
    return None if rule.file.seconds is None else _BilledSeconds(Fraction(rule.file.seconds[1]), exact=False)
