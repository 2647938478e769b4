"""What a table may say and this service does not want to know: columns that name pupils, or tell of them.

Such a column is left at the door, before anything of it is stored; the page says which. Head counts are all that is
needed (개인정보 보호법 제16조: no more than is needed).
"""

from __future__ import annotations

from collections.abc import Sequence

from booking.domain.sheet_rows import SheetKind, plain

#: in whatever table: of a pupil, or of a kind that nobody's row here has a place for
_NEVER = (
    "학생명", "학생이름", "학생성명", "학생연락처", "학생전화", "학생번호", "학번", "생년월일", "주민등록", "주민번호",
    "보호자", "학부모이름", "학부모성명", "학부모연락처", "학부모전화", "건강상태", "질병", "알레르기", "알러지",
    "studentname", "pupilname", "studentid", "dateofbirth", "birthday", "guardian", "allerg",
)  # fmt: skip
#: where a row is a class or a request, a bare name is somebody's of it
_BARE = frozenset({"이름", "성명", "명단", "name", "names"})
_OF_CLASSES = frozenset({SheetKind.CLASSES, SheetKind.REQUESTS})


def left_out(kind: SheetKind, head: Sequence[str]) -> tuple[int, ...]:
    """Return the columns, by their place, that are not read."""
    return tuple(place for place, words in enumerate(head) if _unwanted(kind, plain(words)))


def _unwanted(kind: SheetKind, words: str) -> bool:
    return any(never in words for never in _NEVER) or (kind in _OF_CLASSES and words in _BARE)
