"""MiniStack on a loopback port of the kernel's choice, which is the one line on standard output.

It ends when its standard input ends. The pipe is held open by whoever started it, and the system closes it however
that process ends, so no emulator is left behind.

Besides the emulator's own, it answers two addresses of ours, for what no API of AWS tells: `/_nines/inventory`, the
number of records of each kind that the emulator holds, and `/_nines/functions`, the processes that run functions.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import threading

LISTEN_BACKLOG = 1024
# Longer than a client keeps an unused connection, so that it never sends a request into one that is closing.
KEEP_ALIVE_SECONDS = 75


def end_with_owner() -> None:
    sys.stdin.buffer.read()
    # The group, because the emulator runs functions in processes of their own; a group of its own is made by the owner.
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def inventory() -> dict:
    """Names of what each service holds, by service and kind: what the emulator itself would save."""
    held = {}
    for name, module in sorted(sys.modules.items()):
        if not name.startswith("ministack.services.") or not hasattr(module, "get_state"):
            continue
        try:
            state = module.get_state()
        except Exception as error:
            state = {f"unreadable: {error}": [str(error)]}
        for kind, records in (state if isinstance(state, dict) else {}).items():
            if not hasattr(records, "keys") and not isinstance(records, (list, set, tuple)):
                continue
            names = getattr(records, "_data", records)
            if len(names) > 0:
                service = name.removeprefix("ministack.services.")
                held.setdefault(service, {})[str(kind)] = [str(one)[:300] for one in names]
    return held


def mark_started_functions() -> None:
    """Notes which process of a function has been initialised: until then it works on no event."""
    from ministack.core.lambda_runtime import Worker

    spawn = Worker._spawn

    def spawn_and_mark(worker):
        spawn(worker)
        worker.initialised = worker._proc

    Worker._spawn = spawn_and_mark


def functions() -> list:
    from ministack.core import lambda_runtime

    running = []
    for key, workers in list(lambda_runtime._workers.items()):
        for worker in list(workers):
            process = worker._proc
            if process is not None and process.poll() is None:
                # One that is killed while it is initialised would take all of its function's processes with it: the
                # emulator discards them together, and no other platform does.
                busy = worker.in_use and getattr(worker, "initialised", None) is process
                running.append({"function": key.split(":")[2], "key": key, "pid": process.pid, "busy": busy})
    return running


OURS = {"/_nines/inventory": inventory, "/_nines/functions": functions}


def with_ours(app):
    async def answer(scope, receive, send):
        ours = OURS.get(scope.get("path", "")) if scope["type"] == "http" else None
        if ours is None:
            await app(scope, receive, send)
            return
        body = json.dumps(ours()).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def main() -> None:
    threading.Thread(target=end_with_owner, daemon=True).start()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(LISTEN_BACKLOG)
    port = listener.getsockname()[1]
    # Read by the emulator when it is imported, for the addresses in its answers.
    os.environ["GATEWAY_PORT"] = str(port)
    os.environ["BIND_HOST"] = "127.0.0.1"

    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    mark_started_functions()

    # Functions inherit this process's environment, and the emulator's own level of logging is not for them.
    os.environ.pop("LOG_LEVEL", None)

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.loglevel = "WARNING"
    print(port, flush=True)
    asyncio.run(serve(with_ours(app), config))


main()
