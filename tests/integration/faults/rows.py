"""The fault matrix: what breaks such a service, and which tests really cause it.

A row without tests, or with a note, says what is missing; nothing untried counts as passed. `test_rows.py` holds
the table to the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

HERE = "integration/faults/"
RELAY, KILLS = "integration/workers/test_relay.py::", "integration/workers/test_kills.py::"
PLANS, SETTINGS = "integration/workers/test_kills_of_plans.py::", "integration/workers/test_settings.py::"
CLOCKS, DYING = HERE + "test_clocks.py::", HERE + "test_dying.py::"
STORAGE, DEPLOYING = HERE + "test_storage.py::", HERE + "test_deploying.py::"
BROKER, PEERS = HERE + "test_broker.py::", HERE + "test_peers.py::"
PUBLISHING, DATABASE = HERE + "test_publishing.py::", HERE + "test_links_and_database.py::"
MAIL, TEXTS = "integration/messages/test_email.py::", "integration/messages/test_texts.py::"
RECEIPTS, OUTBOX = "integration/messages/test_receipts.py::", "integration/messages/test_outbox.py::"
LINKS, GUARDS = "integration/messages/test_links.py::", "integration/services/test_guards.py::"
RUNS = "integration/services/test_runs.py::"

MAILS_ONCE = PEERS + "test_a_refusal_for_now_is_one_mail_in_the_end"
MAILS_REFUSED = PEERS + "test_a_refusal_for_good_is_in_sight_and_never_tried_again"
TAKEN_WITHOUT_A_WORD = PEERS + "test_what_was_taken_without_a_word_is_looked_up_and_sent_once"
LOOKED_UP = TEXTS + "test_accepted_but_not_said_so_is_looked_up_and_not_sent_again"


@dataclass(frozen=True, slots=True)
class Row:
    """One fault: the tests that cause it, how often in `make test` and in `make faults`, and what is missing."""

    number: int
    fault: str
    tests: tuple[str, ...] = ()
    few: int = 1
    every: int = 1
    missing: str = ""


ROWS = (
    Row(
        1,
        "relay killed after the provider accepts",
        (KILLS + "test_a_text_is_sent_once_whenever_its_worker_is_killed",),
        6,
        6,
    ),
    Row(
        2,
        "relay and worker killed at random",
        (HERE + "test_campaign.py::test_no_message_is_doubled_or_lost_however_often_they_are_killed",),
        4,
        300,
    ),
    Row(
        3,
        "solver's child killed",
        (PLANS + "test_a_solvers_child_that_is_killed_ends_the_run_in_sight_and_the_next_one_is_solved",),
    ),
    Row(
        4, "solver killed whole", (PLANS + "test_a_solver_that_is_killed_leaves_nothing_and_another_takes_the_run_up",)
    ),
    Row(5, "worker frozen, then killed", (BROKER + "test_what_a_frozen_worker_took_with_it_is_done_by_another",)),
    Row(
        6,
        "broker killed, back empty",
        (RELAY + "test_a_broker_that_is_killed_and_comes_back_empty_costs_nothing_but_time",),
    ),
    Row(
        7,
        "broker killed ten times under a stream, its file kept",
        (BROKER + "test_a_broker_that_is_killed_again_and_again_under_a_stream_and_keeps_its_file",),
        3,
        10,
    ),
    Row(8, "broker hangs", (RELAY + "test_a_broker_that_hangs_is_waited_out",)),
    Row(
        9,
        "broker's line swallows everything",
        (BROKER + "test_a_line_that_swallows_everything_is_noticed_and_given_up",),
    ),
    Row(10, "broker full", (BROKER + "test_a_broker_without_room_lets_the_outbox_grow_and_drain",)),
    Row(
        11,
        "broker away for ten minutes (for ten seconds in `make test`)",
        (BROKER + "test_a_broker_that_is_away_for_long_costs_nothing_but_time",),
    ),
    Row(
        12,
        "poison task",
        (
            OUTBOX + "test_a_job_that_ends_its_workers_is_closed_after_the_third",
            DYING + "test_a_task_that_ends_its_worker_each_time_is_closed_after_the_third_and_the_next_is_done",
        ),
        3,
        3,
    ),
    Row(
        13,
        "two beats",
        (
            "integration/services/test_weekly.py::test_it_starts_once_at_its_time_and_again_a_week_later",
            CLOCKS + "test_two_beats_start_one_run_a_week",
        ),
    ),
    Row(14, "solver overruns", ("unit/scheduler/test_time_runs_out.py::test_at_every_moment_there_is_a_clean_plan",)),
    Row(15, "soft limit", (SETTINGS + "test_the_solver_is_stopped_by_its_own_limit_first_and_never_by_a_soft_one",)),
    Row(16, "mail: 450, 451, greylisted", (MAILS_ONCE,), 2, 2),
    Row(17, "mail: 550, 552", (MAILS_REFUSED,), 3, 3),
    Row(18, "mail: 421 after DATA", (MAILS_ONCE,), 2, 2),
    Row(
        19,
        "mail: cut after the final dot",
        (MAIL + "test_a_line_cut_after_the_final_dot_is_unknown_and_never_sent_again",),
    ),
    Row(
        20,
        "mail: 250 too late",
        (PEERS + "test_a_yes_that_comes_later_than_anybody_waits_is_unknown_and_not_sent_again",),
    ),
    Row(21, "mail: refused", (MAIL + "test_a_server_that_is_not_there_costs_nothing_but_time",)),
    Row(
        22,
        "provider: 429",
        (
            PEERS + "test_a_provider_that_asks_for_time_is_not_pressed",
            PEERS + "test_a_provider_that_names_a_time_is_left_alone_until_then",
            TEXTS + "test_too_many_requests_waits",
        ),
    ),
    Row(23, "provider: 500, 502 after accepting", (TAKEN_WITHOUT_A_WORD, LOOKED_UP), 2, 2),
    Row(24, "provider: accepts, then hangs", (LOOKED_UP,)),
    Row(25, "receipt five times", (RECEIPTS + "test_the_same_event_five_times_is_one",)),
    Row(26, "receipts out of order", (RECEIPTS + "test_any_order_ends_at_delivered",), 6, 6),
    Row(27, "receipt before our own commit", (RECEIPTS + "test_a_receipt_during_the_hand_over_waits_and_is_joined",)),
    Row(
        28,
        "receipt forged, replayed, of an unknown ref",
        (RECEIPTS + "test_a_forged_address_changes_nothing", RECEIPTS + "test_an_unknown_ref_is_kept"),
    ),
    Row(
        29,
        "database's connections ended",
        (
            DATABASE + "test_connections_that_are_ended_heal_before_the_next_page",
            DATABASE + "test_without_looking_first_an_ended_connection_shows",
        ),
        5,
        50,
    ),
    Row(
        30,
        "database killed",
        (
            "integration/test_servers.py::test_data_survive_a_killed_server",
            DYING + "test_a_database_that_is_killed_under_the_workers_loses_nothing_that_was_promised",
        ),
        2,
        10,
    ),
    Row(
        31,
        "publishing cut at every statement",
        (
            PUBLISHING + "test_publishing_cut_at_any_statement_leaves_everything_as_it_was",
            PUBLISHING + "test_without_the_transaction_the_cut_shows",
            PLANS + "test_a_web_server_that_is_killed_publishes_nothing_and_the_second_press_publishes_once",
        ),
        8,
        81,
    ),
    Row(
        32,
        "disk full",
        (STORAGE + "test_a_full_disk_is_an_error_and_nothing_is_half_written",),
        3,
        20,
        "skipped where nobody may mount a small disk",
    ),
    Row(
        33,
        "fsync fails",
        (STORAGE + "test_what_the_disk_does_not_keep_is_not_promised",),
        1,
        5,
        "skipped without strace, or where it may not look on",
    ),
    Row(
        34,
        "fifty press at once",
        (
            DATABASE + "test_fifty_who_press_at_once_answer_once",
            PUBLISHING + "test_many_who_press_at_once_publish_once",
        ),
        50,
        1000,
    ),
    Row(35, "the last seat, wanted by many", (GUARDS + "test_of_many_who_want_the_last_seat_one_gets_it",), 12, 12),
    Row(
        36,
        "stale tab",
        ("integration/web/test_console_plan.py::test_the_second_of_two_is_told_and_overwrites_nothing",),
    ),
    Row(
        37,
        "requests change meanwhile",
        ("integration/services/test_publishing.py::test_a_plan_made_before_a_request_changed_is_refused",),
    ),
    Row(38, "an older link", (LINKS + "test_a_newer_version_replaces_it",)),
    Row(
        39,
        "clock two hours wrong",
        (
            LINKS + "test_an_expired_one_by_the_databases_clock",
            CLOCKS + "test_a_moved_clock_is_moved",
            CLOCKS + "test_a_worker_whose_clock_is_wrong_steals_nothing_and_sends_once",
            CLOCKS + "test_a_web_server_whose_clock_is_wrong_opens_and_closes_links_by_the_databases",
        ),
        2,
        2,
    ),
    Row(
        40,
        "pool that a fork inherits",
        (
            RELAY + "test_two_relays_and_two_workers_send_every_message_once",
            DYING + "test_a_pool_that_a_fork_took_along_mixes_answers_up_and_one_of_its_own_does_not",
        ),
    ),
    Row(41, "ten scanners open every link", (DATABASE + "test_scanners_that_open_every_link_change_nothing",), 10, 10),
    Row(
        42,
        "deploy with a migration under load",
        (
            DEPLOYING + "test_a_migration_waits_for_its_turn_and_nobody_for_it",
            DEPLOYING + "test_without_stepping_aside_everybody_waits_behind_it",
        ),
        2,
        6,
    ),
    Row(
        43,
        "restored from a backup",
        (
            "integration/test_backup.py::test_what_was_changed_after_the_backup_is_as_it_was_and_the_former_is_kept",
            "integration/messages/test_pausing.py::test_nothing_leaves_until_it_is_resumed_and_then_once",
        ),
    ),
)
