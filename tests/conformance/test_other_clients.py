"""Public clients of other people against the emulator: from npm and from PyPI, installed for the test.

Where a registry cannot be reached there is nothing to compare, so these tests are skipped there, and only there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kit.served import Served, served
from wanflow.emulator.api.app import BASE
from wanflow.emulator.api.endpoint import KEY
from wanflow.emulator.api.server import Serving

pytestmark = pytest.mark.slow

NODE_CLIENT = ("@ai-sdk/alibaba@1.0.61", "ai@6.0.326")
PYTHON_CLIENT = "ali-bailian-mcp==0.7.0"
PATIENCE_SECONDS = 250
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "NewConnectionError", "Name or service not known")
"""Words of npm and pip about a registry that cannot be reached."""

NODE = """\
import { createAlibaba } from '@ai-sdk/alibaba';
import { experimental_generateVideo as generateVideo } from 'ai';
const [root, apiKey, asked] = process.argv.slice(2);
const { model, alibaba, ...more } = JSON.parse(asked);
const { video, providerMetadata } = await generateVideo({
  model: createAlibaba({ apiKey, videoBaseURL: root }).video(model),
  maxRetries: 0,
  providerOptions: { alibaba: { pollIntervalMs: 100, ...alibaba } },
  download: async ({ url }) => {
    const reply = await fetch(url);
    return { data: new Uint8Array(await reply.arrayBuffer()), mediaType: reply.headers.get('content-type') };
  },
  ...more,
});
console.log(JSON.stringify({ bytes: video.uint8Array.length, type: video.mediaType, ...providerMetadata.alibaba }));
"""

PYTHON = """\
import json, sys
from ali_bailian_mcp import media
asked = json.loads(sys.argv[1])
print(json.dumps(media.generate_video(asked, asked.pop("out"), 60)))
"""


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    """An emulator that draws films as fast as it can, cards for models that it does not know."""
    with served(Serving(speed=1000, any_model=True)) as running:
        yield running


def run(words: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> str:
    """What a program says on stdout; skips the test where it cannot reach a registry."""
    done = subprocess.run(
        words,
        check=False,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode and any(word in done.stderr for word in UNREACHABLE):
        pytest.skip("the registry cannot be reached")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the client from npm is installed."""
    npm = shutil.which("npm")
    assert npm is not None, "make test-slow needs Node and npm"
    folder = tmp_path_factory.mktemp("node")
    run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", ".", *NODE_CLIENT], folder)
    (folder / "client.mjs").write_text(NODE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the client from PyPI is installed."""
    folder = tmp_path_factory.mktemp("python")
    run([sys.executable, "-m", "pip", "install", "-q", "--target", "packages", PYTHON_CLIENT], folder)
    return folder


def generate(node: Path, service: Served, **asked: Any) -> Mapping[str, Any]:
    """A film by the client from npm."""
    root = service.base_url.removesuffix(BASE)
    words = ["node", "client.mjs", root, KEY, json.dumps(asked)]
    found: Mapping[str, Any] = json.loads(run(words, node))
    return found


@pytest.mark.parametrize(
    ("asked", "usage"),
    [
        ({"model": "wan2.7-t2v", "aspectRatio": "9:16"}, {"resolution": 720, "duration": 2}),
        (
            {"model": "wan2.6-r2v-flash", "alibaba": {"referenceUrls": ["https://h.example/a.png"]}},
            {"resolution": 720, "size": "1280*720"},
        ),
        (
            {
                "model": "wan2.7-r2v",
                "alibaba": {"media": [{"type": "reference_image", "url": "https://h.example/a.png"}]},
            },
            {"resolution": 720, "ratio": "16:9"},
        ),
        ({"model": "some-model-of-tomorrow"}, {"resolution": 720, "duration": 2}),
    ],
    ids=lambda value: value.get("model") if isinstance(value, dict) else None,
)
def test_the_ai_sdk_gets_its_film(
    node: Path, service: Served, asked: Mapping[str, Any], usage: Mapping[str, Any]
) -> None:
    """Submitted, polled and downloaded; its metadata are the figures of the reply."""
    done = generate(node, service, prompt="a coast", resolution="1280x720", duration=2, **asked)
    assert (done["type"], done["bytes"] > 10_000) == ("video/mp4", True)
    assert usage.items() <= done["usage"].items()


def test_the_mcp_server_uploads_and_delivers(python: Path, service: Served) -> None:
    """Two local frames under the policies of their model; the film lies in the folder that was named."""
    for name in ("first", "last"):
        Image.new("RGB", (640, 360), "teal").save(python / f"{name}.png")
    asked = dict.fromkeys(("file", "link", "prompt_extend", "seed"), None) | {
        "prompt": "a boat", "model": "wan", "first_frame": str(python / "first.png"), "last_frame": str(python / "last.png"),
        "reference_images": [], "reference_videos": [], "reference_audios": [], "resolution": "720P",
        "ratio": "16:9", "duration": 2, "audio": True, "watermark": False, "parameters": None, "out": str(python / "out"),
    }  # fmt: skip
    environ = {
        "PYTHONPATH": str(python / "packages"),
        "DASHSCOPE_API_KEY": KEY,
        "DASHSCOPE_BASE_URL": service.base_url.removesuffix(BASE),
        "BAILIAN_JOB_DIR": str(python / "jobs"),
    }
    done = json.loads(run([sys.executable, "-c", PYTHON, json.dumps(asked)], python, environ))
    assert (done["ok"], done["status"]) == (True, "SUCCEEDED"), done
    assert done["usage"]["duration"] == 2
    (film,) = done["files"]
    assert Path(film).read_bytes()[4:8] == b"ftyp"
