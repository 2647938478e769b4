"""꿈길: the national portal takes and gives workplaces as a table in an order of its own."""

from __future__ import annotations

from booking.domain.sheet_rows import write_hours

#: the heads of its table, in its order; what we do not keep (the fee) is left for a person to fill in
HEADS = ("체험처명", "유형", "지역", "대상", "시간", "비용", "정원")
_PARTS_OF_A_REGION = 2


def region_of(address: str) -> str:
    """The city and the district of an address: ``서울 구로구``."""
    return " ".join(address.split()[:_PARTS_OF_A_REGION])


def row_of(name: str, kind: str, address: str, levels: list[str], halves: list[str], most: int) -> tuple[object, ...]:
    """A workplace as the portal's table has it; ``kind`` and ``levels`` in words."""
    return name, kind, region_of(address), ", ".join(levels), write_hours(halves), "", most
