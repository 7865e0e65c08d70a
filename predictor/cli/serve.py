"""predictor serve: the page and the API on this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
import webbrowser
from contextlib import suppress
from typing import Any

import click

from ..answer.library import Library
from ..errors import Fault, InputError, say, shown
from .options import content_options, language_option

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for all networks, with the one of this machine alone."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option("--name", "names", multiple=True, help="A further host name to answer to; may be repeated.")
@click.option(
    "--log-level",
    type=click.Choice(["error", "warning", "info", "debug"]),
    default="warning",
    show_default=True,
    help="How much is logged; info adds a line for each request: method, path, status, time, and no profile.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@language_option
@content_options
def command(
    host: str,
    port: int,
    names: tuple[str, ...],
    log_level: str,
    open_page: bool,
    language: str,
    library: Library,
) -> None:
    """Serves the page and the API on this machine until it is stopped.

    It keeps nothing, and asks nothing of any other machine.
    """
    import uvicorn

    from ..web.app import create_app
    from ..web.connections import BoundedConnection, TellingServer, most_connections

    for id in library.condition_ids():
        library.scorecard(id)  # a stale one is told before the page is opened
    text = library.catalogue(language)
    check_address(host, port)
    hosts = answered_hosts(host, names)
    if not is_loopback(host):
        click.echo(text("web.not_loopback", host=host), err=True)
        click.echo(text("web.answers_to", hosts=", ".join(hosts)), err=True)
    most = most_connections()
    config = uvicorn.Config(
        create_app(library, hosts=hosts),
        host=host,
        port=port,
        http=type("Connection", (BoundedConnection,), {"most": most}),
        backlog=most,  # so many are accepted before one of them can be closed
        log_config=log_config(log_level),
        log_level=log_level,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
    )
    listening = config.bind_socket()
    # asyncio turns Nagle's algorithm off only for sockets made with a protocol number; with it, small
    # answers wait 40 ms for the client's acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.listen(config.backlog)  # before the address is told, so that whoever reads it can connect
    address = page_address(host, listening.getsockname()[1])

    def tell() -> None:
        click.echo(text("web.serving", address=address))
        click.echo(text("intended_use"))
        if open_page:
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

    with suppress(KeyboardInterrupt):  # from here on, what is told to stop has done its work
        TellingServer(config, tell).run(sockets=[listening])


def answered_hosts(host: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names by which the server can be called; on all networks those of this machine (no DNS rebinding)."""
    from ..web.security import HOSTS

    own = machine_names() if host in EVERYWHERE else [in_address(host)]
    return tuple(dict.fromkeys([*HOSTS, *own, *names]))


def machine_names() -> list[str]:
    """The name and the addresses of this machine, as far as it knows them itself."""
    name = socket.gethostname()
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    except OSError:
        found = set()
    return [name, *(in_address(address) for address in sorted(found))]


def log_config(level: str) -> dict[str, Any]:
    """uvicorn's, with the access log of this package beside it."""
    from uvicorn.config import LOGGING_CONFIG

    own = {"handlers": ["default"], "level": level.upper(), "propagate": False}
    return {**LOGGING_CONFIG, "loggers": {**LOGGING_CONFIG["loggers"], "predictor.web": own}}


def check_address(host: str, port: int) -> None:
    """Raises InputError if this machine cannot listen there; uvicorn would end with a line of its log."""
    if not host.strip():  # which would listen on all networks
        raise InputError(Fault("host", shown(host), say("host_or_address"), say("loopback_stands_for_this_machine")))
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except PermissionError as error:
        raise InputError(Fault("port", say("port_reserved", number=port), say("port_range"))) from error
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            cure = say("another_port")
            raise InputError(Fault("port", say("port_in_use", number=port), say("free_port"), cure)) from error
        cure = say("loopback_stands_for_this_machine")
        raise InputError(Fault("host", shown(host), say("address_of_this_machine"), cure)) from error


def is_loopback(host: str) -> bool:
    """Whether a host can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def in_address(host: str) -> str:
    """A host as an address of the web writes it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def page_address(host: str, port: int) -> str:
    """The page's address; an address of all networks is called by its loopback name."""
    return f"http://{in_address(EVERYWHERE.get(host, host))}:{port}/"
