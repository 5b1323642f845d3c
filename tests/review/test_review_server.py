"""The server of the page over HTTP, as a script asks it: who is answered, what is shown, what a form changes."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from kit.browser import PATIENCE_SECONDS, Review, reviewing
from kit.project import call, rewrite, write_production
from kit.served import PLAIN
from wanflow import api, viewing
from wanflow.cli.main import main
from wanflow.planner.plan import Action
from wanflow.providers.dashscope.regions import KEY_VARIABLE
from wanflow.report.page import pages
from wanflow.review.app import FIXED, ServedLinks

Attributes = dict[str, str | None]


class Elements(HTMLParser):
    """The start tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Attributes] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(dict(attrs))

    def having(self, name: str) -> list[Attributes]:
        """The elements with an attribute."""
        return [each for each in self.found if name in each]


@contextmanager
def visitor_of(review: Review) -> Iterator[httpx.Client]:
    """A client that opened the link."""
    with httpx.Client(base_url=review.base, timeout=PATIENCE_SECONDS, verify=PLAIN) as client:
        reply = client.get(review.address)
        assert (reply.status_code, reply.headers["location"]) == (303, "/")
        yield client


def shot_of(client: httpx.Client, shot: str) -> dict[str, str | None]:
    """The card of a shot on the board."""
    cards = Elements(client.get("/").text).having("data-shot")
    return next(card for card in cards if card["data-shot"] == shot)


def picks(film: Path, shot: str = "coast") -> list[tuple[int, bool, bool]]:
    """Number, whether in use, and whether somebody chose it, of each take of a shot, as the commands see it."""
    rows = [row for row in api.takes(api.plan(api.load(film))) if row.shot == shot]
    return [(row.number, row.picked, row.chosen) for row in rows]


@pytest.fixture(scope="module")
def shared(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Review, httpx.Client]]:
    """A server that only shows, for the tests that change nothing, and a client of it."""
    film = tmp_path_factory.mktemp("shared") / "film"
    shutil.copytree(rendered, film)
    with reviewing(film / "wanflow.yaml", "--read-only") as review, visitor_of(review) as client:
        yield review, client


KEY_OF_TEST = "sk-secret-of-this-test"
VIEWS = (*FIXED.values(), "/shots/coast", "/cuts/main")


@pytest.mark.parametrize("path", [*VIEWS, "/static/page.css", "/static/page.js", "/events", "/run", "/nowhere"])
def test_without_the_cookie_nothing_is_answered(shared: tuple[Review, httpx.Client], path: str) -> None:
    """Neither a page nor a stylesheet; another token helps no more than none."""
    review, _ = shared
    for query in ("", "?token=x", "?token="):
        assert httpx.get(f"{review.base}{path}{query}", timeout=PATIENCE_SECONDS, verify=PLAIN).status_code == 403
    assert httpx.post(f"{review.base}{path}", timeout=PATIENCE_SECONDS, verify=PLAIN).status_code == 403
    cookie = {f"wanflow-{review.port}": "x"}
    assert httpx.get(f"{review.base}{path}", cookies=cookie, timeout=60, verify=PLAIN).status_code == 403


def test_the_cookie_is_for_this_page_alone(production: Path) -> None:
    """No script reads it, and no other site's request has it; the token is not in it, and opens one browser.

    No page has the key that was in the environment.
    """
    with (
        reviewing(production, environ={KEY_VARIABLE: KEY_OF_TEST}) as review,
        httpx.Client(timeout=PATIENCE_SECONDS, verify=PLAIN) as client,
    ):
        assert client.head(review.address).status_code == 403
        reply = client.get(review.address)
        (cookie,) = reply.headers.get_list("set-cookie")
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert review.address.partition("token=")[2] not in cookie
        assert client.get(review.address).status_code == 303  # a reload, or a browser that fetches ahead
        assert KEY_OF_TEST not in "".join(client.get(f"{review.base}{path}").text for path in VIEWS)
        again = httpx.get(review.address, timeout=PATIENCE_SECONDS, verify=PLAIN)
        assert again.status_code == 403
        assert "terminal" in again.text
        assert review.process.stderr is not None
        new = review.process.stderr.readline().split()[-1]
        assert new.startswith(f"{review.base}/?token=")
        assert new != review.address
        assert httpx.get(new, timeout=PATIENCE_SECONDS, verify=PLAIN).status_code == 303


FOREIGN = ("evil.example", "127.0.0.1.evil.example", "192.168.1.7", "127.0.0.1@evil.example", "", "[::2]")


@pytest.mark.parametrize("host", FOREIGN)
def test_another_host_name_is_refused(shared: tuple[Review, httpx.Client], host: str) -> None:
    """A page that gives its own name our address reaches nothing, with the cookie either."""
    _, client = shared
    assert client.get("/", headers={"host": host}).status_code in {400, 403}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
def test_a_form_of_another_site_is_refused(shared: tuple[Review, httpx.Client], headers: dict[str, str]) -> None:
    """Whatever a browser says of where it comes from; before it is known whether the page may change anything."""
    _, client = shared
    assert client.post("/shots/coast/pick", data={"take": "2"}, headers=headers).status_code == 403


def test_every_reply_is_secured(shared: tuple[Review, httpx.Client]) -> None:
    """Nothing inline runs, nothing comes from outside, nothing is guessed or kept."""
    review, client = shared
    for reply in (
        client.get("/"),
        client.get("/nowhere"),
        client.get("/static/page.css"),
        httpx.get(review.base, timeout=PATIENCE_SECONDS, verify=PLAIN),
    ):
        policy = dict(part.strip().partition(" ")[::2] for part in reply.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert {source for name in policy for source in policy[name].split()} == {"'self'", "'none'"}
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
    assert client.get("/").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", VIEWS)
def test_every_view_is_whole_without_a_script(shared: tuple[Review, httpx.Client], path: str) -> None:
    """As a page of its own, with nothing inline and nothing from elsewhere; also asked for by HEAD."""
    _, client = shared
    reply = client.get(path)
    assert reply.status_code == 200, reply.text
    elements = Elements(reply.text)
    assert elements.having("style") == []
    assert [name for each in elements.found for name in each if name.startswith("on")] == []
    links = [each[name] or "" for name in ("href", "src", "action") for each in elements.having(name)]
    assert [link for link in links if not re.match(r"[/#?]", link) or link.startswith("//")] == []
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("path", ["/shots/nix", "/shots/", "/cuts/nix", "/nowhere", "/shots/coast/pick", "/static/nix"])
def test_an_address_without_a_page_says_so(shared: tuple[Review, httpx.Client], path: str) -> None:
    """404, as a page of the production."""
    _, client = shared
    reply = client.get(path)
    assert reply.status_code in {404, 405}
    assert "Short" in reply.text


UPWARDS = (
    "../../wanflow.yaml",
    "..%2f..%2fwanflow.yaml",
    "%2e%2e/%2e%2e/wanflow.yaml",
    "/etc/passwd",
    "..\\..\\x",
    "%00",
)


@pytest.mark.parametrize(
    "place", ["/static/", "/media/", "/shots/", "/cuts/", "/shots/coast?pick=", "/?scene=", "/?token="]
)
@pytest.mark.parametrize("upwards", UPWARDS)
def test_no_address_reaches_a_file(shared: tuple[Review, httpx.Client], place: str, upwards: str) -> None:
    """A way upwards is a name like any other, and nothing has it."""
    _, client = shared
    reply = client.get(f"{place}{upwards}")
    assert reply.status_code in {200, 303, 404, 422}
    assert "first_frame" not in reply.text
    assert "root:" not in reply.text


def test_media_come_by_digest_with_ranges(shared: tuple[Review, httpx.Client]) -> None:
    """A take, its poster, a part of it; a browser keeps them, and no other digest has a file."""
    review, client = shared
    digest = api.takes(api.plan(api.load(review.file)))[0].take.digest
    whole = client.get(f"/media/{digest}")
    assert whole.headers["content-type"] == "video/mp4"
    part = client.get(f"/media/{digest}", headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{len(whole.content)}"
    beyond = client.get(f"/media/{digest}", headers={"range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    assert client.get(f"/media/{digest}", headers={"if-none-match": whole.headers["etag"]}).status_code == 304
    poster = client.get(f"/media/{digest}/poster")
    assert (poster.status_code, poster.headers["content-type"]) == (200, "image/webp")
    for other in ("0" * 64, digest.upper(), digest[:-1], f"{digest}.mp4", f"{digest}/nix"):
        assert client.get(f"/media/{other}").status_code == 404


def test_a_page_that_only_shows_changes_nothing(shared: tuple[Review, httpx.Client]) -> None:
    """405 for every action; the views have no forms that would."""
    review, client = shared
    for action in ("/shots/coast/pick", "/shots/coast/hold", "/shots/coast/release", "/shots/coast/retake", "/run"):
        assert client.post(action, data={"take": "2"}).status_code == 405
    assert picks(review.file) == [(1, True, False), (2, False, False)]
    assert "this page only shows" in client.post("/run").text
    assert "this address does not answer PUT" in client.put("/plan").text


def test_two_hundred_requests_at_once(shared: tuple[Review, httpx.Client]) -> None:
    """All are answered."""
    review, client = shared
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}

    def ask(_: int) -> int:
        return httpx.get(f"{review.base}/", headers=headers, timeout=60, verify=PLAIN).status_code

    with ThreadPoolExecutor(200) as threads:
        statuses = list(threads.map(ask, range(200)))
    assert set(statuses) == {200}


@pytest.fixture
def client(review: Review) -> Iterator[httpx.Client]:
    """A client of a server on a copy of the rendered production."""
    with visitor_of(review) as opened:
        yield opened


def said(html: str) -> str:
    """The message of a page."""
    found = re.search(r'role="status"[^>]*>([^<]*)<', html)
    return found[1] if found else ""


def test_a_pick_is_that_of_the_command(review: Review, client: httpx.Client) -> None:
    """The lock has it, the view says it once in the command's words, and the state that was seen before is old."""
    before = shot_of(client, "coast")
    reply = client.post("/shots/coast/pick", data={"take": "2", "seen": before["data-seen"]})
    assert (reply.status_code, reply.headers["location"]) == (303, "/shots/coast")
    assert picks(review.file) == [(1, False, False), (2, True, True)]
    assert said(client.get("/shots/coast", headers={"x-wanflow-update": "yes"}).text) == ""
    assert said(client.get("/shots/coast").text).startswith("take 2 of coast is picked; a run renders 1 take")
    assert said(client.get("/shots/coast").text) == ""
    old = client.post("/shots/coast/pick", data={"take": "1", "seen": before["data-seen"]})
    assert old.status_code == 409
    assert "changed meanwhile" in said(old.text)
    assert client.post("/shots/coast/pick", data={"take": "1"}).status_code == 303
    assert picks(review.file) == [(1, True, True), (2, False, False)]


def test_hold_release_and_retake_are_those_of_the_commands(review: Review, client: httpx.Client) -> None:
    """Each answers with the view of the shot, whose state follows."""
    for action, state in (("hold", "held"), ("release", "current"), ("retake", "changed")):
        reply = client.post(f"/shots/coast/{action}", data={"seen": shot_of(client, "coast")["data-seen"]})
        assert (reply.status_code, reply.headers["location"]) == (303, "/shots/coast")
        assert shot_of(client, "coast")["data-state"] == state, action
    assert client.post("/shots/coast/retake", data={"count": "3"}).status_code == 303
    plan = api.plan(api.load(review.file))
    assert sum(step.action is Action.RENDER for step in plan.steps) == 4


def test_of_two_tabs_one_wins(client: httpx.Client) -> None:
    """Two picks of one state at the same moment: one is done, the other is told."""
    seen = shot_of(client, "coast")["data-seen"]
    headers = {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}

    def pick(take: int) -> int:
        form = {"take": str(take), "seen": seen}
        picked = f"{client.base_url}/shots/coast/pick"
        return httpx.post(picked, data=form, headers=headers, timeout=60, verify=PLAIN).status_code

    with ThreadPoolExecutor(8) as tabs:
        statuses = sorted(tabs.map(pick, [1, 2] * 4))
    assert statuses == [303, *[409] * 7]


def test_a_pick_in_a_terminal_is_seen_by_the_next_request(review: Review, client: httpx.Client) -> None:
    """The page never shows, nor acts on, what a command changed before."""
    seen = shot_of(client, "coast")["data-seen"]
    api.pick(api.load(review.file), "coast", 2)
    assert shot_of(client, "coast")["data-seen"] != seen
    assert client.post("/shots/coast/pick", data={"take": "1", "seen": seen}).status_code == 409


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/shots/nix/pick", {"take": "1"}, 404),
        ("/shots/coast/pick", {"take": "9"}, 404),
        ("/shots/coast/pick", {}, 422),
        ("/shots/coast/pick", {"take": "-1"}, 422),
        ("/shots/coast/pick", {"take": "１"}, 422),
        ("/shots/coast/pick", {"take": "9" * 5000}, 422),
        ("/shots/coast/pick", {"take": ["1", "2"]}, 400),
        ("/shots/coast/pick", {"take": "1", "note": "x" * 20_000}, 413),
        ("/shots/coast/pick", {f"field{number}": "x" for number in range(50)}, 400),
        ("/shots/coast/retake", {"count": "0"}, 422),
        ("/shots/coast/retake", {"count": "1001"}, 422),
        ("/shots/coast/explode", {}, 405),
        ("/run", {}, 403),
    ],
)
def test_a_form_that_cannot_be_done_changes_nothing(
    shared_writable: tuple[Review, httpx.Client], path: str, form: dict[str, str], status: int
) -> None:
    """A shot or a take that does not exist, a number that is none, a form that is too large, a run that is not allowed."""
    review, client = shared_writable
    reply = client.post(path, data=form)
    assert reply.status_code == status
    assert "Traceback" not in reply.text
    assert picks(review.file) == [(1, True, False), (2, False, False)]


def test_commands_in_messages_name_the_production(shared_writable: tuple[Review, httpx.Client]) -> None:
    """So that they work when they are pasted, as those in a terminal do."""
    review, client = shared_writable
    assert f"wanflow review -f {review.file} --allow-run" in client.post("/run").text


@pytest.fixture(scope="module")
def shared_writable(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Review, httpx.Client]]:
    """A server for forms that change nothing because they cannot be done, and a client of it."""
    film = tmp_path_factory.mktemp("writable") / "film"
    shutil.copytree(rendered, film)
    with reviewing(film / "wanflow.yaml") as review, visitor_of(review) as client:
        yield review, client


def events_of(
    client: httpx.Client, enough: Callable[[list[tuple[str, Attributes]]], bool]
) -> list[tuple[str, Attributes]]:
    """What a page is told until it is enough."""
    told, name, until = list[tuple[str, Attributes]](), "", time.monotonic() + PATIENCE_SECONDS
    with client.stream("GET", "/events") as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        for line in reply.iter_lines():
            key, _, value = line.partition(": ")
            if key == "event":
                name = value
            if key == "data":
                told.append((name, json.loads(value)))
            if enough(told):
                break
            assert time.monotonic() < until, told
    return told


def test_a_saved_file_reaches_the_page(review: Review, client: httpx.Client) -> None:
    """An event says so; a production with errors shows them with file and line, and is whole again afterwards."""
    client.get("/")
    with ThreadPoolExecutor(1) as threads:
        for old, new in (("7-i2v", "7-i3v"), ("7-i3v", "7-i2v")):
            waiting = threads.submit(events_of, client, bool)
            rewrite(review.file, old, new)
            ((name, _),) = waiting.result(PATIENCE_SECONDS)
            assert name == "changed"
            board = client.get("/").text
            assert ("wanflow.yaml" in board) is (new == "7-i3v")
            if new == "7-i3v":
                for path in VIEWS:
                    reply = client.get(path)
                    assert reply.status_code == 200
                    assert "last state without errors" in reply.text
                assert 'data-cut="main"' in client.get("/cuts/main").text
                assert client.post("/shots/coast/pick", data={"take": "2"}).status_code == 409
    review.file.unlink()
    gone = client.get("/")
    assert gone.status_code == 200
    assert "does not exist" in gone.text or "no such file" in gone.text.lower()


def test_a_damaged_lock_is_shown(review: Review, client: httpx.Client) -> None:
    """As the words of the error, never as a bug; a pick is refused."""
    (review.file.parent / ".wanflow" / "animatic.lock").write_text("{", encoding="utf-8")
    reply = client.get("/")
    assert reply.status_code == 200
    assert "animatic.lock" in reply.text
    assert client.post("/shots/coast/pick", data={"take": "1"}).status_code in {404, 409}


def test_a_run_of_the_page_goes_to_its_end(production: Path) -> None:
    """Only as the plan was seen, one at a time; every page hears of it, one that comes late as well."""
    rewrite(production, "comes near", "is near")
    with reviewing(production, "--allow-run") as review, visitor_of(review) as client:
        assert client.post("/run", data={"seen": "0" * 16}).status_code == 409
        client.get("/plan")
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(
                events_of,
                client,
                lambda told: any(each["event"] == "run.finished" for _, each in told if "event" in each),
            )
            begun = client.post("/run")
            assert (begun.status_code, begun.headers["location"]) == (303, "/plan")
            assert client.post("/run").status_code == 409
            told = [each for name, each in waiting.result(PATIENCE_SECONDS) if name == "run"]
        assert told[0]["event"] == "run.started"
        assert told[-1]["exit_code"] == 0
        assert [each["node"] for each in told if each["event"] == "take.stored"] == ["approach.t2"]
        assert shot_of(client, "approach")["data-state"] == "current"


def test_a_run_in_a_terminal_is_followed(review: Review, client: httpx.Client) -> None:
    """Its events come to the page as those of a run of the page."""
    client.get("/")
    rewrite(review.file, "comes near", "is near")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(
            events_of, client, lambda told: any(each.get("event") == "run.finished" for _, each in told)
        )
        assert call(review.file.parent, "run").returncode == 0
        told = [each for name, each in waiting.result(PATIENCE_SECONDS) if name == "run"]
    assert {"run.started", "step.started", "take.stored", "cut.finished", "run.finished"} <= {
        each["event"] for each in told
    }


def test_other_hosts_and_runs_exclude_each_other(tmp_path: Path) -> None:
    """Whoever can reach the page from elsewhere can never spend money."""
    file = str(write_production(tmp_path))
    for words in (["--host", "0.0.0.0", "--allow-run"], ["--read-only", "--allow-run"]):  # noqa: S104
        assert main(["review", "--no-open", "-f", file, *words]) == 2
    assert main(["review", "--no-open", "-f", f"{file}.gone", "--allow-run"]) == 2


HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) {{7*7}}"


def test_whatever_a_production_says_is_text(tmp_path: Path) -> None:
    """Title, prompts, vars and notes; in an error of the production as well. No view has an element that they wrote."""
    shot = {"model": "wan2.7-i2v", "first_frame": "sets/coast.png", "prompt": f"The coast {HOSTILE}", "duration": 2}
    film = {"wanflow": 1, "title": HOSTILE, "shots": {"coast": shot}, "cuts": {"main": ["coast"]}}
    file = write_production(tmp_path)
    for broken in ({}, {HOSTILE: HOSTILE}):
        file.write_text(json.dumps({**film, **broken}), encoding="utf-8")
        snapshot, links = viewing.snapshot(api.load_sound_part(file)), ServedLinks(folder=tmp_path)
        shown = [page.make(snapshot, links) for page in pages.MAIN_PAGES.values()]
        shown += [pages.message(snapshot, links, HOSTILE)]
        assert snapshot.rows or broken
        if snapshot.rows:
            shown += [pages.shot(snapshot, links, "coast"), pages.cut(snapshot, links, "main")]
        for html in shown:
            found = Elements(html).found
            assert "alert(1)" in html
            assert [each for each in found if each.get("src") == "x" or "onerror" in each] == []
            assert "<script>alert" not in html
            assert not [
                link for each in found for name in ("href", "src") if (link := each.get(name) or "").startswith("java")
            ]
