"""What every request passes first: it gets an id, must have a key, and is counted and logged at its end."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neo.serving.logs import LOG, log_failure
from neo.serving.metrics import Metrics
from neo.serving.problems import Refusal, refusal_of
from neo.serving.settings import Settings
from neo.serving.waiting import Gone

OPEN = "/health"  # the only path that needs no key
USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


class Guard:
    """Around all routes."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app, self.settings, self.metrics = app, settings, metrics
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if USABLE_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                answer["x-request-id"] = request_id
                answer["x-content-type-options"] = "nosniff"
            await send(message)

        self.inside += 1
        try:
            if scope["path"] != OPEN:
                check_key(headers.getlist("authorization"), self.settings.keys)
                self._check_room()
            check_host(headers.get("host", ""), self.settings.hosts)
            await self.app(scope, receive, tell)
        except Gone:
            status = 499
        except Exception as error:
            if status:
                log_failure(f"{request_id} ended in the middle", error)
            else:
                await error_response(error, request_id)(scope, receive, tell)
        finally:
            self.inside -= 1
            self._note(scope, request_id, status, time.perf_counter() - began)

    def _check_room(self) -> None:
        """Refusal (429) for a request too many: nothing of its body is read."""
        most = self.settings.limits.requests
        if self.inside > most:
            raise Refusal(429, f"{most} requests are here already: try again in a second.", kind="too_many_requests")

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self.metrics.requests.labels(route, status).inc()
        if status in (499, 504):
            self.metrics.cancelled.inc()
        self.metrics.seconds.labels(route).observe(seconds)
        LOG.info("%s %s %s %d %.0f ms", request_id, scope["method"], route, status, seconds * 1000)


def error_response(error: BaseException, request_id: str) -> JSONResponse:
    """What a caller gets for an error; what nobody expected is logged."""
    refusal = refusal_of(error)
    if refusal.status == 500:
        log_failure(f"{request_id} failed", error)
    return JSONResponse(refusal.body(), refusal.status, refusal.all_headers())


def check_key(given: Sequence[str], keys: Sequence[str]) -> None:
    """Refusal (401) unless exactly one key was sent and is one of these, in a time that does not depend on which."""
    if not keys:
        return
    scheme, _, key = (given[0] if len(given) == 1 else "").partition(" ")
    sent = _digest(key.strip())
    matches = [hmac.compare_digest(sent, _digest(known)) for known in keys]
    if scheme.lower() != "bearer" or not any(matches):
        came = "a key that is not known" if given else "no key"
        message = f"The request came with {came}, expected `Authorization: Bearer KEY`: send the server's key."
        raise Refusal(401, message, kind="invalid_api_key", headers={"www-authenticate": "Bearer"})


def check_host(host: str, hosts: Sequence[str]) -> None:
    """Refusal (403) for a name that this server does not have, if it has any.

    A web page may give a name of its own the address 127.0.0.1, and would then be let read what is answered.
    """
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if hosts and name.lower() not in hosts:
        message = f"The request is for another host than this server, which is {hosts[0]}: ask it by that name."
        raise Refusal(403, message, kind="unknown_host")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def id_of(request: Any) -> str:
    """The id that the guard gave a request."""
    found: str = request.state.request_id
    return found
