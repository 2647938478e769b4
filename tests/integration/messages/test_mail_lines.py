"""The line to the mail server: encrypted and signed in where it should be, kept for the next message, made anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from booking.clock import SystemClock
from booking.config import Smtp
from booking.notify.senders import smtp_lines
from booking.notify.senders.base import Email, Outcome, Verdict
from booking.notify.senders.smtp import SmtpSender
from tests.support.peers import CERTIFICATE, MailServer, mail_server


def letter() -> Email:
    return Email(uuid4(), "teacher@example.kr", "센터", "안내", "안녕하십니까.\n", "<p>안녕하십니까.</p>")


@pytest.fixture
def guarded() -> Iterator[MailServer]:
    with mail_server(guarded=True) as server:
        yield server


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the tests is trusted as a system's own are."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def send(settings: Smtp, times: int = 1) -> list[Outcome]:
    sender = SmtpSender(settings, SystemClock())
    try:
        return [sender.send(letter()) for _ in range(times)]
    finally:
        sender.close()


@pytest.mark.usefixtures("trusting")
def test_encrypted_and_signed_in_it_arrives(guarded: MailServer) -> None:
    assert [outcome.verdict for outcome in send(guarded.settings)] == [Verdict.ACCEPTED]
    assert len(guarded.taken) == 1
    assert guarded.encrypted == [False, True], "one hello before the encryption, one after"


def test_a_server_that_nobody_vouches_for_is_sent_nothing_not_even_the_password(guarded: MailServer) -> None:
    [outcome] = send(guarded.settings)
    assert (outcome.verdict, outcome.code) == (Verdict.NOT_NOW, "smtp SSLCertVerificationError")
    assert guarded.taken == []
    assert guarded.encrypted == [False]


def test_a_server_that_cannot_encrypt_is_sent_nothing() -> None:
    with mail_server() as plain:
        [outcome] = send(replace(plain.settings, starttls=True))
        assert (outcome.verdict, outcome.code) == (Verdict.NOT_NOW, "smtp SMTPNotSupportedError")
        assert plain.taken == []


@pytest.mark.usefixtures("trusting")
def test_a_wrong_password_waits_for_somebody_to_mend_it(guarded: MailServer) -> None:
    [outcome] = send(replace(guarded.settings, password="another"))
    assert (outcome.verdict, outcome.code) == (Verdict.NOT_NOW, "smtp 535 login")
    assert guarded.taken == []


@pytest.mark.usefixtures("trusting")
def test_one_line_carries_many_messages(guarded: MailServer) -> None:
    assert {outcome.verdict for outcome in send(guarded.settings, 5)} == {Verdict.ACCEPTED}
    assert (len(guarded.taken), len(guarded.peers)) == (5, 1)


def test_a_line_that_died_in_its_sleep_costs_nothing() -> None:
    with mail_server() as first:
        sender = SmtpSender(first.settings, SystemClock())
        assert sender.send(letter()).verdict is Verdict.ACCEPTED
    # the server is gone, and so is the line; another stands in its place
    with mail_server(port=first.settings.port) as second:
        assert sender.send(letter()).verdict is Verdict.ACCEPTED
        assert len(second.taken) == 1
        sender.close()


@pytest.mark.parametrize("limit", [{"IDLE_SECONDS": 0.0}, {"MOST_MESSAGES": 1}])
def test_a_line_is_not_kept_for_ever(limit: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in limit.items():
        monkeypatch.setattr(smtp_lines, name, value)
    with mail_server() as server:
        send(server.settings, 3)
        assert (len(server.taken), len(server.peers)) == (3, 3)


def test_after_a_refusal_the_next_message_has_a_line_of_its_own() -> None:
    with mail_server() as server:
        server.faults.append("550")
        assert [outcome.verdict for outcome in send(server.settings, 2)] == [Verdict.REFUSED, Verdict.ACCEPTED]
        assert len(server.peers) == 2


def test_a_message_of_the_service_is_no_list_mail() -> None:
    """Only advertising has to offer a way out; whoever could leave this list would miss a cancellation."""
    with mail_server() as server:
        send(server.settings)
        assert b"list-unsubscribe" not in server.taken[0]["raw"].lower()
