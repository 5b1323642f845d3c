"""Each fault that the emulator delivers is found by the check that it is for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path, PurePath

import pytest
from PIL import Image

from kit.film_set import I2V, FilmFile, FilmSet, order
from wanflow.emulator.api.order import FAULTS_OF_FILMS, FilmFault, FilmFaultKind
from wanflow.language.checks import Check
from wanflow.media.checks.take_check import CheckTake
from wanflow.media.jobs import Worker
from wanflow.store.findings import Expected, Given
from wanflow.templates import starting_files

CONTINUED = {FilmFaultKind.HEAD: Check.SEAM, FilmFaultKind.JUMP: Check.SEAM, FilmFaultKind.DRIFT: Check.DRIFT}
"""Faults of continuations, and the checks that find them; the others are called like their checks."""
FOLLOWS = {
    FilmFaultKind.BLACK: {Check.FIRST_FRAME},
    FilmFaultKind.LETTERBOX: {Check.FIRST_FRAME},
}
"""Checks that find something as well where a fault changes what they look at."""


@pytest.fixture(scope="module")
def film_set(tmp_path_factory: pytest.TempPathFactory) -> FilmSet:
    """Drawn media and a camera."""
    return FilmSet(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def coast(film_set: FilmSet) -> FilmFile:
    """A film without a fault."""
    return film_set.film(order(I2V, film_set.item("first_frame", film_set.day)))


def found(film: FilmFile, expected: Expected) -> set[Check]:
    """The checks that find something in a film."""
    job = CheckTake(PurePath(film.path.name), expected)
    return {each.check for each in job.perform(Worker(film.path.parent)).findings}


def given(path: Path) -> Given:
    """A file of the set."""
    return Given(path.name, PurePath(path.name))


@pytest.mark.parametrize("kind", [None, *(each for each in sorted(FAULTS_OF_FILMS - CONTINUED.keys()))])
def test_a_fault_of_a_film_is_found(kind: FilmFaultKind | None, film_set: FilmSet, coast: FilmFile) -> None:
    """By the check that is called like it; a film without a fault has no findings."""
    fault = None if kind is None else FilmFault(kind)
    ends = [film_set.item("last_frame", film_set.dusk)] if kind is FilmFaultKind.LAST_FRAME else []
    film = (
        coast
        if kind is None
        else film_set.film(order(I2V, film_set.item("first_frame", film_set.day), *ends, fault=fault))
    )
    expected = Expected(
        Fraction(2),
        1280,
        720,
        Fraction(30),
        True,
        first_frame=given(film_set.day),
        last_frame=given(film_set.dusk) if ends else None,
    )
    assert found(film, expected) == (set() if kind is None else {Check(kind.value), *FOLLOWS.get(kind, ())})


def test_the_animatic_of_a_plain_picture_has_no_findings(film_set: FilmSet) -> None:
    """People begin with one; a camera that moves over one colour can't be told from one that stops."""
    plain = film_set.day.with_name("plain.png")
    Image.new("RGB", (1280, 720), (90, 120, 150)).save(plain)
    film = film_set.film(order(I2V, film_set.item("first_frame", plain)))
    on = film_set.film(order(I2V, film_set.item("first_clip", film.path), duration=4))
    expected = Expected(Fraction(2), 1280, 720, Fraction(30), True, first_frame=given(plain))
    assert found(film, expected) == set()
    clip = given(film.path)
    assert found(on, Expected(Fraction(4), 1280, 720, Fraction(30), True, clip=clip, chain_head=clip)) == set()


@pytest.mark.parametrize(("name", "seconds"), [("valley.png", 15), ("summit.png", 14), ("summit.png", 10)])
def test_a_long_continuation_never_stops(name: str, seconds: int, film_set: FilmSet) -> None:
    """A pan that turned like a cosine stayed on one pixel for longer than a second."""
    picture = film_set.day.with_name(name)
    picture.write_bytes(starting_files()[f"sets/{name}"])
    film = film_set.film(order(I2V, film_set.item("first_frame", picture)))
    on = film_set.film(order(I2V, film_set.item("first_clip", film.path), duration=seconds))
    assert found(on, Expected(Fraction(seconds), 1280, 720, Fraction(30), True)) == set()


@pytest.mark.parametrize("kind", [None, *CONTINUED])
def test_a_fault_of_a_continuation_is_found(kind: FilmFaultKind | None, film_set: FilmSet, coast: FilmFile) -> None:
    """By the check of its seam, or that of drift."""
    fault = None if kind is None else FilmFault(kind)
    film = film_set.film(order(I2V, film_set.item("first_clip", coast.path), duration=4, fault=fault))
    expected = Expected(
        Fraction(4), 1280, 720, Fraction(30), True, clip=given(coast.path), chain_head=given(coast.path)
    )
    assert found(film, expected) == (set() if kind is None else {CONTINUED[kind]})
