"""Screenshots over HTTP. They are patient data: never cached by anyone, never run, each full view on record."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Response, make_response

from navconsole.attempts.evidence import read_evidence
from navconsole.attempts.thumbnails import crop_box
from navconsole.auth import sessions
from navconsole.services import services
from navigation.errors import StoreError
from navigation.records import AttemptDetail
from navigation.store.protocol import BlobStore
from navigation.types import Size

log = logging.getLogger(__name__)

THUMB_WIDTH = 336  # twice the width it is shown at
SCREEN_WIDTH = 416
PICTURE_POLICY = "default-src 'none'; sandbox"
TYPES = {"webp": "image/webp", "png": "image/png", "jpeg": "image/jpeg", "bmp": "image/bmp"}
GONE = b"""<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200" viewBox="0 0 320 200">\
<rect width="320" height="200" fill="#e7eaee"/><path d="M0 0l320 200M320 0L0 200" stroke="#c3c9d1" stroke-width="2"/>\
<rect x="120" y="72" width="80" height="56" rx="6" fill="#fff" stroke="#8a94a1" stroke-width="2"/>\
<path d="M160 84v20M160 112v4" stroke="#8a94a1" stroke-width="5" stroke-linecap="round"/></svg>"""


def full_picture(image_id: str, *, name: str, viewer: str, attempt_id: str, action: str = "picture_viewed") -> Response:
    """The whole screenshot, the view being logged as `action`; a tile with status 410 when it is missing or damaged."""
    try:
        data, stored_format = services().store.blobs.read(image_id)
    except (FileNotFoundError, ValueError, StoreError):
        return _gone(attempt_id, image_id)
    sessions.audit(viewer, action, object_kind="attempt", object_id=attempt_id, details={"picture": name})
    return _send(data, TYPES.get(stored_format, "application/octet-stream"), f"{name}.{stored_format}", "no-store")


def altered_picture(image_id: str, alter: Callable[[bytes], bytes], *, name: str, attempt_id: str) -> Response:
    """What `alter` makes of the stored file: WebP that may be seen without being logged."""
    try:
        data, _ = services().store.blobs.read(image_id)
    except (FileNotFoundError, ValueError, StoreError):
        return _gone(attempt_id, image_id)
    return _send(alter(data), "image/webp", f"{name}.webp", "no-store")


def surroundings(attempt: AttemptDetail) -> Response:
    """What surrounds the press, or what came nearest; the whole screen, small, where nothing did."""
    image_id = attempt.start.before_id
    meta = services().store.screenshot(image_id)
    box = crop_box(read_evidence(attempt), Size(meta.width, meta.height)) if meta else None
    if box is None:
        return small_screen(attempt, THUMB_WIDTH)
    return _small(attempt, lambda blobs: blobs.crop(image_id, box, THUMB_WIDTH))


def small_screen(attempt: AttemptDetail, width: int = SCREEN_WIDTH) -> Response:
    """The whole screen, too small for its text to be read."""
    return _small(attempt, lambda blobs: blobs.thumbnail(attempt.start.before_id, width))


def _small(attempt: AttemptDetail, make: Callable[[BlobStore], bytes]) -> Response:
    """A small copy; kept by the viewer's own browser for a few minutes."""
    try:
        data = make(services().store.blobs)
    except (FileNotFoundError, ValueError, StoreError):
        return _gone(attempt.start.id, attempt.start.before_id)
    return _send(data, "image/webp", "thumb.webp", "private, max-age=300")


def _gone(attempt_id: str, image_id: str) -> Response:
    log.warning("picture missing or damaged attempt=%s picture=%s", attempt_id, image_id[:12])
    response = _send(GONE, "image/svg+xml", "missing.svg", "no-store")
    response.status_code = 410
    return response


def _send(data: bytes, content_type: str, name: str, cache: str) -> Response:
    response = make_response(data)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cache-Control"] = cache
    return response
