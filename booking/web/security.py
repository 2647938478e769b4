"""Headers and form tokens that every answer and every post carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, current_app, request
from flask.wrappers import Response
from flask_wtf import CSRFProtect

csrf = CSRFProtect()
View = TypeVar("View", bound=Callable[..., object])
_LARGEST = "_ilteo_largest_body"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " object-src 'none'"
)


def takes_up_to(size: int) -> Callable[[View], View]:
    """Let a view take a body of so many bytes, where that of every other would be too small: one with a picture."""

    def mark(view: View) -> View:
        setattr(view, _LARGEST, size)
        return view

    return mark


def _make_room() -> None:
    """Before anything reads the body: the form's token stands in it."""
    size = getattr(current_app.view_functions.get(request.endpoint or ""), _LARGEST, None)
    if size is not None:
        request.max_content_length = size


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def init_security(app: Flask) -> None:
    """Protect every form of ``app`` against forgery, and add the headers to every answer."""
    app.before_request(_make_room)
    csrf.init_app(app)
    app.after_request(_add_headers)
