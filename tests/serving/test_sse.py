"""A stream's first frame decides the status; a client that does not read, or goes away, ends what is said to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from neo.serving import sse
from neo.serving.problems import Refusal
from neo.serving.sse import EventStream, frame
from neo.serving.waiting import Gone
from neo_sdk.errors import InvalidRequestError

Send = Callable[[Any], Awaitable[None]]


class Client:
    """What it was sent; it may go away, or not take anything after so many messages."""

    def __init__(self, takes: int = 1_000) -> None:
        self.got: list[Any] = []
        self.takes, self.goes = takes, asyncio.Event()

    async def receive(self) -> Any:
        await self.goes.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if len(self.got) >= self.takes:
            await asyncio.Event().wait()
        self.got.append(message)


class Source:
    """Frames without an end, or up to an error."""

    def __init__(self, error: Exception | None = None, after: int = 10**9) -> None:
        self.error, self.after, self.closed = error, after, False

    async def frames(self) -> AsyncGenerator[bytes, None]:
        try:
            for number in range(10**9):
                if number == self.after and self.error is not None:
                    raise self.error
                yield frame({"number": number})
                await asyncio.sleep(0)
        finally:
            self.closed = True


def serve(source: Source, client: Client, seconds: float = 60) -> Awaitable[None]:
    stream = EventStream(source.frames(), lambda refusal: frame(refusal.body(), "error"), seconds)
    return stream({"type": "http"}, client.receive, client.send)


def test_what_fails_before_the_first_frame_is_an_ordinary_error() -> None:
    async def run() -> Client:
        client = Client()
        with pytest.raises(InvalidRequestError, match="k is 0"):
            await serve(Source(InvalidRequestError("k is 0"), 0), client)
        return client

    assert asyncio.run(run()).got == []


def test_what_fails_later_is_the_last_frame() -> None:
    async def run() -> Client:
        client = Client()
        await serve(Source(Refusal(503, "No memory\n\nevent: done"), 2), client)
        return client

    start, *bodies = asyncio.run(run()).got
    assert start["status"] == 200 and [body["more_body"] for body in bodies] == [True, True, False]
    assert bodies[-1]["body"].startswith(b'event: error\ndata: {"error":{"message":"No memory')
    assert bodies[-1]["body"].count(b"\n") == 3  # the message cannot end the frame


def test_a_client_that_takes_nothing_more_does_not_hold_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LAST_WORDS", 0.01)

    async def run() -> bool:
        source, client = Source(), Client(takes=3)
        with pytest.raises(Gone):
            await serve(source, client, seconds=0.05)
        return source.closed

    assert asyncio.run(run())


def test_a_client_that_goes_away_ends_the_stream() -> None:
    async def run() -> bool:
        source, client = Source(), Client()
        serving = asyncio.ensure_future(serve(source, client))
        while len(client.got) < 3:
            await asyncio.sleep(0)
        client.goes.set()
        with pytest.raises(Gone):
            await serving
        return source.closed

    assert asyncio.run(run())
