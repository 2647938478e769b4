"""The application on the small term, for tests that ask for pages without a browser."""

from __future__ import annotations

import re
from html import unescape

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.db import make_engine, make_sessions
from booking.demo.people import PASSWORD
from booking.domain.ids import RunId
from booking.models.people import User
from booking.models.requests import Request
from booking.services.foretelling import foretell
from tests.support.factory import SmallTerm

_TAG = re.compile(r"<[^>]+>")
_HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1>", re.S)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def words(response: TestResponse) -> str:
    """The text of a page as it is read, in one line."""
    text = " ".join(unescape(_TAG.sub(" ", _HIDDEN.sub(" ", response.text))).split())
    return text.replace(" ,", ",")


def form_token(response: TestResponse) -> str:
    """The form token of a page."""
    found = _TOKEN.search(response.text)
    assert found, "the page has no form token"
    return found[1]


class Site:
    """The application with the small term committed in its database."""

    def __init__(self, app: Flask, database_url: str) -> None:
        self.app = app
        self.app.config["WTF_CSRF_ENABLED"] = False
        self.engine = make_engine(database_url)
        self.session: Session = make_sessions(self.engine)()
        self.small = SmallTerm(self.session)
        self.session.commit()
        app.extensions["ilteo.clock"] = self.small.clock

    def visitor(self, language: str = "ko") -> FlaskClient:
        """Somebody who is not signed in."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return client

    def signed_in(self, email: str) -> FlaskClient:
        """A client in which this person is signed in."""
        client = self.visitor()
        answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303, words(answer)
        return client

    def teacher(self, school: str) -> FlaskClient:
        """The teacher of the school with this code."""
        person = self.session.scalars(sa.select(User).where(User.posts.any(school_id=self.school_id(school)))).one()
        return self.signed_in(person.email)

    def school_id(self, code: str) -> int:
        """The id of a school."""
        found = self.session.scalar(sa.text("SELECT id FROM school WHERE code = :code"), {"code": code})
        assert found is not None
        return int(found)

    def request(self, code: str) -> Request:
        """A request as it stands in the database now."""
        self.session.rollback()
        self.session.expire_all()
        return self.small.request(code)

    def publish(self) -> None:
        """Publish a plan, first come first served."""
        self.small.publish()
        self.session.commit()

    def foretell(self, run: int) -> None:
        """Do a worker's work: try the publication of a run and write down what it would send."""
        foretell(make_sessions(self.engine), self.small.clock, self.app.extensions["ilteo.config"], RunId(run))
        self.session.rollback()

    def close(self) -> None:
        """Give the connections back."""
        self.session.close()
        self.engine.dispose()
