"""Exact beam search over Semantic IDs: the most probable existing items in a span that is open.

An item's score is the log-probability of its codes among what may be named: the sum over levels of a log-softmax
over the codes that lead to an item which exists and passes the request's filter (at level 0 over the codebooks of all
requested types together, so that types compete). What came in after training counts as `newcomers` says. Over all that
may be named, they add up to one. What a listener has heard of a show leaves its share to the rest of the show, not
to all other shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from transformers import PreTrainedModel

from neo.decoding.context import Context, check_model, check_prompt, read
from neo.decoding.fixed import FixedShapes, tree_room
from neo.decoding.groups import Kept
from neo.decoding.index import SidIndex
from neo.decoding.levels import Beams, Levels, head_codes
from neo.decoding.prompt_memory import PromptMemory
from neo.decoding.request import GroupLimit, ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.decoding.tree import Tree
from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import SOFT
from neo_sdk.errors import InvalidRequestError

T = TypeVar("T")
Search = Callable[[Sequence[int], Sequence[SidIndex] | None], list[list[ScoredItem]]]


def search_spans(
    model: PreTrainedModel,
    vocab: Vocabulary,
    index: SidIndex | Sequence[SidIndex],
    prompts: Sequence[Sequence[int]],
    types: Sequence[tuple[str, ...]],
    *,
    k: int | Sequence[int] = 10,
    beams: int | Sequence[int] = 30,
    limit: GroupLimit | Sequence[GroupLimit | None] | None = None,
    shift: torch.Tensor | Sequence[torch.Tensor | None] | None = None,
    sample: bool = False,
    temperature: float | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    memory: PromptMemory | None = None,
    shapes: FixedShapes | None = None,
) -> list[list[ScoredItem]]:
    """For each prompt (it ends with `<|sid|>`, or with an item in a span) up to `k` different items, the best first.

    One entry of `types` per prompt; `index`, `k`, `beams`, `limit` and `shift` are one for all or one per prompt.
    `beams` below `k` is raised to `k`. The results are exact where no level has more prefixes than beams; fewer items
    than `k` give fewer results, an empty index none. limit: no more items of a group than this, in every result. shift:
    what is added to the log-probability of each catalog row, float32 [rows], among what the beams have found; it
    orders a draw too, but what is drawn is the model's own choice.
    With `sample`, `k` different items are drawn without replacement from the model's distribution over what
    exists, renormalized at each level (a nucleus can leave fewer than k); `score` is the same as without.
    memory: what the model has read before; shapes: for steps of fixed shape, which a GPU runs faster. Raises
    InvalidRequestError for arguments out of range and for prompts that are too long.
    """
    n = len(prompts)
    indexes, ks, widths = _spread("index", index, n), _spread("k", k, n), _spread("beams", beams, n)
    if len(types) != n:
        raise InvalidRequestError(f"types must have one entry for each of the {n} prompts, got {len(types)}.")
    limits, shifts = _spread("limit", limit, n), _spread("shift", shift, n)
    requests = [SpanRequest(*asked) for asked in zip(types, indexes, ks, widths, limits, shifts, strict=True)]
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
        context = read(model, [prompts[place] for place in open_places], vocab.pad, memory)
        asked = [requests[place] for place in open_places]
        if shapes is not None:
            context = shapes.hold(context, tree_room(vocab.levels, asked))
        results = search_context(model, vocab, context, asked, sampling)
        for place, items in zip(open_places, results, strict=True):
            found[place] = items
    return found


def check_opened(model: PreTrainedModel, vocab: Vocabulary, prompt: Sequence[int]) -> None:
    """InvalidRequestError unless an item may come next in the prompt, and there is room for its codes."""
    check_prompt(model, prompt, vocab.levels)
    # In a span words and vectors say of the next item what it is to be like.
    spoken = next((token for token in reversed(prompt) if vocab.text_size <= token < SOFT), vocab.pad)
    code = vocab.type_level_code(spoken)
    if spoken != vocab.open and (code is None or code[1] != vocab.levels - 1):
        raise InvalidRequestError(
            f"A span's prompt must end with <|sid|> (id {vocab.open}) or an item's last code, got id {prompt[-1]}."
        )


@torch.inference_mode()
def search_context(
    model: PreTrainedModel,
    vocab: Vocabulary,
    context: Context,
    requests: Sequence[SpanRequest],
    sampling: Sampling | None = None,
) -> list[list[ScoredItem]]:
    """`search_spans` on a context that is already read, one checked request per row.

    The context is left as it was.
    """
    return in_rounds(
        requests,
        lambda places, pickable: _search(
            model, vocab, context.only(places), [requests[place] for place in places], sampling, pickable
        ),
    )


def in_rounds(requests: Sequence[SpanRequest], search: Search) -> list[list[ScoredItem]]:
    """What the requests keep of what a search finds, which is repeated for those that a limit leaves short.

    search: from the places of some requests, and what alone may be picked for each of them (None: everything), to the
    items of all their beams, the best first.
    """
    kept = [Kept(request) for request in requests]
    places = list(range(len(requests)))
    pickable = None
    while places:
        for place, items in zip(places, search(places, pickable), strict=True):
            kept[place].take(items)
        # Where a group was full, what is behind it comes in a further round, without the groups that are full.
        places = [place for place in places if kept[place].is_short]
        pickable = [kept[place].left() for place in places]
    return [mine.best for mine in kept]


def _search(
    model: PreTrainedModel,
    vocab: Vocabulary,
    context: Context,
    requests: Sequence[SpanRequest],
    sampling: Sampling | None,
    pickable: Sequence[SidIndex] | None,
) -> list[list[ScoredItem]]:
    """The items of all beams, the best first."""
    levels = Levels(vocab, context.hidden.device, requests, sampling, pickable)
    return levels.items(_grown(model, levels, Tree(model, context), context, vocab.levels))


@torch.inference_mode()
def search_prefixes(
    model: PreTrainedModel,
    vocab: Vocabulary,
    prompts: Sequence[Sequence[int]],
    requests: Sequence[SpanRequest],
    depth: int,
) -> list[list[tuple[tuple[int, ...], float]]]:
    """The first `depth` codes of what a search would find, with their log-probabilities, for requests of one type each.

    In no particular order; as many as a request has beams, at most.
    """
    context = read(model, prompts, vocab.pad)
    levels = Levels(vocab, context.hidden.device, requests, None)
    return levels.prefixes(_grown(model, levels, Tree(model, context), context, depth), depth)


def _grown(model: PreTrainedModel, levels: Levels, tree: Tree, context: Context, depth: int) -> Beams:
    """The beams after `depth` levels; the tree is closed."""
    root = levels.root
    try:
        hidden = context.hidden[:, None].expand(-1, root.kind.shape[1], -1)
        beams = levels.first(head_codes(model, levels, root, hidden, 0))
        for level in range(1, depth):
            hidden = tree.grow(levels.tokens(beams, level - 1), beams.parent)
            beams = levels.next(beams, head_codes(model, levels, beams, hidden, level), level)
    finally:
        tree.close()
    return beams


def _spread(name: str, value: T | Sequence[T], n: int) -> list[T]:
    """One value for all, or a sequence with one for each of n requests."""
    if not isinstance(value, Sequence):
        return [value] * n
    if len(value) != n:
        raise InvalidRequestError(f"{name} must have one entry for each of the {n} prompts, got {len(value)}.")
    return list(value)
