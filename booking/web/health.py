"""Whether the service lives and can work, for load balancers, for `make run`, and for people at night."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking import paths
from booking.log import get_logger
from booking.queries.messages import resting_providers
from booking.services.heartbeats import BEAT, RELAY, WORKERS, read_health
from booking.services.pausing import is_paused
from booking.services.sender_numbers import unusable
from booking.web.access import public
from booking.web.database import clock, config, read

log = get_logger(__name__)
pages = Blueprint("health", __name__, url_prefix="/health")


@pages.get("/live")
@public
def live() -> ResponseReturnValue:
    """This process answers."""
    return {"status": "live"}


@pages.get("/ready")
@public
def ready() -> ResponseReturnValue:
    """Whether people can be served. Without workers or broker they can: what they ask for is kept and done later."""
    try:
        session = read()
        if not _migrated(session):
            return {"status": "failed", "database": "migrations_missing"}, 503
        health = read_health(session)
    except sa.exc.SQLAlchemyError as error:
        log.warning("database_away", error=type(error).__name__)
        return {"status": "failed", "database": "unreachable"}, 503
    processes = {name: "ok" if life.alive else "absent" for name, life in health.processes.items()}
    well = health.broker_ok and all(life.alive for life in health.processes.values())
    return {
        "status": "ready" if well else "degraded",
        "database": "ok",
        "broker": "ok" if health.broker_ok else "absent",
        "relay": processes[RELAY],
        "workers": {name: processes[name] for name in (*WORKERS, BEAT)},
        "sending": "paused" if is_paused(session) else "on",
        "sender_numbers": "unusable" if unusable(session, clock(), config()) else "ok",
        "resting_providers": [rest.provider for rest in resting_providers(session)],
        "oldest_unsent_seconds": health.oldest_unsent_seconds,
    }


@lru_cache(maxsize=1)
def _newest_revision() -> str | None:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(paths.migrations_folder()).replace("%", "%%"))
    return ScriptDirectory.from_config(settings).get_current_head()


def _migrated(session: Session) -> bool:
    """Whether the database has the schema of this code."""
    if session.scalar(sa.select(sa.func.to_regclass("alembic_version"))) is None:
        return False
    table = sa.table("alembic_version", sa.column("version_num"))
    return session.scalars(sa.select(table.c.version_num)).all() == [_newest_revision()]
