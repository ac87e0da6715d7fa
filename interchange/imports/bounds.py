"""How much a file may hold: each is looked at before so much of it is kept in memory."""

_MEGABYTE = 1024 * 1024

#: The bytes of a file; of a workbook also when its parts are unpacked, and how many parts it has.
MOST_BYTES = 256 * _MEGABYTE
MOST_UNPACKED = 512 * _MEGABYTE
MOST_PARTS = 2_000
#: The lines below the header, and the columns.
MOST_ROWS = 200_000
MOST_COLUMNS = 200
#: The cells that a sheet spans, with those between that are empty: a workbook is read as a whole.
MOST_CELLS = 8_000_000
#: The characters of a cell, as spreadsheets have it, and of a line of text with all of its cells.
MOST_IN_CELL = 32_767
MOST_IN_LINE = 1_000_000
#: The bytes of a mapping file.
MOST_MAPPING = _MEGABYTE
