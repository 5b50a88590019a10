"""Ray is an extra, and reports to nobody. Here it is a package of a few lines: what is done with a real one is in
sids/test_ray_sids.py and serving/test_ray_serve.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from neo.cli import main
from neo.ray_start import import_ray, ray_session
from neo_sdk.errors import ConfigError

FAKE = """
import os
reported = os.environ.get("RAY_USAGE_STATS_ENABLED")  # what it finds when it is first imported
began = []
def is_initialized(): return False
def init(*where, **how): began.append((where, how))
def shutdown(): began.append("ended")
"""
CONTEXT = """
class DataContext:
    enable_progress_bars = True
    @classmethod
    def get_current(cls): return cls
"""
RECIPE = """
name: tiny
output: {output}
data: {{world: {{listeners: 20, shows: 8, episodes: 40, audiobooks: 8}}}}
sids: {{levels: 2, codes: 32, dim: 8}}
base: {{scratch: {{vocabulary: 400, layers: 1, hidden: 16}}}}
"""


@pytest.fixture
def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "ray"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_ADDRESS"):
        monkeypatch.setenv(name, "")  # so that what is set here is gone afterwards
        monkeypatch.delenv(name)


@pytest.fixture
def fake_ray(without_ray: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "fake" / "ray"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(FAKE)
    (package / "data.py").write_text(CONTEXT)
    monkeypatch.syspath_prepend(package.parent)


def test_nobody_is_told_of_its_usage(fake_ray: None) -> None:
    assert import_ray("data").reported == "0" == os.environ["RAY_USAGE_STATS_ENABLED"]


def test_who_wants_to_report_may(fake_ray: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    assert import_ray("data").reported == "1"


def test_a_ray_of_ones_own_is_ended(fake_ray: None) -> None:
    with pytest.raises(KeyboardInterrupt), ray_session() as ray:
        raise KeyboardInterrupt
    ((where, how), ended) = ray.began
    assert where == ("local",) and how["include_dashboard"] is False and ended == "ended"


def test_a_cluster_is_joined_where_one_is_named(fake_ray: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    with ray_session() as ray:
        pass
    assert ray.began[0][0] == ("10.0.0.1:6379",) and "include_dashboard" not in ray.began[0][1]


def test_a_part_that_is_not_installed(fake_ray: None) -> None:
    with pytest.raises(ConfigError, match=r"ray\.serve.*pip install 'neo-catalog\[ray\]'"):
        import_ray("serve")


def test_without_ray_one_line_says_what_to_install(
    without_ray: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(RECIPE.format(output=tmp_path / "runs"))
    assert main(["sids", str(recipe), "--engine", "ray"]) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("neo: ")]
    assert "pip install 'neo-catalog[ray]'" in line
    assert not list((tmp_path / "runs").glob("tiny/*"))  # nothing was made that it cannot go on with


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--embedders", "2"], "pass --engine ray too"),
        (["--engine", "ray", "--picture", "x.png"], "--picture"),
        (["--engine", "ray", "--embedders", "0"], "--embedders is 0"),
        (["sids.vectors=both", "--engine", "ray"], "sids.vectors=content"),
    ],
)
def test_flags_that_do_not_go_together(
    tmp_path: Path, flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(RECIPE.format(output=tmp_path / "runs"))
    assert main(["sids", str(recipe), *flags]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "runs").exists()
