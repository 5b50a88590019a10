"""What can be asked, as an OpenAPI document, and the same as a page that needs no script and no other server."""

from __future__ import annotations

from html import escape
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from neo.serving.problems import TYPES
from neo.serving.verbs import VERBS
from neo_sdk.limits import MAX_LOOKUPS
from neo_sdk.types import Answer, Item
from neo_sdk.wire import Ask, ChatRequest, EventsRequest

REF = "#/components/schemas/"
JSON = "application/json"
ERRORS = {
    400: "What was sent cannot be used",
    401: "No key, or an unknown one",
    403: "Another host was asked for",
    404: "An id, a type or a model that is not there",
    405: "Another method",
    408: "The body did not arrive in time",
    409: "An event's id was used for another event",
    413: "The body is too large",
    415: "The body is no JSON",
    429: "Too many requests wait",
    500: "The server failed",
    503: "The model is being loaded, or memory or the store is missing",
    504: "No answer in time",
}
VERB_TEXTS = {
    "recommend": "Items of a type that suit a listener.",
    "search": "Items that fit some words.",
    "explain": "Why an item suits a listener, in words.",
    "understand": "A listener's portrait, in words.",
    "similar": "Items that mean nearly the same as one.",
    "chat": "A free answer in text and items, in OpenAI's form.",
}


def document_routes() -> list[Route]:
    document = openapi()

    async def as_json(request: Request) -> Response:
        return JSONResponse(document)

    async def as_page(request: Request) -> Response:
        return HTMLResponse(_page(document), headers={"content-security-policy": "default-src 'none'"})

    return [Route("/openapi.json", as_json, name="openapi"), Route("/docs", as_page, name="docs")]


def openapi() -> dict[str, Any]:
    """The document, of OpenAPI 3.1."""
    bodies: list[type[BaseModel]] = [*VERBS, ChatRequest, EventsRequest]
    pairs = [(model, "validation") for model in bodies] + [(model, "serialization") for model in (Answer, Item)]
    _, found = models_json_schema(pairs, ref_template=REF + "{model}")  # type: ignore[arg-type]
    paths: dict[str, Any] = {}
    asks: tuple[type[Ask], ...] = (*VERBS, ChatRequest)
    for model in asks:
        answer = {"type": "object"} if model is ChatRequest else {"$ref": f"{REF}Answer"}
        streams = "stream" in model.model_fields
        paths[model.path] = {"post": _posted(model, VERB_TEXTS[model.verb], answer, streams)}
    accepted = _object(accepted={"type": "integer"})
    paths[EventsRequest.path] = {
        "post": _posted(EventsRequest, "What a listener did: later answers know it.", accepted)
    }
    paths |= _reading()
    return {
        "openapi": "3.1.0",
        "info": {"title": "NEO", "version": "1", "description": "Recommends, searches and explains a catalog's items."},
        "paths": paths,
        "components": {
            "schemas": {**found.get("$defs", {}), "Error": _error()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _posted(model: type[BaseModel], text: str, answer: dict[str, Any], streams: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {JSON: {"schema": answer}}
    if streams:
        content["text/event-stream"] = {}  # OpenAPI 3.1 has no schema for events: readers differ in what one would mean
    body = {"required": True, "content": {JSON: {"schema": {"$ref": f"{REF}{model.__name__}"}}}}
    return {"summary": text, "requestBody": body, "responses": _responses(content)}


def _reading() -> dict[str, Any]:
    """The routes that only read."""
    item, name = {"$ref": f"{REF}Item"}, {"type": "string", "minLength": 1}
    listed = {"type": "array", "items": name, "minItems": 1, "maxItems": MAX_LOOKUPS}
    by_id = {"name": "item_id", "in": "path", "required": True, "schema": name}
    by_ids = {"name": "ids", "in": "query", "required": True, "schema": listed}
    by_name = {"name": "model_id", "in": "path", "required": True, "schema": name}
    texts = {
        "/v1/items": ("Items by their ids.", _object(items={"type": "array", "items": item}), [by_ids]),
        "/v1/items/{item_id}": ("An item by its id.", item, [by_id]),
        "/v1/models": ("The model that answers, in OpenAI's form.", {"type": "object"}, []),
        "/v1/models/{model_id}": ("The same, by its name.", {"type": "object"}, [by_name]),
        "/health": ("How the server is. Needs no key.", {"type": "object"}, []),
    }
    found: dict[str, Any] = {}
    for path, (text, schema, parameters) in texts.items():
        found[path] = {
            "get": {"summary": text, "parameters": parameters, "responses": _responses({JSON: {"schema": schema}})}
        }
    found["/health"]["get"]["security"] = []
    found["/metrics"] = {
        "get": {
            "summary": "Numbers for Prometheus.",
            "responses": _responses({"text/plain": {"schema": {"type": "string"}}}),
        }
    }
    return found


def _responses(content: dict[str, Any]) -> dict[str, Any]:
    error = {JSON: {"schema": {"$ref": f"{REF}Error"}}}
    errors = {str(status): {"description": text, "content": error} for status, text in ERRORS.items()}
    return {"200": {"description": "The answer", "content": content}, **errors}


def _error() -> dict[str, Any]:
    nullable = {"type": ["string", "null"]}
    kinds = sorted(set(TYPES.values()))
    return _object(error=_object(message={"type": "string"}, type={"enum": kinds}, param=nullable, code=nullable))


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _page(document: dict[str, Any]) -> str:
    """Every operation with the fields of its body."""
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><title>NEO</title><h1>NEO</h1>"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h2>{method.upper()} {escape(path)}</h2><p>{escape(operation['summary'])}</p>")
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"][JSON]["schema"]["$ref"]
                parts.append(_fields(document["components"]["schemas"][reference.removeprefix(REF)]))
    return "".join(parts)


def _fields(schema: dict[str, Any]) -> str:
    rows = []
    for name, field in schema["properties"].items():
        kinds = [kind.get("type", kind.get("$ref", "").removeprefix(REF)) for kind in field.get("anyOf", [field])]
        default = "required" if name in schema.get("required", ()) else f"default {field.get('default')!r}"
        cells = (name, " or ".join(map(str, kinds)), default, field.get("description", ""))
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}" for cell in cells))
    return f"<table>{''.join(rows)}</table>"
