"""Steering by words, measured: type, format, number, references, wishes; beside what comes unasked.

    python benchmarks/steering.py RECIPE [key=value ...] [--instructions 1000] [--json FILE] [--markdown]

Listeners and what they met next are those of the recipe's evaluation; all wordings are held out from training.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from neo.evaluation.instructions import Obeyed, instruction_results
from neo.evaluation.machine import this_machine
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.wish_report import Truth, Wished, wish_results
from neo.model.neo_model import NeoModel
from neo.training.pipeline import trained
from neo.training.run import Run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--instructions", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    run = trained(options.recipe, options.settings, print)
    neo, split = NeoModel.load(run.bundle_folder), run.split
    assert isinstance(split, Split), "steering is measured on recipes that are split in time"
    cases = recommend_cases(run.full, split, run.config.evaluation.cases, run.config.seed)
    wishes = wish_results(neo, cases, options.instructions // 3, run.config.seed, _truth(run, split.name))
    obeyed = instruction_results(neo, cases, options.instructions, run.config.seed)
    print(to_markdown(obeyed, wishes))
    if options.json:
        found = {"obeyed": [one.model_dump() for one in obeyed], "wishes": [one.model_dump() for one in wishes]}
        about = {"recipe": str(options.recipe), "seed": run.config.seed, "split": split.name}
        options.json.write_text(json.dumps({**about, "machine": this_machine().model_dump(), **found}, indent=1) + "\n")


def _truth(run: Run, split: str) -> Truth | None:
    if run.oracle is None:
        return None
    cases = run.oracle.cases(split)
    names = ("show", "episode", "audiobook")
    keys = zip(cases.listener.tolist(), (names[code] for code in cases.type.tolist()), strict=True)
    return {key: rows[rows >= 0] for key, rows in zip(keys, cases.rows, strict=True)}


def to_markdown(obeyed: tuple[Obeyed, ...], wishes: tuple[Wished, ...]) -> str:
    lines = ["| what words decide | instructions | obeyed |", "| --- | ---: | ---: |"]
    lines += [f"| {one.name} | {one.n:,} | {one.share:.1%} |" for one in obeyed]
    lines += ["", "| wishes | lists | granted | unsteered | chance | NDCG@10 | unsteered | oracle | HR@10 |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for one in wishes:
        oracle = "" if one.oracle is None else f"{one.oracle.ndcg:.3f}"
        shares = f"{one.granted:.1%} | {one.unsteered:.1%} | {one.chance:.1%}"
        quality = f"{one.steered.ndcg:.3f} | {one.kept.ndcg:.3f} | {oracle} | {one.steered.hr:.3f}"
        lines.append(f"| {one.kind} | {one.n:,} | {shares} | {quality} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
