"""Checkpoint files by their header, and how their names fit a model."""
