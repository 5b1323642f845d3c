"""What `defaults` says for single models: only of models that there are, and what they know."""

from __future__ import annotations

from collections.abc import Iterator

from wanflow.errors import did_you_mean
from wanflow.spec.catalog import load_catalog
from wanflow.spec.problem import Problem
from wanflow.spec.shape import known_parameters
from wanflow.yamlvalue import Mapping as Table
from wanflow.yamlvalue import Node


def check_defaults(defaults: Node | None) -> Iterator[Problem]:
    """Models that nobody sells, and parameters that a model does not have: they would never apply."""
    models = defaults.find("models") if isinstance(defaults, Table) else None
    catalog = load_catalog()
    for key, node in models.pairs if isinstance(models, Table) else ():
        model = catalog.get(key.words)
        if model is None and not key.words.startswith("x-"):
            hint = did_you_mean(key.words, catalog) or f"models here: {', '.join(sorted(catalog))}"
            yield Problem(key.place, f"no model is called `{key.words}`", hint)
        for name, _ in node.pairs if model is not None and isinstance(node, Table) else ():
            if model is not None and name.words in known_parameters() - model.parameters.keys():
                yield Problem(name.place, f"`{model.name}` has no parameter `{name.words}`")
