#!/usr/bin/env python3
"""Runs a command with AWS emulators beside it: scripts/with-emulators.py cargo nextest run -p tenantry-aws

The command finds them by TENANTRY_MINISTACK_URL and TENANTRY_MOTO_URL. They are installed once, from pinned
versions, into a virtual environment outside the clone; they listen on free ports and end with the command.
"""

import hashlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "emulators" / "requirements.txt"
START_WITHIN_SECONDS = 60


def environment() -> pathlib.Path:
    """The virtual environment for exactly these requirements, made if it is not there."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    tools = pathlib.Path(os.environ.get("TENANTRY_TOOLS", cache / "tenantry" / "tools"))
    path = tools / f"emulators-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"
    done = path / "complete"
    if not done.exists():
        print(f"installing the emulators into {path}", file=sys.stderr)
        shutil.rmtree(path, ignore_errors=True)
        venv.create(path, with_pip=True)
        pip = [path / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", REQUIREMENTS], check=True)
        done.touch()
    return path


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Emulator:
    def __init__(self, name: str, health: str, command, env: dict[str, str], logs: pathlib.Path):
        self.name, self.health, self.command, self.env, self.log = name, health, command, env, logs / f"{name}.log"

    def start(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        env = {**os.environ, **{k: v.format(port=self.port) for k, v in self.env.items()}}
        command = [str(part).format(port=self.port) for part in self.command]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)

    def wait(self) -> None:
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url + self.health, timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{self.name} did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)


def main() -> int:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    binaries = environment() / "bin"
    with tempfile.TemporaryDirectory(prefix="tenantry-emulators-") as folder:
        logs = pathlib.Path(folder)
        # No state on disk, no requests to anywhere, addresses that work from this machine.
        ministack = {"GATEWAY_PORT": "{port}", "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1",
                     "STATE_DIR": folder, "PERSIST_STATE": "0", "LOG_LEVEL": "WARNING"}
        emulators = [
            Emulator("ministack", "/_ministack/health", [binaries / "ministack"], ministack, logs),
            Emulator("moto", "/moto-api/data.json", [binaries / "moto_server", "-H", "127.0.0.1", "-p", "{port}"], {}, logs),
        ]
        try:
            for emulator in emulators:
                emulator.start()
            for emulator in emulators:
                emulator.wait()
            found = {f"TENANTRY_{e.name.upper()}_URL": e.url for e in emulators}
            return subprocess.run(sys.argv[1:], env={**os.environ, **found}).returncode
        except FileNotFoundError as missing:
            sys.exit(f"cannot run {sys.argv[1]}: {missing}")
        except KeyboardInterrupt:
            return 130
        finally:
            for emulator in emulators:
                if hasattr(emulator, "process"):
                    emulator.stop()


if __name__ == "__main__":
    sys.exit(main())
