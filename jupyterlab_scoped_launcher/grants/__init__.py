"""The grants service: makes the policy's ``grants`` real with the Hub's own user shares.

``hub_client`` speaks with the Hub, ``plan`` asks the engine what is wanted, ``records`` remembers
what this service itself created, ``settle`` tells whose share is whose, ``reconcile`` applies the
difference, ``service`` does so again and again, ``web`` shows it, ``hub`` gives the entries for
jupyterhub_config.py. docs/grants.md tells it all.
"""
