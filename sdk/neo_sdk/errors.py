"""The error tree that the model, the server and the client share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_PROBLEMS = 20


class NeoError(Exception):
    """Root of every error that neo raises on purpose. `code` names the kind in JSON answers."""

    code: str = "error"


class InvalidRequestError(NeoError):
    """An argument of a call cannot be used."""

    code = "invalid_request"


class NotFoundError(NeoError):
    """An item, listener or item type that nothing here knows."""

    code = "not_found"


class ConfigError(NeoError):
    """A configuration file or an override cannot be used."""

    code = "config"


class BundleError(NeoError):
    """A saved folder is incomplete, damaged, or holds parts that do not match."""

    code = "bundle"


class TrainingError(NeoError):
    """Training cannot start or go on."""

    code = "training"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one place of the user's data. `line` counts from 1 and is None when no line
    applies."""

    source: str
    line: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        column = "" if self.column is None else f" [{self.column}]"
        return f"{place}{column} {self.message}"


class CatalogError(NeoError):
    """The user's data cannot be used. `problems` holds everything that was found, not only the first."""

    code = "catalog"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        shown = [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if count > SHOWN_PROBLEMS:
            shown.append(f"  ... and {count - SHOWN_PROBLEMS} more")
        head = "1 problem in the data" if count == 1 else f"{count} problems in the data"
        return "\n".join([f"{head}:", *shown])


class APIError(NeoError):
    """What came of a request to a server. `status` is that of HTTP, None where no answer came; `type`, `param` and
    `code` are the server's words for it, `body` its answer, `request_id` finds the request in its log."""

    code = "api"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str | None = None,
        param: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        body: object = None,
    ) -> None:
        super().__init__(message)
        self.status, self.type, self.param, self.request_id, self.body = status, type, param, request_id, body
        if code is not None:
            self.code = code


class APIConnectionError(APIError):
    """The server cannot be reached, or was lost before its answer was whole."""

    code = "connection"


class APITimeoutError(APIConnectionError):
    """The server was silent for longer than the client waits."""

    code = "timeout"


class APIResponseError(APIError):
    """An answer that does not keep the contract: no NEO server, or one of another version."""

    code = "response"


class APIStatusError(APIError):
    """The server refused. Its subclasses say why; this one itself is for a status that none of them has."""

    code = "status"


class BadRequestError(APIStatusError, InvalidRequestError):
    """400, 405, 413, 415, 422: the request cannot be used."""

    code = "invalid_request"


class AuthenticationError(APIStatusError):
    """401: no key, or one that is not known."""

    code = "authentication"


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""

    code = "permission"


class ApiNotFoundError(APIStatusError, NotFoundError):
    """404: an item, listener, type, model or address that the server does not know."""

    code = "not_found"


class ConflictError(APIStatusError):
    """409: an event's id was used for another event."""

    code = "conflict"


class RateLimitError(APIStatusError):
    """429: too many requests at once."""

    code = "rate_limit"


class InternalServerError(APIStatusError):
    """500 and above: the server's fault, or it has too much to do."""

    code = "server"


def status_error(status: int) -> type[APIStatusError]:
    """The class of a status."""
    if status >= 500:
        return InternalServerError
    return _BY_STATUS.get(status, APIStatusError)


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: ApiNotFoundError,
    405: BadRequestError,
    409: ConflictError,
    413: BadRequestError,
    415: BadRequestError,
    422: BadRequestError,
    429: RateLimitError,
}
