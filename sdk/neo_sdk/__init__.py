"""NEO for those who ask it: `Neo` and `AsyncNeo`, answers, items and the error tree. Needs no torch.

Everything but the errors loads with its first use, so that importing them costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neo_sdk.errors import (
    APIConnectionError,
    APIError,
    ApiNotFoundError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BundleError,
    CatalogError,
    ConfigError,
    ConflictError,
    InternalServerError,
    InvalidRequestError,
    NeoError,
    NotFoundError,
    PermissionDeniedError,
    Problem,
    RateLimitError,
    TrainingError,
)

if TYPE_CHECKING:
    from neo_sdk.client import AsyncNeo, Neo
    from neo_sdk.streaming import AnswerStream, AsyncAnswerStream
    from neo_sdk.types import Answer, Filter, FinishReason, Health, Item, ItemPart, OutputFormat, Part, TextPart, Usage
    from neo_sdk.wire import Event, ItemRef

__version__ = "0.1.0"

_LATER = {
    "neo_sdk.client": ("AsyncNeo", "Neo"),
    "neo_sdk.streaming": ("AnswerStream", "AsyncAnswerStream"),
    "neo_sdk.types": (
        "Answer", "Filter", "FinishReason", "Health", "Item", "ItemPart", "OutputFormat", "Part", "TextPart", "Usage",
    ),
    "neo_sdk.wire": ("Event", "ItemRef"),
}  # fmt: skip

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "Answer",
    "AnswerStream",
    "ApiNotFoundError",
    "AsyncAnswerStream",
    "AsyncNeo",
    "AuthenticationError",
    "BadRequestError",
    "BundleError",
    "CatalogError",
    "ConfigError",
    "ConflictError",
    "Event",
    "Filter",
    "FinishReason",
    "Health",
    "InternalServerError",
    "InvalidRequestError",
    "Item",
    "ItemPart",
    "ItemRef",
    "Neo",
    "NeoError",
    "NotFoundError",
    "OutputFormat",
    "Part",
    "PermissionDeniedError",
    "Problem",
    "RateLimitError",
    "TextPart",
    "TrainingError",
    "Usage",
]


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'neo_sdk' has no attribute {name!r}")
