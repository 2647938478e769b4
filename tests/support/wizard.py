"""Requests in the making, for tests that ask for their pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.domain.ids import DraftId
from booking.models.asking import RequestDraft
from booking.models.requests import Request
from booking.models.schools import SchoolClass
from tests.support.pages import Site, words

WIZARD = "/teacher/requests/new"


def known_classes(site: Site, school: str, labels: Sequence[str] = ("2-1", "2-2")) -> list[SchoolClass]:
    """Classes of the school; a sample term knows its classes by requests alone."""
    known = [
        SchoolClass(school_id=site.school_id(school), label=label, pupils=21 + n, chaperones_needed=2)
        for n, label in enumerate(labels)
    ]
    site.session.add_all(known)
    site.session.commit()
    return known


def stored(session: Session, number: int) -> RequestDraft:
    """A draft as it stands in the database now."""
    session.rollback()
    session.expire_all()
    return session.get_one(RequestDraft, DraftId(number))


def begin(client: FlaskClient, form: Mapping[str, object]) -> int:
    """Take the first step, and return the number of the draft that is kept from then on."""
    answer = client.post(WIZARD, data=dict(form))
    assert answer.status_code == 303, words(answer)
    return int(answer.location.split("/")[-2])


def form_of(site: Site, number: int, **changes: object) -> dict[str, object]:
    """What a page of the draft sends: all of it, with the version that it was opened with."""
    draft = stored(site.session, number)
    content = draft.content
    form: dict[str, object] = {"version": draft.version, "class": content["classes"], "field": content["fields"]}
    if content["together"]:
        form["together"] = "1"
    for name, slots in (("wish", content["requested"]), ("may", content["negotiable"])):
        if slots:
            form[name] = ".".join(map(str, slots))
    return {**form, **changes}


def ready(site: Site, client: FlaskClient, classes: Sequence[SchoolClass], **dates: str) -> int:
    """A draft with classes and kinds of work, and with dates where they are given as ``s<slot>="1"``."""
    number = begin(client, {"class": [one.id for one in classes]})
    kinds = client.post(f"{WIZARD}/{number}/fields", data=form_of(site, number, field=["arts"]))
    assert kinds.status_code == 303, words(kinds)
    if dates:
        sent: TestResponse = client.post(f"{WIZARD}/{number}/dates", data=form_of(site, number, **dates))
        assert sent.status_code == 303, words(sent)
    return number


def slot(site: Site, code: str) -> str:
    """The name of a slot's choice in the calendar's form."""
    return f"s{site.small.slot(code).id}"


def requests_of(site: Site, school: str) -> list[Request]:
    site.session.rollback()
    return list(site.session.scalars(sa.select(Request).where(Request.school_id == site.school_id(school))))


def drafts(site: Site) -> list[RequestDraft]:
    site.session.rollback()
    return list(site.session.scalars(sa.select(RequestDraft).order_by(RequestDraft.id)))


def follow(client: object, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 303, words(answer)
    found: TestResponse = getattr(client, "get")(answer.location)  # noqa: B009 - any client
    assert found.status_code == 200
    return found
