"""Remembered places at the demo hospital, judged by its own pages: learned once, looked up after every change.

The browser says what stands at the point that would be pressed, so a wrong press is counted without pressing. No page
is read for a look-up: the pictures alone have to tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from playwright.sync_api import Page

from navconsole.demo.hospital import Account, HospitalServer, HospitalState, Switches
from navconsole.demo.hospital.data import PATIENTS
from navconsole.demo.scenarios import APPLICATION, BOARD, LOGIN, NEW, NOTES, PRESCRIPTIONS, SUMMARY
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.imaging import Screenshot, open_screenshot
from navigation.remembered import CacheScope, recall
from navigation.textfold import fold
from navigation.types import Grounding, Point, Screen, Target
from tests.navconsole.browsing import launched

LOOKS: Mapping[str, Switches] = {
    "as learned": Switches(),
    "buttons without effect": Switches(dead_buttons=True),
    "buttons moved": Switches(moved=True),
    "restyled": Switches(version="v2"),
    "restyled and moved": Switches(version="v2", moved=True),
    "dark theme": Switches(theme="dark"),
    "scale 125": Switches(scale=125),
    "scale 150": Switches(scale=150),
    "second buttons": Switches(twin=True),
    "pop-up": Switches(popup=True),
    "in English": Switches(language="en"),
}
_FILE = "patients/{ipp}"
PLACES: tuple[tuple[str, Screen, tuple[Target, ...]], ...] = (
    ("connexion", LOGIN, (Target("Identifiant", "field"), Target("Mot de passe", "field"), Target("Se connecter"))),
    ("urgences", BOARD, (Target("Déconnexion"), Target("Nom, prénom ou IPP", "field"))),
    (_FILE, SUMMARY, (Target("Prescriptions"), Target("Transmissions"), Target("Examens"))),
    (f"{_FILE}/prescriptions", PRESCRIPTIONS, (Target("Nouvelle prescription"), Target("Transmissions"))),
    (f"{_FILE}/transmissions", NOTES, (Target("Saisir une transmission", "field"), Target("Ajouter"))),
    (
        f"{_FILE}/prescriptions/nouvelle",
        NEW,
        (Target("Médicament", "field"), Target("Dose", "field"), Target("Voie", "field"), Target("Enregistrer")),
    ),
)
_NAMES = """([x, y]) => {
  const control = document.elementFromPoint(x, y)?.closest('button, a, input, textarea, select');
  if (!control) return [];
  const labels = [...(control.labels ?? [])].map(label => label.innerText);
  return [control.innerText, control.value, control.placeholder, ...labels].filter(Boolean);
}"""


@dataclass(slots=True)
class Tally:
    looked_up: int = 0
    hits: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hospital:
    """The hospital in a browser of 1366 by 768, signed in but on the log-in page."""

    server: HospitalServer
    page: Page
    session: str

    def show(self, path: str, look: Switches, patient: int) -> Screenshot:
        self.server.state.switches = look
        self.page.context.clear_cookies()
        if path != "connexion":
            self.page.context.add_cookies([{"name": "melisse_session", "value": self.session, "url": self.server.url}])
        self.page.goto(self.server.url + path.format(ipp=PATIENTS[patient].ipp))
        return open_screenshot(self.page.screenshot())

    def names_at(self, point: Point) -> list[str]:
        """What the page calls the control at a point; nothing where there is none."""
        names: list[str] = self.page.evaluate(_NAMES, [point.x, point.y])
        return [fold(name) for name in names]


@contextmanager
def hospital_in_browser() -> Iterator[Hospital]:
    account = Account("c.lemoine", "mot-de-passe", "Dr C. LEMOINE")
    with HospitalServer(HospitalState([account])) as server, launched() as browser:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        _outcome, session = server.state.sign_in(account.user, "mot-de-passe")
        yield Hospital(server, page, session)


def learn_all(hospital: Hospital, engine: Engine) -> int:
    """Remember every target that is found and that the page confirms, as after a verified press; how many."""
    count = 0
    for path, screen, targets in PLACES:
        shot = hospital.show(path, LOOKS["as learned"], 0)
        page = engine.read(shot)
        scope = CacheScope.of(APPLICATION, screen, engine.verify_before(page, screen))
        for target in targets:
            found = engine.ground(page, target)
            if found.point_px is not None and _is_right(hospital, target, found):
                engine.learn(shot, target, found, scope)
                count += 1
    return count


def look_up_all(hospital: Hospital, engine: Engine, look: Switches, patients: range) -> Tally:
    """Look every place up under a look, with the files of several patients."""
    tally = Tally()
    for path, screen, targets in PLACES:
        for patient in patients if "{ipp}" in path else patients[:1]:
            shot = hospital.show(path, look, patient)
            for target in targets:
                tally.looked_up += 1
                found = _look_up(engine, shot, target, screen)
                if found is not None:
                    tally.hits += 1
                    if not _is_right(hospital, target, found):
                        tally.wrong.append(f"{path}: {target.text}")
    return tally


def _look_up(engine: Engine, shot: Screenshot, target: Target, screen: Screen) -> Grounding | None:
    limit = Deadline.after(60)
    return recall(
        engine.cache,
        shot.rgb,
        target,
        CacheScope.of(APPLICATION, screen),
        page=None,
        read_line=lambda box: engine.pages.read_line(shot.rgb, box, deadline=limit),
        policy=engine.settings.cache,
        limits=engine.settings.thresholds,
        now=datetime.now(UTC),
    )


def _is_right(hospital: Hospital, target: Target, found: Grounding) -> bool:
    return found.point_px is not None and fold(target.text) in hospital.names_at(found.point_px)
