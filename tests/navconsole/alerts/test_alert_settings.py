from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from navconsole.alert_settings import AlertSettings
from navconsole.alerts.sending import check_files
from navconsole.settings import ConsoleSettings
from navigation.alerts import KINDS
from navigation.errors import SettingsError

MAIL = {"NAVCONSOLE_SMTP_HOST": "smtp.chu.example", "NAVCONSOLE_SMTP_FROM": "nav@chu.example"}
HOOK = {"NAVCONSOLE_WEBHOOK_URL": "https://hook.chu.example/x", "NAVCONSOLE_WEBHOOK_SECRET": "s" * 16}

SHORT = "Too-short"


def test_who_hears_what() -> None:
    heard = AlertSettings.from_env(
        {**MAIL, **HOOK, "NAVCONSOLE_ALERTS": " garde@chu.example: stop , waiting; webhook:all ;"}
    )
    assert [(one.channel, one.address, one.kinds) for one in heard.recipients] == [
        ("mail", "garde@chu.example", frozenset({"stop", "waiting"})),
        ("webhook", "hook.chu.example", frozenset(KINDS)),
    ]
    assert AlertSettings.from_env({}) == AlertSettings()


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({"NAVCONSOLE_ALERTS": "garde@chu.example: stop"}, "NAVCONSOLE_SMTP_HOST"),
        ({"NAVCONSOLE_ALERTS": "webhook: all"}, "NAVCONSOLE_WEBHOOK_URL"),
        ({**MAIL, "NAVCONSOLE_ALERTS": "garde: stop"}, "NAVCONSOLE_ALERTS"),
        ({**MAIL, "NAVCONSOLE_ALERTS": "a@b\r\nBcc: c@d: stop"}, "NAVCONSOLE_ALERTS"),
        ({**MAIL, "NAVCONSOLE_ALERTS": "a@b.example: news"}, "NAVCONSOLE_ALERTS"),
        ({**MAIL, "NAVCONSOLE_ALERTS": "a@b.example"}, "NAVCONSOLE_ALERTS"),
        ({**MAIL, "NAVCONSOLE_ALERTS": "a@b.example: stop; a@b.example: drift"}, "NAVCONSOLE_ALERTS"),
        ({"NAVCONSOLE_ALERT_QUIET": "22-7"}, "NAVCONSOLE_ALERT_QUIET"),
        ({**MAIL, "NAVCONSOLE_SMTP_TLS": "none"}, "NAVCONSOLE_SMTP_TLS"),
        ({**MAIL, "NAVCONSOLE_SMTP_TLS": "ssl"}, "NAVCONSOLE_SMTP_TLS"),
        ({**MAIL, "NAVCONSOLE_SMTP_FROM": ""}, "NAVCONSOLE_SMTP_FROM"),
        ({**MAIL, "NAVCONSOLE_SMTP_USER": "u"}, "NAVCONSOLE_SMTP_PASSWORD"),
        ({**MAIL, "NAVCONSOLE_SMTP_PASSWORD": "p"}, "NAVCONSOLE_SMTP_USER"),
        ({**HOOK, "NAVCONSOLE_WEBHOOK_URL": "http://hook.chu.example/"}, "NAVCONSOLE_WEBHOOK_URL"),
        ({**HOOK, "NAVCONSOLE_WEBHOOK_URL": "https://u:p@hook.chu.example/"}, "NAVCONSOLE_WEBHOOK_URL"),
        ({**HOOK, "NAVCONSOLE_WEBHOOK_SECRET": "short"}, "NAVCONSOLE_WEBHOOK_SECRET"),
        ({"NAVCONSOLE_WEBHOOK_NETWORKS": "inside"}, "NAVCONSOLE_WEBHOOK_NETWORKS"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(env: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError) as raised:
        AlertSettings.from_env(env)
    assert raised.value.variable == variable


def test_the_language_is_one_of_ours_and_follows_the_console(tmp_path: Path) -> None:
    env = {"SECRET_KEY": "k" * 40, "NAVCONSOLE_LANGUAGE": "en"}
    assert ConsoleSettings.from_env(env, data=tmp_path).alert_language == "en"
    assert ConsoleSettings.from_env({**env, "NAVCONSOLE_ALERT_LANGUAGE": "fr"}, data=tmp_path).alert_language == "fr"
    with pytest.raises(SettingsError, match="NAVCONSOLE_ALERT_LANGUAGE"):
        ConsoleSettings.from_env({**env, "NAVCONSOLE_ALERT_LANGUAGE": "de"}, data=tmp_path)


def test_quiet_hours_are_of_the_console_s_zone(tmp_path: Path) -> None:
    env = {"SECRET_KEY": "k" * 40, "NAVCONSOLE_ALERT_QUIET": "22:00-07:30", "NAVCONSOLE_TIMEZONE": "Europe/Paris"}
    quiet = ConsoleSettings.from_env(env, data=tmp_path).quiet
    assert quiet
    assert (quiet.begin, quiet.end, quiet.zone.key) == (time(22), time(7, 30), "Europe/Paris")


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """Whatever prints the settings or a part of them, a log line or a fault, shows neither."""
    secrets = {"NAVCONSOLE_SMTP_PASSWORD": "Pa55-of-the-mail", "NAVCONSOLE_WEBHOOK_SECRET": "Signs-what-is-sent-1"}
    env = {**MAIL, **HOOK, **secrets, "NAVCONSOLE_SMTP_USER": "robot", "SECRET_KEY": "k" * 40}
    settings = ConsoleSettings.from_env(env, data=tmp_path)
    alerts = settings.alerts
    assert alerts.smtp
    assert alerts.webhook
    assert (alerts.smtp.password, alerts.webhook.secret) == tuple(secrets.values())
    for shown in (settings, alerts, alerts.smtp, alerts.webhook):
        for said in (repr(shown), str(shown), f"{shown}"):
            assert [secret for secret in secrets.values() if secret in said] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"NAVCONSOLE_WEBHOOK_SECRET": SHORT},
        {"NAVCONSOLE_WEBHOOK_URL": f"https://hook.chu.example/?key={SHORT}"},
        {"NAVCONSOLE_SMTP_PASSWORD": SHORT},
    ],
)
def test_a_refused_setting_does_not_repeat_a_secret(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as raised:
        AlertSettings.from_env({**MAIL, **HOOK, **wrong})
    assert raised.value.variable in (*wrong, "NAVCONSOLE_SMTP_USER")
    assert SHORT not in str(raised.value) + repr(raised.value.__dict__)


@pytest.mark.parametrize(("kind", "more"), [("SMTP", MAIL), ("WEBHOOK", HOOK)])
def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path, kind: str, more: dict[str, str]) -> None:
    env = {**more, f"NAVCONSOLE_{kind}_CA_FILE": str(tmp_path / "none"), "SECRET_KEY": "k" * 40}
    with pytest.raises(SettingsError, match=f"NAVCONSOLE_{kind}_CA_FILE"):
        check_files(ConsoleSettings.from_env(env, data=tmp_path))
