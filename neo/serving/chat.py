"""/v1/chat/completions in OpenAI's form: titles in the content for clients that know nothing of items, and the items
themselves beside it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from neo.model.requests import one_id
from neo.serving.body import read_body
from neo.serving.guard import id_of
from neo.serving.problems import Refusal
from neo.serving.served import Served
from neo.serving.server import Server
from neo.serving.sse import EventStream, frame
from neo.serving.verbs import in_time, log_prompt
from neo_sdk.types import Answer, ItemPart, StreamEvent, TextPart
from neo_sdk.wire import ChatRequest


def chat_route(server: Server) -> Route:
    async def endpoint(request: Request) -> Response:
        asked = await read_body(request, ChatRequest, server.limits)
        log_prompt(server, request, asked)
        served = server.current.get()
        if asked.model is not None:
            served.answers_to(asked.model)
        if asked.stream:
            frames = _frames(server, served, asked, id_of(request))
            return EventStream(frames, failed, server.limits.timeout)
        return JSONResponse(await in_time(server, request, _whole(server, served, asked, id_of(request))))

    return Route(ChatRequest.path, endpoint, methods=["POST"], name=ChatRequest.verb)


async def _whole(server: Server, served: Served, asked: ChatRequest, request_id: str) -> dict[str, Any]:
    arguments, warnings = await _arguments(server, served, asked)
    async with server.asked(served, asked.verb, arguments, asked.n) as pieces:
        answers = await pieces.answers()
    for answer in answers:
        server.metrics.count(answer)
    choices = [
        {
            "index": which,
            "message": {"role": "assistant", "content": answer.text, "refusal": None, "neo": _beside(answer, warnings)},
            "logprobs": None,
            "finish_reason": _reason(answer),
        }
        for which, answer in enumerate(answers)
    ]
    return {**_head(served, request_id, "chat.completion"), "choices": choices, "usage": _usage(answers)}


async def _frames(server: Server, served: Served, asked: ChatRequest, request_id: str) -> AsyncGenerator[bytes, None]:
    head = _head(served, request_id, "chat.completion.chunk")
    head |= {"usage": None} if asked.stream_options.include_usage else {}
    answers: list[Answer] = []

    def chunk(which: int, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": which, "delta": delta, "logprobs": None, "finish_reason": reason}
        return frame({**head, "choices": [choice]})

    first = server.metrics.first_piece(asked.verb)
    arguments, warnings = await _arguments(server, served, asked)
    async with server.asked(served, asked.verb, arguments, asked.n) as pieces:
        for which in range(asked.n):
            yield chunk(which, {"role": "assistant", "content": ""})
        async for there in pieces:
            first()
            whole = [piece for _, piece in there if isinstance(piece, Answer)]
            server.metrics.count(*whole)
            answers += whole
            yield b"".join(chunk(which, *_said(piece, warnings)) for which, piece in there)
    if asked.stream_options.include_usage:
        yield frame({**head, "choices": [], "usage": _usage(answers)})
    yield frame("[DONE]")


def _said(piece: StreamEvent, warnings: Sequence[str]) -> tuple[dict[str, Any], str | None]:
    """What a piece adds to a message, and the reason if it is the end."""
    match piece:
        case TextPart(text=text):
            return {"content": text}, None
        case ItemPart(item=item):
            return {"content": item.title, "neo": {"part": piece.model_dump(mode="json")}}, None
        case Answer():
            return {"neo": _last(piece, warnings)}, _reason(piece)


def failed(refusal: Refusal) -> bytes:
    """What a stream ends with that cannot go on."""
    return frame(refusal.body()) + frame("[DONE]")


async def _arguments(server: Server, served: Served, asked: ChatRequest) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the model's `chat` is called with, and what the caller is warned of.

    `user` is any name to most clients of OpenAI's API, so one that nobody here has is no mistake, as a listener's id
    in the extension is.
    """
    arguments = asked.arguments()
    if asked.user is None or asked.neo.listener is not None:
        return arguments, ()
    if await server.admitted(_is_known, served, asked.user):
        return arguments, ()
    warning = f"No listener has the id {asked.user!r:.80} that `user` gives: this is an answer to anybody."
    return {**arguments, "listener": None}, (warning,)


def _is_known(served: Served, listener: str) -> bool:
    rows = served.model.bundle.listeners.rows([one_id("user", listener)])
    return int(rows[0]) >= 0 or bool(served.model.later(listener))


def _head(served: Served, request_id: str, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{request_id}",
        "object": kind,
        "created": int(time.time()),
        "model": served.name,
        "system_fingerprint": served.version,
    }


def _beside(answer: Answer, warnings: Sequence[str]) -> dict[str, Any]:
    return {"parts": [part.model_dump(mode="json") for part in answer.parts], **_last(answer, warnings)}


def _last(answer: Answer, warnings: Sequence[str]) -> dict[str, Any]:
    """What is known of an answer once it is whole."""
    return {"warnings": [*warnings, *answer.warnings], "guaranteed": list(answer.guaranteed)}


def _reason(answer: Answer) -> str:
    return "length" if answer.finish_reason == "length" else "stop"


def _usage(answers: Sequence[Answer]) -> dict[str, int]:
    """The prompt is read once, however many answers it has."""
    read, written = answers[0].usage.prompt_tokens, sum(answer.usage.answer_tokens for answer in answers)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
