"""A client that answers what your test says, and keeps what it was asked. No model, no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from neo_sdk.client import AsyncNeo, Neo
from neo_sdk.errors import InvalidRequestError, NotFoundError
from neo_sdk.in_thread import InThread
from neo_sdk.types import Answer, FinishReason, Health, Item, ItemPart, Part, StreamEvent, TextPart, Usage
from neo_sdk.wire import Ask, EventsRequest, ItemsRequest

Reply = Answer | str | Exception | Callable[[Ask], Answer]
Call = Ask | ItemsRequest | EventsRequest


def answer(
    *parts: str | Item | Part,
    finish_reason: FinishReason | None = None,
    warnings: Sequence[str] = (),
) -> Answer:
    """An answer of texts and items, in order. It has ended well unless a finish reason says otherwise."""
    made = tuple(
        TextPart(text=part) if isinstance(part, str) else ItemPart(item=part) if isinstance(part, Item) else part
        for part in parts
    )
    return Answer(
        parts=made,
        finish_reason=finish_reason or ("stop" if made else "empty"),
        usage=Usage(prompt_tokens=0, answer_tokens=0),
        warnings=tuple(warnings),
    )


class _Fake:
    def __init__(self, replies: dict[str, Reply | None], items: Sequence[Item]) -> None:
        self.replies = replies
        self.catalog = {item.id: item for item in items}
        self.calls: list[Call] = []

    def changed(self, timeout: float | None, max_retries: int | None) -> _Fake:
        return self

    def answer(self, request: Ask) -> Answer:
        self.calls.append(request)
        reply = self.replies[request.verb]
        if reply is None:
            raise InvalidRequestError(f"The fake has no answer to {request.verb}: give it one, {request.verb}=....")
        if isinstance(reply, Exception):
            raise reply
        if callable(reply):
            return reply(request)
        return answer(reply) if isinstance(reply, str) else reply

    @contextmanager
    def stream(self, request: Ask) -> Iterator[Iterator[StreamEvent]]:
        whole = self.answer(request)
        yield iter((*whole.parts, whole))

    def items(self, request: ItemsRequest) -> list[Item]:
        self.calls.append(request)
        for item_id in request.ids:
            if item_id not in self.catalog:
                raise NotFoundError(f"The fake has no item {item_id!r}: give it one, items=[Item(...)].")
        return [self.catalog[item_id] for item_id in request.ids]

    def events(self, request: EventsRequest) -> int:
        self.calls.append(request)
        return len(request.events)

    def models(self) -> list[str]:
        return ["fake"]

    def health(self) -> Health:
        return Health(status="ok")

    def close(self) -> None:
        pass


class FakeNeo(Neo):
    """A `Neo` for tests of your own code.

    Each verb is given an Answer, a text, an error to raise, or a function of the request. Arguments are checked as
    the real client checks them. `calls` holds every request, in order: `fake.calls[0].k`.
    """

    def __init__(
        self,
        *,
        chat: Reply | None = None,
        recommend: Reply | None = None,
        search: Reply | None = None,
        explain: Reply | None = None,
        understand: Reply | None = None,
        similar: Reply | None = None,
        items: Sequence[Item] = (),
    ) -> None:
        replies = {
            "chat": chat, "recommend": recommend, "search": search,
            "explain": explain, "understand": understand, "similar": similar,
        }  # fmt: skip
        self._backend = self._fake = _Fake(replies, items)

    @property
    def calls(self) -> list[Call]:
        """What was asked so far: the requests of `neo_sdk.wire`."""
        return self._fake.calls


class AsyncFakeNeo(AsyncNeo):
    """`FakeNeo` for `async` code."""

    def __init__(
        self,
        *,
        chat: Reply | None = None,
        recommend: Reply | None = None,
        search: Reply | None = None,
        explain: Reply | None = None,
        understand: Reply | None = None,
        similar: Reply | None = None,
        items: Sequence[Item] = (),
    ) -> None:
        replies = {
            "chat": chat, "recommend": recommend, "search": search,
            "explain": explain, "understand": understand, "similar": similar,
        }  # fmt: skip
        self._fake = _Fake(replies, items)
        self._backend = InThread(self._fake)

    @property
    def calls(self) -> list[Call]:
        """What was asked so far: the requests of `neo_sdk.wire`."""
        return self._fake.calls
