"""Closed vocabularies of the field: roles, school levels, blocks, job fields, kinds of site and of experience."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Who a signed-in person is. Everything is denied unless a route names the role."""

    TEACHER = "teacher"
    COORDINATOR = "coordinator"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"


class Language(StrEnum):
    """Languages in which pages and messages exist; Korean is the source."""

    KO = "ko"
    EN = "en"


class Block(StrEnum):
    """Half of a school day: AM is lessons 1-4, PM lessons 5-7."""

    AM = "AM"
    PM = "PM"


class Level(StrEnum):
    """School level. Grades and levels are data: nothing in the code depends on which one it is."""

    ELEMENTARY = "elementary"
    MIDDLE = "middle"
    HIGH = "high"

    @property
    def grades(self) -> range:
        """The grades of a school of this level: six years of elementary school, three of the others."""
        return range(1, _YEARS[self] + 1)


_YEARS = {Level.ELEMENTARY: 6, Level.MIDDLE: 3, Level.HIGH: 3}


class JobField(StrEnum):
    """직업 분야: the ten major groups of the Korean Employment Classification of Occupations (KECO-2018)."""

    BUSINESS = "business"
    ENGINEERING = "engineering"
    PUBLIC_SERVICE = "public-service"
    HEALTH = "health"
    ARTS = "arts"
    PERSONAL_SERVICE = "personal-service"
    SALES_TRANSPORT = "sales-transport"
    CONSTRUCTION = "construction"
    PRODUCTION = "production"
    AGRICULTURE = "agriculture"


class SiteKind(StrEnum):
    """Kinds of site, as the national portal filters them."""

    PUBLIC = "public"
    COMPANY = "company"
    SOLE_TRADER = "sole_trader"
    CIVIC = "civic"
    SCHOOL = "school"


class Setting(StrEnum):
    """실내·실외: where pupils are at a workplace; ``either`` is outdoors, and indoors when it has to be."""

    INDOOR = "indoor"
    OUTDOOR = "outdoor"
    EITHER = "either"


class ExperienceType(StrEnum):
    """체험유형: the six official types of career experience."""

    WORK_ON_SITE = "work_on_site"
    MOCK_WORKPLACE = "mock_workplace"
    TOUR = "tour"
    DEPARTMENT = "department"
    CAMP = "camp"
    LECTURE = "lecture"


class WorkplaceStatus(StrEnum):
    """일터 발굴: the way of a workplace from the first word to the last visit."""

    FOUND = "found"
    TALKS = "talks"
    INSPECTED = "inspected"
    APPROVED = "approved"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Channel(StrEnum):
    """How a message leaves."""

    EMAIL = "email"
    SMS = "sms"


class SlotWish(StrEnum):
    """Whether a school asked for a slot, or would only accept it when asked."""

    REQUESTED = "requested"
    NEGOTIABLE = "negotiable"


class ChangeKind(StrEnum):
    """변경 알림: what a school says has changed about a visit."""

    SIZE = "size"
    CANCEL = "cancel"
    OTHER = "other"
