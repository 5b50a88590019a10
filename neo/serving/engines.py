"""Which engine runs the model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from neo.model.vllm_model import VllmModel
from neo.serving.served import OpenModel, embedded


def opener(engine: str, options: Mapping[str, Any]) -> OpenModel:
    """How a bundle is read for `embedded` or `vllm`; options: of vLLM's `LLM`."""
    return embedded if engine == "embedded" else partial(VllmModel.start, **options)
