"""Invented texts that the demo's workplaces tell classes before they come, one for each job field. Korean alone."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain.vocabulary import JobField


@dataclass(frozen=True, slots=True)
class SampleBriefing:
    """What a class should know, and what it brings."""

    briefing: str
    prepares: str


def _lines(*lines: str) -> str:
    return "\n".join(lines)


BRIEFINGS: dict[JobField, SampleBriefing] = {
    JobField.BUSINESS: SampleBriefing(
        _lines(
            "창구 뒤편의 사무실에서 하루 업무가 어떻게 흘러가는지 봅니다.",
            "모의 전표를 쓰고, 손님을 맞는 말투를 둘씩 짝지어 연습합니다.",
            "화면과 서류는 사진을 찍지 않습니다.",
        ),
        "필기도구",
    ),
    JobField.ENGINEERING: SampleBriefing(
        _lines(
            "연구실에서 작은 회로를 만들고, 만든 것을 직접 재어 봅니다.",
            "납땜 인두는 멘토가 곁에 있을 때만 잡습니다.",
            "긴 머리는 묶고, 음료는 들고 들어가지 않습니다.",
        ),
        "머리끈, 앞이 막힌 신발",
    ),
    JobField.PUBLIC_SERVICE: SampleBriefing(
        _lines(
            "신고가 들어왔을 때의 차례를 따라 해 보고, 장비의 무게를 느껴 봅니다.",
            "출동이 있으면 체험을 멈추고 노란 선 뒤로 물러섭니다.",
            "들은 이야기 가운데 사람에 대한 것은 밖에서 말하지 않습니다.",
        ),
        "편한 옷, 운동화",
    ),
    JobField.HEALTH: SampleBriefing(
        _lines(
            "진료가 없는 방에서 기구의 쓰임을 배우고, 모형으로 붕대를 감아 봅니다.",
            "들어갈 때와 나올 때 손을 씻습니다. 열이 있으면 오지 않습니다.",
            "기다리는 분들이 계시니 복도에서는 작은 소리로 말합니다.",
        ),
        "마스크, 필기도구",
    ),
    JobField.ARTS: SampleBriefing(
        _lines(
            "작업실에서 한 가지를 골라 처음부터 끝까지 만들어 봅니다.",
            "벽에 걸린 작품은 만지지 않고, 사진은 물어본 뒤에 찍습니다.",
            "다 쓴 도구는 씻어서 제자리에 둡니다.",
        ),
        "더러워져도 되는 옷, 앞치마",
    ),
    JobField.PERSONAL_SERVICE: SampleBriefing(
        _lines(
            "손님을 맞기 전의 준비를 함께 하고, 한 접시를 직접 만듭니다.",
            "칼과 불은 멘토가 말한 뒤에만 씁니다.",
            "못 먹는 음식이 있는 모둠은 인원만 미리 알려 주세요.",
        ),
        "앞치마, 머리끈",
    ),
    JobField.SALES_TRANSPORT: SampleBriefing(
        _lines(
            "물건이 들어와 손님에게 가기까지의 길을 따라 걸어 봅니다.",
            "지게차 길은 노란 선으로 그려져 있습니다. 선 안으로 들어가지 않습니다.",
            "계산대에서는 한 사람씩 차례로 해 봅니다.",
        ),
        "편한 신발",
    ),
    JobField.CONSTRUCTION: SampleBriefing(
        _lines(
            "도면을 읽고, 작은 벽을 함께 쌓아 수평을 재어 봅니다.",
            "안전모는 들어갈 때부터 나올 때까지 씁니다.",
            "비가 많이 오면 실내에서 모형으로 합니다.",
        ),
        "긴 바지, 운동화, 물",
    ),
    JobField.PRODUCTION: SampleBriefing(
        _lines(
            "고장 난 기계를 살펴 까닭을 찾고, 부품 하나를 바꾸어 끼웁니다.",
            "돌아가는 기계에는 손을 대지 않습니다. 빨간 단추의 자리를 먼저 익힙니다.",
            "귀마개와 보안경은 일터가 빌려 줍니다.",
        ),
        "긴 바지, 앞이 막힌 신발",
    ),
    JobField.AGRICULTURE: SampleBriefing(
        _lines(
            "씨앗에서 밥상까지를 밭에서 배우고, 모종을 하나씩 심어 가져갑니다.",
            "흙을 만진 뒤에는 손을 씻고, 벌이 보이면 천천히 물러섭니다.",
            "그늘이 적으니 모자를 써 주세요.",
        ),
        "모자, 물, 갈아 신을 양말",
    ),
}
