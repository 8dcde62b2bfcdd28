"""A clinician's pictures over HTTP: blurred unless asked for sharp, and each sharp one on record."""

from __future__ import annotations

from flask import Response, abort, g, make_response, render_template

from navconsole.attempts import pictures
from navconsole.flows.blur import blurred, to_webp
from navconsole.flows.scenes import Scene, image_of, kept_sharp
from navconsole.services import services
from navigation.picture import open_picture
from navigation.records import AttemptDetail
from navigation.types import Size

SHOWN_S = 10


def blurred_picture(attempt: AttemptDetail, which: str) -> Response:
    """One of the attempt's pictures with everything blurred that may tell who is on it."""

    def blur(data: bytes) -> bytes:
        picture = open_picture(data)
        return to_webp(blurred(picture, kept_sharp(attempt, which, Size(*picture.size), words)))

    image_id = _image(attempt, which)
    pages = services().store.pages_of(image_id)
    words = pages[-1].words if pages else ()
    return pictures.altered_picture(image_id, blur, name=which, attempt_id=attempt.start.id)


def sharp_picture(attempt: AttemptDetail, which: str) -> Response:
    """The picture as it was; that it was seen is logged."""
    return pictures.full_picture(
        _image(attempt, which),
        name=which,
        viewer=g.user.id,
        attempt_id=attempt.start.id,
        action="picture_unblurred",
    )


def shown_page(scene: Scene, which: str, back: str) -> Response:
    """A page with the sharp picture that goes back by itself, for those who cannot hold a key or a button."""
    picture = scene.picture(which)
    if picture is None:
        abort(404)
    response = make_response(render_template("flows/shown.html", picture=picture, back=back, seconds=SHOWN_S))
    response.headers["Refresh"] = f"{SHOWN_S}; url={back}"
    return response


def _image(attempt: AttemptDetail, which: str) -> str:
    image_id = image_of(attempt, which)
    if image_id is None:
        abort(404)
    return image_id
