"""The agent in a real Chromium, on the demo hospital, told where to press by a server of the API's shape."""

from __future__ import annotations

import ast
import io
import json
import logging
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

import navigation.agents
from navconsole.demo.hospital import Account, HospitalServer, HospitalState, Switches
from navigation.agents.agent import Agent, Instruction, Performed
from navigation.agents.browser import BrowserSurface, find_chromium, open_browser
from navigation.agents.frames import is_same
from navigation.agents.secret_source import DotenvSecrets
from navigation.agents.settle import Timing, settled
from navigation.agents.surface import AgentError
from navigation.agents.veil import VEIL_COLOUR
from navigation.agents.watched import HeldBackError, WatchedSurface
from navigation.client import InvalidAnswerError, NavigateClient
from navigation.keyboards import UntypableError, keystrokes
from navigation.protocols import RgbImage
from navigation.types import NormBox, NormPoint, Outcome, PressKind, Screen, Size, Target
from tests.navigation.agents.live import ask, show

pytestmark = pytest.mark.browser

SIZE = Size(1366, 768)
PASSWORD = "Canari-9-mot-de-passe"
RUN = "01980000-0000-7000-8000-000000000001"
JEANNE = "patients/8004127351"
JEANNINE = "patients/8004127352"
BANNER = NormBox(0.0, 0.05, 1.0, 0.08)

USER = Target("Identifiant", kind="field")
PASS = Target("Mot de passe", kind="field")
SIGN_IN = Target("Se connecter")
LANDED = Screen(("Tableau des urgences",))

GOING: dict[str, object] = {"state": "going", "may_press": True, "stop": None}
STOPPED: dict[str, object] = {"state": "going", "may_press": False, "stop": {"application": "", "reason": "Panne"}}
TAKEN: dict[str, object] = {"state": "taken_over", "may_press": False, "stop": None}

Place = dict[str, float]


class Told:
    """One request as the server received it."""

    def __init__(self, path: str, parts: dict[str, bytes]) -> None:
        self.path, self.parts = path, parts

    @property
    def picture(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.parts["screenshot"])).convert("RGB"))


class KnowingServer:
    """Speaks the API and answers each target's text with a place it was given; other targets are absent."""

    def __init__(self, places: dict[str, Place]) -> None:
        self.places = places
        self.told: list[Told] = []
        self.before_answering: Callable[[], None] = lambda: None
        self.standing: dict[str, object] = GOING
        self.asked: list[str] = []
        self.on_asking: Callable[[int], None] = lambda _number: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.on_asking(len(server.asked))
                self.reply(server.standing)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = Told(self.path, _parts(self.headers["Content-Type"], body))
                server.told.append(told)
                self.reply(server.answer(told))

            def reply(self, answer: dict[str, object]) -> None:
                content = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, told: Told) -> dict[str, object]:
        if told.path.endswith("/after"):
            pressed = told.parts["pressed"] == b"true"
            return _answer(told.path.split("/")[-2], "finished", "ok" if pressed else "not_landed", None)
        self.before_answering()
        action = json.loads(told.parts["action"])
        place = self.places.get(action["target"]["text"])
        if place is None:
            return _answer(action["id"], "finished", "absent", None)
        return _answer(action["id"], "decided", "ok", place)

    @property
    def afters(self) -> list[Told]:
        return [told for told in self.told if told.path.endswith("/after")]


def _parts(content_type: str, body: bytes) -> dict[str, bytes]:
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in message.iter_parts()
    }


def _answer(attempt_id: str, state: str, outcome: str, place: Place | None) -> dict[str, object]:
    return {
        "id": attempt_id,
        "state": state,
        "outcome": outcome,
        "reason": {"code": outcome, "values": {}, "fr": "", "en": ""},
        "point": place
        and {"x": (place["x"] + place["w"] / 2) / SIZE.width, "y": (place["y"] + place["h"] / 2) / SIZE.height},
        "box": place,
        "score": 1.0,
        "margin": 1.0,
        "method": "ocr",
        "awaits_after": state == "decided",
        "timings": {},
    }


# --- the parts ------------------------------------------------------------------------------------


@pytest.fixture
def hospital() -> Iterator[HospitalServer]:
    accounts = [Account("c.lemoine", PASSWORD, "Dr C. LEMOINE"), Account("p.arnaud", PASSWORD, "Dr P. ARNAUD", True)]
    with HospitalServer(HospitalState(accounts)) as hospital:
        yield hospital


@pytest.fixture(scope="module")
def places() -> dict[str, Place]:
    """Where the controls are, asked of the pages by the test (the agent never does)."""
    selectors = {
        "connexion": {"Identifiant": "#user", "Mot de passe": "#password", "Se connecter": "button.blue"},
        JEANNE: {"Prescriptions": ".tabs a:nth-of-type(2)", "Hospitaliser": ".button.green"},
        f"{JEANNE}/transmissions": {"Saisir une transmission": ".note-form input"},
    }
    found: dict[str, Place] = {}
    accounts = [Account("c.lemoine", PASSWORD, "Dr C. LEMOINE")]
    with HospitalServer(HospitalState(accounts)) as hospital, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page(viewport={"width": SIZE.width, "height": SIZE.height})
        for path, controls in selectors.items():
            page.goto(hospital.url + path)
            for text, selector in controls.items():
                box = page.locator(selector).first.bounding_box()
                assert box is not None
                found[text] = {
                    "x": round(box["x"]),
                    "y": round(box["y"]),
                    "w": round(box["width"]),
                    "h": round(box["height"]),
                }
            if path == "connexion":
                page.fill("#user", "c.lemoine")
                page.fill("#password", PASSWORD)
                page.click("button.blue")
        browser.close()
    return found


@pytest.fixture
def server(places: dict[str, Place]) -> Iterator[KnowingServer]:
    server = KnowingServer(dict(places))
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture
def secrets(tmp_path: Path) -> DotenvSecrets:
    path = tmp_path / "secrets.env"
    path.write_text(f'# demo\nDPI_PASSWORD="{PASSWORD}"\nWRONG_PASSWORD=autre\n', encoding="utf-8")
    return DotenvSecrets(path)


@pytest.fixture
def surface() -> Iterator[BrowserSurface]:
    with open_browser(size=SIZE) as surface:
        yield surface


@pytest.fixture
def agent(surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets) -> Iterator[Agent]:
    with NavigateClient(server.url, "token") as client:
        yield Agent(surface, client, secrets)


def sign_in(agent: Agent, *, secret: str = "DPI_PASSWORD", user: str = "c.lemoine") -> list[Performed]:
    steps = [
        Instruction(USER, text=user),
        Instruction(PASS, secret=secret),
        Instruction(SIGN_IN, after=LANDED, flow="login"),
    ]
    return [agent.perform(RUN, step) for step in steps]


def enter(surface: BrowserSurface, hospital: HospitalServer) -> None:
    """As somebody who signed in before: the session's cookie is put into the browser by the test."""
    _outcome, session = hospital.state.sign_in("c.lemoine", PASSWORD)
    cookie = {"name": "melisse_session", "value": session, "url": hospital.url}
    surface._loop.run(surface._page.context.add_cookies([cookie]), 10)


def people_inside(hospital: HospitalServer) -> int:
    return sum(session.state == "signed_in" for session in hospital.state._sessions.values())


def part(picture: np.ndarray, place: Place) -> np.ndarray:
    x, y, w, h = (int(place[name]) for name in "xywh")
    return picture[y : y + h, x : x + w]


# --- pressing and typing --------------------------------------------------------------------------


def test_it_types_a_name_and_a_secret_and_gets_in(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    done = sign_in(agent)
    assert [step.was_pressed for step in done] == [True, True, True]
    assert people_inside(hospital) == 1


def test_it_gets_in_by_the_keys_of_a_french_keyboard(
    surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    with NavigateClient(server.url, "token") as client:
        agent = Agent(surface, client, secrets, layout="azerty-fr")
        agent.perform(RUN, Instruction(USER, text="p.arnaud"))
        sign_in(agent)
    assert people_inside(hospital) == 1


def test_a_text_without_keys_stops_before_anything_is_pressed(
    surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    with NavigateClient(server.url, "token") as client:
        agent = Agent(surface, client, secrets, layout="azerty-fr")
        with pytest.raises(UntypableError, match="number 1 "):
            agent.perform(RUN, Instruction(USER, text="Élodie"))
    assert server.told == []


def test_a_step_presses_as_it_says(
    agent: Agent, surface: BrowserSurface, server: KnowingServer, hospital: HospitalServer
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, text="c.lemoine"))
    agent.perform(RUN, Instruction(PASS, secret="DPI_PASSWORD"))
    agent.perform(RUN, Instruction(SIGN_IN, press="right"))
    assert people_inside(hospital) == 0
    asked = [told.parts["action"] for told in server.told if "action" in told.parts]
    assert json.loads(asked[-1])["press"] == "right"
    agent.perform(RUN, Instruction(SIGN_IN, press="double"))
    assert people_inside(hospital) == 1


def test_it_types_over_what_the_field_held(agent: Agent, surface: BrowserSurface, hospital: HospitalServer) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, text="p.arnaud"))
    sign_in(agent)
    assert people_inside(hospital) == 1


def seen(surface: BrowserSurface) -> RgbImage:
    return np.asarray(Image.open(io.BytesIO(surface.screenshot())).convert("RGB"))


def test_it_presses_nothing_unless_it_is_told_where(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    before = settled(lambda: seen(surface), Timing()).view
    performed = agent.perform(RUN, Instruction(Target("Connexion"), text="jamais"))
    assert performed.answer.outcome is Outcome.ABSENT
    assert not performed.was_pressed
    assert server.afters == []
    assert is_same(settled(lambda: seen(surface), Timing()).view, before)


def test_the_after_picture_shows_the_page_the_press_led_to(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    enter(surface, hospital)
    surface.open(hospital.url + JEANNE)
    agent.perform(RUN, Instruction(Target("Prescriptions"), after=Screen(("Nouvelle prescription",))))
    shown = server.afters[-1].picture
    expected = seen(surface)
    assert np.array_equal(shown, expected)
    assert not np.array_equal(shown, server.told[-2].picture)


def test_a_page_that_does_not_come_is_not_waited_for_for_ever(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    hospital.state.switches = Switches(slow_s=15)
    started = time.monotonic()
    agent.perform(RUN, Instruction(SIGN_IN, after=LANDED))
    assert time.monotonic() - started < 13
    first, last = server.told[0].picture, server.told[-1].picture
    assert np.mean(np.any(first != last, axis=2)) < 0.01  # what a person would have seen meanwhile: the same form


def test_screenshots_are_had_while_pages_replace_one_another(
    surface: BrowserSurface, hospital: HospitalServer, places: dict[str, Place]
) -> None:
    enter(surface, hospital)
    surface.open(hospital.url + JEANNE)
    for turn in range(12):
        surface.press(NormPoint((60, 170, 280, 400)[turn % 4] / SIZE.width, 120 / SIZE.height))
        for _ in range(2):
            assert Image.open(io.BytesIO(surface.screenshot())).size == (SIZE.width, SIZE.height)


def test_a_screen_that_did_not_stand_still_is_said(
    surface: BrowserSurface, server: KnowingServer, secrets: DotenvSecrets
) -> None:
    style = "#w{width:40px;height:40px;border:5px dotted;border-radius:50%;animation:t 1s linear infinite}"
    turning = style + "@keyframes t{to{transform:rotate(360deg)}}"
    with NavigateClient(server.url, "token") as client:
        agent = Agent(surface, client, secrets, timing=Timing(budget_s=0.5))
        show(surface, "<div id=w></div>", style=turning)
        assert not agent.perform(RUN, Instruction(Target("Connexion"))).had_settled
        show(surface, "<div id=w></div>")
        assert agent.perform(RUN, Instruction(Target("Connexion"))).had_settled


def test_a_slow_page_is_waited_for(agent: Agent, surface: BrowserSurface, hospital: HospitalServer) -> None:
    surface.open(hospital.url)
    hospital.state.switches = Switches(slow_s=0.6)
    sign_in(agent)
    assert people_inside(hospital) == 1


def test_accents_and_signs_are_typed_as_they_are(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    enter(surface, hospital)
    surface.open(f"{hospital.url}{JEANNE}/transmissions")
    text = "Élève l'œdème : 37,4 °C — « ça va » & <50 %"
    agent.perform(RUN, Instruction(Target("Saisir une transmission", kind="field"), text=text + "\n"))
    assert hospital.state.notes("8004127351") == (text,)


# --- a screen that changes between the check and the press ------------------------------------------


class Changing:
    """A surface that goes elsewhere once the server has judged, as a screen may at any moment."""

    def __init__(self, surface: BrowserSurface, address: str) -> None:
        self.surface, self.address, self.is_due, self.presses = surface, address, False, 0

    def screenshot(self) -> bytes:
        if self.is_due:
            self.is_due = False
            self.surface.open(self.address)
        return self.surface.screenshot()

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self.presses += 1
        self.surface.press(point, kind)

    def type_text(self, text: str) -> None:
        self.surface.type_text(text)


@pytest.mark.parametrize(
    ("elsewhere", "presses"),
    [(JEANNINE, 0), ("urgences", 0), (JEANNE, 1)],
    ids=["another patient's file", "another page", "the same page again"],
)
def test_it_presses_only_on_the_screen_that_was_judged(
    surface: BrowserSurface,
    hospital: HospitalServer,
    server: KnowingServer,
    secrets: DotenvSecrets,
    elsewhere: str,
    presses: int,
) -> None:
    changing = Changing(surface, hospital.url + elsewhere)
    with NavigateClient(server.url, "token") as client:
        agent = Agent(changing, client, secrets)
        enter(surface, hospital)
        surface.open(hospital.url + JEANNE)
        server.before_answering = lambda: setattr(changing, "is_due", True)
        server.answer = _refusing_others(server)  # type: ignore[method-assign]
        step = Instruction(Target("Prescriptions"), before=Screen(("Synthèse",), patient_banner=BANNER), after=LANDED)
        performed = agent.perform(RUN, step)
    assert changing.presses == presses
    assert performed.was_pressed is (presses == 1)
    assert performed.answer.outcome is (Outcome.OK if presses else Outcome.WRONG_PATIENT)
    assert server.afters[-1].parts["pressed"] == (b"true" if presses else b"false")


def _refusing_others(server: KnowingServer) -> Callable[[Told], dict[str, object]]:
    """Answers as the server does that reads the banner: only the first screen it saw is the patient's."""
    answer, first = server.answer, []

    def act(told: Told) -> dict[str, object]:
        if told.path.endswith("/after"):
            return answer(told)
        banner = told.picture[38:100]
        first.append(banner)
        if not np.array_equal(banner, first[0]):
            return _answer(json.loads(told.parts["action"])["id"], "finished", "wrong_patient", None)
        return answer(told)

    return act


class Restless:
    """A surface on which something at the target is another at each look, although the server says "ok"."""

    def __init__(self, surface: BrowserSurface, box: tuple[int, int, int, int]) -> None:
        self.surface, self.box, self.presses, self.looks = surface, box, 0, 0

    def screenshot(self) -> bytes:
        self.looks += 1
        picture = Image.open(io.BytesIO(self.surface.screenshot())).convert("RGB")
        # Two looks alike, so that the screen seems settled, then another.
        picture.paste((255, 0, 0) if self.looks % 3 else (0, 0, 255), self.box)
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()

    def press(self, point: NormPoint, kind: PressKind = "single") -> None:
        self.presses += 1

    def type_text(self, text: str) -> None:
        self.presses += 1


def restless(
    agent_parts: tuple[BrowserSurface, HospitalServer, KnowingServer, DotenvSecrets],
    box: tuple[int, int, int, int],
    instruction: Instruction,
) -> tuple[Restless, Performed]:
    surface, hospital, server, secrets = agent_parts
    enter(surface, hospital)
    surface.open(hospital.url + JEANNE)
    shown = Restless(surface, box)
    with NavigateClient(server.url, "token") as client:
        performed = Agent(shown, client, secrets, timing=Timing(gap_s=0.0)).perform(RUN, instruction)
    return shown, performed


@pytest.mark.parametrize("after", [LANDED, None], ids=["verified after", "not verified"])
def test_a_screen_that_changes_each_time_is_asked_about_three_times_and_never_pressed(
    surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, secrets: DotenvSecrets,
    after: Screen | None,
) -> None:  # fmt: skip
    original = server.answer
    server.answer = lambda told: {**original(told), "awaits_after": after is not None}  # type: ignore[method-assign]
    step = Instruction(Target("Prescriptions"), before=Screen(("Synthèse",), patient_banner=BANNER), after=after)
    shown, performed = restless((surface, hospital, server, secrets), (20, 50, 24, 54), step)
    assert shown.presses == 0
    assert (performed.was_pressed, performed.had_changed) == (False, True)
    assert performed.answer.outcome is not Outcome.OK
    asked = [told for told in server.told if not told.path.endswith("/after")]
    assert len({json.loads(told.parts["action"])["id"] for told in asked}) == 3


def test_a_text_is_not_typed_once_the_banner_has_changed(
    surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, secrets: DotenvSecrets
) -> None:
    enter(surface, hospital)
    surface.open(f"{hospital.url}{JEANNE}/transmissions")

    class Switching(Changing):
        """The press itself opens another patient's page."""

        def press(self, point: NormPoint, kind: PressKind = "single") -> None:
            self.surface.press(point, kind)
            self.surface.open(self.address)

    switching = Switching(surface, f"{hospital.url}{JEANNINE}/transmissions")
    step = Instruction(
        Target("Saisir une transmission", kind="field"), before=Screen(("x",), patient_banner=BANNER), text="Bonjour\n"
    )
    with NavigateClient(server.url, "token") as client, pytest.raises(AgentError, match="Nothing was typed"):
        Agent(switching, client, secrets).perform(RUN, step)
    assert hospital.state.notes("8004127352") == ()


# --- secrets --------------------------------------------------------------------------------------


def test_a_typed_secret_is_painted_over_and_an_empty_field_is_not(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    sign_in(agent)
    pictures = [told.picture for told in server.told]
    field = places["Mot de passe"]
    hint_seen, empty_again, veiled, still_veiled = pictures[1], pictures[2], pictures[3], pictures[4]
    for picture in (hint_seen, empty_again):
        assert not (part(picture, field) == VEIL_COLOUR).all(axis=2).any()
        assert len(np.unique(part(picture, field))) > 5  # the hint is there to be read
    for picture in (veiled, still_veiled):
        assert (part(picture, field) == VEIL_COLOUR).all()
        margin = {"x": field["x"] - 3, "y": field["y"] - 3, "w": field["w"] + 6, "h": field["h"] + 6}
        assert (part(picture, margin) == VEIL_COLOUR).all()
    assert not (pictures[5] == VEIL_COLOUR).all(axis=2).any()  # the board


def test_the_empty_field_of_the_refused_page_is_seen_again(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    sign_in(agent, secret="WRONG_PASSWORD")
    assert not (server.told[-1].picture == VEIL_COLOUR).all(axis=2).any()


def test_a_secret_that_stays_in_its_field_stays_covered(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(PASS, secret="DPI_PASSWORD"))
    agent.perform(RUN, Instruction(USER, text="c.lemoine"))
    for told in server.told[1:]:
        assert (part(told.picture, places["Mot de passe"]) == VEIL_COLOUR).all()


def test_a_secret_typed_into_an_open_field_is_covered_too(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, secret="DPI_PASSWORD"))
    assert (part(server.told[-1].picture, places["Identifiant"]) == VEIL_COLOUR).all()


def test_a_secret_that_landed_in_another_field_is_covered_there(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer, places: dict[str, Place]
) -> None:
    surface.open(hospital.url)
    wrong_box = {**places["Se connecter"]}
    original = server.answer

    def answer(told: Told) -> dict[str, object]:
        made = original(told)
        return {**made, "box": wrong_box} if made["point"] else made

    server.answer = answer  # type: ignore[method-assign]
    agent.perform(RUN, Instruction(USER, secret="DPI_PASSWORD"))
    shown = part(server.told[-1].picture, places["Identifiant"])
    middle = shown[shown.shape[0] // 2, 12:120]
    assert (middle == VEIL_COLOUR).all()


def test_the_secret_reaches_no_request_no_log_and_no_repr(
    agent: Agent,
    surface: BrowserSurface,
    hospital: HospitalServer,
    server: KnowingServer,
    secrets: DotenvSecrets,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    surface.open(hospital.url)
    sign_in(agent)
    assert not any(PASSWORD.encode() in content for told in server.told for content in told.parts.values())
    captured = capfd.readouterr()
    assert PASSWORD not in caplog.text + captured.out + captured.err
    assert PASSWORD not in repr(secrets.secret("DPI_PASSWORD")) + str(secrets.secret("DPI_PASSWORD"))
    assert PASSWORD not in repr(Instruction(PASS, text=PASSWORD))


def test_a_missing_secret_stops_before_anything_is_pressed(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    with pytest.raises(AgentError, match="ABSENT_NAME"):
        agent.perform(RUN, Instruction(PASS, secret="ABSENT_NAME"))
    assert server.told == []


# --- when people stop it --------------------------------------------------------------------------


@pytest.mark.parametrize(("standing", "code"), [(STOPPED, "stopped"), (TAKEN, "run_taken_over")])
def test_it_asks_right_before_the_press_and_holds_back(
    agent: Agent,
    surface: BrowserSurface,
    hospital: HospitalServer,
    server: KnowingServer,
    standing: dict[str, object],
    code: str,
) -> None:
    surface.open(hospital.url)
    agent.perform(RUN, Instruction(USER, text="c.lemoine"))
    agent.perform(RUN, Instruction(PASS, secret="DPI_PASSWORD"))
    server.standing = standing
    asked = len(server.asked)
    performed = agent.perform(RUN, Instruction(SIGN_IN, after=LANDED))
    assert server.asked[asked:] == [f"/api/v1/runs/{RUN}"]
    assert (performed.was_pressed, performed.was_held_back, performed.had_changed) == (False, True, False)
    assert (performed.answer.outcome, performed.answer.reason_code) == (Outcome.NEEDS_HUMAN, code)
    assert not performed.answer.may_press
    assert server.afters[-1].parts["pressed"] == b"false"
    assert people_inside(hospital) == 0


def test_a_stop_between_press_and_typing_leaves_the_field_untyped_and_the_press_told(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    server.on_asking = lambda number: setattr(server, "standing", STOPPED if number == 2 else GOING)
    performed = agent.perform(RUN, Instruction(USER, text="c.lemoine", after=LANDED))
    assert (performed.was_pressed, performed.was_held_back) == (True, True)
    assert performed.answer.outcome is Outcome.NEEDS_HUMAN
    assert server.afters[-1].parts["pressed"] == b"true"
    assert ask(surface, "document.activeElement.id") == "user"
    assert ask(surface, "document.activeElement.value") == ""


def test_without_a_word_from_the_server_nothing_is_pressed(
    agent: Agent, surface: BrowserSurface, hospital: HospitalServer, server: KnowingServer
) -> None:
    surface.open(hospital.url)
    server.standing = {}
    with pytest.raises(InvalidAnswerError):
        agent.perform(RUN, Instruction(SIGN_IN, after=LANDED))
    assert server.afters[-1].parts["pressed"] == b"false"


def test_each_deed_on_a_watched_surface_is_asked_for_and_looking_is_not(
    surface: BrowserSurface, server: KnowingServer
) -> None:
    show(surface, "<input id=a autofocus>")
    server.standing = STOPPED
    at = NormPoint(0.5, 0.5)
    with NavigateClient(server.url, "token") as client:
        watched = WatchedSurface(surface, client, RUN)
        watched.screenshot()
        assert server.asked == []
        deeds: list[Callable[[], None]] = [
            lambda: watched.press(at),
            lambda: watched.drag(at, at),
            lambda: watched.scroll(at, 1),
            lambda: watched.type_text("a"),
            lambda: watched.type_keys(keystrokes("a", "azerty-fr")),
        ]
        for deed in deeds:
            with pytest.raises(HeldBackError):
                deed()
        assert len(server.asked) == len(deeds)
        server.standing = GOING
        for deed in deeds:
            deed()


# --- when the browser is not there ----------------------------------------------------------------


def test_a_missing_browser_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgentError, match="package chromium"):
        find_chromium()


def test_a_browser_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(AgentError, match="could not be started"), open_browser():
        pass


def test_a_log_of_what_is_typed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "pw:api")
    with pytest.raises(AgentError, match="DEBUG"), open_browser():
        pass


def test_an_address_where_nothing_answers_is_said(surface: BrowserSurface) -> None:
    with pytest.raises(AgentError, match="could not be opened"):
        surface.open("http://127.0.0.1:9/")


def test_a_closed_browser_is_said_without_the_text_to_type() -> None:
    with open_browser(size=SIZE) as surface:
        surface._loop.run(surface._page.close(), 10)
        for use in (
            surface.screenshot,
            lambda: surface.press(NormPoint(0.5, 0.5)),
            lambda: surface.type_text(PASSWORD),
            lambda: surface.type_keys(keystrokes(PASSWORD, "azerty-fr")),
            lambda: surface.drag(NormPoint(0.1, 0.1), NormPoint(0.5, 0.5)),
            lambda: surface.scroll(NormPoint(0.5, 0.5), 1),
        ):
            with pytest.raises(AgentError, match="did not obey") as caught:
                use()
            assert PASSWORD not in "".join(traceback.format_exception(caught.value))


# --- it sees, it does not read --------------------------------------------------------------------

FORBIDDEN = {
    "locator", "content", "evaluate", "evaluate_handle", "query_selector", "query_selector_all", "wait_for_selector",
    "inner_text", "inner_html", "text_content", "get_by_text", "get_by_role", "get_by_label", "get_by_placeholder",
    "frames", "frame", "main_frame", "accessibility", "aria_snapshot", "add_script_tag", "add_init_script",
    "expose_function", "expose_binding", "eval_on_selector", "eval_on_selector_all", "fill", "click_selector",
    "wait_for_function", "route", "on", "title", "select_option", "set_input_files",
}  # fmt: skip
OF_THE_PAGE = {"goto", "mouse", "keyboard", "is_closed", "context"}
OF_THE_DEVTOOLS = {"Page.captureScreenshot", "Input.dispatchKeyEvent"}


def test_the_agent_never_reads_the_page() -> None:
    folder = Path(navigation.agents.__file__).parent
    used: set[str] = set()
    of_page: set[str] = set()
    sent: set[str] = set()
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
                if isinstance(node.value, ast.Attribute) and node.value.attr == "_page":
                    of_page.add(node.attr)
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "send":
                sent.add(node.args[0].value)
    assert not used & FORBIDDEN
    assert of_page == OF_THE_PAGE
    assert sent == OF_THE_DEVTOOLS


def test_only_one_module_knows_the_browser() -> None:
    folder = Path(navigation.agents.__file__).parent
    importing = {file.name for file in folder.glob("*.py") if "playwright" in file.read_text(encoding="utf-8").lower()}
    assert importing == {"browser.py"}
