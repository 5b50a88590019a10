"""docs/your-catalog.md, run as it stands: from files that nobody described to a bundle that answers, in small."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from neo.catalog.fetch import Fetcher
from neo.cli import _parser, main
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "your-catalog.md").read_text(encoding="utf-8")
SMALL = """
sids.levels=2 sids.codes=32 sids.dim=16 listener.dim=8 listener.item_dim=8 listener.moments=200 listener.epochs=1
base.scratch.vocabulary=400 base.scratch.hidden=16 base.scratch.layers=1 base.scratch.heads=2 base.scratch.kv_heads=1
base.scratch.head_dim=8 base.scratch.feed_forward=24 language.rows=20 instruction.recommend=20
instruction.recommend_short=8 instruction.histories=40 instruction.lookup=20 instruction.verbalize=4
instruction.explain=4 instruction.understand=4 instruction.recommend_mixed=4 instruction.chat=4 evaluation.cases=10
"""
FEED = """<rss version="2.0"><channel><title>Salt</title><link>https://salt.example</link>
<item><guid>1</guid><title>On salt</title></item></channel></rss>"""


def commands() -> list[list[str]]:
    """Every `neo` command of the page's shell blocks, in order."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.startswith("neo ")]


def run(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """A command of the page; what it prints goes where `>` says."""
    _, *arguments = command
    to = Path(arguments[-1]) if ">" in arguments else None
    arguments = arguments[: arguments.index(">")] if to else arguments
    if any(name in arguments for name in ("validate", "run")):
        arguments = [*arguments, *SMALL.split()]
    capsys.readouterr()
    assert main(arguments) == 0, capsys.readouterr().err
    printed = capsys.readouterr().out
    if to:
        to.write_text(printed, encoding="utf-8")
    return printed


def test_the_page_in_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks")])
    from odd_catalog import write

    monkeypatch.chdir(tmp_path)
    write(tmp_path, items=150, listeners=90)
    new = {"id": "79999", "type": "course", "title": "Salt for beginners", "description": "All about salt."}
    (tmp_path / "new-items.jsonl").write_text(json.dumps(new) + "\n")
    (tmp_path / "feeds.opml").write_text('<opml><body><outline xmlUrl="https://salt.example/f"/></body></opml>')
    monkeypatch.setattr(Fetcher, "fetch", lambda self, url: FEED.encode())
    told = commands()
    verbs = [" ".join(words for words in command[1:3] if words.isalpha()) for command in told]
    assert verbs[:4] == ["catalog map", "recipes validate", "run", "serve"]  # four commands
    bundle = Path("runs/my-catalog/bundle")
    for command in told:
        if command[1] == "serve":  # what it serves is asked here; tests/serving starts servers
            assert _parser().parse_args(command[1:]).bundle == bundle
            answer = NeoModel.load(bundle).recommend(listener="1000", k=3)
            assert len(answer.items) == 3 and {item.type for item in answer.items} == {"course"}
        else:
            printed = run(command, capsys)
            assert command[1:3] != ["recipes", "validate"] or "Ready: neo run custom-catalog" in printed
    updated = Bundle.load(bundle)
    assert updated.catalog.row("79999") == 150 and len(updated.index) == 150  # one came, one went
    found = NeoModel(updated).recommend(listener="1000", k=100, beams=128).items
    assert "70012" not in [item.id for item in found]
    assert [json.loads(line)["title"] for line in Path("items.jsonl").read_text().splitlines()] == ["Salt", "On salt"]
    assert "150 courses" in Path("published/my-catalog/README.md").read_text()


def test_the_sentences_of_the_table_are_what_the_code_says() -> None:
    """Most of their runs of three words stand in the source: what is between them are numbers and names."""
    source = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "neo").rglob("*.py"))
    said = " ".join(re.findall(r"[a-z]+", re.sub(r'"\s*\n\s*f?"', "", source).lower()))
    rows = re.findall(r"^\| [a-z][^|]*\| `([^`]*)` \|$", PAGE, re.MULTILINE)
    assert len(rows) == 9
    for row in rows:
        words = re.findall(r"[a-z]+", row.lower())
        runs = [" ".join(words[at : at + 3]) for at in range(len(words) - 2)]
        assert sum(run in said for run in runs) >= 0.2 * len(runs), row
