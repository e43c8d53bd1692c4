"""What tests need of jupyter-server-proxy."""

from __future__ import annotations

import pytest
from jupyter_server_proxy.config import LauncherEntry

needs_category = pytest.mark.skipif(
    not hasattr(LauncherEntry, "category"),
    reason="entries have a category from jupyter-server-proxy 4.3 on",
)
