"""알림톡 templates: what each kind suggests, what its variables become, and what is refused before Kakao refuses it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from booking.domain.alimtalk import LONGEST, clean_body, clean_button, clean_code, fill, names_in
from booking.domain.errors import InvalidInput
from booking.domain.vocabulary import Channel, Language
from booking.notify.alimtalk import carries_link, render_alimtalk, sample, suggestion
from booking.notify.alimtalk_variables import KINDS, variables_of
from booking.notify.catalogue import CATALOGUE, Kind
from booking.notify.rendering import CannotRender
from tests.support.letters import LINK, group, letter, notice, usual

KNOWN = frozenset({"학교", "링크"})


def test_every_text_message_but_an_announcement_may_go_as_alimtalk() -> None:
    texts = {kind for kind, entry in CATALOGUE.items() if Channel.SMS in entry.channels}
    assert set(KINDS) == texts - {Kind.ANNOUNCEMENT}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", KINDS)
def test_a_suggestion_can_be_handed_in_as_it_is(kind: Kind, language: Language) -> None:
    text = suggestion(kind, language)
    assert clean_body(text, frozenset(variables_of(kind))) == text
    assert {"센터", "센터전화"} <= set(names_in(text))
    assert carries_link(text, "") is CATALOGUE[kind].expects_answer & CATALOGUE[kind].private_link
    assert not names_in(sample(kind, language, text))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", KINDS)
def test_a_suggestion_is_filled_from_the_facts_of_its_kind(kind: Kind, language: Language) -> None:
    # every name that the kind knows, not only those of the suggestion
    everything = "\n".join(f"{name}: #{{{name}}}" for name in variables_of(kind))
    filled = render_alimtalk(letter(kind, language, usual(kind)), everything, "")
    assert set(filled.variables) == {f"#{{{name}}}" for name in variables_of(kind)}
    assert not re.search(r"#\{|\{\{|\{%|None|Undefined", filled.text)
    if language is Language.EN:
        assert not re.search(r"\d명|\d곳|\d월|오전|오후|취소됨", filled.text)
    shown = render_alimtalk(letter(kind, language, usual(kind)), suggestion(kind, language), "").text
    assert (LINK in shown) is carries_link(suggestion(kind, language), "")
    assert len(shown) <= LONGEST


def test_what_a_workplace_reads() -> None:
    kind = Kind.WORKPLACE_ASK
    body = "#{일터} #{날짜} #{시각} #{학생}\n#{일정}\n#{기한}"
    groups = [group(pupils=10), group(label="2-1", pupils=4, change="cancelled")]
    filled = render_alimtalk(letter(kind, Language.KO, notice(groups=groups)), body, "https://#{링크주소}")
    assert filled.text == (
        "구로소방서 6월 12일 (금) 13:30 개봉중 10명\n"
        "13:30–15:45 개봉중학교 1-3반 10명\n13:30–15:45 개봉중학교 2-1반 4명 (취소됨)\n6월 5일 (금)"
    )
    assert filled.variables["#{링크주소}"] == LINK.partition("://")[2]


@pytest.mark.parametrize(
    ("facts", "body"),
    [
        ({"workplace": ""}, "#{일터}님 안녕하십니까."),
        ({"groups": [group(school="가" * 60)] * 20}, "일정\n#{일정}"),
        ({"answer_by": "soon"}, "기한 #{기한}"),
    ],
)
def test_what_kakao_would_refuse_is_not_handed_over(facts: dict[str, Any], body: str) -> None:
    with pytest.raises(CannotRender):
        render_alimtalk(letter(Kind.WORKPLACE_ASK, Language.KO, notice(**facts)), body, "")


def test_a_reader_without_a_name_is_spoken_to_all_the_same() -> None:
    nameless = letter(Kind.WORKPLACE_ASK, Language.KO, notice())
    object.__setattr__(nameless.reader, "name", "")
    assert render_alimtalk(nameless, "#{받는분}님", "").text == "담당자님"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  \n ", "required"),
        ("가" * 1001, "too_long"),
        ("#{없는것} 안내", "unknown_variable"),
        ("#{ 학교} 안내", "unknown_variable"),
        ("#{학교} #{링크}", "only_variables"),
    ],
)
def test_a_body_that_cannot_be_approved(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_body(text, KNOWN)
    assert (refused.value.field, refused.value.reason) == ("body", reason)


def test_a_body_keeps_its_lines_and_loses_what_nobody_sees() -> None:
    assert clean_body("  안내  \r\n#{학교} \r\n\r\n끝 ", KNOWN) == "안내\n#{학교}\n\n끝"


@pytest.mark.parametrize("code", ["", "KA01 TP", "가나다", "K" * 61, "KA01/../x"])
def test_a_code_that_no_provider_gives(code: str) -> None:
    with pytest.raises(InvalidInput):
        clean_code(code)


@pytest.mark.parametrize("button", ["#{링크}", "ftp://x.example.kr", "https://x y", "https://#{모름}", "javascript:1"])
def test_a_button_leads_to_a_web_address_whose_protocol_is_written_out(button: str) -> None:
    with pytest.raises(InvalidInput):
        clean_button(button, KNOWN)
    assert clean_button(" ", KNOWN) == ""
    assert clean_button(" https://#{링크} ", KNOWN) == "https://#{링크}"


def test_a_name_with_a_dollar_or_a_backslash_is_filled_as_it_is() -> None:
    assert fill("#{학교}", {"학교": r"\1 $& 가"}) == r"\1 $& 가"
