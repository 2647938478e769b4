"""Whether a workplace may receive pupils on a day: an expired check closes it, whatever its weekly pattern says."""

from __future__ import annotations

import datetime as dt

from booking.domain.vocabulary import WorkplaceStatus


def usable_on(
    day: dt.date,
    status: WorkplaceStatus,
    safety_valid_until: dt.date | None,
    insurance_valid_until: dt.date | None,
) -> bool:
    """Whether the workplace is active, and its safety check and insurance are known and valid on ``day``."""
    return (
        status is WorkplaceStatus.ACTIVE
        and safety_valid_until is not None
        and insurance_valid_until is not None
        and day <= min(safety_valid_until, insurance_valid_until)
    )
