"""What jobs leave of the memory that they had, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import json
from pathlib import Path
import anyio
from wanflow.media.jobs import Job, LocalJobs

kept = []

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 // 1024

class Frames(Job):
    def perform(self, worker):
        bytearray(32 << 20)
        frames = [(bytearray(8 << 20), bytearray(4096)) for _ in range(6)]
        peak = resident()
        kept.extend(small for _, small in frames)
        return peak

async def work():
    jobs = LocalJobs(Path(), at_once=1)
    return max([await jobs(Frames()) for _ in range(8)])

before = resident()
peak = anyio.run(work)
print(json.dumps([before, peak, resident()]))
"""
"""Jobs whose results are small and lie between large blocks, as a probe lies between the frames of a clip."""


def test_the_memory_of_frames_goes_back_when_a_job_has_ended() -> None:
    """Small results keep no large block alive, however many jobs there were."""
    child = [sys.executable, "-c", SCRIPT]
    before, peak, after = json.loads(subprocess.run(child, capture_output=True, check=True, text=True).stdout)
    assert 45 <= peak - before < 70, "MiB of one job's frames"
    assert after - before < 12, "MiB after eight jobs"
