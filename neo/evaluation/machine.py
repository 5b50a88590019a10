"""Which machine and which versions a number came from."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from neo.catalog.strict import Strict

PACKAGES = (
    "numpy",
    "scipy",
    "torch",
    "transformers",
    "trl",
    "peft",
    "scikit-learn",
    "faiss-cpu",
    "bm25s",
    "pyarrow",
)


class Machine(Strict):
    processor: str
    cores: int
    memory_gb: float
    gpu: str | None
    versions: dict[str, str]


def this_machine() -> Machine:
    """The machine that runs this, as far as it tells; cores are those that this process may use."""
    return Machine(
        processor=_field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1,
        memory_gb=_memory_gb(),
        gpu=_gpu(),
        versions={"python": platform.python_version(), **_versions()},
    )


def peak_gb() -> float | None:
    """The most memory that this process has had, in GB; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    kilobytes = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * kilobytes / 1e9, 2)


def _memory_gb() -> float:
    words = (_field("/proc/meminfo", "MemTotal") or "0 kB").split()
    return round(int(words[0]) / 2**20, 1)


def _gpu() -> str | None:
    """Asks torch only where something else has loaded it: baselines alone need no torch."""
    torch = sys.modules.get("torch")
    return torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else None


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _field(path: str, name: str) -> str | None:
    """The first `name: value` line of a file under /proc, None where there is no such file or line."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    values = [line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name]
    return values[0] if values else None
