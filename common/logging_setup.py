"""Logs: one line an event on stderr, for people at a terminal and as JSON everywhere else."""

import logging
import sys
from typing import Any

import structlog
from redis.exceptions import RedisError

from common.terminal import block, printable, printable_in, styled_stderr

#: In seconds: how often the same line about an absent Redis is worth reading.
SELDOM = 60.0

#: What has lines: the traceback of an exception, and where a line was logged from.
_BLOCKS = frozenset({"exception", "stack"})
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def set_up_logging(level: str) -> None:
    """Send our own events, and what libraries log, to stderr."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(styled_stderr())
    handler.setFormatter(_formatter())
    handler.addFilter(_QuietAboutRedis())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    # They tell at INFO what we tell ourselves, and below that what was asked for.
    for talkative in ("uvicorn", "docket", "tortoise", "asyncio", "websockets"):
        logging.getLogger(talkative).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def _formatter() -> logging.Formatter:
    for_people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    last = for_people if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Here, so that no renderer looks at an exception by itself: rich would show the variables of its frames.
            structlog.processors.format_exc_info,
            _only_what_is_printable,
            last,
        ],
    )


def _only_what_is_printable(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A line is one line, whatever a message, a field or an exception holds, of ours or of a library's."""
    return {
        printable(name): block(str(value)) if name in _BLOCKS else printable_in(_without_end(value))
        for name, value in event.items()
    }


def _without_end(value: Any) -> Any:
    return value.rstrip("\n") if isinstance(value, str) else value


class _QuietAboutRedis:
    """A Redis that is away is a fact and not a fault. The worker's library logs it every second, with tracebacks that
    say nothing: once a minute, in one line, is enough."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], float] = {}

    def __call__(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        of_redis = error is not None and _is_of_redis(error)
        if of_redis:
            record.msg = f"{record.getMessage()} ({type(error).__name__})"
            record.args, record.exc_info, record.exc_text = (), None, None
        if not record.name.startswith("docket") or not (of_redis or "Redis" in str(record.msg)):
            return True
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        key = record.name, str(record.msg)
        if record.created - self._said.get(key, 0.0) < SELDOM:
            return False
        self._said[key] = record.created
        return True


def _is_of_redis(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_of_redis(inner) for inner in error.exceptions)
    return isinstance(error, RedisError | ConnectionError)
