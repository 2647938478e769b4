"""Style sheets, scripts and drawings leave compressed, so that a first visit stays small on a slow line.

Only files are compressed, never pages: a page holds a form token beside what a visitor sent, and the length of such a
page, compressed, would give the token away little by little.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, request
from flask.wrappers import Response

COMPRESSIBLE = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
#: below this, the head of the answer outweighs what is saved
LEAST_BYTES = 600


@lru_cache(maxsize=32)
def _compressed(file: Path, _changed: int) -> bytes:
    return gzip.compress(file.read_bytes(), 9, mtime=0)


def _compress(response: Response) -> Response:
    if request.endpoint != "static" or response.status_code != 200 or response.mimetype not in COMPRESSIBLE:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or (response.content_length or 0) < LEAST_BYTES:
        return response
    file = Path(current_app.static_folder or "") / str((request.view_args or {})["filename"])
    response.close()  # the file that would have been sent as it is
    response.direct_passthrough = False
    response.set_data(_compressed(file, file.stat().st_mtime_ns))
    response.content_encoding = "gzip"
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)
    return response


def init_compression(app: Flask) -> None:
    """Compress what ``app`` serves from its folder of static files."""
    app.after_request(_compress)
