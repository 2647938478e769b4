"""What happened and who looked at whose data: append-only, newest first, for the administrator."""

from __future__ import annotations

from flask import render_template, request

from booking.domain.vocabulary import Role
from booking.queries import console as rows
from booking.web.access import allow
from booking.web.console.base import View, page_links, page_number, pages
from booking.web.console.words import SUBJECTS, action_word, subject_word
from booking.web.database import read


@pages.get("/audit")
@allow(Role.ADMINISTRATOR)
def audit() -> View:
    """The history of changes, or with ``log=access`` the log of looks at personal data."""
    session = read()
    subject = request.args.get("subject", "")
    if subject not in SUBJECTS:
        subject = ""
    number = request.args.get("id", type=int)
    looks = request.args.get("log") == "access"
    found: dict[str, object]
    if looks:
        found = {"page": rows.accesses(session, subject, number, page_number())}
    else:
        page = rows.history(session, subject, number, page_number())
        found = {"page": page, "names": rows.actor_names(session, [entry.actor for entry in page.rows])}
    return render_template(
        "web/console/audit.html",
        looks=looks,
        subject=subject,
        number=number,
        subjects=list(SUBJECTS),
        href=page_links(),
        action_word=action_word,
        subject_word=subject_word,
        **found,
    )
