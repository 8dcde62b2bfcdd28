"""The demo hospital keeps its own rules: who gets in, what the switches change, whose file it shows."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from navconsole.demo.hospital import Account, HospitalServer, HospitalState, Switches, create_hospital
from navconsole.demo.hospital.data import PATIENTS
from navconsole.demo.hospital.labels import LABELS, translator

PASSWORD = "un-mot-de-passe-de-demo"
JEANNE, JEANNINE = PATIENTS[0], PATIENTS[1]
FILE = f"/patients/{JEANNE.ipp}"


@pytest.fixture
def state() -> HospitalState:
    return HospitalState(
        [
            Account("c.lemoine", PASSWORD, "Dr C. LEMOINE"),
            Account("p.arnaud", PASSWORD, "Dr P. ARNAUD", needs_factor=True),
            Account("s.verrou", PASSWORD, "S. VERROU", is_locked=True),
        ]
    )


@pytest.fixture
def client(state: HospitalState) -> Iterator[FlaskClient]:
    with create_hospital(state).test_client() as client:
        yield client


@pytest.fixture
def signed_in(client: FlaskClient) -> FlaskClient:
    client.post("/connexion", data={"user": "c.lemoine", "password": PASSWORD})
    return client


def text_of(response: object) -> str:
    return html.unescape(response.get_data(as_text=True))  # type: ignore[attr-defined]


def sign_in(client: FlaskClient, user: str = "c.lemoine", password: str = PASSWORD) -> object:
    return client.post("/connexion", data={"user": user, "password": password}, follow_redirects=True)


# --- who gets in ------------------------------------------------------------------------------------


def test_the_right_password_leads_to_the_board(client: FlaskClient) -> None:
    assert "Tableau des urgences" in text_of(sign_in(client))


def test_a_wrong_password_is_refused_with_a_sentence(client: FlaskClient) -> None:
    response = client.post("/connexion", data={"user": "c.lemoine", "password": "autre"})
    assert response.status_code == 401
    assert "Identifiant ou mot de passe incorrect." in text_of(response)


def test_the_third_wrong_password_locks_even_the_right_one_out(client: FlaskClient) -> None:
    statuses = [client.post("/connexion", data={"user": "c.lemoine", "password": "x"}).status_code for _ in range(3)]
    assert statuses == [401, 401, 403]
    response = client.post("/connexion", data={"user": "c.lemoine", "password": PASSWORD})
    assert response.status_code == 403
    assert "Compte verrouillé" in text_of(response)


def test_a_success_forgets_earlier_wrong_passwords(client: FlaskClient) -> None:
    for _ in range(2):
        sign_in(client, password="x")
        sign_in(client, password="x")
        assert "Tableau des urgences" in text_of(sign_in(client))


def test_an_unknown_name_is_refused_and_never_locked(client: FlaskClient) -> None:
    statuses = {client.post("/connexion", data={"user": "personne", "password": "x"}).status_code for _ in range(5)}
    assert statuses == {401}


def test_the_typed_password_is_never_sent_back(client: FlaskClient) -> None:
    assert "secret-tape" not in text_of(sign_in(client, password="secret-tape"))


@pytest.mark.parametrize("path", ["/urgences", FILE, f"{FILE}/prescriptions", f"{FILE}/transmissions"])
def test_pages_are_shown_only_to_who_signed_in(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 303
    assert response.location == "/connexion"


def test_an_expired_session_says_so_once(signed_in: FlaskClient, state: HospitalState) -> None:
    state.expire_sessions()
    assert "Session expirée" in text_of(signed_in.get("/urgences", follow_redirects=True))
    assert signed_in.get("/urgences").location == "/connexion"


def test_logging_out_ends_the_session(signed_in: FlaskClient) -> None:
    cookie = signed_in.get_cookie("melisse_session")
    assert cookie is not None
    signed_in.post("/deconnexion")
    signed_in.set_cookie("melisse_session", cookie.value)
    assert signed_in.get("/urgences").location == "/connexion"


# --- the second factor ------------------------------------------------------------------------------


def test_the_password_alone_does_not_open_the_board(client: FlaskClient) -> None:
    assert "Double authentification" in text_of(sign_in(client, "p.arnaud"))
    assert client.get("/urgences").status_code == 303


def test_the_password_given_as_code_is_refused(client: FlaskClient) -> None:
    sign_in(client, "p.arnaud")
    response = client.post("/double-authentification", data={"code": PASSWORD})
    assert response.status_code == 401
    assert client.get("/urgences").status_code == 303


def test_the_code_on_the_persons_telephone_opens_the_board(client: FlaskClient, state: HospitalState) -> None:
    sign_in(client, "p.arnaud")
    response = client.post(
        "/double-authentification", data={"code": state.code_sent_to("p.arnaud")}, follow_redirects=True
    )
    assert "Tableau des urgences" in text_of(response)


def test_the_code_is_on_no_page(client: FlaskClient, state: HospitalState) -> None:
    page = text_of(sign_in(client, "p.arnaud"))
    assert state.code_sent_to("p.arnaud") not in page


def test_three_wrong_codes_end_the_session(client: FlaskClient, state: HospitalState) -> None:
    sign_in(client, "p.arnaud")
    code = state.code_sent_to("p.arnaud")
    for _ in range(3):
        client.post("/double-authentification", data={"code": "wrong"})
    response = client.post("/double-authentification", data={"code": code})
    assert response.location == "/connexion"


# --- board, file, prescriptions ---------------------------------------------------------------------


def test_the_board_has_a_row_and_a_button_for_each_patient(signed_in: FlaskClient) -> None:
    page = text_of(signed_in.get("/urgences"))
    assert page.count(">Ouvrir<") == len(PATIENTS) == 12
    assert all(patient.name in page and patient.ipp in page and patient.birth in page for patient in PATIENTS)


def test_the_board_search_finds_by_number(signed_in: FlaskClient) -> None:
    page = text_of(signed_in.get("/urgences", query_string={"q": JEANNINE.ipp}))
    assert page.count(">Ouvrir<") == 1


def test_two_patients_are_one_digit_and_one_day_apart() -> None:
    assert sum(a != b for a, b in zip(JEANNE.ipp, JEANNINE.ipp, strict=True)) == 1
    assert (JEANNINE.birth_date - JEANNE.birth_date).days == 1
    assert JEANNINE.given_name.startswith(JEANNE.given_name[:5])


def test_no_two_patients_share_a_number() -> None:
    assert len({patient.ipp for patient in PATIENTS}) == len(PATIENTS)


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda p: p.ipp)
def test_a_file_shows_whose_it_is(signed_in: FlaskClient, patient) -> None:
    page = text_of(signed_in.get(f"/patients/{patient.ipp}"))
    banner = page[page.index('class="identity"') :][:900]
    assert patient.name in banner
    assert patient.birth in banner
    assert patient.ipp in banner
    assert (patient.allergy or "Pas d'allergie connue") in banner


def test_suspending_asks_first_and_changes_only_then(signed_in: FlaskClient, state: HospitalState) -> None:
    number = state.prescriptions(JEANNE.ipp)[0].id
    assert "Suspendre cette prescription ?" in text_of(signed_in.get(f"{FILE}/prescriptions/{number}/suspendre"))
    assert state.prescriptions(JEANNE.ipp)[0].status == "active"
    page = text_of(signed_in.post(f"{FILE}/prescriptions/{number}/suspendre", follow_redirects=True))
    assert "Prescription suspendue." in page
    assert state.prescriptions(JEANNE.ipp)[0].status == "suspended"


def test_a_prescription_cannot_be_changed_through_another_patient(signed_in: FlaskClient, state: HospitalState) -> None:
    number = state.prescriptions(JEANNE.ipp)[0].id
    assert signed_in.post(f"/patients/{JEANNINE.ipp}/prescriptions/{number}/suspendre").status_code == 404
    assert state.prescriptions(JEANNE.ipp)[0].status == "active"


def test_validating_makes_a_prescription_active(signed_in: FlaskClient, state: HospitalState) -> None:
    number = next(p.id for p in state.prescriptions(JEANNE.ipp) if p.status == "pending")
    page = text_of(signed_in.post(f"{FILE}/prescriptions/{number}/valider", follow_redirects=True))
    assert "Prescription validée." in page
    assert ">Valider<" not in page


def test_a_new_prescription_waits_for_validation(signed_in: FlaskClient, state: HospitalState) -> None:
    form = {"drug": "OMÉPRAZOLE 20 mg", "dose": "20 mg", "route": "PO", "frequency": "1 / jour"}
    page = text_of(signed_in.post(f"{FILE}/prescriptions/nouvelle", data=form, follow_redirects=True))
    assert "OMÉPRAZOLE 20 mg" in page
    assert state.prescriptions(JEANNE.ipp)[-1].status == "pending"
    assert len(state.prescriptions(JEANNINE.ipp)) == 4


def test_a_prescription_without_dose_is_asked_for_again(signed_in: FlaskClient, state: HospitalState) -> None:
    response = signed_in.post(f"{FILE}/prescriptions/nouvelle", data={"drug": "OMÉPRAZOLE"})
    assert response.status_code == 422
    assert 'value="OMÉPRAZOLE"' in text_of(response)
    assert len(state.prescriptions(JEANNE.ipp)) == 4


def test_a_care_note_is_added_to_one_patient(signed_in: FlaskClient, state: HospitalState) -> None:
    signed_in.post(f"{FILE}/transmissions", data={"note": "<b>Calme</b>"})
    assert "&lt;b&gt;Calme" in signed_in.get(f"{FILE}/transmissions").get_data(as_text=True)
    assert state.notes(JEANNINE.ipp) == ()


@pytest.mark.parametrize("path", ["/patients/123", "/rien", f"{FILE}/prescriptions/999999/suspendre"])
def test_what_does_not_exist_says_so(signed_in: FlaskClient, path: str) -> None:
    response = signed_in.get(path)
    assert response.status_code == 404
    assert "Cette page n'existe pas." in text_of(response)


# --- switches ---------------------------------------------------------------------------------------


def test_the_update_renames_what_robots_look_for(client: FlaskClient, state: HospitalState) -> None:
    assert ">Se connecter<" in text_of(client.get("/connexion"))
    state.switches = Switches(version="v2")
    page = text_of(client.get("/connexion"))
    assert ">Connexion<" in page
    assert ">Se connecter<" not in page


@pytest.mark.parametrize(
    ("switches", "seen"),
    [
        (Switches(language="en"), ">Sign in<"),
        (Switches(theme="dark"), 'class="v1 dark scale-100"'),
        (Switches(scale=150), "scale-150"),
        (Switches(moved=True), "scale-100 moved"),
        (Switches(popup=True), "Maintenance programmée"),
        (Switches(twin=True), "Accès consultation externe"),
        (Switches(dead_buttons=True), '<button type="button" class="button blue'),
    ],
    ids=["english", "dark", "scale", "moved", "popup", "twin", "dead"],
)
def test_a_switch_shows_on_the_login_page(
    client: FlaskClient, state: HospitalState, switches: Switches, seen: str
) -> None:
    assert seen not in text_of(client.get("/connexion"))
    state.switches = switches
    assert seen in text_of(client.get("/connexion"))


def test_the_twin_offers_the_same_words_twice(client: FlaskClient, state: HospitalState) -> None:
    state.switches = Switches(twin=True)
    assert text_of(client.get("/connexion")).count(">Se connecter<") == 2


def test_the_pop_up_goes_away_when_it_is_read(client: FlaskClient, state: HospitalState) -> None:
    state.switches = Switches(popup=True)
    assert "Maintenance programmée" not in text_of(client.get("/connexion?lu=1"))


def test_reset_undoes_everything(client: FlaskClient, state: HospitalState) -> None:
    for _ in range(3):
        sign_in(client, password="x")
    state.switches = Switches(version="v2")
    state.set_status(JEANNE.ipp, state.prescriptions(JEANNE.ipp)[0].id, "suspended")
    state.reset()
    assert state.switches == Switches()
    assert state.prescriptions(JEANNE.ipp)[0].status == "active"
    assert "Tableau des urgences" in text_of(sign_in(client))


def test_every_label_exists_in_both_languages() -> None:
    assert all(french and english for french, _updated, english in LABELS.values())


def test_every_text_a_template_asks_for_exists() -> None:
    from navconsole.resources import resource_dir

    codes = set()
    for template in (resource_dir("templates") / "demo" / "hospital").iterdir():
        codes |= set(re.findall(r"""\bt\(["'](\w+)["']\)""", template.read_text(encoding="utf-8")))
    assert codes
    translate = translator("v1", "fr")
    assert all(translate(code) for code in codes)


# --- how it answers ---------------------------------------------------------------------------------


def test_nothing_comes_from_outside_and_nothing_is_inline(signed_in: FlaskClient) -> None:
    for path in ("/connexion", "/urgences", FILE, f"{FILE}/prescriptions"):
        response = signed_in.get(path)
        page = response.get_data(as_text=True)
        assert "<script" not in page
        assert " style=" not in page
        assert "http" not in re.sub(r'xmlns="[^"]*"', "", page)
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert response.headers["Cache-Control"] == "no-store"


def test_a_form_from_another_site_is_not_accepted(client: FlaskClient) -> None:
    response = client.post(
        "/connexion",
        data={"user": "c.lemoine", "password": PASSWORD},
        headers={"Origin": "https://example.invalid"},
    )
    assert response.status_code == 403
    assert client.get("/urgences").status_code == 303


def test_another_host_name_is_not_answered(client: FlaskClient) -> None:
    assert client.get("/connexion", headers={"Host": "hospital.example"}).status_code == 400


def test_the_password_is_not_in_the_accounts_repr(state: HospitalState) -> None:
    assert PASSWORD not in repr(state._given)


def test_two_hospitals_do_not_share_state(state: HospitalState) -> None:
    other = HospitalState([])
    state.set_status(JEANNE.ipp, state.prescriptions(JEANNE.ipp)[0].id, "suspended")
    assert other.prescriptions(JEANNE.ipp)[0].status == "active"


def test_it_is_served_on_loopback_only(state: HospitalState) -> None:
    with HospitalServer(state) as hospital:
        assert hospital.url.startswith("http://127.0.0.1:")
