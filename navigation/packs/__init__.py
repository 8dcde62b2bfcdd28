"""Fixture packs: cases as files, checked before they are believed, masked before they leave, run as tests.

Nothing here needs a database or Flask. `navigation.packs.plugin` is what pytest loads.
"""
