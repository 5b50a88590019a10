"""A teacher behind any OpenAI-compatible endpoint: a hosted model, or a server of one's own.

The same asks and answers as the built-in teacher's. Answers are kept on disk as they come, keyed by the
request: a run that was cut off resumes without paying twice. An answer that stays unusable is replaced by the
built-in teacher's, and counted. Needs the package `openai`, which is imported on first use.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from pydantic import Field, JsonValue, field_validator
from tqdm import tqdm

from neo.catalog.strict import Strict
from neo.language.segments import Segment
from neo.training.teacher import built_in
from neo.training.teacher.answer_cache import AnswerCache, request_key
from neo.training.teacher.ask import Ask, streams
from neo.training.teacher.messages import Malformed, Message, follow_up, messages, read
from neo_sdk.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    import openai

_KEPT = "What was answered is kept: run again to go on."
logger = logging.getLogger(__name__)


class EndpointConfig(Strict):
    """Where the teacher is and how it is asked."""

    base_url: str = Field(description="for instance https://api.openai.com/v1 or http://127.0.0.1:8000/v1")
    model: str = Field(min_length=1)
    api_key_env: str | None = Field("OPENAI_API_KEY", description="variable with the key; null: no key")
    concurrency: int = Field(8, ge=1, le=256)
    timeout: float = Field(60.0, gt=0, description="seconds a request")
    max_retries: int = Field(5, ge=0, le=20, description="of a request: on 429, 5xx and lost connections")
    tries: int = Field(2, ge=1, le=5, description="answers asked for before the built-in teacher steps in")
    max_words: int = Field(60, ge=10, le=400)
    temperature: float | None = Field(0.7, ge=0, le=2, description="null: the endpoint's default")
    max_tokens: int | None = Field(200, ge=16, description="null: not sent")
    extra_body: dict[str, JsonValue] = Field(default_factory=dict, description="further fields of the request")

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("expected a URL that begins with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("a key does not belong into the URL: name its variable in api_key_env")
        return value


class EndpointTeacher:
    """See `Teacher`. `paid`, `cached` and `replaced` count what came from where."""

    def __init__(self, config: EndpointConfig, cache: Path) -> None:
        """`cache`: a JSONL file. ConfigError where package or key is missing, TrainingError for the file."""
        self.config = config
        self.paid = self.cached = self.replaced = 0
        self._last_problem = ""
        self._lock = threading.Lock()
        self._key = _api_key(config)
        _openai()
        self._cache = AnswerCache(cache)

    def answers(self, asks: Sequence[Ask], rng: np.random.Generator) -> list[tuple[Segment, ...]]:
        """One answer an ask. TrainingError where the endpoint refuses or is not there; answers are kept."""
        work = list(zip(asks, streams(rng, len(asks)), strict=True))
        found: dict[int, tuple[Segment, ...]] = {}
        config = self.config
        pool = ThreadPoolExecutor(config.concurrency, thread_name_prefix="teacher")
        client = _openai().OpenAI(
            api_key=self._key,
            base_url=config.base_url,
            timeout=config.timeout,
            max_retries=config.max_retries,
        )

        def run(places: list[int]) -> list[int]:
            for place in places:
                found[place] = self._answer(client, *work[place])
            return places

        try:
            jobs = [pool.submit(run, places) for places in _equal_asks(asks)]
            with tqdm(total=len(asks), desc="teacher", unit="label", disable=None) as bar:
                for job in as_completed(jobs):
                    bar.update(len(job.result()))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)  # what is on its way is paid for: let it be kept
            client.close()
        if self.replaced:
            text = "%d labels of the teacher %s could not be used, the built-in one wrote them (the last: %s)"
            logger.warning(text, self.replaced, config.model, self._last_problem)
        return [found[place] for place in range(len(asks))]

    def _answer(self, client: openai.OpenAI, ask: Ask, rng: np.random.Generator) -> tuple[Segment, ...]:
        conversation, problem_text = messages(ask), ""
        for _ in range(self.config.tries):
            text = self._complete(client, conversation)
            try:
                return read(text, ask, self.config.max_words)
            except Malformed as problem:
                conversation, problem_text = follow_up(conversation, text, problem), str(problem)
        with self._lock:
            self.replaced, self._last_problem = self.replaced + 1, problem_text
        return built_in.answer(ask, rng)

    def _complete(self, client: openai.OpenAI, conversation: list[Message]) -> str:
        """The endpoint's text, from the cache where it was paid for before; '' where there is none."""
        request = _request(self.config, conversation)
        key = request_key({"base_url": self.config.base_url, **request})
        text = self._cache.get(key)
        if text is not None:
            with self._lock:
                self.cached += 1
            return text
        text = _post(client, request, self.config)
        self._cache.put(key, text)
        with self._lock:
            self.paid += 1
        return text


def _equal_asks(asks: Sequence[Ask]) -> list[list[int]]:
    """Places of asks that send the same request: one worker takes them in turn, so the first pays for all."""
    groups: dict[str, list[int]] = {}
    for place, ask in enumerate(asks):
        groups.setdefault(request_key({"messages": messages(ask)}), []).append(place)
    return list(groups.values())


def _request(config: EndpointConfig, conversation: list[Message]) -> dict[str, Any]:
    request: dict[str, Any] = {"model": config.model, "messages": conversation}
    if config.temperature is not None:
        request["temperature"] = config.temperature
    if config.max_tokens is not None:
        request["max_tokens"] = config.max_tokens
    if config.extra_body:
        request["extra_body"] = config.extra_body
    return request


def _post(client: openai.OpenAI, request: dict[str, Any], config: EndpointConfig) -> str:
    """The text of one completion. The client's own retries stand behind it."""
    errors = _openai()
    try:
        choice = client.chat.completions.create(**request).choices[0]
        text = choice.message.content or ""
        cut_off = choice.finish_reason == "length"
    except (errors.APIStatusError, errors.APIConnectionError) as error:
        raise TrainingError(_failure(error, config)) from error
    except (AttributeError, IndexError, TypeError, ValueError, errors.APIResponseValidationError) as error:
        raise TrainingError(
            f"{_where(config)} answered with something that is no chat completion: check base_url. {_KEPT}"
        ) from error
    if cut_off:
        return ""  # half a sentence is no label
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # lone surrogates are no text


def _failure(error: Exception, config: EndpointConfig) -> str:
    errors = _openai()
    match error:
        case errors.AuthenticationError() | errors.PermissionDeniedError():
            variable = config.api_key_env
            key = f"check the key in {variable}" if variable else "name the key's variable in api_key_env"
            what = f"refuses access ({error.status_code}): {key}."
        case errors.NotFoundError():
            what = "was not found (404): check the model's name and that base_url ends where /chat begins."
        case errors.RateLimitError():
            what = f"refuses (429) after {config.max_retries} retries: lower concurrency, check the quota."
        case errors.APITimeoutError():
            what = f"gave no answer within {config.timeout:g} s: raise timeout or lower concurrency."
        case errors.APIStatusError():
            what = f"answered {error.status_code}: {str(error)[:300]}"
        case _:
            what = f"cannot be reached: {error} Check base_url and that the server is up."
    return f"{_where(config)} {what} {_KEPT}"


def _where(config: EndpointConfig) -> str:
    return f"The teacher {config.model!r} at {config.base_url}"


def _api_key(config: EndpointConfig) -> str:
    if config.api_key_env is None:
        return "none"
    key = os.environ.get(config.api_key_env)
    if not key:
        raise ConfigError(
            f"The teacher at {config.base_url} needs a key: set the environment variable "
            f"{config.api_key_env}, or api_key_env to null where the endpoint asks for none."
        )
    return key


def _openai() -> Any:
    try:
        import openai
    except ImportError:
        raise ConfigError(
            "An endpoint as teacher needs the package openai: install it, or use the built-in teacher."
        ) from None
    return openai
