"""Chains of continuations that get too long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.films import COAST, production, shot
from wanflow.language.model_checks import LONGEST, check_chains
from wanflow.language.problem import Severity
from wanflow.language.production import Production
from wanflow.language.source import FileSource, ShotSource, Tail


def chain(length: int, *, reverse: bool = False) -> Production:
    """A first shot and this many continuations, each of the one before."""
    shots = [COAST]
    for number in range(length):
        source = ShotSource(shots[-1].name, Tail(2))  # type: ignore[arg-type]
        shots.append(shot(f"more_{number}", {"first_clip": source}, line=number + 10))
    return production(*(reversed(shots) if reverse else shots))


@pytest.mark.parametrize("reverse", [False, True])
def test_the_fourth_continuation_in_a_row_is_warned_of_once(reverse: bool) -> None:
    """At its own line, with the way out, wherever in the file its parents stand."""
    assert list(check_chains(chain(LONGEST, reverse=reverse))) == []
    (problem,) = check_chains(chain(LONGEST + 3, reverse=reverse))
    assert (problem.severity, problem.place.line) == (Severity.WARNING, 10 + LONGEST)
    assert f"`more_{LONGEST}` is continuation 4 in a row" in problem.message
    assert "last_frame" in (problem.hint or "")


def test_what_is_no_continuation_begins_a_chain_anew() -> None:
    """A first frame from another shot's film does not drift along."""
    film = chain(LONGEST)
    last = list(film.shots.values())[-1]
    anew = shot("anew", {"first_frame": ShotSource(last.name)})
    on = shot("on", {"first_clip": ShotSource("anew")})
    file = shot("file", {"first_clip": FileSource("clip.mp4")})
    assert list(check_chains(production(*film.shots.values(), anew, on, file))) == []


@pytest.mark.parametrize("length", [1, 2, 9])
def test_a_circle_is_no_chain(length: int) -> None:
    """It is an error of its own, and ends here as well."""
    names = [f"s{number}" for number in range(length)]
    shots = [shot(name, {"first_clip": ShotSource(names[number - 1])}) for number, name in enumerate(names)]
    assert list(check_chains(production(*shots))) == []


def test_a_very_long_chain_is_no_trouble() -> None:
    """Thousands of shots in a row."""
    assert len(list(check_chains(chain(3000)))) == 1


def test_a_continuation_that_lands_on_a_picture_begins_a_chain_anew() -> None:
    """It can't drift: its end is given."""
    film = chain(LONGEST + 3)
    last_frame = film.shots[f"more_{LONGEST - 1}"]
    end = shot("x", {"last_frame": FileSource("end.png")}).media
    shots = {**film.shots, last_frame.name: replace(last_frame, media=(*last_frame.media, *end))}
    assert list(check_chains(replace(film, shots=shots))) == []
