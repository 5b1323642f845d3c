"""wanflow: scene specs in git become shot graphs, takes and final cuts.

The names promised are the functions of `wanflow.api`, one a verb, and values that they take and give; `docs/python.md`
explains each. They are imported when they are first used: `wanflow --help` does not pay for the graph library.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing, and importlib, which only a later use needs, would double the time of `--version`
if TYPE_CHECKING:
    from wanflow.api import (
        cancel,
        check,
        collect,
        collect_finished,
        costs,
        diff,
        doctor,
        export,
        gc,
        hold,
        init,
        load,
        load_sound_part,
        models,
        node_file,
        nodes,
        notes,
        pick,
        pick_file,
        pick_from,
        plan,
        pull,
        push,
        release,
        repair,
        resolve,
        retake,
        run,
        shot_graph,
        show,
        status,
        takes,
        validate,
        why,
    )
    from wanflow.errors import ExitCode, WanflowError
    from wanflow.language.production import Production
    from wanflow.planner.plan import Plan
    from wanflow.runner.events import Outcome

__version__ = "0.2.0"
__all__ = [
    "ExitCode",
    "Outcome",
    "Plan",
    "Production",
    "WanflowError",
    "__version__",
    "cancel",
    "check",
    "collect",
    "collect_finished",
    "consequence",
    "costs",
    "diff",
    "doctor",
    "export",
    "gc",
    "hold",
    "init",
    "load",
    "load_sound_part",
    "models",
    "node_file",
    "nodes",
    "notes",
    "pick",
    "pick_file",
    "pick_from",
    "plan",
    "pull",
    "push",
    "release",
    "repair",
    "resolve",
    "retake",
    "run",
    "shot_graph",
    "show",
    "status",
    "takes",
    "validate",
    "why",
]

_TYPES = {
    "ExitCode": "wanflow.errors",
    "Outcome": "wanflow.runner.events",
    "Plan": "wanflow.planner.plan",
    "Production": "wanflow.language.production",
    "WanflowError": "wanflow.errors",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'wanflow' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_TYPES.get(name, "wanflow.api")), name)
