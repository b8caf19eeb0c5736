"""From a fresh copy to a page that works, and again when everything is there.

The reference of the first start is the installation of the locked packages alone; that of the second is one
import of the web application, the least that any start must do.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.harness import Report, stopwatch

ROOT = Path(__file__).resolve().parents[1]
COLD_SECONDS = 180.0
WARM_SECONDS = 5.0
STOP_SECONDS = 10.0


def run(report: Report) -> None:
    """Measure ``make run`` of the files as they are here, with an empty home folder and empty caches."""
    with TemporaryDirectory(prefix="cartera-start-") as place:
        tree, home = Path(place, "cartera"), Path(place, "home")
        home.mkdir()
        _copy(tree)
        cold, told, _ = _start_and_stop(tree, home)
        packages = float(re.findall(r"Installing Python packages took ([\d.]+) s", told)[0])
        report.add(
            "first make run to ready",
            measured=f"{cold:.0f} s",
            reference=f"its Python packages alone {packages:.0f} s",
            ratio=f"{cold / packages:.1f} ×",
            goal=f"under {COLD_SECONDS:.0f} s",
            holds=cold < COLD_SECONDS,
        )
        warm, _, stop = min(_start_and_stop(tree, home) for _ in range(3))
        bare = _import_seconds(tree)
        report.add(
            "next make run to ready",
            measured=f"{warm:.1f} s",
            reference=f"importing the web application {bare:.1f} s",
            ratio=f"{warm / bare:.1f} ×",
            goal=f"under {WARM_SECONDS:.0f} s",
            holds=warm < WARM_SECONDS,
        )
        report.add(
            "Ctrl-C to all stopped",
            measured=f"{stop:.1f} s",
            goal=f"under {STOP_SECONDS:.0f} s",
            holds=stop < STOP_SECONDS,
        )


def _copy(tree: Path) -> None:
    """The files that git knows or would add, as they are on disk."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def _start_and_stop(tree: Path, home: Path) -> tuple[float, str, float]:
    """Seconds until ready, what was printed, and seconds to stop."""
    port = _free_port()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "PORT": str(port)}
    kept = (
        "SSL_CERT_FILE",
        "PIP_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "npm_config_registry",
        "NODE_EXTRA_CA_CERTS",
    )
    environ |= {name: os.environ[name] for name in kept if name in os.environ}
    began = time.perf_counter()
    with (tree / "run.log").open("w+") as log:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=tree,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while not _is_ready(port):
            if process.poll() is not None or time.perf_counter() - began > 900:
                process.kill()
                raise SystemExit((tree / "run.log").read_text())
            time.sleep(0.02)
        ready = time.perf_counter() - began
        with stopwatch() as stop:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
    return ready, (tree / "run.log").read_text(), stop[0]


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _import_seconds(tree: Path) -> float:
    with stopwatch() as seconds:
        subprocess.run([str(tree / ".venv" / "bin" / "python"), "-c", "import api.app"], cwd=tree, check=True)
    return seconds[0]
