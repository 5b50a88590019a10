"""What a server is told when it starts, and what it lets a single request cost."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from neo_sdk.errors import ConfigError
from neo_sdk.limits import MAX_BEAMS, MAX_CHOICES, MAX_K, MAX_MESSAGE, MAX_MESSAGES, MAX_TOKENS

LONGEST_TIMEOUT = 86_400  # seconds
SHORTEST_KEY = 16  # characters: what is shorter can be guessed


@dataclass(frozen=True)
class Limits:
    """What a single request may ask for. body: bytes; message_chars: characters of one message; timeout: seconds.

    queue: how many requests may wait; batch: how many are answered together; requests: how many are there at all, with
    their bodies in memory.
    """

    body: int = 1 << 20
    messages: int = 256
    message_chars: int = 32_000
    k: int = 100
    n: int = 4
    beams: int = 128
    tokens: int = 1_024
    queue: int = 64
    batch: int = 16
    requests: int = 256
    timeout: float = 120.0

    def __post_init__(self) -> None:
        most = {
            "messages": MAX_MESSAGES,
            "message_chars": MAX_MESSAGE,
            "k": MAX_K,
            "n": MAX_CHOICES,
            "beams": MAX_BEAMS,
            "tokens": MAX_TOKENS,
            "timeout": LONGEST_TIMEOUT,
        }
        for name in ("body", "queue", "batch", "requests", *most):
            value = getattr(self, name)
            if not 0 < value <= most.get(name, value):
                expected = f"above 0, at most {most[name]:,}" if name in most else "above 0"
                raise ConfigError(f"The limit {name} is {value}, expected a number {expected}: pass one of these.")


@dataclass(frozen=True)
class Settings:
    """How a server is reached and guarded. keys: whoever sends one may ask; none: whoever reaches it may.

    hosts: the names that it answers to where it has no key, so that no web page can reach it under a name of its own.
    """

    limits: Limits = field(default_factory=Limits)
    keys: tuple[str, ...] = field(default=(), repr=False)
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    log_prompts: bool = False


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def guarded(host: str, keys: str, key_env: str, insecure: bool, limits: Limits, log_prompts: bool) -> Settings:
    """The settings of a server that listens on `host`. keys: one or more, with commas between.

    ConfigError where anybody on the network could ask, unless `insecure` says that this is meant.
    """
    given = tuple(key.strip() for key in keys.split(",") if key.strip())
    for key in given:
        if len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable():
            raise ConfigError(
                f"A key in {key_env} has {len(key)} characters, expected at least {SHORTEST_KEY} of printable ASCII: "
                f'make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"`.'
            )
    if not given and not is_loopback(host) and not insecure:
        raise ConfigError(
            f"host is {host} and {key_env} holds no key, so anybody who reaches this machine could ask: put a key into "
            f"{key_env}, listen on 127.0.0.1, or pass --insecure if a proxy before it checks who asks."
        )
    named = f"[{host}]" if ":" in host else host
    hosts = tuple(dict.fromkeys((*Settings.hosts, named))) if is_loopback(host) and not given else ()
    return Settings(limits, given, hosts, log_prompts)
