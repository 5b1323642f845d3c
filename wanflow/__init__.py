"""wanflow: scene specs in git become shot graphs, takes and final cuts.

The names promised are `load`, `plan` and `run`, with the values that they take and give. They are fetched when they
are first used, so that `wanflow --help` does not pay for the graph library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wanflow.api.run import load, plan, run
    from wanflow.language.production import Production
    from wanflow.planner.plan import Plan
    from wanflow.runner.outcome import Outcome

__version__ = "0.2.0"
__all__ = ["Outcome", "Plan", "Production", "__version__", "load", "plan", "run"]

_HOMES = {
    "load": "wanflow.api.run",
    "plan": "wanflow.api.run",
    "run": "wanflow.api.run",
    "Outcome": "wanflow.runner.outcome",
    "Plan": "wanflow.planner.plan",
    "Production": "wanflow.language.production",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'wanflow' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
