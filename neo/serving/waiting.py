"""How a coroutine waits for the thread that runs the model, and no longer than somebody is there.

To wake it for every token of sixteen answers would cost more than the tokens do. So an answer's first piece and its end
are handed over at once, and what comes between at most every `PAUSE`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from starlette.types import Receive

from neo_sdk.types import Answer, ItemPart, StreamEvent, TextPart

T = TypeVar("T")
Said = tuple[int, StreamEvent | Exception]
PAUSE = 0.05  # seconds: text that comes in such steps still flows


class Gone(Exception):
    """Who asked is not there any more."""


class Pieces:
    """The pieces of `count` answers as (which of them, piece), in the order they are said; each ends with its Answer.

    They come in lists: what is there together. What the thread says as an error is raised here.
    """

    def __init__(self, count: int = 1) -> None:
        self._loop = asyncio.get_running_loop()
        self._handed: asyncio.Queue[list[Said]] = asyncio.Queue()
        self._open = count
        self._said: list[Said] = []  # and not handed over; the thread's alone, as is the next
        self._until = 0.0  # when a piece in the middle is handed over again

    def put(self, which: int) -> Callable[[StreamEvent | Exception], None]:
        """For the thread: takes the pieces of one of the answers."""

        def say(piece: StreamEvent | Exception) -> None:
            self._said.append((which, piece))
            now = time.monotonic()
            if isinstance(piece, TextPart | ItemPart) and now < self._until:
                return
            said, self._said, self._until = self._said, [], now + PAUSE
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                self._loop.call_soon_threadsafe(self._handed.put_nowait, said)

        return say

    async def __aiter__(self) -> AsyncIterator[list[tuple[int, StreamEvent]]]:
        while self._open:
            there: list[tuple[int, StreamEvent]] = []
            for which, piece in await self._handed.get():
                if isinstance(piece, Exception):
                    if there:
                        yield there
                    raise piece
                self._open -= isinstance(piece, Answer)
                there.append((which, piece))
            yield there

    async def answers(self) -> list[Answer]:
        """All of them, whole."""
        whole = [said async for there in self for said in there if isinstance(said[1], Answer)]
        return [answer for _, answer in sorted(whole, key=lambda said: said[0]) if isinstance(answer, Answer)]


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
