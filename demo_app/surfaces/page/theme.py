"""The page's looks: a theme on system fonts, and the styles of what the shell adds."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

ACCENT = gr.themes.Color(
    name="ember",
    c50="#fff4f0",
    c100="#ffe4da",
    c200="#ffc9b7",
    c300="#ffa587",
    c400="#fb7a52",
    c500="#ee4c2c",
    c600="#d23a1c",
    c700="#ad2d15",
    c800="#8a2816",
    c900="#6f2416",
    c950="#3d0f07",
)
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", "Menlo", "monospace")


def theme() -> gr.themes.Base:
    """The theme; no font or style is fetched from anywhere."""
    return gr.themes.Base(
        primary_hue=ACCENT,
        neutral_hue=gr.themes.colors.slate,
        font=SANS,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_md,
    ).set(
        color_accent="*primary_600",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_500",
        block_info_text_color_dark="*neutral_400",
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_shadow="0 1px 2px rgb(15 23 42 / 0.06)",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
    )


def css_path() -> Path:
    """The style sheet of the shell."""
    return Path(__file__).with_name("page.css")


def script() -> str:
    """The shell's script, for the head of the page."""
    return f"<script>{Path(__file__).with_name('page.js').read_text('utf-8')}</script>"
