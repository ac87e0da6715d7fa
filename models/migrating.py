"""Is the database as new as the program?"""

import pkgutil

from models import migrations
from models.database import sql


def known_migrations() -> list[str]:
    """The names of the migrations that this program brings, in order."""
    return sorted(module.name for module in pkgutil.iter_modules(migrations.__path__))


def newest_migration() -> str:
    """The last of them: the version of the tables."""
    return known_migrations()[-1]


async def missing_migrations() -> list[str]:
    """The names of the migrations that this program brings and the database has not had, in order."""
    (table,) = await sql("SELECT to_regclass('tortoise_migrations') IS NOT NULL AS there")
    rows = await sql("SELECT name FROM tortoise_migrations WHERE app = 'models'") if table["there"] else []
    applied = {row["name"] for row in rows}
    return [name for name in known_migrations() if name not in applied]
