"""The browser of the end-to-end tests and of the screenshots: Debian's Chromium, installed where that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess

PACKAGES = ("chromium", "fonts-noto-cjk")
#: No sandbox, because root has none; nothing that calls home; no host but this machine.
LAUNCH_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def program() -> str:
    """The path of Chromium.

    Raises:
        FileNotFoundError: there is none; the message says what to install.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise FileNotFoundError(f"Chromium is needed: `apt install {' '.join(PACKAGES)}` as root, then try again.")
    return found


def install() -> None:
    """Install Debian's Chromium and a Korean font, quietly; only root with apt can."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("update",), ("install", "--yes", "--no-install-recommends", *PACKAGES)):
        done = subprocess.run(
            ["apt-get", "--quiet", *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"apt-get {command[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def main() -> None:
    """Make sure that there is a browser, or say what to install."""
    try:
        program()
    except FileNotFoundError as missing:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise SystemExit(str(missing)) from None
        print(f"installing {' and '.join(PACKAGES)} …", flush=True)
        install()
        program()


if __name__ == "__main__":
    main()
