"""Any OpenAI-compatible endpoint: a hosted model, or a server of one's own, asked many things at once.

Answers are kept on disk as they come, keyed by the request: a run that was cut off resumes without paying twice.
Needs the package `openai`, which is imported on first use.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_validator
from tqdm import tqdm

from neo.catalog.strict import Strict
from neo.language.answer_cache import AnswerCache, request_key
from neo_sdk.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    import openai

T = TypeVar("T")
Message = dict[str, str]
Complete = Callable[[list[Message]], str]  # a conversation to the text that follows it
_KEPT = "What was answered is kept: run again to go on."


class Malformed(ValueError):
    """An answer that cannot be used; the message says why."""


class EndpointConfig(Strict):
    """Where an endpoint is and how it is asked."""

    base_url: str = Field(description="for instance https://api.openai.com/v1 or http://127.0.0.1:8000/v1")
    model: str = Field(min_length=1)
    api_key_env: str | None = Field("OPENAI_API_KEY", description="variable with the key; null: no key")
    concurrency: int = Field(8, ge=1, le=256)
    timeout: float = Field(60.0, gt=0, description="seconds a request")
    max_retries: int = Field(5, ge=0, le=20, description="of a request: on 429, 5xx and lost connections")
    tries: int = Field(2, ge=1, le=5, description="answers asked for before one that cannot be used is given up")
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


class Endpoint:
    """Completes conversations. `paid` and `cached` count where the answers came from."""

    def __init__(self, config: EndpointConfig, cache: Path, role: str) -> None:
        """`cache`: a JSONL file; `role`: what errors call it, "teacher" for instance.

        ConfigError where package or key is missing, TrainingError for the file.
        """
        self.config, self.role = config, role
        self.paid = self.cached = 0
        self._lock = threading.Lock()
        self._key = self._api_key()
        self._openai()
        self._cache = AnswerCache(cache)

    def each(self, keys: Sequence[Hashable], work: Callable[[Complete, int], T]) -> list[T]:
        """What `work` makes of every place from 0 to len(keys) - 1, as many at once as the configuration allows.

        Places with equal keys go to one worker, one after the other: the first pays for all. TrainingError where
        the endpoint refuses or is not there; what was answered is kept.
        """
        found: dict[int, T] = {}
        config = self.config
        pool = ThreadPoolExecutor(config.concurrency, thread_name_prefix=self.role)
        client = self._openai().OpenAI(
            api_key=self._key,
            base_url=config.base_url,
            timeout=config.timeout,
            max_retries=config.max_retries,
        )

        def complete(conversation: list[Message]) -> str:
            return self._complete(client, conversation)

        def run(places: list[int]) -> list[int]:
            for place in places:
                found[place] = work(complete, place)
            return places

        try:
            jobs = [pool.submit(run, places) for places in _equal(keys)]
            with tqdm(total=len(keys), desc=self.role, unit="answer", disable=None) as bar:
                for job in as_completed(jobs):
                    bar.update(len(job.result()))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)  # what is on its way is paid for: let it be kept
            client.close()
        return [found[place] for place in range(len(keys))]

    def usable(self, complete: Complete, conversation: list[Message], read: Callable[[str], T]) -> T:
        """What `read` makes of the answer. Where it raises Malformed, the endpoint is told why and asked again.

        Raises the last Malformed after as many tries as the configuration allows.
        """
        tries = self.config.tries
        while True:
            text = complete(conversation)
            try:
                return read(text)
            except Malformed as problem:
                tries -= 1
                if not tries:
                    raise
                conversation = follow_up(conversation, text, problem)

    def _complete(self, client: openai.OpenAI, conversation: list[Message]) -> str:
        """The endpoint's text, from the cache where it was paid for before; '' where there is none."""
        request = _request(self.config, conversation)
        key = request_key({"base_url": self.config.base_url, **request})
        text = self._cache.get(key)
        if text is not None:
            with self._lock:
                self.cached += 1
            return text
        text = self._post(client, request)
        self._cache.put(key, text)
        with self._lock:
            self.paid += 1
        return text

    def _post(self, client: openai.OpenAI, request: dict[str, Any]) -> str:
        """The text of one completion. The client's own retries stand behind it."""
        errors = self._openai()
        try:
            choice = client.chat.completions.create(**request).choices[0]
            text = choice.message.content or ""
            cut_off = choice.finish_reason == "length"
        except (errors.APIStatusError, errors.APIConnectionError) as error:
            raise TrainingError(self._failure(error)) from error
        except (AttributeError, IndexError, TypeError, ValueError, errors.APIResponseValidationError) as error:
            raise TrainingError(
                f"{self._where()} answered with something that is no chat completion: check base_url. {_KEPT}"
            ) from error
        if cut_off:
            return ""  # half an answer is none
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # lone surrogates are no text

    def _failure(self, error: Exception) -> str:
        config, errors = self.config, self._openai()
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
        return f"{self._where()} {what} {_KEPT}"

    def _where(self) -> str:
        return f"The {self.role} {self.config.model!r} at {self.config.base_url}"

    def _api_key(self) -> str:
        variable = self.config.api_key_env
        if variable is None:
            return "none"
        key = os.environ.get(variable)
        if not key:
            raise ConfigError(
                f"The {self.role} at {self.config.base_url} needs a key: set the environment variable "
                f"{variable}, or api_key_env to null where the endpoint asks for none."
            )
        return key

    def _openai(self) -> Any:
        try:
            import openai
        except ImportError:
            raise ConfigError(
                f"An endpoint as {self.role} needs the package openai: install it, or leave the {self.role} out."
            ) from None
        return openai


def follow_up(asked: Sequence[Message], answer: str, problem: Malformed) -> list[Message]:
    """The conversation that asks again, with what was wrong."""
    return [
        *asked,
        {"role": "assistant", "content": answer or "(nothing)"},
        {"role": "user", "content": f"That cannot be used: {problem}. Write the answer again, nothing else."},
    ]


def _equal(keys: Sequence[Hashable]) -> list[list[int]]:
    """The places of each key, in order of first appearance."""
    groups: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault(key, []).append(place)
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
