"""The command line: ``flask --app booking centre|demo|instance|offers|audit|second-factor|pause-sending``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import AppGroup
from flask_babel import force_locale

from booking.clock import SystemClock
from booking.domain.errors import BookingError, InvalidForm
from booking.domain.vocabulary import Language
from booking.exchange.shift_offers import read_shift_offers
from booking.services import pausing, second_factor
from booking.services.audit import run_audit
from booking.services.centre import CentreEntry
from booking.services.founding import found_centre
from booking.services.instance_builder import build_instance
from booking.services.offer_sending import send_offers
from booking.services.remedies import askable_slots
from booking.services.terms import current_term
from booking.web.database import config, read, write
from booking.web.problems import sentences
from scheduler.faults import InputError
from scheduler.instance import Instance, InstanceError
from scheduler.samples import sample_bytes, sample_names

centre_group = AppGroup("centre", help="The centre of a new installation.")
#: the sample whose register the books of 2018 belong to
BOOKS_OF = "guro-2018-spring"
demo = AppGroup("demo", help="The demo: a sample term and people to sign in as.")
instance_group = AppGroup("instance", help="The current term as a wx-instance/1 file.")
offers_group = AppGroup("offers", help="Date shifts that schools are asked for.")


@centre_group.command("create")
@click.option("--name", required=True, help="The centre's name in Korean.")
@click.option("--name-en", required=True, help="The same in English.")
@click.option("--telephone", required=True, help="The centre's telephone: it stands in messages and on pages.")
@click.option("--sms-header", required=True, help="What text messages begin with, as [구로진로]; at most 14 bytes.")
@click.option("--sms-header-en", required=True, help="The same in English, as [Guro Career].")
@click.option("--answer-days", default="7", show_default=True, help="Days within which a workplace answers.")
@click.option("--administrator", "email", required=True, help="The first administrator's e-mail address.")
@click.option("--administrator-name", required=True, help="The first administrator's name.")
@click.option("--language", type=click.Choice(list(Language)), default=Language.KO, help="In which that person reads.")
def create_centre(email: str, administrator_name: str, language: str, **fields: str) -> None:
    """Set a new installation up: its centre, and a link with which its first administrator comes in.

    The term, the schools and the workplaces are then entered on the pages.
    """
    try:
        with write() as session:
            token = found_centre(
                session,
                CentreEntry(**fields, yearly_target="", quiet_from="20", quiet_until="8", daily_limit=""),
                email=email,
                name=administrator_name,
                language=Language(language),
            )
    except InvalidForm as error:
        with force_locale(Language.EN):
            faults = [f"{field}: {sentence}" for field, sentence in sentences(error).items()]
        raise click.ClickException("\n".join(faults)) from error
    except BookingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{fields['name']} is set up. Its first administrator chooses a password here, once:")
    click.echo(f"{config().base_url}/invitation/{token}")


@demo.command("load")
@click.option("--instance", "name", default="guro-2018-spring", help="A sample's name, or a wx-instance/1 file.")
@click.option("--current/--as-is", default=True, help="Move the dates to the semester that comes next, or leave them.")
@click.option("--if-empty", is_flag=True, help="Do nothing where a term has been set up already.")
def load(name: str, current: bool, if_empty: bool) -> None:
    """Fill an empty installation with a sample term."""
    from booking.demo.books import load_books
    from booking.demo.load import coordinator, is_empty, load_demo
    from booking.demo.openings import load_openings
    from booking.demo.report import load_report

    if if_empty and not is_empty(read()):
        click.echo("a term is there already: nothing loaded")
        return
    if name in sample_names():
        data = sample_bytes(name)
    elif Path(name).is_file():
        data = Path(name).read_bytes()
    else:
        raise click.ClickException(f"{name} is neither a sample ({', '.join(sample_names())}) nor a file")
    try:
        instance = Instance.from_json(data)
        with write() as session:
            term = load_demo(session, SystemClock(), instance, current=current)
            if name == BOOKS_OF:
                load_books(session, SystemClock(), coordinator(session))
                load_report(session, SystemClock(), coordinator(session))
                load_openings(session, SystemClock(), coordinator(session))
            click.echo(f"loaded {term.instance_name}: {len(instance.visits)} requests, {len(instance.slots)} slots")
        with write() as session:
            # by itself the database counts what is in its tables a minute later, and plans for empty ones till then
            session.execute(sa.text("ANALYZE"))
    except InstanceError as error:
        raise click.ClickException("\n".join(str(fault) for fault in error.faults[:20])) from error
    except BookingError as error:
        raise click.ClickException(str(error)) from error


@demo.command("accounts")
def accounts() -> None:
    """Print who can sign in to the demo."""
    from booking.demo.people import ACCOUNTS

    for account in ACCOUNTS:
        click.echo(f"{account.label_ko} ({account.label_en}): {account.email} / {account.password}")


@instance_group.command("export")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
@click.option("--with-plan", is_flag=True, help="With the locks and the previous plan, as the next run would see them.")
def export(output: Path | None, with_plan: bool) -> None:
    """Write the current term as wx-instance/1."""
    try:
        session = read()
        built = build_instance(session, SystemClock(), current_term(session), keep=with_plan)
    except BookingError as error:
        raise click.ClickException(str(error)) from error
    text = json.dumps(built.document, ensure_ascii=False, separators=(",", ":"))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text, encoding="utf-8")


@offers_group.command("calendar")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
def calendar(output: Path | None) -> None:
    """Write which slots each visit could be asked for, for `scheduler offers --calendar`.

    They are to come, and free in the school's own calendar.
    """
    try:
        session = read()
        clock = SystemClock()
        allowed = askable_slots(session, clock, build_instance(session, clock, current_term(session)))
    except BookingError as error:
        raise click.ClickException(str(error)) from error
    text = json.dumps({code: sorted(slots) for code, slots in sorted(allowed.items())}, ensure_ascii=False)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text, encoding="utf-8")


@offers_group.command("send")
@click.argument("file", type=click.File("rb"))
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day to answer.")
def send(file: BinaryIO, until: datetime) -> None:
    """Ask schools for the date shifts of FILE (- for standard input), as `scheduler offers --json` writes them.

    All of them are asked, or none where a line is at fault.
    """
    try:
        lines = read_shift_offers(file.read())
        with write() as session:
            sent = send_offers(session, SystemClock(), lines, until.date(), "command line")
            asked, held, schools = len(sent.offers), sent.held, sent.schools
    except InputError as error:
        raise click.ClickException("\n".join(str(fault) for fault in error.faults)) from error
    except BookingError as error:
        raise click.ClickException(str(error)) from error
    for fault in sent.passed_over:
        click.echo(f"passed over {fault}", err=True)
    click.echo(f"{schools} schools asked about {asked} visits until {until.date()}, places held for {held}")


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
def audit(as_json: bool) -> None:
    """Check the invariants of the data; exit 1 on any breach."""
    breaches = run_audit(read(), datetime.now(UTC))
    if as_json:
        click.echo(json.dumps([{"rule": breach.rule, "detail": breach.detail} for breach in breaches]))
    else:
        for breach in breaches:
            click.echo(f"{breach.rule}: {breach.detail}")
        click.echo(f"{len(breaches)} breaches" if breaches else "all invariants hold")
    if breaches:
        sys.exit(1)


@click.command("pause-sending")
def pause_sending() -> None:
    """Let no message leave until a person has looked: what `make restore` does with the data it brings back."""
    try:
        with write() as session:
            pausing.pause(session, pausing.RESTORE)
    except BookingError as error:
        raise click.ClickException(str(error)) from error
    click.echo("sending is paused until somebody resumes it at /console/messages/sending")


second_factor_group = AppGroup("second-factor", help="The second factor of an account.")


@second_factor_group.command("reset")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Take away the second factor of the account EMAIL: for the last administrator who has lost the telephone."""
    try:
        with write() as session:
            user = second_factor.user_by_email(session, email)
            second_factor.take_away(session, SystemClock(), "command line", user.id)
    except BookingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{email} sets it up again at the next sign-in; every session of the account has ended")


def init_commands(app: Flask) -> None:
    """Give ``app`` its commands."""
    app.cli.add_command(centre_group)
    app.cli.add_command(demo)
    app.cli.add_command(instance_group)
    app.cli.add_command(offers_group)
    app.cli.add_command(audit)
    app.cli.add_command(pause_sending)
    app.cli.add_command(second_factor_group)
