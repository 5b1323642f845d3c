"""What a take is measured against: the request that it was bought with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PurePath

import pytest

from kit.locks import DATE, FILM
from kit.providers import DASHSCOPE
from wanflow import digest
from wanflow.catalog.read import load_catalog
from wanflow.digest import Canonical
from wanflow.graph.recipe import fingerprint
from wanflow.language.source import Facts, Kind
from wanflow.planner.expected import Expectations, findings_of
from wanflow.store.findings import Expected, Measured
from wanflow.store.inventory import Inventory
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, add_take
from wanflow.store.take import MADE_ELSEWHERE, Picture, Take

COAST = digest.of_bytes(b"coast.png")
FACTS = {"sets/coast.png": Facts(Kind.IMAGE, "png", COAST, 1000, 1280, 720)}
STORE = Store(Path("film"), DASHSCOPE)


def request(
    model: str = "wan2.7-i2v",
    prompt: str = "The camera drifts.",
    media: Mapping[str, Canonical] | None = None,
    **parameters: Canonical,
) -> dict[str, Canonical]:
    """A recipe."""
    sent: list[Canonical] = [{"role": role, "is": identity} for role, identity in (media or {}).items()]
    values = {"duration": 5, "resolution": "720P", **parameters}
    return {"model": model, "prompt": prompt, "parameters": values, "media": sent}


def bought(recipe: dict[str, Canonical], content: str) -> Take:
    """A take of a request."""
    return Take(digest.of_bytes(content.encode()), fingerprint(recipe), 7, str(recipe["model"]), FILM, DATE)


def having(*pairs: tuple[Take, dict[str, Canonical]], here: bool = True) -> Inventory:
    """What lock and store have of some takes."""
    lock = Lock()
    for take, recipe in pairs:
        lock = add_take(lock, f"shot{len(lock.shots)}", take, recipe, 1)
    digests = frozenset(take.digest for take, _ in pairs) if here else frozenset[str]()
    return Inventory(lock, recipes={take.fingerprint: recipe for take, recipe in pairs}, here=digests)


def expected(have: Inventory, take: Take, *, opens: bool = True) -> tuple[Expected, frozenset[str]]:
    """What a take is measured against, with its files."""
    expectations = Expectations(have, FACTS, load_catalog())
    return expectations.placed(expectations.of(take), STORE, lambda _: opens)


def asked(recipe: dict[str, Canonical]) -> Expected:
    """What a take of a request alone is measured against."""
    take = bought(recipe, "film")
    return expected(having((take, recipe)), take)[0]


def test_length_rate_and_sound_are_those_of_the_request() -> None:
    """A film of five seconds at the service's rate, with sound unless it was refused."""
    plain = asked(request())
    assert (plain.seconds, plain.rate, plain.sound, plain.one_move) == (Fraction(5), Fraction(30), True, True)
    assert not asked(request("wan2.6-r2v-flash", audio=False)).sound


def test_a_clip_made_elsewhere_may_have_any_rate() -> None:
    """No request names a rate; the length is still that of the request."""
    recipe = request()
    clip = replace(bought(recipe, "clip"), model=MADE_ELSEWHERE)
    found, _ = expected(having((clip, recipe)), clip)
    assert (found.seconds, found.rate) == (Fraction(5), None)


def test_a_size_is_expected_where_the_request_names_it() -> None:
    """By tier and ratio, or by `size`; beside a first frame the vendor drops the ratio."""
    by_ratio = asked(request("wan2.7-t2v", ratio="9:16"))
    assert (by_ratio.width, by_ratio.height) == (720, 1280)
    by_size = asked(request("wan2.6-r2v", size="1920*1080"))
    assert (by_size.width, by_size.height) == (1920, 1080)
    beside_a_frame = asked(request("wan2.7-r2v", media={"first_frame": {"url": "a" * 64}}, ratio="16:9"))
    assert beside_a_frame.width is None


@pytest.mark.parametrize(
    ("sides", "tier", "expected_sides"),
    [
        ((1280, 720), "720P", (1280, 720)),
        ((1920, 1080), "1080P", (1920, 1072)),
        ((750, 1000), "720P", (816, 1104)),
        ((1000, 1000), "720P", (960, 960)),
        ((1000, 1000), "480P", (None, None)),
    ],
)
def test_a_size_is_expected_where_it_follows_an_input(
    sides: tuple[int, int], tier: str, expected_sides: tuple[int | None, int | None]
) -> None:
    """A first frame, also of references, a clip and an edited video; as the emulator has it, and the vendor's example.

    The hash of what it is measured against stays the same when the file is gone.
    """
    before = replace(bought(request(), "before"), result=replace(FILM, width=sides[0], height=sides[1]))
    facts = {"sets/coast.png": Facts(Kind.IMAGE, "png", COAST, 1000, *sides)}
    piece: Canonical = {"of": before.digest, "op": "piece", "first": 0, "last": 59, "version": 1}
    for recipe in (
        request(media={"first_frame": {"digest": COAST}}, resolution=tier),
        request(media={"first_clip": piece}, resolution=tier),
        request("wan2.7-r2v", media={"first_frame": {"digest": COAST}}, resolution=tier, ratio="16:9"),
        request("wan2.7-videoedit", media={"video": piece}, resolution=tier, duration=0),
    ):
        take = bought(recipe, "film")
        have = having((before, request()), (take, recipe))
        expectations = Expectations(have, facts, load_catalog())
        found, _ = expectations.placed(expectations.of(take), STORE, lambda _: True)
        assert (found.width, found.height) == expected_sides
        assert Expectations(have, {}, load_catalog()).of(take).key == expectations.of(take).key


@pytest.mark.parametrize(
    "prompt",
    [
        "Shot 1: dawn. Shot 2: noon.",
        "第1个镜头[0-3秒] 海边",
        "A chase, then cut to the harbour",
        "Storyboard: four panels",
    ],
)
def test_a_request_for_several_shots_is_no_single_camera_move(prompt: str) -> None:
    """Its cuts are asked for; so are those of `shot_type: multi`, and those in a video that is edited."""
    assert not asked(request(prompt=prompt)).one_move
    assert not asked(request("wan2.6-r2v", shot_type="multi")).one_move
    assert not asked(request("wan2.7-videoedit", media={"video": {"url": "a" * 64}})).one_move


def test_given_pictures_are_found_by_their_digests() -> None:
    """An asset that changed or may not be opened is missing, and the hash stays that of the same question."""
    recipe = request(media={"first_frame": {"digest": COAST}, "last_frame": {"digest": "b" * 64}})
    take = bought(recipe, "film")
    have = having((take, recipe))
    found, missing = expected(have, take)
    assert found.first_frame is not None
    assert found.first_frame.file == PurePath("sets/coast.png")
    assert (found.last_frame, missing) == (None, {"last_frame"})
    assert expected(have, take, opens=False)[1] == {"first_frame", "last_frame"}
    assert Expectations(have, {}, load_catalog()).of(take).key == Expectations(have, FACTS, load_catalog()).of(take).key


def test_a_chain_is_followed_to_its_first_take() -> None:
    """Through pieces of takes; what was given is the extract, the head is the take."""
    first, clip = request(), bought(request(), "first")
    requests, takes = [first], [clip]
    for number in range(3):
        piece: Canonical = {"of": takes[-1].digest, "op": "piece", "first": 90, "last": 149, "version": 1}
        requests.append(request(prompt=f"On, {number}.", media={"first_clip": piece}))
        takes.append(bought(requests[-1], f"next {number}"))
    have = having(*zip(takes, requests, strict=True))
    derived = {digest.of_json({"of": takes[2].digest, "op": "piece", "first": 90, "last": 149, "version": 1}): "cc.mp4"}
    last, missing = expected(replace(have, derived=derived), takes[-1])
    assert (last.chain_head is not None, last.clip is not None, missing) == (True, True, frozenset())
    assert last.chain_head is not None
    assert last.chain_head.file.name == f"{takes[0].digest}.mp4"
    assert expected(have, takes[0])[0].chain_head is None
    assert expected(replace(have, here=frozenset()), takes[-1])[1] == {"clip", "chain_head"}


def test_a_continuation_of_several_shots_has_their_cuts() -> None:
    """The result contains the clip that it continues."""
    several = request(prompt="Shot 1: dawn. Shot 2: noon.")
    first = bought(several, "first")
    on = request(media={"first_clip": {"of": first.digest, "op": "piece", "first": 0, "last": 59, "version": 1}})
    take = bought(on, "next")
    assert not expected(having((first, several), (take, on)), take)[0].one_move


def test_an_edit_is_as_long_as_the_video_that_goes_in() -> None:
    """A piece of a take has the length of its frames."""
    source = request()
    before = bought(source, "source")
    piece: Canonical = {"of": before.digest, "op": "piece", "first": 0, "last": 59, "version": 1}
    edit = request("wan2.7-videoedit", media={"video": piece}, duration=0)
    take = bought(edit, "edited")
    assert expected(having((before, source), (take, edit)), take)[0].seconds == 2


def test_a_take_without_its_request_is_measured_by_itself() -> None:
    """A lock of another machine, or a model that the catalog does not have any more."""
    take = bought(request(), "film")
    assert expected(Inventory(), take) == (Expected(one_move=False), frozenset())


def test_findings_belong_to_a_take_and_its_request() -> None:
    """The same bytes that answer another request were not measured against that."""
    one, other = request(), request(prompt="Something else.", duration=10)
    take = bought(one, "film")
    have = having((take, one), (bought(other, "film"), other))
    key = Expectations(have, FACTS, load_catalog()).of(take).key
    known = findings_of({key: Measured(take.digest, key)}, have, FACTS, load_catalog())
    assert known == {(take.digest, take.fingerprint): ()}


def still(size: str, *pictures: Canonical) -> dict[str, Canonical]:
    """A recipe of a picture that starts from others."""
    media: list[Canonical] = [{"role": "reference_image", "is": each} for each in pictures]
    return {"model": "wan2.7-image", "prompt": "A door.", "parameters": {"size": size}, "media": media}


@pytest.mark.parametrize(
    ("recipe", "size", "by_word"),
    [
        (still("1280*720"), (1280, 720), False),
        (still("1280*720", {"digest": COAST}), (1280, 720), False),
        (still("2K"), (2048, 2048), True),
        (still("1K", {"digest": "a" * 64}, {"digest": COAST}), (1365, 768), True),
        (still("1K", {"digest": "a" * 64}), (None, None), True),
    ],
)
def test_a_picture_is_measured_against_the_size_of_its_request(
    recipe: dict[str, Canonical], size: tuple[int | None, int | None], by_word: bool
) -> None:
    """A word means a square, or the shape of the last picture that goes in; nothing else is asked of a picture."""
    take = replace(bought(recipe, "door"), result=Picture(1280, 720))
    found, missing = expected(having((take, recipe)), take)
    assert (found.width, found.height, found.size_by_word) == (*size, by_word)
    assert (found.seconds, found.rate, found.sound, found.one_move, missing) == (None, None, False, False, frozenset())


def test_a_picture_that_looks_like_an_earlier_take_has_a_finding() -> None:
    """Of the same request, and by its number: order of arrival does not matter; one that is gone is not named."""
    words, other = still("1280*720"), still("1K")
    looks = [bytes([level]) * 2400 for level in (90, 94, 160, 90, 90)]
    contents = [f"picture {number}" for number in range(5)]
    takes = [replace(bought(words, each), result=Picture(1280, 720)) for each in contents[:4]]
    takes.append(replace(bought(other, contents[4]), result=Picture(1024, 1024)))
    lock = Lock()
    for number, take in reversed(list(enumerate(takes, start=1))):
        lock = add_take(lock, "door", take, words if number < 5 else other, number)
    recipes = {fingerprint(each): each for each in (words, other)}

    def named(lock: Lock) -> list[str]:
        have = Inventory(lock, recipes=recipes)
        keys = [Expectations(have, FACTS, load_catalog()).of(take).key for take in takes]
        known = {
            key: Measured(take.digest, key, thumbnail=look) for key, take, look in zip(keys, takes, looks, strict=True)
        }
        found = findings_of(known, have, FACTS, load_catalog())
        return [", ".join(each.other for each in found[take.digest, take.fingerprint]) for take in takes]

    assert named(lock) == ["", "door.t1", "", "door.t1", ""]
    entry = lock.shots["door"]
    gone = {**entry.takes, takes[0].digest: replace(takes[0], gone=True)}
    assert named(Lock({"door": replace(entry, takes=gone)})) == ["", "", "", "door.t2", ""]
