"""What is answered without the language model: items, what listeners do, which model there is, how the server is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from neo.model.requests import one_id
from neo.serving.body import read_body
from neo.serving.served import Served
from neo.serving.server import Server
from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Item
from neo_sdk.wire import EventsRequest, ItemsRequest

AHEAD = 86_400  # seconds that a client's clock may be ahead: later than that, an event would hide what comes before it
STATUS = {"ok": 200, "loading": 503, "failed": 503}


def catalog_routes(server: Server) -> list[Route]:
    async def item(request: Request) -> Response:
        (found,) = await server.admitted(_items, server.current.get(), [request.path_params["item_id"]])
        return JSONResponse(found.model_dump(mode="json"))

    async def items(request: Request) -> Response:
        strange = sorted(set(request.query_params) - {"ids"})
        if strange:
            raise InvalidRequestError(f"The query has {strange[0]!r:.80}, expected ids only: leave it out.")
        asked = ItemsRequest.model_validate({"ids": request.query_params.getlist("ids")})
        found = await server.admitted(_items, server.current.get(), asked.ids)
        return JSONResponse({"items": [each.model_dump(mode="json") for each in found]})

    async def events(request: Request) -> Response:
        asked = await read_body(request, EventsRequest, server.limits)
        await server.admitted(_accept, server, server.current.get(), asked)
        server.metrics.events.inc(len(asked.events))
        return JSONResponse({"accepted": len(asked.events)})

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_model(server.current.get())]})

    async def model(request: Request) -> Response:
        served = server.current.get()
        served.answers_to(request.path_params["model_id"])
        return JSONResponse(_model(served))

    async def health(request: Request) -> Response:
        served, status = server.current.served, server.health()
        body = {"status": status, "version": None if served is None else served.version}
        return JSONResponse(body, STATUS[status], {"retry-after": "5"} if status != "ok" else {})

    async def metrics(request: Request) -> Response:
        return Response(server.metrics.text(), media_type="text/plain; version=0.0.4")

    return [
        Route("/v1/items", items, name="items"),
        Route("/v1/items/{item_id:path}", item, name="item"),
        Route(EventsRequest.path, events, methods=["POST"], name="events"),
        Route("/v1/models", models, name="models"),
        Route("/v1/models/{model_id:path}", model, name="model"),
        Route("/health", health, name="health"),
        Route("/metrics", metrics, name="metrics"),
    ]


def _model(served: Served) -> dict[str, Any]:
    """In OpenAI's form."""
    return {"id": served.name, "object": "model", "created": 0, "owned_by": "neo", "version": served.version}


def _items(served: Served, ids: Sequence[str]) -> list[Item]:
    """NotFoundError, with close ids, for one that the catalog has not."""
    catalog = served.model.bundle.catalog
    return [catalog.item(catalog.row(one_id("id", item_id))) for item_id in ids]


def _accept(server: Server, served: Served, asked: EventsRequest) -> None:
    """Checks all of the events, then brings all of them to the disk, or none."""
    now = int(time.time())
    listener = one_id("listener", asked.listener)
    if not listener:
        raise InvalidRequestError("listener is empty, expected an id: say who it was.")
    for place, event in enumerate(asked.events):
        for name, value in (("item", event.item), ("kind", event.kind), ("id", event.id or "")):
            one_id(f"events[{place}].{name}", value)
        served.model.bundle.catalog.row(event.item)
        if event.time is not None and event.time > now + AHEAD:
            raise InvalidRequestError(
                f"events[{place}].time is {event.time}, expected seconds since 1970 up to now ({now}): "
                f"correct the clock, or leave it out for now."
            )
    server.store.add(listener, asked.events, now)
