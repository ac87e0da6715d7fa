"""What is looked at in a workbook before a library unpacks it: few bytes may unpack to gigabytes, and say otherwise."""

import zipfile
import zlib
from pathlib import Path
from typing import IO

from interchange.imports.bounds import MOST_PARTS, MOST_UNPACKED
from interchange.imports.faults import FileRefused

_AT_A_TIME = 256 * 1024
#: The length of what stands before a part's name, and where the lengths of the name and of what follows it stand there
#: (4.3.7 of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
_LOCAL_HEADER, _LENGTHS = 30, 26
_ENCRYPTED = 0x1


def expect_sound(path: Path) -> None:
    """`FileRefused` unless the file is an archive whose parts unpack to just what it says, and to no more than may be
    unpacked."""
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            _expect_parts(archive.infolist(), file)
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise FileRefused(f"The workbook is cut off, or is none: {error}. Save it anew as XLSX, or as CSV.") from None


def _expect_parts(parts: list[zipfile.ZipInfo], file: IO[bytes]) -> None:
    if len(parts) > MOST_PARTS:
        raise FileRefused(f"The workbook has {len(parts):,} parts; at most {MOST_PARTS:,} are read.")
    if len({part.filename for part in parts}) < len(parts):
        raise FileRefused("The workbook has two parts of the same name. Save it anew.")
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise FileRefused("The workbook is protected by a password. Save it without one.")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise _too_large()
    left = MOST_UNPACKED
    for part in parts:
        unpacked = _unpacked(part, file, left)
        left -= unpacked
        if unpacked != part.file_size:
            raise FileRefused("A part of the workbook is not as long as it says. Save it anew.")


def _unpacked(part: zipfile.ZipInfo, file: IO[bytes], most: int) -> int:
    """The bytes that a part unpacks to, of which none are kept."""
    if part.compress_type == zipfile.ZIP_STORED:
        return part.compress_size
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise FileRefused("The workbook is packed in a way that is not read here. Save it anew.")
    file.seek(part.header_offset + _LENGTHS)
    name, extra = (int.from_bytes(file.read(2), "little") for _ in range(2))
    file.seek(part.header_offset + _LOCAL_HEADER + name + extra)
    unpacking, left, found = zlib.decompressobj(-zlib.MAX_WBITS), part.compress_size, 0
    while left and not unpacking.eof:
        packed = file.read(min(_AT_A_TIME, left))
        if not packed:
            break
        left -= len(packed)
        while packed and not unpacking.eof:
            try:
                found += len(unpacking.decompress(packed, _AT_A_TIME))
            except zlib.error as error:
                raise zipfile.BadZipFile(str(error)) from None
            packed = unpacking.unconsumed_tail
            if found > most:
                raise _too_large()
    # What is left over after its end, another program might go on with.
    return found if unpacking.eof and not left and not unpacking.unused_data else -1


def _too_large() -> FileRefused:
    return FileRefused(f"The workbook unpacks to more than {MOST_UNPACKED:,} bytes. Import it in parts, or as CSV.")
