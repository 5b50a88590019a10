"""`neo serve`: listens, loads, answers until it is told to end. SIGTERM answers what has begun; SIGHUP reads the bundle
again.
"""

from __future__ import annotations

import logging
import signal
from pathlib import Path

import uvicorn

from neo.model.requests import whole
from neo.serving.app import make_app
from neo.serving.logs import LOG, log_to_stderr
from neo.serving.served import OpenModel, embedded, version_of
from neo.serving.server import Server
from neo.serving.settings import Settings
from neo.serving.store import beside, open_store
from neo_sdk.errors import BundleError

IDLE = 30  # seconds that a connection without a request is kept


def serve(
    folder: Path,
    host: str,
    port: int,
    settings: Settings,
    store_url: str | None,
    open_model: OpenModel = embedded,
) -> None:
    """Returns when it was told to end and all is answered. Without a store's URL it is a file beside the bundle.

    BundleError if the bundle cannot be used at the start.
    """
    whole("port", port, 1, 65_535)
    if not store_url:
        version_of(folder)  # a path that leads to no bundle leaves no file beside it
        store_url = beside(folder.absolute())
    log_to_stderr()
    server = Server(folder, settings, open_store(store_url), open_model)
    listening = uvicorn.Server(
        uvicorn.Config(
            make_app(server),
            host=host,
            port=port,
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whoever asks could say where from
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=int(settings.limits.timeout) + 1,
        )
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # uvicorn drains on these signals and then raises them once more: the process ends here, without an error.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGHUP, lambda *_: server.current.ask())
    server.start(failed=lambda: setattr(listening, "should_exit", True))
    guard = "a key" if settings.keys else "no key"
    LOG.info("http://%s:%d, with %s; the documentation is at /docs", host, port, guard)
    try:
        listening.run()
    finally:
        server.close()
    if server.current.served is None and server.current.failure is not None:
        raise BundleError(server.current.failure)
    LOG.info("all requests are answered; good bye")
