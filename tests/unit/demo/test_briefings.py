"""What the demo's workplaces tell classes: something for every kind of work, within what can be stored."""

from __future__ import annotations

import re

from booking.demo.briefings import BRIEFINGS
from booking.domain.vocabulary import JobField
from booking.services.briefings import MOST_BRIEFING, MOST_PREPARES


def test_every_job_field_has_its_text_without_contacts() -> None:
    assert set(BRIEFINGS) == set(JobField)
    for sample in BRIEFINGS.values():
        assert 0 < len(sample.briefing) <= MOST_BRIEFING
        assert 0 < len(sample.prepares) <= MOST_PREPARES
        assert not re.search(r"\d{2,}|@|http", sample.briefing + sample.prepares)
