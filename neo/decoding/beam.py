"""Exact beam search over Semantic IDs: the most probable existing items after an opening `<|sid|>`.

An item's score is the log-probability of its codes among what may be named: the sum over levels of a log-softmax
over the codes that lead to an item which exists and passes the request's filter (at level 0 over the codebooks of all
requested types together, so that types compete). Over everything that may be named, scores add up to one. What a
listener has heard of a show leaves its share to the rest of the show, not to all other shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch.nn.functional import pad
from transformers import PreTrainedModel

from neo.decoding.context import (
    Context,
    check_model,
    check_prompt,
    head_logits,
    log_softmax,
    read,
)
from neo.decoding.index import SidIndex
from neo.decoding.sampling import Sampling, gumbel_children, sharpen
from neo.decoding.tree import Tree
from neo.language.vocabulary import Vocabulary
from neo_sdk.errors import ConfigError, InvalidRequestError

T = TypeVar("T")


@dataclass(frozen=True)
class ScoredItem:
    """An item that a search found: its catalog row, log-probability, codes and type."""

    row: int
    score: float
    codes: tuple[int, ...]
    type: str


@dataclass(frozen=True)
class SpanRequest:
    """What one row of a batch asks for: up to `k` items of these types from this index, at most `beams`
    wide."""

    types: tuple[str, ...]
    index: SidIndex
    k: int = 10
    beams: int = 30

    def check(self, vocab: Vocabulary) -> None:
        for name, value in (("k", self.k), ("beams", self.beams)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidRequestError(f"{name} must be a whole number of at least 1, got {value!r}.")
        if isinstance(self.types, str) or not self.types:
            raise InvalidRequestError(f"types must be a tuple of item types, at least one, got {self.types!r}.")
        for name in self.types:
            found = (self.index.levels, self.index.of(name).size)
            if found != (vocab.levels, vocab.codes(name)):
                raise ConfigError(
                    f"The index has {found[0]} levels of {found[1]} codes for {name}, but the vocabulary has "
                    f"tokens for {vocab.levels} of {vocab.codes(name)}: they belong to different models."
                )

    @property
    def is_empty(self) -> bool:
        return not any(len(self.index.of(name).keys) for name in self.types)


@dataclass(frozen=True)
class _Beams:
    """The beams of n requests after a level, [n, width] each, in order of type and key; spare places are not
    alive.

    score: log-probability; path: the same in the distribution that is drawn from; value: what beams are kept
    by.
    kind: the type as a place in vocab.type_names; prefix: packed codes so far; parent: place in the level
    before.
    """

    score: torch.Tensor
    path: torch.Tensor
    value: torch.Tensor
    parent: torch.Tensor
    alive: np.ndarray
    kind: np.ndarray
    code: np.ndarray
    prefix: np.ndarray


def search_spans(
    model: PreTrainedModel,
    vocab: Vocabulary,
    index: SidIndex | Sequence[SidIndex],
    prompts: Sequence[Sequence[int]],
    types: Sequence[tuple[str, ...]],
    *,
    k: int | Sequence[int] = 10,
    beams: int | Sequence[int] = 30,
    sample: bool = False,
    temperature: float | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> list[list[ScoredItem]]:
    """For each prompt (ending with `<|sid|>`) up to `k` different items, the most probable first.

    One entry of `types` per prompt; `index`, `k` and `beams` are one for all or one per prompt. `beams` below
    `k` is raised to `k`. The results are exact where no level has more prefixes than beams; fewer items than
    `k` give fewer results, an empty index none. With `sample`, `k` different items are drawn without
    replacement from the model's distribution over what exists, renormalized at each level (a nucleus can
    leave fewer than k); `score` is still the log-probability. Raises InvalidRequestError for arguments out of
    range and for prompts that are too long.
    """
    n = len(prompts)
    indexes, ks, widths = _spread("index", index, n), _spread("k", k, n), _spread("beams", beams, n)
    if len(types) != n:
        raise InvalidRequestError(f"types must have one entry for each of the {n} prompts, got {len(types)}.")
    requests = [SpanRequest(*asked) for asked in zip(types, indexes, ks, widths, strict=True)]
    if not sample and not (temperature is None and top_p is None):
        raise InvalidRequestError(
            "temperature and top_p change nothing without sample=True: pass it, or leave them out."
        )
    sampling = Sampling.check(temperature, top_p, generator) if sample else None
    check_model(model)
    for request, prompt in zip(requests, prompts, strict=True):
        request.check(vocab)
        check_opened(model, vocab, prompt)
    found: list[list[ScoredItem]] = [[] for _ in requests]
    open_places = [place for place, request in enumerate(requests) if not request.is_empty]
    if open_places:
        context = read(model, [prompts[place] for place in open_places], vocab.pad)
        results = search_context(model, vocab, context, [requests[place] for place in open_places], sampling)
        for place, items in zip(open_places, results, strict=True):
            found[place] = items
    return found


def check_opened(model: PreTrainedModel, vocab: Vocabulary, prompt: Sequence[int]) -> None:
    """InvalidRequestError unless the prompt ends with `<|sid|>` and leaves room for a tuple."""
    check_prompt(model, prompt, vocab.levels)
    if prompt[-1] != vocab.open:
        raise InvalidRequestError(f"A span's prompt must end with <|sid|> (id {vocab.open}), got id {prompt[-1]}.")


@torch.inference_mode()
def search_context(
    model: PreTrainedModel,
    vocab: Vocabulary,
    context: Context,
    requests: Sequence[SpanRequest],
    sampling: Sampling | None = None,
) -> list[list[ScoredItem]]:
    """`search_spans` on a context that is already read and ends with `<|sid|>`, one checked request per row.

    The context is left as it was.
    """
    search = _Search(model, vocab, context.hidden.device, requests, sampling)
    tree = Tree(model, context)
    try:
        beams = search.first(context.hidden)
        for level in range(1, vocab.levels):
            hidden = tree.grow(search.tokens(beams, level - 1), beams.parent)
            beams = search.next(beams, hidden, level)
    finally:
        tree.close()
    return search.items(beams)


class _Search:
    """What the levels of one batched search share. Arrays over codes are as wide as the widest codebook."""

    def __init__(
        self,
        model: PreTrainedModel,
        vocab: Vocabulary,
        device: torch.device,
        requests: Sequence[SpanRequest],
        sampling: Sampling | None,
    ) -> None:
        self.model, self.vocab, self.device, self.sampling = model, vocab, device, sampling
        self.requests = requests
        self.sizes = np.array([vocab.codes(name) for name in vocab.type_names])
        self.codes = int(self.sizes.max())
        self.widths = torch.tensor([r.k if sampling else max(r.k, r.beams) for r in requests], device=device)
        # Requests that share an index are looked up together: (index, bool [n, 1] of the rows that use it).
        indexes = {id(request.index): request.index for request in requests}.values()
        self.groups = [(i, np.array([[request.index is i] for request in requests])) for i in indexes]

    def first(self, hidden: torch.Tensor) -> _Beams:
        """Level 0, from the prompts' last hidden states [n, d]: one softmax over all types of a request."""
        asked = np.array([[name in request.types for name in self.vocab.type_names] for request in self.requests])
        kinds = np.broadcast_to(np.arange(asked.shape[1]), asked.shape)
        logits = self._logits(hidden[:, None].expand(-1, asked.shape[1], -1), asked, kinds, 0)
        logits = logits.flatten(1)[:, None]
        allowed = self._allowed(asked, kinds, np.zeros(asked.shape, dtype=np.uint64), 0)
        root = torch.zeros((len(asked), 1), dtype=logits.dtype, device=self.device)
        score, path, value, column, alive = self._pick(root, root, root, logits, allowed.reshape(len(asked), 1, -1))
        columns = column.cpu().numpy()
        kind, code = columns // self.codes, columns % self.codes
        return _Beams(score, path, value, torch.zeros_like(column), alive, kind, code, code.astype(np.uint64))

    def next(self, beams: _Beams, hidden: torch.Tensor, level: int) -> _Beams:
        """A further level, from the beams' hidden states [n, width, d]: each in its own type's codebook."""
        logits = self._logits(hidden, beams.alive, beams.kind, level)
        allowed = self._allowed(beams.alive, beams.kind, beams.prefix, level)
        score, path, value, column, alive = self._pick(beams.score, beams.path, beams.value, logits, allowed)
        columns = column.cpu().numpy()
        above, code = columns // self.codes, columns % self.codes
        kind = np.take_along_axis(beams.kind, above, axis=1)
        prefix = np.take_along_axis(beams.prefix, above, axis=1)
        prefix = prefix * self.sizes[kind].astype(np.uint64) + code.astype(np.uint64)
        parent = column.div(self.codes, rounding_mode="floor")
        return _Beams(score, path, value, parent, alive, kind, code, prefix)

    def tokens(self, beams: _Beams, level: int) -> torch.Tensor:
        """The token of each beam's last code, int64 [n, width]."""
        starts = np.array([self.vocab.code_start(name, level) for name in self.vocab.type_names])
        return torch.from_numpy(starts[beams.kind] + beams.code).to(self.device)

    def items(self, beams: _Beams) -> list[list[ScoredItem]]:
        """The last level's beams as items, the best first; equals by type and key."""
        rows = np.full(beams.kind.shape, -1, dtype=np.int64)
        for index, _, name, members in self._members(beams.alive, beams.kind):
            rows[members] = index.rows_of(name, beams.prefix[members])
        scores = beams.score.cpu().numpy()
        found: list[list[ScoredItem]] = []
        for n, request in enumerate(self.requests):
            order = np.argsort(-scores[n], kind="stable")
            found.append([])
            for place in order[beams.alive[n][order]][: request.k]:
                kind = beams.kind[n, place]
                codes = _unpack(int(beams.prefix[n, place]), int(self.sizes[kind]), self.vocab.levels)
                row, score, name = int(rows[n, place]), float(scores[n, place]), self.vocab.type_names[kind]
                found[-1].append(ScoredItem(row, score, codes, name))
        return found

    def _members(self, alive: np.ndarray, kinds: np.ndarray) -> Iterator[tuple[SidIndex, int, str, np.ndarray]]:
        """For each index and type in use: bool [n, width], the beams that live there."""
        for index, rows in self.groups:
            for kind, name in enumerate(self.vocab.type_names):
                members = alive & (kinds == kind) & rows
                if members.any():
                    yield index, kind, name, members

    def _logits(self, hidden: torch.Tensor, alive: np.ndarray, kinds: np.ndarray, level: int) -> torch.Tensor:
        """[n, width, codes]: each beam's logits over its type's codebook, -inf beyond and in spare places."""
        dtype = torch.promote_types(hidden.dtype, torch.float32)
        logits = torch.full((*alive.shape, self.codes), -torch.inf, dtype=dtype, device=self.device)
        for kind, name in enumerate(self.vocab.type_names):
            members = alive & (kinds == kind)
            if members.any():
                here = torch.from_numpy(members).to(self.device)
                start = self.vocab.code_start(name, level)
                part = head_logits(self.model, hidden[here], start, start + int(self.sizes[kind]))
                logits[here] = pad(part, (0, self.codes - part.shape[1]), value=-torch.inf)
        return logits

    def _allowed(self, alive: np.ndarray, kinds: np.ndarray, prefixes: np.ndarray, level: int) -> np.ndarray:
        """bool [n, width, codes]: which codes lead each beam to an item. One look-up per index and type."""
        allowed = np.zeros((*kinds.shape, self.codes), dtype=np.bool_)
        for index, kind, name, members in self._members(alive, kinds):
            part = np.zeros((int(members.sum()), self.codes), dtype=np.bool_)
            part[:, : self.sizes[kind]] = index.allowed_codes(name, prefixes[members], level)
            allowed[members] = part
        return allowed

    def _pick(
        self,
        score: torch.Tensor,
        path: torch.Tensor,
        value: torch.Tensor,
        logits: torch.Tensor,
        allowed: np.ndarray,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, np.ndarray]:
        """The best (or drawn) continuations: score, path, value, column [n, width], alive (numpy).

        score, path, value: [n, b]; logits, allowed: [n, b, c]. A column counts through b x c.
        """
        out = ~torch.from_numpy(allowed).to(self.device)
        nothing = out.all(dim=-1, keepdim=True)  # spare places; a softmax over nothing would be NaN
        logp = log_softmax(logits.masked_fill(out, -torch.inf).masked_fill(nothing, 0.0)).masked_fill(out, -torch.inf)
        total = (score[..., None] + logp).flatten(1)
        if self.sampling is None:
            paths = values = total
        else:
            tree = path[..., None] + sharpen(logp, self.sampling)
            paths = tree.flatten(1)
            values = gumbel_children(tree, value, self.sampling.generator).flatten(1)
        columns, alive = select(values, self.widths)
        score, path, value = (
            kept.gather(1, columns).masked_fill(~alive, -torch.inf) for kept in (total, paths, values)
        )
        return score, path, value, columns, alive.cpu().numpy()


def select(values: torch.Tensor, widths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each row's largest finite `widths[n]` of values [n, c], equals by column -> columns and alive, [n,
    width].

    Columns come in ascending order (so beams stay sorted by key), spare places at the end. No sort is needed.
    """
    widths = widths.clamp(max=values.shape[1])
    top = values.topk(int(widths.max()), dim=1).values
    threshold = top.gather(1, widths[:, None] - 1)
    above, equal = values > threshold, (values == threshold) & torch.isfinite(values)
    room = widths[:, None] - above.sum(dim=1, keepdim=True)
    chosen = above | (equal & (equal.cumsum(dim=1) <= room))
    counts = chosen.sum(dim=1)
    row, column = chosen.nonzero(as_tuple=True)
    width = max(int(counts.max()), 1)
    columns = torch.zeros((len(values), width), dtype=torch.int64, device=values.device)
    columns[row, chosen.cumsum(dim=1)[row, column] - 1] = column
    return columns, torch.arange(width, device=values.device) < counts[:, None]


def _unpack(key: int, size: int, levels: int) -> tuple[int, ...]:
    return tuple(key // size ** (levels - 1 - level) % size for level in range(levels))


def _spread(name: str, value: T | Sequence[T], n: int) -> list[T]:
    """One value for all, or a sequence with one for each of n requests."""
    if not isinstance(value, Sequence):
        return [value] * n
    if len(value) != n:
        raise InvalidRequestError(f"{name} must have one entry for each of the {n} prompts, got {len(value)}.")
    return list(value)
