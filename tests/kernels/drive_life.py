"""A kernel's life and death as a front end sees them, and what it does under much output.

    drive_life.py KERNEL SCENARIO     (JUPYTER_PATH says where the kernelspecs are)
"""

import contextlib
import glob
import json
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from jupyter_client import BlockingKernelClient

from drive import PATIENCE_S, Session, alive, children_of


class Watched(Session):
    """A session that knows its processes and the files that the kernel proxy makes for the kernel."""

    def __init__(self, kernel):
        self.temporary = tempfile.TemporaryDirectory(prefix="residual-life-")
        os.environ["TMPDIR"] = self.temporary.name
        super().__init__(kernel)
        self.processes = self.running()

    @property
    def kernel_proxy(self):
        return self.manager.provisioner.pid

    def running(self):
        return children_of(self.kernel_proxy)

    def kernels(self):
        """The kernel's own process: the only child that serves a connection file."""
        found = set()
        for pid in self.running() - {self.kernel_proxy}:
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
                command = file.read().split("\0")
                if alive(pid) and ("jupyter" in command or "--config-path" in command):
                    found.add(pid)
        return found

    def inner_kernel(self):
        (pid,) = self.kernels()
        return pid

    def left(self, processes=None):
        """Those of the processes that live on, and the files that are still there."""
        end = time.time() + PATIENCE_S
        while True:
            seen = {
                "processes": [pid for pid in processes or self.processes if alive(pid)],
                "files": os.listdir(self.temporary.name),
            }
            if not any(seen.values()) or time.time() > end:
                return seen
            time.sleep(0.05)

    def end(self):
        processes = self.processes | self.running()
        super().end()
        return self.left(processes)


def restart(session):
    before = session.running()
    session.run("var kept = 41; 0")
    session.manager.restart_kernel()
    session.client.wait_for_ready(timeout=PATIENCE_S)
    seen = {"after": session.run("console.log(typeof kept)")}
    return {**seen, "survivors": [pid for pid in before if alive(pid)], "left": session.end()}


def two_front_ends(session):
    # Not the manager's: its clients all have one identity, as no two front ends have.
    other = BlockingKernelClient(connection_file=session.manager.connection_file)
    other.load_connection_file()
    other.start_channels()
    other.wait_for_ready(timeout=PATIENCE_S)
    clients = {"first": session.client, "second": other}
    # Alternating and without waiting, so that the requests of both are in the queue together.
    asked = {name: [] for name in clients}
    for i in range(10):
        for name, client in clients.items():
            asked[name].append(client.execute(f"console.log('{name} {i}')"))
    seen = {name: follow(client, asked, name) for name, client in clients.items()}
    other.stop_channels()
    return {**seen, "left": session.end()}


def follow(client, asked, name):
    """Whose replies a client gets, and which lines it sees, until every cell is idle and it has its own replies."""
    owner = {request: of for of, requests in asked.items() for request in requests}
    idle, lines = set(), []
    while len(idle) < len(owner):
        message = client.get_iopub_msg(timeout=PATIENCE_S)
        request = message["parent_header"].get("msg_id")
        if request not in owner:
            continue
        if message["msg_type"] == "stream":
            lines.append(message["content"]["text"].strip())
        if message["content"].get("execution_state") == "idle":
            idle.add(request)
    replies = []
    # A reply takes another way than the idle, and may come after it.
    while replies.count(name) < len(asked[name]) or client.shell_channel.msg_ready():
        message = client.get_shell_msg(timeout=PATIENCE_S)
        if message["msg_type"] != "execute_reply":
            continue
        replies.append(owner.get(message["parent_header"].get("msg_id"), "nobody"))
    return {"lines": lines, "replies": replies}


LONG = 10_000_000
DISPLAY = {
    "deno": 'await Deno.jupyter.broadcast("display_data", {data, metadata: {}, transient: {}});',
    "tslab": 'tslab.display.raw("text/plain", data["text/plain"]);',
}


def much(session):
    kernel = session.manager.kernel_name
    display = DISPLAY[kernel]
    if kernel == "tslab":
        session.run('import * as tslab from "tslab";')

    def shown(of, code):
        cell = session.run(f"for (let i = 0; i < {of}; i++) {{ {code} }}")
        return {**cell, "outputs": [], "shown": [text_of(output) for output in cell["outputs"]]}

    lines = shown(10_000, "console.log(i);")
    lines["shown"] = "".join(lines["shown"]).splitlines()
    displays = shown(5000, f'const data = {{"text/plain": `${{i}}`}}; {display}')
    long = shown(1, f'const data = {{"text/plain": "x".repeat({LONG})}}; {display}')
    # A status of the kernel must not land in the middle of an output.
    mixed = shown(5, f'const data = {{"text/plain": "y".repeat({LONG})}}; {display} console.log("between");')
    after = session.run("console.log('after')")
    return {
        "lines": first_gap(lines["shown"], 10_000),
        "displays": first_gap(displays["shown"], 5000),
        "long": long["shown"] == ["x" * LONG],
        "mixed": [len(text) for text in mixed["shown"]],
        "after": after,
        "left": session.end(),
    }


def text_of(output):
    return output["text"] if "text" in output else output["data"]["text/plain"]


def first_gap(shown, count):
    """Where the numbers from 0 to count are not in order and complete, or nothing."""
    if shown == [str(i) for i in range(count)]:
        return None
    where = next((i for i, text in enumerate(shown) if text != str(i)), len(shown))
    return f"{len(shown)} of {count}, wrong at {where}: {shown[where:where + 3]}"


def kernel_killed(session):
    first = session.inner_kernel()
    request = session.send("console.log('begun'); await new Promise(() => {})")
    while session.client.get_iopub_msg(timeout=PATIENCE_S)["msg_type"] != "stream":
        pass
    os.kill(first, signal.SIGKILL)
    seen = {"running": session.collect([request])["cells"][0]}
    seen["after"] = session.run("console.log('alive again')")
    second = session.inner_kernel()
    session.processes |= session.running()
    os.kill(second, signal.SIGKILL)
    # With no cell running there is nobody to tell yet: the new kernel shows that the death was noticed.
    end = time.time() + PATIENCE_S
    while session.kernels() <= {second} and time.time() < end:
        time.sleep(0.02)
    seen["waiting"] = session.run("console.log('and again')")
    return {**seen, "left": session.end()}


def proxy_killed(session):
    os.kill(session.kernel_proxy, signal.SIGKILL)
    # The kernel's process is a child of ours: it must be waited for, or it stays as a zombie.
    session.manager.provisioner.process.wait(timeout=PATIENCE_S)
    left = session.left()
    session.client.stop_channels()
    session.manager.cleanup_resources()
    return {"ran": len(session.processes), "left": left}


def crowd(session):
    """More kernels, all started at the same moment, and which address each one's own connection has."""
    with ThreadPoolExecutor() as pool:
        others = list(pool.map(lambda _: Session(session.manager.kernel_name), range(3)))
    sessions = [session, *others]
    said = [each.run(f"console.log('kernel {i}')") for i, each in enumerate(sessions)]
    addresses = []
    for file in glob.glob(f"{session.temporary.name}/residual-kernel-*/connection.json"):
        with open(file) as connection:
            addresses.append(json.load(connection)["ip"])
    for each in others:
        each.end()
    return {"said": said, "addresses": addresses, "left": session.end()}


SCENARIOS = {
    "restart": restart,
    "two": two_front_ends,
    "much": much,
    "crowd": crowd,
    "kernel-killed": kernel_killed,
    "proxy-killed": proxy_killed,
}


def main(kernel, scenario):
    session = Watched(kernel)
    try:
        return SCENARIOS[scenario](session)
    except BaseException:
        session.manager.shutdown_kernel(now=True)
        raise
    finally:
        session.temporary.cleanup()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
