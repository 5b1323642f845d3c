"""Reading a production: texts, shapes, names, rules; every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from wanflow.catalog.model import Model
from wanflow.catalog.provider import Provider, default_provider, known_regions, load_providers
from wanflow.catalog.read import load_catalog
from wanflow.language import model_checks
from wanflow.language.cut_finish import read_cut
from wanflow.language.expand import ExpandedShot, Expansion, ExpansionContext, SizeLimits
from wanflow.language.include import SourceTexts, gather
from wanflow.language.merge import MergedFile, cut_off_texts, join
from wanflow.language.names import strip_cast_markers
from wanflow.language.output_paths import results_folder, shared_outputs
from wanflow.language.pipeline import PipelineLibrary
from wanflow.language.problem import Problem, deduplicated, has_errors
from wanflow.language.production import Cut, Media, Production, Shot
from wanflow.language.references import (
    choose_references,
    named_places,
    silent_references,
    unused_members,
    with_identifiers,
)
from wanflow.language.schema_problems import check_shot
from wanflow.language.scope import BasePath, Scope, ShotIndex
from wanflow.language.settings import check_defaults, read_book, read_budget, read_uploads, word
from wanflow.language.shot import CastMember, WrittenShot, read_cast, read_shot
from wanflow.suggest import did_you_mean
from wanflow.yamldoc.nodes import MapNode, Place, TextNode, scalar

Found = tuple[Production | None, tuple[Problem, ...]]
NO_VALUES: Mapping[str, str] = {}

MOST_TAKES = 100_000
"""That all shots of a production may ask for together."""

MOST_ITEMS = 50_000
"""Of all cuts of a production together."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What goes before the keys of the file: None leaves a key as it is written; `values` before `vars`.

    `allow_outside`: a cut may be written outside the production's folder.
    """

    backend: str | None = None
    region: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    prices: Path | None = None
    allow_outside: bool = False


AS_WRITTEN = Overrides()


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was read: what can be used, None where that is nothing, all problems in order, the texts for messages."""

    production: Production | None
    problems: tuple[Problem, ...]
    texts: SourceTexts


def read(
    file: Path,
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
) -> Found:
    """The production of a file, None where it has errors, and all its problems in the order of their places.

    `backend`, `region` and the file `prices` go before the file's own keys, `values` before its `vars`. Media files are
    not opened.
    """
    reading = read_usable(file, Overrides(backend, region, values, prices))
    if reading.production is None or has_errors(reading.problems):
        return None, reading.problems
    return replace(reading.production, warnings=reading.problems), reading.problems


def read_usable(file: Path, overrides: Overrides = AS_WRITTEN) -> LoadResult:
    """As `read`, but with what can be used of a production that has errors, so that more can be found in it."""
    texts, problems = SourceTexts(), list[Problem]()
    top = Place(file.name, 1, 1)
    given = {name: scalar(text, top) for name, text in overrides.values.items()}
    files = gather(file, given, texts, problems)
    problems += cut_off_texts(files)
    library, production = PipelineLibrary(texts, problems), None
    limits = SizeLimits(library)
    too_large = tuple(limits.check(files))
    problems += too_large
    if files and not too_large:
        problems += _check_wishes(overrides, top)
        expansion = Expansion(library, limits, ShotIndex(), problems)
        making = _Loader(overrides, BasePath(file.absolute().parent), expansion, problems)
        production = making.make(join(files, given, problems), texts)
    return LoadResult(production, tuple(texts.quoted(problem) for problem in deduplicated(problems)), texts)


class _Loader:
    """From the pages of a production to its values; what is wrong is added to `problems`."""

    def __init__(self, overrides: Overrides, home: BasePath, expansion: Expansion, problems: list[Problem]) -> None:
        self._overrides, self._base, self._expansion, self._problems = overrides, home, expansion, problems
        self._addresses = expansion.addresses

    def make(self, merged: list[MergedFile], texts: SourceTexts) -> Production:
        root = merged[0].root
        own = word(root, "backend") or default_provider().name
        out = results_folder(self._overrides.backend, own)
        provider = load_providers().get(self._overrides.backend or own, default_provider())
        written = self._overrides.region or word(root, "region")
        region = written if written in provider.regions else provider.regions[0]
        shots, cuts = self._shots(merged, region), self._cuts(merged, out, provider)
        self._problems += shared_outputs(cuts, self._base.root)
        if not has_errors(self._problems):  # else nobody knows whom the broken shots name
            self._problems += unused_members([key for file in merged for key in file.keys("cast")], shots.values())
        prices = read_book(root, self._overrides.prices, self._base, texts, self._problems)
        return Production(
            folder=self._base.root,
            file=root.place.file,
            provider=provider,
            region=region,
            shots=shots,
            cuts=cuts,
            title=word(root, "title") or "",
            out=out,
            uploads=read_uploads(root, self._problems),
            remote=word(root, "remote"),
            prices=prices,
            budget=read_budget(root, prices, self._problems),
            addresses=self._addresses.all(),
            read_from=tuple(texts.files),
            allow_outside=self._overrides.allow_outside,
        )

    def _shots(self, merged: list[MergedFile], region: str) -> dict[str, Shot]:
        defaults = merged[0].root.find("defaults")
        self._problems += check_defaults(defaults)
        layers = (defaults,) if isinstance(defaults, MapNode) else ()
        for file in merged:
            self._expansion.register_unusable(file.keys("shots"), file.scene)
            self._expansion.add(file.shots, ExpansionContext(file.names, self._scope(file), layers, file.via))
        cast = self._cast(merged)
        shots: dict[str, Shot] = {}
        first: dict[Place, str] = {}
        for written in self._expansion.written:
            before = len(self._problems)
            shot = self._shot(written, region, cast)
            if shot is not None:
                shots[shot.name] = shot
            if written.generated and len(self._problems) > before:
                self._name_the_first(written.name, first, before)
        self._problems += _too_many_takes(shots.values())
        return shots

    def _name_the_first(self, name: TextNode, first: dict[Place, str], before: int) -> None:
        """What is wrong with all shots of a matrix, or in all uses of a pipeline, is told of the first of them."""
        known = first.setdefault(replace(name.place, used_at=()), name.string)
        self._problems[before:] = [
            replace(problem, message=problem.message.replace(f"`{name.string}`", f"`{known}`"))
            for problem in self._problems[before:]
        ]

    def _shot(self, written: ExpandedShot, region: str, cast: Mapping[str, CastMember]) -> Shot | None:
        node: MapNode | None = written.node
        if written.generated:
            shape, node = check_shot(written.name, written.node)
            self._problems += shape
        context = written.context
        shot = (
            read_shot(written.name, node, context.layers, context.scope, self._problems) if node is not None else None
        )
        if shot is None:
            return None
        models = load_catalog()
        model = models.get(shot.model.string)
        if model is None:
            listed = f"models here: {', '.join(sorted(models))}"
            hint = did_you_mean(shot.model.string, models) or listed
            self._problems.append(Problem(shot.model.place, f"no model is called `{shot.model.string}`", hint))
            return None
        shot = replace(shot, damaged=shot.damaged or context.damaged)
        return replace(resolve_shot(shot, model, region, cast, self._problems), via=context.via)

    def _cast(self, merged: list[MergedFile]) -> dict[str, CastMember]:
        members: dict[str, CastMember] = {}
        for file in merged:
            members |= read_cast(file.root, self._scope(file), self._problems)
        return members

    def _cuts(self, merged: list[MergedFile], out: str, provider: Provider) -> dict[str, Cut]:
        label = merged[0].root.find("label")
        cuts, items = dict[str, Cut](), 0
        for key, node, scope in ((*named, self._scope(file)) for file in merged for named in file.cuts):
            cuts[key.string] = read_cut(key, node, label, out, provider, scope, self._problems)
            items += len(cuts[key.string].items)
            if items > MOST_ITEMS:
                message = f"the cuts of a production have {MOST_ITEMS} items at most"
                self._problems.append(Problem(key.place, message, "leave some out, or split the production"))
                return {}
        return cuts

    def _scope(self, file: MergedFile) -> Scope:
        return Scope(file.home, self._addresses, file.scene)


def _too_many_takes(shots: Iterable[Shot]) -> Iterator[Problem]:
    """Takes beyond what anybody pays for, at the shot that asks for too many."""
    asked = 0
    for shot in shots:
        asked += shot.takes
        if asked > MOST_TAKES:
            place = shot.origins["takes"].place if "takes" in shot.origins else shot.place
            yield Problem(place, f"the shots of a production have {MOST_TAKES} takes at most", "ask for fewer")
            return


def _check_wishes(overrides: Overrides, top: Place) -> Iterator[Problem]:
    """What the command line asks for is held to the same words as the file's own keys, and goes before them."""
    providers, regions = load_providers(), known_regions()
    if overrides.backend not in {None, *providers}:
        yield Problem(top, f"no backend is called `{overrides.backend}`", f"it is one of {', '.join(providers)}")
    if overrides.region not in {None, *regions}:
        yield Problem(top, f"no region is called `{overrides.region}`", f"it is one of {', '.join(regions)}")


def resolve_shot(
    shot: WrittenShot, model: Model, region: str, cast: Mapping[str, CastMember], problems: list[Problem]
) -> Shot:
    """A shot as it will be sent, with everything its model says about it among the problems."""
    written, before = _text(shot, "prompt") or "", len(problems)
    references = choose_references(shot, model, written, cast, problems)
    damaged = shot.damaged or has_errors(problems[before:])
    media = tuple(_media(shot, references, model))
    prompt = with_identifiers(written, references, model) or None
    negative = _text(shot, "negative_prompt")
    if region not in model.regions:
        message = f"`{model.name}` does not exist in the region `{region}`"
        problems.append(Problem(shot.model.place, message, f"it is in {', '.join(model.regions)}"))
    problems += model_checks.check_text(shot, model, {"prompt": prompt, "negative_prompt": negative})
    problems += model_checks.check_media(shot, model, media, region) if not damaged else ()
    problems += model_checks.check_voices(shot, model, media)
    problems += silent_references(shot, references, prompt or "", model)
    problems += model_checks.check_seed(shot, model)
    return Shot(
        name=shot.name,
        model=shot.model.string,
        place=shot.place,
        prompt=prompt,
        negative_prompt=negative,
        media=tuple(_voiced(item, model) for item in media),
        parameters=model_checks.effective(shot, model, media, region, problems),
        seed=_whole(shot, "seed"),
        takes=_whole(shot, "takes") or 1,
        tags=shot.tags,
        waits_for_pick="pick" in shot.given,
        note=_text(shot, "note"),
        written=strip_cast_markers(written),
        origins=shot.values,
    )


def _media(shot: WrittenShot, references: tuple[CastMember, ...], model: Model) -> Iterator[Media]:
    """All media of a shot in the order in which its model takes them; what it does not take comes behind."""
    named = named_places(shot)
    for slot in dict.fromkeys((*model.slots, *shot.slots)):
        if slot in shot.slots:
            held = shot.slots[slot]
            yield Media(slot, slot, held.source, held.place, named_at=held.asked_at, origin=held.origin)
    for number, member in enumerate(references, start=1):
        slot = f"reference_{number}"
        yield Media(
            slot=slot,
            type=model.references.get(member.kind, f"reference_{member.kind}"),
            source=member.source,
            place=member.place,
            voice=member.voice,
            cast=member.name or None,
            voice_place=member.voice_place,
            named_at=named.get(member.name, shot.prompt_place) if member.name else None,
        )


def _voiced(media: Media, model: Model) -> Media:
    """The media without a voice that its model does not know."""
    rule = model.media.get(media.type)
    if media.voice is None or rule is None or rule.voice is not None:
        return media
    return replace(media, voice=None)


def _text(shot: WrittenShot, key: str) -> str | None:
    value = shot.values.get(key)
    return value.string if value is not None and value.value is not None else None


def _whole(shot: WrittenShot, key: str) -> int | None:
    value = shot.values.get(key)
    return value.value if value is not None and isinstance(value.value, int) else None
