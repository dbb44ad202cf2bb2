"""What a kernel says of names, as a front end asks with Shift+Tab and Tab.

    drive_help.py KERNEL SCENARIO[=ARGUMENT]     (JUPYTER_PATH says where the kernelspecs are)
"""

import json
import os
import signal
import sys

from drive import PATIENCE_S
from drive_life import Watched

CELLS = [
    'import { check, tf, train } from "residual";',
    # Replaces one of the names.
    'import { check } from "residual";',
    "/** Doubles a number. */\nfunction twice(x: number) {\n  return 2 * x;\n}\n"
    "const point = { column: 3, row: 4 };",
    "function twice( {",
    "(globalThis as any).hidden = { secretKey: 1 };",
]

DOCUMENTED = {
    "replaced": "check",
    "beside": "train",
    "spaced": "check('pixel_index', ",
    "own": "twice(3|)",
    "value": "const size = 5;\nsize",
    "deno": "Deno.readTextFile(",
    "node": 'import { readFileSync } from "node:fs";\nreadFileSync(',
    "file": 'import { Session } from "./{folder}/words.ts";\nSession',
    "behind": "twice  ",
}

COMPLETED = {
    "members": "point.",
    "begun": "point.col",
    "next": "const first = { onlyHere: 1 };\nfirst.",
    "values": "hidden.secret",
    "globals": "hid",
    "imports": 'import { trainedR| } from "residual";',
}


def ask(session, kind, code):
    """The reply to a question about the place of `|` in the code, or about its end."""
    cursor = code.find("|") if "|" in code else len(code)
    request = getattr(session.client, kind)(code.replace("|", ""), cursor)
    while True:
        message = session.client.get_shell_msg(timeout=PATIENCE_S)
        if message["parent_header"].get("msg_id") == request:
            return message["content"]


def run_cells(session):
    for code in CELLS:
        session.run(code)


def names(session, folder):
    run_cells(session)
    with open(os.path.join(folder, "words.ts"), "w") as file:
        file.write("/** One hour. */\nexport class Session {}\n")
    before = session.running()
    seen = {
        "inspected": {
            name: ask(session, "inspect", code.replace("{folder}", folder))
            for name, code in DOCUMENTED.items()
        },
        "completed": {name: ask(session, "complete", code) for name, code in COMPLETED.items()},
        "started": len(session.running() - before),
    }
    return {**seen, "left": session.end()}


COMPUTE = "console.log('begun');\nwhile (!(globalThis as any)[Symbol.for('residual.stop')]) "


def busy(session):
    """Questions while a cell computes, which the kernel itself cannot answer."""
    run_cells(session)
    request = session.send(COMPUTE + "{}")
    while session.client.get_iopub_msg(timeout=PATIENCE_S)["msg_type"] != "stream":
        pass
    seen = {
        "documentation": ask(session, "inspect", "twice"),
        "completion": ask(session, "complete", "point.col"),
    }
    session.manager.interrupt_kernel()
    seen["stopped"] = session.collect([request])["cells"][0]
    seen["after"] = session.run("console.log(twice(21))")
    return {**seen, "left": session.end()}


def restarted(session):
    run_cells(session)
    ask(session, "inspect", "twice")
    session.processes |= session.running()
    session.run("(globalThis as any).process.exit(3)")
    return {"forgotten": ask(session, "inspect", "twice"), "left": session.end()}


def killed(session):
    """The processes that are left when the kernel proxy is killed after a question."""
    ask(session, "inspect", "fetch")
    session.processes |= session.running()
    os.kill(session.kernel_proxy, signal.SIGKILL)
    session.manager.provisioner.process.wait(timeout=PATIENCE_S)
    left = session.left()
    session.client.stop_channels()
    session.manager.cleanup_resources()
    return {"left": left}


# TypeScript's parser takes a time that doubles with each of these.
SLOW = "async (a = " * 40


def slow(session):
    """A question that takes for ever, and one after it."""
    run_cells(session)
    return {
        "slow": ask(session, "inspect", SLOW),
        "after": ask(session, "inspect", "twice"),
        "left": session.end(),
    }


SCENARIOS = {
    "names": names,
    "busy": busy,
    "restarted": restarted,
    "killed": killed,
    "slow": slow,
}


def main(kernel, scenario):
    scenario, *arguments = scenario.split("=")
    session = Watched(kernel)
    try:
        return SCENARIOS[scenario](session, *arguments)
    except BaseException:
        session.manager.shutdown_kernel(now=True)
        raise
    finally:
        session.temporary.cleanup()


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
