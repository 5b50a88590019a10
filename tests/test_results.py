"""RESULTS.md is what the JSON says, and the README's tables are taken from it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_results_are_generated_from_their_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
    from results import results

    assert (ROOT / "RESULTS.md").read_text(encoding="utf-8") == results(), "run `python benchmarks/results.py`"


def test_every_row_of_figures_in_the_readme_stands_in_the_results() -> None:
    lines = set((ROOT / "RESULTS.md").read_text(encoding="utf-8").splitlines())
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in readme if line.startswith("|") and re.search(r"\d\.\d{3}|\d%", line)]
    assert len(rows) >= 10
    assert [row for row in rows if row not in lines] == []
