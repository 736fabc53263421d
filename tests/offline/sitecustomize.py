"""Refuses every socket of this Python process that does not stay on the machine.

The tests put this folder first on PYTHONPATH, so that each Python process which a test starts is guarded as well. An audit
hook cannot be taken off again, and it also sees sockets opened by libraries that hold their own copy of a function.
"""

import socket
import sys
from ipaddress import ip_address
from typing import Any

LOCAL_NAMES = {"", "localhost", "localhost.localdomain", socket.gethostname()}
NAMES_A_HOST = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
NAMES_AN_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
IP_FAMILIES = {socket.AF_INET, socket.AF_INET6}


def is_local(host: Any) -> bool:
    """True for this machine's own names and loopback addresses."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in LOCAL_NAMES:
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: raises OSError where an event would leave the machine."""
    if not event.startswith("socket."):
        return
    if event in NAMES_A_HOST:
        host = arguments[0]
    elif event in NAMES_AN_ADDRESS and arguments[0].family in IP_FAMILIES and arguments[1]:
        host = arguments[1][0]
    else:
        return
    if not is_local(host):
        message = f"The tests run without a network; {event} wanted {host!r}."
        raise OSError(message)


sys.addaudithook(refuse)
