"""From what went wrong with a request to an error of the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from neo_sdk.errors import (
    APIConnectionError,
    APIError,
    ApiNotFoundError,
    APIResponseError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    PermissionDeniedError,
    RateLimitError,
    status_error,
)
from neo_sdk.refusals import shown

Body = TypeVar("Body", bound=BaseModel)
_IN_A_STREAM: Mapping[str, type[APIError]] = {  # where the status was sent before anything went wrong
    "invalid_request_error": BadRequestError,
    "authentication_error": AuthenticationError,
    "permission_error": PermissionDeniedError,
    "not_found_error": ApiNotFoundError,
    "conflict_error": ConflictError,
    "rate_limit_error": RateLimitError,
    "server_error": InternalServerError,
    "overloaded_error": InternalServerError,
    "timeout_error": APITimeoutError,
}


def refusal(response: httpx.Response) -> APIError:
    """The error of a response that is no success; its body has been read."""
    request_id = response.headers.get("x-request-id")
    body, error = _parsed(response.content)
    kind = status_error(response.status_code)
    if error is None:
        start = shown(response.text[:200])
        message = f"{response.request.url} answered {response.status_code} with {start}: check that base_url is NEO's."
        return kind(message, status=response.status_code, request_id=request_id, body=body)
    return _made(kind, error, response.status_code, request_id, body)


def error_in_stream(data: bytes, request_id: str | None) -> APIError | None:
    """The error that a frame tells of, None where it tells of none."""
    body, error = _parsed(data)
    if error is None:
        return None
    return _made(_IN_A_STREAM.get(str(error.get("type")), APIError), error, None, request_id, body)


def unreachable(error: httpx.RequestError, where: str) -> APIConnectionError:
    """No answer, or not all of one."""
    if isinstance(error, httpx.TimeoutException):
        return APITimeoutError(f"{where} was silent for too long: raise timeout, or ask for less.")
    reason = str(error) or type(error).__name__
    return APIConnectionError(f"{where} cannot be reached or was lost ({reason}): check base_url, and that it is up.")


def parsed(kind: type[Body], data: bytes, request_id: str | None) -> Body:
    """What a server sent, as one of the contract's types. Raises APIResponseError."""
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        place = ".".join(map(str, found["loc"])) or "all of it"
        raise unreadable(f"{place:.80} is {shown(found['input'])} ({found['msg']}).", data, request_id) from None


def unreadable(reason: str, data: bytes, request_id: str | None) -> APIResponseError:
    """An answer that does not keep the contract. `reason` is a sentence."""
    message = f"The server's answer cannot be read: {reason} Check that base_url is NEO's, of this client's version."
    return APIResponseError(message, request_id=request_id, body=data.decode(errors="replace"))


def _made(
    kind: type[APIError], error: Mapping[str, object], status: int | None, request_id: str | None, body: object
) -> APIError:
    def word(name: str) -> str | None:
        value = error.get(name)
        return value if isinstance(value, str) else None

    return kind(
        word("message") or "The server refused without a reason.",
        status=status,
        type=word("type"),
        param=word("param"),
        code=word("code"),
        request_id=request_id,
        body=body,
    )


def _parsed(data: bytes) -> tuple[object, Mapping[str, object] | None]:
    """A body, and the error in it, if it has one."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return data.decode(errors="replace"), None
    error = body.get("error") if isinstance(body, dict) else None
    return body, error if isinstance(error, dict) else None
