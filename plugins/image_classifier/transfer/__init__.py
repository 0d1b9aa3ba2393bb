"""Heads and backbones: replaced, frozen, told apart, put together again."""
