"""When one of two providers is left alone for a while, and when it is tried again.

A provider that fails or is slow three times in a row rests; the other one takes its messages. When the rest is over,
one message is the trial: where it goes well, everything goes back, where it does not, the next rest is twice as long.
"""

from __future__ import annotations

import datetime as dt

#: troubles in a row after which a provider rests
TROUBLES = 3
#: an answer that takes longer is a trouble, though the message was taken
SLOW = dt.timedelta(seconds=5)
SHORTEST_REST = dt.timedelta(minutes=1)
LONGEST_REST = dt.timedelta(minutes=30)


def rest(number: int) -> dt.timedelta:
    """Return how long the ``number``-th rest in a row lasts (1 is the first)."""
    return min(LONGEST_REST, SHORTEST_REST * (1 << min(number - 1, 10)))
