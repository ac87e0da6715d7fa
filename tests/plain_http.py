"""What clients are given that only talk to servers on this machine."""

import ssl

#: Without it httpx reads the certificates of all authorities for each client, in 20 ms of a core. Nobody here has one.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
