"""Mails about requests: what they say, and a queue that survives restarts.

``messages`` writes them. ``outbox`` keeps and sends them. ``notices`` decides when one is due.
"""
