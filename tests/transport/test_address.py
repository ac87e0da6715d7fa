"""Whom a caller is counted as, before anybody has signed in."""

import pytest

from transport.address import address_of


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 5000), "192.0.2.7"),
        (("::ffff:192.0.2.7", 5000), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5000), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::", 5000), "2001:db8:1:2::/64"),
        (("::1", 5000), "::/64"),
        (("testclient", 5000), "testclient"),
        (None, ""),
    ],
)
def test_one_caller_is_one_address(client: tuple[str, int] | None, address: str) -> None:
    assert address_of({"type": "http", "client": client}) == address
