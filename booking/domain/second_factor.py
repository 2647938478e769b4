"""The second factor: six digits that change every half minute (RFC 6238), or a code kept for a lost telephone."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import unicodedata

import pyotp

STEP_SECONDS = 30
#: clocks of telephones differ: the code before and the one after are taken as well
SLACK_STEPS = 1
RECOVERY_CODES = 10
#: no letters or digits that look alike on paper; ten signs are 48 bits, which no throttle lets anybody guess
_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 10


def new_secret() -> str:
    """Return the secret that a telephone shares with the house, 160 bits in base 32."""
    return str(pyotp.random_base32())


def enrolment_address(secret: str, email: str, issuer: str) -> str:
    """Return what the picture says to a telephone (``otpauth://``)."""
    return str(pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=issuer))


def matching_step(secret: str, code: str, now: dt.datetime, after: int) -> int | None:
    """Return the half minute whose code this is, or None. One at or before ``after`` was used already and is refused.

    So a code that somebody has looked over a shoulder for does not open the door a second time.
    """
    # a keyboard in the middle of Korean may send wide digits
    plain = "".join(str(unicodedata.decimal(sign)) for sign in code if sign.isdecimal())
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    for step in range(present - SLACK_STEPS, present + SLACK_STEPS + 1):
        if step > after and hmac.compare_digest(totp.generate_otp(step), plain):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Return codes to be written down, as ``ABCDE-FGHJK``; each opens the door once."""
    codes = ["".join(secrets.choice(_SIGNS) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_digest(code: str) -> bytes | None:
    """Return what is stored of a recovery code, however it was typed; None for what cannot be one."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(plain.encode()).digest() if len(plain) == _CODE_LENGTH else None
