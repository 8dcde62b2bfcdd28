"""Routes of the attempts: parse, call, show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from navconsole.attempts import pictures, searches
from navconsole.attempts.detail import build_detail, raw_json
from navconsole.attempts.forms import ERRORS, LABELS, AttemptQuery, parse_query, to_filter
from navconsole.attempts.groups import DAYS, build_groups
from navconsole.attempts.listing import NEWS_LIMIT, build_listing, build_overview, count_news
from navconsole.attempts.outcomes import STAGES
from navconsole.attempts.query import KEYS
from navconsole.attempts.saved import MAX_NAME, may_share, menu_of, new_view
from navconsole.auth import sessions
from navconsole.auth.permissions import may
from navconsole.i18n import current_language, translator
from navconsole.review.views import this_panel
from navconsole.security import is_fragment_request
from navconsole.services import services
from navconsole.visible import visible_attempt
from navigation.ids import is_id
from navigation.records import AttemptDetail, AttemptFilter

blueprint = Blueprint("attempts", __name__, url_prefix="/attempts")


@blueprint.get("")
def index() -> Any:
    query = _asked()
    if query.problems and is_fragment_request():
        return _only_the_note(query)
    searches.note(query, "attempts")
    values: dict[str, Any] = {"query": query, "overview": None}
    try:
        values |= _found(query) if not query.errors else {}
    except ValueError:  # a cursor that the store did not give
        values["query"] = query = replace(query, errors={"cursor": "choice"})
    if is_fragment_request():
        return _fragment(query, values)
    page = render_template("attempts/index.html", **values, **_frame(query))
    return make_response(page, 200 if values["overview"] else 422)


@blueprint.get("/news")
def news() -> Any:
    """How many attempts came since the list was loaded: a button, or the waiting poll again."""
    query = _asked()
    after = request.args.get("after", "")
    if query.errors or not (after.isascii() and after.isdigit() and len(after) < 18):
        abort(400)
    count = count_news(services().store, _filter(query), int(after))
    href = query.address("/attempts/news", after=after)
    return render_template(
        "attempts/_news.html", count=count, limit=NEWS_LIMIT, news_href=href, list_href=query.address(cursor=None)
    )


@blueprint.post("/views")
def save_view() -> Any:
    """Keep the list's address under a name."""
    name, query = request.form.get("name", "").strip(), parse_query(_pairs(request.form.get("address", "")))
    if not name or len(name) > MAX_NAME or query.errors:
        abort(400)
    is_shared = "shared" in request.form and may_share(g.user)
    view = services().store.save_view(new_view(g.user, name, query, is_shared=is_shared, now=datetime.now(UTC)))
    sessions.audit(g.user.id, "view_saved", object_kind="view", object_id=view.id)
    return redirect(query.address(), 303)


@blueprint.post("/views/<view_id>/delete")
def delete_view(view_id: str) -> Any:
    """Remove one's own view."""
    if not is_id(view_id) or not services().store.delete_view(view_id, g.user.id):
        abort(404)
    sessions.audit(g.user.id, "view_deleted", object_kind="view", object_id=view_id)
    return redirect(parse_query(_pairs(request.form.get("address", ""))).address(), 303)


@blueprint.get("/<attempt_id>")
def detail(attempt_id: str) -> Any:
    attempt = visible_attempt(attempt_id)
    return inspector(attempt, compare=_compared(attempt, request.args.get("compare", "")))


@blueprint.get("/<attempt_id>/record.json")
def record(attempt_id: str) -> Response:
    """The attempt as it is stored."""
    return Response(raw_json(visible_attempt(attempt_id)), content_type="application/json; charset=utf-8")


def inspector(attempt: AttemptDetail, *, compare: AttemptDetail | None = None, **more: Any) -> str:
    """The whole page of one attempt; `more` fills its slots."""
    query = _asked()
    query = AttemptQuery() if query.errors else query
    page = build_detail(
        services().store, attempt, query, _filter(query), translator(current_language()), compare=compare
    )
    may_read = services().readers is not None and may(g.user, "whatif.read", "POST")
    return render_template(
        "attempts/detail.html", page=page, panel=this_panel(attempt), stages=STAGES, may_read=may_read, **more
    )


def _compared(attempt: AttemptDetail, other_id: str) -> AttemptDetail | None:
    """The attempt to stand beside this one; another application's is not shown."""
    other = services().store.attempt(other_id) if is_id(other_id) else None
    return other if other and other.start.application == attempt.start.application else None


@blueprint.get("/<attempt_id>/<any(before, after):which>.webp")
def picture(attempt_id: str, which: str) -> Response:
    attempt = visible_attempt(attempt_id)
    image_id = attempt.start.before_id if which == "before" else attempt.finish.after_id if attempt.finish else None
    if image_id is None:
        abort(404)
    return pictures.full_picture(image_id, name=which, viewer=g.user.id, attempt_id=attempt_id)


@blueprint.get("/<attempt_id>/thumb")
def thumb(attempt_id: str) -> Response:
    """What surrounds the press, or what came nearest to it."""
    return pictures.surroundings(visible_attempt(attempt_id))


@blueprint.get("/<attempt_id>/screen")
def screen(attempt_id: str) -> Response:
    """The whole screen, too small to be read."""
    return pictures.small_screen(visible_attempt(attempt_id))


def _found(query: AttemptQuery) -> dict[str, Any]:
    """What the list, or its groups, show."""
    store, where = services().store, _filter(query)
    translate = translator(current_language())
    if query.is_grouped:
        overview = build_overview(store, query, where, translate)
        return {"overview": overview, "groups": build_groups(store, query, where, datetime.now(UTC)), "days": DAYS}
    listing = build_listing(store, query, where)
    return {"overview": build_overview(store, query, where, translate, listing), "listing": listing}


def _frame(query: AttemptQuery) -> dict[str, Any]:
    """What stands around the list and is not swapped with it."""
    views = menu_of(services().store.saved_views(g.user.id), g.user, query)
    return {"errors": ERRORS, "labels": LABELS, "keys": KEYS, "views": views, "may_share": may_share(g.user)}


def _fragment(query: AttemptQuery, values: dict[str, Any]) -> Response:
    """The results; the search line too, unless it is what was typed in."""
    is_typed = request.headers.get("HX-Trigger") == "search"
    page = render_template("attempts/_swap.html", **values, errors=ERRORS, labels=LABELS, is_typed=is_typed)
    response = make_response(page, 200 if values["overview"] else 422)
    if values["overview"]:
        response.headers["HX-Push-Url"] = query.address(cursor=query.cursor)
    return response


def _only_the_note(query: AttemptQuery) -> Response:
    """While a line is being typed: what is wrong with it, and the list stays as it is."""
    response = make_response(render_template("attempts/_note.html", query=query, keys=KEYS, is_swapped=True), 422)
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Push-Url"] = "false"
    return response


def _asked() -> AttemptQuery:
    """The query of this request; a reviewer is somebody with an account."""
    query = parse_query(request.args)
    if "reviewer" in query.values and not _reviewer_id(query):
        return replace(query, errors={**query.errors, "reviewer": "person"})
    return query


def _reviewer_id(query: AttemptQuery) -> str:
    name = query.values.get("reviewer", "")
    user = services().store.user_by_name(name) if name else None
    return user.id if user else g.user.id if name == g.user.name else ""


def _pairs(address: str) -> MultiDict[str, str]:
    return MultiDict(parse_qsl(address.removeprefix("?")))


def _filter(query: AttemptQuery) -> AttemptFilter:
    return to_filter(query, zone=g.timezone, user=g.user, reviewer_id=_reviewer_id(query))
