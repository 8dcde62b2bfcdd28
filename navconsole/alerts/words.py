"""What the page and the command say of alerts: channels, kinds, states, and what to do about a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from navconsole.i18n import mark as _
from navigation.alerts import Channel, Kind, Problem

CHANNELS: Mapping[Channel, str] = {"mail": _("e-mail"), "webhook": _("webhook")}
ICONS: Mapping[Channel, str] = {"mail": "mail", "webhook": "plug"}
KINDS: Mapping[Kind, str] = {
    "stop": _("robots stopped or let go"),
    "waiting": _("runs that wait for a person"),
    "drift": _("expected texts that drift"),
    "certificate": _("certificates that hold no more"),
    "test": _("test messages"),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """What happened, and what to do."""

    what: str
    advice: str


PROBLEMS: Mapping[Problem, Explained] = {
    "unreachable": Explained(
        _("The server could not be reached."),
        _("Check its name and port in the settings, that it runs, and that the firewall lets this machine through."),
    ),
    "timeout": Explained(
        _("The server took longer than allowed to answer."),
        _("Mostly this passes by itself. If it does not, ask whoever runs that server."),
    ),
    "certificate": Explained(
        _("The server's certificate is not believed."),
        _("If the house signs its own, name its file in NAVCONSOLE_SMTP_CA_FILE or NAVCONSOLE_WEBHOOK_CA_FILE."),
    ),
    "no_tls": Explained(
        _("The server does not encrypt as the settings ask, so nothing was said to it."),
        _("Set NAVCONSOLE_SMTP_TLS and the port as that server has them: starttls with 587, tls with 465."),
    ),
    "login": Explained(
        _("The mail server refuses the user or the password."),
        _("Correct NAVCONSOLE_SMTP_USER and NAVCONSOLE_SMTP_PASSWORD, then restart the server."),
    ),
    "recipient": Explained(
        _("The mail server does not take messages for this address."),
        _("Check the address in NAVCONSOLE_ALERTS, and that this machine may send to it."),
    ),
    "refused": Explained(
        _("The server refused the message."),
        _("Its number says why: whoever runs that server can look it up."),
    ),
    "redirect": Explained(
        _("The webhook sends to another address, which is not followed."),
        _("Put the address that it really has into NAVCONSOLE_WEBHOOK_URL."),
    ),
    "forbidden": Explained(
        _("The webhook's name leads to an address inside the house that is not listed; it was not connected to."),
        _("If that is right, list it in NAVCONSOLE_WEBHOOK_NETWORKS. If not, somebody changed where the name leads."),
    ),
    "removed": Explained(
        _("This recipient stands in the settings no more."),
        _("Nothing needs to be done, unless it was taken out by mistake."),
    ),
}
