"""What becomes of a base's English: perplexity after each stage, what keeps it, and what that costs.

    python benchmarks/english.py [benchmarks/english.yaml] [key=value ...] [--json FILE]

The file is one of `neo ablate`: a recipe with a pretrained base, and what is changed. Each is trained, and then asked
for its perplexity, and for some lists and searches of its evaluation.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from neo.evaluation.english import perplexity
from neo.evaluation.machine import this_machine
from neo.evaluation.metrics import hit_gain, hits, ndcg_gain
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.search_cases import search_cases
from neo.language.vocabulary import Vocabulary
from neo.model.neo_model import NeoModel
from neo.training.ablate import FULL, variations
from neo.training.base import load_model
from neo.training.examples.language import story
from neo.training.run import Run

STAGES = {"stage0": "before stage 2", "stage2": "after stage 2, grounding", "stage3": "after stage 3"}
K, CASES = 10, 100  # cases of each type
TEXTS = {"unread": "unread texts of the catalog", "plain": "paragraphs of Python's documentation"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    full, varied = variations(options.file, options.settings, print)
    runs = {FULL: full} | {ablation.name: run for ablation, run in varied}
    kept, lists = {}, {}
    for name, run in runs.items():
        if run is not full:
            run.borrow(full)
        run.all()
        kept[name] = english(run, ("stage0", "stage3") if run is full else ("stage3",))
        lists[name] = found_by(run)
    found = {"kept_english": kept, "found": lists, "machine": this_machine().model_dump()}
    print(markdown(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def english(run: Run, stages: tuple[str, ...] = tuple(STAGES)) -> dict[str, Any]:
    """Perplexity on what is written of items that came out after the cut, which no stage has read; and, of a base that
    came with English, on Python's own documentation."""
    vocabulary, catalog = Vocabulary.load(run.folder / "stage2"), run.full.catalog
    unseen = np.setdiff1d(np.arange(len(catalog)), run.visible)
    texts = {"unread": vocabulary.encode_batch(story(catalog, int(row)) for row in unseen)}
    if run.config.base.pretrained is not None:
        texts["plain"] = vocabulary.encode_batch(documentation())
    found = {name: dict[str, float]() for name in texts}
    for stage in stages:
        if (model := left_by(run, stage)) is not None:
            for name, some in texts.items():
                found[name][stage] = perplexity(model, some, vocabulary.text_size)
    return {
        name: {"texts": len(some), "tokens": sum(map(len, some)), "perplexity": found[name]}
        for name, some in texts.items()
    }


def found_by(run: Run) -> dict[str, float]:
    """HR@10 of recommendations and NDCG@10 of searches, over cases of all types."""
    split, seed = run.split, run.config.seed
    assert isinstance(split, Split), "lists are asked for on recipes that are split in time"
    neo = NeoMethod(NeoModel.load(run.bundle_folder), run.config.evaluation.beams)
    cases = recommend_cases(run.full, split, CASES, seed)
    searches = search_cases(run.full, split, CASES, seed)
    listed = hits(neo.recommend(cases, K), [case.relevant for case in cases], K)
    right = [case.relevant for case in searches]
    ranked = ndcg_gain(hits(neo.search(searches, K), right, K), np.array(list(map(len, right))), K)
    return {
        "cases": len(cases),
        "HR@10": float(hit_gain(listed, K).mean()),
        "searches": len(searches),
        "NDCG@10": float(ranked.mean()),
    }


def left_by(run: Run, stage: str) -> PreTrainedModel | None:
    """The model that a stage has left; of a base that came with English, for stage 0, that base."""
    if stage == "stage0" and run.config.base.pretrained is not None:
        return run.base_model()[0]
    folder = run.folder / stage / "model"
    return load_model(folder) if folder.exists() else None


def documentation() -> list[str]:
    """Paragraphs of prose that every Python has with it, forty words and longer."""
    paragraphs = {" ".join(text.split()) for topic in topics.values() for text in topic.split("\n\n")}
    return sorted(text for text in paragraphs if len(text.split()) >= 40 and ">>>" not in text and "::=" not in text)


def perplexities(texts: Mapping[str, Any]) -> list[str]:
    """A Markdown table for each kind of texts."""
    lines = []
    for name, some in texts.items():
        of = f"{some['texts']} {TEXTS[name]}, {some['tokens']:,} tokens"
        lines += ["", f"| perplexity of {of} | |", "| --- | ---: |"]
        lines += [f"| {STAGES[stage]} | {value:.1f} |" for stage, value in some["perplexity"].items()]
    return lines


def markdown(found: Mapping[str, Any]) -> str:
    """A row for each variation: its perplexities after stage 3."""
    kept = found["kept_english"]
    first = next(iter(kept.values()))
    lines = [["perplexity", *(f"{some['texts']} {TEXTS[name]}" for name, some in first.items())]]
    lines += [["---", *["---:"] * len(first)]]
    lines += [["the base", *(f"{some['perplexity']['stage0']:.1f}" for some in first.values())]]
    lines += [[name, *(f"{some['perplexity']['stage3']:.1f}" for some in of.values())] for name, of in kept.items()]
    counts = next(iter(found["found"].values()))
    lines[0] += [f"HR@10, {counts['cases']} lists", f"NDCG@10, {counts['searches']} searches"]
    lines[1] += ["---:", "---:"]
    lines[2] += ["", ""]
    for line, of in zip(lines[3:], found["found"].values(), strict=True):
        line += [f"{of[name]:.3f}" for name in ("HR@10", "NDCG@10")]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
