"""Generated terms: parse, are the same again, and look like the samples."""

from __future__ import annotations

import datetime
import json
import statistics
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler.__main__ import main
from scheduler.allocate import Limits, allocate
from scheduler.forecast_calendar import Kind, parse_calendar_json
from scheduler.generate import FALL, MOST, SPRING, Generated, Span, generate
from scheduler.instance import Instance
from scheduler.samples import sample_bytes
from scheduler.verifier import verify


@pytest.fixture(scope="module")
def busy() -> Generated:
    return generate(schools=40, workplaces=261, visits=720, seed=1)


@pytest.fixture(scope="module")
def sample() -> Instance:
    return Instance.from_json(sample_bytes("busy-fall"))


def bunching(instance: Instance) -> float:
    load: Counter[str] = Counter()
    for visit in instance.visits:
        load[visit.requested_slots[0]] += visit.pupils
    return sum(n * n for n in load.values()) * len(instance.slots) / sum(load.values()) ** 2


def test_a_generated_term_can_be_read_and_is_the_same_again(busy: Generated) -> None:
    text = json.dumps(busy.instance.to_document())
    assert Instance.from_json(text.encode()) == busy.instance
    assert generate(schools=40, workplaces=261, visits=720, seed=1) == busy
    assert generate(schools=40, workplaces=261, visits=720, seed=2).instance.visits != busy.instance.visits


def test_it_looks_like_the_sample_of_its_size(busy: Generated, sample: Instance) -> None:
    ours, theirs = busy.instance, sample
    assert len(ours.slots) == len(theirs.slots)
    assert ours.policy == theirs.policy
    for part in (
        lambda i: statistics.fmean(w.max_group for w in i.workplaces),
        lambda i: statistics.fmean(w.min_group for w in i.workplaces),
        lambda i: statistics.fmean(len(w.open_slots) for w in i.workplaces),
        lambda i: statistics.fmean(v.pupils for v in i.visits),
        lambda i: statistics.median(i.seats_by_slot.values()),
        bunching,
    ):
        assert part(ours) == pytest.approx(part(theirs), rel=0.25)
    for share in (
        lambda i: sum(not w.open_slots for w in i.workplaces) / len(i.workplaces),
        lambda i: sum(v.bundle is not None for v in i.visits) / len(i.visits),
        lambda i: sum(v.requested_slots[0].endswith("AM") for v in i.visits) / len(i.visits),
        lambda i: sum(i.slot_by_id[v.requested_slots[0]].date.weekday() == 0 for v in i.visits) / len(i.visits),
    ):
        assert share(ours) == pytest.approx(share(theirs), abs=0.12)
    assert {len(v.requested_slots) for v in ours.visits} == {len(v.requested_slots) for v in theirs.visits}
    assert {v.chaperones_needed for v in ours.visits} == {2, 3}


def test_exam_weeks_coincide_and_nobody_asks_for_them(busy: Generated) -> None:
    exams = [entry for entry in busy.calendar.entries if entry.kind is Kind.EXAM]
    weeks = Counter(entry.first.isocalendar().week for entry in exams)
    assert sum(n for _, n in weeks.most_common(2)) > 0.6 * len(exams)
    for visit in busy.instance.visits:
        mine = [
            e
            for e in busy.calendar.entries
            if e.school == visit.school and str(e.grade or visit.label[0]) == visit.label[0]
        ]
        for slot in visit.requested_slots + visit.negotiable_slots:
            date = busy.instance.slot_by_id[slot].date
            assert not any(entry.first <= date <= entry.last for entry in mine)


def test_another_term_has_the_same_schools(busy: Generated) -> None:
    spring = generate(schools=40, workplaces=261, visits=720, seed=1, span=SPRING)
    assert spring.instance.schools == busy.instance.schools
    assert [replace(w, open_slots=()) for w in spring.instance.workplaces] == [
        replace(w, open_slots=()) for w in busy.instance.workplaces
    ]
    assert {slot.date for slot in spring.instance.slots}.isdisjoint(SPRING.closed)
    assert spring.calendar.classes == busy.calendar.classes
    assert spring.calendar.entries != busy.calendar.entries


@pytest.mark.parametrize(
    ("schools", "workplaces", "visits"), [(1, 1, 1), (1, 0, 30), (3, 5, 0), (0, 2, 0), (150, 10, 4)]
)
def test_sizes_are_exact(schools: int, workplaces: int, visits: int) -> None:
    made = generate(schools=schools, workplaces=workplaces, visits=visits, seed=5).instance
    assert (len(made.schools), len(made.workplaces), len(made.visits)) == (schools, workplaces, visits)
    assert Instance.from_json(json.dumps(made.to_document()).encode()) == made


def test_what_cannot_be_made_is_refused() -> None:
    day = datetime.date(2026, 10, 12)
    for schools, visits, span in ((0, 1, FALL), (1, 1, Span(day, day)), (-1, 0, FALL), (1, MOST + 1, FALL)):
        with pytest.raises(ValueError, match=r"visits"):
            generate(schools=schools, workplaces=1, visits=visits, seed=1, span=span)


def test_one_worker_and_two_plan_a_generated_term_alike() -> None:
    made = generate(schools=4, workplaces=60, visits=24, seed=3).instance
    one, two = (allocate(made, Limits(seconds=200, workers=workers)) for workers in (1, 2))
    assert replace(one, solver=two.solver) == two
    assert verify(made, one).clean
    assert not one.kpis.unplaced_pupils
    assert not one.solver.cut_short


def test_the_command_writes_term_and_calendar(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sizes = ["--schools", "2", "--workplaces", "9", "--visits", "12", "--seed", "7"]
    calendar = tmp_path / "calendar.json"
    assert main(["generate", *sizes, "--name", "가을", "--calendar", str(calendar)]) == 0
    made = Instance.from_json(capsysbinary.readouterr().out)
    assert made == generate(schools=2, workplaces=9, visits=12, seed=7, name="가을").instance
    assert sum(each.classes for each in parse_calendar_json(calendar.read_bytes()).classes) == 12
    term = tmp_path / "term.json"
    dates = ["--from", "2026-03-09", "--until", "2026-04-30", "--closed", "2026-03-10"]
    assert main(["generate", *sizes, *dates, "-o", str(term)]) == 0
    found = {slot.date.isoformat() for slot in Instance.from_json(term.read_bytes()).slots}
    assert (min(found), max(found)) == ("2026-03-09", "2026-04-30")
    assert "2026-03-10" not in found
    assert main(["generate", "--schools", "0", "--workplaces", "1", "--visits", "1"]) == 2
    assert b"at least one school" in capsysbinary.readouterr().err
