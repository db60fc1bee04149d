"""A real kernel and what one cell sends: outputs, reply, and what is left in the namespace."""

from __future__ import annotations

import ast
import json
import os
import queue
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

PATIENCE_S = 20.0
OUTPUTS = {"stream", "display_data", "execute_result", "error", "update_display_data", "clear_output"}
WIDGET = "application/vnd.jupyter.widget-view+json"
REPORT = re.compile(r"^memadvise.*: peak ", re.MULTILINE)
# what differs by nature: addresses, process ids, the file name under which a cell is compiled
NATURE = [
    (re.compile(r"(ipykernel_\d+[/\\])?\d{6,}\.py"), "CELL.py"),
    (re.compile(r"\(pid=\d+\)"), "(pid)"),  # Python 3.12 warns of forks with it
    (re.compile(r"0x[0-9a-f]{6,}|\bobject at [0-9a-f]{6,}|\b\d{6,}\b"), "ADDRESS"),
    (re.compile(r"(CPU times|Wall time|user|sys|total):? [^\n]*"), r"\1 TIME"),
]


@dataclass
class Ran:
    """One cell that was run: its own outputs, the reports of memadvise, and the kernel's reply."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    widgets: int = 0
    reply: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What the cell printed, standard output and error together."""
        return "".join(output["text"] for output in self.outputs if output["kind"] == "stream")

    @property
    def error(self) -> str:
        """The type and the message of the exception, empty when there was none."""
        found = [f"{output['ename']}: {output['evalue']}" for output in self.outputs if output["kind"] == "error"]
        return found[-1] if found else ""

    @property
    def everything(self) -> str:
        """All that is on the screen, tracebacks included."""
        return repr(self.outputs) + "\n".join(self.reports)


class Kernel:
    """A fresh kernel; cells are run one after the other."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(
            cwd=str(folder),
            env={**os.environ, "PYTHONPATH": _search_path(), "MPLBACKEND": "agg", **environment},
        )
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE_S)

    @property
    def pid(self) -> int:
        """The kernel's process id."""
        return int(self.manager.provisioner.pid)

    def run(self, code: str, *, interrupt_at: str = "", cell_id: str = "") -> Ran:
        """Run a cell; with ``interrupt_at``, interrupt the kernel once the cell has printed that."""
        request = self.client.session.msg("execute_request", _request(code))
        if cell_id:
            request["metadata"]["cellId"] = cell_id
        self.client.shell_channel.send(request)
        number = request["header"]["msg_id"]
        ran = Ran()
        printed = ""
        for message in self._messages(number):
            _take(ran, message)
            if interrupt_at and message["msg_type"] == "stream":
                printed += message["content"]["text"]
                if interrupt_at in printed:
                    interrupt_at = ""
                    self.manager.interrupt_kernel()
                    self.client.kernel_info()  # a kernel that waits for its event loop hears of it at the next message
        ran.reply = self._reply(number)
        return ran

    def state(self) -> dict[str, Any]:
        """Return what `kernel_state.state` says; asked silently, it leaves no trace."""
        found = json.loads(ast.literal_eval(self.ask("__import__('kernel_state').state()")))
        assert isinstance(found, dict)
        return found

    def start_again(self) -> None:
        """Empty the namespace, the outputs and the history, and count cells from 1."""
        self.ask("__import__('kernel_state').start_again()")

    def ask(self, expression: str) -> str:
        """Return the repr of an expression, evaluated in the person's namespace without a cell."""
        number = self.client.execute(
            "", silent=True, store_history=False, user_expressions={"asked": expression}, allow_stdin=False
        )
        for _ in self._messages(number):
            pass
        answer = self._reply(number)["user_expressions"]["asked"]
        assert answer["status"] == "ok", answer
        return str(answer["data"]["text/plain"])

    def shutdown(self) -> None:
        """End the kernel as Jupyter does."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    def _messages(self, number: str) -> Any:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                message = self.client.get_iopub_msg(timeout=1.0)
            except queue.Empty:
                assert self.manager.is_alive(), "the kernel died"
                continue
            if message["parent_header"].get("msg_id") != number:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
            yield message
        raise AssertionError("the kernel does not become idle")

    def _reply(self, number: str) -> dict[str, Any]:
        while True:
            message = self.client.get_shell_msg(timeout=PATIENCE_S)
            if message["parent_header"].get("msg_id") == number:
                content: dict[str, Any] = message["content"]
                return content


def _search_path() -> str:
    """Return the folder of `kernel_state`, then the path that these tests have: the kernel runs the same memadvise."""
    return os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])


def _request(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": False,
    }


def _take(ran: Ran, message: dict[str, Any]) -> None:
    kind, content = message["msg_type"], message["content"]
    if kind not in OUTPUTS:
        return
    data = content.get("data", {})
    if kind in ("display_data", "update_display_data") and REPORT.search(data.get("text/plain", "")):
        ran.reports.append(data["text/plain"])
        ran.html.append(data.get("text/html", ""))
    elif WIDGET in data:
        ran.widgets += 1
    elif kind == "stream" and ran.outputs and ran.outputs[-1].get("name") == content["name"]:
        ran.outputs[-1]["text"] += content["text"]  # how a text is cut into messages is a matter of time
    else:
        ran.outputs.append({"kind": kind, **content})


def normal(value: Any) -> Any:
    """Return outputs or a state without what differs from run to run by nature."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items() if key != "transient"}
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, str):
        for pattern, instead in NATURE:
            value = pattern.sub(instead, value)
    return value
