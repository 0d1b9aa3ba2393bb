"""Readers of public data sets for ``demo_train`` and ``demo_evaluate``, whatever plugin needs them.

Each reads the folder that ``--data`` names, or downloads from the source if none is named.
"""
