"""What a browser is told: everything of a page comes from this server, and nobody else may frame it.

Like `neo serve` without a key, it answers to this machine's own names only: no web page reaches it under another.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neo.serving.guard import check_host
from neo.serving.problems import Refusal
from neo.serving.settings import Settings

# Gradio compiles its templates in the browser and styles elements in place.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'self'; base-uri 'self'; "
    "form-action 'self'; object-src 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class OnlyFromHere:
    """Adds the headers to every answer, and refuses what asks for another host."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            check_host(Headers(scope=scope).get("host", ""), Settings.hosts)
        except Refusal as refusal:
            await PlainTextResponse(str(refusal), refusal.status)(scope, receive, send)
        else:
            await self.app(scope, receive, with_headers)
