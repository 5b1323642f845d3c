"""What a machine needs for rendering, checked one by one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import anyio

from wanflow.catalog.model import Model
from wanflow.catalog.provider import Provider
from wanflow.catalog.read import load_catalog
from wanflow.characters import for_shell
from wanflow.errors import MediaFault, StoreFault, words_of_system
from wanflow.graph.node import cut_id
from wanflow.language.production import RESULTS_FOLDER, Production
from wanflow.loading import check_cards, check_drawn_texts
from wanflow.media import ffmpeg
from wanflow.media.delivery import ENCODERS
from wanflow.media.inputs import generated_words
from wanflow.media.jobs import RunningProcesses
from wanflow.messages import joined, tr, trn
from wanflow.planner.drawn_texts import is_drawn_anywhere
from wanflow.providers.faults import ServiceFault, UnusableVariable, WrongAddress
from wanflow.providers.network import read_network
from wanflow.providers.protocol import Connector, Endpoint
from wanflow.records import immutable
from wanflow.store import atomic, run_lock
from wanflow.store.atomic import STORE_FOLDER
from wanflow.store.layout import Store
from wanflow.store.repair import examine, missing_takes
from wanflow.store.take_names import TAKE_SUFFIXES
from wanflow.wiring import CONNECTORS

RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""Date of the first release: an earlier clock is wrong."""
LOW_BYTES = 2 * 10**9
TOO_LOW_BYTES = 10**8
GIGABYTE = 10**9
TRIAL = (
    *generated_words("color=size=64x64:rate=10:duration=0.2"),
    *generated_words("anullsrc=r=48000"),
    *("-t", "0.2", "-c:v", "libx264", "-c:a", "aac", "-f", "null", "-"),
)
"""Arguments that encode two frames with sound and keep nothing."""


LIMITS_SECONDS = 10
"""Seconds that the service has to tell the limits of an account."""
GIT_SECONDS = 20
"""Seconds that git has to list what it tracks."""
PICTURED = tuple(TAKE_SUFFIXES)
"""Suffixes of results that are too large for git."""


class HealthLevel(StrEnum):
    """Fine, worth knowing, or in the way."""

    FINE = "ok"
    POOR = "warn"
    BROKEN = "fail"


@immutable
class HealthCheck:
    """What was found of one subject, and the way out where something is wrong."""

    subject: str
    level: HealthLevel
    words: str
    hint: str | None = None


def check_up(
    folder: Path, provider: Provider, region: str, environ: Mapping[str, str], production: Production | None = None
) -> tuple[HealthCheck, ...]:
    """Check all that rendering in this folder on this backend needs; a key is sent, never shown."""
    return (
        *_ffmpeg(environ),
        _folder(folder),
        *_file_system(folder),
        _disk(folder),
        _clock(datetime.now(UTC), paid=provider.paid),
        *(() if production is None else _deliveries(production, environ)),
        *(() if production is None else _fonts(production)),
        *_store(folder, provider),
        *_tracked(folder),
        *(_remote(provider, region, environ, _models_of(provider, region, production)) if provider.remote else ()),
    )


def _models_of(provider: Provider, region: str, production: Production | None) -> dict[str, Model]:
    """The models whose limits matter: those of the production, else those that the provider has in the region."""
    if production is not None:
        return {shot.model: shot.rules for shot in production.shots.values()}
    entries = load_catalog().entries
    return {model.name: model for model in entries if model.provider == provider.models and region in model.regions}


def _ffmpeg(environ: Mapping[str, str]) -> Iterator[HealthCheck]:
    try:
        binary = ffmpeg.find_ffmpeg(environ)
        yield HealthCheck("ffmpeg", HealthLevel.FINE, f"{ffmpeg.version(binary)} ({binary})")
        ffmpeg.run([str(binary), *TRIAL], processes=RunningProcesses())
        yield HealthCheck("encoders", HealthLevel.FINE, tr("libx264 and aac work"))
        if not ffmpeg.has_filter(binary, "zscale"):
            words = tr("it lacks the filter `zscale`, which clips in HDR need")
            yield HealthCheck("ffmpeg", HealthLevel.POOR, words, ffmpeg.FILTER_HINT)
    except MediaFault as fault:
        hint = fault.hint or tr(
            "set {variable} to an ffmpeg with libx264 and aac, or unset it", variable=ffmpeg.VARIABLE
        )
        yield HealthCheck("ffmpeg", HealthLevel.BROKEN, str(fault), hint)


def _deliveries(production: Production, environ: Mapping[str, str]) -> Iterator[HealthCheck]:
    """The forms of deliveries for which ffmpeg lacks an encoder."""
    with suppress(MediaFault):  # a missing ffmpeg is reported already
        binary = ffmpeg.find_ffmpeg(environ)
        for form in sorted({each.form for cut in production.cuts.values() for each in cut.deliveries}):
            if not ffmpeg.has_encoder(binary, encoder := ENCODERS[form]):
                words = tr(
                    "it lacks the encoder `{encoder}`, which deliveries as `{form}` need", encoder=encoder, form=form
                )
                yield HealthCheck("ffmpeg", HealthLevel.BROKEN, words, ffmpeg.ENCODER_HINT)


def _folder(folder: Path) -> HealthCheck:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return HealthCheck("folder", HealthLevel.FINE, tr("{folder} can be written", folder=folder.resolve()))
    except OSError as fault:
        words = tr("{folder} cannot be written: {strerror}", folder=folder, strerror=words_of_system(fault))
        return HealthCheck(
            "folder", HealthLevel.BROKEN, words, tr("change its owner or its mode, or work in another folder")
        )


def _file_system(folder: Path) -> Iterator[HealthCheck]:
    """What is weaker on a file system that lacks modes, locks, or the flush of a folder; tested in a new folder."""
    store = folder / STORE_FOLDER
    try:
        with tempfile.TemporaryDirectory(dir=store if store.is_dir() else folder, prefix=".doctor-") as name:
            place = Path(name)
            locks = run_lock.has_locks(place)
            modes, flushed = os.name != "posix", os.name != "posix"  # no disk on Windows has either
            if os.name == "posix":
                modes, flushed = atomic.has_modes(place), atomic.sync_folder(place)
    except OSError as fault:
        yield HealthCheck(
            "files",
            HealthLevel.POOR,
            tr("the file system cannot be tested: {strerror}", strerror=words_of_system(fault)),
        )
        return
    weaker = {
        tr("keeps no modes: others can read private files here, and takes are not read-only"): modes,
        tr("cannot flush a folder: a power cut can lose the last write"): flushed,
        tr(
            "has no locks: runs exclude each other by a folder, which a run killed on another machine leaves behind"
        ): locks,
    }
    for words in (words for words, able in weaker.items() if not able):
        yield HealthCheck(
            "files",
            HealthLevel.POOR,
            tr("the file system {words}", words=words),
            tr("keep the production on a disk of this machine"),
        )


def _disk(folder: Path) -> HealthCheck:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as fault:
        words = tr("the free space cannot be read: {strerror}", strerror=words_of_system(fault))
        return HealthCheck("disk", HealthLevel.POOR, words)
    words = tr("{free:.1f} GB free", free=free / GIGABYTE)
    if free >= LOW_BYTES:
        return HealthCheck("disk", HealthLevel.FINE, words)
    return HealthCheck(
        "disk",
        HealthLevel.BROKEN if free < TOO_LOW_BYTES else HealthLevel.POOR,
        words,
        tr("make room for takes and cuts"),
    )


def _clock(now: datetime, *, paid: bool) -> HealthCheck:
    words = now.strftime("%Y-%m-%d %H:%M UTC")
    if now >= RELEASED:
        return HealthCheck("clock", HealthLevel.FINE, words)
    level = HealthLevel.BROKEN if paid else HealthLevel.POOR
    return HealthCheck(
        "clock", level, tr("{words} is in the past", words=words), tr("set the clock: tasks and addresses expire by it")
    )


def _fonts(production: Production) -> Iterator[HealthCheck]:
    """The cuts and cards with texts that cannot be read: without a font, cut off, or not joined."""
    cuts = {name: cut for name, cut in production.cuts.items() if not is_drawn_anywhere(production, cut)}
    for name, cut in cuts.items():
        for problem in check_drawn_texts(production, cut):
            words = joined(": ", (cut_id(name), str(problem.place), problem.message))
            yield HealthCheck("fonts", HealthLevel.POOR, words, problem.hint)
    for problem in check_cards(production, production.shots):
        words = joined(": ", (production.provider.name, str(problem.place), problem.message))
        yield HealthCheck("fonts", HealthLevel.POOR, words, problem.hint)


def _store(folder: Path, provider: Provider) -> Iterator[HealthCheck]:
    store = Store(folder, provider)
    if not store.root.exists():
        yield HealthCheck("store", HealthLevel.FINE, tr("none yet: the first run creates it"))
        return
    try:
        damaged = examine(store)
    except StoreFault as fault:
        yield HealthCheck("store", HealthLevel.BROKEN, str(fault), fault.hint)
        return
    for damage in damaged:
        hint = damage.hint
        if damage.emptied and _ls_files(folder, damage.place):
            hint = tr(
                "`git checkout {place}` first, it has your picks too; then {hint}",
                place=for_shell(damage.place),
                hint=hint,
            )
        level = HealthLevel.BROKEN if damage.blocks else HealthLevel.POOR
        yield HealthCheck("store", level, tr("{node}: {words}", node=damage.place, words=damage.words), hint)
    if damaged:
        return
    if missing := missing_takes(store):
        words = trn(
            "no damage; {example} is in the lock, but not here",
            "no damage; {number} takes, as {example}, are in the lock, but not here",
            len(missing),
            example=missing[0],
        )
        hint = tr("`wanflow pull`, or copy the store")
        yield HealthCheck("store", HealthLevel.POOR, words, hint)
    else:
        yield HealthCheck("store", HealthLevel.FINE, tr("all takes intact"))


def _tracked(folder: Path) -> Iterator[HealthCheck]:
    """Files of the store, and results, that git tracks; without git or a repository nothing is found."""
    stored = [name for name in _ls_files(folder, STORE_FOLDER) if name != f"{STORE_FOLDER}/.gitignore"]
    results = [name for name in _ls_files(folder, RESULTS_FOLDER) if name.endswith(PICTURED)]
    for place, names in ((STORE_FOLDER, stored), (RESULTS_FOLDER, results)):
        if names:
            files = trn("{number} file", "{number} files", len(names))
            words = tr("git tracks {files} of `{place}`, as `{names}`", files=files, place=place, names=names[0])
            hint = tr("`git rm -r --cached {place}` takes them out of git and leaves them on the disk", place=place)
            yield HealthCheck("git", HealthLevel.POOR, words, hint)


def _ls_files(folder: Path, place: str) -> list[str]:
    """The paths at or below a place that git tracks, from the production's folder."""
    git = shutil.which("git")
    if git is None:
        return []
    words = ("-c", "core.fsmonitor=false", "--literal-pathspecs", "ls-files", "-z", "--", place)
    try:
        listed = subprocess.run([git, *words], cwd=folder, capture_output=True, check=False, timeout=GIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name] if listed.returncode == 0 else []


def _remote(
    provider: Provider, region: str, environ: Mapping[str, str], models: Mapping[str, Model]
) -> Iterator[HealthCheck]:
    """The way to the provider, the key, and whether the service accepts it, where it can be asked."""
    try:
        proxies = read_network(environ).proxies
    except UnusableVariable as fault:
        yield HealthCheck("network", HealthLevel.BROKEN, str(fault), fault.hint)
        yield from _access(provider, region, environ, models, reachable=False)
        return
    if proxies:
        named = [
            tr("{scheme}: by {shown} ({variable})", scheme=scheme, shown=proxy.shown, variable=proxy.variable)
            for scheme, proxy in proxies.items()
        ]
        yield HealthCheck("network", HealthLevel.FINE, joined(", ", named))
    yield from _access(provider, region, environ, models, reachable=True)


def _access(
    provider: Provider, region: str, environ: Mapping[str, str], models: Mapping[str, Model], *, reachable: bool
) -> Iterator[HealthCheck]:
    """The key, and, where the service is reachable, whether that of the region accepts it."""
    connector = CONNECTORS[provider.name]
    try:
        endpoint = connector.endpoint(region, environ)
    except ServiceFault as fault:
        subject = "address" if isinstance(fault, WrongAddress) else "key"
        yield HealthCheck(subject, HealthLevel.BROKEN, str(fault), fault.hint)
        return
    yield HealthCheck("key", HealthLevel.FINE, tr("{key_variable} is set", key_variable=provider.key_variable))
    if not reachable:
        return
    try:
        anyio.run(connector.reach, endpoint)
    except ServiceFault as fault:
        words = tr("region `{region}` ({host}): {fault}", region=region, host=endpoint.host, fault=fault)
        yield HealthCheck("service", HealthLevel.BROKEN, words, fault.hint or tr("check the network and try again"))
    else:
        yield HealthCheck(
            "service", HealthLevel.FINE, tr("region `{region}` answers at {host}", region=region, host=endpoint.host)
        )
        yield from _limits(connector, endpoint, models)


def _limits(connector: Connector, endpoint: Endpoint, models: Mapping[str, Model]) -> Iterator[HealthCheck]:
    """The models of which this account may run fewer tasks than the catalog says; nothing where nobody tells."""

    async def ask() -> Mapping[str, int]:
        with anyio.move_on_after(LIMITS_SECONDS), suppress(ServiceFault):
            return await connector.quotas(endpoint, models)
        return {}

    told = anyio.run(ask)
    lower = {name: running for name, running in told.items() if running < models[name].running}
    for name, running in lower.items():
        words = trn(
            "`{model}`: {number} task at a time; other accounts have {usual}",
            "`{model}`: {number} tasks at a time; other accounts have {usual}",
            running,
            model=name,
            usual=models[name].running,
        )
        hint = tr("a run keeps to it; ask the vendor for a higher quota")
        yield HealthCheck("limits", HealthLevel.POOR, words, hint)
    if told and not lower:
        yield HealthCheck("limits", HealthLevel.FINE, tr("this account may run as many tasks as the catalog says"))
