"""Steering by words, measured: type, format, number, references, wishes; and whether plain English has suffered.

    python benchmarks/steering.py RECIPE [key=value ...] [--instructions 1000] [--json FILE]

Listeners and what they met next are those of the recipe's evaluation; all wordings are held out from training. Each
is asked twice: of the model alone, and with what the words plainly say read and kept (`read_words`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from english import english, perplexities

from neo.catalog.starter.oracle import TYPES
from neo.evaluation.instructions import instruction_results
from neo.evaluation.machine import this_machine
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.wish_report import Truth, wish_results
from neo.model.neo_model import NeoModel
from neo.training.pipeline import trained
from neo.training.run import Run


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
        "english": english(run),
    }


def truth(run: Run, split: str) -> Truth | None:
    """The oracle's rankings, where the world is a generated one."""
    if run.oracle is None:
        return None
    cases = run.oracle.cases(split)
    keys = zip(cases.listener.tolist(), (TYPES[code] for code in cases.type.tolist()), strict=True)
    return {key: rows[rows >= 0] for key, rows in zip(keys, cases.rows, strict=True)}


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
    lines += perplexities(found["english"])
    return "\n".join(lines)


if __name__ == "__main__":
    main()
