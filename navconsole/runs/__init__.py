"""A run as a film: what the robot saw and did, at its own pace."""

from navconsole.runs.views import blueprint

__all__ = ["blueprint"]
