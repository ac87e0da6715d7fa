"""The countries and regions that there are: those of the package holidays, whose calendars they stand for.

The package takes a tenth of a second to import, and each country is a module of its own: a process imports what it is
asked about, when it is."""

import re
from functools import cache

_CODE = re.compile(r"[A-Z]{2}")


def regions_of(country: str) -> tuple[str, ...] | None:
    """The regions that a country's holidays differ by, as the package names them; None where there is no such country.

    A country is its code in ISO 3166-1 alpha-2 (https://www.iso.org/iso-3166-country-codes.html), and XK is Kosovo."""
    return _regions_of(country) if _CODE.fullmatch(country) else None


@cache
def _regions_of(country: str) -> tuple[str, ...] | None:
    from holidays import country_holidays

    try:
        found = country_holidays(country)
    except NotImplementedError:
        return None
    # The package knows some by another name as well: UK is GB.
    return tuple(found.subdivisions) if found.country == country else None
