"""Time and memory of the largest media that are read, each in a process of its own; Linux only.

Run it with `.venv/bin/python benchmarks/largest_media.py`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from kit.hostile_media import gif, h264_movie, jpeg, movie, tiff
from wanflow.media.inputs import MOST_PACKETS
from wanflow.media.picture.still import MOST_PAGES, MOST_PICTURES, MOST_SCANS, SIDE

MEASURE = r"""
import re, sys, time
from pathlib import Path
from wanflow.language.source import Kind
from wanflow.media.container import BadMedia
from wanflow.media.picture.still import read_still
from wanflow.media.probe import probe

def megabytes():
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) // 1000

path, begin = Path(sys.argv[1]), time.perf_counter()
try:
    facts = probe(path)
    how, seconds = facts.kind.value, time.perf_counter() - begin
except BadMedia as fault:
    facts, how, seconds = None, fault.why[:60], time.perf_counter() - begin
probed = megabytes()
if facts is not None and facts.kind is Kind.IMAGE:
    read_still(path)
print(f"{seconds:.1f} s, {probed} MB; {megabytes()} MB when it is read: {how}")
"""


def _jpeg(path: Path) -> None:
    path.write_bytes(jpeg(MOST_SCANS - 10, (SIDE, SIDE)))


def _frames(path: Path) -> None:
    """A million frames that repeat one: each has the bytes of a skipped picture."""
    path.write_bytes(movie(samples=MOST_PACKETS, data=bytes(MOST_PACKETS)))


FILES: Mapping[str, Callable[[Path], object]] = {
    "WebP, lossy": lambda path: Image.new("RGB", (SIDE, SIDE)).save(path, "WEBP", quality=0, method=0),
    "WebP, lossless": lambda path: Image.new("RGB", (SIDE, SIDE)).save(path, "WEBP", lossless=True, method=0),
    "PNG with alpha": lambda path: Image.new("RGBA", (SIDE, SIDE)).save(path, "PNG", compress_level=1),
    "PNG, 16 bits": lambda path: Image.new("I;16", (SIDE, SIDE)).save(path, "PNG", compress_level=1),
    "JPEG of 100 scans": _jpeg,
    "GIF of 10,000 pictures": lambda path: path.write_bytes(gif(MOST_PICTURES)),
    "TIFF of 1,000 pages": lambda path: path.write_bytes(tiff(*[{}] * MOST_PAGES)),
    "video of 8192 x 4320": lambda path: path.write_bytes(h264_movie((8192, 4320), (8192, 4320))),
    "a million frames": _frames,
}


def main() -> None:
    """Print a line for each."""
    with TemporaryDirectory() as folder:
        for name, make in FILES.items():
            path = Path(folder) / "media"
            make(path)
            done = subprocess.run(
                [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
            )
            print(f"{name} ({path.stat().st_size} bytes): {done.stdout.strip()}")


if __name__ == "__main__":
    main()
