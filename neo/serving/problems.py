"""What goes wrong with a request, as a status and a body that say what came, what was expected and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from pydantic import ValidationError

from neo.model.requests import shown
from neo.serving.logs import one_line
from neo.serving.store import ConflictError, StoreError
from neo_sdk.errors import ConfigError, InvalidRequestError, NeoError, NotFoundError

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "overloaded_error",
    504: "timeout_error",
}
RETRY_AFTER = {429: 1, 503: 5}  # seconds
LONGEST = 1_000  # characters of a message, which may quote what came
GENERIC = "The server could not answer. It is not the request's fault: try again, or give its operator the request id."


@dataclass(eq=False)
class Refusal(NeoError):
    """An answer that is an error: an HTTP status, a sentence, and the field that it is about, if any."""

    status: int
    message: str
    param: str | None = None
    kind: str = "error"
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def body(self) -> dict[str, Any]:
        message = one_line(self.message)[:LONGEST]
        return {"error": {"message": message, "type": TYPES[self.status], "param": self.param, "code": self.kind}}

    def all_headers(self) -> dict[str, str]:
        wait = {"retry-after": str(RETRY_AFTER[self.status])} if self.status in RETRY_AFTER else {}
        return {**wait, **self.headers}


def refusal_of(error: BaseException) -> Refusal:
    """What a caller is told of an error. Of one that nobody expected nothing is told: it may hold others' words."""
    match error:
        case Refusal():
            return error
        case ValidationError():
            return _first_wrong(error)
        case InvalidRequestError() | ConfigError():
            return Refusal(400, str(error), kind=error.code)
        case NotFoundError():
            return Refusal(404, str(error), kind=error.code)
        case ConflictError():
            return Refusal(409, str(error), kind=error.code)
        case StoreError():
            return Refusal(503, str(error), kind=error.code)
        case torch.OutOfMemoryError() | MemoryError():
            message = "The server ran out of memory over this request: try again, or ask for less at once."
            return Refusal(503, message, kind="out_of_memory")
    return Refusal(500, GENERIC)


def _first_wrong(error: ValidationError) -> Refusal:
    """The first problem that pydantic found in a body, as a sentence."""
    found = error.errors(include_url=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part:.60}" for part in found["loc"])
    name = one_line(place.lstrip("."))[:200]
    reason = found["msg"].removeprefix("Value error, ")
    more = error.error_count() - 1
    others = f" ({more} more problem{'s' if more > 1 else ''} after it)" if more else ""
    match found["type"]:
        case "json_invalid":
            message = f"The body is no JSON that can be read: {reason.removeprefix('Invalid JSON: ')}. Correct it."
        case "missing":
            message = f"{name} is missing, expected a value: pass it.{others}"
        case "extra_forbidden":
            message = f"{name} is not known here, or has no effect here: leave it out.{others}"
        case _ if not name:
            message = f"The body is {shown(found['input'])}, expected otherwise: {reason}. Correct it.{others}"
        case _:
            came, expected = shown(found["input"]), f"{reason[:1].lower()}{reason[1:]}"
            message = f"{name} is {came}, which cannot be used: {expected}. Correct it or leave it out.{others}"
    return Refusal(400, message, param=name or None, kind=InvalidRequestError.code)
