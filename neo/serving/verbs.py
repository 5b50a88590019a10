"""The verbs: /v1/recommend, /v1/search, /v1/explain, /v1/understand and /v1/similar, whole or as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from neo.serving.body import read_body
from neo.serving.guard import id_of
from neo.serving.logs import LOG
from neo.serving.problems import Refusal
from neo.serving.server import Server
from neo.serving.sse import EventStream, frame, late
from neo.serving.waiting import unless_gone
from neo_sdk.types import Answer, StreamEvent
from neo_sdk.wire import Ask, ExplainRequest, RecommendRequest, SearchRequest, SimilarRequest, UnderstandRequest

T = TypeVar("T")
VERBS: tuple[type[Ask], ...] = (RecommendRequest, SearchRequest, ExplainRequest, UnderstandRequest, SimilarRequest)


def verb_routes(server: Server) -> list[Route]:
    return [_route(server, model) for model in VERBS]


def _route(server: Server, model: type[Ask]) -> Route:
    async def endpoint(request: Request) -> Response:
        asked = await read_body(request, model, server.limits)
        log_prompt(server, request, asked)
        if getattr(asked, "stream", False):
            return EventStream(_frames(server, asked, id_of(request)), _failed, server.limits.timeout)
        return answer_response(await in_time(server, request, _whole(server, asked)), id_of(request))

    return Route(model.path, endpoint, methods=["POST"], name=model.verb)


async def _whole(server: Server, asked: Ask) -> Answer:
    served = server.current.get()
    if isinstance(asked, SimilarRequest):  # it does not ask the language model, so it need not wait for it
        return await server.admitted(served.model.similar, **asked.arguments())
    async with server.asked(served, asked.verb, asked.arguments()) as pieces:
        (answer,) = await pieces.answers()
    server.metrics.count(answer)
    return answer


async def _frames(server: Server, asked: Ask, request_id: str) -> AsyncGenerator[bytes, None]:
    first = server.metrics.first_piece(asked.verb)
    async with server.asked(server.current.get(), asked.verb, asked.arguments()) as pieces:
        async for there in pieces:
            first()
            server.metrics.count(*(piece for _, piece in there if isinstance(piece, Answer)))
            yield b"".join(_frame(piece, request_id) for _, piece in there)


def _frame(piece: StreamEvent, request_id: str) -> bytes:
    if isinstance(piece, Answer):
        return frame(named(piece, request_id).model_dump_json(), "done")
    return frame(piece.model_dump_json(), piece.kind)


def _failed(refusal: Refusal) -> bytes:
    return frame(refusal.body(), "error")


async def in_time(server: Server, request: Request, work: Awaitable[T]) -> T:
    """What the work returns. Refusal (504) when the time is up, Gone when the client is; either ends the work."""
    try:
        async with asyncio.timeout(server.limits.timeout):
            return await unless_gone(request.receive, work)
    except TimeoutError:
        raise late(server.limits.timeout) from None


def named(answer: Answer, request_id: str) -> Answer:
    return answer.model_copy(update={"request_id": request_id})


def answer_response(answer: Answer, request_id: str) -> Response:
    return Response(named(answer, request_id).model_dump_json(), media_type="application/json")


def log_prompt(server: Server, request: Request, asked: Ask) -> None:
    """What was asked, in the log of a server that was told to."""
    if server.settings.log_prompts:
        LOG.info("%s asks %s", id_of(request), asked.model_dump_json(exclude_defaults=True))
