"""Laid-out pages taken apart, and files put together from their parts: what stamping and the galley have in common."""
