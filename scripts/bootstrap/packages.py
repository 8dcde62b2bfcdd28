"""System packages: which are missing, and installing them on Debian."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from .console import SetupError, Step

CHROMIUM = Path("/usr/lib/chromium")
FONTS = Path("/usr/share/fonts/truetype")
OS_RELEASE = Path("/etc/os-release")


def _has_program(*names):
    return any(shutil.which(name) for name in names)


def _reads_french():
    """Whether tesseract finds its French data; asked of the program, since the folder differs by version."""
    if not _has_program("tesseract"):
        return False
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True)
    return "fra" in listed.stdout.split()


def _has_sandbox():
    """Whether Chromium can shut its pages in. Root runs it without; Debian ships the helper apart."""
    return os.geteuid() == 0 or (CHROMIUM / "chrome-sandbox").exists() or _has_foreign_chromium()


def _has_foreign_chromium():
    return _has_program("chromium") and not CHROMIUM.is_dir()


def _has_library(name):
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


# Probed by what they bring and not by their name: a machine may have npm or Chromium from elsewhere.
PROBES = {
    "tesseract-ocr": lambda: _has_program("tesseract"),
    "tesseract-ocr-fra": _reads_french,
    "chromium": lambda: _has_program("chromium"),
    "chromium-sandbox": _has_sandbox,
    "fonts-liberation": lambda: _has_fonts("liberation*"),
    "fonts-dejavu-core": lambda: _has_fonts("dejavu"),
    "libatomic1": lambda: _has_library("libatomic.so.1"),  # the node that playwright carries is linked with it
    "openssl": lambda: _has_program("openssl"),  # tests make certificates with it
    # real desktops for the tests of the desktop agent: screens, a program, VNC's server and viewer, and their settings
    "xvfb": lambda: _has_program("Xvfb"),
    "x11-xkb-utils": lambda: _has_program("setxkbmap"),
    "x11-xserver-utils": lambda: _has_program("xrandr"),
    "mousepad": lambda: _has_program("mousepad"),
    "tigervnc-standalone-server": lambda: _has_program("Xtigervnc"),
    "tigervnc-viewer": lambda: _has_program("xtigervncviewer"),
    "strace": lambda: _has_program("strace"),  # makes calls of the system fail, or take long, in tests
    "git": lambda: _has_program("git"),
    "npm": lambda: _has_program("npm"),
    "nginx": lambda: _has_program("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") is not None,
    "systemd": lambda: _has_program("systemd-analyze"),  # checks the units; nothing of it needs to run
    "python3-venv": lambda: importlib.util.find_spec("ensurepip") is not None,
}


def _has_fonts(folder):
    return any(any(found.glob("*.ttf")) for found in FONTS.glob(folder))


def missing(probes=None):
    """Names of the packages whose probe says no, in the order in which they are listed."""
    return [name for name, is_there in (probes or PROBES).items() if not is_there()]


def is_debian(os_release=OS_RELEASE):
    """Whether the system says it is Debian itself: elsewhere these names may mean something else."""
    try:
        lines = os_release.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return "ID=debian" in (line.strip().replace('"', "") for line in lines)


def privilege():
    """What to put before a command that needs root: nothing, sudo, or None when there is neither."""
    if os.geteuid() == 0:
        return []
    if not _has_program("sudo"):
        return None
    # A terminal is there to ask for the password; without one only a sudo that needs none will do.
    can_ask = os.isatty(0) and subprocess.run(["sudo", "-v"]).returncode == 0
    if can_ask or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def step(probes=None, os_release=OS_RELEASE, find_privilege=privilege):
    """The step that installs what is missing. Raises SetupError (status 2) where it cannot or may not."""
    names = missing(probes)

    def run(console):
        prefix = find_privilege() if is_debian(os_release) else None
        if prefix is None:
            raise SetupError("install_by_hand", names=" ".join(names))
        for command in _commands(names):
            # In this program's group: sudo would not recognise the terminal from another, nor let itself be killed.
            console.run([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command], own_group=False)
        importlib.invalidate_caches()
        if missing(probes):
            raise SetupError("still_missing", status=1, names=" ".join(missing(probes)))

    return Step("packages", is_done=lambda: not names, run=run, values={"names": " ".join(names)})


def _commands(names):
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    return [
        ["dpkg", "--configure", "-a"],  # an installation that was cut short is finished first
        [*apt, "update"],
        [*apt, "install", "--no-install-recommends", *names],
    ]
