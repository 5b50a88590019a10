"""The contract between NEO and those who ask it: answer types, items and the error tree. Needs no torch.

The types load with their first use, so that importing the errors costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neo_sdk.errors import (
    BundleError,
    CatalogError,
    ConfigError,
    InvalidRequestError,
    NeoError,
    NotFoundError,
    Problem,
    TrainingError,
)

if TYPE_CHECKING:
    from neo_sdk.types import Answer, Filter, FinishReason, Item, ItemPart, OutputFormat, Part, TextPart, Usage

__all__ = [
    "Answer",
    "BundleError",
    "CatalogError",
    "ConfigError",
    "Filter",
    "FinishReason",
    "InvalidRequestError",
    "Item",
    "ItemPart",
    "NeoError",
    "NotFoundError",
    "OutputFormat",
    "Part",
    "Problem",
    "TextPart",
    "TrainingError",
    "Usage",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from neo_sdk import types

        return getattr(types, name)
    raise AttributeError(f"module 'neo_sdk' has no attribute {name!r}")
