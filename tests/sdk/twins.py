"""The two clients behind one sync face, so that a test is written once and runs for both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import httpx

from neo_sdk import Answer, AsyncNeo, ItemPart, Neo, TextPart

TWINS = ("sync", "async")
URL = "http://neo.test"
Pieces = list[TextPart | ItemPart]


def client(twin: str, handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> Any:
    transport = httpx.MockTransport(handler)
    options = {"base_url": URL, **options}
    if twin == "sync":
        return Neo(http_client=httpx.Client(transport=transport), **options)
    return AsyncNeo(http_client=httpx.AsyncClient(transport=transport), **options)


def done(value: Any) -> Any:
    """A value, or what a coroutine comes to."""
    return asyncio.run(value) if inspect.iscoroutine(value) else value


def streamed(neo: Neo | AsyncNeo, verb: str, *args: Any, **kwargs: Any) -> tuple[Pieces, Answer]:
    """All pieces of a stream, and its answer."""
    return (
        asyncio.run(_streamed(neo, verb, *args, **kwargs))
        if isinstance(neo, AsyncNeo)
        else _read(neo, verb, *args, **kwargs)
    )


def _read(neo: Neo, verb: str, *args: Any, **kwargs: Any) -> tuple[Pieces, Answer]:
    with getattr(neo.stream, verb)(*args, **kwargs) as stream:
        pieces = list(stream)
        return pieces, stream.answer


async def _streamed(neo: AsyncNeo, verb: str, *args: Any, **kwargs: Any) -> tuple[Pieces, Answer]:
    async with getattr(neo.stream, verb)(*args, **kwargs) as stream:
        pieces = [piece async for piece in stream]
        return pieces, stream.answer
