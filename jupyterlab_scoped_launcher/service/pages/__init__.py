"""The service's pages: the grants, health, and metrics."""
