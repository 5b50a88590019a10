"""What stage 4 is worth: a recipe's model before it and after it, in the week that is asked for.

    neo train recipes/stage4.yaml
    python benchmarks/preference.py recipes/stage4.yaml [key=value ...] [--texts 300] [--json FILE]

Rewards: lists and explanations for listeners that stage 4 was held out from. HR@10 and NDCG@10: all cases of all
listeners, with two-sided sign tests of after against before.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neo.evaluation.machine import this_machine
from neo.evaluation.metrics import bootstrap, hit_gain, hits, ndcg_gain
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.sign_test import sign_test
from neo.model.neo_model import NeoModel
from neo.training.config import load_config
from neo.training.preference.cases import K, held_out, worth
from neo.training.preference.guard import SEEN
from neo.training.run import Run

TERMS = ("reward", "hr", "hit", "unfamiliar", "diversity", "truth")


def measure(run: Run, cases: int, texts: int) -> dict[str, Any]:
    stage, split = run.config.preference, run.split
    assert stage is not None and isinstance(split, Split)
    asked = recommend_cases(run.full, split, cases, run.config.seed)
    out = held_out(len(run.known.listeners), stage.held_out, run.config.seed)
    everybody = recommend_cases(run.full, split, None, run.config.seed)
    mine = [case for case in everybody if out[case.listener]]
    types, right = np.array([case.type for case in asked]), [case.relevant for case in asked]
    worths, gains = {}, {}
    for name in ("stage3", "stage4"):
        neo = NeoModel(run.bundle(run.left_by(run.folder / name).eval()))
        worths[name] = asdict(worth(neo, mine, texts, stage.rewards, run.config.evaluation.beams))
        lists = NeoMethod(neo, run.config.evaluation.beams).recommend(asked, K)
        found = hits(lists, right, K)
        gains[name] = (hit_gain(found, K), ndcg_gain(found, np.array([len(one) for one in right]), K))
    groups = {}
    for group in ("all", *dict.fromkeys(types.tolist())):
        here = np.ones(len(types), dtype=bool) if group == "all" else types == group
        groups[group] = {
            "n": int(here.sum()),
            **{
                metric: {name: asdict(bootstrap(gains[name][place][here], run.config.seed)) for name in gains}
                for place, metric in enumerate(("HR@10", "NDCG@10"))
            },
            "sign_test": sign_test(gains["stage4"][1][here], gains["stage3"][1][here]),
        }
    return {
        "preference": worths,
        "weights": stage.rewards.model_dump(),
        "groups": groups,
        "guard": json.loads((run.folder / "stage4" / SEEN).read_text()),
        "held_out": {"listeners": int(out.sum()), "cases": len(mine), "texts": texts},
        "split": split.name,
        "recipe": run.config.name,
        "seed": run.config.seed,
        "machine": this_machine().model_dump(mode="json"),
    }


def markdown(measured: dict[str, Any]) -> str:
    before, after = (measured["preference"][name] for name in ("stage3", "stage4"))
    rows = [["held-out listeners", "before", "after", "weight"], ["---", "---:", "---:", "---:"]]
    for term in TERMS:
        name = {"hr": "HR@10", "hit": "hit: NDCG@10"}.get(term, term)
        if before[term] is not None:
            weight = measured["weights"].get(term)
            shown = "" if weight is None else f"{weight:g}"
            rows.append([name, f"{before[term]:.4f}", f"{after[term]:.4f}", shown])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    rows = [["all listeners", "cases", "HR@10 before", "after", "NDCG@10 before", "after", "better, worse (p)"]]
    rows.append(["---", *["---:"] * 6])
    for group, found in measured["groups"].items():
        values = [
            f"{found[metric][name]['value']:.4f}" for metric in ("HR@10", "NDCG@10") for name in ("stage3", "stage4")
        ]
        wins, losses, p = found["sign_test"]
        rows.append([group, f"{found['n']:,}", *values, f"{wins:,}, {losses:,} ({p:.3f})"])
    lines += ["", *("| " + " | ".join(row) + " |" for row in rows)]
    who, machine, seen = measured["held_out"], measured["machine"], measured["guard"]
    kept = [one for one in seen if one[1]["hr"] >= seen[0][1]["hr"]]
    best = max(kept, key=lambda one: one[1]["reward"])
    said = f"`{measured['recipe']}`, {measured['split']} split, seed {measured['seed']}: {who['listeners']:,} held-out "
    said += (
        f"listeners, {who['cases']:,} lists, {who['texts']:,} explanations. The guard looked {len(seen)} times, until "
    )
    said += f"step {seen[-1][0]:,}, and kept step {best[0]:,}. {machine['cores']} cores of {machine['processor']}."
    return "\n".join([*lines, "", said])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--cases", type=int, default=1_000, help="of each item type, at most")
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    run = Run(load_config(given.recipe, given.settings))
    if run.config.preference is None or not run.is_trained or not isinstance(run.split, Split):
        parser.error(f"{run.folder} holds no stage 4 of a split in time: `neo train {given.recipe}` makes it")
    measured = measure(run, given.cases, given.texts)
    print(markdown(measured))
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
