"""From a task that is done to a film in the store, in virtual time: what comes is checked, fetched again, never thrown away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from kit.films import COAST, production
from kit.providers import DASHSCOPE
from kit.virtual_run import VirtualRun, virtual_run
from wanflow import digest
from wanflow.catalog.model import ResultKind
from wanflow.emulator.api.endpoint import AccountTerms
from wanflow.emulator.api.fault_script import ScriptedFault
from wanflow.errors import StoreFault
from wanflow.language.source import Facts, Kind
from wanflow.media.probe import CheckResult
from wanflow.providers.faults import ResultExpired, ServerFault
from wanflow.providers.protocol import DelegatingWaiter, DownloadedFile, WaitingClient
from wanflow.runner.download import fetch_result
from wanflow.store import blobs, journal, lockfile
from wanflow.store.take import Picture, result_of

pytestmark = pytest.mark.anyio

FILM = production(COAST)
NO_FILM = b"no film"
PICTURE = b"a picture"


class Garbling(DelegatingWaiter):
    """A service whose first downloads are something else; counts them."""

    def __init__(self, service: WaitingClient, garbled: int = 0) -> None:
        super().__init__(service)
        self.garbled = garbled
        self.downloads = 0

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        self.downloads += 1
        if self.downloads <= self.garbled:
            _write(target)
            return DownloadedFile(digest.of_bytes(NO_FILM), len(NO_FILM))
        return await super().download(url, target, most_bytes)


def _write(target: Path, content: bytes = NO_FILM) -> None:
    target.write_bytes(content)


def files_in(folder: Path) -> list[str]:
    """The names of the files in a folder that may not exist."""
    return [path.name for path in folder.glob("*")]


def open_tasks(here: VirtualRun) -> int:
    """How many tasks are still open."""
    return len(journal.read(here.store).open)


@pytest.mark.parametrize("garbled", [0, 1, 2])
async def test_what_does_not_play_is_fetched_again(tmp_path: Path, garbled: int) -> None:
    """At most twice, and from its beginning."""
    services: list[Garbling] = []

    def around(service: WaitingClient) -> WaitingClient:
        services.append(Garbling(service, garbled))
        return services[-1]

    async with virtual_run(tmp_path, around) as here:
        outcome = await here.run(FILM)
    assert (outcome.exit_code, services[0].downloads) == (0, garbled + 1)
    assert not here.store.aside.exists()


async def test_what_is_no_film_is_kept_aside_and_its_task_stays_open(tmp_path: Path) -> None:
    """After the third try the step fails; what came is kept but not as a take, and a later run tries again."""
    async with virtual_run(tmp_path, lambda service: Garbling(service, 3)) as here:
        outcome = await here.run(FILM)
        (kept,) = here.store.aside.iterdir()
        assert kept.read_bytes() == NO_FILM
        assert blobs.list_takes(here.store) == frozenset()
        assert open_tasks(here) == 1
        (failure,) = outcome.failures
        assert f".wanflow/aside/{kept.name}" in failure.message
        here.around = Garbling
        later = await here.run(FILM)
        assert len(here.endpoint.charged()) == 1
    assert (outcome.exit_code, outcome.submitted) == (1, 1)
    assert (later.exit_code, later.submitted, later.collected) == (0, 0, 1)


async def test_a_film_that_can_not_be_fetched_is_tried_three_times_a_run(tmp_path: Path) -> None:
    """What was found out while collecting is not tried again as a step of the same run."""
    services: list[Garbling] = []

    def around(service: WaitingClient) -> WaitingClient:
        services.append(Garbling(service, 100))
        return services[-1]

    async with virtual_run(tmp_path, around) as here:
        await here.run(FILM)
        again = await here.run(FILM)
        collected = await here.collect()
    assert [service.downloads for service in services] == [3, 3, 3]
    assert (again.exit_code, collected.exit_code) == (1, 1)
    assert len(list(here.store.aside.iterdir())) == 1


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_download_that_breaks_off_goes_on(tmp_path: Path, times: int) -> None:
    """Twice it goes on where it broke off; the third time the step fails, and its task stays open."""
    terms = AccountTerms(faults=(ScriptedFault("download", cut=3, times=times),))
    async with virtual_run(tmp_path, terms=terms) as here:
        outcome = await here.run(FILM)
        assert open_tasks(here) == (1 if times > 2 else 0)
        assert len(list(here.store.aside.iterdir()) if times > 2 else []) == (1 if times > 2 else 0)
        whole = await here.run(FILM)
    assert outcome.exit_code == (1 if times > 2 else 0)
    assert whole.exit_code == 0


async def test_an_address_that_expired_is_asked_for_again(tmp_path: Path) -> None:
    """Its task has another one; if all are refused, three times, the step fails and the task stays open."""
    async with virtual_run(tmp_path, terms=AccountTerms(faults=(ScriptedFault("download", expire=True),))) as here:
        assert (await here.run(FILM)).exit_code == 0
    async with virtual_run(
        tmp_path / "twice", terms=AccountTerms(faults=(ScriptedFault("download", expire=True, times=6),))
    ) as here:
        assert (await here.run(FILM)).exit_code == 1
        assert open_tasks(here) == 1
        assert (await here.run(FILM)).exit_code == 0


async def test_an_address_that_is_refused_for_a_moment_is_asked_again(tmp_path: Path) -> None:
    """Its task has no other one; after a pause, as long as the reply asks for, the same address is fine."""
    pauses: list[float] = []

    class Refusing(DelegatingWaiter):
        async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
            pauses.append(anyio.current_time())
            if len(pauses) < 3:
                raise ResultExpired("the result's address is refused (HTTP 403)", retry_after=len(pauses) * 30 - 30)
            return await super().download(url, target, most_bytes)

    async with virtual_run(tmp_path, Refusing) as here:
        outcome = await here.run(FILM)
    assert outcome.exit_code == 0
    assert [later - earlier for earlier, later in pairwise(pauses)] == pytest.approx([2, 30], abs=0.5)


async def test_a_film_that_is_in_the_store_is_not_fetched_again(tmp_path: Path) -> None:
    """The run was stopped after the film was stored and before the journal and the lock were told."""
    services: list[Garbling] = []

    def around(service: WaitingClient) -> WaitingClient:
        services.append(Garbling(service))
        return services[-1]

    async with virtual_run(tmp_path, around) as here:
        await here.run(FILM)
        lines = here.store.journal.read_bytes().splitlines(keepends=True)
        here.store.journal.write_bytes(b"".join(line for line in lines if b'"event":"stored"' not in line))
        here.store.lock.unlink()
        outcome = await here.run(FILM)
        assert open_tasks(here) == 0
    assert (outcome.exit_code, outcome.submitted) == (0, 0)
    assert [service.downloads for service in services] == [1, 0]
    assert len(lockfile.read(here.store.lock).shots["coast"].takes) == 1


async def test_a_disk_that_is_full_is_not_asked_three_times(tmp_path: Path) -> None:
    """An error of our own is not one of the service: it is reported at once, and the task stays open."""

    class Full(DelegatingWaiter):
        downloads = 0

        async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
            self.downloads += 1
            raise StoreFault("`film.mp4` cannot be used: no space left on device")

    services: list[Full] = []

    def around(service: WaitingClient) -> WaitingClient:
        services.append(Full(service))
        return services[-1]

    async with virtual_run(tmp_path, around) as here:
        outcome = await here.run(FILM)
        assert open_tasks(here) == 1
    assert (outcome.exit_code, services[0].downloads) == (1, 1)


async def test_a_service_that_fails_every_download_keeps_nothing_aside(tmp_path: Path) -> None:
    """Nothing came, so there is nothing to keep."""

    class Failing(DelegatingWaiter):
        async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
            raise ServerFault("the download failed (HTTP 503)")

    async with virtual_run(tmp_path, Failing) as here:
        outcome = await here.run(FILM)
    assert "HTTP 503" in outcome.failures[0].message
    assert not here.store.aside.exists()


class Picturing(DelegatingWaiter):
    """A service whose downloads are pictures."""

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        _write(target, PICTURE)
        return DownloadedFile(digest.of_bytes(PICTURE), len(PICTURE))


async def test_a_picture_is_downloaded_under_its_suffix_and_passes_its_own_check(tmp_path: Path) -> None:
    """The kind of the result decides both; what is measured is the picture that a take will hold."""
    checked: list[object] = []

    async def measure(job: object, _progress: object = None) -> Facts:
        checked.append(job)
        return Facts(Kind.IMAGE, "png", digest.of_bytes(PICTURE), len(PICTURE), 4, 3)

    async with virtual_run(tmp_path, Picturing) as here, here.context() as context:
        fetched = await fetch_result("t1", "https://results/1", "wan2.7-image", replace(context, jobs=measure))
    assert fetched.path.suffix == ".png"
    assert checked == [CheckResult(ResultKind.PICTURE, fetched.path.relative_to(here.folder))]
    assert result_of(fetched.facts) == Picture(4, 3, len(PICTURE))


class Unreachable(DelegatingWaiter):
    """A service whose results cannot be downloaded."""

    async def download(self, url: str, target: Path, most_bytes: int) -> DownloadedFile:
        raise ServerFault(f"no reply ({url}, {target.suffix})")


async def test_a_hint_says_how_long_the_provider_keeps_a_result(tmp_path: Path) -> None:
    """By the provider's own file: another one keeps it longer or shorter."""
    provider = replace(DASHSCOPE, result_life=timedelta(hours=3))
    async with virtual_run(tmp_path, Unreachable) as here, here.context() as context:
        with pytest.raises(ServerFault) as caught:
            await fetch_result("t1", "https://results/1", "wan2.7-image", replace(context, provider=provider))
    assert (caught.value.hint or "").endswith("while the service has it, for 3 h")


async def test_a_result_without_an_end_fails_its_step_once_and_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays, no other attempt is made in the run, and a later run fetches it where it is smaller."""
    monkeypatch.setattr("wanflow.catalog.model.Model.most_result_bytes", 3)
    services: list[Garbling] = []

    def around(service: WaitingClient) -> WaitingClient:
        services.append(Garbling(service))
        return services[-1]

    async with virtual_run(tmp_path, around) as here:
        outcome = await here.run(FILM)
        (failure,) = outcome.failures
        assert (outcome.exit_code, services[0].downloads, open_tasks(here)) == (1, 1, 1)
        assert "cannot download the film of task" in failure.message
        assert "wanflow collect" in (failure.hint or "")
        assert not here.store.aside.exists()
        assert files_in(here.store.temporary("").parent) == []
        monkeypatch.undo()
        later = await here.run(FILM)
        assert len(here.endpoint.charged()) == 1
    assert (later.exit_code, later.submitted, later.collected) == (0, 0, 1)
