"""The preview of a publication is the publication itself, taken back: it says the same, and it leaves nothing."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from booking.domain.errors import StalePlan
from booking.domain.sms import SmsKind
from booking.domain.states import MessageStatus, RunStatus
from booking.domain.vocabulary import Channel
from booking.models.messages import Message
from booking.models.registry import METADATA
from booking.models.runs import AllocationRun
from booking.models.workplaces import WorkplaceContact
from booking.notify.catalogue import CATALOGUE
from booking.notify.rendering import render_email, render_sms
from booking.services.composing import addressed, kind_of, recipient_of
from booking.services.publication_trial import Trial, try_publication
from tests.support.factory import SmallTerm


@pytest.fixture
def run(small: SmallTerm) -> AllocationRun:
    return small.propose()


def trial(small: SmallTerm, run: AllocationRun) -> Trial:
    return try_publication(small.session, small.clock, small.config, run.id)


def rows(small: SmallTerm) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: small.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in METADATA.sorted_tables
    }


def test_it_foretells_exactly_what_publishing_writes(small: SmallTerm, run: AllocationRun) -> None:
    foretold = trial(small, run)

    small.publish(run)

    written = small.session.scalars(sa.select(Message).order_by(Message.id)).all()
    assert len(written) > 10
    expected = Counter(
        (kind_of(one), one.channel, recipient_of(small.session, one).name, one.language) for one in written
    )
    assert Counter((one.kind, one.channel, one.recipient, one.language) for one in foretold.messages) == expected
    texts = [
        render_sms(letter).text if one.channel is Channel.SMS else render_email(letter).text
        for one in written
        for link in ["https://…" if CATALOGUE[kind_of(one)].private_link and one.channel is Channel.EMAIL else ""]
        for letter in [addressed(small.session, small.config, one, kind_of(one), link).letter]
    ]
    foreseen = [one.email.text if one.email else one.sms.text if one.sms else "" for one in foretold.messages]
    assert texts == foreseen


def test_it_leaves_nothing_behind(small: SmallTerm, run: AllocationRun) -> None:
    before, version = rows(small), run.version
    for _ in range(2):
        assert trial(small, run).messages
    small.session.expire_all()
    assert rows(small) == before
    assert (run.status, run.version, run.published_at) == (RunStatus.PROPOSED, version, None)
    # and the plan can still be published, once
    small.publish(run)
    assert run.status is RunStatus.PUBLISHED


def test_text_messages_are_measured_by_what_they_cost(small: SmallTerm, run: AllocationRun) -> None:
    found = trial(small, run)
    texts = [one for one in found.messages if one.channel is Channel.SMS]
    assert texts
    assert all(one.sms is not None and one.email is None for one in texts)
    assert all((one.sms.kind is SmsKind.SMS) == (one.sms.size <= 90) for one in texts if one.sms is not None)
    mails = [one for one in found.messages if one.channel is Channel.EMAIL]
    assert all(one.sms is None and one.email is not None and one.email.subject for one in mails)
    assert any("https://…" in one.email.text for one in mails if one.email is not None)


def test_who_has_no_address_is_named(small: SmallTerm, run: AllocationRun) -> None:
    small.session.execute(sa.update(WorkplaceContact).values(email=None, phone=None))
    small.session.expire_all()
    found = trial(small, run)
    assert {one.fault for one in found.messages if one.kind == "workplace_ask"} == {"no_address"}
    assert small.session.scalar(sa.select(sa.func.count()).where(Message.status == MessageStatus.FAILED)) == 0


def test_a_stale_plan_is_refused_as_publishing_would(small: SmallTerm, run: AllocationRun) -> None:
    small.request("V0000").pupils += 1
    small.session.flush()
    before = rows(small)
    with pytest.raises(StalePlan):
        trial(small, run)
    assert rows(small) == before
