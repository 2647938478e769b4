"""Who may open which page of the books, of the figures and of satisfaction."""

from __future__ import annotations

from booking.domain.vocabulary import Role

STAFF = {Role.COORDINATOR, Role.ADMINISTRATOR}
READERS = {*STAFF, Role.OFFICER}
RIGHTS = {
    "console.ledger": READERS,
    "console.ledger_entries": READERS,
    "console.dashboard": READERS,
    "console.dashboard_entries": READERS,
    "console.dashboard_table": READERS,
    "console.dashboard_image": READERS,
    "console.satisfaction_trend": READERS,
    "console.satisfaction_entries": READERS,
    "console.session_satisfaction": STAFF,
    "console.save_session_satisfaction": STAFF,
    "console.satisfaction_questions": STAFF,
    "console.ask_question": STAFF,
    "console.retire_question": STAFF,
    "console.remarks": STAFF,
    "console.moderate_remark": STAFF,
}
#: what the officer reads
READ = (
    "/console/ledger",
    "/console/ledger/entries",
    "/console/dashboard",
    "/console/dashboard/entries?of=classes",
    "/console/dashboard/entries?of=workplaces",
    "/console/dashboard/entries?of=messages",
    "/console/dashboard/schools.csv",
    "/console/satisfaction",
    "/console/satisfaction/entries",
)
#: what only the office opens
OFFICE = ("/console/satisfaction/remarks", "/console/satisfaction/questions")
