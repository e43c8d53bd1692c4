"""The service's Prometheus metrics: a registry, and for each part the metrics in it."""
