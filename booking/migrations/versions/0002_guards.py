"""What the database itself refuses: seats beyond a workplace's limit, changed history, illegal steps, forgotten wake-ups.

Revision: 0002, after 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: A live group's seat is one of its workplace's; a cancelled visit holds no places.
SEATS = """
CREATE FUNCTION check_group_seat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE seats int;
BEGIN
    SELECT groups_per_slot INTO seats FROM workplace WHERE id = NEW.workplace_id;
    IF NEW.status IN ('proposed', 'asked', 'accepted', 'expired') AND NEW.seat > seats THEN
        RAISE EXCEPTION 'workplace % has % seats at a slot, seat % was asked for', NEW.workplace_id, seats, NEW.seat
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_visit_group_seat_within_limit';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_group_seat BEFORE INSERT OR UPDATE ON visit_group
    FOR EACH ROW EXECUTE FUNCTION check_group_seat();

CREATE FUNCTION check_group_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE visit_number bigint;
BEGIN
    visit_number := CASE TG_TABLE_NAME WHEN 'visit' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'visit_id')::bigint END;
    IF EXISTS (
        SELECT FROM visit_group g JOIN visit v ON v.id = g.visit_id
         WHERE v.id = visit_number AND g.slot_id <> v.slot_id
           AND g.status IN ('proposed', 'asked', 'accepted', 'expired')
    ) THEN
        RAISE EXCEPTION 'visit % has a group at another slot', visit_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_visit_group_slot';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_group_slot AFTER INSERT OR UPDATE ON visit_group
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_group_slot();
CREATE CONSTRAINT TRIGGER check_group_slot AFTER UPDATE OF slot_id ON visit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_group_slot();

CREATE FUNCTION check_cancelled_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM visit WHERE id = NEW.id AND status = 'cancelled') AND EXISTS (
        SELECT FROM visit_group WHERE visit_id = NEW.id AND status IN ('proposed', 'asked', 'accepted', 'expired')
    ) THEN
        RAISE EXCEPTION 'visit % is cancelled and still holds places', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_visit_cancelled_holds_nothing';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_cancelled_visit AFTER INSERT OR UPDATE OF status ON visit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_cancelled_visit();
"""

#: Day, week and term budgets, counted under a lock of the workplace's row, at the end of the transaction.
BUDGETS = """
CREATE FUNCTION check_workplace_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place workplace%ROWTYPE;
    here slot%ROWTYPE;
    on_day int; in_week int; in_term int;
BEGIN
    SELECT * INTO place FROM workplace WHERE id = NEW.workplace_id FOR NO KEY UPDATE;
    SELECT * INTO here FROM slot WHERE id = NEW.slot_id;
    SELECT count(*) FILTER (WHERE s.date = here.date),
           count(*) FILTER (WHERE date_trunc('week', s.date) = date_trunc('week', here.date)),
           count(*)
      INTO on_day, in_week, in_term
      FROM visit_group g JOIN slot s ON s.id = g.slot_id
     WHERE g.workplace_id = NEW.workplace_id AND s.term_id = here.term_id
       AND g.status IN ('proposed', 'asked', 'accepted', 'expired');
    IF on_day > place.visits_per_day OR in_week > place.visits_per_week OR in_term > place.visits_per_term THEN
        RAISE EXCEPTION 'workplace %: % visits on the day, % in the week, % in the term are beyond its limits',
            NEW.workplace_id, on_day, in_week, in_term
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_visit_group_budget';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_workplace_budget AFTER INSERT OR UPDATE OF status, slot_id, workplace_id ON visit_group
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status IN ('proposed', 'asked', 'accepted', 'expired'))
    EXECUTE FUNCTION check_workplace_budget();
"""

#: History is written once.
APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON history_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON access_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON history_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON access_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

#: Whatever is final stays final, whoever writes.
FINAL_STATES = """
CREATE FUNCTION keep_final_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = ANY (TG_ARGV[0]::text[]) AND NEW.status <> OLD.status THEN
        RAISE EXCEPTION '% % is %, which is final', TG_TABLE_NAME, OLD.id, OLD.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_final_state';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON request FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{served,withdrawn}');
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON allocation_run FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{superseded,discarded,cancelled,failed}');
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON visit FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{completed,cancelled}');
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON visit_group FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{declined,released}');
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON offer FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{accepted,declined,countered,expired,withdrawn}');
CREATE TRIGGER keep_final_state BEFORE UPDATE OF status ON message FOR EACH ROW
    EXECUTE FUNCTION keep_final_state('{delivered,bounced,withdrawn}');
"""

#: A job wakes the relay when its transaction commits.
WAKE_UP = """
CREATE FUNCTION wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox', NEW.topic);
    RETURN NULL;
END $$;
CREATE TRIGGER wake_relay AFTER INSERT OR UPDATE OF available_at ON job FOR EACH ROW EXECUTE FUNCTION wake_relay();
"""

#: A bundle's requests and a request's slots belong to one term.
ONE_TERM = """
CREATE FUNCTION check_request_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT term_id FROM request WHERE id = NEW.request_id) <> (SELECT term_id FROM slot WHERE id = NEW.slot_id) THEN
        RAISE EXCEPTION 'request % names a slot of another term', NEW.request_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_request_slot_term';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_request_slot BEFORE INSERT OR UPDATE ON request_slot
    FOR EACH ROW EXECUTE FUNCTION check_request_slot();
"""

FUNCTIONS = (
    "check_group_seat",
    "check_group_slot",
    "check_cancelled_visit",
    "check_workplace_budget",
    "refuse_change",
    "keep_final_state",
    "wake_relay",
    "check_request_slot",
)


def upgrade() -> None:
    for statements in (SEATS, BUDGETS, APPEND_ONLY, FINAL_STATES, WAKE_UP, ONE_TERM):
        op.execute(statements)


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}() CASCADE")
