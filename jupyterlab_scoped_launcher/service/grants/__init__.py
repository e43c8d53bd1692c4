"""Makes the Hub's user shares the same as the policy's ``grants``.

``sharing_api`` reads and changes the Hub, ``store`` remembers the shares that this service created,
``sync_records`` compares the two, ``plan`` asks the engine what should change, and ``reconcile``
changes it.
"""
