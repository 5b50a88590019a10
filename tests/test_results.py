"""RESULTS.md is what the JSON says, and the README's tables are taken from it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_results_are_generated_from_their_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
    from results import results

    assert (ROOT / "RESULTS.md").read_text(encoding="utf-8") == results(), "run `python benchmarks/results.py`"


def test_runs_of_several_seeds_become_one_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
    import over_seeds

    report = json.loads((ROOT / "docs" / "results" / "starter.json").read_text(encoding="utf-8"))
    report["methods"] = ["item-CF", "NEO"]
    rows = [r for r in report["results"] if r["method"] in report["methods"] and r["task"] == "recommend"]
    report["results"] = [r for r in rows if (r["group"], r["listeners"]) == ("show", "all")]
    files = {"its-own-0": 0.2, "its-own-1": 0.3, "given-0": 0.26}
    for name, value in files.items():
        report["results"][1]["metrics"]["HR@10"]["value"] = value
        (tmp_path / f"{name}.json").write_text(json.dumps(report), encoding="utf-8")
    lines = over_seeds.markdown(tmp_path).splitlines()
    cells = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in lines if line.startswith("|")}
    assert cells["NEO, its own"][1] == "0.2500 (0.2000 to 0.3000)" and cells["NEO, its own"][-1] == "2 |"
    assert cells["NEO, given"][1] == "**0.2600**" and cells["item-CF"][1] == "0.2190"
    assert lines[-1].endswith("1,000 cases, test split.")


def test_ablations_and_load_become_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
    from results import tables

    whole = json.loads((ROOT / "docs" / "results" / "starter.json").read_text(encoding="utf-8"))
    whole["methods"] = ["NEO", "oracle"]
    less = json.loads(json.dumps(whole))
    for result in less["results"]:
        result["share_of_oracle"] = {name: share / 2 for name, share in result["share_of_oracle"].items()}
    ablations = {"papers": {"half": "-60%"}, "reports": {"NEO": whole, "half": less}}
    (tmp_path / "ablations.json").write_text(json.dumps(ablations), encoding="utf-8")
    lines = tables(tmp_path / "ablations.json").splitlines()
    assert lines[0].split(" | ")[-3:] == ["against NEO", "paper", "search NDCG@10 |"]
    assert " | -50% | -60% | " in lines[-1] and len(lines) == 4

    quality = {"hit_rate": 0.5, "ndcg": 0.25}
    row = {"scenario": "offline", "requests": 4, "batch": 2.0, "latencies": [], "per_second": 8.0, "same": 3}
    row |= {"quality": quality, "reference": quality, "invalid": ""}
    task = {"k": 10, "format": "items", "reference": {"cases": 4, **quality}, "scenarios": [row]}
    load = {"about": {"cores": 2}, "tasks": {"lists": task}}
    (tmp_path / "inference.json").write_text(json.dumps(load), encoding="utf-8")
    lines = tables(tmp_path / "inference.json").splitlines()
    assert "| offline | 4 | 2.0 |  |  |  | 8.0 | 75.0% | 100.0% | 100.0% | yes |" in lines and lines[-1] == "cores 2"


def test_what_stage_4_is_worth_becomes_a_table_over_its_seeds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
    from results import tables

    before = {"reward": 0.5, "hr": 0.3, "hit": 0.2, "unfamiliar": 0.7, "diversity": 0.8, "truth": None}
    metric = {"stage3": {"value": 0.3}, "stage4": {"value": 0.35}}
    group = {
        "n": 1_000,
        "HR@10": metric,
        "NDCG@10": metric,
        "sign_tests": {"HR@10": [9, 3, 0.1], "NDCG@10": [8, 4, 0.4]},
    }
    seed = {
        "minutes": 0.0,
        "worth": {"stage3": before, "stage4": {**before, "reward": 0.6}},
        "groups": {"all": group},
        "guard": [[0, before], [16, {**before, "reward": 0.7}], [32, {**before, "reward": 0.9, "hr": 0.2}]],
        "held_out": {"listeners": 5, "cases": 10, "texts": 3},
    }
    about = {"method": "GRPO", "split": "test", "recipe": "stage4", "seed": 0, "weights": {"hit": 1.0, "truth": 1.0}}
    measured = {"preference": {"0": seed, "1": seed}, "machine": {"cores": 2, "processor": "it"}, **about}
    (tmp_path / "preference.json").write_text(json.dumps(measured), encoding="utf-8")
    lines = tables(tmp_path / "preference.json").splitlines()
    assert "| reward |  | 0.5000 | 0.6000 | 0.5000 | 0.6000 |" in lines
    assert "| hit: NDCG@10 | 1 | 0.2000 | 0.2000 | 0.2000 | 0.2000 |" in lines
    assert not any(line.startswith("| truth") for line in lines)
    assert "| all | 1,000 | 1 | 0.3000 | 0.3500 | 9, 3 (0.100) | 0.3000 | 0.3500 | 8, 4 (0.400) |" in lines
    assert "seed 0 kept step 16 of 32; seed 1 kept step 16 of 32." in lines[-1]


def test_every_row_of_figures_in_the_readme_stands_in_the_results() -> None:
    lines = set((ROOT / "RESULTS.md").read_text(encoding="utf-8").splitlines())
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in readme if line.startswith("|") and re.search(r"\d\.\d{3}|\d%", line)]
    assert len(rows) >= 10
    assert [row for row in rows if row not in lines] == []


def test_every_figure_in_the_readmes_sentences_stands_in_the_results() -> None:
    results, readme = ((ROOT / name).read_text(encoding="utf-8") for name in ("RESULTS.md", "README.md"))
    prose = re.sub(r"```.*?```|`[^`]*`", "", readme, flags=re.S)
    figures = {figure.lstrip("0") for figure in re.findall(r"(?<![\d.])0?\.\d{3,4}(?!\d)", prose)}
    assert len(figures) >= 15
    assert figures - {figure.lstrip("0") for figure in re.findall(r"\d*\.\d+", results)} == set()
