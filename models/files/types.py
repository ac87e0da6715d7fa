"""What a file is by its name, held against what it is by its content."""

from collections.abc import Mapping

from models.errors import Invalid
from models.reasons import Reason

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
#: Any archive may be called one, and of a long one it is not known what is in it. What has a password is one of the
#: older format ([MS-OFFCRYPTO], 1.4).
_PACKED = frozenset({"application/zip", "application/msword"})

#: By the ending of a name: all that such a file is by its content, the usual type first. Only formats whose beginning
#: is unmistakable; of a text, a sheet of values or a program's own format a name may say what it likes.
_BY_ENDING: Mapping[str, tuple[str, ...]] = {
    "pdf": ("application/pdf",),
    "png": ("image/png",),
    "jpg": ("image/jpeg",),
    "jpeg": ("image/jpeg",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "tif": ("image/tiff",),
    "tiff": ("image/tiff",),
    "docx": (f"{_OFFICE}.wordprocessingml.document", *_PACKED),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", *_PACKED),
    "pptx": (f"{_OFFICE}.presentationml.presentation", *_PACKED),
    "odt": (f"{_OPEN}.text", *_PACKED),
    "ods": (f"{_OPEN}.spreadsheet", *_PACKED),
    "odp": (f"{_OPEN}.presentation", *_PACKED),
}


def expect_as_named(name: str, content_type: str) -> None:
    """`Invalid` where a file is called what it is not: whoever opens it would not see what its sender meant, or would
    be led to open what they should not."""
    usual = _BY_ENDING.get(name.rpartition(".")[2].lower(), ())
    if usual and content_type not in usual:
        told = (
            f"By its name, {name!r}, the file is {usual[0]}, and by its content {content_type}. "
            "Send the file that was meant, or call it what it is."
        )
        raise Invalid(told, "name", reason=Reason.NOT_AS_NAMED, expected=usual[0], actual=content_type)
