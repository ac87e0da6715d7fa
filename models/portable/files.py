"""Where the bytes of a firm's files are: of those that something has taken. Others are on their way."""

from uuid import UUID

from models.database import copy_lines, sql
from models.portable.reading import Output

_TAKEN = "firm_id = $1 AND taken"
_PLACES = f"""
SELECT file.id, file.size, file.sha256, COALESCE(
    json_agg(json_build_object('begins', begins, 'size', segment.size, 'key', key) ORDER BY begins)
        FILTER (WHERE key IS NOT NULL), '[]') AS segments
FROM file LEFT JOIN file_segment AS segment ON segment.file_id = file.id
WHERE {_TAKEN} GROUP BY file.id ORDER BY file.id
"""


async def number_of_files(firm_id: UUID) -> int:
    """How many there are."""
    (row,) = await sql(f"SELECT count(*) AS number FROM file WHERE {_TAKEN}", firm_id)
    number: int = row["number"]
    return number


async def read_places(firm_id: UUID, output: Output) -> None:
    """A line for each file: its id, size and digest, and its segments in the store."""
    await copy_lines(f"SELECT row_to_json(line) FROM ({_PLACES}) AS line", firm_id, output=output)
