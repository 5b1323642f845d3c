"""The model files of a production: read with places, held against the catalog's form, and put before the catalog."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wanflow.boundary import Boundary
from wanflow.catalog.model_file import not_carried
from wanflow.catalog.provider import load_providers, providers_of
from wanflow.catalog.read import Catalog, load_catalog, with_own_models
from wanflow.language.file_patterns import Scans
from wanflow.language.include import ProductionFile, named_files
from wanflow.language.names import Names, values_of
from wanflow.language.problem import Problem, Severity, SpecError, deduplicated, has_errors
from wanflow.language.schema_problems import check_against
from wanflow.language.scope import BasePath
from wanflow.language.source_texts import SourceTexts
from wanflow.messages import joined, tr
from wanflow.schemas import MODEL, Json, completed
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import ListNode, MapNode, Node, Place, TextNode, node_at, plain

MEDIA, PARAMETERS = "media", "parameters"
MAX_FILES = 200
"""Maximum model files of a production."""


def read_models(
    files: Sequence[ProductionFile], given: Mapping[str, TextNode], texts: SourceTexts, problems: list[Problem]
) -> Catalog:
    """The catalog of a production: the models of the files that it names, and those that ship.

    The first of `files` is the production file; `given` are the vars of the command line. A file with an error is left
    out, and the error is added to `problems`; so is a warning of a model that ships and is replaced.
    """
    shipped, own = load_catalog(), dict[str, str]()
    left_out: dict[str, frozenset[str]] = {}
    seen: dict[str, Place] = {}
    parts = dict.fromkeys(shipped.media_keys, MEDIA) | dict.fromkeys(shipped.parameter_keys, PARAMETERS)
    for name, root in _roots(files[0], given, texts, problems) if files else ():
        raw = plain(root)
        found = list(check_against(root, MODEL, shipped))
        if isinstance(raw, dict) and not found:
            found = [*_check(root, completed(raw), parts), *_check_names(root, raw, seen, shipped)]
        problems += found
        if has_errors(found):
            left_out |= _described(raw)
        else:
            own[name] = json.dumps(raw)
    catalog = with_own_models(tuple(own.items())) if own else shipped
    return replace(catalog, left_out=left_out) if left_out else catalog


def _described(raw: object) -> dict[str, frozenset[str]]:
    """The name of the model that a file with errors describes, and the keys that it would bring to a shot."""
    if not isinstance(raw, dict) or not isinstance(raw.get("model"), str):
        return {}
    parts = (raw.get(part) for part in (MEDIA, PARAMETERS))
    return {raw["model"]: frozenset(key for part in parts if isinstance(part, dict) for key in part)}


def read_model_files(files: Sequence[Path]) -> Catalog:
    """The catalog with the model files that a command line names, which may be anywhere.

    Raises SpecError for a file with an error.
    """
    here, problems = Path.cwd(), list[Problem]()
    texts = SourceTexts(Boundary(here, Path(here.anchor)))
    top = Place("", 1, 1)
    listed = ListNode(tuple(TextNode(name, name, top) for name in map(os.fspath, files)), top)
    root = MapNode(((TextNode("models", "models", top), listed),), top)
    catalog = read_models([ProductionFile("", root, BasePath(texts.boundary))], {}, texts, problems)
    if has_errors(problems):
        found = deduplicated(problems)
        told = (problem if problem.place.file else replace(problem, option="--models") for problem in found)
        raise SpecError([texts.quoted(problem) for problem in told])
    return catalog


def _roots(
    file: ProductionFile, given: Mapping[str, TextNode], texts: SourceTexts, problems: list[Problem]
) -> Iterator[tuple[str, MapNode]]:
    """The trees of all model files by their paths, in the order in which they are named."""
    for path, place in _named(file, given, problems).items():
        noted, title = len(problems), tr("the model file `{path}`", path=path)
        document = texts.read(file.base.root / path, path, place, title, problems)
        texts.documents.pop(path, None)  # slips of an input method are looked for in productions only
        if document is None:
            continue
        if isinstance(document.root, MapNode):
            yield path, document.root
        elif not has_errors(problems[noted:]):
            begin = Place(path, 1, 1) if document.root is None else document.root.place
            hint = tr("docs/custom-models.md describes model files")
            problems.append(Problem(begin, tr("a model file is a mapping"), hint))


def _named(file: ProductionFile, given: Mapping[str, TextNode], problems: list[Problem]) -> dict[str, Place]:
    """The model files that a production names, each with the first place that names it."""
    written, listed = file.root.find("vars"), file.root.find("models")
    names = Names(values_of(written if isinstance(written, MapNode) else None, given), {}, problems, frozenset(given))
    found, scans = dict[str, Place](), Scans()
    for item in listed.items if isinstance(listed, ListNode) else ():
        before, filled = len(problems), names.fill(item)
        if not isinstance(filled, TextNode) or not isinstance(filled.value, str) or len(problems) > before:
            continue  # the schema's check reports it
        for path in named_files(filled, file, scans, problems):
            found.setdefault(path, filled.place)
        if len(found) > MAX_FILES:
            message = tr("a production has at most {max_files} model files", max_files=MAX_FILES)
            problems.append(Problem(item.place, message))
            return {}
    return found


def _check(root: MapNode, raw: Json, parts: dict[str, str]) -> Iterator[Problem]:
    """What no code would check, send or draw, and a provider or a region that does not exist.

    `parts` are the keys of shots of other models: media or parameters.
    """
    for key, why in not_carried(raw):
        yield Problem(_place(root, key.split(".")), tr("`{key}`: {why}", key=key, why=why))
    for part in (MEDIA, PARAMETERS):
        for key in raw[part]:
            if parts.setdefault(key, part) != part:
                message = tr("`{key}` is among the {part} of another model", key=key, part=parts[key])
                yield Problem(_place(root, (part, key)), message, tr("a key of a shot has one meaning"))
    yield from _check_provider(root, raw)


def _check_provider(root: MapNode, raw: Json) -> Iterator[Problem]:
    providers = providers_of(raw["provider"])
    if not providers:
        known = sorted({provider.models for provider in load_providers().values()})
        hint = did_you_mean(raw["provider"], known) or tr("choose one of {known}", known=joined(", ", known))
        message = tr("unknown provider `{name}`", name=raw["provider"])
        yield Problem(_place(root, ("provider",)), message, hint)
        return
    regions = dict.fromkeys(region for provider in providers for region in provider.regions)
    for number, region in enumerate(raw["regions"]):
        if region not in regions:
            message = tr("`{name}` has no region `{written}`", name=raw["provider"], written=region)
            hint = did_you_mean(region, regions) or tr("choose one of {regions}", regions=joined(", ", regions))
            yield Problem(_place(root, ("regions", str(number))), message, hint)


def _check_names(root: MapNode, raw: Json, seen: dict[str, Place], shipped: Catalog) -> Iterator[Problem]:
    """Names that another file of the production has, and those that take the place of a model that ships."""
    places = [_place(root, ("model",))]
    places += [_place(root, ("snapshots", str(number))) for number, _ in enumerate(raw.get("snapshots", ()))]
    for name, place in zip((raw["model"], *raw.get("snapshots", ())), places, strict=True):
        first = seen.setdefault(name, place)
        if first is not place:
            message = tr("the model `{name}` is defined twice, first at {first}", name=name, first=first)
            yield Problem(place, message, tr("rename one"))
        elif name in shipped:
            message = tr("this file replaces the model `{name}` that comes with wanflow", name=name)
            yield Problem(place, message, None, Severity.WARNING)


def _place(root: MapNode, path: Sequence[str]) -> Place:
    """Where the value at a path is written; a mapping is at its key, and what is left out where it belongs."""
    node: Node = root
    place = root.place
    for part in path:
        key = node.key(part) if isinstance(node, MapNode) else None
        node = node_at(node, [int(part) if part.isdigit() else part])
        place = node.place if key is None or isinstance(node, TextNode) else key.place
    return place
