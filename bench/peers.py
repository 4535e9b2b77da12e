"""What is compared: processes that are asked queries and answer with times and rows."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent


class Peer:
    """A peer's process and the pid whose CPU and memory count."""

    def __init__(self, name: str, command: list[str], places: dict, pid: int | None = None):
        self.name = name
        self.proc = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE)
        self.pid = pid or self.proc.pid
        self.version = self.ask(places)["ready"]

    def ask(self, request: dict) -> dict:
        self.proc.stdin.write(json.dumps(request) + "\n")
        self.proc.stdin.flush()
        line = self.proc.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended")
        return json.loads(line)

    def cpu(self) -> float:
        return cpu_of(self.pid)

    def reset_peak(self) -> None:
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(l for l in status.splitlines() if l.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        self.proc.stdin.close()
        self.proc.wait()


class Gateway(Peer):
    """The gateway over sources, by a client of its MySQL port. Tables without a database are of the given one."""

    def __init__(self, client: pathlib.Path, sources: str, database: str = ""):
        self.folder = tempfile.TemporaryDirectory()
        self.gateway, port = start_gateway(sources, self.folder.name)
        super().__init__("silogate", [client, "-address", f"127.0.0.1:{port}", "-database", database], {}, pid=self.gateway.pid)

    def close(self) -> None:
        super().close()
        self.gateway.terminate()
        self.gateway.wait()
        self.folder.cleanup()


def cpu_of(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cache_folder() -> pathlib.Path:
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "silogate-test"


def newer_python() -> str:
    return str(cache_folder() / "venv-duckdb2" / "bin" / "python")


def start_gateway(sources: str, folder: str) -> tuple[subprocess.Popen, int]:
    """Starts a gateway over sources, in YAML, and returns it and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = pathlib.Path(folder) / "silogate.yaml"
    config.write_text(f"""listen: 127.0.0.1:{port}
data: {folder}/data
users: [{{name: root, password: ""}}]
sources:
{sources}""")
    log = open(pathlib.Path(folder) / "log", "w")
    gateway = subprocess.Popen([ROOT / "bin" / "silogate", "serve", "--config", config], stdout=log, stderr=log)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return gateway, port
        if gateway.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the gateway did not start: {pathlib.Path(log.name).read_text()}")


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def same(a, b) -> bool:
    """Values of two systems: equal text, but for blanks and digits of seconds that are none, or numbers within the rounding of a quotient."""
    if a == b or (a is not None and b is not None and a.rstrip().removesuffix(".000000") == b.rstrip().removesuffix(".000000")):
        return True
    x, y = number(a), number(b)
    return x is not None and y is not None and abs(x - y) <= 1e-5 * max(1.0, abs(x))
