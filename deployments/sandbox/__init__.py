"""The estate on loopback: real HTTP servers, one port a vendor host, faithful enough for the vendors' own clients.

Nothing in the product knows that it exists: only base URLs and tokens differ.
"""
