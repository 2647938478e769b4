"""연습장을 만듦: the tables of the service once more in a schema of their own, with what the current term needs.

What is not named here is there and empty: whoever adds a table need not know of sandboxes, and nothing of it leaks.
Nobody's address or number comes along, so that a sandbox has nothing with which a person could be reached.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.topics import IN_SANDBOXES
from booking.models.registry import METADATA

#: seen through a sandbox as they are: who is signed in, what the processes say of themselves, the list of sandboxes
SHARED = frozenset(
    {"heartbeat", "throttle", "web_session", "second_factor", "recovery_code", "one_time_link", "sandbox"}
)
#: stands where a telephone number stood, and the end of an address that leads nowhere
NUMBER, HOST = "'010-0000-0000'", "'@practice.example.kr'"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rows of a table are copied, and what stands in the place of some columns."""

    where: str = "true"
    instead: dict[str, str] = field(default_factory=dict)


_REQUESTS = "(SELECT id FROM public.request WHERE term_id = :term)"
_SLOTS = "(SELECT id FROM public.slot WHERE term_id = :term)"
_VISITS = f"(SELECT id FROM public.visit WHERE request_id IN {_REQUESTS})"
_GROUPS = f"(SELECT id FROM public.visit_group WHERE visit_id IN {_VISITS})"
_PUBLISHED = "(SELECT id FROM public.allocation_run WHERE term_id = :term AND status = 'published')"
_DATES = "(SELECT date FROM public.slot WHERE term_id = :term)"
_NOTICES = f"(SELECT id FROM public.workplace_notice WHERE date IN {_DATES})"
_DISPATCHES = f"(SELECT id FROM public.coach_dispatch WHERE slot_id IN {_SLOTS})"
_EMAIL, _PHONE = "CASE WHEN email IS NULL THEN NULL ELSE {} END", f"CASE WHEN phone IS NULL THEN NULL ELSE {NUMBER} END"

RULES: dict[str, Rule] = {
    "app_user": Rule(
        instead={
            "email": f"'user-' || id || {HOST}",
            "phone": _PHONE,
            "password_hash": "NULL",
            "name": "CASE WHEN role = 'teacher' THEN '선생님' ELSE name END",
        }
    ),
    "centre": Rule(instead={"sending_paused_at": "NULL", "sending_paused_by": "NULL"}),
    "coach": Rule(
        instead={"name": "'진로코치 ' || id", "email": _EMAIL.format(f"'coach-' || id || {HOST}"), "phone": _PHONE}
    ),
    "school": Rule(),
    "school_class": Rule(),
    "school_day": Rule(instead={"raw": "NULL"}),
    "one_off_day": Rule(),
    "teacher_post": Rule(),
    "workplace": Rule(instead={"notes": "''"}),
    "workplace_contact": Rule(
        instead={
            "name": "'담당자'",
            "title": "''",
            "email": _EMAIL.format(f"'contact-' || workplace_id || {HOST}"),
            "phone": _PHONE,
        }
    ),
    "workplace_hours": Rule(),
    "workplace_exception": Rule(),
    "workplace_step": Rule(),
    "term": Rule("id = :term", {"weekly_day": "NULL", "weekly_hour": "NULL", "weekly_done_at": "NULL"}),
    "slot": Rule("term_id = :term"),
    "slot_outlook": Rule(f"slot_id IN {_SLOTS}"),
    "slot_seats": Rule(f"slot_id IN {_SLOTS}"),
    "air_switch": Rule(f"slot_id IN {_SLOTS}"),
    "coach_availability": Rule(f"slot_id IN {_SLOTS}"),
    "coach_dispatch": Rule(f"slot_id IN {_SLOTS}", {"answer_reason": "NULL"}),
    "called_off_day": Rule("term_id = :term"),
    "bundle": Rule("term_id = :term"),
    "request": Rule("term_id = :term"),
    "request_slot": Rule(f"request_id IN {_REQUESTS}"),
    "excluded_workplace": Rule(f"request_id IN {_REQUESTS}"),
    "change_report": Rule(f"request_id IN {_REQUESTS}"),
    # the published run, and those by which visits and offers came to be
    "allocation_run": Rule(
        f"id IN {_PUBLISHED} OR id IN (SELECT run_id FROM public.visit WHERE request_id IN {_REQUESTS})"
        f" OR id IN (SELECT run_id FROM public.offer WHERE request_id IN {_REQUESTS} AND status <> 'found')",
        {"source_id": "NULL"},
    ),
    "proposal": Rule(f"run_id IN {_PUBLISHED}"),
    "proposal_group": Rule(f"proposal_id IN (SELECT id FROM public.proposal WHERE run_id IN {_PUBLISHED})"),
    "visit": Rule(f"request_id IN {_REQUESTS}"),
    "visit_group": Rule(f"visit_id IN {_VISITS}"),
    "attendance": Rule(f"group_id IN {_GROUPS}", {"remark": "''"}),
    "survey_question": Rule(),
    "satisfaction": Rule(f"visit_id IN {_VISITS}"),
    "offer": Rule(f"request_id IN {_REQUESTS} AND status <> 'found'", {"search_id": "NULL"}),
    # when a run was published; nobody's other doings
    "history_entry": Rule(
        "subject_type = 'run' AND action = 'run_published'"
        " AND subject_id IN (SELECT id FROM public.allocation_run WHERE term_id = :term)",
        {"reason": "NULL"},
    ),
    "workplace_notice": Rule(f"id IN {_NOTICES}"),
    # what workplaces and coaches have been told, so that a trial of a publication knows what would be news to them
    "message": Rule(
        f"(workplace_id IS NOT NULL AND subject IN (SELECT 'notice:' || id FROM {_NOTICES} n)"
        f" OR coach_id IS NOT NULL AND subject IN (SELECT 'dispatch:' || id FROM {_DISPATCHES} d))"
        " AND status IN ('sent', 'delivered', 'bounced', 'unknown')",
        {
            "status": "'sent'",
            "facts": 'facts || \'{"contact": ""}\'',
            "body": "NULL",
            "provider": "NULL",
            "provider_ref": "NULL",
            "lease_until": "NULL",
            "last_error": "NULL",
        },
    ),
}
#: Whoever works in a sandbox, and whatever went wrong there: no message can be taken up to be sent.
NEVER_LEAVES = "ALTER TABLE {schema}.message ADD CONSTRAINT ck_message_never_leaves CHECK (status <> 'sending')"
WAKE = """
CREATE TRIGGER wake_sandbox AFTER INSERT OR UPDATE OF available_at, again_at ON {schema}.job
    FOR EACH ROW EXECUTE FUNCTION public.wake_sandbox('{number}', '{{{topics}}}')"""

#: the tables named, as the catalogue of the database knows them
_OURS = "ANY (SELECT ('public.' || name)::regclass FROM unnest(CAST(:names AS text[])) name)"
FUNCTIONS = f"""
    SELECT DISTINCT p.proname, pg_get_functiondef(p.oid) AS definition
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = {_OURS} AND NOT t.tgisinternal"""
TRIGGERS = f"""
    SELECT pg_get_triggerdef(t.oid, true) AS definition
      FROM pg_trigger t WHERE t.tgrelid = {_OURS} AND NOT t.tgisinternal AND t.tgname <> 'wake_relay'"""
KEYS = f"""
    SELECT c.conrelid::regclass::text AS relation, c.conname, pg_get_constraintdef(c.oid, true) AS definition
      FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = {_OURS}"""


def fill_schema(session: Session, schema: str, number: int, term_id: int) -> None:
    """Make the schema with tables, rows, keys and guards; keys come last and so prove that the rows belong together."""
    tables = [table for table in METADATA.sorted_tables if table.name not in SHARED]
    names = {"names": [table.name for table in tables]}

    def run(statement: str, **values: object) -> None:
        session.execute(sa.text(statement), values)

    definitions = session.execute(sa.text(FUNCTIONS), names).all()
    triggers = session.scalars(sa.text(TRIGGERS), names).all()
    keys = session.execute(sa.text(KEYS), names).all()
    run(f"CREATE SCHEMA {schema}")
    for table in tables:
        run(f"CREATE TABLE {schema}.{table.name} (LIKE public.{table.name} INCLUDING ALL)")
        rule = RULES.get(table.name)
        if rule is not None:
            columns = [column.name for column in table.columns]
            chosen = ", ".join(rule.instead.get(name, name) for name in columns)
            run(
                f"INSERT INTO {schema}.{table.name} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE"
                f" SELECT {chosen} FROM public.{table.name} WHERE {rule.where}",
                **({"term": term_id} if ":term" in rule.where else {}),
            )
        for column in table.columns:
            if column.identity is not None:
                run(
                    f"SELECT setval(pg_get_serial_sequence('{schema}.{table.name}', '{column.name}'),"
                    f" (SELECT coalesce(max({column.name}), 0) + 1 FROM public.{table.name}), false)"
                )
    # from here on, names without a schema are the sandbox's
    run(f"SET LOCAL search_path TO {schema}, public")
    for relation, name, definition in keys:
        run(f"ALTER TABLE {schema}.{relation} ADD CONSTRAINT {name} {definition}")
    for name, definition in definitions:
        session.connection().exec_driver_sql(
            definition.replace(f"FUNCTION public.{name}(", f"FUNCTION {schema}.{name}(", 1).replace("%", "%%")
        )
    for definition in triggers:
        run(definition.replace(":", "\\:"))
    run(NEVER_LEAVES.format(schema=schema))
    topics = ",".join(sorted(IN_SANDBOXES))
    run(WAKE.format(schema=schema, number=number, topics=topics))
    run("SET LOCAL search_path TO public")
