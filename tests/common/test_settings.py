"""What the environment may say of pages, hosts and proxies: what cannot be is refused when a process starts."""

import pytest
from pydantic import ValidationError

from common.settings import Settings

GOOD = {
    "allowed_origins": ["", "*", "loopback", "https://board.example, http://other.example:8080", "http://[::1]:3000"],
    "allowed_headers": ["", "x-tenant", "X-Tenant, x-version"],
    "allowed_hosts": ["", "*", "api.example, *.board.example", "api"],
    "metrics_token": ["abcdefghijklmnop", "AZaz09._~+/=-AZaz"],
    "trusted_proxies": ["", "10.0.0.2", "10.0.0.0/8, 2001:db8::/32, ::1"],
}
BAD = {
    "allowed_origins": [
        "board.example",
        "https://board.example/",
        "https://u@board.example",
        "https://",
        "localhost:1",
    ],
    "allowed_headers": ["x tenant", "x-tenant: 1", "x-\xe4"],
    "allowed_hosts": ["https://api.example", "api.example:443", "*.", "api*.example", "a b", "\xe4.example"],
    "metrics_token": ["", "short", "sixteen letters with spaces"],
    "trusted_proxies": ["*", "proxy.internal", "10.0.0.2/8", "10.0.0.2:80"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_what_is_taken(name: str, value: str) -> None:
    assert getattr(Settings.model_validate({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({name: value})


def test_nothing_but_trusted_documents_needs_a_list() -> None:
    with pytest.raises(ValidationError, match="JOBWIRE_TRUSTED_DOCUMENTS"):
        Settings.model_validate({"trusted_documents_only": True})
    assert Settings.model_validate({"trusted_documents_only": True, "trusted_documents": "list.json"})


def test_origins_are_written_as_browsers_write_them() -> None:
    settings = Settings(allowed_origins="HTTPS://Board.Example:443, http://b.example:80, http://b.example:443")
    assert settings.origins == {"https://board.example", "http://b.example", "http://b.example:443"}
