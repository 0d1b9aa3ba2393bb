"""A safe, small interpreter for what a visitor types: PyTorch's layers, containers and classes.

``program.run`` is the way in. A program is parsed (``parsing``), checked against the language
(``grammar``), and walked (``statements``, ``expressions``); nothing is compiled or executed by
Python, and no attribute is read that is not in one of the tables.
"""
