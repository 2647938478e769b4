"""Every address of a static file carries its fingerprint: kept for a year by browsers, and never out of date."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, request
from flask.wrappers import Response

A_YEAR = "public, max-age=31536000, immutable"


@lru_cache(maxsize=256)
def _fingerprint(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def init_static_versions(app: Flask) -> None:
    """Let ``url_for('static', …)`` name the version of the file, and such an address be kept by browsers."""
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        file = folder / str(values.get("filename", ""))
        if endpoint == "static" and "v" not in values and file.is_file():
            values["v"] = _fingerprint(file, file.stat().st_mtime_ns)

    @app.after_request
    def keep_versioned(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = A_YEAR
        return response
