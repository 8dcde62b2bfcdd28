"""The demo hospital's pages. Thin: read the form, ask the state, choose a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, NotFound, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from navconsole.demo.hospital.data import CLOCK, HOSPITAL, PATIENTS, TODAY, Patient, patient_by_ipp
from navconsole.demo.hospital.labels import translator
from navconsole.demo.hospital.state import HospitalState
from navconsole.resources import resource_dir

COOKIE = "melisse_session"
_OPEN_TO_ALL = {"login", "sign_in", "expired", "second_factor", "give_code", "static"}
_TRUSTED_HOSTS = ["127.0.0.1", "localhost"]
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_hospital(state: HospitalState) -> Flask:
    """The hospital as a Flask application that shows and changes `state`; it answers on loopback names only."""
    app = Flask(
        "navconsole.demo.hospital",
        template_folder=str(resource_dir("templates") / "demo" / "hospital"),
        static_folder=str(resource_dir("static") / "demo"),
        static_url_path="/static",
    )
    app.config.update(TRUSTED_HOSTS=_TRUSTED_HOSTS, MAX_CONTENT_LENGTH=64 * 1024)
    _add_guards(app, state)
    _add_login_pages(app, state)
    _add_board(app)
    _add_file(app, state)
    _add_prescriptions(app, state)
    return app


def _add_guards(app: Flask, state: HospitalState) -> None:
    @app.before_request
    def prepare() -> AnyResponse | None:
        g.switches = state.switches
        g.text = translator(g.switches.version, g.switches.language)
        g.session_id = request.cookies.get(COOKIE, "")
        if request.method == "POST" and not _comes_from_here():
            return _page("message.html", 403, text=g.text("forbidden"))
        if request.method == "POST" and g.switches.slow_s:
            time.sleep(g.switches.slow_s)
        if request.endpoint is None or request.endpoint in _OPEN_TO_ALL:
            return None
        signed = state.session_state(g.session_id)
        if signed == "signed_in":
            g.user = state.shown_user(g.session_id)
            return None
        return redirect(url_for("expired" if signed == "expired" else "login"), 303)

    @app.context_processor
    def shared() -> dict[str, object]:
        return {
            "t": g.text,
            "s": g.switches,
            "hospital": HOSPITAL,
            "user": g.get("user", ""),
            "today": TODAY.strftime("%d/%m/%Y"),
            "clock": CLOCK,
            "popup_closed": request.args.get("lu") == "1",
        }

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        # Without the style sheet in the browser's cache each page would be drawn twice before it settles.
        response.headers["Cache-Control"] = "max-age=3600" if request.endpoint == "static" else "no-store"
        return response

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> AnyResponse:
        if "text" not in g or isinstance(error, SecurityError):  # no page can be made for a host that is not ours
            return Response("", error.code)
        code = "not_found" if isinstance(error, NotFound) else "forbidden"
        return _page("message.html", error.code or 500, text=g.text(code))


def _comes_from_here() -> bool:
    """Whether the form was on one of our own pages; the browser states its origin on every POST."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _add_login_pages(app: Flask, state: HospitalState) -> None:
    @app.get("/")
    def home() -> AnyResponse:
        return redirect(url_for("board"), 303)

    @app.get("/connexion")
    def login() -> AnyResponse:
        return _page("login.html", 200, problem="", typed="")

    @app.post("/connexion")
    def sign_in() -> AnyResponse:
        user = request.form.get("user", "").strip()
        outcome, session_id = state.sign_in(user, request.form.get("password", ""))
        if outcome in ("refused", "locked"):
            return _page("login.html", 403 if outcome == "locked" else 401, problem=g.text(outcome), typed=user)
        answer = redirect(url_for("second_factor" if outcome == "second_factor" else "board"), 303)
        answer.set_cookie(COOKIE, session_id, httponly=True, samesite="Strict")
        return answer

    @app.get("/double-authentification")
    def second_factor() -> AnyResponse:
        if state.session_state(g.session_id) != "second_factor":
            return redirect(url_for("login"), 303)
        return _page("second_factor.html", 200, problem="")

    @app.post("/double-authentification")
    def give_code() -> AnyResponse:
        if state.give_code(g.session_id, request.form.get("code", "").strip()):
            return redirect(url_for("board"), 303)
        if state.session_state(g.session_id) != "second_factor":
            return redirect(url_for("login"), 303)
        return _page("second_factor.html", 401, problem=g.text("factor_refused"))

    @app.get("/session-expiree")
    def expired() -> AnyResponse:
        state.sign_out(g.session_id)
        return _page("expired.html", 200)

    @app.post("/deconnexion")
    def log_out() -> AnyResponse:
        state.sign_out(g.session_id)
        answer = redirect(url_for("login"), 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="Strict")
        return answer


def _add_board(app: Flask) -> None:
    @app.get("/urgences")
    def board() -> AnyResponse:
        query = request.args.get("q", "").strip()
        wanted = query.casefold()
        found = [p for p in PATIENTS if wanted in f"{p.family_name} {p.given_name} {p.ipp}".casefold()]
        return _page("board.html", 200, patients=found, query=query)


def _add_file(app: Flask, state: HospitalState) -> None:
    def show(tab: str) -> Callable[[str], AnyResponse]:
        def view(ipp: str) -> AnyResponse:
            return _file_page(state, _patient(ipp), tab)

        return view

    for tab, path in (("summary", ""), ("exams", "/examens"), ("notes", "/transmissions")):
        app.add_url_rule(f"/patients/<ipp>{path}", f"file_{tab}", show(tab))

    @app.post("/patients/<ipp>/transmissions")
    def add_note(ipp: str) -> AnyResponse:
        patient = _patient(ipp)
        if text := request.form.get("note", "").strip()[:200]:
            state.add_note(patient.ipp, text)
        return redirect(url_for("file_notes", ipp=ipp, fait="note_saved" if text else None), 303)


def _add_prescriptions(app: Flask, state: HospitalState) -> None:
    base = "/patients/<ipp>/prescriptions"

    @app.get(base)
    def file_prescriptions(ipp: str) -> AnyResponse:
        return _file_page(state, _patient(ipp), "prescriptions")

    @app.get(f"{base}/nouvelle")
    def new_prescription(ipp: str) -> AnyResponse:
        return _file_page(state, _patient(ipp), "new", problem="", form={})

    @app.post(f"{base}/nouvelle")
    def save_prescription(ipp: str) -> AnyResponse:
        patient = _patient(ipp)
        form = {name: request.form.get(name, "").strip()[:60] for name in ("drug", "dose", "route", "frequency")}
        if not form["drug"] or not form["dose"]:
            return _file_page(state, patient, "new", status=422, problem=g.text("missing"), form=form)
        state.add_prescription(ipp, form["drug"], form["dose"], form["route"], form["frequency"], g.user)
        return redirect(url_for("file_prescriptions", ipp=ipp, fait="saved"), 303)

    @app.get(f"{base}/<int:number>/suspendre")
    def ask_suspend(ipp: str, number: int) -> AnyResponse:
        patient = _patient(ipp)
        chosen = next((p for p in state.prescriptions(ipp) if p.id == number), None)
        if chosen is None:
            raise NotFound
        return _file_page(state, patient, "prescriptions", chosen=chosen)

    @app.post(f"{base}/<int:number>/<any(suspendre,valider):verb>")
    def change_status(ipp: str, number: int, verb: str) -> AnyResponse:
        patient = _patient(ipp)
        if not state.set_status(patient.ipp, number, "suspended" if verb == "suspendre" else "active"):
            raise NotFound
        done = "suspended" if verb == "suspendre" else "validated"
        return redirect(url_for("file_prescriptions", ipp=ipp, fait=done), 303)


def _patient(ipp: str) -> Patient:
    patient = patient_by_ipp(ipp)
    if patient is None:
        raise NotFound
    return patient


def _file_page(state: HospitalState, patient: Patient, tab: str, *, status: int = 200, **more: Any) -> AnyResponse:
    done = request.args.get("fait", "")
    return _page(
        f"file_{tab}.html",
        status,
        patient=patient,
        tab="prescriptions" if tab == "new" else tab,
        prescriptions=state.prescriptions(patient.ipp),
        notes=state.notes(patient.ipp),
        done=g.text(done) if done in ("validated", "suspended", "saved", "note_saved") else "",
        **more,
    )


def _page(template: str, status: int, **values: Any) -> AnyResponse:
    return Response(render_template(template, **values), status)
