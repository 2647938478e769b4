"""What gunicorn loads, once and before it forks (``--preload``): ``booking.wsgi:app``."""

from __future__ import annotations

import gc

from booking.app import create_app
from booking.web.warming import warm_up

app = create_app()
warm_up(app)
# A page makes thousands of short-lived rows. With Python's own threshold of 700 the collector goes through all of the
# application again and again meanwhile (measured: 60 % of the time of the heaviest pages), so what is loaded by now is
# set aside, and the rest is looked through less often.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
