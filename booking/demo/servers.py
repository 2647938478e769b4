"""``python -m booking.demo.servers``: the mail server and the text-message provider of the demo, in one process.

They play parties outside the house: they listen where ``SMTP_URL`` and ``SOLAPI_URL`` point, on loopback only, and know
nothing of our database.
"""

from __future__ import annotations

import logging
import signal
import threading
from urllib.parse import urlsplit

from booking.config import Config, Misconfigured, load_config
from booking.demo.gateway import Gateway
from booking.demo.loopback import on_loopback
from booking.demo.mailbox import mail_server
from booking.demo.store import Store, store_path
from booking.log import configure_logging, get_logger

log = get_logger(__name__)


def serve(config: Config, store: Store, stop: threading.Event) -> None:
    """Serve until ``stop``: mail where mail goes to this machine, text messages where those do.

    Raises:
        Misconfigured: this is not the demo.
    """
    if not config.demo:
        raise Misconfigured("ILTEO_DEMO is not 1: the demo's servers belong to the demo")
    mail = gateway = None
    if config.smtp is not None and on_loopback(config.smtp.host):
        mail = mail_server(store, config.smtp.host, config.smtp.port)
        mail.start()
    address = urlsplit(config.solapi.url) if config.solapi is not None else None
    if config.solapi is not None and address is not None and on_loopback(address.hostname):
        receipts = f"{config.base_url}/receipts/solapi/{config.solapi.webhook_secret}"
        gateway = Gateway((address.hostname or "127.0.0.1", address.port or 80), config.solapi, store, receipts)
        threading.Thread(target=gateway.serve_forever, name="gateway", daemon=True).start()
    log.info("demo_servers_ready", mail=mail is not None, texts=gateway is not None)
    stop.wait()
    if mail is not None:
        mail.stop()
    if gateway is not None:
        gateway.close()


def main() -> None:
    """Run until SIGTERM or Ctrl-C."""
    config = load_config()
    configure_logging(config.log_level)
    # it tells every line of every session, addresses included
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: stop.set())
    serve(config, Store(store_path()), stop)


if __name__ == "__main__":
    main()
