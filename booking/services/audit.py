"""The invariants of the data, each a query that must find nothing. Every test of a fault ends with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import seoul_date


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that must not be, and the rule that it breaks."""

    rule: str
    detail: str


#: a workplace's limits bind the current term: they may have been others in the terms before
_CURRENT = "g.slot_id IN (SELECT s.id FROM slot s JOIN term t ON t.id = s.term_id WHERE t.is_current)"
_LIVE_GROUP = "g.status IN ('proposed', 'asked', 'accepted', 'expired')"

#: one entry of the ledger ``e`` as ``booking/domain/ledger.py`` writes it for the proof of a frozen quarter
_LEDGER_LINE = """concat_ws('|', e.id, e.stage, e.programme_id, e.counted::int, coalesce(e.school_id::text, ''),
                coalesce(e.level, ''), e.date, e.sessions, e.people, coalesce(e.session_id::text, ''),
                coalesce(e.visit_id::text, ''), coalesce(e.corrects_id::text, ''),
                encode(convert_to(coalesce(e.reason, ''), 'UTF8'), 'hex'), e.counts_on, e.by_id,
                (extract(epoch FROM e.at) * 1000000)::bigint)"""

#: name of the rule: a query whose every row is a breach; its columns are the facts
RULES: dict[str, str] = {
    "seats_within_limit": f"""
        SELECT g.workplace_id AS workplace, g.slot_id AS slot, count(*) AS groups, w.groups_per_slot AS seats
          FROM visit_group g JOIN workplace w ON w.id = g.workplace_id WHERE {_LIVE_GROUP} AND {_CURRENT}
         GROUP BY 1, 2, 4 HAVING count(*) > w.groups_per_slot""",
    "day_budget": f"""
        SELECT g.workplace_id AS workplace, s.date, count(*) AS visits
          FROM visit_group g JOIN workplace w ON w.id = g.workplace_id JOIN slot s ON s.id = g.slot_id
         WHERE {_LIVE_GROUP} AND {_CURRENT} GROUP BY 1, 2, w.visits_per_day HAVING count(*) > w.visits_per_day""",
    "week_budget": f"""
        SELECT g.workplace_id AS workplace, date_trunc('week', s.date)::date AS week, count(*) AS visits
          FROM visit_group g JOIN workplace w ON w.id = g.workplace_id JOIN slot s ON s.id = g.slot_id
         WHERE {_LIVE_GROUP} AND {_CURRENT} GROUP BY 1, 2, w.visits_per_week HAVING count(*) > w.visits_per_week""",
    "term_budget": f"""
        SELECT g.workplace_id AS workplace, s.term_id AS term, count(*) AS visits
          FROM visit_group g JOIN workplace w ON w.id = g.workplace_id JOIN slot s ON s.id = g.slot_id
         WHERE {_LIVE_GROUP} AND {_CURRENT} GROUP BY 1, 2, w.visits_per_term HAVING count(*) > w.visits_per_term""",
    "group_within_size": f"""
        SELECT g.id AS "group", g.pupils FROM visit_group g JOIN workplace w ON w.id = g.workplace_id
         WHERE {_LIVE_GROUP} AND {_CURRENT} AND g.pupils NOT BETWEEN w.min_group AND w.max_group""",
    "workplace_stands_at_its_newest_step": """
        SELECT w.id AS workplace, w.status, n.status AS newest FROM workplace w JOIN LATERAL (
            SELECT status FROM workplace_step p WHERE p.workplace_id = w.id ORDER BY p.id DESC LIMIT 1) n ON true
         WHERE w.status <> n.status""",
    "group_at_its_visits_slot": f"""
        SELECT g.id AS "group" FROM visit_group g JOIN visit v ON v.id = g.visit_id
         WHERE {_LIVE_GROUP} AND g.slot_id <> v.slot_id""",
    "one_live_visit_per_request": """
        SELECT request_id AS request, count(*) AS visits FROM visit WHERE status <> 'cancelled'
         GROUP BY 1 HAVING count(*) > 1""",
    "cancelled_visit_holds_nothing": f"""
        SELECT v.id AS visit FROM visit v JOIN visit_group g ON g.visit_id = v.id
         WHERE v.status = 'cancelled' AND {_LIVE_GROUP}""",
    "visit_is_whole_or_under_repair": f"""
        SELECT v.id AS visit, r.pupils, coalesce(sum(g.pupils) FILTER (WHERE {_LIVE_GROUP}), 0) AS placed
          FROM visit v JOIN request r ON r.id = v.request_id LEFT JOIN visit_group g ON g.visit_id = v.id
         WHERE v.status IN ('proposed', 'published', 'confirmed')
         GROUP BY 1, 2, v.request_id HAVING coalesce(sum(g.pupils) FILTER (WHERE {_LIVE_GROUP}), 0) <> r.pupils
            AND NOT bool_or(coalesce(g.status = 'declined' OR g.answer_reason = 'silent', false))
            AND NOT EXISTS (SELECT FROM group_limit l WHERE l.request_id = v.request_id)
            AND NOT EXISTS (SELECT FROM change_report c WHERE c.request_id = v.request_id
                AND c.kind = 'size' AND c.status = 'applied')""",
    "confirmed_means_all_accepted": f"""
        SELECT v.id AS visit FROM visit v JOIN visit_group g ON g.visit_id = v.id
         WHERE v.status = 'confirmed' AND {_LIVE_GROUP} AND g.status <> 'accepted' GROUP BY 1""",
    "held_visit_has_an_open_offer": """
        SELECT v.id AS visit FROM visit v WHERE v.status = 'proposed' AND NOT EXISTS (
            SELECT FROM offer o WHERE o.request_id = v.request_id AND o.slot_id = v.slot_id AND o.status = 'sent')""",
    "class_once_a_day": """
        SELECT r.class_id AS class, s.date
          FROM visit v JOIN request r ON r.id = v.request_id JOIN slot s ON s.id = v.slot_id
         WHERE v.status <> 'cancelled' AND r.class_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1""",
    "bundle_goes_together": """
        SELECT r.bundle_id AS bundle FROM visit v JOIN request r ON r.id = v.request_id
         WHERE v.status <> 'cancelled' AND r.bundle_id IS NOT NULL GROUP BY 1 HAVING count(DISTINCT v.slot_id) > 1""",
    "withdrawn_request_has_no_visit": """
        SELECT r.id AS request FROM request r JOIN visit v ON v.request_id = r.id
         WHERE r.status = 'withdrawn' AND v.status <> 'cancelled'""",
    "allocated_request_has_a_visit": """
        SELECT r.id AS request FROM request r WHERE r.status = 'allocated' AND NOT EXISTS (
            SELECT FROM visit v WHERE v.request_id = r.id AND v.status <> 'cancelled')""",
    "attendance_of_visits_that_took_place": """
        SELECT a.group_id AS "group", v.status, s.date
          FROM attendance a JOIN visit_group g ON g.id = a.group_id JOIN visit v ON v.id = g.visit_id
          JOIN slot s ON s.id = v.slot_id
         WHERE v.status NOT IN ('published', 'confirmed', 'completed') OR s.date > :today""",
    "completed_visit_has_all_attendance": f"""
        SELECT v.id AS visit, g.id AS "group" FROM visit v JOIN visit_group g ON g.visit_id = v.id
         WHERE v.status = 'completed' AND {_LIVE_GROUP}
           AND NOT EXISTS (SELECT FROM attendance a WHERE a.group_id = g.id)""",
    "completed_visit_serves_its_request": """
        SELECT r.id AS request, r.status, v.status AS visit FROM request r JOIN visit v ON v.request_id = r.id
         WHERE v.status <> 'cancelled' AND (v.status = 'completed') <> (r.status = 'served')""",
    "satisfaction_within_attended": f"""
        SELECT t.visit_id AS visit, t.question, t.pupils AS answered, coalesce(c.came, 0) AS came
          FROM (SELECT visit_id, question, sum(pupils) AS pupils FROM satisfaction GROUP BY 1, 2) t
          LEFT JOIN (SELECT g.visit_id, sum(a.attended) AS came
                       FROM attendance a JOIN visit_group g ON g.id = a.group_id
                      WHERE {_LIVE_GROUP} GROUP BY 1) c ON c.visit_id = t.visit_id
         WHERE t.pupils > coalesce(c.came, 0)""",
    "question_is_of_its_audience": """
        SELECT a.audience, a.question FROM (
            SELECT 'school' AS audience, question FROM satisfaction
            UNION SELECT 'workplace', question FROM workplace_opinion
            UNION SELECT 'programme', question FROM session_satisfaction) a
          JOIN survey_question q ON q.code = a.question WHERE q.audience <> a.audience""",
    "workplace_was_asked": """
        SELECT g.id AS "group" FROM visit_group g JOIN visit v ON v.id = g.visit_id JOIN slot s ON s.id = g.slot_id
         WHERE g.status = 'asked' AND NOT EXISTS (
            SELECT FROM workplace_notice n JOIN message m ON m.subject = 'notice:' || n.id
             WHERE n.workplace_id = g.workplace_id AND n.date = s.date AND m.status <> 'withdrawn')""",
    "coach_was_asked": """
        SELECT d.id AS dispatch FROM coach_dispatch d WHERE d.status = 'asked' AND NOT EXISTS (
            SELECT FROM message m WHERE m.coach_id = d.coach_id AND m.subject = 'dispatch:' || d.id
                AND m.version <= d.version AND m.status <> 'withdrawn')""",
    "coach_called_back_was_told": """
        SELECT d.id AS dispatch FROM coach_dispatch d WHERE d.status = 'cancelled' AND EXISTS (
            SELECT FROM message m WHERE m.subject = 'dispatch:' || d.id AND m.version < d.version
                AND m.kind IN ('coach_dispatched', 'coach_changed')
                AND m.status IN ('sent', 'delivered', 'unknown', 'told'))
           AND NOT EXISTS (SELECT FROM message m WHERE m.subject = 'dispatch:' || d.id
                AND m.kind = 'coach_cancelled' AND m.version = d.version)""",
    "coach_goes_to_a_school_that_goes_out": """
        SELECT d.id AS dispatch FROM coach_dispatch d JOIN slot s ON s.id = d.slot_id
         WHERE d.status IN ('asked', 'accepted') AND s.date > :today AND NOT EXISTS (
            SELECT FROM visit v JOIN request r ON r.id = v.request_id
             WHERE v.slot_id = d.slot_id AND r.school_id = d.school_id AND v.status <> 'cancelled')""",
    "confirmed_visit_was_told": """
        SELECT v.id AS visit FROM visit v WHERE v.status = 'confirmed' AND NOT EXISTS (
            SELECT FROM message m WHERE m.kind = 'visit_confirmed' AND m.subject = 'visit:' || v.request_id
                AND m.version <= v.version)
           AND EXISTS (SELECT FROM request r JOIN teacher_post p ON p.school_id = r.school_id
                        WHERE r.id = v.request_id AND p.until IS NULL)""",
    "unsent_message_has_a_job": """
        SELECT m.id AS message FROM message m WHERE m.status = 'created' AND NOT EXISTS (
            SELECT FROM job j WHERE j.topic = 'send_message' AND j.subject_id = m.id AND j.done_at IS NULL)""",
    "waiting_run_has_a_job": """
        SELECT r.id AS run FROM allocation_run r WHERE r.status = 'queued' AND NOT EXISTS (
            SELECT FROM job j WHERE j.topic IN ('solve_run', 'repair_run', 'survey_run', 'try_policy')
                AND j.subject_id = r.id AND j.done_at IS NULL)""",
    "search_found_something": """
        SELECT r.id AS run FROM allocation_run r WHERE r.status = 'found' AND r.kind = 'frontier'
           AND NOT EXISTS (SELECT FROM frontier_point p WHERE p.run_id = r.id)""",
    "chosen_alternative_is_of_its_search": """
        SELECT p.run_id AS search, p.position, r.id AS run
          FROM frontier_point p JOIN allocation_run r ON r.id = p.chosen_run_id
         WHERE r.source_id IS DISTINCT FROM p.run_id OR r.kind <> 'term'""",
    "waiting_search_has_a_job": """
        SELECT s.id AS search FROM offer_search s WHERE s.status = 'queued' AND NOT EXISTS (
            SELECT FROM job j WHERE j.topic = 'find_offers' AND j.subject_id = s.id AND j.done_at IS NULL)""",
    "waiting_drill_has_a_job": """
        SELECT d.id AS drill FROM plan_drill d WHERE d.status IN ('queued', 'rehearsing') AND NOT EXISTS (
            SELECT FROM job j WHERE j.topic = 'rehearse_plan' AND j.subject_id = d.id AND j.done_at IS NULL)""",
    "found_offer_of_a_search_that_ended_well": """
        SELECT o.id AS offer, s.status FROM offer o JOIN offer_search s ON s.id = o.search_id
         WHERE o.status = 'found' AND s.status <> 'done'""",
    "offer_given_up_was_told": """
        SELECT o.id AS offer, o.status FROM offer o JOIN history_entry h ON h.subject_type = 'request'
           AND h.subject_id = o.request_id AND (h.detail ->> 'offer')::bigint = o.id
           AND h.action IN ('offer_expired', 'offer_withdrawn') AND (h.detail ->> 'told')::boolean
         WHERE NOT EXISTS (SELECT FROM message m WHERE m.kind IN ('shift_expired', 'shift_withdrawn')
               AND (m.facts -> 'offer_ids' @> to_jsonb(o.id) OR m.emptied_at IS NOT NULL))
           AND EXISTS (SELECT FROM request r JOIN teacher_post p ON p.school_id = r.school_id
                        WHERE r.id = o.request_id AND p.since < h.at::date AND p.until IS NULL)""",
    "published_run_is_whole": """
        SELECT r.id AS run
          FROM allocation_run r JOIN proposal p ON p.run_id = r.id JOIN request q ON q.id = p.request_id
         WHERE r.status = 'published' AND p.slot_id IS NOT NULL AND q.status IN ('submitted')
           AND NOT EXISTS (SELECT FROM visit v WHERE v.request_id = p.request_id)""",
    "published_runs_are_recorded": """
        SELECT r.id AS run FROM allocation_run r WHERE r.status IN ('published', 'superseded') AND NOT EXISTS (
            SELECT FROM history_entry h WHERE h.subject_type = 'run' AND h.subject_id = r.id
                AND h.action = 'run_published')""",
    "completed_visit_is_in_the_ledger": f"""
        SELECT v.id AS visit, v.came, coalesce(l.people, 0) AS entered, coalesce(l.sessions, 0) AS times FROM (
            SELECT v.id, sum(a.attended) AS came FROM visit v JOIN visit_group g ON g.visit_id = v.id AND {_LIVE_GROUP}
              JOIN attendance a ON a.group_id = g.id WHERE v.status = 'completed' GROUP BY v.id) v
          LEFT JOIN (SELECT visit_id, sum(people) AS people, sum(sessions) AS sessions FROM ledger_entry
                      WHERE stage = 'attended' GROUP BY 1) l ON l.visit_id = v.id
         WHERE v.came <> coalesce(l.people, 0) OR l.sessions NOT IN (0, 1) OR l.sessions IS NULL""",
    "outing_is_one_session": """
        SELECT q.school_id AS school, v.slot_id AS slot, coalesce(sum(l.sessions), 0) AS times
          FROM visit v JOIN request q ON q.id = v.request_id
          LEFT JOIN ledger_entry l ON l.visit_id = v.id AND l.stage = 'attended'
         WHERE v.status = 'completed' GROUP BY 1, 2 HAVING coalesce(sum(l.sessions), 0) <> 1""",
    "session_is_in_the_ledger": """
        SELECT s.id AS session, e.stage, coalesce(e.people, 0) AS counted, coalesce(l.people, 0) AS entered
          FROM programme_session s CROSS JOIN LATERAL (
              SELECT 'planned' AS stage, sum(planned) AS people, s.status <> 'cancelled' AS stands
                FROM session_count c WHERE c.session_id = s.id
              UNION ALL SELECT 'attended', sum(attended), s.status = 'held'
                FROM session_count c WHERE c.session_id = s.id) e
          LEFT JOIN (SELECT session_id, stage, sum(people) AS people, sum(sessions) AS sessions FROM ledger_entry
                      GROUP BY 1, 2) l ON l.session_id = s.id AND l.stage = e.stage
         WHERE coalesce(l.people, 0) <> CASE WHEN e.stands THEN coalesce(e.people, 0) ELSE 0 END
            OR coalesce(l.sessions, 0) <> CASE WHEN e.stands THEN 1 ELSE 0 END""",
    "session_within_its_places": """
        SELECT o.session_id AS session, o.places, sum(p.pupils) AS promised
          FROM session_opening o JOIN session_party p ON p.session_id = o.session_id
         WHERE p.status IN ('offered', 'registered') GROUP BY 1, 2 HAVING sum(p.pupils) > o.places""",
    "registered_schools_are_counted": """
        SELECT r.session_id AS session, r.school_id AS school, r.pupils AS registered, coalesce(c.planned, 0) AS planned
          FROM (SELECT session_id, school_id, coalesce(sum(pupils) FILTER (WHERE status = 'registered'), 0) AS pupils
                  FROM session_party GROUP BY 1, 2) r
          JOIN programme_session s ON s.id = r.session_id
          LEFT JOIN session_count c ON c.session_id = r.session_id AND c.school_id = r.school_id
         WHERE s.status IN ('planned', 'confirmed') AND coalesce(c.planned, 0) <> r.pupils""",
    "offered_places_were_told": """
        SELECT p.id AS party FROM session_party p WHERE p.status = 'offered' AND NOT EXISTS (
            SELECT FROM message m WHERE m.kind = 'session_offer' AND m.subject = 'party:' || p.id)
           AND EXISTS (SELECT FROM teacher_post t WHERE t.school_id = p.school_id AND t.until IS NULL)""",
    "frozen_quarter_is_proven": f"""
        SELECT f.year, f.number AS quarter FROM frozen_quarter f LEFT JOIN LATERAL (
            SELECT string_agg({_LEDGER_LINE}, E'\n' ORDER BY e.id) AS text FROM ledger_entry e
             WHERE e.counts_on BETWEEN f.first_day AND f.last_day) l ON true
         WHERE f.sha256 <> encode(sha256(convert_to(concat_ws(E'\n', f.document, l.text), 'UTF8')), 'hex')""",
    "frozen_figures_are_those_of_their_entries": """
        SELECT f.year, f.number AS quarter, p.line ->> 'code' AS programme FROM frozen_quarter f
         CROSS JOIN LATERAL jsonb_array_elements(f.document::jsonb -> 'programmes') AS p(line)
          LEFT JOIN LATERAL (SELECT sum(e.people) AS people, sum(e.sessions) AS sessions FROM ledger_entry e
                WHERE e.counts_on BETWEEN f.first_day AND f.last_day AND e.stage = 'attended'
                  AND e.programme_id = (p.line ->> 'id')::bigint) l ON true
         WHERE (l.people, l.sessions) IS DISTINCT FROM
               ((p.line ->> 'people')::bigint, (p.line ->> 'sessions')::bigint)""",
    "plan_is_that_of_its_journal": """
        SELECT p.run_id AS run, p.request_id AS request
          FROM (SELECT DISTINCT ON (h.run_id, v.key) h.run_id, v.key AS code, v.value ->> 'slot' AS slot
                  FROM hand_change h, jsonb_each(h.after -> 'visits') v ORDER BY h.run_id, v.key, h.sequence DESC) j
          JOIN allocation_run r ON r.id = j.run_id
          JOIN request q ON q.code = j.code AND q.term_id = r.term_id
          JOIN proposal p ON p.run_id = j.run_id AND p.request_id = q.id
          LEFT JOIN slot s ON s.id = p.slot_id
         WHERE s.code IS DISTINCT FROM j.slot""",
}

#: a message that is at work, or a run that is being solved, for longer than this has been forgotten
HORIZON = dt.timedelta(hours=1)
_HORIZONS = {
    "message_not_forgotten": "SELECT id AS message FROM message WHERE status = 'sending' AND lease_until < :before",
    "run_not_forgotten": "SELECT id AS run FROM allocation_run WHERE status = 'solving' AND lease_until < :before",
    "search_not_forgotten": (
        "SELECT id AS search FROM offer_search WHERE status = 'searching' AND lease_until < :before"
    ),
}


def run_audit(session: Session, now: dt.datetime) -> list[Breach]:
    """Return every breach, in the order of the rules; an empty list is a clean audit."""
    breaches = []
    for rule, query in RULES.items():
        given = {"today": seoul_date(now)} if ":today" in query else {}
        rows = session.execute(sa.text(query), given).mappings().all()
        breaches += [Breach(rule, ", ".join(f"{key} {value}" for key, value in row.items())) for row in rows]
    for rule, query in _HORIZONS.items():
        rows = session.execute(sa.text(query), {"before": now - HORIZON}).mappings().all()
        breaches += [Breach(rule, ", ".join(f"{key} {value}" for key, value in row.items())) for row in rows]
    return breaches
