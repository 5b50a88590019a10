"""Steps of fixed shape, for a GPU: a small step there costs what launching its kernels costs, hundreds of them.

The cache is a buffer with room for what comes after the prompt, and a step's rows, tokens and mask are padded to one of
few sizes. So all steps of a size are one CUDA graph, captured once and replayed from then on. Without a GPU the same
steps run uncaptured: slower than steps of changing shape, but they can be tested.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers import Cache, PreTrainedModel
from transformers.cache_utils import StaticLayer

from neo.decoding.context import Context, additive_mask
from neo.decoding.request import SpanRequest

WARM_UPS = 3  # runs before a capture, as torch asks for: the first ones choose and load kernels
PADDING = 8  # positions beyond those asked for, over which the padding of an answer's short steps may reach
_CAPTURING = threading.Lock()  # all captures are on one stream of torch's


def padded(count: int) -> int:
    """The next of 1, 2, 3, 4, 6, 8, 12, 16, 24, ...: few sizes, and at most a half of `count` is padding."""
    power = 1 << (count - 1).bit_length()
    return power * 3 // 4 if power >= 4 and power * 3 // 4 >= count else power


def tree_room(levels: int, requests: Sequence[SpanRequest]) -> int:
    """How many positions the beams of a search take."""
    return (levels - 1) * padded(max((max(request.k, request.beams) for request in requests), default=0))


class FixedShapes:
    """The buffers of one model, made when first needed and then used again; safe to share between threads.

    max_bytes: the most that the keys and values of free buffers take, checked when one is taken; the least recently
    used go first. The masks and graphs of a buffer's steps come on top, and go with it.
    """

    def __init__(self, model: PreTrainedModel, max_bytes: int = 4 << 30) -> None:
        self.model, self.max_bytes = model, max_bytes
        self._lock = threading.Lock()
        self._free: OrderedDict[int, Buffers] = OrderedDict()  # by identity; the last used is the last
        # The collector may end a context at any moment, while this very thread holds the lock too: so what a context
        # gives back waits here, and no lock is needed for that.
        self._given_back: deque[Buffers] = deque()

    @torch.inference_mode()
    def hold(self, context: Context, more: int) -> FixedContext:
        """A copy of the context in a buffer with room for `more` positions; the buffer is free again when the copy is
        gone."""
        rows, positions = context.real.shape
        buffers = self._take(context.cache, padded(rows), padded(positions + more + PADDING))
        for held, layer in zip(buffers.cache.layers, context.cache.layers, strict=True):
            held.keys[:rows, :, :positions] = layer.keys[:, :, :positions]
            held.values[:rows, :, :positions] = layer.values[:, :, :positions]
        copy = FixedContext(buffers.cache, context.real, context.lengths, context.hidden, buffers, self, positions)
        weakref.finalize(copy, self._given_back.append, buffers)
        return copy

    def _take(self, cache: Cache, rows: int, capacity: int) -> Buffers:
        with self._lock:
            while self._given_back:
                buffers = self._given_back.popleft()
                self._free[id(buffers)] = buffers
            fitting = [key for key, kept in self._free.items() if (kept.rows, kept.capacity) == (rows, capacity)]
            taken = self._free.pop(fitting[0]) if fitting else None
            while sum(kept.nbytes for kept in self._free.values()) > self.max_bytes:
                self._free.popitem(last=False)
        return taken or Buffers(self.model, cache, rows, capacity)


class _Layer(StaticLayer):
    """Keys and values at fixed addresses; a step's go to the columns that it names."""

    def __init__(self, like: torch.Tensor, values_like: torch.Tensor, rows: int, capacity: int) -> None:
        super().__init__(capacity)
        self.lazy_initialization(like[:1].expand(rows, -1, -1, -1), values_like[:1].expand(rows, -1, -1, -1))
        self.columns = torch.empty(0, dtype=torch.int64)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.keys.index_copy_(2, self.columns, key_states)
        self.values.index_copy_(2, self.columns, value_states)
        return self.keys, self.values


class Buffers:
    """A cache of fixed size, and the steps over it by their number of tokens."""

    def __init__(self, model: PreTrainedModel, like: Cache, rows: int, capacity: int) -> None:
        self.model, self.rows, self.capacity = model, rows, capacity
        self.cache = Cache(layers=[_Layer(layer.keys, layer.values, rows, capacity) for layer in like.layers])
        self._steps: dict[int, Step] = {}

    @property
    def nbytes(self) -> int:
        """Of keys and values."""
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in self.cache.layers)

    def step(self, tokens: int) -> Step:
        """The step that runs so many tokens of each row."""
        if tokens not in self._steps:
            self._steps[tokens] = Step(self, tokens)
        return self._steps[tokens]


class Step:
    """A forward of q tokens for each row, with its inputs and its output at fixed addresses."""

    def __init__(self, buffers: Buffers, q: int) -> None:
        device, rows = buffers.model.device, buffers.rows
        self.buffers = buffers
        self.ids = torch.zeros((rows, q), dtype=torch.int64, device=device)
        self.positions = torch.zeros_like(self.ids)
        # At first the last columns: what is run before a capture writes to them, and the prompt is in already.
        self.columns = torch.arange(buffers.capacity - q, buffers.capacity, device=device)
        self.sees = torch.zeros((rows, q, buffers.capacity), dtype=torch.bool, device=device)
        self._replay: Callable[[], torch.Tensor] = self._forward
        if device.type == "cuda":
            self._replay = _captured(self._forward)

    def __call__(self, ids: torch.Tensor, positions: torch.Tensor, sees: torch.Tensor, start: int) -> torch.Tensor:
        """Runs ids [n, q'], n and q' no larger than the step's; their keys go to the columns from `start` on.

        sees: bool [n, q', columns]. Returns hidden states [n, q', d], a copy.
        """
        n, q = ids.shape
        self.sees.zero_()
        self.ids[:n, :q], self.positions[:n, :q], self.sees[:n, :q, : sees.shape[2]] = ids, positions, sees
        self.columns.copy_(torch.arange(start, start + len(self.columns), device=ids.device))
        return self._replay()[:n, :q].clone()

    def _forward(self) -> torch.Tensor:
        for layer in self.buffers.cache.layers:
            layer.columns = self.columns
        out = self.buffers.model.get_decoder()(
            input_ids=self.ids,
            attention_mask=additive_mask(self.sees, self.buffers.cache.layers[0].keys.dtype),
            position_ids=self.positions,
            past_key_values=self.buffers.cache,
            use_cache=True,
        )
        return out.last_hidden_state


def _captured(forward: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
    """The same forward as a CUDA graph: its result is a tensor that every replay writes anew."""
    with _CAPTURING:
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                forward()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # other threads may go on with their steps
            result = forward()

    def replay() -> torch.Tensor:
        graph.replay()
        return result

    return replay


@dataclass
class FixedContext(Context):
    """A context whose steps have fixed shapes. `used`: columns that hold something."""

    buffers: Buffers
    shapes: FixedShapes
    used: int

    def run(
        self,
        model: PreTrainedModel,
        ids: torch.Tensor,
        positions: torch.Tensor,
        sees: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See Context. Padding beyond the tokens is overwritten by the next step, and seen by nobody."""
        q = ids.shape[1]
        if sees is None:
            sees = self.causal(q)
        hidden = self.buffers.step(padded(q))(ids, positions, sees, self.used)
        self.used += q
        return hidden

    def forget(self, count: int) -> None:
        self.used -= count

    def only(self, rows: Sequence[int]) -> Context:
        if len(rows) == len(self.real):
            return self
        some = super().only(rows)
        return self.shapes.hold(some, self._room)

    def joined(self, others: Sequence[Context]) -> Context:
        rooms = [one._room for one in (self, *others) if isinstance(one, FixedContext)]
        return self.shapes.hold(super().joined(others), max(rooms))

    @property
    def _room(self) -> int:
        """Positions that may still come."""
        return self.buffers.capacity - PADDING - self.real.shape[1]
