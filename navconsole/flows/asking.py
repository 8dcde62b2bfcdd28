"""Asking a clinician: a personal link to one flow, for an account that exists or a new one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from navconsole.auth.accounts import AccountError, clean_name
from navconsole.flows.context import clinicians_for
from navconsole.i18n import mark as _
from navigation.flows import LoginFlow
from navigation.records import User
from navigation.store.protocol import Store

LINK_LIFE: Final = timedelta(days=3)  # over a weekend, between two shifts
SECRET_BYTES: Final = 32

NOBODY = _("Choose a clinician or give the name of a new one.")
TWO = _("Choose a clinician or give a new name, not both.")
BAD_NAME = _("A name has 1 to 100 visible characters.")
TAKEN = _("There is an account with this name already; choose it from the list if it is a clinician's.")


@dataclass(frozen=True, slots=True)
class AskForm:
    """`chosen` is an account's id, `name` that of a new one; `error` what is wrong, "" when nothing is."""

    chosen: str = ""
    name: str = ""
    error: str = ""


def check(store: Store, form: AskForm, application: str) -> AskForm:
    """The form with what is wrong with it."""
    return AskForm(form.chosen, form.name, _error(store, form, application))


def clinician_of(store: Store, form: AskForm, application: str) -> User:
    """The account that a checked form names; a new one may see this application and nothing else."""
    if form.chosen:
        return next(user for user in clinicians_for(store, application) if user.id == form.chosen)
    name = clean_name(form.name)
    return store.add_user(name=name, role="clinician", password_hash=None, applications=[application])


def make_link(store: Store, user: User, flow: LoginFlow, now: datetime) -> tuple[str, datetime]:
    """The secret of a link that opens the flow's film once, and until when."""
    secret, until = secrets.token_urlsafe(SECRET_BYTES), now + LINK_LIFE
    store.add_one_time_link(user.id, secret, until, run_id=flow.run_id)
    return secret, until


def _error(store: Store, form: AskForm, application: str) -> str:
    if form.chosen and form.name:
        return TWO
    if form.chosen:
        return "" if any(user.id == form.chosen for user in clinicians_for(store, application)) else NOBODY
    if not form.name:
        return NOBODY
    try:
        name = clean_name(form.name)
    except AccountError:
        return BAD_NAME
    return TAKEN if store.user_by_name(name) else ""
