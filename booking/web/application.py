"""The application object: Flask, and a second try where two who wrote at once stood in each other's way."""

from __future__ import annotations

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from booking.db import Blocked, blocked_by
from booking.log import get_logger
from booking.web.database import db, wrote

logger = get_logger(__name__)

TRIES = 3


class Application(Flask):
    """Flask whose views are run again when the database gave up a transaction of theirs for another's sake.

    PostgreSQL ends a deadlock by refusing one of the two, who has done nothing wrong and has written nothing: the same
    view succeeds at once when it is run again. Not where a part is committed already or a file was read; there the
    person is told, and nothing is done twice.
    """

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view of this request, up to :data:`TRIES` times."""
        for _ in range(TRIES - 1):
            try:
                return super().dispatch_request()
            except OperationalError as error:
                if blocked_by(error) is not Blocked.CROSSED or wrote() or request.files:
                    raise
                db.session.rollback()
                logger.warning("crossed another transaction", endpoint=request.endpoint)
        return super().dispatch_request()
