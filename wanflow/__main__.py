"""`python -m wanflow` is `wanflow`."""

from __future__ import annotations

import sys

from wanflow.start import main

if __name__ == "__main__":
    sys.exit(main())
