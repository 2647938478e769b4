"""Who may open which page of sender numbers, 알림톡, announcements and of personal data."""

from __future__ import annotations

from booking.domain.vocabulary import Role

STAFF = {Role.COORDINATOR, Role.ADMINISTRATOR}
PERSONAL = {
    "console.alimtalk": STAFF,
    "console.alimtalk_template": STAFF,
    "console.save_alimtalk": STAFF,
    "console.remove_alimtalk": STAFF,
    "console.sender_numbers": STAFF,
    "console.save_sender_number": STAFF,
    "console.remove_sender_number": STAFF,
    "console.audit": {Role.ADMINISTRATOR},
    "console.announcements": STAFF,
    "console.switch_announcements": {Role.ADMINISTRATOR},
    "console.new_announcement": STAFF,
    "console.save_new_announcement": STAFF,
    "console.announcement": STAFF,
    "console.save_announcement": STAFF,
    "console.test_announcement": STAFF,
    "console.schedule_announcement": STAFF,
    "console.take_announcement_back": STAFF,
    "console.discard_announcement": STAFF,
    "console.consents": STAFF,
    "console.enter_consent": STAFF,
    "console.privacy": {Role.ADMINISTRATOR},
    "console.save_periods": {Role.ADMINISTRATOR},
    "console.export_erasures": {Role.ADMINISTRATOR},
    "console.privacy_person": {Role.ADMINISTRATOR},
    "console.show_person": {Role.ADMINISTRATOR},
    "console.export_person": {Role.ADMINISTRATOR},
    "console.erase_person_data": {Role.ADMINISTRATOR},
}
