"""NEO's HTTP contract without a socket: a transport that answers from a client of its own, and one that replays."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import httpx

from neo_sdk import Answer, InvalidRequestError, ItemPart, Neo, NeoError, NotFoundError, TextPart
from neo_sdk.wire import (
    Ask,
    ChatRequest,
    EventsRequest,
    ExplainRequest,
    ItemsRequest,
    RecommendRequest,
    SearchRequest,
    SimilarRequest,
    UnderstandRequest,
)

ASKED: Mapping[str, type[Ask]] = {
    kind.path: kind
    for kind in (ChatRequest, ExplainRequest, RecommendRequest, SearchRequest, SimilarRequest, UnderstandRequest)
}
REQUEST_ID = "req-1"


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces; an exception among them is raised in its place. `sent` counts, `closed` says so."""

    def __init__(self, chunks: Iterator[bytes | Exception]) -> None:
        self.chunks, self.sent, self.closed = chunks, 0, False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            self.sent += 1
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


class SmallServer:
    """Answers as the contract says, with the answers of `neo`. `requests` holds what came."""

    def __init__(self, neo: Neo) -> None:
        self.neo = neo
        self.requests: list[httpx.Request] = []
        self.streams: list[Chunks] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        try:
            return self._answered(request)
        except NeoError as error:
            return refused(error)

    def _answered(self, request: httpx.Request) -> httpx.Response:
        headers = {"x-request-id": REQUEST_ID}
        match request.method, request.url.path:
            case "GET", "/v1/items":
                asked = ItemsRequest(ids=request.url.params.get_list("ids"))
                items = [item.model_dump(mode="json") for item in self.neo._backend.items(asked)]
                return httpx.Response(200, json={"items": items})
            case "GET", "/v1/models":
                data = [{"id": name, "object": "model"} for name in self.neo.models()]
                return httpx.Response(200, json={"object": "list", "data": data})
            case "GET", "/health":
                return httpx.Response(200, json=self.neo.health().model_dump())
            case "POST", "/v1/events":
                return httpx.Response(
                    200, json={"accepted": len(EventsRequest.model_validate_json(request.content).events)}
                )
        asked = ASKED[request.url.path].model_validate_json(request.content)
        if getattr(asked, "stream", False):
            frames = chat_frames(self.neo, asked) if isinstance(asked, ChatRequest) else verb_frames(self.neo, asked)
            self.streams.append(Chunks(frames))
            return httpx.Response(200, headers=headers, stream=self.streams[-1])
        answer = self.neo._ask(asked)
        if isinstance(asked, ChatRequest):
            return httpx.Response(200, headers=headers, json=completion(answer))
        body = answer.model_copy(update={"request_id": REQUEST_ID}).model_dump(mode="json")
        return httpx.Response(200, headers=headers, json=body)


def completion(answer: Answer) -> dict[str, Any]:
    parts = [part.model_dump(mode="json") for part in answer.parts]
    message = {"role": "assistant", "content": answer.text, "neo": {"parts": parts, **beside(answer)}}
    choice = {"index": 0, "message": message, "finish_reason": openai_finish(answer)}
    return {"id": "c", "object": "chat.completion", "choices": [choice], "usage": counts(answer)}


def chat_frames(neo: Neo, asked: ChatRequest) -> Iterator[bytes]:
    def frame(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return data({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield frame({"role": "assistant", "content": ""})
    with neo._backend.stream(asked) as events:
        for event in events:
            match event:
                case TextPart():
                    yield frame({"content": event.text})
                case ItemPart():
                    yield frame({"content": event.item.title, "neo": {"part": event.model_dump(mode="json")}})
                case Answer():
                    yield frame({"neo": beside(event)}, openai_finish(event))
                    if asked.stream_options.include_usage:
                        yield data({"choices": [], "usage": counts(event)})
    yield b"data: [DONE]\n\n"


def verb_frames(neo: Neo, asked: Ask) -> Iterator[bytes]:
    with neo._backend.stream(asked) as events:
        for event in events:
            kind = "done" if isinstance(event, Answer) else event.kind
            yield f"event: {kind}\ndata: {event.model_dump_json()}\n\n".encode()


def data(body: object) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def openai_finish(answer: Answer) -> str:
    return "length" if answer.finish_reason == "length" else "stop"


def counts(answer: Answer) -> dict[str, int]:
    return {"prompt_tokens": answer.usage.prompt_tokens, "completion_tokens": answer.usage.answer_tokens}


def refused(error: NeoError) -> httpx.Response:
    status, kind = 500, "server_error"
    if isinstance(error, InvalidRequestError):
        status, kind = 400, "invalid_request_error"
    elif isinstance(error, NotFoundError):
        status, kind = 404, "not_found_error"
    body = {"error": {"message": str(error), "type": kind, "param": None, "code": error.code}}
    return httpx.Response(status, headers={"x-request-id": REQUEST_ID}, json=body)


Step = httpx.Response | Exception


class Replay:
    """Replies with the steps in turn, the last one over and over; keeps the requests."""

    def __init__(self, *steps: Step | Callable[[], Step]) -> None:
        self.steps = steps
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        step = self.steps[min(len(self.requests), len(self.steps) - 1)]
        self.requests.append(request)
        made = step() if callable(step) else step
        if isinstance(made, Exception):
            raise made
        return httpx.Response(made.status_code, headers=made.headers, stream=made.stream)


def beside(answer: Answer) -> dict[str, Any]:
    return {"warnings": list(answer.warnings), "guaranteed": list(answer.guaranteed)}
