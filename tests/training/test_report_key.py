from __future__ import annotations

from pathlib import Path

from neo.training.config import load_config
from neo.training.run import Run

RECIPE = """
name: judged
data: {world: {}}
evaluation:
  texts: 10
  judge: {base_url: "http://localhost:1/v1", model: m, labels: labels.jsonl}
"""


def test_a_report_is_made_again_when_the_judges_labels_have_changed(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    keys = []
    for labels in ("one", "another"):
        (tmp_path / "labels.jsonl").write_text(labels)
        keys += [Run(load_config(tmp_path / "recipe.yaml"), print).report_key for _ in range(2)]
    assert keys[0] == keys[1] != keys[2] == keys[3]
