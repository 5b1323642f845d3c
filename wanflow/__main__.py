"""`python -m wanflow` is `wanflow`."""

from __future__ import annotations

from wanflow.start import script

if __name__ == "__main__":
    script()
