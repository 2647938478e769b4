"""Which entries of the register are likely one workplace, and which only look so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.alike import Face, Lookout, Why, alike

ROAD = "서울특별시 구로구 보기로 10"


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (Face("보기공방", ROAD), Face("(주) 보기 공방", "서울 구로구 보기로 10 (구로동) 3층"), Why.NAME),
        (Face("㈜보기디자인", ROAD), Face("주식회사 보기디자인", ROAD), Why.NAME),
        (Face("개봉동물병원", ROAD), Face("게봉동물병원", ROAD), Why.NAME),
        (Face("ＡＢＣ 스튜디오", ROAD), Face("abc스튜디오", ROAD), Why.NAME),
        (Face("보기공방", ""), Face("보기 공방", ROAD), Why.NAME),
        (Face("보기공방", ROAD, "02-0000-0001"), Face("딴 이름", "딴 곳", "02 0000 0001"), Why.PHONE),
        # branches, house numbers, other roads, short dials and half-alike names are others
        (Face("보기공방 1호점", ROAD), Face("보기공방 2호점", ROAD), None),
        (Face("보기공방", ROAD), Face("보기공방", "서울 구로구 보기로 12"), None),
        (Face("보기공방", ROAD), Face("보기공방", "서울 금천구 다른길 10"), None),
        (Face("가나소방서", ROAD, "119"), Face("다라경찰서", ROAD, "119"), None),
        (Face("보기공방", ""), Face("보기공장", ""), None),
        (Face("", ROAD), Face("", ROAD), None),
        (Face("(주)", ROAD), Face("㈜", ROAD), None),
    ],
)
def test_two_entries(one: Face, other: Face, why: Why | None) -> None:
    assert alike(one, other) is why
    assert alike(other, one) is why
    assert bool(list(Lookout([one, other]).pairs())) is (why is not None)


SIGNS = st.text(st.sampled_from("가나다라마바사보기공방동물병원점"), min_size=1, max_size=8)


@given(SIGNS, st.sampled_from(["(주)", "㈜", "주식회사 ", " ", ""]), st.integers(0, 8))
def test_forms_and_blanks_never_tell_two_apart(name: str, form: str, at: int) -> None:
    one, other = Face(name, ROAD), Face(f"{form}{name[:at]} {name[at:]}", ROAD)
    assert alike(one, other) is Why.NAME
    assert Lookout([one]).like(other) == [(0, Why.NAME)]


@given(st.lists(st.builds(Face, SIGNS, st.sampled_from([ROAD, ""])), max_size=12))
def test_looking_out_finds_what_comparing_everybody_with_everybody_finds(faces: list[Face]) -> None:
    everybody = [
        (one, other, why)
        for one in range(len(faces))
        for other in range(one + 1, len(faces))
        if (why := alike(faces[one], faces[other])) is not None
    ]
    assert list(Lookout(faces).pairs()) == everybody
