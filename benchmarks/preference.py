"""What stage 4 is worth: a recipe's model before it and after it, in the week that is asked for, over seeds of stage 4.

    python benchmarks/preference.py recipes/stage4.yaml [key=value ...] [--seeds 0 1 2] [--texts 300] [--json FILE]

Trains what is not trained yet; stage 3 is one for all seeds, and what the last of them has left stays in the folder.
Rewards: lists and explanations for listeners that stage 4 was held out from. HR@10 and NDCG@10: all cases of all
listeners, with two-sided sign tests of after against before.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neo.evaluation.machine import this_machine
from neo.evaluation.metrics import bootstrap, hit_gain, hits, ndcg_gain
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.protocol import RecommendCase, Split, recommend_cases
from neo.evaluation.sign_test import sign_test
from neo.model.neo_model import NeoModel
from neo.training.config import load_config
from neo.training.preference.cases import K, held_out, worth
from neo.training.preference.guard import SEEN
from neo.training.run import Run

TERMS = ("reward", "hr", "hit", "unfamiliar", "diversity", "truth")
STAGES, METRICS = ("stage3", "stage4"), ("HR@10", "NDCG@10")

Gains = tuple[np.ndarray, np.ndarray]  # HR@10 and NDCG@10, by case


def gained(neo: NeoModel, beams: int, asked: list[RecommendCase]) -> Gains:
    lists, right = NeoMethod(neo, beams).recommend(asked, K), [case.relevant for case in asked]
    found = hits(lists, right, K)
    return hit_gain(found, K), ndcg_gain(found, np.array([len(one) for one in right]), K)


def measure(run: Run, cases: int, texts: int, gains: dict[str, Gains]) -> dict[str, Any]:
    """gains: what is known of stage 3, where something is, and what is found out of both."""
    stage, split = run.config.preference, run.split
    assert stage is not None and isinstance(split, Split)
    asked = recommend_cases(run.full, split, cases, run.config.seed)
    out = held_out(len(run.known.listeners), stage.held_out, run.config.seed + stage.seed)
    everybody = recommend_cases(run.full, split, None, run.config.seed)
    mine = [case for case in everybody if out[case.listener]]
    types, worths = np.array([case.type for case in asked]), {}
    for name in STAGES:
        neo = NeoModel(run.bundle(run.left_by(run.folder / name).eval()))
        worths[name] = asdict(worth(neo, mine, texts, stage.rewards, run.config.evaluation.beams))
        if name not in gains:
            gains[name] = gained(neo, run.config.evaluation.beams, asked)
    groups = {}
    for group in ("all", *dict.fromkeys(types.tolist())):
        here = np.ones(len(types), dtype=bool) if group == "all" else types == group
        groups[group] = {
            "n": int(here.sum()),
            **{
                metric: {name: asdict(bootstrap(gains[name][place][here], run.config.seed)) for name in gains}
                for place, metric in enumerate(METRICS)
            },
            "sign_tests": {
                metric: sign_test(gains["stage4"][place][here], gains["stage3"][place][here])
                for place, metric in enumerate(METRICS)
            },
        }
    return {
        "worth": worths,
        "groups": groups,
        "guard": json.loads((run.folder / "stage4" / SEEN).read_text()),
        "held_out": {"listeners": int(out.sum()), "cases": len(mine), "texts": texts},
    }


def over_seeds(recipe: Path, settings: list[str], seeds: list[int], cases: int, texts: int) -> dict[str, Any]:
    """`measure` of a stage 4 of each seed, after one stage 3."""
    found: dict[str, Any] = {}
    before: dict[str, Gains] = {}
    for seed in seeds:
        run = Run(load_config(recipe, [*settings, f"preference.seed={seed}"]))
        for step in (run.read_data, run.learn_sids, run.learn_listeners, run.teach_language, run.ground, run.instruct):
            step()
        started = time.perf_counter()
        run.prefer()
        minutes, gains = round((time.perf_counter() - started) / 60, 1), dict(before)
        found[str(seed)] = {"minutes": minutes, **measure(run, cases, texts, gains)}
        before["stage3"] = gains["stage3"]
    stage = run.config.preference
    assert stage is not None
    return {
        "preference": found,
        "weights": stage.rewards.model_dump(),
        "method": "DPO" if stage.grpo is None else "GRPO",
        "split": run.split.name,
        "recipe": run.config.name,
        "seed": run.config.seed,
        "machine": this_machine().model_dump(mode="json"),
    }


def markdown(measured: dict[str, Any]) -> str:
    seeds = measured["preference"]
    rows = [
        ["held-out listeners", "weight", *(f"{when}, seed {seed}" for seed in seeds for when in ("before", "after"))]
    ]
    rows.append(["---", *["---:"] * (len(rows[0]) - 1)])
    for term in TERMS:
        name, weight = {"hr": "HR@10", "hit": "hit: NDCG@10"}.get(term, term), measured["weights"].get(term)
        values = [one["worth"][stage][term] for one in seeds.values() for stage in STAGES]
        if None not in values:
            rows.append([name, "" if weight is None else f"{weight:g}", *(f"{value:.4f}" for value in values)])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    columns = [column for metric in METRICS for column in (f"{metric} before", "after", "better, worse (p)")]
    rows = [["all listeners", "cases", "seed", *columns], ["---", *["---:"] * 8]]
    for group in next(iter(seeds.values()))["groups"]:
        for seed, one in seeds.items():
            found = one["groups"][group]
            values = []
            for metric in METRICS:
                wins, losses, p = found["sign_tests"][metric]
                values += [f"{found[metric][stage]['value']:.4f}" for stage in STAGES]
                values.append(f"{wins:,}, {losses:,} ({p:.3f})")
            rows.append([group, f"{found['n']:,}", seed, *values])
    lines += ["", *("| " + " | ".join(row) + " |" for row in rows), "", _said(measured)]
    return "\n".join(lines)


def _said(measured: dict[str, Any]) -> str:
    seeds, machine = measured["preference"], measured["machine"]
    who = next(iter(seeds.values()))["held_out"]
    looks = []
    for seed, one in seeds.items():
        seen = one["guard"]
        step, _ = max((look for look in seen if look[1]["hr"] >= seen[0][1]["hr"]), key=lambda look: look[1]["reward"])
        took = f", in {one['minutes']:.0f} minutes" if one["minutes"] else ""  # none, where it lay there
        looks.append(f"seed {seed} kept step {step:,} of {seen[-1][0]:,}{took}")
    return (
        f"{measured['method']}, `{measured['recipe']}`, {measured['split']} split, the run's seed {measured['seed']}: "
        f"{who['listeners']:,} held-out listeners, {who['cases']:,} lists, {who['texts']:,} explanations. By its guard "
        f"{'; '.join(looks)}. {machine['cores']} cores of {machine['processor']}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of stage 4")
    parser.add_argument("--cases", type=int, default=1_000, help="of each item type, at most")
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    config = load_config(given.recipe, given.settings)
    if config.preference is None or config.evaluation.protocol != "time":
        parser.error(f"{given.recipe} has no stage 4, or no split in time: see recipes/stage4.yaml")
    measured = over_seeds(given.recipe, given.settings, given.seeds, given.cases, given.texts)
    print(markdown(measured))
    if given.json:
        given.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
