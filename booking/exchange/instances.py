"""Takes a term in wx-instance/1 into the tables. What goes in comes out equal (``flask instance export``)."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import Clock
from booking.domain.errors import Conflict, InvalidInput
from booking.domain.ids import BundleId, SchoolId, SlotId
from booking.domain.school_year import grade_of
from booking.domain.sms import shorten
from booking.domain.terms import semester
from booking.domain.vocabulary import Block, JobField, Level, SlotWish
from booking.models.coaches import Coach, CoachAvailability
from booking.models.requests import Bundle, ExcludedWorkplace, Request, RequestSlot
from booking.models.schools import SCHOOL_SMS_BYTES, School, SchoolClass
from booking.models.terms import Slot, Term
from booking.models.workplaces import (
    WORKPLACE_SMS_BYTES,
    Workplace,
    WorkplaceContact,
    WorkplaceException,
    WorkplaceHours,
)
from scheduler.instance import Instance
from scheduler.instance import Visit as AskedVisit
from scheduler.instance import Workplace as Place


def import_instance(session: Session, clock: Clock, instance: Instance) -> Term:
    """Store an instance as the current term, with its schools, workplaces, coaches and requests.

    Raises:
        InvalidInput: it carries locks or a previous plan, which the service derives from what it has published itself.
        Conflict: the register already has schools or workplaces.
    """
    if any(visit.locked is not None or visit.previous is not None for visit in instance.visits):
        raise InvalidInput("only a term without locks and previous plan is taken in", field="visits", reason="locked")
    if not instance.slots:
        raise InvalidInput("a term needs a slot", field="slots", reason="required")
    if session.scalar(sa.select(sa.func.count()).select_from(School)) or session.scalar(
        sa.select(sa.func.count()).select_from(Workplace)
    ):
        raise Conflict("the register is not empty")
    taken = _Taken(session, clock, instance)
    taken.schools_in()
    taken.workplaces_in()
    taken.coaches_in()
    taken.requests_in()
    session.flush()
    return taken.term


class _Taken:
    """One import; holds what its steps share."""

    def __init__(self, session: Session, clock: Clock, instance: Instance) -> None:
        self.session = session
        self.instance = instance
        first = min(slot.date for slot in instance.slots)
        last = max(slot.date for slot in instance.slots)
        self.closes = last + dt.timedelta(days=1)
        name, name_en = semester(first)
        session.execute(sa.update(Term).values(is_current=False))
        today = clock.now().date()
        opens = min(today, first) - dt.timedelta(days=14)
        self.term = Term(
            name=name,
            name_en=name_en,
            instance_name=instance.name,
            is_current=True,
            opens_on=opens,
            allocation_on=max(opens + dt.timedelta(days=1), first - dt.timedelta(days=14)),
            confirmation_on=max(opens + dt.timedelta(days=1), first - dt.timedelta(days=7)),
            leftovers_on=first,
            closes_on=self.closes,
            policy=_policy(instance),
        )
        session.add(self.term)
        session.flush()
        rows = [
            Slot(term_id=self.term.id, code=slot.id, date=slot.date, block=Block(slot.block)) for slot in instance.slots
        ]
        session.add_all(rows)
        session.flush()
        self.slots: dict[str, SlotId] = {slot.code: slot.id for slot in rows}
        self.schools: dict[str, SchoolId] = {}
        self.places: dict[str, Workplace] = {}

    def schools_in(self) -> None:
        """Schools, and a class for each label that a school's visits carry."""
        rows = [
            School(
                code=school.id,
                name=school.name,
                sms_name=shorten(school.name, SCHOOL_SMS_BYTES),
                level=Level(school.level),
                lat=school.lat,
                lon=school.lon,
                own_chaperones_per_slot=school.own_chaperones_per_slot,
                fairness_credit=school.fairness_credit,
            )
            for school in self.instance.schools
        ]
        self.session.add_all(rows)
        self.session.flush()
        self.schools = {school.code: school.id for school in rows}
        seen: dict[tuple[str, str], AskedVisit] = {}
        for visit in self.instance.visits:
            seen.setdefault((visit.school, visit.label), visit)
        self.session.add_all(
            SchoolClass(
                school_id=self.schools[school],
                label=label,
                grade=grade_of(label),
                pupils=visit.pupils,
                chaperones_needed=visit.chaperones_needed,
            )
            for (school, label), visit in sorted(seen.items(), key=lambda item: (item[0][0], _natural(item[0][1])))
        )

    def workplaces_in(self) -> None:
        """Workplaces with a weekly pattern and the dates that differ from it."""
        for number, place in enumerate(self.instance.workplaces, start=1):
            row = Workplace(
                code=place.id,
                name=place.name,
                sms_name=shorten(place.name.replace(" ", ""), WORKPLACE_SMS_BYTES),
                field=JobField(place.field),
                lat=place.lat,
                lon=place.lon,
                min_group=place.min_group,
                max_group=place.max_group,
                groups_per_slot=place.groups_per_slot,
                visits_per_day=place.visits_per_day,
                visits_per_week=place.visits_per_week,
                visits_per_term=place.visits_per_term,
                levels=list(place.levels),
                address=f"구로구 체험로 {number}",
                safety_valid_until=self.closes + dt.timedelta(days=60 + number % 300),
                insurance_valid_until=self.closes + dt.timedelta(days=60 + (number * 7) % 300),
                contact=WorkplaceContact(
                    name=_contact_name(number),
                    title="담당자",
                    email=f"w{number:03d}@work.example.kr",
                    phone=f"010-0000-{number:04d}" if number < 10000 else None,
                ),
            )
            row.hours, row.exceptions = self._openings(place)
            self.places[place.id] = row
            self.session.add(row)

    def _openings(self, place: Place) -> tuple[list[WorkplaceHours], list[WorkplaceException]]:
        """The pattern that leaves fewest exceptions: open in a block of a weekday if open at most of its dates."""
        is_open = set(place.open_slots)
        opened: Counter[tuple[int, str]] = Counter()
        counted: Counter[tuple[int, str]] = Counter()
        for slot in self.instance.slots:
            key = (slot.date.weekday(), slot.block)
            counted[key] += 1
            opened[key] += slot.id in is_open
        pattern = {key for key, count in counted.items() if 2 * opened[key] > count}
        hours = [WorkplaceHours(weekday=weekday, block=Block(block)) for weekday, block in sorted(pattern)]
        exceptions = [
            WorkplaceException(date=slot.date, block=Block(slot.block), open=slot.id in is_open)
            for slot in self.instance.slots
            if (slot.id in is_open) != ((slot.date.weekday(), slot.block) in pattern)
        ]
        return hours, exceptions

    def coaches_in(self) -> None:
        """As many coaches as the fullest slot has; the n-th is there wherever at least n are."""
        coaches = [
            Coach(
                name=f"인솔자{number}",
                phone=f"010-0000-{9000 + number:04d}" if number < 1000 else None,
                email=f"c{number:03d}@coach.example.kr",
                training_valid_until=self.closes + dt.timedelta(days=180),
            )
            for number in range(1, max(self.instance.coaches.values(), default=0) + 1)
        ]
        self.session.add_all(coaches)
        self.session.flush()
        self.session.add_all(
            CoachAvailability(coach_id=coach.id, slot_id=self.slots[code])
            for code, count in self.instance.coaches.items()
            for coach in coaches[:count]
        )

    def requests_in(self) -> None:
        """One request for each visit; a class is only named where the instance names it."""
        self.session.flush()
        bundles = self._bundles()
        classes = self._classes()
        for visit in self.instance.visits:
            self.session.add(
                Request(
                    term_id=self.term.id,
                    school_id=self.schools[visit.school],
                    code=visit.id,
                    class_id=classes.get(visit.class_) if visit.class_ is not None else None,
                    label=visit.label,
                    pupils=visit.pupils,
                    chaperones_needed=visit.chaperones_needed,
                    fields=list(visit.fields),
                    bundle_id=bundles[visit.bundle] if visit.bundle is not None else None,
                    max_travel_km=visit.max_travel_km,
                    wishes=[
                        RequestSlot(slot_id=self.slots[code], wish=wish, position=position)
                        for wish, codes in (
                            (SlotWish.REQUESTED, visit.requested_slots),
                            (
                                SlotWish.NEGOTIABLE,
                                tuple(code for code in visit.negotiable_slots if code not in visit.requested_slots),
                            ),
                        )
                        for position, code in enumerate(codes)
                    ],
                    exclusions=[
                        ExcludedWorkplace(workplace_id=self.places[code].id) for code in visit.excluded_workplaces
                    ],
                )
            )

    def _bundles(self) -> dict[str, BundleId]:
        owners = {visit.bundle: visit.school for visit in self.instance.visits if visit.bundle is not None}
        rows = [
            Bundle(term_id=self.term.id, school_id=self.schools[school], code=code) for code, school in owners.items()
        ]
        self.session.add_all(rows)
        self.session.flush()
        return {bundle.code: bundle.id for bundle in rows}

    def _classes(self) -> dict[str, object]:
        """Classes by the instance's name of them, where it names any."""
        by_label = {
            (row.school_id, row.label): row.id
            for row in self.session.scalars(sa.select(SchoolClass).order_by(SchoolClass.id))
        }
        named: defaultdict[str, object] = defaultdict()
        for visit in self.instance.visits:
            if visit.class_ is not None:
                named[visit.class_] = by_label[self.schools[visit.school], visit.label]
        return named


def _policy(instance: Instance) -> dict[str, object]:
    policy = instance.to_document()["policy"]
    if not isinstance(policy, dict):
        raise TypeError("an instance's policy is an object")
    return policy


def _natural(label: str) -> tuple[object, ...]:
    """Order 1-2 before 1-10."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", label))


_FAMILY = "가나다라마바사아자차카타파하"
_GIVEN = ("온새", "나린", "다솜", "라온", "마루", "바론", "새론", "아람", "가온", "하람", "한별", "보람")


def _contact_name(number: int) -> str:
    """An invented name that no register of persons has."""
    return f"{_FAMILY[number % len(_FAMILY)]}{_GIVEN[(number // len(_FAMILY)) % len(_GIVEN)]}"
