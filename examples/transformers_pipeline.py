"""A pipeline of Hugging Face's transformers (pip install transformers), as it comes."""

import os

from demo_app import ClassLabels, TextInput, from_module

NAME = os.environ.get("SENTIMENT", "distilbert/distilbert-base-uncased-finetuned-sst-2-english")


def pipeline():
    """The pipeline; a name is downloaded when the model is first used, a folder is read."""
    import transformers

    return transformers.pipeline("text-classification", model=NAME, top_k=None)


plugin = from_module(
    pipeline,
    title="Sentiment",
    summary="Says whether a sentence is meant well.",
    source=f"transformers: {os.path.basename(NAME)}",
    inputs=TextInput(max_length=500),
    outputs=ClassLabels(),
)
