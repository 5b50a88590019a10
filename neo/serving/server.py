"""What all routes share: the bundle that answers, the thread that runs it, the store, and the way from a request to the
pieces of its answer.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from neo.model.prepared import Request, WordsRequest
from neo.serving.batching import Batches, Job, Place
from neo.serving.metrics import Metrics
from neo.serving.served import Current, OpenModel, Served, embedded
from neo.serving.settings import Settings
from neo.serving.store import Store
from neo.serving.waiting import Pieces
from neo_sdk.limits import MAX_SEED

T = TypeVar("T")
PREPARING = 4  # threads that check arguments, write prompts and wait for the store


class Server:
    """One server's state. Make it, `start` it, serve its routes, `close` it. open_model: how a bundle is read."""

    def __init__(self, folder: Path, settings: Settings, store: Store, open_model: OpenModel = embedded) -> None:
        limits = settings.limits
        self.settings, self.limits, self.store = settings, limits, store
        self.metrics = Metrics(lambda: self.batches.waiting)
        self.batches = Batches(
            limits.queue, limits.batch, lambda kind, size: self.metrics.batches.labels(kind).observe(size)
        )
        self.current = Current(folder, store.of, self.batches, self.metrics, open_model)
        self._threads = ThreadPoolExecutor(PREPARING, thread_name_prefix="prepare")

    def start(self, failed: Callable[[], None] = lambda: None) -> None:
        """Begins to load the bundle. failed: called if it is refused."""
        self.current.start(failed)

    def close(self) -> None:
        """Answers what has begun, then lets everything go."""
        self.current.close()
        self.batches.close()
        self._threads.shutdown()
        self.store.close()

    def health(self) -> str:
        """`ok`, `loading`, or `failed` where nothing will be answered any more."""
        if not self.batches.alive or (self.current.served is None and self.current.failure is not None):
            return "failed"
        return "loading" if self.current.served is None else "ok"

    async def aside(self, work: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Runs what takes long without the model in another thread; this one goes on serving others."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments, **options))

    async def admitted(self, work: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """`aside`, for what callers ask for: it takes a place in the queue. Refusal where that is full."""
        place = self.batches.place()
        try:
            return await self.aside(work, *arguments, **options)
        finally:
            place.leave()

    @asynccontextmanager
    async def asked(
        self, served: Served, verb: str, arguments: dict[str, Any], count: int = 1
    ) -> AsyncIterator[Pieces]:
        """The pieces of `count` answers to one request. Leaving the block ends what is not yet answered.

        Refusal where too many wait; the model's own errors for arguments that it cannot use.
        """
        places: list[Place] = []
        jobs: list[Job] = []
        try:
            while len(places) < count:
                places.append(self.batches.place())
            prepared: Request = await self.aside(getattr(served.model, f"prepare_{verb}"), **arguments)
            prepared = _of_at_most(prepared, self.limits.k)
            pieces = Pieces(count)
            for which, request in enumerate(_drawn(prepared, count)):
                jobs.append(Job(served.model, request, pieces.put(which), places[which]))
            for job in jobs:
                self.batches.submit(job)
            yield pieces
        finally:
            for job in jobs:
                job.gone = True
            for place in places:
                place.leave()


def _of_at_most(request: Request, k: int) -> Request:
    """With no more items than `k`, whatever its words ask for."""
    if not isinstance(request, WordsRequest) or request.asked.max_items <= k:
        return request
    asked = replace(request.asked, max_items=k, min_items=min(request.asked.min_items, k))
    return replace(request, asked=asked)


def _drawn(request: Request, count: int) -> list[Request]:
    """The request `count` times. Each that draws has a seed of its own, so no draw depends on who else asks."""
    manner = request.manner
    if manner.temperature is None:
        return [request] * count
    seed = secrets.randbits(63) if manner.seed is None else manner.seed
    seeds = [(seed + which) % (MAX_SEED + 1) for which in range(count)]
    return [replace(request, manner=replace(manner, seed=mine)) for mine in seeds]
