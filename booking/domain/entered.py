"""Reads what a person typed, field by field, and keeps every fault: for the register's forms and for tables alike."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from booking.domain.contacts import clean_email, clean_line, clean_phone
from booking.domain.errors import InvalidForm, InvalidInput
from booking.domain.sms import measure

E = TypeVar("E", bound=StrEnum)
Given = Mapping[str, Sequence[str]]
LONGEST_NUMBER = 9
#: dates before and after this are slips of the pen
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Entered:
    """The values of one form or one row, by field; ``faults`` grows as they are read."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self.faults: list[InvalidInput] = []

    def fault(self, field: str, reason: str, **facts: object) -> None:
        """Note that a field cannot be accepted."""
        fault = InvalidInput(field=field, reason=reason)
        fault.facts.update(facts)
        self.faults.append(fault)

    def finish(self) -> None:
        """Refuse the whole where a field was at fault.

        Raises:
            InvalidForm: every fault, in the order in which the fields were read.
        """
        if self.faults:
            raise InvalidForm(self.faults)

    def text(self, field: str) -> str:
        """What stands in the field, without blanks around it; empty where nothing does."""
        values = self._given.get(field, ())
        return unicodedata.normalize("NFC", values[0]).strip() if values else ""

    def line(self, field: str, longest: int, *, required: bool = True) -> str:
        """One line of text."""
        text = self.text(field)
        if not text and not required:
            return ""
        try:
            return clean_line(text, field, longest)
        except InvalidInput as fault:
            self.faults.append(fault)
            return ""

    def lines(self, field: str, longest: int) -> str:
        """Text that may have several lines."""
        text = self.text(field).replace("\r\n", "\n")
        if len(text) > longest:
            self.fault(field, "too_long", most=longest)
        return text

    def sms_name(self, field: str, most: int) -> str:
        """A short name as it stands in text messages: at most ``most`` bytes in CP949, all of it sendable."""
        text = self.line(field, LONGEST_SMS_NAME)
        measured = measure(text)
        if measured.unencodable:
            self.fault(field, "unencodable", signs=" ".join(measured.unencodable))
        elif measured.size > most:
            self.fault(field, "sms_bytes", size=measured.size, most=most)
        return measured.text

    def number(self, field: str, least: int, most: int, *, default: int | None = None) -> int:
        """A whole number; an empty field is ``default`` where there is one."""
        found = self.number_or_none(field, least, most)
        if found is not None:
            return found
        if default is None and not self.text(field):
            self.fault(field, "required")
        return least if default is None else default

    def number_or_none(self, field: str, least: int, most: int) -> int | None:
        """A whole number, or nothing."""
        text = self.text(field)
        if not text:
            return None
        if not re.fullmatch(r"\d+", text, re.ASCII) or len(text) > LONGEST_NUMBER:
            self.fault(field, "number")
            return None
        if not least <= int(text) <= most:
            self.fault(field, "between", least=least, most=most)
            return None
        return int(text)

    def degrees(self, field: str, least: float, most: float) -> float:
        """A latitude or a longitude in degrees, within the country."""
        text = self.text(field)
        if not re.fullmatch(r"\d{1,3}(\.\d{1,10})?", text, re.ASCII):
            self.fault(field, "degrees" if text else "required", least=least, most=most)
            return least
        if not least <= float(text) <= most:
            self.fault(field, "degrees", least=least, most=most)
        return float(text)

    def date(self, field: str) -> dt.date | None:
        """A date, or nothing."""
        text = self.text(field)
        if not text:
            return None
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
                raise ValueError(text)
            found = dt.date.fromisoformat(text)
            if not FIRST_YEAR <= found.year <= LAST_YEAR:
                raise ValueError(text)
        except ValueError:
            self.fault(field, "date")
            return None
        return found

    def required_date(self, field: str) -> dt.date:
        """A date that has to stand there."""
        found = self.date(field)
        if found is None and not self.text(field):
            self.fault(field, "required")
        return found or dt.date.min

    def time(self, field: str) -> dt.time:
        """A time of day, as 13:30."""
        text = self.text(field)[:5]
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
            self.fault(field, "time")
            return dt.time(0)
        return dt.time.fromisoformat(text)

    def one_of(self, kind: type[E], field: str) -> E:
        """An entry of a vocabulary."""
        text = self.text(field)
        if text not in set(kind):
            self.fault(field, "unknown" if text else "required")
            return next(iter(kind))
        return kind(text)

    def several(self, field: str, known: Iterable[str], *, required: bool = False) -> list[str]:
        """Entries of a list, in the order of the list."""
        given = {text.strip() for text in self._given.get(field, ()) if text.strip()}
        order = list(known)
        if given - set(order):
            self.fault(field, "unknown")
        elif required and not given:
            self.fault(field, "required")
        return [text for text in order if text in given]

    def email(self, field: str) -> str | None:
        """An address, or nothing."""
        text = self.text(field)
        if not text:
            return None
        try:
            return clean_email(text)
        except InvalidInput as fault:
            self.fault(field, fault.reason or "email")
            return None

    def phone(self, field: str) -> str | None:
        """A telephone number, or nothing."""
        try:
            return clean_phone(self.text(field))
        except InvalidInput as fault:
            self.fault(field, fault.reason or "phone")
            return None


#: what a person may type into a short name before it is measured
LONGEST_SMS_NAME = 40
