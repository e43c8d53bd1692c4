"""A shortcut in JupyterLab's status bar. All of it is in the labextension."""
