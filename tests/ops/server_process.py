"""Servers of Prometheus' kind, started by the tests on loopback."""

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

LIMIT = 60  # seconds, on a loaded machine


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(address, path):
    with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
        return answer.read().decode()


def wait_for(what, condition, process):
    limit = time.monotonic() + LIMIT
    while time.monotonic() < limit and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            if found := condition():
                return found
        time.sleep(0.05)
    raise AssertionError(f"not in time: {what() if callable(what) else what}")


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def server(name, folder, command):
    """Starts `command(address)`; gives its address when it is ready, and its process."""
    log = (folder / f"{name}.log").open("w+")
    try:
        for _ in range(5):  # another program may take the port between the choice and its use
            address = f"127.0.0.1:{free_port()}"
            process = subprocess.Popen(command(address), stdout=log, stderr=subprocess.STDOUT,
                                       cwd=folder)
            try:
                wait_for(f"{name} is ready", lambda: ask(address, "/-/ready"), process)
                break
            except AssertionError:
                stop(process)
        else:
            raise AssertionError(f"{name} does not start")
        try:
            yield address, process
        finally:
            stop(process)
    except BaseException:
        log.seek(0)
        print(log.read())
        raise
    finally:
        log.close()
