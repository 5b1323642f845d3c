"""Takes and cuts in a real browser: every key, a pick with its price, two takes compared, the film as it would be now."""

from __future__ import annotations

from playwright.sync_api import APIResponse, Browser, Locator, Page, Route, expect

from kit.browser import Review, Visitor, require_usable
from kit.project import rewrite
from wanflow.report.page.pages import STATIC


def frame(page: Page) -> Locator:
    """The frame that the view shows."""
    return page.locator(".takes-side > .transport [data-show=frame], .cut > .transport [data-show=frame]")


def take(page: Page, number: int) -> Locator:
    """A take of the shot."""
    return page.locator(f'.take[data-take="{number}"]')


def moments(page: Page) -> list[float]:
    """Where each player is, in seconds."""
    return [
        round(float(each), 3)
        for each in page.evaluate("[...document.querySelectorAll('video.player')].map(v => v.currentTime)")
    ]


def test_takes_play_in_step_by_keys(review: Review, visitor: Visitor) -> None:
    """Frames, speeds and directions are those that editors know; the sound is that of the take in focus."""
    page = visitor.open(review, "/shots/coast")
    keys = page.keyboard
    expect(page.locator("video.player[controls]")).to_have_count(0)
    keys.press("2")
    expect(take(page, 2)).to_be_focused()
    assert page.evaluate("[...document.querySelectorAll('video.player')].map(v => v.muted)") == [True, False]
    for _ in range(3):
        keys.press("ArrowRight")
    expect(frame(page)).to_have_text("frame 3")
    keys.press("ArrowLeft")
    expect(frame(page)).to_have_text("frame 2")
    assert moments(page) == [0.083, 0.083]
    keys.press("Space")
    expect(page.locator("[data-do=play]").first).to_have_text("Pause")
    keys.press("l")
    expect(page.locator(".takes-side [data-show=speed]")).to_have_text("2 ×")
    keys.press("k")
    expect(page.locator("[data-do=play]").first).to_have_text("Play all")
    first, second = moments(page)
    assert first == second
    keys.press("End")
    expect(frame(page)).to_have_text("frame 59")
    rewrite(review.file, "The coast", "The shore")
    expect(page.locator("details.earlier .take")).to_have_count(2)
    assert moments(page)[0] > 1.9
    keys.press("j")
    expect(frame(page)).not_to_have_text("frame 59")
    keys.press("k")
    keys.press("?")
    expect(page.locator("#help")).to_contain_text("pick the take in focus")


def test_two_takes_are_compared(review: Review, visitor: Visitor) -> None:
    """Side by side, by a wipe that keys and a drag move, and by blinking; by hand where motion is not wanted."""
    page = visitor.open(review, "/shots/coast", reduced_motion="reduce")
    keys = page.keyboard
    keys.press("2")
    keys.press("ArrowRight")
    expect(frame(page)).to_have_text("frame 1")
    keys.press("c")
    players = page.locator(".compare-stage")
    expect(players.locator("video")).to_have_count(2)
    expect(page.locator("dialog.compare [data-show=frame]")).to_have_text("frame 1")
    keys.press("w")
    keys.press("ArrowRight")
    assert players.evaluate("e => e.style.getPropertyValue('--wipe')") == "51%"
    box = players.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 40)
    page.mouse.up()
    assert players.evaluate("e => e.style.getPropertyValue('--wipe')") == "25%"
    keys.press("b")
    expect(players).to_have_attribute("data-upper", "1")
    keys.press("b")
    expect(players).to_have_attribute("data-upper", "0")
    keys.press("s")
    expect(players).to_have_attribute("data-mode", "sides")
    keys.press("Escape")
    expect(take(page, 2)).to_be_focused()


def test_a_pick_with_its_price_changes_the_film_at_once(review: Review, visitor: Visitor) -> None:
    """The price comes before the key; in the cut another tab shows that what follows is not rendered yet."""
    page = visitor.open(review, "/shots/coast")
    told = take(page, 2).locator("[data-consequence]")
    expect(told).to_contain_text("picking take 2 renders approach again (list price")
    cut = visitor.another(page, "/cuts/main")
    expect(cut.locator(".item")).to_have_attribute("data-name", "approach.t1")
    page.bring_to_front()
    take(page, 2).focus()
    page.keyboard.press("Enter")
    expect(take(page, 2)).to_have_attribute("data-picked", "somebody")
    expect(page.locator("#said")).to_contain_text("take 2 of coast is picked")
    expect(cut.locator(".item")).to_have_attribute("data-kind", "missing")
    page.keyboard.press("h")
    expect(page.locator(".shot")).to_have_attribute("data-state", "held")
    page.keyboard.press("h")
    expect(page.locator(".shot")).to_have_attribute("data-state", "current")
    page.keyboard.press("r")
    expect(page.locator("#said")).to_contain_text("coast: 1 more take, with the next run")


def test_a_key_is_obeyed_while_the_reply_to_another_is_on_its_way(review: Review, visitor: Visitor) -> None:
    """The page shows what was done as soon as the server says so, which may be before it answers the key."""
    page = visitor.open(review, "/shots/coast")
    late: list[tuple[Route, APIResponse]] = []
    page.route("**/shots/coast/hold*", lambda route: late.append((route, route.fetch())))
    take(page, 2).focus()
    page.keyboard.press("Enter")
    expect(take(page, 2)).to_have_attribute("data-picked", "somebody")
    page.keyboard.press("h")
    expect(page.locator(".shot")).to_have_attribute("data-state", "held")
    while not late:  # the page may know it before the reply is here
        expect(page.locator(".shot")).to_have_attribute("data-state", "held")
    page.keyboard.press("h")
    ((route, reply),) = late
    route.fulfill(response=reply)
    expect(page.locator(".shot")).to_have_attribute("data-state", "current")


def test_the_film_as_it_would_be_now_plays_from_takes(review: Review, visitor: Visitor) -> None:
    """From item to item, frame by frame, and beside the file as last written."""
    page = visitor.open(review, "/cuts/main")
    keys = page.keyboard
    expect(page.locator("button[data-film-mode=written]")).to_have_attribute("aria-pressed", "true")
    keys.press("m")
    expect(page.locator("[data-film-part=now]")).to_be_visible()
    items = page.locator(".item")
    expect(items).to_have_count(1)
    rewrite(review.file, "main: [coast, approach]", "main: [coast, {shot: approach, overlap: keep}]")
    expect(items).to_have_count(2)
    keys.press("]")
    expect(items.nth(1)).to_have_class("item js-playing")
    begin = int(items.nth(1).get_attribute("data-begin") or 0)
    expect(frame(page)).to_have_text(f"frame {begin}")
    keys.press("ArrowLeft")
    expect(frame(page)).to_have_text(f"frame {begin - 1}")
    expect(items.nth(0)).to_have_class("item js-playing")
    keys.press("Space")
    expect(items.nth(1)).to_have_class("item js-playing")
    keys.press("k")
    items.nth(0).locator("a").click()
    expect(frame(page)).to_have_text("frame 0")
    items.nth(1).locator("a").dblclick()
    page.wait_for_url("**/shots/approach")


def test_every_script_can_be_read(browser: Browser) -> None:
    """A module is read as a whole before what it imports: so a missing import at its end runs none of it."""
    page = browser.new_page()
    for script in sorted(STATIC.glob("*.js")):
        text = f'{script.read_text(encoding="utf-8")}\nimport "about:nothing";'
        fault = page.evaluate(
            """text => import(URL.createObjectURL(new Blob([text], {type: "text/javascript"}))).catch(e => e.name)""",
            text,
        )
        assert fault == "TypeError", script.name
    page.close()


def test_without_scripts_pages_read_and_forms_pick(review: Review, visitor: Visitor) -> None:
    """Players have their own controls, and each take a link to its price."""
    page = visitor.open(review, "/shots/coast", java_script_enabled=False)
    expect(page.locator("video.player[controls]")).to_have_count(2)
    page.get_by_role("link", name="what would this pick do?").click()
    expect(page.locator("[data-consequence='2']")).to_contain_text("renders approach again")
    page.get_by_role("button", name="Pick take 2").click()
    expect(take(page, 2)).to_have_attribute("data-picked", "somebody")
    page.goto(f"{review.base}/cuts/main")
    expect(page.get_by_role("table").first).to_contain_text("changed")


def test_takes_and_cuts_are_for_everybody(review: Review, visitor: Visitor) -> None:
    """Axe finds nothing in light and in dark, and nothing is wider than a small screen."""
    page = visitor.open(review, viewport={"width": 400, "height": 800}, bypass_csp=True)
    for path in ("/shots/coast?pick=2", "/cuts/main"):
        require_usable(page, f"{review.base}{path}")
