"""One server with the default limits for all tests; those who need others serve their own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.plain_http import NO_TLS
from tests.transport.house import House, served


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    with served() as house:
        yield house


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(verify=NO_TLS, base_url=house.url.removesuffix("/graphql")) as client:
        yield client


class _Listener(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def quiet_log(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing that a client sends is worth a traceback, or a line above a warning."""
    listener = _Listener()
    # uvicorn's loggers do not pass on what they are told.
    heard = [logging.getLogger(name) for name in (None, "uvicorn", "uvicorn.error")]
    for logger in heard:
        logger.addHandler(listener)
    yield
    for logger in heard:
        logger.removeHandler(listener)
    loud = [record for record in listener.records if record.exc_info or record.levelno > logging.WARNING]
    assert [record.getMessage() for record in loud] == []
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    assert "internal_error" not in captured.out + captured.err
