"""Labels: the panel beside the pictures, and the queues that bring the next case."""

from navconsole.review import queue_views
from navconsole.review.views import blueprint

__all__ = ["blueprint", "queue_views"]
