"""The demo's accounts: invented people whose passwords stand on the sign-in page. Only loaded in the demo."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain.vocabulary import Role

#: the invented number from which the demo sends its text messages
SENDER_NUMBER = "0200000000"
PASSWORD = "ilteo-demo-2026"  # noqa: S105 - everybody may know it: it opens the demo alone


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to sign in as; ``school`` is the code of a teacher's school."""

    email: str
    name: str
    role: Role
    label_ko: str
    label_en: str
    school: str | None = None
    password: str = PASSWORD


ACCOUNTS = (
    DemoAccount("coordinator@demo.example.kr", "한가람", Role.COORDINATOR, "센터 코디네이터", "Coordinator"),
    DemoAccount("teacher@demo.example.kr", "이서담", Role.TEACHER, "개봉중 진로부장교사", "Teacher", school="S00"),
    DemoAccount("officer@demo.example.kr", "박나래", Role.OFFICER, "구청 담당 주무관", "District officer"),
    DemoAccount("admin@demo.example.kr", "정다온", Role.ADMINISTRATOR, "관리자", "Administrator"),
)
