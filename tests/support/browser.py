"""A real browser without a screen, driven over the DevTools protocol by two pipes: it needs no port and no client."""

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_LOG = "log"
# In seconds, for one answer: a busy machine takes some for a start.
_PATIENCE = 60.0
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--password-store=basic",
    "--use-mock-keychain",
)


class BrowserMissingError(Exception):
    """There is no Chromium on this machine."""


class BrowserError(Exception):
    """The browser gave no answer, or refused a command."""


def find_browser() -> Path:
    """Return the browser to test with, the one that CHROMIUM names or one on the PATH; raise `BrowserMissingError`."""
    for name in (os.environ.get("CHROMIUM", ""), *_NAMES):
        if name and (program := shutil.which(name)) is not None:
            return Path(program)
    raise BrowserMissingError("Tests of the page need Chromium: `apt-get install chromium`, or CHROMIUM with its path.")


@dataclass
class Tab:
    """An open page. `problems` has what it complained of: errors and warnings of the console, what its policy refused."""

    _pipes: tuple[int, int]
    _log: Path
    _session: str = ""
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _received: bytes = b""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def send(self, method: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401  JSON
        """Return the browser's answer to a command."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._pipes[0], json.dumps(message).encode() + b"\0")
        until = time.monotonic() + _PATIENCE
        while True:
            told = self._receive(until, method)
            if told.get("id") == number:
                if "error" in told:
                    raise BrowserError(f"{method}: {told['error']}")
                return told["result"]
            self._note(told)

    def open(self, page: Path) -> float:
        """Open a file and wait until it is drawn; return the seconds of a processor that the page took for this."""
        self.problems.clear()
        self.requests.clear()
        before = self._count_work()
        self.send("Page.navigate", url=page.as_uri())
        self.run(
            "new Promise((done) => { const wait = () => document.readyState === 'complete'"
            " ? requestAnimationFrame(() => setTimeout(done)) : setTimeout(wait, 5); wait(); })"
        )
        return self._count_work() - before

    def _count_work(self) -> float:
        """Return how many seconds of a processor the page's thread has had: they don't grow while other programs run."""
        metrics = self.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")

    def run(self, script: str) -> Any:  # noqa: ANN401  JSON
        """Return the value of an expression in the page, of a promise what it gives."""
        told = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise BrowserError(f"{script}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def click(self, x: float, y: float) -> None:
        """Click as a mouse does."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=int(button == "left"))

    def click_on(self, selector: str) -> None:
        """Click into the middle of an element."""
        box = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'nearest'}});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.click(*box)

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", key=key, code=key, text=text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.send("Input.insertText", text=text)

    def prefer(self, scheme: str) -> None:
        """Prefer light or dark, as a system does."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        # The page hears of it with one frame, and draws it with the next.
        self.wait_for_frame()
        self.wait_for_frame()

    def wait_for_frame(self) -> None:
        """Wait until the page has answered to what was done, and drawn it."""
        self.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")

    def picture(self) -> bytes:
        """Return what is to be seen, as PNG."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def _receive(self, until: float, waiting_for: str) -> Mapping[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._pipes[1]], [], [], max(0.0, until - time.monotonic()))
            part = os.read(self._pipes[1], 1 << 20) if ready else b""
            if not part:
                said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise BrowserError(f"The browser {'ended' if ready else 'gave no answer'}: {waiting_for}. It said:\n{said}")
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def _note(self, told: Mapping[str, Any]) -> None:
        given = told.get("params", {})
        match told.get("method"):
            case "Runtime.exceptionThrown":
                self.problems.append(f"exception: {given['exceptionDetails']}")
            case "Runtime.consoleAPICalled" if given["type"] in {"error", "warning", "assert"}:
                self.problems.append(f"console: {[one.get('value') or one.get('description') for one in given['args']]}")
            case "Log.entryAdded" if given["entry"]["level"] in {"error", "warning"}:
                self.problems.append(f"log: {given['entry']['text']}")
            case "Network.requestWillBeSent":
                self.requests.append(given["request"]["url"])
            case "Page.javascriptDialogOpening":
                self.problems.append(f"dialog: {given['message']}")
                raise BrowserError(f"The page opened a dialog: {given['message']}")


@contextmanager
def browsing(width: int = 1400, height: int = 900) -> Iterator[Tab]:
    """Start the browser with an empty profile, and give its one tab; it ends with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [str(find_browser()), *_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # it has none for root
        process, to, back = _start([*command, "about:blank"], profile)
        try:
            yield _attach(Tab((to, back), Path(profile) / _LOG), width, height)
        finally:
            os.close(to)
            os.close(back)
            _end(process)


def _start(command: list[str], profile: str) -> tuple[int, int, int]:
    """Start the browser with its commands from descriptor 3 and its answers to 4; return its id and this side's ends."""
    theirs_in, to = os.pipe()
    back, theirs_out = os.pipe()
    # Away from 3 and 4, which are overwritten.
    ends = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (theirs_in, theirs_out)]
    with (Path(profile) / _LOG).open("wb") as log:
        process = os.posix_spawn(
            command[0],
            command,
            {**os.environ, "HOME": profile},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                (os.POSIX_SPAWN_DUP2, ends[0], 3),
                (os.POSIX_SPAWN_DUP2, ends[1], 4),
            ],
            setpgroup=0,
        )
    for one in (theirs_in, theirs_out, *ends):
        os.close(one)
    return process, to, back


def _attach(tab: Tab, width: int, height: int) -> Tab:
    target = next(one for one in tab.send("Target.getTargets")["targetInfos"] if one["type"] == "page")
    tab._session = tab.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        tab.send(f"{domain}.enable")
    tab.send("Performance.enable", timeDomain="threadTicks")
    tab.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    return tab


def _end(process: int) -> None:
    """Wait for the browser, which ends when its pipe is closed; kill it if it doesn't."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if os.waitpid(process, os.WNOHANG)[0]:
            return
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
