"""What a database URL may say, and what is said about a wrong one."""

from pathlib import Path

import pytest

from models.connection import DatabaseUnreachable, credentials


def test_the_parts_are_read() -> None:
    found = credentials("postgresql://ann:s%40cret@db.example:6432/firm?sslmode=require")
    assert found == {
        "host": "db.example",
        "port": 6432,
        "user": "ann",
        "password": "s@cret",
        "database": "firm",
        "ssl": "require",
    }


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://db/firm", "must look like"),
        ("postgresql://db/firm?pool_max=3", "pool_max"),
        ("postgresql://db/firm?sslrootcert=/ca.pem", "sslmode=verify-ca"),
        ("postgresql://db/firm?sslmode=verify-full&sslrootcert=/nowhere.pem", "cannot be read"),
    ],
)
def test_a_wrong_one_is_one_clear_line(url: str, said: str) -> None:
    with pytest.raises(DatabaseUnreachable, match=said) as refused:
        credentials(url)
    assert len(str(refused.value).splitlines()) == 1


def test_a_file_of_authorities_is_trusted(tmp_path: Path) -> None:
    import ssl

    authorities = tmp_path / "ca.pem"
    authorities.write_text("".join(ssl.DER_cert_to_PEM_cert(cert) for cert in _some_authorities()))
    verified = credentials(f"postgresql://db/firm?sslmode=verify-full&sslrootcert={authorities}")["ssl"]
    assert verified.check_hostname
    assert verified.verify_mode is ssl.CERT_REQUIRED


def _some_authorities() -> list[bytes]:
    import ssl

    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    return context.get_ca_certs(binary_form=True)[:1]
