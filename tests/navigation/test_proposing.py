"""What a model proposes counts only if the text read there is the target's, once, and stands nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from navigation import Box, Engine, Grounding, NormBox, Page, Settings, Target, Thresholds
from navigation.geometry import to_norm_box
from navigation.imaging import pixel_sha256
from navigation.proposing import confirmed
from navigation.types import Candidate, Phrase, Size, Word
from navigation.vlm import HttpVlm
from navigation.vlm_proof import ProvenVlm
from tests.faults import fake_vlm
from tests.faults.fake_vlm import FakeVlm
from tests.navigation.screens import BLUE, Drawing

SIZE = Size(1366, 768)
VALIDER = NormBox(600 / 1366, 400 / 768, 100 / 1366, 36 / 768)
LIMITS = Thresholds()


def screen(*texts: tuple[str, int, int]) -> Image.Image:
    drawing = Drawing().text("Ordonnance en cours", 40, 120, size=20)
    for text, x, y in texts:
        drawing.button(text, x, y, colour=BLUE)
    return drawing.image


ONE = screen(("Valider", 600, 400))


def blind(engine: Engine, image: Image.Image, *, to: str = "Valider") -> Page:
    """The page of a screen on which the reader has missed a text, as it misses coloured controls now and then."""
    page = engine.read(image)
    rgb = np.asarray(image)
    page = replace(
        page,
        words=tuple(word for word in page.words if to not in word.text),
        phrases=tuple(phrase for phrase in page.phrases if to not in phrase.text),
        image_id=pixel_sha256(rgb),
    )
    engine.remember(page, rgb)
    return page


@pytest.fixture
def fake() -> Iterator[FakeVlm]:
    with fake_vlm.running() as fake:
        yield fake


@pytest.fixture(scope="module")
def reading() -> Engine:
    return Engine(Settings())


Ground = Callable[..., Grounding]


@pytest.fixture
def ground(fake: FakeVlm, reading: Engine) -> Ground:
    settings = fake_vlm.speaking(fake, "per_mille", True)
    engine = Engine(replace(Settings(), vlm=settings), reader=reading.pages.reader)
    engine.vlm = ProvenVlm(settings, HttpVlm(settings))

    def act(image: Image.Image, target: Target, *, to: str = "Valider") -> Grounding:
        return engine.ground(blind(engine, image, to=to), target)

    return act


def test_a_confirmed_proposal_is_pressed_in_the_middle_of_its_text(fake: FakeVlm, ground: Ground) -> None:
    fake.behave = fake_vlm.pointing(VALIDER)
    found = ground(ONE, Target("Valider"))
    assert (found.outcome, found.method, found.reason.code) == ("found", "vlm", "found_vlm")
    assert found.point_px is not None
    assert 610 <= found.point_px.x <= 690
    assert 405 <= found.point_px.y <= 431


def test_a_point_beside_the_text_is_pressed_on_the_text(fake: FakeVlm, ground: Ground) -> None:
    fake.behave = lambda handler: handler.say('{"point": [552, 445]}')  # y first: right of the middle, low
    found = ground(ONE, Target("Valider"))
    assert found.point_px is not None
    assert 625 <= found.point_px.x <= 665


@pytest.mark.parametrize(
    "place",
    [NormBox(0.02, 0.14, 0.2, 0.05), NormBox(0.7, 0.8, 0.1, 0.1), NormBox(0, 0, 1, 1)],
    ids=["another text", "nothing", "the whole screen"],
)
def test_a_place_without_the_text_is_not_pressed(fake: FakeVlm, ground: Ground, place: NormBox) -> None:
    fake.behave = fake_vlm.pointing(place)
    found = ground(ONE, Target("Valider"))
    assert (found.outcome, found.point) == ("absent", None)


def test_a_text_that_stands_elsewhere_unread_is_not_pressed(fake: FakeVlm, ground: Ground) -> None:
    """The reader was blind to both buttons; the second shows as the same picture."""
    fake.behave = fake_vlm.pointing(VALIDER)
    assert ground(screen(("Valider", 600, 400), ("Valider", 200, 600)), Target("Valider")).point is None


def test_two_of_it_in_one_proposal_are_not_pressed(fake: FakeVlm, ground: Ground) -> None:
    fake.behave = fake_vlm.pointing(NormBox(590 / 1366, 395 / 768, 130 / 1366, 90 / 768))
    assert ground(screen(("Valider", 600, 400), ("Valider", 600, 442)), Target("Valider")).point is None


def test_another_button_beside_it_does_not_hinder(fake: FakeVlm, ground: Ground) -> None:
    fake.behave = fake_vlm.pointing(VALIDER)
    assert ground(screen(("Valider", 600, 400), ("Dévalider", 200, 600)), Target("Valider")).outcome == "found"


def test_an_input_is_never_taken_from_a_model(fake: FakeVlm, ground: Ground) -> None:
    found = ground(ONE, Target("Valider", kind="field"))
    assert found.outcome == "absent"
    assert fake.requests == []


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [(fake_vlm.hanging_up, "vlm_unavailable"), (fake_vlm.saying("there"), "vlm_invalid"),
     (fake_vlm.saying("null"), "absent")],
    ids=["down", "nonsense", "not there"],
)  # fmt: skip
def test_each_end_of_the_question_is_its_own_outcome(
    fake: FakeVlm, ground: Ground, behave: fake_vlm.Behaviour, outcome: str
) -> None:
    fake.behave = behave
    found = ground(ONE, Target("Valider"))
    assert (found.outcome, found.point) == (outcome, None)


def test_a_model_that_failed_its_proof_is_told_of_and_sees_no_screen(fake: FakeVlm, ground: Ground) -> None:
    fake.sees_mark, fake.behave = False, fake_vlm.pointing(VALIDER)
    assert ground(ONE, Target("Valider")).outcome == "vlm_invalid"
    assert len(fake.requests) == 1


# --- the decision alone -----------------------------------------------------------------------------

PLACE = Box(600, 400, 60, 16)


def page_with(*phrases: tuple[str, Box]) -> Page:
    return Page(SIZE, (), tuple(Phrase(text, box, 0.9) for text, box in phrases), (), "test", "0" * 64, "test")


def judged(
    text: str = "Valider", *, page: Page | None = None, lines: tuple[str, ...] = ("Valider",),
    candidates: tuple[Candidate, ...] = (),
) -> Candidate | None:  # fmt: skip
    words = [Word(text, PLACE, 0.9)] if text else []
    return confirmed(page or page_with(), Target("Valider"), words, lines, candidates, LIMITS)


def test_the_text_alone_is_confirmed() -> None:
    winner = judged()
    assert winner is not None
    assert winner.text_box == PLACE
    assert winner.method == "vlm"


@pytest.mark.parametrize("text", ["", "Annuler", "Dévalider", "Valider tout"])
def test_no_text_or_another_is_not_confirmed(text: str) -> None:
    assert judged(text) is None


@pytest.mark.parametrize(
    "lines", [("Valider", "Valider"), ("Valider Valider",), ("VALIDER", "ok", "valider")], ids=["two", "one", "case"]
)
def test_the_text_twice_in_the_place_is_not_confirmed(lines: tuple[str, ...]) -> None:
    assert judged(lines=lines) is None


def test_the_text_elsewhere_on_the_page_is_not_confirmed() -> None:
    assert judged(page=page_with(("Valider", Box(100, 100, 60, 16)))) is None


def test_what_was_read_at_the_same_place_is_no_rival() -> None:
    assert judged(page=page_with(("Valider", Box(602, 401, 58, 15)))) is not None


def test_a_second_reading_elsewhere_is_a_rival() -> None:
    other = Candidate("Valider", Box(90, 90, 80, 30), Box(100, 100, 60, 16), 0.95, 0.9)
    assert judged(candidates=(other,)) is None


def test_the_box_stays_on_the_screen() -> None:
    words = [Word("Valider", Box(0, 0, 60, 16), 0.9)]
    winner = confirmed(page_with(), Target("Valider"), words, ["Valider"], (), LIMITS)
    assert winner is not None
    sides = to_norm_box(winner.box, SIZE)
    assert sides.x == sides.y == 0
