"""The steps of `scripts/setup.py`."""
