"""Whether a workplace may receive pupils on a day: an expired check closes it, whatever its weekly pattern says."""

from __future__ import annotations

import datetime as dt

from booking.domain.vocabulary import WorkplaceStatus


def usable_on(
    day: dt.date,
    status: WorkplaceStatus,
    safety_valid_until: dt.date | None,
    insurance_valid_until: dt.date | None,
    certified_until: dt.date | None = None,
) -> bool:
    """Whether the workplace is active, and its safety check and insurance are known and valid on ``day``.

    A workplace without a certification is as good as one with it; one whose certification has run out is not.
    """
    return (
        status is WorkplaceStatus.ACTIVE
        and safety_valid_until is not None
        and insurance_valid_until is not None
        and day <= min(safety_valid_until, insurance_valid_until, certified_until or dt.date.max)
    )
