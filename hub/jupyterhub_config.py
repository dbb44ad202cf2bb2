"""JupyterHub on one machine, with the kit and nbgrader. Started by `npx deno task hub FOLDER`.

Your own settings go into FOLDER/hub_own.py, which is read last: addresses, certificates, who may enter,
instructors (`teachers`), limits. docs/department.md has an example.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821: JupyterHub gives it

KIT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ["RESIDUAL_HUB"])
USERS = os.environ["RESIDUAL_HUB_USERS"]
HOMES = Path(os.environ["RESIDUAL_HUB_HOMES"])
# Where the kit lies in the image of hub/Dockerfile.
IMAGE_KIT = "/opt/residual"

# Who sees the Formgrader and may make assignments; hub_own.py sets it.
teachers: set[str] = set()

c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ.get('RESIDUAL_HUB_PORT', 8000)}"
if "RESIDUAL_HUB_HUB_PORT" in os.environ:
    c.JupyterHub.hub_port = int(os.environ["RESIDUAL_HUB_HUB_PORT"])
if "RESIDUAL_HUB_PROXY_PORT" in os.environ:
    proxy_port = os.environ["RESIDUAL_HUB_PROXY_PORT"]
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy_port}"
c.JupyterHub.db_url = f"sqlite:///{FOLDER}/state/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(FOLDER / "state" / "cookie_secret")
c.ConfigurableHTTPProxy.command = [
    os.environ["RESIDUAL_NODE"],
    str(KIT / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
]
c.ConfigurableHTTPProxy.pid_file = str(FOLDER / "state" / "proxy.pid")

c.Spawner.default_url = "/lab"
# A busy machine, and a class that logs in at once.
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
# Measured, see docs/department.md. Plain processes are not held to it, containers are.
c.Spawner.mem_limit = "3G"


def environment_in(kit, exchange):
    """What a user's server and kernels find in their environment, for a kit at that place."""

    def environment(spawner):
        name = spawner.user.name
        role = "teacher" if name in teachers else "student"
        home = home_of(spawner)
        return {
            "JUPYTER_CONFIG_PATH": f"{kit}/hub/etc/{role}:{kit}/hub/etc",
            "RESIDUAL_EXCHANGE": exchange,
            "RESIDUAL_PROGRESS": f"{home}/progress.json",
            "RESIDUAL_GRADES": f"{home}/.cache/residual/grades",
        }

    return environment


def home_of(spawner):
    if USERS == "docker":
        return "/home/jovyan"
    if USERS == "trial":
        return str(HOMES / spawner.user.name)
    return os.path.expanduser(f"~{spawner.user.name}")


if USERS == "docker":
    # Not tried: needs Docker, `pip install dockerspawner` and the image of hub/Dockerfile.
    c.JupyterHub.spawner_class = "dockerspawner.DockerSpawner"
    c.JupyterHub.hub_ip = "0.0.0.0"
    c.DockerSpawner.image = "residual-hub:0.1.0"
    c.DockerSpawner.remove = True
    c.DockerSpawner.volumes = {
        str(HOMES / "{username}"): "/home/jovyan",
        str(FOLDER / "exchange"): "/srv/nbgrader/exchange",
    }
    c.Spawner.environment = {}

    def own_user(spawner):
        """Each user has a number of its own: what one hands in is not another's to read."""
        number = 100_000 + spawner.user.id
        home = HOMES / spawner.user.name
        home.mkdir(parents=True, exist_ok=True)
        os.chown(home, number, 100)
        spawner.extra_create_kwargs = {"user": f"{number}:100"}
        spawner.environment = environment_in(IMAGE_KIT, "/srv/nbgrader/exchange")(spawner)

    c.Spawner.pre_spawn_hook = own_user
else:
    python = str(KIT / ".venv/bin/python")
    # A script in place of `-m`: Python then imports nothing from the user's home.
    c.Spawner.cmd = [python, str(KIT / ".residual/hub-packages/bin/jupyterhub-singleuser")]
    environment = environment_in(KIT, str(FOLDER / "exchange"))

    def give_environment(spawner):
        spawner.environment = environment(spawner)

    c.Spawner.pre_spawn_hook = give_environment
    if USERS == "trial":
        # No accounts and no protection: everyone has the rights of whoever started the hub.
        c.JupyterHub.spawner_class = "simple"
        c.SimpleLocalProcessSpawner.home_dir_template = str(HOMES / "{username}")
        c.JupyterHub.authenticator_class = "shared-password"
        c.Authenticator.allow_all = True
        if os.getuid() == 0:
            c.Spawner.args = ["--allow-root"]

own = FOLDER / "hub_own.py"
if own.exists():
    exec(compile(own.read_text(), str(own), "exec"))

sys.path.insert(0, str(KIT / "tools" / "hub"))
from ports import check_ports  # noqa: E402

check_ports(c, own)
