"""For /opt/tljh/config/jupyterhub_config.d, which TLJH loads in the order of the files' names."""

from jupyterlab_scoped_launcher.hub import configure

c = get_config()

# The servers are processes of this machine, which SystemdSpawner starts: both addresses are needed.
SERVICE = "http://127.0.0.1:10101"

configure(
    c,
    "/etc/jupyter/policy.yaml",
    service={
        "database": "/opt/tljh/state/scoped-launcher.sqlite",
        "url": SERVICE,
        "server_url": SERVICE,
    },
)
