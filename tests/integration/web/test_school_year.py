"""The pages on which a school keeps its year, and what they do to the page on which dates are chosen."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from booking.config import Neis
from booking.models.school_year import OneOffDay, SchoolDay, SchoolImport
from booking.models.schools import School, SchoolClass
from tests.support.pages import Site, words
from tests.support.wizard import WIZARD, form_of, ready

CSV = (
    "학교,학년,시작일,종료일,구분,내용\n"
    ",1,2027-03-16,,시험,1차 지필평가\n,1,2027-03-18,,,진로의 날\n,9,2027-03-17,,시험,x\n"
)


def classes(site: Site) -> list[SchoolClass]:
    site.session.rollback()
    site.session.expire_all()
    return list(
        site.session.scalars(
            sa.select(SchoolClass).where(SchoolClass.school_id == site.school_id("S0")).order_by(SchoolClass.id)
        )
    )


def table(site: Site, **changes: str) -> dict[str, str]:
    page = site.teacher("S0").get("/teacher/school").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    form = {"seen": seen[1]}
    for one in classes(site):
        form |= {
            f"pupils-{one.id}": str(one.pupils),
            f"chaperones_needed-{one.id}": str(one.chaperones_needed),
            f"considered-{one.id}": str(one.considered),
            f"active-{one.id}": "1",
        }
    return {**form, **changes}


def test_the_table_of_classes_is_edited_row_by_row(site: Site) -> None:
    first, second = classes(site)
    form = table(site, **{f"pupils-{first.id}": "２６", f"considered-{first.id}": "2"})
    del form[f"active-{second.id}"]
    client = site.teacher("S0")
    assert client.post("/teacher/school/classes", data=form).status_code == 303
    assert [(one.pupils, one.considered, one.active) for one in classes(site)] == [(26, 2, True), (20, 0, False)]
    assert "1-2반" not in words(client.get("/teacher/requests/new"))
    late = client.post("/teacher/school/classes", data={**form, f"pupils-{first.id}": "30"})
    assert late.status_code == 409
    assert "그사이 다른 분이 먼저 고쳤습니다." in words(late)
    assert "지금 저장된 인원 26명" in words(late)
    assert 'value="30"' in late.text


@pytest.mark.parametrize("value", ["0", "10000", "-1", "", "=1+1", "<script>alert(1)</script>", "1.5", "²"])
def test_a_head_count_that_is_none_is_named_and_nothing_is_lost(site: Site, value: str) -> None:
    first, second = classes(site)
    form = table(site, **{f"pupils-{first.id}": value, f"pupils-{second.id}": "22"})
    answer = site.teacher("S0").post("/teacher/school/classes", data=form)
    assert answer.status_code == 422
    assert f'href="#pupils-{first.id}"' in answer.text
    assert f'name="pupils-{second.id}" value="22"' in answer.text
    assert "<script>alert" not in answer.text
    assert [one.pupils for one in classes(site)] == [20, 20]


def test_a_pasted_list_is_shown_before_it_is_stored(site: Site) -> None:
    client = site.teacher("S0")
    preview = client.post("/teacher/school/paste", data={"text": "1-1\t24\n3-1\t31"})
    assert preview.status_code == 200
    assert "지금은 20명" in words(preview)
    assert len(classes(site)) == 2
    done = client.post("/teacher/school/paste", data={"text": "1-1\t24\n3-1\t31", "confirmed": "1"})
    assert done.status_code == 303
    assert [(one.label, one.pupils, one.grade) for one in classes(site)] == [
        ("1-1", 24, 1), ("1-2", 20, 1), ("3-1", 31, 3),
    ]  # fmt: skip
    bad = client.post("/teacher/school/paste", data={"text": "1-1 0\n<script>x</script>", "confirmed": "1"})
    assert bad.status_code == 422
    assert "<script>x" not in bad.text
    assert client.post("/teacher/school/paste", data={"text": "1" * (50 * 1024 * 1024)}).status_code == 413


def test_one_class_and_the_times_are_entered(site: Site) -> None:
    client = site.teacher("S0")
    assert client.post("/teacher/school/add", data={"label": "2학년 1반", "new_pupils": "23"}).status_code == 303
    again = client.post("/teacher/school/add", data={"label": "2-1", "new_pupils": "23"})
    assert (again.status_code, "이미 있는 학급입니다." in words(again)) == (422, True)
    assert client.post("/teacher/school/add", data={"label": "x", "new_pupils": ""}).status_code == 422
    hours = {"am_starts": "08:50", "am_ends": "12:10", "pm_starts": "13:00", "pm_ends": "15:30", "own_chaperones": "6"}
    assert client.post("/teacher/school/times", data=hours).status_code == 303
    site.session.rollback()
    site.session.expire_all()
    school = site.session.get_one(School, site.school_id("S0"))
    assert (school.am_starts, school.own_chaperones_per_slot) == (dt.time(8, 50), 6)
    for change in ({"am_ends": "08:00"}, {"pm_ends": "25:00"}, {"own_chaperones": "many"}, {"am_starts": "03:00"}):
        assert client.post("/teacher/school/times", data={**hours, **change}).status_code == 422, change


def upload(client: object, content: bytes) -> object:
    return getattr(client, "post")(  # noqa: B009 - any client
        "/teacher/school/calendar/csv",
        data={"file": (io.BytesIO(content), "a.csv")},
        content_type="multipart/form-data",
    )


def test_a_csv_is_looked_at_applied_and_then_in_the_way_of_dates(site: Site) -> None:
    client = site.teacher("S0")
    answer = upload(client, CSV.encode("cp949"))
    page = client.get(answer.location)  # type: ignore[attr-defined]
    assert "더할 날 2" in words(page)
    assert "4번째 줄" in words(page)
    assert "학년은 1에서 6까지입니다." in words(page)
    number = site.session.scalars(sa.select(SchoolImport.id)).one()
    assert client.post(f"/teacher/school/imports/{number}/apply").status_code == 303
    assert client.post(f"/teacher/school/imports/{number}/apply").status_code == 409
    assert "1차 지필평가 시험 1학년 · 종일" in words(client.get("/teacher/school/calendar"))
    first = classes(site)[0]
    slot = site.small.slot("2027-03-16/AM").id
    draft = ready(site, client, [first])
    dates = client.get(f"{WIZARD}/{draft}/dates")
    assert "시험 · 1차 지필평가" in words(dates)
    assert "진로의 날" in words(dates)
    assert f'name="s{slot}"' not in dates.text
    assert f'name="s{site.small.slot("2027-03-18/AM").id}"' in dates.text
    refused = client.post(f"{WIZARD}/{draft}/dates", data=form_of(site, draft, **{f"s{slot}": "1"}))
    assert (refused.status_code, "나갈 수 없는 시간이 들어 있습니다" in words(refused)) == (422, True)
    free = str(site.small.slot("2027-03-18/AM").id)
    for wishes in ({"wish": str(slot)}, {"wish": free, "may": str(slot)}):
        client.post(f"{WIZARD}/{draft}/fields", data={**form_of(site, draft, may=""), **wishes})
        assert "시험 · 1차 지필평가" in words(client.get(f"{WIZARD}/{draft}/check"))
        sent = client.post(f"{WIZARD}/{draft}/check", data=form_of(site, draft))
        assert (sent.status_code, "나갈 수 없는 시간이 들어 있습니다" in words(sent)) == (422, True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04x", b"a,b\n1,2", b"\x81\x00\xff"])
def test_a_file_that_is_none_gets_a_sentence(site: Site, content: bytes) -> None:
    answer = upload(site.teacher("S0"), content)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert 'href="#file"' in answer.text  # type: ignore[attr-defined]


def test_a_day_is_entered_changed_and_taken_out_by_hand(site: Site) -> None:
    client = site.teacher("S0")
    form = {"name": "축제", "first": "2027-03-16", "last": "", "kind": "event", "blocks": "PM", "grades": ["1", "2"]}
    assert client.post("/teacher/school/calendar/days", data=form).status_code == 303
    day = site.session.scalars(sa.select(SchoolDay)).one()
    assert (day.grades, day.blocks) == ([1, 2], "PM")
    shown = client.get(f"/teacher/school/calendar?day={day.id}")
    assert 'value="축제"' in shown.text
    for change in ({"name": ""}, {"first": "x"}, {"kind": "x"}, {"blocks": "x"}, {"last": "2027-01-01"}):
        assert client.post("/teacher/school/calendar/days", data={**form, **change}).status_code == 422, change
    assert client.post(f"/teacher/school/calendar/days/{day.id}/remove").status_code == 303
    site.session.rollback()
    assert site.session.scalars(sa.select(SchoolDay)).all() == []


def test_an_import_is_a_job_with_a_state_to_look_at(site: Site) -> None:
    client = site.teacher("S0")
    assert "NEIS에서 가져올 수 없습니다" in words(client.get("/teacher/school/calendar"))
    assert client.post("/teacher/school/calendar/import").status_code == 422
    site.app.extensions["ilteo.config"] = replace(
        site.app.extensions["ilteo.config"], neis=Neis("http://127.0.0.1:9/hub", "k")
    )
    for path in ("/teacher/school/calendar/import", "/teacher/school/classes/import"):
        page = client.get(client.post(path).location)
        assert "NEIS에서 가져오고 있습니다" in words(page)
    site.session.execute(
        sa.text("UPDATE school_import SET status = 'failed', error = 'time_out' WHERE kind = 'calendar'")
    )
    site.session.execute(
        sa.text("UPDATE school_import SET status = 'ready', content = '{\"classes\": [\"1-1\", \"3-4\"]}'"
                " WHERE kind = 'classes'")
    )  # fmt: skip
    site.session.commit()
    failed, ready = site.session.scalars(sa.select(SchoolImport.id).order_by(SchoolImport.id)).all()
    assert "제때 답하지 않았습니다" in words(client.get(f"/teacher/school/imports/{failed}"))
    page = client.get(f"/teacher/school/imports/{ready}")
    assert 'name="count-3-4"' in page.text
    assert 'name="count-1-1"' not in page.text
    assert client.post("/teacher/school/add", data={"count-3-4": "21", "count-3-5": ""}).status_code == 303
    assert classes(site)[-1].label == "3-4"


def test_nothing_of_another_schools_year_can_be_reached(site: Site) -> None:
    own = site.teacher("S0")
    upload(own, CSV.encode())
    own.post(
        "/teacher/school/calendar/days", data={"name": "축제", "first": "2027-03-16", "kind": "event", "blocks": "all"}
    )
    number = site.session.scalars(sa.select(SchoolImport.id)).one()
    day = site.session.scalars(sa.select(SchoolDay.id)).one()
    theirs, form = site.school_id("S0"), table(site)
    stranger = site.teacher("S1")
    for path in (f"school?school={theirs}", f"school/calendar?school={theirs}", f"school/calendar?day={day}",
                 f"school/imports/{number}", "school?school=x"):  # fmt: skip
        assert stranger.get(f"/teacher/{path}").status_code == 404, path
    for path in ("classes", "paste", "add", "times", "neis", "classes/import", "calendar/import", "calendar/csv",
                 "calendar/days"):  # fmt: skip
        assert stranger.post(f"/teacher/school/{path}", data={**form, "school": theirs}).status_code == 404, path
    for path in (f"calendar/days/{day}/remove", f"imports/{number}/apply", f"imports/{number}/discard"):
        assert stranger.post(f"/teacher/school/{path}").status_code == 404, path
    assert stranger.post("/teacher/school/classes", data=form).status_code in (404, 409)
    assert [one.pupils for one in classes(site)] == [20, 20]
    assert site.session.scalars(sa.select(SchoolDay.id)).all() == [day]


def test_the_centre_adds_a_day_on_which_nobody_goes_out(site: Site) -> None:
    client = site.signed_in("coordinator@demo.example.kr")
    assert client.post("/console/days", data={"date": "2027-03-16", "name": "임시공휴일"}).status_code == 303
    assert "임시공휴일" in words(client.get("/console/days"))
    for form in ({"date": "2027-03-16", "name": "x"}, {"date": "x", "name": "x"}, {"date": "2027-03-17", "name": ""}):
        assert client.post("/console/days", data=form).status_code == 422, form
    first = classes(site)[0]
    teacher = site.teacher("S0")
    dates = teacher.get(f"{WIZARD}/{ready(site, teacher, [first])}/dates")
    assert "공휴일 · 임시공휴일" in words(dates)
    day = site.session.scalars(sa.select(OneOffDay.id)).one()
    assert client.post(f"/console/days/{day}/remove").status_code == 303
    assert client.post(f"/console/days/{day}/remove").status_code == 404


@pytest.mark.parametrize("path", ["/teacher/school", "/teacher/school/calendar"])
def test_the_pages_are_wholly_in_english(site: Site, path: str) -> None:
    client = site.teacher("S0")
    page = client.get(f"{path}?lang=en")
    assert page.status_code == 200
    text = words(page)
    assert "Classes and times" in text
    assert set(re.findall(r"[가-힣]+", text)) <= {"가람중", "진로부장", "한국어"}
