"""Tree attention: all beams of a request are extra query positions of one sequence.

The prompt is in the cache once. Each level appends its beams behind it, and an explicit mask lets a beam see
the real prompt positions, its own ancestors and itself. So nothing of the prompt is copied, repeated or
reordered per beam: the cache grows by beams x (levels - 1) positions, and `close` takes them away again.
"""

from __future__ import annotations

import torch
from transformers import PreTrainedModel

from neo.decoding.context import Context


class Tree:
    """The beams that grow out of one context. Use: `grow` once a level, then `close`."""

    def __init__(self, model: PreTrainedModel, context: Context) -> None:
        self._model, self._context = model, context
        n = len(context.lengths)
        # [n, beams of the last level, appended positions]: which of them each beam descends from, itself
        # included.
        self._sees = torch.zeros((n, 1, 0), dtype=torch.bool, device=context.real.device)
        self._level = 0

    def grow(self, tokens: torch.Tensor, parents: torch.Tensor) -> torch.Tensor:
        """Appends one token per beam, int64 [n, beams]; `parents` [n, beams] are places in the level before.

        Returns hidden states [n, beams, d].
        """
        n, beams = tokens.shape
        own = torch.eye(beams, dtype=torch.bool, device=tokens.device).expand(n, -1, -1)
        family = self._sees.gather(1, parents[:, :, None].expand(-1, -1, self._sees.shape[2]))
        self._sees = torch.cat([family, own], dim=2)
        sees = torch.cat([self._context.real[:, None].expand(-1, beams, -1), self._sees], dim=2)
        positions = (self._context.lengths + self._level)[:, None].expand(-1, beams)
        self._level += 1
        return self._context.run(self._model, tokens, positions, sees)

    def close(self) -> None:
        """Takes the beams out of the cache: the context is again what it was."""
        self._context.forget(self._sees.shape[2])
        self._sees, self._level = self._sees[:, :1, :0], 0
