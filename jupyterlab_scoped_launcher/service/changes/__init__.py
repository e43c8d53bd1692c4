"""Tells users' servers of changes at the Hub, as they happen.

``received`` takes what the Hub tells (``hub.tell_service``), ``roles`` and ``facts`` keep what is
known of the owners of servers that listen, ``look`` reads the Hub's lists for what was lost.
``authentication`` finds out whose server subscribes, ``subscribers`` writes to them, and ``part``
puts these together.
"""
