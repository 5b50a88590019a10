"""Colors and type for Gradio's own components; the rest is style.css. Fonts come with Gradio: nothing is fetched."""

from __future__ import annotations

from typing import Any

import gradio as gr

INK, PAPER, LINE = "#1c1b19", "#fbfaf7", "#e4e0d8"
DARK, DARKER, DARK_LINE = "#1d1c1a", "#141311", "#37342f"


def theme() -> gr.themes.Base:
    """Warm greys, one accent, and edges that are lines.

    Gradio's font files of the weights between 400 and 700 lack most letters.
    """
    found: Any = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"],
    )
    return found.set(
        body_background_fill=PAPER, body_background_fill_dark=DARKER,
        body_text_color=INK, body_text_color_dark="#ece9e3",
        body_text_color_subdued="#6a655d", body_text_color_subdued_dark="#a8a297",
        background_fill_primary="#ffffff", background_fill_primary_dark=DARK,
        background_fill_secondary="#f4f2ed", background_fill_secondary_dark="#242220",
        border_color_primary=LINE, border_color_primary_dark=DARK_LINE,
        block_background_fill="transparent", block_background_fill_dark="transparent",
        block_border_width="0px", block_shadow="none", block_padding="0px",
        block_label_background_fill="transparent", block_label_background_fill_dark="transparent",
        block_title_text_size="13px", block_title_text_weight="600",
        block_title_text_color="#6a655d", block_title_text_color_dark="#a8a297",
        input_background_fill="#ffffff", input_background_fill_dark=DARK,
        input_border_color=LINE, input_border_color_dark=DARK_LINE, input_border_width="1px",
        input_placeholder_color="#767067", input_placeholder_color_dark="#938d82",
        input_shadow="none", input_shadow_focus="0 0 0 3px var(--ring)",
        input_border_color_focus="var(--accent)", input_border_color_focus_dark="var(--accent)",
        button_primary_background_fill="var(--accent)", button_primary_background_fill_dark="var(--accent)",
        button_primary_background_fill_hover="var(--accent-strong)",
        button_primary_background_fill_hover_dark="var(--accent-strong)",
        button_primary_border_color="var(--accent)", button_primary_border_color_dark="var(--accent)",
        button_primary_border_color_hover="var(--accent-strong)",
        button_primary_border_color_hover_dark="var(--accent-strong)",
        button_primary_text_color="var(--on-accent)", button_primary_text_color_dark="var(--on-accent)",
        button_secondary_background_fill="#ffffff", button_secondary_background_fill_dark=DARK,
        button_secondary_border_color=LINE, button_secondary_border_color_dark=DARK_LINE,
        button_border_width="1px", button_primary_shadow="none", button_secondary_shadow="none",
        button_transform_hover="none", button_large_text_weight="600", button_small_text_weight="600",
        slider_color="var(--accent)", slider_color_dark="var(--accent)",
        checkbox_background_color_selected="var(--accent)", checkbox_background_color_selected_dark="var(--accent)",
        link_text_color="var(--accent)", link_text_color_dark="var(--accent)",
        layout_gap="20px", shadow_drop="none", shadow_drop_lg="none",
    )  # fmt: skip
