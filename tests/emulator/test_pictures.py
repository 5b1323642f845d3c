"""Pictures of the emulator: how they are asked for, what they look like, and which faults they can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import anyio
import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat, UnidentifiedImageError

from kit.emulated import FILM_SECONDS, plain_picture, premade
from kit.film_checks import frames, likeness
from kit.film_set import I2V, RULES, FilmSet
from kit.film_set import order as film_order
from kit.wire_schemas import complaints
from wanflow.emulator.api import validate
from wanflow.emulator.api.endpoint import KEY, AccountTerms, EmulatedEndpoint
from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.emulator.api.order import (
    FAULTS_OF_PICTURES,
    FilmFault,
    FilmFaultKind,
    Grade,
    Order,
    OrderItem,
    Rejected,
    RenderedPicture,
)
from wanflow.emulator.film.render import result_job
from wanflow.language.checks import Check
from wanflow.media.checks.picture_check import thumbnail_of
from wanflow.media.checks.take_check import CheckTake
from wanflow.media.jobs import RunningProcesses, Worker
from wanflow.store.findings import Expected, duplicate_of

MODEL = "wan2.7-image"
VIDEO_PATH = "/services/aigc/video-generation/video-synthesis"
PATH = "/services/aigc/image-generation/generation"
KEYED = {"Authorization": f"Bearer {KEY}", "X-DashScope-Async": "enable"}
KEEPER = "The keeper at a red door"
SKY = {"hex": "#C2D1E6", "ratio": "25.00%"}


def body(*parts: Mapping[str, object], model: str = MODEL, **parameters: object) -> dict[str, Any]:
    """One message with these parts, else with words alone."""
    content = [*parts] or [{"text": KEEPER}]
    return {"model": model, "input": {"messages": [{"role": "user", "content": content}]}, "parameters": parameters}


@pytest.fixture(scope="module")
def film_set(tmp_path_factory: pytest.TempPathFactory) -> FilmSet:
    """Drawn media for all pictures of this file."""
    return FilmSet(tmp_path_factory.mktemp("set"))


def order(*items: OrderItem, words: str = KEEPER, fault: FilmFaultKind | None = None, **settings: Any) -> Order:
    """An order of a small picture."""
    given = {"size": "1024*576", "seed": 3, "n": 1, "enable_sequential": False, **settings}
    return Order(RULES[MODEL], words, items, given, fault=None if fault is None else FilmFault(fault))


def drawn(film_set: FilmSet, asked: Order) -> Path:
    """The file of a picture."""
    target = film_set.bucket.result_place(repr(asked), ".png")
    root = Path(target.root)
    result_job(asked, target, film_set.bucket, root, Grade.DRAFT).perform(Worker(root, RunningProcesses()))
    return target


def picture(film_set: FilmSet, asked: Order) -> Image.Image:
    """A picture, looked at."""
    with Image.open(drawn(film_set, asked)) as found:
        assert (found.format, found.mode) == ("PNG", "RGB")
        found.load()
        return found


@pytest.mark.anyio
async def test_a_task_of_pictures_answers_as_the_page_shows(tmp_path: Path) -> None:
    """A choice for each picture, their number and size as usage, and no key of a film (service.md 9.1)."""
    async with premade(tmp_path) as endpoint:
        done = await _ended(endpoint, body(n=2, size="1280*720"))
        (row,) = (await endpoint.exchange("GET", "/tasks/", KEYED, {}))[1]["data"]  # type: ignore[misc]
    assert complaints("task-reply", done) == []
    output: Any = done["output"]
    assert output["task_status"] == "SUCCEEDED"
    assert output["finished"] is True
    assert output.keys().isdisjoint({"video_url", "orig_prompt"})
    addresses = [choice["message"]["content"][0]["image"] for choice in output["choices"]]
    assert len(set(addresses)) == 2
    assert all(".png?" in address for address in addresses)
    assert done["usage"] == {
        "image_count": 2, "size": "1280*720", "input_tokens": 0, "output_tokens": 0, "total_tokens": 0,
    }  # fmt: skip
    assert row["user_api_unique_key"] == f"apikey:v1:aigc:image-generation:generation:{MODEL}"


@pytest.mark.anyio
async def test_a_series_is_one_choice(tmp_path: Path) -> None:
    """The model decides how many; here four of the twelve that are the default."""
    async with premade(tmp_path) as endpoint:
        done = await _ended(endpoint, body(enable_sequential=True))
    output: Any = done["output"]
    assert [len(choice["message"]["content"]) for choice in output["choices"]] == [4]
    assert complaints("task-reply", done) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "model", "status"),
    [(VIDEO_PATH, MODEL, 400), (PATH, I2V, 400), (PATH, "wan9-image", 404), ("/services/aigc/a/b/c", MODEL, 404)],
)
async def test_a_model_on_the_path_of_another_is_refused_at_once(
    path: str, model: str, status: int, tmp_path: Path
) -> None:
    """With the words of the vendor's list of errors."""
    async with premade(tmp_path) as endpoint:
        refused, reply = await endpoint.exchange("POST", path, KEYED, body(model=model))
    assert refused == status
    if status == 400:
        assert (reply["code"], reply["message"]) == ("InvalidParameter", "url error, please check url！")


@pytest.mark.anyio
async def test_an_upload_in_a_message_needs_the_header_that_resolves_it(tmp_path: Path) -> None:
    """Words that begin so are only words."""
    async with premade(tmp_path) as endpoint:
        sent = body({"image": "oss://a/b.png"}, {"text": "x"})
        assert (await endpoint.exchange("POST", PATH, KEYED, sent))[1]["code"] == "invalid_parameter_error"
        assert (await endpoint.exchange("POST", PATH, KEYED, body({"text": "oss://a/b.png"})))[0] == 200


async def _ended(endpoint: EmulatedEndpoint, sent: Mapping[str, object]) -> Mapping[str, object]:
    _, accepted = await endpoint.exchange("POST", PATH, KEYED, sent)
    task: Any = accepted["output"]
    await anyio.sleep(FILM_SECONDS * 4 + 1)
    _, done = await endpoint.exchange("GET", f"/tasks/{task['task_id']}", KEYED, {})
    return done


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"model": MODEL, "input": {}}, "Field required: input.messages"),
        ({"model": MODEL, "input": {"messages": [1, 2]}}, "must be one message of the role 'user'"),
        ({"model": MODEL, "input": {"messages": [{"role": "user"}]}}, "Field required: input.messages.0.content"),
        (body({"image": "https://h/a.png"}), "Field required: input.prompt"),
        (body({"text": " "}), "prompt must contain words"),
        (body({"text": "a"}, {"text": "b"}), "exactly one text"),
        (body({"image": 7}, {"text": "a"}), "Input should be a valid string: input.messages.0.content.0.image"),
        (body(*[{"image": "https://h/a.png"}] * 10, {"text": "a"}), "Too many reference_image items"),
        (body(size="4K"), "size must be in 1K,2K or width*height with 589824 to 4194304 pixels"),
        (body(size="700*700"), "size must be in"),
        (body(size="4000*400"), "an aspect ratio of 1:8 to 8:1"),
        (body(size="1280x720"), "size must be in"),
        (body(n=5), "N should be between 1 and 4"),
        (body(n=13, enable_sequential=True), "N should be between 1 and 12"),
        (body(n=True), "Input should be a valid integer: parameters.n"),
        (body(color_palette="#C2D1E6"), "Input should be a valid list: parameters.color_palette"),
        (body(color_palette=[SKY, SKY]), "color_palette should have 3 to 10 colors"),
        (body(color_palette=[7] * 3), "Input should be a valid dictionary: parameters.color_palette.0"),
        (body(color_palette=[SKY, SKY, {"hex": "#000000"}]), "Field required: parameters.color_palette.2.ratio"),
        (body(color_palette=[{**SKY, "hex": 7}] * 3), "Input should be a valid string: parameters.color_palette.0.hex"),
        (body(color_palette=[{**SKY, "ratio": "25%"}] * 4), "Invalid value: parameters.color_palette.0.ratio"),
        (body(color_palette=[SKY] * 3), "The sum of all ratio values in color_palette must be 100.00%"),
        (body(color_palette=[SKY] * 4, enable_sequential=True), "only supported when enable_sequential is false"),
    ],
)
def test_what_breaks_the_rules_fails_inside_the_task(sent: Mapping[str, object], message: str) -> None:
    """As for films."""
    with pytest.raises(Rejected) as caught:
        validate.check_request(sent, RULES)
    assert message in caught.value.message


def test_the_edges_of_sizes_are_taken() -> None:
    """A picture in four seconds of arithmetic: the least and the most pixels, the longest side."""
    for size in ("768*768", "2048*2048", "2176*272", "1K", "2K"):
        assert validate.check_request(body(size=size), RULES).settings["size"] == size
    assert validate.check_request(body(), RULES).settings | {"size": "2K", "n": 1} == {
        "size": "2K", "thinking_mode": True, "watermark": False, "enable_sequential": False, "n": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("size", "given", "wanted"),
    [
        ("1280*720", (), (1280, 720)),
        ("1K", (), (1024, 1024)),
        ("2K", ("day",), (2730, 1536)),
        ("1K", ("tall", "day"), (1365, 768)),
    ],
)
def test_a_word_for_the_size_has_the_aspect_of_the_last_picture(
    size: str, given: tuple[str, ...], wanted: tuple[int, int], film_set: FilmSet, tmp_path: Path
) -> None:
    """Without a picture it is square; pixels are exact."""
    Image.new("RGB", (400, 800), "navy").save(tmp_path / "tall.png")
    files = {"day": film_set.day, "tall": tmp_path / "tall.png"}
    items = [film_set.item("reference_image", files[name]) for name in given]
    assert picture(film_set, order(*items, size=size)).size == wanted


def test_words_and_seed_show(film_set: FilmSet) -> None:
    """Two prompts and two seeds give pictures that differ; the same request gives the same bytes."""
    first = picture(film_set, order())
    assert likeness(first, picture(film_set, order(words="A gull over the sea"))) < 25
    assert likeness(first, picture(film_set, order(seed=4))) < 25
    one, two = order(), replace(order(), number=0)
    assert drawn(film_set, one).read_bytes() == drawn(film_set, two).read_bytes()
    assert drawn(film_set, order(thinking_mode=False)).read_bytes() != drawn(film_set, one).read_bytes()


def test_a_picture_has_the_colours_that_it_was_asked_for(film_set: FilmSet) -> None:
    """Nearly all of it above the words, each colour by its share; other colours are another picture."""
    colors = (("#C2D1E6", "60.00%"), ("#803010", "30.00%"), ("#101820", "10.00%"))
    asked = validate.check_request(body(color_palette=[{"hex": code, "ratio": share} for code, share in colors]), RULES)
    assert asked.colors == colors
    shown = picture(film_set, replace(order(), colors=colors)).crop((0, 0, 1024, 380))
    counts = {color: number for number, color in shown.getcolors(1 << 20) or []}
    named = [counts.get(color, 0) for color in ((0xC2, 0xD1, 0xE6), (0x80, 0x30, 0x10), (0x10, 0x18, 0x20))]
    assert sum(named) > 0.95 * 1024 * 380
    assert drawn(film_set, replace(order(), colors=colors[:2])).read_bytes() != drawn(film_set, order()).read_bytes()


def test_each_of_several_pictures_is_another_one(film_set: FilmSet) -> None:
    """The second picture of one seed is the first of the next."""
    second = replace(order(n=2), number=1)
    assert likeness(picture(film_set, order()), picture(film_set, second)) < 25
    assert likeness(picture(film_set, order(seed=4)), picture(film_set, second)) > 60


def test_the_night_is_darker(film_set: FilmSet) -> None:
    """Words call for a look, as in an edit."""
    day, night = (_light(picture(film_set, order(words=f"{when} at the tower"))) for when in ("Noon", "Night"))
    assert night < day * 0.8


def _light(image: Image.Image) -> float:
    return float(ImageStat.Stat(image.convert("L")).mean[0])


def test_a_reference_can_be_recognised(film_set: FilmSet) -> None:
    """It lies whole on the scene, at the upper part of the picture."""
    plain = order()
    shown = picture(film_set, order(film_set.item("reference_image", film_set.day)))
    changed = ImageChops.difference(shown, picture(film_set, plain)).convert("L").point([0] * 24 + [255] * 232)
    left, top, right, bottom = changed.getbbox() or (0, 0, 0, 0)
    middle = ((left + right) // 2, (top + bottom) // 2)
    side = Image.open(film_set.day).convert("RGB").resize((40, 40)).getpixel((30, 5))
    assert bottom < 576 * 0.8
    assert _near(shown.getpixel((middle[0] + (right - left) // 4, middle[1] - (bottom - top) // 3)), side)


def _near(one: object, other: object) -> bool:
    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 12


def test_a_reference_out_of_reach_is_a_card(film_set: FilmSet) -> None:
    """Nothing is fetched, and the picture is drawn."""
    far = OrderItem("reference_image", "https://h.example/a.png?signature=s")
    assert likeness(picture(film_set, order(far)), picture(film_set, order())) < 30


def test_a_reference_is_held_to_the_rules_of_the_model(film_set: FilmSet, tmp_path: Path) -> None:
    """A small one fails the task, in the words for films."""
    Image.new("RGB", (100, 100)).save(tmp_path / "small.png")
    with pytest.raises(Rejected, match="The height or width of image must be 240 ~ 8000"):
        drawn(film_set, order(film_set.item("reference_image", tmp_path / "small.png")))


def test_a_film_that_starts_from_a_still_begins_with_it(film_set: FilmSet) -> None:
    """The same pixels, as well as H.264 keeps them."""
    still = drawn(film_set, order(size="1280*720"))
    film = film_set.film(film_order(I2V, film_set.item("first_frame", still)))
    assert likeness(frames(film.path)[0], Image.open(still)) > 34


@pytest.mark.parametrize("kind", sorted(FAULTS_OF_PICTURES))
def test_a_picture_is_delivered_with_a_fault(kind: FilmFaultKind, film_set: FilmSet) -> None:
    """One at a time, each as the page says."""
    good, place = picture(film_set, order()), drawn(film_set, order(fault=kind))
    if kind is FilmFaultKind.CUT_OFF:
        with Image.open(place) as cut, pytest.raises((OSError, UnidentifiedImageError)):
            cut.load()
        return
    bad = Image.open(place).convert("RGB")
    match kind:
        case FilmFaultKind.BLACK:
            assert bad.getextrema() == ((0, 0), (0, 0), (0, 0))
        case FilmFaultKind.SIZE:
            assert bad.size == (512, 288)
        case FilmFaultKind.LETTERBOX:
            assert bad.crop((0, 0, 1024, 70)).getextrema() == ((0, 0), (0, 0), (0, 0))
            assert bad.crop((0, 100, 1024, 470)).tobytes() == good.crop((0, 100, 1024, 470)).tobytes()
        case FilmFaultKind.BLURRED:
            assert _edges(bad) < _edges(good) * 0.7
        case _:
            again = picture(film_set, order(seed=99, fault=kind))
            assert again.tobytes() == bad.tobytes()


def _edges(image: Image.Image) -> float:
    return float(ImageStat.Stat(image.convert("L").filter(ImageFilter.FIND_EDGES)).mean[0])


@pytest.mark.anyio
async def test_a_fault_of_films_does_not_count_a_picture(tmp_path: Path) -> None:
    """And the other way round: of two tasks each gets the fault that its result can have."""
    faults = [
        ScriptedFault("task", film=FilmFault(FilmFaultKind.DRIFT)),
        ScriptedFault("task", film=FilmFault(FilmFaultKind.BLURRED)),
    ]
    seen: list[Order] = []

    async def made(asked: Order, target: Path) -> RenderedPicture:
        seen.append(asked)
        return plain_picture(asked, target)

    async with premade(tmp_path, terms=AccountTerms(faults=tuple(faults)), filming=made) as endpoint:
        await endpoint.exchange("POST", PATH, KEYED, body())
        await anyio.sleep(1)
    assert [each.fault and each.fault.kind for each in seen] == [FilmFaultKind.BLURRED]


@pytest.mark.parametrize("kind", [None, *sorted(FAULTS_OF_PICTURES - {FilmFaultKind.CUT_OFF})])
def test_a_fault_of_a_picture_is_found(kind: FilmFaultKind | None, film_set: FilmSet) -> None:
    """By the check that is called like it; a picture without a fault has no findings, nor has one of references."""
    asked = [order(fault=kind), order(film_set.item("reference_image", film_set.day), seed=5, fault=kind)]
    measured = [
        CheckTake(PurePath(path.name), Expected(width=1024, height=576)).perform(Worker(path.parent))
        for path in (drawn(film_set, each) for each in asked)
    ]
    duplicate = duplicate_of(
        measured[0].thumbnail, {"other": thumbnail_of(picture(film_set, order(seed=9, fault=kind)))}
    )
    expected = set() if kind in {None, FilmFaultKind.DUPLICATE} else {Check(str(kind))}
    assert [{each.check for each in found.findings} for found in measured] == [expected] * 2
    assert (duplicate is not None) is (kind in {FilmFaultKind.DUPLICATE, FilmFaultKind.BLACK})
