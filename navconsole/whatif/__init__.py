"""What the answer would be with other limits, another text or another reader. Nothing is stored, nothing is pressed."""

from navconsole.whatif.views import blueprint

__all__ = ["blueprint"]
