"""Requests to join a group: who asks, who decides, and what was done.

``offers`` says which groups the policy lets visitors ask for. ``store`` keeps requests and changes
of memberships. ``memberships`` changes groups at the Hub, with the token of the person who decides.
``part`` connects them.
"""
