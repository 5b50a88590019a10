"""A beam search that is watched: the beams of every level, what the constraint forbade, and what each step took.

It finds what `search_spans` finds. To say what was forbidden it computes the whole head where a search computes a few
rows, and it reads the prompt anew: for looking, not for answering.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from neo.decoding.beam import check_opened
from neo.decoding.context import check_model, head_logits, log_softmax, read
from neo.decoding.levels import Beams, Levels, head_codes
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.tree import Tree
from neo.language.vocabulary import Vocabulary

SHOWN = 12  # forbidden tokens of a level


@dataclass(frozen=True)
class Branch:
    """A beam that was kept. parent: its place among the branches of the level before, -1 at the first.

    step: the probability of its last code among what may follow; free: the same over the whole vocabulary, with
    nothing forbidden; path: that of all its codes, among what may be named.
    """

    type: str
    codes: tuple[int, ...]
    parent: int
    step: float
    free: float
    path: float


@dataclass(frozen=True)
class Barred:
    """A token that might not follow a branch (`parent`, as above), with its probability in the whole vocabulary, times
    that of the branch among its level."""

    parent: int
    token: int
    probability: float


@dataclass(frozen=True)
class Level:
    """One step. branches: those kept, the most probable first; allowed, of how many: continuations of all beams;
    forbidden: how much probability the constraint took away, beams weighed by theirs; barred: most of it, by token."""

    branches: tuple[Branch, ...]
    allowed: int
    of: int
    forbidden: float
    barred: tuple[Barred, ...]
    seconds: float


@dataclass(frozen=True)
class Trace:
    """A search. read: seconds that the prompt took; items: what was found, the best first, before any shift."""

    tokens: int
    read: float
    levels: tuple[Level, ...]
    items: tuple[ScoredItem, ...]


@torch.inference_mode()
def trace_search(model: PreTrainedModel, vocab: Vocabulary, prompt: Sequence[int], request: SpanRequest) -> Trace:
    """The search for one request, whose prompt ends where an item may come. A limit of groups is not kept to.

    Raises InvalidRequestError as `search_spans` does; an index with nothing in it has no levels.
    """
    check_model(model)
    request.check(vocab)
    check_opened(model, vocab, prompt)
    began = time.perf_counter()
    context = read(model, [prompt], vocab.pad)
    seconds = time.perf_counter() - began
    if request.is_empty:
        return Trace(len(prompt), seconds, (), ())
    levels = Levels(vocab, context.hidden.device, [request], None)
    tree, watched = Tree(model, context), list[Level]()
    beams, order = None, torch.zeros(1, dtype=torch.int64)
    for level in range(vocab.levels):
        began = time.perf_counter()
        if beams is None:
            hidden, root = context.hidden[:, None], levels.root
            same = hidden.expand(-1, root.kind.shape[1], -1)
            new = levels.first(head_codes(model, levels, root, same, level))
        else:
            hidden = tree.grow(levels.tokens(beams, level - 1), beams.parent)
            new = levels.next(beams, head_codes(model, levels, beams, hidden, level), level)
        seconds_of = time.perf_counter() - began
        free = log_softmax(head_logits(model, hidden, 0, vocab.size))[0].cpu()
        found, order = _level(levels, beams, new, free, level, order, seconds_of)
        watched.append(found)
        beams = new
    tree.close()
    assert beams is not None
    (items,) = levels.items(beams)
    return Trace(len(prompt), seconds, tuple(watched), tuple(items))


def _level(
    levels: Levels,
    before: Beams | None,
    kept: Beams,
    logp: torch.Tensor,
    level: int,
    order: torch.Tensor,
    spent: float,
) -> tuple[Level, torch.Tensor]:
    """What happened at a level, and the places of its beams in order of their probability.

    logp: [parents, vocabulary], without the constraint; order: the same places of the level before, in which parents
    are counted.
    """
    vocab, size = levels.vocab, levels.vocab.size
    places = levels.root if before is None else before  # at first one beam, which may go on in any of the types
    alive, kinds = places.alive, places.kind
    weights = torch.zeros(1)
    if before is not None:
        weights = torch.where(alive[0], before.score[0], -torch.inf).log_softmax(0)
    mask = levels.masks(places, level)[0][0]
    barred = torch.ones(logp.shape, dtype=torch.bool)
    for place, kind in enumerate(kinds[0].tolist()):
        parent = place if before is not None else 0
        start = vocab.code_start(vocab.type_names[kind], level)
        codes = mask[place, : levels.sizes[kind]].cpu()
        barred[parent, start : start + levels.sizes[kind]] &= ~codes
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order))
    chances = (logp + weights.cpu()[:, None]).exp().masked_fill(~barred, 0.0)
    top = chances.flatten().topk(min(SHOWN, chances.numel()))
    gone = tuple(
        Barred(-1 if before is None else int(rank[place // size]), place % size, value)
        for place, value in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        if value > 0
    )
    branches, new_order = _branches(levels, before, kept, logp, level, rank)
    counts = int(mask[alive[0]].sum()), sum(levels.sizes[k] for k, a in zip(kinds[0], alive[0], strict=True) if a)
    return Level(branches, *counts, float(chances.sum()), gone, spent), new_order


def _branches(
    levels: Levels, before: Beams | None, kept: Beams, logp: torch.Tensor, level: int, rank: torch.Tensor
) -> tuple[tuple[Branch, ...], torch.Tensor]:
    """The beams that were kept, the most probable first, and their places."""
    vocab = levels.vocab
    order = kept.score[0].argsort(descending=True, stable=True).cpu()
    (prefixes,) = levels.prefixes(kept, level + 1)
    places = kept.alive[0].nonzero().flatten().tolist()
    codes = {place: prefix for place, (prefix, _) in zip(places, prefixes, strict=True)}
    branches = []
    for place in order.tolist():
        if place not in codes:
            continue
        parent = int(kept.parent[0, place]) if before is not None else 0
        name = vocab.type_names[int(kept.kind[0, place])]
        token = vocab.code_start(name, level) + int(kept.code[0, place])
        score = float(kept.score[0, place])
        step = score - (float(before.score[0, parent]) if before is not None else 0.0)
        at = -1 if before is None else int(rank[parent])
        free = float(logp[parent, token])
        branches.append(Branch(name, codes[place], at, *torch.tensor([step, free, score]).exp().tolist()))
    return tuple(branches), order
