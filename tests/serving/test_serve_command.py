"""`neo serve` as a process: it starts safely, loads, reads its bundle again on SIGHUP, drains on SIGTERM."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from running_server import PATIENCE, frames, until

from neo.cli import main


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def serving(bundle: Path, *options: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    port = free_port()
    command = [sys.executable, "-m", "neo.cli", "serve", str(bundle), "--port", str(port), *options]
    log = bundle.with_name(f"{bundle.name}.log")  # a pipe that nobody empties would stop it after some 700 lines
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stderr=errors, text=True, env={**os.environ, **env})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as http:
            yield process, http
    finally:
        process.kill()
        process.wait()


def status(http: httpx.Client) -> str | None:
    try:
        found: str = http.get("/health").json()["status"]
        return found
    except httpx.ConnectError:
        return None


def test_a_servers_life(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "bundle"
    link.symlink_to(tiny_bundle_folder)
    key = "a-key-of-some-length"
    with serving(link, "--max-tokens", "400", NEO_API_KEY=key) as (process, http):
        until(lambda: status(http) is not None)
        early = http.post("/v1/recommend", json={}, headers={"authorization": f"Bearer {key}"})
        assert early.status_code in (200, 503) and (early.status_code == 200 or "retry-after" in early.headers)
        until(lambda: status(http) == "ok")
        assert http.post("/v1/recommend", json={}).status_code == 401
        http.headers["authorization"] = f"Bearer {key}"
        assert http.post("/v1/events", json={"listener": "l1", "events": [{"item": "s-1"}]}).status_code == 200
        assert (tmp_path / "bundle.events.sqlite").is_file()  # beside the link, not in the bundle

        process.send_signal(signal.SIGHUP)
        until(lambda: 'neo_reloads_total{result="loaded"} 2.0' in http.get("/metrics").text)

        texts: list[str] = []

        def ask() -> None:
            asked = {"listener": "l3", "max_tokens": 400, "stream": True}
            with http.stream("POST", "/v1/understand", json=asked) as response:
                for line in response.iter_lines():
                    texts.append(line)

        asking = threading.Thread(target=ask)
        asking.start()
        until(lambda: len(texts) > 2)
        process.send_signal(signal.SIGTERM)
        asking.join()
        assert frames("\n".join(texts) + "\n")[-1][0] == "done"  # what had begun was answered
        process.wait(PATIENCE)
        log = link.with_name("bundle.log").read_text(encoding="utf-8")
        assert process.returncode == 0 and "good bye" in log
        assert status(http) is None
        assert key not in log and "Traceback" not in log
        assert all(re.match(r"\d{4}-\d\d-\d\d .* (INFO|WARNING) ", line) for line in log.splitlines())


def test_a_bundle_that_cannot_be_used_ends_it_with_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path / "nothing", "--store", f"sqlite:{tmp_path / 's.sqlite'}") as (process, _):
        process.wait(PATIENCE)
        last = (tmp_path / "nothing.log").read_text(encoding="utf-8").splitlines()[-1]
        assert process.returncode == 1
        assert last.startswith("neo: ") and "nothing is no bundle: it has no manifest.json" in last


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--host", "0.0.0.0"], "put a key into NEO_API_KEY, listen on 127.0.0.1, or pass --insecure"),
        (["--host", "0.0.0.0", "--key-env", "OTHER"], "put a key into OTHER"),
        (["--max-k", "0"], "The limit k is 0"),
        (["--timeout", "nan"], "The limit timeout is nan"),
        (["--timeout", "inf"], "The limit timeout is inf"),
        (["--port", "99999"], "port is 99999"),
        (["--threads", "-1"], "--threads is -1, expected 1 or more"),
        (["--store", "redis://x"], "store begins with 'redis'"),
        (["--engine", "vllm", "--vllm", "a=[1"], "--vllm got 'a=[1', whose value is no YAML"),
    ],
)
def test_what_is_not_safe_does_not_start(
    tmp_path: Path, options: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEO_API_KEY", raising=False)
    assert main(["serve", str(tmp_path / "bundle"), *options]) == 1
    assert says in capsys.readouterr().err


def test_the_command_line_knows_nothing_of_servers_until_it_serves() -> None:
    heavy = {"torch", "starlette", "uvicorn", "pydantic"}
    code = f"import sys, neo.cli; neo.cli._parser(); print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_path_that_leads_to_no_bundle_leaves_no_store_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(tmp_path / "nothing")]) == 1
    assert "nothing is no bundle: it has no manifest.json" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
