"""One headless Chromium, driven over a pipe by the DevTools protocol: no port, no library, no network."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

# No sandbox, since CI is root; the pages are the judge's own. Nothing is asked of any network, and glyphs stand where
# they were put, on whatever screen.
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--disable-extensions --disable-default-apps --no-first-run --mute-audio --hide-scrollbars --font-render-hinting=none "
    "--disable-lcd-text --force-color-profile=srgb --force-device-scale-factor=1 --allow-file-access-from-files "
    "--disable-features=Translate,MediaRouter,OptimizationHints --remote-debugging-pipe"
).split()
MOST_BYTES_OF_AN_ANSWER = 64 << 20
MOST_SECONDS_OF_AN_ANSWER = 120


class BrowserError(RuntimeError):
    """Chromium is missing, has ended, or a script of the page failed; the message says which."""


class Browser:
    """An open Chromium with one page. A context manager: its process ends with it."""

    def __init__(self, program: str = "chromium") -> None:
        path = shutil.which(program)
        if path is None:
            raise BrowserError(f"{program} is not installed: apt-get install chromium")
        self._profile = tempfile.TemporaryDirectory(prefix="judge-", ignore_cleanup_errors=True)
        commands_read, self._write = os.pipe()
        self._read, answers_write = os.pipe()

        def as_three_and_four() -> None:
            # By way of free numbers: either end may be 3 or 4 itself.
            ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 32) for end in (commands_read, answers_write)]
            for number, end in zip((3, 4), ends):
                os.dup2(end, number)
                os.close(end)

        self._process = subprocess.Popen(
            [path, *_FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={self._profile.name}", "about:blank"],
            close_fds=False,
            preexec_fn=as_three_and_four,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(commands_read)
        os.close(answers_write)
        self._unread = b""
        self._last_id = 0
        self._session: str | None = None
        pages = [target for target in self._ask("Target.getTargets")["targetInfos"] if target["type"] == "page"]
        target = pages[0]["targetId"] if pages else self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Emulation.setDefaultBackgroundColorOverride", color={"r": 0, "g": 0, "b": 0, "a": 0})

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._write)
        try:
            # Chromium ends when its pipe does; its helpers are of the same group.
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._read)
        self._profile.cleanup()

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            if not select.select([self._read], [], [], MOST_SECONDS_OF_AN_ANSWER)[0]:
                raise BrowserError(f"chromium has not answered for {MOST_SECONDS_OF_AN_ANSWER} seconds")
            part = os.read(self._read, 1 << 20)
            if not part:
                raise BrowserError("chromium has ended")
            self._unread += part
            if len(self._unread) > MOST_BYTES_OF_AN_ANSWER:
                raise BrowserError(f"an answer of chromium is longer than {MOST_BYTES_OF_AN_ANSWER} bytes")
        message, self._unread = self._unread.split(b"\0", 1)
        return json.loads(message)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        data = memoryview(json.dumps(command).encode() + b"\0")
        while data:
            data = data[os.write(self._write, data) :]
        while (answer := self._message()).get("id") != self._last_id:
            pass
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, page: Path) -> None:
        """Opens a file and waits until its typefaces are read."""
        self._ask("Page.navigate", url=page.as_uri())
        self.evaluate("new Promise(done => { const look = () => 'ready' in window ? done(window.ready) : setTimeout(look, 5); look() })")

    def evaluate(self, script: str) -> Any:
        """The value of an expression; a promise is waited for."""
        result = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return result["result"].get("value")

    def screenshot(self, width: int, height: int) -> bytes:
        """The upper left of the page as a PNG with its alpha."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"])

    def typefaces_drawn(self, selector: str) -> dict[str, bool]:
        """The typefaces that Chromium took for the text of each node that `selector` names, and whether the page brought them."""
        self._ask("DOM.enable")
        self._ask("CSS.enable")
        root = self._ask("DOM.getDocument", depth=0)["root"]["nodeId"]
        families: dict[str, bool] = {}
        for node in self._ask("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]:
            fonts = self._ask("CSS.getPlatformFontsForNode", nodeId=node)["fonts"]
            families |= {font.get("postScriptName") or font["familyName"]: font["isCustomFont"] for font in fonts}
        return families
