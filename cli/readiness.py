"""Is the server process there yet?"""

import http.client
import select
from urllib.parse import urlsplit

from cli.children import Child


def first_line(child: Child, patience: float) -> str | None:
    """The line on which it says where it listens; None when it has not within `patience` seconds."""
    pipe = child.process.stdout
    assert pipe is not None
    if not select.select([pipe], [], [], patience)[0]:
        return None
    return pipe.readline().decode().strip() or None


def is_ready(graphql_url: str) -> bool:
    """Whether /readyz of that server says so. Asked directly: a proxy of the environment is not for this."""
    parts = urlsplit(graphql_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
