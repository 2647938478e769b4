"""Who is acting: what services and pages need to know of a signed-in person, and nothing that changes under them."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain.errors import Forbidden, NotFound
from booking.domain.ids import SchoolId, UserId
from booking.domain.vocabulary import Language, Role


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person, the role, and the schools that a teacher speaks for at present."""

    user_id: UserId
    name: str
    role: Role
    language: Language
    school_ids: tuple[SchoolId, ...] = ()
    ip: str | None = None

    @property
    def actor(self) -> str:
        """How history names this person: by number, never by name."""
        return f"user:{self.user_id}"

    def require_school(self, school_id: SchoolId) -> None:
        """Refuse a school that this teacher does not speak for, in the same words as one that does not exist.

        Raises:
            NotFound: the school is another's.
        """
        if self.role is Role.TEACHER and school_id not in self.school_ids:
            raise NotFound(f"school {school_id}")

    def require_role(self, *roles: Role) -> None:
        """Refuse whoever has none of ``roles``.

        Raises:
            Forbidden: the role is not among them.
        """
        if self.role not in roles:
            raise Forbidden(f"{self.role} is not one of {', '.join(roles)}")
