"""Every kind of message, in both languages, with usual and with the longest facts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from booking.domain.sms import SmsKind
from booking.domain.vocabulary import Channel, Language
from booking.notify.catalogue import CATALOGUE, Kind, Recipient
from booking.notify.rendering import CannotRender, render_email, render_sms
from tests.support.letters import LINK, group, letter, longest, notice, usual, visit

BY_EMAIL = [kind for kind, entry in CATALOGUE.items() if Channel.EMAIL in entry.channels]
BY_SMS = [kind for kind, entry in CATALOGUE.items() if Channel.SMS in entry.channels]
HANGUL = re.compile("[가-힣]+")


class Tags(HTMLParser):
    """Collects what would fetch something from elsewhere, or run."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_every_kind_stands_in_the_catalogue() -> None:
    assert set(CATALOGUE) == set(Kind)


@pytest.mark.parametrize("facts", [usual, longest])
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", BY_EMAIL)
def test_an_email_has_three_texts_that_name_the_same(kind: Kind, language: Language, facts: Any) -> None:
    email = render_email(letter(kind, language, facts(kind)))
    assert email.subject
    assert "\n" not in email.subject
    assert "02-0000-0000" in email.text
    assert "02-0000-0000" in email.html
    entry = CATALOGUE[kind]
    has_link = entry.private_link or entry.consented or entry.one_time is not None
    assert (LINK in email.text) == (LINK in email.html) == has_link
    assert "None" not in email.text + email.subject


@pytest.mark.parametrize("kind", BY_EMAIL)
def test_the_html_fetches_nothing_and_runs_nothing(kind: Kind) -> None:
    tags = Tags()
    tags.feed(render_email(letter(kind, Language.KO, usual(kind))).html)
    assert {tag for tag, _ in tags.seen}.isdisjoint({"img", "script", "link", "style", "iframe", "form", "object"})
    assert not [attributes for _, attributes in tags.seen if "src" in attributes or "background" in attributes]


@pytest.mark.parametrize("has_email", [True, False])
@pytest.mark.parametrize("facts", [usual, longest])
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", BY_SMS)
def test_every_text_message_fits_one_sms_and_holds_no_link_where_an_email_holds_it(
    kind: Kind, language: Language, facts: Any, has_email: bool
) -> None:
    measured = render_sms(letter(kind, language, facts(kind), has_email=has_email))
    if CATALOGUE[kind].private_link and not has_email:
        assert measured.text.endswith(f" {LINK}"), "who has no e-mail answers on the telephone in the hand"
        assert measured.kind is SmsKind.LMS
        return
    if (kind, language, facts) == (Kind.SHIFT_OFFER, Language.KO, longest):
        assert measured.size <= 95  # two long names and two long dates
    assert measured.kind is SmsKind.SMS, measured.text
    assert "http" not in measured.text
    assert "\n" not in measured.text


@pytest.mark.parametrize("kind", [kind for kind in BY_SMS if CATALOGUE[kind].recipient is Recipient.WORKPLACE])
@pytest.mark.parametrize("facts", [usual, longest])
def test_workplaces_are_thanked_in_every_text_message(kind: Kind, facts: Any) -> None:
    assert "감사" in render_sms(letter(kind, Language.KO, facts(kind))).text
    assert "hank" in render_sms(letter(kind, Language.EN, facts(kind))).text


@pytest.mark.parametrize("kind", BY_EMAIL)
def test_english_is_english_but_for_names(kind: Kind) -> None:
    facts = usual(kind)
    names = set(HANGUL.findall(str(facts))) | {"김하늘"}
    email = render_email(letter(kind, Language.EN, facts))
    assert set(HANGUL.findall(email.subject + email.text + re.sub("<[^>]+>", "", email.html))) <= names


def test_dates_are_written_as_people_here_write_them() -> None:
    assert "6월 12일 (금)" in render_email(letter(Kind.WORKPLACE_ASK, Language.KO, notice())).text
    assert "6/12(금) 13:30" in render_sms(letter(Kind.WORKPLACE_CONFIRMED, Language.KO, notice())).text


def test_teachers_texts_name_the_number_of_workplaces() -> None:
    assert "일터 5곳" in render_sms(letter(Kind.VISIT_CONFIRMED, Language.KO, visit())).text


def test_several_schools_on_one_day_are_counted_without_those_that_are_cancelled() -> None:
    groups = [group(), group(school_sms="구로중", pupils=4), group(school_sms="영림중", pupils=9, change="cancelled")]
    text = render_sms(letter(Kind.WORKPLACE_CHANGED, Language.KO, notice(groups=groups))).text
    assert "2교 9명" in text


def test_a_workplace_without_email_answers_on_the_link_in_its_text_message() -> None:
    text = render_sms(letter(Kind.WORKPLACE_ASK, Language.KO, notice(), has_email=False)).text
    assert "아래에서 답해" in text
    assert LINK in text
    assert "메일" not in text


def test_names_cannot_become_html() -> None:
    facts = notice(workplace="<b>공방</b>", groups=[group(school='"><script>alert(1)</script>')])
    html = render_email(letter(Kind.WORKPLACE_ASK, Language.KO, facts)).html
    assert "<script>" not in html
    assert "&lt;b&gt;공방&lt;/b&gt;" in html


def test_names_cannot_become_a_template() -> None:
    facts = notice(workplace="{{ centre.telephone }}%(x)s{% raw %}")
    assert "{{ centre.telephone }}%(x)s{% raw %}" in render_email(letter(Kind.WORKPLACE_ASK, Language.KO, facts)).text


@pytest.mark.parametrize("kind", list(Kind))
def test_a_missing_fact_is_an_error_and_never_a_hole(kind: Kind) -> None:
    facts = usual(kind)
    for name in ("school", "workplace", "date", "answer_by", "groups", "visits", "offers", "labels"):
        if kind in {Kind.SIGN_IN_LINK, Kind.PASSWORD_RESET, Kind.ANNOUNCEMENT}:
            continue  # they are about no school
        if name in facts and not (kind is Kind.WORKPLACE_CONFIRMED and name == "answer_by"):
            smaller = {key: value for key, value in facts.items() if key != name}
            # these ask nothing
            if name == "answer_by" and kind in {
                Kind.WORKPLACE_CANCELLED, Kind.COACH_CANCELLED, Kind.COACH_REMINDER,
            }:  # fmt: skip
                continue
            with pytest.raises(CannotRender):
                render_email(letter(kind, Language.KO, smaller))


@pytest.mark.parametrize("kind", [Kind.SIGN_IN_LINK, Kind.PASSWORD_RESET])
def test_a_link_that_does_not_say_how_long_it_opens_is_not_sent(kind: Kind) -> None:
    with pytest.raises(CannotRender):
        render_email(letter(kind, Language.KO, {}))


@pytest.mark.parametrize("language", list(Language))
def test_an_invitation_to_the_office_names_no_school(language: Language) -> None:
    facts = {"school": None, "title": None, "days": 7}
    email = render_email(letter(Kind.INVITATION, language, facts))
    assert "None" not in email.text + email.html
    assert LINK in email.text


def test_a_sign_that_no_carrier_carries_is_refused() -> None:
    with pytest.raises(CannotRender) as refused:
        render_sms(letter(Kind.VISIT_CONFIRMED, Language.KO, visit(school_sms="개봉중😀")))
    assert refused.value.reason == "sms_characters"
