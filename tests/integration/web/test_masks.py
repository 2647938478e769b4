"""Every page of the office, as the application lists them: contacts are masked, and looking changes nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from booking.domain.vocabulary import Role
from tests.integration.web.test_access import protected
from tests.integration.web.test_isolation import ROWS, contents
from tests.support.pages import Site

CONTACTS = """
    SELECT email FROM workplace_contact UNION SELECT phone FROM workplace_contact
    UNION SELECT email FROM app_user WHERE email <> :own UNION SELECT phone FROM app_user WHERE email <> :own
    UNION SELECT phone FROM coach UNION SELECT email FROM coach
"""


def contacts(site: Site, own: str) -> list[str]:
    """Every address and number that the database holds, but one's own; numbers as they are written and bare."""
    found = [text for text in site.session.scalars(sa.text(CONTACTS), {"own": own}) if text]
    assert len(found) > 10
    return found + [text.replace("-", "") for text in found if text[0].isdigit()]


def addresses(site: Site, role: Role) -> Iterator[str]:
    for method, path, roles in protected(site.app):
        if method == "GET" and role in roles:
            yield path


def text_of(data: bytes) -> str:
    """What a page or a downloaded spreadsheet says."""
    if data[:2] != b"PK":
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(name).decode(errors="replace") for name in book.namelist())


def unchanged(site: Site) -> dict[str, object]:
    """Every table but one: the page that sets a second factor up keeps the secret that it shows."""
    return {name: mark for name, mark in contents(site).items() if name != "second_factor"}


@pytest.mark.parametrize(
    ("role", "email"),
    [
        (Role.COORDINATOR, "coordinator@demo.example.kr"),
        (Role.ADMINISTRATOR, "admin@demo.example.kr"),
        (Role.OFFICER, "officer@demo.example.kr"),
    ],
)
def test_no_page_shows_a_contact_unasked_and_none_changes_anything(site: Site, role: Role, email: str) -> None:
    site.publish()
    for statement in ROWS:
        site.session.execute(sa.text(statement))
    site.session.commit()
    client = site.signed_in(email)
    hidden = contacts(site, email)
    before, pages = unchanged(site), 0
    for path in addresses(site, role):
        answer = client.get(path)
        assert answer.status_code < 500, path
        pages += answer.status_code == 200
        text = text_of(answer.get_data())
        shown = [contact for contact in hidden if contact in text]
        assert not shown, (path, shown[:3])
    assert pages >= (4 if role is Role.OFFICER else 40)
    assert unchanged(site) == before
