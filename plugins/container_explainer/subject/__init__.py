"""What is explained: a model by its name, or the code that was typed."""
