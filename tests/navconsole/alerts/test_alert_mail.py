"""Mail over a real server: encrypted or not at all, to whom it is for, and every refusal told apart."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from navconsole.alert_settings import SmtpSettings
from navconsole.alerts.mail import send_mail
from navconsole.alerts.telling import Told, tell
from navigation.alerts import Sent
from tests.navconsole.alerts.houses import PASSWORD, USER, MailHouse, mail_house
from tests.navigation.store.making import a_message

MESSAGE = a_message(id="01a208bc-eb62-71f0-815f-d6af5f678ccb", application="dpi-été")
TOLD = tell(MESSAGE, language="fr", zone=ZoneInfo("Europe/Paris"), base_url="https://navconsole.chu.example")


def sent(settings: SmtpSettings, told: Told = TOLD, **limits: float) -> Sent:
    return send_mail(MESSAGE, told, settings, **limits)


def test_a_letter_arrives_encrypted_with_its_id(mail: MailHouse, certificate: Path) -> None:
    assert sent(mail.settings(ca_file=certificate, user=USER, password=PASSWORD)) == Sent()
    (letter,) = mail.letters
    assert (mail.recipients, mail.was_encrypted) == (["garde@chu.example"], [True])
    assert letter["Subject"] == f"[navconsole] {TOLD.title}"
    assert letter["Message-ID"] == f"<{MESSAGE.id}@chu.example>"
    assert (letter["From"], letter["To"]) == ("navconsole@chu.example", "garde@chu.example")
    assert letter["Auto-Submitted"] == "auto-generated"
    body = letter.get_content()
    assert "dpi-été" in str(letter["Subject"])
    assert body.replace("\r\n", "\n") == f"{TOLD.text}\n\n-- \n{TOLD.note}\n"
    assert "NAVCONSOLE_ALERTS" in TOLD.note
    assert "https://navconsole.chu.example/inbox" in body


def test_tls_from_the_first_byte(certificate: Path) -> None:
    with mail_house(certificate, from_first_byte=True) as house:
        assert sent(house.settings(tls="tls", ca_file=certificate)) == Sent()
        assert len(house.letters) == 1  # nothing in clear is understood there


def test_a_server_that_does_not_encrypt_is_told_nothing() -> None:
    with mail_house() as clear:
        assert sent(clear.settings()).problem == "no_tls"
        assert sent(clear.settings(tls="tls")).problem == "no_tls"
        assert clear.letters == []
        assert sent(clear.settings(tls="none")) == Sent()


def test_a_certificate_that_nobody_signed_is_not_believed(mail: MailHouse, certificate: Path) -> None:
    assert sent(mail.settings()).problem == "certificate"
    with mail_house(certificate, from_first_byte=True) as house:
        assert sent(house.settings(tls="tls")).problem == "certificate"
        assert house.letters == mail.letters == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_for_another_name_is_not_believed(certificate: Path, tls: str) -> None:
    with mail_house(certificate, from_first_byte=tls == "tls") as house:
        assert sent(house.settings(host="localhost", tls=tls, ca_file=certificate)).problem == "certificate"
        assert house.letters == []


def test_a_wrong_password_is_told_and_stands_nowhere(
    mail: MailHouse, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = mail.settings(ca_file=certificate, user=USER, password="wrong-password")
    assert sent(settings) == Sent("login", "535")
    assert "wrong-password" not in caplog.text + repr(settings)


def test_a_refused_address_and_a_refused_letter_are_told_apart(mail: MailHouse, certificate: Path) -> None:
    mail.recipient_refusal = "550 no such user"
    assert sent(mail.settings(ca_file=certificate)) == Sent("recipient", "550")
    mail.recipient_refusal, mail.data_refusal = "", "554 not wanted"
    assert sent(mail.settings(ca_file=certificate)) == Sent("refused", "554")
    assert mail.letters == []


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert sent(SmtpSettings("127.0.0.1", port, "a@chu.example")).problem == "unreachable"


@contextmanager
def silent(*, drips: bool) -> Iterator[int]:
    """A server that takes a connection and says nothing of use."""
    done = threading.Event()

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            while not done.wait(0.05):
                if drips:
                    try:
                        connection.sendall(b"2")
                    except OSError:
                        return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        done.set()
        thread.join()


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "one byte at a time"])
def test_a_server_that_never_comes_to_the_point_is_left(drips: bool) -> None:
    with silent(drips=drips) as port:
        began = time.monotonic()
        settings = SmtpSettings("127.0.0.1", port, "a@chu.example")
        assert sent(settings, timeout_s=0.4, whole_s=0.8).problem == "timeout"
        assert time.monotonic() - began < 5


def test_a_server_that_is_silent_is_left_after_one_step_s_time() -> None:
    with silent(drips=False) as port:
        began = time.monotonic()
        assert sent(SmtpSettings("127.0.0.1", port, "a@chu.example"), timeout_s=0.4, whole_s=25).problem == "timeout"
        assert time.monotonic() - began < 10


def test_a_farewell_that_goes_wrong_does_not_send_a_letter_twice(certificate: Path) -> None:
    with mail_house(certificate) as house:
        house.handle_QUIT = _refused  # type: ignore[attr-defined]
        assert sent(house.settings(ca_file=certificate)) == Sent()
        assert len(house.letters) == 1


async def _refused(*_: object) -> str:
    return "421 too busy to say farewell"


@pytest.mark.parametrize("title", ["a\r\nBcc: other@evil.example", "a\nb"])
def test_no_title_makes_another_line_of_the_head(mail: MailHouse, certificate: Path, title: str) -> None:
    assert sent(mail.settings(ca_file=certificate), Told(title, "text", "url")).problem == "refused"
    assert mail.letters == []
