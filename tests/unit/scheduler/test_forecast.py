"""The forecast: calendars read and refused, habits learnt, days kept free, errors against guesses."""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import pytest

from scheduler.__main__ import main
from scheduler.forecast import Phase, first_choices, forecast, free_slots, learn, phase_of
from scheduler.forecast_calendar import (
    Calendar,
    CalendarError,
    Classes,
    Entry,
    Kind,
    calendar_json,
    check_schools,
    parse_calendar_json,
)
from scheduler.forecast_error import Errors, as_last_term, asked_at, errors, held_out, uniform
from scheduler.generate import FALL, SPRING, generate
from tests.unit.scheduler.terms import MONDAY, MONDAY_PM, NEXT, TUESDAY, read, school, term, visit

DAY = datetime.date(2026, 10, 12)


def entry(**changes: Any) -> dict[str, Any]:
    return {"school": "S0", "grade": None, "from": "2026-10-12", "until": "2026-10-12", "kind": "exam", **changes}


def as_bytes(**changes: Any) -> bytes:
    return json.dumps({"format": "wx-calendar/1", "entries": [entry()], **changes}).encode()


def test_calendars_come_back_equal() -> None:
    calendar = generate(schools=3, workplaces=1, visits=20, seed=1).calendar
    assert parse_calendar_json(calendar_json(calendar).encode()) == calendar
    assert parse_calendar_json(as_bytes()).entries == (Entry("S0", None, DAY, DAY, Kind.EXAM),)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "the file is empty"),
        (b"[]", "[], must be an object"),
        (as_bytes(format="wx-calendar/2"), "format: must be 'wx-calendar/1'"),
        (as_bytes(entries=[3]), "entries[0]: 3, must be an object"),
        (as_bytes(entries=[entry(kind="party")]), 'entries[0].kind: "party", must be one of exam, holiday, event'),
        (as_bytes(entries=[entry(until="soon")]), 'entries[0].until: "soon", must be a date'),
        (as_bytes(entries=[entry(until="2026-10-11")]), "entries[0].until: 2026-10-11, before 2026-10-12"),
        (as_bytes(entries=[entry(grade=0)]), "entries[0].grade: 0, must be at least 1"),
        (as_bytes(entries=[{"school": "S0"}]), "entries[0].from: is missing"),
        (as_bytes(classes=[{"school": "S0", "grade": 1, "classes": -1, "pupils": 3}]), "classes[0].classes: -1"),
    ],
)
def test_faults_are_named(data: bytes, fault: str) -> None:
    with pytest.raises(CalendarError) as caught:
        parse_calendar_json(data)
    assert fault in str(caught.value)


def test_later_expectations_replace_earlier_ones() -> None:
    one, two = (Calendar((), (Classes("S0", 1, 2, pupils),)) for pupils in (40, 50))
    assert one.joined(two).classes == two.classes


@pytest.mark.parametrize(
    ("days", "phase"),
    [(0, Phase.EXAM), (4, Phase.EXAM), (7, Phase.FIRST), (14, Phase.SECOND), (25, Phase.THIRD), (-3, Phase.BEFORE)],
)
def test_phases_count_weeks_from_the_exam(days: int, phase: Phase) -> None:
    assert phase_of(DAY + datetime.timedelta(days=days), [DAY]) is phase
    assert phase_of(DAY + datetime.timedelta(days=days), []) is Phase.OTHER


def test_after_one_exam_goes_before_ahead_of_the_next() -> None:
    exams = [DAY, DAY + datetime.timedelta(days=14)]
    assert phase_of(DAY + datetime.timedelta(days=7), exams) is Phase.FIRST
    assert phase_of(DAY - datetime.timedelta(days=40), exams) is Phase.OTHER


def small() -> Any:
    """Two classes asked for Monday morning, one for the week after."""
    return read(term(visits=[visit("V0"), visit("V1"), visit("V2", requested_slots=[NEXT], negotiable_slots=[])]))


def test_habits_are_what_was_asked_over_what_was_on_offer() -> None:
    model = learn([small()], Calendar())
    habits = model.habits["middle"]
    assert habits.weekdays["0"] > 1 > habits.weekdays["1"]
    assert habits.blocks["AM"] > 1 > habits.blocks["PM"]
    assert model.mornings == {"S0": (18.0, 18.0)}
    assert model.pupils == {"S0": 18.0}
    expected = forecast(model, small().schools, small().slots, Calendar())
    assert math.fsum(expected.values()) == pytest.approx(18)
    assert expected[MONDAY] > expected[MONDAY_PM]
    assert expected[MONDAY] > expected[TUESDAY]


def test_the_calendar_says_who_is_away_and_how_many_come() -> None:
    model = learn([small()], Calendar())
    closed = Entry("S0", None, DAY, DAY, Kind.HOLIDAY)
    tuesday = datetime.date(2026, 10, 13)
    away = Entry("S0", 1, tuesday, tuesday, Kind.EVENT)
    expectations = (Classes("S0", 1, 3, 60), Classes("S0", 2, 1, 20))
    instance = small()
    with_event = forecast(model, instance.schools, instance.slots, Calendar((closed, away), expectations))
    without = forecast(model, instance.schools, instance.slots, Calendar((closed,), expectations))
    assert with_event[MONDAY] == with_event[MONDAY_PM] == 0
    assert math.fsum(with_event.values()) == pytest.approx(80)
    assert with_event[TUESDAY] / with_event[NEXT] == pytest.approx(without[TUESDAY] / without[NEXT] / 4)
    assert [slot.id for slot, _ in free_slots(instance.schools[0], instance.slots, Calendar((closed,)))] == [
        TUESDAY,
        NEXT,
    ]


def test_a_level_never_seen_spreads_evenly_and_a_closed_school_stays_at_home() -> None:
    instance = small()
    model = learn([instance], Calendar())
    new = read(term(schools=[school("S7", level="high"), school("S8")], visits=[])).schools
    term_long = Entry("S8", None, DAY, datetime.date(2026, 10, 30), Kind.HOLIDAY)
    expectations = (Classes("S7", None, 2, 40), Classes("S8", None, 1, 20))
    expected = forecast(model, new, instance.slots, Calendar((term_long,), expectations))
    assert set(expected.values()) == {10.0}


def test_errors_count_pupils_at_the_wrong_place() -> None:
    slots = small().slots
    asked = {MONDAY: 10.0}
    assert errors({MONDAY: 10.0}, asked, slots) == Errors(0, 0, 0)
    assert errors({MONDAY_PM: 10.0}, asked, slots) == Errors(2, 0, 0)
    assert errors({TUESDAY: 10.0}, asked, slots) == Errors(2, 2, 0)
    assert errors({NEXT: 10.0}, asked, slots) == Errors(2, 2, 2)
    assert errors({NEXT: 10.0}, {}, slots) == Errors(0, 0, 0)


def test_the_naive_guesses() -> None:
    instance = small()
    assert asked_at(instance) == {MONDAY: 12, NEXT: 6}
    assert as_last_term(instance, 36.0, instance.slots) == {MONDAY: 24, MONDAY_PM: 0, TUESDAY: 0, NEXT: 12}
    assert as_last_term(read(term(visits=[])), 8.0, instance.slots) == uniform(8.0, instance.slots)
    assert first_choices(read(term(visits=[visit("V0", requested_slots=[])]))) == {}


def test_held_out_terms_are_foreseen_better_than_by_guessing() -> None:
    for trial in held_out([1, 2, 3], schools=30, visits=400):
        for period in ("slot", "day", "week"):
            assert getattr(trial.model, period) < getattr(trial.last_term, period)
            assert getattr(trial.model, period) < getattr(trial.even, period)
        assert trial.model.week < 0.5


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for span in (SPRING, FALL):
        made = generate(schools=12, workplaces=20, visits=100, seed=3, span=span)
        term_file, calendar_file = (tmp_path / f"{span.first}-{kind}.json" for kind in ("term", "calendar"))
        term_file.write_text(json.dumps(made.instance.to_document()), encoding="utf-8")
        calendar_file.write_text(calendar_json(made.calendar), encoding="utf-8")
        files.append((str(term_file), str(calendar_file)))
    (last, spring), (coming, fall) = files
    arguments = ["forecast", "--history", last, "--calendar", spring, fall, "--slots", coming]
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    pupils = sum(each.pupils for each in parse_calendar_json(Path(fall).read_bytes()).classes)
    assert sum(each["pupils"] for each in document) == pytest.approx(pupils, rel=0.01)
    assert document[0].keys() == {"slot", "pupils", "seats"}
    assert main(arguments) == 0
    assert "as last term" in capsys.readouterr().out
    assert main(["forecast", "--trial", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0].keys() == {"term", "forecast", "as last term", "all alike"}
    assert main(["forecast", "--slots", coming]) == 2
    assert "--history" in capsys.readouterr().err


def test_a_term_without_requests_has_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "term.json"
    path.write_text(json.dumps(term(visits=[])), encoding="utf-8")
    assert main(["forecast", "--history", str(path), "--slots", str(path)]) == 0
    assert "as last term" not in capsys.readouterr().out


def test_a_calendar_of_others_is_refused() -> None:
    calendar = parse_calendar_json(as_bytes(classes=[{"school": "S9", "grade": None, "classes": 1, "pupils": 9}]))
    with pytest.raises(CalendarError) as caught:
        check_schools(calendar, ["S1"], "c.json")
    assert str(caught.value).splitlines() == [
        "c.json: entries[0].school: unknown school S0",
        "c.json: classes[0].school: unknown school S9",
    ]
