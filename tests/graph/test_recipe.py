"""Fingerprints: what counts as a change of a request and what does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from kit.films import COAST, place
from wanflow.graph import recipe
from wanflow.language.production import Media, Shot
from wanflow.language.source import FileSource, Frame, Sound, Tail, UrlSource

IDENTITIES = {"first_frame": recipe.digest_identity("a" * 64)}


def fingerprint(shot: Shot, backend: str = "animatic") -> str:
    """The fingerprint of a shot with one picture."""
    return recipe.fingerprint(recipe.recipe(shot, backend, IDENTITIES))


def test_law_5_names_places_notes_tags_and_seeds_are_no_part_of_a_fingerprint() -> None:
    """What does not reach the picture does not change the question; a seed is counted beside it."""
    same = replace(COAST, name="x", place=place(99), tags=("night",), note="later", written="?", seed=7, takes=5)
    reordered = replace(COAST, parameters=dict(reversed(list(COAST.parameters.items()))))
    assert fingerprint(same) == fingerprint(COAST) == fingerprint(reordered)


def test_law_5_everything_that_is_sent_is_part_of_a_fingerprint() -> None:
    """Backend, model, both prompts, each parameter, and the role, order and content of media."""
    parameters = {**COAST.parameters, "duration": 6}
    role = (replace(COAST.media[0], type="last_frame"),)
    variants = [
        replace(COAST, model="wan2.7-r2v"),
        replace(COAST, prompt="coast at dusk"),
        replace(COAST, negative_prompt="fog"),
        replace(COAST, parameters=parameters),
        replace(COAST, media=role),
    ]
    prints = {fingerprint(item) for item in (COAST, *variants)} | {fingerprint(COAST, "dashscope")}
    other = recipe.fingerprint(recipe.recipe(COAST, "animatic", {"first_frame": recipe.digest_identity("b" * 64)}))
    assert len(prints | {other}) == 8


def test_law_5_the_order_of_references_counts() -> None:
    """`Image 1` is whoever comes first."""
    one = Media("reference_1", "reference_image", FileSource("a.png"), place())
    two = Media("reference_2", "reference_image", FileSource("b.png"), place())
    identities = {"reference_1": recipe.digest_identity("a" * 64), "reference_2": recipe.digest_identity("b" * 64)}
    forward = recipe.recipe(replace(COAST, media=(one, two)), "animatic", identities)
    backward = recipe.recipe(replace(COAST, media=(two, one)), "animatic", identities)
    assert recipe.fingerprint(forward) != recipe.fingerprint(backward)


def test_law_5_a_piece_is_its_source_and_frames_never_the_bytes_ffmpeg_wrote() -> None:
    """Another ffmpeg version writes other bytes and changes nothing."""
    piece = recipe.part_identity("a" * 64, Tail(Decimal(2)), 90, 149)
    assert piece == {"of": "a" * 64, "op": "piece", "first": 90, "last": 149, "version": recipe.EXTRACTION_VERSION}
    assert recipe.part_identity("a" * 64, Frame("last"), 149, 149)["op"] == "frame"
    assert recipe.part_identity("a" * 64, Sound(), 0, 9)["op"] == "sound"


def test_law_5_a_piece_of_a_variable_rate_is_named_by_its_grid() -> None:
    """The same frames by another grid are another piece, and the first frame is the same by any."""
    by_grid = recipe.part_identity("a" * 64, Tail(Decimal(2)), 90, 149, Fraction(30))
    assert by_grid == {**recipe.part_identity("a" * 64, Tail(Decimal(2)), 90, 149), "grid": "30"}
    first = recipe.part_identity("a" * 64, Frame("first"), 0, 0, Fraction(30))
    assert first == recipe.part_identity("a" * 64, Frame("first"), 0, 0)


def test_a_signed_address_stays_out_of_a_recipe() -> None:
    """Only a hash of an unpinned URL goes on record; a pinned one is its digest."""
    signed = UrlSource("https://host/a.mp4?Signature=secret")
    assert "secret" not in str(recipe.url_identity(signed))
    assert recipe.url_identity(UrlSource("https://host/a.mp4", "c" * 64)) == recipe.digest_identity("c" * 64)


def test_seeds_are_counted_up_from_a_given_one_and_derived_otherwise() -> None:
    """`seed: 7` with three takes means 7, 8 and 9; without one the same request gives the same seeds."""
    assert [recipe.seed_of("core", 7, ordinal) for ordinal in range(3)] == [7, 8, 9]
    derived = [recipe.seed_of("core", None, ordinal) for ordinal in range(50)]
    assert derived == [recipe.seed_of("core", None, ordinal) for ordinal in range(50)]
    assert len(set(derived)) == 50
    assert all(0 <= seed < recipe.SEEDS for seed in derived)
