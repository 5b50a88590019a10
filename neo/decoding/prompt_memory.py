"""Keys and values of prompts that were read: a later prompt with the same beginning is read from where it differs.

One row per prompt, within a budget of bytes, the least recently used out first. No stored prompt is the beginning of
another (the longer one stands for both), so what shares most with a new prompt is next to it in sorted order.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from transformers import Cache, PreTrainedModel

from neo.decoding.growing import growing
from neo_sdk.errors import ConfigError, InvalidRequestError

if TYPE_CHECKING:
    from neo.decoding.context import Context

Tokens = tuple[int, ...]
# The first number of columns whose reuse is faster in every case of benchmarks/prompt_memory.py, on one CPU thread: 256
# tokens through 3 layers of 128 take 14.9 ms, not 15.0 (with 24 columns 15.2). Qwen3-0.6B's layers gain from 4 on.
LEAST = 32


class PromptMemory:
    """What one model has read. Hand it to every `read` of that model; safe to share between threads.

    Keys and values follow from the weights: after these change (training, loading, another dtype or device), make a
    new memory. What is read with a memory equals what is read without it up to rounding, as with batches of another
    size.

    max_bytes: the most that stored keys and values take, on the model's device. A prompt that is larger alone is not
        stored.
    least: fewer columns than this are not worth reusing, nor fewer tokens storing.
    """

    def __init__(self, model: PreTrainedModel, max_bytes: int, least: int = LEAST) -> None:
        for name, value, smallest in (("max_bytes", max_bytes, 0), ("least", least, 1)):
            if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
                raise ConfigError(f"{name} must be a whole number of at least {smallest}, got {value!r}.")
        self.max_bytes, self.least = max_bytes, least
        self._model = model
        self._lock = threading.Lock()
        # Stored prompt -> [tokens, all layers' keys and values side by side]; the last used is the last.
        self._rows: OrderedDict[Tokens, torch.Tensor] = OrderedDict()
        self._sorted: list[Tokens] = []
        self._nbytes = 0
        self._shapes: list[tuple[int, int]] = []  # (heads, head size) of each layer's keys and values in turn

    @property
    def nbytes(self) -> int:
        """Bytes of the stored keys and values."""
        return self._nbytes

    def __len__(self) -> int:
        """How many prompts are stored."""
        return len(self._rows)

    @torch.inference_mode()
    def recall(self, model: PreTrainedModel, prompts: Sequence[Sequence[int]]) -> tuple[Cache, int]:
        """The cache of the first columns of these prompts, padded on the left, and how many columns these are.

        A batch is a rectangle: all rows are run from one column on, the first that some row does not know. So rows
        that know more take less than they could, the layout is that of reading without a memory, and no position
        more is run. An empty cache and 0 where that saves fewer than `least` columns. ConfigError for another model.
        """
        if model is not self._model:
            raise ConfigError("This prompt memory belongs to another model: make one for each model.")
        with self._lock:
            found = [self._nearest(tuple(prompt)) for prompt in prompts]
            # A prompt's last token is always run: its hidden state predicts the next one.
            rest = max(max(len(prompt) - shared, 1) for prompt, (shared, _) in zip(prompts, found, strict=True))
            known = max(map(len, prompts)) - rest
            if known < self.least:
                return growing(), 0
            taken = []
            for row, (prompt, (_, near)) in enumerate(zip(prompts, found, strict=True)):
                if (count := len(prompt) - rest) > 0:
                    self._rows.move_to_end(near)
                    taken.append((row, self._rows[near][:count]))
            shapes = self._shapes
        stored = taken[0][1]
        joined = stored.new_zeros((len(prompts), known, stored.shape[1]))
        for row, stored in taken:
            joined[row, known - len(stored) :] = stored
        parts = joined.split([heads * size for heads, size in shapes], dim=2)
        tensors = [part.unflatten(2, shape).transpose(1, 2) for part, shape in zip(parts, shapes, strict=True)]
        cache = growing()
        for layer, (keys, values) in enumerate(zip(tensors[::2], tensors[1::2], strict=True)):
            cache.update(keys, values, layer)
        return cache, known

    @torch.inference_mode()
    def keep(self, tokens: Sequence[int], context: Context, row: int = 0) -> None:
        """Stores a copy of what a row of the context has read: `tokens`, all of them (a prompt, or prompt and answer).

        Replaces the stored prompt that these tokens extend; does nothing if a stored one begins with them, or if they
        are fewer than `least` or more than the budget. InvalidRequestError if the row has another number of tokens.
        """
        key = tuple(tokens)
        if len(key) != int(context.lengths[row]):
            raise InvalidRequestError(f"The row has read {int(context.lengths[row])} tokens, not these {len(key)}.")
        tensors = [tensor for layer in context.cache.layers for tensor in (layer.keys, layer.values)]
        size = len(key) * sum(tensor.shape[1] * tensor.shape[3] * tensor.element_size() for tensor in tensors)
        if len(key) < self.least or size > self.max_bytes:
            return
        with self._lock:
            shared, near = self._nearest(key)
            if shared == len(key):
                self._rows.move_to_end(near)
                return
            if near and shared == len(near):
                self._drop(near)
            while self._nbytes + size > self.max_bytes:
                self._drop(next(iter(self._rows)))
            # Copied under the lock, after the others went: the budget holds at every moment.
            columns = context.real[row].nonzero()[:, 0]
            flat = [tensor[row].index_select(1, columns).transpose(0, 1).flatten(1) for tensor in tensors]
            self._rows[key] = torch.cat(flat, dim=1)
            self._shapes = [(tensor.shape[1], tensor.shape[3]) for tensor in tensors]
            insort(self._sorted, key)
            self._nbytes += size

    def _nearest(self, tokens: Tokens) -> tuple[int, Tokens]:
        """How many leading tokens the nearest stored prompt shares, and that prompt; (0, ()) where none is stored."""
        place = bisect_left(self._sorted, tokens)
        near = self._sorted[max(place - 1, 0) : place + 1]
        return max(((_shared(tokens, other), other) for other in near), default=(0, ()))

    def _drop(self, tokens: Tokens) -> None:
        self._nbytes -= self._rows.pop(tokens).nbytes
        del self._sorted[bisect_left(self._sorted, tokens)]


def _shared(one: Tokens, other: Tokens) -> int:
    """The length of the longest common prefix."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
