"""MiniStack on a loopback port of the kernel's choice, which is the one line on standard output.

It ends when its standard input ends. The pipe is held open by whoever started it, and the system closes it however
that process ends, so no emulator is left behind.
"""

import asyncio
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

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.loglevel = "WARNING"
    print(port, flush=True)
    asyncio.run(serve(app, config))


main()
