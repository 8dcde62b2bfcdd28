"""The demonstration: a small hospital of our own, and a walk of the agent through it. Everyone in it is invented."""
