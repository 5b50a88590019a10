"""Asks a NEO server. Two transports, sync and async, alike line by line; what they can share is in connection.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx

from neo_sdk.connection import Connection, Outgoing, request_id
from neo_sdk.errors import APIError
from neo_sdk.failures import parsed, refusal, unreachable
from neo_sdk.replies import Accepted, Items, Models, Reading, whole
from neo_sdk.types import Answer, Health, Item, StreamEvent
from neo_sdk.wire import Ask, EventsRequest, ItemsRequest


class OverHttp:
    """A server, asked and waited for."""

    def __init__(self, connection: Connection, client: httpx.Client) -> None:
        self.connection, self._client = connection, client

    def changed(self, timeout: float | None, max_retries: int | None) -> OverHttp:
        """Over the same connections, with other patience."""
        return OverHttp(self.connection.changed(timeout, max_retries), self._client)

    def answer(self, request: Ask) -> Answer:
        response = self._send(self.connection.post(request))
        return whole(request, response.content, request_id(response))

    @contextmanager
    def stream(self, request: Ask) -> Iterator[Iterator[StreamEvent]]:
        """The pieces of an answer. Leaving closes the response, which tells the server to stop."""
        response = self._send(self.connection.post(request, stream=True), stream=True)
        try:
            yield self._pieces(request, response)
        finally:
            response.close()

    def items(self, request: ItemsRequest) -> list[Item]:
        response = self._send(self.connection.get("/v1/items", request.ids))
        return list(parsed(Items, response.content, request_id(response)).items)

    def events(self, request: EventsRequest) -> int:
        response = self._send(self.connection.post(request))
        return parsed(Accepted, response.content, request_id(response)).accepted

    def models(self) -> list[str]:
        response = self._send(self.connection.get("/v1/models"))
        return [model.id for model in parsed(Models, response.content, request_id(response)).data]

    def health(self) -> Health:
        """One try: a server that is loading says so with a status that is tried again otherwise."""
        try:
            response = self._client.send(self._client.build_request(**self.connection.get("/health")))
        except httpx.RequestError as lost:
            raise unreachable(lost, self.connection.where) from lost
        return health(response)

    def close(self) -> None:
        self._client.close()

    def _send(self, outgoing: Outgoing, stream: bool = False) -> httpx.Response:
        """A successful response, read unless it is a stream."""
        request = self._client.build_request(**outgoing)
        tries = 0
        while True:
            tries += 1
            refused: httpx.Response | None = None
            error: APIError
            try:
                response = self._client.send(request, stream=stream)
                if response.is_success:
                    return response
                response.read()
                refused, error = response, refusal(response)
            except httpx.RequestError as lost:
                error = unreachable(lost, self.connection.where)
                error.__cause__ = lost
            wait = self.connection.pause(tries, refused)
            if wait is None:
                raise error
            time.sleep(wait)

    def _pieces(self, request: Ask, response: httpx.Response) -> Iterator[StreamEvent]:
        reading = Reading(request, request_id(response))
        try:
            for chunk in response.iter_bytes():
                yield from reading.feed(chunk)
                if reading.done:
                    return
        except httpx.RequestError as lost:
            raise unreachable(lost, self.connection.where) from lost
        reading.end()


class AsyncOverHttp:
    """A server, asked while other things go on."""

    def __init__(self, connection: Connection, client: httpx.AsyncClient) -> None:
        self.connection, self._client = connection, client

    def changed(self, timeout: float | None, max_retries: int | None) -> AsyncOverHttp:
        """Over the same connections, with other patience."""
        return AsyncOverHttp(self.connection.changed(timeout, max_retries), self._client)

    async def answer(self, request: Ask) -> Answer:
        response = await self._send(self.connection.post(request))
        return whole(request, response.content, request_id(response))

    @asynccontextmanager
    async def stream(self, request: Ask) -> AsyncIterator[AsyncIterator[StreamEvent]]:
        """The pieces of an answer. Leaving closes the response, which tells the server to stop."""
        response = await self._send(self.connection.post(request, stream=True), stream=True)
        pieces = self._pieces(request, response)
        try:
            yield pieces
        finally:
            await pieces.aclose()
            await response.aclose()

    async def items(self, request: ItemsRequest) -> list[Item]:
        response = await self._send(self.connection.get("/v1/items", request.ids))
        return list(parsed(Items, response.content, request_id(response)).items)

    async def events(self, request: EventsRequest) -> int:
        response = await self._send(self.connection.post(request))
        return parsed(Accepted, response.content, request_id(response)).accepted

    async def models(self) -> list[str]:
        response = await self._send(self.connection.get("/v1/models"))
        return [model.id for model in parsed(Models, response.content, request_id(response)).data]

    async def health(self) -> Health:
        """One try: a server that is loading says so with a status that is tried again otherwise."""
        try:
            response = await self._client.send(self._client.build_request(**self.connection.get("/health")))
        except httpx.RequestError as lost:
            raise unreachable(lost, self.connection.where) from lost
        return health(response)

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, outgoing: Outgoing, stream: bool = False) -> httpx.Response:
        """A successful response, read unless it is a stream."""
        request = self._client.build_request(**outgoing)
        tries = 0
        while True:
            tries += 1
            refused: httpx.Response | None = None
            error: APIError
            try:
                response = await self._client.send(request, stream=stream)
                if response.is_success:
                    return response
                await response.aread()
                refused, error = response, refusal(response)
            except httpx.RequestError as lost:
                error = unreachable(lost, self.connection.where)
                error.__cause__ = lost
            wait = self.connection.pause(tries, refused)
            if wait is None:
                raise error
            await asyncio.sleep(wait)

    async def _pieces(self, request: Ask, response: httpx.Response) -> AsyncGenerator[StreamEvent]:
        reading = Reading(request, request_id(response))
        try:
            async for chunk in response.aiter_bytes():
                for event in reading.feed(chunk):
                    yield event
                if reading.done:
                    return
        except httpx.RequestError as lost:
            raise unreachable(lost, self.connection.where) from lost
        reading.end()


def health(response: httpx.Response) -> Health:
    """What a server says of itself."""
    if response.is_success or response.status_code == 503:
        return parsed(Health, response.content, request_id(response))
    raise refusal(response)
