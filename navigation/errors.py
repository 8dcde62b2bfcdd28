"""What stops the work. A screen that does not verify or a target not found is a result, not an error.

    NavigationError
    ├── BadActionError          the action cannot be understood
    ├── BadScreenshotError      the picture cannot or must not be decoded
    ├── OcrError
    │   ├── OcrUnavailableError missing program, library or language data
    │   ├── OcrTimeoutError     no answer by the deadline
    │   └── OcrFailedError      crashed, or answered nonsense
    ├── VlmError
    │   ├── VlmUnavailableError down, refused, too slow
    │   └── VlmInvalidError     an answer that cannot be used
    ├── StoreError
    │   ├── StoreBusyError      locked for longer than the limit; try again
    │   ├── StoreDiskError      the disk did not read or write; look at it
    │   ├── StoreDamagedError   the database file is damaged; restore a backup
    │   ├── StoreFullError      no room left on the disk
    │   ├── ConflictError       the same id with another content
    │   │   └── LeaseError      another agent has the machine, or this one has it no more
    │   ├── HaltedError         robots were stopped, or a person has the run
    │   └── DamagedPictureError a stored screenshot is no longer what was stored
    ├── PackError               a file of cases that cannot or must not be used
    └── SettingsError           a setting that cannot be used

`detail` is for a person and never holds text read from a screen.
"""

from __future__ import annotations

from collections.abc import Callable

DAMAGED_PICTURE = "A stored screenshot is damaged and cannot be shown. Restore its file from the last backup."


class NavigationError(Exception):
    """Root of ours; `detail` says what happened and what to do, without patient text.

    `template` is the English sentence, an id of the console's catalogues; `values` fill its `{name}` places.
    """

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values
        super().__init__(self.sentence())

    @property
    def detail(self) -> str:
        return self.sentence()

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The sentence in the language that `translate` maps English templates to."""
        text = translate(self.template)
        return text.format(**self.values) if self.values else text


class BadActionError(NavigationError):
    """`path` names the offending part of the action, such as "target.text"; `code` is its stable name."""

    def __init__(self, detail: str, *, path: str = "", code: str = "bad_action") -> None:
        super().__init__(f"{path}: {detail}" if path else detail)
        self.path = path
        self.code = code


class BadScreenshotError(NavigationError):
    """`code` is one of: empty, truncated, too_large, too_small, animated, unsupported, damaged."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class OcrError(NavigationError):
    """`reader` names the reader concerned."""

    def __init__(self, reader: str, detail: str) -> None:
        super().__init__(detail)
        self.reader = reader


class OcrUnavailableError(OcrError):
    pass


class OcrTimeoutError(OcrError):
    pass


class OcrFailedError(OcrError):
    pass


class VlmError(NavigationError):
    pass


class VlmUnavailableError(VlmError):
    pass


class VlmInvalidError(VlmError):
    pass


class StoreError(NavigationError):
    pass


class StoreBusyError(StoreError):
    pass


class StoreDamagedError(StoreError):
    pass


class StoreDiskError(StoreError):
    pass


class StoreFullError(StoreError):
    pass


class StoreReadOnlyError(StoreError):
    pass


class ConflictError(StoreError):
    pass


class LeaseError(ConflictError):
    """`code` is "leased" (another agent has the machine) or "lease_lost" (this one has it no more)."""

    def __init__(self, template: str, code: str) -> None:
        super().__init__(template)
        self.code = code


class HaltedError(StoreError):
    """`code` is that of the reason: "stopped", "run_taken_over" or "run_abandoned"."""

    def __init__(self, template: str, code: str) -> None:
        super().__init__(template)
        self.code = code


class DamagedPictureError(StoreError):
    """`image_id` names the screenshot; its file was cut, zeroed or altered on the disk."""

    def __init__(self, image_id: str) -> None:
        super().__init__(DAMAGED_PICTURE)
        self.image_id = image_id


class PackError(NavigationError):
    """`code` names the fault for programs; the values may hold the name of a member of the file, made harmless."""

    def __init__(self, code: str, template: str, **values: object) -> None:
        self.code = code
        super().__init__(template, **values)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        shown = {k: translate(str(v)) if k == "why" else v for k, v in self.values.items()}
        return translate(self.template).format(**shown)


class SettingsError(NavigationError):
    """`variable` is the environment variable to change."""

    def __init__(self, variable: str, template: str, **values: object) -> None:
        self.variable = variable
        super().__init__(template, **values)

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        return f"{self.variable}: {super().sentence(translate)}"
