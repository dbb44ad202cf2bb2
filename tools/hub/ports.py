"""Checks that a hub can listen on its ports, before the hub starts.

If a port is in use, JupyterHub ends with a traceback, or claims to be running although its proxy cannot
listen.
"""

import os
import sys
from dataclasses import dataclass

import psutil
from jupyterhub.app import JupyterHub
from jupyterhub.objects import Server
from jupyterhub.proxy import ConfigurableHTTPProxy
from tornado.netutil import bind_sockets


@dataclass
class Port:
    """A port on which the hub or its proxy listens.

    The `option` of `npx deno task hub` sets the port through an environment `variable`; `setting`
    sets it in hub_own.py.
    """

    use: str
    option: str
    variable: str
    setting: str
    server: Server


def check_ports(config, own):
    """Listens on each port for a moment. If this fails, prints the reason and ends the program.

    `config` is the complete configuration, in which the file `own` may have set any address.
    """
    hub = JupyterHub(config=config)
    proxy = None
    ports = [hub_port(hub)]
    if issubclass(hub.proxy_class, ConfigurableHTTPProxy):
        # The token is unused, but an external proxy requires one.
        proxy = hub.proxy_class(config=config, app=hub, auth_token="unused")
        if proxy.should_start:
            ports += proxy_ports(hub, proxy)
    sockets = []
    for port in ports:
        given = os.environ.get(port.variable)
        if given is not None and int(given) != port.server.port:
            sys.exit(
                f"Cannot start the hub: {port.option} is {given}, but {port.setting} in {own} sets "
                f"{port.server.port}. Remove one of them."
            )
        try:
            sockets += bind_sockets(port.server.port, port.server.ip or None)
        except OSError as error:
            holder = holder_of(port.server.port)
            # A killed hub leaves its proxy running; JupyterHub ends that proxy before it starts a new one.
            if holder is None or proxy is None or holder.pid != pid_in(proxy.pid_file):
                sys.exit(explanation(port, error, holder, own))
    for socket in sockets:
        socket.close()


def hub_port(hub):
    names = ("the hub itself", "--hub-port", "RESIDUAL_HUB_HUB_PORT")
    if hub.hub_bind_url:
        return Port(*names, "c.JupyterHub.hub_bind_url", Server.from_url(hub.hub_bind_url))
    return Port(*names, "c.JupyterHub.hub_port", Server(ip=hub.hub_ip, port=hub.hub_port))


def proxy_ports(hub, proxy):
    return [
        Port(
            "browsers",
            "--port",
            "RESIDUAL_HUB_PORT",
            "c.JupyterHub.bind_url",
            Server.from_url(hub.bind_url),
        ),
        Port(
            "the proxy's API",
            "--proxy-port",
            "RESIDUAL_HUB_PROXY_PORT",
            "c.ConfigurableHTTPProxy.api_url",
            Server.from_url(proxy.api_url),
        ),
    ]


def holder_of(port):
    """The process that listens on a port, if this account can see it."""
    try:
        pids = [
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        ]
        return next((psutil.Process(pid) for pid in pids if pid is not None), None)
    except psutil.Error:
        return None


def pid_in(file):
    """The process ID in a PID file."""
    try:
        with open(file) as opened:
            return int(opened.read())
    except (OSError, ValueError):
        return None


def explanation(port, error, holder, own):
    address = f"{port.server.ip or 'all addresses'}, port {port.server.port}"
    reason = error.strerror or str(error)
    if holder is not None and holder.pid == os.getpid():
        reason = "the hub already uses this port for another purpose"
    elif holder is not None:
        try:
            program = " ".join(holder.cmdline())[:100] or holder.name()
            reason += f" by process {holder.pid} of {holder.username()} ({program})"
        except psutil.Error:
            reason += f" by process {holder.pid}"
    return (
        f"Cannot start the hub: cannot listen on {address}, for {port.use}: {reason}.\n"
        f"Choose another port with {port.option}, or with {port.setting} in {own}."
    )
