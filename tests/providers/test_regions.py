"""Where the service is and which key opens it."""

from __future__ import annotations

import pytest

from wanflow.providers.dashscope.regions import (
    BASE_VARIABLE,
    KEY_VARIABLE,
    WORKSPACE_VARIABLE,
    base_url_of,
    endpoint_of,
)
from wanflow.providers.faults import Unauthorised, WrongAddress

KEY = "sk-0123456789abcdef"


@pytest.mark.parametrize(
    ("region", "base"),
    [
        ("beijing", "https://dashscope.aliyuncs.com/api/v1"),
        ("singapore", "https://dashscope-intl.aliyuncs.com/api/v1"),
        ("virginia", "https://dashscope-us.aliyuncs.com/api/v1"),
    ],
)
def test_each_region_has_its_host(region: str, base: str) -> None:
    """As the vendor's pages name them (service.md 1.2)."""
    assert endpoint_of(region, {KEY_VARIABLE: KEY}).base_url == base


@pytest.mark.parametrize(
    ("region", "given"),
    [
        ("beijing", "http://127.0.0.1:8000/api/v1"),
        ("singapore", "http://[::1]:8000/api/v1/"),
        ("beijing", "http://emulator:8000/api/v1"),
        ("beijing", "https://proxy.example/dashscope/api/v1"),
        ("beijing", "https://ws-1.cn-beijing.maas.aliyuncs.com/api/v1"),
        ("singapore", "https://ws-1.ap-southeast-1.maas.aliyuncs.com/api/v1"),
        ("tokyo", "https://ws-1.ap-northeast-1.maas.aliyuncs.com/api/v1"),
        ("frankfurt", "https://ws-1.eu-central-1.maas.aliyuncs.com/api/v1"),
        ("beijing", "https://vpc-cn-beijing.dashscope.aliyuncs.com/api/v1"),
        ("beijing", "https://dashscope.aliyuncs.com./api/v1"),
        ("beijing", "http://100.100.1.2:8000/api/v1"),
        ("beijing", "https://relay.cn-hangzhou.fc.aliyuncs.com/api/v1"),
    ],
)
def test_the_environment_may_name_another_address(region: str, given: str) -> None:
    """A stand-in, a proxy, or a workspace of the same region."""
    assert base_url_of(region, {BASE_VARIABLE: given}) == given.rstrip("/")


@pytest.mark.parametrize(
    ("region", "given", "words"),
    [
        ("beijing", "https://dashscope-intl.aliyuncs.com/api/v1", "host of region `singapore`"),
        ("singapore", "https://ws-1.cn-beijing.maas.aliyuncs.com/api/v1", "host of region `beijing`"),
        ("virginia", "https://dashscope.aliyuncs.com/api/v1", "host of region `beijing`"),
        ("beijing", "https://ws-1.eu-central-1.maas.aliyuncs.com/api/v1", "host of region `frankfurt`"),
        ("singapore", "https://cn-hongkong.dashscope.aliyuncs.com/api/v1", "region wanflow does not know"),
        ("beijing", "https://dashscope-eu.aliyuncs.com/api/v1", "region wanflow does not know"),
        ("beijing", "https://ws-1.ap-northeast-1.maas.aliyuncs.com./api/v1", "host of region `tokyo`"),
        ("beijing", "https://ws-cn-beijing.ap-northeast-1.maas.aliyuncs.com/api/v1", "host of region `tokyo`"),
        ("beijing", "https://ws-1.cn-hongkong.maas.aliyuncs.com/api/v1", "region wanflow does not know"),
        ("beijing", "https://vpc-ap-southeast-1.dashscope.aliyuncs.com/api/v1", "host of region `singapore`"),
        ("beijing", "https://dashscope.aliyuncs.com", "does not end in /api/v1"),
        ("beijing", "https://dashscope.aliyuncs.com/compatible-mode/v1", "does not end in /api/v1"),
        ("beijing", "http://dashscope.aliyuncs.com/api/v1", "unencrypted"),
        ("beijing", "https://user:secret@proxy.example/api/v1", "more than a host and a path"),
        ("beijing", "https://proxy.example/api/v1?token=secret", "more than a host and a path"),
        ("beijing", "dashscope.aliyuncs.com/api/v1", "is not a valid URL"),
        ("beijing", "https://[::1/api/v1", "is not a valid URL"),
        ("beijing", "https://host:port/api/v1", "is not a valid URL"),
    ],
)
def test_an_address_that_contradicts_the_region_is_an_error(region: str, given: str, words: str) -> None:
    """It is told before anything is sent there, without what may be a secret in it."""
    with pytest.raises(WrongAddress, match=words) as caught:
        endpoint_of(region, {BASE_VARIABLE: given, KEY_VARIABLE: KEY})
    assert caught.value.hint
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("key", ["", "  ", "sk-1 sk-2", "sk-密", "sk-1\x00"])
def test_a_key_that_is_none_is_said_without_showing_it(key: str) -> None:
    """It could not even be put into a header."""
    with pytest.raises(Unauthorised, match=KEY_VARIABLE) as caught:
        endpoint_of("beijing", {KEY_VARIABLE: key})
    assert "sk-" not in f"{caught.value} {caught.value.hint}"


def test_the_key_is_not_shown_with_its_endpoint() -> None:
    """Nor by the name of the account, which tells accounts and services apart."""
    mine, other = (endpoint_of("beijing", {KEY_VARIABLE: f" {key}\n"}) for key in (KEY, "sk-other"))
    assert mine.key == KEY
    assert KEY not in f"{mine!r} {mine.account} {mine.key_hint}"
    assert mine.account != other.account
    assert mine.account == endpoint_of("beijing", {KEY_VARIABLE: KEY}).account
    assert mine.account != endpoint_of("singapore", {KEY_VARIABLE: KEY}).account


def test_what_to_do_about_a_refused_key_names_all_regions() -> None:
    """The one that was tried, and the others."""
    hint = endpoint_of("singapore", {KEY_VARIABLE: KEY}).key_hint
    assert "`singapore` (dashscope-intl.aliyuncs.com) was tried" in hint
    assert "`beijing`, `virginia`, `tokyo`, `frankfurt`" in hint


@pytest.mark.parametrize(
    ("region", "code"),
    [
        ("beijing", "cn-beijing"),
        ("singapore", "ap-southeast-1"),
        ("virginia", "us-east-1"),
        ("tokyo", "ap-northeast-1"),
        ("frankfurt", "eu-central-1"),
    ],
)
def test_a_workspace_has_its_host_in_each_region(region: str, code: str) -> None:
    """An address that is given whole goes before it (service.md 1.2)."""
    given = {WORKSPACE_VARIABLE: " llm-0123abcd "}
    assert base_url_of(region, given) == f"https://llm-0123abcd.{code}.maas.aliyuncs.com/api/v1"
    assert base_url_of(region, {**given, BASE_VARIABLE: "http://127.0.0.1:1/api/v1"}) == "http://127.0.0.1:1/api/v1"


@pytest.mark.parametrize("region", ["tokyo", "frankfurt"])
def test_a_region_with_hosts_of_workspaces_only_needs_one(region: str) -> None:
    """Both variables that can name it are said; no other region's host is taken instead."""
    with pytest.raises(WrongAddress, match="hosts of workspaces only") as caught:
        endpoint_of(region, {KEY_VARIABLE: KEY})
    assert caught.value.hint is not None
    assert WORKSPACE_VARIABLE in caught.value.hint
    assert BASE_VARIABLE in caught.value.hint


@pytest.mark.parametrize("workspace", ["evil.example/", "a.b", "-llm", "llm-", "l" * 64, "llm@host", "业务", "a b"])
def test_a_workspace_that_is_no_label_of_a_host_is_an_error(workspace: str) -> None:
    """The key would go to another host; the value is not repeated."""
    with pytest.raises(WrongAddress, match=f"{WORKSPACE_VARIABLE} is not the id") as caught:
        endpoint_of("beijing", {KEY_VARIABLE: KEY, WORKSPACE_VARIABLE: workspace})
    assert workspace not in str(caught.value)
