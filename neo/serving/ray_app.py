"""The server under Ray Serve: `serve run neo.serving.ray_app:app bundle=runs/quickstart/bundle replicas=2`.

The application, its guard and its limits are those of `neo serve`; Ray starts it as often as it is told, and its proxy
hands requests out. Events are in one store, so what one replica was told all of them know.
"""

# Ray looks at the type of `app`'s argument itself: no `from __future__ import annotations` here.

import logging
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neo.ray_start import import_ray
from neo.serving.app import make_app
from neo.serving.engines import opener
from neo.serving.logs import log_to_stderr
from neo.serving.replicas import Replicas, Told
from neo.serving.server import Server
from neo.serving.store import open_store
from neo_sdk.errors import BundleError

import_ray("serve")
from ray import serve  # noqa: E402  # once it is told to report to nobody

HEAD = "node:__internal_head__"  # a resource that Ray gives to its first machine alone


class Neo:
    """One replica. It is there once its bundle has been tried out; one that is refused ends the deployment, and what
    answered before goes on."""

    def __init__(self, told: Told) -> None:
        log_to_stderr(logging.getLogger("neo"))
        self.server = Server(told.bundle, told.settings, open_store(told.store), opener(told.engine, told.options))
        self.server.current.load()
        served = self.server.current.served
        if served is None:
            raise BundleError(self.server.current.failure or "The bundle was refused.")
        if served.version != told.version:  # replicas of two bundles would answer side by side
            raise BundleError(f"{told.bundle} is another bundle than the one that was deployed: deploy it again.")

    def __serve_build_asgi_app__(self) -> ASGIApp:
        return _Unnumbered(make_app(self.server))

    def check_health(self) -> None:
        """Ray replaces a replica for which this raises."""
        if self.server.health() != "ok":
            raise RuntimeError("the model's thread has ended")

    def __del__(self) -> None:
        if hasattr(self, "server"):  # else it was refused before there was one
            self.server.close()


class _Unnumbered:
    """Ray's proxy numbers requests, or takes a caller's number, and says it in a header of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)["x-request-id"]
            await send(message)

        await self.app(scope, receive, tell)


DEPLOYMENT: Any = serve.deployment(serve.ingress()(Neo))


def app(asked: Replicas) -> serve.Application:
    """For `serve run`, `serve build` and `serve deploy`. ConfigError, BundleError: see `Replicas.told`."""
    told, limits = asked.told(), asked.limits
    resources = {HEAD: 0.001} if told.one_machine else {}
    deployment = DEPLOYMENT.options(
        name="neo",
        num_replicas=asked.replicas,
        ray_actor_options={"num_cpus": asked.cpus, "num_gpus": asked.gpus, "resources": resources},
        # Ray holds nothing back before the server itself says that it is full.
        max_ongoing_requests=limits.requests + limits.queue,
        max_queued_requests=limits.queue,
        graceful_shutdown_timeout_s=limits.timeout + 1,
        max_surge_percent=1,  # rounded up: a new replica answers before an old one goes
        max_constructor_retry_count=3,  # what is refused thrice will be again
        logging_config={"enable_access_log": False},  # the guard logs each request, and says less
    )
    return deployment.bind(told)
