"""How often a private link may be used, and how often an address may try links that open nothing."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from booking.services.throttle import count_attempt

#: answers and changes on one link: more than anybody has a reason for
MOST_POSTS, POST_WINDOW = 60, dt.timedelta(minutes=10)
#: links that open nothing, from one place on the network
MOST_WRONG, WRONG_WINDOW = 30, dt.timedelta(minutes=10)


def count_post(session: Session, link: bytes) -> None:
    """Count one post on a link that opens, named by its hash. To be committed.

    Raises:
        TooManyAttempts: there were too many.
    """
    count_attempt(session, f"answer:{link.hex()}", limit=MOST_POSTS, window=POST_WINDOW)


def count_wrong_link(session: Session, ip: str | None) -> None:
    """Count a link that opened nothing; only such links, so that who guesses shuts nobody else out.

    Raises:
        TooManyAttempts: there were more than a person with a broken link could have a reason for.
    """
    count_attempt(session, f"link:{ip}", limit=MOST_WRONG, window=WRONG_WINDOW)
