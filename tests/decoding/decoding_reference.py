"""Tiny random worlds for the decoding tests, and the slow, obvious searches that the fast ones must equal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from neo.decoding.answer import AnswerRequest, Event
from neo.decoding.index import SidIndex
from neo.decoding.lookup import Lookup
from neo.decoding.mixed import stream_answer
from neo.decoding.prompt_memory import PromptMemory
from neo.language.vocabulary import Vocabulary
from neo.sids.table import SidTable

HEAD_ROWS = 400  # wider than any vocabulary below, as padded checkpoints are
MAX_POSITIONS = 64
Prefix = tuple[str, tuple[int, ...]]  # a type, and codes of it
Found = list[tuple[float, str, tuple[int, ...], int]]  # score, type, codes, row
NAMES = ("show", "episode", "audiobook")


@cache
def tokenizer() -> Tokenizer:
    """Byte-level, one token a byte, and a control token of the base model's own."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    base = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    base.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    base.decoder = decoders.ByteLevel()
    base.add_special_tokens(["<|endoftext|>"])
    return base


@cache
def tiny_model(kind: str, tied: bool, seed: int, double: bool = True) -> PreTrainedModel:
    """Two random layers, weights large so that choices differ. Float64 by default: no ties by rounding."""
    torch.manual_seed(seed)
    sizes: dict[str, Any] = dict(
        vocab_size=HEAD_ROWS,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=MAX_POSITIONS,
        tie_word_embeddings=tied,
        initializer_range=0.3,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = Qwen3ForCausalLM(Qwen3Config(**sizes)) if kind == "qwen3" else LlamaForCausalLM(LlamaConfig(**sizes))
    return (model.double() if double else model).eval()


@contextmanager
def leaning(model: PreTrainedModel, towards: dict[int, float]) -> Iterator[None]:
    """A head bias that makes some tokens likely, and a generation config that would ruin every answer."""
    head, config = model.get_output_embeddings(), model.generation_config
    head.bias = torch.nn.Parameter(torch.zeros(HEAD_ROWS, dtype=head.weight.dtype))
    for token, bias in towards.items():
        head.bias.data[token] = bias
    model.generation_config = GenerationConfig(
        top_k=1,
        top_p=0.01,
        temperature=9.0,
        repetition_penalty=50.0,
        do_sample=True,
        eos_token_id=[1, 2, 3],
        bad_words_ids=[[4]],
        suppress_tokens=list(range(200)),
        max_length=3,
    )
    try:
        yield
    finally:
        head.bias, model.generation_config = None, config


@dataclass(frozen=True)
class World:
    model: PreTrainedModel
    vocab: Vocabulary
    table: SidTable
    index: SidIndex
    rng: np.random.Generator

    def prompt(self, length: int) -> list[int]:
        text = self.rng.integers(0, 256, size=length).tolist()
        return [self.vocab.prompt, *text, self.vocab.answer, self.vocab.open]

    def some_types(self) -> tuple[str, ...]:
        names = self.vocab.type_names
        return tuple(self.rng.permutation(names)[: self.rng.integers(1, len(names) + 1)].tolist())

    def filtered(self) -> SidIndex:
        """A random part of the catalog; sometimes nothing."""
        return self.index.filtered(self.rng.random(self.rows) < self.rng.choice([0.0, 0.3, 0.8]))

    def mask(self, rows: Iterable[int]) -> np.ndarray:
        """bool over all catalog rows."""
        return np.isin(np.arange(self.rows), list(rows))

    @property
    def rows(self) -> int:
        return max(int(sids.rows.max(initial=-1)) for sids in self.table.types.values()) + 1


def make_world(
    seed: int,
    kind: str = "qwen3",
    tied: bool = True,
    unique: bool = True,
    full: bool = False,
    double: bool = True,
) -> World:
    """A random catalog: 1 to 60 items, 1 to 3 types, 1 to 4 levels; `full` uses every tuple there is."""
    rng = np.random.default_rng(seed)
    levels = int(rng.integers(1, 3 if full else 5))
    sizes = {name: int(rng.integers(2, 4 if full else 9)) for name in NAMES[: rng.integers(1, 4)]}
    counts = rng.multinomial(rng.integers(1, 61), np.ones(len(sizes)) / len(sizes))
    codes, rows = {}, {}
    free = rng.permutation(1000)
    for (name, size), count in zip(sizes.items(), counts, strict=True):
        every = np.array(list(itertools.product(range(size), repeat=levels)))
        chosen = rng.permutation(len(every))[:count] if unique else rng.integers(0, len(every), count)
        codes[name] = every if full else every[chosen]
        rows[name], free = free[: len(codes[name])], free[len(codes[name]) :]
    popularity = {name: rng.random(len(rows[name])) for name in rows}
    table = SidTable.from_codes(rows, codes, sizes, popularity)
    vocab = Vocabulary.extend(tokenizer(), levels, sizes)
    return World(tiny_model(kind, tied, seed % 3, double), vocab, table, SidIndex.build(table), rng)


def worlds(**fixed: bool) -> st.SearchStrategy[World]:
    return st.builds(
        make_world,
        seed=st.integers(0, 10**6),
        kind=st.sampled_from(["qwen3", "llama"]),
        tied=st.booleans(),
        **{"unique": st.booleans(), **{name: st.just(value) for name, value in fixed.items()}},
    )


def tuples_of(table: SidTable, types: tuple[str, ...], allowed: set[int]) -> dict[Prefix, int]:
    """Every tuple that an allowed item has -> the row it names: who stands for it, else the lowest."""
    named: dict[Prefix, tuple[bool, int]] = {}
    for name in types:
        sids = table.of(name)
        for row, codes, stands in zip(sids.rows.tolist(), sids.codes.tolist(), sids.stands.tolist(), strict=True):
            if row in allowed:
                key = (name, tuple(codes))
                named[key] = min(named.get(key, (True, row)), (not stands, row))
    return {key: row for key, (_, row) in named.items()}


def rows_in(index: SidIndex) -> set[int]:
    return {row for part in index.types.values() for row in part.rows.tolist()}


def reachable(index: SidIndex, types: Iterable[str]) -> int:
    """How many different tuples of these types there are: the most items a search can return."""
    return sum(len(index.of(name).folded().base.keys.unique()) for name in types)


@torch.no_grad()
def level_logp(
    world: World, prompt: list[int], types: tuple[str, ...], prefixes: list[Prefix], exist: set[Prefix]
) -> dict[Prefix, np.ndarray]:
    """Log-probabilities [K] of the codes after each prefix (all equally long) among those that `exist`, by full
    forwards, no cache. What does not exist has some value or other."""
    vocab = world.vocab
    rows = [
        [*prompt, *(vocab.code_start(name, level) + code for level, code in enumerate(codes))]
        for name, codes in prefixes
    ]
    found = {}
    for (name, codes), logits in zip(prefixes, world.model(torch.tensor(rows)).logits[:, -1], strict=True):
        group = (name,) if codes else types
        starts = {other: vocab.code_start(other, len(codes)) for other in group}
        book = [
            start + code
            for other, start in starts.items()
            for code in range(vocab.codes(other))
            if (other, (*codes, code)) in exist
        ]
        logp = logits[starts[name] : starts[name] + vocab.codes(name)] - logits[book].logsumexp(0)
        found[name, codes] = logp.numpy()
    return found


def brute_force(world: World, prompt: list[int], types: tuple[str, ...], index: SidIndex) -> Found:
    """Every tuple, scored code by code with full forwards, sorted: score, type, codes, row."""
    tuples = tuples_of(world.table, types, rows_in(index))
    scores = dict.fromkeys(tuples, 0.0)
    for level in range(world.vocab.levels if tuples else 0):
        prefixes = sorted({(name, codes[:level]) for name, codes in tuples})
        exist = {(name, codes[: level + 1]) for name, codes in tuples}
        logp = level_logp(world, prompt, types, prefixes, exist)
        for name, codes in tuples:
            scores[name, codes] += float(logp[name, codes[:level]][codes[level]])
    return ordered(world, [(scores[key], *key, row) for key, row in tuples.items()])


def beam_reference(world: World, prompt: list[int], types: tuple[str, ...], index: SidIndex, width: int) -> Found:
    """Beam search as in a textbook: lists, dicts and full forwards."""
    tuples = tuples_of(world.table, types, rows_in(index))
    beams: list[tuple[float, Prefix]] = [(0.0, (name, ())) for name in types]
    for level in range(world.vocab.levels if tuples else 0):
        exist = {(name, codes[: level + 1]) for name, codes in tuples}
        logp = level_logp(world, prompt, types, [prefix for _, prefix in beams], exist)
        grown = [
            (score + float(value), (name, (*codes, code)))
            for score, (name, codes) in beams
            for code, value in enumerate(logp[name, codes])
            if (name, (*codes, code)) in exist
        ]
        beams = sorted(grown, key=lambda beam: -beam[0])[:width]
    return ordered(world, [(score, *key, tuples[key]) for score, key in beams]) if tuples else []


def ordered(world: World, found: Found) -> Found:
    return sorted(found, key=lambda item: (-item[0], world.vocab.type_names.index(item[1]), item[2]))


def total_probability(found: Found) -> float:
    return sum(math.exp(item[0]) for item in found)


def row_of(index: SidIndex, name: str, codes: Sequence[int]) -> int | None:
    """The row that a tuple names in an index, looked up as the search does."""
    part = index.of(name)
    if len(codes) != index.levels or not all(0 <= code < part.size for code in codes):
        return None
    key = part.base.pack(torch.tensor([list(codes)]))
    row = int(Lookup([part]).rows(torch.zeros(1, dtype=torch.int64), key))
    return None if row < 0 else row


def answer_events(
    model: PreTrainedModel,
    vocab: Vocabulary,
    index: SidIndex,
    prompt: list[int],
    types: tuple[str, ...],
    memory: PromptMemory | None = None,
    **how: Any,
) -> Iterator[Event]:
    """`stream_answer` of one request."""
    return stream_answer(model, vocab, AnswerRequest(index, prompt, types, **how), memory)
