from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask

from tests.navconsole.conftest import LintedClient

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("name", ["css/base.css", "js/console.js", "img/mark.svg", "vendor/htmx.min.js"])
def test_a_static_file_travels_compressed(app: Flask, stranger: LintedClient, name: str) -> None:
    answer = stranger.get(f"/static/{name}", headers=GZIP)
    content = (Path(app.static_folder or "") / name).read_bytes()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == content
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(content)
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_who_does_not_take_gzip_gets_the_file(stranger: LintedClient) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip;q=0"}):
        answer = stranger.get("/static/css/base.css", headers=headers)
        assert "Content-Encoding" not in answer.headers
        assert b"body {" in answer.data
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_file_that_is_known_is_not_sent_again(stranger: LintedClient) -> None:
    first = stranger.get("/static/css/base.css", headers=GZIP)
    again = stranger.get("/static/css/base.css", headers={**GZIP, "If-None-Match": first.headers["ETag"]})
    assert again.status_code in (200, 304)
    assert first.headers["ETag"].startswith("W/")


def test_pages_are_not_compressed(engineer: LintedClient) -> None:
    """A page's length must tell nothing of the form token in it."""
    assert "Content-Encoding" not in engineer.get("/attempts", headers=GZIP).headers


def test_a_missing_file_is_missing(stranger: LintedClient) -> None:
    assert stranger.get("/static/css/none.css", headers=GZIP).status_code == 404
