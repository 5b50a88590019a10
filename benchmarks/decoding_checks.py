"""What the decoding benchmark asks beside its table: brute force, many requests at once, a step against a whole row."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from decoding_catalogs import BITS, CODES, LEVELS, TYPES, Catalog
from decoding_measure import level_kernel
from decoding_peers import Answer, brute_force, dict_trie, generate, masked_row, may_follow
from transformers import PreTrainedModel

from neo.decoding.answer import AnswerRequest, Event, ItemNamed, TextDelta
from neo.decoding.beam import search_spans
from neo.decoding.index import SidIndex
from neo.decoding.mixed import stream_answer, stream_answers
from neo.decoding.request import ScoredItem
from neo.language.vocabulary import Vocabulary

T = TypeVar("T")
ANSWERS = "words and items"


def random_prompt(rng: np.random.Generator, vocab: Vocabulary, length: int) -> list[int]:
    """Random words, then the question for an item."""
    return [*rng.integers(vocab.text_size, size=length - 1).tolist(), vocab.open]


def answer_of(item: ScoredItem) -> Answer:
    return Answer(item.type, item.codes, item.score, item.row)


@dataclass(frozen=True)
class Agreement:
    """Our first answers beside those of brute force.

    exact: whether they are the same in the same order with a beam for every item; score_gap: the largest difference of
    their scores. found: how many of brute force's first are among ours with as many beams; generate_found: how many of
    what is first by its own scores, over the whole vocabulary, `generate` with a dict trie finds.
    """

    items: int
    first: int
    exact: bool
    score_gap: float
    found: int
    generate_found: int


def agreement(model: PreTrainedModel, vocab: Vocabulary, first: int, seed: int, items: int) -> Agreement:
    catalog = Catalog.random(items, seed)
    index = SidIndex.build(catalog.table())
    prompt = random_prompt(np.random.default_rng([seed, items]), vocab, 12)
    truth, whole = (found[:first] for found in brute_force(model, vocab, catalog, prompt))
    exact, narrow = (
        [answer_of(item) for item in search_spans(model, vocab, index, [prompt], [TYPES], k=first, beams=beams)[0]]
        for beams in (items, first)
    )
    allowed = may_follow(dict_trie(catalog, vocab), len(prompt), vocab.pad)
    peer = generate(model, vocab, prompt, first, prefix_allowed_tokens_fn=allowed)
    gaps = [abs((ours.score or 0.0) - (true.score or 0.0)) for ours, true in zip(exact, truth, strict=True)]
    return Agreement(
        items,
        first,
        exact=[item[:2] for item in exact] == [item[:2] for item in truth],
        score_gap=max(gaps),
        found=len({item[:2] for item in narrow} & {item[:2] for item in truth}),
        generate_found=len({item[:2] for item in peer} & {item[:2] for item in whole}),
    )


@dataclass(frozen=True)
class Together:
    """Many requests in one batch, and one after another; `same`: how many got the same items (and words) in order."""

    what: str
    requests: int
    lengths: tuple[int, int]
    one_by_one_s: float
    together_s: float
    same: int
    score_gap: float

    @property
    def ratio(self) -> float:
        return self.one_by_one_s / self.together_s

    @property
    def answers(self) -> bool:
        return self.what == ANSWERS


def together(
    model: PreTrainedModel,
    vocab: Vocabulary,
    catalog: Catalog,
    index: SidIndex,
    lengths: tuple[int, int],
    seed: int,
    repeats: int,
    requests: int = 32,
) -> Together:
    """Requests of different lengths, types, k and filters: half without one, a quarter each with one of two filters
    made beforehand, or without what a listener has heard, made for the request."""
    rng = np.random.default_rng([seed, requests])
    table = catalog.table()
    filters = [index.filtered(rng.random(catalog.items) < share) for share in (0.1, 0.5)]
    indexes = [
        (index, filters[n // 4 % 2], index, index.without_rows(table, rng.choice(catalog.items, 200, replace=False)))[
            n % 4
        ]
        for n in range(requests)
    ]
    prompts = [
        random_prompt(rng, vocab, int(length)) for length in rng.integers(*lengths, size=requests, endpoint=True)
    ]
    drawn = [set(rng.choice(TYPES, 1 + n % 3, replace=False)) for n in range(requests)]
    types = [tuple(name for name in TYPES if name in some) for some in drawn]
    ks = rng.choice([1, 5, 10, 30], size=requests).tolist()

    def one_by_one() -> list[list[ScoredItem]]:
        asked = zip(indexes, prompts, types, ks, strict=True)
        return [search_spans(model, vocab, index, [prompt], [kinds], k=k)[0] for index, prompt, kinds, k in asked]

    def at_once() -> list[list[ScoredItem]]:
        return search_spans(model, vocab, indexes, prompts, types, k=ks)

    (single, apart), (batch, joined) = interleaved([one_by_one, at_once], repeats)
    gaps = [
        abs(a.score - b.score) for one, two in zip(apart, joined, strict=True) for a, b in zip(one, two, strict=True)
    ]
    rows = [[[item.row for item in found] for found in results] for results in (apart, joined)]
    same = sum(one == two for one, two in zip(*rows, strict=True))
    return Together("lists of items", requests, lengths, single, batch, same, max(gaps))


def answers_together(
    model: PreTrainedModel,
    vocab: Vocabulary,
    index: SidIndex,
    lengths: tuple[int, int],
    seed: int,
    repeats: int,
    requests: int = 32,
) -> Together:
    """Answers of 12 words and 1 to 3 items among them: rows that write and rows that search in one batch."""
    rng = np.random.default_rng([seed, requests])
    drawn = [set(rng.choice(TYPES, 1 + n % 3, replace=False)) for n in range(requests)]
    types = [tuple(name for name in TYPES if name in some) for some in drawn]
    asked = [
        AnswerRequest(
            index,
            random_prompt(rng, vocab, int(length))[:-1],
            types[n],
            max_tokens=12,
            min_items=1 + n % 3,
            max_items=3,
        )
        for n, length in enumerate(rng.integers(*lengths, size=requests, endpoint=True))
    ]

    def one_by_one() -> list[list[Event]]:
        return [list(stream_answer(model, vocab, request)) for request in asked]

    def at_once() -> list[list[Event]]:
        events: list[list[Event]] = [[] for _ in asked]
        for place, event in stream_answers(model, vocab, asked):
            events[place].append(event)
        return events

    (single, apart), (batch, joined) = interleaved([one_by_one, at_once], repeats)
    same, gaps = 0, [0.0]
    for one, two in zip(apart, joined, strict=True):
        scores = [[event.score for event in events if isinstance(event, ItemNamed)] for events in (one, two)]
        if [_said(event) for event in one] == [_said(event) for event in two]:
            same += 1
            gaps += [abs(a - b) for a, b in zip(*scores, strict=True)]
    return Together(ANSWERS, requests, lengths, single, batch, same, max(gaps))


def _said(event: Event) -> str | int | None:
    match event:
        case TextDelta(text):
            return text
        case ItemNamed(row):
            return row
    return None


@dataclass(frozen=True)
class Kernel:
    """A level's constraint and selection, all levels after the first, on logits that are there already."""

    items: int
    beams: int
    vocabulary: int
    ours_ms: float
    row_ms: float

    @property
    def ratio(self) -> float:
        return self.row_ms / self.ours_ms


def kernel(vocab: Vocabulary, catalog: Catalog, index: SidIndex, beams: int, seed: int, repeats: int = 5) -> Kernel:
    """Ours on the codes of a level, and plain PyTorch on rows of vocabulary width; both must choose alike."""
    rng, name = np.random.default_rng([seed, beams]), TYPES[0]
    generator = torch.Generator().manual_seed(seed)
    keys = torch.from_numpy(catalog.keys[name].astype(np.int64))
    some = keys[torch.from_numpy(rng.choice(len(keys), beams, replace=False))].sort().values
    ours = level_kernel(index, name)
    ours_s = row_s = 0.0
    for level in range(1, LEVELS):
        start, prefixes = vocab.code_start(name, level), some >> BITS * (LEVELS - level)
        logits = torch.randn((beams, vocab.size), generator=generator)
        scores = torch.randn(beams, generator=generator)
        part = logits[:, start : start + CODES].contiguous()
        (narrow, mine), (wide, row) = interleaved(
            [
                lambda: ours(part, scores, prefixes, level),  # noqa: B023
                lambda: masked_row(logits, scores, keys, prefixes, level, start),  # noqa: B023
            ],
            repeats,
            each=5,  # what the wide rows leave behind (caches, freed memory) is not a cost of the next one alone
        )
        torch.testing.assert_close(mine[0], row[0])
        ours_s, row_s = ours_s + narrow, row_s + wide
    return Kernel(catalog.items, beams, vocab.size, ours_s * 1e3, row_s * 1e3)


def interleaved(calls: Sequence[Callable[[], T]], repeats: int, each: int = 1) -> list[tuple[float, T]]:
    """The median seconds of each call, and its last result. They take turns, with so many calls a turn."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        results = []
        for call, times in zip(calls, seconds, strict=True):
            for _ in range(each):
                started = time.perf_counter()
                result = call()
                times.append(time.perf_counter() - started)
            results.append(result)
    return [(statistics.median(times), result) for times, result in zip(seconds, results, strict=True)]
