"""Load a production: its files, shots and cuts, and every problem at once, each with its place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

from wanflow.boundary import Boundary
from wanflow.catalog.model import Model
from wanflow.catalog.provider import Provider, default_provider, known_regions, load_providers
from wanflow.catalog.read import Catalog
from wanflow.language import model_checks, parameter_checks
from wanflow.language.checks import CHECKS_KEY
from wanflow.language.cut_finish import FilmTexts, read_cut
from wanflow.language.expand import ExpandedShot, Expansion, ExpansionContext, SizeLimits
from wanflow.language.include import gather
from wanflow.language.merge import MergedFile, cut_off_texts, merge
from wanflow.language.misread import find_slips
from wanflow.language.names import other_forms, strip_cast_markers
from wanflow.language.output_paths import refused_by_windows, results_folder, shared_outputs
from wanflow.language.own_models import read_models
from wanflow.language.parts import WHOLE, Outline, ProductionPart, outline_of
from wanflow.language.pipeline import PipelineLibrary
from wanflow.language.problem import Problem, deduplicated, has_errors
from wanflow.language.production import Cut, Media, OriginStep, Production, Shot, Wording
from wanflow.language.prompt_checks import check_time_ranges, recommended_values
from wanflow.language.references import (
    choose_references,
    language_of,
    named_places,
    silent_references,
    unused_members,
    with_former_identifiers,
    with_identifiers,
)
from wanflow.language.schema_problems import TooManyProblems, check_shot
from wanflow.language.scope import BasePath, Scope, ShotIndex
from wanflow.language.settings import (
    check_defaults,
    read_book,
    read_budget,
    read_film_language,
    read_uploads,
    string_of,
    unknown_model,
)
from wanflow.language.shot import Cast, CastMember, WrittenShot, read_cast, read_shot
from wanflow.language.source_texts import SourceTexts
from wanflow.language.spoken_lines import check_spoken_lines
from wanflow.language.written_identifiers import check_identifiers
from wanflow.messages import joined, renamed, tr
from wanflow.records import immutable
from wanflow.suggest import Known
from wanflow.yamldoc.nodes import MapNode, Place, scalar
from wanflow.yamldoc.slips import Slip

Found = tuple[Production | None, tuple[Problem, ...]]
NO_VALUES: Mapping[str, str] = {}

MAX_TAKES = 100_000
"""Maximum takes of all shots of a production together."""

MAX_REPAIRS = 4
"""Maximum readings after the first: what a slip hid may have slips itself."""

MAX_ITEMS = 50_000
"""Maximum items of all cuts of a production together."""


@immutable
class Overrides:
    """Values that take precedence over the keys of the file; None leaves a key as written, `values` override `vars`.

    `allow_outside`: a cut may be written outside the production's folder. `root` and `untrusted` say which files may be
    opened (wanflow.boundary). `named`: the user named the file; it was not found in some folder.
    """

    backend: str | None = None
    region: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    prices: Path | None = None
    allow_outside: bool = False
    root: Path | None = None
    untrusted: bool = False
    named: bool = True

    def boundary(self, file: Path) -> Boundary:
        """The files that the production of a file may open; those of the root where its folder was removed."""
        try:
            folder = file.absolute().parent
        except FileNotFoundError:  # the current folder: the file cannot be read either
            folder = Path(os.sep)
        return Boundary(folder, None if self.root is None else self.root.absolute(), self.untrusted)


AS_WRITTEN = Overrides()


@immutable
class LoadResult:
    """The usable part of a production, None for nothing, all problems in order, the texts for messages, and the models
    that its shots may name. `outlines` are those of its files, where they were asked for.
    """

    production: Production | None
    problems: tuple[Problem, ...]
    texts: SourceTexts
    catalog: Catalog
    outlines: Mapping[str, Outline] = field(default_factory=dict)


def read(
    file: Path,
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
    root: Path | None = None,
    untrusted: bool = False,
) -> Found:
    """The production of a file, None where it has errors, and all its problems in the order of their places.

    `backend`, `region` and the file `prices` override the file's own keys, `values` its `vars`. Media files are not
    opened. `root` and `untrusted` are those of the boundary.
    """
    reading = read_usable(file, Overrides(backend, region, values, prices, root=root, untrusted=untrusted))
    if reading.production is None or has_errors(reading.problems):
        return None, reading.problems
    return replace(reading.production, warnings=reading.problems), reading.problems


def read_usable(
    file: Path, overrides: Overrides = AS_WRITTEN, part: ProductionPart = WHOLE, *, outlined: bool = False
) -> LoadResult:
    """As `read`, but a production with errors is loaded as far as it can be used, so that more problems are found.

    A slip of an input method is read as what was meant, so that it is one error and raises no other. Of a `part` alone
    only its own problems are found. `outlined`: the outlines of its files are asked for.
    """
    result = _read_once(file, overrides, {}, part)
    for _ in range(MAX_REPAIRS):
        documents, wrong = result.texts.documents, has_errors(result.problems)
        found = {
            name: (*each.slips, *find_slips(each, result.catalog, wrong=wrong)) for name, each in documents.items()
        }
        if found == {name: each.slips for name, each in documents.items()}:
            break
        repaired = _read_once(file, overrides, found, part)
        if repaired.texts.unread() - result.texts.unread():
            break
        result = repaired
    if outlined:
        roots = {name: each.root for name, each in result.texts.documents.items()}
        outlines = {name: outline_of(root) for name, root in roots.items() if isinstance(root, MapNode)}
        result = replace(result, outlines=outlines)
    result.texts.documents.clear()
    return result


def read_catalog(file: Path, overrides: Overrides = AS_WRITTEN) -> tuple[Catalog, tuple[Problem, ...]]:
    """The models that the production of a file may name, and the problems of its model files.

    What is wrong with the production itself is left out.
    """
    texts, problems = SourceTexts(overrides.boundary(file), overrides.named), list[Problem]()
    given = {name: scalar(text, Place(file.name, 1, 1)) for name, text in overrides.values.items()}
    files = gather(file, given, texts, [])
    catalog = read_models(files, given, texts, problems)
    return catalog, tuple(texts.quoted(problem) for problem in deduplicated(problems))


def _read_once(
    file: Path, overrides: Overrides, slips: Mapping[str, Sequence[Slip]], part: ProductionPart
) -> LoadResult:
    texts = SourceTexts(overrides.boundary(file), overrides.named, part.unread, slips=slips)
    problems = list[Problem]()
    top = Place(file.name, 1, 1)
    given = {name: scalar(text.encode(errors="replace").decode(), top) for name, text in overrides.values.items()}
    problems += (
        Problem(
            top,
            tr("the value of `{name}` is not UTF-8", name=name),
            tr("write it in UTF-8"),
            option="--set",
        )
        for name, text in overrides.values.items()
        if given[name].string != text
    )
    files = gather(file, given, texts, problems)
    problems += cut_off_texts(files)
    catalog = read_models(files, given, texts, problems)
    library, production = PipelineLibrary(texts, catalog, problems), None
    limits = SizeLimits(library)
    too_large = tuple(limits.check(files))
    problems += too_large
    if files and not too_large:
        for kind, chosen, known in (
            ("backend", overrides.backend, load_providers()),
            ("region", overrides.region, known_regions()),
        ):
            if chosen not in {None, *known}:
                problems.append(
                    Problem(
                        top,
                        tr("unknown {kind} `{chosen}`", kind=kind, chosen=chosen),
                        tr("choose one of {known}", known=joined(", ", known)),
                        option=f"--{kind}",
                    )
                )
        expansion = Expansion(library, limits, ShotIndex(), problems)
        loader = _Loader(overrides, BasePath(texts.boundary), expansion, catalog, part, problems)
        try:
            production = loader.load(merge(files, given, catalog, problems), texts)
        except TooManyProblems as fault:
            problems.append(fault.problem)
    return LoadResult(production, tuple(texts.quoted(problem) for problem in deduplicated(problems)), texts, catalog)


class _Loader:
    """Turns the merged files into a production; what is wrong is added to `problems`."""

    def __init__(
        self,
        overrides: Overrides,
        base: BasePath,
        expansion: Expansion,
        catalog: Catalog,
        part: ProductionPart,
        problems: list[Problem],
    ) -> None:
        self._overrides, self._base, self._expansion, self._problems = overrides, base, expansion, problems
        self._catalog, self._index, self._part = catalog, expansion.index, part

    def load(self, merged: list[MergedFile], texts: SourceTexts) -> Production:
        root = merged[0].root
        own = string_of(root, "backend") or default_provider().name
        out = results_folder(self._overrides.backend, own)
        provider = load_providers().get(self._overrides.backend or own, default_provider())
        region = self._region(root, provider)
        language = read_film_language(root, self._problems)
        shots = self._shots(merged, provider, region, language)
        cuts = self._cuts(merged, shots, out, provider, language)
        self._problems += shared_outputs(cuts, self._base.root)
        self._problems += refused_by_windows(shots, cuts)
        # a broken shot may name any member, and so may one that is not read
        if not has_errors(self._problems) and not self._part.unread:
            self._problems += unused_members([key for file in merged for key in file.keys("cast")], shots.values())
        prices = read_book(root, provider, self._overrides.prices, self._catalog, self._base, texts, self._problems)
        return Production(
            folder=self._base.root,
            file=root.place.file,
            provider=provider,
            region=region,
            shots=shots,
            cuts=cuts,
            title=string_of(root, "title") or "",
            out=out,
            uploads=read_uploads(root, self._problems),
            remote=string_of(root, "remote"),
            prices=prices,
            budget=read_budget(root, prices, self._problems),
            addresses=self._index.all(),
            read_from=tuple(texts.files),
            allow_outside=self._overrides.allow_outside,
            root=self._base.boundary.root,
            untrusted=self._base.boundary.untrusted,
            catalog=self._catalog,
        )

    def _region(self, root: MapNode, provider: Provider) -> str:
        node, chosen = root.find("region"), self._overrides.region
        written = chosen or string_of(root, "region")
        if written in provider.regions or written is None:
            return written or provider.regions[0]
        if written in known_regions():  # any other is an error already
            place = root.place if node is None or chosen else node.place
            hint = tr("choose one of {regions}", regions=joined(", ", provider.regions))
            self._problems.append(
                Problem(place, tr("`{name}` has no region `{written}`", name=provider.name, written=written), hint)
            )
        return provider.regions[0]

    def _shots(
        self, merged: list[MergedFile], provider: Provider, region: str, language: str | None
    ) -> dict[str, Shot]:
        defaults = merged[0].root.find("defaults")
        self._problems += check_defaults(defaults, self._catalog)
        checks = (pair for pair in merged[0].root.pairs if pair[0].string == CHECKS_KEY)
        own_defaults = (
            MapNode(tuple(checks), merged[0].root.place),
            *((defaults,) if isinstance(defaults, MapNode) else ()),
        )
        for file in merged:
            self._expansion.register_unusable(file.keys("shots"), file.scene)
            self._expansion.add(file.shots, ExpansionContext(file.names, self._scope(file), own_defaults, file.via))
        cast = self._cast(merged)
        shots: dict[str, Shot] = {}
        first_names: dict[Place, str] = {}
        for expanded in self._expansion.shots:
            before = len(self._problems)
            shot = self._shot(expanded, provider, region, cast, language)
            if expanded.generated and len(self._problems) > before:
                # a problem of all shots of a matrix, or of all uses of a pipeline, names the first of them
                name = expanded.name
                first = first_names.setdefault(replace(name.place, used_at=()), name.string)
                self._problems[before:] = [
                    replace(problem, message=renamed(problem.message, name.string, first))
                    for problem in self._problems[before:]
                ]
            if shot is not None:
                shots[shot.name] = shot
        self._check_takes(shots.values())
        return shots

    def _cast(self, merged: list[MergedFile]) -> Cast:
        """The members of all files; None for one that has a reported problem, such as a var of its name."""
        cast: Known[CastMember | None] = Known()
        for file in merged:
            cast.update(read_cast(file.root, self._scope(file), self._problems))
        for name in (key.string for file in merged for key in file.keys("vars")):
            if name in cast:
                cast[name] = None
        return cast

    def _check_takes(self, shots: Iterable[Shot]) -> None:
        total = 0
        for shot in shots:
            total += shot.takes
            if total > MAX_TAKES:
                place = shot.origins["takes"].place if "takes" in shot.origins else shot.place
                message = tr("a production has at most {max_takes} takes in total", max_takes=MAX_TAKES)
                self._problems.append(Problem(place, message, tr("ask for fewer")))
                return

    def _shot(
        self, expanded: ExpandedShot, provider: Provider, region: str, cast: Cast, language: str | None
    ) -> Shot | None:
        node: MapNode | None = expanded.node
        if expanded.generated:
            found, node = check_shot(expanded.name, expanded.node, self._catalog)
            self._problems += found
        if node is None:
            return None
        context = expanded.context
        shot = read_shot(expanded.name, node, context.defaults, context.scope, self._catalog, self._problems, language)
        if shot is None:
            return None
        model = self._catalog.get(shot.model.string)
        if model is None:
            self._problems += unknown_model(shot.model, self._catalog)
            return None
        if model.provider != provider.models:
            message = tr(
                "`{model}` is a model of `{provider}`, and the backend is `{backend}`",
                model=shot.model.string,
                provider=model.provider,
                backend=provider.name,
            )
            self._problems.append(
                Problem(shot.model.place, message, tr("write `backend: {provider}`", provider=model.provider))
            )
            return None
        members = cast if context.scope.cast is None else context.scope.cast
        prompt = shot.values.get("prompt")
        misnamed = tuple(other_forms(prompt, members)) if prompt is not None else ()
        if context.damaged or misnamed:
            shot = replace(shot, damaged=shot.damaged or context.damaged, misnamed=misnamed)
        return resolve_shot(shot, model, region, cast, self._problems, context.via)

    def _cuts(
        self,
        merged: list[MergedFile],
        shots: Mapping[str, Shot],
        out: str,
        provider: Provider,
        language: str | None,
    ) -> dict[str, Cut]:
        root = merged[0].root
        prompts = " ".join((*(shot.written for shot in shots.values()), self._part.prompts))
        film = FilmTexts(root.find("label"), language, string_of(root, "title") or "", prompts)
        cuts, items = dict[str, Cut](), 0
        for key, node, scope in ((*named, self._scope(file)) for file in merged for named in file.cuts):
            if key.string in self._part.cuts:
                continue
            cuts[key.string] = read_cut(key, node, film, out, provider, scope, shots, self._problems)
            items += len(cuts[key.string].items)
            if items > MAX_ITEMS:
                message = tr("the cuts of a production have at most {max_items} items in total", max_items=MAX_ITEMS)
                self._problems.append(Problem(key.place, message, tr("remove some, or split the production")))
                return {}
        return cuts

    def _scope(self, file: MergedFile) -> Scope:
        return Scope(file.base, self._index, file.scene)


def resolve_shot(
    shot: WrittenShot,
    model: Model,
    region: str,
    cast: Cast,
    problems: list[Problem],
    via: tuple[OriginStep, ...] = (),
) -> Shot:
    """A shot as it will be sent; what its model's rules say against it is added to `problems`."""
    written, before = _text(shot, "prompt") or "", len(problems)
    chosen = choose_references(shot, model, written, cast, problems)
    references = chosen or ()
    problems += model_checks.check_views(shot, references, model)
    damaged = shot.damaged or chosen is None or has_errors(problems[before:])
    media = tuple(_media(shot, references, model))
    given = _text(shot, "prompt_language")
    language = given or language_of(written)
    # a default goes to those models that know it
    unasked = "negative_prompt" not in shot.given and "negative_prompt" not in model.text
    negative = None if unasked else _text(shot, "negative_prompt")
    sent = Wording(with_identifiers(written, references, model, language) or None, negative)
    earlier = with_former_identifiers(_former_text(shot, "prompt") or "", references, model, given)
    former = Wording(earlier or None, None if unasked else _former_text(shot, "negative_prompt"))
    if region not in model.regions:
        message = tr("`{name}` is not available in the region `{region}`", name=model.name, region=region)
        problems.append(
            Problem(shot.model.place, message, tr("it is available in {regions}", regions=joined(", ", model.regions)))
        )
    problems += model_checks.check_text(shot, model, {"prompt": sent.prompt, "negative_prompt": sent.negative_prompt})
    if not damaged:
        problems += model_checks.check_media(shot, model, media, region)
        problems += model_checks.check_anything(shot, model, sent.prompt, media)
    problems += model_checks.check_voices(model, media)
    problems += silent_references(shot, references, sent.prompt or "", model)
    problems += check_identifiers(shot, written, references, model) if not damaged else ()
    problems += parameter_checks.check_seed(shot, model)
    parameters = parameter_checks.sent_parameters(shot, model, media, region, problems)
    problems += check_time_ranges(shot, written, parameters, model)
    problems += recommended_values(shot, sent.prompt or "", references, model)
    problems += check_spoken_lines(shot.lines, cast)
    return Shot(
        name=shot.name,
        model=shot.model.string,
        rules=model,
        place=shot.place,
        prompt=sent.prompt,
        negative_prompt=sent.negative_prompt,
        media=tuple(
            replace(item, voice=None)
            if item.voice is not None and item.type in model.media and model.media[item.type].voice is None
            else item
            for item in media
        ),
        parameters=parameters,
        seed=_whole(shot, "seed"),
        takes=_whole(shot, "takes") or 1,
        tags=shot.tags,
        waits_for_pick="pick" in shot.given,
        note=_text(shot, "note"),
        written=strip_cast_markers(written),
        origins=shot.origins,
        former=() if former == sent else (former,),
        checks=shot.checks,
        lines=shot.lines,
        via=via,
    )


def _media(shot: WrittenShot, references: tuple[CastMember, ...], model: Model) -> Iterator[Media]:
    """All media of a shot in the order in which its model takes them; what it does not take comes behind."""
    named = named_places(shot)
    for slot in dict.fromkeys((*model.slots, *shot.slots)):
        held = shot.slots.get(slot)
        if held is not None:
            yield Media(slot, slot, held.source, held.place, named_at=held.named_at, origin=held.origin)
    shown = [(member, at, *picture) for member in references for at, picture in enumerate(member.pictures)]
    for number, (member, view, source, place) in enumerate(shown, start=1):
        yield Media(
            slot=f"reference_{number}",
            type=model.references.get(member.kind, f"reference_{member.kind}"),
            source=source,
            place=place,
            voice=None if view else member.voice,  # a subject has one voice: it is sent with the first view
            cast=member.name or None,
            voice_place=None if view else member.voice_place,
            named_at=named.get(member.name, shot.prompt_place) if member.name else None,
        )


def _text(shot: WrittenShot, key: str) -> str | None:
    value = shot.values.get(key)
    return value.string if value is not None and value.value is not None else None


def _former_text(shot: WrittenShot, key: str) -> str | None:
    """A text as earlier versions read it."""
    value = shot.values.get(key)
    return value.former_string if value is not None and value.value is not None else None


def _whole(shot: WrittenShot, key: str) -> int | None:
    value = shot.values.get(key)
    return value.value if value is not None and isinstance(value.value, int) else None
