"""Whether a workplace may receive pupils on a day: an expired check closes it, whatever its weekly pattern says."""

from __future__ import annotations

import datetime as dt

from booking.domain.vocabulary import WorkplaceStatus


def usable_until(
    status: WorkplaceStatus,
    safety_valid_until: dt.date | None,
    insurance_valid_until: dt.date | None,
    certified_until: dt.date | None = None,
) -> dt.date | None:
    """Return the last day on which the workplace may receive pupils: None where it may not at all.

    It has to be active, with a safety check and an insurance that are known. One without a certification is as good as
    one with it; one whose certification has run out is not.
    """
    if status is not WorkplaceStatus.ACTIVE or safety_valid_until is None or insurance_valid_until is None:
        return None
    return min(safety_valid_until, insurance_valid_until, certified_until or dt.date.max)


def usable_on(
    day: dt.date,
    status: WorkplaceStatus,
    safety_valid_until: dt.date | None,
    insurance_valid_until: dt.date | None,
    certified_until: dt.date | None = None,
) -> bool:
    """Whether the workplace may receive pupils on ``day`` (see :func:`usable_until`)."""
    until = usable_until(status, safety_valid_until, insurance_valid_until, certified_until)
    return until is not None and day <= until
