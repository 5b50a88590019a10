"""An answer as it is made: a context manager that gives its pieces, and at the end the whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager

from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Answer, ItemPart, StreamEvent, TextPart


class _Unfolding:
    """What the two kinds of streams have in common: whether they are open, and the answer once it is there."""

    def __init__(self) -> None:
        self._opened = False
        self._answer: Answer | None = None

    @property
    def answer(self) -> Answer:
        """The whole answer. InvalidRequestError while it is not there yet: read to the end, or call `finish`."""
        if self._answer is None:
            raise InvalidRequestError("The answer is not whole yet: read the stream to its end, or call finish().")
        return self._answer

    def _open_once(self) -> None:
        if self._opened:
            raise InvalidRequestError("This stream was opened before: ask again for another one.")
        self._opened = True

    def _check_open(self) -> None:
        if not self._opened:
            raise InvalidRequestError("The stream is not open: write `with neo.stream.chat(...) as stream:`.")


class AnswerStream(_Unfolding):
    """`with` sends the request, iterating gives TextPart and ItemPart as they come, leaving stops the model's work.

    Each can be opened once. Errors of the request are raised on opening it, those of a stream where it breaks off.
    """

    def __init__(self, opening: AbstractContextManager[Iterator[StreamEvent]]) -> None:
        super().__init__()
        self._opening = opening
        self._events: Iterator[StreamEvent] | None = None

    def __enter__(self) -> AnswerStream:
        self._open_once()
        self._events = self._opening.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[TextPart | ItemPart]:
        return self

    def __next__(self) -> TextPart | ItemPart:
        self._check_open()
        for event in self._events or ():
            if not isinstance(event, Answer):
                return event
            self._answer = event
        raise StopIteration

    @property
    def text(self) -> Iterator[str]:
        """The pieces as a person would read them: texts, and items as their titles."""
        for part in self:
            yield part.text if isinstance(part, TextPart) else part.item.title

    def finish(self) -> Answer:
        """Reads what is left, and gives the whole answer."""
        for _ in self:
            pass
        return self.answer

    def close(self) -> None:
        """Stops. What has come is kept; a second call does nothing."""
        self._check_open()
        if self._events is not None:
            self._events = None
            self._opening.__exit__(None, None, None)


class AsyncAnswerStream(_Unfolding):
    """`AnswerStream` for `async with` and `async for`."""

    def __init__(self, opening: AbstractAsyncContextManager[AsyncIterator[StreamEvent]]) -> None:
        super().__init__()
        self._opening = opening
        self._events: AsyncIterator[StreamEvent] | None = None

    async def __aenter__(self) -> AsyncAnswerStream:
        self._open_once()
        self._events = await self._opening.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[TextPart | ItemPart]:
        return self

    async def __anext__(self) -> TextPart | ItemPart:
        self._check_open()
        if self._events is not None:
            async for event in self._events:
                if not isinstance(event, Answer):
                    return event
                self._answer = event
        raise StopAsyncIteration

    @property
    async def text(self) -> AsyncIterator[str]:
        """The pieces as a person would read them: texts, and items as their titles."""
        async for part in self:
            yield part.text if isinstance(part, TextPart) else part.item.title

    async def finish(self) -> Answer:
        """Reads what is left, and gives the whole answer."""
        async for _ in self:
            pass
        return self.answer

    async def close(self) -> None:
        """Stops. What has come is kept; a second call does nothing."""
        self._check_open()
        if self._events is not None:
            self._events = None
            await self._opening.__aexit__(None, None, None)
