"""A bundle answered by vLLM beside the embedded engine, on the same machine, in turns.

    python benchmarks/vllm_engine.py BUNDLE [max_num_seqs=64 ...]
    PYTHONPATH=tests python benchmarks/vllm_engine.py --random FOLDER [...]    # first writes a bundle there

Run it where vLLM is installed (docs/vllm.md). Lists are `recommend` for listeners of the bundle, 10 items and 30 beams;
words are `understand`, whose answers are as long as each engine's model makes them, at most 64 tokens. Each figure is
the median of the rounds, in which the engines take turns; before them both have answered once, with other listeners.
`same` counts the answers that name the same items, and say the same words. The bundle that is written has random
weights, 4 layers of 256, over the 100 items of the tests' tiny world, and likes no code better than a word.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch
import yaml

from neo.decoding.reading import writable
from neo.evaluation.machine import this_machine
from neo.model.neo_model import NeoModel
from neo.model.vllm_model import VllmModel
from neo.training.base import scratch_model
from neo.training.config import Scratch
from neo_sdk.types import Answer

TOGETHER, ROUNDS, TOKENS = 16, 5, 64


def answers(model: NeoModel, kind: str, listeners: list[str]) -> tuple[list[Answer], float]:
    """All of them together, as the server has them; and the seconds it took."""
    if kind == "words":
        asked = [model.prepare_understand(listener, max_tokens=TOKENS) for listener in listeners]
    else:
        asked = [model.prepare_recommend(listener, k=10, beams=30) for listener in listeners]
    began = time.perf_counter()
    if kind == "words":
        found = [event for _, event in model.stream_words(asked) if isinstance(event, Answer)]
    else:
        found = model.answer_lists(asked)
    return found, time.perf_counter() - began


def said(found: list[Answer]) -> list[tuple[str, tuple[str, ...]]]:
    return sorted((answer.text, tuple(item.id for item in answer.items)) for answer in found)


def random_bundle(folder: Path) -> None:
    from tiny_world import make_tiny_bundle, make_tiny_dataset

    bundle = make_tiny_bundle(make_tiny_dataset())
    shape = Scratch(
        hidden=256, layers=4, heads=4, kv_heads=2, head_dim=64, feed_forward=768, positions=1024, tied=False
    )
    model = scratch_model(shape, bundle.vocabulary.size, seed=0)
    words = writable(bundle.vocabulary)
    words[[bundle.vocabulary.open, bundle.vocabulary.end]] = False
    head = model.get_output_embeddings().weight
    with torch.no_grad():
        head[: len(words)][~words] *= 0.01  # a trained model seldom wants a code or a control token among words
        head[len(words) :] *= 0.01
    replace(bundle, model=model).save(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--random", action="store_true", help="write a bundle there first")
    parser.add_argument("options", nargs="*", help="of vLLM, as OPTION=VALUE")
    given = parser.parse_args()
    options = {name: yaml.safe_load(value) for name, _, value in (option.partition("=") for option in given.options)}
    if given.random:
        random_bundle(given.bundle)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    began = time.perf_counter()
    engines = {"embedded": NeoModel.load(given.bundle, "cpu")}
    loaded = time.perf_counter()
    engines["vllm"] = VllmModel.start(given.bundle, **options)
    print(f"{this_machine()}; load average {os.getloadavg()[0]:.1f}")
    print(f"loaded: embedded {loaded - began:.1f} s, vllm {time.perf_counter() - loaded:.1f} s")
    ids = engines["embedded"].bundle.listeners.table.column("id").to_pylist()
    seconds: dict[tuple[str, int, str], list[float]] = {}
    same = dict.fromkeys(("lists", "words"), 0)
    total = dict(same)
    for round_ in range(ROUNDS + 1):
        for kind in ("lists", "words"):
            for count in (1, TOGETHER):
                some = [ids[(1 + place + round_ * (TOGETHER + 1)) % len(ids)] for place in range(count)]
                heard = {}
                for name, model in engines.items():
                    found, spent = answers(model, kind, some)
                    heard[name] = said(found)
                    if round_:
                        seconds.setdefault((kind, count, name), []).append(spent)
                same[kind] += sum(a == b for a, b in zip(heard["embedded"], heard["vllm"], strict=True))
                total[kind] += count
    for (kind, count, name), spent in seconds.items():
        median = statistics.median(spent)
        print(f"{kind} {count:3d} at once  {name:9s} {median * 1000:8.1f} ms  {count / median:7.1f} answers/s")
    for kind in same:
        print(f"{kind}: the same {same[kind]} of {total[kind]}")


if __name__ == "__main__":
    main()
