"""What a provider or the mail server says of a message, in plain words, and what somebody can do about it.

Codes stand behind the sender's name: ``smtp 550 5.1.1``, ``nhn 3003``, ``solapi http 429 TooManyRequests``. Meanings
are those of RFC 3463 and of NHN Cloud's public list; of SOLAPI's numbers a few are told apart, the others not.
"""

from __future__ import annotations

import re

from booking.web.marking import N_, gettext

_LATER = N_("잠시 뒤 저절로 다시 보냅니다.")
_PHONE_LATER = N_("전화기가 꺼져 있거나 신호가 없어 전하지 못했습니다. 전화로 알리거나 나중에 다시 보내 주세요.")
_OUR_NUMBER = N_("발신번호가 문자 회사에 등록되어 있지 않거나 막혀 있습니다. 관리자에게 알려 주세요.")
_REFUSED_BY_PHONE = N_("받는 분이 문자를 막아 두었거나 통신사가 스팸으로 보았습니다. 전화로 알려 주세요.")
_NO_SUCH_PHONE = N_("없는 번호이거나 번호가 잘못되었습니다. 연락처를 확인해 고친 뒤 다시 보내 주세요.")
_KEYS = N_("문자 회사의 열쇠나 요금, 허용된 주소에 문제가 있습니다. 관리자에게 알려 주세요. 고치면 저절로 나갑니다.")
_TEXT = N_("문자 회사가 보낼 수 없는 글자나 길이라고 합니다. 고쳐서 다시 보내 주세요.")
_SLOW = N_("상대가 답하지 않아 갔는지 알 수 없습니다. 받았는지 확인해 주세요.")

#: ours
OWN: dict[str, str] = {
    "no_address": N_("연락처가 없습니다. 전화나 방문으로 알려 주세요."),
    "not_wanted": N_("초대를 거두었거나 계정을 껐기 때문에 보내지 않았습니다."),
    "channel_not_configured": N_("이 길로 보낼 곳이 아직 정해져 있지 않습니다. 정해지면 저절로 나갑니다."),
    "sending_paused": N_("알림이 멈춰 있어 기다립니다."),
    "announcement_hours": N_("상시 안내는 오전 8시부터 오후 8시 50분 사이에만 나갑니다. 그때까지 기다립니다."),
    "quiet_hours": N_("밤이라 아침까지 기다립니다."),
    "quiet_hours_urgent": N_("밤이라 기다립니다. 급하면 지금 보낼 수 있습니다."),
    "daily_limit": N_("오늘 이분께 정한 횟수만큼 알렸으므로 내일 아침에 나갑니다."),
    "sender_unregistered": N_("발신번호가 설정에 등록되어 있지 않아 기다립니다."),
    "sender_expired": N_("발신번호의 등록 기한이 지나 기다립니다."),
    "sender_gone_silent": N_("보내는 도중에 끊겨 갔는지 알 수 없습니다. 받았는지 확인해 주세요."),
    "worker_died": N_("보내는 도중에 끊겨 갔는지 알 수 없습니다. 받았는지 확인해 주세요."),
    "slow_start": _LATER,
    "facts": N_("알림에 쓸 내용이 모자랍니다. 고쳐서 보내거나 전화로 알려 주세요."),
    "no_notice": N_("알림에 쓸 내용이 모자랍니다. 고쳐서 보내거나 전화로 알려 주세요."),
    "cannot_render": N_("알림에 쓸 내용이 모자랍니다. 고쳐서 보내거나 전화로 알려 주세요."),
    "sms_characters": N_("문자로 보낼 수 없는 글자가 들어 있습니다. 고쳐서 다시 보내 주세요."),
    "sms_too_long": N_("문자로 보내기에는 너무 깁니다. 줄여서 다시 보내 주세요."),
}

#: the enhanced codes of mail servers (RFC 3463): the first that begins the code
MAIL: tuple[tuple[str, str], ...] = (
    ("5.1.1", N_("없는 메일 주소입니다. 연락처를 확인해 고친 뒤 다시 보내 주세요.")),
    ("5.1.10", N_("없는 메일 주소입니다. 연락처를 확인해 고친 뒤 다시 보내 주세요.")),
    ("5.1", N_("메일 주소가 잘못되었습니다. 연락처를 확인해 고친 뒤 다시 보내 주세요.")),
    ("5.2.2", N_("받는 분의 메일함이 가득 찼습니다. 문자나 전화로 알려 주세요.")),
    ("5.2", N_("받는 분의 메일함을 쓸 수 없습니다. 문자나 전화로 알려 주세요.")),
    ("5.3.4", N_("메일이 너무 크다고 거절했습니다. 관리자에게 알려 주세요.")),
    ("5.4", N_("받는 쪽 메일 서버를 찾지 못했습니다. 연락처를 확인해 주세요.")),
    ("5.7", N_("받는 쪽 메일 서버가 보안 규칙 때문에 거절했습니다. 문자나 전화로 알려 주세요.")),
    ("4.2.2", N_("받는 분의 메일함이 가득 찼습니다. 잠시 뒤 저절로 다시 보냅니다.")),
    ("4.7", N_("받는 쪽 메일 서버가 나중에 다시 보내라고 합니다. 저절로 다시 보냅니다.")),
)

NHN: dict[str, str] = {
    **dict.fromkeys(("1002", "3001", "3003", "-2018", "-2019"), _NO_SUCH_PHONE),
    **dict.fromkeys(("2000", "2003", "2004", "2005", "2007", "3004", "3005", "1019"), _PHONE_LATER),
    **dict.fromkeys(("3006", "3012", "3013", "-6001"), _REFUSED_BY_PHONE),
    **dict.fromkeys(("1003", "3017", "3018", "3019", "-2312", "-2313"), _OUR_NUMBER),
    **dict.fromkeys(("3009", "3010", "-2014", "-2015", "-2023"), _TEXT),
    **dict.fromkeys(("-1000", "-1001", "-1002", "-1003", "-1004", "-1007", "-1008"), _KEYS),
}
SOLAPI: dict[str, str] = {"1020": _NO_SUCH_PHONE, "1026": _TEXT, "1062": _OUR_NUMBER}
ERRORS: dict[str, str] = {
    "InvalidNumber": _NO_SUCH_PHONE,
    "NotEnoughBalance": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "InvalidAPIKey": _KEYS,
}
#: the provider sends the text message in its stead by itself
_NO_KAKAOTALK = N_("카카오톡으로 전하지 못해 문자 회사가 문자로 대신 보내고 있습니다.")
_UNREACHED = N_("문자 회사와 이어지지 않았습니다. 잠시 뒤 저절로 다시 보냅니다.")
OF_BOTH: dict[str, str] = {
    "not_a_mobile_number": N_(
        "휴대전화 번호가 아니어서 문자를 보낼 수 없습니다. 연락처를 고치거나 전화로 알려 주세요."
    ),
    **dict.fromkeys(("ConnectError", "ConnectTimeout", "PoolTimeout"), _UNREACHED),
}
_BUSY = N_("문자 회사가 바빠서 받지 않았습니다. 잠시 뒤 저절로 다시 보냅니다.")


def reason_of(code: str | None) -> str:
    """Return a message's code in plain words; nothing where there is none."""
    if not code:
        return ""
    if code in OWN:
        return gettext(OWN[code])
    provider, _, rest = code.partition(" ")
    if provider == "smtp":
        return gettext(_mail(rest))
    if provider in {"nhn", "solapi"}:
        return gettext(_text(provider, rest))
    return gettext(N_("까닭을 알 수 없습니다. 전화로 알려 주세요."))


def _mail(rest: str) -> str:
    if rest == "address_or_header":
        return N_("메일 주소가 잘못되었습니다. 연락처를 확인해 고친 뒤 다시 보내 주세요.")
    if rest.endswith("login"):
        return N_("메일 서버가 우리 비밀번호를 받지 않습니다. 관리자에게 알려 주세요. 고치면 저절로 나갑니다.")
    enhanced = re.search(r"[245]\.\d+\.\d+", rest)
    if enhanced is not None:
        exact = next((words for head, words in MAIL if enhanced.group() == head), None)
        found = exact or next((words for head, words in MAIL if enhanced.group().startswith(head + ".")), None)
        if found is not None:
            return found
    if rest[:1] == "5":
        return N_("받는 쪽 메일 서버가 거절했습니다. 연락처를 확인하거나 전화로 알려 주세요.")
    if rest[:1] == "4" or rest == "slow":
        return N_("받는 쪽 메일 서버가 나중에 다시 보내라고 합니다. 저절로 다시 보냅니다.")
    return N_("메일 서버와 이어지지 않았습니다. 저절로 다시 보내고, 갔는지 알 수 없으면 그렇게 나옵니다.")


def _text(provider: str, rest: str) -> str:
    if rest.startswith("http "):
        return _http(*rest.split()[1:])
    if rest.startswith("ata "):
        return _NO_KAKAOTALK
    known = OF_BOTH.get(rest) or (NHN if provider == "nhn" else SOLAPI).get(rest)
    if known is not None:
        return known
    if re.fullmatch(r"-?\w*\d+", rest):
        return N_("통신사나 문자 회사가 전하지 못했습니다. 전화로 알려 주세요.")
    return _SLOW


def _http(status: str, error: str = "") -> str:
    if error in ERRORS:
        return ERRORS[error]
    if status in {"401", "402", "403", "423"}:
        return _KEYS
    if status in {"408", "425", "429"}:
        return _BUSY
    return _SLOW if status[:1] == "5" else N_("문자 회사가 받지 않았습니다. 내용을 고치거나 전화로 알려 주세요.")
