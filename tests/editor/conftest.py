"""The YAML language server that editors use, driven over its protocol."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAM = HERE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
# nothing comes from a network: no catalogue of schemas, and a proxy where nobody listens
SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "format": {"enable": False},
        "schemaStore": {"enable": False, "url": ""},
        "schemas": {},
    },
    "http": {"proxy": "http://127.0.0.1:9", "proxyStrictSSL": True},
    "[yaml]": {"editor.tabSize": 2},
    "editor": {"detectIndentation": False},
}
MARKDOWN = {"documentationFormat": ["markdown", "plaintext"], "snippetSupport": True}
CAPABILITIES = {
    "textDocument": {
        "completion": {"completionItem": MARKDOWN},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {"relatedInformation": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
    },
    "workspace": {"configuration": True},
}
Message = dict[str, Any]


class Server:
    """A language server on its standard input and output, as an editor runs it."""

    def __init__(self, *command: str) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self.messages: queue.Queue[Message | None] = queue.Queue()
        self.results: dict[int, Message] = {}
        self.shown: dict[str, list[Message]] = {}
        self.number, self.configured = 0, False
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._drain, daemon=True).start()
        self.request("initialize", processId=None, rootUri=None, capabilities=CAPABILITIES)
        self.notify("initialized")
        while not self.configured:
            self._take()

    def _listen(self) -> None:
        """Messages as they come: a header that says how long they are, then JSON."""
        out = self.process.stdout
        assert out is not None
        while header := out.readline():
            length = int(header.partition(b":")[2])
            while out.readline().strip():
                pass
            self.messages.put(json.loads(out.read(length)))
        self.messages.put(None)

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self.process.stderr.read()

    def _send(self, **message: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def _take(self) -> None:
        """The next message, however long it takes: a result, diagnostics, or a question, which is answered."""
        message = self.messages.get()
        assert message is not None, "the language server ended"
        if "method" not in message:
            self.results[message["id"]] = message
        elif message["method"] == "textDocument/publishDiagnostics":
            self.shown[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message:
            self._send(id=message["id"], result=self._answer(message))

    def _answer(self, message: Message) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        self.configured = True
        return [SETTINGS.get(item["section"]) for item in message["params"]["items"]]

    def notify(self, method: str, **params: Any) -> None:
        self._send(method=method, params=params)

    def request(self, method: str, **params: Any) -> Any:
        """The server's result."""
        self.number += 1
        self._send(id=self.number, method=method, params=params)
        while self.number not in self.results:
            self._take()
        found = self.results.pop(self.number)
        assert "error" not in found, found
        return found["result"]

    def open(self, folder: Path, text: str) -> str:
        """A text in the editor, as a file of its own of this folder: its address."""
        self.number += 1
        uri = (folder.resolve() / f"opened_{self.number}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", textDocument=document)
        return uri

    def diagnostics(self, folder: Path, text: str) -> list[Message]:
        """The squiggles under a text, from above to below."""
        uri = self.open(folder, text)
        while uri not in self.shown:
            self._take()
        return sorted(self.shown[uri], key=lambda d: tuple(d["range"]["start"].values()))

    def hover(self, folder: Path, text: str, line: int, character: int) -> str:
        """What is shown over a place, as Markdown."""
        found = self._at("hover", self.open(folder, text), line, character)
        return found["contents"]["value"] if found else ""

    def completion(self, folder: Path, text: str, line: int, character: int) -> dict[str, Message]:
        """What is offered at a place, by its label."""
        found = self._at("completion", self.open(folder, text), line, character)
        return {item["label"]: item for item in found["items"]}

    def _at(self, what: str, uri: str, line: int, character: int) -> Any:
        place = {"line": line, "character": character}
        return self.request(f"textDocument/{what}", textDocument={"uri": uri}, position=place)

    def stop(self) -> None:
        self.request("shutdown")
        self.notify("exit")
        assert self.process.wait() == 0


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server, once for all tests; skipped by name where it cannot run."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is missing: the language server of editors is not tried")
    if not PROGRAM.exists():
        pytest.skip("yaml-language-server is missing: `make test` installs it")
    running = Server(node, str(PROGRAM), "--stdio")
    yield running
    running.stop()
