"""Whom a model may be: hosts, certificates, clear or not."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from navigation.errors import SettingsError, VlmError, VlmUnavailableError
from navigation.settings import VlmSettings
from navigation.vlm import HttpVlm
from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm
from tests.navigation.vlm.asking import propose


@pytest.mark.parametrize("url", ["", "ftp://x/v1", "file:///etc/passwd", "http://user:pw@host/v1", "host:8000"])
def test_an_address_that_is_none_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingsError, match="RPA_VLM_BASE_URL"):
        HttpVlm(VlmSettings(base_url=url, model="m"))


def test_a_missing_model_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="RPA_VLM_MODEL"):
        HttpVlm(VlmSettings(base_url="http://127.0.0.1:1", model=""))


@pytest.mark.parametrize("host", ["model.example", "10.0.0.7", "192.168.1.9", "[fd00::1]", "localhost.example"])
def test_a_picture_travels_in_clear_only_within_this_machine(host: str) -> None:
    with pytest.raises(SettingsError, match="RPA_VLM_ALLOW_HTTP"):
        HttpVlm(VlmSettings(base_url=f"http://{host}:8000/v1", model="m"))


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://127.9.9.9:1", "http://[::1]:1", "http://localhost:1",
                                      "https://model.example"])  # fmt: skip
def test_within_this_machine_and_over_tls_nothing_more_is_asked(base_url: str) -> None:
    HttpVlm(VlmSettings(base_url=base_url, model="m")).close()


def test_a_site_may_allow_http_in_its_protected_network() -> None:
    HttpVlm(VlmSettings(base_url="http://10.0.0.7:8000/v1", model="m", allow_http=True)).close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_host_is_never_contacted(fake: FakeVlm, status: int) -> None:
    """By a redirect, or by an address in the reply that a naive client would load."""
    with fake_vlm.running() as other:
        fake.behave = fake_vlm.sending(b"", status=status, headers={"Location": other.url + "/chat/completions"})
        with pytest.raises(VlmUnavailableError, match="not followed"):
            propose(fake)
        fake.behave = fake_vlm.saying(json.dumps({"box": None, "image_url": other.url}))
        assert propose(fake) is None
        assert other.paths == []
    assert set(fake.paths) == {"/v1/chat/completions"}


def test_one_host_is_connected_to_whatever_happens(fake: FakeVlm, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    connect = socket.create_connection

    def watched(address: tuple[str, int], *more: object, **named: object) -> socket.socket:
        asked.append(address)
        return connect(address, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "create_connection", watched)
    for behave in (fake_vlm.saying("null"), fake_vlm.sending(b"", status=307, headers={"Location": "http://[::1]:9/"})):
        fake.behave = behave
        with suppress(VlmError):
            propose(fake)
    port = int(fake.url.rpartition(":")[2].partition("/")[0])
    assert asked == [("127.0.0.1", port)] * 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that no authority has signed, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=model",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out", "certificate"]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both"
    both.write_bytes((folder / "key").read_bytes() + (folder / "certificate").read_bytes())
    return both


@pytest.fixture
def secured(certificate: Path) -> Iterator[FakeVlm]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with fake_vlm.running(context) as fake:
        yield fake


def test_a_certificate_that_nobody_signed_is_not_believed(secured: FakeVlm) -> None:
    with pytest.raises(VlmUnavailableError, match="cannot be reached"):
        propose(secured)
    assert secured.requests == []


def test_a_certificate_of_the_house_is_believed_when_it_is_named(secured: FakeVlm, certificate: Path) -> None:
    assert propose(secured, settings=VlmSettings(base_url=secured.url, model="m", ca_file=certificate)) is None
    assert len(secured.requests) == 1


def test_a_certificate_for_another_name_is_not_believed(secured: FakeVlm, certificate: Path) -> None:
    url = secured.url.replace("127.0.0.1", "localhost")
    with pytest.raises(VlmUnavailableError):
        propose(secured, settings=VlmSettings(base_url=url, model="m", ca_file=certificate))
    assert secured.requests == []


def test_a_deadline_holds_over_tls_too(secured: FakeVlm, certificate: Path) -> None:
    secured.behave = fake_vlm.dripping_body
    settings = VlmSettings(base_url=secured.url, model="m", ca_file=certificate)
    with pytest.raises(VlmUnavailableError, match="longer than allowed"):
        propose(secured, settings=settings, seconds=1.5)


@pytest.mark.parametrize("content", [None, b"", b"nothing of the kind"], ids=["missing", "empty", "other"])
def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="RPA_VLM_CA_FILE"):
        HttpVlm(VlmSettings(base_url="https://model.example", model="m", ca_file=path))
