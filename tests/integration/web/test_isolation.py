"""A teacher reaches nothing of another school: every address that a teacher may call, as the application lists them.

A new address with a number in it fails here until ``FOREIGN`` says whose row to try.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from werkzeug.routing import Rule

from booking.domain.vocabulary import Role
from booking.web.access import roles_of
from tests.support.pages import Site, words

SCHOOL = "(SELECT id FROM school WHERE code = 'S1')"
SOMEBODY = "(SELECT min(id) FROM app_user)"

#: rows of the school S1, by the name of the number in the address
FOREIGN = {
    "request_id": f"SELECT v.request_id FROM visit v JOIN request r ON r.id = v.request_id"
    f" WHERE r.school_id = {SCHOOL} LIMIT 1",
    "import_id": f"SELECT id FROM school_import WHERE school_id = {SCHOOL}",
    "day_id": f"SELECT id FROM school_day WHERE school_id = {SCHOOL}",
    "draft_id": f"SELECT id FROM request_draft WHERE school_id = {SCHOOL}",
    "bundle_id": f"SELECT id FROM bundle WHERE school_id = {SCHOOL}",
    "report_id": f"""SELECT c.id FROM change_report c JOIN request r ON r.id = c.request_id
                      WHERE r.school_id = {SCHOOL}""",
    "group_id": f"""SELECT g.id FROM visit_group g JOIN visit v ON v.id = g.visit_id
                      JOIN request r ON r.id = v.request_id WHERE r.school_id = {SCHOOL} LIMIT 1""",
    # a session for schools of another level
    "session_id": "SELECT session_id FROM session_opening WHERE levels = '{elementary}'",
    "party_id": f"SELECT id FROM session_party WHERE school_id = {SCHOOL} LIMIT 1",
    "offer_id": f"SELECT o.id FROM offer o JOIN request r ON r.id = o.request_id WHERE r.school_id = {SCHOOL} LIMIT 1",
}
ROWS = (
    f"""INSERT INTO school_import (school_id, kind, source, status, first_on, last_on, content, created_by_id)
         VALUES ({SCHOOL}, 'calendar', 'csv', 'ready', '2027-03-01', '2027-07-01',
                 '{{"days": [], "faults": []}}', {SOMEBODY})""",
    f"""INSERT INTO school_day (school_id, date, name, kind, grades, blocks, source, removed)
         VALUES ({SCHOOL}, '2027-03-17', '1차 지필평가', 'exam', '{{}}', 'all', 'hand', false)""",
    f"""INSERT INTO request_draft (term_id, school_id, content, created_by_id, updated_by_id, updated_at, version)
         SELECT id, {SCHOOL}, '{{}}', {SOMEBODY}, {SOMEBODY}, now(), 1 FROM term""",
    f"""INSERT INTO change_report (request_id, kind, reason, status, created_by_id)
         SELECT min(id), 'other', '버스가 늦게 옵니다', 'open', {SOMEBODY} FROM request WHERE school_id = {SCHOOL}""",
    f"""INSERT INTO bundle (term_id, school_id, code) SELECT id, {SCHOOL}, 'foreign' FROM term""",
    f"""INSERT INTO offer (request_id, slot_id, run_id, status, gains, answer_by)
         SELECT r.id, v.slot_id, v.run_id, 'sent', '{{}}', '2027-03-10'
           FROM request r JOIN visit v ON v.request_id = r.id WHERE r.school_id = {SCHOOL} ORDER BY r.id LIMIT 1""",
    f"""INSERT INTO programme_session (programme_id, title, date, place, notes, status, created_by_id, version)
         SELECT id, '직업인 특강', '2027-03-17', '', '', 'planned', {SOMEBODY}, 1
           FROM programme WHERE code = 'lecture'""",
    f"""INSERT INTO session_opening (session_id, places, levels, grades, opens_at, closes_at, smallest, largest, keep,
                                      keep_unit, opened_at, opened_by_id, version)
         SELECT max(id), 60, '{{elementary}}', '{{}}', '2027-02-01', '2027-03-16', 1, 40, 3, 'working_days', now(),
                {SOMEBODY}, 1 FROM programme_session""",
    f"""INSERT INTO session_party (session_id, school_id, label, pupils, note, status, turn, passed, gathers,
                                    created_at, created_by_id, version)
         SELECT session_id, {SCHOOL}, '1-1', 28, '', 'registered', 1, 0, false, now(), {SOMEBODY}, 1
           FROM session_opening""",
)
#: rows that looking or being refused may write: who was there, and how often
KEPT = {"web_session", "throttle", "access_entry"}


def rules(site: Site) -> list[Rule]:
    """Every address that a teacher may call."""
    return [
        rule
        for rule in site.app.url_map.iter_rules()
        if Role.TEACHER in (roles_of(site.app.view_functions[rule.endpoint]) or ())
    ]


def contents(site: Site) -> dict[str, Any]:
    """A fingerprint of every table."""
    site.session.rollback()
    tables = site.session.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    return {
        name: site.session.scalar(sa.text(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" t'))
        for name in tables
        if name not in KEPT
    }


def test_no_address_reaches_a_row_of_another_school(site: Site) -> None:
    site.publish()
    for statement in ROWS:
        site.session.execute(sa.text(statement))
    site.session.commit()
    stranger = site.teacher("S0")
    before = contents(site)
    tried, reached = 0, []
    for rule in rules(site):
        if not rule.arguments:
            continue
        values: dict[str, Any] = {}
        for name in rule.arguments:
            assert name in FOREIGN, f"{rule.rule}: say in FOREIGN whose row stands for {name}"
            values[name] = site.session.scalar(sa.text(FOREIGN[name]))
            assert values[name] is not None, f"no row of another school for {name}"
        _, path = rule.build(values) or ("", "")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            tried += 1
            answer = stranger.open(path, method=method, data={"version": "1", "reason": "x"} if method != "GET" else {})
            if answer.status_code != 404:
                reached.append(f"{method} {path}: {answer.status_code} {words(answer)[:200]}")
    assert tried >= 10
    assert not reached, "\n".join(reached)
    assert contents(site) == before


def test_no_address_takes_the_name_of_another_school(site: Site) -> None:
    other = site.school_id("S1")
    stranger = site.teacher("S0")
    before = contents(site)
    reached = []
    for rule in rules(site):
        if rule.arguments or not rule.endpoint.startswith("teacher."):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = stranger.open(rule.rule, method=method, query_string={"school": other}, data={"school": other})
            if answer.status_code < 400 or "나래중" in words(answer):
                reached.append(f"{method} {rule.rule}: {answer.status_code}")
    assert not reached, "\n".join(reached)
    assert contents(site) == before
