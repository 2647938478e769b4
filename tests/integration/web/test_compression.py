"""Files leave compressed where the reader can unpack them; pages never do."""

from __future__ import annotations

import gzip

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from booking.web.compression import init_compression


def got(client: FlaskClient, path: str, **headers: str) -> Response:
    """The answer, read to its end and closed."""
    with client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as answer:
        answer.get_data()
        return answer


def test_a_style_sheet_is_compressed_and_stays_cacheable(app: Flask) -> None:
    init_compression(app)
    client = app.test_client()
    plain = got(client, "/static/app.css")
    packed = got(client, "/static/app.css", Accept_Encoding="gzip, br")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in packed.headers["Vary"]
    again = got(client, "/static/app.css", Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert again.status_code == 304


def test_fonts_and_pages_are_left_as_they_are(app: Flask) -> None:
    init_compression(app)
    client = app.test_client()
    for path in ("/static/vendor/PretendardGOV-Regular.subset.woff2", "/static/nothing.css"):
        assert "Content-Encoding" not in got(client, path, Accept_Encoding="gzip").headers
