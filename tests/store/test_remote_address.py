"""The address of a remote may have a password: no message shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.providers import DASHSCOPE
from wanflow.errors import StoreFault, UnknownTarget
from wanflow.store.layout import Store
from wanflow.store.remote import open_remote, pull_takes

PASSWORDS = ("hunter2", "p@ss:w0rd", "h%23nter2")


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("scheme", ["ftp", "webdav", "simplecache::ftp"])
def test_no_error_of_a_remote_shows_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, password: str
) -> None:
    """Neither one that cannot be reached nor one whose library is missing; the rest of the address is shown."""
    address = f"{scheme}://user:{password}@127.0.0.1:1/x"
    monkeypatch.setenv("WANFLOW_REMOTE", address)
    with pytest.raises(StoreFault) as raised:
        pull_takes(open_remote(None, tmp_path), Store(tmp_path, DASHSCOPE))
    monkeypatch.delenv("WANFLOW_REMOTE")
    with pytest.raises(UnknownTarget, match="is an address, and the production is untrusted") as refused:
        open_remote(address, tmp_path, untrusted=True)
    for fault in (raised.value, refused.value):
        assert f"{scheme}://***@127.0.0.1:1/x`" in str(fault)
        assert not any(part in str(fault) for part in (password, "hunter2", "w0rd", "nter2"))
