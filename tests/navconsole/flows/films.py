"""Runs that log in, on drawn screens, and people who look at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from navigation.ids import new_id
from navigation.records import RunStart
from navigation.store.protocol import Store
from navigation.types import Outcome
from tests import screens
from tests.seeding import LIMITS, Story, add_attempt

APPLICATION = "dpi-urgences"
FORM = ("Identifiant", "Mot de passe")
PRESS = Story(
    Outcome.OK,
    "Se connecter",
    "Connexion",
    screens.login,
    screens.board,
    present=FORM,
    after_present=("Patients présents",),
    extra={"flow": "login"},
)
FILLED = Story(Outcome.OK, "Identifiant", "Connexion", screens.login, screens.login, present=FORM, kind="field")
STORIES = (FILLED, replace(FILLED, target="Mot de passe"), PRESS)


def add_film(
    store: Store,
    *,
    application: str = APPLICATION,
    name: str = "connexion",
    stories: tuple[Story, ...] = STORIES,
) -> str:
    """A run that fills in the form and logs in; its id."""
    config = store.ensure_config({"thresholds": LIMITS}, "tests", "seeded")
    run_id, now = new_id(), datetime.now(UTC)
    store.create_run(RunStart(run_id, application, name, "poste-accueil-2", None, "r" * 64, now))
    for story in stories:
        add_attempt(store, story, run_id=run_id, application=application, config_id=config.id, at=now)
    return run_id


def change_settings(store: Store) -> None:
    """Put another configuration to use."""
    store.ensure_config({"thresholds": LIMITS | {"score": 0.95}}, "tests", "stricter")
