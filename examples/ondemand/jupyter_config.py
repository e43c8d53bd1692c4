"""For /etc/jupyter on the nodes, or etc/jupyter of the environment that has JupyterLab.

Not jupyter_server_config.py: Open OnDemand starts Jupyter with --config, and Jupyter then reads no
file of that name.
"""

c = get_config()

c.ScopedLauncher.policy_file = "/etc/jupyter/policy.yaml"
# There is no Hub: groups are those that the operating system has for the account.
c.ScopedLauncher.local_groups = True
