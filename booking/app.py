"""Builds the Flask application: configuration, database, languages, guards, pages."""

from __future__ import annotations

import datetime as dt

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from booking import cli, paths
from booking.clock import Clock, SystemClock
from booking.config import Config, load_config
from booking.domain.entry import LONGEST_SESSION
from booking.log import configure_logging
from booking.web import (
    account,
    announcement_off,
    auth,
    coach,
    entry_links,
    errors,
    feeds,
    formats,
    health,
    privacy_notice,
    receipts,
    second_factor,
)
from booking.web.access import check_routes, init_access
from booking.web.application import Application
from booking.web.compression import init_compression
from booking.web.console.pages import pages as console_pages
from booking.web.database import db
from booking.web.language import babel, choose_language, choose_timezone
from booking.web.marking import init_marking
from booking.web.security import init_security
from booking.web.slot_cells import init_slot_cells
from booking.web.static_versions import init_static_versions
from booking.web.teacher.pages import pages as teacher_pages
from booking.web.workplace_pages import pages as workplace_pages

#: the largest body that any form of ours needs; what is larger is refused before it is read
MAX_BODY = 2 * 1024 * 1024


def create_app(config: Config | None = None, clock: Clock | None = None) -> Flask:
    """Return the application; ``config`` and ``clock`` come from the environment and the machine unless they are given.

    Raises:
        Misconfigured: a setting is missing or wrong, or a view names no role.
    """
    settings = config or load_config()
    configure_logging(settings.log_level)
    app = Application(
        "booking",
        template_folder=str(paths.templates_folder()),
        static_folder=str(paths.static_folder()),
        static_url_path="/static",
    )
    # the cookie and the forms of a page last as long as a session that was extended; the row in the database decides
    longest = max(LONGEST_SESSION, dt.timedelta(hours=settings.session_hours))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SESSION_COOKIE_NAME="__Host-ilteo" if settings.secure_cookies else "ilteo",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=longest,
        WTF_CSRF_TIME_LIMIT=int(longest.total_seconds()),
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        TRUSTED_HOSTS=[settings.trusted_host, "127.0.0.1", "localhost"] if settings.demo else [settings.trusted_host],
        SEND_FILE_MAX_AGE_DEFAULT=dt.timedelta(hours=1),
        BABEL_DEFAULT_LOCALE="ko",
        BABEL_DEFAULT_TIMEZONE="Asia/Seoul",
        BABEL_TRANSLATION_DIRECTORIES=str(paths.translations_folder()),
    )
    app.extensions["ilteo.config"] = settings
    app.extensions["ilteo.clock"] = clock or SystemClock()
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        # Flask's own way of wrapping an application; its stubs call it a method
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    db.init_app(app)
    Migrate(app, db, directory=str(paths.migrations_folder()))
    babel.init_app(app, locale_selector=choose_language, timezone_selector=choose_timezone)
    init_marking(app)
    init_slot_cells(app)
    init_security(app)
    init_access(app)
    init_compression(app)
    init_static_versions(app)
    formats.init_formats(app)
    errors.init_errors(app)
    for blueprint in (
        auth.pages,
        entry_links.pages,
        account.pages,
        teacher_pages,
        feeds.pages,
        second_factor.pages,
        console_pages,
        workplace_pages,
        coach.pages,
        receipts.pages,
        health.pages,
        privacy_notice.pages,
        announcement_off.pages,
    ):
        app.register_blueprint(blueprint)
    if settings.demo:
        # loaded here alone: an installation that is not the demo has no trace of it
        from booking.demo import pages as demo_pages

        app.register_blueprint(demo_pages.pages)
    cli.init_commands(app)
    check_routes(app)
    return app
