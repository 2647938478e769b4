"""Private links: only the newest opens, only until the day is over, and only by who holds it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from booking.db import transaction
from booking.domain.errors import LinkInvalid, NotFound
from booking.domain.ids import NoticeId
from booking.models.visits import PrivateLink, WorkplaceNotice
from booking.services.links import carry_over, issue, resolve, revoke_older
from tests.support.messaging import Post


def issued(post: Post, version: int = 1) -> str:
    with post.sessions() as session, transaction(session):
        return issue(session, post.notice.id, version)


def reason(post: Post, token: str) -> str | None:
    with post.sessions() as session, pytest.raises(LinkInvalid) as refused:
        resolve(session, token)
    return refused.value.reason


def set_version(post: Post, version: int) -> None:
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(WorkplaceNotice).values(version=version))


def test_a_link_opens_its_notice_as_often_as_it_is_opened(post: Post) -> None:
    token = issued(post)
    for _ in range(3):
        with post.sessions() as session:
            link = resolve(session, token)
            assert (link.notice_id, link.notice_version) == (post.notice.id, 1)
            assert link.notice.workplace.name == "구로소방서"


def test_only_the_hash_is_stored(post: Post) -> None:
    token = issued(post)
    with post.sessions() as session:
        [link] = session.scalars(sa.select(PrivateLink))
    assert len(link.token_hash) == 32
    assert token.encode() not in link.token_hash


def test_no_two_links_are_alike_and_each_has_thirty_two_random_bytes(post: Post) -> None:
    tokens = {issued(post) for _ in range(20)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {43}


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 44, "../" + "A" * 40, "가" * 43, "\x00" * 43])
def test_a_forged_one(post: Post, token: str) -> None:
    issued(post)
    assert reason(post, token) == "forged"


def test_an_expired_one_by_the_databases_clock(post: Post) -> None:
    token = issued(post)
    with post.sessions() as session, transaction(session):
        session.execute(sa.update(PrivateLink).values(expires_at=sa.func.now() - dt.timedelta(seconds=1)))
    assert reason(post, token) == "expired"


def test_it_opens_until_the_day_of_the_visit_is_over_in_seoul(post: Post) -> None:
    issued(post)
    with post.sessions() as session:
        [link] = session.scalars(sa.select(PrivateLink))
    after = dt.datetime.combine(post.notice.date + dt.timedelta(days=1), dt.time(0), dt.timezone(dt.timedelta(hours=9)))
    assert link.expires_at == after


def test_a_newer_version_replaces_it(post: Post) -> None:
    old = issued(post)
    set_version(post, 2)
    assert reason(post, old) == "replaced", "even before it is revoked"
    with post.sessions() as session, transaction(session):
        revoke_older(session, post.notice.id, 2)
    new = issued(post, 2)
    assert reason(post, old) == "replaced"
    with post.sessions() as session:
        assert resolve(session, new).notice_version == 2


def test_what_is_true_again_opens_again(post: Post) -> None:
    token = issued(post)
    with post.sessions() as session, transaction(session):
        revoke_older(session, post.notice.id, 2)
    set_version(post, 3)
    with post.sessions() as session, transaction(session):
        carry_over(session, post.notice.id, 1, 3)
    with post.sessions() as session:
        assert resolve(session, token).notice_version == 3


def test_no_link_without_a_notice(post: Post) -> None:
    with post.sessions() as session, pytest.raises(NotFound):
        issue(session, NoticeId(0), 1)
