"""Routes about alerts, for administrators: who hears what, a test, the last messages, trying one anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import IntegerField  # type: ignore[import-untyped]
from wtforms.validators import InputRequired, NumberRange  # type: ignore[import-untyped]

from navconsole.alerts.context import build_page
from navconsole.alerts.sending import send_test
from navconsole.auth import sessions
from navconsole.i18n import current_language
from navconsole.services import services
from navigation.ids import is_id

blueprint = Blueprint("alerts", __name__, url_prefix="/admin/alerts")


class RecipientForm(FlaskForm):  # type: ignore[misc]
    """Whom a test goes to: the place in the setting, from 0."""

    number = IntegerField(validators=[InputRequired(), NumberRange(min=0)])


@blueprint.get("")
def index() -> Any:
    store, settings = services().store, services().settings
    page = build_page(
        settings,
        store.alert_messages(),
        language=current_language(),
        zone=g.timezone,
        tested=request.args.get("tested", ""),
    )
    return render_template("alerts/index.html", page=page, given_up=store.count_given_up())


@blueprint.post("/test")
def test() -> Any:
    """Send a test now; the page then shows what came of it."""
    form, recipients = RecipientForm(), services().settings.alerts.recipients
    if not form.validate_on_submit() or form.number.data >= len(recipients):
        abort(400)
    recipient = recipients[form.number.data]
    sent = send_test(services().store, services().settings, recipient, datetime.now(UTC))
    details = {"channel": recipient.channel, "problem": sent.problem}
    sessions.audit(g.user.id, "alert_tested", object_kind="alert", object_id=sent.id, details=details)
    return redirect(url_for("alerts.index", tested=sent.id), 303)


@blueprint.post("/<message_id>/again")
def again(message_id: str) -> Any:
    """Try a message anew that was given up."""
    if not is_id(message_id):
        abort(404)
    services().store.send_again(message_id, datetime.now(UTC))
    sessions.audit(g.user.id, "alert_sent_again", object_kind="alert", object_id=message_id)
    return redirect(url_for("alerts.index"), 303)
