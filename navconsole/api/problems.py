"""What the API says when it refuses: a stable code for programs and a sentence for whoever reads the robot's log."""

from __future__ import annotations

from flask import Response

from navconsole import problems
from navconsole.i18n import gettext
from navconsole.i18n import mark as _
from navconsole.problems import Problem
from navigation.errors import BadActionError

SENTENCES: dict[str, tuple[int, str]] = {
    "unauthenticated": (
        401,
        _("This address needs a token. Send it as “Authorization: Bearer …”; an administrator can make one."),
    ),
    "scope_missing": (403, _("This token may not send attempts. Use one with the scope “ingest”.")),
    "application_forbidden": (403, _("This token may not work on this application. Ask for one that may.")),
    "not_found": (
        404,
        _("There is no such run, attempt or workflow. Check its id or name, and create the run first."),
    ),
    "conflict": (
        409,
        _("This id is stored with other content, or no longer waits for anything. Use a new id for something new."),
    ),
    "leased": (409, _("Another robot works on this machine. Wait until its run has ended, or name another machine.")),
    "lease_lost": (
        409,
        _("This robot holds the machine no more: it was silent for too long, or began anew. Press nothing."),
    ),
    "unfit": (
        409,
        _("The workflow does not fit the newest profile of its application, or there is none. Check and add both."),
    ),
    "stopped": (423, _("People have stopped the robots of this application. Press nothing until they let them go.")),
    "run_taken_over": (423, _("A person has taken this run over. Press nothing until it is resumed.")),
    "run_abandoned": (423, _("A person has abandoned this run. Press nothing in it any more.")),
    "unsupported_media_type": (
        415,
        _("The content type is not what this address reads: JSON for a run, multipart/form-data for an attempt."),
    ),
    "too_large": (413, _("More was sent than is taken: 20 MiB for a screenshot, 64 KiB for an action.")),
    "busy": (503, _("The server is busy. Nothing was pressed or lost: send the same again in a moment.")),
    "no_navigator": (503, _("This server only shows attempts; it does not carry them out.")),
    "not_json": (400, _("The content is not JSON in UTF-8.")),
    "not_an_object": (400, _("The content is JSON, but not an object.")),
    "too_deep": (400, _("The JSON is nested deeper than 32 levels.")),
    "duplicate_key": (400, _("A name stands twice in the same JSON object.")),
    "not_a_number": (400, _("A number in the JSON is not finite; NaN and Infinity are not taken.")),
    "not_text": (400, _("A text in the JSON holds half a character that cannot be stored.")),
    "bad_parts": (
        400,
        _("The request needs exactly its named parts, each once: “screenshot” with “action”, “pressed” or “result”."),
    ),
    "bad_id": (400, _("An id must be a UUID of version 7 in lower case.")),
    "bad_run": (400, _("The run cannot be used: look at “%(path)s”.")),
    "bad_result": (400, _("The result cannot be used: look at “%(path)s”.")),
    "bad_query": (400, _("The address cannot be used: look at “%(name)s”.")),
    "bad_action": (400, _("The action cannot be used: look at “%(path)s”.")),
    "bad_screenshot_empty": (422, _("The screenshot has no bytes. Take it again.")),
    "bad_screenshot_truncated": (422, _("The screenshot ends too early. Send it again whole.")),
    "bad_screenshot_too_large": (
        422,
        _("The screenshot is larger than 20 MiB, 40 million pixels or 16,383 pixels a side, or unpacks to too much."),
    ),
    "bad_screenshot_too_small": (422, _("The screenshot is smaller than 8 pixels a side.")),
    "bad_screenshot_animated": (422, _("The screenshot is an animation. Send one still picture.")),
    "bad_screenshot_unsupported": (422, _("The screenshot is not a PNG, JPEG, WebP or BMP picture.")),
    "bad_screenshot_damaged": (422, _("The screenshot is damaged and cannot be read. Take it again.")),
}
RETRY_AFTER_S = {"busy": 1, "no_navigator": 60}
_OF_ALL_PAGES = {problem.code: status for status, problem in (*problems.PROBLEMS.items(), (503, problems.READ_ONLY))}
_MAX_PATH = 100

WHAT_IS_WRONG: dict[str, str] = {
    "missing": _("It is missing."),
    "extra_forbidden": _("This name is not known."),
    "string_too_short": _("It is empty."),
    "string_too_long": _("It is too long."),
    "too_long": _("It has too many entries."),
    "string_type": _("It must be a text."),
    "literal_error": _("It is none of the values allowed."),
    "finite_number": _("It must be a finite number."),
    "less_than_equal": _("It is too large."),
    "greater_than_equal": _("It is too small."),
}
_OTHERWISE = _("It is not what is expected there.")


def status_of(code: str) -> int:
    """The status that a refusal comes with: one of `SENTENCES`, or one of all pages'."""
    return SENTENCES[code][0] if code in SENTENCES else _OF_ALL_PAGES[code]


def refuse(code: str, **values: str) -> Response:
    """The answer for one of `SENTENCES`."""
    status, sentence = SENTENCES[code]
    response = problems.answer(status, Problem(code, "", gettext(sentence, **values)))
    if code in RETRY_AFTER_S:
        response.headers["Retry-After"] = str(RETRY_AFTER_S[code])
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refuse_part(code: str, path: str, kind: str) -> Response:
    """The answer for one part of an action or run; `kind` is pydantic's name of what is wrong with it."""
    status, sentence = SENTENCES[code]
    where = gettext(sentence, path=path[:_MAX_PATH] or "…")
    what = gettext(WHAT_IS_WRONG.get(kind, _OTHERWISE))
    return problems.answer(status, Problem(code, "", f"{where} {what}"))


def refuse_action(err: BadActionError) -> Response:
    return refuse_part("bad_action", err.path, err.code)
