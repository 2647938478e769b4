"""What beat asks for. Every task may run at any time, twice, or not at all for a while: nothing depends on the beat."""

from __future__ import annotations

from booking.db import transaction
from booking.log import get_logger
from booking.services import abandoned
from booking.services.announcements import send_due
from booking.services.coach_reminders import remind_coaches
from booking.services.dispatch_keeping import keep_dispatches
from booking.services.offer_deadlines import expire_offers
from booking.services.receipt_asking import ask_for_receipts
from booking.services.registration_deadlines import expire_places
from booking.services.reminders import write_reminders
from booking.services.reserves import pass_over_silent
from booking.services.retention import erase_due
from booking.services.sandboxes import discard_old
from booking.services.sheets import empty_old
from booking.services.thanks import write_thanks
from booking.services.weekly import start_weekly_run
from booking.services.workplace_reminders import remind_workplaces
from workers.app import app
from workers.runtime import runtime

log = get_logger(__name__)


@app.task(name="upkeep.sweep")
def sweep() -> None:
    """Ask again for what should be moving and is not; give up what nobody has answered in time."""
    means = runtime()
    with means.sessions() as session, transaction(session):
        found = abandoned.sweep(session, means.clock)
    with means.sessions() as session, transaction(session):
        found += expire_offers(session, means.clock, means.config)
    with means.sessions() as session, transaction(session):
        found += send_due(session, means.clock)
    with means.sessions() as session, transaction(session):
        found += pass_over_silent(session, means.clock, means.config)
    with means.sessions() as session, transaction(session):
        found += keep_dispatches(session, means.clock, means.config)
    with means.sessions() as session, transaction(session):
        found += expire_places(session, means.clock)
    if found:
        log.info("swept", found=found)


@app.task(name="upkeep.weekly_run")
def weekly_run() -> None:
    """Start the run of the week by itself, where the term is set so and it is time."""
    means = runtime()
    with means.sessions() as session, transaction(session):
        start_weekly_run(session, means.clock, means.config)


@app.task(name="upkeep.receipts")
def receipts() -> None:
    """Ask the providers for receipts that have not come."""
    means = runtime()
    settled = ask_for_receipts(means.sessions, means.senders)
    if settled:
        log.info("receipts_asked_for", settled=settled)


@app.task(name="upkeep.cleaning")
def cleaning() -> None:
    """Empty uploaded tables that have done their work: they hold people's addresses. Put old sandboxes away."""
    means = runtime()
    with means.sessions() as session, transaction(session):
        emptied = empty_old(session, means.clock)
    with means.sessions() as session, transaction(session):
        discarded = discard_old(session, means.clock)
    if emptied or discarded:
        log.info("cleaned", tables=emptied, sandboxes=discarded)


@app.task(name="upkeep.erasing")
def erasing() -> None:
    """Erase what has been kept for long enough."""
    means = runtime()
    with means.sessions() as session, transaction(session):
        erased = erase_due(session, means.clock)
    if erased:
        log.info("erased", **{what.value: count for what, count in erased.items()})


@app.task(name="upkeep.reminders")
def reminders() -> None:
    """Write the reminders that are due and that nobody has written."""
    means = runtime()
    with means.sessions() as session, transaction(session):
        written = write_reminders(session, means.clock)
    with means.sessions() as session, transaction(session):
        written += remind_workplaces(session, means.clock)
    with means.sessions() as session, transaction(session):
        written += remind_coaches(session, means.clock)
    with means.sessions() as session, transaction(session):
        written += write_thanks(session, means.clock)
    if written:
        log.info("reminded", written=written)
