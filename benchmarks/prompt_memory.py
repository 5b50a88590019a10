"""From how many shared tokens on a prompt memory is faster than reading again, and what storing a prompt costs.

    python benchmarks/prompt_memory.py          prints CPU milliseconds for each number of shared columns

Two models with random weights: the starter world's (3 layers of 128) and the layers of Qwen3-0.6B (28 of 1,024) under a
small vocabulary, in float32 on one thread. The order of the cases changes with every repeat; medians are printed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from statistics import median

import numpy as np
import torch
from transformers import PreTrainedModel, Qwen3Config, Qwen3ForCausalLM

from neo.decoding.context import read
from neo.decoding.prompt_memory import PromptMemory

VOCABULARY = 4_000
SHARED = (4, 8, 16, 32, 64, 128)


def qwen3(hidden: int, layers: int, heads: int, kv_heads: int, head_dim: int, feed_forward: int) -> PreTrainedModel:
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=head_dim,
        intermediate_size=feed_forward,
    )
    return Qwen3ForCausalLM(config).eval()


def measure(model: PreTrainedModel, rows: int, length: int, repeats: int) -> dict[str, float]:
    """Median milliseconds to read `rows` prompts of `length` tokens plainly and with each number of shared columns, and
    to store them all."""
    rng = np.random.default_rng(0)
    prompts = rng.integers(0, VOCABULARY, (rows, length)).tolist()
    memories = {}
    for shared in (count for count in SHARED if count < length):
        memory = memories[f"{shared} shared"] = PromptMemory(model, 1 << 34, least=1)
        read(model, [[*prompt[:shared], VOCABULARY - 1] for prompt in prompts], 0, memory)
        memory.least = shared
    seconds = defaultdict(list)
    for _ in range(repeats + 1):
        for name in rng.permutation(["plain", *memories]).tolist():
            memory = memories.get(name)
            started = time.process_time()
            if memory is None:
                context = read(model, prompts, 0)
                seconds["plain"].append(time.process_time() - started)
                store, started = PromptMemory(model, 1 << 34), time.process_time()
                for row, prompt in enumerate(prompts):
                    store.keep(prompt, context, row)
                seconds["storing"].append(time.process_time() - started)
            else:
                memory.keep = lambda *_: None  # type: ignore[method-assign]
                read(model, prompts, 0, memory)
                seconds[name].append(time.process_time() - started)
    return {name: 1e3 * median(seconds[name][1:]) for name in ("plain", *memories, "storing")}


def main() -> None:
    torch.set_num_threads(1)
    starter = qwen3(hidden=128, layers=3, heads=4, kv_heads=4, head_dim=32, feed_forward=384)
    cases = [("starter", starter, rows, length, 60) for rows in (1, 8) for length in (64, 256)]
    large = qwen3(hidden=1024, layers=28, heads=16, kv_heads=8, head_dim=128, feed_forward=3072)
    cases += [("Qwen3-0.6B", large, rows, 160, 5) for rows in (1, 4)]
    for name, model, rows, length, repeats in cases:
        taken = measure(model, rows, length, repeats)
        print(f"{name}, {rows} x {length}:", ", ".join(f"{case} {ms:.2f}" for case, ms in taken.items()), flush=True)


if __name__ == "__main__":
    main()
