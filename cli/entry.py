"""The words of the command line. What they do is in the module that each names."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.mistakes import plainly
from cli.parents import end_with
from cli.signals import end_on_signals
from common.logging_setup import set_up_logging
from common.settings import Settings
from common.terminal import complain, guard_output, say, tell_fault

app = typer.Typer(
    name="jobwire",
    add_completion=False,
    pretty_exceptions_enable=False,
    # Help and mistakes in plain text: with colours, what somebody typed would be read for markup.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A live GraphQL backend for the jobs of accounting firms. Without a command: run.",
)

followers_app = typer.Typer(rich_markup_mode=None, help="Who follows the logs of the firms. Without a command: list.")
app.add_typer(followers_app, name="followers")

Parent = Annotated[int | None, typer.Option(hidden=True, help="End when the process with this number does.")]


def main() -> None:
    """Read the command line and do it."""
    guard_output()
    end_on_signals()
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as mistake:
        complain(f"{mistake.format_message().rstrip('.')}. `jobwire --help` says what there is.")
        code = mistake.exit_code
    except Exception as fault:
        tell_fault(fault)
        code = 1
    sys.exit(code)


def _settings() -> Settings:
    settings = Settings()
    set_up_logging(settings.log_level)
    return settings


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Without a command: run."""
    if context.invoked_subcommand is None:
        run()


@app.command()
@plainly(interrupted=0)
def run(parent: Parent = None) -> None:
    """Everything on this machine: PostgreSQL, Valkey, demo firms, a server and a worker."""
    end_with(parent, signal.SIGTERM)
    settings = _settings()
    from cli.run import run

    run(settings)


@app.command()
@plainly(interrupted=0)
def serve(parent: Parent = None) -> None:
    """One server process. Any number of them share a database and a Redis."""
    end_with(parent, signal.SIGKILL)
    settings = _settings()
    from cli.serve import serve

    serve(settings)


@app.command()
@plainly(interrupted=0)
def worker(parent: Parent = None) -> None:
    """One worker process, which does what happens by itself."""
    end_with(parent, signal.SIGKILL)
    settings = _settings()
    from cli.worker import work

    work(settings)


@app.command()
@plainly()
def migrate() -> None:
    """Bring the database to the version of this program. Embedded databases get there by themselves."""
    from cli.operator import migrate

    migrate(_settings())


@app.command()
@plainly()
def create_firm(
    name: Annotated[str, typer.Argument(help="What the firm is called.")],
    owner: Annotated[str, typer.Option(help="The e-mail address that the owner signs in with.")],
    owner_name: Annotated[str | None, typer.Option(help="By default what stands before the @.")] = None,
    time_zone: Annotated[str, typer.Option(help="Of the firm, as in Europe/Berlin.")] = "America/New_York",
    password_stdin: Annotated[bool, typer.Option(help="Read the password from stdin instead of asking.")] = False,
) -> None:
    """Start a firm. Asks for its owner's password."""
    from cli.operator import ask_password, new_firm

    settings = _settings()
    new_firm(settings, name, owner, owner_name, ask_password(from_stdin=password_stdin), time_zone)


@app.command()
@plainly()
def set_password(
    email: Annotated[str, typer.Argument(help="The address that the member signs in with.")],
    password_stdin: Annotated[bool, typer.Option(help="Read the password from stdin instead of asking.")] = False,
) -> None:
    """Give a member another password, and end their sessions. Asks for it."""
    from cli.operator import ask_password, set_password

    settings = _settings()
    set_password(settings, email, ask_password(email, from_stdin=password_stdin))


@app.command()
@plainly()
def token(
    email: Annotated[str, typer.Argument(help="The address that the member signs in with.")],
    hours: Annotated[float, typer.Option(help="How long it is good.")] = 1,
) -> None:
    """Print a bearer token for a member, so that scripts can call the API."""
    from cli.operator import token

    token(_settings(), email, hours)


@app.command()
@plainly()
def rotate_keys(
    leaked: Annotated[bool, typer.Option(help="Refuse all earlier tokens: everybody signs in again.")] = False,
) -> None:
    """Sign tokens with a new key."""
    from cli.operator import rotate_keys

    rotate_keys(_settings(), leaked=leaked)


@app.command()
@plainly()
def export(
    path: Annotated[Path, typer.Argument(help="A zip file that is not there yet (….zip), or a folder.")],
    firm: Annotated[str | None, typer.Option(help="A firm whole: by its id, or its name.")] = None,
    member: Annotated[str | None, typer.Option(help="What is held of a member, by the address: a JSON file.")] = None,
    contact: Annotated[str | None, typer.Option(help="What is held of a contact, by the id: a JSON file.")] = None,
) -> None:
    """Write a firm whole, as of one moment, without its secrets: passwords, tokens, sessions. Or what is held of a
    person."""
    from cli.interchange import export

    export(_settings(), path, firm=firm, member=member, contact=contact)


@app.command()
@plainly()
def restore(
    path: Annotated[Path, typer.Argument(help="What `jobwire export` wrote.")],
    copy: Annotated[
        str | None,
        typer.Option(help="A word: as a firm beside the first one, whose members sign in as name+WORD@…"),
    ] = None,
) -> None:
    """Write a firm that was exported: all of it or nothing. What it is checked for comes first."""
    from cli.interchange import restore

    restore(_settings(), path, copy)


@app.command()
@plainly()
def restored() -> None:
    """Run it once after a backup was restored, before servers start: boards read anew, everybody signs in again."""
    from cli.operator import restored

    restored(_settings())


@followers_app.callback(invoke_without_command=True)
def followers(context: typer.Context) -> None:
    """Without a command: list."""
    if context.invoked_subcommand is None:
        list_followers()


@followers_app.command("list")
@plainly()
def list_followers() -> None:
    """Each follower of the logs: in how many firms it is behind, since when and why, and what it has still to do."""
    from cli.followers import list_followers

    list_followers(_settings())


@followers_app.command("release")
@plainly()
def release_follower(name: Annotated[str, typer.Argument(help="What it is called.")]) -> None:
    """Keep the logs no longer for a follower, and drop what it had still to do. A worker that has it, once it is
    started anew, lets it begin at the present end of each log: what lies between is never followed."""
    from cli.followers import release_follower

    release_follower(_settings(), name)


@app.command()
@plainly()
def demo(
    jobs: Annotated[int, typer.Option(min=1, max=100_000, help="How many jobs the demo firm has at least.")] = 300,
    traffic: Annotated[bool, typer.Option(help="Then keep people moving cards, until a signal comes.")] = False,
    rate: Annotated[float, typer.Option(min=0.01, max=1_000, help="Changes a second, with --traffic.")] = 2,
    hand_in: Annotated[
        bool,
        typer.Option("--hand-in", help="Hand in what a client owes: the job that waits for it moves on by itself."),
    ] = False,
) -> None:
    """Make the demo firms, as far as they are missing."""
    from cli.demo import demonstrate

    demonstrate(_settings(), jobs, rate=rate if traffic else None, hand_in=hand_in)


@app.command()
@plainly(interrupted=0)
def watch(
    pipeline: Annotated[str | None, typer.Argument(help="The name or id of a pipeline; the first by default.")] = None,
    email: Annotated[str, typer.Option(help="Who looks.")] = "owner@demo.test",
    url: Annotated[
        str | None,
        typer.Option(help="The API; by default that of the server that runs on the data folder."),
    ] = None,
    token: Annotated[str | None, typer.Option(help="Instead of signing in with a password.")] = None,
) -> None:
    """The board in the terminal, live. Talks to a running server, on this machine or elsewhere."""
    from cli.watch import look

    look(_settings(), pipeline, email=email, url=url, token=token)


@app.command("import")
@plainly()
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, whose first line names the columns.")],
    firm: Annotated[str, typer.Option(help="The firm's name or id.")],
    as_: Annotated[str, typer.Option("--as", help="The address that the member signs in with who imports it.")],
    what: Annotated[str, typer.Option(help="accounts, contacts, jobs, tasks or time-entries.")],
    preset: Annotated[str | None, typer.Option(help="What the columns are called: generic, karbon-contacts, …")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A file in TOML that says what each column is.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Of what the keys are; by default as preset or mapping say.")
    ] = None,
    dates: Annotated[str | None, typer.Option(help="The order of dates: YMD, DMY or MDY.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a CSV; found out by default.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between the cells of a CSV; found out by default.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of a workbook.")] = None,
    refused: Annotated[Path | None, typer.Option(help="A new file for the lines that are refused.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would become of each line, and change nothing.")] = False,
) -> None:
    """Take over accounts, contacts, jobs, tasks or time entries. Run again, it changes nothing twice."""
    settings = _settings()
    from cli.imports import Wanted, bring

    bring(
        settings,
        Wanted(
            file=file,
            firm=firm,
            email=as_,
            what=what,
            preset=preset,
            mapping=mapping,
            source=source,
            dates=dates,
            encoding=encoding,
            delimiter=delimiter,
            sheet=sheet,
            refused=refused,
            dry=dry_run,
        ),
    )


@app.command()
@plainly()
def url() -> None:
    """Print the API's address: of the server that runs on the data folder."""
    from cli.addresses import find_server

    say(find_server(_settings()))


@app.command()
@plainly()
def export_schema(
    path: Annotated[Path | None, typer.Argument(help="The file to write; stdout by default.")] = None,
    check: Annotated[bool, typer.Option(help="Write nothing; fail if the file differs from the code.")] = False,
) -> None:
    """The GraphQL schema in its definition language."""
    from cli import export_schema

    (export_schema.check if check else export_schema.export)(path)
