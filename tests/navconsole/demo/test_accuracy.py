"""How well the engine finds the demo hospital's controls: a regression in accuracy fails here.

The screens are drawn by a real Chromium in the looks that the hospital knows; the truth comes from the page itself.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import groupby

import pytest
from PIL import Image
from playwright.sync_api import Browser
from playwright.sync_api import Page as BrowserPage

from navconsole.demo.hospital import Account, HospitalServer, HospitalState, Switches
from navigation import Engine, Settings, Target
from navigation.textfold import fold

pytestmark = pytest.mark.browser

FILE = "patients/8004127351"
PAGES = ("urgences", FILE, f"{FILE}/prescriptions", f"{FILE}/prescriptions/nouvelle", f"{FILE}/transmissions")
LOOKS = (Switches(), Switches(version="v2"), Switches(theme="dark", language="en"), Switches(scale=125))
LEAST_HITS = {"clickable": 0.97, "field": 0.93}
"""Of the texts that stand once on their screen; the measured shares are in docs/benchmarks.md."""

CONTROLS = """() => {
  const shown = e => {
    const b = e.getBoundingClientRect();
    if (b.width < 4 || b.height < 4) return null;
    const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);
    return top && (e === top || e.contains(top) || top.contains(e)) ? [b.x, b.y, b.width, b.height] : null;
  };
  const found = [];
  for (const e of document.querySelectorAll('a, button'))
    found.push({kind: 'clickable', text: e.innerText.trim(), box: shown(e), off: e.disabled === true});
  for (const e of document.querySelectorAll('input, select, textarea')) {
    const text = e.labels && e.labels.length ? e.labels[0].innerText : '';
    if (e.type !== 'hidden') found.push({kind: 'field', text: text.trim(), box: shown(e), off: false});
  }
  return {found: found.filter(f => f.text && f.box), all: document.body.innerText};
}"""


@dataclass(frozen=True, slots=True)
class Query:
    """One control asked for by its text; `boxes` are those of the controls with that text, none when it is absent."""

    kind: str
    text: str
    boxes: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """A screen with what can be asked of it."""

    name: str
    image: Image.Image
    queries: tuple[Query, ...]
    words: str


@pytest.fixture(scope="module")
def shots(chromium: Browser) -> list[Shot]:
    state = HospitalState([Account("c.lemoine", "mot-de-passe", "Dr C. LEMOINE")])
    with HospitalServer(state) as hospital:
        page = chromium.new_page(viewport={"width": 1366, "height": 768})
        _outcome, session = state.sign_in("c.lemoine", "mot-de-passe")
        page.context.add_cookies([{"name": "melisse_session", "value": session, "url": hospital.url}])
        taken = []
        for look in LOOKS:
            state.switches = look
            taken += [_shot(page, hospital.url + path, f"{path} {look}") for path in PAGES]
        page.close()
        return taken


@pytest.fixture(scope="module", params=["tesserocr", "tesserocr,rapidocr"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return Engine(Settings(readers=tuple(request.param.split(","))))


def test_controls_are_found_and_nothing_else_is_pressed(shots: list[Shot], engine: Engine) -> None:
    hits = {"clickable": 0, "field": 0}
    asked = {"clickable": 0, "field": 0}
    missed, wrong, untied = [], [], []
    for shot in shots:
        page = engine.read(shot.image)
        for query in shot.queries:
            found = engine.ground(page, Target(query.text, query.kind, allow_disabled=True))  # type: ignore[arg-type]
            point = found.point_px
            is_hit = point is not None and any(
                x <= point.x <= x + w and y <= point.y <= y + h for x, y, w, h in query.boxes
            )
            if point is not None and not is_hit:
                wrong.append((shot.name, query.text, point))
            if len(query.boxes) > 1:
                untied += [(shot.name, query.text)] if found.outcome == "found" else []
                continue
            asked[query.kind] += 1
            hits[query.kind] += is_hit
            missed += [] if is_hit else [(shot.name, query.kind, query.text, found.outcome)]
    assert wrong == []
    assert untied == []
    for kind, least in LEAST_HITS.items():
        assert hits[kind] >= least * asked[kind], f"{hits[kind]} of {asked[kind]} {kind}: {missed}"


def test_what_is_not_on_the_screen_is_not_found(shots: list[Shot], engine: Engine) -> None:
    texts = {(q.kind, q.text) for shot in shots for q in shot.queries}
    for shot in shots[:: len(PAGES) - 1]:
        page = engine.read(shot.image)
        for kind, text in sorted(texts):
            if fold(text) not in shot.words:
                found = engine.ground(page, Target(text, kind))  # type: ignore[arg-type]
                assert found.point_px is None, f"{text!r} found on {shot.name}: {found.reason}"


def _shot(page: BrowserPage, address: str, name: str) -> Shot:
    page.goto(address)
    truth = page.evaluate(CONTROLS)
    found = sorted(
        ((f["kind"], fold(f["text"]), f["text"], tuple(f["box"])) for f in truth["found"]), key=lambda f: f[:2]
    )
    queries = []
    for (kind, _folded), group in groupby(found, key=lambda f: f[:2]):
        members = list(group)
        queries.append(Query(kind, members[0][2], tuple(box for *_, box in members)))
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return Shot(name, image, tuple(queries), fold(truth["all"]))
