"""NEO: one decoder LLM that speaks words and Semantic IDs, and answers questions about a catalog.

`from neo import NeoModel` loads torch only when the name is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neo.model.neo_model import NeoModel

__all__ = ["NeoModel"]


def __getattr__(name: str) -> Any:
    if name == "NeoModel":
        from neo.model.neo_model import NeoModel

        return NeoModel
    raise AttributeError(f"module 'neo' has no attribute {name!r}")
