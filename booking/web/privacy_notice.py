"""개인정보 처리방침: what the centre keeps of whom, why, for how long, and what anybody can ask for. For everybody.

It says what the installation does by itself: the periods are those by which the night's erasing goes, the firms that
carry messages are those that are configured (개인정보 보호법 제30조).
"""

from __future__ import annotations

from flask import Blueprint, render_template

from booking.services.alimtalk import offered
from booking.services.retention import periods_of
from booking.services.terms import the_centre
from booking.web.access import public
from booking.web.database import config, read

pages = Blueprint("privacy_notice", __name__)


@pages.get("/privacy")
@public
def notice() -> str:
    """The notice, linked from the foot of every page."""
    settings = config()
    carriers = [name for name, used in (("SOLAPI", settings.solapi), ("NHN Cloud", settings.nhn)) if used]
    if offered(settings):
        carriers.append("Kakao")
    centre = the_centre(read())
    return render_template("web/privacy.html", keeper=centre, periods=periods_of(centre), carriers=carriers)
