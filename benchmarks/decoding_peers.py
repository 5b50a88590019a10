"""What the decoding benchmark compares with: `generate` over a dict trie, a row masked in plain PyTorch, brute force.

The peers get the best that we know: one dict look-up a level and no object for a leaf, no generation config of the
model's own, sdpa attention, a cache, never more beams than items. One of them even gets what `generate` does not do by
itself: the prompt is run once and its cache repeated for the beams.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from decoding_catalogs import BITS, CODES, LEVELS, TYPES, Catalog
from transformers import DynamicCache, GenerationConfig, PreTrainedModel

from neo.evaluation.obedience import span_of
from neo.language.vocabulary import Vocabulary

Trie = dict[int, Any]  # token -> the trie of what may follow; None after the last level


class Answer(NamedTuple):
    """What a method names: an item's type and codes, ("", ()) where its tokens are none; None where it does not say."""

    type: str
    codes: tuple[int, ...]
    score: float | None = None
    row: int | None = None


def dict_trie(catalog: Catalog, vocab: Vocabulary) -> Trie:
    """Nested dicts over token ids. Equal tokens are one object, and nothing waits for the garbage collector."""
    root: Trie = {}
    gc.disable()
    for name in TYPES:
        tokens = [[vocab.code_start(name, level) + code for code in range(CODES)] for level in range(LEVELS)]
        inner, last = tokens[:-1], tokens[-1]
        for *codes, end in catalog.codes(name).tolist():
            node = root
            for level, code in zip(inner, codes, strict=True):
                node = node.setdefault(level[code], {})
            node[last[end]] = None
    gc.enable()
    gc.freeze()  # millions of dicts that the collector need not look at while the peer runs
    return root


def may_follow(trie: Trie, prompt: int, fallback: int) -> Callable[[int, torch.Tensor], list[int]]:
    """The callback of `prefix_allowed_tokens_fn`, for a prompt of so many tokens.

    A beam that has left the trie (`generate` keeps such beams when it has too few others) may only go on to `fallback`:
    an empty list would be an error.
    """

    def allowed(_: int, ids: torch.Tensor) -> list[int]:
        node: Trie | None = trie
        for token in ids[prompt:].tolist():
            node = node.get(token) if node else None
        return list(node) if node else [fallback]

    return allowed


@torch.inference_mode()
def generate(
    model: PreTrainedModel, vocab: Vocabulary, prompt: list[int], beams: int, read_once: bool = False, **constraint: Any
) -> list[Answer]:
    """`model.generate` with as many beams as answers."""
    ids = torch.tensor([prompt])
    config = GenerationConfig(
        num_beams=beams,
        num_return_sequences=beams,
        do_sample=False,
        early_stopping=False,
        max_new_tokens=vocab.levels,
        pad_token_id=vocab.pad,
        use_cache=True,
    )
    if read_once:
        cache = DynamicCache()
        model.get_decoder()(input_ids=ids[:, :-1], past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(beams)
        constraint["past_key_values"] = cache
    found = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config, **constraint)
    return [tuple_of(vocab, tokens) for tokens in found[:, len(prompt) :].tolist()]


def tuple_of(vocab: Vocabulary, tokens: list[int], score: float | None = None) -> Answer:
    """What generated tokens name."""
    name, codes = span_of(list(map(vocab.type_level_code, tokens)), vocab.levels) or ("", ())
    return Answer(name, codes, score)


def masked_row(
    logits: torch.Tensor, scores: torch.Tensor, keys: torch.Tensor, prefixes: torch.Tensor, level: int, start: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """One level of beam search in plain PyTorch, no loop over beams: mask rows of vocabulary width, take the best.

    logits: [beams, vocabulary]; scores: [beams]; keys: all tuples, int64, ascending; prefixes: int64 [beams], packed;
    start: the level's first token.
    """
    rest = BITS * (LEVELS - 1 - level)
    low = (prefixes[:, None] * CODES + torch.arange(CODES)) << rest
    place = torch.searchsorted(keys, low).clamp(max=len(keys) - 1)
    exists = (keys[place] >= low) & (keys[place] < low + (1 << rest))
    mask = torch.full_like(logits, -torch.inf)
    mask[:, start : start + CODES].masked_fill_(exists, 0.0)
    total = scores[:, None] + (logits + mask).log_softmax(dim=-1)
    best = total.flatten().topk(len(scores))
    return best.values, best.indices


@torch.inference_mode()
def brute_force(
    model: PreTrainedModel, vocab: Vocabulary, catalog: Catalog, prompt: list[int]
) -> tuple[list[Answer], list[Answer]]:
    """Every item of a small catalog by a full forward of its own, best first, scored twice.

    As we do (each code's softmax is over the codes that exist after what came before it), and as `generate` does (over
    the whole vocabulary, what does not exist included).
    """
    names = [name for name in TYPES for _ in range(len(catalog.keys[name]))]
    codes = np.concatenate([catalog.codes(name) for name in TYPES]).astype(np.int64)
    kinds = np.array([TYPES.index(name) for name in names])
    starts = np.array([[vocab.code_start(name, level) for level in range(LEVELS)] for name in TYPES])
    tokens = torch.from_numpy(starts[kinds] + codes)
    own, whole = torch.empty(tokens.shape, dtype=torch.float64), torch.zeros(len(tokens), dtype=torch.float64)
    for place in range(0, len(tokens), 64):
        part = tokens[place : place + 64]
        ids = torch.cat([torch.tensor([prompt]).expand(len(part), -1), part[:, :-1]], dim=1)
        logits = model(ids, logits_to_keep=LEVELS).logits
        picked = logits.gather(2, part[..., None])[..., 0]
        own[place : place + 64] = picked
        whole[place : place + 64] = (picked - logits.logsumexp(dim=-1)).sum(dim=1)
    ours = np.zeros(len(tokens))
    above = np.zeros(len(tokens), dtype=np.int64)  # what comes before level 0 is one prefix, of all types
    for level in range(LEVELS):
        # The type's bits at the top, then the codes so far.
        here = kinds << BITS * LEVELS | codes[:, : level + 1] @ (1 << BITS * np.arange(level, -1, -1))
        child = np.unique(here, return_index=True)[1]  # one item for each
        parents, parent = np.unique(above, return_inverse=True)
        total = np.full(len(parents), -np.inf)
        np.logaddexp.at(total, parent[child], own[child, level].numpy())
        ours += own[:, level].numpy() - total[parent]
        above = here
    tuples = [tuple(code) for code in codes.tolist()]
    return _ordered(names, tuples, ours), _ordered(names, tuples, whole.numpy())


def _ordered(names: list[str], tuples: list[tuple[int, ...]], scores: np.ndarray) -> list[Answer]:
    return sorted(map(Answer, names, tuples, scores.tolist()), key=lambda item: -(item.score or 0.0))
