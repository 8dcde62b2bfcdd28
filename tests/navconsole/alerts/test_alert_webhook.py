"""The webhook: signed, to one address, and to nothing inside the house that is not listed, wherever its name leads."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import httpcore
import pytest

from navconsole.alert_settings import WebhookSettings
from navconsole.alerts.telling import tell
from navconsole.alerts.webhook import SIGNATURE, ForbiddenAddressError, Judged, send_post, signature
from navigation.alerts import Sent
from navigation.outgoing import is_address, is_in_clear, may_connect
from tests.navconsole.alerts.houses import SECRET, HookHouse, hook_house
from tests.navigation.store.making import a_message

HERE = ip_network("127.0.0.0/8")
MESSAGE = a_message(id="01a208bc-eb62-71f0-815f-d6af5f678ccb", count=300)
TOLD = tell(MESSAGE, language="en", zone=ZoneInfo("Europe/Paris"), base_url="https://navconsole.chu.example")


def sent(settings: WebhookSettings, timeout_s: float = 5) -> Sent:
    return send_post(MESSAGE, TOLD, settings, "en", timeout_s=timeout_s)


def test_a_post_is_json_with_its_id_and_a_signature_that_proves_it(hook: HookHouse) -> None:
    assert sent(hook.settings(HERE)) == Sent()
    (post,) = hook.posts
    assert post.path == "/alerts"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["idempotency-key"] == post.json["id"] == MESSAGE.id
    assert (post.json["kind"], post.json["count"], post.json["title"]) == ("waiting", 300, TOLD.title)
    stamp, _, mac = post.headers[SIGNATURE.lower()].partition(",v1=")
    at = stamp.removeprefix("t=")
    assert abs(int(at) - time.time()) < 60
    assert mac == hmac.new(SECRET.encode(), f"{at}.".encode() + post.body, hashlib.sha256).hexdigest()


def test_another_body_time_or_secret_gives_another_signature() -> None:
    made = {signature(b"a", "s" * 16, 1), signature(b"b", "s" * 16, 1), signature(b"a", "t" * 16, 1),
            signature(b"a", "s" * 16, 2)}  # fmt: skip
    assert len(made) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(hook: HookHouse, status: int) -> None:
    with hook_house() as other:
        hook.status, hook.headers = status, {"Location": other.url}
        assert sent(hook.settings(HERE)) == Sent("redirect", str(status))
        assert other.posts == []


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_a_refusal_is_told_with_its_number(hook: HookHouse, status: int) -> None:
    hook.status = status
    assert sent(hook.settings(HERE)) == Sent("refused", str(status))


def test_no_proxy_of_the_environment_is_used(hook: HookHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert sent(hook.settings(HERE)) == Sent()


def _drip(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(100):
        handler.wfile.write(b"H")
        time.sleep(0.05)


def test_a_server_that_answers_byte_by_byte_is_left(hook: HookHouse) -> None:
    hook.behave = _drip
    began = time.monotonic()
    assert sent(hook.settings(HERE), timeout_s=0.5).problem == "timeout"
    assert time.monotonic() - began < 3


def test_tls_is_checked(certificate: Path) -> None:
    with hook_house(certificate) as house:
        assert sent(house.settings(HERE)).problem == "certificate"
        elsewhere = house.url.replace("127.0.0.1", "localhost")
        other_name = house.settings(HERE, ip_network("::1"), url=elsewhere, ca_file=certificate)
        assert sent(other_name).problem == "certificate"
        assert house.posts == []
        assert sent(house.settings(HERE, ca_file=certificate)) == Sent()


def test_whom_the_environment_trusts_is_not_asked(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with hook_house(certificate) as house:
        assert sent(house.settings(HERE)).problem == "certificate"


# --- addresses ------------------------------------------------------------------------------------


def test_an_address_of_this_machine_is_connected_to_only_when_it_is_listed(hook: HookHouse) -> None:
    assert sent(hook.settings()) == Sent("forbidden")
    assert sent(hook.settings(ip_network("10.0.0.0/8"))) == Sent("forbidden")
    by_name = hook.settings(url=hook.url.replace("127.0.0.1", "localhost"))
    assert sent(by_name) == Sent("forbidden")
    assert hook.posts == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.9", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2001:0:7f00:1::", "192.0.2.1", "2001:db8::1", "nowhere",
    ],
)  # fmt: skip
def test_what_is_not_public_may_not_be_connected_to(address: str) -> None:
    assert not may_connect(address, ())


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14"])
def test_a_public_address_may(address: str) -> None:
    assert may_connect(address, ())


def test_a_listed_network_opens_itself_and_no_other() -> None:
    listed = (ip_network("10.1.2.0/24"), ip_network("fd00::/8"))
    assert may_connect("10.1.2.9", listed)
    assert may_connect("::ffff:10.1.2.9", listed)
    assert may_connect("fd00::5", listed)
    assert not may_connect("10.1.3.9", listed)


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["93.184.215.14", "127.0.0.1"], []], ids=["inside", "both", "none"]
)
def test_a_name_that_leads_inside_is_not_connected_to(addresses: Sequence[str]) -> None:
    with pytest.raises(ForbiddenAddressError):
        Judged((), resolve=lambda _host, _port: addresses).connect_tcp("hook.example", 443, timeout=0.1)


def test_what_was_judged_is_what_is_connected_to(hook: HookHouse) -> None:
    """A name that leads elsewhere at the second look-up gets nothing: there is no second one."""
    port = int(hook.url.rpartition(":")[2].partition("/")[0])
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    backend = Judged((HERE,), resolve=lambda _host, _port: next(answers))
    with httpcore.ConnectionPool(network_backend=backend) as pool:
        assert pool.request("POST", f"http://hook.example:{port}/alerts", content=b"{}").status == 200
    assert next(answers) == ["10.0.0.1"]
    assert len(hook.posts) == 1


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x/", "file:///etc/passwd", "gopher://x/", "https://user:pw@host/", "https://host/?to=x", "https://",
     "https://host/#x", "https://host:0/", "https://host:99999/", "https://[::1/", "host"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    assert not is_address(url)


@pytest.mark.parametrize(
    "url", ["http://2130706433/", "http://0x7f.1/", "http://localhost.example/", "http://10.0.0.7/"]
)
def test_clear_text_is_for_this_machine_by_its_plain_name_only(url: str) -> None:
    assert is_in_clear(url)
