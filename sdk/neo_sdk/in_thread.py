"""Lets an event loop go on while something else works in a thread of its own, one request after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from neo_sdk.backends import Backend
from neo_sdk.types import Answer, Health, Item, StreamEvent
from neo_sdk.wire import Ask, EventsRequest, ItemsRequest

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class InThread:
    """A sync backend for async callers. A call that was cancelled still runs to its end, but for streams: those stop
    after the piece that they are at."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="neo")

    def changed(self, timeout: float | None, max_retries: int | None) -> InThread:
        """The same, as for every backend that is not reached over HTTP."""
        return self

    async def answer(self, request: Ask) -> Answer:
        return await self._run(self._backend.answer, request)

    @asynccontextmanager
    async def stream(self, request: Ask) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        opening = self._backend.stream(request)
        pieces = self._each(await self._run(opening.__enter__))
        try:
            yield pieces
        finally:
            await pieces.aclose()
            await self._run(opening.__exit__, None, None, None)

    async def items(self, request: ItemsRequest) -> list[Item]:
        return await self._run(self._backend.items, request)

    async def events(self, request: EventsRequest) -> int:
        return await self._run(self._backend.events, request)

    async def models(self) -> list[str]:
        return await self._run(self._backend.models)

    async def health(self) -> Health:
        return await self._run(self._backend.health)

    async def close(self) -> None:
        self._thread.shutdown(wait=False)

    async def _each(self, pieces: Iterator[StreamEvent]) -> AsyncGenerator[StreamEvent]:
        while (piece := await self._run(next, pieces, None)) is not None:
            yield piece

    async def _run(
        self, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))
