"""A Spark Connect server of one's own: open-source Spark, on loopback and a free port, with a token that nobody else has."""

import os
import re
import secrets
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

_MOST_SECONDS = 120
_STARTED = re.compile(r"Spark Connect server started at: \S*:(\d+)")
_VERSION = re.compile(r'version "(\d+)')
_OLDEST_JAVA = 17
# Runs a program until it ends or the input does, as it does when whoever gives it dies.
_UNTIL_INPUT_ENDS = (
    "sh",
    "-c",
    'exec 3<&0; "$@" </dev/null & program=$!; { cat >/dev/null; kill "$program"; } <&3 & wait "$program"',
    "sh",
)
# Runs are short: what the second compiler and several threads of collection give back comes too late.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@dataclass(frozen=True, slots=True)
class ConnectServer:
    """A server that runs, and the settings by which programs reach it."""

    url: str
    environment: Mapping[str, str]
    folder: Path

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Give a session; its tables are those of all sessions."""
        from pyspark.sql import SparkSession  # comes with the group `pipelines-spark` only

        token = self.environment["SPARK_CONNECT_AUTHENTICATE_TOKEN"]
        session = SparkSession.builder.remote(f"{self.url}/;token={token}").create()
        try:
            yield session
        finally:
            session.stop()


def has_open_spark() -> bool:
    """Return whether this is the environment of `just test-spark`. The `pyspark` of Databricks Connect has another name."""
    try:
        distribution("pyspark")
    except PackageNotFoundError:
        return False
    return True


class JavaMissingError(Exception):
    """There is no Java that Spark runs on."""


def require_java() -> None:
    """Raise JavaMissingError unless there is a Java that Spark runs on, where Spark looks for it."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which(str(Path(home, "bin/java"))) if home else shutil.which("java")
    if program is None:
        raise JavaMissingError(
            f"Spark needs Java {_OLDEST_JAVA} or newer, and {home or 'the PATH'} has none. Install a JRE."
        )
    told = subprocess.run([program, "-version"], capture_output=True, check=True, encoding="utf-8").stderr
    version = _VERSION.search(told)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise JavaMissingError(f"Spark needs Java {_OLDEST_JAVA} or newer; {program} is: {told.splitlines()[0]}")


def spark_environment() -> dict[str, str]:
    """Return this process's environment for Spark's programs: this environment's Spark and Python, and loopback only."""
    import pyspark  # comes with the group `pipelines-spark` only

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_", "PYTHONPATH"))}
    return {
        **kept,
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LAUNCHER_OPTS": _JAVA_OPTIONS,
        "SPARK_SUBMIT_OPTS": _JAVA_OPTIONS,
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
        # Like the JVM's own, so that a day has the same name on every machine.
        "TZ": "UTC",
    }


@contextmanager
def serving_spark(folder: Path) -> Iterator[ConnectServer]:
    """Serve Spark from a folder, which holds its tables and its log. It stops by itself when this process dies."""
    environment = {**spark_environment(), "SPARK_CONNECT_AUTHENTICATE_TOKEN": secrets.token_hex(16)}
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": "0",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder / "scratch"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.pipelines.maxFlowRetryAttempts": "0",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.ui.enabled": "false",
    }
    configured = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    server = "org.apache.spark.sql.connect.service.SparkConnectServer"
    started = ("spark-submit", "--master", "local[2]", "--class", server, *configured, "spark-internal")
    command = [*_UNTIL_INPUT_ENDS, *started]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        )
    with process:
        try:
            port = _wait_for_port(process, log)
            # `localhost`: the client sends its token unencrypted to no other name.
            yield ConnectServer(f"sc://localhost:{port}", environment, folder)
        finally:
            if process.stdin is not None:
                process.stdin.close()


def _wait_for_port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    deadline = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if started := _STARTED.search(log.read_text(encoding="utf-8", errors="replace")):
            return int(started[1])
        time.sleep(0.1)
    raise RuntimeError(f"Spark didn't start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")
