"""Where a server is and how it is asked: what the sync and the async transport have in common."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from neo_sdk import __version__
from neo_sdk.errors import ConfigError
from neo_sdk.refusals import shown
from neo_sdk.retries import pause, worth_another_try
from neo_sdk.wire import Ask, ChatRequest, EventsRequest

KEY_VARIABLE = "NEO_API_KEY"
TIMEOUT = 120.0  # seconds without a sign of the server
CONNECT = 5.0  # seconds until it takes the call
MAX_RETRIES = 2
MOST_RETRIES = 20

Outgoing = dict[str, Any]  # the arguments of build_request, of both of httpx's clients


@dataclass(frozen=True)
class Connection:
    """An address, without its /v1, what goes with every request, and how patient the client is."""

    base_url: httpx.URL
    headers: httpx.Headers  # printed without the key: httpx sees to that
    timeout: float
    max_retries: int

    @classmethod
    def to(cls, base_url: str, api_key: str | None, timeout: float, max_retries: int) -> Connection:
        """Without an `api_key` that of NEO_API_KEY is sent, if it is set. Raises ConfigError."""
        key = api_key if api_key is not None else os.environ.get(KEY_VARIABLE)
        headers = {"user-agent": f"neo-sdk/{__version__}"}
        if key:
            headers["authorization"] = f"Bearer {_fit_for_a_header(key)}"
        return cls(_url(base_url), httpx.Headers(headers), _seconds(timeout), _tries(max_retries))

    def changed(self, timeout: float | None, max_retries: int | None) -> Connection:
        return replace(
            self,
            timeout=self.timeout if timeout is None else _seconds(timeout),
            max_retries=self.max_retries if max_retries is None else _tries(max_retries),
        )

    def post(self, request: Ask | EventsRequest, stream: bool = False) -> Outgoing:
        """A request with its body. The defaults are written out: a server of another version means nothing else."""
        body = request.model_dump(mode="json", exclude_none=True)
        if stream:
            body["stream"] = True
        if stream and isinstance(request, ChatRequest):
            body["stream_options"] = {"include_usage": True}
        return {**self._outgoing("POST", request.path), "json": body}

    def get(self, path: str, ids: Sequence[str] | None = None) -> Outgoing:
        """Ids go into the query: in a path "..", or one with a slash, would lead elsewhere."""
        return {**self._outgoing("GET", path), "params": None if ids is None else {"ids": list(ids)}}

    def pause(self, tries: int, refused: httpx.Response | None) -> float | None:
        """Seconds before another try after `tries` failed ones, None where there is no use in it. refused: what the
        server answered, None where it did not."""
        if tries > self.max_retries or (
            refused is not None and not worth_another_try(refused.status_code, refused.headers)
        ):
            return None
        return pause(tries, None if refused is None else refused.headers)

    @property
    def where(self) -> str:
        """What errors call the server."""
        return f"The server at {self.base_url}"

    def _outgoing(self, method: str, path: str) -> Outgoing:
        return {
            "method": method,
            "url": self.base_url.copy_with(path=self.base_url.path.rstrip("/") + path),
            "headers": self.headers,
            "timeout": httpx.Timeout(self.timeout, connect=min(CONNECT, self.timeout)),
        }


def request_id(response: httpx.Response) -> str | None:
    return response.headers.get("x-request-id")


def _url(given: str) -> httpx.URL:
    try:
        url = httpx.URL(given)
    except (httpx.InvalidURL, TypeError):
        raise ConfigError(f"base_url is {shown(given)}, expected one like http://127.0.0.1:8000: correct it.") from None
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise ConfigError(f"base_url is {shown(given)}, expected one like http://127.0.0.1:8000: correct it.")
    if url.userinfo:
        raise ConfigError(f"base_url holds a name or a password: pass api_key, or set {KEY_VARIABLE}.")
    return url.copy_with(path=url.path.rstrip("/").removesuffix("/v1") + "/")


def _fit_for_a_header(key: str) -> str:
    if not (isinstance(key, str) and key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError("The API key has spaces, line breaks or letters beyond ASCII: check what it was copied from.")
    return key


def _seconds(timeout: float) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise ConfigError(f"timeout is {shown(timeout)}, expected seconds above 0: pass {TIMEOUT:g}, for instance.")
    return float(timeout)


def _tries(count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_RETRIES:
        raise ConfigError(f"max_retries is {shown(count)}, expected a whole number from 0 to {MOST_RETRIES}.")
    return count
