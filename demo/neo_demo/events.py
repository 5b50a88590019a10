"""How a click in a picture reaches Python: one listener a picture, and what it may say, checked."""

from __future__ import annotations

from typing import Any

import gradio as gr

from neo_demo.studio import Studio
from neo_sdk.types import Item

# Buttons carry what they do as data; a picture that is drawn again needs no new listeners.
ACTS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (!button || !element.contains(button)) return;
  trigger('act', {act: button.dataset.act, item: button.dataset.item || '', words: button.dataset.words || ''});
});
watch('value', () => window.neoDrawn && window.neoDrawn(element));
"""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}  # of an event: no spinner, no API
MOST_WORDS = 300
KNOWN = frozenset({"say", "more", "why", "aside", "heard", "mention"})


def act_of(studio: Studio, event: gr.EventData) -> tuple[str, str, Item | None]:
    """(what, words, item) of a click. What is unknown is nothing: a browser can send anything."""
    sent = event._data if isinstance(event._data, dict) else {}
    what, words = sent.get("act"), sent.get("words")
    words = words[:MOST_WORDS] if isinstance(words, str) else ""
    return (what if what in KNOWN else ""), words, studio.item(sent.get("item"))
