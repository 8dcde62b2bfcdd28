"""Stored attempts decided once more, without the network: what the engine says of them now."""
