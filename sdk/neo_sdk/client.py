"""`Neo` and `AsyncNeo`: a bundle in this process or a server, with one interface and the same answers."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx

from neo_sdk.backends import AsyncBackend, Backend
from neo_sdk.connection import MAX_RETRIES, TIMEOUT, Connection
from neo_sdk.in_process import InProcess
from neo_sdk.in_thread import InThread
from neo_sdk.over_http import AsyncOverHttp, OverHttp
from neo_sdk.refusals import checked
from neo_sdk.streaming import AnswerStream, AsyncAnswerStream
from neo_sdk.types import Answer, Health, Item
from neo_sdk.verbs import Streamable, Verbs
from neo_sdk.wire import Ask, Event, EventsRequest, ItemsRequest

EventLike = Event | Mapping[str, Any]


class _Streams(Streamable[AnswerStream]):
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def _ask(self, request: Ask) -> AnswerStream:
        return AnswerStream(self._backend.stream(request))


class _AsyncStreams(Streamable[AsyncAnswerStream]):
    def __init__(self, backend: AsyncBackend) -> None:
        self._backend = backend

    def _ask(self, request: Ask) -> AsyncAnswerStream:
        return AsyncAnswerStream(self._backend.stream(request))


class Neo(Verbs[Answer]):
    """Asks NEO. `Neo(base_url=...)` asks a server, `Neo.load(folder)` loads a bundle; all else is the same.

    Close it, or use it in a `with` block. Threads may share one.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout: float = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        http_client: httpx.Client | None = None,
    ) -> None:
        """base_url: such as http://127.0.0.1:8000, with or without /v1; api_key: by default the environment's
        NEO_API_KEY, if there is one; timeout: seconds without a sign of the server; max_retries: further tries where
        the server cannot be reached, has too much to do (429) or fails (408, 409, 500 and above).
        http_client: for proxies, certificates or tests; `close` closes it too.
        Raises ConfigError for what cannot be used.
        """
        connection = Connection.to(base_url, api_key, timeout, max_retries)
        self._backend: Backend = OverHttp(connection, httpx.Client() if http_client is None else http_client)

    @classmethod
    def load(cls, folder: str | Path, device: str | None = None, verify: bool = True) -> Self:
        """A bundle, in this process, on the GPU if there is one; verify: whether every file is compared with its
        hash. Needs the package neo-catalog (ConfigError). Raises BundleError for what is no whole bundle."""
        loaded = cls.__new__(cls)
        loaded._backend = InProcess.load(folder, device, verify)
        return loaded

    @property
    def stream(self) -> Streamable[AnswerStream]:
        """The verbs once more, as streams: `with neo.stream.chat("...") as stream:`."""
        return _Streams(self._backend)

    def item(self, item_id: str) -> Item:
        """An item of the catalog. NotFoundError where it has none of this id."""
        return self.items([item_id])[0]

    def items(self, item_ids: Sequence[str]) -> list[Item]:
        """Items of the catalog, 1 to 100, in the order of their ids. NotFoundError if one of them is unknown."""
        return self._backend.items(checked(ItemsRequest, {"ids": item_ids}))

    def events(self, listener: str, events: Sequence[EventLike]) -> int:
        """Tells what a listener did: 1 to 1,000 `Event`s or mappings of their fields. How many were accepted.

        They are kept once this returns. An event without an id is given one, so that it counts once however often it
        is sent. InvalidRequestError in process: a loaded bundle does not learn.
        """
        return self._backend.events(_events(listener, events))

    def models(self) -> list[str]:
        """The names of the models that answer."""
        return self._backend.models()

    def health(self) -> Health:
        """Whether there is something that can answer. Raises APIConnectionError where nothing is."""
        return self._backend.health()

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """The same client with other patience, over the same connections. In process it makes no difference."""
        changed = copy.copy(self)
        changed._backend = self._backend.changed(timeout, max_retries)
        return changed

    def close(self) -> None:
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _ask(self, request: Ask) -> Answer:
        return self._backend.answer(request)


class AsyncNeo(Verbs[Coroutine[Any, Any, Answer]]):
    """`Neo` for `async` code: verbs are awaited, streams opened with `async with`. In process the model works in a
    thread of its own, one request after the other."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout: float = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        """See `Neo`."""
        connection = Connection.to(base_url, api_key, timeout, max_retries)
        client = httpx.AsyncClient() if http_client is None else http_client
        self._backend: AsyncBackend = AsyncOverHttp(connection, client)

    @classmethod
    def load(cls, folder: str | Path, device: str | None = None, verify: bool = True) -> Self:
        """See `Neo.load`. Loading itself is not awaited."""
        loaded = cls.__new__(cls)
        loaded._backend = InThread(InProcess.load(folder, device, verify))
        return loaded

    @property
    def stream(self) -> Streamable[AsyncAnswerStream]:
        """The verbs once more, as streams: `async with neo.stream.chat("...") as stream:`."""
        return _AsyncStreams(self._backend)

    async def item(self, item_id: str) -> Item:
        """See `Neo.item`."""
        return (await self.items([item_id]))[0]

    async def items(self, item_ids: Sequence[str]) -> list[Item]:
        """See `Neo.items`."""
        return await self._backend.items(checked(ItemsRequest, {"ids": item_ids}))

    async def events(self, listener: str, events: Sequence[EventLike]) -> int:
        """See `Neo.events`."""
        return await self._backend.events(_events(listener, events))

    async def models(self) -> list[str]:
        """See `Neo.models`."""
        return await self._backend.models()

    async def health(self) -> Health:
        """See `Neo.health`."""
        return await self._backend.health()

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """See `Neo.with_options`."""
        changed = copy.copy(self)
        changed._backend = self._backend.changed(timeout, max_retries)
        return changed

    async def close(self) -> None:
        await self._backend.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def _ask(self, request: Ask) -> Coroutine[Any, Any, Answer]:
        return self._backend.answer(request)


def _events(listener: str, events: Sequence[EventLike]) -> EventsRequest:
    """Ids are given here, not by the server: a request that is tried again must carry the same ones."""
    request = checked(EventsRequest, {"listener": listener, "events": events})
    known = tuple(
        event if event.id is not None else event.model_copy(update={"id": uuid.uuid4().hex}) for event in request.events
    )
    return request.model_copy(update={"events": known})
