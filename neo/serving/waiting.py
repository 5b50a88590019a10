"""How a coroutine waits for the thread that runs the model: piece by piece, and no longer than somebody is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from starlette.types import Receive

from neo.model.answers import StreamEvent
from neo_sdk.types import Answer

T = TypeVar("T")


class Gone(Exception):
    """Who asked is not there any more."""


class Pieces:
    """The pieces of `count` answers as (which of them, piece), in the order they are said; each ends with its Answer.

    What the thread says as an error is raised here.
    """

    def __init__(self, count: int = 1) -> None:
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[tuple[int, StreamEvent | Exception]] = asyncio.Queue()
        self._open = count

    def put(self, which: int) -> Callable[[StreamEvent | Exception], None]:
        """For the thread: takes the pieces of one of the answers."""

        def say(piece: StreamEvent | Exception) -> None:
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                self._loop.call_soon_threadsafe(self._said.put_nowait, (which, piece))

        return say

    async def __aiter__(self) -> AsyncIterator[tuple[int, StreamEvent]]:
        while self._open:
            which, piece = await self._said.get()
            if isinstance(piece, Exception):
                raise piece
            self._open -= isinstance(piece, Answer)
            yield which, piece

    async def answers(self) -> list[Answer]:
        """All of them, whole."""
        whole = [(which, piece) async for which, piece in self if isinstance(piece, Answer)]
        return [answer for _, answer in sorted(whole, key=lambda pair: pair[0])]


async def unless_gone(receive: Receive, work: Awaitable[T]) -> T:
    """What the work returns; it is cancelled, and Gone raised, when the client goes away. Its body must be read."""
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Gone
        return doing.result()
    finally:
        for task in (doing, leaving):
            task.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
