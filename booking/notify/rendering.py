"""Turns a kind and its facts into the texts that leave: subject, plain text and HTML of an e-mail, or one SMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from booking.domain import sms
from booking.domain.errors import BookingError
from booking.domain.vocabulary import Language
from booking.notify.catalogue import Kind
from booking.notify.wording import environment


class CannotRender(BookingError):
    """The facts do not fill the template, or the text cannot be sent as it is; nothing has left (``reason``)."""

    code = "cannot_render"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, in the language of the reader."""

    name: str
    telephone: str
    sms_header: str
    home: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads."""

    name: str
    has_email: bool = True


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that a template may use."""

    kind: Kind
    language: Language
    facts: dict[str, Any]
    centre: Letterhead
    reader: Reader
    #: the private link, where the kind has one
    link: str = ""

    def context(self) -> dict[str, Any]:
        """The names that templates see: the facts by their own names, and who writes to whom."""
        return {**self.facts, "centre": self.centre, "reader": self.reader, "link": self.link, "lang": self.language}


@dataclass(frozen=True, slots=True)
class EmailText:
    """An e-mail's three texts."""

    subject: str
    text: str
    html: str


def render_email(letter: Letter) -> EmailText:
    """Fill the three templates of the kind.

    Raises:
        CannotRender: a fact is missing.
    """
    folder = f"email/{letter.kind}"
    subject = " ".join(_fill(letter, f"{folder}/subject.txt").split())
    return EmailText(subject, _fill(letter, f"{folder}/body.txt"), _fill(letter, f"{folder}/body.html"))


def render_sms(letter: Letter) -> sms.Measure:
    """Fill the text message of the kind and measure it.

    Raises:
        CannotRender: a fact is missing, a character cannot be sent, or it is longer than the longest message.
    """
    filled = _fill(letter, f"sms/{letter.kind}.txt")
    # an announcement keeps the lines in which a person has written it
    return checked_sms(filled if letter.kind is Kind.ANNOUNCEMENT else " ".join(filled.split()))


def checked_sms(text: str) -> sms.Measure:
    """Measure a text message.

    Raises:
        CannotRender: a character cannot be sent, or it is longer than the longest message.
    """
    measured = sms.measure(text)
    if measured.unencodable:
        raise CannotRender("characters that no carrier carries", reason="sms_characters")
    if measured.kind is None:
        raise CannotRender("longer than any text message", reason="sms_too_long")
    return measured


def render_own_email(letter: Letter, subject: str, text: str) -> EmailText:
    """Set a person's own words as an e-mail: plain, and in the centre's frame.

    Raises:
        CannotRender: the frame lacks a fact.
    """
    body = text.strip() + "\n"
    paragraphs = [part.strip() for part in body.split("\n\n") if part.strip()]
    html = _fill(letter, "email/_own.html", subject=subject, paragraphs=paragraphs)
    return EmailText(" ".join(subject.split()), body, html)


def _fill(letter: Letter, template: str, **more: Any) -> str:
    try:
        return environment(letter.language).get_template(template).render({**letter.context(), **more}).strip() + "\n"
    except (TemplateError, KeyError, TypeError, ValueError) as error:
        # the message of the error may repeat a fact: only its kind is kept
        raise CannotRender(f"{template}: {type(error).__name__}", reason="facts") from error
