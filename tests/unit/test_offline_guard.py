"""The guard that keeps the tests off the network."""

import socket
import subprocess
import sys

import pytest

OUTSIDE = ("192.0.2.1", 443)


def test_guard_refuses_the_outside_here() -> None:
    with pytest.raises(OSError, match="without a network"):
        socket.create_connection(OUTSIDE, timeout=1)
    with pytest.raises(OSError, match="without a network"):
        socket.getaddrinfo("example.org", 443)


def test_guard_allows_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_guard_refuses_the_outside_in_processes_that_a_test_starts() -> None:
    code = f"import socket; socket.create_connection({OUTSIDE!r}, timeout=1)"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert run.returncode == 1
    assert "without a network" in run.stderr
