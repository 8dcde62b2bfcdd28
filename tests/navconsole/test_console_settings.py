from pathlib import Path

import pytest

from navconsole.settings import ConsoleSettings, kept_key
from navigation.errors import SettingsError
from navigation.outgoing import is_loopback


def settings(data: Path, **env: str) -> ConsoleSettings:
    return ConsoleSettings.from_env(env, data=data)


def test_a_key_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    first = settings(tmp_path / "new").secret_key
    assert settings(tmp_path / "new").secret_key == first
    assert len(first) >= 48
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_keys_of_two_installations_differ(tmp_path: Path) -> None:
    assert kept_key(tmp_path / "a") != kept_key(tmp_path / "b")


def test_each_purpose_has_its_own_key(tmp_path: Path) -> None:
    ours = settings(tmp_path)
    assert len({ours.subkey("forms"), ours.subkey("patient"), ours.subkey("device")}) == 3


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.4", "::", "example.org", ""])
def test_addresses_that_others_can_reach(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({"NAVCONSOLE_PORT": "0"}, "NAVCONSOLE_PORT"),
        ({"NAVCONSOLE_PORT": "١٢"}, "NAVCONSOLE_PORT"),
        ({"NAVCONSOLE_SESSION_IDLE_MIN": "1e3"}, "NAVCONSOLE_SESSION_IDLE_MIN"),
        ({"NAVCONSOLE_SECOND_FACTOR_ROLES": "admin,boss"}, "NAVCONSOLE_SECOND_FACTOR_ROLES"),
        ({"NAVCONSOLE_LANGUAGE": "de"}, "NAVCONSOLE_LANGUAGE"),
        ({"NAVCONSOLE_TIMEZONE": "Mars/Olympus"}, "NAVCONSOLE_TIMEZONE"),
        ({"NAVCONSOLE_PUBLIC_URL": "console.example"}, "NAVCONSOLE_PUBLIC_URL"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"NAVCONSOLE_HOST": "0.0.0.0"}, "NAVCONSOLE_PUBLIC_URL"),
        ({"NAVCONSOLE_HOST": "0.0.0.0", "NAVCONSOLE_PUBLIC_URL": "http://a.example"}, "NAVCONSOLE_PUBLIC_URL"),
        (
            {"NAVCONSOLE_HOST": "0.0.0.0", "NAVCONSOLE_PUBLIC_URL": "https://a.example", "RPA_AUTH_DISABLED": "true"},
            "RPA_AUTH_DISABLED",
        ),
    ],
)
def test_an_unsafe_or_senseless_setting_stops_the_start_and_is_named(
    tmp_path: Path, env: dict[str, str], variable: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, **env)
    assert caught.value.variable == variable


def test_the_public_address_is_trusted_and_used_for_links(tmp_path: Path) -> None:
    ours = settings(tmp_path, NAVCONSOLE_PUBLIC_URL="https://nav.hospital.example/", NAVCONSOLE_HOST="0.0.0.0")
    assert ours.has_tls
    assert ours.base_url == "https://nav.hospital.example"
    assert "nav.hospital.example" in ours.trusted_hosts


def test_secrets_are_not_in_the_text_of_the_settings(tmp_path: Path) -> None:
    ours = settings(tmp_path, SECRET_KEY="s3cr3t" * 8, DASHBOARD_PASSWORD="hunter2hunter2")
    assert "s3cr3t" not in repr(ours)
    assert "hunter2" not in repr(ours)
