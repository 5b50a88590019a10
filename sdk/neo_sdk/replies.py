"""What a server replies to a request: a whole answer, or a stream of its pieces."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from neo_sdk.completions import CompletionEvents, completed
from neo_sdk.errors import APIConnectionError
from neo_sdk.failures import error_in_stream, parsed, unreadable
from neo_sdk.frames import Frame, Frames
from neo_sdk.types import Answer, Item, ItemPart, StreamEvent, TextPart
from neo_sdk.wire import Ask, ChatRequest


class Items(BaseModel):
    """GET /v1/items"""

    items: tuple[Item, ...]


class Accepted(BaseModel):
    """POST /v1/events"""

    accepted: int


class Model(BaseModel):
    """One of GET /v1/models"""

    id: str


class Models(BaseModel):
    """GET /v1/models"""

    data: tuple[Model, ...]


def whole(request: Ask, data: bytes, request_id: str | None) -> Answer:
    """The answer in the body of a reply."""
    if isinstance(request, ChatRequest):
        return completed(data, request_id)
    return _known_as(parsed(Answer, data, request_id), request_id)


class Reading:
    """Reads a stream: bytes in, pieces of the answer and at last the answer out.

    Raises the error that a frame tells of, APIResponseError for what cannot be read, and from `end` APIConnectionError
    where the bytes ended before the answer did.
    """

    def __init__(self, request: Ask, request_id: str | None) -> None:
        self._frames = Frames()
        self._request_id = request_id
        self._chat = CompletionEvents(request_id) if isinstance(request, ChatRequest) else None
        self.done = False

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        try:
            frames = self._frames.feed(chunk)
        except ValueError as error:
            raise unreadable(f"{error}.", b"", self._request_id) from None
        for frame in frames:
            for event in self._events(frame):
                yield event
                if isinstance(event, Answer):
                    self.done = True
                    return

    def end(self) -> None:
        if not self.done:
            raise APIConnectionError("The stream ended before the answer did: ask again.", request_id=self._request_id)

    def _events(self, frame: Frame) -> list[StreamEvent]:
        error = error_in_stream(frame.data, self._request_id)
        if error is not None:
            raise error
        if self._chat is not None:
            return self._chat.read(frame.data)
        match frame.event:
            case "text":
                return [parsed(TextPart, frame.data, self._request_id)]
            case "item":
                return [parsed(ItemPart, frame.data, self._request_id)]
            case "done":
                return [_known_as(parsed(Answer, frame.data, self._request_id), self._request_id)]
        raise unreadable(f"there is no frame of the kind {frame.event!r:.60}.", frame.data, self._request_id)


def _known_as(answer: Answer, request_id: str | None) -> Answer:
    return answer if answer.request_id else answer.model_copy(update={"request_id": request_id})
