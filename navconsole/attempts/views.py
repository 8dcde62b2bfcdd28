"""Routes of the attempts: parse, call, show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, render_template, request

from navconsole.attempts import pictures
from navconsole.attempts.detail import build_detail, raw_json
from navconsole.attempts.forms import ERRORS, LABELS, AttemptQuery, parse_query, to_filter
from navconsole.attempts.listing import NEWS_LIMIT, build_listing, count_news
from navconsole.attempts.outcomes import METHOD_NAMES, STAGES
from navconsole.auth.permissions import may, may_see
from navconsole.i18n import current_language, translator
from navconsole.review.views import this_panel
from navconsole.security import is_fragment_request
from navconsole.services import services
from navigation.ids import is_id
from navigation.records import AttemptDetail, AttemptFilter

blueprint = Blueprint("attempts", __name__, url_prefix="/attempts")


@blueprint.get("")
def index() -> Any:
    query = parse_query(request.args)
    try:
        listing = build_listing(services().store, query, _filter(query)) if not query.errors else None
    except ValueError:  # a cursor that the store did not give
        query, listing = replace(query, errors={"cursor": "choice"}), None
    template = "attempts/_list.html" if is_fragment_request() else "attempts/index.html"
    page = render_template(template, query=query, listing=listing, errors=ERRORS, labels=LABELS, methods=METHOD_NAMES)
    return make_response(page, 200 if listing else 422)


@blueprint.get("/news")
def news() -> Any:
    """How many attempts came since the list was loaded: a button, or the waiting poll again."""
    query = parse_query(request.args)
    after = request.args.get("after", "")
    if query.errors or not (after.isascii() and after.isdigit() and len(after) < 18):
        abort(400)
    count = count_news(services().store, _filter(query), int(after))
    href = query.address("/attempts/news", after=after)
    return render_template(
        "attempts/_news.html", count=count, limit=NEWS_LIMIT, news_href=href, list_href=query.address(cursor=None)
    )


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
    query = parse_query(request.args)
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
    return pictures.thumbnail(visible_attempt(attempt_id).start.before_id, attempt_id=attempt_id)


def visible_attempt(attempt_id: str) -> AttemptDetail:
    """The attempt, or 404: what one may not see does not exist."""
    attempt = services().store.attempt(attempt_id) if is_id(attempt_id) else None
    if attempt is None or not may_see(g.user, attempt.start.application):
        abort(404)
    return attempt


def _filter(query: AttemptQuery) -> AttemptFilter:
    return to_filter(query, zone=g.timezone, applications=g.user.applications)
