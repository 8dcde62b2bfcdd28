"""Static files compressed over the wire, each once and kept in memory.

Pages are not: they carry form tokens beside what a stranger may have put into the address, and a compressed length
would tell of both together (BREACH, breachattack.com).
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

TYPES = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
LEVEL = 9
KEPT = 64  # files; there are some twenty


def init_app(app: Flask) -> None:
    folder = Path(app.static_folder or "")

    @app.after_request
    def compress_static(response: Response) -> Response:
        if request.endpoint != "static" or response.mimetype not in TYPES:
            return response
        response.vary.add("Accept-Encoding")
        is_whole = response.status_code == 200 and request.method == "GET"
        if is_whole and request.accept_encodings["gzip"] > 0:
            path = folder / (request.view_args or {})["filename"]
            response.close()  # the file that would have been sent
            response.direct_passthrough = False
            response.set_data(_compressed(path, path.stat().st_mtime_ns))
            response.headers["Content-Encoding"] = "gzip"
            response.set_etag(response.get_etag()[0] or "", weak=True)
        return response


@lru_cache(maxsize=KEPT)
def _compressed(path: Path, _mtime_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), LEVEL, mtime=0)
