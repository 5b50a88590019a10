"""A cache that grows in place: a step writes its own keys and values and copies nobody else's.

transformers' dynamic cache is joined anew at every step, which for sixteen answers of some 300 tokens costs as much as
the attention over them.
"""

from __future__ import annotations

import torch
from transformers.cache_utils import Cache, DynamicLayer


class GrowingLayer(DynamicLayer):
    """Keys and values are the first columns of a buffer that has room for half as many again."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        used = self.get_seq_length()
        self.keys, self.values = (
            self._grown(name, used, new) for name, new in (("_keys", key_states), ("_values", value_states))
        )
        self.is_initialized = True
        return self.keys, self.values

    def _grown(self, name: str, used: int, new: torch.Tensor) -> torch.Tensor:
        """The first `used` columns of a buffer, and the new ones behind them."""
        end = used + new.shape[2]
        held: torch.Tensor | None = getattr(self, name, None)
        if held is None or held.shape[2] < end:
            larger = new.new_empty((*new.shape[:2], end + end // 2, new.shape[3]))
            if held is not None:
                larger[:, :, :used] = held[:, :, :used]
            held = larger
            setattr(self, name, held)
        held[:, :, used:end] = new
        return held[:, :, :end]


def growing() -> Cache:
    """An empty cache."""
    return Cache(layer_class_to_replicate=GrowingLayer)
