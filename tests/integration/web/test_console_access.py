"""Who may open which page of the console: the officer sees figures alone, the audit is the administrator's."""

from __future__ import annotations

from booking.domain.vocabulary import Role
from booking.web.access import roles_of
from tests.support.pages import Site, words

STAFF = {Role.COORDINATOR, Role.ADMINISTRATOR}
EXPECTED = {
    "console.home": STAFF,
    "console.runs": STAFF,
    "console.start_run": STAFF,
    "console.run": STAFF,
    "console.run_progress": STAFF,
    "console.run_freshness": STAFF,
    "console.cancel_run": STAFF,
    "console.discard_run": STAFF,
    "console.name_run": STAFF,
    "console.keep_run": STAFF,
    "console.compare": STAFF,
    "console.set_weekly": STAFF,
    "console.run_days": STAFF,
    "console.run_schools": STAFF,
    "console.run_workplaces": STAFF,
    "console.run_difference": STAFF,
    "console.run_alternatives": STAFF,
    "console.start_alternatives": STAFF,
    "console.choose_alternative": STAFF,
    "console.plan": STAFF,
    "console.change": STAFF,
    "console.save_change": STAFF,
    "console.pin": STAFF,
    "console.board": STAFF,
    "console.undo": STAFF,
    "console.redo": STAFF,
    "console.swap": STAFF,
    "console.save_swap": STAFF,
    "console.split": STAFF,
    "console.save_split": STAFF,
    "console.exclude": STAFF,
    "console.save_exclude": STAFF,
    "console.admit": STAFF,
    "console.publish_preview": STAFF,
    "console.publish": STAFF,
    "console.foretold": STAFF,
    "console.called_off_days": STAFF,
    "console.call_off": STAFF,
    "console.upload_sheet": STAFF,
    "console.sheet_template": STAFF,
    "console.sheet_export": STAFF,
    "console.take_sheet": STAFF,
    "console.sheet": STAFF,
    "console.map_sheet": STAFF,
    "console.apply_sheet": STAFF,
    "console.undo_sheet": STAFF,
    "console.refused_rows": STAFF,
    "console.call_list": STAFF,
    "console.reveal_call": STAFF,
    "console.note_call": STAFF,
    "console.dispatches": STAFF,
    "console.send_coaches": STAFF,
    "console.enter_dispatch": STAFF,
    "console.workplace_notes": STAFF,
    "console.reveal_note": STAFF,
    "console.settle_workplace_note": STAFF,
    "console.enter_call": STAFF,
    "console.export_audit": {Role.ADMINISTRATOR},
    "console.run_drill": STAFF,
    "console.start_drill": STAFF,
    "console.policy": STAFF,
    "console.save_policy": STAFF,
    "console.terms": STAFF,
    "console.new_term": STAFF,
    "console.create_term": STAFF,
    "console.term": STAFF,
    "console.save_term": STAFF,
    "console.starting_term": STAFF,
    "console.start_term": STAFF,
    "console.settings": STAFF,
    "console.save_settings": STAFF,
    "console.visits": STAFF,
    "console.visit": STAFF,
    "console.requests": STAFF,
    "console.offers": STAFF,
    "console.find_offers": STAFF,
    "console.search_progress": STAFF,
    "console.cancel_search": STAFF,
    "console.offers_freshness": STAFF,
    "console.preview_offers": STAFF,
    "console.send_offers": STAFF,
    "console.held_places": STAFF,
    "console.offers_history": STAFF,
    "console.school_offers": STAFF,
    "console.offer": STAFF,
    "console.answer_by_telephone": STAFF,
    "console.withdraw_offer": STAFF,
    "console.take_counter": STAFF,
    "console.answers": STAFF,
    "console.messages": STAFF,
    "console.sending": STAFF,
    "console.pause_sending": STAFF,
    "console.resume_sending": STAFF,
    "console.send_again": STAFF,
    "console.workplaces": STAFF,
    "console.workplace": STAFF,
    "console.reveal_contact": STAFF,
    "console.new_workplace": STAFF,
    "console.save_new_workplace": STAFF,
    "console.edit_workplace": STAFF,
    "console.save_workplace": STAFF,
    "console.step_workplace": STAFF,
    "console.close_workplace": STAFF,
    "console.undo_closure": STAFF,
    "console.save_contact": STAFF,
    "console.export_workplaces": STAFF,
    "console.export_contacts": STAFF,
    "console.bulk": STAFF,
    "console.bulk_preview": STAFF,
    "console.bulk_apply": STAFF,
    "console.coaches": STAFF,
    "console.new_coach": STAFF,
    "console.save_new_coach": STAFF,
    "console.coach": STAFF,
    "console.save_coach": STAFF,
    "console.reveal_coach": STAFF,
    "console.save_availability": STAFF,
    "console.school": STAFF,
    "console.save_school": STAFF,
    "console.add_school_day": STAFF,
    "console.remove_school_day": STAFF,
    "console.briefing_form": STAFF,
    "console.save_briefing": STAFF,
    "console.changes": STAFF,
    "console.answer_change": STAFF,
    "console.missing_attendance": STAFF,
    "console.remind_attendance": STAFF,
    "console.attendance_form": STAFF,
    "console.enter_attendance": STAFF,
    "console.enter_answers": STAFF,
    "console.schools": STAFF,
    "console.search": STAFF,
    "console.days": STAFF,
    "console.add_day": STAFF,
    "console.remove_day": STAFF,
    "console.people": STAFF,
    "console.invite_form": STAFF,
    "console.invite": STAFF,
    "console.account": STAFF,
    "console.reveal_account": STAFF,
    "console.invite_again": STAFF,
    "console.withdraw_invitation": STAFF,
    "console.switch_off": STAFF,
    "console.switch_on": STAFF,
    "console.change_role": {Role.ADMINISTRATOR},
    "console.end_post": STAFF,
    "console.reset_second_factor": {Role.ADMINISTRATOR},
    "console.move_post": STAFF,
    "console.figures": {*STAFF, Role.OFFICER},
    "console.audit": {Role.ADMINISTRATOR},
}
LISTS = (
    "/console",
    "/console/runs",
    "/console/runs/compare",
    "/console/visits",
    "/console/requests",
    "/console/offers",
    "/console/offers/held",
    "/console/offers/history",
    "/console/offers/schools/1",
    "/console/answers",
    "/console/messages",
    "/console/messages/sending",
    "/console/calls",
    "/console/called-off",
    "/console/sheets",
    "/console/settings",
    "/console/policy",
    "/console/terms",
    "/console/terms/new",
    "/console/workplaces",
    "/console/workplaces/1",
    "/console/workplaces/new",
    "/console/schools/1",
    "/console/coaches",
    "/console/coaches/new",
    "/console/coaches/1",
    "/console/workplaces?mark=busy&sort=-expires",
    "/console/workplaces/1/edit",
    "/console/workplaces/1/briefing",
    "/console/changes",
    "/console/attendance",
    "/console/schools",
    "/console/search?q=가람",
    "/console/days",
    "/console/people",
    "/console/people?who=office",
    "/console/people/invite",
    "/console/people/1",
    "/console/figures",
)


def test_every_view_of_the_console_names_exactly_these_roles(site: Site) -> None:
    views = {
        endpoint: roles_of(view)
        for endpoint, view in site.app.view_functions.items()
        if endpoint.startswith("console.")
    }
    assert views == {endpoint: frozenset(roles) for endpoint, roles in EXPECTED.items()}


def test_every_page_opens_for_coordinator_and_administrator_before_anything_has_happened(site: Site) -> None:
    for email in ("coordinator@demo.example.kr", "admin@demo.example.kr"):
        client = site.signed_in(email)
        for path in LISTS:
            assert client.get(path).status_code == 200, path
    client = site.signed_in("admin@demo.example.kr")
    assert client.get("/console/audit").status_code == 200
    assert client.get("/console/audit?log=access&subject=workplace&id=1").status_code == 200


def test_the_officer_sees_the_figures_and_no_way_anywhere_else(site: Site) -> None:
    site.publish()
    client = site.signed_in("officer@demo.example.kr")
    page = client.get("/console/figures")
    assert page.status_code == 200
    assert 'href="/console/visits' not in page.text
    assert 'href="/console/workplaces' not in page.text
    text = words(page)
    assert "120명" in text
    assert "가람중" not in text
    for path in LISTS:
        if not path.endswith("/figures"):
            assert client.get(path).status_code == 403, path


def test_nothing_is_there_for_numbers_that_do_not_exist(site: Site) -> None:
    client = site.signed_in("coordinator@demo.example.kr")
    for path in (
        "runs/99",
        "runs/99/plan",
        "runs/99/publish",
        "runs/99/days",
        "runs/99/schools",
        "runs/99/workplaces",
        "runs/99/difference",
        "runs/99/alternatives",
        "runs/compare?run=99",
        "runs/99/requests/1",
        "visits/99",
        "workplaces/999",
        "people/999",
    ):
        assert client.get(f"/console/{path}").status_code == 404, path
    assert client.post("/console/workplaces/999/contact").status_code == 404
    assert client.post("/console/messages/999/send-again").status_code == 404
