"""Routes of the page on which a profile is made from captured screens: shown, changed, tried, stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from flask import Response, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.attempts.outcomes import VERDICTS
from navconsole.auth.permissions import may_see
from navconsole.i18n import current_language, translator
from navconsole.security import is_fragment_request
from navconsole.services import services
from navconsole.workflows import trial
from navconsole.workflows.desk import (
    MODES,
    Desk,
    Mode,
    acted,
    desk_from_json,
    desk_to_json,
    first_desk,
    pointed,
    typed,
    with_banner,
)
from navconsole.workflows.editor import (
    Editor,
    build_editor,
    limits_in_use,
    profile_of,
    with_theirs,
)
from navconsole.workflows.filing import reports
from navigation.errors import ConflictError
from navigation.geometry import to_pixel_box
from navigation.ids import is_id
from navigation.patient import banner_matches
from navigation.records import AuditEvent
from navigation.types import NormBox
from navigation.workflow_records import NewFile, ProfileDraft
from navigation.workflows.drafts import drawn_box
from navigation.workflows.files import parse
from navigation.workflows.model import Profile
from navigation.workflows.pointing import Pointed, pointed_at
from navigation.workflows.writing import write_profile


def edit(application: str) -> Any:
    """The page; GET changes nothing, so that a draft begins with the first change."""
    editor = _editor(application, *_desk(application))
    if request.args.get("try"):
        editor = replace(editor, trial=_trial(editor))
    return _answer(editor)


def change(application: str) -> Any:
    """What was typed, then what the button says. Every change is kept as the person's draft."""
    desk, _ = _desk(application)
    act = request.form.get("act", "")
    if act == "restart":
        services().store.drop_profile_draft(g.user.id, application)
        return _onward(application)
    desk = typed(desk, request.form)
    if act in ("point", "choose"):
        desk = _pointed(_editor(application, desk, is_kept=True), act)
    elif act == "rebase":
        newest = services().store.newest_file("profile", application)
        desk = replace(desk, base=newest.version if newest else 0)
    else:
        desk = acted(desk, act)
    draft = ProfileDraft(g.user.id, application, desk_to_json(desk), datetime.now(UTC))
    services().store.put_profile_draft(draft)
    if act == "save":
        return _save(_editor(application, desk, is_kept=True))
    if not is_fragment_request():
        return _onward(application, **({"try": "1", "_anchor": "trial"} if act == "try" else {}))
    editor = _editor(application, desk, is_kept=True)
    if act == "try":
        return _fragment("workflows/_trial.html", replace(editor, trial=_trial(editor)), target="#trial")
    if act in ("", "keep"):
        return _fragment("workflows/_live.html", editor, target="#live")
    return _fragment("workflows/_draft.html", editor)


def tried(application: str) -> Any:
    """The next slice of a trial, with all that was found so far."""
    editor = _editor(application, *_desk(application))
    return _fragment("workflows/_trial.html", replace(editor, trial=_trial(editor)))


def _save(editor: Editor) -> Any:
    """The draft as a new version, all checks being passed and nobody having stored another one meanwhile."""
    store, text = services().store, editor.written.text
    said = translator(current_language())
    found = reports([("", text.encode())], store)
    verdict = replace(
        editor.verdict,
        elsewhere=[(one.stored, problem.sentence(said)) for one in found if one.stored for problem in one.problems],
        is_unchanged=not editor.changes,
        is_unconfirmed=bool(editor.personal) and "confirmed" not in request.form,
    )
    editor = replace(editor, verdict=verdict, is_checked=True)
    if not verdict.is_good:
        return _answer(editor, 422)
    file = NewFile("profile", editor.application, "", text, after=editor.desk.base)
    event = AuditEvent(g.user.id, "workflow_added", details={"from": "screens"})
    try:
        ((version, _),) = store.add_files([file], author=g.user.name, at=datetime.now(UTC), event=event)
    except ConflictError:
        newest = store.newest_file("profile", editor.application)
        return _answer(with_theirs(store, replace(editor, newest=newest)), 409)
    store.drop_profile_draft(g.user.id, editor.application)
    return _go_to(url_for("workflows.profile", profile_id=version.id))


def _pointed(editor: Editor, act: str) -> Desk:
    """The desk with what was pointed at on the picture, or chosen from the texts that were read on it."""
    mode, page = request.form.get("mode", ""), editor.page
    if mode not in MODES or page is None:
        abort(400)
    if act == "choose":
        text = request.form.get("phrase", "")
        return pointed(editor.desk, cast(Mode, mode), Pointed(text)) if text in editor.texts else editor.desk
    box = _drawn(request.form.get("box", ""))
    if mode == "banner":
        return with_banner(editor.desk, box)
    found = pointed_at(to_pixel_box(box, page.size), page)
    return pointed(editor.desk, cast(Mode, mode), found) if found else editor.desk


def _drawn(text: str) -> NormBox:
    """ "x,y,w,h" as shares of the picture; 400 for anything else."""
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError:
        abort(400)
    if not all(0 <= side <= 1 for side in (x, y, w, h)):
        abort(400)
    return drawn_box(x, y, w, h)


def _trial(editor: Editor) -> trial.Trial | None:
    """None while the draft cannot be read as a whole."""
    store, profile = services().store, profile_of(editor.written)
    if profile is None:
        return None
    stored = parse(editor.newest.text).said if editor.newest else None
    in_use = (editor.newest.text, stored) if editor.newest and isinstance(stored, Profile) else None
    text = write_profile(editor.desk.draft).text
    return trial.go_on(store, editor.application, (text, profile), in_use, limits_in_use(store))


def _desk(application: str) -> tuple[Desk, bool]:
    """The person's draft, or the newest version, and whether it is a draft; 404 for what they may not see."""
    if not may_see(g.user, application):
        abort(404)
    store = services().store
    newest = store.newest_file("profile", application)
    if newest is None and not store.captures(application, limit=1):
        abort(404)
    kept = store.profile_draft(g.user.id, application)
    if kept is not None:
        return desk_from_json(kept.body), True
    return first_desk(application, newest), False


def _editor(application: str, desk: Desk, is_kept: bool) -> Editor:
    on = request.values.get("on", "")
    return build_editor(
        services().store,
        application,
        desk,
        on=on if is_id(on) else "",
        is_kept=is_kept,
        has_strip=not is_fragment_request(),
        knows=_is_patients,
        translate=translator(current_language()),
    )


def _is_patients(attempt_id: str, text: str) -> bool:
    """Whether a text holds an identifier of the patient whose record the attempt was about."""
    store = services().store
    attempt = store.attempt(attempt_id) if attempt_id else None
    run = store.run(attempt.start.run_id) if attempt else None
    if run is None or not run.patient_keys:
        return False
    return bool(banner_matches([text], dict(run.patient_keys), key=services().settings.subkey("patient")).matched)


def _answer(editor: Editor, status: int = 200) -> Response:
    name = "workflows/_draft.html" if is_fragment_request() else "workflows/edit.html"
    return make_response(render_template(name, editor=editor, **_words(name)), status)


def _fragment(name: str, editor: Editor, *, target: str = "") -> Response:
    response = make_response(render_template(name, editor=editor, **_words(name)))
    if target:
        response.headers["HX-Retarget"] = target
    return response


def _words(name: str) -> dict[str, Any]:
    return {"verdicts": VERDICTS, "is_fragment": is_fragment_request(), "is_live": name == "workflows/_live.html"}


def _onward(application: str, **args: str) -> Response:
    on = request.form.get("on", "")
    values: dict[str, Any] = {"application": application, **({"on": on} if is_id(on) else {}), **args}
    return _go_to(url_for("workflows.edit", **values))


def _go_to(address: str) -> Response:
    if is_fragment_request():
        return make_response("", 204, {"HX-Redirect": address})
    return cast(Response, redirect(address, 303))
