"""A server of this host, and documents sent to it."""

import json
import socket
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path

from .common import REPOSITORY, Day


class Server:
    """Serves the shipped types from its start to the end of a `with`."""

    def __init__(self, day: Day, device: str, precision: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [day.program, "serve", "--listen", self.address, "--device", device, "--weight-precision", precision, "--adapter-precision", precision]
        # What it logs is in the log of the day.
        self.process = subprocess.Popen([str(part) for part in command], cwd=REPOSITORY)

    def __enter__(self) -> "Server":
        while self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://{self.address}/readyz", timeout=5)
                return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the server ended with {self.process.returncode}")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait()

    def read(self, document_type: str, pages: list[Path]) -> dict:
        """The answer to one document."""
        boundary = uuid.uuid4().hex
        parts = [("document_type", document_type.encode())] + [("page", page.read_bytes()) for page in pages]
        body = b"".join(b'--%s\r\ncontent-disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary.encode(), name.encode(), value) for name, value in parts)
        request = urllib.request.Request(f"http://{self.address}/v1/extract", body + f"--{boundary}--\r\n".encode())
        request.add_header("content-type", f"multipart/form-data; boundary={boundary}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
