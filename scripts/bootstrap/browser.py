"""The browser libraries: brought by npm under their integrity hashes, then copied to where the server finds them.

Those of the tests (axe) are brought too and stay where npm puts them: nothing but `FILES` is ever served or shipped.
"""

from __future__ import annotations

import os
import shutil

from . import stamp
from .console import Step

FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
}


def step(root, lock):
    """The step that fills static/vendor. Install scripts of packages are never run."""
    vendor, locked = root / "static/vendor", root / "package-lock.json"
    # Not beside the files, which the wheel ships whole; and npm removes it as it starts, as it should be.
    mark, wanted = root / "node_modules/.vendor-stamp", stamp.key(locked, repr(FILES))

    def is_done():
        return stamp.holds(mark, wanted) and all((vendor / name).is_file() for name in FILES.values())

    def run(console):
        console.run(
            ["npm", "ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=root, keep_open=(lock,)
        )
        vendor.mkdir(parents=True, exist_ok=True)
        for source, name in FILES.items():
            draft = vendor / f"{name}.new"
            shutil.copyfile(root / "node_modules" / source, draft)
            os.replace(draft, vendor / name)
        stamp.leave(mark, wanted)

    return Step("browser", is_done=is_done, run=run)
