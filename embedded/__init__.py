"""A real PostgreSQL and a real Valkey as child processes of ours, in a data folder, on unix sockets.

with embedded.run(Path("~/jobwire").expanduser()) as servers:
    connect(servers.database_url, servers.redis_url)
"""

from embedded.errors import EmbeddedError
from embedded.house import Running, attach, run
from embedded.servers import Servers

__all__ = ["EmbeddedError", "Running", "Servers", "attach", "run"]
