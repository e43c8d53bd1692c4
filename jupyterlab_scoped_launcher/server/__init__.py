"""The Jupyter server extension: configuration, routes and guards.

`extension` builds `services.Services`, and everything else here takes what it needs from that.
"""
