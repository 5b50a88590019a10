"""Feeds from their addresses: one request at a time, with limits on all that a server could make long or large.

Only http and https, and no address of this machine or its own network unless that is allowed: an OPML file is somebody
else's list. The name is looked up before each request, and the address that answered is looked at once more before its
body is read. robots.txt is not asked: a feed is published to be fetched by programs. What was fetched once is asked for
with its ETag or date, and not sent again while it is the same.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from neo.catalog.columns import write_text
from neo.catalog.feeds import MAX_BYTES
from neo_sdk.errors import CatalogError, Problem

AGENT = "neo-catalog/0.1 (imports podcast feeds into a catalog)"
REDIRECTS = 5
SILENCE, WHOLE = 20.0, 60.0  # seconds without a byte, and for all of a feed
PAUSE = 1.0  # seconds between two requests to one host
# Site-local addresses and those of a NAT64 of one's own: Python 3.11 calls both global.
OWN = (ipaddress.ip_network("fec0::/10"), ipaddress.ip_network("64:ff9b:1::/48"))
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"


@dataclass
class Fetcher:
    """local: whether addresses of this network may be asked. kept: a folder for what was fetched, to ask for less the
    next time. sleep, transport: for tests."""

    local: bool = False
    kept: Path | None = None
    sleep: Callable[[float], None] = time.sleep
    transport: httpx.BaseTransport | None = None
    last: dict[str, float] = field(default_factory=dict)

    def fetch(self, url: str) -> bytes:
        """What lies at an address. CatalogError where it cannot be had, or should not be."""
        remembered = self._remembered(url)
        headers = {"User-Agent": AGENT, "Accept": ACCEPT, "Accept-Encoding": "identity"}
        for ours, theirs in (("etag", "If-None-Match"), ("modified", "If-Modified-Since")):
            if (said := remembered.get(ours)) and said.isascii():  # no other can be sent back
                headers[theirs] = said
        ends, address = time.monotonic() + WHOLE, url
        with httpx.Client(timeout=SILENCE, trust_env=self.local, transport=self.transport) as client:
            for _ in range(REDIRECTS + 1):
                self._check(url, address)
                self._wait(address)
                try:
                    with client.stream("GET", address, headers=headers) as response:
                        self._check_peer(url, response)
                        if response.has_redirect_location:
                            address = urljoin(address, response.headers["location"])
                            continue
                        if response.status_code == 304 and remembered:
                            return self._body(url).read_bytes()
                        if response.status_code != 200:
                            raise _problem(url, f"answered {response.status_code}{_later(response)}")
                        data = _read(url, response, ends)
                        self._remember(url, response, data)
                        return data
                except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                    raise _problem(url, f"cannot be fetched: {error or type(error).__name__}") from None
        raise _problem(url, f"leads on more than {REDIRECTS} times")

    def _check(self, url: str, address: str) -> None:
        """CatalogError unless the address may be asked."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError as error:
            raise _problem(url, f"{address!r:.80} is no address: {error}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise _problem(url, f"expected http:// or https://, got {address!r:.80}")
        if self.local:
            return
        try:
            found = socket.getaddrinfo(parts.hostname, port or 443, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise _problem(url, f"nobody knows the host {parts.hostname!r:.80}: {error}") from None
        for *_, place in found:
            _check_public(url, str(place[0]))

    def _check_peer(self, url: str, response: httpx.Response) -> None:
        """Who answered may be another than who was looked up."""
        stream = response.extensions.get("network_stream")
        peer: Any = None if stream is None else stream.get_extra_info("server_addr")
        if peer and not self.local:
            _check_public(url, str(peer[0]))

    def _wait(self, address: str) -> None:
        host, now = urlsplit(address).hostname or "", time.monotonic()
        if (wait := self.last.get(host, -PAUSE) + PAUSE - now) > 0:
            self.sleep(wait)
        self.last[host] = time.monotonic()

    def _body(self, url: str) -> Path:
        assert self.kept is not None
        return self.kept / f"{hashlib.sha256(url.encode('utf-8', 'replace')).hexdigest()[:32]}.feed"

    def _remembered(self, url: str) -> dict[str, str]:
        """What a server said of what is kept, if that is all there."""
        if self.kept is None or not self._body(url).is_file():
            return {}
        try:
            found = json.loads(self._body(url).with_suffix(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}

    def _remember(self, url: str, response: httpx.Response, data: bytes) -> None:
        if self.kept is None:
            return
        said = {"etag": response.headers.get("etag"), "modified": response.headers.get("last-modified")}
        body = self._body(url)
        body.parent.mkdir(parents=True, exist_ok=True)
        body.with_suffix(".json").unlink(missing_ok=True)  # first: a body must never be taken for that of another time
        body.write_bytes(data)
        write_text(json.dumps(said), body.with_suffix(".json"))


def _read(url: str, response: httpx.Response, ends: float) -> bytes:
    """The body as it was sent; it was asked for uncompressed, so that its size is its size."""
    if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise _problem(url, "is sent compressed, though it was asked for as it is")
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > MAX_BYTES:
            raise _problem(url, f"is larger than {MAX_BYTES >> 20} MB")
        if time.monotonic() > ends:
            raise _problem(url, f"took more than {WHOLE:.0f} seconds")
    return bytes(data)


def _check_public(url: str, address: str) -> None:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    if not (mapped or found).is_global or found.is_multicast or any(found in network for network in OWN):
        raise _problem(url, f"leads to {address}, which is not on the internet: allow it with --allow-local")


def _later(response: httpx.Response) -> str:
    wait = response.headers.get("retry-after", "")
    return f", and asks to come again in {wait} seconds" if wait.isdigit() else ""


def _problem(url: str, message: str) -> CatalogError:
    return CatalogError([Problem(url[:200], None, None, message)])
