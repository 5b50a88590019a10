"""`neo demo`: the app of a bundle, for this machine."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware

from neo.model.bundle import Bundle
from neo_demo.headers import OnlyFromHere
from neo_sdk.errors import BundleError

if TYPE_CHECKING:
    from neo_demo.studio import Studio

AT_ONCE = 16  # visitors who are answered at once; the model answers them together
WAITING = 64
MOST_BYTES = "50mb"  # of a file that is dropped


def run(folder: Path, port: int, browser: bool) -> None:
    """Serves until it is interrupted. BundleError where there is no bundle."""
    if not folder.exists():
        raise BundleError(f"{folder} is missing: `make quickstart` makes it, in minutes. Or name another bundle.")
    bundle = Bundle.load(folder)
    blocks, studio = launched(bundle, port, inbrowser=browser, quiet=True)
    threading.Thread(target=_get_ready, args=(studio,), daemon=True).start()
    print(f"NEO's demo: {blocks.local_url} (for this machine only; Ctrl-C ends it)", flush=True)
    try:
        blocks.block_thread()
    finally:
        studio.close()


def _get_ready(studio: Studio) -> None:
    """What takes seconds is done before anybody asks: readers are made for the first chat, and maps are drawn."""
    studio.model.prepare_chat("Hello, two of them")
    for name in studio.bundle.sids.table.type_names:
        studio.plane(name)


def launched(bundle: Bundle, port: int | None, **options: Any) -> tuple[Any, Studio]:
    """The app, which answers from now on, and its studio. port: None for any free one."""
    offline()
    from neo_demo.app import look, make_app
    from neo_demo.studio import Studio

    studio = Studio(bundle)
    blocks = make_app(studio)
    blocks.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)
    blocks.launch(
        server_name="127.0.0.1", server_port=port, share=False, ssr_mode=False, enable_monitoring=False,
        max_file_size=MOST_BYTES, prevent_thread_lock=True,
        app_kwargs={"docs_url": None, "redoc_url": None, "middleware": [Middleware(OnlyFromHere)]}, **look(), **options,
    )  # fmt: skip
    return blocks, studio


def offline() -> None:
    """Gradio asks nobody about anything. Set before it is imported."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_SHARE"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
