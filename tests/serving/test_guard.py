"""Who may ask, what a body may be, and what is written of it."""

from __future__ import annotations

import asyncio
import logging
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import PATIENCE, Running, running
from starlette.requests import Request

from neo.serving.body import _bytes
from neo.serving.logs import OneLine, log_failure, one_line
from neo.serving.problems import Refusal
from neo.serving.settings import Limits, Settings, guarded
from neo_sdk.errors import ConfigError, NeoError

KEY, OTHER = "k" * 15 + "1", "an-older-key-that-still-counts"


@pytest.fixture(scope="module")
def keyed(tiny_bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = Settings(Limits(body=10_000), keys=(KEY, OTHER), hosts=())
    with running(tiny_bundle_folder, tmp_path_factory.mktemp("store") / "events.sqlite", settings) as found:
        yield found


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer " + KEY[:-1]},
        {"authorization": "Bearer " + KEY + "x"},
        {"authorization": "Basic " + KEY},
        {"authorization": KEY},
        {"authorization": b"Bearer \xff\xfe"},
        [("authorization", "Bearer " + KEY), ("authorization", "Bearer x")],
        {"x-api-key": KEY},
    ],
)
def test_nothing_but_health_without_the_key(keyed: Running, headers: object) -> None:
    for path in ("/v1/models", "/metrics", "/docs", "/openapi.json", "/nothing", "/v1/items/s-1", "/healthz"):
        refused = keyed.http.get(path, headers=headers)  # type: ignore[arg-type]
        assert refused.status_code == 401
        assert refused.json()["error"]["type"] == "authentication_error"
        assert refused.headers["www-authenticate"] == "Bearer" and refused.headers["x-request-id"]
        assert KEY not in refused.text
    assert keyed.http.post("/v1/recommend", content=b"x" * 50_000, headers=headers).status_code == 401  # type: ignore[arg-type]
    assert keyed.http.get("/health", headers=headers).status_code == 200  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_each_key_opens_everything(keyed: Running, key: str) -> None:
    headers = {"authorization": f"bearer {key}"}
    for path in ("/v1/models", "/metrics", "/docs", "/openapi.json", "/v1/items/s-1"):
        assert keyed.http.get(path, headers=headers).status_code == 200


def test_a_network_needs_a_key() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.7", "my-machine"):
        with pytest.raises(ConfigError, match=r"put a key into NEO_API_KEY, .* or pass --insecure"):
            guarded(host, "", "NEO_API_KEY", False, Limits(), False)
        assert guarded(host, KEY, "NEO_API_KEY", False, Limits(), False).keys == (KEY,)
        assert guarded(host, "", "NEO_API_KEY", True, Limits(), False).hosts == ()
    for host, name in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("127.0.0.5", "127.0.0.5"), ("localhost",) * 2):
        assert name in guarded(host, " , ", "NEO_API_KEY", False, Limits(), False).hosts
    with pytest.raises(ConfigError, match=r"A key in K has 5 characters, .*token_urlsafe") as caught:
        guarded("0.0.0.0", f"{KEY},short", "K", False, Limits(), False)
    assert "short" not in str(caught.value) and KEY not in repr(guarded("::1", KEY, "K", False, Limits(), False))
    with pytest.raises(ConfigError, match="The limit k is 5000, expected a number above 0, at most 1,000"):
        Limits(k=5000)


def test_a_web_page_cannot_reach_it_under_a_name_of_its_own(served: Running) -> None:
    refused = served.http.get("/v1/models", headers={"host": "evil.example"})
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "permission_error")
    assert served.http.get("/v1/models", headers={"host": "localhost:9"}).status_code == 200
    headers = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    assert served.http.options("/v1/recommend", headers=headers).status_code == 405
    for answer in (served.http.get("/v1/models", headers=headers), served.post("/v1/recommend", {}, headers=headers)):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_body_is_counted_before_it_is_read(keyed: Running) -> None:
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}

    def chunks() -> Iterator[bytes]:
        yield b'{"query": "'
        for _ in range(300):
            yield b"x" * 1_000

    for content in (b'{"query": "' + b"x" * 300_000, chunks()):
        refused = keyed.http.post("/v1/search", content=content, headers=headers)
        assert (refused.status_code, refused.json()["error"]["type"]) == (413, "invalid_request_error")
        assert "more than 10,000 bytes" in refused.json()["error"]["message"]
    exact = b'{"query": "' + b"bread" + b'"}' + b" " * 9_982
    assert len(exact) == 10_000
    assert keyed.http.post("/v1/search", content=exact, headers=headers).status_code == 200
    assert keyed.http.post("/v1/search", content=exact + b" ", headers=headers).status_code == 413


def test_a_body_without_an_end_is_not_read_for_ever(keyed: Running) -> None:
    """The header promises little and the body goes on; the header promises much and little comes."""
    head = f"POST /v1/search HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", keyed.http.base_url.port), PATIENCE) as sock:  # type: ignore[arg-type]
        sock.sendall(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        answer = b""
        sock.settimeout(0.01)
        for _ in range(1_000):
            try:
                sock.sendall(chunk)
                answer = sock.recv(1_000)
            except TimeoutError:
                continue
            except OSError:
                break
            if answer:
                break
        assert answer.startswith(b"HTTP/1.1 413")


def test_of_a_body_that_is_too_large_no_more_is_kept_than_may_come() -> None:
    """It is read for 8 MB more, so that who sends it hears why."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": bytes(100_000), "more_body": True}

    tracemalloc.start()
    try:
        with pytest.raises(Refusal, match="more than 1,000,000 bytes"):
            asyncio.run(_bytes(Request({"type": "http"}, receive), 1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("given", ["a" * 129, "a b", "a\tb", "", "ü", "<x>"])
def test_an_id_that_cannot_be_used_is_replaced(served: Running, given: str) -> None:
    got = served.http.get("/health", headers={"x-request-id": given.encode("utf-8")}).headers["x-request-id"]
    assert got != given and len(got) == 32 and got.isalnum()
    assert served.http.get("/health", headers={"x-request-id": "a" * 128}).headers["x-request-id"] == "a" * 128


def test_a_log_line_stays_a_line() -> None:
    evil = "a\nb\r\n\x1b[2Jc\u2028d\u0085e\u202ef\ud800g\0"
    assert one_line(evil).isprintable() and one_line("Grün 日本 🎧") == "Grün 日本 🎧"
    record = logging.LogRecord("neo", logging.ERROR, "file.py", 1, "said %s", (evil,), None)
    assert OneLine().format(record).isprintable()
    try:
        raise RuntimeError("the prompt of somebody")
    except RuntimeError as error:
        record = logging.LogRecord("neo", logging.ERROR, "", 1, "failed", (), (type(error), error, error.__traceback__))
    line = OneLine().format(record)
    assert "RuntimeError at " in line and "test_guard.py" in line and "prompt of somebody" not in line
    assert "\n" not in line


def test_of_a_failure_only_neos_own_words_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    log_failure("r-1 failed", NeoError("The model's logits are not numbers"))
    log_failure("r-2 failed", RuntimeError("the prompt of somebody"))
    own, other = (OneLine().format(record) for record in caplog.records)
    assert "r-1 failed: The model's logits are not numbers" in own
    assert "r-2 failed RuntimeError at" in other.replace("\\n", " ") and "somebody" not in other


def test_what_is_asked_is_logged_only_where_that_is_wanted(
    tiny_bundle_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for wanted in (False, True):
        caplog.clear()
        with (
            caplog.at_level(logging.INFO),
            running(tiny_bundle_folder, tmp_path / "s.sqlite", Settings(log_prompts=wanted)) as served,
        ):
            said = "a strange\nwish"
            assert served.post("/v1/search", {"query": said}, headers={"x-request-id": "r-1"}).status_code == 200
            assert served.post("/v1/search", {"query": said, "k": 0}).status_code == 400
            assert served.post("/v1/explain", {"item": said}).status_code == 404
            assert served.http.get(f"/{said.encode().hex()}").status_code == 404
        lines = [OneLine().format(record) for record in caplog.records]
        assert any("r-1 POST /v1/search 200" in line for line in lines)
        assert any("GET other 404" in line for line in lines)
        assert any("strange" in line for line in lines) is wanted
        assert all("\n" not in line for line in lines)
