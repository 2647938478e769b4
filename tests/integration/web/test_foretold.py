"""Reading every message before publishing: a worker writes them down, pages show them, and they do not stay."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.config import Config
from booking.domain.ids import JobId, RunId
from booking.domain.topics import Topic
from booking.models.foretelling import Foretelling, ForetoldMessage
from booking.models.messages import Message
from booking.models.outbox import Job
from booking.models.runs import AllocationRun
from booking.queries.foretelling import foretold_totals
from booking.services.abandoned import settle_lost, sweep
from booking.services.foretelling import FRESH, KEPT, read_again
from booking.services.outbox import HandedJob, begin, finish
from booking.services.publication_trial import Foretold, try_publication
from tests.support.pages import Site, words

WAITING, STALE = "한 통씩 써 보고 있습니다.", "지금 다시 쓰고 있습니다."


@pytest.fixture
def office(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


@pytest.fixture
def run(site: Site) -> int:
    number = site.small.propose().id
    site.session.commit()
    return int(number)


def address(run: int) -> str:
    return f"/console/runs/{run}/publish/messages"


def asked(site: Site) -> int:
    """How many trials are waited for."""
    site.session.rollback()
    waiting = sa.select(sa.func.count()).where(Job.topic == Topic.FORETELL, Job.done_at.is_(None))
    return site.session.scalar(waiting) or 0


def kept(site: Site) -> list[int]:
    """How many trials and how many of their messages are stored."""
    site.session.rollback()
    return [
        site.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in (Foretelling, ForetoldMessage)
    ]


def test_every_message_is_listed_measured_and_none_is_sent(site: Site, office: FlaskClient, run: int) -> None:
    assert "나갈 알림 모두 읽어 보기" in words(office.get(f"/console/runs/{run}/publish"))
    for _ in range(2):
        assert WAITING in words(office.get(address(run)))
    assert asked(site) == 1
    site.foretell(run)
    page = office.get(f"{address(run)}?channel=sms")
    text = words(page)
    assert page.status_code == 200
    assert "/90 바이트" in text.replace("/90바이트", "/90 바이트")
    assert "[구로진로]" in text
    mails = words(office.get(f"{address(run)}?channel=email&kind=workplace_ask"))
    assert "학생들을 맞아 주실 수 있는지" in mails
    assert "@" not in mails.replace("@demo", "")
    assert "여기에 알림이 없습니다." in words(office.get(f"{address(run)}?q=없는이름"))
    assert office.get(f"{address(run)}?page=999&kind=nonsense&lang=en").status_code == 200
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


def seen(one: Foretold) -> tuple[object, ...]:
    """What a person sees of a message; the numbers of the visits in it are other ones at each trial."""
    return (one.recipient, one.kind, one.channel, one.language, one.sms, one.email, one.alimtalk, one.fault)


def test_what_was_stored_is_read_again_as_the_trial_said_it(site: Site, run: int) -> None:
    config: Config = site.app.extensions["ilteo.config"]
    trial = try_publication(site.session, site.small.clock, config, RunId(run))
    site.session.rollback()
    site.foretell(run)
    rows = site.session.scalars(sa.select(ForetoldMessage).order_by(ForetoldMessage.number)).all()
    again = read_again(site.session, config, list(rows))
    assert [seen(one) for one in again] == [seen(one) for one in trial.messages]
    totals = foretold_totals(site.session, RunId(run))
    assert totals.messages == len(rows) > 30
    assert totals.emails == sum(one.email is not None for one in trial.messages) > 0
    assert totals.costs == Counter(one.sms.kind for one in trial.messages if one.sms is not None)
    assert totals.emails + totals.costs.total() + totals.faulty == len(rows)


def test_who_waits_does_not_have_it_done_twice(site: Site, office: FlaskClient, run: int) -> None:
    assert WAITING in words(office.get(address(run)))
    number = site.session.scalars(sa.select(Job.id).where(Job.topic == Topic.FORETELL)).one()
    job = begin(site.session, JobId(number))
    site.session.commit()
    assert job is not None
    assert WAITING in words(office.get(address(run)))
    site.foretell(run)
    finish(site.session, job)
    site.session.commit()
    assert asked(site) == 0
    assert WAITING not in words(office.get(address(run)))
    assert asked(site) == 0


def test_a_clash_is_said(site: Site, office: FlaskClient, run: int) -> None:
    site.foretell(run)
    site.session.execute(sa.update(Foretelling).values(refusal="rule_broken"))
    site.session.commit()
    page = office.get(address(run), follow_redirects=True)
    assert "그사이 확정된 방문과 부딪치는 곳이 있어" in words(page)
    assert "게시하고 알리기" not in words(page)


def test_a_recipient_is_found_and_every_message_is_on_some_page(site: Site, office: FlaskClient, run: int) -> None:
    site.foretell(run)
    names = site.session.scalars(sa.select(ForetoldMessage.recipient).order_by(ForetoldMessage.number)).all()
    assert len(names) > 30
    first, second = words(office.get(address(run))), words(office.get(f"{address(run)}?page=2"))
    assert names[0] in first
    assert names[-1] in second
    assert f"알림 {names.count(names[0])}건" in words(office.get(address(run), query_string={"q": names[0]}))


def test_what_cannot_be_published_leads_back_to_the_reason(site: Site, office: FlaskClient, run: int) -> None:
    site.request("V0000").pupils += 1
    site.session.commit()
    site.foretell(run)
    answer = office.get(address(run))
    assert answer.status_code == 302
    assert answer.location.endswith(f"/console/runs/{run}/publish?checked=1&refused=stale_plan")
    assert office.get(address(999999)).status_code == 404


def test_texts_of_a_plan_that_was_changed_are_not_shown(site: Site, office: FlaskClient, run: int) -> None:
    site.foretell(run)
    assert WAITING not in words(office.get(address(run)))
    site.session.execute(sa.update(AllocationRun).values(version=AllocationRun.version + 1))
    site.session.commit()
    assert WAITING in words(office.get(address(run)))
    assert asked(site) == 1


def test_old_ones_are_shown_as_old_and_written_again(site: Site, office: FlaskClient, run: int) -> None:
    site.foretell(run)
    assert STALE not in words(office.get(address(run)))
    assert asked(site) == 0
    site.small.clock.advance(FRESH)
    text = words(office.get(address(run)))
    assert STALE in text
    assert "[구로진로]" in words(office.get(f"{address(run)}?channel=sms"))
    assert asked(site) == 1
    site.foretell(run)
    assert STALE not in words(office.get(address(run)))


def test_who_does_not_trust_them_has_them_written_again(site: Site, office: FlaskClient, run: int) -> None:
    site.foretell(run)
    answer = office.post(address(run))
    assert answer.location.endswith(address(run))
    assert WAITING in words(office.get(address(run)))
    assert (asked(site), kept(site)) == (1, [0, 0])


def test_a_worker_that_could_not_is_said_and_asked_again(site: Site, office: FlaskClient, run: int) -> None:
    settle_lost(site.session, site.small.clock, [HandedJob(JobId(1), Topic.FORETELL, RunId(run))])
    site.session.commit()
    assert "알림을 미리 써 보지 못했습니다." in words(office.get(address(run)))
    assert asked(site) == 0, "what ends its workers is not tried by looking"
    office.post(address(run))
    assert WAITING in words(office.get(address(run)))
    assert asked(site) == 1


def test_they_go_with_the_draft_and_after_a_day(site: Site, run: int) -> None:
    site.foretell(run)
    trials, messages = kept(site)
    assert (trials, messages > 30) == (1, True)
    sweep(site.session, site.small.clock)
    site.session.commit()
    assert kept(site) == [1, messages]
    site.small.clock.advance(KEPT + dt.timedelta(seconds=1))
    sweep(site.session, site.small.clock)
    site.session.commit()
    assert kept(site) == [0, 0]
    site.small.clock.advance(-KEPT)
    site.foretell(run)
    site.small.publish(site.session.get_one(AllocationRun, run))
    site.session.commit()
    sweep(site.session, site.small.clock)
    site.session.commit()
    assert kept(site) == [0, 0]


def test_after_publishing_there_is_nothing_to_foretell(site: Site, office: FlaskClient) -> None:
    site.publish()
    number = site.session.scalar(sa.text("SELECT id FROM allocation_run"))
    answer = office.get(address(number or 0))
    assert answer.location.endswith(f"/console/runs/{number}")
    site.foretell(number or 0)
    assert kept(site) == [0, 0]
