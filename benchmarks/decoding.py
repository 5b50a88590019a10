"""What naming items costs: our search, without its constraint, and `generate` with a dict trie or with our adapter.

    python benchmarks/decoding.py --quick            a small model and 100,000 items, within a minute
    python benchmarks/decoding.py --small            the small model, up to ten million items and 256 beams
    python benchmarks/decoding.py --json FILE        up to ten million items and a model of Qwen3-0.6B's shape

Every row of a table is of one run, with the same weights (random), prompts (300 random tokens, other ones for each
repeat) and SIDs (4 levels of 256 codes, random). Methods and catalogs take turns; times are medians.

prompt: until a method first asks what may follow. step: the rest of the search, divided by the 4 levels; a level is a
choice among what may follow and, but for the last one, the forward of what was chosen. constraint: the part of the
steps within that question. memory: what the process grew by at its highest, prompt and beams together.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from decoding_catalogs import CODES, LEVELS, TYPES, Catalog, build_apart
from decoding_checks import (
    Agreement,
    Kernel,
    Together,
    agreement,
    answer_of,
    answers_together,
    kernel,
    random_prompt,
    together,
)
from decoding_measure import Case, Row, measure, say
from decoding_peers import Answer, Trie, dict_trie, generate, may_follow, tuple_of
from decoding_processor import SpanProcessor
from decoding_report import markdown
from tokenizers import Tokenizer, models
from transformers import PreTrainedModel, Qwen3Config, Qwen3ForCausalLM

from neo.decoding.beam import search_spans
from neo.decoding.index import SidIndex
from neo.decoding.request import GroupLimit
from neo.decoding.unconstrained import search_unconstrained
from neo.evaluation.machine import this_machine
from neo.language.vocabulary import Vocabulary

PROMPT, BEAMS, ITEMS, LARGE = 300, 30, 100_000, 10_000_000  # tokens; what the bars are about; built apart and mapped
OURS, FREE, WHOLE = "ours", "ours, no constraint", "ours, whole vocabulary"
FILTERED, VARIED = "ours, filter of 10%", "ours, at most 3 of a group"
TRIE, ONCE, ADAPTER = "generate, dict trie", "generate, dict trie, prompt run once", "generate, our adapter"


@dataclass(frozen=True)
class Shape:
    """A model with random weights."""

    name: str
    words: int
    layers: int
    hidden: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_dim: int

    def vocabulary(self) -> Vocabulary:
        words = {f"w{n}": n for n in range(self.words)}
        return Vocabulary.extend(Tokenizer(models.BPE(words, [])), LEVELS, dict.fromkeys(TYPES, CODES))

    def model(self, vocabulary: int, seed: int) -> PreTrainedModel:
        torch.manual_seed(seed)
        config = Qwen3Config(
            vocab_size=vocabulary,
            hidden_size=self.hidden,
            intermediate_size=self.feed_forward,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.kv_heads,
            head_dim=self.head_dim,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            initializer_range=self.hidden**-0.5,
            attn_implementation="sdpa",
        )
        return Qwen3ForCausalLM(config).eval()


SMALL = Shape("small", 32_000, 4, 256, 768, 4, 2, 64)
QWEN = Shape("Qwen3-0.6B shape", 151_936, 28, 1024, 3072, 16, 8, 128)


@dataclass(frozen=True)
class Plan:
    """What is run with a model. peers: beams -> the catalogs that `generate` searches."""

    shape: Shape
    items: tuple[int, ...]
    peers: Mapping[int, tuple[int, ...]]
    beams: tuple[int, ...] = (1, 10, BEAMS, 100, 256)
    repeats: int = 5
    other_repeats: int = 3  # at other widths than BEAMS, and of all that is not our plain search


SIZES = (10_000, ITEMS, 1_000_000, LARGE)
QUICK = (Plan(SMALL, SIZES[:2], dict.fromkeys((1, 10, BEAMS), (ITEMS,)), (1, 10, BEAMS), 3, 2),)
FULL = (
    Plan(SMALL, SIZES, {**dict.fromkeys((1, 10, 100, 256), (ITEMS,)), BEAMS: SIZES[:3]}, repeats=9),
    Plan(QWEN, SIZES, {BEAMS: (ITEMS,)}, other_repeats=2),
)


@dataclass(frozen=True)
class Catalogs:
    """The catalogs of a run by their number of items, their indexes, and what the largest one's took."""

    seed: int
    items: dict[int, Catalog]
    indexes: dict[int, SidIndex]
    built: dict[str, float]

    @classmethod
    def make(cls, sizes: tuple[int, ...], seed: int) -> Catalogs:
        catalogs, indexes, built = {}, {}, {}
        for size in sizes:
            say(f"{size:,} items ...")
            catalogs[size] = Catalog.random(size, seed)
            if size < LARGE:
                indexes[size] = SidIndex.build(catalogs[size].table())
                continue
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "index.safetensors"
                built = build_apart(size, seed, path)
                started = time.perf_counter()
                indexes[size] = SidIndex.load(path)  # the file goes with the folder, the map stays
                built["load_s"] = time.perf_counter() - started
        return cls(seed, catalogs, indexes, built)

    def bytes_per_item(self, size: int) -> float:
        return self.indexes[size].nbytes / size


@dataclass(frozen=True)
class World:
    """A model, and every way to have it name items: functions of a prompt."""

    model: PreTrainedModel
    vocab: Vocabulary

    @classmethod
    def make(cls, shape: Shape, seed: int) -> World:
        vocab = shape.vocabulary()
        return cls(shape.model(vocab.size, seed), vocab)

    def search(
        self, index: SidIndex, beams: int, limit: GroupLimit | None = None
    ) -> Callable[[list[int]], list[Answer]]:
        def run(prompt: list[int]) -> list[Answer]:
            found = search_spans(self.model, self.vocab, index, [prompt], [TYPES], k=beams, beams=beams, limit=limit)
            return [answer_of(item) for item in found[0]]

        return run

    def whole(self, beams: int) -> Callable[[list[int]], list[Answer]]:
        def run(prompt: list[int]) -> list[Answer]:
            found = search_unconstrained(self.model, self.vocab, [prompt], beams)[0]
            return [tuple_of(self.vocab, list(beam.tokens), beam.score) for beam in found]

        return run

    def trie(self, trie: Trie, beams: int, read_once: bool) -> Callable[[list[int]], list[Answer]]:
        def run(prompt: list[int]) -> list[Answer]:
            allowed = may_follow(trie, len(prompt), self.vocab.pad)
            return generate(self.model, self.vocab, prompt, beams, read_once, prefix_allowed_tokens_fn=allowed)

        return run

    def adapter(self, index: SidIndex, beams: int) -> Callable[[list[int]], list[Answer]]:
        processors = [SpanProcessor(self.vocab, index, TYPES)]
        return lambda prompt: generate(self.model, self.vocab, prompt, beams, logits_processor=processors)


def run_plan(plan: Plan, world: World, catalogs: Catalogs) -> list[Row]:
    rng = np.random.default_rng(catalogs.seed)
    prompts = [random_prompt(rng, world.vocab, PROMPT) for _ in range(plan.repeats)]
    tries = {
        size: dict_trie(catalogs.items[size], world.vocab) for size in {n for some in plan.peers.values() for n in some}
    }
    dicts = {size: catalogs.items[size].trie_bytes() / size for size in plan.items}
    rows = []
    for beams in plan.beams:
        searched = plan.peers.get(beams, ())
        cases = our_cases(plan, world, catalogs, beams)
        for size in searched:
            catalog, index, few = catalogs.items[size], catalogs.indexes[size], plan.other_repeats
            cost, trie = catalogs.bytes_per_item(size), tries[size]
            cases += [
                Case(TRIE, size, beams, few, dicts[size], catalog, world.trie(trie, beams, False)),
                Case(ONCE, size, beams, few, dicts[size], catalog, world.trie(trie, beams, True)),
                Case(ADAPTER, size, beams, max(1, few - 1), cost, catalog, world.adapter(index, beams)),
            ]
        rows += measure(plan.shape.name, cases, prompts)
        for size in plan.items:
            if beams == BEAMS and size > max(searched):
                error = f"not run, {dicts[size] * size / 1e9:.2f} GB of dicts"
                rows.append(Row(plan.shape.name, size, beams, TRIE, dicts[size], error))
    return sorted(rows, key=lambda row: (row.beams, row.items))


def our_cases(plan: Plan, world: World, catalogs: Catalogs, beams: int) -> list[Case]:
    repeats = plan.repeats if beams == BEAMS else plan.other_repeats
    cases = [
        Case(
            OURS, size, beams, repeats, catalogs.bytes_per_item(size), catalogs.items[size], world.search(index, beams)
        )
        for size, index in catalogs.indexes.items()
    ]
    catalog, index = catalogs.items[ITEMS], catalogs.indexes[ITEMS]
    cases.append(Case(FREE, ITEMS, beams, repeats, None, catalog, world.search(index, beams), free=True))
    if beams == BEAMS:
        mask = np.random.default_rng(catalogs.seed).random(ITEMS) < 0.1
        some = index.filtered(mask)
        cost, left = some.nbytes / len(some), catalog.filtered(mask)
        cases.append(Case(FILTERED, ITEMS, beams, plan.other_repeats, cost, left, world.search(some, beams)))
        limit = GroupLimit(catalog.groups(), most=3)
        cases.append(Case(VARIED, ITEMS, beams, plan.other_repeats, None, catalog, world.search(index, beams, limit)))
        cases.append(Case(WHOLE, ITEMS, beams, plan.other_repeats, None, catalog, world.whole(beams)))
    return cases


@dataclass(frozen=True)
class Bar:
    """Something that must hold. `value` is None where this run has not measured it."""

    what: str
    value: float | None
    limit: float
    at_least: bool = False

    @property
    def met(self) -> str:
        if self.value is None:
            return "not run"
        return "met" if (self.value >= self.limit if self.at_least else self.value <= self.limit) else "not met"


def bars(
    rows: list[Row], catalogs: Catalogs, agreed: Agreement, batches: list[Together], one_level: Kernel
) -> list[Bar]:
    def ms(shape: Shape, method: str, size: int = ITEMS) -> float | None:
        found = [
            row.ms for row in rows if (row.model, row.method, row.items, row.beams) == (shape.name, method, size, BEAMS)
        ]
        return found[0] if found else None

    def ratio(over: float | None, under: float | None) -> float | None:
        return None if over is None or under is None else over / under

    ours = [row for row in rows if row.method in (OURS, FILTERED, VARIED)]
    shares = [
        row.share
        for row in ours
        if row.method == OURS and row.model == QWEN.name and row.beams == BEAMS and row.share is not None
    ]
    wrong = sum(row.invalid + row.filler + row.duplicates + row.missing for row in ours)
    largest, built = max(catalogs.items), catalogs.built
    return [
        Bar(
            "(a) generate with a dict trie / ours, 30 beams, Qwen3-0.6B shape",
            ratio(ms(QWEN, TRIE), ms(QWEN, OURS)),
            10,
            True,
        ),
        Bar("(a) the same, small model", ratio(ms(SMALL, TRIE), ms(SMALL, OURS)), 5, True),
        Bar("(b) constraint, % of a step, 30 beams, Qwen3-0.6B shape", max(shares) * 100 if shares else None, 3),
        Bar(
            "(b) 10M items / 10k items, 30 beams, Qwen3-0.6B shape",
            ratio(ms(QWEN, OURS, LARGE), ms(QWEN, OURS, 10_000)),
            1.1,
        ),
        Bar("(b) the same, small model", ratio(ms(SMALL, OURS, LARGE), ms(SMALL, OURS, 10_000)), 1.1),
        Bar(f"(c) bytes an item, {largest:,} items", catalogs.bytes_per_item(largest), 10),
        Bar("(c) 10M items, seconds to build the index", built.get("build_s"), 60),
        Bar("(c) 10M items, GB at the highest while building", built.get("peak_gb"), 2),
        Bar("(c) 10M items, seconds to load", built.get("load_s"), 1),
        Bar(f"(c) invalid, filler, duplicate, missing of {sum(row.answers for row in ours):,} answers", wrong, 0),
        Bar("(d) 32 answers, one after another / together", next(b.ratio for b in batches if b.answers), 3, True),
        Bar(
            "(d) of 3 x 32 requests answered alike",
            sum(b.same for b in batches),
            sum(b.requests for b in batches),
            True,
        ),
        Bar(f"(e) a row of {one_level.vocabulary:,} in plain PyTorch / a level of ours", one_level.ratio, 20, True),
        Bar(f"brute force over {agreed.items:,} items: the first {agreed.first} alike", float(agreed.exact), 1, True),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the small model, up to 100,000 items and 30 beams")
    parser.add_argument("--small", action="store_true", help="the small model only, at every size and width")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured here as well")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started, load = time.perf_counter(), os.getloadavg()[0]
    plans = QUICK if options.quick else FULL[:1] if options.small else FULL
    catalogs = Catalogs.make(plans[0].items, options.seed)
    small = World.make(SMALL, options.seed)
    index = catalogs.indexes[ITEMS]
    repeats, lengths = 1 if options.quick else 3, (16, PROMPT)
    say("brute force ...")
    agreed = agreement(small.model, small.vocab, BEAMS, options.seed, 1000 if options.quick else 2000)
    say("many requests at once ...")
    batches = [
        together(small.model, small.vocab, catalogs.items[ITEMS], index, lengths, options.seed, repeats),
        together(small.model, small.vocab, catalogs.items[ITEMS], index, (16, 64), options.seed, repeats),
        answers_together(small.model, small.vocab, index, lengths, options.seed, repeats),
    ]
    say("a level beside a whole row ...")
    one_level = kernel(QWEN.vocabulary(), catalogs.items[ITEMS], index, BEAMS, options.seed)
    rows: list[Row] = []
    for plan in plans:
        rows += run_plan(plan, small if plan.shape is SMALL else World.make(plan.shape, options.seed), catalogs)
    held = bars(rows, catalogs, agreed, batches, one_level)
    took = round(time.perf_counter() - started)
    machine = this_machine()
    about = {**machine.model_dump(exclude={"versions"}), **machine.versions, "threads": torch.get_num_threads()}
    about |= {"load before": load, "seed": options.seed, "prompt tokens": PROMPT, "seconds": took}
    checks = {"agreement": asdict(agreed), "together": list(map(asdict, batches)), "kernel": asdict(one_level)}
    measured = {"machine": about, "rows": list(map(asdict, rows)), "built": catalogs.built, **checks}
    measured["bars"] = [{**asdict(bar), "met": bar.met} for bar in held]
    print(markdown(measured))
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()
