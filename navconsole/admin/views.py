"""Routes about people: parse, call, show. Changes ask for the administrator's own password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for

from navconsole.account.context import session_lines
from navconsole.admin.forms import EVERY, ONLY, AccessForm, AddForm, IdentityForm, RightsForm
from navconsole.admin.people import person_line
from navconsole.admin.words import ROLE_MEANINGS, ROLE_NAMES
from navconsole.auth import confirming, sessions
from navconsole.auth.accounts import AccountError, By, add_user, make_link
from navconsole.i18n import gettext
from navconsole.services import services
from navigation.errors import ConflictError
from navigation.ids import is_id
from navigation.records import AttemptFilter, User

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.route("/people", methods=["GET", "POST"])
def people() -> Any:
    """Everybody; the form below adds one, and shows the link that lets them in."""
    form = AddForm(data={"role": "viewer", "reach": EVERY}) if request.method == "GET" else AddForm()
    if request.method == "GET":
        return _people_page(form)
    if not form.validate_on_submit() or not _is_confirmed(form):
        return _people_page(form, status=422)
    try:
        user = add_user(services().store, form.name.data, form.role.data, form.chosen_applications, by=_by())
    except AccountError as err:
        form.name.errors = [err.sentence(gettext)]
        return _people_page(form, status=422)
    return _link_page(user)


@blueprint.get("/people/<user_id>")
def person(user_id: str) -> Any:
    return _person_page(_person(user_id))


@blueprint.post("/people/<user_id>/rights")
def rights(user_id: str) -> Any:
    user, form = _person(user_id), RightsForm()
    if not form.validate_on_submit() or not _is_confirmed(form):
        return _person_page(user, form=form, status=422)
    try:
        services().store.set_rights(user.id, form.role.data, form.chosen_applications)
    except ConflictError as err:
        return _person_page(user, form=form, error=err.sentence(gettext), status=409)
    details = {"role": form.role.data, "applications": form.chosen_applications}
    sessions.audit(g.user.id, "rights_changed", object_kind="user", object_id=user.id, details=details)
    return redirect(url_for("admin.person", user_id=user.id), 303)


@blueprint.post("/people/<user_id>/access")
def access(user_id: str) -> Any:
    """Disable or enable the account, take its password or its second factor away."""
    user, form = _person(user_id), AccessForm()
    act = _ACTS.get(form.do.data or "")
    if act is None:
        abort(400)
    if not _is_confirmed(form):
        return _person_page(user, access_error=form.password.errors[0], status=422)
    try:
        return act(user)
    except ConflictError as err:
        return _person_page(user, access_error=err.sentence(gettext), status=409)


@blueprint.post("/people/<user_id>/identity")
def identity(user_id: str) -> Any:
    """Write down who they are at the identity provider, or forget it."""
    user, form, oidc = _person(user_id), IdentityForm(), services().settings.oidc
    if oidc is None:
        abort(404)
    if not form.validate_on_submit() or not _is_confirmed(form):
        return _person_page(user, identity_form=form, status=422)
    try:
        services().store.set_identity(user.id, oidc.issuer, form.subject.data.strip())
    except ConflictError as err:
        form.subject.errors = [err.sentence(gettext)]
        return _person_page(user, identity_form=form, status=409)
    return _done(user, "identity_set")


@blueprint.post("/people/<user_id>/sessions")
def end_sessions(user_id: str) -> Any:
    """End the session that is named, or all of them."""
    user = _person(user_id)
    services().store.end_sessions(user.id, only=request.form.get("session", ""))
    sessions.audit(g.user.id, "sessions_ended", object_kind="user", object_id=user.id)
    return redirect(url_for("admin.person", user_id=user.id), 303)


def _disable(user: User) -> Any:
    services().store.set_active(user.id, False)
    return _done(user, "user_disabled")


def _enable(user: User) -> Any:
    services().store.set_active(user.id, True)
    return _done(user, "user_enabled")


def _remove_factor(user: User) -> Any:
    services().store.remove_second_factor(user.id)
    return _done(user, "second_factor_removed")


def _reset_password(user: User) -> Any:
    services().store.clear_password(user.id)
    sessions.audit(g.user.id, "password_reset", object_kind="user", object_id=user.id)
    return _link_page(user)


_ACTS: dict[str, Callable[[User], Any]] = {
    "disable": _disable,
    "enable": _enable,
    "reset_password": _reset_password,
    "remove_factor": _remove_factor,
}


def _done(user: User, action: str) -> Any:
    sessions.audit(g.user.id, action, object_kind="user", object_id=user.id)
    return redirect(url_for("admin.person", user_id=user.id), 303)


def _is_confirmed(form: Any) -> bool:
    refused = confirming.refusal(form.password.data)
    if refused:
        form.password.errors = [refused]
    return refused is None


def _by() -> By:
    return By(g.user.id, sessions.source())


def _person(user_id: str) -> User:
    user = services().store.user(user_id) if is_id(user_id) else None
    if user is None:
        abort(404)
    return user


def _people_page(form: AddForm, *, status: int = 200) -> Response:
    store = services().store
    owners, required = store.second_factor_owners(), services().settings.second_factor_roles
    lines = [person_line(user, owners, required) for user in store.users()]
    return make_response(render_template("admin/people.html", form=form, lines=lines, **_choices()), status)


def _person_page(
    user: User,
    *,
    form: RightsForm | None = None,
    identity_form: IdentityForm | None = None,
    error: str = "",
    access_error: str = "",
    status: int = 200,
) -> Response:
    store, settings = services().store, services().settings
    found = store.sessions_of(
        user.id, datetime.now(UTC), idle=settings.session_idle, absolute=settings.session_absolute
    )
    page = render_template(
        "admin/person.html",
        person=person_line(user, store.second_factor_owners(), settings.second_factor_roles),
        form=form or _rights_of(user),
        identity_form=identity_form or _identity_of(user),
        lines=session_lines(found, g.web_session.id if g.web_session else ""),
        error=error,
        access_error=access_error,
        **_choices(),
    )
    return make_response(page, status)


def _rights_of(user: User) -> RightsForm:
    """The form as it stands for someone, whatever was sent to another form of the page."""
    reach = EVERY if user.applications is None else ONLY
    data = {"role": user.role, "reach": reach, "applications": "\n".join(user.applications or ())}
    return RightsForm(formdata=None, data=data)


def _identity_of(user: User) -> IdentityForm | None:
    """The form as it stands for someone; None when no provider is set."""
    oidc = services().settings.oidc
    if oidc is None:
        return None
    return IdentityForm(formdata=None, data={"subject": services().store.identity_of(user.id, oidc.issuer)})


def _link_page(user: User) -> Any:
    """The one-time link, shown this once."""
    link = make_link(services().store, user.name, base_url=services().settings.base_url, by=_by())
    return render_template("admin/link.html", person=user, link=link)


def _choices() -> dict[str, Any]:
    known = services().store.facet_values(AttemptFilter())["application"]
    return {"role_names": ROLE_NAMES, "role_meanings": ROLE_MEANINGS, "known_applications": known}
