"""How much a step will be billed for; prices themselves come with the price lists."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from wanflow import money
from wanflow.money import Cost
from wanflow.planner.supply import Supply
from wanflow.spec.production import Shot
from wanflow.store.take import Film
from wanflow.timing import NOMINAL_RATE, SAMPLE_RATE, to_frames, to_samples, to_seconds

CURRENCY = "CNY"


def price(shot: Shot, supplies: Mapping[str, Supply]) -> Cost:
    """What a take of a shot will cost: unknown until price lists are part of the catalog, which is said."""
    del shot, supplies
    return money.unknown(CURRENCY)


def output_film(shot: Shot, supplies: Mapping[str, Supply]) -> Film | None:
    """The clip that a request is expected to give, at its nominal length; None where its length isn't known.

    Output is as long as `duration` says; a duration of 0 means as long as the video that goes in (api.md 2.3).
    """
    seconds = shot.parameters.get("duration", 0)
    frames = to_frames(int(seconds), NOMINAL_RATE)
    inputs = [supplies[media.slot].film for media in shot.media if media.type == "video"]
    if frames == 0 and inputs and inputs[0] is not None:
        frames = to_frames(to_seconds(inputs[0].frames, inputs[0].rate), NOMINAL_RATE)
    if frames == 0:
        return None
    silent = shot.parameters.get("audio") is False
    samples, sample_rate = (0, 0) if silent else (to_samples(frames, NOMINAL_RATE), SAMPLE_RATE)
    return Film(frames, NOMINAL_RATE, 0, 0, samples, sample_rate)


def output_seconds(shot: Shot, supplies: Mapping[str, Supply]) -> Fraction | None:
    """The seconds of footage that a request is expected to give."""
    film = output_film(shot, supplies)
    return None if film is None else to_seconds(film.frames, film.rate)
