"""Bodies of requests: counted before they are parsed, and parsed by the models that the client builds them with."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from neo.serving.problems import Refusal
from neo.serving.settings import Limits
from neo.serving.waiting import Gone
from neo_sdk.errors import InvalidRequestError
from neo_sdk.wire import ChatRequest, Wire

W = TypeVar("W", bound=Wire)
SLOWEST = 30  # seconds for a body to arrive
DRAINED = 8 << 20  # bytes of a body that is too large, read so that the client hears why it is refused


async def read_body(request: Request, model: type[W], limits: Limits) -> W:
    """The body as the model. Refusal (408, 413, 415), ValidationError or InvalidRequestError for one of no use."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or "content-encoding" in request.headers:
        raise Refusal(415, f"The body is sent as {kind or 'nothing'}, expected application/json, not compressed.")
    body = await _bytes(request, limits.body)
    if not body.strip():
        raise InvalidRequestError("The body is empty, expected a JSON object: send one.")
    found = model.model_validate_json(body)
    check_limits(found, limits)
    return found


async def _bytes(request: Request, most: int) -> bytes:
    """The whole body, never more of it in memory than `most`, whatever its header says of its length."""
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= most:
                    body += chunk
                elif size > most + DRAINED:
                    break
    except TimeoutError:
        raise Refusal(408, f"The body did not arrive within {SLOWEST} seconds: send it again.") from None
    except ClientDisconnect:
        raise Gone from None
    if size > most:
        message = f"The body has more than {most:,} bytes, which is all that is read: send less."
        raise Refusal(413, message, headers={"connection": "close"})
    return bytes(body)


def check_limits(asked: Wire, limits: Limits) -> None:
    """InvalidRequestError for what this server does not let a request ask for."""
    most = {
        "k": limits.k,
        "beams": limits.beams,
        "n": min(limits.n, limits.queue),  # each answer waits by itself
        "max_tokens": limits.tokens,
        "max_completion_tokens": limits.tokens,
    }
    for name, limit in most.items():
        _at_most(name, getattr(asked, name, None), limit)
    if isinstance(asked, ChatRequest):
        _at_most("neo.max_items", asked.neo.max_items, limits.k)
        _at_most("the number of messages", len(asked.messages), limits.messages)
        for place, message in enumerate(asked.messages):
            length = sum(len(part["text"]) for part in message.said() if part["type"] == "text")
            _at_most(f"the number of characters of messages[{place}]", length, limits.message_chars)


def _at_most(name: str, value: int | None, limit: int) -> None:
    if value is not None and value > limit:
        raise InvalidRequestError(f"{name} is {value:,}, expected at most {limit:,} on this server: ask for less.")
