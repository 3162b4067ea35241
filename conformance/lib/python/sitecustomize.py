"""Names under .localhost are this machine (RFC 6761, 6.3), as browsers and curl have it; not every C library agrees.

Python loads this by itself when its folder is on PYTHONPATH: so every Python client can address buckets by host name.
"""

import socket

_resolve = socket.getaddrinfo


def _resolve_localhost(host, *args, **kwargs):
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.lower().rstrip(".").endswith(".localhost"):
        host = "127.0.0.1"
    return _resolve(host, *args, **kwargs)


socket.getaddrinfo = _resolve_localhost
