"""What goes wrong with a request, as a status and a body that say what came, what was expected and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from pydantic import ValidationError

from neo.serving.logs import one_line
from neo.serving.store import ConflictError, StoreError
from neo_sdk.errors import ConfigError, InvalidRequestError, NeoError, NotFoundError
from neo_sdk.refusals import first_wrong

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
            param, sentence = first_wrong(error)
            return Refusal(400, sentence, param, InvalidRequestError.code)
        case InvalidRequestError() | ConfigError():
            return Refusal(400, str(error), kind=error.code)
        case NotFoundError():
            return Refusal(404, str(error), kind=error.code)
        case ConflictError():
            return Refusal(409, str(error), kind=error.code, headers={"x-should-retry": "false"})
        case StoreError():
            return Refusal(503, str(error), kind=error.code)
        case torch.OutOfMemoryError() | MemoryError():
            message = "The server ran out of memory over this request: try again, or ask for less at once."
            return Refusal(503, message, kind="out_of_memory")
    return Refusal(500, GENERIC)
