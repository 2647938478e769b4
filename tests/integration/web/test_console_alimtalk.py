"""The pages of 알림톡: what is suggested, kept, refused and shown, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from booking.config import Solapi
from booking.domain.alimtalk import SentAs, TemplateState
from booking.domain.vocabulary import Channel, Language
from booking.models.messages import Message
from booking.models.sending import AlimtalkTemplate
from booking.notify.alimtalk import suggestion
from booking.notify.alimtalk_variables import KINDS
from booking.notify.catalogue import Kind
from tests.support.pages import Site, words

ADDRESS = "/console/alimtalk/workplace_ask/ko"
ASK = suggestion(Kind.WORKPLACE_ASK, Language.KO)


@pytest.fixture
def desk(site: Site) -> FlaskClient:
    return site.signed_in("coordinator@demo.example.kr")


def connect(site: Site, channel: str = "KA01PF0000") -> None:
    """Give the installation an account with a channel of KakaoTalk."""
    account = Solapi("http://127.0.0.1:1", "key", "secret", "02-0000-0000", "hook", channel)
    site.app.extensions["ilteo.config"] = replace(site.app.extensions["ilteo.config"], solapi=account)


def form(**changes: str) -> dict[str, str]:
    return {"code": "KA01TP0001", "body": ASK, "button": "", "state": "approved", "do": "save", **changes}


def stored(site: Site) -> AlimtalkTemplate | None:
    site.session.rollback()
    site.session.expire_all()
    return site.session.get(AlimtalkTemplate, ("workplace_ask", Language.KO))


def test_every_kind_can_be_prepared_in_both_languages(site: Site, desk: FlaskClient) -> None:
    page = desk.get("/console/alimtalk")
    assert "아직 카카오톡 채널이 이어져 있지 않아" in words(page)
    for kind in KINDS:
        for language in Language:
            assert f'href="/console/alimtalk/{kind}/{language}"' in page.text
            assert desk.get(f"/console/alimtalk/{kind}/{language}").status_code == 200
    for address in ("announcement/ko", "sign_in_link/ko", "nothing/ko", "workplace_ask/fr"):
        assert desk.get(f"/console/alimtalk/{address}").status_code == 404
        assert desk.post(f"/console/alimtalk/{address}", data=form()).status_code == 404


def test_the_suggested_text_stands_ready_with_examples(desk: FlaskClient) -> None:
    page = desk.get(ADDRESS)
    assert "#{일터} #{받는분}님, 안녕하십니까." in page.text
    text = words(page)
    assert "구로소방서 김하늘님, 안녕하십니까." in text
    assert "#{링크주소}" in text
    english = words(desk.get("/console/alimtalk/visit_confirmed/en?lang=en"))
    assert "the visit of your class is confirmed" in english
    assert "Gaebong Middle School" in english


def test_a_template_is_kept_changed_and_removed(site: Site, desk: FlaskClient) -> None:
    assert "승인으로 바꾸기 전까지는 문자로" in words(desk.post(ADDRESS, data=form(), follow_redirects=True))
    row = stored(site)
    assert row is not None
    assert (row.code, row.body, row.button, row.state) == ("KA01TP0001", ASK, "", TemplateState.APPROVED)
    assert "suggested-title" not in desk.get(ADDRESS).text
    changed = form(body="안내 #{일터}", button="https://#{링크주소}", state="rejected")
    assert desk.post(ADDRESS, data=changed).status_code == 303
    row = stored(site)
    assert row is not None
    assert (row.body, row.button, row.state) == ("안내 #{일터}", "https://#{링크주소}", TemplateState.REJECTED)
    page = desk.get(ADDRESS)
    assert "suggested-title" in page.text
    assert "안내 구로소방서" in words(page)
    assert desk.post(ADDRESS + "/remove").status_code == 303
    assert stored(site) is None
    assert desk.post(ADDRESS + "/remove").status_code == 404


def test_what_cannot_be_kept_names_the_field_and_keeps_what_was_typed(site: Site, desk: FlaskClient) -> None:
    bad = form(code="가", body="#{모름} 안내", button="#{링크}", state="maybe")
    page = desk.post(ADDRESS, data=bad)
    assert page.status_code == 422
    text = words(page)
    assert "모르는 #{이름}" in text
    assert "영문자, 숫자" in text
    assert "https://로 시작하는" in text
    assert "#{모름} 안내" in page.text
    assert stored(site) is None


def test_a_look_keeps_nothing(site: Site, desk: FlaskClient) -> None:
    page = desk.post(ADDRESS, data=form(body="체험 #{학생} #{모름}", do="show"))
    assert page.status_code == 200
    assert "체험 개봉중 10명 #{모름}" in words(page)
    assert stored(site) is None


def test_nobody_else_sees_or_changes_templates(site: Site) -> None:
    for client in (site.signed_in("officer@demo.example.kr"), site.teacher("S0")):
        assert client.get("/console/alimtalk").status_code in {403, 404}
        assert client.post(ADDRESS, data=form()).status_code in {403, 404}
    assert stored(site) is None


def test_with_a_channel_the_page_counts_what_goes_and_names_what_kakao_refused(site: Site, desk: FlaskClient) -> None:
    connect(site)
    saved = words(desk.post(ADDRESS, data=form(), follow_redirects=True))
    assert "이제 이 알림은 알림톡으로" in saved
    assert "쓰는 템플릿 1 심사 중 0 알림의 종류 25" in saved
    assert "채널이 이어져 있지 않아" not in saved
    assert "Kakao" in words(site.visitor().get("/privacy"))
    site.session.execute(sa.update(AlimtalkTemplate).values(refused_at=sa.func.now(), refused_code="solapi 3102"))
    site.session.commit()
    for address in ("/console/alimtalk", "/console/messages?box=all", ADDRESS):
        assert "받지 않" in words(desk.get(address)), address
    assert "쓰는 템플릿 0" in words(desk.get("/console/alimtalk"))
    assert "1 카카오가 받지 않은 알림톡 템플릿" in words(desk.get("/console"))
    desk.post(ADDRESS, data=form())
    row = stored(site)
    assert row is not None
    assert (row.refused_at, row.refused_code) == (None, "")
    assert "카카오가 받지 않은" not in words(desk.get("/console"))


def test_the_preview_of_a_publication_shows_both_forms(site: Site, desk: FlaskClient) -> None:
    run = site.small.propose().id
    site.session.commit()
    address = f"/console/runs/{run}/publish/messages?channel=sms&kind=workplace_ask"
    site.foretell(run)
    assert "알림톡" not in words(desk.get(address)).partition("나갈 알림")[2].partition("받는 이")[2]
    desk.post(ADDRESS, data=form())
    connect(site)
    site.foretell(run)
    page = words(desk.get(address))
    assert "알림톡 (안 되면 문자)" in page
    assert "[체험 요청]" in page
    assert "카카오톡이 없는 전화에는 [구로진로]" in page
    site.session.rollback()
    assert site.session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0


def test_a_message_says_in_which_form_it_went(site: Site, desk: FlaskClient) -> None:
    site.publish()
    message = site.session.scalars(sa.select(Message).where(Message.channel == Channel.SMS).limit(1)).one()
    message.body, message.substitute, message.sent_as = "[체험 확정]", "[구로진로]확정", SentAs.ALIMTALK
    message.provider, message.last_error = "solapi", "solapi ata 3104"
    site.session.commit()
    page = words(desk.get(f"/console/messages/{message.id}"))
    assert "나간 모양 알림톡" in page
    assert "카카오톡이 없는 전화에는 [구로진로]확정" in page
    assert "문자로 대신 보내고 있습니다" in page
    message.sent_as = SentAs.SMS
    site.session.commit()
    page = words(desk.get(f"/console/messages/{message.id}"))
    assert "나간 모양 단문 문자 (알림톡 대신)" in page
    assert page.index("[구로진로]확정") < page.index("알림톡으로 보내려던 글 [체험 확정]")
