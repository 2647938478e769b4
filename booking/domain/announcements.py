"""상시 안내: messages about programmes to people who have said yes to them, apart from all that has to be told.

What counts as advertising says so in its first characters and costs nothing to refuse (정보통신망법 제50조). Whatever
it counts as, it leaves by day only, and to nobody who has not agreed or no longer does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from booking.clock import SEOUL, seoul_time
from booking.domain.entered import Entered, Given
from booking.domain.vocabulary import Channel, JobField, Level

#: an announcement leaves between these moments in Seoul only; the law's night begins at 21:00
OPENS, CLOSES = dt.time(8), dt.time(20, 50)
#: the first characters of advertising, in these very letters
MARK = "(광고)"
REFUSE_FREE = "무료수신거부"
LONGEST_SUBJECT, LONGEST_TEXT = 40, 1500
#: how far ahead one can be scheduled
MOST_DAYS = 60


class Group(StrEnum):
    """Who may be among the readers."""

    TEACHERS = "teachers"
    WORKPLACES = "workplaces"
    COACHES = "coaches"


class ConsentBy(StrEnum):
    """How somebody has said yes or no."""

    SELF = "self"
    LINK = "link"
    TELEPHONE = "telephone"
    PAPER = "paper"
    #: the person has gone: somebody else answers now, or the data were erased
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an announcement is for; empty ``levels`` and ``fields`` narrow nothing."""

    groups: tuple[Group, ...]
    levels: tuple[Level, ...] = ()
    fields: tuple[JobField, ...] = ()

    def document(self) -> dict[str, list[str]]:
        """As it is kept."""
        return {
            "groups": [one.value for one in self.groups],
            "levels": [one.value for one in self.levels],
            "fields": [one.value for one in self.fields],
        }

    @classmethod
    def of(cls, document: Mapping[str, list[str]]) -> Audience:
        """As it was kept."""
        return cls(
            tuple(map(Group, document["groups"])),
            tuple(map(Level, document["levels"])),
            tuple(map(JobField, document["fields"])),
        )


@dataclass(frozen=True, slots=True)
class AnnouncementEntry:
    """An announcement as entered. Without English words, readers of English get the Korean ones."""

    subject: str
    text: str
    subject_en: str
    text_en: str
    channels: tuple[Channel, ...]
    audience: Audience
    advertising: bool


def read_announcement(given: Given) -> AnnouncementEntry:
    """Return the entered announcement.

    Raises:
        InvalidForm: every field that cannot be accepted; English words without the other half (``subject_en``,
            ``text_en``: ``both``).
    """
    entered = Entered(given)
    subject, text = entered.line("subject", LONGEST_SUBJECT), entered.lines("text", LONGEST_TEXT)
    subject_en = entered.line("subject_en", LONGEST_SUBJECT, required=False)
    text_en = entered.lines("text_en", LONGEST_TEXT)
    if not text:
        entered.fault("text", "required")
    if bool(subject_en) != bool(text_en):
        entered.fault("text_en" if subject_en else "subject_en", "both")
    groups = entered.several("readers", list(Group), required=True)
    audience = Audience(
        tuple(map(Group, groups)),
        tuple(map(Level, entered.several("levels", list(Level)))),
        tuple(map(JobField, entered.several("fields", list(JobField)))),
    )
    channels = tuple(map(Channel, entered.several("channels", list(Channel), required=True)))
    entry = AnnouncementEntry(
        subject, text, subject_en, text_en, channels, audience, entered.text("advertising") == "1"
    )
    entered.finish()
    return entry


def opens_after(moment: dt.datetime) -> dt.datetime | None:
    """Return when announcements may leave next, or None where they may at this moment."""
    local = moment.astimezone(SEOUL)
    if OPENS <= local.time() < CLOSES:
        return None
    day = local.date() if local.time() < OPENS else local.date() + dt.timedelta(days=1)
    return seoul_time(day, OPENS)


def read_moment(given: Given, now: dt.datetime) -> dt.datetime:
    """Return when an announcement is to leave: the entered day and time, or now.

    Raises:
        InvalidForm: the moment has passed, lies too far ahead, or outside the hours (``date``, ``time``).
    """
    entered = Entered(given)
    if entered.text("when") != "later":
        return now
    date, time = entered.required_date("date"), entered.time("time")
    moment = seoul_time(date, time)
    if not entered.faults:
        if not OPENS <= time < CLOSES:
            entered.fault("time", "announcement_hours")
        elif moment <= now:
            entered.fault("date", "past")
        elif moment > now + dt.timedelta(days=MOST_DAYS):
            entered.fault("date", "too_far")
    entered.finish()
    return moment


def sms_words(header: str, text: str, number: str | None) -> str:
    """Return the text message; ``number`` is where it can be refused for nothing, where it counts as advertising."""
    flat = "\n".join(line.rstrip() for line in text.splitlines())
    return f"{header}{flat}" if number is None else f"{MARK}{header}{flat}\n{REFUSE_FREE} {number}"


def subject_of(number: int) -> str:
    """What the messages of an announcement are about."""
    return f"announcement:{number}"
