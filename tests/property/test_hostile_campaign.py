"""Productions, files and replies of strangers: whatever they write, the commands keep to their rules (kit/hostile).

The campaigns take WANFLOW_CAMPAIGN_SECONDS each, 150 where it is not set.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from kit.audit import watched
from kit.clips import numbered_clip
from kit.fuzz_texts import read_texts
from kit.hostile import KEY, OUTSIDE, SIGNATURE, faults, hostile_folder, read_all
from kit.mutations import RICH, damaged, productions, slips, write_media
from kit.schema_values import HOSTILE, texts, values
from kit.scripted_server import Answer, scripted_server
from wanflow.schemas import PIPELINE, PRODUCTION, bundled, data_folder

SECONDS = float(os.environ.get("WANFLOW_CAMPAIGN_SECONDS", "150"))

SUBTITLES = ("1\n00:00:00,000 --> 00:00:01,000\n", "WEBVTT\n\n00:00.000 --> 00:01.000\n", "[Script Info]\n[Events]\n")

PAID = """\
wanflow: 1
backend: dashscope
shots:
  coast: {model: wan2.7-t2v, prompt: a coast, resolution: 720P, duration: 2}
  wave: {model: wan2.7-i2v, first_frame: sets/coast.png, prompt: a wave, resolution: 720P, duration: 2}
cuts: {main: [coast, wave]}
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film that a service may deliver."""
    path = tmp_path_factory.mktemp("clip") / "made.mp4"
    numbered_clip(path, 48, (320, 180))
    return path.read_bytes()


def test_the_watch_sees_what_it_has_to(tmp_path: Path) -> None:
    """Writing, renaming, linking, connecting and starting; what is allowed is not told of."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    with watched(mine, hosts=[("127.0.0.1", 1)], programs=("python",)) as watch:
        (mine / "a").write_text("x")
        (mine / "a").rename(mine / "b")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", 1))
        subprocess.run([sys.executable, "-c", ""], check=True)
        assert watch.broken == []
        other.mkdir()
        (mine / "b").rename(other / "b")
        (other / "c").symlink_to(mine)
        (other / "c" / "through").write_text("inside after all")
        (mine / "d").symlink_to(other)
        (mine / "d" / "through").write_text("x")
        (other / "b").unlink()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", 2))
        subprocess.run(["/bin/true"], check=True)
    done = [each.split()[0] for each in watch.broken]
    assert done == [
        *("os.mkdir", "os.rename", "os.symlink", "open", "os.remove"),
        *("socket.getaddrinfo", "socket.connect", "subprocess.Popen"),
    ]


@pytest.mark.parametrize(
    "said", ["a\x1b[2J", "\u202egnp", "x\n ::error::y", f"key {KEY.upper()}", OUTSIDE, "##[command]x", "y" * 30_000]
)
def test_what_no_command_may_print_is_noticed(said: str) -> None:
    """A rule that nothing can break would hold nothing."""
    assert [*faults(said, ())]
    assert [*faults("`coast` is new · 水 · ::x", ())] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_in_every_place_keeps_the_rules(text: str, tmp_path: Path) -> None:
    """As name, prompt, path, tag, title, note and value; a fixed history of the campaign."""
    written = json.dumps(text)
    made = f"""\
wanflow: 1
title: {written}
defaults: {{model: wan2.7-t2v, resolution: 720P}}
vars: {{style: {written}}}
shots:
  coast: {{prompt: {written}, tags: [{written}], note: {written}, duration: 2}}
  other: {{prompt: "${{style}}", first_frame: {written}, model: wan2.7-i2v}}
  {written}: {{prompt: x}}
cuts: {{main: [coast, {written}, {{title: {written}, duration: 2}}, {{file: {written}}}], {written}: [coast]}}
{written}: {written}
"""
    with hostile_folder(tmp_path) as held:
        held.write({"wanflow.yaml": made.encode("utf-8", "surrogatepass")})
        for words in (("validate",), ("validate", "--format", "github"), ("plan",), ("status",), ("show", text)):
            held.run(*words)
        held.require_sound()


def test_a_service_that_means_harm_keeps_the_rules(tmp_path: Path, clip: bytes) -> None:
    """It repeats the key and a signature, names other hosts, and talks to terminals; a fixed history."""
    output = {"task_id": "t-1", "task_status": "SUCCEEDED", "video_url": f"HERE/b.mov?Signature={SIGNATURE}"}
    evil = {"code": f"Bad\x1b[2J{KEY}", "message": f"::error::{KEY}\u202e", "request_id": KEY}
    replies = [(200, {"output": output, "request_id": KEY}), (400, evil), (200, {"output": {**output, **evil}})]
    for number, reply in enumerate(replies):
        (tmp_path / str(number)).mkdir()
        serve(tmp_path / str(number), [reply], clip)


def serve(root: Path, replies: list[tuple[int, object]], clip: bytes) -> None:
    """Run a paid production against a service that gives these replies in turn, then look at what is left."""
    given_so_far = 0

    def lie(method: str, path: str) -> Answer:
        nonlocal given_so_far
        if path.endswith(".mp4"):
            return 200, clip
        status, content = replies[given_so_far % len(replies)]
        given_so_far += 1
        body = json.dumps(content).replace("HERE", here).encode("utf-8", "surrogatepass")
        return status, body

    here = ""
    with scripted_server(lie) as liar:
        here = liar.base_url.removesuffix("/api/v1")
        address = ("127.0.0.1", int(here.rpartition(":")[2]))
        with hostile_folder(root, liar.base_url, [address]) as held, pytest.MonkeyPatch.context() as patch:
            patch.setattr("wanflow.providers.retrying.LONGEST_SECONDS", 0)
            patch.setattr("wanflow.runner.download.PAUSES", (0, 0))
            patch.setattr("wanflow.runner.take.UNKNOWN_PAUSES", (0, 0, 0))
            held.write({"wanflow.yaml": PAID.encode()})
            write_media("rich", held.folder)
            waiting = ("--timeout", "1", "--poll-interval", "0.01", "--grace", "0")
            held.run("run", "--yes", *waiting)
            held.run("run", "--yes", "--json", *waiting)
            held.run("collect", *waiting)
            for words in (
                ("status", "-v"),
                ("status", "--json"),
                ("takes",),
                ("costs",),
                ("why", "coast"),
                ("doctor",),
            ):
                held.run(*words)
            held.require_sound()


def test_bytes_of_texts_end_in_problems() -> None:
    """A few hundred of those that the fuzzer tries for minutes."""
    judge = settings(max_examples=300, deadline=None, database=None)(given(st.binary(max_size=200))(read_texts))
    judge()


# The campaigns

SCHEMA = bundled(PRODUCTION)
TEXT = st.dictionaries(
    st.sampled_from(("wanflow.yaml", "people.yaml", "scenes/harbour.yaml", "pipes/two.yaml")),
    st.one_of(st.binary(max_size=400), texts().map(str.encode), st.sampled_from([*RICH.values()])),
    min_size=1,
)


def as_files(production: Any, pipeline: Any, subtitles: str) -> Mapping[str, bytes]:
    """A generated production, with a pipeline and subtitles beside it."""

    def written(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, allow_nan=True).encode("utf-8", "surrogatepass")

    return {"wanflow.yaml": written(production), "pipes/two.yaml": written(pipeline), "a.srt": subtitles.encode()}


GENERATED = st.builds(
    as_files,
    values(SCHEMA, SCHEMA),
    values(bundled(PIPELINE), bundled(PIPELINE)),
    st.builds("".join, st.lists(st.one_of(st.sampled_from(SUBTITLES), texts()), max_size=6)),
)
DAMAGED = st.builds(damaged, st.sampled_from([*productions().values()]), st.lists(slips, min_size=1, max_size=4))


def campaign(example: st.SearchStrategy[Any], judge: Callable[[Any], None]) -> None:
    """Judge examples until the time is over; hypothesis begins anew with another seed for each few of them."""
    end, number = time.monotonic() + SECONDS, random.SystemRandom().randrange(2**32)
    while time.monotonic() < end:
        number += 1

        @seed(number)
        @settings(
            max_examples=25,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(example)
        def examples(made: Any) -> None:
            if time.monotonic() < end:
                judge(made)

        examples()


@pytest.mark.slow
def test_generated_and_damaged_productions_keep_the_rules(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each command that reads one; what is planned for free is sometimes rendered."""

    def judge(texts_of: Mapping[str, bytes]) -> None:
        with hostile_folder(tmp_path_factory.mktemp("film")) as held:
            write_media("rich", held.folder)
            held.write({**RICH, **texts_of})
            read_all(held, "coast")
            held.require_sound()

    campaign(st.one_of(GENERATED, DAMAGED, TEXT), judge)


@pytest.mark.slow
def test_rendered_productions_with_hostile_texts_keep_the_rules(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An animatic with hostile words in each place that a render draws or writes, and what is shown of it afterwards."""

    def judge(words: list[str]) -> None:
        prompt, title, tag, note, cut, caption = (json.dumps(word, ensure_ascii=False) for word in words)
        made = f"""\
wanflow: 1
title: {title}
defaults: {{model: wan2.7-t2v, resolution: 720P, duration: 2}}
shots:
  coast: {{prompt: {prompt}, tags: [{tag}], note: {note}}}
cuts: {{main: {{items: [coast, {{title: {cut}, duration: 1}}], subtitles: a.srt, size: 320x180}}}}
"""
        with hostile_folder(tmp_path_factory.mktemp("film")) as held:
            subtitles = f"{SUBTITLES[0]}{caption}\n".encode("utf-8", "surrogatepass")
            held.write({"wanflow.yaml": made.encode("utf-8", "surrogatepass"), "a.srt": subtitles})
            for done in (
                ("run",),
                ("run", "--json"),
                ("status",),
                ("takes",),
                ("show", "coast"),
                ("why", "main"),
                ("doctor",),
            ):
                held.run(*done)
            for form in ("otio", "edl", "fcp7", "srt"):
                held.run("export", "main", "--format", form)
            held.run("gc", "--yes")
            held.require_sound()

    campaign(st.lists(texts(), min_size=6, max_size=6), judge)


def wire(name: str) -> st.SearchStrategy[Any]:
    """Replies of a kind, by the schema of the wire, with the key, signatures and addresses of others in them."""
    schema = json.loads((data_folder("schemas") / "wire" / f"{name}.json").read_text(encoding="utf-8"))
    addresses = (
        "HERE/a.mp4",
        f"HERE/a.mp4?Signature={SIGNATURE}",
        "http://169.254.169.254/x",
        "file:///etc/passwd",
        "t-1",
    )
    secrets = (KEY, f"Bearer {KEY.upper()}", f"see https://h.example/a?Signature={SIGNATURE}")
    return values(schema, schema, (*HOSTILE, *addresses, *addresses, *secrets))


@pytest.mark.slow
def test_hostile_replies_keep_the_rules(tmp_path_factory: pytest.TempPathFactory, clip: bytes) -> None:
    """A service whose replies are of the right kind, and say anything."""
    kinds = [
        wire(name) for name in ("submit-reply", "task-reply", "list-reply", "policy-reply", "error", "cancel-reply")
    ]
    accepted = st.just({"output": {"task_id": "t-1", "task_status": "PENDING"}, "request_id": "r"})
    done = st.just(
        {"output": {"task_id": "t-1", "task_status": "SUCCEEDED", "video_url": "HERE/a.mp4"}, "request_id": "r"}
    )
    status = st.sampled_from((200, 200, 200, 200, 400, 401, 403, 404, 429, 500))
    reply = st.tuples(status, st.one_of(accepted, done, *kinds))
    campaign(
        st.lists(reply, min_size=1, max_size=5), lambda replies: serve(tmp_path_factory.mktemp("film"), replies, clip)
    )


@pytest.mark.slow
def test_bytes_of_texts_end_in_problems_for_minutes() -> None:
    """Under atheris, which follows the branches that are taken, where it is installed; else under hypothesis."""
    if find_spec("atheris") is None:
        campaign(st.one_of(st.binary(max_size=4_000), texts().map(str.encode)), read_texts)
        return
    command = [
        sys.executable,
        "-m",
        "kit.fuzz_texts",
        f"-max_total_time={SECONDS:.0f}",
        "-timeout=20",
        "-rss_limit_mb=1500",
    ]
    folder = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
