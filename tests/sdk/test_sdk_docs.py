"""Every Python block of docs/sdk.md runs, one after the other, as a reader would run them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import httpx
import pytest
from small_server import SmallServer

from neo_sdk import Neo

TEXT = (Path(__file__).parents[2] / "docs" / "sdk.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
IN_THE_TINY_WORLD = {"listener-000042": "l3", "show-00007": "s-7"}  # what the quickstart calls its own


def test_the_examples_run(
    tiny_bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs" / "quickstart").mkdir(parents=True)
    (tmp_path / "runs" / "quickstart" / "bundle").symlink_to(tiny_bundle_folder)
    monkeypatch.chdir(tmp_path)
    server = SmallServer(Neo.load(tiny_bundle_folder, device="cpu"))
    transport = httpx.MockTransport(server)
    monkeypatch.setattr("neo_sdk.client.httpx.Client", partial(httpx.Client, transport=transport))
    monkeypatch.setattr("neo_sdk.client.httpx.AsyncClient", partial(httpx.AsyncClient, transport=transport))
    names: dict[str, object] = {}
    for block in BLOCKS:
        for of_the_docs, here in IN_THE_TINY_WORLD.items():
            block = block.replace(of_the_docs, here)
        exec(compile(block, "docs/sdk.md", "exec"), names)
    printed = capsys.readouterr().out
    assert len(BLOCKS) == 10
    assert "no listener has the id 'nobody'" in printed
    assert {request.url.path for request in server.requests} == {
        "/v1/recommend", "/v1/search", "/v1/chat/completions", "/v1/events",
    }  # fmt: skip


def test_the_table_names_every_verb() -> None:
    rows = re.findall(r"^\| `(\w+)\(", TEXT, re.MULTILINE)
    assert sorted(rows) == ["chat", "explain", "recommend", "search", "similar", "understand"]
