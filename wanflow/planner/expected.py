"""What each take is measured against: the request that it was bought with, not that of its shot today."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from fractions import Fraction
from functools import cached_property
from itertools import chain
from math import isqrt
from pathlib import PurePath

from wanflow import digest, timebase
from wanflow.catalog.model import Model, Role, sides_of
from wanflow.digest import Canonical
from wanflow.language.checks import CheckRules, FindingAction
from wanflow.language.production import Production
from wanflow.language.source import Facts, FactsTable
from wanflow.patterns import pattern
from wanflow.records import immutable
from wanflow.store import blobs
from wanflow.store.fact_cache import INLINE
from wanflow.store.findings import CHECKS_VERSION, Expected, Finding, Given, Measured, duplicate_of
from wanflow.store.inventory import Inventory
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import MADE_ELSEWHERE, Film, Take, film_of
from wanflow.store.take_names import take_node

_TIER_PIXELS = {"720P": 1280 * 720, "1080P": 1920 * 1080}
"""Pixels of a film whose size follows an input, about, by its tier (service.md 7.4)."""
_SIDE_STEP = 16
"""Pixels that the sides of such a film are multiples of, rounded down (service.md 7.4)."""
_SIDE_OF_K, _SIZE_WORDS = 1024, ("1K", "2K", "4K")
"""Pixels of a side of the square picture that is `1K`, and the words for such sizes (service.md 9.1)."""

_SEVERAL_SHOTS = pattern(
    r"\b(shot|scene|panel|cut)\s*\d|\b\d+\s*(shots|panels)\b|storyboard|multi[- ]?(shot|panel)|\bcuts?\s+to\b"
    r"|\[\s*\d+\s*[-–~]\s*\d+\s*s|分镜|分鏡|多镜头|多鏡頭|切到|切至|切换到|切換到|(镜头|鏡頭|画面|畫面)\s*[\d一二三四五六七八九]"
    r"|第\s*[\d一二三四五六七八九十]+\s*(个|個)?\s*(镜头|鏡頭)",
    re.IGNORECASE,
)
"""Words by which a prompt asks for several shots in one take (service.md 2)."""


@immutable
class Expectation:
    """What a take is measured against, with the identities of the files that were given to its request.

    `expected` has no files yet; `given` are the identities by the name of their field in `Expected`.
    """

    take: Take
    expected: Expected
    given: Mapping[str, Canonical] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The hash by which its findings are kept: of the take, of what was asked for, and of the checks' version."""
        asked = self.expected
        by_word = {"size_by_word": True} if asked.size_by_word else {}  # a key is older than this
        return digest.of_json(
            {
                **by_word,
                "take": self.take.digest,
                "version": CHECKS_VERSION,
                "seconds": None if asked.seconds is None else str(asked.seconds),
                "size": [asked.width, asked.height],
                "rate": None if asked.rate is None else timebase.rate_text(asked.rate),
                "sound": asked.sound,
                "one_move": asked.one_move,
                "given": dict(self.given),
            }
        )


class Expectations:
    """The expectations of takes, from what lock and store know of their requests.

    `facts` are those of the production's files, by which an asset is found again; `models` are those that it knows.
    """

    def __init__(self, have: Inventory, facts: FactsTable, models: Mapping[str, Model]) -> None:
        self._have, self._facts, self._models = have, facts, models
        self._recipes, self._here, self._derived = have.recipes, have.here, have.derived

    @cached_property
    def _takes(self) -> Mapping[str, Take]:
        """All takes by digest: made where one continues another, since each take of a run is asked for by itself."""
        takes = {take.digest: take for takes in self._have.takes.values() for take in takes}
        return takes | {take.digest: take for entry in self._have.lock.shots.values() for take in entry.takes.values()}

    @cached_property
    def _assets(self) -> Mapping[str, tuple[str, Facts]]:
        return {each.digest: (path, each) for path, each in self._facts.items() if isinstance(each, Facts)}

    def of(self, take: Take) -> Expectation:
        """What a take is measured against; nothing but itself where its request is not known, or its model."""
        words = self._words(take)
        model = self._models.get(str(words.get("model")))
        if model is None:
            return Expectation(take, Expected(one_move=False))
        if take.film is None:
            parameters = words.get("parameters")
            size = parameters.get("size") if isinstance(parameters, Mapping) else None
            width, height = sides_of(size) or (None, None)
            by_word = width is None and size is not None
            return Expectation(take, Expected(width=width, height=height, size_by_word=by_word, one_move=False))
        media = _media(words, model)
        given = {
            slot: media[role] for slot, role in _GIVEN.items() if role in media and not isinstance(media[role], list)
        }
        expected = self._asked(words, model, media)
        if take.model == MADE_ELSEWHERE:
            expected = replace(expected, rate=None)  # no request names a rate; this one is not that of the service
        before = list(self._continued(take, given.get("clip")))
        if before:
            given["chain_head"] = {"digest": before[-1].digest}
            # the result contains what it continues, with the cuts in it
            expected = replace(expected, one_move=expected.one_move and all(map(self._is_one_move, before)))
        return Expectation(take, expected, given)

    def placed(
        self, expectation: Expectation, store: Store, opens: Callable[[str], bool]
    ) -> tuple[Expected, frozenset[str]]:
        """What a take is measured against with the files that are here, and the names of those that are not.

        `opens` says whether an asset may be opened.
        """
        files = {slot: self._file(identity, store, opens) for slot, identity in expectation.given.items()}
        here = {
            slot: Given(digest.of_json(expectation.given[slot]), file)
            for slot, file in files.items()
            if file is not None
        }
        expected = replace(
            self._sized(expectation),
            first_frame=here.get("first_frame"),
            last_frame=here.get("last_frame"),
            clip=here.get("clip"),
            chain_head=here.get("chain_head"),
        )
        return expected, frozenset(files.keys() - here.keys())

    def file_of(self, take: Take, store: Store) -> PurePath | None:
        """The file of a take below the production's folder; None where it is not here."""
        here = take.digest in self._here and not take.gone
        return blobs.take_path(store, take.digest, take.suffix).relative_to(store.folder) if here else None

    def _asked(self, words: Mapping[str, Canonical], model: Model, media: Mapping[Role, Canonical]) -> Expected:
        parameters = words.get("parameters")
        values = parameters if isinstance(parameters, Mapping) else {}
        edited = Role.EDITED in media
        width, height = _size(model, values, media)
        duration = model.seconds(values)
        seconds = None if duration is None else Fraction(duration)
        if edited and seconds is None:
            film = self._film(media[Role.EDITED])
            seconds = None if film is None else film.seconds
        return Expected(
            seconds=seconds,
            width=width,
            height=height,
            rate=None if edited or model.rate is None else Fraction(model.rate),
            sound=not model.is_silent(values) and not edited,
            one_move=_is_one_move(words) and not edited,
        )

    def _sized(self, expectation: Expectation) -> Expected:
        """What a take is measured against, with the size that follows from an input if the request names none.

        It is not part of the key: the facts of a file are there only as long as the file is.
        """
        words = self._words(expectation.take)
        model = self._models.get(str(words.get("model")))
        parameters = words.get("parameters")
        if model is None or expectation.expected.width is not None or not isinstance(parameters, Mapping):
            return expectation.expected
        if expectation.expected.size_by_word:
            size = self._size_of_word(words, model, str(parameters.get("size")))
            return (
                expectation.expected if size is None else replace(expectation.expected, width=size[0], height=size[1])
            )
        if "ratio" in model.parameters and not model.sizes:
            return expectation.expected  # the vendor does not say how an `adaptive` ratio follows an input
        media, pixels = _media(words, model), _TIER_PIXELS.get(str(parameters.get("resolution")))
        role = next((role for role in (Role.CONTINUED, Role.EDITED, Role.OPENING) if role in media), None)
        width, height = (0, 0) if role is None else self._sides(media[role])
        if pixels is None or not (width and height):
            return expectation.expected
        exact = isqrt(pixels * width // height), isqrt(pixels * height // width)
        width, height = (max(side // _SIDE_STEP, 1) * _SIDE_STEP for side in exact)
        return replace(expectation.expected, width=width, height=height)

    def _size_of_word(self, words: Mapping[str, Canonical], model: Model, word: str) -> tuple[int, int] | None:
        """The size that a word such as `2K` asks for: square, or of the shape of the last picture (service.md 9.1)."""
        square = sides_of(model.sizes.get(word, {}).get("1:1"))
        side = square[0] if square else _SIDE_OF_K * int(word[:-1]) if word in _SIZE_WORDS else 0
        media = words.get("media")
        pictures = (
            [item.get("is") for item in media if isinstance(item, Mapping)] if isinstance(media, list | tuple) else []
        )
        width, height = self._sides(pictures[-1]) if pictures else (1, 1)
        if not (side and width and height):
            return None
        return isqrt(side * side * width // height), isqrt(side * side * height // width)

    def _sides(self, identity: Canonical) -> tuple[int, int]:
        """Width and height of the file that an identity means, or is a part of; 0 where they are not known."""
        whole = _origin(identity) or ""
        take = self._takes.get(whole)
        shown = self._assets.get(whole, ("", None))[1] if take is None else take.result
        return (0, 0) if shown is None else (shown.width, shown.height)

    def _film(self, identity: Canonical) -> Film | None:
        """The film that an identity means, or a piece of it, where it is known."""
        whole = _origin(identity)
        if whole is None:
            return None
        take = self._takes.get(whole)
        facts = self._assets.get(whole, ("", None))[1]
        film = take.film if take is not None else None if facts is None else film_of(facts)
        if film is None or not isinstance(identity, Mapping) or "of" not in identity:
            return film
        first, last = identity.get("first"), identity.get("last")
        return replace(film, frames=last - first + 1) if isinstance(first, int) and isinstance(last, int) else None

    def _continued(self, take: Take, clip: Canonical) -> Iterator[Take]:
        """The takes that a take continues through `clip`, one after the other, the first of the chain last."""
        seen = {take.digest}
        while (whole := _origin(clip)) is not None:
            before = self._takes.get(whole)
            if before is None or before.digest in seen:
                return
            yield before
            seen.add(before.digest)
            words = self._words(before)
            model = self._models.get(str(words.get("model")))
            clip = None if model is None else _media(words, model).get(Role.CONTINUED)

    def _is_one_move(self, take: Take) -> bool:
        words = self._words(take)
        model = self._models.get(str(words.get("model")))
        return model is not None and _is_one_move(words) and Role.EDITED not in _media(words, model)

    def _words(self, take: Take) -> Mapping[str, Canonical]:
        """The request that a take was bought with; empty where it is not known."""
        recipe = self._recipes.get(take.fingerprint)
        return recipe if isinstance(recipe, Mapping) else {}

    def _file(self, identity: Canonical, store: Store, opens: Callable[[str], bool]) -> PurePath | None:
        """The file with an identity, below the production's folder; None where it is not here."""
        derived = self._derived.get(digest.of_json(identity))
        if derived is not None:
            return blobs.derived_file(store, derived).relative_to(store.folder)
        whole = identity.get("digest") if isinstance(identity, Mapping) else None
        take = self._takes.get(str(whole))
        if take is not None:
            return self.file_of(take, store)
        path = self._assets.get(str(whole), ("", None))[0]
        return PurePath(path) if path and not path.startswith(INLINE) and opens(path) else None


_GIVEN = {"first_frame": Role.OPENING, "last_frame": Role.ENDING, "clip": Role.CONTINUED}
"""The roles of the media that a take is compared with, by their names in `Expected`."""


def findings_of(
    measured: Mapping[str, Measured], have: Inventory, facts: FactsTable, models: Mapping[str, Model]
) -> dict[tuple[str, str], tuple[Finding, ...]]:
    """What is known of the takes of lock and store, each by its digest and its fingerprint.

    A picture that looks like an earlier take of its request has a finding for it: the other take may have come later.
    A take that was not measured is left out. `measured` are by the hash of what each was measured against; `models` are
    those that are known.
    """
    if not measured:
        return {}
    expectations = Expectations(have, facts, models)
    taken = {each.take for each in measured.values()}
    entries = (entry.takes.values() for entry in have.lock.shots.values())
    found: dict[tuple[str, str], tuple[Finding, ...]] = {}
    thumbnails: dict[tuple[str, str], bytes] = {}
    for take in chain.from_iterable((*entries, *have.takes.values())):
        if take.digest in taken and (known := measured.get(expectations.of(take).key)) is not None:
            found[take.digest, take.fingerprint] = known.findings
            thumbnails[take.digest, take.fingerprint] = known.thumbnail
    for key, duplicate in _duplicates(have.lock, thumbnails):
        found[key] += (duplicate,)
    return found


def _duplicates(lock: Lock, thumbnails: Mapping[tuple[str, str], bytes]) -> Iterator[tuple[tuple[str, str], Finding]]:
    """The findings of pictures that look like an earlier take of their request, each of which has one of them."""
    told = set[tuple[str, str]]()
    for shot, entry in sorted(lock.shots.items()):
        seen: dict[str, dict[str, bytes]] = {}
        for take in sorted(entry.takes.values(), key=lambda each: entry.numbers[each.digest]):
            key = (take.digest, take.fingerprint)
            thumbnail = b"" if take.gone else thumbnails.get(key, b"")
            if not thumbnail:
                continue
            earlier = seen.setdefault(take.fingerprint, {})
            if key not in told and (duplicate := duplicate_of(thumbnail, earlier)) is not None:
                told.add(key)
                yield key, duplicate
            earlier[take_node(shot, entry.numbers[take.digest])] = thumbnail


def known_findings(production: Production, have: Inventory, shot: str, take: Take | None) -> tuple[Finding, ...] | None:
    """What checks found in a take of a shot, without those that it switches off; None for one that was not measured."""
    known = None if take is None else (have.findings or {}).get((take.digest, take.fingerprint))
    return None if known is None else shown_findings(production, shot, known)


def shown_findings(production: Production, shot: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in a take without those of checks that its shot switches off."""
    rules = rules_of(production, shot)
    return tuple(each for each in findings if rules.action(each.check) is not FindingAction.OFF)


def rules_of(production: Production, shot: str) -> CheckRules:
    """What findings in the takes of a shot do; those of a removed shot warn."""
    return production.shots[shot].checks if shot in production.shots else CheckRules()


def _is_one_move(words: Mapping[str, Canonical]) -> bool:
    """Whether a request asks for one camera move, by its parameters and its words."""
    parameters = words.get("parameters")
    several = isinstance(parameters, Mapping) and parameters.get("shot_type") == "multi"
    return not several and _SEVERAL_SHOTS.search(str(words.get("prompt") or "")) is None


def _media(words: Mapping[str, Canonical], model: Model) -> dict[Role, Canonical]:
    """The identities of a request's media by their roles; of several with a role the first one."""
    found: dict[Role, Canonical] = {}
    media = words.get("media")
    for item in media if isinstance(media, list | tuple) else ():
        rule = model.media.get(str(item.get("role"))) if isinstance(item, Mapping) else None
        if rule is not None and isinstance(item, Mapping):
            found.setdefault(rule.role, item.get("is"))
    return found


def _origin(identity: Canonical) -> str | None:
    """The digest of the whole file that an identity is, or is a part of."""
    if not isinstance(identity, Mapping):
        return None
    whole = identity.get("of", identity.get("digest"))
    return whole if isinstance(whole, str) else None


def _size(
    model: Model, values: Mapping[str, Canonical], media: Mapping[Role, Canonical]
) -> tuple[int | None, int | None]:
    """Width and height that a request names; those of an input are another question (`Expectations._sized`)."""
    ignored = any(key == "ratio" and model.media[kind].role in media for key, kind in model.ignored)
    size = values.get("size")
    if size is None and not ignored:
        size = model.sizes.get(str(values.get("resolution")), {}).get(str(values.get("ratio")))
    return sides_of(size) or (None, None)
