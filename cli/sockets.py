"""The sockets of a server process, taken before anything else is started."""

import errno
import socket

from cli.mistakes import Mistake

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def listen(host: str, port: int, settings: str = "JOBWIRE") -> list[socket.socket]:
    """One socket for each address of the host, all on the same port, which port 0 leaves to the system. `settings` is
    what the names of the two settings begin with that say otherwise."""
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in _addresses(host, port, settings):
            number = sockets[0].getsockname()[1] if sockets else port
            sockets.append(_bound(family, (str(address[0]), number, *address[2:])))
    except OSError as error:
        close(sockets)
        raise _cannot(host, port, error, settings) from None
    return sockets


def close(sockets: list[socket.socket]) -> None:
    """Give the port back."""
    for opened in sockets:
        opened.close()


def require_free(host: str, port: int) -> None:
    """A Mistake if the port cannot be taken just now."""
    close(listen(host, port))


def graphql_url(host: str, port: int) -> str:
    """Where a client on this machine finds the API of a server that listens there."""
    name = WILDCARDS.get(host, host)
    return f"http://[{name}]:{port}/graphql" if ":" in name else f"http://{name}:{port}/graphql"


def _addresses(host: str, port: int, settings: str) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise Mistake(f"There is no address for the host {host!r} ({error.strerror}): set {settings}_HOST.") from None
    return list(dict.fromkeys(found))  # type: ignore[arg-type]


def _bound(family: int, address: tuple[str | int, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # Or "::" would take the port of 0.0.0.0 as well.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        # Not before `listen` does the system say that somebody else has the port.
        made.listen(2048)
    except OSError:
        made.close()
        raise
    return made


def _cannot(host: str, port: int, error: OSError, settings: str) -> Mistake:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return Mistake(f"Port {port} of {host} is in use by another program: stop that, or set {settings}_PORT.")
    return Mistake(f"Cannot listen on {where} ({error.strerror}): set {settings}_HOST and {settings}_PORT.")
