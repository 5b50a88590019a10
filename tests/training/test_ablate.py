"""Ablations of a tiny recipe: every variation is measured, resumed, and borrows what is the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neo.cli import main
from neo.evaluation.report import Report
from neo.training.ablate import _same_cases, quality, variations
from neo.training.config import for_name, load_config
from neo.training.run import Run
from neo_sdk.errors import InvalidRequestError

STARTER = Path(__file__).resolve().parents[2] / "docs" / "results" / "starter.json"
RECIPE = """
name: tiny
output: {output}
data:
  world: {{shows: 20, episodes: 100, audiobooks: 20, listeners: 40, searches_per_listener: 3.0}}
sids: {{levels: 2, codes: 16, dim: 16}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
language: {{rows: 40}}
grounding: {{tokens: 4096, warmup: 1}}
instruction: {{tokens: 4096, history: 6, recommend: 24, search: 8, lookup: 8, verbalize: 8, explain: 0, understand: 0,
               recommend_mixed: 0, search_mixed: 0, chat: 0, warmup: 1}}
evaluation: {{cases: 6, searches: 4, beams: 30}}
"""
ABLATIONS = """
recipe: tiny.yaml
ablations:
  - {name: hyperplanes, settings: [sids.quantizer=hyperplanes], paper: "-51%"}
  - {name: collaborative, settings: [sids.vectors=collaborative]}
  - {name: merged, settings: [grounding.verbalize=0, grounding.ground=0, grounding.type=0, instruction.ground=8,
                              instruction.type=8]}
  - {name: random backbone, settings: [language.rows=0]}
  - {name: fewer shows, settings: [data.world.shows=10], other_world: true}
  - {name: greedy, decoding: greedy}
  - {name: top-p sampling, decoding: top-p sampling}
  - {name: constraint off, decoding: constraint off}
"""


def test_every_ablation_is_measured_on_the_same_cases_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.yaml").write_text(RECIPE.format(output=tmp_path / "runs"))
    (tmp_path / "ablations.yaml").write_text(ABLATIONS)
    command = ["ablate", str(tmp_path / "ablations.yaml"), "--json", str(tmp_path / "found.json")]
    assert main(command) == 0
    printed = capsys.readouterr()
    found = json.loads((tmp_path / "found.json").read_text())["reports"]
    reports = {name: Report.model_validate(report) for name, report in found.items()}
    assert list(reports) == [
        "NEO",
        "hyperplanes",
        "collaborative",
        "merged",
        "random backbone",
        "fewer shows",
        "greedy",
        "top-p sampling",
        "constraint off",
    ]
    sizes = {name: [(r.group, r.n) for r in report.results] for name, report in reports.items()}
    assert all(sizes[name][:3] == sizes["NEO"][:3] for name in sizes if name != "fewer shows")
    assert all(quality(report) is not None for report in reports.values())
    assert all(name in printed.out for name in reports) and "-51%" in printed.out
    # How a model obeys is the same whatever the decoding, and asked once.
    assert [name for name, report in reports.items() if report.steering is None] == [
        "greedy",
        "top-p sampling",
        "constraint off",
    ]
    # The variations that share data and language did not make them again, and nothing is done twice.
    assert printed.err.count("stage 0, language ...") == 3 and printed.err.count("data ...") == 2
    monkeypatch.setattr("neo.training.run.instruct", lambda *_: pytest.fail("it was trained again"))
    monkeypatch.setattr("neo.training.semantic_ids.build_sids", None)
    assert main(command) == 0
    assert json.loads((tmp_path / "found.json").read_text())["reports"] == found


def test_an_ablation_may_be_called_as_one_likes(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(RECIPE.format(output=tmp_path / "runs"))
    text = "recipe: tiny.yaml\nablations: [{name: Ohne Hörer (2), settings: [listener=null]}]\n"
    (tmp_path / "ablations.yaml").write_text(text)
    _, [(_, run)] = variations(tmp_path / "ablations.yaml", [], print)
    assert run.config.name == "tiny-ohne-h-rer-2"
    for label in ("sids.embedder=st:Hörer²", "preference={grpo: {}}"):
        assert load_config(tmp_path / "tiny.yaml", [f"name=tiny-{for_name(label, '-')}"])


def test_a_mistake_in_the_last_ablation_shows_before_the_first_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(RECIPE.format(output=tmp_path / "runs"))
    late = ABLATIONS + "  - {name: misspelt, settings: [sids.levles=2]}\n"
    (tmp_path / "ablations.yaml").write_text(late)
    assert main(["ablate", str(tmp_path / "ablations.yaml")]) == 1
    assert "levles" in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_a_comparison_changes_one_side_and_asks_both_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(RECIPE.format(output=tmp_path / "runs"))
    command = ["compare", str(tmp_path / "tiny.yaml"), "evaluation.split=validation", "evaluation.cases=5"]
    assert main(command) == 1 and "Nothing to compare" in capsys.readouterr().err
    assert main([*command, "shuffle_sids=true", "--json", str(tmp_path / "both.json")]) == 0
    report = Report.load(tmp_path / "both.json")
    assert report.setting.split == "validation" and {"NEO", "NEO changed", "item-CF"} <= set(report.methods)
    assert {r.n for r in report.results if r.task == "recommend" and r.listeners == "all"} <= set(range(1, 6))
    printed = capsys.readouterr()
    assert "NEO changed: shuffle_sids=true" in printed.out and printed.err.count("stage 0, language ...") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("recipe: tiny.yaml\nablations: [{name: a}]", "either settings"),
        ("recipe: tiny.yaml\nablations: [{name: a, decoding: greedy}, {name: A, decoding: greedy}]", "the same name"),
        ("recipe: tiny.yaml\nablations: []", "at least 1"),
    ],
)
def test_bad_lists_of_ablations_are_refused(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ablations.yaml").write_text(text)
    assert main(["ablate", str(tmp_path / "ablations.yaml")]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("data.world.shows=30", "data"),
        ("seed=1", "seed"),
        ("evaluation.split=validation", "evaluation.split"),
        ("evaluation.cases=7", "evaluation.cases"),
        ("evaluation.searches=7", "evaluation.searches"),
    ],
)
def test_what_changes_the_cases_is_refused(tmp_path: Path, setting: str, says: str) -> None:
    (tmp_path / "tiny.yaml").write_text(RECIPE.format(output=tmp_path / "runs"))
    full, changed = (Run(load_config(tmp_path / "tiny.yaml", some)) for some in ([], [setting, "name=other"]))
    _same_cases(full, full)
    with pytest.raises(InvalidRequestError, match=f"other changes {says}: "):
        _same_cases(full, changed)
    if says == "data":
        _same_cases(full, changed, other_world=True)


def test_quality_is_a_share_of_what_could_be_known() -> None:
    report = Report.load(STARTER)
    shares = [report.find("NEO", "recommend", group).share_of_oracle["HR@10"] for group in report.groups("recommend")]
    alone = report.model_copy(update={"methods": ("NEO", "oracle")})
    assert quality(alone) == pytest.approx(sum(shares) / 3)
    hits = [report.value("NEO", "recommend", group, "HR@10") for group in report.groups("recommend")]
    assert quality(report.model_copy(update={"methods": ("NEO",)})) == pytest.approx(sum(hits) / 3)
