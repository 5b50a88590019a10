"""Steering by words, measured: type, format, number, references, wishes; and whether plain English has suffered.

    python benchmarks/steering.py RECIPE [key=value ...] [--instructions 1000] [--json FILE]

Listeners and what they met next are those of the recipe's evaluation; all wordings are held out from training. Each
is asked twice: of the model alone, and with what the words plainly say read and kept (`read_words`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from neo.catalog.starter.oracle import TYPES
from neo.evaluation.english import perplexity
from neo.evaluation.instructions import instruction_results
from neo.evaluation.machine import this_machine
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.wish_report import Truth, wish_results
from neo.model.neo_model import NeoModel
from neo.training.base import load_model
from neo.training.examples.language import story
from neo.training.pipeline import trained
from neo.training.run import Run

STAGES = {"stage0": "before stage 2", "stage2": "after stage 2, grounding", "stage3": "after stage 3"}
TEXTS = {"unread": "unread texts of the catalog", "plain": "paragraphs of Python's documentation"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--instructions", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = measured(trained(options.recipe, options.settings, print), options.instructions)
    print(to_markdown(found))
    if options.json:
        options.json.write_text(json.dumps({"recipe": str(options.recipe), **found}, indent=1) + "\n")


def measured(run: Run, count: int) -> dict[str, Any]:
    """All of it, as it is kept in JSON."""
    neo, split, seed = NeoModel.load(run.bundle_folder), run.split, run.config.seed
    assert isinstance(split, Split), "steering is measured on recipes that are split in time"
    cases = recommend_cases(run.full, split, run.config.evaluation.cases, seed)
    return {
        "seed": seed,
        "split": split.name,
        "machine": this_machine().model_dump(),
        "wishes": [one.model_dump() for one in wish_results(neo, cases, count // 3, seed, truth(run, split.name))],
        "alone": [one.model_dump() for one in instruction_results(neo, cases, count, read_words=False, seed=seed)],
        "read": [one.model_dump() for one in instruction_results(neo, cases, count, read_words=True, seed=seed)],
        "english": english(run, neo),
    }


def truth(run: Run, split: str) -> Truth | None:
    """The oracle's rankings, where the world is a generated one."""
    if run.oracle is None:
        return None
    cases = run.oracle.cases(split)
    keys = zip(cases.listener.tolist(), (TYPES[code] for code in cases.type.tolist()), strict=True)
    return {key: rows[rows >= 0] for key, rows in zip(keys, cases.rows, strict=True)}


def english(run: Run, neo: NeoModel) -> dict[str, Any]:
    """Perplexity on what is written of items that came out after the cut, which no stage has read; and, of a base that
    came with English, on Python's own documentation."""
    vocabulary, catalog = neo.bundle.vocabulary, run.full.catalog
    unseen = np.setdiff1d(np.arange(len(catalog)), run.visible)
    texts = {"unread": vocabulary.encode_batch(story(catalog, int(row)) for row in unseen)}
    if run.config.base.pretrained is not None:
        texts["plain"] = vocabulary.encode_batch(documentation())
    found = {name: dict[str, float]() for name in texts}
    for stage in STAGES:
        if (model := left_by(run, stage)) is not None:
            for name, some in texts.items():
                found[name][stage] = perplexity(model, some, vocabulary.text_size)
    return {
        name: {"texts": len(some), "tokens": sum(map(len, some)), "perplexity": found[name]}
        for name, some in texts.items()
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


def to_markdown(found: dict[str, Any]) -> str:
    """The tables of RESULTS.md."""
    lines = ["| what words decide | instructions | by the model alone | what is said plainly is kept |"]
    lines += ["| --- | ---: | ---: | ---: |"]
    for alone, read in zip(found["alone"], found["read"], strict=True):
        lines.append(f"| {alone['name']} | {alone['n']:,} | {alone['share']:.1%} | {read['share']:.1%} |")
    heads = ("wishes", "lists", "granted, model alone", "kept", "no wish", "chance")
    heads += ("NDCG@10, model alone", "kept", "oracle")
    lines += ["", f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    for one in found["wishes"]:
        shares = " | ".join(f"{one[name]:.1%}" for name in ("granted", "read", "unsteered", "chance"))
        quality = [one[name]["ndcg"] if one[name] else None for name in ("steered", "kept", "oracle")]
        told = " | ".join("" if value is None else f"{value:.3f}" for value in quality)
        lines.append(f"| {one['kind']} | {one['n']:,} | {shares} | {told} |")
    for name, texts in found["english"].items():
        of = f"{texts['texts']} {TEXTS[name]}, {texts['tokens']:,} tokens"
        lines += ["", f"| perplexity of {of} | |", "| --- | ---: |"]
        lines += [f"| {STAGES[stage]} | {value:.1f} |" for stage, value in texts["perplexity"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
