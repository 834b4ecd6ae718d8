"""Stages to be exported, and how they go together."""
