"""The levels of a batched beam search: which codes each request's beams go on with.

Logits come in and beams go out, whichever engine the logits are from: a model in this process (`head_codes`) or another
one that is asked for those of some codes only (`Levels.wanted`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch.nn.functional import pad
from transformers import PreTrainedModel

from neo.decoding.context import head_logits, log_softmax
from neo.decoding.index import Learned, SidIndex
from neo.decoding.lookup import Lookup
from neo.decoding.newcomers import shared_out
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling, gumbel_children, sharpen
from neo.language.vocabulary import Vocabulary
from neo.sids.table import code_bits


@dataclass(frozen=True)
class Beams:
    """The beams of n requests after a level, [n, width] each, in order of type and key; spare places are not
    alive.

    score: log-probability; path: the same in the distribution that is drawn from; value: what beams are kept
    by.
    kind: the type as a place in vocab.type_names; code: the last one; prefix: packed codes so far; parent: place in
    the level before.
    """

    score: torch.Tensor
    path: torch.Tensor
    value: torch.Tensor
    parent: torch.Tensor
    alive: torch.Tensor
    kind: torch.Tensor
    code: torch.Tensor
    prefix: torch.Tensor


class Levels:
    """What the levels of one batched search share. Arrays over codes are as wide as the widest codebook.

    Use: `first` of the logits at the `root`, then `next` of those at the beams before. pickable: where given, only what
    these indexes hold is found; scores are still those among the requests' own.
    """

    def __init__(
        self,
        vocab: Vocabulary,
        device: torch.device,
        requests: Sequence[SpanRequest],
        sampling: Sampling | None,
        pickable: Sequence[SidIndex] | None = None,
    ) -> None:
        self.vocab, self.device, self.sampling = vocab, device, sampling
        self.requests = requests
        names = vocab.type_names
        self.sizes = [vocab.codes(name) for name in names]
        self.bits = torch.tensor([code_bits(size) for size in self.sizes], device=device)
        self.codes = max(self.sizes)
        self.widths = torch.tensor([r.k if sampling else max(r.k, r.beams) for r in requests], device=device)
        self.asked = torch.tensor([[name in request.types for name in names] for request in requests], device=device)
        self.index = [self._lookup([r.index for r in requests], name) for name in names]
        learned = [self._learned(name) for name in names]
        self.learned = learned if any(part is not None for part in learned) else None
        self.pickable = None if pickable is None else [self._lookup(pickable, name) for name in names]

    def _lookup(self, indexes: Sequence[SidIndex], name: str) -> Lookup | None:
        """Of one type; requests that don't ask for it never look there."""
        parts = [index.types[name] for index in indexes if name in index.types]
        if not parts:
            return None
        return Lookup([index.types.get(name, parts[0]) for index in indexes])

    def _learned(self, name: str) -> Learned | None:
        """What the model was trained on, which is one for all requests."""
        parts = (request.index.types.get(name) for request in self.requests)
        return next((part.learned for part in parts if part is not None and part.learned is not None), None)

    @cached_property
    def root(self) -> Beams:
        """Where level 0 begins: one place for each type, alive where the request asks for it."""
        zeros = torch.zeros(self.asked.shape, dtype=torch.int64, device=self.device)
        kinds = torch.arange(zeros.shape[1], device=self.device).expand(zeros.shape)
        nothing = torch.zeros(zeros.shape, device=self.device)
        return Beams(nothing, nothing, nothing, zeros, self.asked, kinds, zeros, zeros)

    def first(self, logits: torch.Tensor) -> Beams:
        """Level 0, from the logits at the root [n, types, codes]: one softmax over all types of a request."""
        n, root = len(logits), self.root
        masks = self.masks(root, 0)
        logits = self._shared_out(logits, masks[0], root, 0).flatten(1)[:, None]
        start = torch.zeros((n, 1), dtype=logits.dtype, device=self.device)
        masks = [mask.reshape(n, 1, -1) for mask in masks]
        score, path, value, column, alive = self._pick(start, start, start, logits, *masks)
        kind, code = column.div(self.codes, rounding_mode="floor"), column % self.codes
        return Beams(score, path, value, torch.zeros_like(column), alive, kind, code, code)

    def next(self, beams: Beams, logits: torch.Tensor, level: int) -> Beams:
        """A further level, from the logits at the beams [n, width, codes]: each in its own type's codebook."""
        masks = self.masks(beams, level)
        logits = self._shared_out(logits, masks[0], beams, level)
        score, path, value, column, alive = self._pick(beams.score, beams.path, beams.value, logits, *masks)
        parent, code = column.div(self.codes, rounding_mode="floor"), column % self.codes
        kind = beams.kind.gather(1, parent)
        prefix = beams.prefix.gather(1, parent) << self.bits[kind] | code
        return Beams(score, path, value, parent, alive, kind, code, prefix)

    def wanted(self, beams: Beams, level: int) -> torch.Tensor:
        """The codes whose logits a level goes by, bool [n, width, codes]: all others may be anything but NaN.

        They are what leads to an item; what is said of codes that were never learned counts by its mean over the
        codebook, so where items came in after training it is all of the codebook.
        """
        if self.learned is None:
            return self.masks(beams, level)[0]
        sizes = torch.tensor(self.sizes, device=self.device)[beams.kind]
        return beams.alive[..., None] & (torch.arange(self.codes, device=self.device) < sizes[..., None])

    def tokens(self, beams: Beams, level: int) -> torch.Tensor:
        """The token of each beam's last code, int64 [n, width]."""
        starts = [self.vocab.code_start(name, level) for name in self.vocab.type_names]
        return torch.tensor(starts, device=self.device)[beams.kind] + beams.code

    def items(self, beams: Beams) -> list[list[ScoredItem]]:
        """The last level's beams as items, all of them, the best first; equals by type and key."""
        rows = torch.full_like(beams.prefix, -1)
        for _, lookup, members in self.members(beams.alive, beams.kind):
            rows[members] = lookup.rows(members.nonzero()[:, 0], beams.prefix[members])
        score = beams.score.clone()
        for place, request in enumerate(self.requests):
            if request.shift is not None:
                score[place] += request.shift.to(self.device)[rows[place].clamp(min=0)]
        order = score.argsort(dim=1, descending=True, stable=True)
        columns = (
            part.gather(1, order).tolist() for part in (beams.alive, rows, score, beams.prefix, beams.kind, beams.value)
        )
        found: list[list[ScoredItem]] = []
        for row in zip(*columns, strict=True):
            found.append([self._item(*beam[1:]) for beam in zip(*row, strict=True) if beam[0]])
        return found

    def prefixes(self, beams: Beams, depth: int) -> list[list[tuple[tuple[int, ...], float]]]:
        """What beams are after `depth` levels: their codes and log-probabilities."""
        columns = (part.tolist() for part in (beams.alive, beams.prefix, beams.kind, beams.score))
        return [
            [(self.codes_of(key, kind, depth), score) for alive, key, kind, score in zip(*row, strict=True) if alive]
            for row in zip(*columns, strict=True)
        ]

    def codes_of(self, key: int, kind: int, depth: int) -> tuple[int, ...]:
        """The codes that are packed into a key."""
        bits = code_bits(self.sizes[kind])
        return tuple(key >> shift & ((1 << bits) - 1) for shift in range(bits * (depth - 1), -1, -bits))

    def _item(self, row: int, score: float, key: int, kind: int, value: float) -> ScoredItem:
        codes = self.codes_of(key, kind, self.vocab.levels)
        return ScoredItem(row, score, codes, self.vocab.type_names[kind], value)

    def members(
        self, alive: torch.Tensor, kinds: torch.Tensor, lookups: Sequence[Lookup | None] | None = None
    ) -> Iterator[tuple[int, Lookup, torch.Tensor]]:
        """For each type in use its look-up and, bool [n, width], the beams that live there."""
        for kind, lookup in enumerate(self.index if lookups is None else lookups):
            if lookup is not None and bool((members := alive & (kinds == kind)).any()):
                yield kind, lookup, members

    def masks(self, beams: Beams, level: int) -> list[torch.Tensor]:
        """Which codes lead each beam to an item; and to one that may be picked; bool [n, width, codes]."""
        masks = []
        for lookups in (self.index, self.pickable):
            if lookups is not None:
                mask = torch.zeros((*beams.kind.shape, self.codes), dtype=torch.bool, device=self.device)
                for kind, lookup, members in self.members(beams.alive, beams.kind, lookups):
                    part = lookup.allowed(members.nonzero()[:, 0], beams.prefix[members], level)
                    mask[members] = pad(part, (0, self.codes - self.sizes[kind]))
                masks.append(mask)
        return masks

    def _shared_out(self, logits: torch.Tensor, allowed: torch.Tensor, beams: Beams, level: int) -> torch.Tensor:
        """The logits where items came in after training, see `newcomers`; else as they are."""
        if self.learned is None:
            return logits
        learned = torch.ones_like(allowed)
        for kind, part in enumerate(self.learned):
            if part is not None and level < part.levels and bool((members := beams.alive & (beams.kind == kind)).any()):
                known = part.sids.allowed(beams.prefix[members], level)
                learned[members] = pad(known, (0, self.codes - self.sizes[kind]))
        return shared_out(logits, allowed, learned)

    def _pick(
        self,
        score: torch.Tensor,
        path: torch.Tensor,
        value: torch.Tensor,
        logits: torch.Tensor,
        allowed: torch.Tensor,
        pickable: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """The best (or drawn) continuations: score, path, value, column, alive, [n, width] each.

        score, path, value: [n, b]; logits, allowed, pickable: [n, b, c]. A column counts through b x c.
        """
        out = ~allowed
        nothing = out.all(dim=-1, keepdim=True)  # spare places; a softmax over nothing would be NaN
        logp = log_softmax(logits.masked_fill(out, -torch.inf).masked_fill(nothing, 0.0)).masked_fill(out, -torch.inf)
        total = (score[..., None] + logp).flatten(1)
        if self.sampling is None:
            paths = values = total
        else:
            tree = path[..., None] + sharpen(logp, self.sampling)
            paths = tree.flatten(1)
            values = gumbel_children(tree, value, self.sampling.generator).flatten(1)
        if pickable is not None:
            values = values.masked_fill(~pickable.flatten(1), -torch.inf)
        columns, alive = select(values, self.widths)
        score, path, value = (
            kept.gather(1, columns).masked_fill(~alive, -torch.inf) for kept in (total, paths, values)
        )
        return score, path, value, columns, alive


def head_codes(model: PreTrainedModel, levels: Levels, beams: Beams, hidden: torch.Tensor, level: int) -> torch.Tensor:
    """[n, width, codes]: each beam's logits over its type's codebook, -inf beyond and in spare places.

    hidden: the beams' hidden states [n, width, d]; at the root each type has the same one.
    """
    dtype = torch.promote_types(hidden.dtype, torch.float32)
    logits = torch.full((*beams.alive.shape, levels.codes), -torch.inf, dtype=dtype, device=levels.device)
    for kind, _, members in levels.members(beams.alive, beams.kind):
        start = levels.vocab.code_start(levels.vocab.type_names[kind], level)
        part = head_logits(model, hidden[members], start, start + levels.sizes[kind])
        logits[members] = pad(part, (0, levels.codes - part.shape[1]), value=-torch.inf)
    return logits


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
