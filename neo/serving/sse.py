"""Server-sent events: a stream whose first frame decides the status, that ends when the client does or time is up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from neo.serving.logs import log_failure
from neo.serving.problems import Refusal, refusal_of
from neo.serving.waiting import Gone, unless_gone

LAST_WORDS = 5.0  # seconds that a client who reads slowly has for the last frame
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold the frames back
]


def frame(data: Mapping[str, Any] | str, event: str | None = None) -> bytes:
    """One event. JSON has no raw line breaks, so nothing in the data ends the frame."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    name = "" if event is None else f"event: {event}\n"
    return f"{name}data: {text}\n\n".encode()


class EventStream(Response):
    """Frames as they come. What fails before the first one is an ordinary error; later it is a frame of its own.

    frames: closed when the client goes away; failed: what is sent for an error; seconds: for the whole stream.
    """

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None], failed: Callable[[Refusal], bytes], seconds: float) -> None:
        self.frames, self.failed, self.seconds = frames, failed, seconds
        self.status_code, self.background = 200, None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await unless_gone(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        began = False
        try:
            async with asyncio.timeout(self.seconds), aclosing(self.frames) as frames:
                async for data in frames:
                    if not began:
                        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
                        began = True
                    await send({"type": "http.response.body", "body": data, "more_body": True})
        except Exception as error:
            problem = late(self.seconds) if isinstance(error, TimeoutError) else refusal_of(error)
            if not began:
                raise (problem if isinstance(error, TimeoutError) else error) from None
            if problem.status == 500:
                log_failure("a stream failed", error)
            await self._last_words(send, self.failed(problem))
            return
        await self._last_words(send, b"")

    async def _last_words(self, send: Send, data: bytes) -> None:
        """Ends the stream; Gone where the client does not take it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await send({"type": "http.response.body", "body": data, "more_body": False})
                return
        raise Gone


def late(seconds: float) -> Refusal:
    """What is answered when the time of a request is up."""
    return Refusal(504, f"No answer within {seconds:g} seconds: try again later, or ask for less.", kind="deadline")
