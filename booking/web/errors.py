"""From an error to a status and a page that helps. What is refused is rolled back first."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.globals import request_ctx
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError

from booking.db import blocked_by
from booking.domain import errors
from booking.log import get_logger
from booking.web import problem_pages, problems
from booking.web.database import db
from booking.web.problems import Problem

logger = get_logger(__name__)

#: the nearest class in an error's family decides
STATUS: dict[type[errors.BookingError], HTTPStatus] = {
    errors.BookingError: HTTPStatus.CONFLICT,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidForm: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.SignInFailed: HTTPStatus.FORBIDDEN,
    errors.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    errors.RuleBroken: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LinkInvalid: HTTPStatus.GONE,
}
RETRY_SECONDS = 60
BUSY_SECONDS = 5


def status_of(error: errors.BookingError) -> HTTPStatus:
    """Return the status of an error of ours."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _answer(problem: Problem, status: int, code: str, retry_after: int | None = None, facts: object = None) -> Response:
    accepts = request.accept_mimetypes
    if request_ctx.url_adapter is None:  # asked under a name that is not ours: no page of ours has an address there
        response = make_response(f"{problem.title}\n{problem.text}\n")
        response.mimetype = "text/plain"
    elif accepts.best_match(["text/html", "application/json"]) == "application/json":
        response = jsonify(error=code, title=problem.title, detail=problem.text)
    elif request.headers.get("HX-Request") and not request.headers.get("HX-Boosted"):
        response = make_response(render_template("web/errors/fragment.html", problem=problem, status=status))
    else:
        response = make_response(
            render_template("web/errors/page.html", problem=problem, status=status, code=code, facts=facts)
        )
    response.status_code = status
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _roll_back() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:
        g.centre = g.term = None  # the database is away: the page asks it nothing more


def _refused(error: errors.BookingError) -> Response:
    _roll_back()
    status = status_of(error)
    logger.info("refused", code=error.code, status=int(status), endpoint=request.endpoint, reason=error.reason)
    retry = error.facts.get("seconds") if isinstance(error, errors.TooManyAttempts) else None
    return _answer(problems.describe(error), status, error.code, retry if isinstance(retry, int) else None, error.facts)


def _http(error: HTTPException) -> Response:
    _roll_back()
    if error.response is not None and error.code is None:
        return make_response(error.response)
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    response = _answer(problems.describe_status(status), status, f"http_{status}")
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _csrf(error: CSRFError) -> Response:
    _roll_back()
    logger.info("csrf refused", endpoint=request.endpoint, why=error.description)
    return _answer(problems.translated(problem_pages.CSRF), HTTPStatus.BAD_REQUEST, "csrf")


def _away(error: OperationalError | InterfaceError) -> Response:
    """The database cannot be reached, or others hold on to what is needed: nothing was stored, and it will be back."""
    if blocked := blocked_by(error):
        _roll_back()
        logger.warning("blocked", endpoint=request.endpoint, how=blocked.value)
        problem = problems.translated(problem_pages.BUSY)
        return _answer(problem, HTTPStatus.SERVICE_UNAVAILABLE, "busy", BUSY_SECONDS)
    g.centre = g.term = None
    _roll_back()
    logger.error("database away", endpoint=request.endpoint, kind=type(error).__name__)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return _answer(problems.describe_status(status), status, "unavailable", RETRY_SECONDS)


def _unexpected(error: Exception) -> Response:
    _roll_back()
    # the text of a database error holds the parameters, which may be somebody's contact: only its kind is logged
    hidden = isinstance(error, SQLAlchemyError)
    logger.error(
        "unexpected", endpoint=request.endpoint, method=request.method, kind=type(error).__name__, exc_info=not hidden
    )
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(problems.describe_status(status), status, InternalServerError.__name__)


def init_errors(app: Flask) -> None:
    """Answer every error of ``app`` with a page."""
    app.register_error_handler(errors.BookingError, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(InterfaceError, _away)
    app.register_error_handler(Exception, _unexpected)
