"""``python -m jupyterlab_scoped_launcher.cli``: the same as ``scoped-launcher``."""

from . import main

main()
