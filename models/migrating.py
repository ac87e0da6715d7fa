"""Is the database as new as the program?"""

import pkgutil

from models import migrations
from models.database import sql


async def missing_migrations() -> list[str]:
    """The names of the migrations that this program brings and the database has not had, in order."""
    known = sorted(module.name for module in pkgutil.iter_modules(migrations.__path__))
    (table,) = await sql("SELECT to_regclass('tortoise_migrations') IS NOT NULL AS there")
    rows = await sql("SELECT name FROM tortoise_migrations WHERE app = 'models'") if table["there"] else []
    applied = {row["name"] for row in rows}
    return [name for name in known if name not in applied]
