"""The figures known for two public sequence sets: the proof that item-CF is the one we mean."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("item_cf_check", ROOT / "benchmarks" / "item_cf_check.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["amazon-scientific", "amazon-beauty"])
def test_known_figures_are_met(name: str, check: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    folder = check.data_folder() / name
    if not folder.is_dir():
        reason = f"item-CF is NOT checked against the known figures of {name}: {folder} is missing, set NEO_DATA"
        with capsys.disabled():
            print(f"\nSKIPPED: {reason}")
        pytest.skip(reason)
    measured = check.measure(folder)
    for method in ("item-CF", "Markov"):
        recall, gain = check.KNOWN[name, method]
        assert measured[method]["R@10"] == pytest.approx(recall, abs=0.0005)
        assert measured[method]["N@10"] == pytest.approx(gain, abs=0.0005)
