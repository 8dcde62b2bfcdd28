"""Programs that stand in for tesseract and go wrong in every way seen or feared, each a small script."""

from __future__ import annotations

import sys
from pathlib import Path

HEADER = "level\\tpage_num\\tblock_num\\tpar_num\\tline_num\\tword_num\\tleft\\ttop\\twidth\\theight\\tconf\\ttext\\n"

_PROLOGUE = f"""#!{sys.executable} -S
import os, signal, sys, time
HEADER = "{HEADER}"
if "--version" in sys.argv:
    print("tesseract VERSION"); sys.exit()
if "--list-langs" in sys.argv:
    print("List of available languages (2):\\nLANGS"); sys.exit()
out = sys.argv[2] + ".tsv"
def answer(text):
    open(out, "w").write(text)
"""

FAULTS = {
    "good": 'answer(HEADER + "5\\t1\\t1\\t1\\t1\\t1\\t10\\t12\\t40\\t9\\t91.5\\tValider\\n")',
    "crash": "os.kill(os.getpid(), signal.SIGSEGV)",
    "exit 1": "sys.exit(1)",
    "exit 0 without an answer": "",
    "hang": """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(os.environ["TMPDIR"] + "/hanging", "w").close()
time.sleep(600)
""",
    "garbage": 'open(out, "wb").write(os.urandom(5000))',
    "garbage in rows": 'answer(HEADER + "5\\tall\\tthis\\tis\\tno\\tword\\n")',
    "html": 'answer("<html><body>not a table</body></html>")',
    "empty": 'answer("")',
    "NaN confidence": 'answer(HEADER + "5\\t1\\t1\\t1\\t1\\t1\\t10\\t12\\t40\\t9\\tnan\\tValider\\n")',
    "NaN box": 'answer(HEADER + "5\\t1\\t1\\t1\\t1\\t1\\tnan\\t12\\t40\\t9\\t91\\tValider\\n")',
    "200 MB": """
with open(out, "w") as f:
    f.write(HEADER)
    row = "5\\t1\\t1\\t1\\t1\\t1\\t10\\t12\\t40\\t9\\t91.5\\tValider\\n" * 1000
    for _ in range(200 * 1024 * 1024 // len(row)):
        f.write(row)
""",
    "64 MB of stderr": """
for _ in range(64):
    os.write(2, b"x" * (1024 * 1024))
sys.exit(1)
""",
    "data removed": 'os.write(2, b"Failed loading language fra"); sys.exit(1)',
    "boxes outside": """
rows = [(-5, -5, 20, 20), (310, 190, 500, 500), (400, 10, 10, 10), (10, 10, 0, 10), (10, 10, -5, 10)]
answer(HEADER + "".join("5\\t1\\t1\\t1\\t1\\t1\\t%d\\t%d\\t%d\\t%d\\t90\\tmot\\n" % row for row in rows))
""",
    "no confidence": 'answer(HEADER + "5\\t1\\t1\\t1\\t1\\t1\\t10\\t12\\t40\\t9\\t-1\\tValider\\n")',
}


def write(folder: Path, fault: str, *, version: str = "5.3.0", languages: str = "eng\\nfra") -> Path:
    """An executable named tesseract in `folder` that does what `fault` names; replaces an earlier one."""
    program = folder / "tesseract"
    script = _PROLOGUE.replace("VERSION", version).replace("LANGS", languages) + FAULTS[fault]
    temporary = folder / "tesseract.new"
    temporary.write_text(script)
    temporary.chmod(0o755)
    temporary.rename(program)
    return program
