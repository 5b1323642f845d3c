"""A cut that cannot be made fails alone: ffmpeg ends with an error, and everything else of the run is made."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from wanflow.media.ffmpeg import find_ffmpeg

SPEC = """\
wanflow: 1
cuts:
  bad:
    items: [{file: a.png, duration: 0.2}, {file: b.png, duration: 0.2}]
    size: 68x36
  good:
    items: [{file: a.png, duration: 0.2}, {file: b.png, duration: 0.2}]
    size: 64x36
"""
BROKEN = """\
#!/bin/sh
case "$*" in *68x36*|*68:36*|*w=68*|*width=68*) echo "broken on purpose" >&2; exit 1;; esac
exec "{ffmpeg}" "$@"
"""


def test_other_cuts_are_made_where_one_fails(wanflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of its segments fail side by side; the run ends with 1, tells ffmpeg's words, and has the other film."""
    monkeypatch.chdir(tmp_path)
    broken = tmp_path / "ffmpeg"
    broken.write_text(BROKEN.format(ffmpeg=find_ffmpeg(os.environ)), encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("WANFLOW_FFMPEG", str(broken))
    Path("wanflow.yaml").write_text(SPEC, encoding="utf-8")
    for name, color in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (64, 36), color).save(f"{name}.png")
    said = wanflow("run", "--json", "-j", "2")
    events = [json.loads(line) for line in said.out.splitlines()]
    assert (said.code, events[-1]["failed"], events[-1]["cuts"]) == (1, 1, {"good": "out/good.mp4"})
    assert "broken on purpose" in said.out
    assert not Path("out/bad.mp4").exists()
    monkeypatch.delenv("WANFLOW_FFMPEG")
    assert wanflow("run", "-q").code == 0
    assert Path("out/bad.mp4").exists()
